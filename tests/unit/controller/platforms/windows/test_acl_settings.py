"""Who may write keys and folders, by their security descriptors, and the supplement's rules on it."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.acl_settings import service_sid
from tests.unit.controller.platforms.windows.judged import GONE, check, read, rule

INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
STOCK = f"O:{INSTALLER}D:PAI(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KR;;;BU)(A;CIIO;KA;;;CO)(A;CI;KR;;;AC)"
FOLDER = f"O:SYD:PAI(A;;FA;;;{INSTALLER})(A;;0x1301bf;;;SY)(A;;0x1301bf;;;BA)(A;OICI;0x1200a9;;;BU)(A;OICIIO;GA;;;CO)"
ALICE = "S-1-5-21-1-2-3-1001"


def acl(*descriptors, unread=()):
    return {"descriptors": [{"sddl": sddl, "at": at} for sddl, at in descriptors], "unread": [*unread]}


KEY = {"kind": "registry_acl", "key": "SOFTWARE\\Site"}


@pytest.mark.parametrize(
    ("sddl", "writers"),
    [
        (STOCK, ["Builtin\\Administrators", "NT Authority\\System", "NT Service\\TrustedInstaller"]),
        # The owner, though no entry names him.
        ("O:BUD:(A;;KA;;;BA)", ["Builtin\\Administrators", "Builtin\\Users"]),
        # A right to set a value, to make a key, and to change the permissions: each is enough.
        ("O:BAD:(A;;0x2;;;BU)", ["Builtin\\Administrators", "Builtin\\Users"]),
        ("O:BAD:(A;;0x4;;;AU)", ["Builtin\\Administrators", "NT Authority\\Authenticated Users"]),
        ("O:BAD:(A;;WD;;;IU)", ["Builtin\\Administrators", "NT Authority\\Interactive"]),
        ("O:BAD:(A;;GW;;;BU)", ["Builtin\\Administrators", "Builtin\\Users"]),
        ("O:BAD:(A;ID;KA;;;WD)", ["Builtin\\Administrators", "Everyone"]),
        # Refused before it is granted.
        ("O:BAD:(D;;KA;;;BU)(A;;KA;;;BU)", ["Builtin\\Administrators"]),
        # For what is below alone.
        ("O:BAD:(A;CIIO;KA;;;BU)", ["Builtin\\Administrators"]),
        ("O:BAD:NO_ACCESS_CONTROL", ["Everyone", "NT Authority\\Anonymous Logon"]),
        (f"O:BAD:(A;;KA;;;{ALICE})(A;;KA;;;DA)", ["Builtin\\Administrators", "Domain Admins", ALICE]),
        ("O:LAD:(A;;KA;;;S-1-5-21-1-2-3-512)", ["Administrator", "Domain Admins (S-1-5-21-1-2-3-512)"]),
    ],
)
def test_who_may_write_has_the_names_that_he_has_everywhere(sddl, writers):
    assert read(KEY, acl((sddl, [""]))) == [{"writers": writers, "at": ["itself"], "count": 1}]


def test_a_service_is_named_by_the_key_of_its_own():
    sid = service_sid("MedServ")
    given = acl((f"O:BAD:(A;;KA;;;{sid})", ["medserv"]))

    assert read(KEY, given)[0]["writers"] == ["Builtin\\Administrators", "NT Service\\medserv"]
    assert service_sid("trustedinstaller").startswith("S-1-5-80-956008885-3418522649-")


def test_places_that_others_write_are_told_the_rarest_first():
    many = [f"S{number}" for number in range(300)]
    given = acl((STOCK, ["", "Fine"]), ("O:BAD:(A;;KA;;;BU)", many), ("O:BAD:(A;;KA;;;AU)", ["Odd"]))
    trusted = ["Builtin\\Administrators", "NT Authority\\System", "NT Service\\TrustedInstaller"]

    told = read({**KEY, "each": True, "besides": trusted, "others": []}, given)

    assert [(one["writers"], one["count"]) for one in told] == [
        (["NT Authority\\Authenticated Users"], 1),
        (["Builtin\\Users"], 300),
    ]
    assert len(told[1]["at"]) == 10
    assert read({**KEY, "each": True, "besides": trusted, "others": ["Builtin\\Users"]}, given) == told[:1]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (acl((STOCK, [""]), unread=[{"at": "Spooler", "reason": "access is denied"}]), "Site\\Spooler cannot be read: access is denied"),
        (acl((STOCK, [""]), unread=[{"at": "", "reason": "x"}, {"at": "b", "reason": "y"}]), "Site cannot be read, nor that of 1 others: x"),
        (acl(), "told of nobody"),
        # Without the owner, or without the list, nobody knows.
        (acl(("D:(A;;KA;;;BA)", [""])), "its owner was not collected"),
        (acl(("O:BA", [""])), "came without the part D:"),
        (acl(("O:BAD:(A;;KA;;;QQ)", [""])), "no letters of a trustee"),
        ([], "has no 'unread'"),
    ],
)  # fmt: skip
def test_permissions_that_are_not_known_are_an_error(given, why):
    told = check({**KEY, "expect": {"empty": True}}, given)

    assert told.outcome == "error"
    assert why in told.reason


def test_a_key_that_is_not_there_is_absent():
    assert check({**KEY, "expect": {"absent": True}}, GONE).outcome == "pass"


KEYS = ("windows_service_keys_writers", "windows_logon_keys_writers", "windows_run_keys_writers", "windows_policy_keys_writers")  # fmt: skip
FOLDERS = ("windows_system_folders_writers", "windows_program_folders_writers")


@pytest.mark.parametrize("name", [*KEYS, *FOLDERS])
def test_system_keys_and_folders_are_written_by_administrators_and_windows_alone(name):
    stock = FOLDER if name in FOLDERS else STOCK
    good, below = acl((stock, ["", "Other"])), acl((stock, [""]), (f"{stock}(A;;WD;;;{ALICE})", ["Other"]))

    assert rule(name, good).outcome == "pass"
    assert rule(name, below).outcome == "fail"
    assert rule(name, acl((stock.replace(";BU)", ";BU)(A;;GA;;;BU)"), [""]))).outcome == "fail"
    assert rule(name, below, values={"windows_other_writers": [ALICE]}).outcome == "pass"
    assert rule(name, acl((stock, [""]), unread=[{"at": "x", "reason": "closed"}])).outcome == "error"


PLACES = {
    KEYS[0]: ["SYSTEM\\CurrentControlSet\\Services"],
    KEYS[1]: [
        "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon",
        "SYSTEM\\CurrentControlSet\\Control\\Lsa",
        "SYSTEM\\CurrentControlSet\\Control\\SecurityProviders",
    ],
    KEYS[2]: [
        f"SOFTWARE\\{view}Microsoft\\Windows\\CurrentVersion{name}"
        for view in ("", "WOW6432Node\\")
        for name in ("", "\\Run", "\\RunOnce")
    ],
    KEYS[3]: [
        "SOFTWARE\\Policies",
        "SOFTWARE\\Policies\\Microsoft",
        "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies",
    ],
    FOLDERS[0]: [
        "%SystemRoot%",
        "%SystemRoot%\\System32",
        "%SystemRoot%\\SysWOW64",
        "%SystemRoot%\\System32\\drivers",
        "%SystemRoot%\\System32\\drivers\\etc",
        "%SystemRoot%\\System32\\config",
        "%ProgramFiles%",
        "%ProgramFiles(x86)%",
    ],
    FOLDERS[1]: ["%ProgramFiles%", "%ProgramFiles(x86)%"],
}


@pytest.mark.parametrize(("name", "place"), [(name, place) for name, places in PLACES.items() for place in places])
def test_each_place_counts(name, place):
    def answer(address):
        fine = address.get("key", address.get("path")) != place
        return acl((STOCK if fine else "O:BAD:(A;;KA;;;BU)", [""]))

    assert rule(name, answer).outcome == "fail"


@pytest.mark.parametrize("group", ["Builtin\\Users", "Everyone", "NT Authority\\Authenticated Users"])
def test_everybody_cannot_be_let_in(group):
    found = rule("windows_service_keys_writers", acl((STOCK, [""])), values={"windows_other_writers": [group]})

    assert found.outcome == "fail"


def test_the_services_themselves_have_to_be_there():
    assert rule("windows_service_keys_writers", GONE).outcome == "fail"
    assert rule("windows_system_folders_writers", GONE).outcome == "fail"


@pytest.mark.parametrize(("above", "outcome"), [(STOCK, "pass"), ("O:BUD:(A;;KA;;;BA)", "fail")])
def test_a_host_without_one_run_key_is_judged_by_who_may_make_it(above, outcome):
    def answer(address):
        if address["key"].endswith("RunOnce"):
            return GONE
        return acl((STOCK if "Run" in address["key"] else above, [""]))

    assert rule("windows_run_keys_writers", answer).outcome == outcome


# As Windows 10 and 11 come with it, with an entry under a condition.
WINDOWS_APPS = (
    f"O:{INSTALLER}D:PAI(A;;FA;;;{INSTALLER})(A;OICIIO;GA;;;{INSTALLER})"
    "(A;;0x1200a9;;;S-1-15-3-1024-3635283841-2530182609-996808640-1887759898-3848208603-3313616867-983405619-2501854204)"
    "(A;;FA;;;SY)(A;OICIIO;GA;;;SY)(A;CI;0x1200a9;;;BA)(A;OICI;0x1200a9;;;LS)(A;OICI;0x1200a9;;;NS)(A;OICI;0x1200a9;;;RC)"
    "(XA;;0x1200a9;;;BU;(Exists WIN://SYSAPPID))"
)


def test_a_grant_under_a_condition_counts_as_one():
    name = "windows_program_folders_writers"

    assert rule(name, acl((FOLDER, [""]), (WINDOWS_APPS, ["WindowsApps"]))).outcome == "pass"
    loose = WINDOWS_APPS.replace("(XA;;0x1200a9;", "(XA;;0x1301bf;")
    assert rule(name, acl((FOLDER, [""]), (loose, ["WindowsApps"]))).outcome == "fail"
