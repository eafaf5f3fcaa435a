# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What protects data where it comes to rest: one thing that it rests on, and the ciphers of dm-crypt (dm-crypt(8), crypto API of the kernel)."""

from __future__ import annotations

import re
from typing import List, NamedTuple, Tuple

NULL = "cipher_null"
_WORD = re.compile(r"[a-z0-9_]+", re.ASCII)
CIPHERS = frozenset({"aes", "serpent", "twofish", "camellia", "aria", "sm4", "chacha20", "xchacha12", "xchacha20"})
# ECB shows where blocks are alike, and a fixed start vector where files begin alike.
MODES = frozenset({"xts", "cbc", "lrw", "gcm", "ccm", "adiantum", "hctr2", "rfc7539"})
WEAK = frozenset(
    {NULL, "ecb", "null", "des", "des3_ede", "blowfish", "cast5", "arc4", "tea", "xtea", "anubis", "khazad"}
)
MIN_BITS = 128
KEY_FIELD = 4


class Rest(NamedTuple):
    """One thing that data rests on.

    ``name``: as people call it. ``protection``: what protects the data there, empty where nothing does. ``problem``: what is wrong, or
    why it cannot be told; ``told``: whether that is known.
    """

    name: str
    protection: str = ""
    problem: str = ""
    told: bool = True


def protected(name: str, protection: str) -> Rest:
    return Rest(name, protection)


def bare(name: str, problem: str = "") -> Rest:
    """What is not encrypted."""
    return Rest(name, problem=problem or "%s is not encrypted" % name)


def unknown(name: str, problem: str) -> Rest:
    """Of what it can't be told."""
    return Rest(name, problem=problem, told=False)


def crypt_targets(table: str) -> List[Tuple[str, int]]:
    """Return (cipher, bits of the key) of each line of `dmsetup table`; empty where any line is of another target than crypt.

    The key's place holds zeros, or the name of a key that the kernel keeps: never the key.
    """
    found: List[Tuple[str, int]] = []
    for line in table.split("\n"):
        words = [word for word in line.split(" ") if word]
        if not words:
            continue
        if len(words) <= KEY_FIELD or words[2] != "crypt":
            return []
        found.append((words[3], _bits(words[KEY_FIELD])))
    return found


def _bits(key: str) -> int:
    """Return the size of a key; ``:64:logon:name`` says it in bytes, a key in hexadecimal by its length."""
    if not key.startswith(":"):
        return 4 * len(key)
    size = key.split(":", 2)[1]
    return 8 * int(size) if re.match(r"[0-9]{1,4}\Z", size, re.ASCII) else 0


def is_sound(cipher: str, bits: int) -> bool:
    """Return whether a cipher as ``aes-xts-plain64`` or ``capi:xts(aes)-plain64`` keeps what it encrypts from being read."""
    words = set(_WORD.findall(cipher))
    least = MIN_BITS * (2 if "xts" in words else 1)
    return bool(words & CIPHERS and words & MODES) and not words & WEAK and bits >= least
