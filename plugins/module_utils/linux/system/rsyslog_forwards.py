# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what rsyslogd sends is encrypted, and to a receiver that had to prove who it is.

The stream driver's mode is 0 and its way of authentication `anon` where nothing sets them; directives count for what comes after them
until the next, and only for actions of the old language.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, Mapping, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.log_programs import THIS_HOST
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.rsyslog_config import Statement, value_of

TLS_DRIVERS = ("gtls", "ossl", "mbedtls")
PROVEN = ("x509/name", "x509/fingerprint", "x509/certvalid")
MODULES = ("/usr/lib/rsyslog", "/usr/lib64/rsyslog", "/usr/lib/*/rsyslog")
# What may stand before a statement that gets all records; the end of another block is no selection.
ALL = ("*.*", "*.debug", "*.info", "}")
RELP_PROVEN = ("name", "fingerprint", "certvalid")
OLD = re.compile(r"(?P<kind>@@?)(?:\([^)]*\))?(?P<host>\[[^]]*\]|[^:;#\n\t ]*)", re.ASCII)
_DIRECTIVES = {
    "actionsendstreamdriver": "streamdriver",
    "actionsendstreamdrivermode": "streamdrivermode",
    "actionsendstreamdriverauthmode": "streamdriverauthmode",
}


def in_the_clear(found: Sequence[Statement], module_of: Mapping[int, str]) -> Iterator[Tuple[Statement, str]]:
    """Yield the statements that send to another host without encryption or proof, and why.

    ``module_of``: of those that send, by their place in ``found``, the module in the new language, empty for the old one.
    Raises `ReadError` for a module whose encryption is not followed.
    """
    default = _default_driver(found)
    old: Dict[str, str] = {}
    for at, seen in enumerate(found):
        if seen.kind == "directive" and seen.name in _DIRECTIVES:
            old[_DIRECTIVES[seen.name]] = value_of(seen.parameters[""])
        elif at in module_of:
            why = _why_new(seen, module_of[at], default) if module_of[at] else _why_old(seen, old, default)
            if why:
                yield seen, why


def has_driver(host: Host) -> bool:
    """Return whether a driver for TLS is installed; where no folder of rsyslog's modules is found, it is taken to be."""
    folders = [folder for pattern in MODULES for folder in host.glob(pattern) if host.glob(folder + "/*.so")]
    return not folders or any(host.exists("%s/lmnsd_%s.so" % (at, name)) for at in folders for name in TLS_DRIVERS)


def target(seen: Statement) -> str:
    """Return the host to which a statement sends. Raises `ReadError`."""
    if seen.kind == "object":
        return _text(seen, "target")
    taken = OLD.match(seen.name)
    return taken.group("host").strip("[]") if taken else ""


def part(found: Sequence[Statement], at: int) -> str:
    """Return why what a statement sends may not be all records, empty where it surely is.

    That is one outside of all blocks with nothing before it but `*.*`, where no record was thrown away before. `*.info` leaves out what
    programs tell those who search their faults, and nothing of who did what.
    """
    depth = 0
    for seen in found[:at]:
        depth += {"{": 1, "}": -1}.get(seen.name, 0) if seen.kind == "mark" else 0
        if (seen.kind, seen.name) in (("mark", "stop"), ("action", "~")):
            return "%s throws records away before" % seen.place
    before = found[at - 1] if at else None
    if depth:
        return "it stands in a block, and which records come there is not followed"
    if before is not None and before.kind in ("mark", "expression") and before.name.strip(BLANKS) not in ALL:
        return "only what is selected before it is sent: %s" % printable(before.name.strip(BLANKS))[:60]
    return ""


def _default_driver(found: Sequence[Statement]) -> str:
    names = {"directive": "", "object": ""}
    for seen in found:
        if seen.kind == "directive" and seen.name == "defaultnetstreamdriver":
            names["directive"] = value_of(seen.parameters[""])
        elif seen.kind == "object" and seen.name == "global":
            names["object"] = _text(seen, "defaultnetstreamdriver") or names["object"]
    return names["object"] or names["directive"]


def _text(seen: Statement, name: str) -> str:
    text = seen.parameters.get(name, "")
    if not isinstance(text, str):
        raise ReadError("%s: the %s comes from elsewhere (`...`); write it out" % (seen.place, name))
    return text


def _why_old(seen: Statement, settings: Mapping[str, str], default: str) -> str:
    taken = OLD.match(seen.name)
    if taken is None:
        raise ReadError(
            "%s: whether this is encrypted is not followed; write it as an omfwd or omrelp action" % seen.place
        )
    if THIS_HOST.match(taken.group("host")):
        return ""
    return _why({**settings, "protocol": "tcp" if taken.group("kind") == "@@" else "udp"}, default)


def _why_new(seen: Statement, module: str, default: str) -> str:
    if THIS_HOST.match(_text(seen, "target")):
        return ""
    if module == "omrelp":
        if lowered(_text(seen, "tls")) != "on":
            return "no tls"
        return "" if lowered(_text(seen, "tls.authmode")) in RELP_PROVEN else "any receiver is taken (tls.authMode)"
    if module == "omudpspoof":
        return "over UDP"
    if module != "omfwd":
        raise ReadError(
            "%s: whether %s encrypts is not followed; look at its certificates by hand" % (seen.place, module)
        )
    names = (
        "streamdriver",
        "streamdriver.name",
        "streamdrivermode",
        "streamdriver.mode",
        "streamdriverauthmode",
        "streamdriver.authmode",
        "protocol",
    )
    said = {name.replace(".name", "").replace(".", ""): _text(seen, name) for name in names if _text(seen, name)}
    return _why(said, default)


def _why(said: Mapping[str, str], default: str) -> str:
    if lowered(said.get("protocol", "udp")) != "tcp":
        return "over UDP"
    if lowered(said.get("streamdriver") or default) not in TLS_DRIVERS or said.get("streamdrivermode") != "1":
        return "no TLS (StreamDriver, StreamDriverMode)"
    return (
        ""
        if lowered(said.get("streamdriverauthmode", "anon")) in PROVEN
        else "any receiver is taken (StreamDriverAuthMode)"
    )
