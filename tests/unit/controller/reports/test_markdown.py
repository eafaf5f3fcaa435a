"""summary.md: what a job's page shows, small, and with nothing that a host could write into it."""

from __future__ import annotations

import re

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.markdown import body, escaped, with_gate
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.gate import Tripped
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.summary import Summary
from tests.builders import SAMPLES, make_finding, make_record, make_unaudited
from tests.hostile import HOSTILE, hostile_run


def summary_of(records, missing=()):
    made = Summary(load_catalog(), "run-1")
    for record in records:
        made.add(record, "hosts/x.json", "0" * 64)
    for host in missing:
        made.miss(host, "no record")
    return made.as_dict()


def tables(text):
    """Rows of all tables, each a list of cells."""
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in text.splitlines() if line.startswith("|")]


def test_it_has_totals_safeguards_worst_rules_and_hosts_that_were_not_audited():
    fails = make_finding(SAMPLES[0], "fail")
    text = body(
        summary_of([make_record("ward", [fails]), make_record("er", [fails]), make_unaudited("down")], ["gone"])
    )

    assert "Held against CIS Debian Linux 12 Benchmark v1.1.0 (2 host(s))." in text
    assert "Looked at level 1, profile server" in text
    assert "Run run-1: 2 of 4 host(s) audited." in text
    assert "Findings: 2 fail," in text
    assert "## 2 host(s) not audited" in text
    rows = tables(text)
    assert ["gone", "missing: the run left no record of this host", "no record"] in [
        [cell.replace("&#58;", ":") for cell in row] for row in rows
    ]
    assert [row[3:] for row in rows if row[1] == SAMPLES[0].rule] == [["2", "0", "0"]]
    assert sum(row[0].startswith("164.312(") for row in rows) == len(load_catalog().safeguards)


def test_hosts_that_were_all_audited_and_rules_that_hold_need_no_table():
    text = body(summary_of([make_record("ward", [make_finding(SAMPLES[0], "pass")])]))
    assert "not audited" not in text.split("## ", maxsplit=1)[0].replace("0 host(s) not audited", "")
    assert "## Rules that do not hold" not in text


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_host_means_anything_in_markdown_or_html(text):
    shown = escaped(text)
    assert not re.search(r"[<>|`*\[\]\n~\\$@]", shown)
    assert not re.search(r"&(?!#\d+;)", shown)
    assert not re.search(r"https?:|www\.", shown, re.IGNORECASE)


@pytest.mark.parametrize(
    "text", ["www.attacker.example", "WWW.attacker.example", "http://x.example", ":bell:", "_x_", "#12", "!3", "@all"]
)
def test_text_is_no_link_no_mention_and_no_picture(text):
    assert "&#" in escaped(text)


def test_names_of_rules_and_versions_stay_as_they_are():
    assert escaped("ssh_max_auth_tries 1.1.0 (debian_12)") == "ssh_max_auth_tries 1.1.0 (debian_12)"


def test_every_row_of_a_table_has_as_many_cells_as_its_head_whatever_hosts_say():
    rows = tables(body(summary_of(hostile_run().records)))
    assert {len(row) for row in rows} == {3, 5, 6}


def test_it_is_small_for_any_fleet():
    """GitHub takes 1 MiB of a step."""
    records = hostile_run().records
    hosts = [make_unaudited(f"{'h' * 200}{number}", reason="<" * 2000) for number in range(300)]
    text = with_gate(body(summary_of([*records, *hosts])), ["error"], Tripped(("<" * 5000,) * 500, ("|" * 5000,) * 500))
    assert len(text.encode()) < 300_000
    assert "and 480 more" in text


def test_gate_says_which_of_the_two_it_was_and_why():
    text = with_gate(body(summary_of([])), ["severity>=high"], Tripped(("rule x fails",), ("host y: refused",)))
    assert text.startswith("## Gate: failed\n")
    assert (
        text.index("do not comply")
        < text.index("rule x fails")
        < text.index("could not be done")
        < text.index("host y")
    )
    assert text.index("host y") < text.index("# HIPAA technical safeguards")


def test_gate_that_is_held_again_takes_the_place_of_what_it_said_before():
    plain = body(summary_of([]))
    failed = with_gate(plain, ["error"], Tripped((), ("# HIPAA technical safeguards",)))
    assert with_gate(failed, ["error"], Tripped((), ())).count("## Gate") == 1
    assert with_gate(failed, [], Tripped((), ())) == plain
