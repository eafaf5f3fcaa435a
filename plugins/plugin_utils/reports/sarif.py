# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings of a run as SARIF 2.1.0 (``findings.sarif``): one result for each rule that does not hold, over all hosts.

What GitHub's code scanning makes of it decides the form. It takes an alert for the same while rule, path and fingerprint stay, so none of them
hangs on the hosts; these are logical locations, and named in the message. An alert ends when its result is gone, so what could not be judged
is a result too, and so are hosts that were not audited: neither is ever taken for mended.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, TextIO
from urllib.parse import quote

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import SEVERITIES
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.text import STATUS_WORDS, exception, one_line
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.states import in_force

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# What GitHub takes, or shows where that is less: results and rules of a run, tags of a rule, characters of a description.
MAX_RESULTS = 5_000
MAX_RULES = 25_000
MAX_TAGS = 20
MAX_DESCRIPTION = 1024
# Ours: hosts of a result and in its message, exceptions of a result, characters of one name and of one help.
MAX_HOSTS = 100
MAX_NAMED = 10
MAX_EXCEPTIONS = 20
MAX_NAME = 100
MAX_HELP = 4000
# What `one_line` puts behind a text that it cuts.
MARK = 50
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
# In the middle of what GitHub calls by the same word.
SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
NOT_AUDITED, NOT_LOOKED_AT = "hipaa_cis_hosts_not_audited", "hipaa_cis_not_looked_at"
Document = Mapping[str, Any]


class Sarif:
    """Writes one run. ``stream`` is text in UTF-8. Of the records it keeps the names of a few hosts for each rule."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        # rule -> hosts on which it could not be judged, at most MAX_HOSTS
        self._errors: dict[str, list[str]] = {}

    def add(self, record: Document) -> None:
        """Note on which hosts rules could not be judged; what fails where stands in the summary."""
        for finding in record["findings"]:
            if finding["outcome"] == "error":
                names = self._errors.setdefault(finding["rule"], [])
                if len(names) < MAX_HOSTS and record["host"] not in names:
                    names.append(record["host"])

    def finish(self, summary: Document) -> None:
        """Write the document."""
        chosen = sorted(
            (name for name, rule in summary["rules"].items() if rule["counts"]["fail"] or rule["counts"]["error"]),
            key=lambda name: (-SEVERITIES.index(summary["rules"][name]["severity"]), name),
        )
        excepted = _exceptions(summary)
        of_run = [*_not_audited(summary), *_not_looked_at(summary)]
        results = [result for _head, result in of_run]
        results += [
            _result(name, summary["rules"][name], self._errors.get(name, ()), excepted.get(name, ()))
            for name in chosen[: MAX_RESULTS - len(of_run)]
        ]
        # Those with results first, where there is no room for all.
        names = sorted([*chosen, *sorted(set(summary["rules"]) - set(chosen))][: MAX_RULES - len(of_run)])
        run = {
            "tool": {
                "driver": {
                    "name": "hipaa.cis",
                    "version": summary["collection_version"] or "unknown",
                    "rules": [rule for rule, _found in of_run]
                    + [_rule(name, summary["rules"][name]) for name in names],
                }
            },
            "invocations": [_invocation(summary)],
            "results": results,
            "properties": {key: summary[key] for key in ("run_id", "totals", "framework") if key in summary},
        }
        json.dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, self._stream, sort_keys=True, indent=1)
        self._stream.write("\n")


def _rule(name: str, rule: Document) -> dict[str, Any]:
    cites = [mapping["cite"] for mapping in rule["hipaa"]]
    places = [f"{one['benchmark']} {one['id']}" for one in rule["recommendations"]]
    why = [f"{mapping['cite']} ({mapping['strength']}): {mapping['because']}" for mapping in rule["hipaa"]]
    text = [rule["why"], *([f"Fix: {rule['fix']}"] if rule["fix"] else []), *why, rule.get("hardening_only", "")]
    described = {"title": rule["title"], "why": rule["why"] or rule["title"], "help": "\n\n".join(filter(None, text))}
    return _descriptor(name, described, rule["severity"], [*cites, *places])


def _descriptor(name: str, told: Document, severity: str, tags: Iterable[str]) -> dict[str, Any]:
    """Return the metadata of a rule. ``told``: its ``title``, ``why`` and ``help``."""
    title = _text(told["title"], MAX_DESCRIPTION)
    unique = dict.fromkeys(["security", "hipaa", *(_text(tag, MAX_NAME) for tag in tags)])
    return {
        "id": _text(name, MAX_NAME),
        "shortDescription": {"text": title},
        "fullDescription": {"text": _text(told["why"], MAX_DESCRIPTION)},
        "help": {"text": "\n\n".join(_text(part, MAX_HELP) for part in told["help"].split("\n\n")) or title},
        "defaultConfiguration": {"level": LEVELS[severity]},
        "properties": {
            "tags": list(unique)[:MAX_TAGS],
            "security-severity": SCORES[severity],
            "precision": "very-high",
        },
    }


def _result(name: str, rule: Document, not_judged: Iterable[str], exceptions: Iterable[Document]) -> dict[str, Any]:
    """Return the result of a rule. Where exceptions in force cover all of its failures, and it was judged everywhere, it is suppressed."""
    counts, covered = rule["counts"], rule.get("excepted", 0)
    left, unclear = counts["fail"] - covered, list(dict.fromkeys(not_judged))
    hosts = list(dict.fromkeys(rule.get("hosts_open", rule["hosts_failed"]) if left else rule["hosts_failed"]))
    judged = counts["pass"] + counts["fail"]
    parts = [
        f"{rule['title']}: fails on {counts['fail']} of {judged} host(s) that were judged." if counts["fail"] else "",
        f"{rule['title']}: could not be judged, so it is not known to hold."
        if counts["error"] and not counts["fail"]
        else "",
        f"Failing: {_named(hosts, left)}." if left else "",
        f"Could not be judged on {counts['error']} host(s): {_named(unclear, counts['error'])}."
        if counts["error"]
        else "",
        f"Excepted on {covered} host(s)." if covered else "",
        f"Fix: {rule['fix']}" if rule["fix"] and counts["fail"] else "",
    ]
    suppressed = counts["fail"] > 0 and not left and not counts["error"]
    return _as_result(
        name,
        LEVELS[rule["severity"]],
        "\n".join(_text(part, MAX_DESCRIPTION) for part in parts if part),
        list(dict.fromkeys([*hosts, *unclear])),
        # Where any result of a run has this list, all need one (3.27.23), if only an empty one.
        [
            {"kind": "external", "status": "accepted", "justification": _text(exception(told), MAX_DESCRIPTION)}
            for told in list(exceptions)[:MAX_EXCEPTIONS]
        ]
        if suppressed
        else [],
    )


def _as_result(
    name: str, level: str, message: str, hosts: list[str], suppressions: list[dict[str, Any]]
) -> dict[str, Any]:
    # GitHub makes a new alert of another path, so it is the rule's and not a host's. All of the region has to be there.
    place = {
        "physicalLocation": {
            "artifactLocation": {"uri": f"hipaa.cis/rules/{quote(_text(name, MAX_NAME), safe='')}"},
            "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1},
        },
        "logicalLocations": [{"name": _text(host, MAX_NAME), "kind": "host"} for host in hosts[:MAX_HOSTS]],
    }
    if not hosts:
        del place["logicalLocations"]
    digest = hashlib.sha256(f"hipaa.cis/{name}".encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "ruleId": _text(name, MAX_NAME),
        "level": level,
        "message": {"text": message},
        "locations": [place],
        "partialFingerprints": {"primaryLocationLineHash": f"{digest[:16]}:1"},
        "suppressions": suppressions,
    }


def _not_audited(summary: Document) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return rule and result of the hosts that were not audited; nothing where all were."""
    lost = [host for host in summary["hosts"] if host["status"] != "audited"]
    if not lost:
        return []
    title = "All hosts are audited"
    why = "Of a host that was not audited nothing is known: what failed there before may fail still."
    rule = _descriptor(NOT_AUDITED, {"title": title, "why": why, "help": why}, "high", ())
    lines = [f"{title}: {len(lost)} of {len(summary['hosts'])} host(s) were not audited."]
    for host in lost[:MAX_NAMED]:
        reason = host.get("reason", "no reason given")
        lines.append(_text(f"{host['host']}: {STATUS_WORDS[host['status']]}. {reason}", 300))
    lines += [f"... and {len(lost) - MAX_NAMED} more"] if len(lost) > MAX_NAMED else []
    return [(rule, _as_result(NOT_AUDITED, "error", "\n".join(lines), [host["host"] for host in lost], []))]


def _not_looked_at(summary: Document) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return rule and result of what was left out; nothing where the run was a whole one."""
    left = summary["not_looked_at"]
    if not left:
        return []
    title = "All that the hosts are meant for is looked at"
    why = "A run that is narrowed leaves rules out: that it names no failure of theirs does not say that they hold."
    rule = _descriptor(NOT_LOOKED_AT, {"title": title, "why": why, "help": why}, "low", ())
    names = [item.get("rule") or f"{item['benchmark']} {' '.join(item['recommendations'])}" for item in left]
    message = _text(f"{title}: {len(left)} rule(s) and recommendation(s) were not: {_named(names, len(names))}.")
    return [(rule, _as_result(NOT_LOOKED_AT, "note", message, [], []))]


def _invocation(summary: Document) -> dict[str, Any]:
    times = {"startTimeUtc": summary["started_at"], "endTimeUtc": summary["finished_at"]}
    return {
        "executionSuccessful": summary["totals"]["not_audited"] == 0 and summary["totals"]["hosts"] > 0,
        **{key: time for key, time in times.items() if time},
    }


def _exceptions(summary: Document) -> dict[str, list[Document]]:
    """Return of each rule the exceptions in force."""
    found: dict[str, list[Document]] = {}
    for item in summary.get("exceptions", ()):
        if in_force(item["exception"]):
            found.setdefault(item["rule"], []).append(item["exception"])
    return found


def _named(names: list[str], number: int) -> str:
    """Return the first of the names. ``number``: how many there are in all."""
    shown = ", ".join(one_line(name, MAX_NAME) for name in names[:MAX_NAMED])
    left = max(number, len(names)) - len(names[:MAX_NAMED])
    return f"{shown} and {left} more" if left > 0 else shown


def _text(value: str, limit: int = MAX_DESCRIPTION) -> str:
    """Return at most ``limit`` characters on one line that are no more than text: no host's name becomes a link in a message (3.11.6)."""
    return one_line(value, limit - MARK).replace("](", "] (")[:limit]
