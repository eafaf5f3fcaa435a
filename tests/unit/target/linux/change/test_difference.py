"""What `--diff` shows of a file: enough to approve the plan, and no secret that not everybody on the host may read."""

from __future__ import annotations

import json
import os
import threading

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.difference import shown, text_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import Step
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from tests.scenarios.linux import ask

pytestmark = pytest.mark.root

OLD = "PermitRootLogin yes\nexport TOKEN=hunter2secret\nkept opensesame\numask 022 # hunter2secret\n"
NEW = (
    "# disabled by hipaa.cis: PermitRootLogin yes\nPermitRootLogin no\nexport TOKEN=hunter2secret_2\nkept opensesame\n"
    "umask 027\nMaxAuthTries 4\n"
)


@pytest.fixture
def show(tmp_path):
    def call(path="/etc/conf", mode=0o600, new=NEW, **keys):
        place = tmp_path / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        tmp_path.chmod(0o755)
        place.write_text(OLD)
        place.chmod(mode)
        return shown(Host(str(tmp_path)), Step("file", path, path=path, content=new and new.encode(), **keys))

    return call


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o440])
def test_only_our_lines_of_a_private_file_are_shown(show, mode):
    parts = show(mode=mode)

    added = [line for line in parts["lines"].splitlines() if line.startswith("+") and "/etc/conf" not in line]
    assert added == ["+PermitRootLogin no", "+umask 027", "+MaxAuthTries 4"]
    assert parts["note"].endswith("may read this file: 1 taken out, 1 made a comment, 1 rewritten")
    assert "hunter2" not in json.dumps(parts)


def test_file_in_a_private_folder_is_private(show, tmp_path):
    (tmp_path / "root").mkdir(mode=0o700)

    assert "hunter2" not in json.dumps(show("/root/.profile", 0o644))


def test_all_that_changes_in_a_public_file_is_shown(show):
    parts = show(mode=0o644)

    assert "-PermitRootLogin yes" in parts["lines"]
    assert "note" not in parts


def test_line_of_a_public_file_is_shown_as_its_grammar_lets_it(show):
    lines = show(
        "/etc/profile.d/x.sh", 0o644, new="umask 027\n: # disabled by hipaa.cis: umask 000; KEY=hunter2secret\n"
    )["lines"]

    assert "hunter2" not in lines
    assert "opensesame" not in lines
    assert "-umask 022 # (masked)\n" in lines
    assert "+umask 027\n" in lines
    assert "+: # disabled by hipaa.cis: umask 000; (masked)\n" in lines


def test_options_that_a_file_of_ours_takes_over_are_shown_by_their_names(tmp_path):
    path = "/etc/systemd/system/mnt.mount.d/zz-hipaa-cis.conf"
    step = Step("file", path, path=path, content=b"[Mount]\nOptions=rw,password=hunter2secret,nodev\n")

    assert "+Options=rw,password=(masked),nodev" in json.dumps(shown(Host(str(tmp_path)), step))


def test_line_that_moves_in_a_private_file_is_not_shown(show):
    parts = show(new="kept opensesame\numask 022 # hunter2secret\nPermitRootLogin yes\nexport TOKEN=hunter2secret\n")

    assert "hunter2" not in json.dumps(parts)
    assert "2 rewritten" in parts["note"]


def test_private_file_that_is_removed_is_counted(show):
    parts = show(new=None, remove=True)

    assert parts["note"].endswith(": 4 taken out")
    assert "lines" not in parts


def test_new_file_is_shown_whatever_its_mode(tmp_path):
    (tmp_path / "etc").mkdir()
    step = Step("file", "/etc/new", path="/etc/new", content=b"ours\n", mode=0o600)

    assert "+ours" in json.dumps(shown(Host(str(tmp_path)), step))


def test_secret_of_a_private_file_of_sudo_does_not_leave_the_host(tmp_path):
    files = {
        "/etc/passwd": "root:x:0:0::/root:/bin/sh\n",
        "/etc/group": "root:x:0:\n",
        "/etc/sudoers": "Defaults !use_pty, passprompt=opensesame\n@includedir /etc/sudoers.d\n",
    }
    for path, text in files.items():
        place = tmp_path / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    (tmp_path / "etc/sudoers").chmod(0o440)
    (tmp_path / "etc/sudoers.d").mkdir()
    changes = {"it": ["sudo", {"query": "default", "name": "use_pty"}, True]}

    answer = ask(str(tmp_path), lambda _argv, _timeout: CommandResult(), changes)

    assert answer["changes"]["it"]["state"] == "planned", answer
    told = json.dumps(answer["steps"])
    assert "/etc/sudoers" in [step["path"] for step in answer["steps"]]
    assert "+Defaults use_pty" in told
    assert "opensesame" not in told


def test_header_and_attributes_of_a_step_are_told(tmp_path):
    (tmp_path / "x").write_text("")
    (tmp_path / "x").chmod(0o644)
    status = (tmp_path / "x").stat()
    before = "mode=0644 uid=%d gid=%d" % (status.st_uid, status.st_gid)

    parts = shown(Host(str(tmp_path)), Step("file", "/x", path="/x", mode=0o600, uid=7))

    assert parts == {"header": "/x", "before": before, "after": "gid=%d mode=0600 uid=7" % status.st_gid}
    assert shown(Host(str(tmp_path)), Step("file", "/x", path="/x")) == {
        "header": "/x",
        "before": before,
        "after": before,
    }
    assert shown(Host(str(tmp_path)), Step("command", "x")) is None


def test_pipe_in_place_of_a_file_is_not_waited_for(tmp_path):
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    said = []
    looking = threading.Thread(target=lambda: said.append(text_of(pipe)), daemon=True)
    looking.start()
    looking.join(10)
    if looking.is_alive():  # let it go, or the run of the tests hangs as well
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        looking.join()
        said.append("waited")

    assert said == [""]


def test_link_in_place_of_a_file_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "link").symlink_to("secret")

    with pytest.raises(OSError, match="symbolic links"):
        text_of(str(tmp_path / "link"))
