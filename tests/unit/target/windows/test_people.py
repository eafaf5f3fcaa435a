"""What windows_observe answers of accounts, LAPS and records of recorded machines: one process of PowerShell for all cases."""

from __future__ import annotations

import base64
import json
from typing import Any, Dict

import pytest

from tests.unit.target.windows import test_windows_observe as base

pytestmark = pytest.mark.pwsh

LOCAL, OWN = "LocalMachine\\64\\", "S-1-5-21-10-20-30"
USERS = "root/cimv2 Win32_UserAccount LocalAccount = TRUE AND Domain = 'EHR1'"
COMPUTER, SERVICES = "root/cimv2 Win32_ComputerSystem", "root/cimv2 Win32_Service"


def user(name: str, number: int, **more: Any) -> Dict[str, Any]:
    flags = {"Disabled": False, "Lockout": False, "PasswordRequired": True, "PasswordExpires": True}
    return {"Name": name, "SID": "%s-%d" % (OWN, number), **flags, "FullName": "not asked", **more}


def run_as(name: Any, service: str, mode: str = "Auto") -> Dict[str, Any]:
    return {"Name": service, "StartName": name, "StartMode": mode, "PathName": "agent.exe --password x"}


ADMINISTRATORS = [
    [OWN + "-500", "User", "WinNT://EHR1/Chef"],
    ["S-1-5-21-1-2-3-512", "Group", "WinNT://CONTOSO/Domain Admins"],
    # Whom no domain controller names any more.
    ["S-1-5-21-9-9-9-1200", "", "WinNT://S-1-5-21-9-9-9-1200"],
]
RIGHTS = "SeInteractiveLogonRight = *S-1-5-32-544,*S-1-5-32-545\r\nSeDenyInteractiveLogonRight = Ops\r\nSeBackupPrivilege = *S-1-5-32-551\r\n"
EXPORT = (base.EXPORT % RIGHTS).encode("utf-16")
POLICY = LOCAL + "SOFTWARE\\Policies\\Microsoft\\"
SUBSCRIPTIONS = POLICY + "Windows\\EventLog\\EventForwarding\\SubscriptionManager"
SERVER = "Server=http://wec.example:5985/wsman/SubscriptionManager/WEC,Refresh=60"
LAPS = LOCAL + "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\LAPS"
CLIENT = (
    LOCAL
    + "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\GPExtensions\\{D76B9641-3288-4f75-942D-087DE603E3EA}"
)
DEVICE = LOCAL + "SYSTEM\\CurrentControlSet\\Control\\CloudDomainJoin\\JoinInfo\\0123"
PACKAGES = (
    LOCAL
    + "SOFTWARE\\Classes\\Local Settings\\Software\\Microsoft\\Windows\\CurrentVersion\\AppModel\\PackageRepository\\Packages\\"
)
CHANNELS = LOCAL + "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WINEVT\\Channels\\"
ENVIRONMENT = LOCAL + "SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment"
SDDL = "O:BAG:SYD:(A;;0xf0005;;;SY)(A;;0x5;;;BA)(A;;0x1;;;S-1-5-32-573)"
SACL = "S:AI(AU;OICISA;FA;;;WD)"
MACHINE: Dict[str, Any] = {
    **base.MACHINE,
    "registry": {
        **base.REGISTRY,
        base.SERVICES + "WinRM": base.service(2),
        base.SERVICES + "Agent": base.service(2),
        SUBSCRIPTIONS: {"=1": [1, SERVER], "=2": [4, 7]},
        LAPS: {
            "=BackupDirectory": [4, 2],
            "=PasswordComplexity": [4, 4],
            "=ADPasswordEncryptionPrincipal": [1, "Ops"],
        },
        LOCAL + "SOFTWARE\\Policies\\Microsoft Services\\AdmPwd": {"=AdmPwdEnabled": [4, 1]},
        CLIENT: {"=DllName": [1, "C:\\Program Files\\LAPS\\CSE\\AdmPwd.dll"]},
        DEVICE: {"=TenantId": [1, "x"]},
        POLICY + "Windows\\EventLog\\Security": {"=MaxSize": [4, 196608], "=Retention": [1, "0"]},
        LOCAL + "SYSTEM\\CurrentControlSet\\Services\\EventLog\\Security": {
            "=MaxSize": [4, 20971520],
            "=CustomSD": [1, SDDL],
        },
        POLICY + "Windows\\PowerShell\\ScriptBlockLogging": {"=EnableScriptBlockLogging": [4, 1]},
        POLICY + "Windows\\PowerShell\\ModuleLogging\\ModuleNames": {"=*": [1, "*"]},
        CHANNELS + "Microsoft-Windows-PowerShell/Operational": {"=Enabled": [4, 1]},
        POLICY + "PowerShellCore\\Transcription": {"=OutputDirectory": [1, "D:\\T"]},
        LOCAL + "SOFTWARE\\Microsoft\\PowerShellCore\\InstalledVersions\\{31ab}": {"=SemanticVersion": [1, "7.4.6"]},
        PACKAGES + "Microsoft.PowerShell_7.5.4.0_x64__8wekyb3d8bbwe": {},
        PACKAGES + "Microsoft.PowerShellPreview_7.6.5.0_x64__8wekyb3d8bbwe": {},
        PACKAGES + "Microsoft.WindowsTerminal_1.23.1.0_x64__8wekyb3d8bbwe": {},
        ENVIRONMENT: {"=Path": [2, '%SystemRoot%;;"D:\\Tools\\ps 7\\" ;C:\\Other']},
    },
    "files": ["D:\\Tools\\ps 7\\pwsh.exe"],
    "services": [
        {"Name": "WinRM", "Status": 4, "StartType": 2},
        {"Name": "Agent", "Status": 1, "StartType": 2},
    ],
    "programs": {"secedit": base.program(EXPORT), "auditpol": base.PROGRAMS["auditpol"]},
    "accounts": {
        "contoso.local\\EHR1$": "S-1-5-21-1-2-3-1104",
        "CONTOSO\\ops": "S-1-5-21-1-2-3-1105",
        "Ops": "S-1-5-21-1-2-3-1105",
        "EHR1\\agent": OWN + "-1010",
        "NT SERVICE\\MSSQL": "S-1-5-80-1-2-3-4-5",
    },
    "cim": {
        USERS: [
            user("Chef", 500),
            user("Gast", 501, Disabled=True, PasswordRequired=False),
            user("odd", 1003, Lockout=None),
        ],
        COMPUTER: [{"Domain": "contoso.local", "Name": "EHR1", "PartOfDomain": True}],
        SERVICES: [
            run_as("LocalSystem", "Spooler"),
            run_as(".\\agent", "Agent"),
            run_as("EHR1\\Agent", "Agent2"),
            run_as("CONTOSO\\ops", "Backup"),
            run_as("contoso\\OPS", "Restore", "Manual"),
            run_as("CONTOSO\\gone", "Old"),
            run_as("CONTOSO\\never", "Never", "Disabled"),
            run_as("NT SERVICE\\MSSQL", "MSSQL"),
            run_as(None, "CDPUserSvc_1"),
        ],
    },
    "groups": {
        "S-1-5-32-544": ADMINISTRATORS,
        "S-1-5-32-545": "der Server ist nicht erreichbar",
        "S-1-5-32-573": [["S-1-5-20", "User", "WinNT://NT AUTHORITY/NETWORK SERVICE"]],
    },
    "logs": {
        "Security": {"bytes": 201326592, "mode": 0, "sddl": SDDL, "enabled": True, "oldest": [17, 172800]},
        "System": {"bytes": 1, "mode": 2, "sddl": SDDL, "enabled": False, "oldest": None},
        "Application": "Zugriff",
    },
    "folders": {"D:\\Records": SACL, "D:\\Closed": "no privilege"},
}
ACCOUNT = ["account", {"names": ["CONTOSO\\ops", "local"], "more": ["CONTOSO\\nobody"]}]
ASKED = [
    ACCOUNT,
    ["service_account", {"names": ["CONTOSO\\ops"], "reviewed": [".\\agent"]}],
    ["laps", {}],
    ["log_forwarding", {"agents": ["Agent", "Missing", "Bad\\Name"]}],
    ["event_log", {"log": "Security"}],
    ["event_log", {"log": "System"}],
    ["event_log", {"log": "Application"}],
    ["event_log", {"log": "Setup"}],
    ["file_audit", {"paths": ["D:\\Records", "D:\\Closed", "D:\\Gone", "\\\\server\\share"]}],
    ["file_audit", {"paths": []}],
    ["powershell_logging", {}],
    ["account", {"names": [1]}],
    ["security_export", {}],
    ["account", {"group": "S-1-5-32-573"}],
    ["account", {"group": "Administratoren"}],
]


def without(*names: str) -> Dict[str, Any]:
    return {key: one for key, one in MACHINE["registry"].items() if key not in names}


SOON = {"observe_max_seconds": 12}
# Of an account that a service runs as, of one that somebody logs on with as well, and of somebody who only logs on.
AT_THE_SCREEN, A_PERSON = "S-1-5-21-1-2-3-1105", "S-1-5-21-1-2-3-1200"
HIVES = {
    **base.ALONE,
    base.SERVICES + "Agent": base.service(2, ObjectName=".\\agent"),
    base.SERVICES + "Backup": base.service(2, ObjectName="CONTOSO\\ops"),
    base.SERVICES + "Old": base.service(2, ObjectName="CONTOSO\\gone"),
    base.SERVICES + "Spooler": base.service(2, ObjectName="LocalSystem"),
    **{"Users\\64\\%s\\Software\\Site" % sid: {"=Lock": [4, 1]} for sid in (OWN + "-1010", AT_THE_SCREEN, A_PERSON)},
    "Users\\64\\%s\\Volatile Environment\\1" % AT_THE_SCREEN: {},
}
CASES: Dict[str, Dict[str, Any]] = {
    "all": {},
    "a controller": {
        # On one the class would name each account of the domain.
        "machine": {
            "registry": {**MACHINE["registry"], base.PRODUCT: {"=ProductType": [1, "LanmanNT"]}},
            "cim": {**MACHINE["cim"], USERS: "the whole domain was asked"},
        },
        "asked": [ACCOUNT],
    },
    "hives of services": {"machine": {"registry": HIVES}, "asked": [["user_registry", {"key": "Software\\Site", "name": "Lock"}]]},
    "no role": {"machine": {"registry": without(base.PRODUCT)}, "asked": [ACCOUNT]},
    "no class": {"machine": {"cim": {COMPUTER: MACHINE["cim"][COMPUTER]}}, "asked": [ACCOUNT, ASKED[1]]},
    "no members": {"machine": {"groups": {"S-1-5-32-544": "RPC"}}, "asked": [ACCOUNT]},
    "no domain": {"machine": {"cim": {**MACHINE["cim"], COMPUTER: "RPC"}}, "asked": [ACCOUNT]},
    "users hang": {"machine": {"cim": {**MACHINE["cim"], USERS: "hangs"}}, "asked": [ACCOUNT, ASKED[4]], "options": SOON},
    "no export": {"machine": {"programs": {}}, "asked": [ASKED[1], ASKED[8]]},
    "sends nothing": {"machine": {"registry": without(SUBSCRIPTIONS), "logs": {"Security": "Zugriff"}}, "asked": [ASKED[3]]},
    "nothing of LAPS": {"machine": {"registry": base.REGISTRY}, "asked": [["laps", {}], ["powershell_logging", {}]]},
    "an odd value": {"machine": {"registry": {**MACHINE["registry"], LAPS: {"=BackupDirectory": [0, "?"]}}}, "asked": [["laps", {}]]},
}  # fmt: skip


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    cases = {
        name: {
            "machine": {**MACHINE, **case.get("machine", {})},
            "request": base.request(*case.get("asked", ASKED), options=case.get("options", {})),
        }
        for name, case in CASES.items()
    }
    return base.put(cases, tmp_path_factory.mktemp("machines"), "recorded_people.ps1")


def seen(answers: Any, case: str, number: int = 0) -> Any:
    return answers[case]["answer"]["observations"][str(number)]


def test_accounts_are_told_by_their_sids(answers):
    value = seen(answers, "all")["value"]

    flags = {"disabled": False, "locked": False, "password_required": True, "password_expires": True}
    assert value["users"][0] == {"name": "Chef", "sid": OWN + "-500", **flags}
    assert value["users"][1]["disabled"] is True
    assert value["users"][1]["password_required"] is False
    # What is not told is no "no".
    assert value["users"][2]["locked"] is None
    told = [[one["sid"], one["class"], one["path"]] for one in value["administrators"]["members"]]
    assert told == ADMINISTRATORS
    assert (value["controller"], value["joined"], value["domain"]) == (False, True, "S-1-5-21-1-2-3")
    assert seen(answers, "all", 13)["value"]["group"]["members"][0]["sid"] == "S-1-5-20"
    # A name without a domain is the machine's own, and no question to anybody.
    assert value["named"] == {"CONTOSO\\ops": "S-1-5-21-1-2-3-1105", "CONTOSO\\nobody": None}


def test_an_account_that_only_runs_a_service_is_nobody_who_is_logged_on(answers):
    users = {user["sid"] for user in seen(answers, "hives of services")["value"]["users"]}

    assert users == {AT_THE_SCREEN, A_PERSON}


def test_a_domain_controller_is_not_asked_for_accounts(answers):
    value = seen(answers, "a controller")["value"]

    assert (value["controller"], value["users"]) == (True, [])
    assert len(value["administrators"]["members"]) == 3


@pytest.mark.parametrize(
    ("case", "number", "why"),
    [
        ("no role", 0, "does not tell whether this is a domain controller"),
        ("no class", 0, "no class Win32_UserAccount"),
        ("no class", 1, "Win32_Service tells no services"),
        ("users hang", 0, "no answer in 4 seconds"),
        ("no export", 0, "this Windows has no secedit"),
        ("all", 6, "run the audit as an administrator"),
        ("all", 7, "none of Application, Security and System"),
        ("all", 11, "'names' has to be a list of texts"),
        ("all", 14, "the SID of a group of the machine"),
        ("an odd value", 0, "BackupDirectory: the value is of a type that is not read"),
    ],
)
def test_what_cannot_be_read_is_an_error(case, number, why, answers):
    told = seen(answers, case, number)

    assert told["state"] == "error", told
    assert why in told["reason"]


def test_what_hangs_spoils_its_own_settings_only(answers):
    assert seen(answers, "users hang", 1)["state"] == "value"


def test_what_the_directory_does_not_tell_is_said_in_its_place(answers):
    members, domain = seen(answers, "no members")["value"], seen(answers, "no domain")["value"]

    assert members["administrators"] == {"error": "RPC"}
    assert members["users"]
    assert (domain["joined"], domain["domain"]) == (None, None)


def test_accounts_of_services_are_told_once_each(answers):
    value = seen(answers, "all", 1)["value"]
    accounts = {one["name"]: one for one in value["accounts"]}

    services = {name: one["services"] for name, one in accounts.items()}
    assert services == {
        "LocalSystem": ["Spooler"],
        ".\\agent": ["Agent"],
        "EHR1\\Agent": ["Agent2"],
        "CONTOSO\\ops": ["Backup", "Restore"],
        "CONTOSO\\gone": ["Old"],
        "NT SERVICE\\MSSQL": ["MSSQL"],
    }
    assert (accounts[".\\agent"]["sid"], accounts[".\\agent"]["local"]) == (OWN + "-1010", True)
    assert (accounts["CONTOSO\\ops"]["sid"], accounts["CONTOSO\\ops"]["local"]) == ("S-1-5-21-1-2-3-1105", False)
    assert accounts["CONTOSO\\gone"]["sid"] is None
    assert "password" not in json.dumps(value).lower()


def test_groups_that_matter_for_logging_on_come_with_them(answers):
    value = seen(answers, "all", 1)["value"]

    assert sorted(value["groups"]) == ["S-1-5-32-544", "S-1-5-32-545"]
    assert value["groups"]["S-1-5-32-545"] == {"error": "der Server ist nicht erreichbar"}
    assert base64.b64decode(value["security"]["inf"]) == EXPORT
    assert value["security"]["accounts"] == {"Ops": "S-1-5-21-1-2-3-1105"}
    assert value["named"] == {"CONTOSO\\ops": "S-1-5-21-1-2-3-1105", ".\\agent": OWN + "-1010"}
    # The other kind that wants the same program has its turn too.
    assert base64.b64decode(seen(answers, "all", 12)["value"]["inf"]) == EXPORT


def test_all_roots_of_laps_are_told_in_their_order(answers):
    value = seen(answers, "all", 2)["value"]

    assert [root["name"] for root in value["roots"]] == ["csp", "policy", "local", "legacy"]
    assert [sorted(root["set"]) for root in value["roots"]] == [
        [],
        ["ADPasswordEncryptionPrincipal", "BackupDirectory", "PasswordComplexity"],
        [],
        ["AdmPwdEnabled"],
    ]
    assert value["roots"][1]["values"] == {
        "BackupDirectory": {"view": 64, "type": 4, "data": 2},
        "PasswordComplexity": {"view": 64, "type": 4, "data": 4},
    }
    assert (value["legacy_client"], value["entra_joined"]) == (True, True)


def test_a_host_without_laps_and_policies_says_so(answers):
    laps, records = seen(answers, "nothing of LAPS")["value"], seen(answers, "nothing of LAPS", 1)["value"]

    assert [root["set"] for root in laps["roots"]] == [[], [], [], []]
    assert (laps["legacy_client"], laps["entra_joined"]) == (False, False)
    assert records["installed"] == []
    assert records["windows"] == {"script_blocks": {}, "modules": {}, "transcripts": {}, "module_names": []}


def test_what_sends_records_is_told(answers):
    value = seen(answers, "all", 3)["value"]

    # A value of another type is none that Windows reads.
    assert value["collectors"] == [SERVER]
    assert value["winrm"]["value"]["status"] == 4
    assert [one.get("service", {}).get("state") or one["error"] for one in value["agents"]] == [
        "value",
        "absent",
        "the name has to be that of one service",
    ]
    assert value["security"] == SDDL
    assert value["readers"]["members"][0]["sid"] == "S-1-5-20"


def test_a_host_that_forwards_nothing_is_not_asked_who_reads_its_log(answers):
    value = seen(answers, "sends nothing")["value"]

    assert (value["collectors"], value["security"]) == ([], None)


def test_a_log_is_told_as_it_is_in_force_and_configured(answers):
    value = seen(answers, "all", 4)["value"]

    assert value["live"] == {"bytes": 201326592, "mode": 0, "sddl": SDDL, "enabled": True}
    assert value["policy"]["MaxSize"]["data"] == 196608
    assert value["own"]["CustomSD"]["data"] == SDDL
    assert value["oldest"] == {"record": 17, "seconds": 172800}
    assert seen(answers, "all", 5)["value"]["oldest"] is None
    assert seen(answers, "all", 5)["value"]["live"]["enabled"] is False


def test_what_is_audited_of_folders_is_told_or_why_not(answers):
    folders = {one["path"]: one for one in seen(answers, "all", 8)["value"]["folders"]}

    assert folders["D:\\Records"]["sddl"] == SACL
    assert "SeSecurityPrivilege" in folders["D:\\Closed"]["error"]
    assert folders["D:\\Gone"] == {"path": "D:\\Gone", "absent": True}
    assert "a folder on a drive" in folders["\\\\server\\share"]["error"]
    assert base64.b64decode(seen(answers, "all", 8)["value"]["backup"]) == base.BACKUP
    assert seen(answers, "all", 9)["value"] == {"folders": []}
    assert "no auditpol" in seen(answers, "no export", 1)["value"]["backup_error"]


def test_policies_of_both_editions_of_powershell_are_told(answers):
    value = seen(answers, "all", 10)["value"]

    assert value["windows"]["script_blocks"]["EnableScriptBlockLogging"]["data"] == 1
    assert value["windows"]["module_names"] == ["*"]
    assert value["core"]["transcripts"]["OutputDirectory"]["data"] == "D:\\T"
    assert value["channels"] == {"windows": {"view": 64, "type": 4, "data": 1}, "core": {"view": 64, "absent": "key"}}
    # By its installer, by a package, and unpacked in a folder of the machine's path.
    assert value["installed"] == [
        "7.4.6",
        "Microsoft.PowerShell_7.5.4.0_x64__8wekyb3d8bbwe",
        "Microsoft.PowerShellPreview_7.6.5.0_x64__8wekyb3d8bbwe",
        "D:\\Tools\\ps 7",
    ]
