"""A package manager that can't work, in a whole remediation: its rule says what to do, all others are fixed."""

from __future__ import annotations

import pytest

from tests.integration.remediating import RULES, changes, playbook, playbook_command, remediation_of, results

__all__ = ["playbook", "playbook_command", "remediation_of", "results"]

pytestmark = pytest.mark.hosts

NEEDS = "pam_pwquality_installed"
GIVEN = {"hipaa_cis_include": {"rules": [NEEDS, *RULES]}, "hipaa_cis_allow_disruption": ["service_reload", "login"]}
LISTS = "cd /var/lib/apt/lists && find . -type f | sort | xargs -r sha256sum"
# What dpkg and apt keep for themselves.
RECORDS = ("/var/lib/dpkg", "/var/lib/dpkg/*", "/var/lib/apt", "/var/lib/apt/*", "/var/cache/*", "/var/log/*")
HOLD = """\
import fcntl, os, sys, time
if os.fork():
    sys.exit()
os.setsid()
for number in range(3):
    os.dup2(os.open(os.devnull, os.O_RDWR), number)
lock = open('/var/lib/dpkg/lock-frontend', 'w')
fcntl.lockf(lock, fcntl.LOCK_EX)
open('/run/holder', 'w').write(str(os.getpid()))
time.sleep(300)
"""
# apt waits for a lock itself, a minute each time; here two seconds, and a name is looked up once.
QUICK = """\
#!/bin/sh
for word; do
    shift
    [ "$word" = DPkg::Lock::Timeout=60 ] && word=DPkg::Lock::Timeout=2 && touch /run/waited
    set -- "$@" "$word"
done
exec /usr/bin/apt-get "$@"
"""


@pytest.fixture
def host(booted_host):
    """A host whose lists of packages are there, and that does not wait long for what does not come."""
    booted_host.run(["apt-get", "-qq", "update"], timeout=120)
    booted_host.write("/usr/local/sbin/apt-get", QUICK, 0o755)
    booted_host.run(["sh", "-c", "echo options timeout:1 attempts:1 >> /etc/resolv.conf"])
    return booted_host


def reason(remediation_of, host):
    return next(item.get("reason", "") for item in remediation_of(host)["results"] if item["rule"] == NEEDS)


def all_but_the_package_is_fixed(host, playbook, results, remediation_of):
    """Remediate and return why the rule that needs a package still fails."""
    code, said = playbook("remediate", [host], **GIVEN)
    assert code == 0, said
    assert results(host) == {NEEDS: "still_failing", **dict.fromkeys(RULES, "fixed")}
    assert host.run(["dpkg", "--audit"]).stdout == ""
    assert host.run(["sh", "-c", "ls /var/cache/apt/archives/*.deb 2>/dev/null || true"]).stdout == ""
    return reason(remediation_of, host)


def test_no_network(host, playbook, results, remediation_of):
    before, lists = host.snapshot(), host.run(["sh", "-c", LISTS]).stdout
    assert "Packages" in lists
    route = host.run(["ip", "route", "show", "default"]).stdout.split()
    host.run(["ip", "route", "del", "default"])

    why = all_but_the_package_is_fixed(host, playbook, results, remediation_of)

    assert "look at the network" in why
    assert host.run(["sh", "-c", LISTS]).stdout == lists
    first = remediation_of(host)["run_id"]
    code, said = playbook("remediate", [host], **GIVEN)
    assert code == 0, said
    assert results(host) == {NEEDS: "still_failing", **dict.fromkeys(RULES, "already_right")}
    assert not remediation_of(host)["changed"]

    host.run(["ip", "route", "add", *route])
    code, said = playbook("remediate", [host], **GIVEN)
    assert results(host)[NEEDS] == "fixed", said
    for run_id in (remediation_of(host)["run_id"], first):
        code, said = playbook("rollback", [host], hipaa_cis_run_id=run_id)
        assert code == 0, said
    assert not changes(before, host, RECORDS)


def test_no_lists_and_an_archive_that_does_not_answer(host, playbook, results, remediation_of):
    host.run(["sh", "-c", "rm -r /var/lib/apt/lists/* /etc/apt/sources.list.d/* 2>/dev/null || true"])
    host.write("/etc/apt/sources.list", "deb http://127.0.0.1:9/debian bookworm main\n")

    assert "/etc/apt/sources.list" in all_but_the_package_is_fixed(host, playbook, results, remediation_of)


def test_package_manager_of_somebody_else_that_does_not_end(host, playbook, results, remediation_of):
    host.run(["python3", "-c", HOLD])
    holder = host.run(["sh", "-c", "until [ -s /run/holder ]; do sleep 0.1; done; cat /run/holder"], timeout=20).stdout
    try:
        why = all_but_the_package_is_fixed(host, playbook, results, remediation_of)
    finally:
        host.run(["kill", holder.strip()])

    assert host.run(["ls", "/run/waited"]).returncode == 0
    assert "wait for it to end" in why
    assert holder.strip() in why
    playbook("remediate", [host], **GIVEN)
    assert results(host)[NEEDS] == "fixed"
