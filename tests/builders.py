"""Sample records and a summary of a run, in the shape of the published schemas.

The samples read like a real run (rules, values, sources, reasons), so that what is shown of them can be looked at.
``make_run()`` gives a whole run; ``make_record``, ``make_finding`` and ``make_summary`` give the parts. The summary is
made here by a few plain loops and not by the product, so that the two can be held against each other.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.evidence_groups import Evidence
from tests.sample_rules import NOT_YET_AUTOMATED, SAMPLES, Sample

ROOT = Path(__file__).resolve().parents[1]
RUN_ID = "20261103T061500Z-7f3a"
OUTCOMES = ("pass", "fail", "error", "not_applicable", "manual")
WORST_FIRST = ("error", "fail", "manual", "pass", "not_applicable")
SEVERITIES = ("critical", "high", "medium", "low")
BENCHMARK = {
    "id": "debian_12",
    "title": "CIS Debian Linux 12 Benchmark",
    "version": "1.1.0",
    "chosen": "detected",
}
# No scan can see these; a person attests to them.
ATTESTED = ("164.312(a)(2)(ii)",)

Document = dict[str, Any]


class Run(NamedTuple):
    """A summary with the records it was made from."""

    summary: Document
    records: list[Document]


@functools.lru_cache(maxsize=1)
def framework() -> Document:
    """The framework as it stands in the catalog."""
    document: Document = yaml.safe_load((ROOT / "catalog" / "frameworks" / "hipaa.yml").read_text(encoding="utf-8"))
    return document


def _share(*parts: object) -> float:
    """A number from 0 to 1 that always comes out the same for the same parts."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode("utf-8", "backslashreplace")).digest()
    return int.from_bytes(digest[:4], "big") / 2**32


def samples(number: int) -> Iterator[Sample]:
    """Sample rules; beyond the written ones, numbered variants of them."""
    for index in range(number):
        sample = SAMPLES[index % len(SAMPLES)]
        turn = index // len(SAMPLES)
        yield (
            sample
            if turn == 0
            else sample._replace(rule=f"{sample.rule}_{turn + 1}", title=f"{sample.title} ({turn + 1})")
        )


def sample_outcome(sample: Sample, host: str) -> str:
    if sample.manual:
        return "manual"
    if sample.not_applicable and _share(sample.rule, host, "applies") < 0.5:
        return "not_applicable"
    share = _share(sample.rule, host)
    if share < sample.fails:
        return "fail"
    return "error" if sample.error and share > 0.7 else "pass"


def make_finding(sample: Sample, outcome: str, **changes: Any) -> Document:
    """One finding of a sample rule; ``changes`` replace its fields."""
    finding: Document = {
        "rule": sample.rule,
        "title": sample.title,
        "severity": sample.severity,
        "benchmark": BENCHMARK["id"],
        "recommendations": list(sample.recommendations),
        "cites": [cite for cite, _strength, _because in sample.hipaa],
        "outcome": outcome,
        "checks": [],
    }
    check = {"setting": sample.setting, "outcome": outcome, "expected": sample.expected, "source": sample.source}
    if outcome == "fail":
        finding["fix"] = sample.fix
        finding["checks"] = [{**check, "observed": sample.bad}]
    elif outcome == "pass":
        finding["checks"] = [{**check, "observed": sample.good}]
    elif outcome == "error":
        finding["reason"] = sample.error or "the reader gave up"
        finding["checks"] = [{**check, "reason": finding["reason"]}]
    else:
        finding["reason"] = sample.manual if outcome == "manual" else sample.not_applicable
    return {**finding, **changes}


def _count(outcomes: Iterable[str]) -> dict[str, int]:
    counts = dict.fromkeys(OUTCOMES, 0)
    for outcome in outcomes:
        counts[outcome] += 1
    return counts


def make_record(
    host: str, findings: list[Document] | None = None, rules: int = len(SAMPLES), **changes: Any
) -> Document:
    """What the run found on one host; ``changes`` replace fields of the record."""
    if findings is None:
        findings = [make_finding(sample, sample_outcome(sample, host)) for sample in samples(rules)]
    record: Document = {
        "schema": "hipaa.cis/host_record/1",
        "run_id": RUN_ID,
        "host": host,
        "status": "audited",
        "audited_at": "2026-11-03T06:15:42Z",
        "collection_version": "0.1.0",
        "catalog_digest": "3c9f" * 16,
        "selection": {"level": 1, "profile": "server", "include": [], "exclude": []},
        "benchmarks": [dict(BENCHMARK)],
        "platforms": {"linux": {"distribution": "debian", "version": "12", "seconds": 2.4}},
        "parameters": {"ssh_client_alive_interval": {"value": 300, "origin": "default", "unit": "seconds"}},
        "warnings": [],
        "counts": _count(finding["outcome"] for finding in findings),
        "findings": findings,
        "not_yet_automated": [dict(item) for item in NOT_YET_AUTOMATED],
    }
    return {**record, **changes}


def make_unaudited(host: str, status: str = "unreachable", reason: str = "") -> Document:
    """The record of a host that could not be audited."""
    reason = reason or f"ssh: connect to host {host} port 22: Connection timed out"
    return make_record(
        host, findings=[], status=status, reason=reason, benchmarks=[], platforms={}, not_yet_automated=[]
    )


def _worst(outcomes: Iterable[str]) -> str:
    return min(outcomes, key=WORST_FIRST.index)


def _state(cite: str, rules: dict[str, int], open_items: int) -> tuple[str, str]:
    """The state of a safeguard, with its reason."""
    if cite in ATTESTED:
        return "needs_attestation", "no setting of a host shows this; a responsible person has to attest to it"
    if rules["fail"]:
        return "gap", f"{rules['fail']} of {sum(rules.values())} rules fail on at least one host"
    if not rules["pass"]:
        return "not_assessed", "no rule that bears on it was judged"
    if rules["error"] or rules["manual"]:
        return "not_assessed", "some rules could not be judged, or wait for a person"
    rest = f"; {open_items} recommendations are not automated yet" if open_items else ""
    return "supported", f"all {rules['pass']} rules that were judged pass{rest}"


def _outcomes_by_cite(findings: Iterable[Document]) -> dict[str, dict[str, list[str]]]:
    """cite -> rule -> outcomes."""
    found: dict[str, dict[str, list[str]]] = {}
    for finding in findings:
        for cite in finding["cites"]:
            found.setdefault(cite, {}).setdefault(finding["rule"], []).append(finding["outcome"])
    return found


def _host_row(record: Document) -> Document:
    row: Document = {
        "host": record["host"],
        "status": record["status"],
        "file": "hosts/{}.json".format(hashlib.sha256(record["host"].encode("utf-8", "replace")).hexdigest()[:12]),
        "digest": hashlib.sha256(json.dumps(record).encode()).hexdigest(),
        "audited_at": record["audited_at"],
        "benchmarks": ["{title} {version}".format(**benchmark) for benchmark in record["benchmarks"]],
        "warnings": record["warnings"],
        "counts": record["counts"],
        "safeguards": {},
    }
    if "reason" in record:
        row["reason"] = record["reason"]
    if record["status"] == "audited":
        row["level"], row["profile"] = record["selection"]["level"], record["selection"]["profile"]
        by_cite = _outcomes_by_cite(record["findings"])
        for safeguard in framework()["safeguards"]:
            rules = _count(_worst(outcomes) for outcomes in by_cite.get(safeguard["cite"], {}).values())
            row["safeguards"][safeguard["cite"]] = _state(safeguard["cite"], rules, 0)[0]
    return row


def _safeguard_rows(records: list[Document], not_yet: list[Document]) -> list[Document]:
    by_cite = _outcomes_by_cite(finding for record in records for finding in record["findings"])
    rows = []
    for safeguard in framework()["safeguards"]:
        cite = safeguard["cite"]
        rules = _count(_worst(outcomes) for outcomes in by_cite.get(cite, {}).values())
        open_items = sum(cite in item["cites"] for item in not_yet)
        state, reason = _state(cite, rules, open_items)
        affected = sum(
            any(cite in finding["cites"] and finding["outcome"] == "fail" for finding in record["findings"])
            for record in records
        )
        rows.append(
            {key: safeguard[key] for key in ("cite", "name", "kind", "obligation")}
            | {"state": state, "reason": reason, "hosts_affected": affected}
            | {"rules": rules, "not_yet_automated": open_items}
        )
    return rows


def _rule_rows(records: list[Document]) -> Document:
    found: dict[str, list[tuple[str, str]]] = {}
    titles: dict[str, Document] = {}
    for record in records:
        for finding in record["findings"]:
            found.setdefault(finding["rule"], []).append((record["host"], finding["outcome"]))
            titles.setdefault(finding["rule"], finding)
    by_id = {sample.rule: sample for sample in samples(max(len(found), len(SAMPLES)))}
    rows: Document = {}
    for rule, seen in sorted(found.items()):
        sample, finding = by_id.get(rule, SAMPLES[0]), titles[rule]
        rows[rule] = {
            "title": finding["title"],
            "why": sample.why,
            "fix": sample.fix,
            "severity": finding["severity"],
            "topic": sample.topic,
            "platform": "linux",
            "disrupts": sample.disrupts,
            "hipaa": [{"cite": cite, "strength": how, "because": why} for cite, how, why in sample.hipaa],
            "references": {"nist_800_53": list(sample.nist)},
            "recommendations": [{"benchmark": finding["benchmark"], "id": item} for item in finding["recommendations"]],
            "counts": _count(outcome for _host, outcome in seen),
            "hosts_failed": sorted(host for host, outcome in seen if outcome == "fail")[:100],
        }
        if not sample.hipaa:
            rows[rule]["hardening_only"] = "it lessens what an intruder can use; no cite asks for it"
    return rows


def _not_yet_rows(records: list[Document]) -> list[Document]:
    rows: dict[tuple[str, str], Document] = {}
    for record in records:
        for item in record["not_yet_automated"]:
            row = rows.setdefault((item["benchmark"], item["recommendation"]), {**item, "hosts": 0})
            row["hosts"] += 1
    return list(rows.values())


def _top(rules: Document) -> list[Document]:
    failing = [
        {"rule": rule, "title": row["title"], "severity": row["severity"], "hosts": row["counts"]["fail"]}
        for rule, row in rules.items()
        if row["counts"]["fail"]
    ]
    return sorted(failing, key=lambda row: (SEVERITIES.index(row["severity"]), -row["hosts"], row["rule"]))[:10]


def make_summary(records: list[Document], missing: Iterable[str] = (), **changes: Any) -> Document:
    """The run, summarised; ``missing`` are hosts that left no record."""
    audited = [record for record in records if record["status"] == "audited"]
    not_yet, rules = _not_yet_rows(audited), _rule_rows(audited)
    hosts = [_host_row(record) for record in records]
    for host in missing:
        reason = "no record of this host was left in the run directory"
        row = {"host": host, "status": "missing", "reason": reason, "benchmarks": []}
        hosts.append({**row, "counts": _count(()), "safeguards": {}})
    summary: Document = {
        "schema": "hipaa.cis/summary/1",
        "run_id": RUN_ID,
        "started_at": "2026-11-03T06:15:00Z",
        "finished_at": "2026-11-03T06:17:31Z",
        "collection_version": "0.1.0",
        "catalog_digests": sorted({record["catalog_digest"] for record in records}),
        "safeguards": _safeguard_rows(audited, not_yet),
        "hosts": sorted(hosts, key=lambda row: row["host"]),
        "rules": rules,
        "top_failures": _top(rules),
        "not_yet_automated": not_yet,
        "totals": {
            "hosts": len(hosts),
            "audited": len(audited),
            "not_audited": len(hosts) - len(audited),
            "findings": _count(finding["outcome"] for record in audited for finding in record["findings"]),
            "not_yet_automated": len(not_yet),
        },
    }
    return {**summary, **changes}


def make_remediation(host: str, **changes: Any) -> Document:
    """What a remediation did on a host, as the summary has it."""
    counts = {"already_right": 11, "fixed": 7, "would_fix": 0, "still_failing": 1, "skipped": 3, "reverted": 0}
    return {
        "host": host,
        "check_mode": False,
        "changed": True,
        "reverted": False,
        "pending_reboot": ["audit=1 on the kernel's command line"],
        "counts": {**counts, "not_applicable": 2, "error": 0},
        "file": f"remediation/{host}.json",
        **changes,
    }


def make_gaps() -> list[Document]:
    """Gaps in each of their states, as the summary has them."""
    shared = {"why": "A stranger gets in by it.", "reason": "", "rules_failed": [], "hosts_affected": 0, "hosts": []}
    found = {"rules_failed": [SAMPLES[0].rule], "hosts_affected": 8, "hosts": [host_name(index) for index in range(8)]}
    return [
        {**shared, "id": "one", "title": "Sessions do not end by themselves", "state": "found", **found},
        {
            **shared,
            "id": "two",
            "title": "Passwords are weak",
            "state": "not_assessed",
            "reason": "1 host(s) not audited",
        },
        {**shared, "id": "three", "title": "The firewall is off", "state": "not_found"},
    ]


def make_exception() -> Document:
    """An exception, as the summary has it."""
    said = {"reason": "the vendor asks for it", "approved_by": "J. Doe", "expires": "2027-03-01", "timezone": "UTC"}
    exception = {"rule": SAMPLES[0].rule, **said, "state": "in_force"}
    return {"rule": SAMPLES[0].rule, "title": SAMPLES[0].title, "exception": exception, "hosts": [host_name(0)]}


def _narrowed() -> Document:
    """What a summary says of a run that was narrower than what its hosts are meant for."""
    item = {"benchmark": "debian_12", "recommendations": ["5.1.9"], "title": "A rule of level 2", "cites": []}
    return {
        "selections": {"level 1, profile server; meant for level 2, profile server": 12},
        "not_looked_at": [{**item, "rule": "a_rule", "reason": "the run was of level 1", "hosts": 12}],
    }


def host_name(index: int) -> str:
    sites = ("ehr-app", "ehr-db", "pacs", "lab", "ward-ws", "gateway")
    return f"{sites[index % len(sites)]}{index // len(sites) + 1:02d}.clinic.example"


def make_run(hosts: int = 12, rules: int = len(SAMPLES)) -> Run:
    """A run over some audited hosts, one unreachable, one failed and one missing."""
    records = [make_record(host_name(index), rules=rules) for index in range(hosts)]
    records[0]["warnings"] = ["the walk of /srv/images stopped at a network file system"]
    records.append(make_unaudited("pacs-archive01.clinic.example"))
    records.append(make_unaudited("ward-ws99.clinic.example", "failed", "python3 of the host is 3.6; 3.8 is needed"))
    remediation = [make_remediation(host_name(0)), make_remediation(host_name(1), reverted=True)]
    more = {"remediation": remediation, "common_gaps": make_gaps(), **_narrowed(), "exceptions": [make_exception()]}
    return Run(make_summary(records, missing=["lab-old07.clinic.example"], **more), records)


def gathered(records: Iterable[Document]) -> Evidence:
    """Return what the HTML report is made of besides the summary."""
    evidence = Evidence()
    for record in records:
        evidence.add(record)
    return evidence
