"""How long a timer takes from one run to the next, by systemd-analyze of a booted host."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import schedule

pytestmark = pytest.mark.hosts
CALENDAR, BOOT, AGAIN = "OnCalendar", "OnBootSec", "OnUnitActiveSec"
CASES = {
    "daily": ([(CALENDAR, "daily")], 1),
    "weekly": ([(CALENDAR, "Sun *-*-* 03:00")], 7),
    "monthly": ([(CALENDAR, "monthly")], 31),
    "yearly": ([(CALENDAR, "*-1-1")], 366),
    "each-minute-of-a-day-in-the-month": ([(CALENDAR, "*-*-01 *:*")], 30),
    "once": ([(CALENDAR, "2199-01-01")], None),
    "gone": ([(CALENDAR, "2020-01-01")], None),
    "of-two-the-shorter": ([(CALENDAR, "monthly"), (CALENDAR, "daily")], 1),
    "taken-back": ([(CALENDAR, "daily"), (CALENDAR, ""), (CALENDAR, "monthly")], 31),
    # An empty one of another sort takes it back too.
    "taken-back-by-another": ([(CALENDAR, "daily"), (BOOT, "")], None),
    "after-the-boot-alone": ([(BOOT, "5min")], None),
    "again-and-again": ([(BOOT, "5min"), (AGAIN, "2 weeks")], 14),
    "never-for-the-first-time": ([(AGAIN, "1d")], None),
}


def test_timer_is_as_rare_as_systemd_says(booted_host):
    def run(argv, _timeout):
        done = booted_host.run(argv, check=False)
        return CommandResult(done.returncode, done.stdout, done.stderr)

    host = Host(runner=run)
    assert {name: schedule.of_timer(host, schedule.times_of(given)) for name, (given, _days) in CASES.items()} == {
        name: days for name, (_given, days) in CASES.items()
    }


@pytest.mark.parametrize(
    ("when", "days"),
    [
        ("1,8,15,22 * *", 10),
        ("1-22/7 * *", 10),
        ("*/7 * *", 7),
        ("* Jan-DEC Sun", 7),
        ("* * 5-7/2", 5),
        ("*,5 * *", 1),
        ("1/7 * *", None),
        ("1-40 * *", None),
        ("*/0 * *", None),
        ("L * *", None),
        ("1,,3 * *", None),
    ],
)
def test_line_that_cron_turns_down_has_nothing_run(booted_host, when, days):
    done = booted_host.run(["crontab", "-"], data=f"0 5 {when} true\n", check=False)

    assert (done.returncode == 0) == (days is not None)
    assert schedule.of_line(f"0 5 {when} true", anacron=False) == (days or schedule.YEAR)
