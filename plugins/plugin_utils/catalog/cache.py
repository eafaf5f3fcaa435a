# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checked catalog as JSON in the user's cache folder."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils import own_cache


@cache
def code_digest() -> str:
    """Return the digest of the code and schemas that check the catalog and plan by it: new ones empty the cache."""
    here = Path(__file__).parent
    parts = [
        *sorted(here.glob("*.py")),
        *sorted((here.parent / "audit").glob("*.py")),
        *sorted((here.parents[2] / "catalog" / "schema").glob("*.json")),
    ]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in parts)).hexdigest()


def _name(digest: str) -> str:
    return f"catalog-{hashlib.sha256((digest + code_digest()).encode()).hexdigest()[:32]}.json"


def read(digest: str) -> dict[str, Any] | None:
    """Return what was kept for a catalog of this digest, or None."""
    try:
        kept = json.loads(own_cache.read(_name(digest)) or "null")
    except ValueError:
        return None
    return kept if isinstance(kept, dict) else None


def write(digest: str, raw: dict[str, Any]) -> None:
    """Keep the checked catalog, where that is possible."""
    own_cache.write(_name(digest), json.dumps(raw))
