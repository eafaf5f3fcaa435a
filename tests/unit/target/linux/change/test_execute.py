"""What is said of a command that failed."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.execute import said
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.package_steps import complaint
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult


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
