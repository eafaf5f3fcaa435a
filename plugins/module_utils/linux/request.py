# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module is asked: a JSON object that says of which version it is."""

from __future__ import annotations

import json
from typing import Any, Dict


class RequestError(ValueError):
    """The request itself can't be answered; nothing was done."""


def parse_version(text: str, version: int) -> Dict[str, Any]:
    """Return a request of a version, of which nothing more was looked at. Raises `RequestError`."""
    try:
        request = json.loads(text)
    except ValueError as problem:
        raise RequestError("the request is not JSON: %s" % problem) from None
    if not isinstance(request, dict) or request.get("version") != version:
        raise RequestError("the request has to be an object with version %d" % version)
    return request
