"""Finished runs for tests of the chain and of the ledger, from a line a host: ``{"web": "ppf"}`` passes two rules and fails the third."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.finish import finish
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.outcomes import NAMES, Outcomes
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.past import beside
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.since_last import since_last
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests.builders import BENCHMARK, make_record, make_unaudited

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
RULES = ("ssh_root", "audit_on", "idle_timeout", "aide_there")
SEVERITIES = ("high", "critical", "medium", "low")
CITES = ("164.312(d)", "164.312(b)", "164.312(a)(2)(iii)", "164.312(c)(1)")


def day(number: float) -> str:
    """A moment, in days after the first of January 2026."""
    return (START + timedelta(days=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def record(host: str, letters: str, when: str, version: str = "1.1.0", left: Sequence[str] = ()) -> dict[str, Any]:
    """The record of a host; a rule whose letter is ``.`` is not in it. No letters: the host was not reached."""
    if not letters:
        return {**make_unaudited(host), "audited_at": when}
    findings = [
        {"rule": rule, "title": rule, "severity": severity, "benchmark": "debian_12", "recommendations": ["1.1"],
         "cites": [cite], "outcome": NAMES[letter], "checks": []}
        for rule, severity, cite, letter in zip(RULES, SEVERITIES, CITES, letters, strict=False)
        if letter != "."
    ]  # fmt: skip
    return make_record(
        host, findings, audited_at=when, benchmarks=[{**BENCHMARK, "version": version}],
        not_looked_at=[{"benchmark": "debian_12", "rule": rule, "cites": [], "recommendations": ["1.1"]} for rule in left],
    )  # fmt: skip


def finished(
    base: Path,
    run_id: str,
    when: float,
    hosts: Mapping[str, str],
    fixed: Mapping[str, Sequence[str]] | None = None,
    **of_record: Any,
) -> RunStore:
    """A run that has ended, of so many days after the first of January 2026."""
    store = RunStore.create(str(base), run_id)
    for host, letters in hosts.items():
        store.write_record(record(host, letters, day(when), **of_record))
    for host, rules in (fixed or {}).items():
        results = [{"benchmark": "debian_12", "rule": rule, "result": "fixed"} for rule in rules]
        store.write_remediation(
            {
                "schema": "hipaa.cis/remediation_record/1",
                "host": host,
                "check_mode": False,
                "changed": True,
                "results": results,
            }
        )
    end(store, when)
    return store


def history(base: Path) -> dict[str, Any]:
    """What the last of four runs changed, of each kind something; names and titles are hostile where a host could make them so."""
    for number, letters in enumerate(("pfff", "pffp", "pffp")):
        finished(base, f"run-{number + 1}", 30 * number, {"ward-3": letters, "<b>lab</b>": "pppp"})
    store = finished(base, "run-4", 90, {"ward-3": "fpep", "<b>lab</b>": "pp.f", "pump-1": "pppp"})
    document = json.loads((store.folder / "outcomes.json").read_text(encoding="utf-8"))
    return since_last(document, beside(store, ["ward-3", "<b>lab</b>", "pump-1"]), lambda _row: None)


def end(store: RunStore, when: float) -> None:
    """Finish a run, as its report does."""
    seen = Outcomes()
    hosts = []
    for file, digest, one in store.records():
        seen.add(one)
        hosts.append({"host": one["host"], "file": file, "digest": digest})
    summary = {
        "run_id": store.run_id,
        "started_at": day(when),
        "finished_at": day(when),
        "collection_version": "0.1.0",
        "catalog_digests": [hashlib.sha256(b"catalog").hexdigest()],
        "hosts": hosts,
    }
    finish(store, summary, seen)
