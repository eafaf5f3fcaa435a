"""auditpol's backup is read by position, GUID and number, in every language."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.audit_backup import parsed
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.audit_subcategories import SUBCATEGORIES
from tests.windows_exports import AUDIT_HEADING, LOGON, MACHINE, audit_text, guid

ALL = dict.fromkeys(SUBCATEGORIES, "0")
USER = f"{MACHINE}-1001"
GERMAN = "Computername,Richtlinienziel,Unterkategorie,Unterkategorie-GUID,Aufnahmeeinstellung,Ausschlusseinstellung,Einstellungswert"
FRENCH = "Nom de l'ordinateur,Cible de la stratégie,Sous-catégorie,GUID de sous-catégorie,Paramètre d'inclusion,Paramètre d'exclusion,Valeur"
SPANISH = "Nombre de equipo,Destino de directiva,Subcategoría,GUID de subcategoría,Configuración de inclusión,Configuración de exclusión,Valor"


def backup(*rows, logon="3", **said):
    """Return a whole backup with a value of the subcategory Logon, and rows behind it."""
    return parsed((audit_text({**ALL, LOGON: logon}, **said) + "\r\n".join([*rows, ""])).encode())


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("0", (False, False)), ("1", (True, False)), ("2", (False, True)), ("3", (True, True)), ("4", (False, False))],
)
def test_the_number_is_what_is_audited(value, wanted):
    # The word beside it says something else in each row, and is not looked at.
    assert backup(logon=value).audited(LOGON) == wanted
    assert backup(logon=value, word="No Auditing").audited(LOGON) == wanted


@pytest.mark.parametrize(
    ("heading", "system", "word"),
    [
        (AUDIT_HEADING, "System", "Success and Failure"),
        (GERMAN, "System", "Erfolg und Fehler"),
        (FRENCH, "Système", "Succès et échec"),
        (SPANISH, "Sistema", "Aciertos y errores"),
        (AUDIT_HEADING, "System", "Aciertos"),
        (GERMAN, "システム", "成功および失敗"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "ansi"])
def test_no_word_is_looked_at(heading, system, word, encoding):
    codec = ("cp932" if not system.isascii() and ord(system[0]) > 255 else "cp1252") if encoding == "ansi" else encoding
    text = audit_text({**ALL, LOGON: "2"}, heading=heading, system=system, word=word)

    found = parsed(text.encode(codec, errors="replace" if encoding == "ansi" else "strict"))

    assert (found.audited(LOGON), found.audited(guid("9216"))) == ((False, True), (False, False))


def test_guids_are_compared_in_any_case():
    text = audit_text({**ALL, LOGON: "1"}).replace("{0CCE9215-69AE-11D9-BED3", "{0cce9215-69ae-11d9-bed3")

    assert parsed(text.encode()).audited(LOGON.lower()) == (True, False)


def test_blank_lines_and_quoted_texts_are_followed():
    text = (
        audit_text({**ALL, LOGON: "1"})
        .replace("Text", '"Plug, Play and ""others"""')
        .replace(AUDIT_HEADING, AUDIT_HEADING + "\r\n")
    )

    assert parsed(text.encode()).audited(LOGON) == (True, False)


def test_a_subcategory_that_is_missing_is_no_setting_of_nothing():
    found = parsed(audit_text({number: "0" for number in ALL if number != LOGON}).encode())

    with pytest.raises(HipaaCisError, match=r"does not name .*9215.*Logon.*each supported Windows has"):
        found.audited(LOGON)
    assert found.audited(guid("9216")) == (False, False)


def test_server_2019_does_not_know_access_rights():
    newer = guid("924B")

    assert parsed(audit_text({number: "0" for number in ALL if number != newer}).encode()).audited(newer) is None
    assert backup().audited(newer) == (False, False)


@pytest.mark.parametrize(
    "wanted", [guid("9299"), "Logon", LOGON.strip("{}"), "", "{0CCE9215-69AE-11D9-BED3-50505450303\uff10}"]
)
def test_what_no_windows_has_is_an_error_and_not_absent(wanted):
    with pytest.raises(HipaaCisError, match=r"unknown subcategory|is no GUID"):
        backup().audited(wanted)


@pytest.mark.parametrize("value", ["", "5", "-1", "03", "\uff13", "3.0", "Success"])
def test_a_value_that_is_none_is_an_error_for_that_subcategory_alone(value):
    found = backup(logon=value)

    with pytest.raises(HipaaCisError, match=r"line \d+ has a setting that is none of 0 to 4"):
        found.audited(LOGON)
    assert found.audited(guid("9216")) == (False, False)


def test_two_rows_that_say_different_things_are_an_error():
    with pytest.raises(HipaaCisError, match=r"says different things of .*9215.* in lines"):
        backup(f"HOST,System,Logon,{LOGON},,,0").audited(LOGON)
    assert backup(f"HOST,System,Logon,{LOGON},,,3").audited(LOGON) == (True, True)


def test_auditpol_get_is_refused_with_the_command_that_is_meant():
    text = f"Machine Name,Policy Target,Subcategory,Subcategory GUID,Inclusion Setting,Exclusion Setting\r\n\r\nHOST,System,Logon,{LOGON},Aciertos,\r\n"

    with pytest.raises(HipaaCisError, match="Use `auditpol /backup`"):
        parsed(text.encode())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("\r\n\r\n", "it is empty"),
        (AUDIT_HEADING + "\r\n", "no row of the system's audit policy"),
        ("Access is denied.\r\n", "begins with 1 columns"),
        (f"HOST,System,Logon,{LOGON},,,3\r\n", "begins with 7 columns"),
        (AUDIT_HEADING + "\r\nHOST,System,Logon\r\n", "line 2 has 3 columns"),
        (AUDIT_HEADING + f"\r\nHOST,System,Logon,{LOGON},,,3,4\r\n", "line 2 has 8 columns"),
        (AUDIT_HEADING + "\r\nHOST,System,Logon,,Success,,1\r\n", "line 2 names no subcategory"),
        (AUDIT_HEADING + f"\r\nHOST,,Logon,{LOGON},Success,,1\r\n", "line 2 names no subcategory"),
        (AUDIT_HEADING + "\r\nHOST,System,Logon,Anmelden,Success,,1\r\n", "is no GUID"),
        (AUDIT_HEADING + "\r\nHOST,System,Option:CrashOnAuditFail,,,,1\r\n", "line 2 names no subcategory"),
        (AUDIT_HEADING + f"\r\nHOST,,FileGlobalSacl,{LOGON},,,1\r\n", "line 2 names no subcategory"),
        (AUDIT_HEADING + "\r\nHOST,System,FileGlobalSacl,,,,S:\r\n", "line 2 names no subcategory"),
        (AUDIT_HEADING + f'\r\nHOST,System,"Logon,{LOGON},Success,,1\r\nHOST,x\r\n', "is not CSV"),
        (AUDIT_HEADING + f"\r\nHOST,System,{'x' * 200_000},{LOGON},Success,,1\r\n", "is not CSV"),
    ],
    ids=[
        "nothing",
        "blank",
        "heading",
        "message",
        "no heading",
        "short",
        "long",
        "no GUID",
        "no target",
        "word",
        "option of the system",
        "SACL with a GUID",
        "SACL of the system",
        "quote",
        "huge",
    ],
)
def test_what_is_no_backup_is_an_error(text, why):
    with pytest.raises(HipaaCisError, match=f"auditpol's backup.*{why}|{why}"):
        parsed(text.encode())


def test_a_backup_that_is_cut_never_says_less_than_it_did():
    text = audit_text({**ALL, LOGON: "3"})
    said = 0

    for end in range(len(text)):
        try:
            said += parsed(text[:end].encode()).audited(LOGON) == (True, True)
        except HipaaCisError:
            continue
    assert said > 0


# Nobody can tell from the system's rows that the audit of one user is switched off.
@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("2", [(True, False)]),
        ("8", [(False, True)]),
        ("10", [(True, True)]),
        # Where both are said, it is audited.
        ("3", []),
        ("9", [(False, True)]),
        ("5", []),
        ("0", []),
        ("16", []),
    ],
)
def test_users_who_are_kept_from_being_audited_are_named(value, wanted):
    found = backup(f"HOST,{USER},Logon,{LOGON},Success,Failure,{value}")

    assert [(audit.sid, audit.guid, audit.unaudited) for audit in found.user_audits()] == [
        (USER, LOGON, one) for one in wanted
    ]
    assert found.audited(LOGON) == (True, True)


@pytest.mark.parametrize(("target", "value"), [(USER, "17"), (USER, ""), (USER, "99"), ("HOST\\nurse", "2")])
def test_a_user_row_that_cannot_be_followed_is_an_error_of_the_users_alone(target, value):
    found = backup(f"HOST,{target},Logon,{LOGON},,,{value}")

    with pytest.raises(HipaaCisError, match=r"none of a user's audit policy|is no SID"):
        found.user_audits()
    assert found.audited(LOGON) == (True, True)


def test_options_are_numbers():
    found = backup("HOST,,Option:FullPrivilegeAuditing,,Aktiviert,,1", "HOST,,option:AuditBaseObjects,,,,on")

    # The host has stopped as it could not write to its log, and lets only administrators log on.
    assert parsed(audit_text(ALL).replace("Disabled,,0", ",,2").encode()).option("CrashOnAuditFail") == 2
    with pytest.raises(HipaaCisError, match="none of an option"):
        parsed(audit_text(ALL).replace("Disabled,,0", ",,3").encode()).option("CrashOnAuditFail")

    assert (found.option("CrashOnAuditFail"), found.option("fullprivilegeauditing")) == (0, 1)
    assert found.option("AuditBaseDirectories") is None
    with pytest.raises(HipaaCisError, match="has a value that is none of an option"):
        found.option("AuditBaseObjects")
    with pytest.raises(HipaaCisError, match="unknown option"):
        found.option("CrashOnFail")


def test_a_global_sacl_is_its_sddl_commas_and_all():
    sddl = 'S:(XA;SA;FA;;;WD;(@User.Role Any_of {"a","b"}))'
    found = backup("HOST,,RegistryGlobalSacl,,,,S:(AU;SA;FA;;;WD)")

    assert (found.global_sacl("Registry"), found.global_sacl("File")) == ("S:(AU;SA;FA;;;WD)", "")
    assert backup('HOST,,RegistryGlobalSacl,,,,"{}"'.format(sddl.replace('"', '""'))).global_sacl("Registry") == sddl
    assert "," in backup("HOST,,RegistryGlobalSacl,,,,S:(XA;;;;;WD;(a {1,2}))").global_sacl("Registry")
