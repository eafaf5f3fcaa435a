"""Scenarios of timers, by what systemctl shows."""

from __future__ import annotations

from typing import Any, Dict, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.units import PROPERTIES
from tests.scenarios import boot
from tests.scenarios.linux import Command, File, Scenario

UNIT = "dailyaidecheck.timer"
COMMAND = "systemctl show --no-pager --property=%s -- %s" % (PROPERTIES, UNIT)
BOOTED = {"/run/systemd/system/.keep": "", "/run/systemd/system": File(directory=True, mode=0o755), **boot.UNIT_FILES}
LINKED = {path: File(link=where) for path, where in boot.link(UNIT).items()}
ON = {"fields": {"enabled": {"equals": True}, "active": {"equals": True}}}
OFF = {"any_of": [{"absent": True}, {"fields": {"enabled": {"equals": False}, "active": {"equals": False}}}]}


def _show(load: str, active: str, state: str, names: str = UNIT) -> str:
    return "Id=%s\nNames=%s\nLoadState=%s\nActiveState=%s\nUnitFileState=%s\n" % (UNIT, names, load, active, state)


def _case(
    name: str, verdict: str, output: Command, expect: Dict[str, Any], state: str = "value", files: Optional[Any] = None
) -> Scenario:
    address = {"name": UNIT.split(".", maxsplit=1)[0]}
    return Scenario(
        name,
        address,
        expect,
        verdict,
        {"state": state},
        files={**BOOTED, **(LINKED if "=enabled\n" in str(output) else {})} if files is None else files,
        commands={COMMAND: output},
    )


SCENARIOS = [
    _case("on-as-wanted", "pass", _show("loaded", "active", "enabled"), ON),
    _case("enabled-but-stopped", "fail", _show("loaded", "inactive", "enabled"), ON),
    _case("running-but-not-at-boot", "fail", _show("loaded", "active", "disabled"), ON),
    _case("until-the-next-boot-only", "fail", _show("loaded", "inactive", "enabled-runtime"), ON),
    _case("masked", "fail", _show("masked", "inactive", "masked"), ON),
    _case("no-such-unit", "fail", _show("not-found", "inactive", ""), ON, "absent"),
    _case("failed", "fail", _show("loaded", "failed", "enabled"), ON),
    _case("on-its-way", "fail", _show("loaded", "activating", "enabled"), ON),
    _case("off-as-wanted", "pass", _show("loaded", "inactive", "disabled"), OFF),
    _case("masked-as-wanted", "pass", _show("masked", "inactive", "masked"), OFF),
    _case("gone-as-wanted", "pass", _show("not-found", "inactive", ""), OFF, "absent"),
    _case("still-running", "fail", _show("loaded", "active", "disabled"), OFF),
    _case("still-at-boot", "fail", _show("loaded", "inactive", "enabled"), OFF),
    _case("unknown-state", "error", _show("loaded", "inactive", "curious"), OFF, "error"),
    _case("answer-for-another-unit", "error", _show("loaded", "inactive", "disabled", "other.unit"), OFF, "error"),
    _case("broken-unit-file", "error", _show("bad-setting", "inactive", ""), OFF, "error"),
    _case("systemctl-fails", "error", CommandResult(1, "", "Failed to connect to bus"), OFF, "error"),
    _case("hangs", "error", CommandResult(problem="no answer within 20 seconds"), OFF, "error"),
    _case("not-booted-by-systemd", "error", "", OFF, "error", files={"/etc/hostname": "x\n"}),
]
