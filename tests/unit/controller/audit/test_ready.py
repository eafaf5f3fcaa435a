"""What is made ready for a fleet is what each worker would make, and is taken where it is there."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit import judge, plan, ready
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan, settings_of
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog

OPTIONS = {"scan_exclude": ["/srv"], "root": None}
VALUES = {"faillock_deny": 3}
SELECTION = Selection(benchmarks=("debian_13",), level=2, exclude={"tags": ["ssh"]})


@pytest.fixture(autouse=True)
def apart(tmp_path, monkeypatch):
    """Nothing is ready, and nothing of it stays."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(plan, "_kept", {})
    monkeypatch.setattr(judge, "_ready", {})
    monkeypatch.setattr(ready, "_made", set())


def asked(values):
    return ready.asked([], "hipaa", SELECTION, values, OPTIONS)


def planned(values, selection=SELECTION):
    return make_plan(load_catalog().under("hipaa"), selection, values, OPTIONS)


def test_plan_that_is_ready_is_the_one_a_worker_would_make_and_is_taken():
    own = planned(VALUES)
    ready.make(asked(VALUES))
    taken = planned(VALUES)

    assert taken is planned(VALUES)
    assert [one.sent for one in taken] == [one.sent for one in own]
    assert [[*one.benchmarks] for one in taken] == [[*one.benchmarks] for one in own]


def test_what_is_asked_otherwise_is_planned_anew():
    ready.make(asked(VALUES))

    assert planned({}) is not planned({})
    assert planned(VALUES, Selection(benchmarks=("debian_13",), level=1)) is not planned(VALUES)


def test_words_that_are_ready_are_those_that_are_made_anew():
    ready.make(asked(VALUES))
    (kept,) = planned(VALUES)
    settings = [one for some in kept.benchmarks for rule in some.rules for one in settings_of(rule)]
    known = [judge._words(kept.platform, setting) for setting in settings]
    judge._ready.clear()

    assert len(known) > 300
    assert known == [judge._words(kept.platform, setting) for setting in settings]


def test_only_so_many_plans_are_made():
    for number in range(ready.MOST_PLANS + 2):
        ready.make(asked({"faillock_deny": number + 1}))

    assert len(plan._kept) == ready.MOST_PLANS
