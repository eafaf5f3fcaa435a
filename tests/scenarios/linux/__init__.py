"""Scenarios of every kind: a planted state of a host and the verdict it has to get.

One module a kind, named after it, with a list ``SCENARIOS``. The same table serves three tests:
the reader on a directory tree (``tests/unit/target/linux``, any Python from 3.8, standard library
only), the verdict by plan and judge (``tests/unit/both_sides``), and, where ``on_host`` says so,
the same state planted on a booted host (``tests/integration``).
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, Runner
from tests.scenarios import boot

# What a command gives; where that hangs on the files, a function of the tree's root.
Command = Union[str, CommandResult, Callable[[str], str]]


@dataclass(frozen=True)
class File:
    """A planted file: text or bytes, a mode, or a link target, or a directory."""

    text: Union[str, bytes] = ""
    mode: int = 0o644
    link: Optional[str] = None
    directory: bool = False


class Part(Dict[str, Any]):
    """What is compared of a document: its other keys are not what a scenario is about."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and all(key in other and other[key] == value for key, value in self.items())

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None


@dataclass(frozen=True)
class Scenario:
    """One planted state.

    ``files``: path -> text or `File`; ``commands``: command line, words joined by blanks -> its
    output or `CommandResult` (a command that is not named is "not installed").
    ``observed``: the exact observation as a dict (``state``, ``value``; keys left out are not compared).
    ``expect``: the expectation of the setting, as a rule would write it; ``verdict``: its outcome.
    ``options``: the run's options for the readers (limits and exclusions of the scan).
    ``on_host``: whether the same files can be planted on a booted host; ``host_commands`` are then
    run there after the files are written (and the recorded ``commands`` are ignored).
    ``wanted``: the value that remediation is to set; the state is then also fixed, judged again (it has to
    pass), fixed once more (nothing may change) and rolled back (the tree has to be what it was). Files below
    /proc, /sys and /run/systemd are recordings of what a kernel or systemd shows: on a booted host
    they are not planted, its own state or ``host_commands`` bring them about.
    """

    id: str
    address: Dict[str, Any]
    expect: Dict[str, Any]
    verdict: str
    observed: Dict[str, Any]
    select: Optional[str] = None
    files: Dict[str, Union[str, bytes, File]] = field(default_factory=dict)
    commands: Dict[str, Command] = field(default_factory=dict)
    privileged: bool = True
    options: Dict[str, Any] = field(default_factory=dict)
    on_host: bool = False
    host_commands: Sequence[Sequence[str]] = ()
    wanted: Any = None


def all_scenarios() -> List[Tuple[str, Scenario]]:
    """Return every (kind, scenario), in the order of module names."""
    found: List[Tuple[str, Scenario]] = []
    for module in pkgutil.iter_modules(__path__):
        table = importlib.import_module(__name__ + "." + module.name).SCENARIOS
        found.extend((module.name, scenario) for scenario in table)
    return found


def plant(root: str, scenario: Scenario) -> None:
    """Write the scenario's files below ``root``."""
    for path, planted in scenario.files.items():
        wanted = planted if isinstance(planted, File) else File(text=planted)
        target = root + path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if wanted.link is not None:
            os.symlink(wanted.link, target)
        elif wanted.directory:
            os.makedirs(target, exist_ok=True)
            os.chmod(target, wanted.mode)
        else:
            content = wanted.text.encode() if isinstance(wanted.text, str) else wanted.text
            with open(target, "wb") as stream:
                stream.write(content)
            os.chmod(target, wanted.mode)


def host_for(root: str, scenario: Scenario) -> Host:
    """Return the `Host` that reads below ``root`` with the scenario's recorded commands."""

    def recorded(argv: Sequence[str], _timeout: float) -> CommandResult:
        command = " ".join(argv)
        answer = scenario.commands.get(command, boot.targets() if command == boot.ASKED else None)
        if answer is None:
            return CommandResult(problem="not installed", missing=True)
        return _result(answer, root)

    return Host(root=root, runner=recorded, privileged=scenario.privileged, options=scenario.options)


def changer_for(scenario: Scenario, root: str = "") -> Runner:
    """Return a runner of changes: the scenario's recorded commands, success for all others."""

    def recorded(argv: Sequence[str], _timeout: float) -> CommandResult:
        return _result(scenario.commands.get(" ".join(argv), ""), root)

    return recorded


def _result(answer: Command, root: str) -> CommandResult:
    if isinstance(answer, CommandResult):
        return answer
    return CommandResult(0, answer if isinstance(answer, str) else answer(root), "")


def apply_wanted(root: str, kind: str, scenario: Scenario, run_id: str = "first") -> Dict[str, Any]:
    """Apply the scenario's wanted value below ``root`` and return the answer."""
    options = {"user": "auditor", **scenario.options}
    changes = {"it": [kind, scenario.address, scenario.wanted]}
    return ask(root, changer_for(scenario, root), changes, mode="apply", run_id=run_id, options=options)


def ask(root: str, runner: Runner, changes: Mapping[str, Any], mode: str = "plan", **more: Any) -> Dict[str, Any]:
    """Return the answer of the apply module to changes (name -> kind, address and wanted value) of the tree ``root``.

    ``more``: other keys of the request, such as ``group`` or ``options``.
    """
    request = {"version": 1, "mode": mode, "run_id": "run", "group": "plain", "options": {}, "changes": changes, **more}
    return Apply(parse(json.dumps(request)), root, runner).answer()
