"""Maintenance windows, across midnight and across changes of the clock."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.maintenance_window import parse, state_at

NIGHT = {"days": ["sat"], "from": "22:00", "to": "04:00", "timezone": "Europe/Berlin"}


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-21T20:59", False),  # Saturday 21:59 in Berlin
        ("2026-11-21T21:00", True),
        ("2026-11-22T02:59", True),  # Sunday 03:59, the window that began on Saturday
        ("2026-11-22T03:00", False),
        ("2026-11-22T21:30", False),  # Sunday night is not in it
    ],
)
def test_window_across_midnight(moment, is_open):
    assert state_at(parse([NIGHT]), at(moment)).open is is_open


def test_outside_it_says_when_the_next_opens():
    state = state_at(parse([NIGHT]), at("2026-11-22T03:00"))

    assert state.opens == at("2026-11-28T21:00")
    assert state.closes is None


def test_inside_it_says_when_it_closes():
    assert state_at(parse([NIGHT]), at("2026-11-21T23:00")).closes == at("2026-11-22T03:00")


@pytest.mark.parametrize(
    ("window", "moment", "is_open"),
    [
        # 2026-10-25: 03:00 summer time becomes 02:00, so 02:30 comes twice; the window ends at the first.
        (("00:00", "02:30"), "2026-10-25T00:29", True),
        (("00:00", "02:30"), "2026-10-25T00:31", False),
        # It begins at the second.
        (("02:30", "05:00"), "2026-10-25T00:45", False),
        (("02:30", "05:00"), "2026-10-25T01:31", True),
        # 2026-03-29: 02:00 becomes 03:00; the night is an hour shorter.
        (("22:00", "04:00"), "2026-03-29T01:59", True),
        (("22:00", "04:00"), "2026-03-29T02:00", False),
    ],
)
def test_change_of_the_clock(window, moment, is_open):
    windows = parse([{"from": window[0], "to": window[1], "timezone": "Europe/Berlin"}])

    assert state_at(windows, at(moment)).open is is_open


def test_window_that_lies_in_the_missing_hour_never_opens_then():
    windows = parse([{"days": ["sun"], "from": "02:10", "to": "02:50", "timezone": "Europe/Berlin"}])

    assert not any(state_at(windows, at(f"2026-03-29T{hour:02}:{minute:02}")).open
                   for hour in range(24) for minute in range(0, 60, 5))  # fmt: skip


def test_without_windows_it_is_always_open():
    assert state_at([], at("2026-11-22T03:00")).open


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ({**NIGHT, "timezone": "Berlin"}, "IANA"),
        ({**NIGHT, "timezone": "../etc/passwd"}, "IANA"),
        ({**NIGHT, "from": 1320}, "with quotes"),
        ({**NIGHT, "from": "24:00"}, "not a time"),
        ({**NIGHT, "to": "22:00"}, "the same"),
        ({**NIGHT, "days": ["samstag"]}, "unknown day"),
        ({**NIGHT, "days": []}, "no day"),
        ({**NIGHT, "until": "04:00"}, "unknown key"),
        ({"from": "22:00", "to": "23:00"}, "timezone is missing"),
        ("always", "has to hold"),
    ],
)
def test_what_is_wrong_is_said(window, said):
    with pytest.raises(HipaaCisError, match=said):
        parse([window])
