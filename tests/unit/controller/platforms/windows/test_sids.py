"""SIDs: what is one, whose it is, and the sets that rules name."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.sids import (
    account_of,
    canonical,
    expected,
    name_of,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.well_known_sids import WELL_KNOWN
from tests.windows_exports import MACHINE

DOMAIN = "S-1-5-21-1-2-3"
FOREST = "S-1-5-21-4-5-6"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("S-1-5-18", "S-1-5-18"),
        ("s-1-5-18", "S-1-5-18"),
        ("S-1-5-032-0544", "S-1-5-32-544"),
        ("S-1-0x5-18", "S-1-5-18"),
        ("S-1-5-21-4294967295-0-1-500", "S-1-5-21-4294967295-0-1-500"),
        ("S-1-0x1000000000000-1", None),
        ("S-1-0xFFFFFFFFFFFF-1", "S-1-0xFFFFFFFFFFFF-1"),
        ("S-1-281474976710655-1", "S-1-0xFFFFFFFFFFFF-1"),
        ("S-1-5" + "-1" * 15, "S-1-5" + "-1" * 15),
        ("S-1-5" + "-1" * 16, None),
        ("S-1-5-4294967296", None),
        ("S-1-5-21-4294967296-1", None),
        ("S-1-0X5-18", "S-1-5-18"),
        ("S-1-281474976710656-1", None),
        ("S-1-5", None),
        ("S-2-5-18", None),
        ("S-1-5-", None),
        ("S-1-5-18 ", None),
        ("S-1-5-18\n", None),
        ("S-1-5-\uff11\uff18", None),
        ("S-1-5--18", None),
        ("*S-1-5-18", None),
        ("BA", None),
        ("", None),
        ("S-1-5-" + "9" * 100_000, None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_equal_sids_are_equal_texts_and_others_are_none(text, wanted):
    if wanted is None:
        with pytest.raises(HipaaCisError, match="is no SID"):
            canonical(text)
    else:
        assert canonical(text) == wanted


@pytest.mark.parametrize(
    ("sid", "account", "name"),
    [
        (f"{MACHINE}-500", (MACHINE, 500), "Administrator"),
        (f"{MACHINE}-1500", (MACHINE, 1500), ""),
        (f"{DOMAIN}-512", (DOMAIN, 512), "Domain Admins"),
        ("S-1-5-32-544", None, r"Builtin\Administrators"),
        ("S-1-5-32-500", None, ""),
        # An account of Entra ID ends in any number, and belongs to no domain.
        ("S-1-12-1-1-2-3-500", None, ""),
        ("S-1-5-21-1-2-500", None, ""),
        ("S-1-5-80-1-2-3-4-500", None, ""),
    ],
)
def test_a_relative_number_counts_only_within_a_domain(sid, account, name):
    assert (account_of(sid), name_of(sid)) == (account, name)


def test_well_known_sids_are_written_as_windows_writes_them():
    assert [canonical(sid) for sid in WELL_KNOWN] == list(WELL_KNOWN)


def test_a_rule_names_accounts_by_whose_they_are():
    bases = {"machine": MACHINE, "domain": DOMAIN, "forest": FOREST}

    wanted = expected(["S-1-5-32-546", "machine-501", "domain-512", "forest-519"], bases)

    assert wanted == {"S-1-5-32-546", f"{MACHINE}-501", f"{DOMAIN}-512", f"{FOREST}-519"}
    assert expected([], {}) == frozenset()


@pytest.mark.parametrize("bases", [{}, {"domain": None}, {"domain": ""}])
def test_an_account_of_a_domain_that_is_not_known_is_an_error_and_not_left_out(bases):
    with pytest.raises(HipaaCisError, match="domain-512: the SID of the domain is not known"):
        expected(["S-1-5-32-546", "domain-512"], bases)


@pytest.mark.parametrize(
    ("name", "why"),
    [("mashine-501", "machine"), ("Guests", "is no SID"), ("RID-501", "is no SID"), ("machine-", "is no SID")],
)
def test_a_rule_names_nothing_else(name, why):
    with pytest.raises(HipaaCisError, match=why):
        expected([name], {"machine": MACHINE})
