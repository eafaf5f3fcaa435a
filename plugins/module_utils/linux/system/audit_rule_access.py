# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audit rules for kinds of access (``perm``) as auditctl(8) 4 loads them: by the single calls that it knows of each kind.

It does so where a rule names an architecture before ``perm``. The kernel takes more calls for such an access, and sees those by a
watch (``-w``) or a rule of all calls alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, FrozenSet, List, Optional, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.audit_rule_language import Filter, Rule
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.audit_rule_words import NEWER, Words

# Of version 4.0 (lib/permtab.h).
CALLS_OF = {
    "r": frozenset(
        ("readlink", "quotactl", "listxattr", "llistxattr", "flistxattr", "getxattr", "lgetxattr", "fgetxattr", "readlinkat",
         "open", "openat", "openat2")
    ),
    "w": frozenset(
        ("rename", "mkdir", "rmdir", "creat", "link", "unlink", "symlink", "mknod", "mkdirat", "mknodat", "unlinkat",
         "renameat", "linkat", "symlinkat", "renameat2", "acct", "swapon", "quotactl", "truncate", "ftruncate", "bind",
         "fallocate", "open", "openat", "openat2")
    ),
    "x": frozenset(("execve",)),
    "a": frozenset(
        ("chmod", "fchmod", "chown", "lchown", "fchown", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr",
         "fremovexattr", "fchownat", "fchmodat", "link", "linkat")
    ),
}  # fmt: skip
# What the kernel takes for such an access beside them (include/asm-generic/audit_*.h), and what later versions have of that.
MORE_OF = {
    "r": frozenset({"getxattrat", "listxattrat"}),
    "w": frozenset({"truncate64", "ftruncate64"}),
    "x": frozenset({"execveat"}),
    "a": frozenset({"fchmodat2", "setxattrat", "removexattrat", "chown32", "lchown32", "fchown32"}),
}
SINCE = {
    (4, 0, 4): frozenset({"getxattrat", "listxattrat", "setxattrat", "removexattrat"}),
    (4, 1, 2): frozenset({"fchmodat2"}),
    (4, 2): frozenset({"execveat"}),
}


def loaded(rule: Rule, options: List[Tuple[str, str]], words: Words) -> Rule:
    """Return a rule of a file with the calls that this host's auditctl(8) puts in. Raises `ReadError` where its version is not told."""
    perm = _access(rule)
    if perm is None or not rule.always or not rule.arches or not _is_named_first(options):
        return rule
    if any(name == "-S" and "all" in value.split(",") for name, value in options) or words.auditctl() < (4,):
        return rule
    later: FrozenSet[str] = frozenset().union(*(calls for since, calls in SINCE.items() if words.auditctl() >= since))
    calls = frozenset().union(*(CALLS_OF[letter] | (MORE_OF[letter] & later) for letter in str(perm.value)))
    known = frozenset(call for call in calls if all(_exists(words, arch, call) for arch in rule.arches))
    return replace(rule, syscalls=rule.syscalls | known)


def by_access(rule: Rule, words: Words) -> Tuple[Optional[Rule], Dict[str, Rule]]:
    """Return a rule of single calls once more by those kinds of access of which it has all calls, if there are any.

    And by the kinds that it only lacks some of `MORE_OF`, each under the names of what it lacks.
    """
    perm = _access(rule)
    if perm is None or not rule.always or not rule.syscalls:
        return None, {}
    arches = rule.arches or frozenset(words.arches)
    whole = ""
    partly: Dict[str, Set[str]] = {}
    for letter in str(perm.value):
        lost, newer = (
            {call for arch in arches for call in calls[letter] - rule.syscalls if _exists(words, arch, call)}
            for calls in (CALLS_OF, MORE_OF)
        )
        whole += "" if lost or newer else letter
        if newer and not lost:
            partly[letter] = newer
    found = _for(rule, perm, whole) if whole else None
    lacking = frozenset().union(*partly.values())
    return found, {", ".join(sorted(lacking)): _for(rule, perm, whole + "".join(partly))} if partly else {}


def _for(rule: Rule, perm: Filter, letters: str) -> Rule:
    filters = (rule.filters - {perm}) | {replace(perm, value="".join(sorted(letters)))}
    return replace(rule, syscalls=frozenset(), filters=filters)


def _access(rule: Rule) -> Optional[Filter]:
    return next((item for item in rule.filters if item.name == "perm"), None)


def _is_named_first(options: List[Tuple[str, str]]) -> bool:
    """Return whether the architecture stands before the access; else auditctl(8) leaves all calls in."""
    names = [lowered(value.partition("=")[0]) for name, value in options if name == "-F"]
    return "perm" in names and "arch" in names[: names.index("perm")]


def _exists(words: Words, arch: str, call: str) -> bool:
    return words.is_in_kernel(call) if call in NEWER else arch not in words.arches or words.has_call(arch, call)
