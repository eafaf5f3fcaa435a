# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `audit_rule`: whether events are recorded, by the rules that the kernel has and by those that it gets at the next boot."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from itertools import islice
from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.bounded_list import BoundedList
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.mountinfo import MountTable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.once import Once
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import filesystem_scan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import settings_number
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.audit_rule_language import Filter, Rule, split
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.audit_rule_text import USERS, RuleSet
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.audit_rule_words import (
    NEWER,
    OF_32_BITS,
    Words,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.audit_unseen import (
    unseen,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.auditd_conf import unwritable_log
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippet_text
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import assignments, fragments

FOLDER = "/etc/audit/rules.d"
CONFIGURATION = "/etc/audit/auditd.conf"
# Which of them loads the rules at boot differs by the version of the audit programs.
UNITS = ("audit-rules.service", "auditd.service")
LOADS = re.compile(r"[-@:+!]*(?:/usr)?/s?bin/(augenrules|auditctl)\s+(?:--load|-R\s+(\S+))\s*\Z", re.ASCII)
# By a person who logged in, of any account that isn't the system's own.
BY_PEOPLE = ("auid>=UID_MIN", "auid!=unset")
QUERIES = ("watch", "syscalls", "program", "privileged_programs", "immutable", "daemon", "goes_on")
MAX_MISSING = 20
# A rule for each is written.
MAX_PROGRAMS = 1000
MAX_SHOWN = 200
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LOCKED = "2"


class Recording:
    """What the host records, now and from the next boot on."""

    def __init__(self, host: Host) -> None:
        self.host = host
        host.need_root("What the audit system records")
        self._configured = Once(self._read_configured)
        self._running = Once(self._read_running)
        self._status = Once(lambda: _status(host))
        self.words = Words(host)

    @property
    def configured(self) -> RuleSet:
        """The rules of the files."""
        return self._configured()

    @property
    def running(self) -> RuleSet:
        """The rules of the kernel."""
        return self._running()

    @property
    def enabled(self) -> str:
        """The kernel's own state: ``0`` off, ``1`` on, ``2`` on and locked until the next boot."""
        return self.status["enabled"]

    @property
    def status(self) -> Mapping[str, str]:
        """What the kernel says of itself: ``enabled``, ``pid`` of the daemon that takes the records, ``rate_limit``, ..."""
        return self._status()

    def _read_configured(self) -> RuleSet:
        path = loaded_file(self.host)
        rules = RuleSet(self.words, loading=True, merged=path is None)
        for line, place in lines(self.host) if path is None else _numbered(path, self.host.read_text(path)):
            rules.add(line, place)
        return rules

    def _read_running(self) -> RuleSet:
        rules = RuleSet(self.words)
        for number, line in enumerate(self.texts(), 1):
            rules.add(line, "auditctl -l, line %d" % number)
        if self.enabled == "0":
            rules.switch("0")
        return rules

    def texts(self) -> List[str]:
        """Return the rules of the kernel as it says them."""
        said = self.host.run(["auditctl", "-l"]).stdout.split("\n")
        return [line for line in said if line.strip(BLANKS) and line.strip(BLANKS) != "No rules"]

    def wanted(self, address: Address) -> List[Rule]:
        """Return the rules that together record what an address asks for."""
        return self._parsed(self.texts_of(address))

    def of_program(self, path: str) -> List[Rule]:
        """Return the rule that records a program where people run it. Raises `ReadError` where no rule can name it."""
        return self._parsed([self._of_program(path)])

    def _parsed(self, texts: Sequence[str]) -> List[Rule]:
        rules = RuleSet(self.words)
        for text in texts:
            rules.add(text, "the rule")
        return rules.rules

    def texts_of(self, address: Address, key: str = "") -> List[str]:
        """Return those rules as they would be written, with a key if one is given."""
        query = required(address, "query")
        end = " -k " + key if key else ""
        if query == "watch":
            path = _nameable(required(address, "path"))
            return ["-w %s -p %s%s" % (path, address.get("permissions", "wa"), end)]
        if query == "syscalls":
            return [text + end for text in self._of_syscalls(address)]
        if query == "program":
            return [self._of_program(required(address, "path")) + end]
        if query == "privileged_programs":
            return [self._of_program(path) + end for path in privileged_programs(self.host)]
        raise UsageError("unknown query %r; known: %s" % (query, ", ".join(QUERIES)))

    def _of_syscalls(self, address: Address) -> List[str]:
        calls, where = address.get("syscalls"), address.get("where", [])
        if not isinstance(calls, list) or not calls or not isinstance(where, list):
            raise UsageError("the address needs the key 'syscalls' with a list")
        found = []
        for arch in self.words.arches:
            present = [call for call in calls if self.words.has_call(arch, call)]
            if present:
                found.append("-a always,exit -F arch=%s -S %s%s" % (arch, ",".join(present), self._conditions(where)))
        if not found and not all(call in NEWER or call in OF_32_BITS for call in calls):
            said = (self.words.machine, ", ".join(calls))
            raise ReadError("this architecture (%s) has none of the system calls %s" % said)
        return found

    def _of_program(self, path: str) -> str:
        # Where it is a link, what runs is that to which it leads.
        path = self.words.real(_nameable(path))
        return "-a always,exit -F path=%s -F perm=x%s" % (path, self._conditions(BY_PEOPLE))

    def _conditions(self, where: Sequence[str]) -> str:
        first = str(settings_number(self.host, "UID_MIN", 1000))
        return "".join(" %s %s" % (_option(one), one.replace("UID_MIN", first)) for one in where)

    def pieces(self, rule: Rule) -> List[Rule]:
        """Return a wanted rule in the pieces that are looked for one by one."""
        location = rule.location()
        if location is not None and location.name == "watch":
            path = str(location.value)
            if self.words.is_folder(path):
                # A rule for a link sees the link alone.
                exact = Filter("dir", "=", self.words.real(path))
            else:
                exact = Filter("dir" if words_of(rule.text)[1].endswith("/") else "path", "=", path)
            rule = replace(rule, filters=(rule.filters - {location}) | {exact})
        return split(rule, self.words.arches)


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `{unrecorded_now, unrecorded_at_boot}`: what of all that is asked for the rules of each do not record."""
    recording = Once(lambda: Recording(host))
    return read_each(addresses, lambda address: _observe(recording(), address))


def _observe(recording: Recording, address: Address) -> Observation:
    if required(address, "query") == "immutable":
        files = recording.configured
        states = ((recording.enabled, ""), (files.enabled, files.stopped))
        lost = [{} if state == LOCKED else {"-e 2": kept_out} for state, kept_out in states]
    elif address["query"] == "daemon":
        lost = _dropped(recording)
    elif address["query"] == "goes_on":
        files = recording.configured
        lost = [{}, {} if files.goes_on and not files.unguarded else {"-c": files.unguarded or files.stopped}]
    elif address["query"] == "privileged_programs":
        lost = _lost_programs(recording)
    else:
        wanted = [piece for rule in recording.wanted(address) for piece in recording.pieces(rule)]
        lost = [rules.missing(wanted) for rules in (recording.running, recording.configured)]
    return value(
        {"unrecorded_now": _texts(lost[0]), "unrecorded_at_boot": _texts(lost[1])}, _source(recording, address)
    )


def _dropped(recording: Recording) -> List[Dict[str, str]]:
    """Return what keeps records of all rules from being written, now and from the next boot on."""
    status, files = recording.status, recording.configured
    if "pid" not in status:
        raise ReadError("auditctl -s does not say whether a daemon takes the records")
    now = ["pid 0: no daemon takes the records"] if status["pid"] == "0" else []
    now += [
        "rate_limit %s: what comes faster in a second is dropped" % rate
        for rate in [status.get("rate_limit", "0")]
        if rate != "0"
    ]
    now += ["enabled 0"] if status["enabled"] == "0" else []
    later = [files.rate + ": what comes faster in a second is dropped"] if files.rate else []
    later += ["-e 0"] if files.enabled == "0" else []
    later += [text for text in [unwritable_log(recording.host, CONFIGURATION)] if text]
    return [dict.fromkeys(now, ""), dict.fromkeys(later, "")]


def _lost_programs(recording: Recording) -> List[Dict[str, str]]:
    """Return what of the privileged programs is not recorded, now and at boot: the first `MAX_MISSING` pieces of each.

    Every user can make such programs, as many as they like and with names that no rule can hold; that is seen here, and is no error.
    """
    sets = (recording.running, recording.configured)
    lost: List[Dict[str, str]] = [{} for _rules in sets]
    for path in each_privileged_program(recording.host):
        try:
            pieces = [piece for rule in recording.of_program(path) for piece in recording.pieces(rule)]
        except ReadError as problem:
            found = [{"no rule can name a program: %s" % problem: ""} for _rules in sets]
        else:
            found = [rules.missing(pieces) for rules in sets]
        for known, more in zip(lost, found):
            if len(known) < MAX_MISSING:
                known.update(more)
        if all(len(known) >= MAX_MISSING for known in lost):
            break
    return lost


def _texts(lost: Mapping[str, str]) -> List[str]:
    texts = BoundedList(MAX_MISSING)
    for text, kept_out in lost.items():
        texts.add("%s, kept out by %s" % (text, kept_out) if kept_out else text)
    return texts.items


def _source(recording: Recording, address: Address) -> str:
    """Return where the rules were read, and what such rules do not see on this host."""
    by_people = address["query"] in ("program", "privileged_programs")
    conditions = BY_PEOPLE if by_people else [str(one) for one in address.get("where", ())]
    place = "command: auditctl -l, %s" % (loaded_file(recording.host) or FOLDER)
    return place + unseen(recording.host, conditions, str(address.get("path", "")))


def _nameable(path: str) -> str:
    # A byte that is not UTF-8 is shown with a backslash.
    if re.search(r"[\s\\]", path, re.ASCII):
        raise ReadError(
            "%r holds a blank or another sign that audit rules take for something else" % printable(path)[:MAX_SHOWN]
        )
    return path


def _option(condition: str) -> str:
    return "-C" if re.split(r"!?=", condition)[-1] in USERS else "-F"


def loaded_file(host: Host) -> Optional[str]:
    """Return the one file that is loaded at boot, or None where augenrules(8) puts those of `FOLDER` together."""
    for unit in UNITS:
        commands: List[str] = []
        for place in fragments(host, unit):
            for name, text in assignments(snippet_text(host, place), "Service"):
                if name in ("ExecStart", "ExecStartPost"):
                    commands = [*commands, text] if text else []
        for command in reversed(commands):
            found = LOADS.match(command)
            if found:
                return found.group(2)
    raise ReadError("none of %s loads audit rules at boot" % " and ".join(UNITS))


def lines(host: Host) -> List[Tuple[str, str]]:
    """Return (line, place) of the files of `FOLDER` as augenrules(8) reads them: as ``ls -v`` sorts them, one behind the other."""
    try:
        names = [name for name in host.list_directory(FOLDER) if name.endswith(".rules") and not name.startswith(".")]
    except NotFound:
        return []
    found: List[Tuple[str, str]] = []
    unfinished = False
    # The shell parts names at blanks, so it finds none with one.
    for name in sorted((name for name in names if not re.search(r"\s", name, re.ASCII)), key=by_version):
        text = host.read_text(FOLDER + "/" + name)
        rows = _numbered(FOLDER + "/" + name, text)
        if rows and unfinished:
            # Without a newline at its end, a file's last line runs into the next file.
            found[-1] = (found[-1][0] + rows[0][0], found[-1][1])
            rows = rows[1:]
        found += rows
        unfinished = not text.endswith("\n") if text else unfinished
    return found


def _numbered(path: str, text: str) -> List[Tuple[str, str]]:
    rows = text.split("\n")
    return [
        (line, "%s:%d" % (printable(path), number)) for number, line in enumerate(rows if rows[-1] else rows[:-1], 1)
    ]


def by_version(name: str) -> Tuple[object, ...]:
    """Return a sort key by which names stand as with ``ls -v``: 9-x before 10-x, those with a number before others."""
    whole = os.fsencode(name)
    # What looks like the ends .tar.gz only counts where the rest is the same.
    rest = re.sub(rb"(\.[A-Za-z~][A-Za-z0-9~]*)*\Z", b"", whole, count=1)
    return _parts(rest), _parts(whole), whole


def _parts(name: bytes) -> List[object]:
    found: List[object] = []
    for text, digits in re.findall(rb"([^0-9]*)([0-9]*)", name):
        found += [[*(_rank(sign) for sign in text), 0], int(digits or b"0")]
    return found


def _rank(sign: int) -> int:
    return -2 if sign == ord("~") else sign if sign in _LETTERS else sign + 256


def _status(host: Host) -> Dict[str, str]:
    said = dict(re.findall(r"(?m)^([a-z_]+) ([0-9]+)$", host.run(["auditctl", "-s"]).stdout))
    if said.get("enabled") not in ("0", "1", "2"):
        raise ReadError("auditctl -s does not say whether the audit system is on")
    return said


def each_privileged_program(host: Host) -> Iterator[str]:
    """Yield the programs that run with the rights of their owner or group, on file systems that let them."""
    try:
        table: Optional[MountTable] = host.shared("mounts", lambda: MountTable(host))
    except NotFound:
        table = None  # a bare tree is one file system
    for path in filesystem_scan.answering(host, "suid", "sgid"):
        if table is None or _is_run(table, path):
            yield path


def privileged_programs(host: Host) -> List[str]:
    """Return them all, for rules to be written. Raises `ReadError` where they are too many for that."""
    found = list(islice(each_privileged_program(host), MAX_PROGRAMS + 1))
    if len(found) > MAX_PROGRAMS:
        raise ReadError("more than %d programs run with other rights" % MAX_PROGRAMS)
    return sorted(found)


def _is_run(table: MountTable, path: str) -> bool:
    mount = table.holding(path)
    return mount.has("suid") and mount.has("exec")
