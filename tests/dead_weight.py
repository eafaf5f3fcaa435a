"""What of a benchmark a host makes no use of: its items that no rule applies to, and whether what is said of each is true."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import yaml

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Benchmark

# Where more than this share of the items is idle on a stock host, rules ask for what is another system's.
MOST = 0.4
PLATFORM = Path(__file__).parents[1] / "catalog" / "platforms" / "linux.yml"
# Name of a condition -> whether it holds of the host, given its argument.
Evidence = Mapping[str, Callable[[str], bool]]


def idle(benchmark: Benchmark, outcomes: Mapping[str, str]) -> list[str]:
    """Return the items none of whose rules applied where those are too many; ``outcomes``: rule -> outcome, of those that were asked."""
    seen = {item.id: {outcomes[rule] for rule in item.rules if rule in outcomes} for item in benchmark.recommendations}
    found = [item for item, told in seen.items() if told == {"not_applicable"}]
    return found if len(found) >= MOST * sum(bool(told) for told in seen.values()) else []


def untrue(reasons: Iterable[str], evidence: Evidence) -> list[str]:
    """Return the reasons why rules do not apply that the host does not bear out, or that ``evidence`` has nothing to say of."""
    return [
        reason
        for reason in reasons
        if not any(name in evidence and not evidence[name](argument) for name, argument in _said_by(reason))
    ]


def _said_by(reason: str) -> Iterator[tuple[str, str]]:
    """Yield (name, argument) of each condition that says a reason where it does not hold; "" for one without an argument."""
    for name, otherwise in _otherwise().items():
        before, argument, after = otherwise.partition("{argument}")
        row = re.fullmatch(f"{re.escape(before)}(.*){re.escape(after)}", reason) if argument else None
        if row or otherwise == reason:
            yield name, row[1] if row else ""


@lru_cache(maxsize=1)
def _otherwise() -> dict[str, str]:
    conditions = yaml.safe_load(PLATFORM.read_text(encoding="utf-8"))["conditions"]
    return {name: condition["otherwise"] for name, condition in conditions.items()}
