# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The head of an apply request (`apply`): what is asked for, without any of what plans and makes changes."""

from __future__ import annotations

import json
from typing import Any, Dict

REQUEST_VERSION = 1
MODES = ("plan", "apply", "confirm", "status", "release")


class RequestError(ValueError):
    """The request itself can't be answered; nothing was changed."""


def parse(text: str) -> Dict[str, Any]:
    """Return a request of which the version and the mode are known. Raises `RequestError`."""
    try:
        request = json.loads(text)
    except ValueError as problem:
        raise RequestError("the request is not JSON: %s" % problem) from None
    if not isinstance(request, dict) or request.get("version") != REQUEST_VERSION:
        raise RequestError("the request has to be an object with version %d" % REQUEST_VERSION)
    if request.get("mode") not in MODES:
        raise RequestError("the mode has to be one of %s" % ", ".join(MODES))
    return request
