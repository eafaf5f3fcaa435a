"""What lies on a mount that may never answer is told by the table of mounts, and nothing of it is touched."""

from __future__ import annotations

import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind

TABLE = "1 0 254:0 / / rw - ext4 /dev/a rw\n"
LOOKS = {
    "stat": lambda host, path: host.stat(path),
    "status of itself": lambda host, path: host.stat(path, follow=False),
    "exists": lambda host, path: host.exists(path),
    "text": lambda host, path: host.read_text(path),
    "link": lambda host, path: host.read_link(path),
    "names": lambda host, path: host.list_directory(path),
    "pattern": lambda host, path: host.glob(path + "/*"),
    "pattern of one": lambda host, path: host.glob(path + "/x"),
}
# What is on the host: files, folders (with a slash), links.
TREE = ("etc/passwd", "net/x/y", "auto/", "var/log/syslog", "var/log/far/x", "home/anna/", "proc/sys/fs/binfmt_misc/")
LINKS = {"link": "/net/x", "etc/up": "../srv/one", "srv/one": "two/../two", "srv/two": "../net", "fine": "etc"}


class Touched(Exception):
    """What must not be touched was."""


@pytest.fixture
def on(tmp_path, monkeypatch):
    """A function: a host with these mounts, (path, type), of which nothing may be touched."""
    for name in TREE:
        path = tmp_path / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.write_text("root:x:%d:%d:\n" % (os.getuid(), os.getgid()))
    for name, target in LINKS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(target)
    (tmp_path / "etc/group").write_text("root:x:%d:\n" % os.getgid())
    (tmp_path / "proc/self").mkdir()

    def make(*mounts):
        rows = ["%d 1 0:%d / %s rw - %s x rw\n" % (30 + n, 30 + n, *one) for n, one in enumerate(mounts)]
        (tmp_path / "proc/self/mountinfo").write_text(TABLE + "".join(rows))
        closed = tuple(str(tmp_path) + path + "/" for path, _fstype in mounts)
        for name in ("open", "stat", "lstat", "readlink", "listdir", "scandir"):
            monkeypatch.setattr(os, name, guarded(getattr(os, name), closed))
        return Host(str(tmp_path), privileged=True)

    return make


def guarded(function, closed):
    def call(given, *rest, **keys):
        if not isinstance(given, int) and (os.fspath(given) + "/").startswith(closed):
            raise Touched(given)
        return function(given, *rest, **keys)

    return call


@pytest.mark.parametrize("fstype", ["nfs4", "fuse", "fuse.sshfs", "autofs"])
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
@pytest.mark.parametrize("path", ["/net/x", "/etc/../link/y", "/etc/up/x"])
def test_path_that_leads_there_is_an_error_that_names_it_and_the_mount(on, look, path, fstype):
    host = on(("/net", fstype))

    with pytest.raises(ReadError) as problem:
        look(host, path)

    # A pattern is looked for part by part.
    assert str(problem.value).startswith((path, "/net "))
    assert " was not looked at: it lies on /net (%s), which may not answer" % fstype in str(problem.value)


@pytest.mark.parametrize("path", ["/fine/passwd", "/etc/passwd", "/network", "/"])
def test_what_lies_elsewhere_is_looked_at(on, path):
    host = on(("/net", "nfs"))

    assert host.exists(path) is (path != "/network")


def test_link_itself_is_no_part_of_where_it_leads(on):
    host = on(("/net", "nfs"))

    assert host.read_link("/link") == "/net/x"
    assert host.stat("/link", follow=False)


def test_mount_that_another_one_covers_is_not_met(on, tmp_path):
    host = on()
    rows = "30 1 0:30 / /net rw - nfs x rw\n31 30 8:1 / /net rw - ext4 x rw\n"
    (tmp_path / "proc/self/mountinfo").write_text(TABLE + rows)

    assert host.read_text("/net/x/y")


@pytest.mark.parametrize("mounts", [(("/", "nfs4"),), (("/proc/sys/fs/binfmt_misc", "autofs"),)])
def test_mounts_of_the_system_itself_are_met(on, tmp_path, mounts):
    host = on()
    text = (
        "1 0 0:1 / / rw - nfs4 x rw\n" if mounts[0][0] == "/" else TABLE + "30 1 0:30 / %s rw - %s x rw\n" % mounts[0]
    )
    (tmp_path / "proc/self/mountinfo").write_text(text)

    assert host.list_directory("/proc/sys/fs/binfmt_misc") == []
    assert host.read_text("/etc/passwd")


@pytest.mark.parametrize("table", [None, "not a table\n"])
def test_host_that_does_not_tell_its_mounts_is_looked_at(on, tmp_path, table):
    host = on()
    (tmp_path / "proc/self/mountinfo").unlink()
    if table:
        (tmp_path / "proc/self/mountinfo").write_text(table)

    assert host.read_text("/net/x/y")


def test_table_is_read_once(on, monkeypatch):
    host = on(("/net", "nfs"))
    host.exists("/etc")
    really, opened = os.open, []

    def noted(path, *rest, **keys):
        opened.append(path)
        return really(path, *rest, **keys)

    monkeypatch.setattr(os, "open", noted)

    host.read_text("/etc/passwd")

    assert [path.rsplit("/", 1)[1] for path in opened] == ["passwd"]


def test_files_of_a_pattern_are_no_value_without_those_that_were_left_out(on):
    host = on(("/var/log/far", "nfs4"))
    addresses = [{"glob": "/var/log/**"}, {"path": "/var/log/syslog"}, {"path": "/var/log/far"}]

    seen = read_kind(host, "file", addresses)

    reason = "/var/log/far was not looked at: it lies on /var/log/far (nfs4), which may not answer"
    assert [one.state for one in seen] == ["error", "value", "error"]
    assert all(one.reason.startswith(reason) for one in (seen[0], seen[2]))


def test_part_of_the_path_of_root_costs_that_fact_alone(on, tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "root/.profile").write_text("export PATH=/etc:/net/bin\n")
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (tmp_path / "etc/sudoers").write_text("")
    host = on(("/net", "fuse"))

    seen = read_kind(host, "accounts", [{"fact": "root_path_problems"}, {"fact": "uid_zero"}, {"fact": "root_umask"}])

    assert [one.state for one in seen] == ["error", "value", "value"], seen
    assert seen[0].reason.startswith("/net/bin was not looked at: it lies on /net (fuse), which may not answer")
