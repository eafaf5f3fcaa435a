# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the documents of a run are written: JSON, a line for each entry, so that people and ``diff`` can read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# json.dumps with an indentation is written in Python and takes four times as long; one made once is quicker still.
_encode = json.JSONEncoder(sort_keys=True).encode


def as_text(document: Mapping[str, Any]) -> str:
    """Return a document as JSON, keys sorted: a line for each of its entries, and for each item of a list among them.

    The same document gives the same bytes. Raises `TypeError` and `ValueError` as `json` does.
    """
    entries = (f" {_encode(key)}: {_value(document[key])}" for key in sorted(document))
    return "{\n" + ",\n".join(entries) + "\n}\n"


def _value(value: Any) -> str:
    if not value or not isinstance(value, list):
        return _encode(value)
    return "[\n  " + ",\n  ".join(map(_encode, value)) + "\n ]"
