# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checked catalog as JSON in the user's cache folder.

A cache that others could write would be a way to false verdicts: the folder has to belong to
us alone, else it is not used. Failing to write it only costs time.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.private_files import make_private_folder, write_private


@cache
def _code_digest() -> str:
    """Return the digest of the code and schemas that check the catalog: a new check empties the cache."""
    here = Path(__file__).parent
    parts = [*sorted(here.glob("*.py")), *sorted((here.parents[2] / "catalog" / "schema").glob("*.json"))]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in parts)).hexdigest()


def _file(digest: str) -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    name = hashlib.sha256((digest + _code_digest()).encode()).hexdigest()[:32]
    return Path(base) / "hipaa-cis" / f"catalog-{name}.json"


def read(digest: str) -> dict[str, Any] | None:
    """Return what was kept for a catalog of this digest, or None."""
    path = _file(digest)
    try:
        if not (_ours(path.parent) and _ours(path)):
            return None
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return kept if isinstance(kept, dict) else None


def write(digest: str, raw: dict[str, Any]) -> None:
    """Keep the checked catalog, where that is possible."""
    path = _file(digest)
    try:
        make_private_folder(path.parent)
        if _ours(path.parent):
            write_private(path, json.dumps(raw))
    except OSError:
        return


def _ours(path: Path) -> bool:
    status = path.lstat()
    return (
        status.st_uid == os.geteuid()
        and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        and not stat.S_ISLNK(status.st_mode)
    )
