"""What is said of a command that failed."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.execute import Executor, said
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.package_steps import complaint
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import COMMAND, FILE, Step
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host


@pytest.mark.parametrize(
    ("stdout", "stderr", "text"),
    [
        ("out", "first\nE: no package\nlast", "E: no package"),
        ("", "first\n  error in x  \nlast", "error in x"),
        ("", "first\nError: x\nlast", "Error: x"),
        ("", "first\nsudo: x\nlast", "sudo: x"),
        ("", "first\n/etc/x:1: y\nlast", "/etc/x:1: y"),
        ("", "first\nlast\n\n", "last"),
        ("out\n", "", "out"),
        ("", "", "exit code 3"),
        ("", "E: " + "x" * 400, "E: " + "x" * 297),
    ],
)
def test_most_telling_line_is_said(stdout, stderr, text):
    assert said(CommandResult(3, stdout, stderr)) == text


def test_command_that_gave_no_result_says_why():
    assert said(CommandResult(0, "E: x", "", problem="no answer within 60 seconds")) == "no answer within 60 seconds"


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (CommandResult(100, "out", "W: first\nE: telling\nlast"), "E: telling"),
        (CommandResult(100, "out", "W: first\nlast\n \n"), "last"),
        (CommandResult(100, "out", ""), "out"),
        (CommandResult(100), "no reason given"),
        (CommandResult(problem="not installed"), "not installed"),
        (CommandResult(100, "", "E: " + "x" * 400), "E: " + "x" * 297),
    ],
)
def test_most_telling_line_of_apt_is_told(result, text):
    assert complaint(result) == text


@pytest.fixture
def execute(tmp_path):
    """A function that makes one step, whose commands give a result."""

    def call(step, result=None):
        (tmp_path / "var/lib").mkdir(parents=True, exist_ok=True)
        journal = Journal(str(tmp_path), "run")
        journal.create()

        def runner(_argv, _timeout):
            return result or CommandResult()

        return Executor(Host(str(tmp_path)), runner, journal).execute([step])

    return call


@pytest.mark.root
@pytest.mark.parametrize(
    ("result", "keys", "half"),
    [
        (CommandResult(), {}, False),
        (CommandResult(1), {}, True),
        (CommandResult(problem="no answer"), {}, True),
        (CommandResult(problem="not installed", missing=True), {}, False),
        (CommandResult(1), {"upkeep": True}, False),
    ],
)
@pytest.mark.parametrize("records", [[], [["/etc/passwd", "ada", 6, "x"]]])
def test_command_that_failed_may_have_done_half_of_its_work(execute, result, keys, half, records):
    if records and keys:
        return
    step = Step(COMMAND, "it", argv=("it",), changes=["c"], records=records, **keys)

    assert execute(step, result).half is half


@pytest.mark.root
def test_file_that_is_as_wanted_by_now_needs_no_change(execute, tmp_path):
    (tmp_path / "x").write_text("wanted\n")
    (tmp_path / "x").chmod(0o644)
    step = Step(FILE, "/x", path="/x", content=b"wanted\n", changes=["c"], seen={"kind": "absent"})
    assert not execute(step).stale

    step.content = b"other\n"
    assert "was changed by another program" in execute(step).stale["c"]
    assert (tmp_path / "x").read_text() == "wanted\n"
