"""What git ignores is nobody's to lint: `make release` and the like put other people's YAML there."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
LINES = (ROOT / ".gitignore").read_text().splitlines()
FOLDERS = [line.strip("/").replace("*", "x") for line in LINES if line.startswith("/.") or line in ("/tmp/", "/build/")]


@pytest.mark.parametrize("folder", [one for one in FOLDERS if not one.startswith(".ci")])
def test_folder_that_git_ignores_is_not_linted(folder):
    ignored = yaml.safe_load((ROOT / ".yamllint").read_text())["ignore"].split()

    assert any(fnmatch(folder, one.rstrip("/")) for one in ignored)
