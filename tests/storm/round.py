"""One round of a storm on a booted host: all that happens in it is drawn from its seed."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import DISRUPTIONS, Catalog, leaves
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.limits import Limits
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.platform import PlatformRemediation
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.remedies import NoRemedy, wanted_value
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.target import Unreachable
from tests.hosts.host import Host
from tests.storm import others, verdict
from tests.storm.others import Act, Claims
from tests.storm.target import Killed, StormTarget

ROOT = Path(__file__).parents[2]
RUN = "storm"
BENCHMARK = "debian_12@1.1.0"
# The host's own files, as a person who comes in from outside leaves them: never cut off by a rule.
OPTIONS = {"connection": "local", "user": "root", "token": "storm"}
MOST_ACTS = 6
# What a rule wants to be gone or to be there: brought about before the round, so that packages are at work in it.
UNWANTED = ("libpam-pwquality", "aide-common", "auditd", "cracklib-runtime")
WANTED = ("libpam-pwquality", "aide-common", "auditd", "cracklib-runtime")
LONGEST_SECONDS = 6.0
# Most is at stake where packages, services and several writers of one file are at work: such rules come more often.
RISKY = frozenset({"package", "service", "file_lines", "accounts", "sshd_option"})


@dataclass(frozen=True)
class Script:
    """What is to happen. Times are seconds from the beginning of the remediation or of the rollback."""

    rules: tuple[str, ...]
    installed: tuple[str, ...] = ()
    purged: tuple[str, ...] = ()
    before: tuple[Act, ...] = ()
    during: tuple[tuple[float, Act], ...] = ()
    after: tuple[Act, ...] = ()
    kill_apply: float | None = None
    kill_children: bool = False
    kill_rollback: float | None = None
    power_cut: bool = False


def fixable(known: Catalog) -> list[str]:
    """Return the rules of the benchmark that remediation can fix."""
    kinds = known.platforms["linux"].kinds
    names = {rule for item in known.benchmark(BENCHMARK).recommendations for rule in item.rules}
    return sorted(name for name in names if not known.rules[name].manual and _has_value(known.rules[name], kinds))


def _has_value(rule: Any, kinds: Any) -> bool:
    for leaf in leaves(rule.settings):
        with suppress(NoRemedy):
            wanted_value(leaf)
            if kinds[leaf["kind"]].write:
                return True
    return False


def write(seed: int, known: Catalog) -> Script:
    """Draw a round's script."""
    chance = random.Random(seed)
    names = fixable(known)
    risky = [name for name in names if RISKY & {leaf["kind"] for leaf in leaves(known.rules[name].settings)}]
    acts = [others.draw(chance, number) for number in range(chance.randint(1, MOST_ACTS))]
    first, second = sorted(chance.randint(0, len(acts)) for _cut in range(2))
    return Script(
        rules=tuple(
            sorted({*chance.sample(names, chance.randint(5, 40)), *chance.sample(risky, chance.randint(0, 60))})
        ),
        installed=tuple(chance.sample(UNWANTED, chance.choice((0, 1, 1, 2)))),
        purged=tuple(chance.sample(WANTED, chance.choice((0, 1, 2)))),
        before=tuple(acts[:first]),
        during=tuple((chance.uniform(0, LONGEST_SECONDS), act) for act in acts[first:second]),
        after=tuple(acts[second:]),
        kill_apply=chance.uniform(0.2, LONGEST_SECONDS) if chance.random() < 0.5 else None,
        kill_children=chance.random() < 0.3,
        kill_rollback=chance.uniform(0.1, 6.0) if chance.random() < 0.3 else None,
        power_cut=chance.random() < 0.15,
    )


class Round:
    """Plays one script. ``faults``: what was not as it has to be, in words."""

    def __init__(self, host: Host, seed: int, script: Script | None = None) -> None:
        self._host = host
        self._known = load_catalog()
        self.script = script or write(seed, self._known)
        self.target = StormTarget(host, ROOT)
        self.claims = Claims()
        self.faults: list[str] = []
        self.told: list[str] = []

    def play(self) -> list[str]:
        """Play it; return the faults."""
        self._prepare()
        start = verdict.look(self._host)
        for act in self.script.before:
            self._act(act)
        self._remediate()
        if self.script.power_cut:
            self._host.restart()
        for act in self.script.after:
            self._act(act)
        report = self._roll_back()
        self.target.settle()
        self.faults += verdict.judge(self._host, start, self.claims, report, RUN)
        return self.faults

    def _prepare(self) -> None:
        """Give the host the packages that the script begins with."""
        for verb, names in (("install --no-install-recommends", self.script.installed), ("purge", self.script.purged)):
            if names:
                self._host.run(["sh", "-c", f"{others.APT} {verb} {' '.join(names)}"], check=False, timeout=300)

    def _act(self, act: Act) -> None:
        """Let somebody do something, and note what is theirs now."""
        command = act.script.partition(" ")[2]
        before = others.history_of(self._host, command) if act.packages else []
        modes = {path: others.mode_of(self._host, path) for path in act.modes}
        done = self._host.run(["sh", "-c", act.script], check=False, timeout=300)
        self.claims.acts.append(f"{act.what} (exit {done.returncode})")
        self.claims.accounts.update(act.accounts)
        self.claims.units.update(act.units)
        self.claims.contents.update({path: others.content_of(self._host, path) for path in act.contents})
        # Who gives a file the mode that it has, as by us, changes nothing that anybody could see.
        given = {path: others.mode_of(self._host, path) for path in act.modes}
        self.claims.modes.update({path: mode for path, mode in given.items() if mode != modes[path]})
        if act.packages:
            calls = others.history_of(self._host, command)[len(before) :]
            for came, went in zip(calls[::2], calls[1::2], strict=True):
                self.claims.installed = (self.claims.installed - went) | came
                self.claims.removed = (self.claims.removed - came) | went

    def _later(self) -> list[threading.Timer]:
        timers = [threading.Timer(after, self._act, [act]) for after, act in self.script.during]
        for timer in timers:
            timer.start()
        return timers

    def _remediate(self) -> None:
        selection = Selection(
            benchmarks=(BENCHMARK,), level=2, profile="server", include={"rules": list(self.script.rules)}, exclude={}
        )
        (plan,) = make_plan(self._known, selection, {}, {})
        limits = Limits(RUN, frozenset(DISRUPTIONS), 60.0, check=False, options=OPTIONS)
        self.target.kill_after, self.target.kill_children = self.script.kill_apply, self.script.kill_children
        remediation = PlatformRemediation(plan, self.target, limits)
        timers = self._later()
        try:
            remediation.run()
        except (HipaaCisError, Unreachable) as problem:
            self.told.append(f"the remediation ended: {problem}")
        finally:
            for timer in timers:
                timer.join()
        self.told.append(f"steps: {[step['label'] for step in remediation.steps]}; broke off: {remediation.broke_off}")

    def _roll_back(self) -> dict[str, Any]:
        """Roll back, killed once where the script says so; with force only where conflicts are named."""
        if not (self._host.root / "var/lib/hipaa-cis" / RUN / "journal").exists():
            return {"conflicts": [], "kept": [], "problems": [], "forced": False}
        if self.script.kill_rollback is not None:
            with suppress(Killed):
                self.target.roll_back(RUN, force=False, dry=False, kill=self.script.kill_rollback)
        said = dict(self.target.roll_back(RUN, force=False, dry=True))
        report = dict(self.target.roll_back(RUN, force=False, dry=False))
        self.told.append(f"rollback: {report}")
        if "refused" in report:
            self.faults.append(f"the rollback is refused: {report['refused']}")
            return {"conflicts": [], "kept": [], "problems": [], "forced": False}
        if said.get("conflicts") != report["conflicts"]:
            self.faults.append(f"check mode names other conflicts: {said.get('conflicts')} and {report['conflicts']}")
        if report["conflicts"]:
            forced = dict(self.target.roll_back(RUN, force=True, dry=False))
            self.told.append(f"with force: {forced}")
            return {**forced, "conflicts": report["conflicts"], "forced": True}
        return {**report, "forced": False}
