"""The self-test of a Windows host: recorded machines on which both ways agree, on which one thing differs, and on which one way fails."""

from __future__ import annotations

import base64
import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.request import numbered
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import answers
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.audit_subcategories import SUBCATEGORIES
from ansible_collections.hipaa.cis.plugins.plugin_utils.selftest import checks, questions, report
from tests.powershell import run
from tests.unit.target.windows import test_windows_observe as observe

pytestmark = pytest.mark.pwsh

HERE = observe.HERE
SCRIPTS = [*observe.SCRIPTS, str(observe.OURS / "selftest.psm1"), str(HERE / "recorded.ps1"), str(HERE / "recorded_selftest.ps1")]  # fmt: skip
ASKED = questions.questions(load_catalog(), 300.0)
PEOPLE = {"SVC-SECRET", "Müller", "HOSPITAL"}
TYPES = {1: "REG_SZ", 2: "REG_EXPAND_SZ", 3: "REG_BINARY", 4: "REG_DWORD", 7: "REG_MULTI_SZ", 11: "REG_QWORD"}
VALUES = {
    "CurrentBuildNumber": [1, "20348"],
    "UBR": [4, 2113],
    "InstallTime": [11, 133000000000000000],
    "ComSpec": [2, "%SystemRoot%\\system32\\cmd.exe"],
    "Authentication Packages": [7, ["msv1_0", "other"]],
    "Bounds": [3, [0, 48, 0, 0]],
    "LimitBlankPasswordUse": [4, 1],
    "EnableLUA": [4, 1],
    "ScreenSaveActive": [1, "1"],
}
FOLDERS = {64: "C:\\Program Files", 32: "C:\\Program Files (x86)"}
GERMAN_POLICY = """\
Abmelden erzwingen nach Ablauf der Anmeldezeit:           Nie
Minimales Kennwortalter (Tage):                           1
Maximales Kennwortalter (Tage):                           Unbegrenzt
Minimale Kennwortl\u00e4nge:                                    14
L\u00e4nge des gespeicherten Kennwortverlaufs:                  Keine
Sperrschwelle:                                            5
Sperrdauer (Minuten):                                     30
Sperrbeobachtungszeitraum (Minuten):                      15
Computerrolle:                                            SERVER
Der Befehl wurde erfolgreich ausgef\u00fchrt.
"""
RIGHTS = {
    "SeBatchLogonRight": "*S-1-5-32-544,Müller",
    "SeNetworkLogonRight": "*S-1-1-0",
    "SeDebugPrivilege": "*S-1-5-32-544",
}
ACCESS = {
    "MinimumPasswordAge": 1, "MaximumPasswordAge": -1, "MinimumPasswordLength": 14, "PasswordHistorySize": 0, "LockoutBadCount": 5,
    "ResetLockoutCount": 15, "LockoutDuration": 30, "PasswordComplexity": 1,
}  # fmt: skip
WORDS = {0: "Keine Überwachung", 1: "Erfolg", 2: "Fehler", 3: "Erfolg und Fehler"}


def exported(access=None, rights=None):
    lines = ["[Unicode]", "Unicode=yes"]
    if access:
        lines += ["[System Access]", *(f"{key} = {value}" for key, value in access.items())]
    lines += ["[Privilege Rights]", *(f"{key} = {value}" for key, value in (rights or RIGHTS).items())]
    return "\r\n".join([*lines, "[Version]", 'signature="$CHICAGO$"', "Revision=1", ""]).encode("utf-16")


def backup(settings):
    rows = [f"HOSPITAL,System,{name},{guid},{WORDS[bits]},,{bits}" for guid, (name, bits) in settings.items()]
    return "\r\n".join([observe.BACKUP.decode().strip(), *rows, ""]).encode("utf-8")


def listing(settings):
    rows = [f"HOSPITAL,System,{name},{guid},{WORDS[bits]}," for guid, (name, bits) in settings.items()]
    head = "Computername,Richtlinienziel,Unterkategorie,Unterkategorie-GUID,Aufnahmeeinstellung,Ausschlusseinstellung"
    return "\r\n".join([head, "", *rows, ""])


AUDITED = {guid: (f"Name {place}", place % 4) for place, guid in enumerate(sorted(SUBCATEGORIES))}


def printed(name, kind, data):
    """What reg prints of a value."""
    shown = {3: lambda: bytes(data).hex().upper(), 7: lambda: "\\0".join(data)}.get(kind, lambda: data)()
    return f"\r\nHKEY_SOMEWHERE\r\n    {name}    {TYPES[kind]}    {hex(data) if kind in (4, 11) else shown}\r\n\r\n"


def said_of(hive, key, name, view, value):
    line = f"reg query {hive}\\{key} /v {name} /reg:{view}"
    if value is None:
        return line, {"code": 1, "text": "FEHLER: Der angegebene Schlüssel wurde nicht gefunden."}
    return line, {"code": 0, "text": printed(name, *value)}


def windows():
    """A German member server on which both ways say the same."""
    registry = copy.deepcopy(observe.REGISTRY)
    said: dict[str, Any] = {}
    for key, name, view in questions.REGISTRY:
        value = [1, FOLDERS[view]] if name == "ProgramFilesDir" else VALUES.get(name)
        if value:
            registry.setdefault(f"LocalMachine\\{view}\\{key}", {})[f"={name}"] = value
        said.update([said_of("HKLM", key, name, view, value)])
    key, name = questions.USER_REGISTRY
    for sid in (observe.ALICE, observe.BOB, observe.ENTRA):
        registry.setdefault(f"Users\\64\\{sid}\\{key}", {})[f"={name}"] = VALUES[name]
        said.update([said_of("HKU", f"{sid}\\{key}", name, 64, VALUES[name])])
    registry[observe.NLS] = {"=ACP": [1, "1252"]}
    for one in ("EventLog", "LanmanServer", "LanmanWorkstation", "Schedule", "W32Time", "mpssvc"):
        registry[observe.SERVICES + one] = observe.service(2, DelayedAutostart=int(one == "W32Time"))
    registry[observe.SERVICES + "Spooler"] = observe.service(4)
    names = [one for one in questions.SERVICES if one != "HipaaCisNotThere"]
    said["net accounts"] = {"code": 0, "text": GERMAN_POLICY}
    said["auditpol /get /category:* /r"] = {"code": 0, "text": listing(AUDITED)}
    return {
        **copy.deepcopy(observe.MACHINE),
        "registry": registry,
        "services": [{"Name": one, "Status": 1 if one == "Spooler" else 4, "StartType": 4 if one == "Spooler" else 2} for one in names],
        "programs": {
            "secedit": observe.program(exported(ACCESS)),
            "secedit of rights": observe.program(exported()),
            "auditpol": observe.program(backup(AUDITED)),
        },
        "accounts": {"Müller": "S-1-5-21-10-20-30-1001"},
        "said": said,
        "shell": {"edition": "Desktop", "language_mode": "FullLanguage", "bits": 64},
        "groups": ["S-1-5-32-544", "S-1-1-0"],
        "cim": {
            "Win32_UserProfile": [
                {"SID": sid, "Loaded": sid != "S-1-5-21-10-20-30-1099"}
                for sid in (observe.OWN, observe.ALICE, observe.BOB, observe.ENTRA, "S-1-5-21-10-20-30-1099", "S-1-5-18", "S-1-5-80-1-2")
            ],
            "Win32_Service": [
                {"Name": one, "State": "Stopped" if one == "Spooler" else "Running", "StartMode": "Disabled" if one == "Spooler" else "Auto",
                 "DelayedAutoStart": one == "W32Time"}
                for one in names
            ],
            "Win32_OperatingSystem": [
                {"BuildNumber": "20348", "ProductType": 3, "OperatingSystemSKU": 7, "CodeSet": "1252", "OSLanguage": 1031}
            ],
            "Win32_ComputerSystem": [{"PartOfDomain": True}],
        },
    }  # fmt: skip


def changed(path, value):
    """A machine that differs in one place; None takes it away."""
    machine = windows()
    *way, last = path
    place = machine
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return machine


def of(kind, **keys):
    return next(
        place
        for place, one in enumerate(windows()["cim"][kind])
        if all(one[key] == value for key, value in keys.items())
    )


def reg(name, view=64):
    """The command line by which a value is read."""
    return next(line for line in windows()["said"] if f"/v {name} /reg:{view}" in line)


def other(name, kind, data, view=64):
    return changed(["said", reg(name, view)], {"code": 0, "text": printed(name, kind, data)})


SYSTEM = ["cim", "Win32_OperatingSystem", 0]
FEWER = {guid: one for guid, one in AUDITED.items() if guid != min(AUDITED)}
FIRST, SECOND, *_rest = sorted(AUDITED)
OTHERWISE = {**AUDITED, FIRST: (AUDITED[FIRST][0], 1)}
SPOOLER = ["cim", "Win32_Service", of("Win32_Service", Name="Spooler")]
# One thing in each check that differs: the machine, the checks that say so.
DIFFERS = {
    "text": (other("CurrentBuildNumber", 1, "26100"), {"registry CurrentVersion|CurrentBuildNumber (64 bits)"}),
    "number": (other("UBR", 4, 2114), {"registry CurrentVersion|UBR (64 bits)"}),
    "type": (other("LimitBlankPasswordUse", 1, "1"), {"registry Lsa|LimitBlankPasswordUse (64 bits)"}),
    "long number": (other("InstallTime", 11, 1), {"registry CurrentVersion|InstallTime (64 bits)"}),
    "list": (other("Authentication Packages", 7, ["msv1_0"]), {"registry Lsa|Authentication Packages (64 bits)"}),
    "bytes": (other("Bounds", 3, [0, 48, 0, 1]), {"registry Lsa|Bounds (64 bits)"}),
    "expanded": (other("ComSpec", 2, "C:\\Windows\\system32\\cmd.exe"), {"registry Environment|ComSpec (64 bits)"}),
    "view": (other("ProgramFilesDir", 1, FOLDERS[64], 32), {"registry CurrentVersion|ProgramFilesDir (32 bits)"}),
    "there after all": (
        changed(["said", reg("HipaaCisNotThere")], {"code": 0, "text": printed("HipaaCisNotThere", 4, 1)}),
        {"registry Lsa|HipaaCisNotThere (64 bits)"},
    ),
    "not there": (changed(["said", reg("EnableLUA")], {"code": 1, "text": "?"}), {"registry System|EnableLUA (64 bits)"}),
    "user": (
        changed(["said", said_of("HKU", f"{observe.BOB}\\Control Panel\\Desktop", "ScreenSaveActive", 64, None)[0]],
                {"code": 0, "text": printed("ScreenSaveActive", 1, "0")}),
        {"registry of a user ScreenSaveActive -1002"},
    ),
    "hive": (changed(["cim", "Win32_UserProfile", of("Win32_UserProfile", SID=observe.BOB), "Loaded"], False), {"users who are logged on"}),
    "running": (changed([*SPOOLER, "State"], "Running"), {"service Spooler"}),
    "start": (changed([*SPOOLER, "StartMode"], "Manual"), {"service Spooler"}),
    "late": (changed(["cim", "Win32_Service", of("Win32_Service", Name="W32Time"), "DelayedAutoStart"], False), {"service W32Time"}),
    "no service": (changed(SPOOLER, None), {"service Spooler"}),
    "build": (changed([*SYSTEM, "BuildNumber"], "26100"), {"fact build", "fact current_build"}),
    "product": (changed([*SYSTEM, "ProductType"], 2), {"fact product_type"}),
    "edition": (changed([*SYSTEM, "OperatingSystemSKU"], 8), {"fact edition"}),
    "domain": (changed(["cim", "Win32_ComputerSystem", 0, "PartOfDomain"], False), {"fact domain_role: of a domain"}),
    "code page": (changed([*SYSTEM, "CodeSet"], "1250"), {"code page"}),
    "language mode": (changed(["shell", "language_mode"], "ConstrainedLanguage"), {"language mode"}),
    "administrator": (changed(["groups"], ["S-1-1-0"]), {"administrator"}),
    "length": (
        changed(["said", "net accounts"], {"code": 0, "text": GERMAN_POLICY.replace(" 14\n", " 8\n")}),
        {"account policy MinimumPasswordLength"},
    ),
    "a word for a number": (
        changed(["said", "net accounts"], {"code": 0, "text": GERMAN_POLICY.replace(" 5\n", " Nie\n")}),
        {"account policy LockoutBadCount"},
    ),
    "a number for a word": (
        changed(["said", "net accounts"], {"code": 0, "text": GERMAN_POLICY.replace("Unbegrenzt", "42")}),
        {"account policy MaximumPasswordAge"},
    ),
    "holders": (
        changed(["programs", "secedit of rights"], observe.program(exported(rights={**RIGHTS, "SeDebugPrivilege": "*S-1-1-0,*S-1-5-32-544"}))),
        {"user right SeDebugPrivilege"},
    ),
    "a right that nobody holds": (
        changed(["programs", "secedit of rights"], observe.program(exported(rights={"SeBatchLogonRight": "*S-1-1-0,Müller"}))),
        {"user right SeDebugPrivilege", "user right SeNetworkLogonRight"},
    ),
    "rows": (
        changed(["said", "auditpol /get /category:* /r"], {"code": 0, "text": listing(FEWER)}),
        {"audit policy: rows", "audit policy: GUIDs of one alone"},
    ),
    "settings": (
        changed(["said", "auditpol /get /category:* /r"], {"code": 0, "text": listing(OTHERWISE)}),
        {"audit policy: settings that differ"},
    ),
}  # fmt: skip
RIGHTS_WITHOUT_SID = {**RIGHTS, "SeDebugPrivilege": "Weg"}


def nothing_locks():
    access = {key: one for key, one in ACCESS.items() if key not in ("LockoutDuration", "ResetLockoutCount")}
    machine = changed(["programs", "secedit"], observe.program(exported({**access, "LockoutBadCount": 0})))
    machine["said"]["net accounts"]["text"] = GERMAN_POLICY.replace(" 5\n", " Nie\n")
    return machine


# One way that fails: the machine, what its checks begin with, why.
FAILS = {
    "no reg": (changed(["said", reg("UBR")], "this Windows has no reg"), "registry ", "theirs: this Windows has no reg"),
    "reg prints otherwise": (changed(["said", reg("UBR")], {"code": 0, "text": "UBR"}), "registry CurrentVersion|UBR", "no line of this value"),
    "reg fails": (changed(["said", reg("UBR")], {"code": 5, "text": ""}), "registry CurrentVersion|UBR", "reg ended with 5"),
    "net fails": (changed(["said", "net accounts"], {"code": 2, "text": "Der Dienst"}), "account policy", "net ended with 2"),
    "net prints little": (changed(["said", "net accounts"], {"code": 0, "text": "5"}), "account policy", "fewer than it has settings"),
    "auditpol fails": (changed(["said", "auditpol /get /category:* /r"], {"code": 1314, "text": "Fehler"}), "audit policy", "ended with 1314"),
    "auditpol prints nothing": (changed(["said", "auditpol /get /category:* /r"], {"code": 0, "text": ""}), "audit policy", "no row with a GUID"),
    "no second export": (changed(["programs", "secedit of rights"], observe.program(None)), "user right", "theirs: secedit ended with 0"),
    "no export": (changed(["programs", "secedit"], observe.program(None)), "account policy", "ours: secedit ended with 0"),
    "no backup": (changed(["programs", "auditpol"], None), "audit policy", "ours: this Windows has no auditpol"),
    "no class of profiles": (changed(["cim", "Win32_UserProfile"], None), "users who", "theirs: this Windows has no class Win32_UserProfile"),
    "CIM is refused": (changed(["cim", "Win32_Service"], "Zugriff verweigert"), "service ", "theirs: Zugriff verweigert"),
    "a word of CIM": (changed([*SPOOLER, "State"], "Läuft"), "service Spooler", "by words that are not known"),
    "no system": (changed(["cim", "Win32_OperatingSystem"], None), "fact build", "no class Win32_OperatingSystem"),
    "no role": (changed(["system"], "Ungültige Klasse"), "fact domain_role", "ours: Ungültige Klasse"),
    "an unknown edition": (changed(["registry", observe.CURRENT, "=EditionID"], [1, "ServerNew"]), "fact edition", "is not known here"),
    "services are refused": (changed(["services"], "RPC"), "service ", "ours: service cannot be read: RPC"),
    "a name without a SID": (
        changed(["programs", "secedit"], observe.program(exported(ACCESS, RIGHTS_WITHOUT_SID))),
        "user right SeDebugPrivilege",
        "ours: a holder has no SID",
    ),
    "nothing locks": (nothing_locks(), "account policy LockoutDuration", "leaves it out"),
}  # fmt: skip
QUESTION = questions.second_ways(100)
CASES = {
    "agrees": (windows(), QUESTION),
    "hangs": (changed(["said", "net accounts"], "hangs"), questions.second_ways(1.5)),
    **{f"differs: {name}": (machine, QUESTION) for name, (machine, _checks) in DIFFERS.items()},
    **{f"fails: {name}": (machine, QUESTION) for name, (machine, _checks, _why) in FAILS.items()},
}


OURS = ("registry", "services", "system", "programs")
SMALL = questions.questions(replace(load_catalog(), rules={}), 300.0)


def changes_ours(machine):
    own = windows()
    return any(machine[name] != own[name] for name in OURS)


def put(folder, cases, direct):
    """Return what is answered to each case; what windows_observe answers only where the machine is another one for it."""
    given = []
    for number, (name, (machine, question)) in enumerate(cases.items()):
        path = folder / f"{direct}-{number}.json"
        path.write_text(json.dumps(machine), encoding="utf-8")
        asked = ASKED if name == "agrees" else SMALL if changes_ours(machine) else None
        request = asked and json.dumps(numbered(asked.plan.request))
        given.append({"machine": str(path), "request": request, "question": question})
    return dict(
        zip(
            cases,
            run(HERE / "selftest_cases.ps1", {"scripts": SCRIPTS, "cases": given, "direct": direct}, 400),
            strict=True,
        )
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machines")
    at_once = ("agrees", "hangs")
    answered = put(folder, {name: CASES[name] for name in at_once}, direct=False)
    return answered | put(folder, {name: one for name, one in CASES.items() if name not in at_once}, direct=True)


def seen_in(told, case):
    source = case if "ours" in told[case] else "agrees"
    ours = answers.observed(told[source]["ours"], (ASKED if source == "agrees" else SMALL).plan.request)
    return checks.Seen(ours, answers.read_again(told[case]["again"])), ours


def checked(told, case):
    return checks.checks(seen_in(told, case)[0])


def test_both_ways_agree_on_everything(told):
    found = checked(told, "agrees")

    assert [one for one in found if one.same is not True] == []
    assert len(found) >= 45
    assert {one.name.split(" ")[0] for one in found} == {
        "registry", "users", "service", "fact", "account", "user", "audit", "code", "language", "administrator",
    }  # fmt: skip
    assert [one.ours for one in found if one.name == "users who are logged on"] == [["-1001", "-1002", "-4"]]


@pytest.mark.parametrize("name", DIFFERS)
def test_what_differs_is_told_and_nothing_else(name, told):
    found = checked(told, f"differs: {name}")

    assert {one.name for one in found if one.same is False} == DIFFERS[name][1]
    assert {one.name for one in found if one.same is None} == set()


@pytest.mark.parametrize("name", FAILS)
def test_a_way_that_fails_is_no_agreement_and_no_difference(name, told):
    _machine, begins, why = FAILS[name]
    found = checked(told, f"fails: {name}")

    of_it = [one for one in found if one.same is None and one.name.startswith(begins)]
    assert of_it
    assert [one for one in of_it if why not in one.reason] == []
    assert {one.name for one in found if one.same is False} == set()
    assert any(one.same for one in found)


def test_a_program_that_hangs_spoils_its_own_checks_only(told):
    found = checked(told, "hangs")

    assert [
        "there was no answer in 1 seconds" in one.reason or "in 2 seconds" in one.reason
        for one in found
        if one.same is None
    ] == [True]
    assert told["hangs"]["limited"] == 5


def test_each_collector_and_each_second_way_says_its_seconds(told):
    seen, ours = seen_in(told, "agrees")
    collected = report.collected(ASKED, seen, ours["stats"], ())

    assert set(collected["collectors"]) >= {"registry", "user_registry", "service", "security_export", "audit_backup"}
    assert all(one["seconds"] >= 0 for one in collected["collectors"].values())
    assert all(one["seconds"] >= 0 for name, one in told["agrees"]["again"]["readings"].items())
    assert collected["collectors"]["audit_backup"]["states"] == {"value": 1}
    assert collected["collectors"]["audit_backup"]["reasons"] == {}
    assert collected["settings"]["registry"]["states"]["absent"] > 100


@pytest.mark.parametrize("case", [*CASES])
def test_a_report_names_nobody(case, told):
    seen, ours = seen_in(told, case)
    found = checks.checks(seen)
    collected = report.collected(ASKED, seen, ours["stats"], {"SVC-SECRET"})
    text = json.dumps(report.document(seen, found, {"SVC-SECRET"}, **collected), ensure_ascii=False)

    assert not [name for name in (*PEOPLE, "S-1-5-21", "S-1-12-1", "Weg") if name in text]
    assert base64.b64encode(exported(ACCESS))[:40].decode() not in text


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("{", "not JSON"),
        ('{"registry": [["SOFTWARE\\" & calc", "x", 64]]}', "cannot be asked for"),
        ('{"registry": [["SOFTWARE", "x", 16]]}', "64 or 32"),
        (
            '{"registry": [], "user_registry": ["Software\\\\", "x"], "services": ["x"], "seconds": 1}',
            "cannot be asked for",
        ),
        ('{"registry": [], "user_registry": ["S", "x"], "services": ["x\' OR Name LIKE \'%"]}', "letters and digits"),
        ('{"registry": [], "user_registry": ["S", "x"], "services": ["x"], "seconds": 0}', "have to be a number"),
    ],
)
def test_a_question_that_could_become_something_else_is_refused(question, why, tmp_path):
    machine = tmp_path / "machine.json"
    machine.write_text(json.dumps(windows()), encoding="utf-8")
    case = {"machine": str(machine), "request": None, "question": question}
    (answer,) = run(HERE / "selftest_cases.ps1", {"scripts": SCRIPTS, "cases": [case], "direct": False})

    assert why in answer["again_failed"]
