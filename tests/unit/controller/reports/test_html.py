"""report.html: everything of a run is in it, and nothing that could run or call home."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import io
import re
import time
from xml.etree import ElementTree as ET

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports import evidence_groups
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports import html as html_report
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.html import write_html
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.past import beside
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.since_last import since_last
from tests.builders import (
    SAMPLES,
    framework,
    gathered,
    make_finding,
    make_record,
    make_remediation,
    make_run,
    make_summary,
    make_unaudited,
)
from tests.hostile import MARK, hostile_run
from tests.past_runs import finished, history

LINKS = {"href", "src", "srcset", "action", "formaction", "data", "poster", "background", "cite", "ping", "xlink:href"}


class Page(html.parser.HTMLParser):
    """Collects the elements, their attributes and the text of a page."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.raw = {"style": "", "script": ""}
        self.within = ""
        self.feed(source)
        self.close()
        self.text = re.sub(r"\s+", " ", " ".join(self.texts))

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.within = tag if tag in self.raw else ""

    def handle_endtag(self, _tag):
        self.within = ""

    def handle_data(self, data):
        if self.within:
            self.raw[self.within] += data
        else:
            self.texts.append(data)

    def attributes(self, name):
        return [attributes[name] for _tag, attributes in self.elements if name in attributes]


def rendered(summary, records, **options):
    stream = io.StringIO()
    write_html(stream, summary, gathered(records), **options)
    return stream.getvalue()


@pytest.fixture(scope="module")
def run():
    return make_run()


@pytest.fixture(scope="module")
def page(run):
    return Page(rendered(run.summary, run.records, framework=framework()))


def test_all_safeguards_with_state_in_words(run, page):
    for row in run.summary["safeguards"]:
        assert row["cite"] in page.text
        assert row["name"] in page.text
        assert row["reason"] in page.text
    for words in ("supported by configuration", "gap", "not assessed", "needs attestation"):
        assert words in page.text
    assert "the policy on inactivity and the system settings held against it" in page.text


def test_never_called_met_or_compliant(page):
    assert not re.search(r"\b(met|compliant|complies|compliance)\b", page.text, re.IGNORECASE)
    assert "evidence of implementation" in page.text


def test_hosts_that_were_not_audited_are_named_before_anything_else(page):
    head = page.text.index("3 of 15 hosts were not audited")

    assert head < page.text.index("What this report says")
    for host in ("pacs-archive01", "ward-ws99", "lab-old07"):
        assert head < page.text.index(host) < page.text.index("What this report says")


def test_every_failure_error_and_manual_finding_has_its_evidence(run, page):
    for sample in SAMPLES:
        assert sample.title in page.text
        assert sample.why in page.text
        assert f"rule-{sample.rule}" in page.attributes("id")
        # The row itself names it, before it is opened.
        first = run.summary["rules"][sample.rule]["recommendations"][0]
        assert f"{sample.title} {sample.rule} {first['benchmark']} {first['id']}" in page.text
        for cite, strength, because in sample.hipaa:
            assert f"{cite} {strength} {because}" in page.text
    for record in run.records:
        for finding in record["findings"]:
            for check in finding["checks"]:
                assert re.sub(r"\s+", " ", check.get("observed", "")) in page.text


def test_what_remediation_did_is_told(run, page):
    part = page.text[page.text.index("What remediation did") :]

    assert "reboot pending: audit=1 on the kernel's command line" in part
    assert "the host undid changes by itself" in part
    for row in run.summary["remediation"]:
        assert row["host"] in part


@pytest.mark.parametrize(
    ("reboot", "told"),
    [
        ({"done": True}, "restarted, then looked at again"),
        ({"done": True, "problem": "rejoin: no <pool>"}, "restarted, then looked at again: rejoin: no <pool>"),
        ({"done": False, "problem": "still busy"}, "not restarted: still busy"),
    ],
)
def test_restart_is_told(reboot, told):
    run = make_run()
    summary = {**run.summary, "remediation": [make_remediation("web", reboot={"at": "then", **reboot})]}

    assert told in Page(rendered(summary, run.records, framework=framework())).text


def test_without_remediation_there_is_nothing_of_it():
    run = make_run()
    summary = {key: value for key, value in run.summary.items() if key != "remediation"}

    assert "What remediation did" not in Page(rendered(summary, run.records, framework=framework())).text


def test_rule_texts_stand_once(page):
    for sample in SAMPLES:
        assert page.text.count(sample.why) == 1


def test_each_host_has_its_own_fix_parameters_and_exception():
    def failing(host, minutes, **more):
        values = {"minutes": {"value": minutes, "origin": "site"}}
        finding = make_finding(SAMPLES[0], "fail", fix=f"Set {minutes} minutes.", parameters=values, **more)
        return make_record(host, [finding])

    exception = {
        "reason": "the vendor wants it",
        "approved_by": "J. Doe",
        "expires": "2027-03-01",
        "timezone": "UTC",
        "state": "in_force",
    }
    records = [failing("ward", 3), failing("lab", 15, exception=exception)]
    summary = make_summary(records)
    fixes = [{"fix": f"Set {minutes} minutes.", "hosts": [host]} for host, minutes in (("lab", 15), ("ward", 3))]
    summary["rules"][SAMPLES[0].rule].update(fix="Set 3 minutes.", fixes=fixes)
    page = rendered(summary, records)

    assert "It differs between hosts" in page
    for text in (
        "Set 3 minutes.",
        "Set 15 minutes.",
        "minutes = 15 (site)",
        "excepted until 2027-03-01 by J. Doe: the vendor wants it",
    ):
        assert page.count(text) == 1, text


def test_not_yet_automated_is_listed_as_such(run, page):
    part = page.text[page.text.rindex("Not yet automated") :]
    for item in run.summary["not_yet_automated"]:
        assert item["title"] in part
        assert item["reason"] in part
    assert part.count("not yet automated") >= len(run.summary["not_yet_automated"])


def test_rules_go_by_severity_then_by_hosts(run, page):
    order = [attributes for tag, attributes in page.elements if tag == "details" and attributes.get("class") == "rule"]
    rules = run.summary["rules"]
    failing = [rules[a["id"][5:]] for a in order if rules[a["id"][5:]]["counts"]["fail"]]
    ranks = ["critical", "high", "medium", "low"]
    keys = [(ranks.index(rule["severity"]), -rule["counts"]["fail"]) for rule in failing]

    assert len(order) == len(rules)
    assert keys == sorted(keys)
    assert order[: len(failing)] == [a for a in order if rules[a["id"][5:]]["counts"]["fail"]]


def test_same_input_gives_the_same_bytes_whatever_the_order_of_hosts(run):
    more = {
        key: run.summary[key] for key in ("remediation", "common_gaps", "selections", "not_looked_at", "exceptions")
    }
    turned = make_summary(run.records, missing=["lab-old07.clinic.example"], **more)

    assert rendered(run.summary, run.records) == rendered(turned, reversed(run.records))


def test_page_asks_for_nothing(page):
    for tag, attributes in page.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "audio", "video", "source"}
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (tag, attributes)
        for name in LINKS & set(attributes):
            assert attributes[name].startswith("#"), (tag, attributes)


def test_policy_names_the_style_and_the_script_and_nothing_else(page):
    policy = next(a["content"] for _t, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.raw[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


def test_identifiers_are_unique_and_links_lead_somewhere(page):
    identifiers = page.attributes("id")

    assert len(identifiers) == len(set(identifiers))
    for link in page.attributes("href"):
        assert link.startswith("#view?") or link[1:] in identifiers


def test_hostile_text_is_inert():
    run = hostile_run()
    source = rendered(run.summary, run.records, framework=framework())
    page = Page(source)
    kinds = {tag for tag, _attributes in page.elements}

    assert not kinds & {"img", "b" if MARK in page.attributes("id") else "img"}
    assert MARK not in page.attributes("id")
    assert sum(tag == "script" for tag, _a in page.elements) == sum(tag == "style" for tag, _a in page.elements) == 1
    assert "{{ 7 * 7 }}" in page.text
    assert "49" not in re.findall(r"\b49\b", page.text)
    assert "[U+202E]" in page.text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\ufeff\x00-\x08\x0b-\x1f\x7f-\x9f]", source)
    source.encode("utf-8")
    assert "[cut: 10,000,001 characters in all]" in page.text
    assert len(source) < 6_000_000


def test_run_without_any_host_or_framework():
    summary = make_summary([])
    page = Page(rendered(summary, []))

    assert "0 of 0 audited" in page.text
    assert "What an auditor asks for" not in page.text


def test_finding_whose_rule_the_summary_does_not_know():
    finding = make_finding(SAMPLES[0], "fail", rule="<odd rule>", title="An odd rule")
    page = Page(rendered(make_summary([]), [make_record("db1", [finding])]))

    assert "An odd rule" in page.text
    assert "rule.0" in page.attributes("id")


def test_too_many_passing_findings_are_counted_not_shown(monkeypatch, run):
    monkeypatch.setattr(evidence_groups, "MAX_QUIET_FINDINGS", 50)
    page = Page(rendered(run.summary, run.records))

    assert "hosts/*.json.gz" in page.text
    assert "blocked by install /bin/false" not in page.text
    assert "1007: anna, mkiosk" in page.text
    assert "hosts passing: details in the hosts' records" in page.text


def test_long_evidence_of_many_hosts_is_cut_shorter(monkeypatch):
    monkeypatch.setattr(evidence_groups, "FULL_TEXT_CHARACTERS", 20_000)
    check = {"setting": "motd", "outcome": "fail", "expected": "empty"}
    records = [
        make_record(
            f"h{number:03}",
            [make_finding(SAMPLES[0], "fail", checks=[{**check, "observed": f"{number}" + "x" * 1900}])],
        )
        for number in range(100)
    ]
    source = rendered(make_summary(records), records)

    assert source.count("x" * 1900) == 11
    assert source.count('<bdi class="one">') == 100
    assert "some values are cut short here" in source


def test_what_changed_since_the_last_run_is_told_with_a_trend(run, tmp_path):
    told = history(tmp_path)
    page = Page(rendered(run.summary, run.records, history=told))

    for head in (
        "Regressed: passed before, fail now",
        "Resolved: failed before",
        "Unclear: failed before",
        "Gone: asked no more",
    ):
        assert head in page.text
    assert "First seen 1 host" in page.text
    assert "<b>lab</b> : idle_timeout" in page.text
    assert [attributes["role"] for tag, attributes in page.elements if tag == "svg" and "role" in attributes] == [
        "img"
    ] * 4
    assert len([tag for tag, _attributes in page.elements if tag == "circle"]) == 4 * len(told["points"])


def test_charts_need_no_style_of_the_page(run, tmp_path):
    source = rendered(run.summary, run.records, history=history(tmp_path))
    charts = re.findall(r"<svg xmlns.*?</svg>", source)

    assert len(charts) == 4
    for chart in charts:
        document = ET.fromstring(chart)
        assert {"title", "desc"} < {part.tag.partition("}")[2] for part in document}
        painted = [part for part in document if part.tag.partition("}")[2] not in ("title", "desc")]
        assert all(set(part.keys()) & {"fill", "stroke"} for part in painted)
        assert not any({"class", "style"} & set(part.keys()) for part in document.iter())


@pytest.mark.parametrize("hosts", [{}, {"web": "pf"}])
def test_run_without_a_run_before_it_says_so(run, tmp_path, hosts):
    store = finished(tmp_path, "run-1", 0, hosts)
    document = {"run_id": "run-1", "finished_at": "", "rules": {}, "scopes": [], "hosts": []}
    page = Page(rendered(run.summary, run.records, history=since_last(document, beside(store, list(hosts)), print)))

    assert "a trend needs two runs" in page.text
    assert "Trend" not in page.texts


def test_drift_is_bounded_and_says_where_the_rest_is(run, tmp_path, monkeypatch):
    monkeypatch.setattr(html_report, "MAX_DRIFT", 1)
    told = history(tmp_path)
    page = Page(rendered(run.summary, run.records, history=told))

    assert told["counts"]["unclear"] == 1
    assert told["counts"]["regressed"] == 2
    assert page.text.count("more: see drift.csv") == sum(number > 1 for number in told["counts"].values())


def test_large_fleet_is_bounded_and_each_list_says_what_is_left_out(monkeypatch):
    for name, number in {
        "MAX_LISTED_FINDINGS": 100,
        "MAX_GROUPS": 30,
        "MAX_FREQUENT": 4,
        "GROUPS_OF_EACH": 2,
        "MAX_NAMES": 5,
    }.items():
        monkeypatch.setattr(evidence_groups, name, number)
    monkeypatch.setattr(html_report, "MAX_LISTED", 10)
    own = {**make_finding(SAMPLES[0], "fail"), "rule": "own"}
    records = [
        make_record(f"h{number:02}", [
            {**own, "reason": f"reason {number}"},
            {**own, "rule": "other", "reason": f"another {number}"},
            *({**own, "rule": f"same_{index}", "reason": "the same"} for index in range(number % 7)),
        ])
        for number in range(40)
    ]  # fmt: skip
    summary = make_summary([*records, *(make_unaudited(f"lost{number:02}") for number in range(12))])
    page = Page(rendered(summary, records))

    listed = [host for host in page.texts if re.fullmatch(r"lost\d\d", host)]
    assert len(set(listed)) == 10
    assert "and 2 more: see findings.csv (outcome not_audited)" in page.text
    assert "Listed are 10 hosts: those that were not audited" in page.text
    assert "42 more are left out here" in page.text
    shown = {
        rule: len(re.findall(rf"\b{word} \d+\b", page.text)) for rule, word in (("own", "reason"), ("other", "another"))
    }
    left = {
        rule: int(number)
        for number, rule in re.findall(r"(\d+) more hosts with other evidence: see findings.csv, rule (\w+)", page.text)
    }
    assert {rule: shown[rule] + left.get(rule, 0) for rule in shown} == {"own": 40, "other": 40}
    assert left["own"] > 20
    more = {
        rule: int(number)
        for number, rule in re.findall(r"and (\d+) more hosts?: see findings.csv, rule (\w+)", page.text)
    }
    assert len(more) == 5
    assert {rule: sum(host % 7 > int(rule[-1]) for host in range(40)) - 5 for rule in more} == more


def test_many_hosts_take_seconds_and_little_room():
    run = make_run(hosts=200, rules=100)
    started = time.monotonic()
    source = rendered(run.summary, iter(run.records), framework=framework())

    assert time.monotonic() - started < 10
    assert len(source) < 5_000_000
