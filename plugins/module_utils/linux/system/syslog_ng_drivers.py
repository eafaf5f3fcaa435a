# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sources and destinations of syslog-ng are in use, what they do with the network and which modes their files get.

Seen on syslog-ng 3.38 and 4.8: what no log path names does nothing, and a receiver in one without a destination listens all the same;
``perm(640)`` is a decimal number; certificates of a peer that need not be trusted are not compared with ``trusted-keys()`` either; the
name of one that an authority has signed is compared, that of one which stands among the authorities itself is not.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Mapping, NamedTuple, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.log_programs import THIS_HOST
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.syslog_ng_config import (
    Config,
    Node,
    normal,
    split_at_semicolons,
)

SOURCE, DESTINATION = "source", "destination"
NETWORK = frozenset({"network", "syslog", "tcp", "tcp6", "udp", "udp6"})
OTHER_RECEIVERS = frozenset({"default_network_drivers", "opentelemetry", "syslog_ng_otlp"})
LOCAL = {
    SOURCE: frozenset({
        "internal", "file", "linux_audit", "pacct", "pipe", "program", "stdin", "system", "systemd_journal", "systemd_syslog",
        "unix_dgram", "unix_stream", "wildcard_file",
    }),
    DESTINATION: frozenset({"file", "getvirtconsole", "pipe", "pseudofile", "stdout", "unix_dgram", "unix_stream", "usertty"}),
}  # fmt: skip
# Those that may send, in a way that is not followed.
OTHER_SENDERS = frozenset({
    "amqp", "elasticsearch_http", "graylog2", "http", "kafka_c", "loki", "mongodb", "mqtt", "opentelemetry", "program", "redis", "riemann",
    "smtp", "splunk_hec_event", "sql", "stomp", "syslog_ng_otlp",
})  # fmt: skip
STATEMENTS = frozenset({"application", "filter", "template", "template_function"})
# Sources of all that is logged on a host, and flags by which a log path gets no fewer records.
ALL_OF_HOST = frozenset({"system", "systemd_journal"})
HARMLESS_FLAGS = frozenset({"catchall", "final", "flow_control"})
DEFAULT_MODE = 0o600
_NUMBER = re.compile(r"(?:(?P<hex>0x[0-9a-fA-F]+)|(?P<octal>0[0-7]+)|(?P<decimal>[0-9]+))\Z")
_TRUSTED = ("required_trusted", "optional_trusted", "yes", "on")


class Driver(NamedTuple):
    """``positional``: what stands beside its options; ``options``: by their names, the last of each."""

    name: str
    node: Node
    positional: Tuple[str, ...]
    options: Mapping[str, Tuple[Node, ...]]

    def text(self, *names: str) -> str:
        """Return the value of an option that has these names."""
        return next(
            (
                self.options[name][0].text
                for name in reversed(list(self.options))
                if name in names and self.options[name]
            ),
            "",
        )


def in_use(config: Config, kind: str) -> Iterator[Driver]:
    """Yield the drivers of sources or destinations that log paths lead through. Raises `ReadError` for what is not followed."""
    named: Dict[Tuple[str, str], Node] = {}
    paths: List[Node] = []
    for statement in config.statements:
        head = normal(statement[0].text)
        if head in (SOURCE, DESTINATION) and [node.kind for node in statement[2:]] == ["{"]:
            if (head, statement[1].text) in named:
                raise ReadError("%s: defined twice; take one out" % statement[0].place)
            named[head, statement[1].text] = statement[2]
        elif head == "log" and statement[-1].kind == "{":
            paths.append(statement[-1])
        elif head in ("parser", "rewrite"):
            _refuse_destinations(statement)
        elif head != "options" and head not in STATEMENTS:
            raise ReadError("%s: %.100s is not followed" % (statement[0].place, head))
    walk = _Walk(config, named, kind)
    for path in paths:
        yield from walk.path(path)


def unfiltered(config: Config) -> Set[Node]:
    """Return the drivers of destinations to which all records of the host itself come.

    Those are in a log path that is made of sources and destinations alone, behind none that is `final`. Others may get all records too.
    """
    named = {
        (normal(one[0].text), one[1].text): one[2]
        for one in config.statements
        if [node.kind for node in one[2:]] == ["{"]
    }
    found: Set[Node] = set()
    for statement in config.statements:
        if normal(statement[0].text) != "log" or statement[-1].kind != "{":
            continue
        items = split_at_semicolons(statement[-1].inner)
        flags = {normal(node.text) for item in items if item[0].text == "flags" for node in item[-1].inner}
        groups = {
            head: [_group_of(item, named) for item in items if item[0].text == head] for head in (SOURCE, DESTINATION)
        }
        plain = all(item[0].text in (SOURCE, DESTINATION, "flags") for item in items)
        takes_all = "catchall" in flags or any(_heads(group) & ALL_OF_HOST for group in groups[SOURCE])
        if plain and takes_all and flags <= HARMLESS_FLAGS:
            found.update(item[0] for group in groups[DESTINATION] for item in split_at_semicolons(group))
        # One within this path is the last within it only.
        if "final" in flags:
            break
    return found


def _group_of(item: Sequence[Node], named: Mapping[Tuple[str, str], Node]) -> Tuple[Node, ...]:
    """Return what stands in a source or destination, by its name or in its place."""
    if item[-1].kind == "{":
        return item[-1].inner
    name = item[-1].inner[0].text if len(item[-1].inner) == 1 else ""
    group = named.get((item[0].text, name))
    return group.inner if group is not None else ()


def _heads(group: Tuple[Node, ...]) -> Set[str]:
    heads = {normal(item[0].text) for item in split_at_semicolons(group)}
    return set() if heads & {"channel", "log"} else heads


def _refuse_destinations(nodes: Sequence[Node]) -> None:
    """Raise `ReadError` where a channel within a parser leads to a destination, which is not followed."""
    for node, after in zip(nodes, [*nodes[1:], None]):
        if (
            node.kind == "word"
            and node.text in (SOURCE, DESTINATION)
            and after is not None
            and after.kind in ("(", "{")
        ):
            raise ReadError("%s: a %s within a parser is not followed" % (node.place, node.text))
        _refuse_destinations(node.inner)


class _Walk:
    def __init__(self, config: Config, named: Mapping[Tuple[str, str], Node], kind: str) -> None:
        self.config = config
        self.named = named
        self.kind = kind
        self.gone: Set[Tuple[str, str]] = set()

    def path(self, group: Node) -> Iterator[Driver]:
        """Yield the drivers of what stands in a log path, at any depth."""
        for item in split_at_semicolons(group.inner):
            head, groups = item[0].text, [node for node in item[1:] if node.kind == "{"]
            if head in (SOURCE, DESTINATION):
                yield from self._reference(head, item)
            elif head in ("junction", "channel", "log", "if"):
                for inner in groups:
                    yield from self.path(inner)
            elif head in ("parser", "rewrite"):
                _refuse_destinations(item)
            elif head not in ("filter", "flags", "parallelize"):
                raise ReadError("%s: %.100s is not followed" % (item[0].place, head))

    def _reference(self, head: str, item: List[Node]) -> Iterator[Driver]:
        if len(item) == 2 and item[1].kind == "{":
            yield from self._drivers(head, item[1])
            return
        name = item[1].inner[0].text if len(item) == 2 and len(item[1].inner) == 1 else ""
        if (head, name) not in self.named:
            raise ReadError("%s: there is no such %s, so that syslog-ng does not start" % (item[0].place, head))
        if (head, name) not in self.gone:
            self.gone.add((head, name))
            yield from self._drivers(head, self.named[head, name])

    def _drivers(self, head: str, group: Node) -> Iterator[Driver]:
        for item in split_at_semicolons(group.inner):
            if item[0].text in ("channel", "log") and item[-1].kind == "{":
                yield from self.path(item[-1])
            elif len(item) != 2 or item[1].kind != "(":
                raise ReadError("%s: this %s is not understood" % (item[0].place, head))
            elif head == self.kind:
                yield self._driver(item[0], item[1])

    def _driver(self, node: Node, group: Node) -> Driver:
        name = normal(node.text)
        known = LOCAL[self.kind] | NETWORK | (OTHER_RECEIVERS if self.kind == SOURCE else OTHER_SENDERS)
        if name not in known or name in self.config.generators:
            raise ReadError("%s: what %.100s does is not followed; look at it by hand" % (node.place, node.text))
        positional, options = _arguments(group.inner)
        return Driver(name, node, positional, options)


def _arguments(nodes: Tuple[Node, ...]) -> Tuple[Tuple[str, ...], Dict[str, Tuple[Node, ...]]]:
    positional: List[str] = []
    options: Dict[str, Tuple[Node, ...]] = {}
    for at, node in enumerate(nodes):
        if node.kind == "(" and at:
            name = normal(nodes[at - 1].text)
            options.pop(name, None)
            options[name] = node.inner
        elif node.kind in ("word", "text") and [one.kind for one in nodes[at + 1 : at + 2]] != ["("]:
            positional.append(node.text)
    return tuple(positional), options


def receives(driver: Driver) -> bool:
    """Return whether a source takes records from other hosts."""
    return driver.name in OTHER_RECEIVERS or (
        driver.name in NETWORK and not THIS_HOST.match(driver.text("ip", "localip"))
    )


def sends(driver: Driver) -> bool:
    """Return whether a destination may lead to another host."""
    return driver.name in NETWORK | OTHER_SENDERS


def makes_file(driver: Driver) -> bool:
    """Return whether a destination is a file; a device is none."""
    return driver.name == "file" and not "".join(driver.positional[:1]).startswith("/dev/")


def modes(config: Config, drivers: List[Driver]) -> Iterator[Tuple[Driver, int]]:
    """Yield the files with the mode that they get; what the options say counts for all, wherever it stands."""
    common = DEFAULT_MODE
    for statement in config.statements:
        if normal(statement[0].text) == "options" and statement[-1].kind == "{":
            for item in split_at_semicolons(statement[-1].inner):
                if item[0].text == "perm" and item[-1].kind == "(":
                    common = _mode(item[-1].inner, item[0].place, DEFAULT_MODE)
    for driver in drivers:
        if makes_file(driver):
            yield (
                driver,
                _mode(driver.options["perm"], driver.node.place, common) if "perm" in driver.options else common,
            )


def _mode(nodes: Tuple[Node, ...], place: str, default: int) -> int:
    if not nodes:
        return DEFAULT_MODE  # not changed; a new file gets this
    text = nodes[0].text if len(nodes) == 1 and nodes[0].kind == "word" else ""
    if text == "-1":
        return default
    found = _NUMBER.match(text)
    if found is None:
        raise ReadError("%s: syslog-ng does not take this perm(); give it as perm(0640)" % place)
    return int(text, {"hex": 16, "octal": 8, "decimal": 10}[str(found.lastgroup)])


def why_in_clear(driver: Driver) -> str:
    """Return why what is sent may be read on the way or taken by anybody, empty where it may not.

    Raises `ReadError` for a driver or a transport whose encryption is not followed.
    """
    if driver.name not in NETWORK:
        raise ReadError(
            "%s: whether %s encrypts is not followed; look at it by hand" % (driver.node.place, driver.name)
        )
    others = any(name.startswith("failover") for name in driver.options)
    if THIS_HOST.match("".join(driver.positional[:1])) and not others:
        return ""
    transport = (
        lowered(driver.text("transport") or "tcp") if driver.name in ("network", "syslog") else driver.name.rstrip("6")
    )
    if transport == "udp":
        return "over UDP"
    if transport not in ("tcp", "tls"):
        raise ReadError("%s: the transport %.100s is not followed" % (driver.node.place, transport))
    if "tls" not in driver.options or (transport == "tcp" and driver.name in ("network", "syslog")):
        return "no TLS (tls(), transport)"
    _words, options = _arguments(driver.options["tls"])
    verify = options.get("peer_verify", ())
    # Capital letters and a switch in quotes are refused.
    trusted = "peer_verify" not in options or (len(verify) == 1 and normal(verify[0].text) in (*_TRUSTED, "1"))
    ignored = any(normal(node.text) == "ignore_hostname_mismatch" for node in options.get("ssl_options", ()))
    if not trusted or ignored:
        return "any receiver is taken (%s)" % ("ssl-options" if trusted else "peer-verify")
    return ""
