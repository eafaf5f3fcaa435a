# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host record: what one run found on one host, as ``catalog/schema/host_record.json`` has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit import detection, governed
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import UNSEEN, Finding, Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import BenchmarkPlan, PlannedRule, PlatformPlan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.reading import why_no_role, why_unsupported
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import (
    OUTCOMES,
    SH,
    Benchmark,
    Catalog,
    Platform,
    leaves,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, NoBenchmark
from ansible_collections.hipaa.cis.plugins.plugin_utils.version import COLLECTION_VERSION

SCHEMA = "hipaa.cis/host_record/1"
MAX_REASON = 2000
# Folders that are named in a reason.
MAX_NAMED = 10
TREES = {"image": "tree of an image", "chroot": "chroot", "container": "container without an init"}
Answer = Mapping[str, Any]
# Platforms that gave no answer, each with what was in the way.
Failed = Sequence[tuple[PlatformPlan, Exception]]


def empty_record(host: str, run_id: str, audited_at: str, catalog_digest: str, selection: Selection) -> dict[str, Any]:
    """Return the record of a host of which nothing is known yet."""
    return {
        "schema": SCHEMA,
        "run_id": run_id,
        "host": host,
        "status": "audited",
        "audited_at": audited_at,
        "collection_version": COLLECTION_VERSION,
        "catalog_digest": catalog_digest,
        "selection": selection.as_dict(),
        "meant": selection.meant,
        "benchmarks": [],
        "platforms": {},
        "parameters": {},
        "warnings": [f"--tags or --skip-tags {name}: no rule is called so" for name in selection.strange_tags],
        "counts": dict.fromkeys(OUTCOMES, 0),
        "findings": [],
        "not_yet_automated": [],
        "not_looked_at": [],
    }


def fill_record(
    record: dict[str, Any],
    catalog: Catalog,
    answers: Sequence[tuple[PlatformPlan, Answer]],
    failed: Failed = (),
) -> None:
    """Judge the answers and put the findings into the record.

    ``answers``: per platform the plan and what the observe module returned. ``failed``: platforms that gave no answer, and
    why; all their rules are errors.
    Raises `NoBenchmark` where none fits the host, `HipaaCisError` where that is not known of all platforms.
    """
    chosen = [(plan, answer, one) for plan, answer in answers for one in plan.carried(answer)]
    if not chosen:
        reasons = [_not_looked_at(plan, problem) for plan, problem in failed]
        kind = HipaaCisError if failed else NoBenchmark
        raise kind(" ".join([_no_benchmark(catalog, answers), *reasons]))
    detects = not all(head.named for plan, _answer in answers for head in plan.heads)
    if detects and all(one.named for _plan, _answer, one in chosen):
        record["warnings"].append(_no_benchmark(catalog, answers))
    for platform_plan, answer, benchmark_plan in chosen:
        record["platforms"][platform_plan.platform.id] = {
            "facts": answer.get("facts", {}),
            "stats": answer.get("stats", {}),
        }
        _add_benchmark(record, platform_plan.platform, benchmark_plan, answer)
        judge = Judge(platform_plan.platform, answer["observations"], answer.get("facts", {}))
        excluded = platform_plan.request["options"].get("scan_exclude", ())
        findings, elsewhere = judged(platform_plan, judge, benchmark_plan.rules, excluded)
        record["warnings"].extend([elsewhere] if elsewhere and elsewhere not in record["warnings"] else [])
        record["findings"].extend(findings)
        _tell_unseen(record, platform_plan, answer, findings)
    for platform_plan, problem in failed:
        _add_failed(record, platform_plan, problem)
    counts = Counter(finding["outcome"] for finding in record["findings"])
    record["counts"] = {outcome: counts[outcome] for outcome in OUTCOMES}


def _tell_unseen(
    record: dict[str, Any], plan: PlatformPlan, answer: Answer, findings: Sequence[Mapping[str, Any]]
) -> None:
    """Name what a tree of files does not show, or a host to which nobody is logged on: no safeguard of that is clean."""
    # What does not apply for another reason was not checked at all.
    unseen = [finding for finding in findings if finding["outcome"] == "not_applicable" and finding["checks"]]
    facts = answer.get("facts", {})
    tree = str(facts.get("tree") or "it does not say where")[:MAX_REASON]
    record["not_looked_at"].extend(
        {
            **{key: finding[key] for key in ("benchmark", "rule", "recommendations", "title", "cites")},
            "reason": finding["reason"],
        }
        for finding in unseen
    )
    # Who is logged on is no property of the host, and a record that says what was not looked at says enough.
    if "tree" in facts or (unseen and plan.platform.shell == SH):
        what = TREES.get(str(facts.get("tree_is")), "tree of files")
        settings = sum(one.get("state") == UNSEEN for one in answer["observations"].values())
        told = f"{what}, not booted ({tree}): {settings} settings can only be seen on a running host."
        record["warnings"].extend([told] if told not in record["warnings"] else [])


def judged(
    platform_plan: PlatformPlan, judge: Judge, rules: Sequence[PlannedRule], excluded: Sequence[str]
) -> tuple[list[dict[str, Any]], str]:
    """Return the findings of rules, and in a line what governs accounts elsewhere. ``excluded``: folders that no scan looks into."""
    findings = [judge.judge(planned).as_dict() for planned in rules]
    elsewhere = governed.note(platform_plan.platform, judge, rules, findings)
    _leave_to_a_person(rules, findings, excluded)
    return findings, elsewhere


def spoil_record(record: dict[str, Any], status: str, reason: str) -> None:
    """Say in a record why the host was not audited: ``failed``, ``unreachable``, ``not_begun`` or ``not_assessed``."""
    record.update(status=status, reason=reason[:MAX_REASON], findings=[], not_yet_automated=[], not_looked_at=[])
    record["counts"] = dict.fromkeys(record["counts"], 0)


def _add_benchmark(record: dict[str, Any], platform: Platform, plan: BenchmarkPlan, answer: Answer) -> None:
    benchmark = plan.benchmark
    release = _release(platform, answer)
    told = {
        "id": benchmark.id,
        "title": benchmark.title,
        "version": benchmark.version,
        "superseded_by": benchmark.superseded_by,
        "preview": benchmark.preview,
        "unproven": platform.unproven,
        "chosen": "named" if plan.named else "detected",
        "fits": detection.relation(benchmark, release) if release and detection.fits(benchmark, release) else "",
    }
    record["benchmarks"].append({key: what for key, what in told.items() if what})
    if benchmark.roles:
        warning = _tell_role(record, plan, release, why_no_role(platform, answer.get("facts", {})))
        record["warnings"].extend([warning] if warning and warning not in record["warnings"] else [])
    other = other_system(platform, benchmark, answer) if plan.named else ""
    if other:
        record["warnings"].append(f"{other} and may judge it wrongly.")
    record["not_looked_at"].extend(dict(item) for item in plan.left_out)
    used = {name for planned in plan.rules for name in planned.rule.parameters}
    record["parameters"].update({name: plan.values[name].as_dict() for name in sorted(used)})
    record["not_yet_automated"].extend(
        {
            "benchmark": benchmark.name,
            "recommendation": item.id,
            "title": item.title,
            "reason": item.not_yet_automated.strip(),
            "cites": list(item.cites),
        }
        for item in plan.unjudged
    )


def _tell_role(record: dict[str, Any], plan: BenchmarkPlan, release: Mapping[str, str], unknown: str) -> str:
    """Say in a record by which profile its host was judged, where the host itself told that; return what is to be warned of, once for the host."""
    roles = plan.benchmark.roles
    if not plan.role:
        named = record["selection"]["profile"]
        told = [one for one, facts in roles.items() if all(release.get(key) in facts[key] for key in facts)]
        if not told or named in told:
            return ""
        return f"hipaa_cis_profile names {named}, and the host says that it is a {told[0]}: what only one of them has to keep is judged wrongly."
    record["selection"] = {**record["selection"], "profile": plan.role, "by_role": True}
    if record["meant"]["profile"] not in roles:
        record["meant"] = {**record["meant"], "profile": plan.role}
    if all(key in release for key in roles[plan.role]):
        return ""
    return (
        f"The host does not say all of its role ({unknown or 'it gives no reason'}): it is judged as a {plan.role}, and what depends on that is an error. "
        "hipaa_cis_profile names another."
    )


def _leave_to_a_person(
    rules: Sequence[PlannedRule], findings: Sequence[dict[str, Any]], excluded: Sequence[str]
) -> None:
    """Take a pass from rules about all files where the site had folders left out: nobody has looked there."""
    if not excluded:
        return
    folders = ", ".join(excluded[:MAX_NAMED]) + (", ..." if len(excluded) > MAX_NAMED else "")
    for planned, finding in zip(rules, findings, strict=True):
        if finding["outcome"] == "pass" and any(_is_scan(leaf) for leaf in leaves(planned.settings)):
            finding["outcome"] = "manual"
            finding["reason"] = (
                f"Nothing was found, but hipaa_cis_scan_exclude leaves out {folders}: look there, for the scan does not."
            )


def _is_scan(setting: Mapping[str, Any]) -> bool:
    return setting["kind"] == "filesystem_scan" or setting.get("query") == "privileged_programs"


def _add_failed(record: dict[str, Any], platform_plan: PlatformPlan, problem: Exception) -> None:
    """Make an error of each rule of a platform that gave no answer; which benchmark it has is then not known, so of all."""
    reason = _not_looked_at(platform_plan, problem)
    record["platforms"][platform_plan.platform.id] = {"facts": {}, "stats": {}, "failed": reason}
    record["warnings"].append(reason)
    told: dict[str, set[str]] = {}
    for plan in platform_plan.benchmarks:
        # Of several roles nobody knows which the host has.
        if plan.benchmark.name not in told:
            _add_benchmark(record, platform_plan.platform, replace(plan, role=""), {})
        known = told.setdefault(plan.benchmark.name, set())
        rules = [planned for planned in plan.rules if planned.rule.id not in known]
        known.update(planned.rule.id for planned in rules)
        record["findings"].extend(Finding(planned, "error", (), reason).as_dict() for planned in rules)


def _not_looked_at(plan: PlatformPlan, problem: Exception) -> str:
    return f"The platform {plan.platform.id} was not looked at: {problem}"[:MAX_REASON]


def other_system(platform: Platform, benchmark: Benchmark, answer: Answer) -> str:
    """Return what speaks against a benchmark that was named for a host: the host says that it is another system, or not which."""
    release, unknown = _release(platform, answer), answer.get("facts", {}).get("os_release_unknown", "")
    if unknown:
        return f"The host does not say which system it is ({unknown}); {benchmark.name} was named for it"
    if not release or detection.fits(benchmark, release):
        return ""
    return f"The host says it is {detection.system(release)}; {benchmark.name} was named for it"


def _release(platform: Platform, answer: Answer) -> Mapping[str, str]:
    """Return what a host says of the system that it is."""
    release: Mapping[str, str] = answer.get("facts", {}).get(platform.facts, {})
    return release


def _no_benchmark(catalog: Catalog, answers: Sequence[tuple[PlatformPlan, Answer]]) -> str:
    if not answers:
        return detection.why_none(catalog, {})
    plan, answer = answers[0]
    facts = answer.get("facts", {})
    platform = plan.platform
    unknown = facts.get("os_release_unknown") or why_unsupported(platform, facts) or why_no_role(platform, facts)
    return detection.why_none(catalog, _release(plan.platform, answer), unknown)
