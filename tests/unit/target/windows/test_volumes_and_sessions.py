"""What windows_observe answers of volumes, copies and sessions of recorded machines: one process of PowerShell for all cases."""

from __future__ import annotations

import base64
import json
import time
from typing import Any, Dict

import pytest

from tests.powershell import run
from tests.unit.target.windows import test_windows_observe as base

pytestmark = pytest.mark.pwsh

ALICE, BOB = base.ALICE, base.BOB
C, D, STICK = ("\\\\?\\Volume{%d}\\" % number for number in (1, 2, 3))
VOLUME = "root/cimv2 Win32_Volume"
ENCRYPTABLE = "root/CIMV2/Security/MicrosoftVolumeEncryption Win32_EncryptableVolume"
PARTITION = "root/Microsoft/Windows/Storage MSFT_Partition"
COPY, ROOM = "root/cimv2 Win32_ShadowCopy", "root/cimv2 Win32_ShadowStorage"
TASK = "root/Microsoft/Windows/TaskScheduler MSFT_ScheduledTask"
GUARD = "root/Microsoft/Windows/DeviceGuard Win32_DeviceGuard"
LOCAL, POLICIES = "LocalMachine\\64\\", "LocalMachine\\64\\SOFTWARE\\Policies\\Microsoft\\"
RDP = "Windows NT\\Terminal Services"
STATION = LOCAL + "SYSTEM\\CurrentControlSet\\Control\\Terminal Server"
DESKTOP = "Control Panel\\Desktop"

RECORDED = time.monotonic()


def ago(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds))


def task(name: str, *programs: str, state: int = 3) -> Dict[str, Any]:
    actions = [{"Execute": program, "Arguments": "create shadow /for=D: SecretWord"} for program in programs]
    return {"TaskName": name, "TaskPath": "\\", "State": state, "Actions": [*actions, {"ClassId": "a handler of COM"}]}


CIM: Dict[str, Any] = {
    VOLUME: [
        {"DeviceID": C, "Name": "C:\\", "DriveType": 3, "BootVolume": True, "SystemVolume": False},
        {"DeviceID": D, "Name": "D:\\", "DriveType": 3, "BootVolume": None, "SystemVolume": None},
        {"DeviceID": STICK, "Name": "E:\\", "DriveType": 2, "BootVolume": False, "SystemVolume": False},
    ],
    ENCRYPTABLE: [
        {"DeviceID": C, "ProtectionStatus": 0, "ConversionStatus": 1, "EncryptionMethod": 7},
        {"DeviceID": D, "ProtectionStatus": 1, "ConversionStatus": None, "EncryptionMethod": 4294967295},
    ],
    PARTITION: [{"AccessPaths": ["C:\\", C], "GptType": "{ebd0}"}, {"AccessPaths": None, "GptType": None}],
    COPY: [
        {"VolumeName": D, "InstallDate": ago(7200), "State": 12},
        {"VolumeName": C, "InstallDate": None, "State": 13},
    ],
    ROOM: [{"Volume": {"DeviceID": D}, "MaxSpace": 18446744073709551615}],
    TASK: [
        task("ShadowCopyVolume{2}", "C:\\Windows\\system32\\vssadmin.exe"),
        task("Mittags", '"C:\\Windows\\System32\\DiskShadow.EXE"', state=1),
        task("Backup", "C:\\tools\\backup.exe"),
        task("vssadmin", "C:\\tools\\not-vssadmin.cmd"),
        {"TaskName": "Nothing", "TaskPath": "\\", "State": 3, "Actions": None},
    ],
    GUARD: [
        {"SecurityServicesConfigured": [1, 2], "SecurityServicesRunning": [2], "VirtualizationBasedSecurityStatus": 2}
    ],
}
REGISTRY: Dict[str, Any] = {
    **base.REGISTRY,
    POLICIES + "Windows NT\\CurrentVersion\\EFS": {"=EfsConfiguration": [4, 1]},
    POLICIES + "SystemCertificates\\EFS": {"=EfsBlob": [3, [1, 2]]},
    POLICIES + "SystemCertificates\\EFS\\Certificates\\AA": {"=Blob": [3, [3, 4]]},
    POLICIES + "SystemCertificates\\EFS\\Certificates\\BB": {},
    POLICIES + RDP: {"=MaxIdleTime": [4, 900000], "=UserAuthentication": [4, 1]},
    STATION: {"=fDenyTSConnections": [4, 0]},
    STATION + "\\WinStations\\RDP-Tcp": {"=SecurityLayer": [4, 2], "=fInheritMaxIdleTime": [4, 1]},
    STATION + "\\WinStations\\Console": {"=fEnableWinStation": [4, 1]},
    STATION + "\\WinStations\\rdp-sxs": {"=fEnableWinStation": [4, 1], "=UserAuthentication": [4, 0]},
    "Users\\64\\%s\\SOFTWARE\\Policies\\Microsoft\\%s" % (ALICE, RDP): {"=MaxIdleTime": [4, 0]},
    "Users\\64\\%s\\%s" % (ALICE, DESKTOP): {"=ScreenSaveActive": [1, "1"], "=SCRNSAVE.EXE": [1, ' "scrnsave.scr" ']},
    "Users\\64\\%s\\Software\\Policies\\Microsoft\\Windows\\%s" % (ALICE, DESKTOP): {"=SCRNSAVE.EXE": [1, "gone.scr"]},
    LOCAL + "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System": {
        "=InactivityTimeoutSecs": [4, 900],
        "=ScForceOption": [4, 1],
    },
    LOCAL + "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon": {
        "=ScRemoveOption": [1, "1"],
        "=ScreenSaverGracePeriod": [1, "30"],
    },
    base.SERVICES + "SCPolicySvc": base.service(2),
}
MACHINE: Dict[str, Any] = {
    "registry": REGISTRY,
    "services": [*base.MACHINE["services"], {"Name": "SCPolicySvc", "Status": 4, "StartType": 2}],
    "cim": CIM,
    "protection": {C: 1, D: 2},
    "protectors": {C: [1, 3]},
    "files": ["scrnsave.scr"],
}
KINDS = ("bitlocker", "credential_guard", "efs", "rdp_session", "screen_lock", "shadow_copy", "smart_card")
ASKED = [[kind, {"volumes": ["D:"]} if kind == "shadow_copy" else {}] for kind in KINDS]


def without(*classes: str, **instead: Any) -> Dict[str, Any]:
    """Return a machine without classes, or with other objects of one: ``{"cim": {...}}``."""
    return {"cim": {name: one for name, one in {**CIM, **instead}.items() if name not in classes}}


def only(machine: Dict[str, Any], *kinds: Any) -> Dict[str, Any]:
    return {"request": base.request(*(kinds or ASKED)), "machine": machine}


# A third of it is what each collector has; the others start beside one that hangs, on a machine that may be busy.
SOON = {"observe_max_seconds": 24}
BITLOCKER, GUARDED, EFS = ASKED[0], ASKED[1], ASKED[2]
COPIES = ASKED[5]
ACCESS = "Zugriff verweigert"
CLOSED = {"registry": {**REGISTRY, POLICIES + "SystemCertificates\\EFS": "Zugriff verweigert"}}
MANY = {POLICIES + "SystemCertificates\\EFS\\Certificates\\%d" % number: {"=Blob": [3, [1]]} for number in range(60)}
CROWD: Dict[str, Any] = {"Users\\64\\S-1-5-21-9-9-9-%d\\%s" % (number, DESKTOP): {} for number in range(1001)}
CASES: Dict[str, Dict[str, Any]] = {
    "all": only({}),
    "a crowd": only({"registry": {**base.ALONE, **CROWD}}, ["screen_lock", {}], ["rdp_session", {}]),
    "nobody": only({"registry": {key: one for key, one in REGISTRY.items() if not key.startswith("Users")}}),
    "bare": only({"registry": base.ALONE, "services": [], "cim": {}}),
    "no BitLocker": only(without(ENCRYPTABLE), BITLOCKER),
    "BitLocker is closed": only(without(**{ENCRYPTABLE: ACCESS}), BITLOCKER),
    "no storage": only(without(**{PARTITION: ACCESS}), BITLOCKER),
    "no partitions": only(without(PARTITION), BITLOCKER),
    "too many volumes": only(without(**{VOLUME: CIM[VOLUME][:1] * 501}), BITLOCKER),
    "BitLocker hangs": {
        "request": base.request(*ASKED, options=SOON),
        "machine": without(**{ENCRYPTABLE: "hangs"}),
    },
    "two guards": only(without(**{GUARD: CIM[GUARD] * 2}), GUARDED),
    "no guard": only(without(**{GUARD: []}), GUARDED),
    "guard is closed": only(without(**{GUARD: ACCESS}), GUARDED),
    "EFS is closed": only(CLOSED, EFS),
    "60 agents": only({"registry": {**REGISTRY, **MANY}}, EFS),
    "copies that nobody asks for": only(without(**{COPY: "asked"}), ["shadow_copy", {"volumes": []}], ["shadow_copy", {}]),
    "VSS is disabled": only(without(**{COPY: "Der Dienst kann nicht gestartet werden"}), COPIES),
    "no copies": only(without(**{COPY: [], ROOM: [], TASK: []}), COPIES),
}  # fmt: skip


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    cases = {name: {**case, "machine": {**MACHINE, **case["machine"]}} for name, case in CASES.items()}
    return base.put(cases, tmp_path_factory.mktemp("machines"), "recorded_volumes.ps1")


def seen(answers: Dict[str, Any], case: str, kind: str = "") -> Dict[str, Any]:
    place = KINDS.index(kind) if kind else 0
    return answers[case]["answer"]["observations"][str(place)]


def number(data: int) -> Dict[str, Any]:
    return {"view": 64, "type": 4, "data": data}


def text(data: str) -> Dict[str, Any]:
    return {"view": 64, "type": 1, "data": data}


def data(*given: int) -> Dict[str, Any]:
    return {"view": 64, "type": 3, "data": base64.b64encode(bytes(given)).decode()}


NO_KEY, NO_VALUE = ({"view": 64, "absent": what} for what in ("key", "value"))


def test_volumes_are_told_by_numbers(answers):
    value = seen(answers, "all", "bitlocker")["value"]

    assert value["volumes"] == [
        {"id": C, "name": "C:\\", "drive_type": 3, "boot": True, "system": False},
        {"id": D, "name": "D:\\", "drive_type": 3, "boot": False, "system": False},
        {"id": STICK, "name": "E:\\", "drive_type": 2, "boot": False, "system": False},
    ]
    assert value["partitions"] == [{"paths": ["C:\\", C], "gpt_type": "{ebd0}"}, {"paths": [], "gpt_type": ""}]
    assert value["encryptable"] == [
        {"id": C, "protection": 1, "conversion": 1, "method": 7, "protectors": [1, 3]},
        {"id": D, "protection": 2, "conversion": None, "method": 4294967295, "protectors": None},
    ]


def test_a_windows_without_bitlocker_says_so(answers):
    told = seen(answers, "no BitLocker")

    assert told["state"] == "value"
    assert told["value"]["encryptable"] is None
    assert len(told["value"]["volumes"]) == 3
    assert "BitLocker is not installed" in told["source"]


@pytest.mark.parametrize(
    ("case", "kind", "why"),
    [
        ("BitLocker is closed", "", ACCESS),
        ("too many volumes", "", "501 volumes"),
        ("bare", "bitlocker", "no class Win32_Volume"),
        ("bare", "shadow_copy", "no class Win32_Volume"),
        ("two guards", "", "2 objects in place of one"),
        ("no guard", "", "0 objects in place of one"),
        ("guard is closed", "", ACCESS),
        ("EFS is closed", "", "run the audit as an administrator"),
        ("60 agents", "", "62 recovery agents"),
        ("VSS is disabled", "", "kann nicht gestartet werden"),
    ],
)
def test_what_cannot_be_read_is_an_error(case, kind, why, answers):
    told = seen(answers, case, kind)

    assert told["state"] == "error"
    assert why in told["reason"]


@pytest.mark.parametrize("place", ["0", "1"])
def test_of_more_users_than_are_taken_none_is_left_out(place, answers):
    told = answers["a crowd"]["answer"]["observations"][place]

    assert (told["state"], "1001 users" in told["reason"]) == ("error", True)


@pytest.mark.parametrize("case", ["no storage", "no partitions"])
def test_partitions_that_are_not_told_excuse_no_volume(case, answers):
    told = seen(answers, case)

    assert told["state"] == "value"
    assert told["value"]["partitions"] == []
    assert len(told["value"]["encryptable"]) == 2


def test_what_hangs_spoils_its_own_kind_only(answers):
    states = {kind: seen(answers, "BitLocker hangs", kind)["state"] for kind in KINDS}

    assert states == {kind: "error" if kind == "bitlocker" else "value" for kind in KINDS}
    assert answers["BitLocker hangs"]["limited"] == 5


def test_credential_guard_is_told_by_numbers(answers):
    assert seen(answers, "all", "credential_guard")["value"] == {"configured": [1, 2], "running": [2], "vbs": 2}
    assert seen(answers, "bare", "credential_guard")["state"] == "absent"


def test_efs_is_told_as_the_registry_keeps_it(answers):
    assert seen(answers, "all", "efs")["value"] == {
        "policy": number(1),
        "ntfs_policy": NO_KEY,
        "ntfs": NO_KEY,
        "blob": data(1, 2),
        "certificates": [data(3, 4), NO_VALUE],
    }
    assert seen(answers, "bare", "efs")["value"]["certificates"] == []


def test_remote_desktop_is_told_by_each_who_may_set_it(answers):
    value = seen(answers, "all", "rdp_session")["value"]

    assert value["policy"]["MaxIdleTime"] == number(900000)
    assert value["policy"]["UserAuthentication"] == number(1)
    assert value["policy"]["fDenyTSConnections"] == NO_VALUE
    assert set(value["listeners"]) == {"RDP-Tcp", "rdp-sxs"}
    assert value["listeners"]["RDP-Tcp"]["SecurityLayer"] == number(2)
    assert value["listeners"]["RDP-Tcp"]["fInheritMaxIdleTime"] == number(1)
    assert value["listeners"]["RDP-Tcp"]["fInheritMaxDisconnectionTime"] == NO_VALUE
    assert value["listeners"]["rdp-sxs"]["UserAuthentication"] == number(0)
    assert value["server"] == {"fDenyTSConnections": number(0)}
    users = {user["sid"]: user["values"] for user in value["users"]}
    assert users[ALICE] == {"MaxIdleTime": number(0), "MaxDisconnectionTime": NO_VALUE}
    assert users[BOB] == {"MaxIdleTime": NO_KEY, "MaxDisconnectionTime": NO_KEY}
    assert base.OWN not in users
    assert seen(answers, "nobody", "rdp_session")["value"]["users"] == []


def test_the_lock_is_told_of_the_machine_and_of_each_user(answers):
    value = seen(answers, "all", "screen_lock")["value"]

    assert (value["machine"], value["grace"]) == (number(900), text("30"))
    users = {user["sid"]: user for user in value["users"]}
    assert set(users) == {ALICE, BOB, base.ENTRA}
    assert users[ALICE]["own"]["ScreenSaveActive"] == text("1")
    assert users[ALICE]["own"]["ScreenSaveTimeOut"] == NO_VALUE
    assert users[ALICE]["policy"]["SCRNSAVE.EXE"] == text("gone.scr")
    assert users[ALICE]["saver_found"] == {"policy": False, "own": True}
    assert users[BOB]["saver_found"] == {"policy": None, "own": None}
    assert seen(answers, "nobody", "screen_lock")["value"] == {"machine": number(900), "grace": text("30"), "users": []}


def test_smart_cards_are_told_with_their_service(answers):
    value = seen(answers, "all", "smart_card")["value"]

    assert (value["removal"], value["demanded"]) == (text("1"), number(1))
    assert (value["service"]["start"], value["service"]["start_now"], value["service"]["status"]) == (2, 2, 4)
    assert seen(answers, "bare", "smart_card")["value"] == {"removal": NO_KEY, "demanded": NO_KEY, "service": None}


def test_copies_are_told_with_their_age(answers):
    value = seen(answers, "all", "shadow_copy")["value"]

    first, second = value["copies"]
    assert (first["volume"], first["state"]) == (D, 12)
    # The machine was recorded when this file was read, which may be long ago.
    assert 7190 < first["age"] < 7210 + time.monotonic() - RECORDED
    assert second == {"volume": C, "age": None, "state": 13}
    assert value["storage"] == [{"volume": D, "most": "18446744073709551615"}]
    assert value["tasks"] == [{"name": "\\ShadowCopyVolume{2}", "state": 3}, {"name": "\\Mittags", "state": 1}]
    assert "SecretWord" not in json.dumps(answers["all"])
    empty = seen(answers, "no copies")["value"]
    assert (empty["copies"], empty["storage"], empty["tasks"]) == ([], [], [])


def test_copies_that_nobody_asks_for_are_not_looked_at(answers):
    for place in ("0", "1"):
        told = answers["copies that nobody asks for"]["answer"]["observations"][place]
        assert (told["state"], told["value"]) == ("value", {"volumes": [], "copies": [], "storage": [], "tasks": []})


# On Linux these are names of files as any other, in the folder that the process is in.
SAVERS = {
    "C:\\a.scr": True,
    "C:\\b.scr": False,
    # To look for it there would be to log on there.
    "\\\\evil\\a.scr": False,
    "//evil/a.scr": False,
    "\\\\?\\C:\\a.scr": False,
    "C:\\a.scr:stream": False,
}
# ProtectionStatus is the property, which is kept from earlier.
UNLOCKED: Dict[str, Any] = {"returns": 0, "ids": ["1", "333"], "fails": "", "protection": 0, "ProtectionStatus": 1}
PROTECTED = [
    (UNLOCKED, [1, 3]),
    ({**UNLOCKED, "ids": []}, []),
    ({**UNLOCKED, "ids": None}, []),
    ({**UNLOCKED, "returns": 2150694912}, None),
    ({**UNLOCKED, "ids": ["1", "bad"]}, None),
    ({**UNLOCKED, "fails": "GetKeyProtectors"}, None),
    ({**UNLOCKED, "fails": "GetKeyProtectorType"}, None),
    ({**UNLOCKED, "fails": "GetProtectionStatus"}, [1, 3]),
]


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    for name in SAVERS:
        if "/" not in name and "b.scr" not in name:
            (folder / name).touch()
    volumes = [volume for volume, _types in PROTECTED]
    given = {"script": str(base.OURS / "host.psm1"), "folder": str(folder), "files": list(SAVERS), "volumes": volumes}
    return run(base.HERE / "hosts_own.ps1", given)


@pytest.mark.parametrize("name", SAVERS)
def test_a_screen_saver_is_looked_for_on_this_host_alone(name, own):
    assert own["files"][name] is SAVERS[name]


@pytest.mark.parametrize("place", range(len(PROTECTED)))
def test_what_opens_a_volume_is_told_whole_or_not_at_all(place, own):
    wanted = PROTECTED[place][1]

    assert own["protectors"][place] == {"known": wanted is not None, "types": [None] if wanted is None else wanted}


@pytest.mark.parametrize(("place", "wanted"), [(0, 0), (3, None), (-1, None)])
def test_the_protection_of_a_volume_is_asked_anew_or_not_told(place, wanted, own):
    assert own["protection"][place] == {"told": wanted}
