# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the end of a run brings the ledger up to date. SQLAlchemy takes a third of a second to load: an audit of one host would feel it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore

# Hosts of a run from which on it takes so long by itself that nobody feels the ledger.
WORTH_IT = 50


def enter(store: RunStore, summary: Mapping[str, Any], given: str | None) -> tuple[str, ...]:
    """Enter a finished run where the site has named a ledger or the run is a large one, and return warnings.

    All others are entered by who reads the ledger next. Raises `HipaaCisError` where the site's ledger can't be used.
    """
    if not given and len(summary["hosts"]) < WORTH_IT:
        return ()
    from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.catch_up import bring_up_to_date

    try:
        return bring_up_to_date(store.folder.parent, given)
    except HipaaCisError as problem:
        later = f"The run is finished and its files are written, but it is not in the ledger yet: {problem} The next run enters it too."
        if given:
            raise HipaaCisError(later) from None
        return (later,)
