"""The round-trip law on Debian 13: fixed by its own benchmark, nothing left for a second run, and back to what was."""

from __future__ import annotations

import pytest

from tests.integration.remediating import changes, playbook, playbook_command, remediation_of
from tests.integration.test_round_trip import NOT_RESTORED, OF_THE_MACHINE, outcomes

__all__ = ["playbook", "playbook_command", "remediation_of"]

pytestmark = pytest.mark.hosts
EVERYTHING = {
    "hipaa_cis_benchmark": ["auto"],
    "hipaa_cis_include": {},
    "hipaa_cis_exclude": {
        "rules": [
            *OF_THE_MACHINE,
            "hard_links_protected",
            "kernel_addresses_hidden",
            "kernel_messages_restricted",
            "symbolic_links_protected",
        ]
    },
    "hipaa_cis_level": 2,
    "hipaa_cis_allow_disruption": ["service_reload", "service_restart", "sessions", "login", "network"],
}


def test_debian_13_is_fixed_stays_so_and_goes_back(debian13_host, playbook, remediation_of, tmp_path):
    playbook("audit", [debian13_host], **EVERYTHING)
    stock = outcomes(tmp_path, debian13_host)
    before = debian13_host.snapshot()

    code, said = playbook("remediate", [debian13_host], **EVERYTHING)
    assert code == 0, said
    assert "CIS Debian Linux 13 Benchmark v1.1.0" in said
    first = remediation_of(debian13_host)
    results = {item["rule"]: item["result"] for item in first["results"]}
    assert not {rule: result for rule, result in results.items() if result in ("still_failing", "error")}
    fixed = {rule for rule, result in results.items() if result == "fixed"}
    assert len(fixed) > 40
    assert {"loopback_not_routed", "ssh_snippets_folder_access"} <= fixed

    playbook("audit", [debian13_host], **EVERYTHING)
    after = outcomes(tmp_path, debian13_host)
    assert "error" not in after.values()
    assert {after[rule] for rule in fixed} == {"pass"}
    playbook("remediate", [debian13_host], **EVERYTHING)
    assert not remediation_of(debian13_host)["steps"]

    code, said = playbook("rollback", [debian13_host], hipaa_cis_run_id=first["run_id"])
    assert code == 0, said
    assert not changes(before, debian13_host, NOT_RESTORED)
    playbook("audit", [debian13_host], **EVERYTHING)
    assert outcomes(tmp_path, debian13_host) == stock
