"""What windows_observe answers of recorded machines: one process of PowerShell for all cases."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any, Dict, List

import pytest

from tests.powershell import ROOT, run

pytestmark = pytest.mark.pwsh

HERE = Path(__file__).parent
OURS = ROOT / "plugins" / "module_utils" / "windows"
# As the module takes them in: what all others stand on first, what calls them last.
BETWEEN = sorted(path.stem for path in OURS.glob("*.psm1") if path.stem not in ("host", "observe"))
SCRIPTS = [str(OURS / (name + ".psm1")) for name in ("host", *BETWEEN, "observe")]
CURRENT = "LocalMachine\\64\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
PRODUCT = "LocalMachine\\64\\SYSTEM\\CurrentControlSet\\Control\\ProductOptions"
SERVICES = "LocalMachine\\64\\SYSTEM\\CurrentControlSet\\Services\\"
OWN = "S-1-5-21-10-20-30-500"
ALICE, BOB, ENTRA = "S-1-5-21-10-20-30-1001", "S-1-5-21-10-20-30-1002", "S-1-12-1-1-2-3-4"


def service(start: Any, kind: int = 32, **more: Any) -> Dict[str, Any]:
    """Return a service's key: text is REG_SZ, numbers are REG_DWORD."""
    values = {"Start": start, "Type": kind, **more}
    return {"=" + name: [4 if isinstance(one, int) else 1, one] for name, one in values.items()}


REGISTRY: Dict[str, Any] = {
    CURRENT: {
        "=ProductName": [1, "Windows Server 2022 Standard"],
        "=CurrentBuild": [1, "20348"],
        "=UBR": [4, 2113],
        "=EditionID": [1, "ServerStandard"],
        "=InstallationType": [1, "Server Core"],
    },
    PRODUCT: {"=ProductType": [1, "ServerNT"]},
    "LocalMachine\\64\\SOFTWARE\\Site": {
        "=": [1, "default value"],
        "=Number": [4, 1],
        "=Top": [4, -1],
        "=Short": [4, "8589934592"],
        "=Long": [11, -1],
        "=Text": [1, "1"],
        "=Empty": [1, ""],
        "=Expand": [2, "%SystemRoot%\\x"],
        "=List": [7, ["a", "b"]],
        "=One": [7, ["a"]],
        "=None at all": [7, []],
        "=Bytes": [3, [0, 171, 255]],
        "=None": [-1, []],
        "=Unknown": [0, "?"],
        "=Large": [1, "x" * 1048576],
        "=DefaultPassword": [1, "Summer2026!"],
        "=PasswordComplexity": [4, 4],
        "=OldPassword": [1, ""],
        "=Accent": [1, "Überwachung \u0130"],
    },
    "LocalMachine\\32\\SOFTWARE\\Site": {"=Number": [4, 0]},
    "LocalMachine\\64\\SOFTWARE\\Closed": "Der angeforderte Registrierungszugriff ist unzulässig.",
    "Users\\64\\.DEFAULT\\Software\\Site": {"=Lock": [4, 7]},
    "Users\\64\\S-1-5-18\\Software\\Site": {"=Lock": [4, 7]},
    "Users\\64\\S-1-5-80-1-2-3-4-5\\Software\\Site": {"=Lock": [4, 7]},
    "Users\\64\\%s\\Software\\Site" % OWN: {"=Lock": [4, 7]},
    "Users\\64\\%s\\Software\\Site" % ALICE: {"=Lock": [4, 1]},
    "Users\\64\\%s_Classes\\Software\\Site" % ALICE: {"=Lock": [4, 7]},
    "Users\\64\\%s\\Software\\Site" % BOB: {},
    "Users\\64\\%s\\Software\\Site" % ENTRA: {"=Lock": [1, "1"], "=Closed": [0, ""]},
    SERVICES + "W32Time": service(3, ObjectName="NT AUTHORITY\\LocalService", DelayedAutostart=1),
    SERVICES + "W32Time\\TriggerInfo\\0": {"=Action": [4, 1], "=Type": [4, 3]},
    SERVICES + "W32Time\\TriggerInfo\\1": {"=Action": [4, 2], "=Type": [4, 3]},
    SERVICES + "Spooler": service(4),
    SERVICES + "CDPUserSvc": service(2, 0x60),
    SERVICES + "mrxsmb10": service(3, 2),
    SERVICES + "Odd": service("2"),
}
# As secedit writes it: some holders by name.
EXPORT = '[Unicode]\r\nUnicode=yes\r\n[Privilege Rights]\r\n%s[Version]\r\nsignature="$CHICAGO$"\r\nRevision=1\r\n'
HOLDERS = "SeBatchLogonRight = *S-1-5-32-544,Gäste,Weg\r\nSeDenyNetworkLogonRight = CONTOSO\\Ops\r\n"
BACKUP = (
    b"Machine Name,Policy Target,Subcategory,Subcategory GUID,Inclusion Setting,Exclusion Setting,Setting Value\r\n"
)


def program(file: Any, code: Any = 0) -> Dict[str, Any]:
    return {"code": code, "file": None if file is None else base64.b64encode(file).decode()}


EXPORTED = (EXPORT % HOLDERS).encode("utf-16")
PROGRAMS = {"secedit": program(EXPORTED), "auditpol": program(BACKUP)}
ACCOUNTS = {"Gäste": "S-1-5-32-546", "CONTOSO\\Ops": "S-1-5-21-1-2-3-1105"}
DOMAIN = {"minPwdLength": 14, "maxPwdAge": -36288000000000}
SETTINGS: Dict[str, List[Any]] = {}


def asked(what: str, kind: str, state: str, seen: Any = None, **address: Any) -> None:
    SETTINGS[what] = [{"kind": kind, **address}, state, seen]


def site(name: Any, **more: Any) -> Dict[str, Any]:
    return {"key": "SOFTWARE\\Site", "name": name, **more}


asked("a number", "registry", "value", {"type": 4, "data": 1}, **site("Number"))
asked("a number in the other view", "registry", "value", {"type": 4, "data": 0}, **site("Number", view=32))
asked("a number has no sign", "registry", "value", {"type": 4, "data": 4294967295}, **site("Top"))
asked("a long number has no sign", "registry", "value", {"type": 11, "data": 18446744073709551615}, **site("Long"))
asked("a number of another length", "registry", "error", "a number of 4 bytes and is none", **site("Short"))
asked("text that looks like a number", "registry", "value", {"type": 1, "data": "1"}, **site("Text"))
asked("empty text", "registry", "value", {"type": 1, "data": ""}, **site("Empty"))
asked("a key's default value", "registry", "value", {"type": 1, "data": "default value"}, **site(""))
asked("text to expand, as it is", "registry", "value", {"type": 2, "data": "%SystemRoot%\\x"}, **site("Expand"))
asked("a list", "registry", "value", {"type": 7, "data": ["a", "b"]}, **site("List"))
asked("a list of one", "registry", "value", {"type": 7, "data": ["a"]}, **site("One"))
asked("an empty list", "registry", "value", {"type": 7, "data": []}, **site("None at all"))
asked("bytes", "registry", "value", {"type": 3, "data": "AKv/"}, **site("Bytes"))
asked("a value without a type", "registry", "value", {"type": 0, "data": ""}, **site("None"))
asked("a type that .NET does not tell", "registry", "error", "of a type that is not read", **site("Unknown"))
asked("a megabyte", "registry", "error", "longer than 65536", **site("Large"))
asked("accents", "registry", "value", {"type": 1, "data": "Überwachung \u0130"}, **site("Accent"))
asked("a secret", "registry", "value", {"type": 1, "hidden": True}, **site("DefaultPassword"))
asked("an empty secret", "registry", "value", {"type": 1, "data": ""}, **site("OldPassword"))
asked("a number of a policy for secrets", "registry", "value", {"type": 4, "data": 4}, **site("PasswordComplexity"))
asked("no such value", "registry", "absent", "value", **site("Missing"))
asked("no such key", "registry", "absent", "key", key="SOFTWARE\\Nothing", name="x")
asked(
    "a key that is closed", "registry", "error", "run the audit as an administrator", key="SOFTWARE\\Closed", name="x"
)
asked("a key with its hive", "registry", "error", "below its hive", key="HKLM\\SOFTWARE", name="x")
asked("a key with its hive and a colon", "registry", "error", "below its hive", key="hklm:\\SOFTWARE", name="x")
asked("a key with slashes", "registry", "error", "below its hive", key="SOFTWARE/Site", name="x")
asked("the accounts' own hive", "registry", "error", "holds secrets", key="SAM\\SAM", name="x")
asked("a view of another width", "registry", "error", "64 or 32", **site("Number", view=16))
asked(
    "each user who is logged on",
    "user_registry",
    "value",
    {
        "users": [
            {"sid": ALICE, "value": {"view": 64, "type": 4, "data": 1}},
            {"sid": BOB, "value": {"view": 64, "absent": "value"}},
            {"sid": ENTRA, "value": {"view": 64, "type": 1, "data": "1"}},
        ]
    },
    key="Software\\Site",
    name="Lock",
)
asked("a user's value that is not read", "user_registry", "error", ENTRA, key="Software\\Site", name="Closed")
asked(
    "a service in each respect",
    "service",
    "value",
    {
        "start": 3,
        "start_now": 2,
        "status": 4,
        "type": 32,
        "delayed": 1,
        "account": "NT AUTHORITY\\LocalService",
        "triggers": [{"action": 1, "type": 3}, {"action": 2, "type": 3}],
    },
    name="W32Time",
)
nothing: Dict[str, Any] = {"delayed": None, "account": None, "triggers": []}
asked(
    "a service by its name in another case",
    "service",
    "value",
    {"start": 4, "start_now": 4, "status": 1, "type": 32, **nothing},
    name="Spooler",
)
asked(
    "a service of which each user has a copy",
    "service",
    "value",
    {"start": 2, "start_now": None, "status": None, "type": 96, **nothing},
    name="CDPUserSvc",
)
asked("no such service", "service", "absent", "(no key)", name="Fax")
asked("a driver", "service", "error", "it is a driver", name="mrxsmb10")
asked("a service whose start is no number", "service", "error", "nobody knows how it starts", name="Odd")
asked("a service that the registry has lost", "service", "error", "nobody knows how it starts", name="Lost")
asked("a path for a service", "service", "error", "that of one service", name="W32Time\\Parameters")

MACHINE: Dict[str, Any] = {
    "own": OWN,
    "registry": REGISTRY,
    "services": [
        {"Name": "w32time", "Status": 4, "StartType": 2},
        {"Name": "SPOOLER", "Status": 1, "StartType": 4},
        {"Name": "Lost", "Status": 1, "StartType": 3},
    ],
    "system": {"DomainRole": 3},
    "programs": PROGRAMS,
    "accounts": ACCOUNTS,
    "domain": DOMAIN,
}


def request(*settings: Any, **more: Any) -> str:
    whole = {"detect": None, "settings": [[0, len(settings)]]}
    return json.dumps({"version": 2, "benchmarks": {"all": whole}, "settings": settings, "options": {}, **more})


ONE = ["registry", site("Number")]
BOTH = [ONE, ["service", {"name": "Spooler"}]]
BAD = {
    "no JSON": ("{", "is not JSON"),
    "a list": ("[]", "an object with version 2"),
    "another version": (request(ONE, version=1), "an object with version 2"),
    "a version that is a text": (request(ONE, version="2"), "an object with version 2"),
    "an unknown key": (request(ONE, setting=[]), "unknown key 'setting'"),
    "no list of settings": (request(settings={}), "needs the list 'settings'"),
    "no benchmarks": (request(ONE, benchmarks=[]), "the object 'benchmarks'"),
    "an unknown kind": (request(["sysctl", {"name": "x"}]), "unknown kind 'sysctl'"),
    "a kind in another case": (request(["Registry", site("x")]), "unknown kind 'Registry'"),
    "an unknown key of an address": (request(["registry", site("x", veiw=32)]), "unknown key 'veiw'"),
    "an address without its key": (request(["registry", {"name": "x"}]), "needs the key 'key'"),
    "a name that is a number": (request(["registry", site(1)]), "needs the key 'name'"),
    "a service without a name": (request(["service", {"name": ""}]), "needs the key 'name'"),
    "a setting that is an object": (request({"kind": "registry"}), "a list of kind and address"),
    "a range behind the end": (request(ONE, benchmarks={"b": {"settings": [[0, 2]]}}), "benchmark b names settings"),
    "a range of texts": (request(ONE, benchmarks={"b": {"settings": [["0", "1"]]}}), "benchmark b names settings"),
    "detection by no fact": (request(ONE, benchmarks={"b": {"detect": {"ID": ["x"]}, "settings": []}}), "no fact"),
    "no time": (request(ONE, options={"observe_max_seconds": 0}), "a number of seconds"),
    "a tree of files": (request(ONE, options={"root": "/mnt"}), "hipaa_cis_root is for trees of Linux files"),
}
DETECTED = {
    "ours": {"detect": {"current_build": ["20348"], "product_type": ["ServerNT", "LanmanNT"]}, "settings": [[0, 1]]},
    "other": {"detect": {"current_build": ["26100"]}, "settings": [[1, 2]]},
    "not told": {"detect": {"display_version": ["24H2"]}, "settings": [[1, 2]]},
}
# A benchmark takes who does not say his role for a member.
BY_ROLE = {
    "member": {"detect": {"product_type": ["ServerNT"], "domain_role": ["3", ""]}, "settings": [[0, 1]]},
    "alone": {"detect": {"product_type": ["ServerNT"], "domain_role": ["2"]}, "settings": [[0, 1]]},
}
SOON = {"observe_max_seconds": 9}
POLICIES = [["security_export", {}], ["audit_backup", {}]]
NLS = "LocalMachine\\64\\SYSTEM\\CurrentControlSet\\Control\\Nls\\CodePage"
GERMAN = {**REGISTRY, NLS: {"=ACP": [1, "1252"]}}
CONTROLLER = {**REGISTRY, PRODUCT: {"=ProductType": [1, "LanmanNT"]}}
BY_CODE_PAGE = (EXPORT % HOLDERS).encode("cp1252")


def programs(secedit: Any, auditpol: Any = None) -> Dict[str, Any]:
    auditpol = PROGRAMS["auditpol"] if auditpol is None else auditpol
    return {"request": request(*POLICIES), "machine": {"programs": {"secedit": secedit, "auditpol": auditpol}}}


USER = ["user_registry", {"key": "Software\\Site", "name": "Lock"}]
ALONE = {key: one for key, one in REGISTRY.items() if not any(sid in key for sid in (ALICE, BOB, ENTRA))}
MANY = {
    "Users\\64\\S-1-5-21-1-1-1-%d\\Software\\Site" % number: {"=Lock": [4, number % 2]} for number in range(1000, 1300)
}
CASES: Dict[str, Dict[str, Any]] = {
    "all": {"settings": [setting for setting, *_more in SETTINGS.values()]},
    "detected": {"request": request(*BOTH, benchmarks=DETECTED)},
    "no CIM": {"request": request(*BOTH, benchmarks=BY_ROLE), "machine": {"system": "Ungültige Klasse"}},
    "CIM of nothing": {"request": request(ONE), "machine": {"system": {}}},
    "CIM hangs": {"request": request(ONE, options=SOON), "machine": {"system": "hangs"}},
    "services hang": {"request": request(*BOTH, options=SOON), "machine": {"services": "hangs"}},
    "services fail": {"request": request(*BOTH), "machine": {"services": "RPC"}},
    "nobody": {"request": request(USER), "machine": {"registry": ALONE}},
    "300 users": {"request": request(USER), "machine": {"registry": {**ALONE, **MANY}}},
    "policies": {"request": request(*POLICIES)},
    "policies in the code page": {
        "request": request(*POLICIES),
        "machine": {"registry": GERMAN, "programs": {**PROGRAMS, "secedit": program(BY_CODE_PAGE)}},
    },
    "policies of a domain": {"request": request(*POLICIES), "machine": {"registry": CONTROLLER}},
    "policies of a domain that is not told": {
        "request": request(*POLICIES),
        "machine": {"registry": CONTROLLER, "domain": "Der Server ist nicht funktionstüchtig."},
    },
    "secedit wrote nothing": programs(program(None)),
    "secedit wrote an empty file": programs(program(b"")),
    "secedit warns": programs(program(EXPORTED, 3)),
    "secedit fails": programs(program(EXPORTED, 1)),
    "secedit hangs": {**programs(program(EXPORTED, "hangs")), "request": request(*POLICIES, options=SOON)},
    "secedit in a long time": programs(program(EXPORTED, "seconds")),
    "secedit in a short time": {
        **programs(program(EXPORTED, "seconds")),
        "request": request(*POLICIES, options={"observe_max_seconds": 30}),
    },
    "no auditpol": {"request": request(*POLICIES), "machine": {"programs": {"secedit": PROGRAMS["secedit"]}}},
    **{"bad: " + name: {"request": text} for name, (text, _told) in BAD.items()},
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    return put(CASES, tmp_path_factory.mktemp("machines"))


def put(cases: Dict[str, Dict[str, Any]], folder: Path, recorded: str = "", **more: Any) -> Dict[str, Any]:
    """Return what is answered to each case, by its name. ``recorded``: a script that records more of a machine than the one of all."""
    given = []
    for number, case in enumerate(cases.values()):
        machine = folder / ("%d.json" % number)
        machine.write_text(json.dumps({**MACHINE, **case.get("machine", {})}), encoding="utf-8")
        given.append({"request": None, "settings": None, **case, "machine": str(machine)})
    scripts = [*SCRIPTS, str(HERE / "recorded.ps1"), *([str(HERE / recorded)] if recorded else [])]
    told = run(HERE / "cases.ps1", {"scripts": scripts, "cases": given, "culture": None, "ends": False, **more})
    return dict(zip(cases, told))


@pytest.mark.parametrize("what", SETTINGS)
def test_a_setting_is_observed_as_it_is_kept(what, answers):
    place = list(SETTINGS).index(what)
    setting, state, expected = SETTINGS[what]

    seen = answers["all"]["answer"]["observations"][str(place)]

    assert seen["state"] == state, seen
    if setting["kind"] == "registry" and state != "error":
        expected = {"view": setting.get("view", 64), **({"absent": expected} if state == "absent" else expected)}
        assert seen["value"] == expected
    elif state == "value":
        assert seen["value"] == expected
    else:
        assert expected in seen["source" if state == "absent" else "reason"]


def test_the_facts_name_the_host(answers):
    facts = answers["all"]["answer"]["facts"]

    assert facts == {
        "windows": {
            "product_name": "Windows Server 2022 Standard",
            "current_build": "20348",
            "ubr": "2113",
            "edition": "ServerStandard",
            "installation_type": "Server Core",
            "product_type": "ServerNT",
            "build": "20348",
            "domain_role": "3",
        },
        "machine": "AMD64",
        "powershell": "5.1.20348.1",
        "privileged": True,
    }


def test_only_settings_of_benchmarks_that_match_are_read(answers):
    answer = answers["detected"]["answer"]

    assert answer["version"] == 2
    assert answer["benchmarks"] == ["ours"]
    assert set(answer["observations"]) == {"0"}


@pytest.mark.parametrize(
    ("case", "why"),
    [("no CIM", "Ungültige Klasse"), ("CIM of nothing", "does not tell"), ("CIM hangs", "no answer in 3 seconds")],
)
def test_a_role_that_is_not_told_is_no_role(case, why, answers):
    answer = answers[case]["answer"]

    assert why in answer["facts"]["domain_role_unknown"]
    assert "domain_role" not in answer["facts"]["windows"]
    assert case != "no CIM" or answer["benchmarks"] == ["member"]
    assert answer["observations"]["0"]["state"] == "value"


def test_a_collector_that_hangs_spoils_its_own_settings_only(answers):
    answer = answers["services hang"]["answer"]

    assert answer["observations"]["0"]["state"] == "value"
    assert answer["observations"]["1"]["state"] == "error"
    assert "service cannot be read: there was no answer" in answer["observations"]["1"]["reason"]
    assert answer["stats"]["seconds"] < 9
    assert answers["services hang"]["limited"] == 5
    assert answers["services fail"]["limited"] is None


def test_a_collector_that_fails_spoils_its_own_settings_only(answers):
    seen = answers["services fail"]["answer"]["observations"]

    assert seen["0"]["state"] == "value"
    assert seen["1"] == {"state": "error", "reason": "service cannot be read: RPC"}


@pytest.mark.parametrize(("case", "page"), [("policies", None), ("policies in the code page", 1252)])
def test_what_the_programs_write_is_handed_on_as_it_is(case, page, answers):
    seen = answers[case]["answer"]["observations"]
    export = seen["0"]["value"]

    wanted = BY_CODE_PAGE if page else EXPORTED
    assert base64.b64decode(export["inf"]) == wanted
    assert (export["code_page"], "domain" in export) == (page, False)
    # A name that nobody knows has no SID, and the controller says so.
    assert export["accounts"] == ACCOUNTS
    assert base64.b64decode(seen["1"]["value"]["backup"]) == BACKUP


def test_a_domain_controller_tells_the_policy_of_its_domain(answers):
    of_domain = answers["policies of a domain"]["answer"]["observations"]["0"]["value"]
    not_told = answers["policies of a domain that is not told"]["answer"]["observations"]["0"]

    assert of_domain["domain"] == {"minPwdLength": "14", "maxPwdAge": "-36288000000000"}
    assert not_told["state"] == "value"
    assert "nicht funktionstüchtig" in not_told["value"]["domain"]["error"]


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ("secedit wrote nothing", "secedit ended with 0 and said: /export /cfg C:\\private\\export /areas"),
        ("secedit wrote an empty file", "wrote nothing; run the audit as an administrator"),
        ("secedit fails", "secedit ended with 1"),
        ("secedit hangs", "no answer in 3 seconds"),
    ],
)
def test_a_program_that_did_not_do_its_work_is_an_error_of_its_settings_alone(case, why, answers):
    seen = answers[case]["answer"]["observations"]

    assert seen["0"]["state"] == "error"
    assert why in seen["0"]["reason"]
    assert seen["1"]["state"] == "value"


@pytest.mark.parametrize(("case", "seconds"), [("secedit in a long time", 60), ("secedit in a short time", 6)])
def test_a_program_has_less_time_than_the_collector_that_ends_it(case, seconds, answers):
    assert answers[case]["answer"]["observations"]["0"]["reason"] == "it has %d seconds" % seconds


def test_secedit_may_warn(answers):
    assert answers["secedit warns"]["answer"]["observations"]["0"]["state"] == "value"


def test_a_windows_without_the_program_says_so(answers):
    seen = answers["no auditpol"]["answer"]["observations"]

    assert seen["0"]["state"] == "value"
    assert seen["1"] == {"state": "error", "reason": "this Windows has no auditpol"}


def test_nobody_logged_on_is_said_and_is_no_value(answers):
    seen = answers["nobody"]["answer"]["observations"]["0"]

    assert seen["state"] == "unseen"
    assert "nobody but the account of this audit" in seen["reason"]


def test_the_hives_of_three_hundred_users_are_read_at_once(answers):
    answer = answers["300 users"]["answer"]
    users = answer["observations"]["0"]["value"]["users"]

    assert [one["value"]["data"] for one in users] == [0, 1] * 150
    assert answer["stats"]["seconds"] < 20


@pytest.mark.parametrize("what", BAD)
def test_a_request_that_is_not_understood_is_an_error_and_nothing_is_read(what, answers):
    assert BAD[what][1] in answers["bad: " + what]["failed"]


def test_a_process_in_which_a_call_hangs_ends_all_the_same(tmp_path):
    started = time.monotonic()
    told = put({"hangs": CASES["services hang"]}, tmp_path, ends=True)

    assert told["hangs"]["answer"]["observations"]["1"]["state"] == "error"
    assert time.monotonic() - started < 40
