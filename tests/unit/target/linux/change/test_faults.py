"""Whatever stops an apply or a rollback, at any step: nothing is lost, and the way back is open."""

from __future__ import annotations

import json
import os
import struct

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import confirm, files
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.execute import Executor
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.places import Place
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback, unconfirmed
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import Step
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

pytestmark = pytest.mark.root


SYSCTL = "/proc/sys/net/ipv4/ip_forward"
FILES = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
    "/etc/group": "root:x:0:\n",
    "/etc/sysctl.d/50-site.conf": "net.ipv4.ip_forward = 1\n",
    SYSCTL: "1\n",
    "/proc/modules": "cramfs 1 0 - Live 0x0\n",
}
CHANGES = {
    "sysctl": ["sysctl", {"name": "net.ipv4.ip_forward"}, 0],
    "file": ["file", {"path": "/etc/passwd"}, {"mode": "0600"}],
    "module": ["kernel_module", {"name": "cramfs"}, {"install_blocked": True, "denylisted": True}],
}


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


class KillAt:
    """A watcher that kills at the step with this number, and counts all steps."""

    def __init__(self, number=None):
        self.number = number
        self.seen = 0

    def __call__(self, _what):
        if self.seen == self.number:
            raise Killed
        self.seen += 1


def _plant(made):
    for path, text in FILES.items():
        place = made / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(0o666)
    (made / "var" / "lib").mkdir(parents=True)
    return str(made)


@pytest.fixture
def root(tmp_path):
    return _plant(tmp_path)


def good(_argv, _timeout):
    return CommandResult()


def request(changes=None, run_id="run", mode="apply", group="plain"):
    wanted = CHANGES if changes is None else changes
    return parse(
        json.dumps({"version": 1, "mode": mode, "run_id": run_id, "group": group, "changes": wanted, "options": {}})
    )


def apply(root, watcher=lambda _what: None, runner=good, **keys):
    return Apply(request(**keys), root, runner, watcher).answer()


def roll_back(root, watcher=lambda _what: None, runner=good, **keys):
    return Rollback(Host(root), runner, Journal(root, "run"), watcher=watcher, **keys).run()


def tree(root):
    """Return path -> (mode, content) of all but the journal."""
    found = {}
    for folder, names, names_of_files in os.walk(root):
        if "/var/lib" in folder:
            names.clear()
            continue
        for name in names_of_files:
            path = os.path.join(folder, name)
            with open(path, "rb") as stream:
                found[path[len(root) :]] = (os.stat(path).st_mode & 0o7777, stream.read())
    return found


def count_steps(root):
    counter = KillAt()
    apply(root, counter)
    return counter.seen


def test_killed_at_every_step_the_host_can_be_rolled_back(tmp_path_factory):
    steps = count_steps(_fresh(tmp_path_factory))
    assert steps > 10
    for number in range(steps):
        root = _fresh(tmp_path_factory)
        before = tree(root)
        with pytest.raises(Killed):
            apply(root, KillAt(number))
        for path, (_mode, content) in tree(root).items():
            # The old or the new content, never half of it.
            assert content in (before.get(path, (0, b""))[1], b"0\n") or b"hipaa.cis" in content, (number, path)
        if Journal(root, "run").exists():
            report = roll_back(root)
            assert not report.problems
            assert not report.conflicts
        assert tree(root) == before, number


def test_killed_at_every_step_the_next_run_finishes(tmp_path_factory):
    for number in range(count_steps(_fresh(tmp_path_factory))):
        root = _fresh(tmp_path_factory)
        with pytest.raises(Killed):
            apply(root, KillAt(number))

        answer = apply(root)

        assert {state["state"] for state in answer["changes"].values()} <= {"done", "nothing"}
        assert tree(root)[SYSCTL] == (0o666, b"0\n")
        assert not [path for path in tree(root) if path.endswith(".hipaa-cis")]


def test_rollback_killed_at_every_step_is_finished_by_the_next(tmp_path_factory):
    root = _fresh(tmp_path_factory)
    apply(root)
    counter = KillAt()
    roll_back(root, counter)
    for number in range(counter.seen):
        root = _fresh(tmp_path_factory)
        before = tree(root)
        apply(root)
        with pytest.raises(Killed):
            roll_back(root, KillAt(number))

        report = roll_back(root)

        assert not report.problems
        assert tree(root) == before


def _fresh(factory):
    return _plant(factory.mktemp("host"))


def test_disk_that_fills_up_in_the_middle_of_a_write(root, monkeypatch):
    before = tree(root)
    real = os.fsync

    def full(handle):
        if "modprobe.d/." in os.readlink("/proc/self/fd/%d" % handle):
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    answer = apply(root)

    assert answer["changes"]["module"]["state"] == "failed"
    assert "file system is full" in answer["changes"]["module"]["reason"]
    assert answer["changes"]["sysctl"]["state"] == "done"
    roll_back(root)
    assert tree(root) == before


def test_journal_that_cannot_be_written_stops_everything(root, monkeypatch):
    before = tree(root)
    real, calls = Journal.begin, []

    def full(self, *arguments, **keys):
        calls.append(1)
        if len(calls) > 2:
            raise OSError(28, "No space left on device")
        return real(self, *arguments, **keys)

    monkeypatch.setattr(Journal, "begin", full)
    answer = apply(root)

    assert all(state["state"] == "failed" for state in answer["changes"].values())
    assert all("journal cannot be written" in state["reason"] for state in answer["changes"].values())
    monkeypatch.setattr(Journal, "begin", real)
    roll_back(root)
    assert tree(root) == before


def test_command_that_fails_fails_its_change_only(root):
    answer = apply(root, runner=lambda _argv, _timeout: CommandResult(1, "", "modprobe: FATAL: Module is in use"))

    assert answer["changes"]["module"]["state"] == "failed"
    assert "in use" in answer["changes"]["module"]["reason"]
    assert answer["changes"]["sysctl"]["state"] == "done"


def test_second_run_on_the_same_host_is_refused_while_the_first_is_at_work(root):
    apply(root)
    with pytest.raises(files.ChangeError, match="run is at work on this host"):
        apply(root, run_id="other", changes={"sysctl": ["sysctl", {"name": "net.ipv4.ip_forward"}, 1]})

    Apply(request(mode="release"), root, good).answer()
    answer = apply(root, run_id="other", changes={"sysctl": ["sysctl", {"name": "net.ipv4.ip_forward"}, 1]})
    assert answer["changes"]["sysctl"]["state"] == "done"


def test_plan_changes_nothing_at_all(root):
    before = tree(root)
    answer = apply(root, mode="plan")

    assert answer["changed"]
    assert {state["state"] for state in answer["changes"].values()} == {"planned"}
    assert tree(root) == before
    assert not os.path.exists(root + "/var/lib/hipaa-cis")


def test_difference_shows_no_line_that_stays(root):
    with open(root + "/etc/sysctl.d/50-site.conf", "a") as stream:
        stream.write("# token of the site: hunter2\n")

    answer = apply(root, mode="plan")

    assert "-net.ipv4.ip_forward = 1" in json.dumps(answer["steps"])
    assert "hunter2" not in json.dumps(answer)


def test_rollback_refuses_what_somebody_changed_since(root):
    apply(root)
    with open(root + "/etc/sysctl.d/50-site.conf", "a") as stream:
        stream.write("# a hand was here\n")
    before = tree(root)

    report = roll_back(root)

    assert report.conflicts == ["/etc/sysctl.d/50-site.conf was changed since the run (content)"]
    assert tree(root) == before


def test_force_rolls_back_and_keeps_their_version(root):
    original = tree(root)
    apply(root)
    with open(root + "/etc/sysctl.d/50-site.conf", "a") as stream:
        stream.write("# a hand was here\n")

    report = roll_back(root, force=True)

    kept = root + "/etc/sysctl.d/50-site.conf.since-run"
    assert report.kept == ["/etc/sysctl.d/50-site.conf.since-run"]
    with open(kept) as stream:
        assert "a hand was here" in stream.read()
    os.unlink(kept)
    assert tree(root) == original


LOG = "/etc/written.log"


@pytest.fixture
def log(root):
    """A file of which only the permissions are changed, and which somebody goes on writing."""
    path = root + LOG
    with open(path, "w") as stream:
        stream.write("first\n")
    os.chmod(path, 0o666)
    changes = {"log": ["file", {"path": LOG}, {"mode": "0600"}]}

    def append(what):
        if what.startswith("attributes: "):
            with open(path, "a") as stream:
                stream.write("while it was changed\n")

    assert apply(root, append, changes=changes)["changes"]["log"]["state"] == "done"
    assert os.stat(path).st_mode & 0o7777 == 0o600
    return path


def test_log_that_is_written_on_keeps_what_was_written(root, log):
    with open(log, "a") as stream:
        stream.write("last\n")

    report = roll_back(root)

    assert (report.conflicts, report.problems, report.kept) == ([], [], [])
    assert os.stat(log).st_mode & 0o7777 == 0o666
    with open(log) as stream:
        assert stream.read() == "first\nwhile it was changed\nlast\n"


def test_log_that_was_rotated_away_is_no_obstacle(root, log):
    os.unlink(log)

    report = roll_back(root)

    assert (report.conflicts, report.problems) == ([], [])
    assert not os.path.exists(log)


def test_permissions_that_somebody_changed_since_are_a_conflict(root, log):
    os.chmod(log, 0o644)

    assert roll_back(root).conflicts == [LOG + " was changed since the run (mode)"]
    assert roll_back(root, force=True).kept == []
    assert os.stat(log).st_mode & 0o7777 == 0o666


def test_permissions_of_a_huge_file_are_changed_without_reading_it(root):
    os.makedirs(root + "/var/log")
    with open(root + "/var/log/huge", "wb") as stream:
        stream.truncate(files.MAX_BYTES + 1)
    os.chmod(root + "/var/log/huge", 0o666)

    answer = apply(root, changes={"it": ["file", {"path": "/var/log/huge"}, {"mode": "0600"}]})

    assert answer["changes"]["it"]["state"] == "done", answer
    assert not roll_back(root).problems
    assert os.stat(root + "/var/log/huge").st_mode & 0o7777 == 0o666


def test_content_that_was_changed_since_is_a_conflict_also_where_a_later_step_changed_permissions(root):
    apply(root)
    apply(root, changes={"it": ["file", {"path": "/etc/sysctl.d/50-site.conf"}, {"mode": "0600"}]})
    with open(root + "/etc/sysctl.d/50-site.conf", "a") as stream:
        stream.write("# a hand was here\n")

    assert roll_back(root).conflicts == ["/etc/sysctl.d/50-site.conf was changed since the run (content)"]


def test_link_in_place_of_a_file_is_left_alone(root):
    os.rename(root + "/etc/sysctl.d/50-site.conf", root + "/etc/site.conf")
    os.symlink("../site.conf", root + "/etc/sysctl.d/50-site.conf")

    answer = apply(root)

    assert answer["changes"]["sysctl"]["state"] == "refused"
    assert "symbolic link" in answer["changes"]["sysctl"]["reason"]


TABLE = "1 0 8:1 / / rw - ext4 /dev/vda rw\n2 1 8:2 /shared/conf /etc/sysctl.d rw - ext4 /dev/vdb rw\n"


@pytest.mark.parametrize("table", [TABLE, TABLE.replace("/shared/conf", "/"), TABLE.replace("ext4", "btrfs")])
def test_folder_that_is_mounted_from_elsewhere_is_reported(root, table):
    os.mkdir(root + "/proc/1")
    with open(root + "/proc/1/mountinfo", "w") as stream:
        stream.write(table)

    answer = apply(root)

    assert answer["changes"]["sysctl"]["state"] == "done"
    told = [text for text in answer["notes"] if "a bind mount of /shared/conf" in text]
    assert any("change of /etc/sysctl.d/50-site.conf" in text for text in told) == (table == TABLE)
    assert not any("modprobe.d" in text for text in told)


def test_file_with_other_names_is_left_alone(root):
    os.link(root + "/etc/sysctl.d/50-site.conf", root + "/etc/site.conf")
    before = tree(root)

    answer = apply(root)

    assert answer["changes"]["sysctl"]["state"] == "refused"
    assert "find / -xdev -samefile /etc/sysctl.d/50-site.conf" in answer["changes"]["sysctl"]["reason"]
    assert answer["changes"]["module"]["state"] == "done"
    assert os.path.samefile(root + "/etc/sysctl.d/50-site.conf", root + "/etc/site.conf")
    assert not roll_back(root).problems
    assert tree(root) == before


def test_mode_of_a_file_with_other_names_is_theirs_too(root):
    os.link(root + "/etc/passwd", root + "/etc/accounts")

    assert apply(root, changes={"file": CHANGES["file"]})["changes"]["file"]["state"] == "done"
    assert os.path.samefile(root + "/etc/passwd", root + "/etc/accounts")
    roll_back(root)
    assert os.path.samefile(root + "/etc/passwd", root + "/etc/accounts")
    assert os.stat(root + "/etc/accounts").st_mode & 0o7777 == 0o666


def test_file_with_a_head_that_names_no_tool_is_reported(root):
    with open(root + "/etc/sysctl.d/50-site.conf", "w") as stream:
        stream.write("# Do not edit this file\nnet.ipv4.ip_forward = 1\n")

    answer = apply(root)

    assert answer["changes"]["sysctl"]["state"] == "done"
    assert any("another tool manages it" in text for text in answer["notes"])


def test_bytes_that_are_not_utf8_are_not_lost(root):
    with open(root + "/etc/sysctl.d/50-site.conf", "wb") as stream:
        stream.write(b"# caf\xe9\nnet.ipv4.ip_forward = 1\n")

    answer = apply(root)

    assert answer["changes"]["sysctl"]["state"] == "refused"
    assert "not UTF-8" in answer["changes"]["sysctl"]["reason"]


def test_access_control_lists_and_owners_are_kept(root):
    path = root + "/etc/sysctl.d/50-site.conf"
    try:
        os.setxattr(path, "user.site", b"kept")
    except OSError:
        pytest.skip("left out on this machine: the temporary folder takes no extended attributes")
    os.chmod(path, 0o640)
    apply(root)

    assert os.getxattr(path, "user.site") == b"kept"
    assert os.stat(path).st_mode & 0o7777 == 0o640
    roll_back(root)
    assert os.getxattr(path, "user.site") == b"kept"


LOG_MODE = {"file": ["file", {"path": "/var/log/app.log"}, {"mode": "0640"}]}


def plant_log(root, content):
    os.makedirs(root + "/var/log")
    with open(root + "/var/log/app.log", "wb") as stream:
        stream.write(content)
    os.chmod(root + "/var/log/app.log", 0o666)
    return root + "/var/log/app.log"


@pytest.mark.parametrize("force", [False, True])
def test_log_that_goes_on_growing_is_no_conflict_and_loses_nothing(root, force):
    log = plant_log(root, b"one\n")
    apply(root, changes=LOG_MODE)
    with open(log, "ab") as stream:
        stream.write(b"two\n")

    report = roll_back(root, force=force)

    assert not report.conflicts
    assert not report.kept
    assert os.stat(log).st_mode & 0o7777 == 0o666
    with open(log, "rb") as stream:
        assert stream.read() == b"one\ntwo\n"


def test_mode_of_a_large_file_is_changed_and_taken_back(root):
    log = plant_log(root, b"")
    os.truncate(log, files.MAX_BYTES + 1)

    assert apply(root, changes=LOG_MODE)["changes"]["file"]["state"] == "done"
    assert os.stat(log).st_mode & 0o7777 == 0o640
    assert not roll_back(root).problems
    assert os.stat(log).st_mode & 0o7777 == 0o666


def test_content_changed_since_is_a_conflict_though_a_later_step_was_of_the_mode_only(root):
    path = root + "/etc/sysctl.d/50-site.conf"
    apply(root, changes={"sysctl": CHANGES["sysctl"]})
    apply(root, changes={"file": ["file", {"path": "/etc/sysctl.d/50-site.conf"}, {"mode": "0600"}]})
    with open(path, "a") as stream:
        stream.write("# a hand was here\n")

    assert roll_back(root).conflicts == ["/etc/sysctl.d/50-site.conf was changed since the run (content)"]


def test_mode_of_a_file_with_an_access_control_list_is_taken_back(root):
    path = root + "/etc/passwd"
    # user::rw- user:1000:r-- group::r-- mask::r-- other::r-- (linux/posix_acl_xattr.h)
    rows = [(1, 6, -1), (2, 4, 1000), (4, 4, -1), (16, 4, -1), (32, 4, -1)]
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *row) for row in rows)
    try:
        os.setxattr(path, "system.posix_acl_access", acl)
    except OSError:
        pytest.skip("left out on this machine: the temporary folder takes no access control lists")
    before = os.stat(path).st_mode

    apply(root, changes={"file": CHANGES["file"]})
    assert os.stat(path).st_mode & 0o7777 == 0o600
    report = roll_back(root)

    assert not report.conflicts
    assert os.getxattr(path, "system.posix_acl_access") == acl
    assert os.stat(path).st_mode == before


def test_what_could_not_be_taken_back_at_once_is_left_to_the_rollback(root, monkeypatch):
    before = tree(root)
    real = Place.bring_about

    def full(*_arguments):
        raise OSError(28, "no room")

    monkeypatch.setattr(Place, "bring_about", full)
    plan = Step("file", "it", path="/etc/group", content=b"wrong\n", check=[["false"]], changes=["it"])
    journal = Journal(root, "run")
    journal.create()

    result = Executor(Host(root), lambda _argv, _timeout: CommandResult(1, "", "wrong"), journal).execute([plan])

    assert "it" in result.failed
    assert tree(root) != before
    monkeypatch.setattr(Place, "bring_about", real)
    roll_back(root)
    assert tree(root) == before


def test_only_what_is_unconfirmed_is_undone_by_the_host(root, monkeypatch):
    monkeypatch.setattr(confirm, "arm", lambda *_arguments: None)
    apply(root, changes={"sysctl": CHANGES["sysctl"]})
    journal = Journal(root, "run")
    for name in ("file", "module"):
        journal.confirm()
        steps = {name: CHANGES[name]}
        Apply({**request(changes=steps), "group": "connection"}, root, good).answer()

    Rollback(Host(root), good, journal, unconfirmed, force=True).run()

    assert tree(root)[SYSCTL] == (0o666, b"0\n")
    assert tree(root)["/etc/passwd"][0] == 0o600
    assert "/etc/modprobe.d/00-hipaa-cis.conf" not in tree(root)
