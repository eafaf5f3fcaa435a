"""Python environments of a release, of locked packages only."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.tools.lock import LINES, RELEASE_LINE
from tests.tools.release.checkout import Refused

# What the caller has exported for Ansible, Python or the collection would make the release depend on it.
FOREIGN = ("ANSIBLE_", "ANTSIBULL_", "GALAXY_IMPORTER_", "HIPAA_CIS_", "PYTHON")


def clean(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the caller's environment without what concerns Ansible and Python, and with ``extra``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return {
        **kept,
        "PYTHONDONTWRITEBYTECODE": "1",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "ANSIBLE_NOCOLOR": "1",
        **extra,
    }


def run(command: list[str], doing: str, *, folder: Path, extra: Mapping[str, str], seconds: int = 600) -> str:
    """Run a command in ``folder`` and return what it says; raises Refused, beginning with ``doing``, where it fails."""
    try:
        done = subprocess.run(
            command, cwd=folder, env=clean(extra), capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise Refused(f"{doing}: nothing came of it in {seconds} seconds") from None
    said = (done.stdout + done.stderr).strip()
    if done.returncode != 0:
        raise Refused(f"{doing}: {Path(command[0]).name} ended with {done.returncode}:\n{said[-3000:]}")
    return said


def make(python: str, lock: Path, place: Path) -> Path:
    """Make a virtual environment of a Python in ``place``, with what ``lock`` names, and return its programs' folder."""
    run([python, "-m", "venv", "--clear", str(place)], f"no environment with {python}", folder=Path("/"), extra={})
    pip = [
        str(place / "bin/python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
    ]
    run([*pip, "-r", str(lock)], f"what {lock.name} names is not installed", folder=Path("/"), extra={})
    return place / "bin"


def tools(root: Path) -> Path:
    """Return the folder of the programs that a release needs; they are kept as long as their lock and this Python stay."""
    oldest = LINES[RELEASE_LINE][0]
    if sys.version_info[:2] < tuple(map(int, oldest.split("."))):
        raise Refused(
            f"a release is made with Python {oldest} or newer, and this is {sys.version.split()[0]}: "
            f"make clean setup PYTHON=/path/to/python{oldest}"
        )
    lock = root / "locks/release.txt"
    state = hashlib.sha256(lock.read_bytes() + sys.version.encode() + sys.base_prefix.encode()).hexdigest()
    place = root / ".cache/release-tools"
    mark = place / "made-for"
    if not mark.is_file() or mark.read_text(encoding="utf-8") != state or not (place / "bin/python").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(exist_ok=True)
        make(sys.executable, lock, place)
        mark.write_text(state, encoding="utf-8")
    return place / "bin"
