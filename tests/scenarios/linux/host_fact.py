"""Scenarios of the facts on which rules depend to apply at all."""

from __future__ import annotations

from typing import Any, Dict, List, Union

from tests.scenarios.linux import File, Scenario

YES: Dict[str, Any] = {"equals": True}
THREADS = {"/proc/2/comm": "kthreadd\n"}
IPV6_OFF = {
    "/proc/net/if_inet6": "",
    "/proc/sys/net/ipv6/conf/all/disable_ipv6": "1\n",
    "/proc/sys/net/ipv6/conf/default/disable_ipv6": "1\n",
}
IPV6_OFF_AT_BOOT = "net.ipv6.conf.all.disable_ipv6 = 1\nnet.ipv6.conf.default.disable_ipv6 = 1\n"
LOOPBACK = "00000000000000000000000000000001 01 80 10 80       lo\n"


def _share(place: str) -> Dict[str, str]:
    rows = "1 0 8:1 / / rw - ext4 /dev/vda1 rw\n2 1 0:9 / %s rw - nfs4 server:/x rw\n" % place
    return {"/proc/1/mountinfo": rows, "/proc/self/mountinfo": rows}


SHARE, OPT, LOCAL = (
    {**_share("/opt/a"), "/opt/a/.keep": ""},
    _share("/opt"),
    {**_share("/usr/local"), "/usr/local/.keep": ""},
)
UNIT = "/etc/systemd/system/of-the-site.service"

Files = Dict[str, Union[str, bytes, File]]


def _case(fact: str, name: str, seen: Any, files: Files, **more: Any) -> Scenario:
    verdict = "pass" if seen is True or seen == [] else "fail"
    expect = more.pop("expect", YES)
    observed = {"state": "value", "value": seen}
    return Scenario("%s-%s" % (fact, name), {"fact": fact}, expect, verdict, observed, files=files, **more)


def _error(fact: str, name: str, reason: str, files: Files, **more: Any) -> Scenario:
    observed = {"state": "error", "reason": reason}
    return Scenario("%s-%s" % (fact, name), {"fact": fact}, YES, "error", observed, files=files, **more)


def _wireless(name: str, seen: Any, files: Files) -> Scenario:
    return _case("wireless_interfaces", name, seen, files, expect={"empty": True})


def _others(name: str, seen: Any, paths: List[str]) -> Scenario:
    return _case("other_desktops", name, seen, dict.fromkeys(paths, ""), expect={"empty": True})


def _at_boot(name: str, seen: Any, files: Files) -> Scenario:
    return _case("wireless_at_boot", name, seen, files, expect={"empty": True})


RADIO = "pci:v00008086d000008B1sv00008086sd00004070bc02sc80i00"
DEVICE = {"/sys/bus/pci/devices/0000:02:00.0/modalias": RADIO + "\n"}
ALIASES = {
    "/lib/modules/6.1.0-1/modules.alias": (
        "# Aliases extracted from modules themselves.\n"
        "alias pci:v00008086d000008B1sv*sd00004070bc*sc*i* iwlwifi\n"
        "alias pci:v00008086d000008B1sv*sd*bc*sc*i* e1000e\n"
        "alias pci:v00008086d000008B2sv*sd*bc*sc*i* iwl-other\n"
    ),
    "/lib/modules/6.1.0-1/modules.dep": (
        "kernel/drivers/net/wireless/intel/iwlwifi/iwlwifi.ko: kernel/net/wireless/cfg80211.ko\n"
        "kernel/drivers/net/wireless/intel/iwl-other.ko.xz:\nkernel/drivers/net/ethernet/intel/e1000e/e1000e.ko:\n"
    ),
}
BACK = ["0000:02:00.0: iwlwifi"]


def _runs(name: str, seen: Any, files: Files, fact: str) -> Scenario:
    """A fact that lists programs: a rule applies where there is any."""
    observed = {"state": "value", "value": seen}
    verdict = "pass" if seen else "fail"
    expect = {"any": {"present": True}}
    return Scenario("%s-%s" % (fact, name), {"fact": fact}, expect, verdict, observed, files=files)


def _doas(name: str, text: str, *rules: Any, program: bool = True) -> Scenario:
    files: Files = {"/etc/doas.conf": text, **({"/usr/bin/doas": ""} if program else {})}
    seen = [{"file": "/etc/doas.conf", "line": line, "text": shown} for line, shown in rules]
    return _case("doas_unasked", name, seen, files, expect={"empty": True})


UNKNOWN = "neither kernel threads nor any mark of a container can be seen; run the audit with become"
SCENARIOS = [
    _case("own_kernel", "kernel-threads", True, {**THREADS}),
    _case("own_kernel", "left-over-mark-of-an-image", True, {**THREADS, "/.dockerenv": ""}),
    _case("own_kernel", "kernel-threads-hidden", True, {"/run/systemd/system/.keep": ""}, privileged=False),
    _case(
        "own_kernel",
        "nspawn",
        False,
        {"/run/systemd/container": "systemd-nspawn\n", "/run/systemd/system/.keep": ""},
        on_host=True,
    ),
    _case("own_kernel", "docker", False, {"/.dockerenv": "", "/proc/2/comm": "bash\n"}),
    _case("own_kernel", "podman", False, {"/run/.containerenv": ""}),
    _case("own_kernel", "environment-of-the-first-process", False, {"/proc/1/environ": "A=1\0container=lxc\0"}),
    _case("own_kernel", "control-groups", False, {"/proc/1/cgroup": "0::/kubepods/burstable/x\n"}),
    _case(
        "own_kernel",
        "windows-subsystem",
        False,
        {**THREADS, "/proc/sys/kernel/osrelease": "5.15.1-microsoft-standard-WSL2\n"},
    ),
    _error("own_kernel", "no-sign-at-all", UNKNOWN, {"/proc/1/cgroup": "0::/\n"}),
    _error("own_kernel", "mark-only-for-root", UNKNOWN, {"/proc/1/environ": "container=lxc\0"}, privileged=False),
    _error(
        "own_kernel",
        "directory-in-place-of-the-name",
        "/proc/2/comm is not a regular file",
        {"/proc/2/comm": File(directory=True)},
    ),
    _case("container", "own-kernel", False, {**THREADS}),
    _case("container", "nspawn", True, {"/run/systemd/container": "systemd-nspawn\n"}, on_host=True),
    _case("systemd_booted", "yes", True, {"/run/systemd/system/.keep": ""}, on_host=True),
    _case("systemd_booted", "no", False, {"/run/systemd/x": ""}),
    _case(
        "ipv6",
        "yes",
        True,
        {"/proc/net/if_inet6": LOOPBACK, "/proc/sys/net/ipv6/conf/all/disable_ipv6": "0\n"},
        on_host=True,
    ),
    _case("ipv6", "kernel-has-none", False, {"/proc/net/dev": "x\n"}),
    _case("ipv6", "off-now-and-at-boot", False, {**IPV6_OFF, "/etc/sysctl.d/60-x.conf": IPV6_OFF_AT_BOOT}),
    _case("ipv6", "off-only-now", True, {**IPV6_OFF}),
    _case(
        "ipv6",
        "off-only-at-boot",
        True,
        {**IPV6_OFF, "/proc/sys/net/ipv6/conf/all/disable_ipv6": "0\n", "/etc/sysctl.d/60-x.conf": IPV6_OFF_AT_BOOT},
    ),
    _case(
        "ipv6",
        "new-interfaces-still-get-it",
        True,
        {**IPV6_OFF, "/etc/sysctl.d/60-x.conf": "net.ipv6.conf.all.disable_ipv6=1\n"},
    ),
    _case(
        "ipv6",
        "one-interface-still-has-it",
        True,
        {**IPV6_OFF, "/proc/net/if_inet6": LOOPBACK, "/etc/sysctl.d/60-x.conf": IPV6_OFF_AT_BOOT},
    ),
    _error("ipv6", "no-proc", "/proc/net/dev does not exist", {}),
    _case(
        "graphical_desktop", "session", True, {"/usr/share/xsessions/gnome.desktop": "[Desktop Entry]\n"}, on_host=True
    ),
    _case(
        "graphical_desktop", "wayland-session", True, {"/usr/share/wayland-sessions/gnome.desktop": ""}, on_host=True
    ),
    _case(
        "graphical_desktop",
        "display-manager-unit",
        True,
        {"/etc/systemd/system/display-manager.service": File(link="/lib/systemd/system/gdm3.service")},
        on_host=True,
    ),
    _case("graphical_desktop", "display-manager-program", True, {"/usr/sbin/lightdm": ""}, on_host=True),
    _case("graphical_desktop", "none", False, {"/usr/share/xsessions/README": ""}, on_host=True),
    _error(
        "graphical_desktop",
        "sessions-in-a-loop-of-links",
        "/usr/share/xsessions: too many levels of symbolic links",
        {"/usr/share/xsessions": File(link="xsessions")},
    ),
    _others("none", [], ["/usr/share/xsessions/lightdm-xsession.desktop"]),
    _others(
        "each",
        [
            "/usr/share/xsessions/xfce.desktop",
            "/usr/share/wayland-sessions/gnome-kiosk-script-wayland.desktop",
            "/usr/local/share/wayland-sessions/sway.desktop",
        ],
        [
            "/usr/share/xsessions/xfce.desktop",
            "/usr/share/xsessions/plasmax11.desktop",
            "/usr/bin/plasmashell",
            "/usr/share/wayland-sessions/gnome-classic.desktop",
            "/usr/share/wayland-sessions/gnome-kiosk-script-wayland.desktop",
            "/usr/sbin/gdm3",
            "/usr/local/share/wayland-sessions/sway.desktop",
        ],
    ),
    _others(
        "gnome-by-another-display-manager-does-not-lock",
        ["/usr/share/xsessions/ubuntu.desktop"],
        ["/usr/share/xsessions/ubuntu.desktop", "/usr/sbin/lightdm"],
    ),
    _wireless("none", [], {"/sys/class/net/eth0/mtu": "1500\n"}),
    _wireless("one", ["wlan0"], {"/sys/class/net/eth0/mtu": "", "/sys/class/net/wlan0/wireless/status": ""}),
    _wireless(
        "one-by-its-radio",
        ["wlp2s0"],
        {"/sys/devices/pci/wlp2s0/phy80211/name": "", "/sys/class/net/wlp2s0": File(link="../../devices/pci/wlp2s0")},
    ),
    _wireless(
        "radio-without-an-interface",
        ["phy0"],
        {"/sys/class/net/eth0/mtu": "1500\n", "/sys/class/ieee80211/phy0/device/net": File(directory=True, mode=0o755)},
    ),
    _wireless(
        "radio-with-its-interface",
        ["wlan0"],
        {"/sys/class/net/wlan0/wireless/status": "", "/sys/class/ieee80211/phy0/device/net/wlan0/mtu": "1500\n"},
    ),
    _error("wireless_interfaces", "no-sys", "/sys/class/net does not exist", {}),
    _case("efi", "yes", True, {"/sys/firmware/efi/fw_platform_size": "64\n"}),
    _case("efi", "no", False, {"/sys/firmware/acpi/x": ""}),
    _error("efi", "no-sys", "/sys is not there; how the host booted cannot be read", {}),
    _error("efi", "nothing-mounted-on-sys", "/sys is not there; how the host booted cannot be read", {"/sys/x": ""}),
    _doas("without-it", "permit nopass :wheel\n", program=False),
    _doas("asks", "# permit nopass a\npermit persist :wheel\n"),
    _doas("nopass", "\npermit nopass :wheel\n", (2, "permit nopass :wheel")),
    _doas("without-an-end-of-line", "permit nopass ann", (1, "permit nopass ann")),
    _doas("over-two-lines", "permit nopass a\\\nnn # why\n", (1, "permit nopass ann")),
    _doas("behind-an-environment", "permit setenv { A B=nopass } nopass ann\n", (1, "permit nopass ann")),
    _doas("in-an-environment", "permit setenv { nopass } ann\n"),
    _doas("quoted-is-a-name", 'permit "nopass"\n'),
    _doas("root-itself", "permit nopass root as root\n"),
    _doas("options-before", "permit keepenv nolog nopass ann\n", (1, "permit nopass ann")),
    _doas(
        "for-another-alone",
        "permit nopass :wheel as nobody\npermit nopass :wheel\n",
        (1, "permit nopass :wheel as nobody"),
        (2, "permit nopass :wheel"),
    ),
    _doas("deny", "permit persist ann\ndeny ann\n"),
    _doas(
        "arguments-stay-here",
        "permit nopass ann as root cmd /bin/x args -p secret\n",
        (1, "permit nopass ann as root cmd /bin/x"),
    ),
    _error(
        "doas_unasked",
        "no-rule",
        "/etc/doas.conf:1 is no rule of doas; look at it by hand (doas -C /etc/doas.conf)",
        {"/etc/doas.conf": "allow ann\n", "/usr/bin/doas": ""},
    ),
    _runs("none", [], {"/etc/chrony/chrony.conf": ""}, "time_daemons"),
    _runs("of-the-packages", ["chrony"], {"/usr/sbin/chronyd": ""}, "time_daemons"),
    _runs("built-by-the-site", ["chrony"], {"/opt/chrony/sbin/chronyd": ""}, "time_daemons"),
    # What lies on a server's share is not looked at, and units say what is started from there.
    _runs("behind-a-share", ["chrony"], {**SHARE, "/opt/b/sbin/chronyd": ""}, "time_daemons"),
    _runs(
        "not-on-a-share",
        [],
        {**SHARE, UNIT: "[Service]\n#ExecStart=/opt/a/sbin/chronyd\nExecStart=/opt/a/sbin/chronyd-2\n"},
        "time_daemons",
    ),
    _runs(
        "on-a-share", ["chrony"], {**SHARE, UNIT: "[Service]\nExecStart=-/opt/a/sbin/chronyd -F 1\n"}, "time_daemons"
    ),
    _runs("opt-is-a-share", ["chrony"], {**OPT, UNIT: "[Service]\nExecStart=/opt/a/sbin/chronyd\n"}, "time_daemons"),
    _runs("opt-is-a-share", ["rsyslog"], {**OPT, "/etc/init.d/logs": "exec /opt/a/sbin/rsyslogd\n"}, "log_writers"),
    _runs("opt-is-a-share-without-it", [], {**OPT, UNIT: "[Service]\nExecStart=/opt/a/bin/other\n"}, "log_writers"),
    _runs("usr-local-is-a-share", [], LOCAL, "log_writers"),
    _runs(
        "usr-local-is-a-share",
        ["rsyslog"],
        {**LOCAL, UNIT: "[Service]\nExecStart=/usr/local/sbin/rsyslogd\n"},
        "log_writers",
    ),
    _runs(
        "masked-under-either-name",
        ["systemd-timesyncd"],
        {
            "/usr/sbin/chronyd": "",
            "/usr/lib/systemd/systemd-timesyncd": "",
            "/etc/systemd/system/chronyd.service": File(link="/dev/null"),
        },
        "time_daemons",
    ),
    _runs("built-by-the-site", ["rsyslog"], {"/usr/local/sbin/rsyslogd": ""}, "log_writers"),
    _runs("none", [], {}, "log_writers"),
    _runs("both", ["rsyslog", "syslog-ng"], {"/usr/sbin/rsyslogd": "", "/usr/sbin/syslog-ng": ""}, "log_writers"),
    _runs(
        "masked",
        [],
        {"/usr/sbin/rsyslogd": "", "/etc/systemd/system/rsyslog.service": File(link="/dev/null")},
        "log_writers",
    ),
    _runs(
        "masked-until-the-next-boot",
        ["rsyslog"],
        {"/usr/sbin/rsyslogd": "", "/run/systemd/system/rsyslog.service": File(link="/dev/null")},
        "log_writers",
    ),
    _runs(
        "own-unit",
        ["rsyslog"],
        {"/usr/sbin/rsyslogd": "", "/etc/systemd/system/rsyslog.service": "[Unit]"},
        "log_writers",
    ),
    _runs("rsyslog", [], {"/usr/sbin/rsyslogd": ""}, "other_log_writers"),
    _runs("syslog-ng", ["syslog-ng"], {"/usr/sbin/syslog-ng": ""}, "other_log_writers"),
    _error("colour", "unknown", "there is no host fact 'colour'", {}),
    _at_boot("no-device", [], ALIASES),
    _at_boot("driver-that-was-unloaded", BACK, {**DEVICE, **ALIASES}),
    _at_boot("driver-at-work", [], {**DEVICE, **ALIASES, "/sys/bus/pci/devices/0000:02:00.0/driver/.keep": ""}),
    _at_boot("denied", [], {**DEVICE, **ALIASES, "/etc/modprobe.d/a.conf": "blacklist iwlwifi\n"}),
    _at_boot("blocked", [], {**DEVICE, **ALIASES, "/etc/modprobe.d/a.conf": "install iwlwifi /bin/false\n"}),
    _at_boot(
        "denied-until-the-next-boot", BACK, {**DEVICE, **ALIASES, "/run/modprobe.d/a.conf": "blacklist iwlwifi\n"}
    ),
    _at_boot(
        "device-that-is-no-radio",
        [],
        {**ALIASES, "/sys/bus/pci/devices/0000:02:00.0/modalias": RADIO.replace("8B1", "8B3")},
    ),
    _at_boot("no-modules", [], DEVICE),
    # Of DKMS, or among staging's: what all wireless drivers need tells it.
    _at_boot(
        "driver-in-another-folder",
        ["0000:02:00.0: wl"],
        {
            **DEVICE,
            "/lib/modules/6.1.0-1/modules.alias": "alias pci:v00008086d*sv*sd*bc02sc80i* wl\nalias pci:v00008086d*sv*sd*bc*sc*i* other\n",
            "/lib/modules/6.1.0-1/modules.dep": (
                "updates/dkms/wl.ko.xz: kernel/net/wireless/cfg80211.ko.xz kernel/net/rfkill/rfkill.ko.xz\n"
                "updates/dkms/other.ko.xz: kernel/net/rfkill/rfkill.ko.xz\n"
            ),
        },
    ),
]

GENERATOR = "/usr/lib/systemd/system-generators/systemd-crontab-generator"
SCENARIOS += [
    _case("runs_crontabs", "cron", True, {"/usr/sbin/cron": ""}),
    _case("runs_crontabs", "cronie", True, {"/usr/sbin/crond": ""}),
    _case("runs_crontabs", "bcron", True, {"/usr/sbin/bcron-sched": ""}),
    _case("runs_crontabs", "systemd-cron", True, {GENERATOR: ""}),
    _case("runs_crontabs", "by-a-local-build", True, {"/usr/local/sbin/crond": ""}),
    _case("runs_crontabs", "anacron-has-its-own-table", False, {"/usr/sbin/anacron": ""}),
    _case("runs_crontabs", "leftover-files", False, {"/etc/crontab": "", "/etc/init.d/cron": ""}),
    _case("runs_daily_jobs", "anacron", True, {"/usr/sbin/anacron": ""}),
    _case("runs_daily_jobs", "systemd-cron", True, {GENERATOR: ""}),
    _case("runs_daily_jobs", "nothing", False, {"/etc/cron.daily/job": ""}),
]

DROPBEAR = {"/usr/lib/systemd/system/dropbear.service": "[Service]\nExecStart=/usr/sbin/dropbear -EF\n"}
SCRIPT = {"/etc/rc2.d/S01dropbear": "", "/usr/sbin/dropbear": ""}
STARTED = {
    "/etc/systemd/system/multi-user.target.wants/dropbear.service": File(
        link="/usr/lib/systemd/system/dropbear.service"
    )
}
SCENARIOS += [
    _case("ssh_server", "sshd", True, {"/usr/sbin/sshd": ""}),
    _case("ssh_server", "dropbear", True, {**DROPBEAR, **STARTED}),
    _case("ssh_server", "dropbear-for-the-initramfs", False, {"/usr/sbin/dropbear": ""}),
    _case("ssh_server", "dropbear-not-started", False, {**DROPBEAR}),
    _case("ssh_server", "dropbear-running", True, {**DROPBEAR, "/run/systemd/units/invocation:dropbear.service": "x"}),
    _case(
        "ssh_server",
        "dropbear-by-script",
        True,
        {**SCRIPT, "/etc/init.d/dropbear": File("DAEMON=/usr/sbin/dropbear\n", 0o755)},
    ),
    _case(
        "ssh_server",
        "dropbear-removed",
        False,
        {**SCRIPT, "/etc/init.d/dropbear": File("DAEMON=/usr/sbin/dropbear\n", 0o644)},
    ),
    _case("ssh_server", "none", False, {"/usr/bin/ssh": ""}),
]
