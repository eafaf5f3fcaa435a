"""What a journal keeps is what was changed, as long as it is the way back: no secrets that nobody touched, no copies by the thousand."""

from __future__ import annotations

import json
import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import files, journal_life, reserve
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_steps import Lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.execute import Executor
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.planned_host import PlannedHost
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import COMMAND, Step
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

pytestmark = pytest.mark.root
KEY = b"-----BEGIN PRIVATE KEY-----\n"
ACCOUNTS = 40


def good(_argv, _timeout):
    return CommandResult()


def blobs(root):
    folder = root + "/var/lib/hipaa-cis/run/blobs"
    found = []
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as stream:
            found.append(stream.read())
    return found


@pytest.fixture
def root(tmp_path):
    for path, content in (("etc/secret.key", KEY), ("etc/conf", b"old\n"), ("etc/big", b"x" * 5000)):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    (tmp_path / "var/lib").mkdir(parents=True)
    return str(tmp_path)


class Killed(BaseException):
    """Stands for SIGKILL."""


def run_command(root, act, killed=False):
    """Run a command that watches /etc, as an apply does."""
    journal = Journal(root, "run")
    journal.create()

    def runner(_argv, _timeout):
        act()
        if killed:
            raise Killed
        return CommandResult()

    step = Step(COMMAND, "it", argv=("it",), watch=("/etc",), changes=["c"])
    try:
        Executor(PlannedHost(root, runner=runner), runner, journal).execute([step])
    except Killed:
        return
    journal_life.prune(journal)


def put(root, path, content, mode=None):
    with open(root + path, "wb") as stream:
        stream.write(content)
    if mode is not None:
        os.chmod(root + path, mode)


def content_of(root, path):
    with open(root + path, "rb") as stream:
        return stream.read()


def roll_back(root, **keys):
    return Rollback(Host(root), good, Journal(root, "run"), **keys).run()


def test_what_a_command_left_alone_is_not_kept(root):
    run_command(root, lambda: put(root, "/etc/conf", b"new\n"))

    assert b"old\n" in blobs(root)
    assert not [kept for kept in blobs(root) if KEY in kept]
    assert not roll_back(root).problems
    assert content_of(root, "/etc/conf") == b"old\n"


def test_what_a_command_that_was_cut_off_may_have_changed_is_kept_until_it_is_taken_back(root):
    run_command(root, lambda: put(root, "/etc/secret.key", b"gone"), killed=True)
    assert KEY in blobs(root)

    assert not roll_back(root, force=True).problems

    assert content_of(root, "/etc/secret.key") == KEY
    assert blobs(root) == []


def test_journal_of_a_run_that_was_taken_back_keeps_no_content(root):
    run_command(root, lambda: put(root, "/etc/conf", b"new\n"))
    packages = root + "/var/lib/hipaa-cis/run/packages"
    os.mkdir(packages)

    roll_back(root)

    assert (blobs(root), os.path.exists(packages)) == ([], False)
    assert [entry.status for entry in Journal(root, "run").entries()] == ["undone"]


def test_contents_stay_where_something_could_not_be_taken_back(root, monkeypatch):
    run_command(root, lambda: put(root, "/etc/conf", b"new\n"))

    def full(*_arguments, **_keys):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(reserve, "restore", full)
    assert roll_back(root).problems

    assert b"old\n" in blobs(root)


def test_damaged_journal_loses_no_content(root):
    run_command(root, lambda: put(root, "/etc/conf", b"new\n"))
    path = root + "/var/lib/hipaa-cis/run/journal"
    put(
        root,
        "/var/lib/hipaa-cis/run/journal",
        content_of(root, "/var/lib/hipaa-cis/run/journal").replace(b"begin", b"bogus", 1),
    )

    journal_life.prune(Journal(root, "run"))

    assert os.path.exists(path)
    assert b"old\n" in blobs(root)


@pytest.mark.parametrize(("days", "undone", "stays"), [(91, True, False), (89, True, True), (3000, False, True)])
def test_only_old_journals_of_which_nothing_is_left_go(root, days, undone, stays):
    run_command(root, lambda: put(root, "/etc/conf", b"new\n"))
    if undone:
        roll_back(root)
    path = root + "/var/lib/hipaa-cis/run/journal"
    then = os.stat(path).st_mtime - days * 86400
    os.utime(path, (then, then))

    request = {"version": 1, "mode": "apply", "run_id": "later", "group": "plain", "options": {}}
    request["changes"] = {"c": ["file", {"path": "/etc/conf"}, {"mode": "0600"}]}
    Apply(parse(json.dumps(request)), root, good).answer()

    assert os.path.exists(path) is stays
    assert Journal(root, "later").exists()


@pytest.fixture
def small(monkeypatch):
    """Files of more than 1000 bytes are large."""
    monkeypatch.setattr(files, "MAX_BYTES", 1000)


@pytest.mark.usefixtures("small")
def test_large_file_beside_stops_no_command(root):
    run_command(root, lambda: put(root, "/etc/conf", b"new\n"))

    report = roll_back(root)

    assert (report.conflicts, report.problems) == ([], [])
    assert (content_of(root, "/etc/conf"), len(content_of(root, "/etc/big"))) == (b"old\n", 5000)


@pytest.mark.usefixtures("small")
def test_mode_of_a_large_file_is_taken_back(root):
    os.chmod(root + "/etc/big", 0o640)
    run_command(root, lambda: os.chmod(root + "/etc/big", 0o644))

    report = roll_back(root)

    assert (report.conflicts, report.problems) == ([], [])
    assert os.stat(root + "/etc/big").st_mode & 0o777 == 0o640


@pytest.mark.usefixtures("small")
def test_content_of_a_large_file_that_a_command_changed_is_named_as_lost(root):
    run_command(root, lambda: put(root, "/etc/big", b"y" * 5000))

    assert "/etc/big was changed, and the run could not keep what it was" in roll_back(root).conflicts[0]
    report = roll_back(root, force=True)

    assert "could not keep" in report.problems[0]
    assert content_of(root, "/etc/big") == b"y" * 5000


@pytest.mark.usefixtures("small")
def test_large_file_that_a_command_made_goes(root):
    run_command(root, lambda: put(root, "/etc/new", b"z" * 5000))

    assert not roll_back(root).problems
    assert not os.path.exists(root + "/etc/new")


@pytest.fixture
def many(tmp_path):
    """A host with many accounts, and chage that sets a maximum age."""
    names = [f"person{number}" for number in range(ACCOUNTS)]
    texts = {
        "passwd": [f"{name}:x:{number}:{number}::/home/{name}:/bin/bash" for number, name in enumerate(names, 1000)],
        "shadow": [f"{name}:$y$j9T$salt$hash{name}:20000:0:099999:7:::" for name in names],
        "group": [f"{name}:x:{number}:" for number, name in enumerate(names, 1000)],
        "gshadow": [f"{name}:!::" for name in names],
    }
    (tmp_path / "etc").mkdir()
    (tmp_path / "var/lib").mkdir(parents=True)
    for name, lines in texts.items():
        (tmp_path / "etc" / name).write_text("\n".join(lines) + "\n")
    return tmp_path


def age(many):
    shadow = many / "etc/shadow"

    def chage(argv, _timeout):
        if argv[0] == "chage":
            lines = [line.split(":") for line in shadow.read_text().split("\n")]
            fresh = [[*row[:4], argv[2], *row[5:]] if row[0] == argv[3] else row for row in lines]
            text = "\n".join(":".join(row).replace(":099999:", ":99999:") for row in fresh)
            shadow.rename(many / "etc/shadow-")
            shadow.write_text(text)
        return CommandResult()

    request = {"version": 1, "mode": "apply", "run_id": "run", "group": "plain", "options": {}}
    request["changes"] = {"age": ["accounts", {"fact": "password_maximum_age"}, 20000]}
    return Apply(parse(json.dumps(request)), str(many), chage).answer()


def test_thousand_accounts_are_kept_by_field(many):
    age(many)

    folder = str(many / "var/lib/hipaa-cis/run")
    assert os.path.getsize(folder + "/journal") / ACCOUNTS < 800
    # The four files as they were, once, and what they were like.
    assert len(os.listdir(folder + "/blobs")) == 5
    with open(folder + "/journal", encoding="utf-8") as stream:
        assert "hashperson" not in stream.read()


def test_thousand_accounts_come_back_by_one_writing(many, monkeypatch):
    before = (many / "etc/shadow").read_bytes()
    age(many)
    written = []
    real = reserve.restore

    def counted(place, *arguments):
        written.append(os.path.basename(place.path))
        real(place, *arguments)

    monkeypatch.setattr(reserve, "restore", counted)
    report = roll_back(str(many))

    assert (report.problems, report.conflicts, len(report.undone)) == ([], [], ACCOUNTS)
    assert written == ["shadow", "shadow-"]
    assert (many / "etc/shadow").read_bytes() == before
    assert not (many / "etc/shadow-").exists()


def test_only_what_is_there_is_told_and_the_rest_of_the_batch_is_taken_back(many):
    age(many)
    shadow = many / "etc/shadow"
    text = shadow.read_text()
    shadow.write_text(
        text.replace("person3:$y$j9T$salt$hashperson3:20000:0:20000", "person3:$y$j9T$salt$hashperson3:20000:0:77")
    )

    report = roll_back(str(many))
    assert report.conflicts == [
        "the maximum age of person3 in /etc/shadow was changed since the run (it is 77, the run had set 20000)"
    ]
    shadow.write_text(text.replace(":20000:0:20000:", ":20000:0:99999:", 1))
    assert len(roll_back(str(many)).undone) == ACCOUNTS - 1


def test_text_is_written_as_it_was_where_it_says_the_same():
    base = Lines("a:x:007\nb:y:1")
    assert Lines("b:y:1\na:x:7\n").written_as(base) == "a:x:007\nb:y:1"
    assert Lines("b:z:1\na:x:7\n").written_as(base) == "b:z:1\na:x:007\n"


@pytest.mark.usefixtures("small")
def test_file_that_a_command_made_large_is_small_again(root):
    run_command(root, lambda: put(root, "/etc/conf", b"z" * 5000))

    assert not roll_back(root).problems
    assert content_of(root, "/etc/conf") == b"old\n"


def test_account_files_that_are_too_large_are_not_changed(many, monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 100)
    before = (many / "etc/shadow").read_bytes()

    assert "larger than 100 bytes" in age(many)["changes"]["age"]["reason"]
    assert (many / "etc/shadow").read_bytes() == before
