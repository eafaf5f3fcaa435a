"""Who holds a right, as a set of SIDs, whatever an export calls them."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.security_export import whole
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.user_rights import RIGHTS, holders, names
from tests.windows_exports import GUEST, MACHINE, SECTIONS, changed, security, security_text

RIGHTS_LINES = SECTIONS["Privilege Rights"]


def held(right, data=None, accounts=None):
    return holders(whole(data or security(), 1252), right, {"Guest": GUEST} if accounts is None else accounts)


@pytest.mark.parametrize(
    ("right", "wanted"),
    [
        ("SeNetworkLogonRight", {"S-1-5-11", "S-1-5-32-544"}),
        ("SeDenyNetworkLogonRight", {GUEST, "S-1-5-113"}),
        ("SeServiceLogonRight", {"S-1-5-80-0", "S-1-5-83-0"}),
        # Microsoft's own pages write it with a capital T.
        ("SeSystemTimePrivilege", {"S-1-5-19", "S-1-5-32-544"}),
    ],
)
def test_holders_are_a_set_of_sids(right, wanted):
    assert held(right) == wanted


def test_a_right_that_an_export_leaves_out_is_held_by_nobody():
    assert held("SeTcbPrivilege") == frozenset()
    assert held("SeTcbPrivilege", security({"Privilege Rights": [*RIGHTS_LINES, "SeTcbPrivilege ="]})) == frozenset()


@pytest.mark.parametrize("right", ["SeTcbPriviledge", "SeAllowLogonLocallyRight", ""])
def test_a_right_that_no_windows_has_is_an_error_and_not_nobody(right):
    with pytest.raises(HipaaCisError, match="unknown right"):
        held(right)


@pytest.mark.parametrize("lines", [None, [], ["SeSecurityPrivilege ="]])
def test_no_windows_has_nobody_with_any_right(lines):
    with pytest.raises(HipaaCisError, match=r"names no holder of any right.*USER_RIGHTS"):
        held("SeTcbPrivilege", security({"Privilege Rights": lines}))


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("Gast", "ascii"),
        ("SQLServer2005SQLBrowserUser$HOST", "ascii"),
        ("Invité", "cp1252"),
        ("Invité", "utf-8-sig"),
        ("Invitado", "utf-16"),
        ("Administratör", "utf-16"),
        (r"NT-AUTORITÄT\Lokales Konto", "cp1252"),
        (r"受限服务\所有受限服务", "utf-16"),
    ],
)
def test_an_account_that_is_written_by_name_is_who_the_host_says_it_is(name, encoding):
    data = security_text({"Privilege Rights": [f"SeDenyBatchLogonRight = {name},*S-1-5-32-546"]}).encode(encoding)

    assert names(whole(data, 1252)) == {name}
    assert held("SeDenyBatchLogonRight", data, {name: GUEST}) == {GUEST, "S-1-5-32-546"}
    assert held("SeDenyBatchLogonRight", data, {name.replace("A", "a"): GUEST}) == {GUEST, "S-1-5-32-546"}


# The words of an English Windows are names of any account elsewhere.
@pytest.mark.parametrize("name", ["Administrators", "Guests", "ASPNET", "&544", "S-1-5-32-544"])
def test_a_name_that_the_host_did_not_resolve_is_an_error_for_that_right_alone(name):
    data = changed("Privilege Rights", "SeNetworkLogonRight", f"SeNetworkLogonRight = *S-1-5-11,{name}")

    with pytest.raises(HipaaCisError, match="holds SeNetworkLogonRight: the host knows no SID of that name"):
        held("SeNetworkLogonRight", data)
    assert held("SeSecurityPrivilege", data) == {"S-1-5-32-544"}


@pytest.mark.parametrize(
    "holder", ["*S-1-5-32-", "*S-1-5", "**S-1-5-18", "*", "*Administrators", "*S-1-5-32-99999999999"]
)
def test_a_holder_that_is_no_sid_is_an_error(holder):
    with pytest.raises(HipaaCisError, match="is no SID"):
        held(
            "SeNetworkLogonRight", changed("Privilege Rights", "SeNetworkLogonRight", f"SeNetworkLogonRight = {holder}")
        )


@pytest.mark.parametrize("value", ["*S-1-5-11,", ",*S-1-5-11", ","])
def test_an_entry_that_names_nobody_is_an_error(value):
    data = changed("Privilege Rights", "SeNetworkLogonRight", f"SeNetworkLogonRight = {value}")

    assert names(whole(data, 1252)) == {"Guest"}
    with pytest.raises(HipaaCisError, match="knows no SID"):
        held("SeNetworkLogonRight", data)


def test_what_the_host_gives_for_a_name_is_checked_too():
    with pytest.raises(HipaaCisError, match="'Guest' holds SeDenyNetworkLogonRight: 'nobody' is no SID"):
        held("SeDenyNetworkLogonRight", accounts={"Guest": "nobody"})


def test_a_name_steers_no_terminal():
    data = changed("Privilege Rights", "SeNetworkLogonRight", "SeNetworkLogonRight = \x1b[2Jx")

    with pytest.raises(HipaaCisError, match=r"^[^\x1b]*\[U\+001B\]\[2Jx"):
        held("SeNetworkLogonRight", data)


def test_a_right_that_stands_twice_is_an_error_only_where_it_says_two_things():
    lines = [*RIGHTS_LINES, "SeSecurityPrivilege = *S-1-5-32-544", "SeNetworkLogonRight = *S-1-1-0"]
    data = security({"Privilege Rights": lines})

    assert held("SeSecurityPrivilege", data) == {"S-1-5-32-544"}
    with pytest.raises(HipaaCisError, match="SeNetworkLogonRight stands with different values"):
        held("SeNetworkLogonRight", data)


def test_an_account_that_is_gone_is_still_a_holder():
    gone = f"{MACHINE}-1044"

    assert held("SeNetworkLogonRight", changed("Privilege Rights", "SeNetworkL", f"SeNetworkLogonRight = *{gone}")) == {
        gone
    }


def test_each_right_is_known_in_the_letters_of_microsoft():
    assert len(RIGHTS) == 45
    assert all(right.startswith("Se") and right.endswith(("Right", "Privilege")) for right in RIGHTS)
