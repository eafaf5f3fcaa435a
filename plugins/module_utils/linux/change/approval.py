# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person approves of a plan: each part of it, with a digest of what was read and of what it is to become.

A part is ``{what, type, changes, from, to, read, gives}``: a file, a running kernel parameter, a package, a unit or a
command. ``read`` and ``gives`` are SHA-256; ``read`` is empty where it can't be told, which is never as approved.
What this run itself has changed counts as it was before the run, as its journal has it.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import account_files, difference, files
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError, State
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import ENDED, Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import FILE, KERNEL, Step
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, Runner
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

Part = Dict[str, Any]
# what -> [read, gives, together] of one change; `together`: the digest of the changes that share the part.
Approved = Mapping[str, Sequence[str]]
NOT_IN_PLAN = "not in the approved plan"
CHANGED_SINCE = "changed since the plan"
_RUNNING = ("active", "reloading", "activating", "refreshing")


def digest(document: Any) -> str:
    """Return the SHA-256 of a JSON document, whatever the order of its keys."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def together(changes: Iterable[str]) -> str:
    """Return the digest of the changes that share a part."""
    return digest(sorted(changes))


class Approval:
    """Looks at what planned steps would change. ``host``: as it is now, with nothing planned laid over it."""

    def __init__(self, host: Host, runner: Runner, journal: Journal) -> None:
        self._host = host
        self._runner = runner
        self._journal = journal
        self._states: Optional[Dict[str, Tuple[State, State]]] = None
        self._reads: Dict[str, str] = {}
        self._packages: Optional[Dict[str, str]] = None
        self._units: Dict[str, str] = {}

    def parts(self, steps: Sequence[Step]) -> List[Part]:
        """Return the parts of all steps, and give each step what was read for it. Raises `ChangeError`."""
        found: List[Part] = []
        self._look_at_units(steps)
        for step in steps:
            made = self._parts(step)
            step.read = {part["what"]: part["read"] for part in made}
            found += made
        return found

    def differing(self, parts: Sequence[Part], approved: Mapping[str, Approved]) -> Dict[str, str]:
        """Return change -> reason of those that are not what was approved."""
        mine: Dict[str, Dict[str, Part]] = {}
        for part in parts:
            for change in part["changes"]:
                mine.setdefault(change, {})[part["what"]] = part
        reasons = {}
        for change, own in mine.items():
            if change not in approved:
                reasons[change] = NOT_IN_PLAN
                continue
            wrong = self._wrong(own, approved[change])
            if wrong:
                reasons[change] = "%s: %s" % (CHANGED_SINCE, ", ".join(wrong))
        return reasons

    def _wrong(self, own: Mapping[str, Part], approved: Approved) -> List[str]:
        gone = [what for what in approved if what not in own and not self._is_ours(what)]
        return sorted(gone + [what for what, part in own.items() if not self._as_approved(part, approved.get(what))])

    def _as_approved(self, part: Part, approved: Optional[Sequence[str]]) -> bool:
        if approved is None or not part["read"] or part["read"] != approved[0]:
            return False
        # Where a change that shares the file is not made, or this run has written it already, the rest of it is other.
        alone = together(part["changes"]) != approved[2] or self._is_ours(part["what"])
        return alone or part["gives"] == approved[1]

    def _is_ours(self, what: str) -> bool:
        """Return whether this run has changed something already."""
        self._read_journal()
        return what in self._reads or what in (self._states or {})

    def _read_journal(self) -> None:
        if self._states is not None:
            return
        self._states = {}
        for entry in self._journal.entries() if self._journal.exists() else ():
            if entry.status in ENDED:
                continue
            seen = {entry.step["path"]: {"before": entry.before, "after": entry.after}} if "path" in entry.step else {}
            for path, both in {**seen, **(entry.effects or {})}.items():
                first = self._states[path][0] if path in self._states else both["before"]
                self._states[path] = (first, both["after"])
            for what, read in entry.step.get("read", {}).items():
                self._reads.setdefault(what, read)

    def _before_run(self, path: str, now: State) -> State:
        """Return the state of a path before this run where it is still as the run has left it, else as it is now."""
        self._read_journal()
        first, last = (self._states or {}).get(path, (now, {}))
        if not last or not files.same(now, last):
            return now
        return {**first, "sha256": now["sha256"]} if "sha256" in now and _lacks_content(first) else first

    def _parts(self, step: Step) -> List[Part]:
        if step.type == FILE:
            return [self._file(step)]
        if step.type == KERNEL:
            return [self._kernel(step)]
        if step.base:
            return [self._named(step, name) for name in step.names()]
        return [self._command(step)]

    def _file(self, step: Step) -> Part:
        contents = step.content is not None or step.remove
        wanted = {name: getattr(step, name) for name in ("remove", "directory", "mode", "uid", "gid")}
        if step.lists:
            wanted["lists"] = {name: new for name, (_old, new) in step.lists.items()}
        if step.content is not None:
            wanted["sha256"] = hashlib.sha256(step.content).hexdigest()
        read = ""
        try:
            now = files.state(self._host.path(step.path, follow=False), contents=contents)
            before = self._before_run(step.path, now)
            read = digest(
                {key: before[key] for key in files.COMPARED if key in before and (contents or key != "sha256")}
            )
        except (OSError, ChangeError, ReadError):
            pass
        gives = digest(wanted)
        old, new = self._shown(step, read, gives)
        return _part(step, step.path, step.changes, (old, new), (read, gives))

    def _shown(self, step: Step, read: str, gives: str) -> Tuple[List[str], List[str]]:
        """Return what a file is and is to be, as a person may read it; as digests where not everybody may read it."""
        parts = difference.shown(self._host, step) or {}
        old, new = [_attributes(parts[name]) if name in parts else [] for name in ("before", "after")]
        if step.remove or new == ["absent"]:
            new = ["absent"] if step.remove else []
        if "note" in parts or not self._is_public(step):
            return [*old, "digest " + (read or "unknown")], [*new, "digest " + gives]
        lines = parts.get("lines", "")
        changed = lines.split("\n")[2:]
        cut = ["(the rest is not shown)"] if len(lines) >= difference.MAX_DIFF else []
        old += [line[1:] for line in changed if line.startswith("-")]
        return old + cut, new + [line[1:] for line in changed if line.startswith("+")] + cut

    def _is_public(self, step: Step) -> bool:
        if step.content is None:
            return not step.remove
        try:
            return not self._host.exists(step.path) or difference.is_public(self._host, step.path)
        except (OSError, ReadError):
            return False

    def _kernel(self, step: Step) -> Part:
        wanted = (step.content or b"").decode()
        try:
            value = " ".join(words_of(self._host.read_text(step.path)))
        except ReadError:
            return _part(step, step.path, step.changes, (["unknown"], [wanted]), ("", digest(wanted)))
        before = self._before_kernel(step.path, value)
        return _part(step, step.path, step.changes, ([value], [wanted]), (digest(before), digest(wanted)))

    def _before_kernel(self, path: str, value: str) -> str:
        self._read_journal()
        first, last = (self._states or {}).get(path, ({}, {}))
        ours = last.get("kind") == "kernel" and " ".join(words_of(last["value"])) == value
        return " ".join(words_of(first["value"])) if ours else value

    def _named(self, step: Step, name: str) -> Part:
        state = self._package(name) if step.packages else self._units.get(name, "")
        what = "%s %s" % (step.title, name)
        changes = step.named.get(name, step.changes)
        read = self._reads_first(what, digest(state) if state else "")
        shown = ([state or "unknown"], [what])
        return _part(step, what, changes, shown, (read, digest([*step.base, name])))

    def _command(self, step: Step) -> Part:
        what = step.command_line()
        state = [[*record[:3], self._field(record)] for record in step.records]
        read = self._reads_first(what, digest(state))
        return _part(step, what, step.changes, ([], ["run: " + what]), (read, digest(list(step.argv))))

    def _reads_first(self, what: str, now: str) -> str:
        """Return what this run read first where it has done the same already, for that is what was approved."""
        self._read_journal()
        return self._reads.get(what, now)

    def _field(self, record: Sequence[object]) -> str:
        """Return a field of an account, of a password only whether it is locked: people change theirs all the time."""
        path, name, column = str(record[0]), str(record[1]), int(str(record[2]))
        try:
            lines = self._host.read_text(path).split("\n")
        except ReadError:
            return ""
        fields = next((line.split(":") for line in lines if line.startswith(name + ":")), [])
        if column >= len(fields):
            return ""
        return fields[column][:1] if column == account_files.SECRET else fields[column]

    def _package(self, name: str) -> str:
        if self._packages is None:
            result = self._runner(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\\n"], 60.0)
            if result.problem or result.exit_code:
                return ""
            rows = [words_of(line) for line in result.stdout.split("\n")]
            self._packages = {row[0]: row[1] for row in rows if len(row) == 2 and row[1] != "not-installed"}
        return self._packages.get(name.partition(":")[0], "absent")

    def _look_at_units(self, steps: Sequence[Step]) -> None:
        names = [name for step in steps if step.base and not step.packages for name in step.names()]
        names = [name for name in dict.fromkeys(names) if name not in self._units]
        if not names:
            return
        properties = "--property=LoadState,ActiveState,UnitFileState"
        result = self._runner(["systemctl", "show", properties, "--", *names], 60.0)
        if result.problem or result.exit_code:
            return
        blocks = result.stdout.strip("\n").split("\n\n")
        if len(blocks) == len(names):
            self._units.update(zip(names, map(_unit_state, blocks)))


def _unit_state(block: str) -> str:
    told = dict(line.split("=", 1) for line in block.split("\n") if "=" in line)
    running = "running" if told.get("ActiveState") in _RUNNING else "not running"
    return ", ".join(part for part in (told.get("LoadState", ""), told.get("UnitFileState", ""), running) if part)


def _attributes(text: str) -> List[str]:
    return ["absent"] if text == "kind=absent" else [text.replace("kind=absent ", "")]


def _lacks_content(state: State) -> bool:
    return state.get("kind") == "file" and "sha256" not in state


def _part(
    step: Step, what: str, changes: Sequence[str], shown: Tuple[List[str], List[str]], digests: Tuple[str, str]
) -> Part:
    owned = what[len(step.title) + 1 :] if step.base else what
    return {
        "what": what,
        "type": step.type,
        "changes": sorted(changes),
        "from": shown[0],
        "to": shown[1],
        "read": digests[0],
        "gives": digests[1],
        **({"owned_by": step.owned_by[owned]} if owned in step.owned_by else {}),
    }
