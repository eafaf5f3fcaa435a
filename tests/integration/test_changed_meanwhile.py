"""What others change or put in the way between plan and change, on a booted host; and what a rollback says of it all."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from tests.hosts.system import CommandError
from tests.integration.remediating import module_on, playbook, playbook_command, remediation_of

__all__ = ["playbook", "playbook_command", "remediation_of"]

pytestmark = pytest.mark.hosts

PASSWORD = "/etc/pam.d/common-password"
# A package whose own script switches a module on in a file that a later step of the same call changes, and that step.
ONE_CALL = {
    "package": ["package", {"name": "libpam-pwquality"}, True],
    "text": [
        "file_lines",
        {"path": PASSWORD, "pattern": r"^\s*password\s[^#]*\bpam_unix\.so\s(?:[^#]*\s)?shadow(?:\s|$)"},
        {"pam": "pam_unix.so", "add": ["shadow"]},
    ],
}
# Swaps a home below a folder of the user's own for a link to a folder of root, again and again.
SWAP = """
import ctypes, os, time
libc = ctypes.CDLL(None)
os.chdir("/home/plain")
os.symlink("/srv/secret", "link")
while True:  # RENAME_EXCHANGE
    libc.renameat2(-100, b"inner", -100, b"link", 2)
    time.sleep(0.0005)
"""
HOMES = {"homes": ["accounts", {"fact": "home_too_open"}, "0750"]}
MAKE_HOME = """
useradd --no-create-home --home-dir /home/plain/inner --shell /bin/bash inner
mkdir -m 0755 /home/plain/inner; chown inner: /home/plain/inner
mkdir -m 0700 /srv/secret
"""
ROUNDS = 2


@pytest.fixture
def module(booted_host, run_ansible, write_inventory):
    return module_on(booted_host, run_ansible, write_inventory)


def request(changes, group="plain"):
    asked = {
        "version": 1,
        "run_id": "run",
        "group": group,
        "options": {"as_login": True},
        "mode": "apply",
        "changes": changes,
    }
    return {"request": json.dumps(asked)}


def test_what_a_package_writes_is_not_lost_in_a_later_step_of_the_same_call(booted_host, module):
    before = booted_host.read(PASSWORD)

    answer = module("linux_apply", request(ONE_CALL, "connection"))

    assert {state["state"] for state in answer["changes"].values()} == {"done"}, answer
    now = booted_host.read(PASSWORD)
    assert "pam_pwquality.so" in now
    assert "pam_unix.so" in now
    assert any("pam_unix.so" in line and line.split()[-1] == "shadow" for line in now.split("\n"))
    told = module("rollback", {"run_id": "run"})
    assert told["details"]
    assert booted_host.read(PASSWORD) == before


def _rolled_back(module):
    """Roll back; return what was said where something is left, as what is swapped at that moment is."""
    try:
        module("rollback", {"run_id": "run", "force": True, "must_exist": False})
    except CommandError as refused:
        return str(refused)
    return ""


def test_a_home_that_is_swapped_all_the_time_opens_nothing_of_root(booted_host, module):
    booted_host.run(["sh", "-c", MAKE_HOME])
    booted_host.write("/srv/swap.py", SWAP)
    booted_host.run(["sh", "-c", "runuser -u plain -- python3 /srv/swap.py >/dev/null 2>&1 &"])
    try:
        for _round in range(ROUNDS):
            module("linux_apply", request(HOMES))
            said = _rolled_back(module)
            assert not said or "Not all could be rolled back: /home/plain/inner " in said
            assert booted_host.run(["stat", "-c", "%a %U", "/srv/secret"]).stdout == "700 root\n"
    finally:
        booted_host.run(["pkill", "-u", "plain", "-f", "swap.py"], check=False)


def test_a_rollback_says_what_it_does_by_rule_and_path_and_writes_a_record(
    booted_host, playbook, remediation_of, tmp_path
):
    code, said = playbook("remediate", [booted_host])
    assert code == 0, said
    run_id = remediation_of(booted_host)["run_id"]
    known = set((tmp_path / "runs").iterdir())

    for extra, done in ((["--check", "--diff"], "would be taken back"), ([], "taken back")):
        code, said = playbook("rollback", [booted_host], *extra)
        assert code == 0, said
        assert f"{done}: /etc/crontab: file mode=0600 uid=0 gid=0 -> file mode=0644 uid=0 gid=0 [crontab_perm" in said
        (folder,) = set((tmp_path / "runs").iterdir()) - known
        known.add(folder)
        record = json.loads((folder / "rollback" / f"{booted_host.name}.json").read_text())
        validator("rollback_record").validate(record)
        (rollback,) = record["rollbacks"]
        assert (rollback["taken_back"], rollback["check_mode"], record["run_id"]) == (run_id, bool(extra), folder.name)
        told = {item["path"]: (item["rules"], item["state"]) for item in rollback["items"]}
        assert told["/etc/crontab"] == (["crontab_permissions"], "would_undo" if extra else "undone")
        assert told["/proc/sys/net/ipv4/conf/all/send_redirects"][0] == ["redirects_not_sent"]
    assert (tmp_path / "runs" / "latest").resolve().name == run_id
