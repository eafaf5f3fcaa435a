"""Hold the findings of one host against what OpenSCAP says of it, recommendation by recommendation.

    python tests/tools/compare_openscap.py result.xml hipaa-cis-runs/latest/hosts/HOST.json.gz

``result.xml`` is what ``oscap xccdf eval --results`` writes. Its rules name the numbers of the CIS recommendations they
belong to; where several rules or findings belong to one number, the worst counts on either side. Content made after another
version of the benchmark has other numbers: ``--moved FILE`` names those that moved, as ``{"theirs": "ours"}``.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.records import text_of

XCCDF = "{http://checklists.nist.gov/xccdf/1.2}"
# The references of a rule lead to many standards; this is how the CIS benchmarks are told from the rest.
BENCHMARK = re.compile(r"cisecurity\.org/(cis-)?benchmark")
# Without a verdict of its own a recommendation is left out of the comparison.
VERDICTS = ("error", "unknown", "fail", "pass")
OUTCOMES = ("error", "fail", "manual", "pass", "not_applicable")


class Row(NamedTuple):
    """One recommendation: what we say, what the scanner says, and its rules that do not pass."""

    recommendation: str
    ours: str
    theirs: str
    rules: tuple[str, ...]


def scanned(path: Path, moved: Mapping[str, str] | None = None) -> dict[str, dict[str, str]]:
    """Return recommendation -> scanner's rule -> result. ``moved``: the scanner's number -> ours, empty where there is none."""
    root = ET.parse(path).getroot()
    numbers = {rule.get("id"): list(_numbers(rule)) for rule in root.iter(XCCDF + "Rule")}
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for result in root.iter(XCCDF + "rule-result"):
        rule = str(result.get("idref"))
        for number in numbers.get(rule, ()):
            found[(moved or {}).get(number, number)][rule.rsplit("content_rule_", maxsplit=1)[-1]] = result.findtext(
                XCCDF + "result", ""
            )
    return found


def _numbers(rule: ET.Element) -> Iterator[str]:
    for reference in rule.findall(XCCDF + "reference"):
        if BENCHMARK.search(reference.get("href", "")) and reference.text:
            yield reference.text.strip()


def judged(path: Path, benchmark: str) -> dict[str, str]:
    """Return recommendation -> the worst outcome of its findings. ``benchmark``: with its version or without."""
    found: dict[str, str] = {}
    for finding in json.loads(text_of(path))["findings"]:
        meant = benchmark in (finding["benchmark"], finding["benchmark"].partition("@")[0])
        for number in finding["recommendations"] if meant else ():
            found[number] = min(found.get(number, finding["outcome"]), finding["outcome"], key=OUTCOMES.index)
    return found


def compare(theirs: dict[str, dict[str, str]], ours: dict[str, str]) -> list[Row]:
    """Return a row for each recommendation on which both say something, in their order."""
    rows = []
    for number, outcome in ours.items():
        results = theirs.get(number, {})
        verdict = next((name for name in VERDICTS if name in results.values()), "")
        if verdict:
            bad = tuple(rule for rule, result in results.items() if result in VERDICTS[:-1])
            rows.append(Row(number, outcome, verdict, bad))
    return sorted(rows, key=lambda row: [int(part) for part in row.recommendation.split(".")])


def report(rows: Sequence[Row]) -> str:
    """Return the counts, the share on which the scanner agrees that something is right, and where it does not."""
    counts = Counter((row.ours, row.theirs) for row in rows)
    lines = [f"{ours:15} {theirs:8} {count:4}" for (ours, theirs), count in sorted(counts.items())]
    right = [row for row in rows if row.ours == "pass"]
    agreed = sum(row.theirs == "pass" for row in right)
    share = 100 * agreed / len(right) if right else 0.0
    lines.append(f"of {len(right)} that we call right the scanner passes {agreed} ({share:.1f} %); it fails:")
    lines += [f"  {row.recommendation:12} {', '.join(row.rules)}" for row in right if row.theirs != "pass"]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("result", type=Path, help="what oscap xccdf eval --results wrote")
    parser.add_argument("record", type=Path, help="the host's record of our run")
    parser.add_argument("--benchmark", default="debian_12")
    parser.add_argument("--moved", type=Path, help="JSON: numbers of the content -> those of the benchmark")
    options: Any = parser.parse_args(arguments)
    moved = json.loads(options.moved.read_text()) if options.moved else {}
    print(report(compare(scanned(options.result, moved), judged(options.record, options.benchmark))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
