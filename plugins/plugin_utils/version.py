# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's version, read from what is installed: MANIFEST.json, or galaxy.yml in a checkout."""

from __future__ import annotations

import json
import re
from pathlib import Path


def _version() -> str:
    root = Path(__file__).parents[2]
    manifest = root / "MANIFEST.json"
    if manifest.is_file():
        return str(json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]["version"])
    found = re.search(r"^version:\s*(\S+)", (root / "galaxy.yml").read_text(encoding="utf-8"), re.MULTILINE)
    return found.group(1) if found else "unknown"


COLLECTION_VERSION = _version()
