"""The audit of real booted hosts: it judges what is there and writes nothing."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from tests.hosts.snapshot import LOGIN_TRACES
from tests.records import records_in

pytestmark = pytest.mark.hosts


@pytest.fixture
def audit(run_ansible, write_inventory, tmp_path):
    """Return a function that audits booted hosts and gives host name -> rule -> finding."""

    def run(hosts, *extra, user="root"):
        inventory = write_inventory(hosts, user=user)
        runs = tmp_path / "runs"
        variables = {"hipaa_cis_run_dir": str(runs), "hipaa_cis_level": 2, "hipaa_cis_benchmark": ["debian_12@1.1.0"]}
        result = run_ansible(
            "hipaa.cis.audit", "-i", inventory, "-e", json.dumps(variables), *extra, program_name="ansible-playbook"
        )
        records = records_in(runs / "latest")
        for record in records:
            validator("host_record").validate(record)
        validator("summary").validate(json.loads((runs / "latest" / "summary.json").read_text()))
        return result, {record["host"]: {one["rule"]: one for one in record["findings"]} for record in records}

    return run


# Who may log something while somebody logs in and becomes root: sshd, PAM, sudo, and systemd, which makes their sessions.
WHO_LOGS = {"sshd", "sudo", "systemd", "(systemd)", "systemd-logind", "dbus-daemon"}
LOG_FILES = (
    "find /var/log -type f ! -path '/var/log/journal/*' ! -name wtmp ! -name btmp ! -name lastlog -exec tail -n +1 {} +"
)


def journal(host, *more):
    return [json.loads(line) for line in host.run(["journalctl", "--all", "-o", "json", *more]).stdout.splitlines()]


def test_audit_changes_nothing_on_the_host(booted_host, audit):
    audit([booted_host], user="auditor")
    before = booted_host.snapshot()
    cursor = journal(booted_host, "-n", "1")[0]["__CURSOR"]
    lines = set(booted_host.run(["sh", "-c", LOG_FILES]).stdout.splitlines())

    audit([booted_host], user="auditor")

    assert not before.changes(booted_host.snapshot(), ignore=LOGIN_TRACES)
    entries = journal(booted_host, f"--after-cursor={cursor}")
    assert {entry.get("SYSLOG_IDENTIFIER", entry["MESSAGE"]) for entry in entries} <= WHO_LOGS
    assert [entry for entry in entries if "sudo" in entry["SYSLOG_IDENTIFIER"]], (
        "becoming root is logged, so the journal was read"
    )
    new = [line for line in booted_host.run(["sh", "-c", LOG_FILES]).stdout.splitlines() if line not in lines]
    assert [line for line in new if not any(f" {name}[" in line or f" {name}:" in line for name in WHO_LOGS)] == []


PLANTED = [
    ("ssh_root_login_off", "/etc/ssh/sshd_config.d/10-test.conf", "PermitRootLogin no\n", "PermitRootLogin yes\n"),
    (
        "ssh_max_auth_tries",
        "/etc/ssh/sshd_config.d/10-test.conf",
        "MaxAuthTries 4\n",
        "MaxAuthTries 4\nMatch User bob\nMaxAuthTries 9\n",
    ),
    ("sudo_use_pty", "/etc/sudoers.d/90-test", "Defaults use_pty\n", "Defaults use_pty\nDefaults:bob !use_pty\n"),
]


@pytest.mark.parametrize(("rule", "path", "right", "wrong"), PLANTED)
def test_verdict_is_what_was_planted(booted_hosts, audit, rule, path, right, wrong):
    good, bad = booted_hosts(2)
    good.write(path, right, 0o440)
    bad.write(path, wrong, 0o440)

    _result, seen = audit([good, bad])

    assert seen[good.name][rule]["outcome"] == "pass", seen[good.name][rule]
    assert seen[bad.name][rule]["outcome"] == "fail", seen[bad.name][rule]


def test_container_makes_rules_of_the_kernel_not_applicable(booted_host, audit):
    _result, seen = audit([booted_host])
    outcomes = {finding["outcome"] for finding in seen[booted_host.name].values()}

    assert seen[booted_host.name]["kernel_module_cramfs"]["outcome"] == "not_applicable"
    assert {"pass", "fail", "not_applicable"} <= outcomes


def test_without_root_what_needs_root_is_an_error(booted_host, audit):
    _result, seen = audit([booted_host], "-e", "hipaa_cis_become=false", user="plain")
    finding = seen[booted_host.name]["ssh_root_login_off"]

    assert finding["outcome"] == "error"
    assert "run the audit with become" in finding["reason"]
