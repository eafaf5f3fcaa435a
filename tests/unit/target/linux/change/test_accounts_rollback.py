"""Accounts live on after a run: its rollback takes back the fields that the run changed, and nothing of what came since."""

from __future__ import annotations

import json
import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import account_batch, account_undo
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_files import expected, merge, of_packages
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_steps import Lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Entry, Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

pytestmark = pytest.mark.root

OLD, NEW = "$y$j9T$oldsalt$oldbytes", "$y$j9T$newsalt$newbytes"
FILES = {
    "/etc/passwd": (
        "root:x:0:0:root:/root:/bin/bash\nanna:x:1000:1000::/home/anna:/bin/bash\nbert:x:1001:1001::/home/b:/bin/bash\n"
        "daemonic:x:200:200::/:/bin/bash\nquiet:x:201:201::/:/usr/sbin/nologin\n"
    ),
    # A number in another way of writing, empty fields and no end of the last line: the tools leave none of them.
    "/etc/shadow": f"root:*:1::::::\nanna:{OLD}:19000:00:99999:007:::\nbert:{OLD}:19000::99999:7:::\n"
    f"daemonic:!:1::::::\nquiet:{OLD}:1::::::",
    "/etc/group": "root:x:0:\nanna:x:1000:\nbert:x:1001:\ndaemonic:x:200:\nquiet:x:201:\n",
    "/etc/gshadow": "root:*::\nanna:!::\nbert:!::\ndaemonic:!::\nquiet:!::\n",
    "/etc/shadow-": "root:*:1::::::\n",
    "/etc/shells": "/bin/sh\n/bin/bash\n",
    "/etc/login.defs": "UID_MIN 1000\n",
    "/etc/pam.d/su": "auth sufficient pam_rootok.so\n",
    "/etc/.pwd.lock": "",
}
CHANGES = {
    "age": ["accounts", {"fact": "password_minimum_age"}, 1],
    "shell": ["accounts", {"fact": "system_accounts_with_shell"}, "nologin"],
    "lock": ["accounts", {"fact": "unlocked_without_shell"}, "locked"],
    "su": ["su_access", {}, "sugroup"],
}
COLUMNS = {"--mindays": 3, "--maxdays": 4, "--warndays": 5, "--inactive": 6}


class Tools:
    """Stands for chage, usermod and groupadd: they write the whole file anew and keep a copy of what it was."""

    def __init__(self, root):
        self.root = root

    def read(self, path):
        with open(self.root + path) as stream:
            return [line.split(":") for line in stream.read().split("\n") if line]

    def write(self, path, rows):
        mode = os.stat(self.root + path).st_mode & 0o777
        os.replace(self.root + path, self.root + path + "-")
        with open(self.root + path, "w") as stream:
            stream.write("".join(":".join(self._plain(row)) + "\n" for row in rows))
        os.chmod(self.root + path, mode)

    @staticmethod
    def _plain(row):
        return [str(int(text)) if text.isdigit() else text for text in row]

    def set(self, path, name, column, value):
        rows = self.read(path)
        row = next(row for row in rows if row[0] == name)
        row[column] = value(row[column]) if callable(value) else value
        self.write(path, rows)

    def add(self, path, *row):
        self.write(path, [*self.read(path), list(row)])

    def __call__(self, argv, _timeout):
        if argv[0] == "chage":
            self.set("/etc/shadow", argv[3], COLUMNS[argv[1]], argv[2])
        elif argv[:2] == ["usermod", "--shell"]:
            self.set("/etc/passwd", argv[3], 6, argv[2])
        elif argv[:2] == ["usermod", "--lock"]:
            self.set("/etc/shadow", argv[2], 1, lambda secret: "!" + secret)
        elif argv[0] == "groupadd":
            self.add("/etc/group", argv[2], "x", "999", "")
            self.add("/etc/gshadow", argv[2], "!", "", "")
        return CommandResult()


@pytest.fixture
def root(tmp_path):
    for path, text in FILES.items():
        place = tmp_path / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(0o640)
    (tmp_path / "var/lib").mkdir(parents=True)
    return str(tmp_path)


@pytest.fixture
def tools(root):
    return Tools(root)


def apply(root, tools, *names, watcher=lambda _what: None):
    request = {
        "version": 1,
        "mode": "apply",
        "run_id": "run",
        "group": "plain",
        "options": {"close_accounts": ["anna", "bert"]},
    }
    request["changes"] = {name: CHANGES[name] for name in names or CHANGES}
    return Apply(parse(json.dumps(request)), root, tools, watcher).answer()


def roll_back(root, tools, **keys):
    return Rollback(Host(root), tools, Journal(root, "run"), **keys).run()


def tree(root):
    found = {}
    for folder, _names, files in os.walk(root + "/etc"):
        for name in files:
            path = os.path.join(folder, name)
            with open(path) as stream:
                found[path[len(root) :]] = (os.stat(path).st_mode, stream.read())
    return found


def rows(root, path):
    return {row[0]: row for row in Tools(root).read(path)}


def test_all_accounts_are_changed_and_come_back_byte_for_byte(root, tools):
    before = tree(root)

    answer = apply(root, tools)
    assert {state["state"] for state in answer["changes"].values()} == {"done"}
    assert rows(root, "/etc/shadow")["anna"][3] == "1"
    assert rows(root, "/etc/shadow")["quiet"][1] == "!" + OLD
    assert rows(root, "/etc/passwd")["daemonic"][6] == "/usr/sbin/nologin"
    assert "sugroup" in rows(root, "/etc/group")

    report = roll_back(root, tools)
    assert not report.conflicts + report.problems + report.kept
    assert tree(root) == before


def test_a_password_that_is_set_without_the_lock_at_this_very_moment_is_kept(root, tools, monkeypatch):
    apply(root, tools, "age")
    real = Lines.written_as

    def slow(self, base):
        tools.set("/etc/shadow", "bert", 1, NEW)
        return real(self, base)

    monkeypatch.setattr(Lines, "written_as", slow)
    report = roll_back(root, tools)

    assert "/etc/shadow was changed by another program" in report.problems[0]
    assert rows(root, "/etc/shadow")["bert"][1] == NEW


def test_no_hash_is_told(root, tools):
    told = json.dumps(apply(root, tools))
    tools.set("/etc/shadow", "anna", 3, "5")
    told += json.dumps(vars(roll_back(root, tools))) + json.dumps(vars(roll_back(root, tools, force=True)))

    assert "bytes" not in told
    with open(root + "/var/lib/hipaa-cis/run/journal") as stream:
        assert "bytes" not in stream.read()


@pytest.mark.parametrize("force", [False, True])
def test_new_password_and_new_account_stay(root, tools, force):
    apply(root, tools)
    tools.set("/etc/shadow", "anna", 1, NEW)
    tools.set("/etc/shadow", "anna", 2, "20000")
    tools.add("/etc/passwd", "carl", "x", "1002", "1002", "", "/home/carl", "/bin/bash")
    tools.add("/etc/shadow", "carl", NEW, "20000", "1", "365", "7", "", "", "")
    tools.add("/etc/group", "carl", "x", "1002", "")

    report = roll_back(root, tools, force=force)

    assert not report.conflicts + report.problems + report.kept
    shadow = rows(root, "/etc/shadow")
    assert shadow["anna"] == ["anna", NEW, "20000", "00", "99999", "007", "", "", ""]
    assert shadow["bert"][3] == ""
    assert shadow["carl"][1:5] == [NEW, "20000", "1", "365"]
    assert shadow["quiet"][1] == OLD
    assert rows(root, "/etc/passwd")["daemonic"][6] == "/bin/bash"
    assert "carl" in rows(root, "/etc/passwd")
    assert "sugroup" not in rows(root, "/etc/group")
    assert "sugroup" not in rows(root, "/etc/gshadow")


def test_account_that_is_gone_does_not_come_back(root, tools):
    apply(root, tools)
    tools.write("/etc/shadow", [row for row in tools.read("/etc/shadow") if row[0] != "anna"])

    assert not roll_back(root, tools).conflicts
    assert "anna" not in rows(root, "/etc/shadow")


def test_the_very_field_changed_since_is_a_conflict_that_force_overrules(root, tools):
    apply(root, tools)
    tools.set("/etc/shadow", "anna", 3, "5")
    before = tree(root)

    report = roll_back(root, tools)
    assert report.conflicts == [
        "the minimum age of anna in /etc/shadow was changed since the run (it is 5, the run had set 1)"
    ]
    assert tree(root) == before

    roll_back(root, tools, force=True)
    assert rows(root, "/etc/shadow")["anna"][3] == "00"


def test_account_that_somebody_unlocked_with_a_new_password_stays_so(root, tools):
    apply(root, tools)
    tools.set("/etc/shadow", "quiet", 1, NEW)

    assert not roll_back(root, tools).conflicts
    assert rows(root, "/etc/shadow")["quiet"][1] == NEW


def test_account_whose_password_was_taken_away_stays_locked(root, tools):
    apply(root, tools)
    tools.set("/etc/shadow", "quiet", 1, "!")

    roll_back(root, tools)
    assert rows(root, "/etc/shadow")["quiet"][1] == "!"


def test_group_that_has_a_member_now_stays(root, tools):
    apply(root, tools)
    tools.set("/etc/group", "sugroup", 3, "anna")
    tools.set("/etc/gshadow", "sugroup", 3, "anna")

    assert roll_back(root, tools).conflicts == ["the group sugroup, which the run made, has members now (anna)"]

    report = roll_back(root, tools, force=True)
    assert report.kept == ["the group sugroup, which has members now (anna)"]
    assert rows(root, "/etc/group")["sugroup"][3] == rows(root, "/etc/gshadow")["sugroup"][3] == "anna"


def test_group_that_is_the_primary_one_of_a_user_stays(root, tools):
    apply(root, tools, "su")
    tools.set("/etc/passwd", "anna", 3, "999")

    assert roll_back(root, tools).conflicts == [
        "the group sugroup, which the run made, is the primary group of a user now"
    ]


class Killed(BaseException):
    """Stands for SIGKILL."""


@pytest.mark.parametrize("new_password", [False, True])
def test_killed_at_every_step(tmp_path_factory, new_password):
    number, done = 0, False
    while not done and number < 200:
        root = _planted(tmp_path_factory)
        tools, before = Tools(root), tree(root)
        done = _killed(root, tools, number)
        if new_password:
            tools.set("/etc/shadow", "anna", 1, NEW)
        if Journal(root, "run").exists():
            report = roll_back(root, tools)
            assert not report.conflicts + report.problems, number
        if new_password:
            seen = {
                path: [list(map(str, row)) for row in Tools(root).read(path)] for path in before if "hadow" not in path
            }
            assert seen == {path: [line.split(":") for line in before[path][1].split("\n") if line] for path in seen}
            assert rows(root, "/etc/shadow")["anna"][1] == NEW
            assert int(rows(root, "/etc/shadow")["anna"][3]) == 0
            assert rows(root, "/etc/shadow")["quiet"][1] == OLD
        else:
            assert tree(root) == before, number
        number += 1
    assert number > 20


def _planted(factory):
    made = factory.mktemp("host")
    for path, text in FILES.items():
        place = made / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(0o640)
    (made / "var/lib").mkdir(parents=True)
    return str(made)


def _killed(root, tools, number):
    """Kill the apply at its step with this number, before or after a command; return whether it came to its end."""
    steps = iter(range(10_000))

    def watcher(_what):
        if next(steps) == number:
            raise Killed

    def run(argv, timeout):
        result = tools(argv, timeout)
        watcher("after the command")
        return result

    try:
        apply(root, run, watcher=watcher)
    except Killed:
        return False
    return True


def test_program_that_holds_the_lock_is_waited_for_and_named(root, tools, monkeypatch):
    apply(root, tools, "age")
    before = tree(root)
    monkeypatch.setattr(account_undo, "LOCK_SECONDS", 0.2)

    def held(*_arguments):
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(account_undo.fcntl, "lockf", held)
    report = roll_back(root, tools)

    assert any("another program has locked the account files" in text for text in report.problems)
    assert tree(root) == before
    monkeypatch.undo()
    assert not roll_back(root, tools).problems


def test_file_that_somebody_made_a_link_is_left_alone(root, tools):
    apply(root, tools, "age")
    os.rename(root + "/etc/shadow", root + "/etc/shadow.site")
    os.symlink("shadow.site", root + "/etc/shadow")

    assert "no regular file any more" in roll_back(root, tools).conflicts[0]
    with pytest.raises(ChangeError):
        account_batch.AccountBatch(Host(root), Journal(root, "run")).undo(Journal(root, "run").entries())


PASSWD = {"/etc/passwd": "root:x:0:0::/:/bin/sh\n", "/etc/shadow": "root:*:1::::::\n", "/etc/group": "adm:x:4:bert\n"}
INSTALLED = {
    "/etc/passwd": PASSWD["/etc/passwd"] + "_chrony:x:101:104::/:/bin/false\n",
    "/etc/shadow": PASSWD["/etc/shadow"] + "_chrony:!:20000::::::\n",
    "/etc/group": "adm:x:4:bert,_chrony\n_chrony:x:104:\n",
}


def test_account_of_a_package_goes_and_what_came_since_stays():
    now = {
        "/etc/passwd": INSTALLED["/etc/passwd"] + "carl:x:1000:1000::/:/bin/sh\n",
        "/etc/shadow": INSTALLED["/etc/shadow"].replace("*", NEW),
        "/etc/group": INSTALLED["/etc/group"].replace("bert,", "bert,carl,"),
    }
    for after in (INSTALLED, of_packages(PASSWD, now)):
        merged = merge(PASSWD, after, now)

        assert not merged.conflicts
        assert merged.texts["/etc/passwd"] == PASSWD["/etc/passwd"] + "carl:x:1000:1000::/:/bin/sh\n"
        assert merged.texts["/etc/shadow"] == PASSWD["/etc/shadow"].replace("*", NEW)
    assert merge(PASSWD, INSTALLED, now).texts["/etc/group"] == "adm:x:4:bert,carl\n"
    assert merge(PASSWD, INSTALLED, INSTALLED).texts == PASSWD


def test_account_that_a_package_took_away_comes_back():
    merged = merge(INSTALLED, PASSWD, {**PASSWD, "/etc/shadow": "root:%s:1::::::\n" % NEW})

    assert merged.texts["/etc/passwd"] == INSTALLED["/etc/passwd"]
    assert merged.texts["/etc/shadow"] == INSTALLED["/etc/shadow"].replace("*", NEW)


def test_account_of_a_package_that_somebody_uses_stays():
    now = {**INSTALLED, "/etc/shadow": INSTALLED["/etc/shadow"].replace("_chrony:!", "_chrony:" + NEW)}
    merged = merge(PASSWD, INSTALLED, now)

    assert merged.conflicts == ["the user _chrony, which the run made, was changed since"]
    assert merged.texts["/etc/shadow"] == now["/etc/shadow"]


def test_password_in_passwd_is_locked_there():
    before = {"/etc/passwd": "old:abcdefghijklm:5:5::/:/bin/sh\n", "/etc/shadow": ""}
    after = expected(before, [["/etc/shadow", "old", 1, "!"], ["/etc/passwd", "old", 1, "!"]])

    assert after["/etc/passwd"].startswith("old:!abc")
    assert merge(before, after, after).texts == before


def test_password_that_is_nobodys_is_locked_in_shadow_only():
    before = {"/etc/passwd": "news:x:5:5::/:/usr/sbin/nologin\n", "/etc/shadow": "news:x:1::::::\n"}
    after = expected(before, [["/etc/shadow", "news", 1, "!"], ["/etc/passwd", "news", 1, "!"]])

    assert after == {**before, "/etc/shadow": "news:!x:1::::::\n"}
    assert merge(before, after, after).texts == before


def test_what_could_not_be_taken_back_is_told_with_its_reason(root, tools, monkeypatch):
    apply(root, tools, "age")

    def refuse(*_given):
        raise ChangeError("the account files are locked")

    monkeypatch.setattr(account_batch.AccountBatch, "undo", refuse)
    report = roll_back(root, tools)

    assert report.problems == ["the account files are locked"]
    assert {(item["state"], item["reason"]) for item in report.details} == {("failed", "the account files are locked")}


@pytest.mark.parametrize("others", [False, True])
def test_time_of_a_file_comes_back_where_nobody_else_wrote_it(root, tools, others):
    os.utime(root + "/etc/passwd", (1, 1))
    apply(root, tools, "shell")
    if others:
        tools.set("/etc/passwd", "anna", 4, "Anna")

    assert not roll_back(root, tools).problems

    assert (os.stat(root + "/etc/passwd").st_mtime == 1) is not others


def test_files_that_are_taken_back_by_their_records_are_known(root):
    undo = account_undo.AccountUndo(Host(root), Journal(root, "run"))
    effects: dict = {"/etc/shadow": {}, "/etc/other": {}}

    assert undo.paths(Entry(1, {}, {"kind": "accounts"}, {}, effects=effects)) == ["/etc/shadow"]
    assert undo.paths(Entry(1, {}, {"kind": "accounts"}, {})) == []
    assert undo.paths(Entry(1, {}, {"kind": "command"}, {}, effects=effects)) == []
