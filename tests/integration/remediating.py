"""Fixtures of tests that remediate booted hosts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from tests.hosts.snapshot import LOGIN_TRACES

# Wrong on a stock host, and without any disruption to put right.
RULES = ["crontab_permissions", "cron_hourly_permissions", "redirects_not_sent"]
# The journal stays on the host, and the times of folders and restored files are not part of what is compared.
JOURNAL = ("/var/lib/hipaa-cis", "/var/lib/hipaa-cis/*")


@pytest.fixture
def playbook_command(write_inventory, tmp_path):
    """A function that gives the command line of a playbook of the collection, run as a user who may use sudo."""

    def command(name: str, hosts: list[Any], *extra: str, **variables: Any) -> list[str]:
        inventory = write_inventory(hosts, user="auditor")
        given = {
            "hipaa_cis_run_dir": str(tmp_path / "runs"),
            "hipaa_cis_benchmark": ["debian_12@1.1.0"],
            "hipaa_cis_include": {"rules": RULES},
            **variables,
        }
        program = Path(sys.executable).with_name("ansible-playbook")
        return [str(program), f"hipaa.cis.{name}", "-i", str(inventory), "-e", json.dumps(given), *extra]

    return command


@pytest.fixture
def playbook(playbook_command) -> Callable[..., tuple[int, str]]:
    """A function that runs a playbook of the collection: (exit code, output)."""

    def run(name: str, hosts: list[Any], *extra: str, **variables: Any) -> tuple[int, str]:
        return run_command(playbook_command(name, hosts, *extra, **variables))

    return run


def module_on(host: Any, run_ansible: Callable[..., str], write_inventory: Callable[..., Path]) -> Callable[..., Any]:
    """Return a function that runs a module of the collection on a host as root and gives its answer."""
    inventory = write_inventory([host], user="root")

    def run(name: str, arguments: dict[str, Any]) -> Any:
        said = run_ansible("all", "-i", inventory, "-m", f"hipaa.cis.{name}", "-a", json.dumps(arguments))
        return json.loads(said[said.index("{") :])

    return run


def run_command(argv: list[str], seconds: float = 1800) -> tuple[int, str]:
    """Run a command line of Ansible's: (exit code, output)."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def remediation_of(tmp_path):
    """A function that gives the remediation record of a host in the newest run."""

    def read(host: Any) -> dict[str, Any]:
        record: dict[str, Any] = json.loads(
            (tmp_path / "runs" / "latest" / "remediation" / f"{host.name}.json").read_text()
        )
        validator("remediation_record").validate(record)
        return record

    return read


@pytest.fixture
def results(remediation_of):
    """A function that gives rule -> result of a host in the newest run."""
    return lambda host: {item["rule"]: item["result"] for item in remediation_of(host)["results"]}


def mode(host: Any, path: str = "/etc/crontab") -> str:
    """Return the permissions of a file of a host."""
    return str(host.run(["stat", "-c", "%a", path]).stdout.strip())


def journals(host: Any) -> list[str]:
    """Return the ids of the runs that have a journal on a host, the oldest first."""
    said = host.run(["sh", "-c", "ls -tr /var/lib/hipaa-cis/*/journal 2>/dev/null || :"]).stdout
    return [path.split("/")[-2] for path in said.split()]


def changes(before: Any, host: Any, ignore: tuple[str, ...] = ()) -> list[str]:
    """Return what of a host differs from its snapshot, times aside."""
    found = [str(change) for change in before.changes(host.snapshot(), ignore=(*LOGIN_TRACES, *JOURNAL, *ignore))]
    return [change for change in found if not change.endswith(": mtime_ns")]


def children(pid: int) -> list[int]:
    """Return the processes below one, whatever session they have made for themselves."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *children(int(child))]
    return found


def kill_tree(pid: int) -> None:
    """End a process of this test with all that it has started, as a power cut does: Ansible's workers are on their own."""
    for one in [pid, *children(pid)]:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
