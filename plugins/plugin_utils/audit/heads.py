# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The candidates of a request: benchmarks, each in the roles that a host may have by what it says of itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit import detection
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Benchmark


class Head(NamedTuple):
    """A benchmark, whether it was named by the user, and the role in which a host may carry it; empty where it has none."""

    benchmark: Benchmark
    named: bool
    role: str = ""

    @property
    def key(self) -> str:
        """What it is called in a request and its answer."""
        return f"{self.benchmark.id}/{self.role}" if self.role else self.benchmark.id

    def selection(self, selection: Selection) -> Selection:
        """Return what a host in this role is asked for."""
        return selection.of_role(self.benchmark, self.role) if self.role else selection

    def detect(self, others: Sequence[Benchmark]) -> dict[str, Any] | None:
        """Return the facts by which a host carries it (`detection.accepted`); None: whatever it says. ``others``: all candidates."""
        role = {key: list(values) for key, values in self.benchmark.roles.get(self.role, {}).items()}
        if self.named:
            return role or None
        return {**detection.accepted(self.benchmark, others), **role}


def heads_of(benchmarks: Collection[Benchmark], named: Collection[Benchmark], selection: Selection) -> Iterator[Head]:
    """Yield the candidates. A role that the selection names is every host's; else a host says itself which it has."""
    for one in benchmarks:
        roles = [""] if not one.roles or selection.profile in one.roles else [*one.roles]
        for role in roles:
            yield Head(one, one in named, role)
