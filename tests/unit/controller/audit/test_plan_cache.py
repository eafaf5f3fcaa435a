"""Plans by requests that were kept: they are those that would be made anew, and one benchmark's only."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit import plan, plan_cache
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.request import numbered
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

ANSWER = {"benchmarks": ["debian_13"]}


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    """The folder of what is kept, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "hipaa-cis"


@pytest.fixture
def planned(monkeypatch):
    """The benchmarks for which rules were made ready, in turn."""
    made = []
    original = plan._benchmark_plan

    def counted(catalog, rules, selection, benchmark, *more):
        made.append(benchmark.id)
        return original(catalog, rules, selection, benchmark, *more)

    monkeypatch.setattr(plan, "_benchmark_plan", counted)
    return made


def planned_by(values=None, options=None, **more):
    return make_plan(load_catalog(), Selection(**{"level": 2, **more}), values or {}, options or {})[0]


@pytest.mark.parametrize("names", [(), ("debian_13",), ("auto", "supplement_linux")])
def test_kept_plan_is_the_one_that_is_made_anew(names):
    values = {"faillock_deny": 3}
    first = planned_by(values, {"scan_exclude": ["/srv"]}, benchmarks=names)
    again = planned_by(values, {"scan_exclude": ["/srv"]}, benchmarks=names)

    assert numbered(again.request) == numbered(first.request)
    assert again.carried(ANSWER) == first.carried(ANSWER) != []
    assert [*again.benchmarks] == [*first.benchmarks]


def test_of_a_kept_plan_only_what_the_host_carries_is_made(planned):
    planned_by()
    assert len(planned) > 5
    del planned[:]

    again = planned_by()
    assert planned == []
    again.carried(ANSWER)
    assert planned == ["debian_13"]


def test_whatever_is_asked_for_is_part_of_the_name():
    catalog, selection = load_catalog(), Selection()
    plain: dict[str, Any] = {
        "catalog": catalog,
        "selection": selection,
        "site_values": {},
        "options": {},
        "decided": {},
    }
    others = {
        "catalog": dataclasses.replace(catalog, digest="other"),
        "selection": dataclasses.replace(selection, run_tags={"pam": ("pam",)}),
        "site_values": {"faillock_deny": 3},
        "options": {"scan_exclude": ["/srv"]},
        "decided": {"faillock_deny": {"id": "T-1"}},
    }
    names = {plan_cache.key(**plain), *(plan_cache.key(**{**plain, key: one}) for key, one in others.items())}
    meant = dataclasses.replace(selection, meant_level=2)
    amended = plan_cache.key(**{**plain, "catalog": catalog.under(catalog.amendments[0].id)})

    # A safeguard that only the amendment has is a typing error without it, and is to be refused.
    assert len(names | {amended, plan_cache.key(**{**plain, "selection": meant})}) == len(others) + 3


def test_damaged_text_is_made_anew(kept):
    request = numbered(planned_by().request)
    (path,) = kept.glob("plan-*")
    path.write_text("{")

    assert numbered(planned_by().request) == request


def test_selection_that_leaves_nothing_over_is_refused_each_time():
    for _time in range(2):
        with pytest.raises(HipaaCisError, match="leaves no recommendation over"):
            planned_by(include={"rules": ["ssh_pam_on"]}, exclude={"rules": ["ssh_pam_on"]})


def test_few_plans_are_kept(kept, monkeypatch):
    monkeypatch.setattr(plan_cache, "MOST", 3)
    for number in range(5):
        planned_by({"faillock_deny": number + 1})

    assert len([*kept.glob("plan-*")]) == 3
