"""How far an audit is: few lines, whatever happens, and none where nobody looks."""

from __future__ import annotations

import random

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.progress import MAX_LINES, Progress, is_shown


class Clock:
    """A clock that is set by hand, in seconds."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def lines_of(hosts, seconds, seed=1):
    """What is printed while that many hosts are audited in that time, at moments of the seed's choice."""
    clock, chance = Clock(), random.Random(seed)
    progress = Progress(hosts, clock)
    lines = []
    for number, moment in enumerate(sorted(chance.uniform(0, seconds) for _host in range(hosts))):
        clock.now = 1000 + moment
        progress.audited(f"web-{number}", number % 2 == 0)
        lines.append(progress.line())
    return [line for line in lines if line]


@pytest.mark.parametrize("seconds", [60, 3600, 86_400, 30 * 86_400])
def test_ten_thousand_hosts_are_told_on_one_screen_however_long_it_takes(seconds):
    lines = lines_of(10_000, seconds)

    assert 3 <= len(lines) <= MAX_LINES < 24
    assert all(len(line) < 160 for line in lines)


def test_first_line_comes_after_five_seconds():
    clock = Clock()
    progress = Progress(1000, clock)
    clock.now += 4.9
    assert progress.line() == ""
    clock.now += 0.1
    assert progress.line() == "hipaa.cis: 0 of 1,000 hosts done"


def test_line_counts_each_host_once_and_says_what_became_of_it():
    clock = Clock()
    progress = Progress(2000, clock)
    for name in ("a", "b", "b", "c"):
        progress.audited(name, name == "b")
    progress.lost("d", unreachable=True)
    progress.lost("e", unreachable=False)
    progress.lost("e", unreachable=True)
    clock.now += 10

    assert progress.line() == "hipaa.cis: 5 of 2,000 hosts done, 1 with failing rules, 1 not reached, 1 not audited"


def test_nothing_is_told_of_few_hosts_and_nothing_once_all_are_done():
    clock = Clock()
    few, all_done = Progress(19, clock), Progress(20, clock)
    for number in range(20):
        all_done.audited(str(number), False)
    clock.now += 60

    assert few.line() == all_done.line() == ""


def test_hosts_that_were_audited_before_a_resume_say_nothing_of_the_time_left():
    clock = Clock()
    progress = Progress(1000, clock)
    for number in range(400):
        progress.audited(f"there-{number}", False, resumed=True)
    for number in range(10):
        clock.now += 6
        progress.audited(f"new-{number}", False)

    assert progress.line() == "hipaa.cis: 410 of 1,000 hosts done; about 59 min left"


def test_hosts_that_began_slowly_are_forgotten():
    clock = Clock()
    progress = Progress(1000, clock)
    clock.now += 600
    progress.line()
    for number in range(100):
        clock.now += 6
        progress.audited(f"new-{number}", False)

    assert progress.line() == "hipaa.cis: 100 of 1,000 hosts done; about 1.5 h left"


@pytest.mark.parametrize(
    ("asked", "environment", "terminal", "shown"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"CI": "true"}, True, False),
        ("auto", {"CI": "false"}, True, True),
        # ansible-runner gives its jobs a terminal that nobody sees.
        ("auto", {"AWX_ISOLATED_DATA_DIR": "/runner/artifacts/7"}, True, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("true", {"CI": "true"}, False, True),
        ("false", {}, True, False),
    ],
)
def test_nothing_is_told_where_nobody_looks_unless_it_is_asked_for(asked, environment, terminal, shown):
    assert is_shown(asked, environment, terminal) is shown
