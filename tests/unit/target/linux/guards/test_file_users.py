"""Who uses a file or a folder today."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import file_users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host


@pytest.fixture
def host(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nanna:x:1000:50::/home/anna:/bin/sh\n")
    (tmp_path / "etc/group").write_text("root:x:0:\ncare:x:60:anna,root\nempty:x:61:\n")
    for number, uid, gid, path in ((1, 0, 0, "/srv/x"), (7, 1000, 50, "/srv/anna"), (8, 900, 61, "/srv/app")):
        folder = tmp_path / "proc" / str(number)
        (folder / "fd").mkdir(parents=True)
        (folder / "status").write_text(
            "Name:\tp%d\nUid:\t%d\t%d\t%d\t%d\nGid:\t%d\t%d\n" % (number, uid, uid, uid, uid, gid, gid)
        )
        (folder / "fd/3").symlink_to(path)
        (folder / "cwd").symlink_to("/srv/cwd%d" % number)
        (folder / "fd/4").symlink_to("socket:[1]")
    (tmp_path / "proc/9").mkdir()
    (tmp_path / "proc/10").mkdir()
    (tmp_path / "proc/10/status").write_text("Name:\tx\n")
    return Host(str(tmp_path))


def test_processes_of_others_than_root_are_known_by_what_they_hold(host):
    assert [(one.number, one.name, one.uid, one.gids, one.paths) for one in file_users.processes(host)] == [
        (7, "p7", 1000, {50}, {"/srv/anna", "/srv/cwd7"}),
        (8, "p8", 900, {61}, {"/srv/app", "/srv/cwd8"}),
    ]


@pytest.mark.parametrize(
    ("folder", "uid", "said"),
    [
        ("/srv/anna", 0, "p7 (process 7 of anna)"),
        ("/srv/anna", 1000, ""),
        ("/srv", 1000, "p8 (process 8 of 900)"),
        ("/srv/ann", 0, ""),
        ("/srv/app/", 0, "p8 (process 8 of 900)"),
        ("/srv/cwd8", 0, "p8 (process 8 of 900)"),
    ],
)
def test_folder_is_used_by_what_holds_it_or_something_in_it(host, folder, uid, said):
    assert file_users.below(host, folder, uid) == said


@pytest.mark.parametrize(
    ("gid", "uid", "who"), [(60, 0, "anna"), (60, 1000, ""), (50, 0, "anna"), (61, 0, "p8"), (61, 900, ""), (62, 0, "")]
)
def test_group_is_used_by_its_members_and_by_what_runs_in_it(host, gid, uid, who):
    assert file_users.of_group(host, gid, uid) == who


@pytest.mark.parametrize(
    ("uid", "who"),
    [
        (1000, "the account anna"),
        (900, "the user number 900, as which p8 runs"),
        (901, ""),
        (61183, ""),
        (61184, "the user number 61184 of a service with DynamicUser="),
        (65519, "the user number 65519 of a service with DynamicUser="),
        (65520, ""),
    ],
)
def test_owner_is_told_by_account_or_by_what_runs(host, uid, who):
    assert file_users.of_owner(host, uid) == who
