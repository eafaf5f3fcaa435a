"""The ledger: the first run of many hosts, a run in which little changed, a year of runs, and the questions that are asked of it."""

from __future__ import annotations

import random
import resource
import time
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import (
    address,
    connection,
    drift,
    practice,
    remedy,
    write,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.before_run import before_run
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.history import DAY, History, Question
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.terms import OfHost, Terms
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.since_last import since_last

CITES = [f"164.312({letter})" for letter in "abcdefghijkl"]
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
CHANGE = 0.005


class Fleet:
    """Hosts of which a share of the findings changes from day to day."""

    def __init__(self, hosts: int, rules: int) -> None:
        self._draw = random.Random(1)
        self._rules = [f"rule_{number}" for number in range(rules)]
        self._told = {
            rule: {
                "title": f"Rule {rule} is kept",
                "severity": ["low", "medium", "high", "critical"][number % 4],
                "cites": [CITES[number % 12]],
            }
            for number, rule in enumerate(self._rules)
        }
        self._letters = [self._draw.choices("pfnm", (60, 20, 15, 5), k=rules) for _host in range(hosts)]

    def change(self) -> None:
        for _one in range(int(len(self._letters) * len(self._rules) * CHANGE)):
            letters = self._draw.choice(self._letters)
            place = self._draw.randrange(len(letters))
            letters[place] = "p" if letters[place] == "f" else "f"

    def run(self, day: int) -> dict[str, object]:
        moment = (START + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "schema": "hipaa.cis/outcomes/1", "run_id": f"run-{day}", "started_at": moment, "finished_at": moment,
            "collection_version": "0.1.0", "catalog_digests": ["3c9f" * 16], "rules": self._told,
            "scopes": [{"rules": [[rule, "debian_12 1.1.0"] for rule in self._rules], "left": []}], "fixed": {},
            "hosts": [[f"host-{number:05}.example.org", "audited", moment, 0, "".join(one)] for number, one in enumerate(self._letters)],
        }  # fmt: skip


@contextmanager
def timed(what: str, bound: float, results: list[tuple[str, float, float]]):
    started, cpu = time.monotonic(), time.process_time()
    yield
    took, cpu = time.monotonic() - started, time.process_time() - cpu
    print(f"{what}: {took:.2f} s, processor {cpu:.2f} s (bound {bound:g} s)")
    results.append((what, cpu, bound))


def enter(one, fleet: Fleet, day: int) -> None:
    with connection.writing(one):
        assert write.add_run(one, fleet.run(day), write.Origin("s", day + 1, "", str(day))) == []


@pytest.mark.parametrize("hosts", [10_000])
def test_many_hosts(tmp_path, hosts):
    fleet, results = Fleet(hosts, 300), list[tuple[str, float, float]]()
    with connection.opened(address.address(None, tmp_path)) as one:
        with timed(f"first run, {hosts * 300:,} findings", hosts * 300 / 60_000, results):
            enter(one, fleet, 0)
        fleet.change()
        with timed("next run, 0.5 % changed", 10, results):
            enter(one, fleet, 1)
        fleet.change()
        with timed("what the page of a run tells of the runs before it", 10, results):
            known = before_run(one, "run-2", [f"host-{number:05}.example.org" for number in range(hosts)])
            rows: list[object] = []
            assert since_last(fleet.run(2), known, rows.append)["since_run"] == "run-1"
            assert len(rows) > hosts
    print(
        f"{(tmp_path / address.FILE).stat().st_size / 1e6:.0f} MB; peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB"
    )
    assert not [result for result in results if result[1] > result[2]]


def test_a_year_of_daily_runs_and_the_questions(tmp_path):
    fleet, results = Fleet(1_000, 300), list[tuple[str, float, float]]()
    with connection.opened(address.address(None, tmp_path)) as one:
        for day in range(365):
            enter(one, fleet, day)
            fleet.change()
        size = (tmp_path / address.FILE).stat().st_size / 1e6
        print(f"365 runs of 1,000 hosts, 300 findings each: {size:.0f} MB (bound 300 MB)")
        now = START.timestamp() + 365 * DAY
        limits = {"critical": 7.0, "high": 30.0, "medium": 90.0, "low": 180.0}
        asked = Terms(now, deadlines=limits, of_hosts={"host-00007.example.org": OfHost("one", audit_interval=7)})
        groups = {
            f"ward_{ward}": [f"host-{number:05}.example.org" for number in range(ward * 100, ward * 100 + 100)]
            for ward in range(10)
        }
        for whose, question in [
            ("all", Question()),
            ("a host", Question(("host-00007.example.org",))),
            ("a rule", Question((), ("rule_7",))),
        ]:
            with timed(f"{whose}: drift since the last run", 2, results):
                found = History(one, question)
                drift.drift(found, found.before_last())
            with timed(f"{whose}: drift since half a year", 2, results):
                drift.drift(found, 180)
            with timed(f"{whose}: trend of 90 days", 2, results):
                drift.trend(found, 275, groups)
            with timed(f"{whose}: flapping", 2, results):
                remedy.flapping(found, now - 365 * DAY)
            with timed(f"{whose}: time to remediate", 2, results):
                remedy.time_to_remediate(found, now - 365 * DAY, asked)
            with timed(f"{whose}: what is overdue", 2, results):
                remedy.overdue(found, asked)
            with timed(f"{whose}: record of twelve months", 2, results):
                practice.records(found, asked, CITES)
    assert size < 300
    assert not [result for result in results if result[1] > result[2]]
