"""The chain of finished runs: what was altered, added or taken away between a run and its use as evidence shows."""

from __future__ import annotations

import json
import multiprocessing
import shutil

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import chain
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.verify import verify
from tests.past_runs import end, finished
from tests.records import rewrite


@pytest.fixture
def base(tmp_path):
    for number in (1, 2, 3):
        finished(tmp_path, f"run-{number}", number, {"web": "ppf", "Ward 7/x": "fpp"})
    return tmp_path


def link(base, number):
    return next(base.glob(f"_chain/{number:08}-*.json"))


def test_chain_of_untouched_runs_holds(base):
    found = verify(base)

    assert (found.links, found.runs, found.problems, found.notes) == (3, 3, (), ())
    assert link(base, 2).stat().st_mode & 0o777 == 0o600
    assert set(json.loads(link(base, 2).read_text())["files"]) == {
        "outcomes.json",
        *(f"hosts/{path.name}" for path in (base / "run-2" / "hosts").iterdir()),
    }


def test_run_that_is_finished_twice_has_one_link(base):
    end(RunStore.open(str(base / "run-3")), 3)

    assert verify(base).links == 3


def test_what_a_run_gains_later_is_a_link_of_what_differs(base):
    store = RunStore.open(str(base / "run-1"))
    written = store.add_rollback("web", {"ok": True})
    chain.seal(store, only=[written])

    assert json.loads(link(base, 4).read_text())["files"].keys() == {"rollback/web.json"}
    assert verify(base).problems == ()


def alter(path):
    rewrite(path, lambda text: text.replace("fail", "pass"))


CHANGES = [
    (lambda base: alter(base / "run-2" / "hosts" / "web.json.gz"), "link 2 (run run-2): hosts/web.json.gz is not what it was"),
    (lambda base: (base / "run-2" / "hosts" / "web.json.gz").unlink(), "link 2 (run run-2): hosts/web.json.gz is not there"),
    (lambda base: (base / "run-1" / "hosts" / "db.json").write_text("{}"), "link 1 (run run-1): hosts/db.json was added since"),
    (lambda base: shutil.rmtree(base / "run-2"), "link 2 (run run-2): the folder of the run is not there"),
    (lambda base: link(base, 2).unlink(), "link 2: not there"),
    (lambda base: link(base, 1).unlink(), "link 1: not there"),
    (lambda base: link(base, 2).write_text(link(base, 2).read_text()[:-20]), "link 2: "),
    (lambda base: link(base, 2).write_text('{"schema": "hipaa.cis/link/2"}'), "link 2: "),
    (lambda base: link(base, 2).write_text("[" * 100_000), "link 2: "),
    (lambda base: link(base, 1).write_text(link(base, 1).read_text().replace("2026", "2025")), "link 1: it was changed after link 2"),
]  # fmt: skip


FORMS = [
    {"previous": None}, {"sealed_at": 1}, {"sealed_at": "yesterday"}, {"source": None}, {"gone": [{}]}, {"files": {"a\0": "x"}},
    {"files": {"a": 1}}, {"files": {"\ud800": "x"}}, {"pruned": {"a": []}},
]  # fmt: skip


@pytest.mark.parametrize("without", ["previous", "sealed_at", "source", "gone", "files"])
def test_link_that_lacks_something_is_none(base, without):
    content = json.loads(link(base, 2).read_text())
    del content[without]
    link(base, 2).write_text(json.dumps(content))

    assert verify(base).problems[0].startswith("link 2: ")


@pytest.mark.parametrize("form", FORMS)
def test_link_that_has_something_of_another_form_is_none(base, form):
    link(base, 3).write_text(json.dumps({**json.loads(link(base, 3).read_text()), **form}))

    assert verify(base).problems[0].startswith("link 3: ")
    with pytest.raises(HipaaCisError, match="is no link of the chain"):
        finished(base, "run-4", 4, {"web": "p"})


def test_link_of_another_chain_is_named(base):
    link(base, 3).write_text(json.dumps({**json.loads(link(base, 3).read_text()), "source": "0" * 16}))
    link(base, 1).write_text(json.dumps({**json.loads(link(base, 1).read_text()), "previous": "0" * 64}))

    assert verify(base).problems == (
        "link 1 (run run-1): it is of another chain, or was changed",
        "link 1: it was changed after link 2 (run run-2) was added",
        "link 3 (run run-3): it is of another chain, or was changed",
    )


@pytest.mark.parametrize(("change", "first"), CHANGES)
def test_the_first_link_that_does_not_hold_is_named(base, change, first):
    change(base)

    assert verify(base).problems[0].startswith(first)


def test_file_and_its_link_changed_together_show_in_the_link_after(base):
    path = base / "run-2" / "hosts" / "web.json.gz"
    before = chain.digest_of(path)
    alter(path)
    link(base, 2).write_text(link(base, 2).read_text().replace(before, chain.digest_of(path)))

    assert verify(base).problems == ("link 2: it was changed after link 3 (run run-3) was added",)


def test_file_that_became_a_link_to_the_same_content_shows(base, tmp_path_factory):
    path = base / "run-2" / "hosts" / "web.json.gz"
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "web.json.gz"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)

    assert verify(base).problems == ("link 2 (run run-2): hosts/web.json.gz is not what it was",)


def test_run_without_a_link_and_a_clock_that_went_back_are_noted(base):
    RunStore.create(str(base), "broken-off")
    content = json.loads(link(base, 3).read_text())
    link(base, 3).write_text(json.dumps({**content, "sealed_at": "2020-01-01T00:00:00Z"}))

    found = verify(base)

    assert not found.problems
    assert "the clock went back" in found.notes[0]
    assert found.notes[1].startswith("run broken-off has no link")


def test_folder_without_a_chain_is_no_success(tmp_path):
    with pytest.raises(HipaaCisError, match="has no chain of runs"):
        verify(tmp_path)


def _finish(base, number):
    finished(base, f"many-{number}", number, {"web": "ppf"})


def test_runs_that_end_at_the_same_time_lose_no_link(tmp_path):
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_finish, args=(tmp_path, number)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    found = verify(tmp_path)

    assert (found.links, found.runs, found.problems) == (8, 8, ())
