"""Accounts of a booted host live on after a run: people change their passwords, and get accounts."""

from __future__ import annotations

import pytest

from tests.integration.remediating import changes, playbook, playbook_command, remediation_of, results

__all__ = ["playbook", "playbook_command", "remediation_of", "results"]

pytestmark = pytest.mark.hosts

RULES = ["password_minimum_age", "password_maximum_age", "system_accounts_without_shell",
         "accounts_without_shell_locked", "su_restricted"]  # fmt: skip
ALLOWED = {
    "hipaa_cis_include": {"rules": RULES},
    "hipaa_cis_level": 2,
    "hipaa_cis_allow_disruption": ["all"],
    # Who may become anna by her password today.
    "hipaa_cis_close_accounts": ["plain"],
}
# The lock of the tools that write accounts, and what sudo notes.
TRACES = ("/etc/.pwd.lock", "/home/auditor/.sudo_as_admin_successful")


def shadow(host, name):
    return next(line.split(":") for line in host.read("/etc/shadow").splitlines() if line.startswith(name + ":"))


@pytest.fixture
def host(booted_host):
    booted_host.run(["useradd", "--create-home", "anna"])
    booted_host.run(["chpasswd"], data="anna:first-Secret-1\n")
    booted_host.run(["usermod", "--shell", "/bin/bash", "games"])
    booted_host.run(["usermod", "--password", "x", "news"])
    return booted_host


def test_all_of_the_account_files_comes_back(host, playbook, results):
    before = host.snapshot()

    code, said = playbook("remediate", [host], **ALLOWED)
    assert code == 0, said
    assert set(results(host).values()) == {"fixed"}, results(host)
    assert shadow(host, "anna")[3] == "1"
    code, said = playbook("rollback", [host])

    assert code == 0, said
    assert changes(before, host, ignore=TRACES) == []


def test_new_password_and_new_account_stay(host, playbook):
    code, said = playbook("remediate", [host], **ALLOWED)
    assert code == 0, said
    host.run(["chpasswd"], data="anna:second-Secret-2\n")
    host.run(["useradd", "--create-home", "bert"])
    secret = shadow(host, "anna")[1]

    code, said = playbook("rollback", [host])

    assert code == 0, said
    assert secret not in said
    assert shadow(host, "anna")[1:5] == [secret, shadow(host, "anna")[2], "0", "99999"]
    assert host.run(["id", "bert"]).stdout
    assert host.read("/etc/passwd").count(":/bin/bash\n") >= 1
    assert "games:x:5:60:games:/usr/games:/bin/bash" in host.read("/etc/passwd")
    assert shadow(host, "news")[1] == "x"
    assert host.run(["getent", "group", "sugroup"], check=False).returncode == 2
    host.run(["pwck", "--read-only", "--quiet"], check=False)
    host.run(["grpck", "--read-only"])
