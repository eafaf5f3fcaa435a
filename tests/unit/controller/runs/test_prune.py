"""What may be taken away and what may not; and that the chain holds whatever happens on the way."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime, timezone

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.catch_up import current, entered
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import chain, merged_slices, prune, raw_answers, retention
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.verify import verify
from tests.past_runs import end, finished

YEAR = 365
ALL = ("run-1", "run-2", "run-3")


def at(text):
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=timezone.utc)


# Runs of the first days of 2027, 2028 and (a day early) 2029.
OLD = at("2034-06-01")


def wanted(now=OLD, keep_raw=40_000.0, decided=""):
    return prune.Wanted(now, 6, keep_raw, decided)


def answer(base, run_id, value="yes"):
    task = {"audited_at": "", "platforms": {"linux": {f"k{number}": {"value": value} for number in range(9)}}}
    store = RunStore.open(str(base / run_id))
    raw_answers.keep(store, "web", task)
    return store


@pytest.fixture
def base(tmp_path):
    for number in (1, 2, 3):
        finished(tmp_path, f"run-{number}", number * YEAR, {"web": "ppf", "db": "fpp"})
        end(answer(tmp_path, f"run-{number}"), number * YEAR)
    os.symlink("run-3", tmp_path / "latest.new")
    os.replace(tmp_path / "latest.new", tmp_path / "latest")
    return tmp_path


def going(base, asked=None, known=ALL):
    return [run.run_id for run in prune.make_plan(base, asked or wanted(), known).runs]


def merged(base, run_id="run-4", names=("1/2", "of job 7")):
    """A run of the fourth year that was merged from slices."""
    store = RunStore.create(str(base), run_id)
    document = {
        "schema": merged_slices.SCHEMA,
        "run_id": run_id,
        "slices": list(names),
        "missing": [],
        "hosts_of_no_slice": [],
    }
    store.write(merged_slices.FILE, json.dumps(document))
    return finished(base, run_id, 4 * YEAR, {"web": "ppp"})


def pruned(base, asked=None):
    asked = asked or wanted()
    plan = prune.make_plan(base, asked, ALL)
    prune.carry_out(base, plan, asked)
    return plan


@pytest.mark.parametrize(
    ("now", "runs"),
    [
        # Six years after it was made, when the run after it was made only five years ago.
        ("2033-06-01", []),
        ("2033-12-31", []),
        ("2034-01-01", ["run-1"]),
        ("2034-12-30", ["run-1"]),
        ("2034-12-31", ["run-1", "run-2"]),
        ("2090-01-01", ["run-1", "run-2"]),
    ],
)
def test_run_goes_six_years_after_it_was_last_the_newest(base, now, runs):
    assert going(base, wanted(at(now))) == runs


def test_leap_day_that_is_not_there_is_the_first_of_march():
    assert retention.years_after(at("2028-02-29"), 6) == at("2034-03-01")


def test_run_that_went_is_a_link_and_all_links_hold(base):
    files = chain.listed_files(chain.places(base), "run-1")
    assert {"outcomes.json", "hosts/web.json.gz", "raw/web.json.gz"} <= set(files)
    pruned(base)

    assert not (base / "run-1").exists()
    assert (verify(base).problems, verify(base).notes) == ((), ())
    _digest, link = chain.read(chain.places(base)[-1])
    assert (link["run_id"], link["pruned"], link["files"]) == ("run-1", files, {})
    assert going(base) == []
    assert chain.pruned_files(chain.places(base), "run-1") == files


def test_what_is_in_effect_stays_with_its_reason(base):
    finished(base, "run-4", 4 * YEAR, {"web": "ppf"})
    finished(base, "narrow", 5 * YEAR, {"db": "f", "web": "f"}, left=["audit_on"])

    plan = prune.make_plan(base, wanted(at("2090-01-01")), (*ALL, "run-4", "narrow"))
    assert [run.run_id for run in plan.runs] == ["run-1", "run-2"]
    # What the narrow run left out is known by the run before it.
    assert plan.refused == (
        "run run-3 is kept: it is the newest of db",
        "run run-4 is kept: it is the newest of web",
        "run narrow is kept: it is the newest of db",
    )


def test_run_that_a_decision_names_is_in_effect(base):
    assert going(base, wanted(decided="evidence: runs/run-1/report.html")) == []
    text = json.dumps({"schema": "hipaa.cis/site/1", "attestations": [{"evidence": {"path": "run-1/report.html"}}]})
    store = RunStore.open(str(base / "run-3"))
    store.note_site("one", text)
    chain.seal(store)

    assert prune.make_plan(base, wanted(), ALL).refused == (
        "run run-1 is kept: it was last in effect on 2028-12-31",
        "run run-2 is kept: it was last in effect on 2028-12-31",
    )
    assert going(base, wanted(at("2034-12-31"))) == ["run-1", "run-2"]


def test_run_that_the_ledger_does_not_know_stays(base):
    assert prune.make_plan(base, wanted(), ()).refused[0] == "run run-1 is kept: the ledger does not know it"


def test_ledger_keeps_what_it_knows_of_a_run_that_went(base):
    with current(base, None) as ledger:
        known = entered(ledger.connection)
    assert set(ALL) <= known
    pruned(base)

    with current(base, None) as ledger:
        assert (ledger.warnings, entered(ledger.connection)) == ((), known)
    (base / "_ledger.sqlite").unlink()
    with current(base, None) as ledger:
        assert set(ledger.warnings) == {"run run-1 is not in the ledger: it was pruned before this ledger knew it"}


def test_run_that_was_altered_stays_and_others_go(base):
    (base / "run-1" / "outcomes.json").write_text("{}")

    plan = prune.make_plan(base, wanted(at("2090-01-01")), ALL)
    assert [run.run_id for run in plan.runs] == ["run-2"]
    assert "run run-1 is kept: what it holds is not what it was" in plan.refused[0]


@pytest.mark.parametrize(
    ("moved", "why"), [("run-1", "its folder is a symbolic link"), ("run-1/hosts", "what it holds is not what it was")]
)
def test_run_behind_a_symbolic_link_stays_and_others_go(base, tmp_path_factory, moved, why):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "moved"
    shutil.move(base / moved, elsewhere)
    (base / moved).symlink_to(elsewhere)
    plan = pruned(base, wanted(at("2036-01-01")))
    assert [run.run_id for run in plan.runs] == ["run-2"]
    assert any(text.startswith(f"run run-1 is kept: {why}") for text in plan.refused)
    assert (base / "run-1" / "hosts" / "web.json.gz").exists()


@pytest.mark.parametrize(("file", "stays"), [(".notes/kept.txt", True), (".nfs01", True), ("hosts/.x1.part", False)])
def test_hidden_file_that_no_run_writes_keeps_the_run(base, file, stays):
    path = base / "run-1" / file
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    plan = pruned(base, wanted(at("2036-01-01")))
    assert path.exists() == stays
    assert [run.run_id for run in plan.runs] == (["run-2"] if stays else ["run-1", "run-2"])
    assert any(f"run run-1 is kept: {file} in it is none of its files" in text for text in plan.refused) == stays


def test_link_to_a_folder_that_was_put_into_a_run_shows_and_keeps_it(base, tmp_path_factory):
    (base / "run-1" / "hosts" / "more").symlink_to(tmp_path_factory.mktemp("elsewhere"))

    assert [text.partition(": ")[2] for text in verify(base).problems] == [
        "hosts/more, a link to a folder, was added since"
    ]
    assert [run.run_id for run in pruned(base, wanted(at("2036-01-01"))).runs] == ["run-2"]
    assert (base / "run-1" / "hosts" / "more").is_symlink()


@pytest.mark.parametrize("theirs", [".notes", "a folder behind a link"])
def test_prune_that_goes_on_takes_nothing_of_others(base, monkeypatch, tmp_path_factory, theirs):
    def breaks_off(*_arguments):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(prune, "_remove", breaks_off)
    with pytest.raises(HipaaCisError):
        pruned(base)
    monkeypatch.undo()
    if theirs == ".notes":
        kept = base / "run-1" / ".notes"
        kept.write_text("mine")
    else:
        elsewhere = tmp_path_factory.mktemp("elsewhere") / "run-1"
        shutil.move(base / "run-1", elsewhere)
        (base / "run-1").symlink_to(elsewhere)
        kept = elsewhere / "outcomes.json"
    pruned(base)

    assert kept.exists()
    assert prune.make_plan(base, wanted(), ALL).left == ()


def test_nothing_goes_where_the_chain_does_not_hold(base):
    chain.places(base)[2].path.unlink()

    with pytest.raises(HipaaCisError, match="nothing is taken away, for the chain does not hold: link 3: not there"):
        going(base)


def sets(base):
    return list((base / "_raw").rglob("*.json.gz"))


def test_old_answers_go_and_the_set_that_a_younger_run_stands_on_stays(base):
    assert len(sets(base)) == 1
    plan = pruned(base, wanted(at("2029-06-01"), keep_raw=400.0))

    assert [run.run_id for run, _files in plan.answers] == ["run-1", "run-2"]
    assert [(base / name / "raw").exists() for name in ALL] == [False, False, True]
    assert len(sets(base)) == 1
    assert len(raw_answers.tasks_of(RunStore.open(str(base / "run-3")), "web")) == 1
    assert (verify(base).problems, verify(base).notes) == ((), ())

    pruned(base, wanted(at("2032-06-01"), keep_raw=400.0))
    assert not sets(base)
    assert (base / "run-1" / "hosts" / "web.json.gz").exists()
    assert verify(base).problems == ()


def test_another_prune_that_was_quicker_ends_nothing(base, monkeypatch):
    asked = wanted(at("2036-06-01"), 400)
    plan = prune.make_plan(base, asked, ALL)
    prune.carry_out(base, plan, asked)
    seen = {run.folder: list(run.files) for run in plan.runs} | {run.folder: list(files) for run, files in plan.answers}
    monkeypatch.setattr(chain, "files_of", lambda folder: iter(seen.get(folder, ())))

    prune.carry_out(base, plan, asked)
    monkeypatch.undo()

    assert seen
    assert verify(base).problems == ()
    assert going(base, asked) == []


def test_set_that_a_run_begins_to_stand_on_right_now_stays(base):
    now = datetime.now(timezone.utc)
    for name in ALL:
        (base / name / "raw" / "web.json.gz").unlink()

    assert list(prune.unused_sets(base, wanted(now, keep_raw=0.0))) == []
    os.utime(sets(base)[0], (0, 0))
    assert list(prune.unused_sets(base, wanted(now, keep_raw=0.0))) == sets(base)


def test_set_that_is_gone_shows(base):
    sets(base)[0].unlink()

    assert "raw/web.json.gz stands on answers that cannot be read" in verify(base).problems[0]


@pytest.mark.parametrize("removed", [0, 2, 99])
def test_prune_that_breaks_off_leaves_a_chain_that_holds_and_is_gone_on_with(base, monkeypatch, removed):
    def break_off(folder, files):
        for file in sorted(files)[:removed]:
            (folder / file).unlink()
        raise OSError(28, "disk on fire", str(folder))

    with monkeypatch.context() as patched:
        patched.setattr(prune, "_remove", break_off)
        with pytest.raises(HipaaCisError, match=r"cannot be taken away: disk on fire\. The chain holds; prune again"):
            pruned(base)
    assert (base / "run-1").exists()
    assert verify(base).problems == ()
    assert removed > 10 or "that was broken off; hipaa.cis.prune goes on with it" in verify(base).notes[0]

    plan = pruned(base)
    assert [run_id for run_id, _files in plan.left] == ["run-1"]
    assert not (base / "run-1").exists()
    assert (verify(base).problems, verify(base).notes) == ((), ())


def test_file_that_was_put_in_the_place_of_one_that_went_shows_and_stays(base):
    pruned(base)
    (base / "run-1").mkdir()
    (base / "run-1" / "outcomes.json").write_text("forged")

    assert verify(base).problems == ("link 7 (run run-1): outcomes.json was added since",)
    assert pruned(base).left == ()
    assert (base / "run-1" / "outcomes.json").exists()


def test_link_that_names_files_outside_of_its_run_takes_none_of_them_away(base):
    outside = base / "run-3" / "outcomes.json"
    chain.note_pruned(base, "run-2", {"../run-3/outcomes.json": chain.digest_of(outside)})
    pruned(base)

    assert outside.exists()


def test_merged_run_keeps_what_it_was_made_of(base):
    store = RunStore.create(str(base), "merged")
    store.write("summary.json", json.dumps({"run_id": "run-1+run-2"}))
    chain.seal(store)
    place = chain.places(base)[-1]
    link = {**chain.read(place)[1], "sealed_at": "2030-01-01T00:00:00Z"}
    place.path.write_text(json.dumps(link))

    assert going(base, wanted(at("2035-06-01"))) == []
    assert going(base, wanted(at("2036-06-01"))) == ["run-1", "run-2", "merged"]
    shutil.rmtree(base / "merged")


# --- slices that wait elsewhere


def test_slice_is_needed_until_it_is_in_a_run_that_is_here(base):
    store = merged(base)
    plan = prune.make_plan(base, wanted(), ALL)
    sealed = int(plan.whole["run-4"].created.timestamp())

    assert plan.has_slice("run-4", "1-of-2", sealed)
    assert plan.has_slice("run-4", "job-7", 0)
    # One that is missing, one that came since, of a run that was not merged, of one that is nowhere, and what is none.
    assert not plan.has_slice("run-4", "2-of-2", 0)
    assert not plan.has_slice("run-4", "1-of-2", sealed + 1)
    assert not plan.has_slice("run-3", "1-of-2", 0)
    assert not plan.has_slice("run-9", "1-of-2", 0)
    for name in ("", "1", "x-of-2", "job-", "job-../x", "../run-4", "1-of-2\n"):
        assert not plan.has_slice("run-4", name, 0)
    # Where the run is not what it was, the slices are what is left of it.
    next((store.folder / "hosts").iterdir()).write_bytes(b"")
    assert not prune.make_plan(base, wanted(), ALL).has_slice("run-4", "1-of-2", sealed)
