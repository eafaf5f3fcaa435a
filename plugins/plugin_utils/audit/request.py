# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request as it travels: what is asked is numbered, so that a further candidate benchmark adds ranges of numbers and no names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def ordered(settings: Mapping[str, Any], benchmarks: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the settings in an order in which those of the same benchmarks stand together: few ranges name them."""
    asking: dict[str, list[int]] = {key: [] for key in settings}
    for number, one in enumerate(benchmarks.values()):
        for key in one["settings"]:
            asking[key].append(number)
    return {key: settings[key] for key in sorted(settings, key=lambda key: asking[key])}


def numbered(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request as the observe modules take it.

    Its settings are a list of ``[kind, address]``, known by their places in it, and those of a benchmark ranges ``[first, behind the last]``.
    """
    numbers = {key: number for number, key in enumerate(request["settings"])}
    benchmarks = {
        name: {**one, "settings": _ranges(numbers[key] for key in one["settings"])}
        for name, one in request["benchmarks"].items()
    }
    return {**request, "benchmarks": benchmarks, "settings": list(request["settings"].values())}


def named(observations: Mapping[str, Any], settings: Iterable[str]) -> dict[str, Any]:
    """Return what was answered to a numbered request, by the names of its settings."""
    return {key: observations[str(number)] for number, key in enumerate(settings) if str(number) in observations}


def _ranges(numbers: Iterable[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number:
            found[-1][1] = number + 1
        else:
            found.append([number, number + 1])
    return found
