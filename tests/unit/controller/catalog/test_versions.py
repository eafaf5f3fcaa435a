"""Versions of a benchmark: which one a name means, and what is said of the others."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.record import empty_record, fill_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import CatalogError, HipaaCisError, NoBenchmark
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import selections
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.summary import Summary

HEAD = """---
id: own
title: A site's own baseline
version: "{version}"
platform: linux
detect: {{ID: own, VERSION_ID: ["1", "2"]}}
{more}
recommendations:
  - {{id: "1.{last}", level: {{server: 1}}, rules: [kernel_module_cramfs]}}
"""


def catalog(tmp_path, **versions):
    """Return the catalog with versions of a benchmark (``v1_2=...``: more lines of its head)."""
    (tmp_path / "benchmarks").mkdir()
    for last, (name, more) in enumerate(versions.items()):
        text = HEAD.format(version=name[1:].replace("_", "."), more=more, last=last)
        (tmp_path / f"benchmarks/{name}.yml").write_text(text)
    return load_catalog([str(tmp_path)])


def test_name_without_a_version_means_the_newest(tmp_path):
    """By numbers: 10 comes after 9."""
    known = catalog(tmp_path, v9_0="", v10_0="", v2_1_7="")

    assert known.benchmark("own").name == "own@10.0"
    assert [one.name for one in known.benchmarks["own"].others] == ["own@9.0", "own@2.1.7"]
    assert known.benchmark("own@2.1.7").version == "2.1.7"
    assert [one.superseded_by for one in known.benchmarks["own"].versions] == ["", "10.0", "10.0"]


def test_version_that_is_not_whole_yet_is_taken_where_it_is_named_only(tmp_path):
    known = catalog(tmp_path, v1="", v2="preview: true")

    assert known.benchmark("own").name == "own@1"
    assert known.benchmark("own").superseded_by == "2"
    assert known.benchmark("own@2").version == "2"
    asked = [plan.benchmark.name for one in make_plan(known, Selection(), {}, {}) for plan in one.benchmarks]
    assert "own@1" in asked
    assert "own@2" not in asked


def test_version_that_the_catalog_does_not_have_supersedes_by_declaration(tmp_path):
    known = catalog(tmp_path, v1='superseded_by: "3.0.0"', v0_9="")

    assert [one.superseded_by for one in known.benchmarks["own"].versions] == ["3.0.0", "3.0.0"]


@pytest.mark.parametrize("name", ["own@3", "own@", "own@1.0", "@1", "own@1@1"])
def test_version_that_there_is_not_is_named_with_those_that_there_are(tmp_path, name):
    with pytest.raises(HipaaCisError, match=r"unknown benchmark .*own@1") as raised:
        Selection((name,)).check(catalog(tmp_path, v1="", v2=""))
    assert "own@2" in str(raised.value)


def test_host_is_held_against_one_version(tmp_path):
    known = catalog(tmp_path, v1="", v2="")

    with pytest.raises(HipaaCisError, match="own@1 and own@2 are named"):
        Selection(("own@1", "own@2")).check(known)
    # The same twice is one.
    assert [one.name for one in Selection(("own", "own@2")).named(known)] == ["own@2"]


def test_same_version_in_two_files_is_an_error(tmp_path):
    for last, folder in enumerate(("one", "two")):
        (tmp_path / folder / "benchmarks").mkdir(parents=True)
        (tmp_path / folder / "benchmarks/own.yml").write_text(HEAD.format(version="1", more="", last=last))

    with pytest.raises(CatalogError, match=r"the benchmark 'own@1' stands in another file too"):
        load_catalog([str(tmp_path / "one"), str(tmp_path / "two")])


def test_supplement_alone_is_no_benchmark_of_a_host(tmp_path):
    """Of a release that no benchmark is for, such as Debian testing, only the supplement would be looked at, and its safeguards called met."""
    known = catalog(tmp_path, v1="supplement: true\n")
    (plan,) = make_plan(known, Selection(platforms=("linux",)), {}, {})
    seen = {"benchmarks": ["own"], "facts": {"os_release": {"ID": "own"}}, "observations": {}}

    with pytest.raises(NoBenchmark, match="No benchmark fits this host"):
        fill_record(empty_record("h", "r", "2026-01-01T00:00:00Z", "", Selection()), known, [(plan, seen)])
    record = empty_record("h", "r", "2026-01-01T00:00:00Z", "", Selection())
    fill_record(record, known, [(make_plan(known, Selection(("own",)), {}, {})[0], seen)])
    assert record["findings"]


def test_record_and_head_of_the_reports_say_which_version_and_that_it_is_superseded(tmp_path):
    known = catalog(tmp_path, v1="", v2="")
    (plan,) = make_plan(known, Selection(("own@1",)), {}, {})
    record = empty_record("h", "r", "2026-01-01T00:00:00Z", "", Selection(("own@1",)))
    facts = {"os_release": {"ID": "own", "VERSION_ID": "2.5"}}
    seen = {"benchmarks": ["own"], "facts": facts, "observations": {}}
    fill_record(record, known, [(plan, seen)])

    validator("host_record").validate(record)
    assert record["benchmarks"] == [
        {
            "id": "own", "title": "A site's own baseline", "version": "1", "superseded_by": "2", "chosen": "named",
            "fits": "ID=own, VERSION_ID=2.5 of 2",
        }
    ]  # fmt: skip
    assert {one["benchmark"] for one in record["findings"]} == {"own@1"}
    summary = Summary(known, "r")
    summary.add(record, "f", "d")
    told = summary.as_dict()
    validator("summary").validate(told)
    assert list(selections.benchmarks(told)) == [
        "A site's own baseline v1, SUPERSEDED by v2 (1 host(s); ID=own, VERSION_ID=2.5 of 2)"
    ]


def test_head_of_a_report_says_once_what_no_test_has_seen_on_the_real_system():
    def of(name, **more):
        return {"title": name, "version": "1", "hosts": 2, **more}

    told = [of("A"), of("B", unproven="WinRM was not tried"), of("C", unproven="WinRM was not tried")]

    assert list(selections.benchmarks({"benchmarks": told}))[3:] == ["UNPROVEN: WinRM was not tried"]
    assert "WinRM" in load_catalog().platforms["windows"].unproven
