"""A fleet on one machine: hosts of the second platform over local connections, each with a Python of its own that may misbehave."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests import pump
from tests.pump import SAFE

FORKS = 10
PROGRAM = Path(sys.executable).with_name("ansible-playbook")
# An audit and nothing else: without the look at the options, and without the reports.
AUDIT = """
- hosts: all
  gather_facts: false
  tasks:
    - hipaa.cis.audit:
"""


class Fleet:
    """Hosts whose Python notes each call in `calls`, one file a host, and does what its script says before the real one begins."""

    def __init__(self, folder: Path, hosts: int, scripts: Mapping[str, str] | None = None, default: str = "") -> None:
        self.folder, self.runs, self.calls = folder, folder / "runs", folder / "calls"
        self.names = [f"pump-{number:03}" for number in range(hosts)]
        self.calls.mkdir()
        python = folder / "python"
        for name, script in {"": default, **(scripts or {})}.items():
            place = folder / f"python{name and '-' + name}"
            place.write_text(f'#!/bin/sh\necho . >> "{self.calls}/$AUDITED"\n{script}\nexec {sys.executable} "$@"\n')
            place.chmod(0o755)
        options = pump.variables(self.runs)
        options["ansible_python_interpreter"] = str(python)
        own = {name: {"ansible_python_interpreter": f"{python}-{name}"} for name in scripts or {}}
        everywhere = {"ansible_connection": "local", **options}
        # Which host it is, is told to the Python by its environment.
        hosts_of = {name: own.get(name, {}) for name in self.names}
        self.inventory = folder / "inventory.json"
        self.inventory.write_text(json.dumps({"all": {"hosts": hosts_of, "vars": everywhere}}))
        self.play = folder / "audit.yml"
        self.play.write_text(AUDIT + "      environment: {AUDITED: '{{ inventory_hostname }}'}\n")
        self.environment = {
            **pump.checkout_environment(folder, SAFE),
            "ANSIBLE_FORKS": str(FORKS),
            "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
            "NO_COLOR": "1",
        }

    def arguments(self, playbook: str, *more: str, **variables: object) -> list[str]:
        return [str(PROGRAM), playbook, "-i", str(self.inventory), "-e", json.dumps(variables), *more]

    def start(self, *more: str, **variables: object) -> subprocess.Popen[str]:
        """Begin an audit of all hosts."""
        return subprocess.Popen(
            self.arguments(str(self.play), *more, **variables),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, playbook: str = "", *more: str, **variables: object) -> tuple[int, str]:
        """Do all of an audit, or play a playbook, and return status and what was said, in one line."""
        done = self.command(self.arguments(playbook or str(self.play), *more, **variables))
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    def refused(self, playbook: str, **variables: object) -> str:
        """Play a playbook that fails as a task does, and return what was said."""
        code, said = self.run(playbook, **variables)
        assert code == 2, said
        assert "Traceback" not in said, said
        return said

    def command(self, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command, whatever comes of it."""
        return subprocess.run(arguments, env=self.environment, capture_output=True, text=True, timeout=180, check=False)

    def called(self) -> dict[str, int]:
        """How often each host was audited."""
        return {path.name: path.read_text().count(".") for path in sorted(self.calls.iterdir())}
