# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a generated grub.cfg that matter here: what is locked, and the Linux entries.

GRUB's configuration is a shell script. Only commands whose effect is certain are followed: what
stands inside `if`, loops and functions may never run, so it does not count as protection.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import Dict, Iterator, List, Sequence, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

LINUX_COMMANDS = ("linux", "linux16", "linuxefi")
INTERESTING = ("set", "unset", "password", "password_pbkdf2", "blscfg", "source", ".", *LINUX_COMMANDS)
OPENING = ("if", "while", "until", "for")
CLOSING = ("fi", "done")
# Entries of other systems on the same disk, and memory tests, don't boot this host's Linux.
FOREIGN_SECTION = "/etc/grub.d/30_os-prober"
FOREIGN_KERNELS = ("memtest",)


@dataclass
class GrubConfig:
    """What one configuration says.

    ``superusers``: as they stand at the end; ``passwords``: the users that have one;
    ``entries``: the kernel arguments of each Linux entry; ``variables``: what is set for sure, ``fallbacks``: what may be.
    """

    superusers: str = ""
    passwords: Set[str] = field(default_factory=set)
    entries: List[List[str]] = field(default_factory=list)
    boot_loader_spec: bool = False
    sources_custom: bool = False
    variables: Dict[str, str] = field(default_factory=dict)
    fallbacks: Dict[str, str] = field(default_factory=dict)

    @property
    def locked(self) -> bool:
        """Return whether a superuser has a password."""
        names = words_of(self.superusers.replace(",", " ").replace(";", " ").replace("&", " ").replace("|", " "))
        return bool(self.passwords & set(names))

    def add(self, path: str, text: str, variables: Dict[str, str]) -> None:
        """Follow one file. ``variables``: what user.cfg sets."""
        depth, foreign = 0, False
        for line in _lines(text):
            if line.startswith("### "):
                foreign = FOREIGN_SECTION in line and "BEGIN" in line
                continue
            first = words_of(line, 1)[0].rstrip(";")
            if first in CLOSING or first == "}":
                depth = max(0, depth - 1)
            elif first in INTERESTING:
                self._command(_words(path, line), depth, variables, foreign=foreign)
            if (first in OPENING and not line.endswith((" fi", ";fi", " done"))) or line.endswith("{"):
                depth += 1

    def _command(self, words: Sequence[str], depth: int, variables: Dict[str, str], *, foreign: bool) -> None:
        command, operands = words[0], list(words[1:])
        if command in LINUX_COMMANDS:
            if operands and not foreign and not _base_name(operands[0]).startswith(FOREIGN_KERNELS):
                self.entries.append(operands[1:])
        elif command == "blscfg":
            self.boot_loader_spec = True
        elif command in ("source", "."):
            self.sources_custom |= any("custom.cfg" in word for word in operands)
        else:
            self._protection(command, operands, depth, variables)

    def _protection(self, command: str, operands: Sequence[str], depth: int, variables: Dict[str, str]) -> None:
        # Red Hat's file guards both commands by a test for the variable that user.cfg sets.
        certain = depth == 0 or bool(variables.get("GRUB2_PASSWORD"))
        if command in ("set", "unset"):
            for word in operands:
                name, _equals, text = word.partition("=")
                (self.fallbacks if depth else self.variables)[name] = text
                if name == "superusers" and (certain or not text):
                    self.superusers = text
        elif (len(operands) > 1 and certain and operands[1] not in ("", "${GRUB2_PASSWORD}", "$GRUB2_PASSWORD")) or (
            len(operands) > 1 and variables.get("GRUB2_PASSWORD")
        ):
            self.passwords.add(operands[0])


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


def _words(path: str, line: str) -> List[str]:
    try:
        words = shlex.split(line.replace(";", " ; "))
    except ValueError:
        # The line itself may hold a password and is not repeated.
        raise ReadError("%s has a line with an open quote" % path) from None
    # A comment starts with a word, never inside of one.
    end = next((at for at, word in enumerate(words) if word == ";" or word.startswith("#")), len(words))
    return words[:end]


def _base_name(path: str) -> str:
    return path.rpartition("/")[2]
