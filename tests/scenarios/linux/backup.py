"""Scenarios of backups: what systemd 252 showed of a timer and its service, what it wrote to the journal, and files that a run touches."""

from __future__ import annotations

import json
import time
from typing import Any, Callable, Dict, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import backup, units
from tests.scenarios import boot
from tests.scenarios.linux import Command, File, Scenario

GOOD: Dict[str, Any] = {"fields": {"problems": {"empty": True}, "age_days": {"at_most": 2}}}
TIMER, SERVICE = "copies.timer", "copies.service"
ASK = "env TZ=UTC systemctl show --no-pager --property=%s -- " % backup.PROPERTIES
JOURNAL = (
    "journalctl --quiet --no-pager --output=json --output-fields=MESSAGE_ID --lines=1 _PID=1 UNIT=%s MESSAGE_ID=%s MESSAGE_ID=%s"
    % (SERVICE, backup.ENDED_WELL, backup.FAILED)
)
BOOTED = {
    "/run/systemd/system": File(directory=True, mode=0o755),
    **boot.UNIT_FILES,
}
LINKED = {path: File(link=where) for path, where in boot.link(TIMER).items()}
DAY = 86400
UNKNOWN = "neither systemd nor the journal knows of a run of copies.service that has ended"


def _ago(days: float) -> str:
    return time.strftime("%a %Y-%m-%d %H:%M:%S UTC", time.gmtime(time.time() - days * DAY))


def _ran(days: float = -1, result: str = "success", status: str = "0", more: str = "") -> Callable[[str], str]:
    """Return what systemctl shows of the service; without days as after a reboot, and while it runs."""

    def shown(_root: str) -> str:
        exited = _ago(days) if days >= 0 else ""
        code = "1" if exited else "0"
        return (
            "Id=%s\nTriggeredBy=%s\nActiveState=inactive\nResult=%s\nExecMainExitTimestamp=%s\nExecMainCode=%s\nExecMainStatus=%s\n%s"
            % (SERVICE, TIMER, result, exited, code, status, more or "SuccessExitStatus=\n")
        )

    return shown


def _written(what: str, days: float) -> Callable[[str], str]:
    return lambda _root: json.dumps(
        {"MESSAGE_ID": what, "__REALTIME_TIMESTAMP": "%d" % ((time.time() - days * DAY) * 1e6)}
    )


def _timer(state: str = "enabled", active: str = "active") -> str:
    return "Id=%s\nNames=%s\nLoadState=loaded\nActiveState=%s\nUnitFileState=%s\n" % (TIMER, TIMER, active, state)


def _case(name: str, age: Any, problems: List[str], ran: Command, **more: Any) -> Scenario:
    commands: Dict[str, Command] = {
        ASK + TIMER: "Id=%s\nUnit=%s\n" % (TIMER, SERVICE),
        ASK + SERVICE: ran,
        "systemctl show --no-pager --property=%s -- %s" % (units.PROPERTIES, TIMER): more.pop("timer", _timer()),
        JOURNAL: more.pop("journal", ""),
    }
    address = {"unit": more.pop("unit", "copies"), "marker": ""}
    observed = {"state": "value", "value": {"age_days": age, "problems": problems}}
    verdict = "pass" if age is not None and age < 3 and not problems else "fail"
    return Scenario(
        name,
        address,
        GOOD,
        verdict,
        observed,
        files={**BOOTED, **(LINKED if more.pop("linked", True) else {})},
        commands=commands,
    )


def _marker(
    name: str, age: Any, problems: List[str], files: Dict[str, Any], marker: str = "/var/lib/copies/done"
) -> Scenario:
    observed = {"state": "value", "value": {"age_days": age, "problems": problems}}
    verdict = "fail" if problems else "pass"
    return Scenario(name, {"unit": "", "marker": marker}, GOOD, verdict, observed, files=files)


IGNORED = (
    "ExecStart={ path=/bin/true ; argv[]=/bin/true ; ignore_errors=no ; pid=0 }\n"
    "ExecStart={ path=/bin/false ; argv[]=/bin/false ; ignore_errors=yes ; pid=0 }\n"
)
DONE = "/var/lib/copies/done"
SCENARIOS = [
    _marker("nothing is named", None, [backup.NOT_NAMED], {}, marker=""),
    _case("ended well", 1, [], _ran(0.1)),
    _case("of the day before yesterday", 2, [], _ran(1.9)),
    _case("too old", 3, [], _ran(2.1)),
    _case("by its service", 1, [], _ran(0.1), unit=SERVICE),
    _case("by its timer", 1, [], _ran(0.1), unit=TIMER),
    _case("failed", None, ["the last run of copies.service ended with exit-code, status 1"], _ran(0.1, "exit-code", "1")),
    # systemctl reset-failed leaves it so.
    _case("failure is forgotten", None, ["the last run of copies.service ended with success, status 1"], _ran(0.1, status="1")),
    _case("warning that the unit allows", 1, [], _ran(0.1, status="1", more="SuccessExitStatus=1 3\n")),
    _case(
        "failure is passed over", 1, ["copies.service passes over a failure of /bin/false (a dash before it)"], _ran(0.1, more=IGNORED),
    ),
    _case("after a reboot", 1, [], _ran(), journal=_written(backup.ENDED_WELL, 0.5)),
    _case("old before a reboot", 6, [], _ran(), journal=_written(backup.ENDED_WELL, 5.5)),
    _case("failed before a reboot", None, ["the last run of copies.service failed"], _ran(), journal=_written(backup.FAILED, 0.5)),
    _case("the journal was not kept", None, [UNKNOWN], _ran()),
    _case("timer is off", 1, ["copies.timer is not there, or not on now and at boot"], _ran(0.1), timer=_timer("disabled"), linked=False),
    _case("timer is stopped", 1, ["copies.timer is not there, or not on now and at boot"], _ran(0.1), timer=_timer(active="inactive")),
    _case("just now", 1, [], _ran(0.0001)),
    _marker("file is new", 1, [], {DONE: ""}),
    _marker("file is not there", None, [DONE + " is not there"], {}),
    _marker("anybody may touch it", 1, ["anybody may touch " + DONE], {DONE: File(mode=0o666)}),
    _marker("folder", 1, [DONE + " is no file"], {DONE: File(directory=True, mode=0o755)}),
    Scenario("no systemd", {"unit": "copies", "marker": ""}, GOOD, "error", {"state": "error"}),
]  # fmt: skip
