# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections of ipsec.conf as strongSwan's starter and its plugin `stroke` make them (5.9, 6.0), said as in swanctl.conf."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import (
    ike_connections,
    own_addresses,
    starter_config,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.swanctl_config import Section

IKE_SECONDS = 3 * 3600
CHILD_SECONDS = 3600
MARGIN_SECONDS = 540
_TIME = re.compile(r"([0-9]{1,9})([smhd]?)\Z", re.ASCII)
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 24 * 3600}
_VERSIONS = {"ike": "0", "ikev1": "1", "ikev2": "2"}
_PASS = {"passthrough": "pass", "pass": "pass", "drop": "drop", "reject": "drop"}
_TYPES = ("tunnel", "transport", "beet", "transport_proxy", *_PASS)
_AUTHBY = ("psk", "secret", "pubkey", "rsa", "rsasig", "ecdsa", "ecdsasig", "xauthpsk", "xauthrsasig", "never")
_AUTO = ("ignore", "add", "route", "start")
_KNOWN = re.compile(r"ike:|pubkey|rsa|ecdsa|xauth|eap|(?:psk|secret)\Z")
_ANY = ("%any", "%any4", "%any6")
_ALL = "0.0.0.0/0"
_NO = ("no", "false", "disabled", "0")


def connections(host: Host, file: str, settings: Section) -> Iterator[Dict[str, Any]]:
    """Yield each connection that strongSwan loads, as `ike_connections.connection` has it; without ``auto`` it loads none.

    ``settings``: what strongswan.conf says. Raises `ReadError` where it does not load one that it should.
    """
    stroke = settings.below("charon").below("plugins").below("stroke")
    if lowered(stroke.word("load")) in _NO:
        return
    swaps = lowered(stroke.word("allow_swap")) not in _NO
    for name, values in starter_config.read(host, file).items():
        place = "the connection %s of %s" % (printable(name), file)
        if _chosen(values, "auto", _AUTO, place) != "ignore":
            yield ike_connections.connection(name, file, _section(_Conn(host, values, place, swaps)))


class _Conn:
    def __init__(self, host: Host, values: Dict[str, str], place: str, swaps: bool) -> None:
        self.host, self.values, self.place = host, values, place
        self.other, self.me = ("left", "right") if swaps and self._right_is_here() else ("right", "left")

    def _right_is_here(self) -> bool:
        """Return whether `right` is an address of this host: strongSwan then takes the other end to be `left`."""
        return own_addresses.among(self.host, self.values.get("right", "").lstrip("%").split(","))

    def chosen(self, name: str, names: Sequence[str]) -> str:
        return _chosen(self.values, name, names, self.place)

    def seconds(self, default: int, *names: str) -> int:
        """Return a time that goes by any of some names."""
        given = [name for name in names if name in self.values]
        if len(given) > 1:
            # By whichever name it stands in %default, strongSwan takes that and not the connection's own.
            raise ReadError(
                "%s has %s, which are one setting; take out one of them" % (self.place, " and ".join(given))
            )
        for name in given:
            found = _TIME.match(self.values[name])
            if found is None:
                raise ReadError(
                    "%s has %s = %.30r, with which strongSwan does not load it; write it as 4h"
                    % (self.place, name, self.values[name])
                )
            return int(found.group(1)) * _UNITS[found.group(2)]
        return default


def _chosen(values: Dict[str, str], name: str, names: Sequence[str], place: str) -> str:
    """Return a value out of a few, the first of them where it is not set."""
    text = values.get(name, names[0])
    if text not in names:
        raise ReadError("%s has %s = %.30r, with which strongSwan does not load it; mend it" % (place, name, text))
    return text


def _section(conn: _Conn) -> Section:
    """Return a connection as it would stand in swanctl.conf."""
    made, child = Section(), Section()
    _put(made, "version", _VERSIONS[conn.chosen("keyexchange", tuple(_VERSIONS))])
    _put(made, "aggressive", conn.chosen("aggressive", ("no", "yes")))
    _put(made, "proposals", _proposals(conn, "ike"))
    addresses = _addresses(conn)
    _put(made, "remote_addrs", addresses)
    for at, (method, name) in enumerate(_rounds(conn, addresses)):
        remote = Section()
        _put(remote, "auth", method)
        _put(remote, "id", name)
        made.sections["remote-%d" % at] = remote
    kind = conn.chosen("type", _TYPES)
    _put(child, "mode", _PASS.get(kind, "tunnel"))
    # Of both it takes AH; that they may not stand together it means to say, and never does.
    if "ah" in conn.values:
        _put(child, "ah_proposals", _proposals(conn, "ah"))
    else:
        _put(child, "esp_proposals", _proposals(conn, "esp"))
    made.sections["children"] = Section()
    made.sections["children"].sections["child"] = child
    _times(conn, made, child)
    return made


def _put(section: Section, name: str, text: Optional[str]) -> None:
    section.values[name] = (text, "")


def _proposals(conn: _Conn, name: str) -> str:
    """Return the proposals of a setting; strongSwan puts its own behind them unless there is an exclamation mark at the end."""
    text = conn.values.get(name, "")
    if any(lowered(word.strip(" ")) == "default" for word in text.rstrip("!").split(",")):
        raise ReadError("%s names default in %s, with which strongSwan does not load it; mend it" % (conn.place, name))
    return text[:-1] if text.endswith("!") else text + ",default"


def _addresses(conn: _Conn) -> str:
    text = conn.values.get(conn.other, "%any")
    if text == "%defaultroute":
        text = "%any"
    free = text.startswith("%") and text not in _ANY
    text = text[1:] if free else text
    allowed = conn.chosen(conn.other + "allowany", ("no", "yes")) == "yes"
    return "%s,%s" % (text, _ALL) if free or allowed else text


def _rounds(conn: _Conn, addresses: str) -> Iterator[Tuple[str, str]]:
    """Yield by what the other end proves who it is, and its name."""
    values = conn.values
    method, second = values.get(conn.other + "auth"), values.get(conn.other + "auth2")
    authby = conn.chosen("authby", ("pubkey", *_AUTHBY))
    server = conn.chosen("xauth", ("client", "server")) == "server"
    # Either of the two puts authby out of force, for both ends.
    if method is None and conn.me + "auth" not in values:
        method = "psk" if authby in ("psk", "secret", "xauthpsk") else "pubkey"
        second = "xauth" if authby.startswith("xauth") and server else second
    first = addresses.partition(",")[0]
    for given, name in (
        (method or "pubkey", values.get(conn.other + "id", first)),
        (second, values.get(conn.other + "id2", "")),
    ):
        if given:
            yield _method(given), _name(name)


def _method(text: str) -> str:
    # What strongSwan does not know, it takes for "anything".
    return ("psk" if text == "secret" else text) if _KNOWN.match(text) else ""


def _name(text: str) -> str:
    if text.startswith("%") and text not in _ANY:
        return text[1:]
    # A network or a range of addresses is the name of all in it.
    return text if text and not ike_connections.many_addresses(text) else "%any"


def _times(conn: _Conn, made: Section, child: Section) -> None:
    margin = conn.seconds(MARGIN_SECONDS, "margintime", "rekeymargin")
    ike = conn.seconds(IKE_SECONDS, "ikelifetime")
    life = conn.seconds(CHILD_SECONDS, "lifetime", "keylife")
    again = "reauth_time" if conn.chosen("reauth", ("yes", "no")) == "yes" else "rekey_time"
    if conn.chosen("rekey", ("yes", "no")) == "no":
        margin = ike = life = 0
    _put(made, "rekey_time", "0")
    _put(made, again, str(max(0, ike - margin)))
    _put(child, "rekey_time", str(max(0, life - margin)))
    _put(child, "life_time", str(life))
