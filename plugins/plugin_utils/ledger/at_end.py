# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger at the end of a run: what it knew before, and the run entered, where that is worth it.

SQLAlchemy takes a third of a second to load: an audit of one host would feel it. Of such a run, the runs beside it are asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.failing import Failing
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.past import Past, beside
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.slices import is_slice
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore

# Hosts of a run from which on it takes so long by itself that nobody feels the ledger.
WORTH_IT = 50


def is_asked(stores: Sequence[RunStore], given: str | None) -> bool:
    """Return whether the reports of runs ask the ledger since when rules fail: where that is worth it, or deadlines are given."""
    whole = [store for store in stores if not is_slice(store)]
    return any(_is_worth_it(len(store.expected_hosts()), given) or _has_deadlines(store) for store in whole)


def _has_deadlines(store: RunStore) -> bool:
    """Return whether the first host that was audited has deadlines. Raises `HipaaCisError`."""
    audited = (record for _file, _digest, record in store.records() if record.get("status") == "audited")
    return any("deadlines" in one.get("decisions", {}) for one in islice(audited, 1))


def failing(stores: Sequence[RunStore], target: RunStore, given: str | None) -> Failing:
    """Return what the ledger knows of failures before runs. ``target``: where their reports are written."""
    from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import failing as reading

    return reading.read(target.folder.parent, given, [store.run_id for store in stores])


def regressed(stores: Sequence[RunStore], target: RunStore, given: str | None) -> tuple[str, dict[str, set[str]]]:
    """Return the last run before runs that the ledger has, and of each host the rules that began to fail since. Raises as `failing.regressed`."""
    from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import failing as reading

    return reading.regressed(target.folder.parent, given, [store.run_id for store in stores])


def enter(store: RunStore, summary: Mapping[str, Any], given: str | None, asked: bool = False) -> tuple[str, ...]:
    """Enter a finished run where the site has named a ledger, the run is a large one or the ledger is ``asked`` anyway; return warnings.

    All others are entered by who reads the ledger next. A slice is not entered: its run is, when it is merged.
    Raises `HipaaCisError` where the site's ledger can't be used, or does not take this run.
    """
    if is_slice(store) or not (asked or _is_worth_it(len(summary["hosts"]), given)):
        return ()
    from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.catch_up import bring_up_to_date

    refused: dict[str, str] = {}
    try:
        warnings = bring_up_to_date(store.folder.parent, given, refused)
    except HipaaCisError as problem:
        later = f"The run is finished and its files are written, but it is not in the ledger yet: {problem} The next run enters it too."
        if given:
            raise HipaaCisError(later) from None
        return (later,)
    if given and store.run_id in refused:
        # No later run enters it, either.
        raise HipaaCisError(
            f"The run is finished and its files are written, but it is not in the ledger: {refused[store.run_id]}."
        )
    return warnings


def before(store: RunStore, summary: Mapping[str, Any], given: str | None) -> Past:
    """Return what was known of the hosts of a run before it. A ledger that can't be used is told by `enter`, and its place is taken."""
    hosts = [host["host"] for host in summary["hosts"] if host["status"] == "audited"]
    if is_slice(store) or not _is_worth_it(len(summary["hosts"]), given):
        return beside(store, hosts)
    from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.before_run import before_run
    from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.catch_up import current

    try:
        with current(store.folder.parent, given) as ledger:
            return before_run(ledger.connection, store.run_id, hosts)
    except HipaaCisError:
        found = beside(store, hosts)
        return replace(found, note=f"The ledger could not be asked. {found.note}".strip())


def _is_worth_it(hosts: int, given: str | None) -> bool:
    return bool(given) or hosts >= WORTH_IT
