# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the links of a chain against what the ledger noted of them: a chain that was written anew as a whole holds together by itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import address
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.connection import opened
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.tables import tables
from ansible_collections.hipaa.cis.plugins.plugin_utils.libraries import library
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import chain


def against_ledger(base: Path, given: str | None, digests: Mapping[int, str]) -> list[str]:
    """Return which links the ledger knows otherwise. ``digests``: those of the chain by number. Raises `HipaaCisError`.

    Nothing where no ledger is given and the run base has none yet.
    """
    url = address.address(given, base)
    if not given and not address.file_of(url).exists():
        return []
    sa, runs = library("sqlalchemy"), tables().runs
    wanted = (runs.c.source, runs.c.link, runs.c.run_id, runs.c.link_digest)
    with opened(url) as connection:
        rows = connection.execute(sa.select(*wanted).order_by(runs.c.link)).all()
    mine, here = _sources(base), {path.name for path in base.iterdir()}
    return [
        text
        for row in rows
        if (text := _otherwise(row, digests) if row.source in mine else _of_another_chain(row, here, bool(given)))
    ]


def _otherwise(row: Any, digests: Mapping[int, str]) -> str:
    name = f"link {row.link} (run {row.run_id})"
    if row.link not in digests:
        return f"{name}: not there any more, though the ledger knows it"
    return "" if digests[row.link] == row.link_digest else f"{name}: the ledger knows it with another content"


def _of_another_chain(row: Any, here: Collection[str], shared: bool) -> str:
    """Return what is said of a run that the ledger has of another chain. A ledger that was named may have runs of other folders too."""
    if shared and row.run_id not in here:
        return ""
    return f"link {row.link} (run {row.run_id}): the ledger knows it as one of another chain than the one that is here"


def _sources(base: Path) -> set[str]:
    found = set()
    for place in chain.places(base):
        try:
            found.add(str(chain.read(place)[1].get("source")))
        except HipaaCisError:
            continue
    return found
