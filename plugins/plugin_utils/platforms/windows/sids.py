# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security identifiers (SIDs): accounts by what Windows knows them by, not by names that are translated and changed (MS-DTYP 2.4.2.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.well_known_sids import RELATIVE, WELL_KNOWN
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

# The authority in decimal, or in hexadecimal where it has more than 32 bits; then one to fifteen numbers of 32 bits.
SID = re.compile(r"[Ss]-1-(0[xX][0-9a-fA-F]{1,12}|[0-9]{1,15})((?:-[0-9]{1,10}){1,15})")
# A domain, or a machine with accounts of its own, and an account of it.
OF_DOMAIN = re.compile(r"(S-1-5-21-[0-9]+-[0-9]+-[0-9]+)-([0-9]+)")
# Whose account: `machine-501`, `domain-512`, `forest-519`.
ACCOUNT = re.compile(r"([a-z]+)-([0-9]{1,10})")
BASES = ("machine", "domain", "forest")
MOST_32_BITS = 0xFFFFFFFF
MOST_48_BITS = 0xFFFFFFFFFFFF


def canonical(text: str) -> str:
    """Return a SID as Windows itself writes it, so that equal ones are equal texts. Raises `HipaaCisError` where it is none."""
    match = SID.fullmatch(text)
    if not match:
        raise HipaaCisError(f"'{spelled_out(text[:80])}' is no SID.")
    authority = int(match[1], 0 if match[1][1:2] in ("x", "X") else 10)
    numbers = [int(number) for number in match[2][1:].split("-")]
    if authority > MOST_48_BITS or max(numbers) > MOST_32_BITS:
        raise HipaaCisError(f"'{text[:80]}' is no SID: a number in it is too large.")
    first = f"0x{authority:012X}" if authority > MOST_32_BITS else str(authority)
    return "-".join(["S-1", first, *map(str, numbers)])


def account_of(sid: str) -> tuple[str, int] | None:
    """Return the SID of the domain or machine and the number (RID) of an account of it; None for one that belongs to no domain."""
    match = OF_DOMAIN.fullmatch(sid)
    return (match[1], int(match[2])) if match else None


def name_of(sid: str) -> str:
    """Return the English name of an account that has the same SID or RID everywhere, for people to read; empty for others."""
    account = account_of(sid)
    return RELATIVE.get(account[1], "") if account else WELL_KNOWN.get(sid, "")


def expected(names: Iterable[str], bases: Mapping[str, str | None]) -> frozenset[str]:
    """Return the SIDs that a rule names: whole ones, and accounts by whose they are (`machine-501`, `domain-512`, `forest-519`).

    ``bases``: the SIDs of the machine, its domain and the root of the forest, as far as it has them. Raises `HipaaCisError` for
    another name, and where that SID is not known: an account that is left out of a set would be one that may hold nothing.
    """
    return frozenset(_expected(name, bases) for name in names)


def _expected(name: str, bases: Mapping[str, str | None]) -> str:
    match = ACCOUNT.fullmatch(name)
    if not match:
        return canonical(name)
    if match[1] not in BASES:
        raise HipaaCisError(unknown("owner of an account", match[1], BASES))
    base = bases.get(match[1])
    if not base:
        raise HipaaCisError(
            f"{name}: the SID of the {match[1]} is not known, so the account cannot be told from others."
        )
    return canonical(f"{base}-{match[2]}")
