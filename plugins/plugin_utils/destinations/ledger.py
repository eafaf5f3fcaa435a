# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second ledger, beside that of ``hipaa_cis_ledger``: the runs of the chain are entered there, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.parcel import Failed, Parcel
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import address
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.catch_up import bring_up_to_date


def check(entry: dict[str, Any]) -> None:
    """Raise `HipaaCisError` where the address is none."""
    try:
        address.address(entry["url"], Path())
    except HipaaCisError as problem:
        # Its words name the option of the ledger itself.
        raise HipaaCisError(str(problem).replace(address.OPTION, f"{entry['shown']}: url")) from None


def send(entry: dict[str, Any], parcel: Parcel) -> str:
    """Enter what the chain has and the ledger lacks; return how the ledger is called. Raises `Failed`."""
    try:
        check(entry)
    except HipaaCisError as problem:
        # No later attempt finds another address.
        raise Failed(str(problem).removeprefix(f"{entry['shown']}: ")) from None
    try:
        refused: dict[str, str] = {}
        parcel.noted["warnings"] = list(bring_up_to_date(parcel.folder.parent, entry["url"], refused))
    except HipaaCisError as problem:
        raise Failed(str(problem).replace(address.OPTION, "url").rstrip("."), again=True) from None
    if parcel.name in refused:
        raise Failed(f"it does not take the run: {refused[parcel.name]}")
    return address.shown(entry["url"])
