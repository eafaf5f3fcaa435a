# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The auth stack of a PAM service (pam.conf(5)), included files in their place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterator, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import (
    SPACES_AND_TABS,
    is_number,
    lowered,
    split_lines,
    words_of,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

MAX_DEPTH = 16
# Of these, each turns the group's right into something else, or asks the wrong account (pam_wheel(8)).
SPOILING = frozenset({"deny", "trust", "root_only"})
# PAM knows no other blanks than spaces and tabs.
LINE = re.compile(
    r"-?auth[ \t]+(?P<control>\[[^\]]*\]|[^ \t]+)[ \t]+(?P<module>[^ \t]+)[ \t]*(?P<arguments>.*)",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True)
class Module:
    """One module of the auth stack, included files in their place."""

    file: str
    line: int
    control: str
    name: str
    arguments: List[str]

    @property
    def place(self) -> str:
        """Return where it stands."""
        return "%s:%d" % (self.file, self.line)

    def group(self) -> str:
        """Return the group to whose members it limits su, or nothing where it does not."""
        if self.name != "pam_wheel.so" or self.control not in ("required", "requisite"):
            return ""
        if "use_uid" not in self.arguments or SPOILING.intersection(self.arguments):
            return ""
        return next((word[6:] for word in self.arguments if word.startswith("group=")), "")

    def passes_over(self, distance: int) -> bool:
        """Return whether its success ends the stack, or jumps over the module ``distance`` places on."""
        if self.control == "sufficient":
            return True
        actions = [action for _sign, action in re.findall(r"(\w+)=(\w+)", self.control, re.ASCII)]
        return any(action == "done" or (is_number(action) and int(action) >= distance) for action in actions)


def auth_stack(host: Host, path: str, depth: int = 0) -> Iterator[Module]:
    """Yield the auth modules of a PAM file (pam.conf(5)); files taken in by `include` and `substack` too."""
    if depth > MAX_DEPTH:
        raise ReadError("%s: too many levels of included files" % path)
    pending = ""
    for number, raw in enumerate(split_lines(host.read_text(path)), 1):
        text = pending + raw.split("#", 1)[0]
        if text.endswith("\\"):
            pending = text[:-1] + " "
            continue
        pending = ""
        words = words_of(text, blanks=SPACES_AND_TABS)
        if words[:1] == ["@include"] and len(words) > 1:
            yield from auth_stack(host, _pam_file(words[1]), depth + 1)
            continue
        found = LINE.match(text.strip(SPACES_AND_TABS))
        if found is None:
            continue
        control = lowered(found.group("control"))
        name = found.group("module").rsplit("/", 1)[-1]
        if control in ("include", "substack"):
            yield from auth_stack(host, _pam_file(found.group("module")), depth + 1)
        else:
            yield Module(path, number, control, name, words_of(found.group("arguments"), blanks=SPACES_AND_TABS))


def _pam_file(name: str) -> str:
    return name if name.startswith("/") else "/etc/pam.d/" + name
