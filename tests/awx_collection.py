"""The collection awx.awx for tests, fetched once into the user's cache, by its digest; it is no part of the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

PINNED = Path(__file__).with_name("awx_collection.txt")
MEMBERS = "ansible_collections/awx/awx/"


def collection_path() -> Path:
    """The folder that has `ansible_collections/awx/awx`; skips the test where it cannot be had."""
    digest = PINNED.read_text().strip().rpartition(":")[2]
    place = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hipaa-cis" / f"awx-{digest[:16]}"
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as folder:
            command = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-deps",
                "--require-hashes",
                "-r",
                str(PINNED),
                "-d",
                folder,
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
            if done.returncode:
                pytest.skip("left out on this machine: missing the collection awx.awx")
            with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as archive:
                archive.extractall(f"{folder}/out", [name for name in archive.namelist() if name.startswith(MEMBERS)])
            try:
                Path(f"{folder}/out").rename(place)
            except OSError:
                # Another process was quicker.
                shutil.rmtree(f"{folder}/out", ignore_errors=True)
    return place
