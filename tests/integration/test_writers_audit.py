"""Audit rules on a host with a kernel of its own: what is loaded records, and what the kernel refuses does no harm."""

from __future__ import annotations

import json
from functools import partial

import pytest

from tests.hosts.system import wait_until
from tests.integration.remediating import changes, playbook, playbook_command, remediation_of

__all__ = ["playbook", "playbook_command", "remediation_of"]

pytestmark = [pytest.mark.hosts, pytest.mark.machine]

RULES = {
    # journald, when it is restarted for its own rule, switches the whole audit system off.
    "hipaa_cis_include": {"rules": ["audit_sudo_rules", "audit_usermod", "journal_persistent"]},
    "hipaa_cis_level": 2,
    "hipaa_cis_allow_disruption": ["service_reload", "service_restart"],
}
FOLDER = "/etc/audit/rules.d"


def loaded(machine):
    return machine.run(["auditctl", "-l"]).stdout


def recorded(machine, key):
    return machine.run(["grep", f'key="{key}"', "/var/log/audit/audit.log"], check=False).returncode == 0


def results(record):
    return {item["rule"]: (item["result"], item.get("reason", "")) for item in record["results"]}


def test_what_is_fixed_is_recorded_and_taken_back_with_the_rules_of_the_kernel_alone(machine, playbook, remediation_of):
    machine.run(["auditctl", "-w", "/etc/hosts", "-p", "wa", "-k", "by-hand"])
    rules_before, before = loaded(machine), machine.snapshot()

    code, said = playbook("remediate", [machine], **RULES)
    assert code == 0, said
    record = remediation_of(machine)
    assert {result for result, _reason in results(record).values()} == {"fixed"}
    machine.run(["touch", "/etc/sudoers.d/README"])
    machine.ssh(["sudo", "usermod", "--help"], user="auditor")
    for key in ("scope", "usermod"):
        wait_until(partial(recorded, machine, key), seconds=30, what=f"record of {key}")

    code, said = playbook("rollback", [machine], hipaa_cis_run_id=record["run_id"])
    assert code == 0, said
    assert loaded(machine) == rules_before
    assert not changes(before, machine, ("/var/log/*",))


def test_recording_that_was_switched_off_is_found_and_switched_on(machine, playbook, remediation_of):
    machine.write(
        FOLDER + "/site.rules", "-w /etc/sudoers -p wa -k scope\n-w /etc/sudoers.d -p wa -k scope\n", mode=0o640
    )
    machine.run(["augenrules", "--load"])
    machine.run(["auditctl", "-e", "0"])

    playbook("remediate", [machine], **{**RULES, "hipaa_cis_include": {"rules": ["audit_sudo_rules"]}})

    found = remediation_of(machine)
    assert results(found)["audit_sudo_rules"][0] == "fixed"
    before = next(item for item in found["results"] if item["rule"] == "audit_sudo_rules")["before"]
    assert "the recording is switched off" in json.dumps(before)
    assert "enabled 1" in machine.run(["auditctl", "-s"]).stdout


def test_no_configuration_hides_from_its_rule_by_depth(machine, audit_hosts):
    rule = "audit_configuration_modes"
    alone = {"hipaa_cis_include": {"rules": [rule]}}
    assert audit_hosts([machine], **alone).findings(machine.name)[rule]["outcome"] == "pass"

    machine.write("/etc/audit/a/b/deep.rules", "x\n", 0o666)
    assert audit_hosts([machine], **alone).findings(machine.name)[rule]["outcome"] == "fail"


def test_rules_that_the_kernel_refuses_leave_what_was_loaded(machine, playbook, remediation_of):
    """A rule of the site's own names an inode and a path, which only the kernel refuses; nothing behind it can be loaded."""
    machine.run(["auditctl", "-w", "/etc/hosts", "-p", "wa", "-k", "by-hand"])
    machine.write(
        FOLDER + "/site.rules", "-a always,exit -F inode=7 -F path=/etc/hosts -F perm=wa -k site\n", mode=0o640
    )
    before = loaded(machine)

    playbook("remediate", [machine], **RULES)

    found = results(remediation_of(machine))
    refused = [found[rule] for rule in ("audit_sudo_rules", "audit_usermod")]
    assert {result for result, _reason in refused} == {"still_failing"}
    assert all("Invalid argument" in reason for _result, reason in refused), found
    assert loaded(machine) == before
