"""Small faults, drawn at random, each put to the unit tests that cover its line; prints those that no test saw.

python -m tests.tools.mutants --seed 1 --sample 400 --json tmp/mutants.json
python -m tests.tools.mutants --again tmp/mutants.json

Works in a copy of the tracked and new files, so nothing in the checkout changes. One process; some minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.tools.mutations import Mutation, mutations

ROOT = Path(__file__).resolve().parents[2]
TARGET = "plugins/module_utils/linux"
PLACES = (f"{TARGET}/change", f"{TARGET}/guards", f"{TARGET}/writers", "plugins/plugin_utils/audit/judge.py")
TESTS = ("tests/unit/target", "tests/unit/both_sides", "tests/unit/controller")


def main() -> int:
    """Draw, play, tell; return 1 where a fault survived."""
    given = _arguments()
    if given.inside:
        return _inside(Path(given.inside))
    drawn = _again(given.again) if given.again else draw(ROOT, given.places, given.seed, given.sample)
    with tempfile.TemporaryDirectory(prefix="mutants.") as scratch:
        copy = Path(scratch).resolve() / "tree"
        _copy(copy)
        order = {"tests": given.tests, "drawn": [asdict(one) for one in drawn], "watched": _files(ROOT, given.places)}
        order["memory"] = str(Path(given.memory).resolve()) if given.memory else ""
        (copy / "tmp-order.json").write_text(json.dumps(order))
        environment = {**os.environ, "ANSIBLE_CONFIG": str(copy / "ansible.cfg")}
        argv = [sys.executable, "-m", "tests.tools.mutants", "--inside", str(copy / "tmp-order.json")]
        subprocess.run(argv, cwd=copy, env=environment, check=True)
        results = json.loads((copy / "tmp-results.json").read_text())
    tell(results, given.seed if not given.again else None)
    if given.json:
        Path(given.json).parent.mkdir(parents=True, exist_ok=True)
        Path(given.json).write_text(json.dumps({"seed": given.seed, "results": results}, indent=1) + "\n")
    return 0 if all(one["outcome"] == "killed" for one in results) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=1, help="what the sample is drawn from")
    parser.add_argument("--sample", type=int, default=400, help="how many; 0: all there are")
    parser.add_argument("--places", nargs="+", default=PLACES, help="files and folders to put faults into")
    parser.add_argument("--tests", nargs="+", default=TESTS, help="files and folders of the tests")
    parser.add_argument("--json", help="where to write every fault with its outcome")
    parser.add_argument("--memory", help="a file that keeps which test covers what, for the next time")
    parser.add_argument("--again", help="such a file: only its survivors, found again by what they change")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    return parser.parse_args()


def draw(root: Path, places: Sequence[str], seed: int, sample: int) -> list[Mutation]:
    """Return a sample of all faults there are in some places; the same seed and text give the same."""
    found: list[Mutation] = []
    for path in _files(root, places):
        found += mutations(path, (root / path).read_bytes())
    if not sample:
        return found
    return random.Random(seed).sample(found, min(sample, len(found)))


def _files(root: Path, places: Sequence[str]) -> list[str]:
    found = []
    for place in places:
        files = sorted((root / place).rglob("*.py")) if (root / place).is_dir() else [root / place]
        found += [str(file.relative_to(root)) for file in files]
    return found


def _again(path: str) -> list[Mutation]:
    """Return the survivors of an earlier run in today's text; one whose text is gone is left out."""
    results = json.loads(Path(path).read_text())["results"]
    found = []
    for one in results:
        if one["outcome"] != "killed":
            today = mutations(one["path"], (ROOT / one["path"]).read_bytes())
            same = [new for new in today if (new.kind, new.old, new.new) == (one["kind"], one["old"], one["new"])]
            found += sorted(same, key=lambda new: abs(new.start - one["start"]))[:1]
    return found


def _copy(copy: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    for name in listed.decode().split("\0"):
        if name and (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name, follow_symlinks=False)


def _inside(order: Path) -> int:
    """Run within the copy: pytest with the plugin that plays the faults."""
    from tests.tools.mutant_runs import Runs

    told = json.loads(order.read_text())
    drawn = [Mutation(**{**one, "function": one["function"] and tuple(one["function"])}) for one in told["drawn"]]
    runs = Runs(order.parent, drawn, told["watched"], Path(told["memory"]) if told["memory"] else None)
    options = [
        "-q",
        "--capture=sys",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        "-o",
        "tmp_path_retention_policy=none",
    ]
    # A folder of our own: other runs of pytest tidy up in the common one.
    options.append(f"--basetemp={order.parent / 'tmp-tests'}")
    pytest.main([*options, "-W", "ignore", *told["tests"]], plugins=[runs])
    results = [{**asdict(one), "outcome": outcome, "tests": tests} for one, outcome, tests in runs.results]
    (order.parent / "tmp-results.json").write_text(json.dumps(results))
    return 0 if len(results) == len(drawn) else 1


def tell(results: list[dict[str, Any]], seed: int | None) -> None:
    """Print the survivors and the totals."""
    for one in sorted(results, key=lambda one: (one["path"], one["start"])):
        if one["outcome"] != "killed":
            old, new = (" ".join(one[key].split())[:90] for key in ("old", "new"))
            print(
                f"{one['path']}:{one['line']} | {one['kind']} | {old} -> {new} | {one['outcome']}, {one['tests']} tests"
            )
    totals = Counter(one["outcome"] for one in results)
    print(
        f"seed {seed}: {len(results)} faults, " + ", ".join(f"{count} {what}" for what, count in sorted(totals.items()))
    )


if __name__ == "__main__":
    sys.exit(main())
