"""What a site decided, on the page and in the tables: all of it is there, and none of it can do anything."""

from __future__ import annotations

import csv
import io

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports import text
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.decisions import write_csv
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.evidence_groups import Evidence
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.findings_csv import FindingsTable
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.html import write_html
from tests.unit.controller.runs.test_decided import ATTESTED, BASE, DOCUMENTED, SITE, excepted
from tests.unit.controller.runs.test_summary import summarise

HOSTILE = "<script>alert(1)</script>\u202egnp"


def whole_summary(said=HOSTILE):
    tailored = {
        "parameter": "shell_timeout", "value": 1800, "reason": said, "approved_by": "J. Doe", "timezone": "UTC", "state": "expired", "expires": "2026-01-01",
    }  # fmt: skip
    decision = {
        "attestations": [{**ATTESTED, "statement": said, "evidence": [{"path": "drill.txt", "sha256": "0" * 64}]}],
        "tailoring": [tailored],
        "notices": [{"kind": "overlaps", "text": said}],
    }
    one = excepted("a", decision=decision, id="EX-1", ticket="SEC-1", **{**DOCUMENTED, **RECORDED})
    one["decisions"]["exceptions"].append({**BASE, **DOCUMENTED, "safeguard": "164.312(a)(2)(iii)", "reason": said})
    return summarise(one, site={**SITE, "notices": [{"kind": "invalid", "text": said}]})


RECORDED = {
    "kind": "vendor_conflict", "proposed_by": "K. Lee", "approved_on": "2026-11-02", "evidence": "SEC-1.pdf",
    "risk": {"likelihood": "low", "impact": "high", "note": "Rare."},
    "addressable": {
        "not_reasonable_because": {"size_and_complexity": "Small.", "infrastructure": "Old.", "cost": "High.", "risk": "Low."},
        "alternative": "A locked room.",
    },
}  # fmt: skip


def page_of(summary):
    stream = io.StringIO()
    write_html(stream, summary, Evidence())
    return stream.getvalue()


def test_page_shows_what_was_decided():
    page = page_of(whole_summary("drilled"))

    for told in (
        "0 of 1 judged findings pass (0.0 %); 0 of 0 (none left) without the 1 that exceptions cover.",
        "<strong>counts for nothing</strong>: drilled",
        "<strong>overlaps another</strong>: drilled",
        "attested until 2027-01-01 by P. Nguyen: drilled; drill.txt, SHA-256 0000000000000000...",
        "<code>shell_timeout</code> tailoring EXPIRED to 1800 until 2026-01-01 by J. Doe: drilled",
        "cannot be audited: No access. (said by M. Sato)",
        'class="state state-alternative_documented">alternative documented',
        "excepted until 2027-03-01 by J. Doe [EX-1] [SEC-1]",
        "alternative by 164.306(d)(3): A locked room.",
        (
            "(kind: vendor conflict; proposed by K. Lee; approved on 2026-11-02; likelihood low, impact on ePHI high; of the risk: Rare.; evidence: SEC-1.pdf; "
            "not reasonable and appropriate by size, complexity and capabilities: Small.; not reasonable and appropriate by technical infrastructure: Old.; "
            "not reasonable and appropriate by cost: High.; not reasonable and appropriate by probability and criticality of the risk: Low.)"
        ),
        "not audited in this run: 1 host(s)",
    ):
        assert told in page
    assert 'id="decisions"' not in page_of(summarise())


def test_nothing_that_a_site_writes_runs_or_hides():
    page = page_of(whole_summary())

    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;[U+202E]gnp") == 5


def test_table_of_decisions_has_the_whole_record_of_an_exception():
    stream = io.StringIO(newline="")
    write_csv(stream, whole_summary("drilled"))
    rows = list(csv.DictReader(io.StringIO(stream.getvalue())))

    (one,) = [row for row in rows if row["id"] == "EX-1"]
    assert one["record"].startswith("kind: vendor conflict; proposed by K. Lee; ")
    assert one["record"].endswith("by probability and criticality of the risk: Low.")


def test_system_that_nobody_can_audit_has_its_row_among_the_findings():
    stream = io.StringIO(newline="")
    table = FindingsTable(stream)
    table.add(excepted("a"))
    table.finish(whole_summary())
    rows = list(csv.DictReader(io.StringIO(stream.getvalue())))

    (old,) = [row for row in rows if row["host"] == "Old pumps"]
    assert (old["outcome"], old["reason"]) == ("not_audited", "cannot be audited: No access.")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "excepted until 2027-03-01 by J. Doe: The pump has no screen."),
        ({"state": "expired"}, "exception EXPIRED on 2027-03-01 by J. Doe: The pump has no screen."),
        ({"state": "not_yet_valid", "approved_on": "2027-02-01"}, "exception only from 2027-02-01 to 2027-03-01 by J. Doe: The pump has no screen."),
        (
            {"addressable": {"no_alternative_because": "No room."}},
            "excepted until 2027-03-01 by J. Doe: The pump has no screen.; no alternative by 164.306(d)(3): No room.",
        ),
    ],
)  # fmt: skip
def test_exception_in_words(changes, said):
    assert text.exception({**BASE, **changes}) == said


def test_value_that_was_decided_names_who_did():
    value = {"value": 1800, "unit": "seconds", "origin": "site", "decision": {"approved_by": "J. Doe", "id": "TA-2"}}

    assert text.parameters({"parameters": {"idle": value}}) == "idle = 1800 seconds (site, decided by J. Doe [TA-2])"
