# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of logrotate's configuration, and how it reads their values."""

from __future__ import annotations

import fnmatch
import re
from typing import Any, Dict, List, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number, lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

SCRIPTS = ("prerotate", "postrotate", "firstaction", "lastaction", "preremove")
PERIODS = ("hourly", "daily", "weekly", "monthly", "yearly")
TABOO = words_of(
    ",v .bak .cfsaved .disabled .dpkg-bak .dpkg-del .dpkg-dist .dpkg-new .dpkg-old .dpkg-tmp "
    ".rhn-cfg-tmp-* .rpmnew .rpmorig .rpmsave .swp .ucf-dist .ucf-new .ucf-old ~"
)
TABOO_SINCE_3_22 = [".new", ".old", ".orig"]
# Without any word: by the size of 1 MiB, and none kept.
DEFAULTS: Dict[str, Any] = {"every": "size", "size": 1 << 20, "rotate": 0}
# Words without a value that mean something here: what they set, and to what.
SWITCHES = {
    sign + word: (word, not sign)
    for word in ("compress", "missingok", "sharedscripts", "allowhardlink", "copytruncate", "copy", "renamecopy", "create", "createolddir")
    for sign in ("", "no")
}  # fmt: skip
# Words that take the rest of their line.
VALUES = ("dateformat", "mail", "extension", "addextension", "compresscmd", "uncompresscmd", "compressext", "olddir")
NUMBERS = ("shredcycles", "rotate", "start", "minage", "maxage")
# Words for all that is read behind them, and in no block.
FOR_ALL = ("tabooext", "taboopat", "include")
SIZES = ("size", "minsize", "maxsize")
PLAIN = words_of(
    "delaycompress nodelaycompress shred noshred ifempty notifempty dateext nodateext dateyesterday datehourago mailfirst maillast errors nomail"
)
_NUMBER = re.compile(r"[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)", re.ASCII)


class SkipsBlock(Exception):
    """A mistake: of a block it is left out, among the globals the file ends."""


class EndsFile(Exception):
    """A mistake behind which logrotate reads no more of the file; the block that was open is gone."""


def number(text: str) -> Tuple[int, bool]:
    """Return what strtol(3) makes of a text, and whether it leaves nothing of it."""
    found = _NUMBER.match(text)
    if found is None:
        return 0, not text
    sign, digits = found.groups()
    base = 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" else 10
    return int(sign + digits, base), found.end() == len(text)


def as_int(value: int) -> int:
    """Return a number as C keeps it in 32 bits."""
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)


def size(text: str) -> int:
    """Return a size in bytes. Raises `SkipsBlock`."""
    factor = {"k": 10, "K": 10, "M": 20, "G": 30}.get(text[-1], 0)
    value, whole = number(text[:-1] if factor else text)
    if not whole or value < 0 or not (factor or is_number(text[-1])):
        raise SkipsBlock
    return value << factor


def collated(name: str) -> Tuple[str, str]:
    """Return a key that sorts names as glibc does in most languages: by letters and digits, then small letters first."""
    return re.sub("[^a-z0-9]", "", lowered(name)), name.swapcase().replace("_", "/")


def matches(pattern: str, path: str) -> bool:
    """Return whether glob(3) finds a path by a pattern."""
    parts, names = pattern.split("/"), path.split("/")
    return len(parts) == len(names) and all(
        fnmatch.fnmatchcase(name, part) and (not name.startswith(".") or part.startswith("."))
        for part, name in zip(parts, names)
    )


def arguments(text: str) -> List[str]:
    """Return the patterns before a brace, as popt parts them. Raises `EndsFile`."""
    found: List[str] = []
    word, quote, at = "", "", 0
    while at < len(text):
        sign = text[at]
        if sign == "\\":
            raise ReadError("a pattern has a backslash (%s); write it without" % printable(text)[:100])
        if sign == quote:
            quote = ""
        elif quote or sign not in BLANKS + "\"'":
            word += sign
        elif sign in BLANKS:
            found, word = found + [word] * bool(word), ""
        else:
            quote = sign
        at += 1
    found += [word] * bool(word)
    if not found:
        raise EndsFile
    return found
