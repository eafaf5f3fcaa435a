# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages as steps: what is kept before packages are installed or removed, and how that is taken back.

Backend: dpkg and apt. What is to be removed is first kept as an archive in the journal, so that a rollback
needs no network; where the archive can't be had, nothing is removed.
"""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError, State
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Entry, Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import COMMAND, PHASE_PACKAGES, Step
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Runner
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dpkg import GONE

# One call of the package manager: it asks nothing, keeps changed configuration files and waits for another's lock.
APT = (
    "env", "DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_MODE=l", "APT_LISTCHANGES_FRONTEND=none", "apt-get", "-q",
    "-y", "-o", "DPkg::Lock::Timeout=60", "-o", "Dpkg::Options::=--force-confdef",
    "-o", "Dpkg::Options::=--force-confold",
)  # fmt: skip
_REMOVED = re.compile(r"^Remv (\S+) \[([^\]]+)\]", re.MULTILINE)
_UNIT = re.compile(r"^(?:/usr)?/lib/systemd/system/([^/@]+\.(?:service|socket|timer|path))$", re.MULTILINE)
_TIMEOUT = 300.0
# Removal keeps configuration and data. What is only recommended stays away: aide alone would bring a mail server.
_VERBS = {"install": ("install", "--no-install-recommends"), "remove": ("remove",)}
_AGAIN = ", then run this again"
# What apt-get complains of (apt 2.6, in the C locale), and what a person has to do.
_ADVICE = (
    (r"Could not get lock|Unable to acquire the dpkg|Unable to lock",
     "another package manager is at work on this host; wait for it to end"),
    (r"dpkg was interrupted|Sub-process /usr/bin/dpkg returned", "mend the packages with dpkg --configure -a"),
    (r"[Uu]nmet dependencies|fix-broken", "mend the packages with apt-get --fix-broken install"),
    (r"enough free space|No space left", "free some space"),
    (r"Failed to fetch|[Uu]nable to fetch|Could not (resolve|connect)|Unable to locate package|no installation candidate",
     "its archive cannot be reached or does not have it; look at the network, the proxy and /etc/apt/sources.list"),
)  # fmt: skip
_HOLDER = re.compile(r"held by process (\d+( \([^)]*\))?)")
UPDATE = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=60", "-o", "Acquire::Retries=1",
          "-o", "Acquire::http::Timeout=15", "update")  # fmt: skip


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
    step = Step(COMMAND, verb, argv=base, base=base, title=verb, watch=("/etc",), phase=PHASE_PACKAGES, timeout=900.0)
    step.packages = True
    # What is installed may need what is removed to be gone, never the other way round.
    step.order = 2 if verb == "install" else 0
    return step


def lists_step() -> Step:
    """Return the step that fetches the lists of packages; without a network it succeeds and those there are stay."""
    label = "fetch the lists of packages"
    return Step(COMMAND, label, argv=UPDATE, phase=PHASE_PACKAGES, order=1, timeout=_TIMEOUT, upkeep=True)


def installed(runner: Runner, half: bool = False) -> Dict[str, str]:
    """Return package -> version of all that is installed; with ``half`` also what is so in part. Raises `ChangeError`."""
    result = runner(["dpkg-query", "-W", "-f", "${binary:Package} ${Version} ${db:Status-Status}\\n"], 60.0)
    if result.problem or result.exit_code:
        raise ChangeError("the installed packages cannot be listed: %s" % (result.problem or result.stderr[:200]))
    rows = [line.split() for line in result.stdout.splitlines()]
    known = {row[0]: row[1] for row in rows if len(row) == 3 and row[2] == "installed"}
    if half:
        known.update({row[0]: row[1] for row in rows if len(row) == 3 and row[2] not in GONE})
    return known


def before(runner: Runner, step: Step, journal: Journal) -> State:
    """Return what has to be known to take the step back; keep the archives of what it will remove."""
    simulated = runner([*step.argv[:-1], "--simulate", *step.argv[-1:]], _TIMEOUT)
    if simulated.problem or simulated.exit_code:
        raise ChangeError("%s is not possible: %s" % (step.label, advised(_complaint(simulated))))
    removed = dict(_REMOVED.findall(simulated.stdout))
    archives = _keep_archives(runner, removed, journal) if removed else []
    return {
        "kind": "packages",
        "installed": installed(runner),
        "present": sorted(installed(runner, half=True)),
        "archives": archives,
        "units": _units(runner, sorted(removed)),
    }


def _units(runner: Runner, names: Sequence[str]) -> Dict[str, bool]:
    """Return unit -> whether it is active, of the units that packages bring."""
    if not names:
        return {}
    listed = runner(["dpkg-query", "-L", *names], 60.0)
    if listed.problem or listed.exit_code:
        raise ChangeError("the files of %s cannot be listed: %s" % (", ".join(names), _complaint(listed)))
    units = sorted(set(_UNIT.findall(listed.stdout)))
    return {unit: _is_active(runner, unit) for unit in units}


def _is_active(runner: Runner, unit: str) -> bool:
    result = runner(["systemctl", "is-active", "--quiet", unit], 60.0)
    return not result.problem and result.exit_code == 0


def _restore_units(runner: Runner, units: Dict[str, bool]) -> List[str]:
    """Stop what the installation of a package started although it was not running; start what was."""
    problems: List[str] = []
    if units:
        problems += _run(runner, ["systemctl", "daemon-reload"])
    for verb, wanted in (("stop", False), ("start", True)):
        names = [unit for unit, active in units.items() if active == wanted and _is_active(runner, unit) != wanted]
        if names:
            problems += _run(runner, ["systemctl", verb, *names])
    return problems


def _complaint(result: Any) -> str:
    lines = [line for line in (result.problem or result.stderr or result.stdout).splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("E:")), lines[-1] if lines else "no reason given")[:300]


def _keep_archives(runner: Runner, removed: Dict[str, str], journal: Journal) -> List[str]:
    folder = os.path.join(journal.folder, "packages")
    os.makedirs(folder, 0o700, exist_ok=True)
    names = ["%s=%s" % item for item in sorted(removed.items())]
    result = runner(
        ["env", "--chdir=" + folder, "apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *names], _TIMEOUT
    )
    if result.problem or result.exit_code:
        raise ChangeError(
            "not removed, for a rollback could not bring it back: no archive of %s can be fetched (%s)"
            % (", ".join(sorted(removed)), advised(_complaint(result)))
        )
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".deb"))


def changed(runner: Runner, then: State) -> bool:
    """Return whether the packages are others than those that `before` gave; also where that can't be told."""
    try:
        return (
            installed(runner) != then["installed"]
            or sorted(installed(runner, half=True)) != then["present"]
            or any(_is_active(runner, unit) != active for unit, active in then["units"].items())
        )
    except ChangeError:
        return True


def undo(runner: Runner, entry: Entry) -> List[str]:
    """Bring back the packages of before, with their versions; return what went wrong."""
    then = entry.before["installed"]
    problems: List[str] = []
    # A package whose installation failed half-way keeps apt-get from all further work until it is gone.
    added = sorted(set(installed(runner, half=True)) - set(entry.before["present"]))
    if added:
        problems += _run(runner, [*APT, "purge", *added])
    missing = sorted(set(then) - set(installed(runner)))
    if missing:
        archives = [path for path in entry.before["archives"] if os.path.exists(path)]
        if archives:
            problems += _run(
                runner, ["env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--force-confold", "-i", *archives]
            )
        still = sorted(set(then) - set(installed(runner)))
        if still:
            problems += _run(runner, [*APT, "install", *["%s=%s" % (name, then[name]) for name in still]])
    return problems + _restore_units(runner, entry.before["units"])


def _run(runner: Runner, argv: Sequence[str]) -> List[str]:
    result = runner(list(argv), 900.0)
    if result.problem or result.exit_code:
        return ["`%s` failed: %s" % (" ".join(argv), _complaint(result))]
    return []
