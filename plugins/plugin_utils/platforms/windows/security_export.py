# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `secedit /export` says, as a whole: its bytes in, its sections out.

`secedit` exits 0 where it wrote nothing, and what is missing from an export has a meaning (a right that nobody holds), so an export
is looked at only where it is certain that it is whole.
"""

from __future__ import annotations

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.encoded_text import decoded
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.inf import Inf, fields, parsed

WHAT = "secedit's export"
SIGNATURE = ["$CHICAGO$"]


def whole(data: bytes, code_page: int | None) -> Inf:
    """Return the sections of an export.

    ``code_page``: the host's ANSI code page, or None. Raises `HipaaCisError` where it is empty, cannot be read, or is cut short.
    """
    text = decoded(data, code_page, WHAT)
    try:
        inf = parsed(text)
        ended = _has_version(inf) and text.rstrip("\0").endswith("\n")
    except HipaaCisError as error:
        raise HipaaCisError(f"{WHAT}: {error}") from None
    if not ended:
        raise HipaaCisError(
            f"{WHAT} is not whole: it does not end in the version that secedit writes last. Export it again, to a new file."
        )
    return inf


def _has_version(inf: Inf) -> bool:
    """Return whether the last section is the version: then nothing of what stands before it is cut off.

    So ends each export to a new file that was seen: of workstations, servers and domain controllers, of all areas and of one. Templates
    of group policy and files to which an area was added later have it before other sections, and cut ones would look whole.
    """
    version = inf.section("Version")
    signature = version.one("signature") if version else None
    revision = version.one("Revision") if version else None
    last = list(inf.sections.values())[-1]
    return last is version and revision is not None and signature is not None and fields(signature.value) == SIGNATURE
