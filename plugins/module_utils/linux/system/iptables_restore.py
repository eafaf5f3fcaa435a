# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that iptables-restore(8) loads at boot: of a table with a slip of the pen it loads nothing, and of what stands behind it neither."""

from __future__ import annotations

import re
import shlex
from typing import Dict, Iterable, List, Sequence, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.iptables_rules import (
    GOES_ON,
    OF_NAT,
    OF_TRACKING,
    PRIORITIES,
    UNFOLLOWED,
    VERDICTS,
    Ports,
    load,
    separated,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.nft_refusals import refuse_ways
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.packet_filter import Table, address_range

# The chains of the kernel's own in each table.
HOOKS = {
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
    "security": ("INPUT", "FORWARD", "OUTPUT"),
    "raw": ("PREROUTING", "OUTPUT"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
}
# Targets that the kernel takes in one table alone.
_ONLY_IN = {"REJECT": "filter", "TPROXY": "mangle", "CT": "raw", "NOTRACK": "raw", **dict.fromkeys(OF_NAT, "nat")}
TARGETS = (*VERDICTS, *GOES_ON, *OF_TRACKING, *OF_NAT, *UNFOLLOWED)
_JOINED = re.compile(r"(?:-[jg][A-Za-z0-9_]|--(?:jump|goto)=)", re.ASCII)
# Which program loads a module that is missing, in each form that getopt_long(3) takes. iptables-nft has the option and no call for it; nobody
# says that of all that may bear its name.
_MODPROBE = re.compile(r"-[^-]*M|--mo(?:d(?:p[a-z]*)?)?(?:=|\Z)", re.ASCII)
_ADDRESSES = ("-s", "--source", "--src", "-d", "--destination", "--dst")
_PROGRAMS = {4: "iptables-nft-restore", 6: "ip6tables-nft-restore"}
# Asks it what it makes of a table of a file, without the right to reach the packet filter: it gets to COMMIT and is turned away.
ASK = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
_OBJECTION = re.compile(
    r"\A(?:ip6?tables\S* v\S+ \([^)]*\): *)?(?P<what>[^\n]+)\n(?:[^\n]*\n)?Error occurred at line: (?P<line>[0-9]+)$",
    re.ASCII | re.MULTILINE,
)


def load_file(host: Host, path: str, family: int, ports: Ports, tables: Dict[str, Table], anew: bool) -> None:
    """Add what a file says to tables. ``anew``: each table begins without what was there (no --noflush).

    Raises `NotFound`, and `ReadError` with the line that iptables-restore or the kernel would turn down.
    """
    text = host.read_text(path)
    named = _Form(host, path, tables).check(text, anew)
    for name in named:
        _ask(host, path, family, name)
    load(text, family, path, ports, tables)
    for table in tables.values():
        refuse_ways(table)


def refused(place: str, why: str) -> ReadError:
    return ReadError(
        "%s: iptables-restore does not take this, and loads nothing of its table at boot: %s" % (place, why)
    )


def need_no_program(words: Iterable[str], place: str) -> None:
    """Raise `ReadError` where an option may have iptables start a program: it is not asked then."""
    if any(_MODPROBE.match(word) for word in words):
        raise ReadError("%s: an option that starts another program is not followed; take it out" % place)


def _ask(host: Host, path: str, family: int, table: str) -> None:
    """Raise `ReadError` where iptables-restore itself objects to the words of a table; of chains it is told nothing."""
    try:
        answer = host.run([*ASK, _PROGRAMS[family], "--test", "--table", table, path], accept=range(256))
    except NotFound:
        return
    said = _OBJECTION.search(answer.stderr)
    if said:
        raise refused("%s:%s" % (path, said.group("line")), printable(said.group("what").strip(BLANKS))[:200])


class _Form:
    """The form of a file, and the chains that are there at each of its lines."""

    def __init__(self, host: Host, path: str, tables: Dict[str, Table]) -> None:
        self._host = host
        self._path = path
        self._chains: Dict[str, Set[str]] = {
            name: {*own, *(tables[name].chains if name in tables else ())} for name, own in HOOKS.items()
        }
        self._names: List[str] = []

    def check(self, text: str, anew: bool) -> List[str]:
        """Return the tables that a text names. Raises `ReadError` with the line of a slip."""
        seen: List[str] = []
        table, place = "", ""
        for number, line in enumerate(split_lines(text), 1):
            place = "%s:%d" % (self._path, number)
            if not line or line.startswith("#"):
                continue
            if table and line == "COMMIT":
                table = ""
            elif not table:
                table = self._begin(line, place)
                if table in seen and anew:
                    raise ReadError(
                        "%s: the table stands twice, and takes away what the first says; make one of both" % place
                    )
                seen.append(table)
            elif line.startswith(":"):
                self._chains[table].add(line[1:].partition(" ")[0])
            else:
                self._rule(table, line, place)
        if table:
            raise refused(place, "COMMIT is missing behind it")
        return list(dict.fromkeys(seen))

    @staticmethod
    def _begin(line: str, place: str) -> str:
        name = line[1:].rstrip(BLANKS)
        if not line.startswith("*"):
            raise refused(place, "it stands in no table")
        if name not in PRIORITIES:
            raise refused(place, "there is no table %r" % name)
        return name

    def _rule(self, table: str, line: str, place: str) -> None:
        try:
            given = shlex.split(line)
        except ValueError:
            return  # is not followed, which the reader says
        need_no_program(given, place)
        joined = next((word for word in given if _JOINED.match(word)), "")
        if joined:
            # 1.8.9 takes it for the name of a chain, 1.8.11 as it is meant; neither says so without rights.
            raise refused(place, "not every version takes %r, write the target apart" % joined)
        words = separated(given)
        if words and words[0] in ("COMMIT", "#"):
            raise refused(place, "it has to begin its line")
        if "tcp-reset" in words and not {"tcp", "TCP", "6"} & set(words):
            raise refused(place, "tcp-reset is for `-p tcp` alone")
        for option, name in zip(words, words[1:]):
            if option in ("-N", "--new-chain"):
                self._chains[table].add(name)  # no slip, though not followed
            if option in ("-A", "--append", "-I", "--insert") and name not in self._chains[table]:
                raise refused(place, "the chain %r is not there" % name)
            if option in ("-j", "--jump", "-g", "--goto"):
                self._target(table, name, place)
                break
            if option in _ADDRESSES:
                self._addresses(name.split(","), place)

    def _target(self, table: str, name: str, place: str) -> None:
        if name in HOOKS[table] or (name not in self._chains[table] and name not in TARGETS):
            raise refused(place, "the chain %r is not there" % name)
        if _ONLY_IN.get(name, table) != table:
            raise refused(place, "%s has its place in the table %s alone" % (name, _ONLY_IN[name]))

    def _addresses(self, texts: Sequence[str], place: str) -> None:
        """Raise `ReadError` for the name of a host that is not known before there is a network."""
        for text in texts:
            try:
                address_range(text)
            except ValueError:
                if not text.endswith("/0") and text.partition("/")[0] not in self._of_hosts():
                    raise refused(place, "%r is no address, and there is no network yet to look it up" % text) from None

    def _of_hosts(self) -> List[str]:
        if not self._names:
            try:
                lines = split_lines(self._host.read_text("/etc/hosts"))
            except NotFound:
                lines = []
            self._names = [name for line in lines for name in words_of(line.partition("#")[0])[1:]] or [""]
        return self._names
