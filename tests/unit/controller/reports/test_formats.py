"""The formats that pipelines read: which are written, when they are made anew, and that a fleet takes no memory."""

from __future__ import annotations

import tracemalloc
from datetime import datetime, timezone

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.formats import FILES, check_formats
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.junit import JUnit
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.sarif import Sarif
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.write import are_written, note_gate, write_reports
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import chain, once_each
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.gate import judge_gate
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.merge import Merging
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests.builders import RUN_ID, SAMPLES, make_finding, make_record


@pytest.fixture
def store(tmp_path):
    made = RunStore.create(str(tmp_path), RUN_ID)
    made.expect_hosts(["ward"])
    made.begin("ward")
    made.write_record(make_record("ward", [make_finding(SAMPLES[0], "fail")]))
    return made


def report(store, asked=()):
    return write_reports(load_catalog(), [store], store, asked=asked).summary


def bytes_of(store):
    return {name: (store.folder / file).read_bytes() for name, file in FILES.items() if (store.folder / file).exists()}


def links(store):
    return chain.places(store.folder.parent)


def test_none_is_written_unasked(store):
    report(store)
    assert bytes_of(store) == {}


@pytest.mark.parametrize("name", sorted(FILES))
def test_each_is_written_where_it_is_asked_for_and_for_its_owner_alone(store, name):
    summary = report(store, [name])

    assert list(bytes_of(store)) == [name]
    assert (store.folder / FILES[name]).stat().st_mode & 0o777 == 0o600
    assert FILES[name] in chain.listed_files(links(store), RUN_ID)
    assert are_written(summary, store, [name])
    (store.folder / FILES[name]).unlink()
    assert not are_written(summary, store, [name])


def test_unknown_name_is_an_error_with_those_that_there_are():
    with pytest.raises(HipaaCisError, match=r"'junitt'\. Did you mean junit\? Known: junit, markdown, sarif\."):
        check_formats(["junitt"])
    assert check_formats([" junit ", "sarif"]) == ["junit", "sarif"]


def test_second_report_of_the_same_run_gives_the_same_bytes_and_no_link(store):
    report(store, FILES)
    before, known = bytes_of(store), len(links(store))
    report(store, FILES)

    assert bytes_of(store) == before
    assert len(links(store)) == known


def test_format_that_was_asked_for_once_is_never_older_than_the_summary(store):
    report(store, FILES)
    before = bytes_of(store)
    store.expect_hosts(["ward", "clinic"])
    summary = report(store)

    assert not [name for name, content in bytes_of(store).items() if content == before[name]]
    assert all(b"clinic" in content for content in bytes_of(store).values())
    assert are_written(summary, store, FILES)


def test_what_the_gate_says_stays_for_the_same_summary_and_goes_with_it(store):
    summary = report(store, ["markdown"])
    fail_on = ["severity>=low"]
    note_gate(store, fail_on, judge_gate(summary, fail_on))
    held = bytes_of(store)["markdown"]
    assert held.startswith(b"## Gate: failed\n")
    assert chain.listed_files(links(store), RUN_ID)["summary.md"] == chain.digest_of(store.folder / "summary.md")

    known = len(links(store))
    summary = report(store)
    note_gate(store, fail_on, judge_gate(summary, fail_on))
    assert bytes_of(store)["markdown"] == held
    assert len(links(store)) == known

    # It is the word on what was found, and on nothing else.
    store.expect_hosts(["ward", "clinic"])
    report(store)
    assert b"Gate" not in bytes_of(store)["markdown"]


def test_gate_that_is_not_asked_any_more_says_nothing(store):
    summary = report(store, ["markdown"])
    plain = bytes_of(store)["markdown"]
    note_gate(store, ["error"], judge_gate(summary, ["error"]))
    assert b"## Gate: passed" in bytes_of(store)["markdown"]
    note_gate(store, [], judge_gate(summary, []))
    assert bytes_of(store)["markdown"] == plain


def test_gate_of_a_run_without_a_markdown_summary_writes_none(store):
    note_gate(store, ["error"], judge_gate(report(store), ["error"]))
    assert bytes_of(store) == {}


def test_merged_runs_have_them_too(store, tmp_path):
    other = RunStore.create(str(tmp_path), "slice-2")
    other.write_record({**make_record("clinic", [make_finding(SAMPLES[0], "fail")]), "run_id": "slice-2"})
    target = RunStore.create(str(tmp_path), "both")
    merging = Merging(datetime(2026, 11, 3, 7, tzinfo=timezone.utc))
    write_reports(load_catalog(), [store, other], target, merging, asked=FILES)

    assert all(
        b"clinic" in content and b"ward" in content for name, content in bytes_of(target).items() if name != "markdown"
    )
    assert b"2 of 2 host(s) audited" in bytes_of(target)["markdown"]


class Nowhere:
    """A file that takes all and keeps nothing."""

    def write(self, text: str) -> int:
        return len(text)


@pytest.mark.parametrize("kind", [JUnit, Sarif])
def test_what_is_kept_does_not_grow_with_findings_of_hosts(kind, monkeypatch):
    """Names of hosts are all that JUnit keeps of them; SARIF keeps a hundred for each rule."""
    # What is made once for findings alike has a bound of its own; the first hosts fill it, as here each has its own.
    monkeypatch.setattr(once_each, "MAX_KEPT", 100)
    made = kind(Nowhere())

    def grown(first):
        before = tracemalloc.get_traced_memory()[0]
        for number in range(first, first + 50):
            findings = [make_finding(SAMPLES[place % len(SAMPLES)], "error") for place in range(30)]
            made.add(make_record(f"host{number:05}", findings))
        return tracemalloc.get_traced_memory()[0] - before

    tracemalloc.start()
    try:
        # What is made once for findings alike has a bound of its own, which the first hosts fill: here each host has its own.
        grown(0)
        assert grown(400) < 400 * 500
    finally:
        tracemalloc.stop()
