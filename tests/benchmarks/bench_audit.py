"""The whole audit of one booted host against `ansible -m setup` on it, and detected against named, in turn, over SSH with pipelining."""

from __future__ import annotations

import json
import statistics
import time

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.request import numbered
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import DETECT, Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from tests.records import records_in

pytestmark = pytest.mark.hosts
ROUNDS = 5
NAMED = "debian_12@2.0.0"
SUPPLEMENT = "supplement_linux"
# How many times as long as `setup` an audit with our own items beside those of CIS takes, in the median.
MOST_WITH_SUPPLEMENT = 1.35
# How many times as long, and how many times the bytes of the request, a host takes that is detected.
MOST_DETECTED = 1.03
MOST_SENT = 1.5


@pytest.fixture
def setup(booted_host, run_ansible, write_inventory):
    """Return a function that gathers the facts of the host and returns the seconds that it took."""
    inventory = write_inventory([booted_host], user="root")

    def gather():
        started = time.monotonic()
        run_ansible("all", "-i", inventory, "-m", "setup")
        return time.monotonic() - started

    return gather


@pytest.fixture
def audit(booted_host, run_ansible, write_inventory, tmp_path):
    """Return a function that audits the host by some benchmarks at level 2 and returns the seconds that it took."""
    inventory = write_inventory([booted_host], user="root")

    def look(*benchmarks):
        variables = {
            "hipaa_cis_level": 2,
            "hipaa_cis_run_dir": str(tmp_path / "runs"),
            "hipaa_cis_benchmark": benchmarks,
        }
        started = time.monotonic()
        run_ansible("hipaa.cis.audit", "-i", inventory, "-e", json.dumps(variables), program_name="ansible-playbook")
        return time.monotonic() - started

    return look


@pytest.fixture
def last_record(tmp_path):
    """Return a function that reads what the last audit has found."""

    def read():
        (record,) = records_in(tmp_path / "runs" / "latest")
        assert record["status"] == "audited"
        return record

    return read


@pytest.fixture
def in_turn(capsys):
    """Return a function that makes two calls in turn after a warm-up, and returns their ratios: median, and best to best."""

    def compare(first, second):
        first(), second()
        pairs = [(first(), second()) for _round in range(ROUNDS)]
        ratios = [two / one for one, two in pairs]
        firsts, seconds = zip(*pairs, strict=True)
        median, best = statistics.median(ratios), min(seconds) / min(firsts)
        with capsys.disabled():
            print(f"\nmedians {statistics.median(firsts):.2f} s and {statistics.median(seconds):.2f} s,")
            print(f"ratio {min(ratios):.2f} to {max(ratios):.2f}, median {median:.3f}, of the best {best:.3f}")
        return median, best

    return compare


def test_audit_against_setup(setup, audit, in_turn, last_record, capsys):
    in_turn(setup, lambda: audit(DETECT))
    with capsys.disabled():
        print(f"observe: {last_record()['platforms']['linux']['stats']}")


def test_audit_with_the_supplement_against_setup(setup, audit, in_turn, last_record):
    median, _best = in_turn(setup, lambda: audit(NAMED, SUPPLEMENT))
    asked = {finding["benchmark"].partition("@")[0] for finding in last_record()["findings"]}
    assert asked == {NAMED.partition("@")[0], SUPPLEMENT}
    assert median <= MOST_WITH_SUPPLEMENT


def test_detected_against_named(audit, in_turn, capsys):
    known = load_catalog()
    requests = [
        make_plan(known, Selection(benchmarks=names, level=2, platforms=("linux",)), {}, {})[0].request
        for names in ((NAMED,), ())
    ]
    named, detected = (len(json.dumps(numbered(request))) for request in requests)
    with capsys.disabled():
        print(f"\nrequest: named {named} bytes, detected {detected} bytes ({detected / named:.2f} times)")
    assert detected <= MOST_SENT * named
    _median, best = in_turn(lambda: audit(NAMED), lambda: audit(DETECT))
    assert best <= MOST_DETECTED
