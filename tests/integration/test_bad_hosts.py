"""Hosts that are broken or hostile: one clear message each, never a traceback, never a lost host."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hosts.accounts import AUDITOR, PLAIN

pytestmark = pytest.mark.hosts
NAMED = {"hipaa_cis_benchmark": ["debian_12"]}
FILLED = "mkdir -p {0} && mount -t tmpfs -o size=4k,mode=1777 none {0} && (yes > {0}/filled || true) 2>/dev/null"


def test_hosts_that_cannot_be_audited_say_why_and_none_is_lost(booted_hosts, audit_hosts):
    bare, weak, full, lacking, fine = booted_hosts(5)
    bare.run(["sh", "-c", "rm /usr/bin/python3*"])
    for folder in ("/tmp", "/var/tmp", "/root/.ansible/tmp"):
        full.run(["sh", "-c", FILLED.format(folder)])
    lacking.run(["rm", "/usr/bin/sudo"])
    own = {weak: {"ansible_user": PLAIN}, lacking: {"ansible_user": AUDITOR}, full: {"ansible_ssh_pipelining": False}}

    audit = audit_hosts([bare, weak, full, lacking, fine], own=own, **NAMED)

    reasons = {
        bare: "the host has no Python",
        weak: "becoming root needs a password",
        full: "there is no space left for Ansible's module on the host",
        lacking: "the host does not have the program for becoming root; install sudo",
    }
    assert audit.code == 2
    assert "Traceback" not in audit.said
    for host, reason in reasons.items():
        record = audit.record(host.name)
        assert record["status"] != "audited"
        assert reason in record["reason"], (host.name, record["reason"])
        # The whole of it, and not what fits on one line.
        assert f"NOT AUDITED {host.name}" in audit.said
        assert f"(failed): {reason}" in audit.said
    assert audit.record(fine.name)["status"] == "audited"


def test_hostile_files_spoil_only_what_they_are(booted_host, audit_hosts):
    host = booted_host
    host.write("/etc/ssh/sshd_config.d/self.conf", "Include /etc/ssh/sshd_config.d/self.conf\n")
    host.run(["truncate", "-s", "100M", "/etc/sysctl.d/99-huge.conf"])
    host.run(["sh", "-c", "ln -s loop /etc/cron.d/loop; ln -s /var/log /var/log/round"])
    host.run(["python3", "-c", r"open(b'/home/plain/.\xff\xfe', 'w'); open(b'/var/log/\xff.log', 'w')"])
    # Nothing but the names that are no UTF-8 breaks these two rules.
    host.run(["sh", "-c", "chmod 600 /var/log/*.log /var/log/faillog"])
    host.run(
        ["python3", "-c", r"import os; [os.chmod(p, 0o666) for p in (b'/home/plain/.\xff\xfe', b'/var/log/\xff.log')]"]
    )

    audit = audit_hosts([host], **NAMED)
    seen = audit.findings(host.name)

    assert audit.code == 0, audit.said
    assert "Traceback" not in audit.said
    assert seen["ssh_max_auth_tries"]["outcome"] == "error"
    assert seen["syn_cookies_used"]["outcome"] == "error"
    assert "99-huge.conf is larger than" in seen["syn_cookies_used"]["reason"]
    assert seen["log_files_closed"]["outcome"] == "fail"
    assert seen["dot_files_private"]["outcome"] == "fail"
    assert {seen[rule]["outcome"] for rule in ("shadow_permissions", "sudo_use_pty", "cron_running")} == {"pass"}


def test_hung_command_costs_its_time_and_its_setting_only(booted_host, audit_hosts):
    booted_host.write("/usr/local/sbin/sshd", "#!/bin/sh\nsleep 1000\n", 0o755)

    audit = audit_hosts([booted_host], hipaa_cis_command_timeout=2, **NAMED)
    seen = audit.findings(booted_host.name)

    assert audit.code == 0, audit.said
    assert "no answer within 2 seconds" in seen["ssh_max_auth_tries"]["reason"]
    assert seen["ssh_max_auth_tries"]["outcome"] == "error"
    assert seen["sudo_use_pty"]["outcome"] == "pass"
    assert audit.record(booted_host.name)["platforms"]["linux"]["stats"]["seconds"] < 20
    assert booted_host.run(["pgrep", "-f", "sleep 1000"], check=False).returncode == 1


def test_without_root_the_shadow_file_is_an_error_and_never_a_pass(booted_host, audit_hosts):
    seen = audit_hosts([booted_host], user=PLAIN, hipaa_cis_become=False, **NAMED).findings(booted_host.name)

    for rule in ("passwords_not_empty", "root_password_controlled", "password_maximum_age"):
        assert seen[rule]["outcome"] == "error", seen[rule]
        assert "run the audit with become" in seen[rule]["reason"]


def test_run_directory_that_cannot_be_written_is_one_message(booted_host, audit_hosts, tmp_path):
    place = tmp_path / "file"
    place.write_text("no folder")

    audit = audit_hosts([booted_host], hipaa_cis_run_dir=str(place), **NAMED)

    assert audit.code == 2
    assert "cannot be written" in audit.said
    assert "Set hipaa_cis_run_dir to a folder on the controller" in audit.said
    assert "Traceback" not in audit.said
    assert os.listdir(tmp_path).count("file") == 1


def test_ad_hoc_audit(booted_host, run_ansible, write_inventory, tmp_path):
    said = run_ansible(
        "all", "-i", write_inventory([booted_host]), "-m", "hipaa.cis.audit", "-a", f"run_dir={tmp_path}/runs"
    )

    assert '"debian_12@' in said
    assert (tmp_path / "runs" / "latest" / "hosts" / f"{booted_host.name}.json.gz").is_file()
    assert len(said) < 100_000


@pytest.mark.parametrize("name", ["audit", "remediate", "rollback"])
def test_wrong_password_for_becoming_root_is_called_so(booted_host, write_inventory, tmp_path, name):
    booted_host.run(["chpasswd"], data=f"{PLAIN}:right-Secret-1\n")
    # With one try only, sudo ends at once and Ansible looks for the answer of a module that never ran.
    booted_host.write("/etc/sudoers.d/plain", f"Defaults passwd_tries=1\n{PLAIN} ALL=(ALL) ALL\n", 0o440)
    given = {"ansible_become_password": "wrong-Secret-2", "hipaa_cis_run_dir": str(tmp_path / "runs")}
    inventory = write_inventory([booted_host], user=PLAIN)
    program = Path(sys.executable).with_name("ansible-playbook")
    argv = [str(program), f"hipaa.cis.{name}", "-i", str(inventory), "-e", json.dumps(given)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=900, check=False, stdin=subprocess.DEVNULL)

    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 2, said
    assert "the password given for becoming root is wrong" in said
    assert "deserialization" not in said
    assert "Secret-2" not in said
