# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bytes of a file that Windows wrote, as text.

`secedit /export` writes UTF-16LE with a mark where the target does not exist or has that mark already, and the ANSI code page of
the host where the target exists without one; group policy writes UTF-8 (MS-GPSB 2.2, MS-GPAC 2.2).
"""

from __future__ import annotations

import codecs

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

# The largest export seen has 20 KB; with the permissions of files and keys it is some hundred.
MOST_BYTES = 4 * 1024 * 1024
REMEDY = "Export it as UTF-16: to a file that does not exist yet."
UTF_8 = 65001
# Every byte is a character, and those of ASCII are themselves: for files of which no other text is judged.
LATIN_1 = 28591
# The code pages that a Windows has as its ANSI one, by number (`GetACP`).
CODE_PAGES = {page: f"cp{page}" for page in (874, 932, 949, 950, *range(1250, 1259))}
CODE_PAGES |= {936: "gbk", LATIN_1: "latin-1", UTF_8: "utf-8"}
# The mark of UTF-32LE begins with that of UTF-16LE, and Windows writes none of it.
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

# Bytes of marks, blanks and line ends: with no other a file says nothing.
BLANK = b" \t\r\n\0\xef\xbb\xbf\xff\xfe"


def decoded(data: bytes, code_page: int | None, what: str) -> str:
    """Return the text of a file, without its mark.

    ``code_page``: the host's ANSI code page, for a file without a mark; None where nobody knows it: such a file must be ASCII then.
    ``what`` names the file in errors. Raises `HipaaCisError` where it is empty, too large, or not text in its encoding: letters that
    are guessed would be names of other accounts.
    """
    if not data.strip(BLANK):
        raise HipaaCisError(
            f"{what}: it is empty. The program that writes it ends without an error where it may not read the policy: connect as an administrator."
        )
    if len(data) > MOST_BYTES:
        raise HipaaCisError(f"{what}: it has {len(data)} bytes, and {MOST_BYTES} are read at most.")
    encoding, mark = _encoding(data, code_page, what)
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise HipaaCisError(f"{what}: byte {len(mark) + error.start} is not {encoding}. {REMEDY}") from None
    # In UTF-16 it is a character that the registry holds at the end of a text; elsewhere it is half of one.
    if "\0" in text and not encoding.startswith("utf-16"):
        raise HipaaCisError(f"{what}: it has NUL characters, so it is not {encoding}. {REMEDY}")
    return text


def _encoding(data: bytes, code_page: int | None, what: str) -> tuple[str, bytes]:
    """Return the codec of a file and the mark that it begins with, which may be none."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return encoding, mark
    if data[1:2] == b"\0":
        return "utf-16-le", b""
    if data.isascii() or code_page is None:
        return "ascii", b""
    if code_page not in CODE_PAGES:
        raise HipaaCisError(f"{what}: the host's code page {code_page} is not known. {REMEDY}")
    return CODE_PAGES[code_page], b""
