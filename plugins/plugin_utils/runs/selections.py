# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked for, in words: level, profile and selection, as every output names them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Record = Mapping[str, Any]


def selection_text(selection: Record) -> str:
    """Return one selection of a host record in words."""
    parts = [
        f"level {selection['level']}, profile {' + '.join([selection['profile'], *selection.get('profiles', ())])}"
    ]
    for option in ("include", "exclude"):
        filters = selection.get(option) or {}
        parts.extend(f"{option} {key}: {', '.join(map(str, names))}" for key, names in filters.items() if names)
    for option, word in (("run_tags", "--tags"), ("skip_tags", "--skip-tags")):
        parts.extend([f"{word} {','.join(selection[option])}"] if selection.get(option) else [])
    return "; ".join(parts)


def of_record(record: Record) -> str:
    """Return all that a record's run asked of its host, and what it is meant for where that is another level or profile."""
    asked = [selection_text(one) for one in (*record.get("earlier_selections", ()), record["selection"])]
    text = " + ".join(dict.fromkeys(asked))
    meant = record.get("meant")
    own = {key: record["selection"][key] for key in ("level", "profile")}
    if meant and meant != own:
        text += f"; meant for level {meant['level']}, profile {meant['profile']}"
    if "framework" in record:
        text += f"; framework {record['framework']}, which is not in force"
    return text


def lines(summary: Record) -> Iterator[str]:
    """Yield a line for each selection of a summary: with one for all hosts just that, else with the number of hosts."""
    for text, hosts in summary.get("selections", {}).items():
        yield text if len(summary["selections"]) == 1 else f"{text} ({hosts} host(s))"


def benchmarks(summary: Record) -> Iterator[str]:
    """Yield a line for each benchmark that hosts of a summary were held against: its version, and whether there is a newer one; then what is unproven."""
    for one in summary.get("benchmarks", ()):
        newer = f", SUPERSEDED by v{one['superseded_by']}" if "superseded_by" in one else ""
        newer += ", a PREVIEW that is not whole" if "preview" in one else ""
        by = f"; {one['fits']}" if "fits" in one else ""
        yield f"{one['title']} v{one['version']}{newer} ({one['hosts']} host(s){by})"
    for text in dict.fromkeys(one["unproven"] for one in summary.get("benchmarks", ()) if "unproven" in one):
        yield f"UNPROVEN: {text}"


def looked_at(row: Record) -> str:
    """Return ``(n of m looked at)`` for a safeguard of which a part was left out, else nothing."""
    return f"({row['looked_at']} of {row['meant']} looked at)" if row.get("looked_at", 0) < row.get("meant", 0) else ""
