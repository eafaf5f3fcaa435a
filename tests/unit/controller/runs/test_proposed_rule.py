"""A run held against a proposal: no specification is addressable, there are more rows, and everything says that it is not in force."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.console import Console
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.formats import FILES
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.write import write_reports
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.aggregate import summarise
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.gate import judge_gate
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests.builders import make_record
from tests.unit.controller.runs.test_decided import BASE, DOCUMENTED, LOGOFF, of

KNOWN = load_catalog()
PROPOSAL = "hipaa_2025_proposal"
RULE = "shell_timeout"


def run(base, name, proposed):
    """A run of one host whose failing rule of an addressable specification has a documented alternative."""
    store = RunStore.create(str(base), name)
    told = {**BASE, **DOCUMENTED, "rule": RULE}
    finding = {
        "rule": RULE, "title": RULE, "severity": "high", "benchmark": "debian_12", "recommendations": ["5.4.3.2"], "cites": [LOGOFF],
        "outcome": "fail", "checks": [], "exception": told,
    }  # fmt: skip
    record = make_record("a", [finding], decisions={"exceptions": [told]}, not_yet_automated=[])
    if proposed:
        store.note_framework(PROPOSAL)
        record["framework"] = PROPOSAL
    store.write_record({**record, "run_id": store.run_id})
    return store


def test_rule_in_force_is_what_holds_where_nobody_asks(tmp_path):
    summary = summarise(KNOWN, [run(tmp_path, "now", proposed=False)])

    assert KNOWN.under("hipaa") is KNOWN
    assert "framework" not in summary
    assert len(summary["safeguards"]) == 12
    assert of(summary, LOGOFF)["state"] == "alternative_documented"


def test_proposal_knows_no_addressable_specification_and_is_named_everywhere(tmp_path):
    store = run(tmp_path, "then", proposed=True)
    summary = write_reports(KNOWN, [store], store, asked=FILES).summary
    validator("summary").validate(summary)
    validator("host_record").validate(store.record("hosts/a.json.gz")[1])

    assert {row["obligation"] for row in summary["safeguards"]} == {"required", "standard"}
    assert [row["name"] for row in summary["safeguards"]][12:] == [
        "Multi-factor authentication, as proposed",
        "Network segmentation, as proposed",
        "Asset inventory and network map, as proposed",
        "Vulnerability scans, as proposed",
    ]
    assert of(summary, LOGOFF)["state"] == "gap_excepted"
    assert of(summary, "proposed MFA")["state"] == "needs_attestation"
    lines = Console().lines(summary)
    assert any(
        line.startswith("PROPOSED RULE: HIPAA Security Rule as proposed in January 2025, not in force")
        for line in lines
    )
    assert all(len(line) <= 80 for line in lines)
    assert "gap (required, as proposed)" in judge_gate(summary, ["gap_required"]).message()
    assert "not assessed (as proposed): " in judge_gate(summary, ["not_assessed"]).message()
    assert ", by a proposed rule</title>" in (store.folder / "report.html").read_text(encoding="utf-8")
    assert "which is not in force" in (store.folder / "report.html").read_text()
    assert f"framework {PROPOSAL}, which is not in force" in (store.folder / "findings.csv").read_text()
    assert json.loads((store.folder / "summary.json").read_text())["framework"]["id"] == PROPOSAL
    assert (
        "**Proposed rule**: HIPAA Security Rule as proposed in January 2025"
        in (store.folder / "summary.md").read_text()
    )
    assert f"framework {PROPOSAL}, which is not in force" in (store.folder / "junit.xml").read_text()
    (sarif,) = json.loads((store.folder / "findings.sarif").read_text())["runs"]
    assert sarif["properties"]["framework"]["id"] == PROPOSAL


def test_runs_of_different_frameworks_are_held_against_the_rule_in_force(tmp_path):
    stores = [run(tmp_path, "now", proposed=False), run(tmp_path, "then", proposed=True)]

    assert "framework" not in summarise(KNOWN, stores)
    assert "framework" in summarise(KNOWN, stores[1:])


def test_framework_that_nobody_knows_is_refused():
    with pytest.raises(HipaaCisError, match=r"unknown framework 'hipaa_2025'\. Did you mean hipaa_2025_proposal"):
        KNOWN.under("hipaa_2025")
