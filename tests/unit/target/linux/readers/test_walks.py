"""What walks touch and what they do not: mounts that may never answer, paths without end, folders without number."""

from __future__ import annotations

import os
import shutil
import tracemalloc

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import accounts, home_directories
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import folder

PASSWD = "root:x:0:0::/root:/bin/sh\nanna:x:%d:0::%s:/bin/sh\n"
TABLE = "1 0 254:0 / / rw - ext4 /dev/a rw\n"
BOTH = pytest.mark.parametrize(
    ("kind", "address"), [("filesystem_scan", {"find": "sgid"}), ("accounts", {"fact": "dot_rhosts"})]
)


def plant(root, home="/home/anna", mounts=""):
    for path in ("etc", "proc/self", "home/anna", "root"):
        (root / path).mkdir(parents=True)
    (root / "etc/passwd").write_text(PASSWD % (os.getuid(), home))
    (root / "etc/group").write_text("root:x:%d:\n" % os.getgid())
    (root / "etc/shells").write_text("/bin/sh\n")
    (root / "proc/self/mountinfo").write_text(TABLE + mounts)
    return Host(str(root), privileged=True)


def mount(number, path, fstype):
    return "%d 1 0:%d / %s rw - %s x rw\n" % (number, number, path, fstype)


def chain(root, names):
    """Make folders in each other, however long their path; return the paths of what was put into them."""
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for name in names:
        os.mkdir(name, dir_fd=handle)
        below = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=handle)
        os.close(handle)
        handle = below
    return handle


def put(handle, name=".rhosts"):
    os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o755, dir_fd=handle))
    os.chmod(name, 0o2755, dir_fd=handle)


def paths(seen):
    assert seen.state == "value", seen.reason
    return seen.value["paths"] if isinstance(seen.value, dict) else seen.value


@BOTH
def test_path_longer_than_the_kernel_takes_is_walked_to_its_end(tmp_path, kind, address):
    host = plant(tmp_path)
    names = ["%03d" % number + "x" * 30 for number in range(folder.OPEN_LEVELS * 2 + 20)]
    handle = chain(tmp_path / "home/anna", names)
    put(handle)
    os.close(handle)
    # A second folder on each side of where folders are no longer kept open, walked on the way back.
    for depth in (folder.OPEN_LEVELS - 3, folder.OPEN_LEVELS, folder.OPEN_LEVELS + 20):
        handle = os.open(tmp_path / "home/anna" / "/".join(names[:depth]), os.O_RDONLY)
        for name in ("0", "z"):
            os.mkdir(name, dir_fd=handle)
            below = os.open(name, os.O_RDONLY, dir_fd=handle)
            put(below)
            os.close(below)
        os.close(handle)

    (seen,) = read_kind(host, kind, [address])

    assert len("/".join(names)) > 4096
    found = paths(seen)
    assert sorted(path.count("/") for path in found) == sorted(
        [2 + len(names) + 1, *(2 + depth + 2 for depth in (61, 61, 64, 64, 84, 84))]
    )
    assert "could not" not in seen.source
    shutil.rmtree(tmp_path / "home")


@BOTH
def test_folder_moved_away_meanwhile_costs_only_what_lies_around_it(tmp_path, monkeypatch, kind, address):
    host = plant(tmp_path)
    names = ["d%d" % number for number in range(folder.OPEN_LEVELS + 10)]
    os.close(chain(tmp_path / "home/anna", names))
    for place in ("root", "home/anna/%s" % "/".join(names[:3])):
        handle = os.open(tmp_path / place, os.O_RDONLY)
        put(handle)
        os.close(handle)
    last = tmp_path / "home/anna" / "/".join(names)
    really = os.scandir

    def move(handle):
        if last.exists() and os.path.samestat(os.fstat(handle), last.stat()):
            last.rename(tmp_path / "home/anna/moved")
        return really(handle)

    monkeypatch.setattr(folder.os, "scandir", move)

    (seen,) = read_kind(host, kind, [address])

    assert sorted(paths(seen)) == ["/home/anna/d0/d1/d2/.rhosts", "/root/.rhosts"]
    assert "; 1 could not be looked at: /home/anna/d0/" in seen.source
    assert "(moved meanwhile)" in seen.source


class Touched(Exception):
    """What must not be touched was."""


@pytest.fixture
def untouchable(monkeypatch):
    """A function: from then on nothing at or below a path may be looked at."""

    def forbid(root, path):
        real = os.path.join(str(root), path[1:])
        name = path.rsplit("/", 1)[1]

        def guarded(function):
            def call(given, *rest, **keys):
                if str(given) == name or str(given).startswith(real):
                    raise Touched(given)
                return function(given, *rest, **keys)

            return call

        for one in ("open", "stat", "lstat", "readlink", "listdir"):
            monkeypatch.setattr(os, one, guarded(getattr(os, one)))
        really = os.scandir

        def scan(handle):
            with really(handle) as found:
                return Entries([Entry(one, one.name == name) for one in found])

        monkeypatch.setattr(os, "scandir", scan)

    return forbid


class Entries(list):
    def __enter__(self):
        return iter(self)

    def __exit__(self, *_problem):
        return None


class Entry:
    def __init__(self, entry, closed):
        self.name = entry.name
        self._entry = entry
        self._closed = closed

    def stat(self, **keys):
        if self._closed:
            raise Touched(self.name)
        return self._entry.stat(**keys)

    def is_dir(self, **keys):
        return self._entry.is_dir(**keys)


@pytest.mark.parametrize("fstype", ["nfs4", "cifs", "fuse.sshfs", "fuse", "autofs"])
@BOTH
def test_mount_of_a_user_is_left_out_and_the_rest_is_judged(tmp_path, untouchable, fstype, kind, address):
    host = plant(tmp_path, mounts=mount(30, "/home/anna/cloud", fstype))
    (tmp_path / "home/anna/cloud").mkdir()
    handle = os.open(tmp_path / "home/anna", os.O_RDONLY)
    put(handle)
    os.close(handle)
    untouchable(tmp_path, "/home/anna/cloud")

    (seen,) = read_kind(host, kind, [address])

    assert paths(seen) == ["/home/anna/.rhosts"]


@BOTH
def test_mount_on_an_odd_name_is_left_out_too(tmp_path, untouchable, kind, address):
    name = b"\xff\\x41 \xc3\xa4"
    host = plant(tmp_path)
    with open(tmp_path / "proc/self/mountinfo", "ab") as table:
        table.write(b"30 1 0:30 / /home/anna/\xff\\134x41\\040\xc3\xa4 rw - fuse x rw\n")
    os.mkdir(os.fsencode(tmp_path / "home/anna") + b"/" + name)
    untouchable(tmp_path, "/home/anna/" + os.fsdecode(name))

    (seen,) = read_kind(host, kind, [address])

    assert paths(seen) == []


@pytest.mark.parametrize("home", ["/net/anna", "/home/link", "/home/anna/../up/anna"])
def test_home_that_may_not_answer_is_not_touched_and_said(tmp_path, untouchable, home):
    host = plant(tmp_path, home, mount(30, "/net", "nfs4"))
    (tmp_path / "net/anna").mkdir(parents=True)
    (tmp_path / "home/link").symlink_to("up/anna")
    (tmp_path / "home/up").symlink_to("/net")
    facts = ("home_missing", "home_not_owned", "home_too_open", *home_directories.FACTS)
    (tmp_path / "root").chmod(0o777)
    untouchable(tmp_path, "/net")

    seen = dict(zip(facts, read_kind(host, "accounts", [{"fact": fact} for fact in facts])))

    # What stands out among the others does so whatever is left out; that nothing does cannot be said.
    open_homes = seen.pop("home_too_open")
    missed = "1 homes that may not answer: anna (/net/anna, on /net, nfs4)"
    assert (open_homes.value, open_homes.source) == (["root"], "home directories of accounts; without " + missed)
    assert {(one.state, one.reason) for one in seen.values()} == {
        ("error", "nothing was found, but without %s; %s" % (missed, accounts.REMEDY))
    }


def test_home_that_may_not_answer_does_not_matter_where_nobody_logs_in(tmp_path, untouchable):
    host = plant(tmp_path, "/net/anna", mount(30, "/net", "nfs4"))
    passwd = tmp_path / "etc/passwd"
    passwd.write_text(passwd.read_text().replace("anna:/bin/sh", "anna:/bin/false"))
    (tmp_path / "root").chmod(0o700)
    untouchable(tmp_path, "/net")

    for fact in ("home_missing", "home_not_owned", "home_too_open", *home_directories.FACTS):
        (seen,) = read_kind(host, "accounts", [{"fact": fact}])
        assert (seen.state, seen.value, seen.source) == ("value", [], "home directories of accounts"), fact


def test_link_to_what_may_not_answer_is_judged_as_it_is(tmp_path, untouchable):
    host = plant(tmp_path, mounts=mount(30, "/net", "nfs4"))
    (tmp_path / "net").mkdir()
    (tmp_path / "home/anna/.netrc").symlink_to("/net/netrc")
    untouchable(tmp_path, "/net")

    (seen,) = read_kind(host, "accounts", [{"fact": "dot_netrc_too_open"}])

    assert seen.value == ["/home/anna/.netrc"]


@BOTH
def test_memory_does_not_grow_with_the_folders_below_a_long_path(tmp_path, kind, address):
    host = plant(tmp_path)
    handle = chain(tmp_path / "home/anna", ["x" * 250] * 14)
    for number in range(1500):
        os.mkdir("%04d" % number, dir_fd=handle)
    os.close(handle)
    read_kind(host, "accounts", [{"fact": "uid_zero"}])
    tracemalloc.start()

    read_kind(host, kind, [address])

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 400 * 1024
    shutil.rmtree(tmp_path / "home")
