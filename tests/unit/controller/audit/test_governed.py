"""Accounts that a directory keeps: neither a pass nor a fail of the host, and said so wherever findings are shown."""

from __future__ import annotations

import io
import json

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan, setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.record import empty_record, fill_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import schema_check
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.console import Console
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.evidence_groups import Evidence
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.findings_csv import FindingsTable
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.states import host_safeguards
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.summary import Summary

CATALOG = load_catalog()
RULE = "faillock_deny"
JOINED = [
    {
        "by": "sssd",
        "domain": "example.com",
        "provider": "ad",
        "asked_by": "/etc/nsswitch.conf",
        "file": "/etc/sssd/sssd.conf",
        "line": 4,
    }
]


def audited(directory, deny="3", rule=RULE):
    """Return the record of a host whose only rule is about lockout."""
    selection = Selection(benchmarks=("debian_12",), include={"rules": (rule,)}, level=2)
    (plan,) = make_plan(CATALOG, selection, {}, {})
    answers: dict[str, dict[str, object]] = {key: {"state": "absent"} for key in plan.request["settings"]}
    for key, (kind, address) in plan.request["settings"].items():
        if kind == "text_setting" and address["name"] == "deny":
            answers[key] = {"state": "value", "value": deny, "source": "/etc/security/faillock.conf:1"}
        elif kind == "pam":
            answers[key] = {"state": "value", "value": [], "source": "/etc/pam.d"}
        elif kind == "directory" and address == {"query": "accounts"}:
            answers[key] = directory
    record = empty_record("ward", "20261129T010000Z-1", "2026-11-29T01:00:00Z", CATALOG.digest, selection)
    answer = {"benchmarks": ["debian_12"], "facts": {}, "stats": {}, "observations": answers}
    fill_record(record, CATALOG, [(plan, answer)])
    # What the selection leaves out is no concern here.
    return {**record, "not_looked_at": [], "not_yet_automated": []}


def seen(value):
    return {"state": "value", "value": value, "source": "/etc/nsswitch.conf"}


def test_host_with_accounts_of_its_own_only_is_judged_as_ever():
    record = audited(seen([]))

    (finding,) = record["findings"]
    assert finding["outcome"] == "pass"
    assert "governed_by" not in finding
    assert record["warnings"] == []


def test_pass_of_the_hosts_own_accounts_is_for_a_person_where_a_directory_keeps_others():
    record = audited(seen(JOINED))

    (finding,) = record["findings"]
    assert finding["outcome"] == "manual"
    assert [check["outcome"] for check in finding["checks"]] == ["pass"] * len(finding["checks"])
    assert finding["governed_by"] == [
        {
            "by": "sssd", "domain": "example.com", "provider": "ad", "asked_by": "/etc/nsswitch.conf",
            "source": "/etc/sssd/sssd.conf:4", "look_at": CATALOG.platforms["linux"].governed["look_at"]["lockout"]["ad"],
        }
    ]  # fmt: skip
    assert record["counts"]["manual"] == 1
    assert record["warnings"] == ["governed by sssd (example.com, ad): passwords, lockout and expiry of its accounts"]
    schema_check.validator("host_record").validate(record)


def test_fail_of_the_hosts_own_accounts_stays_one_and_says_what_governs_the_others():
    (finding,) = audited(seen(JOINED), deny="50")["findings"]

    assert finding["outcome"] == "fail"
    assert finding["reason"].startswith("Accounts of a directory are governed by sssd (example.com, ad). Look there: ")
    assert "lockoutThreshold" in finding["reason"]


def test_pass_is_an_error_where_nobody_knows_whether_there_is_a_directory():
    broken = {"state": "error", "reason": "/etc/sssd/sssd.conf:3: sssd cannot read this line"}

    (finding,) = audited(broken)["findings"]
    assert finding["outcome"] == "error"
    assert "sssd.conf:3" in finding["reason"]
    assert audited({"state": "absent"})["findings"][0]["outcome"] == "error"
    assert audited(broken, deny="50")["findings"][0]["outcome"] == "fail"


def test_kind_of_directory_that_is_not_known_has_something_to_look_at_too():
    (finding,) = audited(seen([{"by": "authd", "domain": "", "provider": "new"}]))["findings"]

    (governing,) = finding["governed_by"]
    assert governing == {
        "by": "authd", "provider": "new", "look_at": CATALOG.platforms["linux"].governed["look_at"]["lockout"]["other"]
    }  # fmt: skip


def test_safeguard_needs_an_attestation_for_what_the_directory_governs():
    assert host_safeguards(CATALOG, audited(seen([])))["164.312(d)"] == "supported"
    assert host_safeguards(CATALOG, audited(seen(JOINED)))["164.312(d)"] == "needs_attestation"
    assert host_safeguards(CATALOG, audited(seen(JOINED), deny="50"))["164.312(d)"] == "gap"


@pytest.mark.parametrize("deny", ["3", "50"])
def test_every_report_says_it(deny):
    record = audited(seen(JOINED), deny)
    table, evidence, summary = io.StringIO(), Evidence(), Summary(CATALOG, "20261129T010000Z-1")

    FindingsTable(table).add(record)
    evidence.add(record)
    summary.add(record, "hosts/ward.json", "0")
    told = summary.as_dict()

    wanted = "governed by sssd (example.com, ad)"
    assert wanted in table.getvalue()
    assert wanted in next(iter(evidence.groups[RULE].values())).reason
    assert any(wanted in line for line in Console().lines(told))
    assert wanted in json.dumps(told["hosts"][0]["warnings"])


def test_only_rules_on_passwords_lockout_and_expiry_ask_for_it():
    plain = make_plan(
        CATALOG, Selection(benchmarks=("debian_12",), include={"rules": ("ssh_banner",)}, level=2), {}, {}
    )
    asking = make_plan(CATALOG, Selection(benchmarks=("debian_12",), include={"rules": (RULE,)}, level=2), {}, {})
    key = setting_key(CATALOG.platforms["linux"].governed["setting"])

    assert key not in plain[0].request["settings"]
    assert key in asking[0].request["benchmarks"]["debian_12"]["settings"]
    governed = {rule.governed for rule in CATALOG.rules.values() if rule.governed}
    assert governed == {"passwords", "lockout", "expiry"} == set(CATALOG.platforms["linux"].governed["look_at"])
