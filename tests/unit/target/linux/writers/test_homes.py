"""A home that somebody else gets at is left to a person, with who that is; the others are closed."""

from __future__ import annotations

import json
import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux import apply
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult

PASSWD = """\
root:x:0:0::/root:/bin/bash
www-data:x:33:33::/var/www:/usr/sbin/nologin
alice:x:1000:1000::/home/alice:/bin/bash
bob:x:1001:1001::/home/bob:/bin/bash
"""
pytestmark = pytest.mark.root


@pytest.fixture
def root(tmp_path):
    for name, mode, uid in (("alice", 0o755, 1000), ("bob", 0o755, 1001)):
        home = tmp_path / "home" / name
        home.mkdir(parents=True)
        home.chmod(mode)
        os.chown(home, uid, uid)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text(PASSWD)
    (tmp_path / "etc/group").write_text("root:x:0:\nalice:x:1000:\nbob:x:1001:\ncare:x:2000:bob\n")
    (tmp_path / "etc/shells").write_text("/bin/bash\n")
    return tmp_path


def closed(root):
    """Return (what was left, the modes of alice's and bob's home)."""
    changes = {"it": ["accounts", {"fact": "home_too_open"}, "0750"]}
    request = {"version": 1, "mode": "apply", "run_id": "r", "group": "plain", "options": {}, "changes": changes}

    def runner(_argv, _timeout):
        return CommandResult(0, "", "")

    state = apply.Apply(apply.parse(json.dumps(request)), str(root), runner).answer()["changes"]["it"]
    modes = [oct((root / "home" / name).stat().st_mode & 0o7777) for name in ("alice", "bob")]
    return state.get("left", "") or state.get("reason", ""), modes


BOTH, ONLY_BOB = ["0o750", "0o750"], ["0o755", "0o750"]


def test_homes_that_nobody_else_uses_are_closed(root):
    assert closed(root) == ("", BOTH)


@pytest.mark.parametrize(
    ("path", "text", "left"),
    [
        ("nginx/sites-enabled/a", "server {\n  root /home/alice/www;\n}\n", "/etc/nginx/sites-enabled/a:2"),
        ("apache2/sites-enabled/a.conf", "DocumentRoot '/home/alice'\n", "/etc/apache2/sites-enabled/a.conf:1"),
        ("apache2/mods-enabled/userdir.conf", "UserDir public_html\n", "/etc/apache2/mods-enabled/userdir.conf:1"),
        ("samba/smb.conf", "; x\npath = /home/alice/share\n", "/etc/samba/smb.conf:2"),
        (
            "systemd/system/a.service",
            "[Service]\nUser=www-data\nWorkingDirectory=/home/alice/app\n",
            "/etc/systemd/system/a.service",
        ),
        (
            "systemd/system/a.service",
            "[Service]\nDynamicUser=yes\nExecStart=/home/alice/app\n",
            "/etc/systemd/system/a.service",
        ),
    ],
)
def test_home_that_a_server_is_told_of_is_left(root, path, text, left):
    (root / "home/alice/public_html").mkdir()
    place = root / "etc" / path
    place.parent.mkdir(parents=True)
    place.write_text(text)

    said, modes = closed(root)

    assert modes == ONLY_BOB
    assert f"the home /home/alice is used by what {left} configures" in said


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("nginx/a", "# root /home/alice/www;\nroot /home/alice2/www;\n"),
        ("apache2/a.conf", "UserDir disabled root\n"),
        ("systemd/system/a.service", "[Service]\nUser=alice\nWorkingDirectory=/home/alice/app\n"),
        ("systemd/system/a.service", "[Service]\nExecStart=/home/alice/app\n"),
    ],
)
def test_home_that_no_other_account_is_told_of_is_closed(root, path, text):
    place = root / "etc" / path
    place.parent.mkdir(parents=True)
    place.write_text(text)
    assert closed(root) == ("", BOTH)


def test_homes_of_everybody_are_left_where_a_server_names_them_by_a_pattern(root):
    (root / "etc/nginx").mkdir()
    (root / "etc/nginx/nginx.conf").write_text("alias /home/$1/www;\n")
    said, modes = closed(root)
    assert modes == ["0o755", "0o755"]
    assert said.count("/etc/nginx/nginx.conf:1") == 2


def test_home_in_which_another_account_lives_is_left(root):
    (root / "etc/passwd").write_text(PASSWD + "app:x:500:500::/home/alice/app:/usr/sbin/nologin\n")
    said, modes = closed(root)
    assert modes == ONLY_BOB
    assert "the account app, whose home lies below" in said


def test_home_into_which_a_group_writes_is_left(root):
    os.chown(root / "home/alice", 1000, 2000)
    (root / "home/alice").chmod(0o770)
    said, modes = closed(root)
    assert modes == ["0o770", "0o750"]
    assert "is used by bob" in said


def test_home_in_which_another_one_runs_is_left(root):
    folder = root / "proc/9"
    (folder / "fd").mkdir(parents=True)
    (folder / "status").write_text("Name:\tnginx\nUid:\t33\t33\t33\t33\nGid:\t33\t33\t33\t33\nGroups:\t33\n")
    (folder / "cwd").symlink_to("/home/alice/www")
    said, modes = closed(root)
    assert modes == ONLY_BOB
    assert "used by nginx (process 9 of www-data)" in said
