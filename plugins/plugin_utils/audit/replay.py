# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge again what a host answered once: its observations as they came, with the parameters that its record has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlatformPlan, make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.record import judged as judged_rules
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Benchmark, Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

Document = dict[str, Any]


def raw_task(record: Mapping[str, Any], answers: Sequence[tuple[PlatformPlan, Mapping[str, Any]]]) -> Document:
    """Return what is kept of one task's answers, so that they can be judged again.

    ``without``: benchmark -> rules of its level that were not judged by them, so nothing of a whole audit; ``platforms``: platform ->
    its observations, by setting.
    """
    failed = {name for name, platform in record["platforms"].items() if "failed" in platform}
    judged = {_key(one) for one in record["findings"]}
    asked = {
        name: record["selection"][name] for name in ("level", "profile", "profiles") if name in record["selection"]
    }
    without = {
        one.benchmark.name: sorted(
            rule for rule in _rules(one.benchmark, asked) if (one.benchmark.name, rule) not in judged
        )
        for plan, answer in answers
        if plan.platform.id not in failed
        for one in plan.carried(answer)
    }
    scans = [plan.request["options"].get("scan_exclude", ()) for plan, _answer in answers]
    return {
        "audited_at": record["audited_at"],
        **asked,
        "scan_exclude": list(scans[0]) if scans else [],
        "without": without,
        "platforms": {plan.platform.id: answer["observations"] for plan, answer in answers},
    }


def judge_again(catalog: Catalog, record: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]) -> Iterator[Document]:
    """Yield the findings of a record, judged anew by the raw answers of its tasks, in the record's order.

    ``catalog``: under the framework of the record. Exceptions stand beside findings, and are not in these. What a platform that
    gave no answer left behind is yielded as it is. Raises `HipaaCisError` where the catalog has a rule no more.
    """
    last = {key: place for place, task in enumerate(tasks) for key in _asked(catalog, task)}
    carried = {benchmark for task in tasks for benchmark in task["without"]}
    findings = {
        _key(one): {name: value for name, value in one.items() if name != "exception"} for one in record["findings"]
    }
    judged: dict[tuple[str, str], Document] = {}
    for place, task in enumerate(tasks):
        mine = [findings[key] for key in findings if last.get(key) == place]
        judged.update((_key(one), one) for one in _judged(catalog, record, task, mine))
    for key, finding in findings.items():
        if finding["benchmark"] in carried and key not in judged:
            raise HipaaCisError(
                f"The rule {key[1]} of {key[0]} cannot be judged again: this catalog does not ask for it. Use the version that the record names."
            )
        yield judged.get(key, finding)


def _asked(catalog: Catalog, task: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (benchmark, rule) that a task judged by its answers."""
    known = catalog.benchmark_names()
    for name, without in task["without"].items():
        if name in known:
            yield from ((name, rule) for rule in _rules(catalog.benchmark(name), task) if rule not in without)


def _rules(benchmark: Benchmark, asked: Mapping[str, Any]) -> set[str]:
    selection = Selection(level=asked["level"], profile=asked["profile"], profiles=tuple(asked.get("profiles", ())))
    return {rule for recommendation in selection.levels(benchmark) for rule in recommendation.rules}


def _judged(
    catalog: Catalog, record: Mapping[str, Any], task: Mapping[str, Any], findings: Sequence[Document]
) -> Iterator[Document]:
    """Yield the findings of one task as they are by its observations."""
    if not findings:
        return
    values = {
        name: value
        for one in findings
        for name, value in one.get("parameters", {}).items()
        if value["origin"] == "site"
    }
    plans = make_plan(
        catalog,
        Selection(
            tuple(dict.fromkeys(one["benchmark"] for one in findings)),
            task["level"],
            task["profile"],
            profiles=tuple(task.get("profiles", ())),
        ),
        {name: value["value"] for name, value in values.items()},
        {},
        decided={name: value["decision"] for name, value in values.items() if "decision" in value},
    )
    wanted = {_key(one) for one in findings}
    for platform_plan in plans:
        name = platform_plan.platform.id
        facts = record["platforms"].get(name, {}).get("facts", {})
        judge = Judge(platform_plan.platform, task["platforms"].get(name, {}), facts)
        for plan in platform_plan.benchmarks:
            rules = [planned for planned in plan.rules if (planned.benchmark, planned.rule.id) in wanted]
            yield from judged_rules(platform_plan, judge, rules, task["scan_exclude"])[0]


def _key(finding: Mapping[str, Any]) -> tuple[str, str]:
    return finding["benchmark"], finding["rule"]
