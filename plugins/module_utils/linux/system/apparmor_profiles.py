# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles of AppArmor that were made to confine nothing (apparmor.d(5)).

AppArmor 4 brings some 80 of them: they name a program, so that it alone may make user namespaces, and
hold it to nothing. One that has rules for files and is loaded without confining was made to do more.
"""

from __future__ import annotations

import re
import stat
from typing import Iterator, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, words_of

FOLDER = "/etc/apparmor.d"
_WORD = r"(?:\"[^\"\n]*\"|[^ \t\n\"(]+)"
_PROFILE = re.compile(
    r"^[ \t]*profile[ \t]+(?P<name>%s)(?:[ \t]+%s)?[ \t]+flags[ \t]*=[ \t]*\((?P<flags>[^)]*)\)[ \t]*\{[ \t]*\n(?P<body>[^}]*)^[ \t]*\}"
    % (_WORD, _WORD),
    re.ASCII | re.MULTILINE,
)
_COMMENT = re.compile(r"(?m)#(?!include\b).*$", re.ASCII)
_LOCAL = re.compile(r"#?include if exists <local/[^>\n]+>", re.ASCII)
_NAMES_ONLY = {"userns", "pivot_root", "all", "allow all"}


def by_design(host: Host) -> Set[str]:
    """Return the names of profiles whose file says that they confine nothing, and that have no rules but that."""
    return {name for path in host.glob(FOLDER + "/*") if _is_file(host, path) for name in _named(host.read_text(path))}


def _is_file(host: Host, path: str) -> bool:
    return stat.S_ISREG(host.stat(path, follow=False).st_mode)


def _named(text: str) -> Iterator[str]:
    for found in _PROFILE.finditer(_COMMENT.sub("", text)):
        flags = words_of(found.group("flags").replace(",", " "))
        rules = re.split(r"[,\n]", _LOCAL.sub("", found.group("body")), flags=re.ASCII)
        said = {" ".join(words_of(rule)) for rule in rules if rule.strip(BLANKS)}
        if "unconfined" in flags and said <= _NAMES_ONLY:
            yield found.group("name").strip('"')
