# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary as a table of at most 80 columns for the console."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports import decisions, history_text
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports import register as risk_register
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.text import exception
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import common_gaps, selections
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.states import STATES

WIDTH = 80
# Of one reason.
MAX_LINES = 5
MAX_HOSTS = 40
MAX_RISKS = 5
_COLOURS = {
    "gap": "31", "gap_excepted": "35", "not_assessed": "33", "needs_attestation": "36", "alternative_documented": "34", "attested": "32",
    "supported": "32",
}  # fmt: skip
_GAP_COLOURS = {"found": "31", "not_assessed": "33", "not_found": "32"}
_SEVERITY_COLOURS = {"critical": "31;1", "high": "31", "medium": "33", "low": "36"}
_NOT_AUDITED = {
    "not_begun": "NOT BEGUN",
    "not_assessed": "NOT ASSESSED",
    "cannot_be_audited": "CANNOT BE AUDITED",
}
_OBLIGATIONS = {"required": "R", "addressable": "A", "standard": "S"}


class Console:
    """Renders a summary. ``colour``: whether the output is a terminal that shows colours."""

    def __init__(self, colour: bool = False) -> None:
        self._colour = colour

    def lines(
        self,
        summary: Mapping[str, Any],
        folder: str = "",
        history: Mapping[str, Any] | None = None,
        register: Mapping[str, Any] | None = None,
    ) -> list[str]:
        """Return the table's lines, without line ends.

        ``history``: what the run changed (`since_last`); ``register``: the risk register, where there is one.
        """
        result = [
            "",
            _fit(f"HIPAA technical safeguards, 45 CFR 164.312 - run {summary['run_id']}", WIDTH),
            *_proposed(summary),
            *_asked(summary),
            "R required, A addressable, S standard; evidence of configuration only",
            "",
        ]
        result += self._safeguards(summary)
        result += _score(summary)
        result += self._gaps(summary)
        result += self._hosts(summary)
        result += self._remediation(summary)
        result += self._failures(summary)
        for line in history_text.since_last(history) if history else ():
            # A row is cut, a sentence is not.
            pieces = [line] if line.startswith("  ") else textwrap.wrap(line, WIDTH)[:MAX_LINES]
            result += [_fit(piece, WIDTH) for piece in pieces or [""]]
        result += self._exceptions(summary)
        result += self._decisions(summary)
        result += self._risks(register) if register else []
        left = summary["totals"]["not_yet_automated"]
        if left:
            result += ["", f"{left} recommendation(s) are not yet automated and count for nothing here."]
        skipped = summary["totals"].get("not_looked_at", 0)
        if skipped:
            told = f"{skipped} rule(s) and recommendation(s) that the hosts are meant for were not looked at on every host."
            result += ["", *textwrap.wrap(told, WIDTH)]
        if folder:
            result += ["", f"Report: {folder}/report.html"]
        return result

    def _paint(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colour and code else text

    def _safeguards(self, summary: Mapping[str, Any]) -> list[str]:
        head = f"{'Safeguard':<18} {'':1} {'State':<26}{'Hosts':>6}{'Pass':>6}{'Fail':>6}{'Error':>6}{'Manual':>7}"
        result = [head, "-" * WIDTH]
        for row in summary["safeguards"]:
            counts = row["rules"]
            part = selections.looked_at(row)
            state = self._paint(f"{STATES[row['state']]:<26}", _COLOURS[row["state"]])
            numbers = f"{row['hosts_affected']:>6}{counts['pass']:>6}{counts['fail']:>6}{counts['error']:>6}{counts['manual']:>7}"
            head = f"{row['cite']:<18} {_OBLIGATIONS[row['obligation']]}"
            if part:
                # The figures go below, for both do not fit on one line.
                state = self._paint(f"{STATES[row['state']]} {part}", _COLOURS[row["state"]])
                result += [f"{head} {state}", _fit(f"  {row['name']}", 47, pad=True) + numbers]
                continue
            result += [f"{head} {state}{numbers}", _fit(f"  {row['name']}", WIDTH)]
        return result

    def _gaps(self, summary: Mapping[str, Any]) -> list[str]:
        """Return the gaps that auditors meet most, each with its hosts."""
        if not summary.get("common_gaps"):
            return []
        result = ["", f"{'What auditors meet most':<60}{'State':<14}{'Hosts':>6}", "-" * WIDTH]
        for row in summary["common_gaps"]:
            state = self._paint(f"{common_gaps.STATES[row['state']]:<14}", _GAP_COLOURS[row["state"]])
            result.append(f"{_fit(row['title'], 59, pad=True)} {state}{row['hosts_affected']:>6}")
            if row["hosts"]:
                result.append(_fit(f"  {', '.join(row['hosts'])}", WIDTH))
            elif row["reason"]:
                result.append(_fit(f"  {row['reason']}", WIDTH))
        return result

    def _hosts(self, summary: Mapping[str, Any]) -> list[str]:
        head = f"{'Host':<38}{'Pass':>7}{'Fail':>7}{'Error':>7}{'Manual':>8}{'N/A':>7}"
        result = ["", head, "-" * WIDTH]
        audited = [host for host in summary["hosts"] if host["status"] == "audited"]
        worst_first = sorted(
            audited, key=lambda host: (-host["counts"]["fail"], -host["counts"]["error"], host["host"])
        )
        for host in worst_first[:MAX_HOSTS]:
            counts = host["counts"]
            numbers = f"{counts['pass']:>7}{counts['fail']:>7}{counts['error']:>7}{counts['manual']:>8}{counts['not_applicable']:>7}"
            result.append(f"{_fit(host['host'], 37, pad=True)} {numbers}")
            told = (*host["warnings"], *host.get("notes", ()))
            result.extend(_fit(f"  note: {warning}", WIDTH) for warning in told)
        if len(audited) > MAX_HOSTS:
            result.append(f"... and {len(audited) - MAX_HOSTS} more host(s) with no more failures; see the report")
        for host in summary["hosts"]:
            if host["status"] != "audited":
                result.extend(self._not_audited(host))
        for system in summary.get("decisions", {}).get("systems", ()):
            if "cannot_be_audited" in system:
                why = decisions.unaudited(system).split(": ", 1)[1]
                result.extend(self._not_audited({"host": system["name"], "status": "cannot_be_audited", "reason": why}))
        return result

    def _not_audited(self, host: Mapping[str, Any]) -> list[str]:
        """Return who was not audited, and the whole reason: it is what one has to mend."""
        word = _NOT_AUDITED.get(host["status"], "NOT AUDITED")
        colour = "not_assessed" if host["status"] in _NOT_AUDITED else "gap"
        known = host["host"] if host["status"] in _NOT_AUDITED else f"{host['host']} ({host['status']})"
        name = _fit(known, WIDTH - len(word) - 2)
        # That it could not be done is said already.
        reason = re.sub(r"^The \w+ could not be done on this host: ", "", " ".join(str(host.get("reason", "")).split()))
        told = textwrap.wrap(f"{word} {name}: {reason}", WIDTH, subsequent_indent="  ")[:MAX_LINES]
        lines = [_fit(line, WIDTH) for line in told]
        return [lines[0].replace(word, self._paint(word, _COLOURS[colour]), 1), *lines[1:]]

    def _remediation(self, summary: Mapping[str, Any]) -> list[str]:
        """Return what remediations did, hosts that need a look first."""
        if "remediation" not in summary:
            return []
        # What would be fixed is of check mode alone, and what is pending of all others.
        planned = any(item["check_mode"] for item in summary["remediation"])
        heads = ("Right", "Fixed", "Would" if planned else "Pending", "Failing", "Skipped", "Reverted")
        keys = ("already_right", "fixed", "would_fix" if planned else "pending", "still_failing", "skipped", "reverted")
        result = [
            "",
            f"{'Remediation':<28}" + "".join(f"{head:>8}" for head in heads[:5]) + f"{heads[5]:>10}",
            "-" * WIDTH,
        ]
        worst_first = sorted(
            summary["remediation"],
            key=lambda item: (not item["reverted"], -item["counts"]["still_failing"], item["host"]),
        )
        for item in worst_first[:MAX_HOSTS]:
            counts = item["counts"]
            numbers = "".join(f"{counts.get(key, 0):>8}" for key in keys[:5]) + f"{counts['reverted']:>10}"
            result.append(_fit(item["host"], 27, pad=True) + " " + numbers)
            if item["reverted"]:
                word = self._paint("UNDONE BY THE HOST", _COLOURS["gap"])
                result.append(f"  {word}: it could not be reached after the change")
            if "not_begun" in item:
                # Until when is what one wants to know, and stands at its end.
                told = textwrap.wrap(f"not begun: {item['not_begun']}", WIDTH - 2)[:MAX_LINES]
                result.extend("  " + _fit(line, WIDTH - 2) for line in told)
            if "plan_digest" in item:
                result.append(_fit(f"  plan: {item['plan_digest']}", WIDTH))
            if "reboot" in item:
                result.append(_fit(f"  {restart(item['reboot'])}", WIDTH))
            result.extend(_fit(f"  reboot pending: {text}", WIDTH) for text in item["pending_reboot"])
        if len(worst_first) > MAX_HOSTS:
            result.append(f"... and {len(worst_first) - MAX_HOSTS} more host(s); see the run directory")
        if any(item["pending_reboot"] and "reboot" not in item for item in worst_first):
            result.append("What is pending takes effect at the next boot (hipaa_cis_reboot: allowed).")
        return result

    def _exceptions(self, summary: Mapping[str, Any]) -> list[str]:
        """Return what the site has decided to leave as it is, expired first."""
        given = sorted(summary.get("exceptions", ()), key=lambda item: item["exception"]["state"] == "in_force")
        if not given:
            return []
        result = ["", f"{'Documented exceptions':<72}{'Hosts':>8}", "-" * WIDTH]
        for item in given[:MAX_HOSTS]:
            result.append(f"{_fit(item['title'], 71, pad=True)} {len(item['hosts']):>8}")
            result.append(_fit(f"  {exception(item['exception'])}", WIDTH))
        if len(given) > MAX_HOSTS:
            result.append(f"... and {len(given) - MAX_HOSTS} more; see the report")
        return result

    def _decisions(self, summary: Mapping[str, Any]) -> list[str]:
        """Return what somebody has to look at of the site's decisions, what is attested, and hosts that no system names."""
        told = summary.get("decisions", {})
        result: list[str] = []
        if told.get("notices"):
            result += ["", "Decisions to look at", "-" * WIDTH]
            for item in told["notices"][:MAX_HOSTS]:
                word = decisions.NOTICE_WORDS[item["kind"]].upper()
                hosts = f" (on {', '.join(item['hosts'][:3])})" if item["hosts"] else ""
                lines = textwrap.wrap(f"{word} {item['text']}{hosts}", WIDTH, subsequent_indent="  ")[:MAX_LINES]
                fitted = [_fit(line, WIDTH) for line in lines]
                result += [fitted[0].replace(word, self._paint(word, _COLOURS["not_assessed"]), 1), *fitted[1:]]
            left = len(told["notices"]) - MAX_HOSTS
            result += [f"... and {left} more; see the report"] if left > 0 else []
        if told.get("attestations"):
            result += ["", f"{'Attestations':<72}{'Hosts':>8}", "-" * WIDTH]
            for item in told["attestations"][:MAX_HOSTS]:
                result.append(f"{_fit(item['safeguard'], 71, pad=True)} {item['hosts']:>8}")
                result.append(_fit(f"  {decisions.attestation(item)}", WIDTH))
        strays = told.get("hosts_without_system", ())
        if strays:
            lines = textwrap.wrap(f"{len(strays)} host(s) of no system: {', '.join(strays)}", WIDTH)[:MAX_LINES]
            result += ["", *(_fit(line, WIDTH) for line in lines)]
        return result

    def _risks(self, register: Mapping[str, Any]) -> list[str]:
        """Return the highest of the risks that are open."""
        totals = register["totals"]
        entries = [one for one in register["entries"] if one["treatment"] == "open"]
        if not register["entries"]:
            return []
        counted = ", ".join(
            f"{totals[name]} {name}" for name in ("open", "unclear", "accepted", "transferred", "remediated")
        )
        late = f"; {totals['overdue_findings']} finding(s) overdue" if totals["overdue_findings"] else ""
        told = f"An input to the risk analysis of 164.308(a)(1)(ii)(A): {counted}{late}. {register['history_from']['says']}"
        result = ["", f"{'Risk register, highest open risks':<72}{'Hosts':>8}", "-" * WIDTH]
        result += [_fit(line, WIDTH) for line in textwrap.wrap(told, WIDTH)[:MAX_LINES]]
        for one in entries[:MAX_RISKS]:
            due = f", due {one['due']}" if "due" in one else ""
            result.append(f"{_fit(one['title'], 71, pad=True)} {one['hosts_failing']:>8}")
            result.append(_fit(f"  {one['risk']} ({one['score']}){due}, {risk_register.group(one)}", WIDTH))
        return result

    def _failures(self, summary: Mapping[str, Any]) -> list[str]:
        if not summary["top_failures"]:
            return []
        result = ["", f"{'Most severe and frequent failures':<62}{'Severity':>10}{'Hosts':>8}", "-" * WIDTH]
        for item in summary["top_failures"]:
            severity = self._paint(f"{item['severity']:>10}", _SEVERITY_COLOURS[item["severity"]])
            result.append(f"{_fit(item['title'], 61, pad=True)} {severity}{item['hosts']:>8}")
            places = summary["rules"].get(item["rule"], {}).get("recommendations", ())
            numbers = ", ".join(f"{one['benchmark']} {one['id']}" for one in places)
            result.append(_fit(f"  {item['rule']}  {numbers}".rstrip(), WIDTH))
        return result


def _asked(summary: Mapping[str, Any]) -> list[str]:
    """Return what the hosts were held against, a line or a few for each selection."""
    by = [*selections.benchmarks(summary)]
    told = [f"Looked at: {text}" for text in selections.lines(summary)]
    lines = [
        line for texts in (by, told) for text in texts[:MAX_LINES] for line in textwrap.wrap(text, WIDTH)[:MAX_LINES]
    ]
    more = [f"... and {len(told) - MAX_LINES} more selections; see the report"] if len(told) > MAX_LINES else []
    more += [f"... and {len(by) - MAX_LINES} more benchmarks; see the report"] if len(by) > MAX_LINES else []
    return [_fit(line, WIDTH) for line in lines + more]


def _proposed(summary: Mapping[str, Any]) -> list[str]:
    told = summary.get("framework")
    return textwrap.wrap(f"PROPOSED RULE: {told['title']} ({told['source']})", WIDTH) if told else []


def _score(summary: Mapping[str, Any]) -> list[str]:
    told = decisions.score(summary["score"]) if "score" in summary else ""
    return ["", *textwrap.wrap(told, WIDTH)] if told else []


def restart(told: Mapping[str, Any]) -> str:
    """Return in words what a remediation record says of the restart of its host."""
    problem = f": {told['problem']}" if "problem" in told else ""
    if not told["done"]:
        return f"NOT RESTARTED{problem}"
    return f"restarted, then looked at again at {told['at']}{problem}"


def _fit(text: str, width: int, pad: bool = False) -> str:
    """Return a text of at most ``width`` columns, with nothing in it that could steer a terminal."""
    clean = "".join(sign if sign.isprintable() else "?" for sign in text)
    columns = 0
    cut: list[str] = []
    for sign in clean:
        columns += 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        if columns > width:
            while cut and sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in cut) > width - 3:
                cut.pop()
            return "".join(cut) + "..."
        cut.append(sign)
    return "".join(cut) + (" " * (width - columns) if pad else "")
