# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind ``powershell_logging``: what policies make each edition of PowerShell record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import kept
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import (
    Address,
    Observation,
    part,
    value,
)

# PowerShell 7 goes by Windows PowerShell's key of the same name where this is set (PowerShell's `Utils.cs`); a policy of users is not looked at.
FALLBACK = "UseWindowsPowerShellPolicySetting"
# What is another folder for each user, who may change what lies there.
_OF_THE_USER = re.compile(
    "%(APPDATA|HOMEDRIVE|HOMEPATH|LOCALAPPDATA|ONEDRIVE|TEMP|TMP|USERNAME|USERPROFILE)%", re.IGNORECASE
)


def powershell_logging(_facts: Mapping[str, Any], _address: Address, seen: Observation) -> Observation:
    """Return a list of ``{edition, script_blocks, modules, transcripts, folder}``: of Windows PowerShell, and of PowerShell 7 where it is installed.

    ``script_blocks``, ``transcripts``: on or off; ``modules``: all, some or off. Records of both are off, too, where
    the log is off that takes them; ``folder`` is missing where it is each user's own.
    """
    editions = ["windows", *(["core"] if part(seen, "installed") else [])]
    return value([_edition(edition, seen) for edition in editions], seen)


def _edition(edition: str, seen: Observation) -> dict[str, Any]:
    def is_on(what: str, name: str) -> bool:
        return _number(seen, _place(seen, edition, what), what, name) == 1

    taken = _log_takes_records(seen, edition)
    found: dict[str, Any] = {
        "edition": edition,
        "script_blocks": "on" if taken and is_on("script_blocks", "EnableScriptBlockLogging") else "off",
        "modules": "off",
        "transcripts": "on" if is_on("transcripts", "EnableTranscripting") else "off",
    }
    if taken and is_on("modules", "EnableModuleLogging"):
        found["modules"] = "all" if "*" in part(seen, _place(seen, edition, "modules"))["module_names"] else "some"
    folder = _text(seen, _place(seen, edition, "transcripts"), "transcripts", "OutputDirectory")
    return {**found, **({"folder": folder} if folder and not _OF_THE_USER.search(folder) else {})}


def _log_takes_records(seen: Observation, edition: str) -> bool:
    """Return whether the log of an edition is registered and not switched off: without a value a log that is registered is on."""
    channels = part(seen, "channels")
    return kept.number(channels, edition) != 0 and channels[edition].get("absent") != "key"


def _place(seen: Observation, edition: str, what: str) -> str:
    """Return whose key decides: that of the other edition where an edition's own says so."""
    return "windows" if _number(seen, "core", what, FALLBACK) else edition


def _number(seen: Observation, edition: str, what: str, name: str) -> int:
    values = part(seen, edition)[what]
    return (kept.number(values, name) or 0) if name in values else 0


def _text(seen: Observation, edition: str, what: str, name: str) -> str:
    values = part(seen, edition)[what]
    return (kept.text(values, name) or "").strip() if name in values else ""
