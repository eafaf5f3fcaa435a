"""The collection's target code on a booted host, called as its modules call it, and killed where a round says so."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlatformPlan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.request import named, numbered
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, NoAnswer
from tests.hosts.host import Host

CODE = "/opt/hipaa-cis-storm"
LINUX = "ansible_collections.hipaa.cis.plugins.module_utils.linux"
# A kill may leave apt or systemctl at work, which end by themselves.
SETTLE_SECONDS = 120.0
OBSERVE = f"from {LINUX}.observe import observe as call"
APPLY = f"""\
from {LINUX}.apply import Apply, parse
def call(text):
    return Apply(parse(text)).answer()
"""
ROLL_BACK = f"""\
from {LINUX}.change.rollback import roll_back
def call(text):
    run_id, report = roll_back(**json.loads(text))
    return dict(vars(report), run_id=run_id)
"""
# What is wrong becomes words, as in the modules; a crash stays a crash.
CALL = """\
import json, sys
sys.path.insert(0, {code!r})
{define}
from {linux}.change.files import ChangeError
from {linux}.observation import ReadError
try:
    answer = call(sys.stdin.read())
except (ChangeError, ReadError) as problem:
    answer = dict(refused=str(problem))
json.dump(answer, sys.stdout, default=str)
"""


class Killed(Exception):
    """The call was killed on the host, as a round wanted it."""


class StormTarget:
    """One host, as `PlatformRemediation` sees it. ``kill_after``: seconds after which the next apply is killed, once."""

    def __init__(self, host: Host, source: Path) -> None:
        self.host = host
        self.kill_after: float | None = None
        self.kill_children = False
        self.killed = False
        folder = host.root / CODE.lstrip("/") / "ansible_collections/hipaa/cis/plugins"
        shutil.copytree(
            source / "plugins" / "module_utils", folder / "module_utils", ignore=shutil.ignore_patterns("__pycache__")
        )

    def observe(self, plan: PlatformPlan) -> Mapping[str, Any]:
        """Return the observations."""
        answer = self._call(OBSERVE, json.dumps(numbered(plan.request)))
        return {**answer, "observations": named(answer["observations"], plan.request["settings"])}

    def apply(self, _plan: PlatformPlan, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the answer of an apply. Raises `NoAnswer` where it was killed, `HipaaCisError` where it was refused."""
        kill, self.kill_after = (self.kill_after, None) if request["mode"] == "apply" else (None, self.kill_after)
        try:
            answer = self._call(APPLY, json.dumps(request), kill)
        except Killed:
            self.killed = True
            raise NoAnswer("the module was killed") from None
        if "refused" in answer:
            raise HipaaCisError(str(answer["refused"]))
        return answer

    def reconnect(self) -> None:
        """Nothing is kept open."""

    def roll_back(self, run_id: str, *, force: bool, dry: bool, kill: float | None = None) -> Mapping[str, Any]:
        """Return the report of a rollback, ``refused`` with the reason where there was none. Raises `Killed`."""
        return self._call(ROLL_BACK, json.dumps({"run_id": run_id, "force": force, "dry": dry}), kill)

    def _call(self, define: str, text: str, kill: float | None = None) -> dict[str, Any]:
        script = CALL.format(code=CODE, define=define, linux=LINUX)
        done = threading.Event()
        killer = threading.Thread(target=self._kill, args=(kill, done)) if kill is not None else None
        if killer:
            killer.start()
        try:
            result = self.host.run(["python3", "-B", "-c", script], data=text, check=False, timeout=900)
        finally:
            done.set()
            if killer:
                killer.join()
        if result.returncode and kill is not None and not result.stderr.strip():
            self.settle()
            raise Killed
        assert not result.returncode, result.stderr[-3000:]
        answer: dict[str, Any] = json.loads(result.stdout)
        return answer

    def _kill(self, after: float, done: threading.Event) -> None:
        if done.wait(after):
            return
        pattern = f"^python3 -B -c import json, sys.sys.path.insert.0, '{CODE}'"
        self.host.run(["pkill", "--signal", "KILL", "--full", pattern], check=False)
        if self.kill_children:
            for name in ("apt-get", "dpkg"):
                self.host.run(["pkill", "--signal", "KILL", "-x", name], check=False)

    def settle(self) -> None:
        """Wait until what a killed call had started has ended by itself."""
        until = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < until:
            if self.host.run(
                ["pgrep", "-x", "apt-get|dpkg|systemctl|augenrules|pam-auth-update"], check=False
            ).returncode:
                return
            time.sleep(0.2)
        raise subprocess.TimeoutExpired("what a killed call had started", SETTLE_SECONDS)
