# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reports of one or several run directories. The one way for callback, report action and merges."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import TemplateError

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports import decisions, drift_table, formats, markdown
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.evidence_groups import Evidence
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.findings_csv import FindingsTable
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.html import write_html
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.register import OverdueTable
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.register import write_csv as write_register
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import chain, past, since_last
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.aggregate import framework_of, strange_record, summarise
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.documents import as_text, pieces
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.failing import Failing
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.finish import finish
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.gate import Tripped
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.merge import Merging
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.outcomes import Outcomes, fixed_rules
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.past import Past
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.register import SCHEMA, Register
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore, is_space_missing
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.summary import SCHEMA as SUMMARY_SCHEMA
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

DECISIONS = "decisions.csv"
# What comes of a record in which a value is of another form.
STRANGE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, TemplateError)
REGISTER = "risk_register.json"
ALWAYS = (
    "findings.csv",
    "report.html",
    since_last.FILE,
    drift_table.FILE,
    "overdue.csv",
    "risk_register.csv",
    REGISTER,
)
MERGED = "Several runs were merged here, so this report tells no drift and no trend; hipaa.cis.history does."


class Written(NamedTuple):
    """The documents that reports are made of: the summary, which is of the records alone, and the risk register, which knows the past."""

    summary: dict[str, Any]
    register: dict[str, Any]


def write_reports(  # noqa: PLR0913 - the runs, and what is known of others, each with a default
    catalog: Catalog,
    stores: Sequence[RunStore],
    target: RunStore,
    merging: Merging | None = None,
    before: Callable[[RunStore, Mapping[str, Any]], Past] | None = None,
    failing: Failing | None = None,
    *,
    asked: Collection[str] = (),
) -> Written:
    """Write the reports into ``target``, finish that run, and return what they are made of.

    They are ``summary.json``, the files of `ALWAYS`, ``decisions.csv`` where the site decided anything, and the formats
    that are ``asked`` for. ``before`` gives what was known
    before the run, from its summary; where not given, the runs beside it do. ``failing``: what the ledger knows of failures. Each record is
    read once and not kept. Raises `HipaaCisError` where a record or the folder can't be used.
    """
    evidence, seen = Evidence(), Outcomes()
    risks = Register(framework_of(catalog, stores), target.run_id, failing, merging.text if merging else "")
    try:
        with (
            target.writing("findings.csv") as stream,
            target.writing("overdue.csv") as overdue,
            formats.writing(target, asked) as more,
        ):
            table, late = FindingsTable(stream), OverdueTable(overdue)

            def also(record: dict[str, Any]) -> None:
                failures = list(risks.add(record))
                standings = {id(finding): stands for finding, stands in failures}
                table.add(record, standings)
                late.add(record, failures)
                evidence.add(record, standings)
                seen.add(record)
                for one in more:
                    one.add(record)

            summary = summarise(catalog, stores, merging, also)
            for one in (table, *more):
                one.finish(summary)
        register = _register(risks, stores, target, summary)
        if _decides(summary):
            with target.writing(DECISIONS) as stream:
                decisions.write_csv(stream, summary)
        history = _history(catalog, target, summary, seen, merging, before or _beside)
        target.write(since_last.FILE, as_text(history))
        with target.writing("report.html") as stream:
            write_html(stream, summary, evidence, _framework(framework_of(catalog, stores)), history, register)
        # Last: where it stands, the others do.
        with target.writing("summary.json") as stream:
            stream.writelines(pieces(summary))
    except STRANGE as problem:
        raise (strange_record(stores) or _of_another_form(stores, problem)) from None
    except OSError as problem:
        # And not to go on with the run: of one that has ended there is only this to be done.
        remedy = (
            " No record is lost. Make space, then run hipaa.cis.report on the run." if is_space_missing(problem) else ""
        )
        raise HipaaCisError(
            f"The reports cannot be written to {target.folder}: {problem.strerror or problem}.{remedy}"
        ) from None
    finish(target, summary, seen)
    return Written(summary, register)


def _of_another_form(stores: Sequence[RunStore], problem: Exception) -> HipaaCisError:
    """Return what to say where no schema tells which value cannot be used."""
    names = ", ".join(store.run_id for store in stores)
    return HipaaCisError(
        f"The reports of {names} cannot be made ({type(problem).__name__}: {spelled_out(str(problem))[:200]}). Was a record changed? Audit again. "
        "If none was, it is a fault of hipaa.cis."
    )


def _register(
    risks: Register, stores: Sequence[RunStore], target: RunStore, summary: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the risk register, and write it. Raises `OSError`."""
    for store in stores:
        risks.fix(fixed_rules(store.remediations()))
        for site in store.sites():
            risks.elsewhere(site["systems"])
    register = risks.as_dict(summary["finished_at"])
    with target.writing("risk_register.csv") as stream:
        write_register(stream, register)
    with target.writing(REGISTER) as stream:
        stream.writelines(pieces(register))
    return register


def _history(
    catalog: Catalog,
    target: RunStore,
    summary: Mapping[str, Any],
    seen: Outcomes,
    merging: Merging | None,
    before: Callable[[RunStore, Mapping[str, Any]], Past],
) -> dict[str, Any]:
    """Return what the run changed, and write all of its drift as a table."""
    with target.writing(drift_table.FILE) as stream:
        add = drift_table.writer(stream)
        if merging:
            return since_last.without_records(target.run_id, MERGED)
        return since_last.since_last(seen.as_dict(summary, {}), before(target, summary), add, catalog.numbers_of)


def _beside(store: RunStore, summary: Mapping[str, Any]) -> Past:
    return past.beside(store, [host["host"] for host in summary["hosts"] if host["status"] == "audited"])


def note_gate(target: RunStore, fail_on: Sequence[str], tripped: Tripped) -> None:
    """Say in the Markdown summary of a run, where it has one, what the gate says of it. Raises `HipaaCisError`."""
    path = target.folder / formats.FILES["markdown"]
    try:
        standing = path.read_text(encoding="utf-8") if path.exists() else ""
        text = markdown.with_gate(standing, fail_on, tripped)
        if standing and text != standing:
            target.write(path.name, text)
            chain.seal(target, only=[path])
    except OSError as problem:
        raise HipaaCisError(f"{path} cannot be written: {problem.strerror or problem}.") from None


def are_written(summary: Mapping[str, Any], target: RunStore, asked: Collection[str] = ()) -> bool:
    """Return whether the reports of ``target`` are those of this summary, which names each record by its digest."""
    try:
        kept = (target.folder / "summary.json").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    names = [*ALWAYS, *([DECISIONS] if _decides(summary) else [])]
    there = all((target.folder / name).is_file() for name in names) and formats.are_there(target, asked)
    return there and kept == as_text(summary)


def register_of(target: RunStore) -> dict[str, Any] | None:
    """Return the risk register that stands in a run directory; None where there is none that can be read."""
    return _document(target, REGISTER, SCHEMA)


def summary_of(target: RunStore) -> dict[str, Any] | None:
    """Return the summary that stands in a run directory; None where there is none that can be read."""
    return _document(target, "summary.json", SUMMARY_SCHEMA)


def _document(target: RunStore, name: str, schema: str) -> dict[str, Any] | None:
    try:
        document = json.loads((target.folder / name).read_bytes())
        return dict(document) if document["schema"] == schema else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _decides(summary: Mapping[str, Any]) -> bool:
    """Return whether the site decided anything; exceptions of rules stand by themselves in a summary."""
    return "decisions" in summary or "exceptions" in summary


def _framework(catalog: Catalog) -> dict[str, Any]:
    return {
        "safeguards": [
            {"cite": row.cite, "auditor_asks": list(row.auditor_asks)} for row in catalog.safeguards.values()
        ]
    }


def report_path(store: RunStore) -> Path:
    """Return where a run's HTML report stands."""
    return store.folder / "report.html"
