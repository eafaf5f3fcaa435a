"""Steps on account records: what is kept of before, and what is told of the files beside their content."""

from __future__ import annotations

import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import account_steps
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_steps import Lines, Look
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import COMMAND, Step
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

HASH = "$y$j9T$s$h"


@pytest.fixture
def host(tmp_path):
    for path, text in {
        "etc/passwd": "xanna:x:1::::\nanna:x:1000:1000::/home/anna:/bin/sh\nbo:%s:1001:1:::/bin/sh" % HASH,
        "etc/shadow": "anna:%s:1::::::\nbo:!!%s:1::::::\ncy:!:1::::::\nempty::1::::::\n" % (HASH, HASH),
        "etc/group": "root:x:0:\n",
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    return Host(str(tmp_path))


@pytest.mark.parametrize(
    ("path", "name", "column", "old"),
    [
        ("/etc/passwd", "anna", 6, "/bin/sh"),
        ("/etc/passwd", "bo", 6, "/bin/sh"),
        ("/etc/passwd", "nna", 6, None),
        ("/etc/passwd", "anna", 7, None),
        ("/etc/passwd", "anna", 1, "x"),
        ("/etc/passwd", "bo", 1, "*"),
        ("/etc/shadow", "anna", 1, "*"),
        ("/etc/shadow", "bo", 1, "!!*"),
        ("/etc/shadow", "cy", 1, "!"),
        ("/etc/shadow", "empty", 1, ""),
        ("/etc/shadow", "anna", 2, "1"),
        ("/etc/group", "root", 0, ""),
        ("/etc/group", "new", 0, None),
        ("/etc/gshadow", "root", 1, None),
    ],
)
def test_of_a_password_no_more_is_kept_than_its_lock(host, path, name, column, old):
    step = Step(COMMAND, "it", argv=("it",), records=[[path, name, column, "v"]])

    assert account_steps.before(host, step) == {"kind": "accounts", "old": [old]}


def test_account_file_beyond_the_bound_is_not_read(host, monkeypatch):
    monkeypatch.setattr(account_steps.files, "MAX_BYTES", 8)

    with pytest.raises(ChangeError, match="larger than 8 bytes"):
        account_steps.read(host.path("/etc/passwd"))
    assert account_steps.read(host.path("/etc/none")) == ""


def test_files_that_were_written_or_got_another_mode_are_told(host, tmp_path):
    then = Look(host)
    assert not Look(host).is_other(then)
    assert Look(host).effects(then) == {}

    os.chmod(tmp_path / "etc/shadow", 0o600 if os.stat(tmp_path / "etc/shadow").st_mode & 0o077 else 0o644)
    (tmp_path / "etc/gshadow").write_text("")
    (tmp_path / "etc/group").unlink()
    now = Look(host)

    assert now.is_other(then)
    assert list(now.effects(then)) == ["/etc/shadow"]
    assert now.effects(then)["/etc/shadow"]["before"]["mode"] != now.effects(then)["/etc/shadow"]["after"]["mode"]


def test_folder_in_place_of_a_file_is_no_effect(host, tmp_path):
    (tmp_path / "etc/gshadow").mkdir()
    then = Look(host)
    os.chmod(tmp_path / "etc/gshadow", 0o700)

    assert Look(host).effects(then) == {}


def test_records_are_found_and_changed_by_name():
    lines = Lines("a:1:2\nb:3\na:9:9\n:x\nodd\n")
    assert (lines.fields("a"), lines.fields("b"), lines.fields("c"), lines.fields("odd")) == (
        ["a", "1", "2"],
        ["b", "3"],
        None,
        None,
    )

    lines.put("a", 2, "7")

    assert lines.text() == "a:1:7\nb:3\na:9:9\n:x\nodd\n"


@pytest.mark.parametrize(
    ("now", "base", "written"),
    [
        ("a:7\nb:1\n", "b:1\na:007", "b:1\na:007"),
        ("a:7\n", "a:007\nb:1\n", "a:007\n"),
        ("a:8\n", "a:007\n", "a:8\n"),
        ("a:7:1\n", "a:007\n", "a:7:1\n"),
        ("a:-1\n", "a:\n", "a:\n"),
    ],
)
def test_text_is_written_as_it_was_where_it_says_the_same(now, base, written):
    assert Lines(now).written_as(Lines(base)) == written
