# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one call of apt-get did to packages, by its own record, and what of packages is so now.

apt writes what it is about to do (``DPkg::Pre-Install-Pkgs``, version 3 of its protocol, synced before dpkg begins),
and dpkg each state that it reached (``--status-logger``). Both lie in the journal's folder, so they outlive a killed
module, and neither takes anything away from the host's own logs.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from typing import Dict, List, Optional, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, Runner
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dpkg import GONE

QUERY = ("dpkg-query", "-W", "-f", "${Package} ${Architecture} ${Version} ${db:Status-Status}\\n")
INFO = "/var/lib/dpkg/info"
MARKS = "/var/lib/apt/extended_states"
# Folders of many packages; what lies in them says nothing of one.
_SHARED = frozenset((
    "/var", "/var/lib", "/var/log", "/var/spool", "/var/mail", "/var/opt", "/var/backups", "/var/local", "/srv", "/home",
    "/opt", "/root", "/usr/local", "/usr/local/bin", "/usr/local/sbin", "/usr/local/lib", "/usr/local/share",
    "/usr/local/etc",
))  # fmt: skip
# What dpkg, apt and their helpers keep for themselves, and what can be made anew.
_NO_DATA = ("/var/cache/", "/var/lib/dpkg/", "/var/lib/apt/", "/var/lib/ucf/", "/var/lib/pam/", "/var/run/",
            "/var/lib/systemd/deb-systemd-", "/var/lock/", "/usr/local/lib/python")  # fmt: skip
_DATA = re.compile(r"/(?:var|srv|home|opt|root|usr/local)/[A-Za-z0-9._+@/-]*[A-Za-z0-9_]")
_UNKNOWN_REMOVAL = re.compile(r"(?:\brm\b|-delete\b|-exec\b)[^\n]*[$`]", re.ASCII)
_MAX_ENTRIES = 20000
GONE_STATE = ("", "not-installed")


@dataclass(frozen=True)
class Act:
    """What apt set out to do with one package: from a version to a version, '' where it is not installed."""

    name: str
    old: str
    new: str


State = Tuple[str, str]


def files_of(folder: str, token: str) -> Tuple[str, str]:
    """Return where apt's and where dpkg's record of a call lie."""
    return os.path.join(folder, "packages", token + ".acts"), os.path.join(folder, "packages", token + ".states")


def options(folder: str, token: str) -> List[str]:
    """Return the options of apt-get by which a call keeps its record; where it can't be kept nothing is begun."""
    acts, states = files_of(folder, token)
    return [
        "-o", "DPkg::Pre-Install-Pkgs::=dd of=%s conv=fsync status=none" % acts,
        "-o", "DPkg::Tools::Options::dd::Version=3",
        "-o", "Dpkg::Options::=--status-logger=cat >> %s" % states,
    ]  # fmt: skip


def new_token(folder: str) -> str:
    """Return a name for the record of the next call."""
    os.makedirs(os.path.join(folder, "packages"), 0o700, exist_ok=True)
    number = 1
    while any(os.path.exists(path) for path in (*files_of(folder, str(number)), _taken(folder, number))):
        number += 1
    with open(_taken(folder, number), "wb"):
        pass
    return str(number)


def _taken(folder: str, number: int) -> str:
    return os.path.join(folder, "packages", "%d.call" % number)


def acts(folder: str, token: str, native: str) -> List[Act]:
    """Return what apt set out to do in a call; nothing where it did not get as far. Raises `OSError`."""
    try:
        with open(files_of(folder, token)[0], encoding="utf-8", errors="replace") as stream:
            text = stream.read()
    except FileNotFoundError:
        return []
    # Its configuration stands before it, up to an empty line. An act: name, version, architecture and multi-arch, a
    # sign, the same three as they will be, and a file or a mark.
    found: Dict[str, Act] = {}
    for line in text.partition("\n\n")[2].split("\n"):
        words = line.split(" ")
        if len(words) < 9 or words[4] not in ("<", ">", "="):
            continue
        name = key(words[0], words[6] if words[6] != "-" else words[2], native)
        old, new = ("" if word == "-" else word for word in (words[1], words[5]))
        if words[4] == "=" and words[8] == "**CONFIGURE**":
            continue
        found.setdefault(name, Act(name, old, new))
    return list(found.values())


def reached(folder: str, token: str, native: str) -> Tuple[Set[str], Set[str]]:
    """Return the names of the packages that dpkg began with in a call, and of those whose scripts it ran on a trigger."""
    begun: Set[str] = set()
    triggered: Set[str] = set()
    try:
        with open(files_of(folder, token)[1], encoding="utf-8", errors="replace") as stream:
            lines = stream.read().split("\n")
    except FileNotFoundError:
        return begun, triggered
    for line in lines:
        words = line.split(": ")
        if words[0] == "processing" and len(words) == 3:
            name, _colon, arch = words[2].strip(BLANKS).partition(":")
            (triggered if words[1] == "trigproc" else begun).add(key(name, arch, native))
    return begun, triggered


def key(name: str, arch: str, native: str) -> str:
    """Return a package's name as apt-get shows it: with its architecture only where that is a foreign one."""
    return name if arch in (native, "all", "", "-") else "%s:%s" % (name, arch)


class Packages:
    """The packages of a host: name -> (version, state of dpkg). Raises `ChangeError` where they can't be listed."""

    def __init__(self, runner: Runner) -> None:
        result = runner(list(QUERY), 60.0)
        if result.problem or result.exit_code:
            raise ChangeError("the installed packages cannot be listed: %s" % (result.problem or result.stderr[:200]))
        rows = [line.split(" ") for line in result.stdout.split("\n")]
        rows = [row for row in rows if len(row) == 4]
        self.native = next((row[1] for row in rows if row[0] == "dpkg"), "")
        self.states: Dict[str, State] = {key(row[0], row[1], self.native): (row[2], row[3]) for row in rows}

    def state(self, name: str) -> State:
        """Return (version, state) of a package; of one that dpkg knows nothing of too."""
        return self.states.get(name, GONE_STATE)

    def is_gone(self, name: str) -> bool:
        """Return whether nothing of a package but its configuration is there."""
        return self.state(name)[1] in GONE


def automatic(host: Host, native: str) -> Set[str]:
    """Return the packages that apt holds for brought along by others. Raises `OSError`."""
    try:
        with open(host.path(MARKS), encoding="utf-8", errors="replace") as stream:
            records = stream.read().split("\n\n")
    except FileNotFoundError:
        return set()
    found = set()
    for record in records:
        fields = dict(line.partition(": ")[::2] for line in record.split("\n"))
        if fields.get("Auto-Installed") == "1":
            found.add(key(fields.get("Package", ""), fields.get("Architecture", ""), native))
    return found


def info_file(host: Host, name: str, what: str) -> Optional[str]:
    """Return the real path of one of dpkg's files of a package (``list``, ``postrm``), or None."""
    plain, _colon, arch = name.partition(":")
    folder = host.path(INFO)
    exact = os.path.join(folder, "%s.%s" % (name if arch else plain, what))
    if os.path.exists(exact):
        return exact
    try:
        names = sorted(one for one in os.listdir(folder) if one.startswith(plain + ":") and one.endswith("." + what))
    except OSError:
        return None
    return os.path.join(folder, names[0]) if names else None


def info_text(host: Host, name: str, what: str) -> str:
    """Return one of dpkg's files of a package; nothing where it has none."""
    path = info_file(host, name, what)
    if path is None:
        return ""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


def unpacked_at(host: Host, name: str) -> str:
    """Return what tells one unpacking of a package from another: dpkg writes its list of files anew with each."""
    path = info_file(host, name, "list")
    if path is None:
        return ""
    status = os.stat(path)
    return "%d %d" % (status.st_ino, status.st_mtime_ns)


def data(host: Host, name: str) -> str:
    """Return a digest of what lies in the folders where a package may keep data; '' where that can't be known."""
    removal = info_text(host, name, "postrm")
    if _UNKNOWN_REMOVAL.search(removal):
        return ""
    listed = info_text(host, name, "list").split("\n")
    named = {path.rstrip("/") for path in [*listed, *_DATA.findall(removal)] if _DATA.match(path + "/x")}
    places = sorted(path for path in named if path not in _SHARED and not (path + "/").startswith(_NO_DATA))
    digest = hashlib.sha256()
    count = 0
    for place in places:
        for line in _inventory(host.path(place, follow=False)):
            digest.update(line.encode("utf-8", "surrogateescape"))
            count += 1
            if count > _MAX_ENTRIES:
                return ""
    return digest.hexdigest()


def _inventory(place: str) -> List[str]:
    """Return a line for all that lies at a path and below it; times of folders change with what is in them."""
    if not os.path.lexists(place):
        return ["%s absent\n" % place]
    found = []
    if not os.path.isdir(place) or os.path.islink(place):
        status = os.lstat(place)
        return ["%s %d %d %d\n" % (place, status.st_mode, status.st_size, status.st_mtime_ns)]
    for folder, names, others in os.walk(place):
        names.sort()
        found.append("%s/\n" % folder)
        for name in sorted([*others, *(one for one in names if os.path.islink(os.path.join(folder, one)))]):
            status = os.lstat(os.path.join(folder, name))
            found.append("%s/%s %d %d %d\n" % (folder, name, status.st_mode, status.st_size, status.st_mtime_ns))
        if len(found) > _MAX_ENTRIES:
            break
    return found
