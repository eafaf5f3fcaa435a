"""Benchmarks are whole: no number is left out, nearly all is looked at, and what is not says why."""

from __future__ import annotations

from collections import defaultdict

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog

KNOWN = load_catalog()
VERSIONS = {one.name: one for newest in KNOWN.benchmarks.values() for one in newest.versions}
# Of a hundred items those that rules judge at least.
LEAST = 93
# Numbers that the tables of a benchmark do not have; those before and behind them they do.
LEFT_OUT = {("ubuntu_24_04@2.0.0", "1.5.10")}
# Those of Windows have chapters that nothing stands in, and numbers that are left free.
IN_TABLES = {
    "windows_server_2019@4.0.0": 433,
    "windows_server_2022@4.0.0": 444,
    "windows_server_2025@1.0.0": 463,
    "windows_11@4.0.0": 570,
}


def unjudged(benchmark):
    """Return the items that nobody but a person judges."""
    return [item for item in benchmark.recommendations if all(KNOWN.rules[rule].manual for rule in item.rules)]


@pytest.mark.parametrize("name", VERSIONS)
def test_nearly_all_of_a_benchmark_is_judged_and_what_is_not_says_what_to_look_at(name):
    benchmark = VERSIONS[name]
    left = unjudged(benchmark)

    assert 100 * len(left) <= (100 - LEAST) * len(benchmark.recommendations)
    assert [item.id for item in left if not item.rules and not item.not_yet_automated] == []


@pytest.mark.parametrize("name", [name for name, one in VERSIONS.items() if one.platform == "linux"])
def test_numbers_of_a_benchmark_follow_one_another(name):
    below = defaultdict(set)
    for item in VERSIONS[name].recommendations:
        parts = item.id.split(".")
        for place, part in enumerate(parts):
            below[".".join(parts[:place])].add(int(part))

    missing = {
        (name, f"{above}.{number}".lstrip("."))
        for above, numbers in below.items()
        for number in range(1, max(numbers))
        if number not in numbers
    }
    assert missing == {one for one in LEFT_OUT if one[0] == name}


@pytest.mark.parametrize(("name", "number"), IN_TABLES.items())
def test_a_benchmark_with_gaps_in_its_numbers_has_as_many_as_its_tables(name, number):
    assert len(VERSIONS[name].recommendations) == number
