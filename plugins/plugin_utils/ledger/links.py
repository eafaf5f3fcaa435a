# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold the links of a chain against what the ledger noted of them: a chain that was written anew as a whole holds together by itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

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
    wanted = (runs.c.link, runs.c.run_id, runs.c.link_digest)
    with opened(url) as connection:
        mine = runs.c.source.in_(_sources(base))
        rows = connection.execute(sa.select(*wanted).where(mine).order_by(runs.c.link)).all()
    return [
        f"link {row.link} (run {row.run_id}): the ledger knows it with another content"
        if row.link in digests
        else f"link {row.link} (run {row.run_id}): not there any more, though the ledger knows it"
        for row in rows
        if digests.get(row.link) != row.link_digest
    ]


def _sources(base: Path) -> set[str]:
    found = set()
    for place in chain.places(base):
        try:
            found.add(str(chain.read(place)[1].get("source")))
        except HipaaCisError:
            continue
    return found
