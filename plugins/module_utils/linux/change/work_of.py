# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose work is what changed in a watched folder while a command ran: that of its packages or units, or not known.

Facts of a package are plain data, for those of one that is removed have to be kept before: ``{files, bases, mentions,
tools, accounts}``: its paths below /etc, the names of its units and programs, the paths below /etc that its scripts name,
the helpers that they call, and the users and groups of the host that they name.
"""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase
from itertools import product
from typing import Any, Dict, Iterable, List, Mapping, Optional, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import package_record
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import State
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of

Facts = Dict[str, List[str]]
Effects = Dict[str, Dict[str, Any]]
SCRIPTS = ("preinst", "postinst", "prerm", "postrm", "config", "conffiles")
# What the helpers of maintainer scripts write besides what is named in the scripts, by their manual pages.
_DATABASES = ("passwd", "shadow", "group", "gshadow", "subuid", "subgid")
_ACCOUNTS = (*("/etc/" + name for name in _DATABASES), *("/etc/%s-" % name for name in _DATABASES), "/etc/.pwd.lock")
TOOLS: Dict[str, Tuple[str, ...]] = {
    "pam-auth-update": ("/etc/pam.d/common-*", "/var/lib/pam/*"),
    "update-ca-certificates": ("/etc/ssl/certs/*", "/etc/ca-certificates.conf*"),
    "make-ssl-cert": ("/etc/ssl/certs/*", "/etc/ssl/private/*"),
    "add-shell": ("/etc/shells*",),
    "remove-shell": ("/etc/shells*",),
    "update-shells": ("/etc/shells*",),
    "locale-gen": ("/etc/locale.gen", "/etc/default/locale", "/etc/locale.conf"),
    "update-inetd": ("/etc/inetd.conf",),
    **dict.fromkeys(("adduser", "addgroup", "useradd", "groupadd", "usermod", "deluser", "delgroup", "userdel",
                     "groupdel", "systemd-sysusers", "chage", "passwd"), _ACCOUNTS),
}  # fmt: skip
_MENTION = re.compile(r"/etc/[A-Za-z0-9._+@/-]*[A-Za-z0-9_]")
# A folder with a variable behind it, and the names that the variable may stand for.
_LOOPED = re.compile(r"(/etc/[A-Za-z0-9._+@/-]*[A-Za-z0-9_])/[\"']?\$")
_FILE_NAME = re.compile(r"[A-Za-z0-9_-]+\.[a-z]+")
_ACCOUNT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_WORD = re.compile(r"[a-z][a-z-]+")
_PROGRAM = re.compile(r"/(?:usr/)?(?:s?bin|games|lib/systemd/system|lib/systemd/user|share/dbus-1/[a-z-]+)/([^/]+)$")
_INIT = re.compile(r"/etc/init\.d/([^/]+)$")
_RUNLEVEL = re.compile(r"/etc/rc[0-6S]\.d/[SK][0-9][0-9](.+)$")
# What dpkg, ucf and editors of theirs put behind a name.
_SUFFIX = re.compile(r"(?:\.(?:dpkg|ucf)-[a-z]+(?:\.[0-9]+)?|~|-)$")
_UNIT_FOLDERS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
_RELATED = re.compile(r"^\s*(?:Also|Alias)\s*=\s*(.+)$", re.MULTILINE | re.ASCII)


def facts(host: Host, name: str) -> Facts:
    """Return what is known of an installed package from dpkg's own files; empty where it has none."""
    listed = package_record.info_text(host, name, "list").split("\n")
    scripts = "\n".join(package_record.info_text(host, name, script) for script in SCRIPTS)
    bases = {found.group(1) for path in listed for found in [_PROGRAM.search(path) or _INIT.search(path)] if found}
    words = set(_WORD.findall(scripts))
    looped = ["%s/%s" % pair for pair in product(set(_LOOPED.findall(scripts)), set(_FILE_NAME.findall(scripts)))]
    return {
        "files": sorted(path for path in listed if path.startswith("/etc/")),
        "bases": sorted(bases),
        "mentions": sorted({*_MENTION.findall(scripts), *looped}),
        "tools": sorted(words.intersection(TOOLS)),
        "accounts": sorted(_account_names(host).intersection(_ACCOUNT.findall(scripts + _sysusers(host, listed)))),
    }


def _account_names(host: Host) -> Set[str]:
    names: Set[str] = set()
    for path in ("/etc/passwd", "/etc/group"):
        names.update(line.partition(":")[0] for line in _text(host, path).split("\n"))
    return names


def _sysusers(host: Host, listed: Iterable[str]) -> str:
    return "\n".join(_text(host, path) for path in listed if "/sysusers.d/" in path)


def _text(host: Host, path: str) -> str:
    try:
        with open(host.path(path), encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


def joined(one: Facts, other: Optional[Facts]) -> Facts:
    """Return the facts of both, as of a package before and after it was changed."""
    return {name: sorted({*values, *(other or {}).get(name, [])}) for name, values in one.items()}


class Workers:
    """What the packages of one step, by name, or the units of one are known to have written."""

    def __init__(self, packages: Mapping[str, Facts]) -> None:
        self._of_path: Dict[str, str] = {}
        self._of_base: Dict[str, str] = {}
        self._of_pattern: Dict[str, str] = {}
        for name, about in packages.items():
            for path in (*about["files"], *about["mentions"]):
                self._of_path.setdefault(path, name)
            for base in about["bases"]:
                self._of_base.setdefault(base, name)
            for tool in about["tools"]:
                for pattern in TOOLS[tool]:
                    self._of_pattern.setdefault(pattern, name)

    def sort(self, effects: Effects) -> Tuple[Effects, Effects]:
        """Return (theirs, of nobody known), ours with the worker's name in ``of``."""
        owners = {path: self._owner(path, effect) for path, effect in effects.items()}
        for path in sorted(effects):
            if not owners[path]:
                owners[path] = self._by_folder(path, effects, owners)
        for path in sorted((path for path, owner in owners.items() if owner), reverse=True):
            folder = os.path.dirname(path)
            if folder in owners and not owners[folder]:
                owners[folder] = owners[path]
        ours = {path: {**effect, "of": owners[path]} for path, effect in effects.items() if owners[path]}
        return ours, {path: effect for path, effect in effects.items() if not owners[path]}

    def _owner(self, path: str, effect: Mapping[str, Any]) -> str:
        plain = _SUFFIX.sub("", path)
        for one in (path, plain):
            if one in self._of_path:
                return self._of_path[one]
        for base in _bases(path, effect):
            if base in self._of_base:
                return self._of_base[base]
        return next((name for pattern, name in self._of_pattern.items() if fnmatchcase(path, pattern)), "")

    @staticmethod
    def _by_folder(path: str, effects: Effects, owners: Mapping[str, str]) -> str:
        """Return whose new folder a path lies in: what a script makes in one has no name in it."""
        folder = os.path.dirname(path)
        while len(folder) > 1:
            if folder in owners:
                made = effects[folder]["before"]["kind"] == "absent" and effects[folder]["after"]["kind"] == "directory"
                return owners[folder] if made else ""
            folder = os.path.dirname(folder)
        return ""


def _bases(path: str, effect: Mapping[str, Any]) -> List[str]:
    """Return the names by which a link belongs to a unit or program: its target's and, for units, its own."""
    states: List[State] = [effect["before"], effect["after"]]
    links = [state["target"] for state in states if state["kind"] == "link"]
    found = [os.path.basename(target) for target in links]
    runlevel = _RUNLEVEL.match(path)
    if runlevel:
        found.append(runlevel.group(1))
    if links and path.startswith("/etc/systemd/"):
        found.append(os.path.basename(path))
    return found


def known(host: Host, names: Iterable[str], before: Mapping[str, Facts]) -> Dict[str, Facts]:
    """Return the facts of the packages of a step. ``before``: those that were kept, of what it removes or replaces."""
    return {name: joined(facts(host, name), before.get(name)) for name in names}


def of_units(host: Host, units: Iterable[str]) -> Workers:
    """Return the units of a step as workers, with those that are switched with them."""
    switched: Set[str] = set()
    pending = list(units)
    while pending:
        unit = pending.pop()
        if unit not in switched:
            switched.add(unit)
            pending += _related(host, unit)
    # An init script's links carry no ending.
    scripts = {unit[: -len(".service")] for unit in switched if unit.endswith(".service")}
    bases = sorted(switched | scripts)
    return Workers({"units": {"files": [], "bases": bases, "mentions": [], "tools": [], "accounts": []}})


def _related(host: Host, unit: str) -> List[str]:
    found: List[str] = []
    for folder in _UNIT_FOLDERS:
        found += [name for names in _RELATED.findall(_text(host, "%s/%s" % (folder, unit))) for name in words_of(names)]
    return found
