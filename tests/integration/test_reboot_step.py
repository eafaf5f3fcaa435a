"""The restart after a remediation, where a site allows it: on a host with a kernel of its own, which takes effect only then.

What a restart means for the other hosts of a batch is in test_reboot_turns.py.
"""

from __future__ import annotations

import pytest

from tests.integration.remediating import playbook, playbook_command, remediation_of

__all__ = ["playbook", "playbook_command", "remediation_of"]

pytestmark = [pytest.mark.hosts, pytest.mark.machine, pytest.mark.slow]

BOOTED = {
    "hipaa_cis_include": {"rules": ["audit_from_boot"]},
    "hipaa_cis_level": 2,
    "hipaa_cis_allow_disruption": ["all"],
}
ARGUMENT = "the kernel argument audit=1"


def said_by(done):
    code, said = done
    assert code == 0, said
    return " ".join(said.split())


def test_what_is_pending_is_fixed_by_a_restart_and_not_without_one(
    machine, playbook, remediation_of, tmp_path, monkeypatch
):
    # An emulated machine may take long to become root.
    monkeypatch.setenv("ANSIBLE_TIMEOUT", "60")
    first = machine.boot_id()

    said = said_by(playbook("remediate", [machine], **BOOTED))
    assert (
        f"is not restarted (hipaa_cis_reboot: allowed does that); this takes effect at its next boot: {ARGUMENT}"
        in said
    )
    record = remediation_of(machine)
    run = record["run_id"]
    assert record["pending_reboot"] == [ARGUMENT]
    assert "reboot" not in record
    assert machine.boot_id() == first

    drained = {"command": ["touch", str(tmp_path / "drained")], "delegate_to": "localhost"}
    said_by(
        playbook(
            "remediate",
            [machine],
            hipaa_cis_reboot="allowed",
            hipaa_cis_before_reboot=[drained, ["touch", "/run/drained"]],
            hipaa_cis_after_reboot=[["touch", "/run/rejoined"]],
            hipaa_cis_health_checks=[{"unit": "ssh.service"}, {"command": "test ! -e /run/drained"}],
            **BOOTED,
        )
    )
    assert machine.boot_id() != first
    assert (tmp_path / "drained").exists()
    assert machine.run(["ls", "/run/rejoined", "/run/drained"], check=False).stdout.split() == ["/run/rejoined"]
    record = remediation_of(machine)
    assert record["reboot"]["done"]
    assert "problem" not in record["reboot"]
    assert record["pending_reboot"] == []
    [result] = record["results"]
    assert (result["result"], result["after"]["outcome"]) == ("fixed", "pass"), result

    said = said_by(playbook("rollback", [machine], hipaa_cis_run_id=run))
    assert f"in effect since a restart, so restart the host again to take it back: {ARGUMENT}" in said
