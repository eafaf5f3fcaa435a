# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar of ipsec.conf as Libreswan has it (4.x, 5.x): one error of syntax anywhere and it takes nothing of the file.

Where a setting stands twice, versions differ in which of them counts, or whether the connection is loaded at all: that is an error.
"""

from __future__ import annotations

import re
from typing import Dict, List, Optional, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import libreswan_keywords as keywords

MAX_DEPTH = 9
DEFAULT = "%default"
_PASSED = re.compile(r"[\t ]*(?:#.*)?\Z")
_HEAD = re.compile(r"(config)[\t ]+setup[\t ]*(?:#.*)?\Z|(conn|include|version)(?:[\t ]+|(?=[\"{]))(.*)\Z")
_SETTING = re.compile(r"[\t ]+([^\"= \t]+)[\t ]*=[\t ]*(.*)\Z")
# Longest of those that fit, as its scanner has them; a sign of comment begins one only where a blank or the like is in it.
_VALUE = re.compile(r"\"([^\"]*)\"|\{([^\"]*)\}|([^\" \t]+)")
_REST = re.compile(r"[\t ]*(?:#(?:\Z|.*[\"= \t].*))?\Z")
# 4.x takes one without a sign of equality for an error.
_REMARK = re.compile(r"[\t ]+[xX][_-][^\"= \t]+[\t ]*=")
# Where no newline ends the last line, its comment of one word is a keyword.
_LAST_WORD = re.compile(r"[\t ]*#[^\"= \t]*\Z")
# One setting by several names.
_NAMES = {
    "aggrmode": "aggressive",
    "keylife": "ipsec-lifetime",
    "lifetime": "ipsec-lifetime",
    "salifetime": "ipsec-lifetime",
    "phase2alg": "esp",
    "ah": "esp",
}
_SIDE = re.compile(r"(left|right)-?(.*)\Z")
# Those that are looked at; others may stand twice.
READ = frozenset(
    [
        "auto",
        "type",
        "ikev2",
        "keyexchange",
        "aggressive",
        "ike",
        "esp",
        "phase2",
        "authby",
        "ikelifetime",
        "ipsec-lifetime",
        "xauthby",
        "failureshunt",
        "negotiationshunt",
    ]
    + [side + name for side in ("left", "right") for name in ("", "auth", "id", "xauthserver", "xauthclient")]
)
# What stands in several sections is joined.
_JOINED = ("leftsubnets", "rightsubnets", "connalias")
Settings = Dict[str, str]


class Config:
    """``setup``: what `config setup` says; ``conns``: name -> setting -> text; ``taken``: names of those that others take from."""

    def __init__(self) -> None:
        self.setup: Settings = {}
        self.conns: Dict[str, Settings] = {}
        self.taken: Set[str] = set()


class _Conn:
    def __init__(self) -> None:
        self.values: Settings = {}
        self.also: List[str] = []


def read(host: Host, path: str) -> Config:
    """Return what a file says, each connection with what it takes from others and from %default. Raises `ReadError`."""
    parser = _Parser(host)
    parser.file(path, 0)
    config = Config()
    config.setup = parser.setup.values
    for name, one in parser.conns.items():
        own = _whole(parser.conns, name, path)
        # What passes packets by on default goes on doing so (5.2), whatever the connection says.
        if "type" in own and lowered(parser.default.get("type", "tunnel")) not in ("tunnel", "transport"):
            raise _twice("type", "the connection %s of %s, with conn %%default," % (printable(name), path))
        config.conns[name] = {**parser.default, **own}
        config.taken.update(one.also)
    return config


def _whole(conns: Dict[str, _Conn], name: str, path: str) -> Settings:
    made: Settings = {}
    line = [name]
    for one in line:
        if one not in conns:
            raise ReadError(
                "the connection %s of %s takes from %s, which is not there; mend it"
                % (printable(name), path, printable(one))
            )
        for key, value in conns[one].values.items():
            if key in made and (key in READ or (key not in _JOINED and made[key] != value)):
                raise _twice(key, "the connection %s of %s" % (printable(name), path))
            made[key] = value
        line += [other for other in conns[one].also if other not in line]
    return made


def _twice(key: str, place: str) -> ReadError:
    return ReadError(
        "%s has %s twice, of which versions of Libreswan make different things; take out one" % (place, key)
    )


class _Parser:
    def __init__(self, host: Host) -> None:
        self._host = host
        self.setup = _Conn()
        self.default: Settings = {}
        self.conns: Dict[str, _Conn] = {}
        self._begun = False

    def file(self, path: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise ReadError(
                "%s is included more than %d levels deep, where Libreswan stops" % (printable(path), MAX_DEPTH)
            )
        section: Optional[_Conn] = None
        default = False
        lines = self._host.read_text(path).split("\n")
        for number, line in enumerate(lines, 1):
            place = "%s:%d" % (printable(path), number)
            head, setting = _HEAD.match(line), _SETTING.match(line)
            if number == len(lines) and _LAST_WORD.match(line):
                raise _bad(place)
            if _PASSED.match(line) or (section and _REMARK.match(line)):
                continue
            if head:
                if default and section:
                    self.default.update(section.values)
                kind = head.group(1) or head.group(2)
                text = _value(head.group(3), place) if head.group(2) else ""
                section, default = self._head(place, kind, text, depth), text == DEFAULT
            elif setting and section:
                self._setting(section, setting.group(1), setting.group(2), place)
            else:
                raise _bad(place)
        if default and section:
            self.default.update(section.values)

    def _head(self, place: str, kind: str, text: str, depth: int) -> Optional[_Conn]:
        """Take the head of a section or what else begins a line, and return where settings behind it go."""
        begun, self._begun = self._begun, True
        if kind == "config":
            return self.setup
        if kind == "include":
            if not text.startswith("/"):
                raise ReadError(
                    "%s includes a file by part of its path, which hangs on where Libreswan is started; write it whole"
                    % place
                )
            for one in self._host.glob(text):
                self.file(one, depth + 1)
        if not text or (kind == "version" and begun):
            raise _bad(place)
        if kind != "conn":
            return None
        if text in self.conns:
            raise _twice("the connection %s" % printable(text), place)
        return _Conn() if text == DEFAULT else self.conns.setdefault(text, _Conn())

    def _setting(self, section: _Conn, name: str, text: str, place: str) -> None:
        value = _value(text, place)
        if not _belongs(lowered(name), section is self.setup, place):
            return
        key = _key(name)
        if key == "also":
            if section not in self.conns.values():
                raise ReadError(
                    "%s has also in conn %%default, where Libreswan does not follow it; take it out" % place
                )
            if len(words_of(value)) != 1:
                raise ReadError(
                    "%s has not one name behind also, of which versions of Libreswan make different things; write one also for each"
                    % place
                )
            section.also.append(value)
            return
        if key in READ and (key in section.values or not value):
            if not value:
                raise ReadError(
                    "%s gives %s no value, of which versions of Libreswan make different things; take it out"
                    % (place, key)
                )
            raise _twice(key, place)
        section.values[key] = value


def _belongs(name: str, setup: bool, place: str) -> bool:
    """Return whether a keyword goes into a section; that of `config setup` does nothing in a connection."""
    side = _SIDE.match(name)
    known = name in keywords.CONN or name in keywords.ENDS or (side and side.group(2) in ("", *keywords.ENDS))
    if not known and name not in keywords.SETUP:
        raise ReadError("%s has %.30r, at which Libreswan takes nothing of the whole file; mend it" % (place, name))
    if setup and name not in keywords.SETUP:
        raise ReadError(
            "%s has %s in config setup, at which Libreswan 4 takes nothing of the whole file; take it out"
            % (place, name)
        )
    return setup or bool(known)


def _key(name: str) -> str:
    """Return the one name of a setting."""
    name = lowered(name)
    name = _NAMES.get(name, name)
    side = _SIDE.match(name)
    if side:
        return side.group(1) + side.group(2)
    return "right" + name if name in keywords.ENDS else name


def _value(text: str, place: str) -> str:
    """Return the one word or quotation that stands there, empty where there is none."""
    if _PASSED.match(text) and not text.startswith("#"):
        return ""
    found = _VALUE.match(text)
    if found is None or not _REST.match(text, found.end()):
        raise _bad(place)
    return next(group for group in found.groups() if group is not None)


def _bad(place: str) -> ReadError:
    return ReadError("%s is no syntax of Libreswan, which then takes nothing of the whole file; mend it" % place)
