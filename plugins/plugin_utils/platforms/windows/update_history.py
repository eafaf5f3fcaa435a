# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which revision each month's security update brought: an update that is old already when it is installed is told by it.

Sources: Microsoft's "Windows Server release information" and "Windows 11 release information" by public copies of them, and from August 2026 on
the first mended revision of its CVE records. The table is data: a month is one line.
"""

from __future__ import annotations

from datetime import date

# The releases that have revisions of their own, each by its first build. 23H2 gets those of 22H2, and 25H2 and 26H2 those of 24H2; 21H2,
# which ended in 2024, is held against what it would have to become. Server 2025 left those of Windows 11 in January 2026.
LINES = (
    ("windows_server_2019", 17763),
    ("windows_server_2022", 20348),
    ("windows_server_2025", 26100),
    ("windows_11", 22000),
    ("windows_11", 26100),
    ("windows_11", 28000),
)
# Where a hotpatch mends the same without a restart its revision stands here, which is the smaller one. None where no source was found: such a
# host is held against the month after it.
_REVISIONS: tuple[tuple[date, tuple[int | None, ...]], ...] = (
    (date(2025, 7, 8), (7558, 3932, 4652, 5624, 4652, None)),
    (date(2025, 8, 12), (7678, 3989, 4851, 5768, 4851, None)),
    (date(2025, 9, 9), (7792, 4106, 6508, 5909, 6508, None)),
    (date(2025, 10, 14), (7919, 4294, 6899, 6060, 6899, None)),
    (date(2025, 11, 11), (8027, 4346, 7092, 6199, 7092, None)),
    (date(2025, 12, 9), (8146, 4467, 7392, 6345, 7392, None)),
    (date(2026, 1, 13), (8276, 4648, 32230, 6491, 7623, None)),
    (date(2026, 2, 10), (8389, 4711, 32313, 6649, 7781, 1575)),
    (date(2026, 3, 10), (8511, 4830, 32463, 6783, 7979, 1719)),
    (date(2026, 4, 14), (8644, 5020, 32690, 6936, 8246, 1836)),
    (date(2026, 5, 12), (8755, 5074, 32772, 7079, 8390, 2113)),
    (date(2026, 6, 9), (8880, 5256, 32995, 7219, 8655, 2269)),
    (date(2026, 7, 14), (9020, 5386, 33158, 7376, 8875, 2525)),
    (date(2026, 8, 11), (9121, 5499, None, None, 9168, None)),
    (date(2026, 9, 8), (9245, 5622, 33438, None, 9445, None)),
    (date(2026, 10, 13), (9376, 5761, 33650, 7652, 9711, None)),
    (date(2026, 11, 10), (9487, 5870, None, 7711, 9974, None)),
)
LATEST = _REVISIONS[-1][0]


def lacks_since(product: str, build: int, revision: int) -> date | None:
    """Return the day of the first security update that a host has not, or of the oldest in the table; None where the table knows of none."""
    line = max(begin for name, begin in LINES if name == product and begin <= build)
    column = LINES.index((product, line))
    return next((day for day, of in _REVISIONS if (newer := of[column]) is not None and revision < newer), None)
