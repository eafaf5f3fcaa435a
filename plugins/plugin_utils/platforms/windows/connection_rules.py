# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of the firewall's rules of IPsec: connection security rules and main mode rules, ``v2.10|Action=Secure|Active=TRUE|...|``.

Grammar and meaning are those of Microsoft's [MS-GPFAS] (2.2.6.2 and 2.2.7.1; the tokens' values 2.2.2 and 2.2.6.1) and [MS-FASP] (2.2.29,
2.2.52, 2.2.55). What they do not know is an error: a rule that is read in part could be one that counts, or one that does not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

Version = tuple[int, int]

# The version of policies of the oldest Windows that is audited, Server 2019, and of the newest, Server 2025 ([MS-FASP] 2.2.42, table 1).
OLDEST: Version = (2, 29)
NEWEST: Version = (2, 33)
_FIRST: Version = (2, 0)
PROFILES = ("Domain", "Private", "Public")
_ACTIONS = {"Secure": "secure", "SecureServer": "secure_server", "Boundary": "boundary", "DoNotSecure": "do_not_secure"}
_BOOLEANS = ("TRUE", "FALSE")
# Values of tokens that are told from each other; those of the others (addresses, ports, names) narrow a rule, and change no algorithm.
_WORDS: Mapping[str, tuple[str, ...]] = {
    "Action": tuple(_ACTIONS),
    "Profile": PROFILES,
    "Platform2": ("GTEQ",),
    "KeyMod": ("KeyModDefault", "IkeV1", "AuthIP", "IkeV2"),
    **dict.fromkeys(("Active", "SecureInClearOut", "ByPassTunnel", "Authz"), _BOOLEANS),
    **dict.fromkeys(("KeyManagerDictate", "KeyManagerNotify", "SecurityRealmEnabled"), _BOOLEANS),
}
_SHARED = frozenset(("Profile", "EP1_4", "EP2_4", "EP1_6", "EP2_6", "Name", "Desc", "EmbedCtxt", "Active", "Platform"))
_SHARED |= {"SkipVer", "Platform2", "Auth1Set"}
CONNECTION = _SHARED | frozenset(
    (
        *("Action", "Protocol", "EP1Port", "EP2Port", "EP1Port2_10", "EP2Port2_10", "IF", "IFType", "Auth2Set"),
        *("Crypto2Set", "SecureInClearOut", "ByPassTunnel", "Authz", "RTunnel4", "RTunnel6", "LTunnel4", "LTunnel6"),
        *("RTunnel4_2", "RTunnel6_2", "LTunnel4_2", "LTunnel6_2", "RTunnelFqdn", "RTunEndpts4", "RTunEndpts6"),
        *("KeyMod", "KeyManagerDictate", "KeyManagerNotify", "FwdLifetime", "TransportMachineAuthzSDDL"),
        *("TransportUserAuthzSDDL", "SecurityRealmEnabled"),
    )
)
MAIN_MODE = _SHARED | {"Crypto1Set"}
_OFTEN = frozenset(
    (
        *("Profile", "Platform", "EP1Port", "EP2Port", "EP1Port2_10", "EP2Port2_10", "IF", "IFType"),
        *("EP1_4", "EP2_4", "EP1_6", "EP2_6", "RTunEndpts4", "RTunEndpts6", "KeyMod"),
    )
)
_VERSION = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})")
_PLATFORM = re.compile(r"([0-7]):([0-9]{1,3}):([0-9]{1,3})")
# Each Windows that is audited calls itself NT (2) 10.0, by OSVERSIONINFOEX, which the firewall goes by.
_THIS = (2, 10, 0)


@dataclass(frozen=True)
class ConnectionRule:
    """A rule. ``action``: empty of a main mode rule; ``crypto``: the id of its set of algorithms, or empty; ``profiles``: all where it names none."""

    name: str
    active: bool
    action: str
    crypto: str
    profiles: tuple[str, ...]


def version(text: str, where: str) -> Version:
    """Return the version of a text, one that is known. Raises `HipaaCisError`."""
    found = _number(text, where)
    if not _FIRST <= found <= NEWEST:
        raise HipaaCisError(
            f"{where} is of version {text[:20]}, and known are those up to {'.'.join(map(str, NEWEST))}"
        )
    return found


def skipped(text: str, where: str) -> None:
    """Raise `HipaaCisError` where a Windows that is audited might be among those that leave a thing out: those up to the version that is named."""
    if _number(text, where) >= OLDEST:
        raise HipaaCisError(
            f"{where} is left out up to version {text[:20]}, so that nobody knows whether it counts here"
        )


def read(identity: str, text: str, known: frozenset[str]) -> ConnectionRule:
    """Return the rule that a text says. ``known``: `CONNECTION` or `MAIN_MODE`. Raises `HipaaCisError`."""
    where = f"the rule {identity[:100]}"
    tokens = _tokens(text, known, where)
    if "SkipVer" in tokens:
        skipped(tokens["SkipVer"][0], where)
    action = tokens.get("Action", [""])[0]
    if known is CONNECTION and not action:
        raise HipaaCisError(f"{where} has no action")
    return ConnectionRule(
        name=tokens.get("Name", [identity])[0][:200],
        # Without the token a rule is not active.
        active=tokens.get("Active") == ["TRUE"] and _for_this(tokens, where),
        action=_ACTIONS.get(action, ""),
        crypto=tokens.get("Crypto2Set", tokens.get("Crypto1Set", [""]))[0],
        profiles=tuple(tokens.get("Profile", PROFILES)),
    )


def _tokens(text: str, known: frozenset[str], where: str) -> Mapping[str, list[str]]:
    head, *fields = text.split("|")
    if not head.startswith("v") or not fields or fields.pop() != "":
        raise HipaaCisError(f"{where} is not written as rules are: a version, and fields that each end with a stroke")
    version(head[1:], where)
    found: dict[str, list[str]] = {}
    for field in fields:
        name, equals, value = field.partition("=")
        if not equals or name not in known:
            raise HipaaCisError(f"{where} has '{field[:60]}', which is not known")
        if name in _WORDS and value not in _WORDS[name]:
            raise HipaaCisError(f"{where} has '{value[:60]}' for {name}, which is not known")
        found.setdefault(name, []).append(value)
        if len(found[name]) > 1 and name not in _OFTEN:
            raise HipaaCisError(f"{where} has {name} twice")
    return found


def _for_this(tokens: Mapping[str, list[str]], where: str) -> bool:
    """Return whether a rule is for this Windows: one of its platforms, of which the last may mean all newer ones too."""
    platforms = [_platform(text, where) for text in tokens.get("Platform", [])]
    if not platforms:
        if "Platform2" in tokens:
            raise HipaaCisError(f"{where} is for platforms that it does not name")
        return True
    newer = "Platform2" in tokens and platforms[-1] <= _THIS
    return newer or _THIS in platforms


def _platform(text: str, where: str) -> tuple[int, int, int]:
    found = _PLATFORM.fullmatch(text)
    if found is None:
        raise HipaaCisError(f"{where} is for the platform '{text[:40]}', which is none")
    kind, major, minor = map(int, found.groups())
    return kind, major, minor


def _number(text: str, where: str) -> Version:
    found = _VERSION.fullmatch(text)
    if found is None:
        raise HipaaCisError(f"{where} has '{text[:40]}' for a version, which is none")
    return int(found[1]), int(found[2])
