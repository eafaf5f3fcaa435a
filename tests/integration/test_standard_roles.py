"""The roles of several standards in one play: one record a host, with what all of them did."""

from __future__ import annotations

import json

import pytest

from tests.integration.remediating import playbook_command, remediation_of, run_command
from tests.records import record_in

__all__ = ["playbook_command", "remediation_of"]

pytestmark = pytest.mark.hosts

# One rule of each standard, wrong on a stock host.
SENT, LOGGED = "redirects_not_sent", "impossible_addresses_logged"


def test_roles_of_two_standards_leave_one_record(booted_host, playbook_command, remediation_of, tmp_path):
    book = tmp_path / "standards.yml"
    roles = [{"role": "hipaa.cis.transmission_security"}, {"role": "hipaa.cis.audit_controls"}]
    book.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "become": True, "roles": roles}]))
    command = playbook_command("remediate", [booted_host], hipaa_cis_include={"rules": [SENT, LOGGED]})
    command[1] = str(book)

    code, said = run_command(command)
    assert code == 0, said
    record = remediation_of(booted_host)
    assert {item["rule"]: item["result"] for item in record["results"]} == {SENT: "fixed", LOGGED: "fixed"}
    assert record["counts"]["fixed"] == 2
    assert len([step for step in record["steps"] if step["type"] == "file"]) == 2
    audit = record_in(tmp_path / "runs" / "latest", booted_host.name)
    assert {finding["rule"]: finding["outcome"] for finding in audit["findings"]} == {SENT: "pass", LOGGED: "pass"}
    summary = json.loads((tmp_path / "runs" / "latest" / "summary.json").read_text())
    assert summary["remediation"][0]["counts"]["fixed"] == 2
    assert set(summary["rules"]) == {SENT, LOGGED}

    code, said = run_command(command)
    assert code == 0, said
    assert "changed=0" in said
