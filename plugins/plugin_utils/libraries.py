# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Libraries of the controller that may be missing: imported when needed, with a message that says what to do."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError


def library(name: str) -> Any:
    """Return an imported module. Raises `HipaaCisError` where the controller's Python does not have it."""
    try:
        # Asked for again and again: what is there already is not looked for.
        return sys.modules.get(name) or importlib.import_module(name)
    except ImportError:
        package = name.split(".", maxsplit=1)[0]
        raise HipaaCisError(
            f"The Python of Ansible ({sys.executable}) has no {package}. Install what the collection's requirements.txt "
            f"names, or at least: {sys.executable} -m pip install {package}"
        ) from None
