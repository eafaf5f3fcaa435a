# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The umask as shells take it (umask(1p)): octal, or symbols that may say what is to change."""

from __future__ import annotations

import re
from typing import Optional

CLAUSE = re.compile(r"([ugoa]*)((?:[-+=][rwx]*)+)\Z", re.ASCII)
BITS = {"r": 4, "w": 2, "x": 1}


def changed_umask(text: str, before: str) -> Optional[str]:
    """Return the umask as four octal digits, given the one before; None where a shell refuses the text."""
    if re.match(r"[0-7]+\Z", text, re.ASCII):
        return "%04o" % int(text, 8) if int(text, 8) <= 0o777 else None
    allowed = 0o777 & ~int(before, 8)
    for clause in text.split(","):
        found = CLAUSE.match(clause)
        if found is None:
            return None
        who = (found.group(1) or "a").replace("a", "ugo")
        for sign, names in re.findall(r"([-+=])([rwx]*)", found.group(2), re.ASCII):
            bits = sum(
                BITS[name] << shift
                for name in set(names)
                for one, shift in (("u", 6), ("g", 3), ("o", 0))
                if one in who
            )
            mask = sum(7 << shift for one, shift in (("u", 6), ("g", 3), ("o", 0)) if one in who)
            allowed = {"+": allowed | bits, "-": allowed & ~bits, "=": (allowed & ~mask) | bits}[sign]
    return "%04o" % (0o777 & ~allowed)
