"""A run that breaks off says so, records what it did until then, and names the way back."""

from __future__ import annotations

import subprocess

import pytest

from tests.hosts.system import wait_until
from tests.integration.remediating import changes, journals, mode, playbook, playbook_command, remediation_of, results

__all__ = ["playbook", "playbook_command", "remediation_of", "results"]

pytestmark = pytest.mark.hosts

NEEDS = "telnet_client_absent"
HOLD = """\
import fcntl, time
with open("/var/lib/dpkg/lock-frontend", "w") as stream:
    fcntl.lockf(stream, fcntl.LOCK_EX)
    time.sleep(120)
"""
# A check of the configuration that takes its time, so that there is time to interfere.
SLOW_CHECK = """\
#!/bin/sh
case "$*" in *-t*) touch /run/checking; sleep 4 ;; esac
exec /usr/sbin/sshd.real "$@"
"""


@pytest.fixture
def started(playbook_command):
    """A function that starts a remediation: a process whose output is read at its end."""
    processes = []

    def start(host, **given):
        argv = playbook_command("remediate", [host], **given)
        processes.append(
            subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
        )
        return processes[-1]

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=600)


@pytest.fixture
def hanging(booted_host, started):
    """A run that hangs in the middle of its first group, for the package manager is locked: (process, host)."""
    booted_host.run(["sh", "-c", "apt-get -qq update && apt-get -qq -y install telnet"], timeout=120)
    holder = f"exec python3 -c '{HOLD}' >/dev/null 2>&1 &"
    booted_host.run(["sh", "-c", holder])
    run = started(
        booted_host,
        hipaa_cis_include={"rules": ["crontab_permissions", NEEDS]},
        hipaa_cis_allow_disruption=["all"],
    )
    wait_until(lambda: applying(booted_host), seconds=60, what="call of the package manager", pause=0.3)
    return run, booted_host


def applying(host):
    # Not while it only plans, which asks apt too.
    return bool(journals(host)) and host.run(["pgrep", "--full", "apt-get .* remove"], check=False).returncode == 0


def test_killed_module(hanging, results, remediation_of, playbook):
    run, host = hanging
    host.run(["pkill", "--signal", "KILL", "--full", "^/usr/bin/python3$|AnsiballZ"], check=False)
    host.run(["pkill", "--signal", "KILL", "-x", "apt-get"], check=False)
    said, _nothing = run.communicate(timeout=600)

    assert run.returncode == 2, said
    record = remediation_of(host)
    assert record["broke_off"]
    assert record["changed"]
    words = " ".join(said.split())
    assert f"hipaa_cis_run_id={record['run_id']}" in words
    assert "Traceback" not in said
    assert results(host) == {"crontab_permissions": "still_failing", NEEDS: "still_failing"}

    host.run(["pkill", "--full", "lock-frontend"])
    code, said = playbook("rollback", [host], hipaa_cis_run_id=record["run_id"])
    assert code == 0, said
    assert mode(host) == "644"


def test_rollback_while_the_run_is_at_work_is_refused(hanging, playbook):
    _run, host = hanging
    (run_id,) = journals(host)

    code, said = playbook("rollback", [host])
    assert code == 2, said
    assert "is at work on this host" in said
    code, said = playbook("rollback", [host], hipaa_cis_run_id=run_id)
    assert code == 2, said
    assert "at this very moment" in said


def test_session_that_is_lost_while_the_changes_are_made(booted_host, started, results, remediation_of, playbook):
    booted_host.run(["mv", "/usr/sbin/sshd", "/usr/sbin/sshd.real"])
    booted_host.write("/usr/sbin/sshd", SLOW_CHECK, 0o755)
    before = booted_host.snapshot()
    rules = ["crontab_permissions", "ssh_max_auth_tries"]
    run = started(booted_host, hipaa_cis_include={"rules": rules}, hipaa_cis_confirm_timeout=20)
    wait_until(
        lambda: "checking" in booted_host.run(["ls", "/run"]).stdout,
        seconds=60,
        what="check of sshd's files",
        pause=0.3,
    )
    booted_host.run(["pkill", "--signal", "KILL", "--uid", "auditor", "sshd"], check=False)
    booted_host.run(["pkill", "--signal", "KILL", "--full", "sshd: auditor"], check=False)
    said, _nothing = run.communicate(timeout=600)

    assert run.returncode == 2, said
    record = remediation_of(booted_host)
    assert results(booted_host) == {"crontab_permissions": "fixed", "ssh_max_auth_tries": "reverted"}
    assert record["reverted"]
    reason = next(item["reason"] for item in record["results"] if item["result"] == "reverted")
    assert "the connection broke" in reason
    code, said = playbook("rollback", [booted_host], hipaa_cis_run_id=record["run_id"])
    assert code == 0, said
    assert not changes(before, booted_host, ignore=("/run/*",))
