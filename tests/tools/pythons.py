"""The Pythons of this machine: of pyenv, or on the PATH."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path


def _version_key(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path.parent.parent.name)]


def find_python(version: str) -> str | None:
    """Find a Python ``3.X`` that runs: of pyenv, or on the PATH.

    pyenv's directory goes first because its commands on the PATH exist even for versions that are not chosen.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    installed = sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"), key=_version_key)
    if installed:
        return str(installed[-1])
    found = shutil.which(f"python{version}")
    return found if found and f"{os.sep}shims{os.sep}" not in found else None
