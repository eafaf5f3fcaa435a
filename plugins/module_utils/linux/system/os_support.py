# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Until which day the makers of systems repair them.

`LISTED`: the day on which this was put together, by Debian's package distro-info-data for Debian and Ubuntu, and by what the
makers publish of their life cycles for the others. What a site has to buy stands beside what comes with the system.
"""

from __future__ import annotations

from typing import Dict, List, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of

LISTED = "2026-11-29"
# From this day on nobody should lean on it alone.
GOOD_UNTIL = "2027-11-29"
# By what a site has repairs: `maker` comes with the system, `debian_lts` is Debian's own too, the others are contracts.
_DEBIAN = ("maker", "debian_lts", "debian_elts")
_UBUNTU = ("maker", "ubuntu_pro")
_RHEL = ("maker", "rhel_els")
_MAKER = ("maker",)
# ID of os-release -> what repairs it, and per VERSION_ID the last day of each.
_TABLE: Dict[str, Tuple[Tuple[str, ...], Dict[str, str]]] = {
    "debian": (
        _DEBIAN,
        {
            "8": "2018-06-17 2020-06-30 2025-06-30",
            "9": "2020-07-18 2022-06-30 2027-06-30",
            "10": "2022-09-10 2024-06-30 2029-06-30",
            "11": "2024-08-14 2026-08-31 2031-06-30",
            "12": "2026-07-11 2028-06-30 2033-06-30",
            "13": "2028-08-09 2030-06-30 2035-06-30",
        },
    ),
    "ubuntu": (
        _UBUNTU,
        {
            "16.04": "2021-04-30 2026-04-23",
            "18.04": "2023-05-31 2028-04-26",
            "20.04": "2025-05-29 2030-04-23",
            "22.04": "2027-06-01 2032-04-21",
            "24.04": "2029-05-31 2034-04-25",
            "24.10": "2025-07-10",
            "25.04": "2026-01-15",
            "25.10": "2026-07-09",
            "26.04": "2031-05-29 2036-04-23",
            "26.10": "2027-07-15",
        },
    ),
    "rhel": (
        _RHEL,
        {
            "7": "2024-06-30 2029-05-31",
            "8": "2029-05-31 2033-05-31",
            "9": "2032-05-31 2036-05-31",
            "10": "2035-05-31 2039-05-31",
        },
    ),
    "rocky": (_MAKER, {"8": "2029-05-31", "9": "2032-05-31", "10": "2035-05-31"}),
    "almalinux": (_MAKER, {"8": "2029-03-01", "9": "2032-05-31", "10": "2035-05-31"}),
    "ol": (_MAKER, {"7": "2024-12-31", "8": "2029-07-31", "9": "2032-06-30", "10": "2035-06-30"}),
    # Of 8 both are over, CentOS Linux and the longer one, Stream.
    "centos": (_MAKER, {"7": "2024-06-30", "8": "2024-05-31", "9": "2027-05-31", "10": "2030-01-01"}),
}


def ends(name: str, release: str) -> List[Dict[str, str]]:
    """Return ``[{support, last_day}]`` of a system by its ID and VERSION_ID, also of a release below one (9.4 of 9); none where it is not listed."""
    supports, releases = _TABLE.get(name, (_MAKER, {}))
    days = releases.get(release) or releases.get(release.partition(".")[0], "")
    return [{"support": support, "last_day": day} for support, day in zip(supports, words_of(days))]
