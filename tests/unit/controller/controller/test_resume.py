"""A run that was broken off is gone on with by what asks the same, and by nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.record import empty_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options, resume
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.options import LATEST, NAMED, NO
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore

HOSTS = ["web-1", "web-2", "web-3"]
CATALOG: Any = SimpleNamespace(parameters={"lock": SimpleNamespace(type="integer")})
LOCK = {"lock": {"value": 5, "default": 15, "origin": "site", "unit": "minutes"}}


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Return a function that begins another command: what one has found out is not the next one's."""

    def begin(number):
        monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path / f"command-{number}"))

    begin(1)
    return begin


@pytest.fixture
def broken_off(command, tmp_path):
    """A run of three hosts that was broken off when one was audited and one had failed, seen by the next command."""
    store = RunStore.create(str(tmp_path / "runs"), "nightly")
    store.expect_hosts(HOSTS)
    store.write_record({**asked("web-1"), "parameters": LOCK})
    store.write_record({**asked("web-2"), "status": "failed", "reason": "it hung"})
    command(2)
    return store


def asked(host, catalog="c1", selection=None, **more):
    return {**empty_record(host, "nightly", "2026-01-01T00:00:00Z", catalog, selection or Selection()), **more}


def is_done(store, host="web-1", values=None, root=None, **changes):
    """Whether the host's record answers a command that asks as the run did, but for the changes."""
    standing = resume.check(store, NAMED, host, HOSTS)
    return resume.is_done(
        store, standing, asked(host, **changes), {"lock": 5} if values is None else values, CATALOG, root
    )


def test_hosts_that_were_audited_are_done_and_all_others_are_not(broken_off):
    assert [is_done(broken_off, host) for host in HOSTS] == [True, False, False]


def test_value_that_a_template_made_a_text_is_the_same_value(broken_off):
    assert is_done(broken_off, values={"lock": "5"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"catalog": "c2"}, "another catalog (c1) than this command has (c2)"),
        ({"collection_version": "9.9.9"}, "another version of hipaa.cis"),
        ({"framework": "proposed"}, "another framework (hipaa) than this command has (proposed)"),
        ({"selection": Selection(level=2)}, "another hipaa_cis_level for web-1 (1) than this command has (2)"),
        ({"selection": Selection(profile="workstation")}, "another hipaa_cis_profile for web-1 (server)"),
        ({"selection": Selection(benchmarks=("debian_12",))}, 'another hipaa_cis_benchmark for web-1 (["auto"])'),
        ({"selection": Selection(include={"rules": ["x"]})}, "another hipaa_cis_include for web-1"),
        ({"selection": Selection(exclude={"rules": ["x"]})}, "another hipaa_cis_exclude for web-1"),
        ({"selection": Selection(run_tags={"ssh": []})}, "another --tags for web-1 (null)"),
        ({"selection": Selection(meant_level=2)}, "another hipaa_cis_meant_level or hipaa_cis_meant_profile"),
        ({"values": {"lock": 10}}, "another hipaa_cis_parameter_lock for web-1 (5) than this command has (10)"),
        ({"root": "/mnt/image"}, "another hipaa_cis_root for web-1 (none) than this command has (/mnt/image)"),
        ({"values": {}}, "another hipaa_cis_parameter_lock for web-1 (5) than this command has (15)"),
    ],
    ids=lambda value: None if isinstance(value, str) else next(iter(value)),
)
def test_command_that_asks_something_else_is_refused(broken_off, changes, message):
    with pytest.raises(resume.Refused) as refused:
        is_done(broken_off, **changes)

    assert str(refused.value).startswith("The run nightly cannot be resumed: it was begun with ")
    assert message in str(refused.value)
    assert "Give what was given then, or begin a new run" in str(refused.value)


@pytest.mark.parametrize("root", [None, "/mnt/other"])
def test_tree_of_an_image_is_not_gone_on_with_as_the_host_or_another_tree(broken_off, root):
    facts = {"tree": "/mnt/image", "tree_is": "image"}
    broken_off.write_record(
        {**asked("web-1"), "parameters": LOCK, "platforms": {"linux": {"facts": facts, "stats": {}}}}
    )

    assert is_done(broken_off, root="/mnt/image/")
    with pytest.raises(resume.Refused, match=r"another hipaa_cis_root for web-1 \(/mnt/image\)"):
        is_done(broken_off, root=root)


def test_host_without_a_record_is_not_audited_by_another_catalog_either(broken_off):
    with pytest.raises(resume.Refused, match="another catalog"):
        is_done(broken_off, "web-3", catalog="c2")


def test_catalog_that_one_group_of_hosts_has_is_no_other_one(broken_off, command):
    broken_off.write_record(asked("web-4", catalog="c2"))
    command(3)

    assert is_done(broken_off, "web-3", catalog="c2") is False


def test_second_task_of_the_play_asks_the_host_something_else_again(broken_off):
    second = Selection(include={"safeguards": ["164.312(b)"]})
    assert is_done(broken_off)
    assert is_done(broken_off, selection=second) is False

    broken_off.write_record({**asked("web-1", selection=second), "parameters": LOCK})
    assert is_done(broken_off)
    assert is_done(broken_off, selection=second)


def test_record_that_was_cut_off_is_none_and_its_host_is_audited_again(broken_off):
    path = broken_off.host_file("web-1")
    for content in (b"", path.read_bytes()[:-20], b'{"schema": "hipaa.cis/host_record/1"'):
        path.write_bytes(content)
        assert is_done(broken_off) is False


def test_file_that_a_killed_worker_left_half_written_is_no_record_and_no_framework(broken_off, command):
    whole = broken_off.host_file("web-1").read_bytes()
    broken_off.host_file("web-1").unlink()
    (broken_off.folder / "hosts" / ".ab12.part").write_bytes(whole)
    (broken_off.folder / "hosts" / ".ab12.json.part").write_bytes(whole[:100])
    broken_off.note_framework("proposed")
    (broken_off.folder / "framework" / ".cd34.part").write_text("prop")
    command(3)

    assert is_done(broken_off, framework="proposed") is False
    assert [record["host"] for _file, _digest, record in broken_off.records()] == ["web-2"]
    assert broken_off.frameworks() == {"proposed"}


def test_run_that_has_ended_is_refused(broken_off, command):
    broken_off.write_record(asked("web-3"))
    (broken_off.folder / "outcomes.json").write_text("{}")
    command(3)

    with pytest.raises(
        resume.Refused, match=r"The run nightly has ended, and there is nothing to resume\. Begin a new run"
    ):
        is_done(broken_off)


def test_reports_that_were_made_of_a_broken_run_did_not_end_it(broken_off, command):
    (broken_off.folder / "outcomes.json").write_text("{}")
    command(3)

    assert [is_done(broken_off, host) for host in HOSTS] == [True, False, False]


def test_what_this_command_writes_itself_does_not_end_the_run_for_it(broken_off):
    assert is_done(broken_off, "web-3") is False
    broken_off.write_record(asked("web-3"))
    (broken_off.folder / "outcomes.json").write_text("{}")

    assert is_done(broken_off)


def test_run_of_other_hosts_is_refused(broken_off):
    with pytest.raises(resume.Refused, match="is of other hosts: it has none of this play's"):
        resume.check(broken_off, NAMED, "db-1", ["db-1", "db-2"])


def test_record_of_another_run_is_refused(broken_off):
    renamed = broken_off.folder.rename(broken_off.folder.with_name("weekly"))

    with pytest.raises(resume.Refused, match="is of the run nightly; was the folder renamed"):
        is_done(RunStore(renamed))


def test_run_id_that_another_command_used_is_refused_without_resume(broken_off):
    for host in HOSTS[:2]:
        with pytest.raises(resume.Refused, match="another command used the run id nightly before"):
            resume.check(broken_off, NO, host, HOSTS)

    # Another part of the fleet under one id, as slices of a job are.
    assert resume.check(broken_off, NO, HOSTS[2], HOSTS) is None


@pytest.mark.usefixtures("command")
def test_tasks_of_one_command_use_its_run_id_again(tmp_path):
    store = RunStore.create(str(tmp_path / "runs"), "nightly")
    assert resume.check(store, NO, "web-1", HOSTS) is None
    store.write_record(asked("web-1"))

    assert resume.check(store, NO, "web-1", HOSTS) is None


@pytest.mark.parametrize(
    ("given", "how", "message"),
    [
        ("weekly", NAMED, "There is no run weekly to resume below"),
        (None, NAMED, "give its hipaa_cis_run_id, or resume the last with latest"),
        ("", NAMED, "give its hipaa_cis_run_id"),
        ("../nightly", NAMED, "may only hold letters"),
        ("latest", NAMED, "'latest' cannot be the id of a run"),
        ("nightly", LATEST, "hipaa_cis_resume is latest, and hipaa_cis_run_id names the run nightly"),
    ],
)
def test_run_that_cannot_be_found_is_one_message(broken_off, given, how, message):
    with pytest.raises(HipaaCisError) as refused:
        resume.run_id(str(broken_off.folder.parent), given, how)

    assert message in str(refused.value)


def test_latest_is_the_run_that_was_so_when_the_command_began(broken_off):
    base = str(broken_off.folder.parent)
    assert resume.run_id(base, None, LATEST) == "nightly"
    RunStore.create(base, "meanwhile").become_latest()

    assert resume.run_id(base, None, LATEST) == "nightly"


@pytest.mark.usefixtures("command")
def test_latest_of_no_run_is_one_message(tmp_path):
    with pytest.raises(resume.Refused, match="There is no run to resume below"):
        resume.run_id(str(tmp_path), None, LATEST)


@pytest.mark.parametrize(
    ("given", "how"), [("true", NAMED), ("True", NAMED), ("yes", NAMED), ("false", NO), ("no", NO), ("Latest ", LATEST)]
)
def test_resume_is_true_false_or_latest(given, how):
    assert options.resumed(given) == how


@pytest.mark.parametrize("given", ["", "nightly", "last"])
def test_other_words_for_resume_are_refused(given):
    with pytest.raises(HipaaCisError, match="has to be true"):
        options.resumed(given)
