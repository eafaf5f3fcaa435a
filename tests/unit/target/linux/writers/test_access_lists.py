"""Fixes of modes and the access control lists beside them: what goes beyond is taken, said, and brought back."""

from __future__ import annotations

import json
import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux import apply
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.execute import Executor
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import file as reader
from tests.access_lists import ACCESS, DEFAULT, give, names_of, packed

pytestmark = pytest.mark.root
SHADOW = "/etc/shadow"


@pytest.fixture
def root(tmp_path):
    for folder in ("etc", "var/log"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder).chmod(0o755)
    (tmp_path / "var").chmod(0o755)
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/root:/bin/bash\nana:x:1000:1000::/:/bin/bash\n")
    (tmp_path / "etc/group").write_text("root:x:0:\nadm:x:4:\ncare:x:500:ana\n")
    (tmp_path / "etc/shells").write_text("/bin/bash\n")
    (tmp_path / "etc/shadow").write_text("")
    (tmp_path / "etc/shadow").chmod(0o640)
    return tmp_path


def silent(_argv, _timeout):
    return CommandResult(0, "", "")


def asked(root, path, wanted, mode="apply"):
    changes = {"it": ["file", {"path": path}, wanted]}
    request = {"version": 1, "mode": mode, "run_id": "r", "group": "plain", "options": {}, "changes": changes}
    return apply.Apply(apply.parse(json.dumps(request)), str(root), silent).answer()


def test_list_beyond_a_mode_goes_and_comes_back(root):
    give(root / "etc/shadow", {"user:1000": 4, "group:500": 6})
    before = os.getxattr(root / "etc/shadow", ACCESS), os.stat(root / "etc/shadow").st_mode

    plan = asked(root, SHADOW, {"mode": "0640"}, "plan")
    asked(root, SHADOW, {"mode": "0640"})

    assert "/etc/shadow loses what goes beyond 0640 of its access control list: user:ana:r--, group:care:rw-" in str(
        plan
    )
    assert (reader.document(Host(str(root)), SHADOW)["mode"], names_of(root / "etc/shadow")) == ("0640", [])
    Rollback(Host(str(root)), silent, Journal(str(root), "r")).run()
    assert (os.getxattr(root / "etc/shadow", ACCESS), os.stat(root / "etc/shadow").st_mode) == before


def test_plan_shows_whom_a_list_names(root):
    give(root / "var/log", {"user:1000": 4})
    give(root / "var/log", {"user:1000": 4, "group:4": 4}, name=DEFAULT)

    step = asked(root, "/var/log", {"mode": "0755", "default_acl": "closed"}, "plan")["steps"][0]

    assert "default_acl=user:ana:r--,group:adm:r--" in str(step)
    assert "default_acl=group:adm:r--" in str(step)


def test_list_that_changed_since_the_plan_is_planned_anew(root, monkeypatch):
    give(root / "etc/shadow", {"user:1000": 4})
    make_file = Executor._make_file

    def meanwhile(self, step):
        give(root / "etc/shadow", {"user:1000": 4, "group:500": 4})
        return make_file(self, step)

    monkeypatch.setattr(Executor, "_make_file", meanwhile)

    answer = asked(root, SHADOW, {"mode": "0640"})

    assert (answer["changes"]["it"]["state"], names_of(root / "etc/shadow")) == ("done", [])
    assert "group:care:r--" in str(answer)


@pytest.mark.parametrize(
    ("named", "kept", "said"),
    [
        ({"user:1000": 4}, [ACCESS], "open to the account ana by its access control list (user:ana:r--)"),
        ({"group:500": 4}, [ACCESS], "open to ana by its access control list (group:care:r--)"),
        ({"user:4711": 4}, [], ""),
        ({"group:4": 4}, [ACCESS], ""),
    ],
)
def test_whom_a_list_of_a_log_names_keeps_it_where_there_is_such_a_one(root, named, kept, said):
    log = root / "var/log/x"
    log.write_text("")
    log.chmod(0o644)
    give(log, named)
    log.chmod(0o644)

    answer = asked(root, "/var/log/x", {"mode": "0640", "keep_access": True})["changes"]["it"]

    assert names_of(log) == kept
    assert said in str(answer.get("left", ""))
    assert log.stat().st_mode & 0o777 == 0o640


def test_list_for_new_files_of_a_log_folder_is_closed(root):
    give(root / "var/log", {"user:4711": 4, "group:4": 4}, name=DEFAULT)

    asked(root, "/var/log", {"default_acl": "closed", "keep_access": True})

    assert reader.document(Host(str(root)), "/var/log")["default_acl"] == []
    assert os.getxattr(root / "var/log", DEFAULT) == packed({"group:4": 4}, mask=4)
