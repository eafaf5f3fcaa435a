# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the catalog from the command line: what the loader rejects, and what it only should not hold."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import check
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import CATALOG_FOLDER, catalog_files, load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import CatalogError

# From which share of common words on two reasons are one.
ALIKE = 0.75


def advice(known: Catalog) -> Iterator[str]:
    """Yield what the loader takes but a catalog should not hold."""
    used = {
        rule
        for newest in known.benchmarks.values()
        for benchmark in newest.versions
        for item in benchmark.recommendations
        for rule in item.rules
    }
    for rule in sorted(set(known.rules) - used):
        yield f"rule '{rule}' stands in no benchmark; give it a recommendation or delete it"
    needed = {name for rule in known.rules.values() for name in rule.parameters}
    for name in sorted(set(known.parameters) - needed):
        yield f"parameter '{name}' is used by no rule; use it or delete it"
    yield from alike([(rule.id, mapping["because"]) for rule in known.rules.values() for mapping in rule.hipaa])
    titles = Counter(rule.title for rule in known.rules.values())
    for text, times in titles.items():
        if times > 1:
            yield f"{times} rules have the same title: {text}"


def alike(reasons: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield the pairs of (rule, reason) that say the same in nearly the same words: nobody thought about the second one."""
    words = [re.findall(r"\w+", text.lower()) for _rule, text in reasons]
    sets = [frozenset(one) for one in words]
    for (number, here), (other_number, there) in combinations(enumerate(sets), 2):
        # Comparing in order is dear, and most have little in common.
        if 2 * len(here & there) < ALIKE * (len(here) + len(there)):
            continue
        if SequenceMatcher(None, words[number], words[other_number], autojunk=False).ratio() >= ALIKE:
            (first, text), (second, other) = reasons[number], reasons[other_number]
            yield f"rules '{first}' and '{second}' give nearly the same reason; each mapping needs its own: {text} / {other}"


def main(arguments: Sequence[str]) -> int:
    """Check the collection's catalog with the folders that are named; return the exit code."""
    folders = [CATALOG_FOLDER, *(Path(argument) for argument in arguments)]
    try:
        # Always the whole check: a cached catalog would say nothing of a change of the checks themselves.
        check.check(catalog_files(folders))
        known = load_catalog([str(folder) for folder in folders[1:]])
    except CatalogError as problem:
        sys.stderr.write("\n".join(problem.problems) + "\n")
        return 1
    lines = list(advice(known))
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.write(
        f"{len(known.rules)} rules, {len(known.benchmarks)} benchmarks, {len(known.parameters)} parameters\n"
    )
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
