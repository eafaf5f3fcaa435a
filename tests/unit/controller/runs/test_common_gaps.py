"""The gaps that auditors meet most: what is found, what was not looked at, and on which hosts."""

from __future__ import annotations

import io

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import CatalogError
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.console import Console
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.html import write_html
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.summary import Summary
from tests.builders import SAMPLES, gathered, make_finding, make_record, make_unaudited

KNOWN = load_catalog()
GAPS = {gap.id: gap for gap in KNOWN.gaps}


def record(host, **outcomes):
    findings = [make_finding(SAMPLES[0], outcome, rule=rule, title=rule) for rule, outcome in outcomes.items()]
    return make_record(host, findings, not_yet_automated=[])


def summarise(*records):
    summary = Summary(KNOWN, "run")
    for one in records:
        summary.add(one, f"hosts/{one['host']}.json", "digest")
    result = summary.as_dict()
    validator("summary").validate(result)
    return result


def row(gap, *records):
    return next(one for one in summarise(*records)["common_gaps"] if one["id"] == gap)


def test_the_six_are_there_and_each_is_shown_by_rules_that_are_judged():
    assert list(GAPS) == [
        "audit_incomplete", "weak_passwords", "no_encryption", "sessions_never_end", "old_protocols", "firewall_off",
    ]  # fmt: skip
    for gap in GAPS.values():
        assert gap.rules
        assert not any(KNOWN.rules[name].manual for name in gap.rules)
    assert {"telnet_client_absent", "tftp_server_unused"} <= set(GAPS["old_protocols"].rules)
    assert {"shell_timeout", "ssh_client_alive"} <= set(GAPS["sessions_never_end"].rules)


@pytest.mark.parametrize(
    ("records", "state", "hosts", "reason"),
    [
        ([record("a", telnet_client_absent="fail"), record("b", tftp_server_unused="fail")], "found", ["a", "b"], ""),
        ([record("a", telnet_client_absent="pass"), record("b", telnet_client_absent="pass")], "not_found", [], ""),
        ([record("a", telnet_client_absent="error")], "not_assessed", [], "1 rule(s) could not be judged"),
        ([record("a", telnet_client_absent="pass"), make_unaudited("b")], "not_assessed", [], "1 host(s) not audited"),
        ([record("a", shell_timeout="pass")], "not_assessed", [], "none of its rules was judged"),
        ([record("a", telnet_client_absent="fail"), make_unaudited("b")], "found", ["a"], "1 host(s) not audited"),
    ],
)
def test_gap_says_what_was_found_and_where(records, state, hosts, reason):
    found = row("old_protocols", *records)

    assert (found["state"], found["hosts"], found["hosts_affected"]) == (state, hosts, len(hosts))
    assert found["reason"] == reason


def test_gap_of_which_a_rule_was_left_out_is_not_called_absent():
    left = {
        "benchmark": "debian_12",
        "rule": "tftp_server_unused",
        "recommendations": ["1"],
        "title": "t",
        "cites": [],
        "reason": "r",
    }
    found = row("old_protocols", {**record("a", telnet_client_absent="pass"), "not_looked_at": [left]})

    assert found["state"] == "not_assessed"
    assert "1 of" in found["reason"]


def test_gap_of_which_no_rule_sees_a_part_is_never_called_absent():
    assert row("no_encryption", record("a", ssh_ciphers="pass"))["state"] == "not_assessed"


def test_console_and_page_name_each_gap_with_its_hosts():
    records = [record("ward-1", telnet_client_absent="fail"), record("lab-1", telnet_client_absent="pass")]
    summary = summarise(*records)
    lines = Console().lines(summary)
    page = io.StringIO()
    write_html(page, summary, gathered(records))

    place = next(number for number, line in enumerate(lines) if line.startswith(GAPS["old_protocols"].title))
    assert lines[place].split()[-2:] == ["found", "1"]
    assert lines[place + 1] == "  ward-1"
    assert all(len(line) <= 80 for line in lines)
    assert all(gap.title in page.getvalue().replace("&#39;", "'") for gap in KNOWN.gaps)


def test_gap_that_names_what_there_is_not_is_a_load_error(tmp_path):
    (tmp_path / "gaps").mkdir()
    text = (
        "gaps:\n  - {id: ours, title: Something is open, why: It should not be., rules: [ssh_banr], topics: [Cron]}\n"
    )
    (tmp_path / "gaps" / "ours.yml").write_text(text)

    with pytest.raises(CatalogError) as refused:
        load_catalog([str(tmp_path)])
    assert "unknown rule 'ssh_banr'. Did you mean ssh_banner" in str(refused.value)
    assert "unknown topic 'Cron'" in str(refused.value)
