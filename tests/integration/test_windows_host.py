"""The audit of a Windows-like host over SSH: PowerShell's Windows build under Wine, with its registry, its services and its files.

secedit, auditpol and CIM are answered by a server of the tests (`tests.windows_host.replay`).
"""

from __future__ import annotations

import json
import sys

import pytest

from tests.integration.windows_on_host import asked, audited, catalog, comes_to, good_world, observe, outcomes, play
from tests.records import record_in
from tests.windows_host import planting, replay, worlds
from tests.windows_host.registry_file import MACHINE, Value

__all__ = ["audited", "catalog", "observe", "play"]

pytestmark = [pytest.mark.hosts, pytest.mark.windows]

ANSWERED = {"Get-CimInstance", "secedit", "auditpol"}
LINUX = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
DEAD = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_ssh_retries": 0}
BIG = 1 << 20


def test_audit_ends_with_a_record_and_leaves_the_host_as_it_was(windows_host, play, catalog):
    machine = windows_host("2022")
    play({"ward": machine.variables()})
    machine.replay.calls.clear()
    before, files = machine.exported(), machine.files()
    done, said, run = play({"ward": machine.variables()})

    assert done.returncode == 0, said
    assert "Traceback" not in said
    assert machine.files() == files
    after = machine.exported()
    changed = {key: (before.get(key), after.get(key)) for key in {*before, *after} if before.get(key) != after.get(key)}
    assert not changed, changed
    record = record_in(run, "ward")
    assert (record["status"], [one["id"] for one in record["benchmarks"]]) == ("audited", ["windows_server_2022"])
    assert record["selection"] == {**record["selection"], "level": 1, "profile": "member_server", "by_role": True}
    called = [call.name for call in machine.replay.calls]
    assert {*called} <= ANSWERED
    assert len(called) == len({*called}), called
    assert not [call for call in machine.replay.calls if call.writes]
    kinds = {leaf["kind"] for rule in outcomes(record) for leaf in planting.every_leaf(catalog.rules[rule].settings)}
    assert ("secedit" in called) == bool(kinds & {"security_policy", "user_right"})
    assert ("auditpol" in called) == ("audit_policy" in kinds)


def test_mixed_run_audits_this_machine_and_a_windows_host_and_misses_a_dead_one(windows_host, play):
    machine = windows_host("2022")
    done, said, run = play(
        {"linux": LINUX, "ward": machine.variables(), "dead": DEAD},
        hipaa_cis_scan_exclude=["/"],
        hipaa_cis_become=False,
    )

    assert done.returncode == 4, said
    ward = record_in(run, "ward")
    assert (ward["status"], {*ward["platforms"]}) == ("audited", {"windows"})
    assert record_in(run, "dead")["status"] == "unreachable"
    linux = record_in(run, "linux")
    assert linux["status"] in ("audited", "not_assessed")
    assert "windows" not in linux["platforms"]
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "de_DE.UTF-8", "GREETING": "Welcome to ward 4 {"}, {"LC_ALL": "tr_TR.UTF-8"}],
    ids=["german with a greeting", "turkish"],
)
def test_neither_a_language_nor_what_a_profile_says_changes_a_verdict(windows_host, audited, catalog, environment):
    wanted = asked(catalog, "windows_server_2022", "member_server")
    world = good_world(wanted)
    machine = windows_host("2022")
    worlds.put(machine, world)

    comes_to(wanted, world, audited(machine, wanted, **environment))


def odd(name, key=r"SOFTWARE\Odd"):
    return {"kind": "registry", "key": key, "name": name}


def test_odd_values_are_told_or_refused_each_by_itself(windows_host, observe):
    machine = windows_host("2022")
    machine.replay.answers["secedit"] = lambda _call: replay.program()
    users = [f"S-1-5-21-1004336348-1177238915-682003330-{number}" for number in range(2000, 2300)]
    values = {
        "big": Value("REG_BINARY", bytes(BIG)),
        "none": Value("REG_NONE", b"\1\0"),
        "nothing": Value("REG_NONE", b""),
    }
    machine.put({(rf"{MACHINE}\SOFTWARE\Odd", name): value for name, value in values.items()})
    lock = {("Control Panel\\Desktop", "ScreenSaveTimeOut"): Value("REG_SZ", "900")}
    machine.put_users(dict.fromkeys(users[:-1], lock) | {users[-1]: {}})
    settings = [
        *map(odd, values),
        {"kind": "user_registry", "key": "Control Panel\\Desktop", "name": "ScreenSaveTimeOut"},
    ]
    settings += [{"kind": "security_export"}, {"kind": "audit_backup"}, odd("gone")]
    told = observe(machine, settings=settings)

    big, none, nothing, of_users, security, audit, gone = told["observations"]
    assert (big["state"], "longer than" in big["reason"]) == ("error", True)
    assert none["value"] == {"view": 64, "type": 0, "data": "AQA="}
    assert nothing["value"] == {"view": 64, "type": 0, "data": ""}
    seen = {one["sid"]: one["value"] for one in of_users["value"]["users"]}
    assert {*seen} == {*users}
    assert seen[users[0]] == {"view": 64, "type": 1, "data": "900"}
    assert seen[users[-1]].keys() == {"view", "absent"}
    assert (security["state"], "wrote nothing" in security["reason"]) == ("error", True)
    assert audit["state"] == "value"
    assert gone["state"] == "absent"


def test_program_that_hangs_is_ended_and_an_error_of_its_own_setting(windows_host, observe):
    machine = windows_host("2022")
    observe(machine, settings=[odd("gone")])
    files = machine.files()
    machine.replay.answers["secedit"] = replay.after(60, replay.program())
    asked_for = [["security_export", {}], ["audit_backup", {}], ["service", {"name": "no such service"}]]
    request = {"version": 2, "benchmarks": {"x": {"detect": None, "settings": [[0, 3]]}}, "settings": asked_for}
    told = observe(machine, request=json.dumps({**request, "options": {"observe_max_seconds": 21}}))

    states = {number: seen["state"] for number, seen in told["observations"].items()}
    assert states == {"0": "error", "1": "value", "2": "absent"}
    assert "secedit did not end within 4 seconds" in told["observations"]["0"]["reason"]
    assert machine.files() == files


@pytest.mark.parametrize(
    "call", ["secedit /configure /db x.sdb", "auditpol /set /subcategory:Logon", "auditpol /restore /file:x"]
)
def test_stand_ins_refuse_what_would_change_the_machine(windows_machines, call):
    machine = windows_machines("2022")
    machine.replay.reset()
    said = machine.powershell(f"{call}; 'ended with ' + $LASTEXITCODE")

    assert said.split()[-1] == str(replay.REFUSED)
    assert [one.writes for one in machine.replay.calls] == [True]


ENVIRONMENT = rf"{MACHINE}\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"


def test_constrained_language_mode_is_a_failed_host_with_that_reason(windows_host, play):
    machine = windows_host("2022")
    # By this PowerShell itself takes the machine for one that AppLocker or WDAC has locked.
    machine.put({(ENVIRONMENT, "__PSLockdownPolicy"): Value("REG_SZ", "4")})
    assert machine.powershell("$ExecutionContext.SessionState.LanguageMode").strip() == "ConstrainedLanguage"
    done, said, _run = play({"ward": machine.variables()})

    assert done.returncode == 2, said
    assert "NOT AUDITED ward (failed)" in said
    assert "PowerShell runs in Constrained Language Mode there (AppLocker, WDAC)" in said
    assert "Traceback" not in said


VOLUMES = {f"\\\\?\\Volume{{{number}}}\\": number for number in range(3)}


def cim(call):
    """Answer for a machine of three volumes: Windows' own, one whose protection is suspended, and a locked one."""
    volumes = [
        {"DeviceID": one, "Name": f"{'CDE'[at]}:\\", "DriveType": 3, "BootVolume": not at, "SystemVolume": False}
        for one, at in VOLUMES.items()
    ]
    # As another PowerShell hands numbers on.
    encryptable = [{"DeviceID": one, "ConversionStatus": "1", "EncryptionMethod": 7} for one in VOLUMES]
    found = {"Win32_Volume": volumes, "MSFT_Partition": [], "Win32_EncryptableVolume": encryptable}
    return replay.objects(*next((found[name] for name in found if name in call.arguments), [{"DomainRole": 3}]))


def volume_method(call):
    """Answer what a volume is asked by a method; the stand-in is told the volume as JSON."""
    number = next(
        at for one, at in VOLUMES.items() if any(one in argument.replace("\\\\", "\\") for argument in call.arguments)
    )
    if "GetProtectionStatus" in call.arguments:
        return replay.objects({"ReturnValue": 0, "ProtectionStatus": (1, 0, 2)[number]})
    if "GetKeyProtectors" in call.arguments:
        return replay.objects(
            {"ReturnValue": 2150694912} if number == 2 else {"ReturnValue": 0, "VolumeKeyProtectorID": ["{a}", "{b}"]}
        )
    return replay.objects({"ReturnValue": 0, "KeyProtectorType": 3})


def test_the_protection_of_a_volume_is_asked_by_methods_that_only_read(windows_host, observe):
    machine = windows_host("2022")
    machine.replay.answers.update({"Get-CimInstance": cim, "Invoke-CimMethod": volume_method})
    (told,) = observe(machine, settings=[{"kind": "bitlocker"}])["observations"]

    seen = [(one["protection"], one["conversion"], one["protectors"]) for one in told["value"]["encryptable"]]
    assert seen == [(1, 1, [3, 3]), (0, 1, [3, 3]), (2, 1, None)]
    assert [volume["boot"] for volume in told["value"]["volumes"]] == [True, False, False]
    methods = {argument for call in machine.replay.calls for argument in call.arguments if argument in replay.READING_METHODS}  # fmt: skip
    assert methods == replay.READING_METHODS
    assert not [call for call in machine.replay.calls if call.writes]


FIREWALL = r"SOFTWARE\Policies\Microsoft\WindowsFirewall"
OWN_STORE = r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy"
IPSEC = "v2.33|Action=Secure|Active=TRUE|Name=Ward to archive|Crypto2Set={CD863A4F-CD94-4763-AD25-69A1378D51EB}|"
STRONG = {
    r"Phase1CryptoSet\{E5A5D32A-4BCE-4E4D-B07F-4AB1BA7E5FE1}": {"Version": "2.33"},
    r"Phase1CryptoSet\{E5A5D32A-4BCE-4E4D-B07F-4AB1BA7E5FE1}\0000": {
        "KeyExchange": "ECDH-384",
        "Encryption": "AES-256",
        "2_1Hash": "SHA384",
        "SkipVersion": "2.0",
    },
    r"Phase2CryptoSets\{CD863A4F-CD94-4763-AD25-69A1378D51EB}": {"Version": "2.33", "PFS": "Disable"},
    r"Phase2CryptoSets\{CD863A4F-CD94-4763-AD25-69A1378D51EB}\0000": {
        "Protocol": "ESP",
        "2_1Encryption": "AES-GCM256",
        "2_1EspHash": "AES-GCM256",
        "SkipVersion": "2.0",
    },
}
# What Windows offers where no set is configured.
WEAK_DEFAULT = IPSEC.replace("CD863A4F-CD94-4763-AD25-69A1378D51EB", "E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE2")


def test_rules_of_ipsec_are_judged_by_what_they_offer(windows_host, audited, catalog):
    wanted = asked(catalog, "windows_server_2022", "member_server")
    rule = {(rf"{MACHINE}\{FIREWALL}\ConSecRules", "{1}"): Value("REG_SZ", IPSEC)}
    own = {
        (rf"{MACHINE}\{OWN_STORE}\{key}", name): Value("REG_SZ", text)
        for key, values in STRONG.items()
        for name, text in values.items()
    }
    weak = {(rf"{MACHINE}\{OWN_STORE}\ConSecRules", "{2}"): Value("REG_SZ", WEAK_DEFAULT)}
    machine = windows_host("2022")
    seen = []
    # Each beside what was put there before.
    for values in ({}, rule, own, weak):
        machine.put(values)
        seen.append(outcomes(audited(machine, wanted))["windows_ipsec_strong"])

    # Without its set nobody knows what the rule offers.
    assert seen == ["not_applicable", "error", "pass", "fail"]
