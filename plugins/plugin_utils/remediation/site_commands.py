# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands of a site around a restart, as the role runs them: a list of program and arguments, or a mapping that holds one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown

KEYS = frozenset({"command", "delegate_to", "become"})


def check(given: Sequence[Any], option: str) -> None:
    """Raise `HipaaCisError` where a command of a site's list can't be run. ``option``: what the list is called."""
    for number, item in enumerate(given, 1):
        _check(item, f"{option}, command {number}")


def _check(item: Any, place: str) -> None:
    command = item
    if isinstance(item, Mapping):
        for key in item:
            if key not in KEYS:
                raise HipaaCisError(f"{place}: {unknown('key', key, KEYS)}")
        command = item.get("command")
        if not str(item.get("delegate_to", "x")).strip():
            raise HipaaCisError(f"{place}: delegate_to is empty; name the host to run it on, or leave it out.")
        if not isinstance(item.get("become", False), bool):
            raise HipaaCisError(f"{place}: become has to be true or false.")
    words = isinstance(command, list) and all(isinstance(word, (str, int, float)) for word in command)
    if not words or not command:
        raise HipaaCisError(
            f"{place}: write the program and its arguments as a list, as [/usr/local/bin/drain, --wait]; no shell is in between."
        )
