"""Volumes, recovery agents, copies and sessions of Windows hosts are judged by the rules of the supplement."""

from __future__ import annotations

import base64
import datetime as dt
import struct
from functools import lru_cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import asked, make_plan, setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog

CATALOG = load_catalog()
WINDOWS = CATALOG.platforms["windows"]
SERVER = {"build": "20348", "product_type": "ServerNT", "domain_role": "3"}
PRODUCT = {"kind": "registry", "key": "SYSTEM\\CurrentControlSet\\Control\\ProductOptions", "name": "ProductType"}
ALICE, BOB = "S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-1002"


def value(given):
    return {"state": "value", "value": given, "source": "there"}


@lru_cache
def rules(role, *values):
    given = {name: list(one) if isinstance(one, tuple) else one for name, one in values}
    (plan,) = make_plan(CATALOG, Selection(("supplement_windows",), level=2), given, {})
    (whole,) = [one for one in plan.benchmarks if one.role == role]
    return plan.request["settings"], {planned.rule.id: planned for planned in whole.rules}


def judged(rule, seen, role="member_server", **values):
    """Return the finding of a rule of a host that answers every question of a kind the same."""
    hashable = [(name, tuple(one) if isinstance(one, list) else one) for name, one in values.items()]
    questions, planned = rules(role, *hashable)
    facts = {**SERVER, "product_type": "LanmanNT" if role == "domain_controller" else "ServerNT"}
    kinds = {"registry": value({"view": 64, "type": 1, "data": facts["product_type"]}), **seen}
    answers = {key: kinds[key.split(" ")[0]] for key in questions if key.split(" ")[0] in kinds}
    return Judge(WINDOWS, answers, {"windows": facts}).judge(planned[rule])


def outcome(rule, seen, role="member_server", **values):
    told = judged(rule, seen, role, **values)
    return told.outcome


def number(data):
    return {"view": 64, "type": 4, "data": data}


def text(data):
    return {"view": 64, "type": 1, "data": data}


def binary(data):
    return {"view": 64, "type": 3, "data": base64.b64encode(data).decode()}


NONE = {"view": 64, "absent": "value"}

# BitLocker

C, D, EFI, REPAIR, STICK = (f"\\\\?\\Volume{{{place}}}\\" for place in range(1, 6))
EFI_TYPE, REPAIR_TYPE = "{c12a7328-f81f-11d2-ba4b-00a0c93ec93b}", "{DE94BBA4-06D1-4D40-A16A-BFD50179D6AC}"
DATA_TYPE = "{ebd0a0a2-b9e5-4433-87c0-68b6b72699c7}"


def volume(which, name="", **more):
    return {"id": which, "name": name or which, "drive_type": 3, "boot": False, "system": False, **more}


def known(which, protection=1, conversion=1, method=7, protectors=(1, 3)):
    told = {"id": which, "protection": protection, "conversion": conversion, "method": method}
    return {**told, "protectors": None if protectors is None else list(protectors)}


BOOT, DATA, START = volume(C, "C:\\", boot=True), volume(D, "D:\\"), volume(EFI, system=True)
PARTITIONS = [
    {"paths": ["C:\\", C], "gpt_type": DATA_TYPE},
    {"paths": [EFI], "gpt_type": EFI_TYPE},
    {"paths": [REPAIR], "gpt_type": REPAIR_TYPE},
]
SYSTEM, VOLUMES, RECOVERY = (
    "windows_system_volume_encrypted",
    "windows_data_volumes_encrypted",
    "windows_volume_recovery",
)


def disks(*volumes, encryptable=(), partitions=None):
    partitions = PARTITIONS if partitions is None else partitions
    listed = None if encryptable is None else list(encryptable)
    return {"bitlocker": value({"volumes": list(volumes), "partitions": list(partitions), "encryptable": listed})}


@pytest.mark.parametrize(
    ("one", "expected", "told"),
    [
        (known(C), "pass", "protection: on"),
        (known(C, method=3), "pass", ""),
        (known(C, protectors=None), "pass", ""),
        # Encrypted, and the key lies beside it.
        (known(C, protection=0), "fail", "suspended"),
        (known(C, protection=0, conversion=0, method=0, protectors=()), "fail", "off"),
        (known(C, protection=1, conversion=2), "fail", "encrypting"),
        (known(C, protection=1, conversion=3), "fail", "decrypting"),
        (known(C, protection=1, conversion=4), "fail", "encrypting_paused"),
        (known(C, protection=2, conversion=None), "fail", "locked"),
        (known(C, method=5), "fail", "hardware"),
        (known(C, method=4294967295), "fail", "unknown"),
        (known(C, method=8), "error", ""),
        (known(C, method=None), "error", ""),
        (known(C, protection=3), "error", ""),
        (known(C, protection=None), "error", ""),
        (known(C, protection=True), "error", ""),
        (known(C, conversion=9), "error", ""),
        (known(C, protectors=(99,)), "error", ""),
        # BitLocker knows other volumes only.
        (known(D), "fail", "not_covered"),
    ],
)
def test_the_volume_of_windows_is_encrypted_and_protected(one, expected, told):
    found = judged(SYSTEM, disks(BOOT, encryptable=[one]))

    assert found.outcome == expected
    assert expected == "error" or told.split(": ")[-1] in found.checks[0].observed


def test_a_windows_without_bitlocker_has_no_encrypted_volume():
    found = judged(SYSTEM, disks(BOOT, encryptable=None))

    assert found.outcome == "fail"
    assert "no_bitlocker" in found.checks[0].observed
    assert outcome(VOLUMES, disks(BOOT, DATA, encryptable=None)) == "fail"
    assert outcome(RECOVERY, disks(BOOT, encryptable=None)) == "fail"


@pytest.mark.parametrize("boot", [{"boot": False}, {"boot": True, "drive_type": 2}])
@pytest.mark.parametrize("rule", [SYSTEM, VOLUMES, RECOVERY])
def test_a_host_that_does_not_tell_where_windows_lies_is_an_error(boot, rule):
    assert outcome(rule, disks({**BOOT, **boot}, DATA, encryptable=[known(C), known(D)])) == "error"


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([DATA], "fail"),
        ([], "not_applicable"),
        ([START], "not_applicable"),
        ([volume(REPAIR)], "not_applicable"),
        # A stick, a disc, a share, and a disk in memory are no disks of the host.
        ([volume(STICK, "E:\\", drive_type=kind) for kind in (2, 4, 5, 6)], "not_applicable"),
        # What Windows cannot tell, a volume without a letter, and one that is mounted in a folder hold data as any other.
        ([volume(STICK, "E:\\", drive_type=0)], "fail"),
        ([volume(STICK, drive_type=None)], "fail"),
        ([volume(D)], "fail"),
        ([volume(D, "C:\\data\\")], "fail"),
        # With a letter it is open to everybody, whatever it was made for.
        ([volume(EFI, "S:\\", system=True)], "fail"),
        ([volume(REPAIR, "R:\\")], "fail"),
        ([START, DATA], "fail"),
    ],
)
def test_which_volumes_have_to_be_encrypted(others, expected):
    assert outcome(VOLUMES, disks(BOOT, *others, encryptable=[known(C)])) == expected


def test_each_volume_with_data_is_encrypted():
    assert outcome(VOLUMES, disks(BOOT, DATA, START, encryptable=[known(C), known(D)])) == "pass"
    other = volume(STICK, "E:\\")
    assert outcome(VOLUMES, disks(BOOT, DATA, other, encryptable=[known(C), known(D), known(STICK, 0)])) == "fail"


def test_a_repair_partition_that_is_not_told_is_a_volume_as_any_other():
    assert outcome(VOLUMES, disks(BOOT, volume(REPAIR), encryptable=[known(C)], partitions=[])) == "fail"


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (["d:"], "not_applicable"),
        (["D:\\"], "not_applicable"),
        ([D], "not_applicable"),
        ([D.rstrip("\\")], "not_applicable"),
        (["E:"], "fail"),
        (["D"], "fail"),
        ([""], "fail"),
    ],
)
def test_a_site_names_volumes_without_ephi(named, expected):
    seen = disks(BOOT, DATA, encryptable=[known(C), known(D, protection=0, conversion=0, method=0)])

    assert outcome(VOLUMES, seen, windows_volumes_without_ephi=named) == expected


def test_the_volume_of_windows_cannot_be_named_as_one_without_ephi():
    seen = disks(BOOT, encryptable=[known(C, protection=0)])

    assert outcome(SYSTEM, seen, windows_volumes_without_ephi=["C:"]) == "fail"


@pytest.mark.parametrize(
    ("protectors", "expected"),
    [((1, 3), "pass"), ((1, 7), "pass"), ((1,), "fail"), ((), "fail"), (None, "fail"), ((1, 2, 8), "fail")],
)
def test_a_volume_has_a_key_for_its_recovery(protectors, expected):
    seen = disks(BOOT, DATA, encryptable=[known(C), known(D, protectors=protectors)])

    assert outcome(RECOVERY, seen) == expected


# EFS

ENDS = dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=400)
ENDED = dt.datetime.now(dt.timezone.utc) - dt.timedelta(days=2)
MAKE: dict[str, Any] = {
    "rsa": lambda bits: rsa.generate_private_key(65537, bits),
    "ec": lambda _bits: ec.generate_private_key(ec.SECP256R1()),
    "ed": lambda _bits: ed25519.Ed25519PrivateKey.generate(),
}


@lru_cache
def certificate(key="rsa", bits=2048, ends=ENDS):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Agent")])
    secret = MAKE[key](bits)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(secret.public_key())
    made = made.serial_number(7).not_valid_before(ENDED - dt.timedelta(days=1)).not_valid_after(ends)
    return made.sign(secret, None if key == "ed" else hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def entry(der):
    """Return an entry of a store: a thumbprint (3), and the certificate (32)."""
    return struct.pack("<III", 3, 1, 20) + b"x" * 20 + struct.pack("<III", 32, 1, len(der)) + der


def efs_blob(*ders):
    """Return the value EfsBlob ([MS-GPEF] 2.2.1.2), each key with a SID of 28 bytes."""
    keys = b""
    for der in ders:
        rest = struct.pack("<IIIIQ", 32, 2, len(der), 60, 0)
        length = 4 + 4 + len(rest) + 32 + len(der)
        keys += struct.pack("<II", length, length - 4) + rest + b"s" * 32 + der
    return struct.pack("<HHI", 1, 1, len(ders)) + keys


def agents(*ders, blob=None, **more):
    held = binary(efs_blob(*ders) if blob is None else blob) if ders or blob is not None else NONE
    told = {"policy": NONE, "ntfs_policy": NONE, "ntfs": number(0), "blob": held}
    return {"efs": value({**told, "certificates": [binary(entry(der)) for der in ders], **more})}


EFS = "windows_efs_recovery_agents"


def test_a_file_of_efs_can_be_recovered_by_a_sound_agent():
    assert outcome(EFS, agents(certificate())) == "pass"
    assert outcome(EFS, agents(certificate("ec"))) == "pass"
    assert outcome(EFS, agents(certificate(), certificate("ec"))) == "pass"
    assert outcome(EFS, agents(certificate(), blob=b"" + efs_blob(certificate()))) == "pass"


def test_an_agent_that_is_weak_or_over_is_none():
    weak, over = certificate(bits=1024), certificate(ends=ENDED)

    assert outcome(EFS, agents(weak)) == "fail"
    assert outcome(EFS, agents(over)) == "fail"
    # Each of them opens all files, or is one that somebody counts on.
    assert outcome(EFS, agents(certificate(), weak)) == "fail"
    assert outcome(EFS, agents(certificate(), over)) == "fail"
    assert outcome(EFS, agents(certificate()), windows_efs_recovery_key_bits=3072) == "fail"
    told = judged(EFS, agents(weak)).checks[0].observed
    assert "1024" in told


@pytest.mark.parametrize(
    "seen",
    [
        agents(),
        agents(certificate(), blob=efs_blob(certificate("ec"))),
        agents(certificate(), blob=None, certificates=[]),
        agents(certificate(), blob=b"") | {"other": None},
    ],
)
def test_an_agent_that_only_one_place_has_is_none(seen):
    assert outcome(EFS, seen) == "fail"


def test_a_key_of_efs_cannot_borrow_the_certificate_of_another():
    weak, sound = certificate(bits=1024), certificate()
    blob = efs_blob(weak, sound)
    length = struct.pack("<II", len(sound), 60 + len(weak) + 64)
    borrowed = blob[:24] + length + blob[32:]

    assert borrowed.count(sound) == 1
    assert outcome(EFS, agents(sound, blob=borrowed)) == "error"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"policy": number(1)}, "not_applicable"),
        ({"ntfs_policy": number(1)}, "not_applicable"),
        ({"ntfs": number(1)}, "not_applicable"),
        ({"policy": number(0)}, "fail"),
        ({"policy": number(2)}, "fail"),
        # The policy's word goes before that of fsutil.
        ({"ntfs_policy": number(0), "ntfs": number(1)}, "fail"),
        ({"policy": text("1")}, "error"),
    ],
)
def test_efs_that_is_switched_off_needs_no_agent(more, expected):
    assert outcome(EFS, agents(**more)) == expected


@pytest.mark.parametrize(
    "seen",
    [
        agents(certificate(), blob=b"\1\0\1\0\1\0\0"),
        agents(certificate(), blob=efs_blob(certificate())[:-1]),
        agents(certificate(), blob=struct.pack("<HHI", 1, 1, 5)),
        agents(certificate(), certificates=[binary(entry(certificate())[:-1])]),
        agents(certificate(), certificates=[NONE]),
        agents(certificate(), certificates=[text("x")]),
        agents(b"no certificate"),
        agents(certificate("ed")),
        {"efs": value([])},
        {"efs": value({})},
    ],
)
def test_an_agent_that_cannot_be_read_is_an_error(seen):
    assert outcome(EFS, seen) == "error"


# Copies

COPIES, SERVICES = "windows_shadow_copies_recent", "windows_shadow_copy_services"
ROOM = [{"volume": D, "most": "1000"}]


def copy(age, which=D, state=12):
    return {"volume": which, "age": age, "state": state}


def copies(*made, room=None, tasks=()):
    room = ROOM if room is None else room
    told = {"volumes": [BOOT, DATA], "copies": list(made), "storage": list(room), "tasks": list(tasks)}
    return {"shadow_copy": value(told)}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (copies(copy(3600)), "pass"),
        (copies(copy(26 * 3600)), "pass"),
        (copies(copy(26 * 3600 + 1)), "fail"),
        (copies(copy(999999), copy(60)), "pass"),
        (copies(), "fail"),
        (copies(copy(60, which=C)), "fail"),
        (copies(copy(60, state=13)), "fail"),
        (copies(copy(60, state=None)), "fail"),
        # It comes from the future: a clock was changed.
        (copies(copy(-60)), "fail"),
        (copies(copy(None)), "error"),
        (copies(copy(60), room=[]), "fail"),
    ],
)
def test_a_volume_that_is_named_has_a_recent_copy(seen, expected):
    assert outcome(COPIES, seen, windows_shadow_copy_volumes=["D:"]) == expected


def test_copies_are_asked_of_each_volume_that_is_named():
    assert outcome(COPIES, copies(copy(60)), windows_shadow_copy_volumes=["D:", "C:"]) == "fail"
    assert outcome(COPIES, copies(copy(60)), windows_shadow_copy_volumes=["F:"]) == "fail"
    assert outcome(COPIES, copies(copy(60)), windows_shadow_copy_volumes=["d:\\"]) == "pass"
    assert outcome(COPIES, copies()) == "not_applicable"


def test_what_makes_copies_is_shown():
    tasks = [{"name": "\\ShadowCopyVolume{1}", "state": 3}, {"name": "\\Noon", "state": 1}]
    expected = {"each": {"fields": {"tasks": {"equals": ["\\ShadowCopyVolume{1}"]}}}}
    setting = {"kind": "shadow_copy", "address": {"volumes": ["D:"]}, "expect": expected}
    seen = {setting_key(asked(WINDOWS, setting)): copies(copy(60), tasks=tasks)["shadow_copy"]}

    assert Judge(WINDOWS, seen, {"windows": SERVER}).check(setting).outcome == "pass"


def service(start=3, start_now=3, status=1):
    told = {"start": start, "start_now": start_now, "status": status, "type": 16, "delayed": None}
    return value({**told, "account": "LocalSystem", "triggers": []})


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (service(), "pass"),
        (service(2, 2, 4), "pass"),
        (service(4, 4), "fail"),
        (service(4), "fail"),
        (service(start_now=4), "fail"),
        ({"state": "absent"}, "fail"),
    ],
)
def test_the_services_of_copies_can_be_started(seen, expected):
    assert outcome(SERVICES, {"service": seen}) == expected


# Locks

LOCK, SHARED = "windows_idle_sessions_locked", "windows_shared_workstation_locked"
NOT_SET = dict.fromkeys(("ScreenSaveActive", "ScreenSaverIsSecure", "ScreenSaveTimeOut", "SCRNSAVE.EXE"), NONE)


def saver(active="1", secure="1", seconds="600", name="scrnsave.scr"):
    given = zip(NOT_SET, (active, secure, seconds, name), strict=True)
    return {key: NONE if one is None else text(one) for key, one in given}


def user(sid, policy=None, own=None, found=True):
    own = NOT_SET if own is None else own
    policy = NOT_SET if policy is None else policy
    told = {"policy": found, "own": found} if isinstance(found, (bool, type(None))) else found
    return {"sid": sid, "policy": policy, "own": own, "saver_found": told}


def locks(limit, *users, grace=None):
    machine = NONE if limit is None else number(limit)
    return {"screen_lock": value({"machine": machine, "grace": grace or NONE, "users": list(users)})}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (locks(900, user(ALICE)), "pass"),
        (locks(901, user(ALICE)), "fail"),
        (locks(0, user(ALICE)), "fail"),
        (locks(None, user(ALICE)), "fail"),
        (locks(None, user(ALICE, policy=saver())), "pass"),
        (locks(3600, user(ALICE, policy=saver())), "pass"),
        (locks(None, user(ALICE, policy=saver(seconds="901"))), "fail"),
        (locks(None, user(ALICE, policy=saver(seconds="0"))), "fail"),
        (locks(None, user(ALICE, policy=saver(seconds="x"))), "fail"),
        (locks(None, user(ALICE, policy=saver(active="0"))), "fail"),
        (locks(None, user(ALICE, policy=saver(secure="0"))), "fail"),
        (locks(None, user(ALICE, policy=saver(name=""))), "fail"),
        (locks(None, user(ALICE, policy=saver(), found=False)), "fail"),
        (locks(None, user(ALICE, policy=saver(), found=None)), "fail"),
        (locks(None, user(ALICE, policy=saver(), found={"policy": False, "own": True})), "fail"),
        (locks(None, user(ALICE, policy=saver(), found={"policy": True, "own": False})), "pass"),
        # What is in force is right, and the user may change it at any time.
        (locks(None, user(ALICE, own=saver())), "fail"),
        (locks(None, user(ALICE, own=saver(), policy=saver(name=None))), "fail"),
        # Own settings that are looser than the policy's do nothing.
        (locks(None, user(ALICE, own=saver(active="0", secure="0", seconds="9999"), policy=saver())), "pass"),
        # The machine's limit locks by way of the screen saver.
        (locks(900, user(ALICE, own=saver(active="0"))), "fail"),
        (locks(900, user(ALICE, policy={**NOT_SET, "ScreenSaveActive": text("0")})), "fail"),
        (locks(900, user(ALICE, policy=saver(), own=saver(active="0"))), "pass"),
        (locks(900, user(ALICE, own=saver(seconds="9999"))), "pass"),
        (locks(900), "pass"),
        (locks(901), "fail"),
        # The password is asked for later than the screen saver comes; five seconds are Windows' own.
        (locks(900, user(ALICE), grace=number(5)), "pass"),
        (locks(900, user(ALICE), grace=text("0")), "pass"),
        (locks(900, user(ALICE), grace=text("x")), "pass"),
        (locks(900, user(ALICE), grace=number(3600)), "fail"),
        (locks(900, user(ALICE), grace=text("6")), "fail"),
        (locks(900, grace=text("6")), "fail"),
        (locks(890, grace=text("15")), "pass"),
        (locks(None, user(ALICE, policy=saver()), grace=text("3600")), "fail"),
        (locks(None), "not_applicable"),
        (locks(None, user(ALICE, policy={**saver(), "ScreenSaveTimeOut": number(600)})), "error"),
    ],
)
def test_the_session_of_a_user_locks_by_what_he_cannot_change(seen, expected):
    assert outcome(LOCK, seen) == expected


def test_a_user_whose_session_does_not_lock_is_named():
    told = judged(LOCK, locks(None, user(ALICE, policy=saver()), user(BOB, own=saver())))

    assert told.outcome == "fail"
    assert f"{BOB} in_force: 600" in told.checks[0].observed
    assert f"{BOB} configured: absent" in told.checks[0].observed


def test_a_shared_workstation_locks_sooner():
    seen = locks(300, user(ALICE))

    assert outcome(SHARED, seen, windows_shared_lock_seconds=300) == "pass"
    assert outcome(SHARED, seen, windows_shared_lock_seconds=120) == "fail"
    assert outcome(SHARED, locks(None, user(ALICE)), windows_shared_lock_seconds=120) == "fail"
    # What the user has chosen himself is in force, and not what keeps it so.
    own = locks(900, user(ALICE, own=saver(seconds="60")))
    assert outcome(SHARED, own, windows_shared_lock_seconds=120) == "fail"


@pytest.mark.parametrize(
    ("limit", "given", "expected"),
    [
        # Where the machine has a limit each screen saver that comes locks, whether it was told to or not.
        (900, saver(seconds="60", secure="0"), "pass"),
        (900, saver(seconds="60", secure=None), "pass"),
        (None, saver(seconds="60", secure="0"), "fail"),
        (0, saver(seconds="60", secure="0"), "fail"),
        (900, saver(seconds="60", secure="0", active="0"), "fail"),
        (900, saver(seconds="60", secure="0", name=None), "fail"),
    ],
)
def test_the_limit_of_the_machine_makes_any_screen_saver_lock(limit, given, expected):
    seen = locks(limit, user(ALICE, policy=given))

    assert outcome(SHARED, seen, windows_shared_lock_seconds=120) == expected


def test_a_host_that_nobody_shares_is_not_held_to_the_shorter_limit():
    told = judged(SHARED, locks(900, user(ALICE)))

    assert told.outcome == "not_applicable"
    assert "windows_shared_lock_seconds" in told.reason


# Smart cards

REMOVAL, DEMANDED = "windows_smart_card_removal_in_force", "windows_smart_card_demanded"


def cards(removal="1", demanded=None, service=(2, 2, 4)):
    told = {"removal": NONE if removal is None else text(removal), "demanded": NONE if demanded is None else demanded}
    start, start_now, status = service or (0, 0, 0)
    names: dict[str, Any] = {"type": 32, "delayed": None, "account": "LocalSystem", "triggers": []}
    running = {"start": start, "start_now": start_now, "status": status, **names}
    return {"smart_card": value({**told, "service": running if service else None})}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (cards("1"), "pass"),
        (cards("2"), "pass"),
        # It ends sessions of Remote Desktop alone, and locks others: to be on the safe side it is none.
        (cards("3"), "fail"),
        (cards("0"), "fail"),
        (cards(None), "fail"),
        (cards("4"), "error"),
        (cards("1", service=(2, 2, 1)), "fail"),
        (cards("1", service=(3, 3, 4)), "fail"),
        (cards("1", service=None), "fail"),
    ],
)
def test_a_session_locks_when_its_card_is_taken_out(seen, expected):
    assert outcome(REMOVAL, seen, windows_smart_cards="removal") == expected
    assert outcome(REMOVAL, seen, windows_smart_cards="logon") == expected
    if expected != "error":
        assert outcome(REMOVAL, seen) == "not_applicable"


@pytest.mark.parametrize(
    ("demanded", "expected"), [(number(1), "pass"), (number(0), "fail"), (None, "fail"), (text("1"), "error")]
)
def test_a_card_is_demanded_where_the_site_says_so(demanded, expected):
    assert outcome(DEMANDED, cards(demanded=demanded), windows_smart_cards="logon") == expected
    if expected != "error":
        assert outcome(DEMANDED, cards(demanded=demanded), windows_smart_cards="removal") == "not_applicable"


# Remote Desktop

IDLE, LOGON = "windows_rdp_idle_sessions_ended", "windows_rdp_logon_before_session"
KEYS = ("MaxIdleTime", "MaxDisconnectionTime", "UserAuthentication", "SecurityLayer", "MinEncryptionLevel", "fDenyTSConnections")  # fmt: skip
GOOD = {"MaxIdleTime": 900000, "MaxDisconnectionTime": 60000, "UserAuthentication": 1, "SecurityLayer": 2, "MinEncryptionLevel": 3}  # fmt: skip
LISTENER = {**GOOD, "fInheritMaxIdleTime": 0, "fInheritMaxDisconnectionTime": 0}


def rdp(policy=None, listener=None, denied=0, users=(), **others):
    def kept(names, given):
        values = dict.fromkeys(names, NONE)
        values.update({name: number(one) for name, one in (given or {}).items()})
        return values

    told = {
        "policy": kept(KEYS, policy),
        "listeners": {
            name: kept((*KEYS[:5], "fInheritMaxIdleTime", "fInheritMaxDisconnectionTime", "fEnableWinStation"), one)
            for name, one in {"RDP-Tcp": listener, **others}.items()
        },
        "server": {"fDenyTSConnections": NONE if denied is None else number(denied)},
        "users": [{"sid": ALICE, "values": kept(KEYS[:2], one)} for one in users],
    }
    return {"rdp_session": value(told)}


@pytest.mark.parametrize(
    ("seen", "idle", "logon"),
    [
        (rdp(GOOD), "pass", "pass"),
        (rdp(None, LISTENER), "pass", "pass"),
        (rdp(), "fail", "fail"),
        # The policy goes before the listener, in both directions.
        (rdp({**GOOD, "MaxIdleTime": 0, "UserAuthentication": 0}, LISTENER), "fail", "fail"),
        (rdp(GOOD, {**LISTENER, "MaxIdleTime": 0, "UserAuthentication": 0, "SecurityLayer": 0}), "pass", "pass"),
        (rdp({**GOOD, "MaxIdleTime": 900001}), "fail", "pass"),
        (rdp({**GOOD, "MaxDisconnectionTime": 0}), "fail", "pass"),
        # Another listener, which lets in without what the first asks for, and one that is switched off.
        (rdp(None, LISTENER, sxs=LISTENER), "pass", "pass"),
        (rdp(None, LISTENER, sxs={**LISTENER, "MaxIdleTime": 0, "UserAuthentication": 0}), "fail", "fail"),
        (rdp(None, LISTENER, sxs={**LISTENER, "SecurityLayer": 0}), "pass", "fail"),
        (rdp(None, LISTENER, sxs={}), "fail", "fail"),
        (rdp(None, LISTENER, sxs={"fEnableWinStation": 0}), "pass", "pass"),
        (rdp(GOOD, LISTENER, sxs={}), "pass", "pass"),
        # Without its flag the listener leaves times to the accounts.
        (rdp(None, GOOD), "fail", "pass"),
        (rdp(None, {**LISTENER, "fInheritMaxIdleTime": 1}), "fail", "pass"),
        # A user's own policy goes before the listener, and not before the machine's.
        (rdp(None, LISTENER, users=[{"MaxIdleTime": 0}]), "fail", "pass"),
        (rdp(None, LISTENER, users=[{"MaxIdleTime": 3600000}, {}]), "fail", "pass"),
        (rdp(None, LISTENER, users=[{"MaxIdleTime": 60000}]), "pass", "pass"),
        (rdp(None, {}, users=[{"MaxIdleTime": 60000, "MaxDisconnectionTime": 60000}]), "fail", "fail"),
        (rdp(GOOD, users=[{"MaxIdleTime": 0}]), "pass", "pass"),
        (rdp({**GOOD, "UserAuthentication": 0}), "pass", "fail"),
        (rdp({**GOOD, "SecurityLayer": 1}), "pass", "fail"),
        (rdp({**GOOD, "SecurityLayer": 0}), "pass", "fail"),
        (rdp({**GOOD, "MinEncryptionLevel": 2}), "pass", "fail"),
        (rdp({**GOOD, "MinEncryptionLevel": 4}), "pass", "pass"),
        (rdp({**GOOD, "SecurityLayer": 3}), "error", "error"),
        (rdp(denied=1), "not_applicable", "not_applicable"),
        (rdp({"fDenyTSConnections": 1}), "not_applicable", "not_applicable"),
        (rdp({"fDenyTSConnections": 0}, denied=1), "fail", "fail"),
        # Nobody says that it is off.
        (rdp(denied=None), "fail", "fail"),
    ],
)
def test_remote_desktop_is_judged_by_what_is_in_force(seen, idle, logon):
    assert (outcome(IDLE, seen), outcome(LOGON, seen)) == (idle, logon)


# Credential Guard

GUARD = "windows_credential_guard_running"


@pytest.mark.parametrize(
    ("configured", "running", "vbs", "expected"),
    [
        ([1, 2], [1, 2], 2, "pass"),
        ([1], [], 1, "fail"),
        ([2], [2], 2, "fail"),
        # It runs until the next boot, and nothing says that it will afterwards.
        ([0], [1], 2, "fail"),
        ([], [], 0, "fail"),
        ([1], [1], 3, "error"),
        ([1], [1], None, "error"),
    ],
)
def test_credential_guard_runs_and_is_configured(configured, running, vbs, expected):
    seen = {"credential_guard": value({"configured": configured, "running": running, "vbs": vbs})}

    assert outcome(GUARD, seen) == expected


def test_a_windows_without_the_class_has_no_credential_guard():
    assert outcome(GUARD, {"credential_guard": {"state": "absent", "source": "no such class"}}) == "fail"


def test_no_domain_controller_is_asked_for_credential_guard():
    assert GUARD not in rules("domain_controller")[1]


@pytest.mark.parametrize("rule", sorted(rules("member_server")[1]))
def test_what_was_not_read_is_an_error(rule):
    kinds = (
        "bitlocker",
        "efs",
        "service",
        "shadow_copy",
        "screen_lock",
        "rdp_session",
        "smart_card",
        "credential_guard",
    )
    closed = {kind: {"state": "error", "reason": "access is denied"} for kind in kinds}
    named = {"windows_shadow_copy_volumes": ["D:"], "windows_smart_cards": "logon", "windows_shared_lock_seconds": 60}

    assert outcome(rule, closed, **named) == "error"
