# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time zones by IANA name."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

# Files beside those of the zones: what differs from machine to machine, or counts leap seconds, ends a day elsewhere than it says.
_OF_NO_PLACE = re.compile(r"(?:localtime|posixrules|Factory)\Z|(?:right|posix)/")


def time_zone(given: Any, place: str) -> ZoneInfo:
    """Return a time zone. Raises `HipaaCisError` that names the place where it was given."""
    try:
        if _OF_NO_PLACE.match(str(given)):
            raise ValueError
        return ZoneInfo(str(given))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise HipaaCisError(
            f"{place}: {given!r} is not a time zone by its IANA name, such as Europe/Berlin or America/New_York."
        ) from None
