"""What a catalog of 5,000 items costs a run: loading it from the cache, and a host that is detected against one that is named."""

from __future__ import annotations

import json
import statistics
import time

import pytest
import yaml

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.request import numbered
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import load

ITEMS = 5000
ROUNDS = 15
# Milliseconds.
MOST_TO_LOAD = 30
NAMED = "debian_12"
# How many times the bytes of a host whose benchmark is named the request of one that is detected has.
MOST_SENT = 1.5


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder of benchmarks for other releases, so that the catalog has 5,000 items: copies of one, as versions of a system share their rules."""
    own = load.load_catalog()
    have = sum(len(one.recommendations) for newest in own.benchmarks.values() for one in newest.versions)
    items = own.benchmarks[NAMED].recommendations
    folder = tmp_path_factory.mktemp("site")
    (folder / "benchmarks").mkdir()
    for number in range(-(-(ITEMS - have) // len(items))):
        head = {
            "id": f"system_{number}",
            "title": f"Benchmark of system {number}",
            "version": "1.0.0",
            "platform": "linux",
        }
        entries = [{"id": one.id, "level": dict(one.level), "rules": list(one.rules)} for one in items if one.rules] + [
            {"id": one.id, "level": dict(one.level), "title": one.title, "not_yet_automated": one.not_yet_automated}
            for one in items
            if not one.rules
        ]
        document = {**head, "detect": {"ID": f"system{number}", "VERSION_ID": "1"}, "recommendations": entries}
        (folder / "benchmarks" / f"system_{number}.yml").write_text(yaml.safe_dump(document, sort_keys=False))
    known = load.load_catalog([str(folder)])
    assert sum(len(one.recommendations) for newest in known.benchmarks.values() for one in newest.versions) >= ITEMS
    return folder


def milliseconds(*calls):
    """Return the median processor time of each call, in milliseconds, made in turn."""
    times: list[list[float]] = [[] for _call in calls]
    for _round in range(ROUNDS):
        for taken, call in zip(times, calls, strict=True):
            begun = time.process_time()
            call()
            taken.append((time.process_time() - begun) * 1000)
    return [statistics.median(taken) for taken in times]


def test_catalog_from_the_cache(site, capsys):
    def fresh(*folders):
        load._load.cache_clear()
        return load.load_catalog(folders)

    own, large = milliseconds(fresh, lambda: fresh(str(site)))
    with capsys.disabled():
        print(f"\nloaded from the cache: the collection's own {own:.1f} ms, with {ITEMS} items {large:.1f} ms")
    assert large <= MOST_TO_LOAD


def test_detected_against_named(site, capsys):
    known = load.load_catalog([str(site)])

    def plans(*names):
        return make_plan(known, Selection(benchmarks=names, level=2, platforms=("linux",)), {}, {})

    detected, named = milliseconds(plans, lambda: plans(NAMED))
    sent = [len(json.dumps(numbered(plan.request))) for (plan,) in (plans(), plans(NAMED))]
    with capsys.disabled():
        print(f"\nplanned: detected {detected:.1f} ms, {NAMED} {named:.1f} ms ({detected / named:.1f} times)")
        print(f"request: detected {sent[0]} bytes, {NAMED} {sent[1]} bytes ({sent[0] / sent[1]:.2f} times)")
    assert sent[0] <= MOST_SENT * sent[1]
