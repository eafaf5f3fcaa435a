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
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import Step
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Runner

# One call of the package manager: it asks nothing, keeps changed configuration files and waits for another's lock.
APT = (
    "env", "DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_MODE=l", "APT_LISTCHANGES_FRONTEND=none", "apt-get", "-q",
    "-y", "-o", "DPkg::Lock::Timeout=60", "-o", "Dpkg::Options::=--force-confdef",
    "-o", "Dpkg::Options::=--force-confold",
)  # fmt: skip
_REMOVED = re.compile(r"^Remv (\S+) \[([^\]]+)\]", re.MULTILINE)
_TIMEOUT = 300.0


def installed(runner: Runner) -> Dict[str, str]:
    """Return package -> version of all that is installed. Raises `ChangeError`."""
    result = runner(["dpkg-query", "-W", "-f", "${binary:Package} ${Version} ${db:Status-Status}\\n"], 60.0)
    if result.problem or result.exit_code:
        raise ChangeError("the installed packages cannot be listed: %s" % (result.problem or result.stderr[:200]))
    rows = [line.split() for line in result.stdout.splitlines()]
    return {row[0]: row[1] for row in rows if len(row) == 3 and row[2] == "installed"}


def before(runner: Runner, step: Step, journal: Journal) -> State:
    """Return what has to be known to take the step back; keep the archives of what it will remove."""
    simulated = runner([*step.argv[:-1], "--simulate", *step.argv[-1:]], _TIMEOUT)
    if simulated.problem or simulated.exit_code:
        raise ChangeError("%s is not possible: %s" % (step.label, _complaint(simulated)))
    removed = dict(_REMOVED.findall(simulated.stdout))
    archives = _keep_archives(runner, removed, journal) if removed else []
    return {"kind": "packages", "installed": installed(runner), "archives": archives}


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
            % (", ".join(sorted(removed)), _complaint(result))
        )
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".deb"))


def undo(runner: Runner, entry: Entry) -> List[str]:
    """Bring back the packages of before, with their versions; return what went wrong."""
    then, now = entry.before["installed"], installed(runner)
    problems: List[str] = []
    added = sorted(set(now) - set(then))
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
    return problems


def _run(runner: Runner, argv: Sequence[str]) -> List[str]:
    result = runner(list(argv), 900.0)
    if result.problem or result.exit_code:
        return ["`%s` failed: %s" % (" ".join(argv), _complaint(result))]
    return []
