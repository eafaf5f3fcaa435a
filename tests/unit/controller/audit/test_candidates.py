"""A run that names its benchmark pays for no other: only the items of candidates are made of what the cache holds."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit import plan_cache
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import load, model


@pytest.fixture
def made(monkeypatch):
    """The ids of the recommendations that are made, in a catalog that nobody has looked at and of which no request is kept."""
    ids = []
    monkeypatch.setattr(plan_cache, "read", lambda _name: None)

    def noted(**data):
        ids.append(data["id"])
        return real(**data)

    real = model.Recommendation
    monkeypatch.setattr(model, "Recommendation", noted)
    load._load.cache_clear()
    yield ids
    load._load.cache_clear()


def test_only_the_items_of_the_named_benchmark_are_made(made):
    known = load.load_catalog()
    assert made == []

    make_plan(known, Selection(benchmarks=("debian_13",)), {}, {})
    assert made == [item.id for item in known.benchmarks["debian_13"].recommendations]


def test_a_host_that_is_detected_has_the_items_of_each_candidate_made_once(made):
    known = load.load_catalog()
    for _round in range(2):
        make_plan(known, Selection(), {}, {})

    assert len(made) == sum(len(benchmark.recommendations) for benchmark in known.benchmarks.values())
