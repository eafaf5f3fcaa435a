# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary of a run in Markdown (``summary.md``), for the page of a pipeline's job: some tens of kilobytes whatever the fleet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import SEVERITIES
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports import decisions
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.text import STATUS_WORDS, one_line
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import selections
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.gate import Tripped
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.states import STATES

MAX_CELL = 300
MAX_RULES = 20
MAX_HOSTS = 20
MAX_REASONS = 20
MAX_ASKED = 5
HELD = "## Gate: "
TITLE = "# HIPAA technical safeguards"
# What means something within a line of Markdown as GitHub and GitLab read it, in a table or in HTML, names somebody or something (@ # ! ~ $ :),
# or makes a link. Most rules have underscores in their names, which mean nothing between letters.
_MARKED = re.compile(r"[!#$&*<>@\[\\\]^`{|}~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?=\S)|(?<=[Ww]{3})\.")
Document = Mapping[str, Any]


def escaped(value: Any, limit: int = MAX_CELL) -> str:
    """Return a text on one line that Markdown shows as it is, in a table too: signs that mean something are written as their numbers."""
    return _MARKED.sub(lambda match: f"&#{ord(match[0])};", one_line(value, limit).strip())


class Markdown:
    """Writes the summary once it is known. ``standing``: where it stands of an earlier report."""

    def __init__(self, stream: TextIO, standing: Path) -> None:
        self._stream = stream
        self._standing = standing

    def add(self, record: Document) -> None:
        """Take nothing: all that is shown stands in the summary."""

    def finish(self, summary: Document) -> None:
        """Write the summary. What the gate said of the same one before stays above it."""
        text = body(summary)
        before = _read(self._standing)
        self._stream.write(before if before.startswith(HELD) and before.endswith(text) else text)


def with_gate(standing: str, fail_on: Sequence[str], tripped: Tripped) -> str:
    """Return a summary with what the gate says of it, in the place of what one said before. ``fail_on``: what it was held against."""
    place = standing.find(TITLE)
    text = standing[max(place, 0) :]
    if not fail_on:
        return text
    result = "failed" if tripped else "passed"
    lines = [f"{HELD}{result}", "", f"Held against {', '.join(map(escaped, fail_on))}."]
    for head, reasons in (
        ("The hosts do not comply", tripped.not_compliant),
        ("The audit could not be done in full", tripped.not_done),
    ):
        if reasons:
            lines += ["", f"**{head}**", "", *(f"- {escaped(reason, 600)}" for reason in reasons[:MAX_REASONS])]
            lines += [f"- and {len(reasons) - MAX_REASONS} more"] if len(reasons) > MAX_REASONS else []
    return "\n".join([*lines, "", text])


def body(summary: Document) -> str:
    """Return the summary without the gate."""
    totals = summary["totals"]
    lines = [
        f"{TITLE}, 45 CFR 164.312",
        *_asked(summary),
        "",
        f"Run {escaped(summary['run_id'])}: {totals['audited']} of {totals['hosts']} host(s) audited.",
        "",
        _counted(totals["findings"]),
    ]
    if totals["not_looked_at"]:
        lines += [
            "",
            f"{totals['not_looked_at']} rule(s) and recommendation(s) that the hosts are meant for were not looked at on every host.",
        ]
    told = decisions.score(summary["score"])
    lines += ["", f"{escaped(told)}."] if told else []
    lines += ["", *_not_audited(summary)]
    lines += _table(("Safeguard", "State", "Obligation", "Hosts with failures", "Why"), "lllrl", _safeguards(summary))
    lines += _worst(summary)
    return "\n".join([*lines, "Evidence of configuration only, and no statement that a safeguard is met.", ""])


def _asked(summary: Document) -> Iterator[str]:
    """Yield what the hosts were held against, a line or a few each of benchmarks and selections."""
    if "framework" in summary:
        told = summary["framework"]
        yield from ("", f"**Proposed rule**: {escaped(told['title'])} ({escaped(told['source'])})")
    for word, found in (("Held against", selections.benchmarks(summary)), ("Looked at", selections.lines(summary))):
        texts = list(found)
        left = f"; and {len(texts) - MAX_ASKED} more" if len(texts) > MAX_ASKED else ""
        if texts:
            yield from ("", f"{word} {'; '.join(map(escaped, texts[:MAX_ASKED]))}{left}.")


def _counted(found: Document) -> str:
    return (
        f"Findings: {found['fail']} fail, {found['error']} could not be judged, {found['manual']} wait for a person, {found['pass']} pass, "
        f"{found['not_applicable']} do not apply."
    )


def _safeguards(summary: Document) -> Iterator[Sequence[Any]]:
    for row in summary["safeguards"]:
        state = " ".join(filter(None, (STATES[row["state"]], selections.looked_at(row))))
        yield f"{row['cite']} {row['name']}", state, row["obligation"], row["hosts_affected"], row["reason"]


def _not_audited(summary: Document) -> list[str]:
    lost = [host for host in summary["hosts"] if host["status"] != "audited"]
    if not lost:
        return []
    rows = [(host["host"], STATUS_WORDS[host["status"]], host.get("reason", "")) for host in lost[:MAX_HOSTS]]
    left = len(lost) - len(rows)
    return [
        f"## {len(lost)} host(s) not audited",
        "",
        *_table(("Host", "Status", "Reason"), "lll", rows),
        *([f"and {left} more host(s)", ""] if left else []),
    ]


def _worst(summary: Document) -> list[str]:
    """Return the rules that fail or could not be judged, the most severe with most hosts first."""
    rules = [
        (name, rule) for name, rule in summary["rules"].items() if rule["counts"]["fail"] or rule["counts"]["error"]
    ]
    rules.sort(
        key=lambda one: (
            # What exceptions cover in full comes last.
            one[1]["counts"]["fail"] == one[1].get("excepted", 0) and not one[1]["counts"]["error"],
            -SEVERITIES.index(one[1]["severity"]),
            -one[1]["counts"]["fail"],
            one[0],
        )
    )
    if not rules:
        return []
    rows = [
        (
            rule["severity"],
            name,
            rule["title"],
            rule["counts"]["fail"],
            rule.get("excepted", 0),
            rule["counts"]["error"],
        )
        for name, rule in rules[:MAX_RULES]
    ]
    left = len(rules) - len(rows)
    return [
        "## Rules that do not hold",
        "",
        *_table(
            ("Severity", "Rule", "What should hold", "Failing hosts", "of these excepted", "Not judged on"),
            "lllrrr",
            rows,
        ),
        *([f"and {left} more rule(s); report.html has them all", ""] if left else []),
    ]


def _table(heads: Sequence[str], sides: str, rows: Iterable[Sequence[Any]]) -> list[str]:
    """Return a table and an empty line. ``sides``: of each column ``l`` or ``r``."""
    return [
        _row(heads),
        _row(["---:" if side == "r" else "---" for side in sides]),
        *(_row([escaped(value) for value in row]) for row in rows),
        "",
    ]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
