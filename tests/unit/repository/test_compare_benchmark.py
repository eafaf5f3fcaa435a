"""The helper for authors that holds a benchmark against a table of its items."""

from __future__ import annotations

import csv
import io

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Benchmark, Recommendation
from tests.tools.compare_benchmark import compare, items, levels

OWN = Benchmark(
    "ubuntu_24_04", "t", "2.0.0", "linux", {}, {},
    (Recommendation("1.1", {"server": 1, "workstation": 2}), Recommendation("1.2", {"server": 2})),
)  # fmt: skip
HEAD = "benchmark,version,id,levels\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("l1_server l2_workstation", {"server": (1, False), "workstation": (2, False)}),
        ("L1-server;~L2-workstation", {"server": (1, False), "workstation": (2, True)}),
        ("L2-server;~none-workstation", {"server": (2, False), "workstation": (0, True)}),
        # Level 2 includes level 1.
        ("l1_server l2_server", {"server": (1, False)}),
        ("", {}),
    ],
)
def test_levels_are_read_as_tables_write_them(text, expected):
    assert levels(text) == expected


@pytest.mark.parametrize(
    ("rows", "wrong", "notes"),
    [
        (
            "CIS Ubuntu 24.04,2.0.0,1.1,L1-server;~L2-workstation\nCIS Ubuntu 24.04,2.0.0,1.2,L2-server;~none-workstation\n",
            [],
            [],
        ),
        ("ubuntu_24_04,2.0.0,1.1,l1_server\n", ["not in the table: 1.2"], []),
        (
            "ubuntu_24_04,2.0.0,1.1,l1_server\nubuntu_24_04,2.0.0,1.2,l1_server\nubuntu_24_04,2.0.0,1.3,\nubuntu_24_04,1.0.0,9.9,\n",
            ["1.2: server is at level 2, in the table 1", "missing: 1.3"],
            [],
        ),
        (
            "ubuntu_24_04,2.0.0,1.1,L1-server;~L1-workstation\nubuntu_24_04,2.0.0,1.2,L2-server\n",
            [],
            ["1.1: workstation is at level 2, in the table 1 (inferred)"],
        ),
    ],
)
def test_what_is_missing_too_much_or_at_another_level_is_named(rows, wrong, notes):
    assert compare(OWN, items(csv.DictReader(io.StringIO(HEAD + rows)), OWN)) == (wrong, notes)


def test_table_may_call_it_otherwise():
    rows = "Noble,2.0.0,1.1,l1_server\n"

    assert items(csv.DictReader(io.StringIO(HEAD + rows)), OWN) == {}
    assert set(items(csv.DictReader(io.StringIO(HEAD + rows)), OWN, "Noble")) == {"1.1"}
