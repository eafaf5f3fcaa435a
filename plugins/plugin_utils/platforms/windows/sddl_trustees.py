# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SIDs that a text of SDDL names: in full, or by two letters (MS-DTYP 2.4.2.1 and 2.5.1.1, Sddl.h)."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.sids import canonical

EVERYONE, ANONYMOUS, OWNER_RIGHTS = "S-1-1-0", "S-1-5-7", "S-1-3-4"

FIXED = {
    "WD": EVERYONE,
    "CO": "S-1-3-0",
    "CG": "S-1-3-1",
    "OW": OWNER_RIGHTS,
    "NU": "S-1-5-2",
    "IU": "S-1-5-4",
    "SU": "S-1-5-6",
    "AN": ANONYMOUS,
    "ED": "S-1-5-9",
    "PS": "S-1-5-10",
    "AU": "S-1-5-11",
    "RC": "S-1-5-12",
    "SY": "S-1-5-18",
    "LS": "S-1-5-19",
    "NS": "S-1-5-20",
    "WR": "S-1-5-33",
    "BA": "S-1-5-32-544",
    "BU": "S-1-5-32-545",
    "BG": "S-1-5-32-546",
    "PU": "S-1-5-32-547",
    "AO": "S-1-5-32-548",
    "SO": "S-1-5-32-549",
    "PO": "S-1-5-32-550",
    "BO": "S-1-5-32-551",
    "RE": "S-1-5-32-552",
    "RU": "S-1-5-32-554",
    "RD": "S-1-5-32-555",
    "NO": "S-1-5-32-556",
    "MU": "S-1-5-32-558",
    "LU": "S-1-5-32-559",
    "IS": "S-1-5-32-568",
    "CY": "S-1-5-32-569",
    "ER": "S-1-5-32-573",
    "CD": "S-1-5-32-574",
    "RA": "S-1-5-32-575",
    "ES": "S-1-5-32-576",
    "MS": "S-1-5-32-577",
    "HA": "S-1-5-32-578",
    "AA": "S-1-5-32-579",
    "RM": "S-1-5-32-580",
    "UD": "S-1-5-84-0-0-0-0-0",
    "AC": "S-1-15-2-1",
    "LW": "S-1-16-4096",
    "ME": "S-1-16-8192",
    "MP": "S-1-16-8448",
    "HI": "S-1-16-12288",
    "SI": "S-1-16-16384",
    "AS": "S-1-18-1",
    "SS": "S-1-18-2",
}
# Letters that mean an account of the machine, of its domain, or of the forest's first domain: (whose, RID).
RELATIVE = {
    "LA": ("machine", 500),
    "LG": ("machine", 501),
    "DA": ("domain", 512),
    "DU": ("domain", 513),
    "DG": ("domain", 514),
    "DC": ("domain", 515),
    "DD": ("domain", 516),
    "CA": ("domain", 517),
    "PA": ("domain", 520),
    "CN": ("domain", 522),
    "AP": ("domain", 525),
    "KA": ("domain", 526),
    "RS": ("domain", 553),
    "RO": ("forest", 498),
    "SA": ("forest", 518),
    "EA": ("forest", 519),
    "EK": ("forest", 527),
}


@dataclass(frozen=True)
class Authorities:
    """The SIDs that accounts of a machine, of its domain and of the forest's first domain begin with; None where not known."""

    machine: str | None = None
    domain: str | None = None
    forest: str | None = None


NOT_KNOWN = Authorities()


def trustee(text: str, authorities: Authorities) -> str:
    """Return the SID that a SID or two letters stand for; the letters themselves where they need a domain's SID that is not known.

    What a text is compared with goes through here too, so that both are letters or both are SIDs. Raises `HipaaCisError`.
    """
    if text in FIXED:
        return FIXED[text]
    if text not in RELATIVE:
        if len(text) == 2:
            raise HipaaCisError(f"'{text}' are no letters of a trustee that is known")
        return canonical(text)
    whose, rid = RELATIVE[text]
    base = getattr(authorities, whose)
    return text if base is None else f"{canonical(base)}-{rid}"
