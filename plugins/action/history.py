# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of ``hipaa.cis.history``: a question -> what the ledger knows, printed and as files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options, site
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.action import OnceAction
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.site import HostSite
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.answers import answer
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.catch_up import current
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.history import History, Question
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.terms import OfHost, Terms
from ansible_collections.hipaa.cis.plugins.plugin_utils.private_files import make_private_folder, private_file
from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.history_text import lines, write_overdue
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import run_base
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

# No run id begins with an underscore.
DOCUMENT, OVERDUE = "_history.json", "_overdue.csv"


class ActionModule(OnceAction):
    """Brings the ledger up to date and asks it. Works on the controller only."""

    SPEC = options.HISTORY_SPEC
    CANNOT = "THE HISTORY COULD NOT BE READ"

    def _done(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        known = load_catalog(arguments["catalog_paths"])
        cites = list(known.safeguards)
        for cite in arguments["safeguard"]:
            if cite not in cites:
                raise HipaaCisError(unknown("safeguard", cite, cites))
        terms = Terms(
            datetime.now(timezone.utc).timestamp(),
            options.since(arguments["since"]),
            options.check_days("trend_days", arguments["trend_days"]),
            options.deadlines(arguments["deadlines"]),
            options.check_days("audit_interval", arguments["audit_interval"]),
            {name: hosts for name, hosts in variables.get("groups", {}).items() if name not in ("all", "ungrouped")},
        )
        question = Question(tuple(arguments["host"]), tuple(arguments["rule"]), tuple(arguments["safeguard"]))
        base = run_base(arguments["run_dir"])
        with current(base, arguments["ledger"]) as ledger:
            for warning in ledger.warnings:
                self._display.warning(spelled_out(warning))
            history = History(ledger.connection, question)
            terms = replace(terms, of_hosts=self._of_hosts(arguments, known, variables, history.hosts.values()))
            told = answer(history, terms, arguments["safeguard"] or cites)
        for line in lines(told):
            self._display.display(spelled_out(line))
        _write(base, told)
        counts = {kind: len(rows) for kind, rows in told["drift"].items() if isinstance(rows, list)}
        return {
            "history": str(base / DOCUMENT),
            "overdue_list": str(base / OVERDUE),
            "drift": counts,
            "overdue": len(told["overdue"]),
            "flapping": len(told["flapping"]),
            "unbroken": [one["cite"] for one in told["records"] if one["unbroken"]],
            "msg": f"History: {base / DOCUMENT}; overdue: {base / OVERDUE}",
        }

    def _of_hosts(
        self, arguments: dict[str, Any], known: Catalog, variables: dict[str, Any], names: Iterable[str]
    ) -> dict[str, OfHost]:
        """Return what the site says of hosts; nothing where it says nothing. An entry with a mistake is told."""
        nothing: dict[str, Any] = {**{section: [] for section in options.DECISIONS}, "second_person": False}
        given = {**nothing, **arguments, **({"deadlines": []} if isinstance(arguments["deadlines"], Mapping) else {})}
        if given["site_dir"] is None and not any(given[section] for section in options.DECISIONS):
            return {}
        found, faults = site.of_hosts(given, known, variables, names)
        for text in faults:
            self._display.warning(spelled_out(text))
        return {name: _of_host(one) for name, one in found.items()}


def _of_host(told: HostSite) -> OfHost:
    system = told.system or {}
    # What does not hold any more comes first, so that what holds is kept.
    exceptions = sorted(told.decisions.exceptions, key=lambda one: one.state == "in_force")
    tickets = {rule: one.more["ticket"] for one in exceptions if "ticket" in one.more for rule in one.rules}
    return OfHost(
        system.get("name", ""), system.get("owner", ""), told.deadlines, system.get("audit_interval", 0), tickets
    )


def _write(base: Path, told: dict[str, Any]) -> None:
    try:
        make_private_folder(base)
        with private_file(base / DOCUMENT) as stream:
            json.dump(told, stream, indent=1, sort_keys=True)
        with private_file(base / OVERDUE) as stream:
            write_overdue(stream, told["overdue"])
    except OSError as problem:
        raise HipaaCisError(f"The history cannot be written to {base}: {problem.strerror or problem}.") from None
