# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What packages bring that decides who gets in, known from their archives before anything is installed.

A package that brings such a thing is installed in the group that is confirmed; one that changes the logins themselves is
of the class `login` there, whatever its rule says. Backend: dpkg and apt. ``options``: ``as_login`` (the class is allowed).
"""

from __future__ import annotations

import glob
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Sequence, Tuple
from urllib.parse import unquote

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.package_steps import (
    APT,
    LEAVE_NOTHING,
    archives_in,
    step_for,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CONNECTION, Step
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.directory import LOGIN
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Runner, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import split_lines, words_of

# Made in the group that is confirmed, of whatever class the rule is.
ARMED = "armed"
# Changes at once how people log in: profiles that pam-auth-update switches on, and what sshd reads.
_LOGINS = re.compile(r"/usr/share/pam-configs/.|/etc/pam\.d/common-|/etc/ssh/sshd_config\.d/.")
_ACCESS = re.compile(
    r"/etc/pam\.d/.|/etc/sudoers\.d/.|(?:/usr)?/lib/systemd/system/"
    r"(?:nftables|ufw|firewalld|iptables|ip6tables|netfilter-persistent|shorewall6?|ferm)\.service\Z"
)
# What scripts of a package change here was not to be seen in its archive.
SURPRISES = re.compile(r"/etc/(?:pam\.d/|pam\.conf\Z|sudoers(?:\Z|\.d/)|ssh/sshd_config(?:\Z|\.d/)|nsswitch\.conf\Z)")
_INST = re.compile(r"^Inst (\S+) (?:\[[^\]]+\] )?\((\S+) .*\[([^\] ]+)\]\)", re.MULTILINE | re.ASCII)
# What `--print-uris` says of an archive that is not fetched: its address, its file name and its size.
_LOCAL = re.compile(r"^'file:(?://)?(/[^']+)' (\S+) \d+", re.MULTILINE | re.ASCII)
_FOLDERS = re.compile(r"^([A-Z]+)='([^']+)'", re.MULTILINE)
_TIMEOUT = 300.0


@dataclass(frozen=True)
class Arrival:
    """One archive that would be installed: the package's name, and the archive's file name as apt calls it."""

    name: str
    archive: str


def refusals(
    runner: Runner, steps: Sequence[Step], options: Mapping[str, Any], group: str, keep: str = ""
) -> Dict[str, Tuple[str, str]]:
    """Return change -> (class, reason) of the installations that this group is the wrong one for.

    ``keep``: a folder in which stays what is fetched, for it is installed next; without it one is used that is removed again.
    """
    found: Dict[str, Tuple[str, str]] = {}
    if group == CONNECTION and options.get("as_login"):
        return found
    for step in steps:
        if step.base != step_for("install").base:
            continue
        brought = _brought(runner, step.names(), keep)
        for package, (kind, what) in brought.items():
            if group == CONNECTION and kind == ARMED:
                continue
            for change in _changes(runner, step, package, () if keep else LEAVE_NOTHING):
                found.setdefault(change, (kind, _reason(package, kind, what)))
    return found


def _reason(package: str, kind: str, what: str) -> str:
    if kind == LOGIN:
        return (
            "the package %s brings %s, which changes how people log in, so here it is of the class login, which "
            "hipaa_cis_allow_disruption does not hold" % (package, what)
        )
    return "the package %s brings %s, so it is only installed where that is confirmed afterwards" % (package, what)


def _changes(runner: Runner, step: Step, package: str, traceless: Sequence[str]) -> List[str]:
    """Return the changes because of which a package would be installed."""
    names = {package}.intersection(step.names()) or {
        name for name in step.names() if package in [arrival.name for arrival in _arrivals(runner, [name], traceless)]
    }
    concerned = [change for change in step.changes if any(change in step.named.get(name, ()) for name in names)]
    # Where only all of them together bring it, it is nobody's in particular.
    return concerned or list(step.changes)


def _arrivals(runner: Runner, names: Iterable[str], traceless: Sequence[str]) -> List[Arrival]:
    simulated = runner([*APT, *traceless, "--simulate", "install", "--no-install-recommends", *names], _TIMEOUT)
    return [
        Arrival(name.partition(":")[0], "%s_%s_%s.deb" % (name.partition(":")[0], version.replace(":", "%3a"), arch))
        for name, version, arch in _INST.findall(simulated.stdout)
    ]


def _brought(runner: Runner, names: Sequence[str], keep: str) -> Dict[str, Tuple[str, str]]:
    """Return package -> (class, what it brings); nothing of what can't be fetched, which can't be installed either."""
    arrivals = _arrivals(runner, names, () if keep else LEAVE_NOTHING)
    said = runner(["apt-config", "shell", "ARCHIVES", "Dir::Cache::archives/d", "LISTS", "Dir::State::lists/d"], 60.0)
    folders = dict(_FOLDERS.findall(said.stdout))
    cache = folders.get("ARCHIVES", "/var/cache/apt/archives/")
    with _made(keep) as folder:
        for arrival in arrivals:
            if os.path.isfile(os.path.join(cache, arrival.archive)):
                os.symlink(os.path.join(cache, arrival.archive), os.path.join(folder, arrival.archive))
        # In a folder of its own it needs no lock, and a host whose package manager is at work is not waited for twice.
        own = ["-o", "Debug::NoLocking=1", *archives_in(folder)]
        if not keep:
            own += [*LEAVE_NOTHING, "-o", "Dir::State::lists=%s/" % _lists(folder, folders.get("LISTS", ""))]
        call = ["install", "--no-install-recommends", *names]
        fetched = runner([*APT, *own, "--download-only", *call], _TIMEOUT)
        if (
            not fetched.problem and fetched.exit_code == 0
        ):  # so apt found every archive to be the one that its list means
            _take_local(runner([*APT, *own, "--print-uris", *call], _TIMEOUT).stdout, folder)
        return _looked_at(runner, folder)


def _take_local(uris: str, folder: str) -> None:
    """Copy what apt would install from where it lies: archives of a `file:` source are never fetched."""
    for path, name in _LOCAL.findall(uris):
        try:
            shutil.copyfile(unquote(path), os.path.join(folder, os.path.basename(name)))
        except OSError:
            continue  # What is not here is not installed: apt says so.


def _lists(folder: str, lists: str) -> str:
    """Return a folder with the lists of packages, in which apt may make folders of its own as it does in theirs."""
    own = os.path.join(folder, "lists")
    os.mkdir(own, 0o700)
    for path in glob.glob(os.path.join(glob.escape(lists), "*_*")):
        os.symlink(path, os.path.join(own, os.path.basename(path)))
    return own


@contextmanager
def _made(keep: str) -> Iterator[str]:
    """Make a folder as apt wants it for archives: ``keep``, or one that is removed again."""
    if keep:
        shutil.rmtree(keep, ignore_errors=True)
        os.makedirs(os.path.join(keep, "partial"), 0o700)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="hipaa-cis-") as folder:
        os.mkdir(os.path.join(folder, "partial"), 0o700)
        yield folder


def _looked_at(runner: Runner, folder: str) -> Dict[str, Tuple[str, str]]:
    """Return what every archive of the folder brings: nothing else is installed (`package_steps.command`)."""
    result = {}
    for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*.deb"))):
        kind, what = _of_archive(runner, path)
        if kind:
            result[os.path.basename(path).partition("_")[0]] = (kind, what)
    return result


def _of_archive(runner: Runner, path: str) -> Tuple[str, str]:
    listed = runner(["dpkg-deb", "--contents", path], 120.0)
    if listed.problem or listed.exit_code:
        return LOGIN, "an archive that cannot be read"
    paths = [words_of(line, 5)[-1].split(" -> ")[0][1:] for line in split_lines(listed.stdout) if " ./" in line]
    for kind, pattern in ((LOGIN, _LOGINS), (ARMED, _ACCESS)):
        seen = next((one for one in paths if pattern.match(one)), "")
        if seen:
            return kind, printable(seen)[:200]
    for script in ("preinst", "postinst"):
        if "dpkg-divert" in runner(["dpkg-deb", "--info", path, script], 120.0).stdout:
            return ARMED, "a diversion of files of others"
    return "", ""
