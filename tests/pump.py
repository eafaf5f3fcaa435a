"""The second platform in use: what a command needs to audit pumps."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PLATFORM = ROOT / "tests" / "second_platform"
SAFE = {"network": True, "telnet": False, "screen_lock_minutes": 4}


def variables(runs: Path) -> dict[str, Any]:
    """The variables of an audit of pumps that writes to the base folder `runs`."""
    return {
        "ansible_python_interpreter": sys.executable,
        "hipaa_cis_become": False,
        "hipaa_cis_benchmark": ["pump"],
        "hipaa_cis_catalog_paths": [str(PLATFORM / "catalog")],
        "hipaa_cis_run_dir": str(runs),
    }


def environment(folder: Path, settings: Mapping[str, Any]) -> dict[str, str]:
    """The environment in which every pump has these settings, kept in `folder`."""
    (folder / "pump.json").write_text(json.dumps(settings))
    return {
        "ANSIBLE_LIBRARY": str(PLATFORM / "library"),
        "PUMP_SETTINGS": str(folder / "pump.json"),
    }


def checkout_environment(folder: Path, settings: Mapping[str, Any]) -> dict[str, str]:
    """The same with all that the caller has, and the checkout's own ansible.cfg."""
    return {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), **environment(folder, settings)}


def play(
    arguments: Sequence[str], environ: Mapping[str, str], cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ansible-playbook of this interpreter, whatever comes of it."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), *arguments],
        env=dict(environ),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
