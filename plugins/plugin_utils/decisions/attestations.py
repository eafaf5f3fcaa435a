# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody attests to where no scan can see: for a safeguard, with the files that show it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions import days
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.entries import Context, Item, names_of
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import unknown

SECTION = "attestations"
_KEPT = ("id", "statement", "attested_by", "attested_on", "valid_until", "policy", "evidence")
_PIECE = 1 << 20


def faults(item: Item, context: Context) -> Iterator[tuple[str, str]]:
    """Yield (key, message) for each fault of an entry that fits the schema."""
    cites = {**context.known.safeguards, **context.known.neighbours}
    for name in names_of(item, "safeguard", "safeguards"):
        if name not in cites:
            yield "safeguard" if "safeguard" in item else "safeguards", unknown("cite", name, cites)
    yield from days.faults(item, context.now, "attested_on", "valid_until")
    for number, one in enumerate(item.get("evidence", ()), 1):
        wrong = _evidence_fault(one, context.folder)
        if wrong:
            yield "evidence", f"file {number}, {one['path']}: {wrong}"


def _evidence_fault(one: Item, folder: Path | None) -> str:
    if folder is None:
        return "where it lies is not known, for hipaa_cis_site_dir is not set"
    path = (folder / one["path"]).resolve()
    if not path.is_relative_to(folder.resolve()):
        return "it lies outside of the site's folder; keep it below"
    try:
        found = _digest(path)
    except OSError as problem:
        return f"it cannot be read ({problem.strerror}), so nothing shows what is attested; put it back, or attest anew without it"
    if found != one["sha256"]:
        return (
            f"it is not what was attested, for its SHA-256 is {found} now; put it back, or attest anew with this digest"
        )
    return ""


def _digest(path: Path) -> str:
    total = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            total.update(piece)
    return total.hexdigest()


def made(item: Item, context: Context) -> list[dict[str, Any]]:
    """Return the attestations of a sound entry in the form of the records, one a safeguard."""
    kept = {key: item[key] for key in _KEPT if key in item}
    state = days.state(item, context.now, "attested_on", "valid_until")
    return [
        {"safeguard": cite, **kept, "timezone": days.zone_name(item), "state": state}
        for cite in names_of(item, "safeguard", "safeguards")
    ]


def identity(item: Item) -> Any:
    """Return what makes two entries the same one."""
    cites = names_of(item, "safeguard", "safeguards")
    return tuple(cites), item["statement"], tuple(sorted(item.get("hosts", ())))
