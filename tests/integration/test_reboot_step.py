"""The restart after a remediation, where a site allows it: on a host with a kernel of its own, which takes effect only then.

What a restart means for the other hosts of a batch is in test_reboot_turns.py.
"""

from __future__ import annotations

import pytest

from tests.integration.remediating import playbook_command, remediation_of, run_command

__all__ = ["playbook_command", "remediation_of"]

pytestmark = [pytest.mark.hosts, pytest.mark.machine, pytest.mark.slow]

BOOTED = {
    "hipaa_cis_include": {"rules": ["audit_from_boot"]},
    "hipaa_cis_level": 2,
    "hipaa_cis_allow_disruption": ["all"],
}
ARGUMENT = "the kernel argument audit=1"


# A restart of an emulated machine, beside other tests.
SECONDS = 1500


def test_what_is_pending_is_fixed_by_a_restart_which_a_rollback_knows_of(
    machine, playbook_command, remediation_of, tmp_path, monkeypatch
):
    # Emulated, it may take long to become root.
    monkeypatch.setenv("ANSIBLE_TIMEOUT", "60")
    first = machine.boot_id()
    drained = {"command": ["touch", str(tmp_path / "drained")], "delegate_to": "localhost"}

    command = playbook_command(
        "remediate",
        [machine],
        hipaa_cis_reboot="allowed",
        hipaa_cis_reboot_timeout=900,
        hipaa_cis_before_reboot=[drained, ["touch", "/run/drained"]],
        hipaa_cis_after_reboot=[["touch", "/run/rejoined"]],
        hipaa_cis_health_checks=[{"unit": "ssh.service"}, {"command": "test ! -e /run/drained"}],
        **BOOTED,
    )
    code, said = run_command(command, seconds=SECONDS)

    assert code == 0, said
    assert machine.boot_id() != first
    assert (tmp_path / "drained").exists()
    assert machine.run(["ls", "/run/rejoined", "/run/drained"], check=False).stdout.split() == ["/run/rejoined"]
    record = remediation_of(machine)
    assert record["reboot"]["done"]
    assert "problem" not in record["reboot"]
    assert record["pending_reboot"] == []
    [result] = record["results"]
    assert (result["result"], result["after"]["outcome"]) == ("fixed", "pass"), result

    code, said = run_command(playbook_command("rollback", [machine], hipaa_cis_run_id=record["run_id"]))

    assert code == 0, said
    told = f"in effect since a restart, so restart the host again to take it back: {ARGUMENT}"
    assert told in " ".join(said.split())
