"""What windows_observe answers of permissions, the antivirus, features, updates, time, WinRM and policies of recorded machines."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any, Dict

import pytest

from tests.powershell import run
from tests.unit.target.windows.test_windows_observe import HERE, MACHINE, SCRIPTS, SERVICES, put, request, service

pytestmark = pytest.mark.pwsh

LOCAL = "LocalMachine\\64\\"
ROOT_SDDL, OPEN_SDDL = "O:BAD:(A;;KA;;;BA)", "O:BAD:(A;;KA;;;BU)"
DEFENDER = "root/Microsoft/Windows/Defender "
STORE = LOCAL + "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing"
ROLLUP = "Package_for_RollupFix~31bf3856ad364e35~amd64~~20348.2113.1.7"
W32TIME = "SYSTEM\\CurrentControlSet\\Services\\W32Time"
WSMAN = LOCAL + "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WSMAN"
DEVICE = LOCAL + "SOFTWARE\\Microsoft\\PolicyManager\\current\\device"
TRUE = {
    "AMServiceEnabled": True,
    "AntivirusEnabled": True,
    "RealTimeProtectionEnabled": True,
    "OnAccessProtectionEnabled": True,
    "BehaviorMonitorEnabled": True,
    "IoavProtectionEnabled": True,
}
NEWER = {"AMRunningMode": "Normal", "IsTamperProtected": True}
STATUS = {**TRUE, "AntivirusSignatureAge": 1, **NEWER}
PREFERENCE = {
    "DisableRealtimeMonitoring": False,
    "ExclusionPath": [
        "C:\\Data\\SQL",
        "D:\\",
        "%SystemDrive%\\*",
        "\\\\files\\share\\*",
        "scan.exe",
        "C:\\A B",
        # Of some files, or at some time only.
        "E:\\:{PathType:folder}",
        "F:\\*\\:{ScanTrigger:OnAccess}",
        '*\\:{Process:"winword.exe"}',
        "C:\\Data\\a.doc\\:{PathType:file}",
    ],
    "AttackSurfaceReductionOnlyExclusions": ["C:\\Data\\macro.exe", "G:\\*"],
    "ExclusionExtension": [".mdf", "exe"],
    "ExclusionProcess": ["C:\\Imaging\\view.exe", "C:\\*", "cmd.exe"],
    "AttackSurfaceReductionRules_Ids": ["9e6c4e1f-7d60-472f-ba1a-a39ef669e4b2"],
    "AttackSurfaceReductionRules_Actions": [1],
}
PRODUCT = {"displayName": "Other", "instanceGuid": "{1}", "productState": 266240}
REGISTRY = {
    **MACHINE["registry"],
    LOCAL + "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion": {
        **MACHINE["registry"][LOCAL + "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"],
        "=SystemRoot": [1, "C:\\Windows"],
    },
    LOCAL + "SOFTWARE\\Microsoft\\Windows\\CurrentVersion": {"=ProgramFilesDir": [1, "D:\\Programme"]},
    STORE + "\\Packages\\" + ROLLUP: {"=CurrentState": [4, 112], "=InstallTimeHigh": [4, 31130000], "=InstallTimeLow": [4, -1]},
    STORE + "\\Packages\\Package_for_KB5~31bf~amd64~~1.1.1.1": {"=CurrentState": [4, 112]},
    STORE + "\\RebootPending": {},
    SERVICES + "WinRM": service(2),
    LOCAL + W32TIME + "\\Parameters": {"=Type": [1, "NTP"], "=NtpServer": [1, "time.windows.com,0x9"]},
    LOCAL + W32TIME + "\\TimeProviders\\NtpClient": {"=Enabled": [4, 1]},
    LOCAL + "SOFTWARE\\Policies\\Microsoft\\W32Time\\Parameters": {"=Type": [1, "NT5DS"]},
    WSMAN + "\\Service": {"=auth_basic": [4, 1]},
    WSMAN + "\\Listener\\*+HTTPS": {"=Port": [4, 5986], "=certThumbprint": [1, "ab cd"]},
    DEVICE + "\\Update": {"=AllowAutoUpdate": [4, 1], "=AllowAutoUpdate_ProviderSet": [4, 1]},
}  # fmt: skip
SYSTEM: Dict[str, Any] = {
    "administrator": True,
    "registry": REGISTRY,
    "services": [*MACHINE["services"], {"Name": "WinRM", "Status": 4, "StartType": 2}],
    "acls": {
        "SYSTEM\\CurrentControlSet\\Services": ROOT_SDDL,
        "SYSTEM\\CurrentControlSet\\Services\\W32Time": ROOT_SDDL,
        "SYSTEM\\CurrentControlSet\\Services\\W32Time\\Parameters": OPEN_SDDL,
        "SYSTEM\\CurrentControlSet\\Services\\Spooler": "closed",
        "SYSTEM\\CurrentControlSet\\Services\\WinRM": OPEN_SDDL,
    },
    "files": {
        "C:\\": "folder " + ROOT_SDDL,
        "C:\\Windows": "folder " + ROOT_SDDL,
        "C:\\Windows\\x.exe": OPEN_SDDL,
        "C:\\Windows\\System32": "folder " + OPEN_SDDL,
        "C:\\Windows\\System32\\y.exe": OPEN_SDDL,
        "D:\\Programme\\App": OPEN_SDDL,
    },
    "cim": {
        DEFENDER + "MSFT_MpComputerStatus": [STATUS],
        DEFENDER + "MSFT_MpPreference": [PREFERENCE],
        "root/cimv2 Win32_OptionalFeature": [{"Name": "SMB1Protocol", "InstallState": 2}, {"Name": "x", "InstallState": 1}],
        "root/rsop/computer RSOP_RegistryPolicySetting": [
            {"registryKey": "Software\\Policies\\X", "valueName": "v", "GPOID": "LocalGPO", "precedence": 1, "deleted": False}
        ],
        "root/rsop/computer RSOP_RegistryValue": [{"Path": "MACHINE\\SYSTEM\\x", "GPOID": "CN={1}", "precedence": 1}],
    },
    "bytes": {"Machine\\Registry.pol": base64.b64encode(b"PReg").decode()},
}  # fmt: skip
KEY = {"key": "SYSTEM\\CurrentControlSet\\Services"}


def set_by_policy(key: str, name: str, data: bytes, shown: bool = False) -> bytes:
    """Return an instruction of a policy file, as it lies there (``shown``) or as a host sends it."""
    head = ("[%s\0;%s\0;" % (key, name)).encode("utf-16-le")
    semicolon, end = ";".encode("utf-16-le"), "]".encode("utf-16-le")
    numbers = struct.pack("<I", 1) + semicolon + struct.pack("<I", len(data)) + semicolon
    return head + numbers + (data if shown else bytes(len(data))) + end


SNMP = ("Software\\Policies\\SNMP\\Parameters\\ValidCommunities", "1")
GONE = ("Software\\Policies\\" + "\u0436" * 600, "**DeleteValues", "Old;Older\0".encode("utf-16-le"), True)
HEADER = b"PReg\x01\0\0\0"
# The second data have brackets in them; the third instruction is cut off.
POLICY = [
    HEADER + set_by_policy(*SNMP, "s3cret\0".encode("utf-16-le"), shown) + set_by_policy("K", "", b"]\0[\0;\0odd", shown)
    + set_by_policy(*GONE) + set_by_policy("K", "token", b"s3cret", shown)[:-3]
    for shown in (True, False)
]  # fmt: skip
KINDS = ("defender", "update_state", "time_source", "winrm", "policy_files")
ASKED: Dict[str, Any] = {
    **{kind: [kind, {}] for kind in KINDS},
    "key": ["registry_acl", KEY],
    "keys": ["registry_acl", {**KEY, "each": True}],
    "parts": ["registry_acl", {**KEY, "each": True, "part": "Parameters"}],
    "no key": ["registry_acl", {"key": "SOFTWARE\\Nothing", "each": True}],
    "secrets": ["registry_acl", {"key": "SECURITY\\Policy"}],
    "folder": ["file_acl", {"path": "%SystemRoot%", "each": True}],
    "file": ["file_acl", {"path": "%ProgramFiles%\\App", "each": True}],
    "drive": ["file_acl", {"path": "C:\\"}],
    "no folder": ["file_acl", {"path": "C:\\Nothing"}],
    "other variable": ["file_acl", {"path": "%TEMP%\\x"}],
    "up": ["file_acl", {"path": "relative\\x"}],
    "unknown x86": ["file_acl", {"path": "%ProgramFiles(x86)%"}],
    "feature": ["windows_feature", {"name": "smb1protocol"}],
    "no feature": ["windows_feature", {"name": "TelnetClient"}],
}


def machine(**cim: Any) -> Dict[str, Any]:
    changed = {**SYSTEM["cim"], **{name.replace("Mp", DEFENDER + "MSFT_Mp"): one for name, one in cim.items()}}
    return {"cim": {name: one for name, one in changed.items() if one is not None}}


NONE = machine(MpComputerStatus=None, MpPreference=None)
CASES: Dict[str, Any] = {
    "all": {},
    "no Defender": NONE,
    "another": {"cim": {**NONE["cim"], "root/SecurityCenter2 AntiVirusProduct": [PRODUCT]}},
    "service off": machine(MpComputerStatus="0x800106ba", MpPreference="0x800106ba"),
    "old Defender": machine(MpComputerStatus=[{**TRUE, "AntivirusSignatureAge": None}]),
    "never updated": machine(MpComputerStatus=[{**STATUS, "AntivirusSignatureAge": 4294967295}]),
    "hidden": machine(MpPreference=[{**PREFERENCE, "ExclusionPath": ["N/A: Must be an administrator to view exclusions"]}]),
    "hidden, in German": machine(MpPreference=[{**PREFERENCE, "ExclusionPath": ["Nur Administratoren sehen Ausnahmen"]}]),
    "many exclusions": machine(MpPreference=[{**PREFERENCE, "ExclusionPath": ["%d.log" % number for number in range(400)] + ["D:\\"]}]),
    "too many exclusions": machine(MpPreference=[{**PREFERENCE, "ExclusionExtension": ["x%d" % number for number in range(501)]}]),
    "no administrator": {"administrator": False},
    "no features": {"cim": {**SYSTEM["cim"], "root/cimv2 Win32_OptionalFeature": []}},
    "no class of features": {"cim": {}},
    "no RSoP for this account": {"cim": {**SYSTEM["cim"], "root/rsop/computer RSOP_RegistryPolicySetting": "Zugriff"}},
    "policies that set secrets": {"bytes": {"User\\Registry.pol": base64.b64encode(POLICY[0]).decode()}},
    "no services": {"services": [], "registry": {key: one for key, one in REGISTRY.items() if SERVICES not in key}},
}  # fmt: skip


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What each machine answers to each question, by its name."""
    cases = {name: {"request": request(*ASKED.values()), "machine": {**SYSTEM, **more}} for name, more in CASES.items()}
    told = put(cases, tmp_path_factory.mktemp("machines"), "recorded_system.ps1")
    numbers = {what: str(number) for number, what in enumerate(ASKED)}
    return {
        case: {what: one["answer"]["observations"][number] for what, number in numbers.items()}
        for case, one in told.items()
    }


def test_the_permissions_of_a_key_are_those_of_the_key_alone(answers):
    seen = answers["all"]["key"]

    assert seen["value"] == {"descriptors": [{"sddl": ROOT_SDDL, "at": [""]}], "unread": []}
    assert seen["source"] == "HKLM\\SYSTEM\\CurrentControlSet\\Services"


def test_each_key_below_is_asked_and_one_that_is_closed_is_named(answers):
    value = answers["all"]["keys"]["value"]

    assert value["descriptors"] == [{"sddl": ROOT_SDDL, "at": ["", "W32Time"]}, {"sddl": OPEN_SDDL, "at": ["WinRM"]}]
    assert value["unread"] == [{"at": "Spooler", "reason": "access is denied; run the audit as an administrator"}]


def test_a_part_of_each_key_is_asked_where_there_is_one(answers):
    value = answers["all"]["parts"]["value"]

    assert value["descriptors"][1] == {"sddl": OPEN_SDDL, "at": ["WinRM", "W32Time\\Parameters"]}


def test_what_is_not_there_is_absent_and_secrets_stay_closed(answers):
    assert answers["all"]["no key"]["state"] == answers["all"]["no folder"]["state"] == "absent"
    assert answers["all"]["secrets"]["state"] == "error"


def test_a_folder_is_where_the_registry_says_and_its_content_beside_it(answers):
    seen = answers["all"]["folder"]

    assert seen["source"] == "C:\\Windows"
    assert {one["sddl"]: one["at"] for one in seen["value"]["descriptors"]} == {
        ROOT_SDDL: [""],
        OPEN_SDDL: ["x.exe", "System32"],
    }
    assert answers["all"]["file"]["value"]["descriptors"] == [{"sddl": OPEN_SDDL, "at": [""]}]
    assert answers["all"]["drive"]["value"]["descriptors"] == [{"sddl": ROOT_SDDL, "at": [""]}]


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("other variable", "which is none of"),
        ("up", "has to begin with a drive"),
        ("unknown x86", "does not say where %ProgramFiles(x86)% is"),
    ],
)
def test_a_path_that_is_not_known_is_an_error(what, why, answers):
    assert answers["all"][what]["state"] == "error"
    assert why in answers["all"][what]["reason"]


def test_defender_says_how_it_is_and_of_exclusions_no_folder(answers):
    value = answers["all"]["defender"]["value"]

    assert value["status"] == {**TRUE, "signature_age": 1, "mode": "Normal", "tamper_protected": True}
    assert value["products"] is None
    assert value["preference"] == {
        "real_time_off": False,
        "administrator": True,
        "shown": True,
        "paths": 10,
        "extensions": 2,
        "processes": 3,
        "wide": ["D:\\", "%SystemDrive%\\*", "\\\\files\\share\\*", "scan.exe", "E:", "F:\\*", "*"],
        "wide_processes": ["C:\\*", "cmd.exe"],
        "wide_rules": ["G:\\*"],
        "excluded_types": [".mdf", "exe"],
        "asr_ids": ["9e6c4e1f-7d60-472f-ba1a-a39ef669e4b2"],
        "asr_actions": [1],
    }
    assert "SQL" not in json.dumps(answers["all"]["defender"])


def test_a_windows_without_defender_has_no_class_and_maybe_another_product(answers):
    none, other = (answers[case]["defender"]["value"] for case in ("no Defender", "another"))

    assert none == {"status": None, "preference": None, "products": None}
    assert other["products"] == [{"name": "Other", "id": "{1}", "state": 266240}]


def test_a_defender_that_does_not_answer_says_so(answers):
    value = answers["service off"]["defender"]["value"]

    assert value["status"] == value["preference"] == {"error": "0x800106ba"}


def test_what_an_old_defender_does_not_know_is_nothing_and_no_zero(answers):
    status = answers["old Defender"]["defender"]["value"]["status"]

    assert (status["signature_age"], status["mode"]) == (None, "")
    assert "tamper_protected" not in status
    assert answers["never updated"]["defender"]["value"]["status"]["signature_age"] == 4294967295


def test_exclusions_that_are_hidden_are_not_told_as_none(answers):
    for case in ("hidden", "hidden, in German"):
        assert answers[case]["defender"]["value"]["preference"]["shown"] is False, case
    assert answers["no administrator"]["defender"]["value"]["preference"]["administrator"] is False


def test_no_exclusion_is_left_out_of_many(answers):
    many, too_many = (
        answers[case]["defender"]["value"]["preference"] for case in ("many exclusions", "too many exclusions")
    )

    assert (len(many["wide"]), many["wide"][-1]) == (401, "D:\\")
    assert "501 types of files are left out, more than the 500" in too_many["error"]


def test_a_feature_is_found_by_its_name_in_any_case(answers):
    assert answers["all"]["feature"]["value"] == {"install_state": 2}
    assert answers["all"]["no feature"]["state"] == "absent"


@pytest.mark.parametrize("case", ["no features", "no class of features"])
def test_an_empty_list_of_features_is_no_absence(case, answers):
    assert answers[case]["no feature"]["state"] == "error"
    assert "lists no optional feature" in answers[case]["feature"]["reason"]


def test_updates_are_those_of_the_store_with_numbers(answers):
    value = answers["all"]["update_state"]["value"]

    assert value == {
        "rollups": [
            {
                "name": ROLLUP,
                "CurrentState": {"view": 64, "type": 4, "data": 112},
                "InstallTimeHigh": {"view": 64, "type": 4, "data": 31130000},
                "InstallTimeLow": {"view": 64, "type": 4, "data": 4294967295},
            }
        ],
        "restart_pending": True,
        "paused_until": {"view": 64, "absent": "key"},
    }


def test_the_time_is_told_by_policy_and_own_values(answers):
    value = answers["all"]["time_source"]["value"]

    assert value["policy"]["Type"] == {"view": 64, "type": 1, "data": "NT5DS"}
    assert value["policy"]["NtpServer"] == {"view": 64, "absent": "value"}
    assert value["own"]["NtpServer"]["data"] == "time.windows.com,0x9"
    assert (value["client"]["data"], value["client_policy"]["absent"]) == (1, "key")
    assert (value["service"]["start"], value["service"]["status"]) == (3, 4)
    assert answers["no services"]["time_source"]["value"]["service"] is None


def test_winrm_is_told_by_policy_own_values_and_listeners(answers):
    value = answers["all"]["winrm"]["value"]

    assert value["own"]["service"]["auth_basic"]["data"] == 1
    assert value["policy"]["client"]["AllowBasic"] == {"view": 64, "absent": "key"}
    (listener,) = value["listeners"]
    assert listener["name"] == "*+HTTPS"
    assert listener["values"]["certThumbprint"]["data"] == "ab cd"
    assert value["service"]["status"] == 4


def test_policies_are_told_by_files_record_and_names(answers):
    value = answers["all"]["policy_files"]["value"]

    assert value["files"] == {"machine": "UFJlZw==", "user": None, "applied": None}
    assert value["rsop"] == [
        {"key": "Software\\Policies\\X", "name": "v", "policy": "LocalGPO", "precedence": 1, "deleted": False}
    ]
    assert value["rsop_security"] == [{"path": "MACHINE\\SYSTEM\\x", "policy": "CN={1}", "precedence": 1}]
    assert value["mdm"] == {"Update": ["AllowAutoUpdate", "AllowAutoUpdate_ProviderSet"]}
    closed = answers["no RSoP for this account"]["policy_files"]["value"]
    assert (closed["rsop"], closed["rsop_error"]) == (None, "Zugriff")
    assert answers["no class of features"]["policy_files"]["value"]["rsop"] is None


def test_of_a_policy_its_names_are_told_and_not_what_it_sets(answers):
    told = base64.b64decode(answers["policies that set secrets"]["policy_files"]["value"]["files"]["user"])

    whole = len(POLICY[1]) - len(set_by_policy("K", "token", b"s3cret")) + 3
    assert told[:whole] == POLICY[1][:whole]
    assert "Older".encode("utf-16-le") in told
    # What is cut off cannot be followed, and nothing of it is sent.
    assert told[whole:] == bytes(len(POLICY[0]) - whole)


def test_what_is_handed_to_ansible_is_plain(tmp_path):
    # Ansible.Basic would send a wrapped table as the name of its type.
    (tmp_path / "machine.json").write_text(json.dumps({**MACHINE, **SYSTEM}), encoding="utf-8")
    users = ["user_registry", {"key": "Software\\Site", "name": "Lock"}]
    asked = [*ASKED.values(), users, ["service", {"name": "Spooler"}], ["security_export", {}]]
    scripts = [*SCRIPTS, str(HERE / "recorded.ps1"), str(HERE / "recorded_system.ps1")]

    told = run(
        HERE / "wrapped.ps1",
        {"scripts": scripts, "machine": str(tmp_path / "machine.json"), "request": request(*asked)},
    )

    assert told == {"count": len(asked), "wrapped": []}
