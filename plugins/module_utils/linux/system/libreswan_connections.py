# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections of ipsec.conf as Libreswan makes them (4.x, 5.x), in the shape and by the names of strongSwan's."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import (
    ike_connections,
    libreswan_proposals,
    own_addresses,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.libreswan_config import Config, Settings

DEFAULT_SECONDS = 8 * 3600
# Of longer times, and of 0, Libreswan makes this (5.x of 0 as short a time as it takes).
MAX_SECONDS = 24 * 3600
_TIME = re.compile(r"([0-9]{1,9})([smhdwSMHDW]?)\Z", re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600, "w": 7 * 24 * 3600}
_YES, _NO = ("yes", "y", "true", "on", "1"), ("no", "n", "false", "off", "0")
_TUNNELS, _SHUNTS = ("tunnel", "transport"), ("passthrough", "pass", "drop", "reject")
_IKE_V2 = {**dict.fromkeys(("insist", "propose", "always", *_YES), 2), **dict.fromkeys(("never", "permit", *_NO), 1)}
_AUTO = ("ignore", "add", "ondemand", "route", "start", "up", "keep")
_SIGNED = re.compile(r"(?:rsasig|rsa|rsa-sha1|(?:rsa|ecdsa)-sha2(?:_256|_384|_512)?|ecdsa)\Z")
_AUTH = {
    "secret": "psk",
    "rsasig": "pubkey",
    "rsa": "pubkey",
    "ecdsa": "pubkey",
    "null": "null",
    "eaponly": "eap",
    "never": "null",
}
# By these, packets go in the clear where the other end does not answer, and until it does.
OPENED = ("failureshunt", "negotiationshunt")
# Proves nothing; strongSwan has no such.
NOTHING = "null"
INTERFACES = "/sys/class/net/"
# Ends that stand for many hosts, or for one that is known only when it calls.
_MANY = ("%any", "%opp", "%group")


def connections(config: Config, host: Host, file: str) -> Iterator[Dict[str, Any]]:
    """Yield each connection, as `ike_connections.connection` has it; those without ``auto`` that have both ends may be added by hand.

    What makes no tunnel, and what only others take from, is passed by. Raises `ReadError` where Libreswan does not load one.
    """
    for name, values in config.conns.items():
        place = "the connection %s of %s" % (printable(name), file)
        waits = _chosen(values, "auto", _AUTO, place) == "ignore"
        partial = name in config.taken or "left" not in values or "right" not in values
        shunt = _chosen(values, "type", (*_TUNNELS, *_SHUNTS), place) in _SHUNTS
        if shunt or (waits and partial):
            continue
        yield _connection(name, values, host, file, place)


def _connection(name: str, values: Settings, host: Host, file: str, place: str) -> Dict[str, Any]:
    version = _version(values, place)
    other = _other(values, host)
    remote = _rounds(values, other, version, place)
    header_only = _chosen(values, "phase2", ("esp", "default", "ah"), place) == "ah"
    esp = [] if header_only else libreswan_proposals.esp(values.get("esp"), version, place)
    unprotected = ["ah"] if header_only else libreswan_proposals.unprotected(esp)
    return {
        "name": name,
        "file": file,
        "versions": [version],
        "aggressive": _switch(values, "aggressive", place),
        "ike": libreswan_proposals.ike(values.get("ike"), version, place),
        "esp": sorted({word for proposal in esp for word in proposal}),
        "unprotected": unprotected
        + [name for name in OPENED if lowered(values.get(name, "")) in ("passthrough", "pass")],
        "remote": remote,
        "open_to_any": _open_to_any(values, other, remote),
        "ike_seconds": _seconds(values, "ikelifetime", place),
        "child_seconds": _seconds(values, "ipsec-lifetime", place),
    }


def _chosen(values: Settings, name: str, names: Sequence[str], place: str) -> str:
    """Return a value out of a few, the first of them where it is not set."""
    text = lowered(values.get(name, names[0]))
    if text not in names:
        raise ReadError("%s has %s = %.30r, which Libreswan does not take; mend it" % (place, name, text))
    return text


def _switch(values: Settings, name: str, place: str) -> bool:
    return _chosen(values, name, ("no", *_NO, *_YES), place) in _YES


def _version(values: Settings, place: str) -> int:
    """Return the version of IKE; ``keyexchange=ike`` says nothing, and what ikev2 says counts only beside that."""
    exchange = _chosen(values, "keyexchange", ("ike", "ikev1", "ikev2"), place)
    said = _IKE_V2[_chosen(values, "ikev2", tuple(_IKE_V2), place)]
    return said if exchange == "ike" else int(exchange[-1])


def _other(values: Settings, host: Host) -> str:
    """Return which end is the other one: Libreswan finds out by the addresses of the host, not by the name."""
    left, right = values.get("left", ""), values.get("right", "")
    if lowered(left).startswith(_MANY):
        return "left"
    return "left" if not lowered(right).startswith(_MANY) and _is_here(right, host) else "right"


def _is_here(end: str, host: Host) -> bool:
    """Return whether an end is this host, by its address, a name in /etc/hosts, an interface or the default route."""
    if end.startswith("%"):
        return lowered(end).startswith("%defaultroute") or host.exists(INTERFACES + end[1:])
    return own_addresses.among(host, [end])


def _rounds(values: Settings, other: str, version: int, place: str) -> List[str]:
    """Return by what the other end proves who it is, the weakest of those that Libreswan takes from it."""
    named = [side + "auth" in values for side in ("left", "right")]
    if any(named) and (not all(named) or version == 1):
        raise ReadError(
            "%s has leftauth or rightauth without the other one, or with IKEv1, with which Libreswan does not load it; mend it"
            % place
        )
    method = _authby(values.get("authby", "rsasig"), place)
    if all(named):
        chosen = _AUTH[_chosen(values, other + "auth", tuple(_AUTH), place)]
        # Of authby, eaponly leaves nothing in force.
        method = method if (chosen, method) == ("eap", NOTHING) else chosen
    # That autheap stands there says nothing: without eaponly, who sends the other proof is not asked for EAP.
    found = [method]
    me = "left" if other == "right" else "right"
    person = _switch(values, me + "xauthserver", place) or _switch(values, other + "xauthclient", place)
    if person and lowered(values.get("xauthby", "file")) != "alwaysok":
        found.append("xauth")
    return found


def _authby(text: str, place: str) -> str:
    found = set()
    for word in re.split(r"[, ]", text):
        if not _SIGNED.match(word) and word not in ("secret", "null", "never"):
            raise ReadError("%s has authby = %.30r, with which Libreswan does not load it; mend it" % (place, text))
        found.add(_AUTH.get(word, "pubkey"))
    # Beside a signature, it takes no secret from anybody.
    return next(method for method in (NOTHING, "pubkey", "psk") if method in found)


def _open_to_any(values: Settings, other: str, remote: List[str]) -> bool:
    """Return whether everybody who knows a shared secret may play the other end, from anywhere; or everybody, with no proof at all."""
    if NOTHING in remote:
        return len(remote) == 1
    address = values.get(other, "")
    anywhere = lowered(address).startswith(_MANY) or ike_connections.many_addresses(address)
    name = values.get(other + "id", "%any")
    anybody = name.startswith("%") or ike_connections.many_names(name)
    return remote == [ike_connections.PRE_SHARED] and anywhere and anybody


def _seconds(values: Settings, name: str, place: str) -> int:
    """Return after how long keys are made anew or end."""
    text = values.get(name)
    if text is None:
        return DEFAULT_SECONDS
    found = _TIME.match(text)
    if found is None:
        raise ReadError("%s has %s = %.30r, which is no time that is followed; write it as 8h" % (place, name, text))
    return min(int(found.group(1)) * _UNITS[lowered(found.group(2) or "s")], MAX_SECONDS) or MAX_SECONDS
