# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages as steps: what is kept before packages are installed or removed, and what is known of it afterwards.

Backend: dpkg and apt. What is to be removed is first kept as an archive in the journal, so that a rollback
needs no network; where the archive can't be had, nothing is removed.
"""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import package_record, work_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError, State
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.package_record import Packages
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import COMMAND, PHASE_PACKAGES, Step
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, Runner
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines

# One call of the package manager: it asks nothing, keeps changed configuration files and waits for another's lock.
APT = (
    "env", "DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_MODE=l", "APT_LISTCHANGES_FRONTEND=none", "apt-get", "-q",
    "-y", "-o", "DPkg::Lock::Timeout=60", "-o", "Dpkg::Options::=--force-confdef",
    "-o", "Dpkg::Options::=--force-confold",
)  # fmt: skip
# Else apt keeps what it worked out in /var/cache/apt and /var/log/apt, and a plan would write on the host.
LEAVE_NOTHING = ("-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=", "-o", "Dir::Log::Planner=/dev/null")
# The option of a host that is changed: there apt may keep it, which it reads again a hundred times faster.
APPLYING = "applying"
_REMOVED = re.compile(r"^Remv (\S+) \[([^\]]+)\]", re.MULTILINE | re.ASCII)
_REPLACED = re.compile(r"^Inst (\S+) \[([^\]]+)\]", re.MULTILINE | re.ASCII)
_UNIT = re.compile(r"^(?:/usr)?/lib/systemd/system/([^/@]+\.(?:service|socket|timer|path))$", re.MULTILINE)
_TIMEOUT = 300.0
# Beside /etc what pam-auth-update, which scripts of packages run, remembers of it.
WATCHED = ("/etc", "/var/lib/pam")
# Removal keeps configuration and data. What is only recommended stays away: aide alone would bring a mail server.
_VERBS = {"install": ("install", "--no-install-recommends"), "remove": ("remove",)}
_AGAIN = ", then run this again"
# What apt-get complains of (apt 2.6, in the C locale), and what a person has to do.
_ADVICE = (
    (r"Could not get lock|Unable to acquire the dpkg|Unable to lock",
     "another package manager is at work on this host; wait for it to end"),
    (r"dpkg was interrupted|Sub-process /usr/bin/dpkg returned", "mend the packages with dpkg --configure -a"),
    (r"[Uu]nmet dependencies|fix-broken", "mend the packages with apt-get --fix-broken install"),
    (r"Pathname to install is not absolute",
     "its archive lies on a medium that apt does not copy; give apt a source that it can fetch from, or install it by hand"),
    (r"enough free space|No space left", "free some space"),
    (r"Failed to fetch|[Uu]nable to fetch|Could not (resolve|connect)|Unable to locate package|no installation candidate",
     "its archive cannot be reached or does not have it; look at the network, the proxy and /etc/apt/sources.list"),
)  # fmt: skip
_HOLDER = re.compile(r"held by process (\d+( \([^)]*\))?)", re.ASCII)
UPDATE = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=60", "-o", "Acquire::Retries=1",
          "-o", "Acquire::http::Timeout=15", "update")  # fmt: skip


def traceless(host: Host) -> Tuple[str, ...]:
    """Return the options with which apt leaves nothing on a host that is only looked at."""
    return () if host.options.get(APPLYING) else LEAVE_NOTHING


def advised(text: str, output: str = "") -> str:
    """Return a complaint of the package manager with what a person has to do; ``output``: all that it printed."""
    found = next((what for pattern, what in _ADVICE if re.search(pattern, text)), "")
    holder = _HOLDER.search(output)
    if found and holder and holder.group(1) not in text:
        found = found.replace("at work on this host", "at work on this host (process %s)" % holder.group(1))
    return "%s; %s%s" % (text, found, _AGAIN) if found else text


def step_for(verb: str) -> Step:
    """Return the step that installs or removes (``verb``) packages, still without any."""
    base = (*APT, *_VERBS[verb])
    step = Step(COMMAND, verb, argv=base, base=base, title=verb, watch=WATCHED, phase=PHASE_PACKAGES, timeout=900.0)
    step.packages = True
    # What is installed may need what is removed to be gone, never the other way round.
    step.order = 2 if verb == "install" else 0
    return step


def lists_step() -> Step:
    """Return the step that fetches the lists of packages; without a network it succeeds and those there are stay."""
    label = "fetch the lists of packages"
    return Step(COMMAND, label, argv=UPDATE, phase=PHASE_PACKAGES, order=1, timeout=_TIMEOUT, upkeep=True)


def before(host: Host, runner: Runner, step: Step, journal: Journal) -> State:
    """Return what has to be known to take the step back; keep the archives of what it will remove or replace.

    ``{token, config, auto, archives, units, facts}``: the name of its record, the packages of which only the
    configuration was there, those brought along by others, and of what is removed the archives, units and `work_of.Facts`.
    """
    simulated = runner([*APT, "--simulate", *step.argv[len(APT) :]], _TIMEOUT)
    if simulated.problem or simulated.exit_code:
        raise ChangeError("%s is not possible: %s" % (step.label, advised(complaint(simulated))))
    removed = dict(_REMOVED.findall(simulated.stdout))
    replaced = dict(_REPLACED.findall(simulated.stdout))
    archives = _keep_archives(runner, removed, journal) if removed else []
    archives = _keep_replaced(runner, replaced, journal) or archives
    packages = Packages(runner)
    return {
        "kind": "packages",
        "token": package_record.new_token(journal.folder),
        "config": sorted(name for name, (_version, state) in packages.states.items() if state == "config-files"),
        "auto": sorted(package_record.automatic(host, packages.native)),
        "archives": archives,
        "units": _units(runner, sorted(removed)),
        "facts": {name: work_of.facts(host, name) for name in sorted({*removed, *replaced})},
    }


def command(step: Step, then: State, journal: Journal) -> List[str]:
    """Return what is run for a step: it keeps its own record in the journal's folder.

    Where archives were fetched to be looked at, those are installed and no others.
    """
    head = len(APT)
    more = package_record.options(journal.folder, then["token"])
    if os.path.isdir(fetched(journal)):
        more += [*archives_in(fetched(journal)), "--no-download"]
    return [*step.argv[:head], *more, *step.argv[head:]]


def fetched(journal: Journal) -> str:
    """Return the folder of what was fetched to be looked at, and is installed next."""
    return os.path.join(journal.folder, "fetched")


def archives_in(folder: str) -> List[str]:
    """Return the options that let apt-get fetch into a folder of root's own, and take what is there."""
    return ["-o", "APT::Sandbox::User=root", "-o", "Dir::Cache::archives=%s/" % folder]


def after(host: Host, runner: Runner, then: State, journal: Journal) -> State:
    """Return what the step did, by apt's and dpkg's own record of it, and how that stands now.

    ``{acts, triggered, states, stamps, auto, data}``: [name, version before, version after] of the packages that dpkg
    began with, and by name: version and state, which unpacking it is, whether brought along, and what its folders hold.
    Raises `ChangeError`.
    """
    packages = Packages(runner)
    begun, triggered = package_record.reached(journal.folder, then["token"], packages.native)
    done = [act for act in package_record.acts(journal.folder, then["token"], packages.native) if act.name in begun]
    names = sorted(act.name for act in done)
    return {
        "kind": "packages",
        "acts": [[act.name, act.old, act.new] for act in done],
        "triggered": sorted(triggered),
        "states": {name: list(packages.state(name)) for name in names},
        "stamps": {name: package_record.unpacked_at(host, name) for name in names},
        "auto": sorted(package_record.automatic(host, packages.native).intersection(names)),
        "data": {name: package_record.data(host, name) for name in names},
    }


def _units(runner: Runner, names: Sequence[str]) -> Dict[str, bool]:
    """Return unit -> whether it is active, of the units that packages bring."""
    if not names:
        return {}
    listed = runner(["dpkg-query", "-L", *names], 60.0)
    if listed.problem or listed.exit_code:
        raise ChangeError("the files of %s cannot be listed: %s" % (", ".join(names), complaint(listed)))
    units = sorted(set(_UNIT.findall(listed.stdout)))
    return {unit: _is_active(runner, unit) for unit in units}


def _is_active(runner: Runner, unit: str) -> bool:
    result = runner(["systemctl", "is-active", "--quiet", unit], 60.0)
    return not result.problem and result.exit_code == 0


def units_differ(runner: Runner, units: Dict[str, bool]) -> bool:
    """Return whether a unit runs that did not, or the other way round."""
    return any(_is_active(runner, unit) != active for unit, active in units.items())


def restore_units(runner: Runner, units: Dict[str, bool]) -> List[str]:
    """Stop what the installation of a package started although it was not running; start what was."""
    problems: List[str] = []
    if units:
        problems += run(runner, ["systemctl", "daemon-reload"])
    for verb, wanted in (("stop", False), ("start", True)):
        names = [unit for unit, active in units.items() if active == wanted and _is_active(runner, unit) != wanted]
        if names:
            problems += run(runner, ["systemctl", verb, *names])
    return problems


def complaint(result: Any) -> str:
    """Return the most telling line of what apt-get printed."""
    lines = [line for line in split_lines(result.problem or result.stderr or result.stdout) if line.strip(BLANKS)]
    return next((line for line in lines if line.startswith("E:")), lines[-1] if lines else "no reason given")[:300]


def _keep_archives(runner: Runner, removed: Dict[str, str], journal: Journal) -> List[str]:
    folder = os.path.join(journal.folder, "packages")
    os.makedirs(folder, 0o700, exist_ok=True)
    names = ["%s=%s" % item for item in sorted(removed.items())]
    result = download(runner, folder, names)
    if result.problem or result.exit_code:
        raise ChangeError(
            "not removed, for a rollback could not bring it back: no archive of %s can be fetched (%s)"
            % (", ".join(sorted(removed)), advised(complaint(result)))
        )
    return _archives(folder)


def _keep_replaced(runner: Runner, replaced: Dict[str, str], journal: Journal) -> List[str]:
    """Keep the archives of versions that are replaced, where they can still be had; return all that are kept.

    An archive of packages often has the newest version only. That is no reason to go without a newer library: the way
    back then says that it stays.
    """
    folder = os.path.join(journal.folder, "packages")
    for name, version in sorted(replaced.items()):
        os.makedirs(folder, 0o700, exist_ok=True)
        download(runner, folder, ["%s=%s" % (name, version)])
    return _archives(folder) if replaced else []


def download(runner: Runner, folder: str, names: Sequence[str]) -> Any:
    """Fetch archives into a folder."""
    return runner(
        ["env", "--chdir=" + folder, "apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *names], _TIMEOUT
    )


def _archives(folder: str) -> List[str]:
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".deb"))


def run(runner: Runner, argv: Sequence[str]) -> List[str]:
    """Run a command; return what went wrong."""
    result = runner(list(argv), 900.0)
    if result.problem or result.exit_code:
        return ["`%s` failed: %s" % (" ".join(argv), complaint(result))]
    return []
