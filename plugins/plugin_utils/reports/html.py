# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML report: one file that asks for nothing else, to read, to filter, to print and to hand on.

All that varies is text: every value the template prints goes through ``visible`` and is escaped then. The style and the
script are fixed files whose digests the page's own content security policy names, so that nothing else can run.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ansible_collections.hipaa.cis.plugins.plugin_utils.reports import decisions, history_text
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports import register as risk_register
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.evidence_groups import MAX_QUIET_FINDINGS, Evidence
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.html_view import (
    OUTCOMES,
    SEVERITIES,
    all_cites,
    outcome_bar,
    sections,
    worst_hosts,
    worst_remediated,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.template_cache import TemplateCache
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.text import (
    MAX_CHARACTERS,
    OUTCOME_WORDS,
    REMEDIATION_WORDS,
    STATUS_WORDS,
    exception,
    exception_record,
    one_line,
    visible,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.trend_chart import trends
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import common_gaps, selections, states

HERE = Path(__file__).resolve().parent
# Of each list of the page, so much stands in it; what is left out is counted, with the file that has it.
MAX_LISTED = 500
MAX_DRIFT = 50
# Evidence was cut before; this leaves room for the note that says so.
LAST_LIMIT = MAX_CHARACTERS + 100

Document = Mapping[str, Any]


def _fixed(name: str) -> tuple[Markup, str]:
    """Return one of our own files with the source expression that lets it through the page's policy."""
    text = (HERE / name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return Markup(text), f"'sha256-{digest}'"  # noqa: S704 - a file of the collection, no input


def _safe(value: Any) -> Any:
    """Make every printed value visible; what we escaped ourselves, and numbers, stay."""
    return value if isinstance(value, (Markup, int, float)) else visible(value, LAST_LIMIT)


def _when(text: str) -> str:
    """Return an ISO time for people; what is not one stays as it is."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return text
    return moment.strftime("%d %B %Y, %H:%M:%S %Z").lstrip("0")


def _view_link(**chosen: str) -> str:
    """Return a link to the findings, filtered."""
    return "#view?" + urlencode({key: one_line(value) for key, value in chosen.items()})


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(str(HERE)),
        autoescape=True,
        finalize=_safe,
        bytecode_cache=TemplateCache(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(when=_when, one_line=one_line, number="{:,}".format)
    environment.globals.update(view_link=_view_link, outcome_bar=outcome_bar)
    return environment


def _asks(framework: Document | None) -> dict[str, Document]:
    return {row["cite"]: row for row in (framework or {}).get("safeguards", ())}


def write_html(
    stream: TextIO,
    summary: Document,
    evidence: Evidence,
    framework: Document | None = None,
    history: Document | None = None,
    register: Document | None = None,
) -> None:
    """Write the report of a run.

    ``summary`` is a document of the published schema, ``evidence`` what was gathered of the records it is made of.
    ``framework`` is the framework's document (``catalog/frameworks/*.yml``); with it the report tells, per cite, what
    an auditor asks for. ``history`` is what the run changed (`since_last`), ``register`` the risk register.

    ``stream`` is text in UTF-8. The same input gives the same bytes.
    """
    parts = sections(summary, evidence)
    names = {row["cite"]: row["name"] for row in summary["safeguards"]}
    remediated = worst_remediated(summary, MAX_LISTED)
    style, style_source = _fixed("page.css")
    script, script_source = _fixed("page.js")
    page = _environment().get_template("page.html.j2")
    pieces = page.generate(
        summary=summary,
        evidence=evidence,
        sections=parts,
        cites=all_cites(summary, parts),
        framework=_asks(framework),
        names=names,
        hosts=worst_hosts(summary, MAX_LISTED),
        remediation=remediated,
        remediation_left=len(summary.get("remediation", ())) - len(remediated),
        history=history,
        trends=list(trends(history, names)) if history else [],
        drift_heads=history_text.HEADS,
        moves=list(history_text.moves(history)) if history else [],
        anchors={view.rule: view.anchor for part in parts for view in part.rules},
        not_audited=[host for host in summary["hosts"] if host["status"] != "audited"],
        looked_at=selections.looked_at,
        benchmarks=list(selections.benchmarks(summary)),
        selections=list(selections.lines(summary)),
        max_listed=MAX_LISTED,
        max_drift=MAX_DRIFT,
        exception_text=exception,
        exception_record=exception_record,
        decided=decisions,
        register=register,
        risks=risk_register,
        notice_words=decisions.NOTICE_WORDS,
        gap_words=common_gaps.STATES,
        outcomes=OUTCOMES,
        severities=SEVERITIES,
        outcome_words=OUTCOME_WORDS,
        state_words=states.STATES,
        status_words=STATUS_WORDS,
        remediation_words=REMEDIATION_WORDS,
        max_quiet=MAX_QUIET_FINDINGS,
        style=style,
        style_source=Markup(style_source),  # noqa: S704 - a digest
        script=script,
        script_source=Markup(script_source),  # noqa: S704 - a digest
    )
    stream.writelines(pieces)
