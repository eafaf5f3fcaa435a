"""Scenarios of automatic logins and XDMCP. Which files LightDM takes, and in what order, is what ``lightdm --show-config`` 1.26.0 shows."""

from __future__ import annotations

from typing import Any, Dict

from tests.scenarios.linux import File, Scenario

GDM = {"/usr/sbin/gdm3": ""}
LIGHTDM = {"/usr/sbin/lightdm": ""}
SDDM = {"/usr/bin/sddm": ""}
CONF, MAIN = "/etc/gdm3/daemon.conf", "/etc/lightdm/lightdm.conf"
FOLDER = "/etc/lightdm/lightdm.conf.d/"
EVE = "[daemon]\nAutomaticLoginEnable = True\nAutomaticLogin = eve\n"
SEAT = "[Seat:*]\nautologin-user=eve\n"
GETTY = "/etc/systemd/system/getty@tty1.service.d/a.conf"


def _case(name: str, verdict: str, files: Dict[str, Any], query: str = "automatic_logins", **more: Any) -> Scenario:
    seen = more.pop("observed", {"state": "error" if verdict == "error" else "value"})
    return Scenario(name, {"query": query}, {"empty": True}, verdict, seen, files=files, **more)


SCENARIOS = [
    _case("none", "pass", {}),
    _case(
        "gdm", "fail", {**GDM, CONF: EVE},
        observed={"state": "value", "value": [{"by": "gdm", "user": "eve", "file": CONF, "line": 3}]},
    ),
    _case("file-of-a-program-that-is-gone", "pass", {CONF: EVE, MAIN: SEAT, "/etc/sddm.conf": "[Autologin]\nUser=eve\n"}),
    _case("gdm-of-red-hat", "fail", {"/usr/sbin/gdm": "", "/etc/gdm/custom.conf": EVE}),
    _case("gdm-not-enabled", "pass", {**GDM, CONF: "[daemon]\nAutomaticLoginEnable=false\nAutomaticLogin=eve\n"}),
    _case("gdm-without-a-user", "pass", {**GDM, CONF: "[daemon]\nAutomaticLoginEnable=true\n"}),
    _case("gdm-commented-as-delivered", "pass", {**GDM, CONF: "[daemon]\n#  AutomaticLoginEnable = true\n#  AutomaticLogin = user1\n"}),
    _case("gdm-in-another-section", "pass", {**GDM, CONF: EVE.replace("daemon", "debug")}),
    _case("gdm-last-of-two", "pass", {**GDM, CONF: EVE + "AutomaticLoginEnable=0\n"}),
    _case("gdm-after-a-time", "fail", {**GDM, CONF: "[daemon]\nTimedLoginEnable=1\nTimedLogin=eve\nTimedLoginDelay=10\n"}),
    _case("gdm-line-that-is-no-setting", "error", {**GDM, CONF: EVE + "x\n"}),
    _case("lightdm", "fail", {**LIGHTDM, MAIN: SEAT}),
    _case("lightdm-old-name-of-the-section", "fail", {**LIGHTDM, MAIN: SEAT.replace("Seat:*", "SeatDefaults")}),
    _case("lightdm-one-seat", "fail", {**LIGHTDM, MAIN: SEAT.replace("*", "seat0")}),
    _case("lightdm-main-wins", "pass", {**LIGHTDM, FOLDER + "50-a.conf": SEAT, MAIN: "[Seat:*]\nautologin-user=\n"}),
    _case("lightdm-last-name-wins", "pass", {**LIGHTDM, FOLDER + "10-z.conf": SEAT, FOLDER + "50-a.conf": "[Seat:*]\nautologin-user=\n"}),
    _case("lightdm-hidden-file", "fail", {**LIGHTDM, FOLDER + ".h.conf": SEAT}),
    _case("lightdm-other-ending", "pass", {**LIGHTDM, FOLDER + "50-a.config": SEAT}),
    _case("lightdm-xdg-folder", "fail", {**LIGHTDM, "/etc/xdg/lightdm/lightdm.conf.d/a.conf": SEAT}),
    _case("lightdm-folder-of-the-vendor", "fail", {**LIGHTDM, "/usr/share/lightdm/lightdm.conf.d/01.conf": SEAT}),
    _case("lightdm-guest", "fail", {**LIGHTDM, MAIN: "[Seat:*]\nautologin-guest = true\n"}),
    _case("lightdm-line-before-any-section", "error", {**LIGHTDM, MAIN: "x\n" + SEAT}),
    _case("sddm", "fail", {**SDDM, "/etc/sddm.conf.d/a": "[Autologin]\nUser=eve\nSession=plasma\n"}),
    _case("sddm-main-wins", "pass", {**SDDM, "/etc/sddm.conf.d/a": "[Autologin]\nUser=eve\n", "/etc/sddm.conf": "[Autologin]\nUser=\n"}),
    _case("greetd", "fail", {"/usr/sbin/greetd": "", "/etc/greetd/config.toml": '[initial_session]\ncommand = "sway"\nuser = "eve"\n'}),
    _case("greetd-asks", "pass", {"/usr/sbin/greetd": "", "/etc/greetd/config.toml": '[default_session]\nuser = "greeter"\n'}),
    _case("nodm", "fail", {"/usr/sbin/nodm": "", "/etc/default/nodm": "NODM_USER=root\n"}),
    _case("getty", "fail", {GETTY: "[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin eve --noclear %I $TERM\n"}),
    _case("getty-short-option", "fail", {GETTY: "[Service]\nExecStart=-/sbin/agetty -a eve %I\n"}),
    _case("getty-serial", "fail", {"/etc/systemd/system/serial-getty@ttyS0.service": "[Service]\nExecStart=/sbin/agetty --autologin=eve %I\n"}),
    _case("getty-on-a-continued-line", "fail", {GETTY: "[Service]\nExecStart=-/sbin/agetty \\\n# x\n --autologin eve %I\n"}),
    _case("getty-taken-back", "pass", {GETTY: "[Service]\nExecStart=-/sbin/agetty -a eve %I\nExecStart=\nExecStart=-/sbin/agetty %I\n"}),
    _case("getty-that-asks-for-no-name", "fail", {GETTY: "[Service]\nExecStart=-/sbin/agetty --skip-login -l /bin/bash %I\n"}),
    _case("getty-commented", "pass", {GETTY: "[Service]\n# ExecStart=-/sbin/agetty -a eve %I\n"}),
    _case("getty-asks", "pass", {GETTY: "[Service]\nExecStart=-/sbin/agetty -o '-p -- \\\\u' --noclear - $TERM\n"}),
    _case("getty-masked", "pass", {"/etc/systemd/system/getty@tty1.service": File(link="/dev/null")}),
    _case("xdmcp-none", "pass", {**GDM, **LIGHTDM}, "xdmcp"),
    _case("xdmcp-lightdm", "fail", {**LIGHTDM, MAIN: "[XDMCPServer]\nenabled=true\n"}, "xdmcp"),
    _case("xdmcp-lightdm-off", "pass", {**LIGHTDM, MAIN: "[XDMCPServer]\nenabled=false\n"}, "xdmcp"),
    _case("xdmcp-gdm", "fail", {**GDM, CONF: "[xdmcp]\nEnable=TRUE\n"}, "xdmcp"),
]  # fmt: skip
