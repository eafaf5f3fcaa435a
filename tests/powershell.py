"""Where PowerShell is for tests, and how many cases are put to one process of it: a start takes a second.

Also read by the oldest Pythons of targets, so: standard library only, Python 3.8.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BESIDE = ROOT.parent / "shared" / "tools" / "pwsh" / "pwsh"
HOW = "missing pwsh (PowerShell 7: name it in HIPAA_CIS_PWSH, or put it on the PATH)"


def pwsh() -> str:
    """Return the program: that of HIPAA_CIS_PWSH, that of a folder beside the checkout, or that of the PATH; empty where none is."""
    named = os.environ.get("HIPAA_CIS_PWSH")
    if named:
        return named
    return str(BESIDE) if BESIDE.is_file() else shutil.which("pwsh") or ""


def why_no_pwsh() -> str:
    """Say that PowerShell is missing; empty where it is there. One that was named by mistake is no reason to leave tests out."""
    return "" if pwsh() else HOW


def run(script: Path, given: Any, seconds: float = 120.0) -> Any:
    """Return what a script answers, as JSON, to a JSON file that it is given; its arguments are that file and the one to write."""
    program = pwsh()
    assert program, HOW
    with tempfile.TemporaryDirectory() as folder:
        question, answer = Path(folder, "question.json"), Path(folder, "answer.json")
        question.write_text(json.dumps(given), encoding="utf-8")
        argv = [program, "-NoProfile", "-NonInteractive", "-File", str(script), str(question), str(answer)]
        environment = {**os.environ, "NO_COLOR": "1", "POWERSHELL_TELEMETRY_OPTOUT": "1", "HOME": folder}
        done = subprocess.run(argv, capture_output=True, timeout=seconds, check=False, env=environment)
        assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")
        return json.loads(answer.read_text(encoding="utf-8-sig"))
