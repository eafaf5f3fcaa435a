"""What Windows' own programs print, in languages other than English and in forms that nobody expects."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import second_ways
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.registry_value import Absent, RegistryValue

KEY = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Site"
FRENCH = [
    "Forcer la fermeture de session apr\ufffds expiration du d\ufffdlai ? : Jamais",
    "Dur\ufffde de vie minimale du mot de passe (jours) :     0",
    "Dur\ufffde de vie maximale du mot de passe (jours) :     42",
    "Longueur minimale du mot de passe :                  0",
    "Nombre d'anciens mots de passe conserv\ufffds :           Aucun",
    "Seuil de verrouillage :                              10",
    "Dur\ufffde du verrouillage (min) :                        10",
    "Fen\ufffdtre d'observation du verrouillage (min) :        10",
    "R\ufffdle de l'ordinateur :                               STATION DE TRAVAIL",
    "La commande s'est termin\ufffde correctement.",
]


def said(*lines, code=0):
    return {"code": code, "lines": list(lines)}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("    Lock    REG_DWORD    0xffffffff", RegistryValue("REG_DWORD", 0xFFFFFFFF)),
        ("    Lock    REG_QWORD    0x1d8a7b000000000", RegistryValue("REG_QWORD", 0x1D8A7B000000000)),
        ("    lock    REG_SZ    a    b", RegistryValue("REG_SZ", "a    b")),
        ("    Lock    REG_SZ    ", RegistryValue("REG_SZ", "")),
        ("    Lock    REG_SZ", RegistryValue("REG_SZ", "")),
        ("    Lock    REG_EXPAND_SZ    %x%", RegistryValue("REG_EXPAND_SZ", "%x%")),
        ("    Lock    REG_MULTI_SZ    a\\0b", RegistryValue("REG_MULTI_SZ", ("a", "b"))),
        ("    Lock    REG_MULTI_SZ    ", RegistryValue("REG_MULTI_SZ", ())),
        ("    Lock    REG_BINARY    00AbFF", RegistryValue("REG_BINARY", b"\0\xab\xff")),
    ],
)
def test_value_is_read_by_its_place(line, value):
    assert second_ways.reg_query(said("", KEY, line, "", ""), "Lock") == value


@pytest.mark.parametrize(
    "lines",
    [
        [KEY],
        [KEY, "  Lock    REG_DWORD    0x1"],
        [KEY, "    Locked    REG_DWORD    0x1"],
        [KEY, "    Lock    REG_DWORD    0x1", "    Lock    REG_DWORD    0x2"],
        [KEY, "    Lock    REG_DWORD    one"],
        [KEY, "    Lock    REG_BINARY    0"],
    ],
)
def test_what_is_not_of_the_form_is_no_value(lines):
    with pytest.raises(HipaaCisError, match="reg printed"):
        second_ways.reg_query(said(*lines), "Lock")


def test_value_that_is_not_there_is_told_by_the_code_alone():
    assert second_ways.reg_query(said("FEHLER: ...", code=1), "Lock") == Absent("key or value")
    with pytest.raises(HipaaCisError, match="ended with 2"):
        second_ways.reg_query(said("    Lock    REG_DWORD    0x1", code=2), "Lock")


def test_account_policy_has_no_words():
    assert second_ways.net_accounts(said("", *FRENCH)) == {
        "MinimumPasswordAge": 0,
        "MaximumPasswordAge": 42,
        "MinimumPasswordLength": 0,
        "PasswordHistorySize": second_ways.A_WORD,
        "LockoutBadCount": 10,
        "LockoutDuration": 10,
        "ResetLockoutCount": 10,
    }


def test_account_policy_with_too_few_lines_is_none():
    with pytest.raises(HipaaCisError, match="8 lines"):
        second_ways.net_accounts(said(*FRENCH[:8]))


def test_audit_policy_is_read_by_its_columns():
    guid = "{0CCE9210-69AE-11D9-BED3-505054503030}"
    rows = said("a,b,c,d,e,f", "", f'HOST,System,"Eins, zwei",{guid.lower()},Erfolg und Fehler,', "")

    assert second_ways.audit_listing(rows) == [(guid, "Erfolg und Fehler")]


@pytest.mark.parametrize("given", [None, [], {"code": 0}, {"lines": []}, {"code": 0, "lines": "x"}])
def test_what_is_no_answer_of_a_program_is_refused(given):
    for read in (second_ways.net_accounts, second_ways.audit_listing, lambda one: second_ways.reg_query(one, "x")):
        with pytest.raises(HipaaCisError, match="did not say"):
            read(given)


def test_rights_are_counted_by_lines():
    text = "[Privilege Rights]\r\nSeBackupPrivilege = *S-1-5-32-544,M\u00fcller\r\nSeTcbPrivilege =\r\n[Version]\r\n"

    wanted = {"SeBackupPrivilege": 2, "SeTcbPrivilege": 0}
    assert second_ways.counted_rights(text.encode("utf-16"), None) == wanted
    assert second_ways.counted_rights(text.encode("cp1252"), 1252) == wanted
