"""Settings of Windows hosts are judged by what is read of the raw material that a host sends."""

from __future__ import annotations

import base64

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import asked, make_plan, setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.record import empty_record, fill_record
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import NoBenchmark
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.reader import (
    why_no_role,
    why_unsupported,
)

WINDOWS = load_catalog().platforms["windows"]
SERVER = {"build": "20348", "ubr": "1", "product_type": "ServerNT", "domain_role": "3", "edition": "ServerStandard", "installation_type": "Server"}  # fmt: skip
NEWER = {**SERVER, "build": "26100"}
CONTROLLER = {**SERVER, "product_type": "LanmanNT", "domain_role": "5"}
KEY = {"key": "SOFTWARE\\Site", "name": "Lock"}
ALICE, BOB = "S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-1002"


def check(setting, seen, facts=None):
    """Return how a setting (kind, address, expect) is judged by what a host answered to the question in its place."""
    facts = SERVER if facts is None else facts
    leaf = {key: one for key, one in setting.items() if key in ("kind", "expect")}
    leaf["address"] = {key: one for key, one in setting.items() if key not in leaf}
    judge = Judge(WINDOWS, {setting_key(asked(WINDOWS, leaf)): seen}, {"windows": facts})
    return judge.check(leaf)


def value(given):
    return {"state": "value", "value": given, "source": "there"}


def number(data, **more):
    return value({"view": 64, "type": 4, "data": data, **more})


def text(data, kind=1):
    return value({"view": 64, "type": kind, "data": data})


GONE = {"state": "absent", "source": "there"}


def registry(expect, **more):
    return {"kind": "registry", **KEY, "expect": expect, **more}


ONE = registry({"equals": 1})
BY_RELEASE = registry({"equals": 1}, default={"windows_server_2022": 0, "windows_server_2025": 1})


@pytest.mark.parametrize(
    ("setting", "seen", "facts", "outcome", "observed"),
    [
        (ONE, number(1), SERVER, "pass", "in_force: 1, configured: 1"),
        (ONE, number(0), SERVER, "fail", "in_force: 0, configured: 0"),
        (ONE, GONE, SERVER, "fail", "absent"),
        # What is in force is right, and no policy says so.
        (registry({"equals": 1}, default=1), GONE, SERVER, "fail", "in_force: 1, configured: absent"),
        (registry({"equals": 1}, default=1, absence="delivered"), GONE, SERVER, "pass", "in_force: 1, configured: 1"),
        (registry({"equals": 1}, default=0, absence="delivered"), GONE, SERVER, "fail", "in_force: 0, configured: 0"),
        (BY_RELEASE, GONE, SERVER, "fail", "in_force: 0, configured: absent"),
        (BY_RELEASE, GONE, NEWER, "fail", "in_force: 1, configured: absent"),
        (BY_RELEASE, GONE, {**SERVER, "build": "17763"}, "fail", "absent"),
        (BY_RELEASE, GONE, {}, "fail", "absent"),
        ({**BY_RELEASE, "absence": "delivered"}, GONE, NEWER, "pass", "in_force: 1, configured: 1"),
        # Of a release of which nobody has said what it does without a value, absence is no pass.
        ({**BY_RELEASE, "absence": "delivered"}, GONE, {**SERVER, "build": "17763"}, "fail", "absent"),
        (registry({"none_of": [0]}, absence="delivered"), GONE, SERVER, "fail", "absent"),
        (registry({"absent": True}), GONE, SERVER, "pass", "absent"),
        (registry({"absent": True}), number(1), SERVER, "fail", "in_force: 1, configured: 1"),
        (registry({"equals": "1"}, type="REG_SZ"), text("1"), SERVER, "pass", "in_force: 1, configured: 1"),
        (registry({"equals": "%x%"}, type="text"), text("%x%", 2), SERVER, "pass", "in_force: %x%, configured: %x%"),
        (registry({"contains": "b"}, type="REG_MULTI_SZ"), text(["a", "b"], 7), SERVER, "pass", "in_force: a, b, configured: a, b"),
        (registry({"equals": "00ff"}, type="REG_BINARY"), text("AP8=", 3), SERVER, "pass", "in_force: 00ff, configured: 00ff"),
        (registry({"empty": True}, type="REG_MULTI_SZ", blanks=True), text(["", "a"], 7), SERVER, "fail", "in_force: a, configured: a"),
        (registry({"empty": True}, type="REG_MULTI_SZ", blanks=True), text(["", ""], 7), SERVER, "pass", "in_force: none, configured: none"),
    ],
)  # fmt: skip
def test_a_value_of_the_registry_is_in_force_and_configured(setting, seen, facts, outcome, observed):
    told = check(setting, seen, facts)

    assert (told.outcome, told.observed) == (outcome, observed)


@pytest.mark.parametrize(
    ("setting", "seen", "why"),
    [
        (ONE, text("1"), "it is REG_SZ, and Windows reads REG_DWORD there"),
        (registry({"contains": "a"}, type="REG_MULTI_SZ"), text(["", "a"], 7), "empty text before its last one"),
        (
            registry({"contains": "a"}, type="REG_MULTI_SZ", blanks=False),
            text(["", "a"], 7),
            "empty text before its last one",
        ),
        (registry({"equals": "1"}, type="REG_SZ"), number(1), "it is REG_DWORD"),
        (registry({"equals": "1"}, type="REG_SZ"), text("1", 2), "it is REG_EXPAND_SZ"),
        (ONE, number(1, view=32), "was to be read in the 64-bit view"),
        (
            registry({"none_of": ["x"]}, type="REG_SZ"),
            value({"view": 64, "type": 1, "hidden": True}),
            "may be a secret",
        ),
        (ONE, value({"view": 64, "absent": "key"}), "is said to be there and not to be there"),
        (ONE, value([]), "the host sent no mapping"),
        (ONE, {"state": "error", "reason": "access is denied"}, "access is denied"),
    ],
)
def test_a_value_that_windows_would_not_read_so_is_an_error(setting, seen, why):
    told = check(setting, seen)

    assert told.outcome == "error"
    assert why in told.reason


def test_a_secret_that_must_not_be_there_is_told_and_not_shown():
    told = check(registry({"absent": True}, type="REG_SZ", secret=True), value({"view": 64, "type": 1, "hidden": True}))

    assert told.outcome == "fail"
    assert "is not shown" in told.observed


def of_user(sid, **one):
    return {"sid": sid, "value": {"view": 64, **one}}


USERS = {"kind": "user_registry", **KEY, "expect": {"equals": 1}}
RIGHT = of_user(ALICE, type=4, data=1)


@pytest.mark.parametrize(
    ("users", "more", "outcome"),
    [
        ([RIGHT], {}, "pass"),
        ([RIGHT, of_user(BOB, type=4, data=0)], {}, "fail"),
        # One user without the value is none who may be forgotten.
        ([RIGHT, of_user(BOB, absent="value")], {}, "fail"),
        ([RIGHT, of_user(BOB, absent="key")], {"default": 1}, "fail"),
        ([RIGHT, of_user(BOB, absent="key")], {"default": 1, "absence": "delivered"}, "pass"),
        ([RIGHT, of_user(BOB, absent="key")], {"default": {"windows_11": 1}, "absence": "delivered"}, "fail"),
        ([RIGHT, of_user(BOB, type=1, data="1")], {}, "error"),
        ([], {}, "error"),
    ],
)
def test_a_setting_of_users_holds_for_each_of_them(users, more, outcome):
    told = check({**USERS, **more}, value({"users": users}))

    assert told.outcome == outcome, told
    assert outcome != "fail" or BOB in told.observed


def test_nobody_logged_on_is_no_pass():
    told = check(USERS, {"state": "unseen", "reason": "nobody is logged on"})

    assert (told.outcome, told.reason) == ("not_applicable", "nobody is logged on")


EXPORT = """[Unicode]
Unicode=yes
[System Access]
MinimumPasswordAge = 1
MaximumPasswordAge = -1
MinimumPasswordLength = 14
PasswordHistorySize = 24
LockoutBadCount = 0
[Privilege Rights]
SeNetworkLogonRight = *S-1-5-32-544,*S-1-5-11,Gast,*S-1-5-21-1-2-3-1105
[Version]
signature="$CHICAGO$"
Revision=1
"""


def exported(given=EXPORT, **more):
    data = given.replace("\n", "\r\n").encode("utf-16")
    return value({"inf": base64.b64encode(data).decode(), "code_page": 1252, "accounts": {"Gast": "S-1-5-21-1-2-3-501"}, **more})  # fmt: skip


def policy(name, **expect):
    return {"kind": "security_policy", "name": name, "expect": expect}


@pytest.mark.parametrize(
    ("setting", "outcome", "observed"),
    [
        (policy("MinimumPasswordLength", at_least=14), "pass", "14"),
        (policy("PasswordHistorySize", at_least=25), "fail", "24"),
        (policy("MaximumPasswordAge", between=[1, 365]), "fail", "never"),
        # Without a limit of bad attempts there is no lock that could last.
        (policy("LockoutDuration", at_least=15), "fail", "absent"),
        (policy("PasswordComplexity", equals=1), "error", ""),
        (policy("Nonsense", equals=1), "error", ""),
    ],
)
def test_the_account_policy_is_read_of_the_export(setting, outcome, observed):
    told = check(setting, exported())

    assert (told.outcome, told.observed) == (outcome, observed)


def right(name, **expect):
    return {"kind": "user_right", "right": name, "expect": expect}


HOLDERS = ["Builtin\\Administrators", "Guest (S-1-5-21-1-2-3-501)", "NT Authority\\Authenticated Users", "S-1-5-21-1-2-3-1105"]  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "outcome"),
    [
        (right("SeNetworkLogonRight", equals=HOLDERS), "pass"),
        (right("SeNetworkLogonRight", subset_of=HOLDERS[:3]), "fail"),
        (right("SeNetworkLogonRight", contains_all=HOLDERS[:1]), "pass"),
        # A right that nobody holds is not in an export.
        (right("SeTcbPrivilege", empty=True), "pass"),
        (right("SeDenyNetworkLogonRight", contains_all=["Builtin\\Guests"]), "fail"),
        (right("SeNetworkLogin", empty=True), "error"),
    ],
)
def test_the_holders_of_a_right_have_the_names_that_they_have_everywhere(setting, outcome):
    assert check(setting, exported()).outcome == outcome


@pytest.mark.parametrize(("given", "outcome"), [("*S-1-0-0", "pass"), ("*S-1-0-0,*S-1-5-11", "fail")])
def test_a_right_that_is_given_to_the_group_without_members_is_held_by_nobody(given, outcome):
    seen = exported(EXPORT.replace("[Version]", f"SeTcbPrivilege = {given}\n[Version]"))

    assert check(right("SeTcbPrivilege", empty=True), seen).outcome == outcome


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (exported(""), "secedit's export"),
        (exported(EXPORT[:200]), "is not whole"),
        (exported(accounts={}), "the host knows no SID of that name"),
        (value({"inf": "?", "code_page": 1252, "accounts": {}}), "has no file in 'inf'"),
        (value({"code_page": 1252, "accounts": {}}), "has no 'inf'"),
        (value({"inf": "", "code_page": {}}), "secedit's export"),
    ],
)
def test_an_export_that_cannot_be_trusted_is_an_error(seen, why):
    told = check(right("SeNetworkLogonRight", contains_all=["Builtin\\Administrators"]), seen)

    assert told.outcome == "error"
    assert why in told.reason


OF_DOMAIN = {
    "minPwdLength": "8",
    "pwdHistoryLength": "24",
    "lockoutThreshold": "5",
    "pwdProperties": "1",
    "maxPwdAge": str(-90 * 864000000000),
    "minPwdAge": str(-864000000000),
    "lockoutDuration": "-9223372036854775808",
    "lockOutObservationWindow": str(-15 * 600000000),
}


@pytest.mark.parametrize(
    ("name", "observed"),
    [
        ("MinimumPasswordLength", "8"),
        ("PasswordHistorySize", "24"),
        ("LockoutBadCount", "5"),
        ("PasswordComplexity", "1"),
        ("ClearTextPassword", "0"),
        ("MaximumPasswordAge", "90"),
        ("MinimumPasswordAge", "1"),
        ("LockoutDuration", "never"),
        ("ResetLockoutCount", "15"),
    ],
)
def test_on_a_domain_controller_the_policy_of_the_domain_is_judged(name, observed):
    # The export of a domain controller would say 14 and no complexity.
    told = check(policy(name, equals="x"), exported(domain=OF_DOMAIN), CONTROLLER)

    assert (told.observed, told.source) == (observed, "the domain object")


@pytest.mark.parametrize(
    ("domain", "why"),
    [
        ({"error": "no such server"}, "no such server"),
        ({}, "did not say the attribute minPwdLength"),
        ({"minPwdLength": "x"}, "did not say the attribute minPwdLength"),
        ([], "did not say what the policy of its domain is"),
    ],
)
def test_a_domain_that_is_not_told_is_an_error(domain, why):
    told = check(policy("MinimumPasswordLength", at_least=14), exported(domain=domain), CONTROLLER)

    assert told.outcome == "error"
    assert why in told.reason


def test_an_age_that_is_no_whole_day_is_taken_for_the_looser_one():
    half = {**OF_DOMAIN, "maxPwdAge": str(-365 * 864000000000 - 1), "minPwdAge": str(-864000000000 + 1)}

    assert check(policy("MaximumPasswordAge", at_most=365), exported(domain=half), CONTROLLER).outcome == "fail"
    assert check(policy("MinimumPasswordAge", at_least=1), exported(domain=half), CONTROLLER).outcome == "fail"


def backup(*rows):
    heading = "Rechner,Ziel,Unterkategorie,GUID,Einbeziehung,Ausschluss,Wert"
    data = "\r\n".join([heading, *rows, ""]).encode("cp1252")
    return value({"backup": base64.b64encode(data).decode()})


def row(name, setting):
    return f"HOST,System,Überwachung,{{0CCE{name}-69AE-11D9-BED3-505054503030}},Erfolg,,{setting}"


@pytest.mark.parametrize(
    ("setting", "both", "failure"),
    [(0, "fail", "fail"), (1, "fail", "fail"), (2, "fail", "pass"), (3, "pass", "pass")],
)
def test_what_is_audited_is_told_by_numbers(setting, both, failure):
    wanted = {"kind": "audit_policy", "subcategory": "Logon"}
    seen = backup(row("9215", setting))

    told = {"success": {"equals": True}, "failure": {"equals": True}}
    assert check({**wanted, "expect": {"fields": told}}, seen).outcome == both
    assert check({**wanted, "expect": {"fields": {"failure": {"equals": True}}}}, seen).outcome == failure


def of_one_user(setting, sid="S-1-5-21-1-2-3-1105"):
    return row("9215", setting).replace(",System,", f",{sid},")


@pytest.mark.parametrize(
    ("setting", "success", "failure"),
    [(2, False, True), (8, True, False), (10, False, False), (3, True, True), (5, True, True), (16, True, True)],
)
def test_what_is_left_out_of_one_user_is_not_audited(setting, success, failure):
    wanted = {"kind": "audit_policy", "subcategory": "Logon"}
    told = {"success": {"equals": success}, "failure": {"equals": failure}}

    found = check({**wanted, "expect": {"fields": told}}, backup(row("9215", 3), of_one_user(setting)))

    assert (found.outcome, "S-1-5-21-1-2-3-1105" in found.source) == ("pass", not (success and failure))


def test_a_user_who_is_told_by_a_name_spoils_his_own_subcategory_alone():
    logoff = {"kind": "audit_policy", "subcategory": "Logoff", "expect": {"fields": {"success": {"equals": True}}}}
    seen = backup(row("9215", 3), row("9216", 3), of_one_user(2, "HOST\\nurse"))

    assert check(logoff, seen).outcome == "pass"
    assert check({**logoff, "subcategory": "Logon"}, seen).outcome == "error"


@pytest.mark.parametrize(
    ("subcategory", "seen", "why"),
    [
        ("Logon", backup(row("9216", 3)), "does not name"),
        ("Logon", backup(row("9215", 7)), "none of 0 to 4"),
        ("Anmelden", backup(row("9215", 3)), "unknown subcategory"),
        ("Logon", value({"backup": ""}), "auditpol's backup"),
    ],
)
def test_an_audit_policy_that_does_not_say_it_is_an_error(subcategory, seen, why):
    told = check({"kind": "audit_policy", "subcategory": subcategory, "expect": {"present": True}}, seen)

    assert told.outcome == "error"
    assert why in told.reason


SPOOLER: dict[str, object] = {"start": 4, "start_now": 4, "status": 1, "type": 16, "delayed": None, "account": "LocalSystem", "triggers": []}  # fmt: skip
OFF = {
    "fields": {"start": {"equals": "disabled"}, "start_now": {"equals": "disabled"}, "status": {"equals": "stopped"}}
}


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({}, "pass"),
        # Disabled, and running until the next boot.
        ({"status": 4}, "fail"),
        ({"start": 3}, "fail"),
        # Changed in the registry, where the service manager does not look before the next boot.
        ({"start_now": 2}, "fail"),
        ({"start": 9}, "error"),
        ({"status": "Stopped"}, "error"),
        ({"start": True}, "error"),
    ],
)
def test_a_service_is_off_by_all_that_start_it(more, outcome):
    told = check({"kind": "service", "name": "Spooler", "expect": OFF}, value({**SPOOLER, **more}))

    assert told.outcome == outcome, told


def test_a_service_that_a_trigger_starts_says_so():
    seen = value({**SPOOLER, "triggers": [{"action": 2, "type": 1}, {"action": 1, "type": 3}]})

    wanted = {"kind": "service", "name": "Spooler", "expect": {"fields": {"trigger_started": {"equals": True}}}}
    assert check(wanted, seen).outcome == "pass"


def test_a_windows_that_is_not_audited_says_what_it_is():
    assert "Windows Server 2016" in why_unsupported({"windows": {**SERVER, "build": "14393"}})
    assert why_unsupported({"windows": SERVER}) == ""
    assert why_unsupported({"windows": SERVER, "domain_role_unknown": "no CIM"}) == ""
    assert why_no_role({"windows": SERVER, "domain_role_unknown": "no CIM"}) == "no CIM"
    assert "sent no facts" in why_unsupported({})


def record_of(facts, *named):
    """Return the record of a host that carries what its build and product type say."""
    known = load_catalog()
    selection = Selection(named or ("auto",), platforms=("windows",))
    (plan,) = make_plan(known, selection, {}, {})
    own = ("windows_server_2019", "supplement_windows")
    carried = [one.head.key for one in plan.benchmarks if one.role == "member_server" and one.benchmark.id in own]
    answer = {"benchmarks": carried, "facts": {"windows": facts}, "observations": {}}
    record = empty_record("h", "r", "2026-01-01T00:00:00Z", "", selection)
    fill_record(record, known, [(plan, answer)])
    return record


def test_an_edition_of_its_own_kind_is_not_held_against_the_release_that_has_its_build():
    """Server 1809 of the semi-annual channel has the build of Server 2019, and other settings."""
    ltsc = {**SERVER, "build": "17763"}
    other = {**ltsc, "edition": "ServerStandardACor", "installation_type": "Server Core"}

    assert record_of(ltsc)["benchmarks"][0]["id"] == "windows_server_2019"
    with pytest.raises(NoBenchmark, match=r"ServerStandardACor .* is not audited"):
        record_of(other)
    assert record_of(other, "windows_server_2019")["benchmarks"][0]["chosen"] == "named"
    # The supplement alone would look like an audit of the host.
    with pytest.raises(NoBenchmark, match="is not audited"):
        record_of(other, "auto", "supplement_windows")
    assert [one["id"] for one in record_of(ltsc, "auto", "supplement_windows")["benchmarks"]] == ["windows_server_2019", "supplement_windows"]  # fmt: skip
