"""Who uses a file today keeps it: owners, members of its group, and what has it open; the rest of a change is made."""

from __future__ import annotations

import json
import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux import apply
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import file_users
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import file as reader

LOG = "/var/log/app.log"
PASSWD = """\
root:x:0:0::/root:/bin/bash
svc:x:400:400::/:/usr/sbin/nologin
postgres:x:401:401::/var/lib/postgresql:/bin/bash
alice:x:1000:1000::/home/alice:/bin/bash
twin:x:400:400::/:/bin/sh
"""
GROUPS = "root:x:0:\nadm:x:4:alice\nsvc:x:400:\ncare:x:500:alice\nempty:x:501:\n"
WANTED = {"mode": "0640", "owner": "root", "group": "adm", "keep_access": True}


@pytest.fixture
def root(tmp_path):
    for folder in ("etc", "var/log"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/passwd").write_text(PASSWD.replace("twin:x:400", "twin:x:402"))
    (tmp_path / "etc/group").write_text(GROUPS)
    (tmp_path / "etc/shells").write_text("/bin/sh\n/bin/bash\n/usr/sbin/nologin\n")
    return tmp_path


def log(root, mode, uid=0, gid=0):
    path = root / LOG.lstrip("/")
    path.write_text("x\n")
    os.chown(path, uid, gid)
    path.chmod(mode)


def running(root, number, uid, gids=(), path=""):
    folder = root / "proc" / str(number)
    (folder / "fd").mkdir(parents=True)
    (folder / "status").write_text(
        f"Name:\tagent\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t{uid}\t{uid}\t{uid}\t{uid}\nGroups:\t{' '.join(map(str, gids))}\n"
    )
    if path:
        (folder / "fd/3").symlink_to(path)


def applied(root, wanted):
    request = {
        "version": 1,
        "mode": "apply",
        "run_id": "r",
        "group": "plain",
        "options": {},
        "changes": {"it": ["file", {"path": LOG}, wanted]},
    }
    answer = apply.Apply(
        apply.parse(json.dumps(request)), str(root), lambda _argv, _timeout: CommandResult(0, "", "")
    ).answer()
    status = (root / LOG.lstrip("/")).stat()
    state = answer["changes"]["it"]
    return (
        state["state"],
        state.get("left") or state.get("reason", ""),
        (oct(status.st_mode & 0o7777), status.st_uid, status.st_gid),
    )


pytestmark = pytest.mark.root


@pytest.mark.parametrize(
    ("uid", "kind"), [(0, "root"), (400, "service"), (401, "login"), (1000, "login"), (402, "login"), (777, None)]
)
def test_kind_of_the_owner_is_told_by_the_shell(root, uid, kind):
    log(root, 0o640, uid)
    assert reader.read(Host(str(root)), [{"path": LOG}])[0].value["owner_kind"] == kind


def test_number_of_two_accounts_is_one_that_can_log_in(root):
    (root / "etc/passwd").write_text(PASSWD)
    log(root, 0o640, 400)
    assert reader.read(Host(str(root)), [{"path": LOG}])[0].value["owner_kind"] == "login"


def test_without_a_list_of_shells_only_root_is_known(root):
    (root / "etc/shells").unlink()
    log(root, 0o640, 400)
    assert reader.read(Host(str(root)), [{"path": LOG}])[0].value["owner_kind"] is None


@pytest.mark.parametrize(
    ("before", "after", "state", "said"),
    [
        ((0o644, 0, 0), ("0o640", 0, 4), "done", ""),
        ((0o644, 401, 4), ("0o640", 401, 4), "done", "belongs to the account postgres"),
        ((0o640, 401, 4), ("0o640", 401, 4), "refused", "belongs to the account postgres"),
        ((0o644, 888, 0), ("0o640", 0, 4), "done", ""),
        ((0o644, 61200, 0), ("0o640", 61200, 4), "done", "DynamicUser"),
        ((0o664, 0, 500), ("0o660", 0, 500), "done", "the group care, in which is alice"),
        ((0o664, 0, 501), ("0o640", 0, 4), "done", ""),
        ((0o664, 0, 4), ("0o640", 0, 4), "done", ""),
        ((0o044, 401, 4), ("0o40", 0, 4), "done", ""),
    ],
)
def test_owner_and_group_that_somebody_uses_stay(root, before, after, state, said):
    log(root, *before)

    seen = applied(root, WANTED)

    assert (seen[0], seen[2]) == (state, after)
    assert said in seen[1] if said else not seen[1]


def test_user_number_of_what_runs_stays(root):
    log(root, 0o644, 888)
    running(root, 5, 888)
    assert applied(root, WANTED) == ("done", seen_left(888), ("0o640", 888, 4))


def seen_left(uid):
    return f"{LOG} belongs to the user number {uid}, as which agent runs, which may need it, so that stays; give it another owner by hand where it does not"


def test_what_has_it_open_as_others_keeps_that(root):
    log(root, 0o644)
    running(root, 7, 401, path=LOG)
    state, said, after = applied(root, {"mode": "0640", "keep_access": True})
    assert (state, after) == ("refused", ("0o644", 0, 0))
    assert "in use by agent (process 7 of postgres)" in said


def test_what_has_it_open_by_its_group_is_no_other(root):
    log(root, 0o644, 0, 4)
    running(root, 7, 401, [4], LOG)
    assert applied(root, {"mode": "0640", "keep_access": True}) == ("done", "", ("0o640", 0, 4))


def test_without_the_key_all_is_set(root):
    log(root, 0o644, 401, 500)
    assert applied(root, {"mode": "0640", "owner": "root", "group": "adm"})[2] == ("0o640", 0, 4)


def test_processes_are_told_by_what_they_have_open(root):
    running(root, 7, 401, path="/home/alice/www/index.html")
    running(root, 8, 1000, path="/home/alice/notes")
    host = Host(str(root))
    assert file_users.below(host, "/home/alice", 1000) == "agent (process 7 of postgres)"
    assert file_users.below(host, "/home/alic", 1000) == ""


def test_owner_is_set_without_a_look_at_the_mode(root):
    log(root, 0o645)
    running(root, 7, 401, path=LOG)
    assert applied(root, {"owner": "root", "keep_access": True})[2] == ("0o645", 0, 0)
    log(root, 0o644)
    assert applied(root, {"mode": "0640", "owner": "root", "keep_access": True})[2] == ("0o644", 0, 0)


def test_of_a_mode_that_is_to_be_none_only_what_is_used_stays(root):
    log(root, 0o604)
    running(root, 7, 401, path=LOG)
    assert applied(root, {"mode": "0000", "keep_access": True})[2] == ("0o4", 0, 0)
