"""Lines of files, by the form in which they are wanted."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers.file_lines import DISABLED, FORMS

pytestmark = pytest.mark.root
PROFILE = "/etc/profile"
MESSAGE = "/etc/motd"


def test_forms_are_those_that_the_documentation_names():
    assert set(FORMS) == {"pam", "text", "words", "lines", "remove", "disable", "replace", "ufw"}


@pytest.fixture
def applied(planned, tmp_path):
    """A function that applies a form to a file and gives (state, its text)."""

    def call(path, pattern, wanted, text, glob=False):
        address = {"glob" if glob else "path": path, "pattern": pattern}
        state, _steps = planned("file_lines", address, wanted, {path: text}, mode="apply")
        return state["state"], (tmp_path / path[1:]).read_text()

    return call


@pytest.mark.parametrize("glob", [False, True])
@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("umask 022\nx \\\n", ": %sumask 022\nx \\\n"),
        ("  umask 022\n", ": %sumask 022\n"),
        ("a\numask 022\nb\n", "a\n: %sumask 022\nb\n"),
    ],
)
def test_line_of_a_script_becomes_a_command_that_does_nothing(applied, text, after, glob):
    assert applied(PROFILE, "^[^#:]*umask 022", {"disable": True}, text, glob) == ("done", after % DISABLED)


def test_line_of_another_file_becomes_a_comment(applied):
    assert applied(MESSAGE, "^secret", {"disable": True}, "a\nsecret\n") == ("done", "a\n%ssecret\n" % DISABLED)


def test_words_have_a_line_each(applied):
    wanted = {"words": "a b.c", "line": "allow {word};"}

    assert applied(MESSAGE, "^allow b", wanted, "x\n") == ("done", "x\nallow a;\nallow b.c;\n")
    assert applied(MESSAGE, "^allow b", {**wanted, "words": "a;b"}, "x\n") == ("refused", "x\n")
    assert applied(MESSAGE, "^allow b", {**wanted, "words": ""}, "x\n") == ("refused", "x\n")


@pytest.mark.parametrize(
    ("wanted", "after"),
    [
        ({"lines": ["new"]}, "a\nb\nnew\n"),
        ({"lines": ["new"], "at": "start"}, "new\na\nb\n"),
        ({"lines": ["new"], "after": "^a"}, "a\nnew\nb\n"),
        ({"lines": ["a", "new"]}, "a\nb\nnew\n"),
        ({"text": "new"}, "new\n"),
    ],
)
def test_lines_stand_where_they_are_wanted(applied, wanted, after):
    assert applied(MESSAGE, "^new", wanted, "a\nb\n") == ("done", after)


def test_paragraph_is_taken_out_whole(applied):
    text = "one\n\nbad\nwith more\n\nthree\n"

    assert applied(MESSAGE, "^bad", {"remove": "paragraphs"}, text) == ("done", "one\n\nthree\n")


def test_part_of_a_line_is_replaced(applied):
    assert applied(MESSAGE, "old$", {"replace": "old$", "with": "new"}, "a old\nold b\n") == ("done", "a new\nold b\n")
