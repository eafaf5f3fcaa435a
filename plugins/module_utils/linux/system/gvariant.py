# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GVariant's text format, as far as keyfiles of dconf need it: booleans, whole numbers, texts.

A session ignores a value whose type is not the one that the key's schema says, so `300` is not `uint32 300`.
"""

from __future__ import annotations

import re
from typing import Any, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import GLIB_BLANKS, lowered

BOOLEAN, INT32, UINT32, STRING = "boolean", "int32", "uint32", "string"
# Of the types written here: the least and the greatest number.
_BOUNDS = {INT32: (-(2**31), 2**31 - 1), UINT32: (0, 2**32 - 1)}
_SHORT = {"@b": BOOLEAN, "@i": INT32, "@u": UINT32, "@x": "int64", "@t": "uint64", "@s": STRING}
_WORDS = (BOOLEAN, INT32, UINT32, STRING, "int16", "uint16", "int64", "uint64", "byte")
_NUMBER = re.compile(r"[+-]?(0[xX][0-9a-fA-F]+|\d+)\Z", re.ASCII)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_NAMED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def parse(text: str) -> Optional[Tuple[str, Any]]:
    """Return (type, value) of a GVariant text, or None where it is no boolean, whole number or text."""
    head, _blank, rest = text.strip(GLIB_BLANKS).partition(" ")
    stated = _SHORT.get(head, head if head in _WORDS else "")
    bare = rest.strip(GLIB_BLANKS) if stated else text.strip(GLIB_BLANKS)
    if bare in ("true", "false"):
        return _as_stated(stated, BOOLEAN, bare == "true")
    if _NUMBER.match(bare):
        # A leading zero makes a number octal, as in C.
        digits = bare.lstrip("+-")
        base = 16 if lowered(digits[:2]) == "0x" else 8 if digits.startswith("0") and digits != "0" else 10
        try:
            return (stated or INT32, int(bare, base)) if stated not in (BOOLEAN, STRING) else None
        except ValueError:
            return None
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "\"'" and _closes_at_the_end(bare):
        return _as_stated(stated, STRING, _ESCAPE.sub(lambda found: _unescaped(found.group(1)), bare[1:-1]))
    return None


def _as_stated(stated: str, found: str, value: Any) -> Optional[Tuple[str, Any]]:
    return (found, value) if stated in ("", found) else None


def _closes_at_the_end(quoted: str) -> bool:
    return re.match(r"(?:[^\\%s]|\\.)*\Z" % quoted[0], quoted[1:-1], re.DOTALL) is not None


def _unescaped(part: str) -> str:
    if part[0] in "uU" and len(part) > 1:
        number = int(part[1:], 16)
        return chr(number) if number < 0x110000 else "\ufffd"
    return _NAMED.get(part, part)


def write(kind: str, value: Any) -> Optional[str]:
    """Return the text of a value of a type, or None where it is not of that type."""
    if kind == BOOLEAN and isinstance(value, bool):
        return "true" if value else "false"
    if kind in _BOUNDS and isinstance(value, int) and not isinstance(value, bool):
        least, greatest = _BOUNDS[kind]
        return "%s %d" % (kind, value) if least <= value <= greatest else None
    if kind == STRING and isinstance(value, str):
        return "'%s'" % "".join(_escaped(sign) for sign in value)
    return None


def _escaped(sign: str) -> str:
    if sign in "\\'":
        return "\\" + sign
    if sign == "\n":
        return "\\n"
    return sign if sign.isprintable() else "\\u%04x" % ord(sign) if ord(sign) < 0x10000 else "\\U%08x" % ord(sign)
