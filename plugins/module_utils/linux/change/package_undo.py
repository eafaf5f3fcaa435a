# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take back what a step did to packages: only what its own transaction did, and only what is still so.

What the step brought is removed, and purged only where nothing of it was used or changed since: then its configuration
is as good as new, and its folders hold nothing but what the installation put there.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, List, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import package_record
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Entry
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.package_record import Packages
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.package_steps import (
    APT,
    complaint,
    restore_units,
    run,
    units_differ,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, Runner
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dpkg import GONE

_ACT = re.compile(r"^(Remv|Purg|Inst) (\S+)", re.MULTILINE | re.ASCII)
_TIMEOUT = 300.0


@dataclass
class Plan:
    """What is to be taken back: packages to remove, and those to bring back with their version.

    ``conflicts``: what somebody did to them since, and what the undo would do to others. ``kept``: what stays, and why.
    """

    remove: List[str] = field(default_factory=list)
    bring: Dict[str, str] = field(default_factory=dict)
    conflicts: List[str] = field(default_factory=list)
    kept: List[str] = field(default_factory=list)

    def names(self) -> Set[str]:
        """Return the packages that it concerns."""
        return {*self.remove, *self.bring}


class PackageUndo:
    """The packages of the host below ``host.root``, for the rollback of one journal."""

    def __init__(self, host: Host, runner: Runner, force: bool) -> None:
        self._host = host
        self._runner = runner
        self._force = force

    def plan(self, entry: Entry) -> Plan:
        """Return what is to be taken back of a step. Raises `ChangeError` where the packages can't be listed."""
        result = Plan()
        if "acts" not in entry.after:
            return result
        packages = Packages(self._runner)
        marks = package_record.automatic(self._host, packages.native)
        for name, old, new in entry.after["acts"]:
            if not new:
                self._removed(entry, packages, name, old, result)
            elif packages.is_gone(name):
                if old and name not in entry.before["config"]:
                    result.kept.append("%s was removed since and stays so" % name)
            elif old and name not in entry.before["config"]:
                self._replaced(packages, name, old, new, result)
            else:
                self._installed(entry, packages, name, marks, result)
        return result

    @staticmethod
    def _removed(entry: Entry, packages: Packages, name: str, old: str, result: Plan) -> None:
        then, now = entry.after["states"][name][1], packages.state(name)[1]
        if then not in GONE or now not in GONE:
            return  # it was not reached, or somebody has it again
        if then == "config-files" and now == "not-installed":
            result.kept.append("%s was purged since and stays so" % name)
        else:
            result.bring[name] = old

    @staticmethod
    def _replaced(packages: Packages, name: str, old: str, new: str, result: Plan) -> None:
        version = packages.state(name)[0]
        if version == new:
            result.bring[name] = old
        elif version != old:
            text = "the package %s is %s now, the run had brought %s" % (name, version, new)
            result.conflicts.append(text)
            result.kept.append(text + "; it stays")

    def _installed(self, entry: Entry, packages: Packages, name: str, marks: Set[str], result: Plan) -> None:
        then, version = entry.after["states"][name], packages.state(name)[0]
        if then[1] in GONE:
            result.kept.append("%s was installed by somebody since and stays" % name)
        elif version != then[0]:
            result.conflicts.append("the package %s is %s now, the run had brought %s" % (name, version, then[0]))
            result.remove.append(name)
        elif package_record.unpacked_at(self._host, name) != entry.after["stamps"][name]:
            result.kept.append("%s was installed anew since and stays" % name)
        elif name in entry.after["auto"] and name not in marks:
            text = "the package %s, which came with others, was asked for by somebody since" % name
            result.conflicts.append(text)
            result.kept.append(text + "; it stays")
        else:
            result.remove.append(name)

    def conflicts(self, entries: Iterable[Entry]) -> List[str]:
        """Return what stands against taking back all these steps. ``entries``: those of packages."""
        plans = [(entry, self.plan(entry)) for entry in entries]
        concerned = {name for _entry, plan in plans for name in plan.names()}
        found: List[str] = []
        for entry, plan in plans:
            found += plan.conflicts + self._side_effects(entry, plan, concerned)
        return [text for number, text in enumerate(found) if text not in found[:number]]

    def differs(self, entry: Entry) -> bool:
        """Return whether there is anything to be taken back; also where that can't be told."""
        try:
            return bool(self.plan(entry).names()) or units_differ(self._runner, entry.before.get("units", {}))
        except ChangeError:
            return True

    def _side_effects(self, entry: Entry, plan: Plan, concerned: Set[str]) -> List[str]:
        """Return what apt-get would do besides taking back the step, or why it would not do that."""
        if not plan.names():
            return []
        result = self._runner(_argv(entry, plan, simulate=True), _TIMEOUT)
        what = ", ".join(sorted(plan.names()))
        if result.problem or result.exit_code:
            return ["the packages %s cannot be brought back to what they were: %s" % (what, complaint(result))]
        others: Dict[str, List[str]] = {"removed": [], "installed": []}
        for act, name in _ACT.findall(result.stdout):
            if name not in concerned:
                others["installed" if act == "Inst" else "removed"].append(name)
        return [
            "taking back %s, %s would be %s" % (what, ", ".join(sorted(set(names))), how)
            for how, names in others.items()
            if names
        ]

    def undo(self, entry: Entry, since: Set[str]) -> Tuple[List[str], List[str], Dict[str, bool]]:
        """Take a step back; return (what went wrong, what is to be told, packages that stay as in `effects_that_stay`).

        ``since``: the paths of its effects that somebody changed since.
        """
        if "acts" not in entry.after:
            text = "%s: which packages it changed is not recorded; look at them by hand"
            return [text % entry.step["label"]], [], {}
        plan = self.plan(entry)
        self._leave_out_what_others_need(entry, plan)
        unused = {name for name in plan.remove if self._is_unused(entry, name, since)}
        problems: List[str] = []
        if plan.names():
            problems += run(self._runner, _argv(entry, plan))
        problems += self._purge(unused)
        automatic = sorted(set(plan.bring).intersection(entry.before["auto"]))
        if automatic and not problems:
            problems += run(self._runner, ["apt-mark", "auto", *automatic])
        packages = Packages(self._runner)
        stays = self._with_configuration(entry, packages)
        plan.kept += [
            "the configuration and data of %s, which was used or changed since; `apt-get purge %s` removes them"
            % (name, name)
            for name, there in sorted(stays.items())
            if not there
        ]
        return problems + restore_units(self._runner, entry.before["units"]), plan.kept, stays

    def _leave_out_what_others_need(self, entry: Entry, plan: Plan) -> None:
        """Leave out of a forced undo what would take along or bring other packages. Raises `ChangeError` without force."""
        texts = self._side_effects(entry, plan, plan.names())
        if not texts:
            return
        if not self._force:
            raise ChangeError("%s; nothing of it was done" % "; ".join(texts))
        alone = [Plan(remove=[name]) for name in plan.remove] + [
            Plan(bring={name: plan.bring[name]}) for name in plan.bring
        ]
        good = [one for one in alone if not self._side_effects(entry, one, plan.names())]
        kept = sorted(plan.names() - {name for one in good for name in one.names()})
        plan.remove = [name for name in plan.remove if name not in kept]
        plan.bring = {name: version for name, version in plan.bring.items() if name not in kept}
        if not kept or self._side_effects(entry, plan, plan.names()):
            kept, plan.remove, plan.bring = sorted({*kept, *plan.names()}), [], {}
        plan.kept += ["%s stays as it is: %s" % (", ".join(kept), "; ".join(texts))]

    def _is_unused(self, entry: Entry, name: str, since: Set[str]) -> bool:
        """Return whether nothing came to a package that its purge would take away."""
        data = entry.after["data"].get(name, "")
        if name in entry.before["config"] or not data or package_record.data(self._host, name) != data:
            return False
        effects = {path: effect for path, effect in (entry.effects or {}).items() if effect.get("of") == name}
        if since.intersection(effects):
            return False
        folders = [path for path, effect in effects.items() if _is_new_folder(effect)]
        return not any(self._foreign(folder, entry.effects or {}) for folder in folders)

    def _foreign(self, folder: str, effects: Dict[str, Any]) -> bool:
        """Return whether a folder of a package holds what the step has not put there."""
        real = self._host.path(folder, follow=False)
        inside = [(folder + place[len(real) :], [*names, *others]) for place, names, others in os.walk(real)]
        return any(place + "/" + name not in effects for place, names in inside for name in names)

    def _purge(self, names: Set[str]) -> List[str]:
        packages = Packages(self._runner)
        left = sorted(name for name in names if packages.state(name)[1] == "config-files")
        return run(self._runner, [*APT, "purge", *left]) if left else []

    @staticmethod
    def _with_configuration(entry: Entry, packages: Packages) -> Dict[str, bool]:
        """Return name -> whether it is there, of the packages that the step brought and of which something is left."""
        found = {}
        for name, old, new in entry.after["acts"]:
            was_left, gone = name in entry.before["config"], packages.is_gone(name)
            brought = new and (not old or was_left)
            if brought and packages.state(name)[1] != "not-installed" and not (was_left and gone):
                found[name] = not gone
        return found


def _is_new_folder(effect: Dict[str, Any]) -> bool:
    return effect["before"]["kind"] == "absent" and effect["after"]["kind"] == "directory"


def _argv(entry: Entry, plan: Plan, simulate: bool = False) -> List[str]:
    """Return the one call of apt-get that takes a step back, so that one of two packages can take the other's place."""
    options = ["--simulate"] if simulate else []
    if not plan.bring:
        return [*APT, *options, "remove", *plan.remove]
    wanted = [_archive(entry, name, version) for name, version in sorted(plan.bring.items())]
    options += ["--no-install-recommends", "--allow-downgrades"]
    return [*APT, *options, "install", *wanted, *[name + "-" for name in plan.remove]]


def _archive(entry: Entry, name: str, version: str) -> str:
    """Return the kept archive of a package, or what apt-get has to look for."""
    head = "%s_%s_" % (name.partition(":")[0], version.replace(":", "%3a"))
    for path in entry.before["archives"]:
        if os.path.basename(path).startswith(head) and os.path.exists(path):
            return str(path)
    return "%s=%s" % (name, version)


def effects_that_stay(effects: Dict[str, Any], stays: Dict[str, bool]) -> Set[str]:
    """Return the paths that stay with packages. ``stays``: name -> whether it is there, or only its configuration.

    A package that is there keeps all that its installation did; of one that was removed the links of its units go.
    """
    links = ("/etc/systemd/", "/etc/rc")
    found = set()
    for path, effect in effects.items():
        name = effect.get("of", "")
        made = effect["before"]["kind"] == "absent"
        link = effect["after"]["kind"] == "link" and path.startswith(links)
        if name in stays and (stays[name] or (made and not link)):
            found.add(path)
    return found
