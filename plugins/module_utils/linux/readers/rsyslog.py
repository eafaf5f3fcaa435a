# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `rsyslog`: what rsyslogd takes in, writes and sends, by its whole configuration."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterator, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import daemon_options, shown_sources
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.rsyslog_config import (
    MAIN,
    Statement,
    statements,
    value_of,
)

MAX_STATEMENTS = 200
RECEIVER = re.compile(r"im(?:p?tcp|udp|relp|gssapi|3195|dtls|http|beats|snmptrapd|kafka|hiredis|czmq)\Z")
LISTENS = re.compile(r"(?:input(?:p?tcp|relp|gss)serverrun|udpserverrun|input3195listenport)\Z")
# The file mode where nothing sets one, in both languages.
DEFAULT_MODE = 0o644
FORWARDS = re.compile(
    r"om(?:fwd|relp|gssapi|http|kafka|elasticsearch|dtls|udpspoof|amqp1|rabbitmq|czmq|httpfs|clickhouse|otlp)\Z"
)
_OLD = re.compile(r":([a-z0-9]+):", re.ASCII | re.IGNORECASE)
# A statement, and the mode of the files that it makes where it makes any.
Made = Tuple[Statement, int]


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Answer `receivers`, `actions` and `forwards` with `[{file, line, text}]`, `files` with `mode` beside.

    `forwards_in_clear`: with `why` beside.
    """
    try:
        host.stat(MAIN)
    except NotFound:
        return [absent(MAIN)] * len(addresses)
    daemon_options.refuse(host, daemon_options.RSYSLOGD)
    found = statements(host)

    def one(address: Address) -> Observation:
        query = required(address, "query")
        if query not in QUERIES:
            raise UsageError("unknown query %r; known: %s" % (query, ", ".join(sorted(QUERIES))))
        entries = QUERIES[query](host, found)
        if len(entries) > MAX_STATEMENTS:
            raise ReadError("more than %d statements of rsyslog's configuration match" % MAX_STATEMENTS)
        return value(entries, MAIN)

    return read_each(addresses, one)


def _entry(host: Host, seen: Statement) -> Dict[str, Any]:
    """The statement as it may be shown, on one line."""
    try:
        rows = split_lines(host.read_text(seen.file))[seen.first - 1 : seen.last]
    except NotFound:
        rows = []  # a text within an include
    text = " ".join(row.strip(BLANKS) for row in rows)
    return {"file": printable(seen.file), "line": seen.first, "text": shown_sources.rsyslog(text)[:400]}


def _entries(keep: Callable[[Statement], bool]) -> Callable[[Host, Sequence[Statement]], List[Dict[str, Any]]]:
    return lambda host, found: [_entry(host, seen) for seen in found if keep(seen)]


def _word(seen: Statement, name: str) -> str:
    """Return a parameter of an object. Raises `ReadError` where only a running rsyslogd knows it."""
    text = seen.parameters.get(name, "")
    if not isinstance(text, str):
        raise ReadError("%s: the %s comes from elsewhere (`...`); write it out" % (seen.place, name))
    return text


def _module(seen: Statement) -> str:
    """Return the module that a statement loads or uses, in small letters, without folder and ending."""
    text = ""
    if seen.kind == "directive":
        text = value_of(seen.parameters[""]) if seen.name == "modload" else ""
    elif seen.kind == "object" and seen.name in ("module", "input", "action"):
        text = _word(seen, "load" if seen.name == "module" else "type")
    # To rsyslogd OmFwd is omfwd.
    text = lowered(text.rpartition("/")[2])
    return text[:-3] if text.endswith(".so") else text


def is_receiver(seen: Statement) -> bool:
    """Return whether a statement loads or starts what takes records from the network."""
    starts = seen.kind == "directive" and LISTENS.match(seen.name) is not None
    return starts or RECEIVER.match(_module(seen)) is not None


def _is_action(seen: Statement) -> bool:
    return seen.kind == "action" or (seen.kind == "object" and seen.name == "action")


def _is_forward(seen: Statement) -> bool:
    if seen.kind == "action":
        named = _OLD.match(seen.name)
        return seen.name.startswith("@") or (named is not None and FORWARDS.match(lowered(named.group(1))) is not None)
    return seen.name == "action" and FORWARDS.match(_module(seen)) is not None


def file_modes(found: Sequence[Statement]) -> Iterator[Made]:
    """Yield what makes files, with their mode: each language has a default of its own, which counts for what comes after it."""
    old = new = DEFAULT_MODE
    for seen in found:
        if seen.kind == "directive" and seen.name == "filecreatemode":
            taken = re.match(r"0[0-7]{3}", seen.parameters[""], re.ASCII)
            old = int(taken.group(), 8) if taken else old
        elif seen.kind == "object" and seen.name == "module" and _module(seen) in ("builtin:omfile", "omfile"):
            new = _mode(seen, new)
        elif seen.kind == "action" and re.match(r"-?[/?]|:omfile:", seen.name, re.ASCII):
            yield seen, old
        elif seen.kind == "object" and seen.name == "action" and _module(seen) in ("omfile", "builtin:omfile"):
            yield seen, _mode(seen, new)


def _mode(seen: Statement, default: int) -> int:
    text = _word(seen, "filecreatemode")
    if text and not re.match(r"0[0-7]{3,4}\Z", text, re.ASCII):
        raise ReadError("%s: rsyslogd does not take this fileCreateMode; give it as 0640" % seen.place)
    return int(text, 8) if text else default


def umask(host: Host, found: Sequence[Statement]) -> int:
    """Return what rsyslogd takes away from all modes; an object wins over directives, and both over its unit."""
    by: Dict[str, int] = {}
    for seen in found:
        text = _word(seen, "umask") if seen.name == "global" else seen.parameters[""] if seen.name == "umask" else ""
        taken = re.match(r"0[0-7]{3}", text, re.ASCII)
        if taken and seen.kind in ("object", "directive"):
            by["global" if seen.kind == "object" else "directive"] = int(taken.group(), 8)
    if not by:
        return daemon_options.unit_umask(host, daemon_options.RSYSLOGD)
    return by.get("global") or by.get("directive", 0)


def _files(host: Host, found: Sequence[Statement]) -> List[Dict[str, Any]]:
    away = umask(host, found)
    return [{**_entry(host, seen), "mode": "%04o" % (mode & ~away)} for seen, mode in file_modes(found)]


def _in_the_clear(host: Host, found: Sequence[Statement]) -> List[Dict[str, Any]]:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.rsyslog_forwards import in_the_clear

    modules = {at: _module(seen) if seen.kind == "object" else "" for at, seen in enumerate(found) if _is_forward(seen)}
    return [{**_entry(host, seen), "why": why} for seen, why in in_the_clear(found, modules)]


def sent(host: Host) -> List[Dict[str, Any]]:
    """Return `[{file, line, text, target, in_clear, part}]` of what sends to another host.

    `in_clear`: why others may read or take it; `part`: why it may not be all records; both empty where there is nothing. Raises
    `NotFound` without a configuration, `ReadError`.
    """
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import rsyslog_forwards

    daemon_options.refuse(host, daemon_options.RSYSLOGD)
    found = statements(host)
    modules = {at: _module(seen) if seen.kind == "object" else "" for at, seen in enumerate(found) if _is_forward(seen)}
    clear = {id(seen): why for seen, why in rsyslog_forwards.in_the_clear(found, modules)}
    # Without its driver rsyslogd sends nothing by TLS; RELP brings its own.
    lacking = (
        "" if rsyslog_forwards.has_driver(host) else "the driver for TLS is not installed, so that nothing is sent"
    )
    told = [(at, rsyslog_forwards.target(found[at])) for at in modules]
    return [
        {
            **_entry(host, found[at]),
            "target": printable(lowered(target))[:200],
            "in_clear": clear.get(id(found[at]), lacking if modules[at] != "omrelp" else ""),
            "part": rsyslog_forwards.part(found, at),
        }
        for at, target in told
        if not rsyslog_forwards.THIS_HOST.match(target)
    ]


QUERIES: Dict[str, Callable[[Host, Sequence[Statement]], List[Dict[str, Any]]]] = {
    "actions": _entries(_is_action),
    "files": _files,
    "forwards": _entries(_is_forward),
    "forwards_in_clear": _in_the_clear,
    "receivers": _entries(is_receiver),
}
