# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host is reached by, and so of which platforms it can be: known before it is asked anything, and never by trial."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import POWERSHELL, SH, Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown

# By cmd.exe, as an OpenSSH server of Windows begins, Ansible starts PowerShell too.
_POWERSHELLS = ("powershell", "cmd")
_WINDOWS_CONNECTIONS = ("winrm", "psrp")
# A catalog that has nothing for a host: no platform is called so.
NONE = ("",)


def shell_of(connection: Any) -> str:
    """Return the family of the shell (`SHELLS`) that a connection of Ansible's has."""
    family = getattr(getattr(connection, "_shell", None), "SHELL_FAMILY", SH)
    return POWERSHELL if family in _POWERSHELLS else SH


def shell_by(variables: Mapping[str, Any], template: Callable[[Any], Any]) -> str:
    """Return the same by a host's variables, where there is no connection to it yet."""
    kind = str(template(variables.get("ansible_shell_type") or ""))
    connection = str(template(variables.get("ansible_connection") or "")).rsplit(".", 1)[-1]
    return POWERSHELL if kind in _POWERSHELLS or (not kind and connection in _WINDOWS_CONNECTIONS) else SH


def platforms(catalog: Catalog, shell: str, given: Collection[str]) -> tuple[str, ...]:
    """Return the platforms that a host can be of; nothing where these are all, and `NONE` where there is none.

    ``given``: those that the site names for it. Raises `HipaaCisError`.
    """
    for name in given:
        if name not in catalog.platforms:
            raise HipaaCisError(unknown("name in hipaa_cis_platforms:", name, catalog.platforms))
    fitting = tuple(name for name, one in catalog.platforms.items() if (name in given if given else one.shell == shell))
    return () if len(fitting) == len(catalog.platforms) else fitting or NONE
