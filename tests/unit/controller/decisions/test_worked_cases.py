"""The worked cases of docs/decisions.md, with the example that it names, from the files to states and gate."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions import site
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.entries import SECTIONS, Context
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.scope import Host
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.gate import judge_gate
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.summary import Summary
from tests.builders import make_record
from tests.unit.controller.decisions.test_site import EXAMPLE, KNOWN, NOW, ROOT, lock_of, read, spoil

GUIDE = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
LOGOFF, EMERGENCY, ENCRYPTION = "164.312(a)(2)(iii)", "164.312(a)(2)(ii)", "164.312(e)(2)(ii)"


def record(folder, name, *groups, **outcomes):
    """A host's record with these outcomes of rules, and what the site decided of it."""
    found = site.of_host([read(folder)], Host(name, frozenset(groups)), Context(KNOWN, NOW, folder))
    findings = [
        {
            "rule": rule, "title": rule, "severity": KNOWN.rules[rule].severity, "benchmark": "debian_12", "recommendations": [],
            "cites": KNOWN.rules[rule].cites, "outcome": outcome, "checks": [],
        }
        for rule, outcome in outcomes.items()
    ]  # fmt: skip
    found.decisions.mark(findings)
    return make_record(name, findings, decisions=found.as_dict(), not_yet_automated=[])


def summarise(folder, *records):
    summary = Summary(KNOWN, "run")
    for one in records:
        summary.add(one, f"hosts/{one['host']}.json", "digest")
    hosts = [Host(one["host"]) for one in records]
    summary.add_site(site.fleet(read(folder), hosts, {}))
    return summary.as_dict()


def state(summary, cite, host=None):
    if host:
        return next(row for row in summary["hosts"] if row["host"] == host)["safeguards"][cite]
    return next(row["state"] for row in summary["safeguards"] if row["cite"] == cite)


def test_infusion_pump_on_a_legacy_system():
    gateway = record(EXAMPLE, "gate-1", "infusion_gateways", shell_timeout="fail")
    ward = record(EXAMPLE, "ward-7", "public_wards", shell_timeout="fail")
    alone = summarise(EXAMPLE, gateway)

    assert state(alone, LOGOFF) == "alternative_documented"
    assert not judge_gate(alone, ["gap_addressable"])
    both = summarise(EXAMPLE, gateway, ward)
    assert (state(both, LOGOFF, "gate-1"), state(both, LOGOFF, "ward-7"), state(both, LOGOFF)) == (
        "alternative_documented", "gap", "gap",
    )  # fmt: skip
    (pumps,) = [one for one in alone["decisions"]["systems"] if "cannot_be_audited" in one]
    assert pumps["name"] == "Infusion pumps"


def test_pacs_vendor_conflict():
    excepted = summarise(EXAMPLE, record(EXAMPLE, "pacs-1", "pacs", ssh_key_exchange="fail", ssh_macs="fail"))
    replaced = summarise(EXAMPLE, record(EXAMPLE, "pacs-archive-2", "pacs", ssh_key_exchange="fail"))

    assert not judge_gate(excepted, ["severity>=low"])
    assert excepted["totals"]["findings"]["fail"] == 2
    assert judge_gate(replaced, ["severity>=low"])
    assert (state(excepted, ENCRYPTION), state(replaced, ENCRYPTION)) == ("alternative_documented", "gap")
    assert not judge_gate(excepted, ["gap_required", "gap_addressable"])


def test_time_out_of_a_ward_workstation_by_area():
    context = Context(KNOWN, NOW, EXAMPLE)
    of_area = {
        area: lock_of(site.of_host([read(EXAMPLE)], Host("w", frozenset({area})), context))
        for area in ("public_wards", "reading_rooms")
    }

    assert {area: (value.value, loose) for area, (value, loose) in of_area.items()} == {
        "public_wards": (180, False),
        "reading_rooms": (1800, False),
    }


def test_break_glass_account(tmp_path):
    folder = Path(shutil.copytree(EXAMPLE, tmp_path / "site"))
    assert state(summarise(folder, record(folder, "a", shell_timeout="pass")), EMERGENCY) == "attested"

    spoil(folder / "evidence" / "break-glass-drill.txt", "07:40", "07:45")
    summary = summarise(folder, record(folder, "a", shell_timeout="pass"))
    assert state(summary, EMERGENCY) == "needs_attestation"
    assert judge_gate(summary, ["decision_invalid"])


@pytest.mark.parametrize("section", SECTIONS)
def test_the_guide_names_every_key(section):
    schema = json.loads((ROOT / "catalog" / "schema" / "decisions.json").read_text(encoding="utf-8"))
    keys = set(schema["$defs"][SECTIONS[section]]["properties"])

    missing = {key for key in keys if not re.search(rf"\b{key}\b", GUIDE)}
    assert missing == set()


def test_what_the_guide_shows_of_a_mistake_is_what_is_said(tmp_path):
    folder = Path(shutil.copytree(EXAMPLE, tmp_path / "site"))
    spoil(folder / "exceptions.yml", "[ssh_key_exchange, ", "[ssh_key_exchang, ")
    ((_section, said),) = read(folder)["faults"]
    (shown,) = re.findall(r"^    (exceptions.yml:.*) \.\.\.$", GUIDE, re.MULTILINE)

    assert said.startswith(shown)
