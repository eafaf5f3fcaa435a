# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sssd.conf(5) with its snippets, as sssd merges them: its domains and what is set of them.

Held against `sssd --genconf` 2.8.2. Names of sections and options know no case; a comment begins in the first column only; an
empty value counts as none.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number, lowered, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

MAIN, FOLDER = "/etc/sssd/sssd.conf", "/etc/sssd/conf.d"
# Up to 2.9 sssd takes nothing of a file to which anybody but its owner has rights; from 2.10 on its own group may have some.
OPEN, OPEN_TO_OTHERS = 0o177, 0o007
OWN_GROUP = "sssd"
# Section -> option -> value and where it stands.
Rows = Dict[Tuple[str, str], Tuple[str, str, int]]
SWITCHES = {"true": True, "false": False}


@dataclass(frozen=True)
class Domain:
    """An enabled domain. ``place``: file and number of the line that names its provider."""

    name: str
    provider: str
    password_provider: str
    file: str
    line: int


class SssdConfig:
    """What sssd makes of its files. Raises `ReadError` where it would not start, or where it hangs on its release what counts."""

    def __init__(self, host: Host) -> None:
        self._rows: Rows = {}
        for path in [MAIN, *_snippets(host)]:
            self._add(host, path)

    def _add(self, host: Host, path: str) -> None:
        try:
            text = host.read_text(path)
        except NotFound:
            return
        _need_closed(host, path)
        self._rows.update(_rows(path, text))

    def found(self, section: str, name: str) -> Tuple[str, str, int]:
        """Return an option's value, empty where it has none, with file and line."""
        return self._rows.get((lowered(section), name), ("", MAIN, 0))

    def text(self, section: str, name: str, default: str = "") -> str:
        """Return an option's value."""
        return self.found(section, name)[0] or default

    def switch(self, section: str, name: str, default: bool) -> bool:
        """Return a switch. Raises `ReadError` for what sssd takes for none."""
        text, file, line = self.found(section, name)
        if text and lowered(text) not in SWITCHES:
            raise ReadError("%s:%d: %s is neither true nor false, which sssd refuses; mend it" % (file, line, name))
        return SWITCHES[lowered(text)] if text else default

    def number(self, section: str, name: str) -> int:
        """Return a number, 0 where it is not set. Raises `ReadError` for what is none."""
        text, file, line = self.found(section, name)
        if text and not is_number(text):
            raise ReadError("%s:%d: %s is no number; mend it" % (printable(file), line, name))
        return int(text or 0)

    def domains(self) -> List[Domain]:
        """Return those that are in use and have a provider: named in `domains` or enabled, and not disabled."""
        listed = [name.strip(BLANKS) for name in self.text("sssd", "domains").split(",")]
        known = [key[0][len("domain/") :] for key in self._rows if key[0].startswith("domain/")]
        names = dict.fromkeys([name for name in listed if name] + [name for name in known if "/" not in name])
        result: Dict[str, Domain] = {}
        for name in names:
            section = "domain/" + name
            provider, file, line = self.found(section, "id_provider")
            if provider and self.switch(section, "enabled", name in listed):
                password = self.text(section, "auth_provider", provider)
                result.setdefault(lowered(name), Domain(name, lowered(provider), lowered(password), file, line))
        return list(result.values())


def _snippets(host: Host) -> List[str]:
    try:
        names = host.list_directory(FOLDER)
    except NotFound:
        return []
    kept = [name for name in names if len(name) > len(".conf") and name.endswith(".conf") and not name.startswith(".")]
    return [FOLDER + "/" + name for name in sorted(kept, key=lambda one: one.encode("utf-8", "surrogateescape"))]


def _need_closed(host: Host, path: str) -> None:
    """Raise `ReadError` where sssd may pass over a file, or not start, because of its rights."""
    status = host.stat(path)
    mode = stat.S_IMODE(status.st_mode)
    own = status.st_uid in (0, os.geteuid()) or host.user_name(status.st_uid) == OWN_GROUP
    open_to = mode & OPEN
    if open_to and not mode & OPEN_TO_OTHERS and host.group_name(status.st_gid) == OWN_GROUP:
        open_to = 0
    if not own or open_to:
        raise ReadError(
            "%s has the mode %04o or an owner with which sssd does not take it, so what is in force is not known; give it to root, "
            "set it to 0600 and restart sssd" % (printable(path), mode)
        )


def _rows(path: str, text: str) -> Rows:
    """Return the options of a file; of one that stands twice the last."""
    rows: Rows = {}
    section, comment = "default", False
    for number, line in enumerate(split_lines(text.lstrip("\ufeff")), 1):
        if comment or line.startswith("/*"):
            comment = not line.rstrip(BLANKS).endswith("*/")
            continue
        if line[:1] in (";", "#") or not line.strip(BLANKS):
            continue
        name = _section(line)
        if name is not None:
            section = name
            continue
        key, sign, value = line.partition("=")
        key = lowered(key.strip(BLANKS))
        if not sign or not key or line.startswith("["):
            raise ReadError(
                "%s:%d: sssd cannot read this line, so that it passes over the file or does not start; mend it"
                % (printable(path), number)
            )
        rows[(section, key)] = (value.strip(BLANKS), path, number)
    return rows


def _section(line: str) -> Optional[str]:
    bare = line.rstrip(BLANKS)
    name = bare[1:-1].strip(BLANKS) if bare.startswith("[") and bare.endswith("]") else ""
    return lowered(name) if name else None
