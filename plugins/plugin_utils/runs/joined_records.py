# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One record a host and run, though several tasks of the run worked on it: the roles of two standards, an audit before a fix.

Each task writes what it saw. What an earlier one wrote is joined with it, for a record that is overwritten is lost
from the evidence. Of what both saw the later word counts; what was before the run, only the earlier one knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import benchmark_id

Record = dict[str, Any]
OTHER_CATALOG = "An earlier task of this run used another catalog; what it found is not in this record."


def join_host_records(earlier: Record, later: Record) -> Record:
    """Return the record of a host with the findings of both.

    The later one stands alone where there is nothing to join: one of them saw no host, or both looked at the same
    selection. A host that is lost now is lost, whatever was known of it before.
    """
    if later["status"] == "not_begun" and earlier["status"] == "audited":
        # Nobody looked, so what was seen before is still the newest there is.
        return earlier
    selections = [*earlier.get("earlier_selections", []), earlier["selection"]]
    others = [selection for selection in selections if selection != later["selection"]]
    if not others or {earlier["status"], later["status"]} != {"audited"}:
        return later
    if earlier["catalog_digest"] != later["catalog_digest"]:
        return {**later, "warnings": [*later["warnings"], OTHER_CATALOG]}
    earlier = without_other_versions(earlier, later)
    findings = _joined(earlier["findings"], later["findings"], ("benchmark", "rule"))
    counts = Counter(finding["outcome"] for finding in findings)
    unjudged = _joined(earlier["not_yet_automated"], later["not_yet_automated"], ("benchmark", "recommendation"))
    # A task without any says nothing of what the site decided.
    decided = {"decisions": earlier["decisions"]} if "decisions" in earlier else {}
    return {
        **decided,
        **later,
        "earlier_selections": others,
        "not_looked_at": not_looked_at((earlier, later), findings, unjudged),
        "benchmarks": _joined(earlier["benchmarks"], later["benchmarks"], ("id",)),
        "platforms": {**earlier["platforms"], **later["platforms"]},
        "parameters": dict(sorted({**earlier["parameters"], **later["parameters"]}.items())),
        "warnings": _distinct([*earlier["warnings"], *later["warnings"]]),
        "counts": {outcome: counts[outcome] for outcome in later["counts"]},
        "findings": findings,
        "not_yet_automated": unjudged,
    }


def without_other_versions(record: Record, newer: Record) -> Record:
    """Return a record without what was held against a version of a benchmark of which a newer record has another."""
    versions = {one["id"]: one["version"] for one in newer["benchmarks"]}
    gone = {one["id"] for one in record["benchmarks"] if versions.get(one["id"], one["version"]) != one["version"]}
    if not gone:
        return record
    kept = {
        key: [item for item in record.get(key, ()) if benchmark_id(item["benchmark"]) not in gone]
        for key in ("findings", "not_yet_automated", "not_looked_at")
    }
    return {**record, **kept, "benchmarks": [one for one in record["benchmarks"] if one["id"] not in gone]}


def not_looked_at(records: Iterable[Record], findings: Iterable[Record], unjudged: Iterable[Record]) -> list[Record]:
    """Return what records have as not looked at, without what was looked at after all (``findings``, ``unjudged``)."""
    # Of one version each, whether its name stands there or, in older records, its id alone.
    seen = {(benchmark_id(one["benchmark"]), one["rule"]) for one in findings if not is_unseen(one)}
    seen |= {(benchmark_id(one["benchmark"]), one["recommendation"]) for one in unjudged}
    items = [item for record in records for item in record.get("not_looked_at", ())]
    left = {(benchmark_id(item["benchmark"]), item_key(item)[1]): item for item in items}
    return [item for key, item in left.items() if key not in seen]


def is_unseen(finding: Record) -> bool:
    """Return whether a finding says that a tree of files does not show the rule: it stands among what was not looked at, too."""
    return finding.get("outcome") == "not_applicable" and bool(finding["checks"])


def item_key(item: Record) -> tuple[str, str]:
    """Return what a rule, or a recommendation without one, that was not looked at is known by."""
    return item["benchmark"], item.get("rule") or item["recommendations"][0]


def join_remediations(earlier: Record, later: Record) -> Record:
    """Return what both did on the host, one after the other. A plan and what was done are never joined."""
    if earlier["check_mode"] != later["check_mode"]:
        return later
    before = {_key(result, ("benchmark", "rule")): result for result in earlier["results"]}
    own = earlier["changed"] or later["changed"]
    both = [_joined_result(before.get(_key(one, ("benchmark", "rule"))), one, own) for one in later["results"]]
    results = _joined(earlier["results"], both, ("benchmark", "rule"))
    counts = Counter(result["result"] for result in results)
    return {
        **{key: value for key, value in earlier.items() if key != "not_begun"},
        **later,
        "started_at": earlier["started_at"],
        "allowed_disruption": sorted({*earlier["allowed_disruption"], *later["allowed_disruption"]}),
        "changed": earlier["changed"] or later["changed"],
        "reverted": earlier["reverted"] or later["reverted"],
        "pending_reboot": _distinct([*earlier["pending_reboot"], *later["pending_reboot"]]),
        "warnings": _distinct([*earlier["warnings"], *later["warnings"]]),
        "steps": [*earlier["steps"], *later["steps"]],
        "counts": {name: counts[name] for name in later["counts"]},
        "results": results,
    }


def taken_back(record: Record, moment: str, pending: Iterable[str] = ()) -> Record:
    """Return a remediation record whose fixes were taken back at a moment (UTC, ISO 8601).

    ``pending``: what of it stays in effect until the host is started again.
    """
    back = {"result": "reverted", "reason": "it was taken back after the run, with all that the run had changed"}
    results = [{**one, **back} if one["result"] in ("fixed", "pending") else one for one in record["results"]]
    counts = Counter(one["result"] for one in results)
    return {
        **record,
        "rolled_back_at": moment,
        "pending_reboot": list(pending),
        "results": results,
        "counts": {name: counts[name] for name in record["counts"]},
    }


def restarted(record: Record, seen: Record, moment: str, restart: Mapping[str, Any]) -> Record:
    """Return a remediation record after the host was restarted, or was not (``done``, ``problem``), at a moment (UTC).

    ``seen``: the host's record since. What was to take effect then is fixed or still failing by it.
    """
    problem = str(restart.get("problem") or "")
    told = {"at": moment, "done": bool(restart.get("done")), **({"problem": problem} if problem else {})}
    record = {**record, "reboot": told}
    if not told["done"]:
        return record
    if seen["status"] != "audited":
        told["problem"] = "; ".join(
            filter(None, [problem, f"it could not be looked at again: {seen.get('reason', '')}"])
        )
        return record
    findings = {_key(one, ("benchmark", "rule")): one for one in seen["findings"]}
    results = [_since_restart(one, findings.get(_key(one, ("benchmark", "rule")))) for one in record["results"]]
    counts = Counter(one["result"] for one in results)
    return {
        **record,
        "pending_reboot": [],
        "results": results,
        "counts": {name: counts[name] for name in record["counts"]},
    }


def _since_restart(result: Record, finding: Record | None) -> Record:
    """Return a rule's result by the look after the restart; what was not changed keeps its result."""
    if finding is None or result["result"] not in ("fixed", "pending", "still_failing", "already_right"):
        return result
    checks = [check for check in finding["checks"] if check.get("observed")]
    observed = [f"{check['setting']}: {check['observed']}" for check in checks]
    after = {**result, "after": {"outcome": finding["outcome"], "observed": observed}}
    if finding["outcome"] == "pass" or _own_accounts_pass(finding):
        if result["result"] not in ("still_failing", "pending"):
            return after
        return {**after, "result": "fixed", "reason": "it is in effect since the host was restarted"}
    if finding["outcome"] == "fail":
        failed = result["result"] in ("still_failing", "pending")
        reason = "it still fails after the host was restarted" if failed else "it fails since the host was restarted"
        # Why a change was not made, a package that could not be fetched, is what somebody has to mend.
        if result["result"] == "still_failing" and result.get("reason"):
            reason = f"{result['reason']}; {reason}"
        return {**after, "result": "still_failing", "reason": reason}
    return {**after, **_not_judged_since(result["result"], finding)}


def _not_judged_since(before: str, finding: Record) -> Record:
    """Return what changes in a result where the look after the restart neither passes nor fails: nothing is pending any more."""
    if finding["outcome"] == "error":
        return {"result": "error", "reason": finding.get("reason") or "it could not be read after the restart"}
    if before not in ("still_failing", "pending"):
        return {}
    word = "not_applicable" if finding["outcome"] == "not_applicable" else "skipped"
    return {"result": word, "reason": finding.get("reason") or "it cannot be judged since the restart"}


def _own_accounts_pass(finding: Record) -> bool:
    """Return whether a finding is for a person only because a directory governs it besides: what the host keeps itself is right."""
    outcomes = {check.get("outcome") for check in finding["checks"]}
    return (
        finding["outcome"] == "manual"
        and bool(finding.get("governed_by"))
        and "pass" in outcomes
        and outcomes <= {"pass", "not_applicable"}
    )


def _joined_result(earlier: Record | None, later: Record, own: bool) -> Record:
    """Return a rule's result: from what it was before the run to what it is now. ``own``: whether the run changed anything."""
    if earlier is None:
        return later
    joined = {**later, "before": earlier["before"], "changes": [*earlier["changes"], *later["changes"]]}
    if own and later["result"] == "already_right" and earlier["before"]["outcome"] == "fail":
        joined["result"] = "fixed"
        joined["reason"] = (
            earlier.get("reason", "") if earlier["result"] == "fixed" else "a later task of the run put it right"
        )
        if not joined["reason"]:
            del joined["reason"]
    if "exception" in earlier:
        joined.setdefault("exception", earlier["exception"])
    return joined


def _joined(earlier: Iterable[Record], later: Iterable[Record], names: tuple[str, ...]) -> list[Record]:
    """Return the items of both in their order, an item of the same key as the later one has it."""
    return list({_key(item, names): item for item in (*earlier, *later)}.values())


def _key(item: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(item[name]) for name in names)


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
