"""Slices of a run as one: nothing missed, nothing twice, and nothing of another audit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import merged_slices, packed, raw_answers, slices
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.aggregate import summarise
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.outcomes import FILE as OUTCOMES
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests.builders import make_record, make_unaudited

MONDAY, TUESDAY = "2026-11-02T06:00:00Z", "2026-11-03T06:00:00Z"
HOSTS = ("a", "b", "c", "d", "e")
AUDITED_BY = {"collection_version": "0.1.0", "catalog_digest": "3c9f" * 16, "asked": {"hipaa_cis_level": 1}}


@pytest.fixture
def cut(tmp_path):
    """Return a function that makes the slice `text` of a run with a record of each of these hosts, and gives its folder."""

    def make(text, hosts, records=None, *, run_id="nightly", inventory=HOSTS, job="", base="parts", **audited_by):
        part = slices.parse(text, job)
        store = RunStore.create(str(slices.base_of(tmp_path / base, run_id, part)), run_id)
        head = slices.head(part, run_id, {**AUDITED_BY, **audited_by}, inventory)
        slices.note(store, slices.as_file(head))
        store.expect_hosts(list(hosts))
        for record in [make_record(host) for host in hosts] if records is None else records:
            store.write_record({**record, "run_id": run_id})
        return store.folder

    return make


def merge(tmp_path, hosts=HOSTS, entries=None, run_id="nightly", **options):
    found = merged_slices.find(entries or [str(tmp_path / "parts")])
    return merged_slices.merge(merged_slices.parts_of(found), str(tmp_path / "runs"), run_id, hosts, **options)


def hosts_of(merged):
    return {row["host"]: (row["status"], row.get("reason", "")) for row in summary_of(merged)["hosts"]}


def summary_of(merged):
    return summarise(load_catalog(), [merged.store])


def files_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("given", "job", "name", "folder"),
    [
        ("2/5", "", "2/5", "2-of-5"),
        (" 1/1 ", "7", "1/1", "1-of-1"),
        ("02/05", "", "2/5", "2-of-5"),
        ("auto", "118", "of job 118", "job-118"),
        ("auto/5", "118", "of job 118", "job-118"),
    ],
)
def test_slice_is_named_by_its_number_or_by_its_job(given, job, name, folder):
    part = slices.parse(given, job)

    assert (part.name, part.folder, part.count) == (name, folder, {"auto": 0}.get(given, part.count))


@pytest.mark.parametrize(
    "given", ["6/5", "0/5", "a/b", "", "5", "1/0", "-1/5", "1/5/9", "1.0/5", "auto/0", "auto/x", "٢/5", "2/5\n3/5"]
)
def test_slice_out_of_range_is_one_clear_message(given):
    with pytest.raises(
        HipaaCisError, match=r"has to be the number of the slice, from 1 on, and how many there are: 2/5"
    ):
        slices.parse(given, "118")


@pytest.mark.parametrize("job", ["", "../x", "a b"])
def test_slice_that_takes_its_name_from_a_job_needs_one(job):
    with pytest.raises(HipaaCisError, match="this is no job of AWX"):
        slices.parse("auto", job)


def test_merged_run_has_the_bytes_of_one_that_was_not_sliced(cut, tmp_path):
    cut("1/2", ["a", "c", "e"])
    cut("2/2", ["b", "d"])
    whole = RunStore.create(str(tmp_path / "whole"), "nightly")
    for host in HOSTS:
        whole.write_record(make_record(host, run_id="nightly"))
    whole.expect_hosts(list(HOSTS))
    merged = merge(tmp_path)

    assert (merged.found, merged.missing, merged.warnings) == (("1/2", "2/2"), (), ())
    there = files_of(merged.store.folder)
    assert there.pop(Path("slices.json"))
    assert there == files_of(whole.folder)
    assert (tmp_path / "runs" / "latest").resolve() == merged.store.folder


def test_merging_again_changes_nothing(cut, tmp_path):
    cut("1/2", ["a", "c", "e"])
    cut("2/2", ["b", "d"])
    before = files_of(merge(tmp_path).store.folder)

    assert files_of(merge(tmp_path).store.folder) == before
    assert (
        files_of(merge(tmp_path, entries=[str(tmp_path / "parts" / "_slices" / "*"), str(tmp_path)]).store.folder)
        == before
    )


def test_missing_slice_is_named_and_its_hosts_are_not_audited(cut, tmp_path):
    cut("1/3", ["a", "d"])
    cut("3/3", ["c"])
    merged = merge(tmp_path)

    assert merged.missing == ("2/3",)
    assert merged.warnings == (
        "slices of the run nightly are missing: 2/3. 2 host(s) have no record and are not audited: b, e",
    )
    lost = ("missing", "no record: no slice that was merged is of this host; slices are missing: 2/3")
    assert {host: told for host, told in hosts_of(merged).items() if told[0] != "audited"} == {"b": lost, "e": lost}
    assert summary_of(merged)["totals"]["not_audited"] == 2
    assert {row["state"] for row in summary_of(merged)["safeguards"]}.isdisjoint({"supported", "clean"})


def test_slice_that_comes_late_is_added_and_what_came_before_may_be_gone(cut, tmp_path):
    first = cut("1/2", ["a", "b", "c"])
    merge(tmp_path, entries=[str(first)])
    second = cut("2/2", ["d", "e"], base="late")
    merged = merge(tmp_path, entries=[str(second)])

    assert (set(merged.found), merged.missing, merged.warnings) == ({"1/2", "2/2"}, (), ())
    assert {told[0] for told in hosts_of(merged).values()} == {"audited"}


def test_host_of_a_slice_without_a_record_is_missed_as_in_any_run(cut, tmp_path):
    cut("1/1", HOSTS, [make_record(host) for host in "abcd"])
    merged = merge(tmp_path)

    assert hosts_of(merged)["e"] == ("missing", "no record: the host was unreachable or failed before its audit")
    assert merged.warnings == ()


def test_host_of_the_inventory_that_no_slice_has_is_named_though_each_came(cut, tmp_path):
    cut("1/1", ["a", "b"], inventory=["a", "b"])
    merged = merge(tmp_path, ["a", "b", "new"])

    assert merged.warnings == ("hosts of the inventory are in no slice of the run nightly, and not audited: new",)
    assert hosts_of(merged)["new"][0] == "missing"


def test_merge_with_the_hosts_of_the_slices_that_came_alone_is_no_whole_run(cut, tmp_path):
    cut("2/2", ["b", "d"])
    with pytest.raises(
        HipaaCisError,
        match=r"\(1/2\), and nobody knows .* the merge has 2 host\(s\), and the inventory has 5 for slice 2/2",
    ):
        merge(tmp_path, ("b", "d"))
    assert not (tmp_path / "runs" / "nightly" / merged_slices.FILE).exists()
    # Who lists the hosts has said that there are no others.
    assert merge(tmp_path, ("b", "d"), listed=True).missing == ("1/2",)


def test_hosts_of_a_slice_that_was_merged_before_do_not_stand_for_a_missing_one(cut, tmp_path):
    first = cut("1/3", ["a", "c"])
    merge(tmp_path)
    shutil.rmtree(first)
    cut("2/3", ["b", "d"])
    with pytest.raises(HipaaCisError, match=r"\(3/3\), and nobody knows"):
        merge(tmp_path, ("b", "d"))


def test_slice_without_hosts_of_its_own_is_named_and_nothing_is_lost(cut, tmp_path):
    cut("1/2", HOSTS)

    assert merge(tmp_path).warnings == (
        "slices of the run nightly are missing: 2/2. All hosts of the inventory are in the others.",
    )


@pytest.mark.parametrize("turned", [False, True])
def test_of_a_host_in_two_slices_the_newest_record_counts_and_is_warned_of(cut, tmp_path, turned):
    old, new = make_record("c", audited_at=MONDAY), make_unaudited("c") | {"audited_at": TUESDAY}
    first, second = (new, old) if turned else (old, new)
    cut("1/2", ["a", "b", "c"], [make_record("a"), make_record("b"), first])
    cut("2/2", ["c", "d", "e"], [second, make_record("d"), make_record("e")])
    merged = merge(tmp_path)

    assert hosts_of(merged)["c"][0] == "unreachable"
    assert merged.warnings == ("1 host(s) have different records in several slices, and the newest counts: c",)


def test_same_record_in_two_slices_counts_once_without_a_word(cut, tmp_path):
    cut("1/2", ["a", "b", "c"])
    cut("2/2", ["c", "d", "e"])
    merged = merge(tmp_path)

    assert summary_of(merged)["totals"]["hosts"] == 5
    assert merged.warnings == ()


def test_slice_that_was_begun_again_is_the_same_slice(cut, tmp_path):
    cut("1/1", HOSTS, [make_record(host, audited_at=MONDAY) for host in HOSTS])
    cut("1/1", ["b"], [make_record("b", audited_at=TUESDAY)], base="parts/again")
    merged = merge(tmp_path)

    assert (merged.found, merged.missing) == (("1/1",), ())
    assert merged.store.record("hosts/b.json.gz")[1]["audited_at"] == TUESDAY


def test_record_of_a_merged_run_that_had_ended_is_kept_when_a_newer_one_takes_its_place(cut, tmp_path):
    cut("1/1", HOSTS, [make_record(host, audited_at=MONDAY) for host in HOSTS])
    store = merge(tmp_path).store
    store.write(OUTCOMES, "{}")
    cut("1/1", ["b"], [make_record("b", audited_at=TUESDAY)], base="parts/again")
    merge(tmp_path)

    (kept,) = (store.folder / "earlier").iterdir()
    assert store.record("hosts/b.json.gz")[1]["audited_at"] == TUESDAY
    assert kept.name.startswith("b.")


@pytest.mark.parametrize(
    ("jobs", "missing"),
    [({"11": "abc", "12": "de"}, ()), ({"11": "abc"}, ("1 of 2",)), ({"11": "abc", "12": "abc"}, ("1 of 2",))],
    ids=["both", "one", "one-launched-again"],
)
def test_slices_of_awx_have_no_numbers_and_the_inventory_tells_what_is_missing(cut, tmp_path, jobs, missing):
    for job, hosts in jobs.items():
        cut("auto/2", list(hosts), job=job, inventory=list(hosts))
    merged = merge(tmp_path)

    assert merged.missing == missing
    assert {host for host, told in hosts_of(merged).items() if told[0] == "missing"} == (
        {"d", "e"} if missing else set()
    )


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (
            {"run_id": "other"},
            r"slice 2/2 \(.*\) cannot be merged: it is of the run other, not of nightly as slice 1/2",
        ),
        ({"catalog_digest": "ab" * 32}, "it was judged by another catalog"),
        ({"collection_version": "0.2.0"}, r"it was audited by version 0\.2\.0, not 0\.1\.0"),
        ({"asked": {"hipaa_cis_level": 2}}, r"it was asked for another selection \(hipaa_cis_level: 2, not 1\)"),
        ({"asked": {}}, r"another selection \(hipaa_cis_level: nothing, not 1\)"),
        ({"asked": {"hipaa_cis_level": 1, "--tags": ["x"]}}, r'another selection \(--tags: \["x"\], not nothing\)'),
        ({"text": "2/3"}, "it is one of 3, not of 2"),
        ({"text": "auto/2", "job": "7"}, "of the two one has a number and the other has not"),
        ({"text": "1/2"}, "have the same number and different hosts"),
        ({"inventory": [*HOSTS, "f"]}, r"The inventory changed between slices: it has 6 hosts for .* and 5 for"),
        ({"inventory": ["A", "b", "c", "d", "e"]}, "The inventory changed between slices: .*, which have other names"),
        ({"hosts": ["d", "e", "gone"]}, "has hosts that the inventory of the merge does not know: gone"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_slice_that_is_not_of_the_run_is_one_clear_message_and_nothing_is_merged(cut, tmp_path, other, said):
    cut("1/2", ["a", "b", "c"])
    more = dict(other)
    cut(more.pop("text", "2/2"), more.pop("hosts", ["d", "e"]), base="parts/second", **more)

    with pytest.raises(HipaaCisError, match=said) as caught:
        merge(tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "runs").exists()


def test_slices_of_another_run_than_asked_for_are_refused(cut, tmp_path):
    cut("1/1", HOSTS)

    with pytest.raises(HipaaCisError, match="it is of the run nightly, not of weekly"):
        merge(tmp_path, run_id="weekly")


def test_run_id_that_another_run_used_is_refused(cut, tmp_path):
    cut("1/1", HOSTS)
    RunStore.create(str(tmp_path / "runs"), "nightly").write_record(make_record("a", run_id="nightly"))

    with pytest.raises(HipaaCisError, match="another run used this id"):
        merge(tmp_path)


@pytest.mark.parametrize(
    ("entry", "said"),
    [("nowhere", "there is no such folder"), ("nothing*", "no such folder"), ("empty", "there is no slice in it")],
)
def test_folder_without_a_slice_is_named(cut, tmp_path, entry, said):
    cut("1/1", HOSTS)
    (tmp_path / "empty" / "hosts").mkdir(parents=True)

    with pytest.raises(HipaaCisError, match=said):
        merge(tmp_path, entries=[str(tmp_path / "parts"), str(tmp_path / entry)])


def damaged(head, **changes):
    return json.dumps({**head, **changes})


@pytest.mark.parametrize(
    "damage",
    [
        lambda _head: "{",
        lambda _head: "[]",
        lambda head: damaged(head, schema="hipaa.cis/slice/9"),
        lambda head: damaged(head, number=6),
        lambda head: damaged(head, number=True),
        lambda head: damaged(head, count="5"),
        lambda head: damaged(head, run_id="../../x"),
        lambda head: damaged(head, number=0, job="../x"),
        lambda head: damaged(head, asked=[]),
        lambda head: damaged(head, inventory={}),
        lambda head: json.dumps({key: value for key, value in head.items() if key != "asked"}),
    ],
    ids=["cut", "list", "schema", "range", "bool", "count", "run", "job", "asked", "inventory", "missing"],
)
def test_head_that_was_changed_is_no_head(cut, tmp_path, damage):
    folder = cut("1/1", HOSTS)
    (folder / slices.FILE).write_text(damage(slices.read(folder)))

    with pytest.raises(HipaaCisError, match="is no head of a slice in version 1"):
        merge(tmp_path)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("expected/1.json", "{", "does not say which hosts the slice was of"),
        ("expected/1.json", "[1]", "does not say which hosts the slice was of"),
        ("hosts/a.json.gz", "{}", "is no host record of version 1"),
        ("site/x.json", '{"schema": "hipaa.cis/site/1"}', "of another form"),
        ("site/x.json", "no", "is no record of decisions"),
    ],
)
def test_file_of_a_slice_that_was_changed_is_told_without_a_traceback(cut, tmp_path, file, content, said):
    path = cut("1/1", HOSTS) / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)

    with pytest.raises(HipaaCisError, match=said):
        merge(tmp_path)


def test_record_of_another_run_in_a_slice_is_refused(cut, tmp_path):
    folder = cut("1/1", HOSTS)
    RunStore.open(str(folder)).write_record(make_record("a", run_id="other", audited_at=TUESDAY))

    with pytest.raises(HipaaCisError, match="is a record of a in the run other, which is not of this run"):
        merge(tmp_path)


def test_slice_that_stands_there_and_was_asked_for_something_else_is_not_written_over(cut):
    cut("1/1", HOSTS)

    with pytest.raises(HipaaCisError, match="has this slice already, and it was asked for another selection"):
        cut("1/1", HOSTS, asked={"hipaa_cis_level": 2})


PLATFORMS = {"linux": {"facts": {}, "observations": {"0": {"state": "absent"}}}}


def test_answers_of_hosts_come_along_with_what_they_stand_on(cut, tmp_path):
    source = RunStore.open(str(cut("1/1", HOSTS)))
    raw_answers.keep(source, "a", {"platforms": PLATFORMS})
    merged = merge(tmp_path)

    assert merged.warnings == ()
    assert raw_answers.tasks_of(merged.store, "a") == [{"platforms": PLATFORMS}]


def test_answers_that_lie_not_beside_a_copied_slice_are_warned_of(cut, tmp_path):
    folder = cut("1/1", HOSTS)
    raw_answers.keep(RunStore.open(str(folder)), "a", {"platforms": PLATFORMS})
    folder.rename(tmp_path / "copied")
    merged = merge(tmp_path, entries=[str(tmp_path / "copied")])

    assert merged.warnings == (
        "what 1 host(s) answered does not lie beside their slices (_raw), and is not kept with the run: a",
    )
    assert not (merged.store.folder / "raw").exists()


@pytest.mark.parametrize(("platform", "on"), [("../..", "a" * 64), ("linux", "../x"), ("linux", "A" * 64)])
def test_answers_that_lead_out_of_their_folder_are_refused(cut, tmp_path, platform, on):
    folder = cut("1/1", HOSTS)
    (folder / "raw").mkdir()
    document = {"schema": raw_answers.SCHEMA, "tasks": [{"platforms": {platform: {"on": on, "changed": {}}}}]}
    packed.write_packed(folder / "raw" / "a.json.gz", json.dumps(document))

    with pytest.raises(HipaaCisError, match="stands on answers that cannot be called so"):
        merge(tmp_path)


def test_copy_in_which_links_became_folders_counts_once(cut, tmp_path):
    cut("1/2", ["a", "b", "c"])
    cut("2/2", ["d", "e"])
    # As what uploads artefacts follows the link `latest`, and leaves out what is hidden.
    shutil.copytree(tmp_path / "parts", tmp_path / "artefact", ignore=shutil.ignore_patterns(".*"))
    assert (tmp_path / "artefact/_slices/nightly/1-of-2/latest/slice.json").exists()
    merged = merge(tmp_path, entries=[str(tmp_path / "artefact")])

    assert (merged.found, merged.missing, merged.warnings) == (("1/2", "2/2"), (), ())


def test_host_whose_turn_came_and_that_left_no_record_is_not_said_to_be_untouched(cut, tmp_path):
    store = RunStore.open(str(cut("1/1", HOSTS, [make_record(host) for host in "ab"])))
    for host in "abc":
        store.begin(host)
    told = hosts_of(merge(tmp_path))

    assert {host: told[host][0] for host in "abcde"} == {
        "a": "audited", "b": "audited", "c": "missing", "d": "not_begun", "e": "not_begun",
    }  # fmt: skip


def test_plan_of_a_sliced_remediation_is_one_plan(cut, tmp_path):
    step = {"what": "/etc/x", "type": "file", "path": "/etc/x", "from": ["a"], "to": ["b"]}
    task = {"asked": {"level": 1}, "changes": [{"id": "c", "platform": "linux", "steps": [step]}]}
    whole = RunStore.create(str(tmp_path / "whole"), "nightly")
    for number, hosts in ((1, "abc"), (2, "de")):
        store = RunStore.open(str(cut(f"{number}/2", list(hosts))))
        store.write_plan(hosts[0], task)
        whole.write_plan(hosts[0], task)
    plan, expected = merge(tmp_path).store.join_plan(), whole.join_plan()

    assert plan
    assert expected
    assert (plan[1], plan[0].read_bytes()) == (expected[1], expected[0].read_bytes())


def test_folder_may_be_called_otherwise_and_slices_may_lie_as_deep_as_they_like(cut, tmp_path):
    (tmp_path / "artefacts" / "x").mkdir(parents=True)
    cut("1/1", HOSTS).rename(tmp_path / "artefacts" / "x" / "nightly@1-of-1")
    merged = merge(tmp_path, entries=[str(tmp_path / "art*")])

    assert (merged.store.folder.name, merged.found) == ("nightly", ("1/1",))
    assert slices.part_of(merged.store) == ""
    assert slices.part_of(RunStore.open(str(tmp_path / "artefacts" / "x" / "nightly@1-of-1"))) == "1-of-1"


def test_system_has_the_hosts_of_all_slices_and_an_entry_is_of_no_host_only_where_none_has_one(cut, tmp_path):
    def site(hosts, *texts):
        notices = [{"kind": "matches_no_host", "text": text} for text in texts]
        return {
            "schema": "hipaa.cis/site/1",
            "files": {},
            "notices": notices,
            "systems": [{"name": "ehr", "hosts": hosts}],
        }

    for number, text in ((1, site(["a"], "x", "y")), (2, site(["d"], "y"))):
        folder = cut(f"{number}/2", ["a", "b", "c"] if number == 1 else ["d", "e"])
        RunStore.open(str(folder)).put_site("same", json.dumps(text))
    ((name, joined),) = merge(tmp_path).store.named_sites()

    assert (name, joined["systems"][0]["hosts"]) == ("same", ["a", "d"])
    assert [one["text"] for one in joined["notices"]] == ["y"]
