# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The head of an apply request (`apply`): what is asked for, without any of what plans and makes changes."""

from __future__ import annotations

from typing import Any, Dict

from ansible_collections.hipaa.cis.plugins.module_utils.linux.request import RequestError, parse_version

REQUEST_VERSION = 1
MODES = ("plan", "apply", "confirm", "status", "release")


def parse(text: str) -> Dict[str, Any]:
    """Return a request of which the version and the mode are known. Raises `RequestError`."""
    request = parse_version(text, REQUEST_VERSION)
    if request.get("mode") not in MODES:
        raise RequestError("the mode has to be one of %s" % ", ".join(MODES))
    return request
