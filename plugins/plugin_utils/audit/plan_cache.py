# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requests of a plan in the user's cache folder: hosts that are asked the same share them, and what is planned for them is one benchmark each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils import own_cache
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.cache import code_digest
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog

Requests = Mapping[str, Mapping[str, Any]]
PREFIX, MOST = "plan-", 64


def key(
    catalog: Catalog,
    selection: Selection,
    site_values: Mapping[str, Any],
    options: Mapping[str, Any],
    decided: Mapping[str, Mapping[str, Any]],
) -> str:
    """Return the name of all that a plan is made of."""
    framework = catalog.amended_by.id if catalog.amended_by else ""
    parts = [
        code_digest(),
        catalog.digest,
        framework,
        selection.as_dict(),
        selection.meant,
        list(selection.platforms),
        list(selection.profiles),
        dict(site_values),
        dict(options),
    ]
    text = json.dumps([*parts, {name: dict(one) for name, one in decided.items()}], default=str)
    return PREFIX + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32] + ".json"


def read(name: str) -> Requests | None:
    """Return the requests that were kept, by platform, or None."""
    try:
        kept = json.loads(own_cache.read(name) or "null")
    except ValueError:
        return None
    return kept if isinstance(kept, dict) else None


def write(name: str, requests: Requests) -> None:
    """Keep requests, where that is possible, and few: each site value makes others."""
    own_cache.write(name, json.dumps(requests))
    own_cache.keep_newest(PREFIX, MOST)
