# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proposals as Libreswan parses them (4.x, 5.x), with what it puts where one is silent, by the names that strongSwan has.

As `ipsec algparse` shows them; of versions with unlike defaults, what any of them puts there.
"""

from __future__ import annotations

import re
from typing import Callable, List, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

_SEALED = "aes128gcm16 aes256gcm16 chacha20poly1305"
DEFAULT_IKE = {1: "aes128 aes192 aes256 3des", 2: "%s aes128 aes256" % _SEALED}
DEFAULT_ESP = {1: "aes128 aes192 aes256 aes128gcm16 aes256gcm16 3des", 2: "%s aes128 aes256" % _SEALED}
# SHA-1 is what IKEv1 has where no hash is named.
_HASHES = {1: ["sha256", "sha512", "sha1"], 2: ["sha256", "sha512"]}
_IKE_GROUPS = {
    1: ["modp2048", "modp1536", "ecp256", "curve25519"],
    2: ["modp2048", "modp3072", "modp4096", "modp8192", "ecp256", "ecp384", "ecp521", "curve25519"],
}
# Names of ciphers without the length of their key: with one it goes where the mark is; without, all lengths are meant.
_CIPHERS = {
    **dict.fromkeys(("aes", "aes_cbc"), "aes%s"),
    **dict.fromkeys(("aesctr", "aes_ctr"), "aes%sctr"),
    **dict.fromkeys(("aes_gcm", "aes_gcm_16", "aes_gcm_c"), "aes%sgcm16"),
    **dict.fromkeys(("aes_gcm_12", "aes_gcm_b"), "aes%sgcm12"),
    **dict.fromkeys(("aes_gcm_8", "aes_gcm_a"), "aes%sgcm8"),
    **dict.fromkeys(("aes_ccm", "aes_ccm_16", "aes_ccm_c"), "aes%sccm16"),
    **dict.fromkeys(("aes_ccm_12", "aes_ccm_b"), "aes%sccm12"),
    **dict.fromkeys(("aes_ccm_8", "aes_ccm_a"), "aes%sccm8"),
    **dict.fromkeys(("aes_gmac", "null_auth_aes_gmac"), "aes%sgmac"),
    **dict.fromkeys(("camellia", "camellia_cbc"), "camellia%s"),
    "camellia_ctr": "camellia%sctr",
    **dict.fromkeys(("3des", "3des_cbc"), "3des"),
    **dict.fromkeys(("chacha20_poly1305", "chacha20poly1305"), "chacha20poly1305"),
    "null": "null",
}
_HASH = re.compile(
    r"(?:hmac_)?(?:(md5)(?:_96)?|(sha)1?(?:_96)?|sha2?_?(256)(?:_128)?|(sha2)|sha2?_?(384)(?:_192)?|sha2?_?(512)(?:_256)?)\Z"
)
_OTHER_CODES = re.compile(r"aes(?:128)?_(xcbc|cmac)(?:_96)?\Z")
_NO_CODE = ("none", "null")
_GROUPS = {
    **{"dh%d" % number: name for number, name in (
        (2, "modp1024"), (5, "modp1536"), (14, "modp2048"), (15, "modp3072"), (16, "modp4096"), (17, "modp6144"), (18, "modp8192"),
        (19, "ecp256"), (20, "ecp384"), (21, "ecp521"), (22, "modp1024s160"), (23, "modp2048s224"), (24, "modp2048s256"),
        (31, "curve25519"), (0, "none"))},
    **{name: name for name in ("modp1024", "modp1536", "modp2048", "modp3072", "modp4096", "modp6144", "modp8192",
                               "ecp256", "ecp384", "ecp521", "curve25519")}, **dict.fromkeys(("none", "null"), "none"),
}  # fmt: skip
_GROUP_NAME = re.compile(r"ecp_(?=[0-9])")
_LENGTH = re.compile(r"(.*?)_?([0-9]+)\Z")
_LENGTHS = ("128", "192", "256")
_OPEN = re.compile(r"null\Z|aes\d*gmac\Z", re.ASCII)
_ALONE = re.compile(r"(?:aes|camellia)\d*(?:ctr)?\Z|3des\Z", re.ASCII)
_KEYED = re.compile(r"sha|md5|aesxcbc|aescmac")


def ike(text: Optional[str], version: int, place: str) -> List[str]:
    """Return the algorithms of IKE, sorted. Raises `ReadError` where one is not known: Libreswan does not load the connection."""
    if text is None:
        ciphers = DEFAULT_IKE[version].split(" ")
        return sorted({*ciphers, *_hashes(_HASHES[version], ciphers), *_IKE_GROUPS[version]})
    found: List[str] = []
    for proposal in text.split(","):
        ciphers, rest = _ciphers(proposal, place)
        # A code of integrity may stand before the hash.
        hashes = (_taken(rest, _code) + _taken(rest, _code)) or _HASHES[version]
        found += ciphers + _hashes(hashes, ciphers) + (_taken(rest, _group) or _IKE_GROUPS[version])
        _done(rest, place)
    return sorted({word for word in found if word not in _NO_CODE})


def esp(text: Optional[str], version: int, place: str) -> List[List[str]]:
    """Return the algorithms of each proposal of ESP. Raises `ReadError` as `ike` does."""
    if text is None:
        return [[cipher, *([] if _sealed(cipher) else _HASHES[version])] for cipher in DEFAULT_ESP[version].split(" ")]
    found = []
    for proposal in text.split(","):
        ciphers, rest = _ciphers(proposal, place)
        codes = _taken(rest, _code)
        if not codes and not all(_sealed(cipher) for cipher in ciphers):
            codes = _HASHES[version]
        groups = _taken(rest, _group)
        _done(rest, place)
        found.append(ciphers + [code for code in codes if code not in _NO_CODE] + groups)
    return found


def unprotected(proposals: Sequence[Sequence[str]]) -> List[str]:
    """Return the proposals by which packets travel in the clear, or may be altered."""
    return sorted(
        {
            "-".join(words)
            for words in proposals
            if any(_OPEN.match(word) for word in words)
            or (any(_ALONE.match(word) for word in words) and not any(_KEYED.match(word) for word in words))
        }
    )


def _hashes(hashes: Sequence[str], ciphers: Sequence[str]) -> List[str]:
    """Return hashes as strongSwan names them: as the code of integrity that they are too, and alone where a cipher seals."""
    sealed = [_sealed(cipher) for cipher in ciphers]
    return (["prf" + name for name in hashes if name not in _NO_CODE] if any(sealed) else []) + (
        [] if all(sealed) else list(hashes)
    )


def _sealed(cipher: str) -> bool:
    return not _ALONE.match(cipher) and cipher != "null"


def _ciphers(proposal: str, place: str) -> Tuple[List[str], List[str]]:
    """Return the ciphers that a proposal begins with, and the words behind them, each with the sign before it."""
    words = re.findall(r"(?:^|[-;+])[^-;+]*", lowered(proposal))
    found: List[str] = []
    while words and (not found or words[0].startswith("+")):
        word = words.pop(0).lstrip("+")
        # The length may stand behind a dash.
        if words and re.match(r"-[0-9]", words[0]):
            word += "_" + words.pop(0)[1:]
        named = _cipher(word)
        if not named:
            raise _unknown(word, place)
        found += named
    return found, words


def _cipher(word: str) -> List[str]:
    name, length = word, ""
    if word not in _CIPHERS:
        split = _LENGTH.match(word)
        name, length = (split.group(1), split.group(2)) if split else (word, "")
    made = _CIPHERS.get(name)
    if made is None or (length and ("%s" not in made or length not in _LENGTHS)):
        return []
    if "%s" not in made:
        return [made]
    return [made % one for one in ([length] if length else _LENGTHS)]


def _taken(words: List[str], known: Callable[[str], str]) -> List[str]:
    """Take the words of one kind off the front, the first and what is joined to it by a plus, and return their names."""
    found: List[str] = []
    while words and (not found or words[0].startswith("+")):
        name = "" if words[0].startswith(";") and known is _code else known(words[0][1:])
        if not name:
            break
        found.append(name)
        words.pop(0)
    return found


def _code(word: str) -> str:
    hashed, other = _HASH.match(word), _OTHER_CODES.match(word)
    if hashed:
        plain = next(group for group in hashed.groups() if group)
        return {"sha": "sha1", "sha2": "sha256", "md5": "md5"}.get(plain, "sha" + plain)
    return "aes" + other.group(1) if other else word if word in _NO_CODE else ""


def _group(word: str) -> str:
    return _GROUPS.get(_GROUP_NAME.sub("ecp", word), "")


def _done(rest: Sequence[str], place: str) -> None:
    if rest:
        raise _unknown(rest[0].lstrip("-;+"), place)


def _unknown(word: str, place: str) -> ReadError:
    return ReadError("%s names the algorithm %.30r, with which Libreswan does not load it; mend it" % (place, word))
