"""What access control lists give beside a mode, wherever a mode is judged."""

from __future__ import annotations

import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import (
    cron_access,
    file,
    home_directories,
    root_environment,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.access_list import AccessList
from tests.access_lists import ACCESS, DEFAULT, give, packed

PASSWD = "root:x:0:0::/root:/bin/bash\nana:x:1000:1000::/home/ana:/bin/bash\nbo:x:1001:1001::/home/bo:/bin/bash\n"


@pytest.fixture
def root(tmp_path):
    for folder in ("etc", "var/log/journal", "home/ana", "home/bo"):
        (tmp_path / folder).mkdir(parents=True)
    for home, number in (("ana", 1000), ("bo", 1001)):
        (tmp_path / "home" / home).chmod(0o750)
        os.chown(tmp_path / "home" / home, number, number)
    (tmp_path / "etc/passwd").write_text(PASSWD)
    (tmp_path / "etc/group").write_text("root:x:0:\nadm:x:4:\nshadow:x:42:\ncare:x:500:\n")
    (tmp_path / "etc/shells").write_text("/bin/bash\n")
    return tmp_path


def document(root, path, named, mode=0o640, **more):
    place = root / path[1:]
    place.write_text("")
    place.chmod(mode)
    give(place, named, **more)
    return file.document(Host(str(root)), path)


pytestmark = pytest.mark.root


@pytest.mark.parametrize(
    ("path", "named", "more", "mode", "shown"),
    [
        ("/etc/shadow", {"user:1000": 4}, {}, "0644", ["user:ana:r--"]),
        ("/etc/shadow", {"group:500": 6}, {}, "0646", ["group:care:rw-"]),
        ("/etc/shadow", {"user:4711": 4}, {}, "0644", ["user:4711:r--"]),
        ("/etc/shadow", {"user:1000": 6}, {"mask": 4}, "0644", ["user:ana:r--"]),
        ("/etc/shadow", {"user:1000": 4}, {"mask": 0}, "0600", []),
        ("/etc/shadow", {"user:1000": 0}, {}, "0640", []),
        ("/etc/shadow", {"user:0": 6, "group:0": 4}, {}, "0640", []),
        ("/etc/shadow", {"group:4": 4}, {}, "0644", ["group:adm:r--"]),
        ("/var/log/x", {"group:4": 4}, {}, "0640", []),
        ("/var/log/x", {"group:4": 6}, {}, "0660", []),
        ("/var/log/x", {"user:1000": 4}, {}, "0644", ["user:ana:r--"]),
        ("/var/log/journal/user-1000.journal", {"user:1000": 4}, {}, "0640", []),
        ("/var/log/journal/user-1000@0-1.journal", {"user:1000": 4}, {}, "0640", []),
        ("/var/log/journal/user-1000.journal", {"user:1001": 4}, {}, "0644", ["user:bo:r--"]),
        ("/etc/user-1000.journal", {"user:1000": 4}, {}, "0644", ["user:ana:r--"]),
    ],
)
def test_whom_a_list_names_counts_as_others(root, path, named, more, mode, shown):
    seen = document(root, path, named, **more)

    assert (seen["mode"], seen["acl"], seen["default_acl"]) == (mode, shown, [])


def test_list_for_new_files_counts_for_its_folder(root):
    give(root / "var/log", {"user:1000": 5, "group:4": 5}, name=DEFAULT)
    (root / "var/log").chmod(0o750)

    seen = file.document(Host(str(root)), "/var/log")

    assert (seen["mode"], seen["acl"], seen["default_acl"]) == ("0755", [], ["user:ana:r-x"])


def test_pattern_of_folders_gives_each_once(root):
    (root / "var/log/a/b").mkdir(parents=True)
    (root / "var/log/a/b/c.log").write_text("")
    (root / "var/log/again").symlink_to("a")

    seen = file.read(Host(str(root)), [{"glob": "/var/log/**/"}])[0].value

    names = {one["path"].replace("again", "a") for one in seen}
    assert (len(seen), names) == (4, {"/var/log", "/var/log/a", "/var/log/a/b", "/var/log/journal"})


@pytest.mark.parametrize("content", [b"", b"\2\0\0\0abc", b"\3\0\0\0"])
def test_list_of_unknown_form_is_an_error(root, content):
    with pytest.raises(ReadError, match="access control list of /x has an unknown form"):
        AccessList(Host(str(root)), "/x", os.stat(root), content, True)


def test_list_of_another_sort_is_an_error(root, monkeypatch):
    monkeypatch.setattr(os, "listxattr", lambda *_path, **_more: ["system.nfs4_acl"])

    with pytest.raises(ReadError, match=r"another sort \(system.nfs4_acl\)"):
        file.document(Host(str(root)), "/etc/passwd")


def test_lists_of_cron_homes_and_the_path_of_root_count(root):
    host = Host(str(root))
    (root / "etc/cron.allow").write_text("")
    (root / "etc/cron.allow").chmod(0o640)
    give(root / "etc/cron.allow", {"user:1000": 6})
    give(root / "home/ana", {"user:1001": 1}, group=5)
    for name, named in ((".profile", {"user:1001": 4}), (".rc", {"user:1001": 6}), (".netrc", {"user:1001": 4})):
        (root / "home/ana" / name).write_text("")
        (root / "home/ana" / name).chmod(0o600)
        give(root / "home/ana" / name, named, group=0)
    (root / "etc").chmod(0o755)
    give(root / "etc", {"group:500": 7}, group=5)

    assert cron_access.read(host, [{"program": "cron"}])[0].value["allow"]["mode"] == "0646"
    assert home_directories.too_open(host) == ["ana"]
    found = home_directories.hidden_files(host)
    assert found["dot_files_too_open"].items == ["/home/ana/.rc"]
    assert found["dot_netrc_too_open"].items == ["/home/ana/.netrc"]
    assert "can be written by others" in root_environment._directory_problems(host, "/etc")


@pytest.mark.parametrize(
    ("named", "limit", "keep", "after_and_mask"),
    [
        ({"user:1000": 4}, 0o640, (), (None, 4)),
        ({"user:1000": 6}, 0o644, (), ({"user:1000": 4}, 4)),
        ({"user:1000": 4, "group:500": 6}, 0o640, (1000,), ({"user:1000": 4}, 4)),
        ({"user:1000": 4, "user:0": 6}, 0o640, (), ({"user:0": 6}, 6)),
        ({"user:1000": 4}, 0o600, (), (None, 0)),
    ],
)
def test_narrowed_list_gives_nobody_more(root, named, limit, keep, after_and_mask):
    one = AccessList(Host(str(root)), "/etc/shadow", os.stat(root / "etc"), packed(named), True)
    after, mask = after_and_mask

    content, left = one.narrowed(limit, lambda entry: entry.number in keep)

    assert left == mask
    assert content == (None if after is None else packed(after, mask=mask))


def test_list_for_new_files_without_names_goes_on_to_bound_others(root):
    one = AccessList(Host(str(root)), "/var/log", os.stat(root), packed({"user:1000": 4}), False)

    content, _mask = one.narrowed(0, lambda _entry: False)

    assert content
    os.setxattr(root / "var/log", DEFAULT, content)
    (root / "var/log/new").write_text("")
    assert (root / "var/log/new").stat().st_mode & 0o777 == 0o640
    assert ACCESS not in os.listxattr(root / "var/log/new")
