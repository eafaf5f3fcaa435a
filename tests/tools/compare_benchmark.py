"""Hold a benchmark of the catalog against a table of its items: which are missing, which are too many, which have another level.

    python -m tests.tools.compare_benchmark debian_12@2.0.0 items.csv

The table is a CSV with the columns ``benchmark``, ``version``, ``id`` and ``levels``. Levels are as in ``l1_server l2_workstation`` or
``L1-server;~none-workstation``; a tilde says that one is inferred, and differs without being wrong.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Benchmark

LEVEL = re.compile(r"(~?)(?:l([12])|none)[-_]([a-z]+)", re.IGNORECASE)
# profile -> (level, 0 for none; whether it is inferred)
Levels = dict[str, tuple[int, bool]]


def levels(text: str) -> Levels:
    """Return the levels that a cell of the table says; of two for one profile the lower, which includes the other."""
    found: Levels = {}
    for inferred, level, profile in LEVEL.findall(text):
        number = int(level or 0)
        if profile not in found or number < found[profile][0]:
            found[profile] = (number, bool(inferred))
    return found


def items(rows: Iterable[Mapping[str, str]], benchmark: Benchmark, label: str = "") -> dict[str, Levels]:
    """Return the levels of each item of a benchmark's version. ``label``: what the table calls it, where that is not its id."""
    return {
        row["id"]: levels(row["levels"])
        for row in rows
        if row["version"] == benchmark.version
        and (row["benchmark"] == label if label else _id(row["benchmark"]) == benchmark.id)
    }


def _id(label: str) -> str:
    """Return what a benchmark that a table calls ``CIS Ubuntu 24.04`` is called here."""
    return re.sub(r"[^a-z0-9]+", "_", label.lower().removeprefix("cis "))


def compare(benchmark: Benchmark, table: Mapping[str, Levels]) -> tuple[list[str], list[str]]:
    """Return what is wrong, and what differs from levels that are inferred only; a line each."""
    own = {item.id: item.level for item in benchmark.recommendations}
    wrong = [f"missing: {name}" for name in table if name not in own]
    wrong += [f"not in the table: {name}" for name in own if name not in table]
    notes: list[str] = []
    for name in own.keys() & table.keys():
        for profile, (level, inferred) in table[name].items():
            here = own[name].get(profile, 0)
            if here != level:
                told = f"{name}: {profile} is at level {here or 'none'}, in the table {level or 'none'}"
                (notes if inferred else wrong).append(told + (" (inferred)" if inferred else ""))
    return sorted(wrong), sorted(notes)


def main() -> int:
    """Print what differs. Returns 1 where something is wrong, else 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark", help="with its version, as debian_12@2.0.0")
    parser.add_argument("table", type=Path)
    parser.add_argument(
        "--label", default="", help="what the table calls the benchmark; by default what comes to its id"
    )
    options = parser.parse_args()
    benchmark = load_catalog().benchmark(options.benchmark)
    with options.table.open(encoding="utf-8", newline="") as stream:
        table = items(csv.DictReader(stream), benchmark, options.label)
    if not table:
        parser.error(f"{options.table} has no item of {benchmark.name}; give --label")
    wrong, notes = compare(benchmark, table)
    sys.stdout.write("".join(f"{line}\n" for line in [*wrong, *notes]))
    sys.stdout.write(
        f"{benchmark.name}: {len(table)} items in the table, {len(wrong)} wrong, {len(notes)} otherwise than inferred\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
