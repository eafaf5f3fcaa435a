"""One command on the target: bounded in time and in output, and honest where a bound is met."""

from __future__ import annotations

import time

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux import command
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult, run_command


def test_what_a_command_gives_is_told_apart():
    assert run_command(["sh", "-c", "echo out; echo err >&2; exit 3"], 30) == CommandResult(3, "out\n", "err\n")


@pytest.mark.parametrize("stream", ["1", "2"])
def test_output_beyond_the_bound_is_no_result(monkeypatch, stream):
    monkeypatch.setattr(command, "MAX_OUTPUT_BYTES", 1000)

    result = run_command(["sh", "-c", "head -c 1001 /dev/zero >&%s" % stream], 30)

    assert result == CommandResult(problem="printed more than 1000 bytes")


def test_output_up_to_the_bound_is_given_whole(monkeypatch):
    monkeypatch.setattr(command, "MAX_OUTPUT_BYTES", 1000)

    assert run_command(["head", "-c", "1000", "/dev/zero"], 30) == CommandResult(0, "\0" * 1000)


@pytest.mark.parametrize(
    "script", ["sleep 60", "exec >&- 2>&-; sleep 60"], ids=["that-says-nothing", "that-shut-its-output"]
)
def test_command_without_an_end_is_ended_and_no_result(script):
    started = time.monotonic()

    assert "within 0.2 seconds" in run_command(["sh", "-c", script], 0.2).problem
    assert time.monotonic() - started < 30


def test_command_that_is_not_there_is_missing_and_one_that_cannot_start_is_not(tmp_path):
    (tmp_path / "no-program").write_text("")

    assert run_command(["hipaa-cis-no-such-command"], 30) == CommandResult(problem="not installed", missing=True)
    assert run_command([str(tmp_path / "no-program")], 30) == CommandResult(
        problem="cannot be started: Permission denied"
    )
