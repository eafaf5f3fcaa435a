"""The restart after a remediation, where a site allows it: on a host with a kernel of its own, which takes effect only then."""

from __future__ import annotations

import pytest

from tests.integration.remediating import playbook, playbook_command, remediation_of

__all__ = ["playbook", "playbook_command", "remediation_of"]

pytestmark = [pytest.mark.hosts, pytest.mark.machine, pytest.mark.slow]


def test_restart_after_the_site_has_drained_the_host_and_not_without(
    machine, playbook, remediation_of, tmp_path, monkeypatch
):
    # An emulated machine may take long to become root.
    monkeypatch.setenv("ANSIBLE_TIMEOUT", "60")
    first = machine.boot_id()
    allowed = {"hipaa_cis_level": 2, "hipaa_cis_allow_disruption": ["all"], "hipaa_cis_reboot": "allowed"}

    code, said = playbook(
        "remediate",
        [machine],
        hipaa_cis_include={"rules": ["audit_backlog"]},
        hipaa_cis_before_reboot=[["sh", "-c", "echo still busy >&2; exit 3"]],
        **allowed,
    )
    assert code == 2, said
    assert "The host was not restarted: Run the site's commands" in " ".join(said.split()), said
    record = remediation_of(machine)
    assert not record["reboot"]["done"]
    assert "Run the site's commands before the restart" in record["reboot"]["problem"]
    assert record["pending_reboot"]
    assert machine.boot_id() == first

    drained = {"command": ["touch", str(tmp_path / "drained")], "delegate_to": "localhost"}
    code, said = playbook(
        "remediate",
        [machine],
        hipaa_cis_include={"rules": ["audit_from_boot"]},
        hipaa_cis_before_reboot=[drained],
        hipaa_cis_after_reboot=[["touch", "/run/rejoined"]],
        **allowed,
    )
    assert code == 0, said
    assert machine.boot_id() != first
    assert (tmp_path / "drained").exists()
    assert machine.run(["test", "-e", "/run/rejoined"]).returncode == 0
    record = remediation_of(machine)
    assert record["reboot"]["done"]
    assert record["pending_reboot"] == []
    [result] = record["results"]
    assert (result["result"], result["after"]["outcome"]) == ("fixed", "pass"), result
