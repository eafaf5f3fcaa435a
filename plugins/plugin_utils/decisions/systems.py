# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site's systems: what each is for, what it does with ePHI, what it is meant to be held against, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.entries import Context, Item
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import unknown

SECTION = "systems"


def faults(item: Item, context: Context) -> Iterator[tuple[str, str]]:
    """Yield (key, message) for each fault of an entry that fits the schema."""
    benchmarks = context.known.benchmarks
    names = context.known.benchmark_names()
    if "benchmark" in item and item["benchmark"] not in names:
        yield "benchmark", unknown("benchmark", item["benchmark"], names)
    profiles = {name for one in benchmarks.values() for name in one.profiles}
    if "profile" in item and item["profile"] not in profiles:
        yield "profile", unknown("profile", item["profile"], profiles)
    said_on = item.get("cannot_be_audited", {}).get("said_on")
    if said_on:
        try:
            date.fromisoformat(said_on)
        except ValueError as problem:
            yield "cannot_be_audited", f"said_on: {said_on} is no date, for {problem}"


def made(item: Item, _context: Context) -> list[dict[str, Any]]:
    """Return the system of a sound entry in the form of the records."""
    return [{key: value for key, value in item.items() if key != "hosts"}]


def identity(item: Item) -> Any:
    """Return what makes two entries the same one."""
    return " ".join(item["name"].split())
