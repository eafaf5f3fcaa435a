# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a generated grub.cfg that matter here: what is locked, and the Linux entries.

GRUB's configuration is a shell script. Only commands whose effect is certain are followed: what
stands inside `if`, loops and functions may never run, so it does not count as protection.
A submenu, and a file that an entry leads to, see only variables that are exported. Seen on GRUB 2.06 and 2.12: where
superusers are not, everything in it can be changed by who gets in, which `--unrestricted` lets anybody.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from typing import Dict, Iterator, List, Sequence, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

LINUX_COMMANDS = ("linux", "linux16", "linuxefi")
# Xen is given its first Linux as a module.
MODULES = ("module", "module2")
KERNELS = ("vmlinu", "linux", "kernel", "bzImage")
SOURCES = ("source", ".", "configfile")
OPENING = ("if", "while", "until", "for", "{")
CLOSING = ("fi", "done", "}")
BEFORE_A_COMMAND = ("then", "else", "do", "!")
# Entries of other systems on the same disk, and memory tests, don't boot this host's Linux.
FOREIGN_SECTION = "/etc/grub.d/30_os-prober"
FOREIGN_KERNELS = ("memtest",)
_INTERESTING = re.compile(
    r"\b(?:superusers|password|password_pbkdf2|blscfg|source|configfile|submenu|linux|linux16|linuxefi|module2?)\b|^\.[ \t]",
    re.ASCII,
)
# What parts commands, outside of quotes and of the names of variables.
_PARTS = re.compile(r"(\$\{[^}]*\}|'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.)|([;{}])", re.ASCII)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=", re.ASCII)
_HASH = re.compile(r"grub\.pbkdf2\.sha512\.\d+\.[0-9A-Fa-f]+\.[0-9A-Fa-f]+\Z", re.ASCII)
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))\Z", re.ASCII)


@dataclass
class GrubConfig:
    """What one configuration says.

    ``superusers``: as they stand at the end; ``exported``: whether submenus see them; ``open_menus``: whether there are any
    that others get into; ``unasked``: whether the entry that is read asks nobody for a password; ``passwords``: the users
    that have one; ``entries``: the kernel arguments of each Linux entry; ``sources``: names of files that it reads, with
    whether that is certain; ``variables``: what is set for sure, ``fallbacks``: what may be.
    """

    superusers: str = ""
    exported: bool = False
    open_menus: bool = False
    unasked: bool = True
    passwords: Set[str] = field(default_factory=set)
    entries: List[List[str]] = field(default_factory=list)
    boot_loader_spec: bool = False
    sources: Dict[str, bool] = field(default_factory=dict)
    variables: Dict[str, str] = field(default_factory=dict)
    fallbacks: Dict[str, str] = field(default_factory=dict)

    @property
    def locked(self) -> bool:
        """Return whether a superuser has a password."""
        names = words_of(self.superusers.replace(",", " ").replace(";", " ").replace("&", " ").replace("|", " "))
        return bool(self.passwords & set(names))

    @property
    def guarded(self) -> bool:
        """Return whether superusers are set wherever an entry could be changed."""
        return bool(self.superusers) and (self.exported or not self.open_menus)

    def add(self, path: str, text: str, variables: Dict[str, str], *, certain: bool = True) -> None:
        """Follow one file. ``variables``: what user.cfg sets; ``certain``: whether it is surely read."""
        depth, foreign = 0 if certain else 1, False
        for line in _lines(text):
            if line.startswith("### "):
                foreign = FOREIGN_SECTION in line and "BEGIN" in line
                continue
            for command in _commands(path, line):
                if command[0] in CLOSING:
                    depth = max(0, depth - 1)
                elif command[0] in OPENING:
                    depth += 1
                else:
                    self._command(command, depth, variables, foreign=foreign)

    def _command(self, words: Sequence[str], depth: int, variables: Dict[str, str], *, foreign: bool) -> None:
        command, operands = words[0], list(words[1:])
        if command in LINUX_COMMANDS:
            self._linux(operands, foreign=foreign)
        elif command in MODULES:
            plain = operands[next((at for at, word in enumerate(operands) if not word.startswith("--")), 0) :]
            if plain and _base_name(plain[0]).startswith(KERNELS):
                self._linux(plain, foreign=foreign)
        elif command == "blscfg":
            self.boot_loader_spec = True
        elif command in ("menuentry", "submenu"):
            self.unasked = _lets_in(operands)
            self.open_menus |= command == "submenu" and self.unasked
        elif command in SOURCES and operands:
            self.open_menus |= command == "configfile" and self.unasked
            if not foreign:
                self.sources[operands[0]] = self.sources.get(operands[0], False) or not depth
        elif _ASSIGNMENT.match(command):
            self._protection("set", words, depth, variables)
        elif command in ("set", "unset", "export", "password", "password_pbkdf2"):
            self._protection(command, operands, depth, variables)

    def _linux(self, operands: Sequence[str], *, foreign: bool) -> None:
        if operands and not foreign and not _base_name(operands[0]).startswith(FOREIGN_KERNELS):
            self.entries.append(list(operands[1:]))

    def _protection(self, command: str, operands: Sequence[str], depth: int, variables: Dict[str, str]) -> None:
        # Red Hat's file guards these commands by a test for the variable that user.cfg sets.
        certain = depth == 0 or bool(variables.get("GRUB2_PASSWORD"))
        if command == "export":
            self.exported |= certain and "superusers" in operands
        elif command in ("set", "unset"):
            for word in operands:
                name, _equals, text = word.partition("=")
                (self.fallbacks if depth else self.variables)[name] = text
                if name == "superusers" and (certain or not text):
                    self.superusers = text
                    self.exported &= command == "set"
        elif len(operands) > 1 and certain and self._is_password(command, operands[1], variables):
            self.passwords.add(operands[0])

    def _is_password(self, command: str, text: str, variables: Dict[str, str]) -> bool:
        """Return whether GRUB takes a text for a password: of one that it does not, the user has none."""
        named = _VARIABLE.match(text)
        if named:
            name = named.group(1) or named.group(2)
            text = self.variables.get(name, variables.get(name, ""))
        return bool(_HASH.match(text)) if command == "password_pbkdf2" else bool(text)


def assignments(text: str) -> Dict[str, str]:
    """Return the variables that a file of plain assignments (user.cfg) sets."""
    pairs = (line.strip(BLANKS).partition("=") for line in text.split("\n"))
    return {name: given.strip("\"'") for name, equals, given in pairs if equals and not name.startswith("#")}


def _lines(text: str) -> Iterator[str]:
    """Yield stripped lines; a backslash at the end joins the next one; comments but for section marks are left out."""
    for raw in text.replace("\\\n", "").split("\n"):
        line = raw.strip(BLANKS)
        if line and (not line.startswith("#") or line.startswith("### ")):
            yield line


def _commands(path: str, line: str) -> Iterator[List[str]]:
    """Yield the commands of a line, each as its words; the signs and words around blocks are commands of their own."""
    try:
        words = shlex.split(_PARTS.sub(lambda part: part.group(1) or " \0%s " % part.group(2), line))
    except ValueError:
        if not _INTERESTING.search(line):
            if line.endswith("{"):
                yield ["{"]
            return
        # The line itself may hold a password and is not repeated.
        raise ReadError("%s has a line with an open quote" % printable(path)) from None
    command: List[str] = []
    for word in [*words, "\0;"]:
        if word.startswith(("\0", "#")):
            if command:
                yield command
            command = []
        elif command or word not in BEFORE_A_COMMAND:
            command.append(word)
        if word in ("\0{", "\0}"):
            yield [word[1:]]
        # A comment starts with a word, never inside of one.
        if word.startswith("#"):
            return


def _lets_in(words: Sequence[str]) -> bool:
    """Return whether an entry lets others in than superusers."""
    users = [word for before, word in zip(words, words[1:]) if before == "--users"]
    users += [word.partition("=")[2] for word in words if word.startswith("--users=")]
    return "--unrestricted" in words or any(users)


def _base_name(path: str) -> str:
    return path.rpartition("/")[2]
