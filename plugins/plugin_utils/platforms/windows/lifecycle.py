# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Until when Microsoft mends a release of Windows: the last day of security updates that come without a further contract.

Sources: Microsoft's lifecycle pages "Windows Server 2019", "... 2022", "... 2025", "Windows 11 Home and Pro", "Windows 11 Enterprise and
Education", and "Windows 11 release information", by public copies of them. The table is data: a release is one line.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

CHECKED = date(2026, 11, 30)

# Windows 11 ends at other days for Home and Pro, for Enterprise and Education, and for the two long-term channels.
HOME_PRO, ENTERPRISE, LTSC, IOT_LTSC = "home_pro", "enterprise", "ltsc", "iot_ltsc"
SERVER = "server"


class Release(NamedTuple):
    """``product``: as benchmarks are named. ``ends``: a channel to its last day, or None where none was published yet."""

    product: str
    build: int
    version: str
    ends: dict[str, date | None]


RELEASES = (
    Release("windows_server_2019", 17763, "1809", {SERVER: date(2029, 1, 9)}),
    Release("windows_server_2022", 20348, "21H2", {SERVER: date(2031, 10, 14)}),
    Release("windows_server_2025", 26100, "24H2", {SERVER: date(2034, 11, 14)}),
    Release("windows_11", 22000, "21H2", {HOME_PRO: date(2023, 10, 10), ENTERPRISE: date(2024, 10, 8)}),
    Release("windows_11", 22621, "22H2", {HOME_PRO: date(2024, 10, 8), ENTERPRISE: date(2025, 10, 14)}),
    Release("windows_11", 22631, "23H2", {HOME_PRO: date(2025, 11, 11), ENTERPRISE: date(2026, 11, 10)}),
    Release(
        "windows_11",
        26100,
        "24H2",
        {
            HOME_PRO: date(2026, 10, 13),
            ENTERPRISE: date(2027, 10, 12),
            LTSC: date(2029, 10, 9),
            IOT_LTSC: date(2034, 10, 10),
        },
    ),
    Release("windows_11", 26200, "25H2", {HOME_PRO: date(2027, 10, 12), ENTERPRISE: date(2028, 10, 10)}),
    # No source for the Enterprise date of 26H2 was found.
    Release("windows_11", 26300, "26H2", {HOME_PRO: date(2028, 10, 10), ENTERPRISE: None}),
    Release("windows_11", 28000, "26H1", {HOME_PRO: date(2028, 3, 14), ENTERPRISE: date(2029, 3, 13)}),
)
# Said by name, so that the message is clear; none of them has a benchmark here.
OLDER = {
    14393: "Windows Server 2016 or Windows 10 1607",
    9600: "Windows Server 2012 R2 or Windows 8.1",
    9200: "Windows Server 2012 or Windows 8",
    7601: "Windows Server 2008 R2 or Windows 7",
    25398: "Windows Server 23H2 (annual channel)",
    20349: "Azure Stack HCI 22H2",
}
