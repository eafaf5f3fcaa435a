"""The audit of booted hosts through the real ansible-playbook."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]


class Audit(NamedTuple):
    """What one command gave."""

    code: int
    said: str
    folder: Path

    def record(self, host: str) -> dict[str, Any]:
        # Not at the head: pytest reads this file before pytest-ansible teaches Python where collections lie.
        from tests.records import record_in

        return record_in(self.folder, host)

    def findings(self, host: str) -> dict[str, dict[str, Any]]:
        return {finding["rule"]: finding for finding in self.record(host)["findings"]}


@pytest.fixture
def audit_hosts(write_inventory, tmp_path):
    """Return a function that audits booted hosts; `own` gives some of them variables of their own."""

    def run(hosts, *, user="root", own=None, **variables):
        inventory = write_inventory(hosts, user=user)
        document = json.loads(inventory.read_text())
        for host, extra in (own or {}).items():
            document["all"]["children"]["test_hosts"]["hosts"][host.name].update(extra)
        inventory.write_text(json.dumps(document))
        defaults = {"hipaa_cis_run_dir": str(tmp_path / "runs"), "hipaa_cis_level": 2}
        process = subprocess.run(
            [
                str(Path(sys.executable).with_name("ansible-playbook")),
                "hipaa.cis.audit",
                "-i",
                str(inventory),
                "-e",
                json.dumps({**defaults, **variables}),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        # Ansible folds long messages; the words are what counts.
        said = " ".join((process.stdout + process.stderr).split())
        # The link `latest` does not lead to a run that looked at nothing.
        runs = [path for path in (tmp_path / "runs").glob("2*") if path.is_dir()]
        return Audit(process.returncode, said, max(runs, key=lambda path: path.stat().st_mtime, default=tmp_path))

    return run
