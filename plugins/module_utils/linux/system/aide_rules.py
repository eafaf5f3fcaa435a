# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How AIDE asks its rules which of them chooses a file; each version has its own idea of that."""

from __future__ import annotations

import re
from typing import Callable, Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

# In a text: what only a script of Debian's knows.
UNKNOWN = "\0"
# Those that it knows by name -> as the kernel calls them; ext2 to ext4 have one number.
FILE_SYSTEMS: Dict[str, Tuple[str, ...]] = {name: (name,) for name in (
    "9p", "autofs", "bcachefs", "bpf", "btrfs", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "efivarfs", "exfat", "f2fs", "fuse", "fusectl",
    "hugetlbfs", "mqueue", "nfs", "nilfs", "overlayfs", "proc", "pstore", "ramfs", "securityfs", "selinuxfs", "squashfs", "sysfs", "tmpfs",
    "tracefs", "udf", "vfat", "xfs",
)}  # fmt: skip
FILE_SYSTEMS.update(
    {"ext": ("ext2", "ext3", "ext4"), "overlayfs": ("overlay",), "nilfs": ("nilfs2",), "nfs": ("nfs", "nfs4")}
)
_CLASSES = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "xdigit": "0-9a-fA-F", "space": r"\s",
    "word": r"\w", "punct": r"!-/:-@\[-`{-~", "blank": r" \t", "cntrl": r"\x00-\x1f\x7f", "print": " -~", "graph": "!-~",
}  # fmt: skip
# An escaped sign, or a class with all that stands in it.
_CLASS = re.compile(r"\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]", re.ASCII | re.DOTALL)


class Rule(NamedTuple):
    """``sign``: empty, `=`, `!` or `-`. ``types``: letters of file types, empty for all. ``attributes``: None where a script decides."""

    sign: str
    pattern: str
    types: str
    filesystem: str
    attributes: Optional[FrozenSet[str]]
    place: str
    certain: bool


def compiled(pattern: str) -> Optional[re.Pattern[str]]:
    """Return the same expression for Python, None where it says something else or nothing here."""
    if re.search(r"\(\?[^:=!]|\(\*|\\[QEKRGXgkLuNpP]|[+*?}]\+", pattern):
        return None
    try:
        return re.compile(_CLASS.sub(_class, pattern).replace(UNKNOWN, ".*"), re.ASCII)
    except (re.error, OverflowError, KeyError):
        return None


def _class(found: re.Match[str]) -> str:
    text = found.group()
    if not text.startswith("["):
        return text
    inner = re.sub(r"\[:(\^?\w+):\]", lambda name: _CLASSES[name.group(1)], text[1:-1], flags=re.ASCII)
    return "[" + re.sub(r"(?<!\\)\[", r"\\[", inner) + "]"


def node(pattern: str) -> str:
    """Return the folder below which AIDE asks a rule: what stands before the last slash of the part that it takes for plain.

    `.`, `+`, `{` and `|` it takes for plain signs there, so a rule like `/usr/s.in/x` never finds a file in /usr/sbin.
    """
    plain, at, slash = "/", 1, 1
    while at < len(pattern):
        sign = pattern[at]
        if sign in "(^$?*[" + UNKNOWN:
            break
        if sign == "\\":
            at += 1
            sign = pattern[at : at + 1]
        elif sign == "/":
            slash = len(plain)
        plain += sign
        at += 1
    return plain[:slash]


def ancestors(path: str) -> List[str]:
    """Return the folders above a path, the deepest first, `/` last."""
    found: List[str] = []
    while path != "/":
        path = path.rpartition("/")[0] or "/"
        found.append(path)
    return found


FileSystem = Callable[[str], str]


class Rules:
    """The rules as AIDE asks them. ``version``: of AIDE, as (0, 19). ``filesystem``: path -> type of the file system."""

    def __init__(self, rules: List[Rule], version: Tuple[int, ...], filesystem: FileSystem) -> None:
        self._version = version
        self._filesystem = filesystem
        self._by_node: Dict[str, List[Rule]] = {}
        # Those of which a script decides where they belong.
        self._floating: List[Rule] = []
        for rule in rules:
            if UNKNOWN in rule.pattern:
                self._floating.append(rule)
            else:
                self._by_node.setdefault(node(rule.pattern), []).append(rule)

    def chosen(self, path: str) -> Optional[Rule]:
        """Return the rule by which a regular file is watched, None where it is not. Raises `ReadError` where that cannot be known."""
        for rule in self._floating:
            if self._matches(rule, path, "f") or (
                rule.sign in ("!", "-") and any(self._matches(rule, folder, "d") for folder in ancestors(path))
            ):
                raise _unknown(rule, path)
        above = ancestors(path)
        # `=` is asked for where the folder itself is the one that its rule names.
        found = self._first(above[:1], ("=",), path, "f") or self._first(above, ("",), path, "f")
        return None if found is None or self.excluding(path) else found

    def excluding(self, path: str) -> Optional[Rule]:
        """Return the rule that takes a regular file, or a folder above it, out of what is watched. Raises `ReadError`."""
        above = ancestors(path)
        found = self._first(above, ("!", "-"), path, "f")
        stops = (self._stop(folder) for folder in above if folder != "/")
        return found or next((stop for stop in stops if stop), None)

    def _stop(self, folder: str) -> Optional[Rule]:
        """Return the rule for which AIDE does not enter a folder; each version has its own idea of that."""
        above, all_types = ancestors(folder), (0, 18) <= self._version < (0, 19)
        return self._first(above, ("-",) if self._version >= (0, 19) else ("!",), folder, "d", all_types)

    def _first(
        self, folders: List[str], signs: Tuple[str, ...], path: str, kind: str, all_types: bool = False
    ) -> Optional[Rule]:
        """Return the first rule that matches; ``all_types``: of those alone that are for files of every type."""
        for folder in folders:
            for rule in self._by_node.get(folder, ()):
                if rule.sign in signs and not (all_types and rule.types) and self._matches(rule, path, kind):
                    if not rule.certain:
                        raise _unknown(rule, path)
                    return rule
        return None

    def _matches(self, rule: Rule, path: str, kind: str) -> bool:
        if rule.types and kind not in rule.types:
            return False
        if UNKNOWN in rule.pattern and node(rule.pattern) not in ancestors(path):
            return False
        expression = compiled(rule.pattern)
        if expression is None:
            raise ReadError(
                "%s: this expression is not followed, and it may be about %s; write it more plainly"
                % (rule.place, printable(path))
            )
        # It has to hold from the start, not to the end.
        return expression.match(path) is not None and (
            not rule.filesystem or self._filesystem(path) in FILE_SYSTEMS[rule.filesystem]
        )


def _unknown(rule: Rule, path: str) -> ReadError:
    return ReadError(
        "%s: whether this is about %s hangs on what only AIDE knows when it runs; put a plain rule in its place"
        % (rule.place, printable(path))
    )
