"""Scenarios of services, by what systemctl shows."""

from __future__ import annotations

from typing import Any, Dict

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.units import PROPERTIES
from tests.scenarios import boot
from tests.scenarios.linux import Command, File, Scenario

COMMAND = "systemctl show --no-pager --property=%s -- cups.service" % PROPERTIES
BOOTED = {"/run/systemd/system/.keep": "", "/run/systemd/system": File(directory=True, mode=0o755), **boot.UNIT_FILES}
BUS_NAME = "/usr/share/dbus-1/system-services/org.example.service"
CALLED = "[D-BUS Service]\nName=org.example\nExec=/bin/false\nSystemdService=%s\n"
LINKED = {path: File(link=where) for path, where in boot.link("cups.service").items()}
MOUNTS = "1 0 8:1 / / rw - ext4 /dev/vda1 rw\n2 1 0:9 / /usr/local rw - nfs4 server:/x rw\n"
SHARE = {
    "/proc/1/mountinfo": MOUNTS,
    "/proc/self/mountinfo": MOUNTS,
    "/usr/local/lib/systemd/system/.keep": "",
    "/usr/local/share/dbus-1/.keep": "",
}
OFF = {"any_of": [{"absent": True}, {"fields": {"enabled": {"equals": False}, "active": {"equals": False}}}]}


def _show(load: str, active: str, state: str, names: str = "cups.service") -> str:
    return "Id=cups.service\nNames=%s\nLoadState=%s\nActiveState=%s\nUnitFileState=%s\n" % (names, load, active, state)


def _case(name: str, verdict: str, output: Command, observed: Dict[str, Any]) -> Scenario:
    on = isinstance(output, str) and output.endswith(("=enabled\n", "=generated\n"))
    return Scenario(
        name, {"name": "cups"}, OFF, verdict, observed,
        files={**BOOTED, **(LINKED if on else {})}, commands={COMMAND: output},
    )  # fmt: skip


def _seen(enabled: bool, active: bool, masked: bool, state: str, load: str = "loaded") -> Dict[str, Any]:
    document = {"enabled": enabled, "active": active, "masked": masked, "state": state, "load": load}
    return {"state": "value", "value": document}


def _until(state: str, load: str = "loaded") -> Dict[str, Any]:
    document = {"enabled": None, "active": False, "masked": False, "state": state, "load": load}
    return {"state": "value", "value": document}


SCENARIOS = [
    _case("enabled-and-running", "fail", _show("loaded", "active", "enabled"), _seen(True, True, False, "enabled")),
    _case("disabled-but-running", "fail", _show("loaded", "active", "disabled"), _seen(False, True, False, "disabled")),
    _case("enabled-but-stopped", "fail", _show("loaded", "inactive", "enabled"), _seen(True, False, False, "enabled")),
    _case(
        "disabled-and-stopped", "pass", _show("loaded", "inactive", "disabled"), _seen(False, False, False, "disabled")
    ),
    _case("masked", "pass", _show("masked", "inactive", "masked"), _seen(False, False, True, "masked", "masked")),
    _case(
        "masked-but-running", "fail", _show("masked", "active", "masked"), _seen(False, True, True, "masked", "masked")
    ),
    *(
        Scenario(
            "started-by-a-call-on-d-bus-" + name, {"name": "cups"}, OFF, verdict, {"state": "value"},
            files={**BOOTED, BUS_NAME: CALLED % asked},
            commands={COMMAND: _show(load, "inactive", state, names)},
        )
        for name, verdict, asked, names, load, state in (
            ("itself", "fail", "cups.service", "cups.service", "loaded", "disabled"),
            ("by-an-alias", "fail", "dbus-org.example.service", "cups.service dbus-org.example.service", "loaded", "static"),
            # `systemctl disable` takes the link of the alias away, and D-Bus finds nothing to start.
            ("by-an-alias-that-is-gone", "pass", "dbus-org.example.service", "cups.service", "loaded", "disabled"),
            ("and-masked", "pass", "cups.service", "cups.service", "masked", "masked"),
        )
    ),
    # Neither systemd nor D-Bus waits for a share when the host boots, and none of it is looked at.
    *(
        Scenario(
            "usr-local-is-a-share-" + state, {"name": "cups"}, OFF, verdict, _seen(state == "enabled", False, False, state),
            files={**BOOTED, **SHARE, **(LINKED if state == "enabled" else {})},
            commands={COMMAND: _show("loaded", "inactive", state)},
        )
        for verdict, state in (("fail", "enabled"), ("pass", "disabled"))
    ),
    Scenario(
        "d-bus-name-that-cannot-be-read", {"name": "cups"}, OFF, "error",
        {"state": "error", "reason": BUS_NAME + " is not a regular file"},
        files={**BOOTED, BUS_NAME + "/.keep": ""},
        commands={COMMAND: _show("loaded", "inactive", "disabled")},
    ),
    _case("failed", "pass", _show("loaded", "failed", "disabled"), _seen(False, False, False, "disabled")),
    # As systemd 252 and 257 name them behind enable, link and mask, with and without --runtime.
    _case("enabled-until-the-next-boot", "fail", _show("loaded", "inactive", "enabled-runtime"), _until("enabled-runtime")),
    _case("linked-only", "pass", _show("loaded", "inactive", "linked"), _seen(False, False, False, "linked")),
    _case("linked-until-the-next-boot", "fail", _show("loaded", "inactive", "linked-runtime"), _until("linked-runtime")),
    _case("indirect", "pass", _show("loaded", "inactive", "indirect"), _seen(False, False, False, "indirect")),
    _case(
        "masked-until-the-next-boot-and-off-then", "pass", _show("masked", "inactive", "masked-runtime"),
        {"state": "value", "value": {**_until("masked-runtime", "masked")["value"], "enabled": False, "masked": None}},
    ),
    Scenario(
        "masked-until-the-next-boot-and-on-then", {"name": "cups"}, OFF, "fail",
        {"state": "value", "value": {**_until("masked-runtime", "masked")["value"], "masked": None}},
        files={**BOOTED, "/etc/systemd/system/multi-user.target.wants/cups.service": File(link="/lib/systemd/system/cups.service")},
        commands={COMMAND: _show("masked", "inactive", "masked-runtime")},
    ),
    # A service that fails again and again is most of the time on its way up: that is neither on nor off.
    Scenario(
        "started-again-and-again",
        {"name": "cups"},
        {"fields": {"active": {"equals": True}}},
        "fail",
        {"state": "value"},
        files={**BOOTED, **LINKED},
        commands={COMMAND: _show("loaded", "activating", "enabled")},
    ),
    _case("being-started", "fail", _show("loaded", "activating", "disabled"), {"state": "value"}),
    Scenario(
        "init-script-that-a-runlevel-starts",
        {"name": "cups"},
        OFF,
        "fail",
        _seen(True, False, False, "generated"),
        files={**BOOTED, **LINKED, "/etc/init.d/cups": "#!/bin/sh\n", "/etc/rc3.d/S01cups": File(link="../init.d/cups")},
        commands={COMMAND: _show("loaded", "inactive", "generated")},
    ),
    Scenario(
        "init-script-that-no-runlevel-starts",
        {"name": "cups"},
        OFF,
        "pass",
        _seen(False, False, False, "generated"),
        files={**BOOTED, "/etc/init.d/cups": "#!/bin/sh\n", "/etc/rc3.d/K01cups": File(link="../init.d/cups")},
        commands={COMMAND: _show("loaded", "inactive", "generated")},
    ),
    _case("no-such-unit", "pass", _show("not-found", "inactive", ""), {"state": "absent"}),
    _case(
        "unit-file-gone-but-running",
        "fail",
        _show("not-found", "active", ""),
        _seen(False, True, False, "", "not-found"),
    ),
    _case("init-script", "fail", _show("loaded", "inactive", "generated"), _seen(True, False, False, "generated")),
    _case("unit-that-cannot-be-loaded", "error", _show("bad-setting", "inactive", "enabled"), {"state": "error"}),
    _case("unknown-state", "error", _show("loaded", "inactive", "surprising"), {"state": "error"}),
    _case(
        "answer-for-another-unit", "error", _show("loaded", "inactive", "disabled", "other.service"), {"state": "error"}
    ),
    _case("systemctl-fails", "error", CommandResult(1, "", "Failed to connect to bus"), {"state": "error"}),
    Scenario("not-booted-by-systemd", {"name": "cups"}, OFF, "error", {"state": "error"}),
]  # fmt: skip

SCENARIOS += [
    # systemd-cron is no service, but a target that its timers hang on.
    Scenario(
        "target-by-its-full-name",
        {"name": "cron.target"},
        {"fields": {"enabled": {"equals": True}, "active": {"equals": True}}},
        "pass",
        _seen(True, True, False, "enabled"),
        files={**BOOTED, boot.FOLDERS["enabled"] + "cron.target": File(link="/lib/systemd/system/cron.target")},
        commands={
            COMMAND.replace("cups.service", "cron.target"): _show("loaded", "active", "enabled", "cron.target").replace(
                "cups.service", "cron.target"
            )
        },
    ),
]
