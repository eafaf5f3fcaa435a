# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IPsec connections as strongSwan makes them of swanctl.conf (vici_config.c of 5.9 and 6.0), or of anything else that names the same.

Where no proposals are named, strongSwan offers and takes 3DES and SHA-1 for IKE besides strong ones. ESP needs no code of
integrity: ``esp_proposals = aes256`` leaves packets that anybody may alter.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.swanctl_config import Section

_AES = "aes128 aes192 aes256"
_GROUPS = "ecp256 ecp384 ecp521 curve25519 curve448 modp3072 modp4096 modp6144 modp8192 modp2048"
_AEAD = "aes128gcm16 aes192gcm16 aes256gcm16"
_HASHES = "sha256 sha384 sha512 sha1 aesxcbc"
# What stands for these where "default" does, or nothing (proposal.c), without what few peers know.
DEFAULT_IKE = [
    "%s 3des %s %s" % (_AES, _HASHES, _GROUPS),
    "%s prfsha256 prfsha384 prfsha512 prfsha1 %s" % (_AEAD, _GROUPS),
]
DEFAULT_ESP = ["%s none %s" % (_AEAD, _GROUPS), "%s %s none %s" % (_AES, _HASHES, _GROUPS)]
IKE_SECONDS = 4 * 3600
CHILD_SECONDS = 3600
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 24 * 3600}
_TIME = re.compile(r"(0|[1-9][0-9]{0,9}) *([smhdSMHD]?)\Z", re.ASCII)
# What encrypts and leaves it to another word to keep packets from being altered.
_CLASSIC = re.compile(r"(?:aes|camellia)\d*(?:ctr)?\Z|3?des\Z|blowfish|cast|serpent|twofish", re.ASCII)
_CODES = re.compile(r"(?:sha|md5|aesxcbc|aescmac|camelliaxcbc)", re.ASCII)
_NO_CIPHER = re.compile(r"null\Z|aes\d+gmac\Z", re.ASCII)
# An exchange of keys beside the first, from 6.0 on.
_FURTHER = re.compile(r"ke[1-7]_", re.ASCII)
_YES = ("yes", "true", "enabled", "1")
_NO = ("no", "false", "disabled", "0")
PRE_SHARED = "psk"
# Names and addresses that more than one may have: patterns, networks and ranges.
_MANY_NAMES = re.compile(r"%any|(?:0\.0\.0\.0|0::0|::)\Z|\^|.*\*", re.ASCII)
_MANY_ADDRESSES = re.compile(r"%any|0\.0\.0\.0|(?:0::0|::)\Z|.*/|[0-9a-f.:]+-[0-9a-f.:]+\Z", re.ASCII)
ANY = "any"


def connections(root: Section, file: str) -> Iterator[Dict[str, Any]]:
    """Yield each connection. Raises `ReadError` where strongSwan does not load one."""
    for name, one in root.below("connections").sections.items():
        yield connection(name, file, one)


def connection(name: str, file: str, one: Section) -> Dict[str, Any]:
    """Return ``{name, file, versions, aggressive, ike, esp, unprotected, remote, open_to_any, ike_seconds, child_seconds}`` of one.

    Raises `ReadError` where strongSwan does not load it.
    """
    place = "the connection %s of %s" % (name, file)
    version = one.word("version", "0")
    if version not in ("0", "1", "2"):
        raise ReadError("%s has the version %.20r, which is none; mend it" % (place, version))
    children = [child for child in one.below("children").sections.values() if not _passes_by(child)]
    remote = _rounds(one, place)
    return {
        "name": name,
        "file": file,
        "versions": [1, 2] if version == "0" else [int(version)],
        "aggressive": _switch(one, "aggressive", place),
        "ike": _named(_listed(one, "proposals", DEFAULT_IKE)),
        "esp": _named(proposal for child in children for proposal in _of_child(child)),
        "unprotected": sorted({bad for child in children for bad in _unprotected(child)}),
        "remote": remote,
        "open_to_any": _open_to_any(one, remote),
        "ike_seconds": _renewed_after(one, ("rekey_time", "reauth_time"), IKE_SECONDS, place),
        "child_seconds": _longest(
            [_renewed_after(child, ("rekey_time", "life_time"), CHILD_SECONDS, place) for child in children]
        ),
    }


def _switch(section: Section, name: str, place: str) -> bool:
    text = lowered(section.word(name, "no"))
    if text not in (*_YES, *_NO):
        raise ReadError("%s has %s = %.20r, which strongSwan does not load; mend it" % (place, name, text))
    return text in _YES


def _passes_by(child: Section) -> bool:
    """Return whether it makes no tunnel, but says what goes or is dropped without one."""
    return lowered(child.word("mode", "tunnel")) in ("pass", "drop")


def _listed(section: Section, name: str, default: List[str]) -> List[List[str]]:
    """Return the proposals of a setting, each the words that name its algorithms."""
    text = section.word(name)
    found: List[List[str]] = []
    for one in (part.strip(" ") for part in text.split(",")):
        if lowered(one) == "default":
            found += [words.split(" ") for words in default]
        elif one:
            found.append([word.strip(" ") for word in one.split("-") if word.strip(" ")])
    return found or [words.split(" ") for words in default]


def _named(proposals: Any) -> List[str]:
    return sorted({_FURTHER.sub("", word) for proposal in proposals for word in proposal})


def _of_child(child: Section) -> List[List[str]]:
    return (
        _listed(child, "esp_proposals", DEFAULT_ESP)
        if child.word("esp_proposals") or not child.word("ah_proposals")
        else []
    )


def _unprotected(child: Section) -> Iterator[str]:
    """Yield the proposals by which packets travel in the clear, or may be altered."""
    if child.word("ah_proposals"):
        yield "ah"
    for proposal in _of_child(child):
        open_to_change = any(_CLASSIC.match(word) for word in proposal) and not any(
            _CODES.match(word) for word in proposal
        )
        if open_to_change or any(_NO_CIPHER.match(word) for word in proposal):
            yield "-".join(proposal)


def _rounds(one: Section, place: str) -> List[str]:
    """Return by what the other end proves who it is, each round; `ANY` where nothing is said: it may choose."""
    found = [
        _class(auth.word("auth"), place) for name, auth in one.sections.items() if lowered(name).startswith("remote")
    ]
    return found or [ANY]


def _class(text: str, place: str) -> str:
    if not text:
        return ANY
    if text.startswith(("ike:", "pubkey", "rsa", "ecdsa")):
        return "pubkey"
    for name in (PRE_SHARED, "xauth", "eap"):
        if lowered(text) == name or (name != PRE_SHARED and lowered(text).startswith(name)):
            return name
    raise ReadError("%s has auth = %.30r, which strongSwan does not load; mend it" % (place, text))


def _open_to_any(section: Section, remote: List[str]) -> bool:
    """Return whether everybody who knows a shared secret may play the other end, from anywhere."""
    if not all(method in (PRE_SHARED, ANY) for method in remote):
        return False
    names = [auth.word("id", "%any") for name, auth in section.sections.items() if lowered(name).startswith("remote")]
    if names and not any(many_names(name) for name in names):
        return False
    return many_addresses(section.word("remote_addrs", "%any"))


def many_names(text: str) -> bool:
    """Return whether more than one may go by a name."""
    return _MANY_NAMES.match(text) is not None


def many_addresses(text: str) -> bool:
    """Return whether a list of addresses, networks and ranges has more than one address in one of them."""
    return any(_MANY_ADDRESSES.match(one.strip(" ")) for one in text.split(","))


def _seconds(section: Section, name: str, place: str) -> Optional[int]:
    """Return a time in seconds, None where it is not set."""
    text = section.word(name)
    if not text:
        return None
    found = _TIME.match(text)
    if found is None:
        raise ReadError("%s has %s = %.30r, which is no time that is followed; write it as 4h" % (place, name, text))
    return int(found.group(1)) * _UNITS[lowered(found.group(2))]


def _renewed_after(part: Section, names: Tuple[str, ...], usual: int, place: str) -> Optional[int]:
    """Return after how long keys are made anew by these settings, ``usual`` where none is there, None where that is never."""
    times = [_seconds(part, name, place) for name in names]
    if not any(time is not None for time in times):
        return usual
    return min((time for time in times if time), default=None)


def _longest(times: List[Optional[int]]) -> Optional[int]:
    """Return the longest time, None where one has no end; 0 where there is none."""
    return None if None in times else max([0, *(time for time in times if time is not None)])
