"""The state of a safeguard, by every combination of what was found and decided."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.states import STATES, over_hosts, state_of

WORDS = {
    "gap": "gap", "exc": "gap_excepted", "n/a": "not_assessed", "att?": "needs_attestation", "alt": "alternative_documented",
    "att": "attested", "sup": "supported",
}  # fmt: skip
# What is left without failing rules, and whether somebody attests.
COLUMNS = tuple(itertools.product(("supported", "needs_attestation", "not_assessed"), (False, True)))
# failing, whole: the state in each of the columns
ADDRESSABLE = """
                       supported   needs_att.  not_assessed
                       -    att.   -    att.   -    att.
no          no         sup  sup    att? att    n/a  n/a
no          excepted   sup  sup    exc  exc    exc  exc
no          documented sup  sup    alt  alt    alt  alt
open        no         gap  gap    gap  gap    gap  gap
open        excepted   exc  exc    exc  exc    exc  exc
open        documented alt  alt    alt  alt    alt  alt
excepted    no         exc  exc    exc  exc    exc  exc
excepted    excepted   exc  exc    exc  exc    exc  exc
excepted    documented alt  alt    alt  alt    alt  alt
documented  no         alt  alt    att? alt    n/a  n/a
documented  excepted   alt  alt    att? alt    n/a  n/a
documented  documented alt  alt    alt  alt    alt  alt
"""
MANDATORY = """
                       supported   needs_att.  not_assessed
                       -    att.   -    att.   -    att.
no          no         sup  sup    att? att    n/a  n/a
no          excepted   sup  sup    exc  exc    exc  exc
no          documented sup  sup    exc  exc    exc  exc
open        no         gap  gap    gap  gap    gap  gap
open        excepted   exc  exc    exc  exc    exc  exc
open        documented exc  exc    exc  exc    exc  exc
excepted    no         exc  exc    exc  exc    exc  exc
excepted    excepted   exc  exc    exc  exc    exc  exc
excepted    documented exc  exc    exc  exc    exc  exc
documented  no         exc  exc    exc  exc    exc  exc
documented  excepted   exc  exc    exc  exc    exc  exc
documented  documented exc  exc    exc  exc    exc  exc
"""


def cells():
    for obligation, table in (("addressable", ADDRESSABLE), ("required", MANDATORY), ("standard", MANDATORY)):
        for line in table.strip("\n").split("\n")[2:]:
            failing, whole, *words = line.split()
            for (rest, attested), word in zip(COLUMNS, words, strict=True):
                yield obligation, failing, whole, rest, attested, WORDS[word]


def test_the_table_has_every_combination_once():
    seen = [cell[:-1] for cell in cells()]
    every = itertools.product(
        ("addressable", "required", "standard"),
        ("no", "open", "excepted", "documented"),
        ("no", "excepted", "documented"),
        ("supported", "needs_attestation", "not_assessed"),
        (False, True),
    )

    assert len(seen) == len(set(seen)) == 216
    assert set(seen) == set(every)
    assert {cell[-1] for cell in cells()} == set(STATES)


def test_state_of_a_safeguard_on_a_host():
    wrong = [(*cell, state_of(*cell[:-1])) for cell in cells() if state_of(*cell[:-1]) != cell[-1]]

    assert wrong == []


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["supported", "supported"], "supported"),
        (["supported", "attested"], "attested"),
        (["alternative_documented", "attested"], "alternative_documented"),
        (["alternative_documented", "needs_attestation"], "needs_attestation"),
        (["needs_attestation", "not_assessed"], "not_assessed"),
        (["gap_excepted", "not_assessed"], "gap_excepted"),
        (["gap_excepted", "gap"], "gap"),
        (["nothing", "supported"], "supported"),
        (["nothing", "nothing"], "not_assessed"),
        ([], "not_assessed"),
    ],
)
def test_over_the_fleet_the_one_counts_that_is_looked_at_first(states, expected):
    assert over_hosts(states) == over_hosts(states[::-1]) == expected
