# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings of a run as JUnit XML (``junit.xml``): a suite for each host, a case for each rule.

A failure is what fails with no exception in force, an error what could not be judged or audited. All else that is no pass is skipped, with the
reason: exceptions in force, what does not apply, what a person has to judge, and what was not looked at. So a pipeline is red for what somebody
has to mend, and its count of passes has only passes. A suite's counts stand in its head; those of the whole are their sums.

The message stands in each case twice: junitparser and Jenkins read it as an attribute, GitLab reads the content of the element and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, TextIO
from xml.sax.saxutils import escape, quoteattr

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports import decisions
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.text import (
    OUTCOME_WORDS,
    STATUS_WORDS,
    exception,
    one_line,
    visible,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import selections
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.once_each import OnceEach
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.states import in_force

MAX_NAME = 200
MAX_MESSAGE = 400
# Of what was seen, for one case.
MAX_TEXT = 4000
MAX_CHECKS = 20
PASSED, FAILURE, ERROR, SKIPPED = "passed", "failure", "error", "skipped"
# The rule that a case is called by where a host was not audited.
AUDIT = "audit"
Document = Mapping[str, Any]
# (what a case counts as, its name, all that follows the host's name in it)
Case = tuple[str, str, str]


class JUnit:
    """Writes the suites, host by host. ``stream`` is text in UTF-8."""

    def __init__(self, stream: TextIO) -> None:
        self._write = stream.write
        self._case = OnceEach(_case)
        self._hosts: set[str] = set()
        self._write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="hipaa.cis">\n')

    def add(self, record: Document) -> None:
        """Write the suite of a host."""
        self._hosts.add(record["host"])
        asked = selections.of_record(record) if "selection" in record else ""
        self._suite(record["host"], record.get("audited_at", ""), self._cases(record), asked)

    def finish(self, summary: Document) -> None:
        """Write the suites of the hosts that left no record, and of the systems that nobody can audit."""
        for host in summary["hosts"]:
            if host["host"] not in self._hosts:
                self._suite(host["host"], "", [_unaudited(host)])
        for system in summary.get("decisions", {}).get("systems", ()):
            if "cannot_be_audited" in system:
                self._suite(system["name"], "", [_made(SKIPPED, AUDIT, decisions.unaudited(system))])
        self._write("</testsuites>\n")

    def _cases(self, record: Document) -> list[Case]:
        cases = [] if record["status"] == "audited" else [_unaudited(record)]
        seen: set[str] = set()
        for finding in record["findings"]:
            case = self._case(finding)
            if case[1] in seen:
                # Of two benchmarks: pipelines know a case by suite and name, and would keep only one.
                case = (case[0], f"{case[1]} ({finding['benchmark']})", case[2])
            seen.add(case[1])
            cases.append(case)
        return cases + list(_unjudged(record))

    def _suite(self, host: str, time: str, cases: list[Case], asked: str = "") -> None:
        name = quoteattr(one_line(host, MAX_NAME))
        counts = Counter(kind for kind, _name, _rest in cases)
        # XML Schema's form of it, as the format has always been written: without a time zone, in UTC.
        stamp = f" timestamp={quoteattr(one_line(time.removesuffix('Z'), MAX_NAME))}" if time else ""
        self._write(
            f'  <testsuite name={name} tests="{len(cases)}" failures="{counts[FAILURE]}" errors="{counts[ERROR]}" '
            f'skipped="{counts[SKIPPED]}"{stamp}>\n'
        )
        if asked:
            value = quoteattr(one_line(asked, MAX_MESSAGE))
            self._write(f'    <properties><property name="selection" value={value}/></properties>\n')
        for _kind, rule, rest in cases:
            # GitLab knows a case by class and name alone: without the host, one host's would take the place of another's.
            self._write(f"    <testcase classname={name} name={quoteattr(rule)}{rest}")
        self._write("  </testsuite>\n")


def _case(finding: Document) -> Case:
    outcome = finding["outcome"]
    rule = one_line(finding["rule"], MAX_NAME)
    if outcome == "pass":
        return PASSED, rule, "/>\n"
    if outcome == "fail" and not in_force(finding.get("exception")):
        expired = exception(finding.get("exception"))
        fix = finding.get("fix", "")
        said = [finding["title"], *([f"Fix: {fix}"] if fix else []), *([expired] if expired else [])]
        return _made(FAILURE, rule, ". ".join(said), _seen(finding), finding["severity"])
    if outcome == "fail":
        return _made(SKIPPED, rule, f"{finding['title']}: {exception(finding['exception'])}", _seen(finding))
    reason = finding.get("reason") or "; ".join(one["reason"] for one in finding["checks"] if one.get("reason"))
    if outcome == "error":
        return _made(ERROR, rule, f"{finding['title']}: {reason}", _seen(finding), "not judged")
    return _made(SKIPPED, rule, f"{OUTCOME_WORDS[outcome]}: {reason}")


def _unaudited(host: Document) -> Case:
    reason = f"{STATUS_WORDS.get(host['status'], host['status'])}. {host.get('reason', 'no reason given')}"
    return _made(ERROR, AUDIT, reason, kind=str(host["status"]))


def _unjudged(record: Document) -> Iterator[Case]:
    """Yield what the host is meant for and was not looked at, and what nothing judges yet."""
    for item in record.get("not_looked_at", ()):
        name = item.get("rule") or f"{item['benchmark']} {' '.join(item['recommendations'])}"
        yield _made(SKIPPED, one_line(name, MAX_NAME), f"{OUTCOME_WORDS['not_looked_at']}: {item['reason']}")
    for item in record.get("not_yet_automated", ()):
        name = one_line(f"{item['benchmark']} {item['recommendation']}", MAX_NAME)
        yield _made(SKIPPED, name, f"{OUTCOME_WORDS['not_yet_automated']}: {item['title']}: {item['reason']}")


def _made(what: str, rule: str, message: str, text: str = "", kind: str = "") -> Case:
    named = f" type={quoteattr(one_line(kind, MAX_NAME))}" if kind else ""
    head = f"<{what} message={quoteattr(one_line(message, MAX_MESSAGE))}{named}>"
    body = escape(visible(f"{message}\n{text}" if text else message, MAX_TEXT))
    return what, rule, f">{head}{body}</{what}></testcase>\n"


def _seen(finding: Document) -> str:
    """Return what was seen, a line for each of what was expected, observed and said of the settings that do not pass."""
    told = [one for one in finding["checks"] if one["outcome"] not in ("pass", "not_applicable")]
    lines = [f"benchmark: {finding['benchmark']} {' '.join(finding['recommendations'])}"]
    lines += [f"safeguards: {' '.join(finding['cites'])}"] if finding["cites"] else []
    for check in told[:MAX_CHECKS]:
        lines.append(one_line(check["setting"], MAX_MESSAGE))
        lines += [
            f"  {key}: {one_line(check[key], MAX_MESSAGE)}"
            for key in ("expected", "observed", "source", "reason")
            if check.get(key) not in (None, "")
        ]
    lines += [f"... and {len(told) - MAX_CHECKS} more settings"] if len(told) > MAX_CHECKS else []
    return "\n".join(lines)
