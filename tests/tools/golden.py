"""Write what each benchmark comes to, by version, level and profile, below ``tests/golden/``, or say where that changed (``--check``).

A line is an item, a rule of it, and the values that it is judged by; an item that nothing judges yet has its title. So what a change to
catalog, levels or parameters does to what hosts are held against can be read in the change itself.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog

FOLDER = Path(__file__).parents[1] / "golden"
LEVELS = (1, 2)


def profiles(known: Catalog) -> Iterator[tuple[str, Selection]]:
    """Yield (name of its file, selection) of each version, level and profile."""
    for newest in known.benchmarks.values():
        for benchmark in newest.versions:
            for profile in sorted(benchmark.profiles):
                for level in LEVELS:
                    name = f"{benchmark.id}_{benchmark.version}_{profile}_level_{level}.txt"
                    yield name, Selection((benchmark.name,), level, profile)


def resolved(known: Catalog, selection: Selection) -> str:
    """Return what a selection comes to, a line for each item and rule, in the order of the numbers."""
    lines: list[tuple[list[int], str]] = []
    for platform in make_plan(known, selection, {}, {}):
        for plan in platform.benchmarks:
            for planned in plan.rules:
                values = "; ".join(f"{name} = {one.value!r}" for name, one in sorted(planned.values.items()))
                text = f"{planned.rule.id}  {values}".rstrip()
                lines += [(_number(item), f"{item}  {text}") for item in planned.recommendations]
            lines += [(_number(item.id), f"{item.id}  (nothing judges it yet) {item.title}") for item in plan.unjudged]
    return "".join(f"{text}\n" for _number_of_it, text in sorted(lines))


def _number(item: str) -> list[int]:
    return [int(part) for part in item.split(".")]


def wanted() -> dict[str, str]:
    """Return what each file has to hold."""
    known = load_catalog()
    return {name: resolved(known, selection) for name, selection in profiles(known)}


def present() -> dict[str, str]:
    """Return what each file holds."""
    return {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.txt")}


def main() -> int:
    """Write the files; with ``--check`` only say which differ. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    now, then = wanted(), present()
    drifted = sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))
    if check:
        sys.stdout.write(
            "".join(f"tests/golden/{name} is not what the catalog comes to; run make golden\n" for name in drifted)
        )
        return 1 if drifted else 0
    FOLDER.mkdir(exist_ok=True)
    for name in drifted:
        if name in now:
            (FOLDER / name).write_text(now[name], encoding="utf-8")
        else:
            (FOLDER / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
