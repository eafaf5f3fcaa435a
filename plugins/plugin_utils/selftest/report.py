# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The self-test's report: a document that may leave the site, and what a person is shown of it.

It has no name of the host or of an account, no SID but its last number, and of what rules ask no value, only whether it was read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ansible_collections.hipaa.cis.plugins.module_utils.linux.masking import masked
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.sids import SID
from ansible_collections.hipaa.cis.plugins.plugin_utils.selftest.checks import OBSERVE, Check, Seen
from ansible_collections.hipaa.cis.plugins.plugin_utils.selftest.questions import Questions
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

SCHEMA = "hipaa.cis/windows_selftest/1"
FACTS = ("product_name", "current_build", "ubr", "edition", "installation_type", "display_version", "product_type", "build", "domain_role")  # fmt: skip
MOST_SHOWN = 60
MOST_REASONS = 10
MOST_TOLD = 400
_FOLDER_OF_A_PERSON = re.compile(r"(?i)(\b[a-z]:\\(?:users|documents and settings)\\)[^\\\s'\"]+")
# From the first quote that opens to the last that closes: a name may have an apostrophe of its own, as a word of ours may.
_QUOTED = re.compile(r"(?<!\w)'.*'(?!\w)")
# Their reasons may name accounts, servers and folders without any quotes.
OF_NAMES = (
    "account",
    "file_audit",
    "ipsec",
    "laps",
    "log_forwarding",
    "service_account",
    "shadow_copy",
    "user_right",
    "vpn",
)
NOT_SHOWN = "it may hold a name; an audit shows it"


def cleaned(text: str, names: Iterable[str]) -> str:
    """Return a reason without names that are known, names of folders of people, and SIDs but for their last numbers."""
    text = SID.sub(
        lambda found: "S-1-...-" + found[0].rpartition("-")[2],
        spelled_out(masked(" ".join(text[: 4 * MOST_TOLD].split()))),
    )
    text = _FOLDER_OF_A_PERSON.sub(r"\1...", text)
    for name in sorted({name for name in names if len(name) > 1}, key=len, reverse=True):
        text = re.sub(rf"(?i)(?<![\w]){re.escape(name)}(?![\w])", "...", text)
    return text[:MOST_TOLD]


def own_names(variables: Mapping[str, Any]) -> set[str]:
    """Return what a host and the account that connects are called in the inventory, whole and by their parts."""
    found: set[str] = set()
    for name in (
        "inventory_hostname",
        "ansible_host",
        "ansible_user",
        "ansible_ssh_user",
        "ansible_winrm_user",
        "ansible_psrp_user",
    ):
        text = str(variables.get(name) or "")
        found |= {text, *re.split(r"[\\@]", text)}
        # The first label of a host's name, and no number of an address.
        label = text.partition(".")[0]
        found |= set() if label.isdigit() else {label}
    return found - {"", "localhost"}


def collected(questions: Questions, seen: Seen, stats: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return of each kind how often it was read and how not, with the reasons and the seconds: of what was asked, and of what rules make of it."""
    raw: dict[str, dict[str, Any]] = {}
    for key, (kind, _address) in questions.plan.request["settings"].items():
        _count(raw, kind, lambda key=key: seen.observation(key)["state"], names, quoted=True)
    for kind, one in raw.items():
        one["seconds"] = stats.get(kind)
    read: dict[str, dict[str, Any]] = {}
    for asked in questions.settings:

        def state(asked: Any = asked) -> str:
            answer = seen.observation(asked.key)
            if answer["state"] not in ("value", "absent"):
                return str(answer["state"])
            return "absent" if seen.setting(asked.kind, asked.address, answer) is None else "value"

        # A reader's reason quotes what the host said.
        _count(read, asked.kind, state, names, quoted=False)
    return {"collectors": raw, "settings": read}


def _count(into: dict[str, dict[str, Any]], kind: str, state: Any, names: Iterable[str], quoted: bool) -> None:
    one = into.setdefault(kind, {"states": {}, "reasons": {}})
    try:
        what = state()
    except HipaaCisError as problem:
        what = "error"
        text = str(problem)
        if kind in OF_NAMES and not text.startswith(f"ours: {kind} cannot be read: "):
            text = NOT_SHOWN
        reason = cleaned(text if quoted else _QUOTED.sub("'...'", text), names)
        if reason in one["reasons"] or len(one["reasons"]) < MOST_REASONS:
            one["reasons"][reason] = one["reasons"].get(reason, 0) + 1
    one["states"][what] = one["states"].get(what, 0) + 1


def document(seen: Seen, checks: Sequence[Check], names: Iterable[str], **more: Any) -> dict[str, Any]:
    """Return the report. ``more``: what else stands in it."""
    return {
        "schema": SCHEMA,
        **more,
        "windows": {name: seen.windows[name] for name in FACTS if name in seen.windows},
        "powershell": {"version": seen.facts.get("powershell"), "machine": seen.facts.get("machine")},
        "counts": counts(checks),
        "checks": [_told(one, names) for one in checks],
    }


def _told(check: Check, names: Iterable[str]) -> dict[str, Any]:
    """Return a check as it stands in the report. What was read may hold a name where somebody has put one, as in a path."""
    told = {name: cleaned(one, names) if isinstance(one, str) else one for name, one in asdict(check).items()}
    return {**told, "reason": told["reason"].rstrip(".")}


def counts(checks: Sequence[Check]) -> dict[str, int]:
    """Return how many agree, differ, and could not be made."""
    found = Counter(one.same for one in checks)
    return {"agree": found[True], "differ": found[False], "not_made": found[None]}


def table(host: str, report: Mapping[str, Any]) -> str:
    """Return what a person is shown: what differs, what could not be held against each other, and collectors with errors."""
    told = report["counts"]
    windows = report["windows"]
    head = (
        f"{host} ({windows.get('product_name', 'no Windows that is known')}, build {windows.get('build', 'unknown')}): "
        f"{told['agree']} agree, {told['differ']} differ, {told['not_made']} could not be made"
    )
    rows = [
        ("differs", one["name"], _brief(one["ours"]), _brief(one["theirs"]))
        for one in report["checks"]
        if one["same"] is False
    ]
    not_made: dict[str, list[str]] = {}
    for one in report["checks"]:
        if one["same"] is None:
            not_made.setdefault(one["reason"], []).append(one["name"])
    # One cause may keep all checks from being made.
    for reason, alike in not_made.items():
        rows.append(("not made", alike[0] + (f" and {len(alike) - 1} more" if alike[1:] else ""), reason, ""))
    whole = () if OBSERVE in report["failed"] else (("collectors", "collector"), ("settings", "settings of"))
    for part, what in whole:
        for kind, one in report[part].items():
            rows += [(f"{count}x error", f"{what} {kind}", reason, "") for reason, count in one["reasons"].items()]
    if not rows:
        return head
    widths = [max(len(row[place]) for row in (("", "check", "ours", "theirs"), *rows)) for place in range(2)]
    lines = [
        f"  {row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  " + (f"{row[2]} | {row[3]}" if row[3] else row[2])
        for row in rows
    ]
    return "\n".join([head, f"  {'':<{widths[0]}}  {'check':<{widths[1]}}  ours | theirs, or why not", *lines])


def _brief(value: Any) -> str:
    text = ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 4] + " ..."
