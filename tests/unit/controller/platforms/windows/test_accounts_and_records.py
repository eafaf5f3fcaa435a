"""Accounts, LAPS and records of Windows hosts are judged by what a host sends of them."""

from __future__ import annotations

import base64

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import asked, make_plan, setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog

CATALOG = load_catalog()
WINDOWS = CATALOG.platforms["windows"]
SERVER = {"build": "20348", "ubr": "2000", "product_type": "ServerNT", "domain_role": "3"}
ALONE = {**SERVER, "domain_role": "2"}
CONTROLLER = {**SERVER, "product_type": "LanmanNT", "domain_role": "5"}
OWN, DOMAIN = "S-1-5-21-10-20-30", "S-1-5-21-1-2-3"
# As the host says what rules ask of it besides these kinds.
PRODUCT = {"state": "value", "value": {"view": 64, "type": 1, "data": "ServerNT"}}


def value(given):
    return {"state": "value", "value": given, "source": "there"}


def check(setting, seen, facts=None):
    facts = SERVER if facts is None else facts
    leaf = {key: one for key, one in setting.items() if key in ("kind", "expect")}
    leaf["address"] = {key: one for key, one in setting.items() if key not in leaf}
    return Judge(WINDOWS, {setting_key(asked(WINDOWS, leaf)): seen}, {"windows": facts}).check(leaf)


class _Told(dict):
    """What a host answers to a kind, whatever the address is."""

    def get(self, key, default=None):
        return super().get(key.split(" ")[0], default)


def judged(rule, told, site=None, facts=None):
    """Return how a rule of the supplement is judged by answers by kind, with a site's parameters."""
    facts = SERVER if facts is None else facts
    (plan,) = make_plan(CATALOG, Selection(("supplement_windows",), level=2), site or {}, {})
    planned = next(one for plan in plan.benchmarks for one in plan.rules if one.rule.id == rule)
    return Judge(WINDOWS, _Told({"registry": PRODUCT, **told}), {"windows": facts}).judge(planned)


def user(name, number, **more):
    flags = {"disabled": False, "locked": False, "password_required": True, "password_expires": False}
    return {"name": name, "sid": f"{OWN}-{number}", **flags, **more}


def member(sid, name="", kind="User"):
    return {"sid": sid, "class": kind, "path": f"WinNT://{name or sid}"}


BUILT_IN = user("Chef", 500)
ADMINISTRATORS = [member(f"{OWN}-500", "EHR1/Chef"), member(f"{DOMAIN}-512", "CONTOSO/Domain Admins", "Group")]


def accounts(*users, present=(), **more):
    everybody = {"members": [*ADMINISTRATORS, *present]}
    whole = {"controller": False, "users": [BUILT_IN, *users], "joined": True, "domain": DOMAIN, "administrators": everybody, "named": {}}  # fmt: skip
    return value({**whole, **more})


BREAK_GLASS = user("Breakglass", 1005)
IN = member(f"{OWN}-1005", "EHR1/Breakglass")
SITE = {"windows_emergency_accounts": ["breakglass"]}


@pytest.mark.parametrize(
    ("more", "site", "outcome"),
    [
        ({}, SITE, "pass"),
        ({}, {"windows_emergency_accounts": [f"{OWN}-1005"]}, "pass"),
        ({}, {"windows_emergency_accounts": ["machine-500"]}, "pass"),
        # While nobody has named one, there is none.
        ({}, {}, "fail"),
        ({}, {"windows_emergency_accounts": ["breakglass", "gone"]}, "fail"),
        ({"disabled": True}, SITE, "fail"),
        ({"disabled": True}, {**SITE, "windows_emergency_accounts_enabled": False}, "pass"),
        ({}, {**SITE, "windows_emergency_accounts_enabled": False}, "fail"),
        ({"locked": True}, SITE, "fail"),
        ({"password_required": False}, SITE, "fail"),
        ({"locked": None}, SITE, "error"),
    ],
)
def test_an_account_for_emergencies_is_as_it_is_meant(more, site, outcome):
    told = accounts({**BREAK_GLASS, **more}, present=[IN])

    assert judged("windows_emergency_accounts_usable", {"account": told}, site).outcome == outcome


def test_an_account_for_emergencies_without_rights_is_none():
    assert judged("windows_emergency_accounts_usable", {"account": accounts(BREAK_GLASS)}, SITE).outcome == "fail"


DECLARED = {"windows_administrators": ["machine-500", "domain-512"]}


@pytest.mark.parametrize(
    ("told", "site", "outcome"),
    [
        (accounts(), DECLARED, "pass"),
        (accounts(), {}, "fail"),
        (accounts(present=[member(f"{DOMAIN}-1200", "CONTOSO/vendor")]), DECLARED, "fail"),
        (accounts(present=[member("S-1-5-21-9-9-9-1200", kind="")]), DECLARED, "fail"),
        (accounts(BREAK_GLASS, present=[IN]), {**DECLARED, **SITE}, "pass"),
        (accounts(named={"CONTOSO\\Domain Admins": f"{DOMAIN}-512"}), {"windows_administrators": ["Chef", "CONTOSO\\Domain Admins"]}, "pass"),
        # A name that the host does not know lets nobody in.
        (accounts(named={"CONTOSO\\Domain Admins": None}), {"windows_administrators": ["Chef", "CONTOSO\\Domain Admins"]}, "fail"),
        # The same number in another domain is another group.
        (accounts(domain="S-1-5-21-7-7-7"), DECLARED, "fail"),
        (accounts(domain=None), DECLARED, "error"),
        (accounts(domain=None, joined=False), DECLARED, "fail"),
        (accounts(administrators={"error": "RPC"}), DECLARED, "error"),
        # A list without the account that nobody can delete is a part of one.
        (accounts(users=[]), DECLARED, "error"),
    ],
)  # fmt: skip
def test_administrators_are_those_whom_the_site_named(told, site, outcome):
    found = judged("windows_administrators_declared", {"account": told}, site)

    assert found.outcome == outcome, found


def test_members_of_another_group_are_held_against_those_that_are_named():
    told = accounts(group={"members": [member(f"{DOMAIN}-1200", "CONTOSO/vendor")]})
    setting = {"kind": "account", "query": "undeclared", "group": "S-1-5-32-555", "expect": {"empty": True}}

    assert check(setting, told).observed == f"CONTOSO\\vendor ({DOMAIN}-1200)"
    assert check({**setting, "names": [f"{DOMAIN}-1200"]}, told).outcome == "pass"
    assert check(setting, accounts(group={"error": "RPC"})).outcome == "error"


def test_on_a_domain_controller_administrators_are_judged_and_accounts_of_its_own_are_not():
    told = accounts(controller=True, users=[], administrators={"members": ADMINISTRATORS[1:]})

    found = judged("windows_administrators_declared", {"account": told}, {"windows_administrators": ["domain-512", "machine-500"]}, CONTROLLER)  # fmt: skip
    assert found.outcome == "pass"
    own = check({"kind": "account", "query": "no_password", "expect": {"empty": True}}, told, CONTROLLER)
    assert (own.outcome, "no accounts of its own" in own.reason) == ("error", True)
    controller = {"registry": {"state": "value", "value": {"view": 64, "type": 1, "data": "LanmanNT"}}}
    for rule in ("windows_local_passwords_required", "windows_emergency_accounts_usable"):
        assert judged(rule, {"account": told, **controller}, facts=CONTROLLER).outcome == "not_applicable"


@pytest.mark.parametrize(
    ("users", "outcome"),
    [
        ([user("Gast", 501, disabled=True, password_required=False)], "pass"),
        ([user("Gast", 501, password_required=False)], "fail"),
        ([user("odd", 1003, password_required=None)], "error"),
    ],
)
def test_enabled_accounts_need_a_password(users, outcome):
    assert judged("windows_local_passwords_required", {"account": accounts(*users)}).outcome == outcome


def test_built_in_accounts_are_told_by_their_numbers():
    wanted = {
        "administrator": {"fields": {"name": {"equals": "Chef"}}},
        "guest": {"fields": {"enabled": {"equals": False}}},
    }
    setting = {"kind": "account", "query": "builtin", "expect": {"fields": wanted}}

    assert check(setting, accounts(user("Gast", 501, disabled=True))).outcome == "pass"
    assert check(setting, accounts(user("Gast", 501))).outcome == "fail"
    assert check(setting, accounts()).outcome == "fail"


EXPORT = """[Unicode]
Unicode=yes
[Privilege Rights]
SeBackupPrivilege = *S-1-5-32-544
%s[Version]
signature="$CHICAGO$"
Revision=1
"""
ALLOWED = "SeInteractiveLogonRight = *S-1-5-32-544,*S-1-5-32-545\nSeRemoteInteractiveLogonRight = *S-1-5-32-544\n"
ONLY_ADMINISTRATORS = "SeInteractiveLogonRight = *S-1-5-32-544\n"
USERS = [member("S-1-5-11", kind=""), member(f"{DOMAIN}-513", "CONTOSO/Domain Users", "Group")]


def service(name, sid, local=False):
    return {"name": name, "sid": sid, "local": local, "services": ["Agent"]}


def services(*given, rights=ONLY_ADMINISTRATORS, present=None, groups=None, **more):
    present = ADMINISTRATORS[:1] if present is None else present
    inf = base64.b64encode((EXPORT % rights).replace("\n", "\r\n").encode("utf-16")).decode()
    security = {"inf": inf, "code_page": 1252, "accounts": {}}
    own = service("LocalSystem", None)
    known = {"S-1-5-32-544": {"members": list(present)}, "S-1-5-32-545": {"members": USERS}, **(groups or {})}
    return value({"accounts": [own, *given], "groups": known, "security": security, "named": {}, "controller": False, **more})  # fmt: skip


NETWORK = service("NT AUTHORITY\\NetworkService", None)
VIRTUAL = service("NT SERVICE\\MSSQL", "S-1-5-80-1-2-3-4-5")
AGENT = service(".\\agent", f"{OWN}-1010", local=True)
OF_DOMAIN = service("CONTOSO\\svc", f"{DOMAIN}-1300")
LOST = service("CONTOSO\\gone", None)
GROUP = member(f"{DOMAIN}-512", "CONTOSO/Domain Admins", "Group")
PERSON = member(f"{DOMAIN}-1301", "CONTOSO/ben")
REVIEWED = {"windows_service_accounts_reviewed": ["contoso\\SVC"]}
NEEDED = {"windows_service_administrators": ["CONTOSO\\svc"]}


@pytest.mark.parametrize(
    ("told", "site", "outcome"),
    [
        (services(NETWORK, VIRTUAL, AGENT), {}, "pass"),
        (services(VIRTUAL, present=[member(VIRTUAL["sid"], kind="")]), {}, "fail"),
        (services(NETWORK, present=[member("S-1-5-20", kind="")]), {}, "fail"),
        # A local account is in no group of a domain.
        (services(AGENT, present=[GROUP]), {}, "pass"),
        (services(AGENT, present=[member(AGENT["sid"])]), {}, "fail"),
        (services(AGENT, present=[member("S-1-5-113", kind="")]), {}, "fail"),
        (services(AGENT, present=[member("S-1-5-11", kind="")]), {}, "fail"),
        (services(OF_DOMAIN, present=[PERSON]), {}, "pass"),
        (services(OF_DOMAIN, present=[member(OF_DOMAIN["sid"])]), {}, "fail"),
        (services(OF_DOMAIN, present=[member(OF_DOMAIN["sid"])]), NEEDED, "pass"),
        # That somebody looked into the directory does not undo what the host itself says.
        (services(OF_DOMAIN, present=[member(OF_DOMAIN["sid"])]), REVIEWED, "fail"),
        # It may be in the group, and a host does not tell.
        (services(OF_DOMAIN, present=[GROUP]), {}, "error"),
        (services(OF_DOMAIN, present=[GROUP]), REVIEWED, "pass"),
        (services(OF_DOMAIN, present=[GROUP], named={"contoso\\SVC": OF_DOMAIN["sid"]}), REVIEWED, "pass"),
        (services(OF_DOMAIN, AGENT, present=[GROUP, member(AGENT["sid"])]), {}, "fail"),
        # Whoever it is, nobody knows where he is a member.
        (services(LOST, present=[GROUP]), {}, "error"),
        (services(AGENT, groups={"S-1-5-32-544": {"error": "RPC"}}), {}, "error"),
        (value({**services()["value"], "accounts": []}), {}, "error"),
        # On a domain controller no account is the machine's own.
        (services(AGENT, present=[GROUP], controller=True), {}, "error"),
    ],
)
def test_accounts_of_services_are_no_administrators(told, site, outcome):
    found = judged("windows_service_accounts_not_administrators", {"service_account": told}, site)

    assert found.outcome == outcome, found


DENIED = "SeDenyInteractiveLogonRight = *%s\n"


@pytest.mark.parametrize(
    ("told", "site", "outcome"),
    [
        (services(NETWORK, VIRTUAL, rights=ALLOWED), {}, "pass"),
        # Each account is an Authenticated User, and these are Users.
        (services(AGENT, rights=ALLOWED), {}, "fail"),
        (services(AGENT), {}, "pass"),
        (services(AGENT, rights=ALLOWED + DENIED % AGENT["sid"]), {}, "pass"),
        (services(AGENT, rights=ALLOWED + DENIED % "S-1-5-113"), {}, "pass"),
        # The denial is for administrators that are local, which it is not.
        (services(AGENT, rights=ALLOWED + DENIED % "S-1-5-114"), {}, "fail"),
        (services(AGENT, rights="SeRemoteInteractiveLogonRight = *S-1-5-11\n" + DENIED % "S-1-5-113"), {}, "fail"),
        (
            services(AGENT, rights=ONLY_ADMINISTRATORS + DENIED % "S-1-5-114", present=[member(AGENT["sid"])]),
            {},
            "pass",
        ),
        (services(OF_DOMAIN, rights=ALLOWED), {}, "fail"),
        # Who is in a group that was not told nobody knows.
        (services(OF_DOMAIN, rights="SeInteractiveLogonRight = *S-1-5-32-551\n"), {}, "error"),
        (services(OF_DOMAIN, rights="SeInteractiveLogonRight = *S-1-5-32-551\n"), REVIEWED, "pass"),
        # Denied to a group of the domain: whether it is in it, the host does not tell.
        (services(OF_DOMAIN, rights=ALLOWED + DENIED % f"{DOMAIN}-1400"), {}, "error"),
        (services(OF_DOMAIN, rights=ALLOWED + DENIED % f"{DOMAIN}-1400"), REVIEWED, "pass"),
        (services(OF_DOMAIN, rights=ALLOWED), REVIEWED, "fail"),
        (services(OF_DOMAIN, present=[GROUP]), {}, "error"),
        # That it has to be an administrator lets no person log on with it.
        (services(OF_DOMAIN, rights=ALLOWED), NEEDED, "fail"),
        (services(AGENT, rights=ALLOWED, groups={"S-1-5-32-545": {"error": "RPC"}}), {}, "error"),
        (services(AGENT, rights="SeInteractiveLogonRight = Jemand\n"), {}, "error"),
    ],
)
def test_accounts_of_services_open_no_session(told, site, outcome):
    found = judged("windows_service_accounts_not_interactive", {"service_account": told}, site)

    assert found.outcome == outcome, found


def dword(data):
    return {"view": 64, "type": 4, "data": data}


def laps(legacy_client=False, entra=False, **roots):
    told = []
    for name in ("csp", "policy", "local", "legacy"):
        given = roots.get(name, {})
        values = {key: dword(one) for key, one in given.items() if key != "Other"}
        told.append({"name": name, "set": sorted(given), "values": values})
    return value({"roots": told, "legacy_client": legacy_client, "entra_joined": entra})


AD, ENTRA, LEGACY = {"BackupDirectory": 2}, {"BackupDirectory": 1}, {"AdmPwdEnabled": 1}
OLD = {**SERVER, "ubr": "1000"}


@pytest.mark.parametrize(
    ("told", "facts", "outcome"),
    [
        (laps(policy=AD), SERVER, "pass"),
        (laps(), SERVER, "fail"),
        (laps(policy={"BackupDirectory": 0}), SERVER, "fail"),
        (laps(policy={"BackupDirectory": 3}), SERVER, "fail"),
        # The first root with anything in it decides alone, though it says nothing of the directory.
        (laps(csp={"Other": 1}, policy=AD), SERVER, "fail"),
        (laps(csp={"PasswordLength": 20}, policy=AD), SERVER, "fail"),
        (laps(csp=AD, policy={"BackupDirectory": 0}), SERVER, "pass"),
        (laps(policy={"BackupDirectory": 0}, legacy=LEGACY, legacy_client=True), SERVER, "fail"),
        (laps(local=AD), SERVER, "pass"),
        (laps(policy={**AD, "PasswordAgeDays": 31}), SERVER, "fail"),
        (laps(policy={**AD, "PasswordAgeDays": 0}), SERVER, "fail"),
        # Windows LAPS stands in for the older client, which is needed where Windows has none of its own.
        (laps(legacy=LEGACY), SERVER, "pass"),
        (laps(legacy=LEGACY), OLD, "fail"),
        (laps(legacy=LEGACY, legacy_client=True), OLD, "pass"),
        (laps(legacy={"AdmPwdEnabled": 0}, legacy_client=True), SERVER, "fail"),
        (laps(policy=AD), OLD, "fail"),
        (laps(policy=AD, legacy_client=True), OLD, "fail"),
        (laps(policy=AD), {**SERVER, "build": "26100", "ubr": "1"}, "pass"),
        # Nothing is kept in a directory that the host is not joined to.
        (laps(policy=ENTRA), SERVER, "fail"),
        (laps(policy=ENTRA, entra=True), SERVER, "pass"),
        (laps(policy=AD, entra=True), ALONE, "fail"),
        (laps(policy=ENTRA, entra=True), ALONE, "pass"),
        (laps(policy=AD), ALONE, "not_applicable"),
        (laps(policy=AD), {**SERVER, "domain_role": None}, "error"),
        (laps(policy=AD), {**SERVER, "ubr": "x"}, "error"),
    ],
)
def test_laps_keeps_the_password_by_the_policy_that_wins(told, facts, outcome):
    found = judged("windows_laps_keeps_password", {"laps": told}, facts=facts)

    assert found.outcome == outcome, found


def test_a_value_of_laps_of_another_type_is_an_error():
    told = laps(policy=AD)
    told["value"]["roots"][1]["values"]["BackupDirectory"] = {"view": 64, "type": 1, "data": "2"}

    assert judged("windows_laps_keeps_password", {"laps": told}).outcome == "error"


def running(**more):
    return value({"start": 2, "start_now": 2, "status": 4, "type": 16, "delayed": None, "account": None, "triggers": [], **more})  # fmt: skip


SDDL = "O:BAG:SYD:(A;;0xf0005;;;SY)(A;;0x5;;;BA)(A;;0x1;;;S-1-5-32-573)"
COLLECTOR = "Server=https://wec.example:5986/wsman/SubscriptionManager/WEC,Refresh=60"
READS = {"members": [member("S-1-5-20")]}


def forwarding(*collectors, winrm=None, security=SDDL, readers=None, agents=()):
    readers = READS if readers is None else readers
    return value({"collectors": list(collectors), "winrm": winrm or running(), "security": security, "readers": readers, "agents": list(agents)})  # fmt: skip


def agent(**more):
    return {"name": "Agent", "service": running(**more)}


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (forwarding(), "fail"),
        (forwarding(COLLECTOR), "pass"),
        (forwarding("Refresh=60"), "fail"),
        (forwarding(COLLECTOR, winrm=running(status=1)), "fail"),
        (forwarding(COLLECTOR, winrm=running(start=3)), "fail"),
        (forwarding(COLLECTOR, winrm=running(start_now=3)), "fail"),
        (forwarding(COLLECTOR, winrm={"state": "absent"}), "fail"),
        # What the one who sends may not read is not sent.
        (forwarding(COLLECTOR, readers={"members": []}), "fail"),
        (forwarding(COLLECTOR, readers={"members": []}, security=SDDL + "(A;;0x1;;;NS)"), "pass"),
        (forwarding(COLLECTOR, security="O:BAG:SYD:(A;;0xf0005;;;SY)"), "fail"),
        (forwarding(COLLECTOR, readers={"error": "RPC"}), "error"),
        (forwarding(agents=[agent()]), "pass"),
        (forwarding(agents=[agent(status=1)]), "fail"),
        (forwarding(agents=[agent(start=3)]), "fail"),
        (forwarding(agents=[{"name": "Agent", "service": {"state": "absent"}}]), "fail"),
        (forwarding(agents=[{"name": "Agent", "error": "it is a driver"}]), "fail"),
    ],
)
def test_records_leave_the_host_by_what_runs_and_starts(told, outcome):
    found = judged("windows_records_leave_host", {"log_forwarding": told})

    assert found.outcome == outcome, found


def log(mode=0, oldest=(17, 9), sddl=SDDL, enabled=True, policy=None, own=None):
    live = {"bytes": 201326592, "mode": mode, "sddl": sddl, "enabled": enabled}
    oldest = oldest and {"record": oldest[0], "seconds": int(oldest[1] * 86400)}
    return value({"live": live, "policy": policy or {}, "own": own or {}, "oldest": oldest})


def word(data):
    return {"view": 64, "type": 1, "data": data}


ARCHIVED = {"Retention": word("1"), "AutoBackupLogFiles": word("1")}
SENT = forwarding(COLLECTOR)


@pytest.mark.parametrize(
    ("told", "sent", "outcome"),
    [
        (log(), SENT, "pass"),
        (log(oldest=(17, 6.9)), SENT, "fail"),
        # Nothing was overwritten yet: numbers begin with 1.
        (log(oldest=(1, 2)), SENT, "pass"),
        # A clock that was put back makes no records older.
        (log(oldest=(17, -3)), SENT, "fail"),
        (log(oldest=None), SENT, "fail"),
        # It reaches back far because nothing is recorded any more.
        (log(mode=2, oldest=(1, 400)), SENT, "fail"),
        (log(), forwarding(), "fail"),
        (log(oldest=(1, 2)), forwarding(), "fail"),
        (log(oldest=(17, 2192)), forwarding(), "pass"),
        (log(mode=1, policy=ARCHIVED), forwarding(), "pass"),
        (log(mode=1, own={"Retention": dword(4294967295), "AutoBackupLogFiles": dword(1)}), forwarding(), "pass"),
        # In force, and nothing says that it stays so.
        (log(mode=1), forwarding(), "fail"),
        (log(mode=1, policy={"Retention": word("1")}), forwarding(), "fail"),
        (log(mode=0, policy=ARCHIVED), forwarding(), "fail"),
        (log(mode=1, policy={"Retention": word("0")}), forwarding(), "fail"),
        (log(enabled=False), SENT, "error"),
        (log(mode=9), SENT, "error"),
        (log(policy={"MaxSize": word("viel")}), SENT, "error"),
        # The policy's template writes these two as text, and Windows reads no number there.
        (log(mode=1, policy={"Retention": dword(1), "AutoBackupLogFiles": word("1")}), forwarding(), "error"),
        (log(mode=1, policy={"Retention": word("1"), "AutoBackupLogFiles": dword(1)}), forwarding(), "error"),
        (log(mode=1, policy={**ARCHIVED, "Retention": word("-1")}), forwarding(), "error"),
    ],
)
def test_the_security_log_is_kept_long_enough(told, sent, outcome):
    found = judged("windows_security_log_kept", {"event_log": told, "log_forwarding": sent})

    assert found.outcome == outcome, found


@pytest.mark.parametrize(
    ("own", "mode"),
    [
        ({"Retention": dword(0)}, "overwrite"),
        ({"Retention": dword(4294967295)}, "stop"),
        ({"Retention": dword(4294967295), "AutoBackupLogFiles": dword(1)}, "archive"),
        # A week in seconds, of a template for Windows 2003: Windows overwrites nothing by it, and keeps no file.
        ({"Retention": dword(604800)}, "stop"),
        ({"Retention": dword(604800), "AutoBackupLogFiles": dword(1)}, "stop"),
    ],
)
def test_a_time_after_which_records_were_overwritten_once_stops_the_log(own, mode):
    wanted = {"fields": {"configured": {"fields": {"mode": {"equals": mode}}}}}

    assert check({"kind": "event_log", "log": "Security", "expect": wanted}, log(own=own)).outcome == "pass"


def test_the_size_of_a_log_is_told_in_bytes():
    def size(number):
        return {"kind": "event_log", "log": "Security", "expect": {"fields": {"configured": {"fields": {"bytes": {"equals": number}}}}}}  # fmt: skip

    assert check(size(201326592), log(policy={"MaxSize": dword(196608)}, own={"MaxSize": dword(1)})).outcome == "pass"
    assert check(size(20971520), log(own={"MaxSize": dword(20971520)})).outcome == "pass"
    assert check(size(0), log()).outcome == "fail"


def rights(*sids):
    inf = EXPORT % f"SeSecurityPrivilege = {','.join('*' + sid for sid in sids)}\n"
    return value({"inf": base64.b64encode(inf.replace("\n", "\r\n").encode("utf-16")).decode(), "code_page": 1252, "accounts": {}})  # fmt: skip


@pytest.mark.parametrize(
    ("told", "holders", "outcome"),
    [
        (log(), ["S-1-5-32-544"], "pass"),
        (log(), ["S-1-5-32-544", f"{DOMAIN}-1105"], "fail"),
        (log(sddl=SDDL + "(A;;0x4;;;AU)"), ["S-1-5-32-544"], "fail"),
        (log(sddl=SDDL + f"(A;;0x4;;;{DOMAIN}-512)"), ["S-1-5-32-544"], "fail"),
        (log(sddl=SDDL + "(A;;GA;;;AU)"), ["S-1-5-32-544"], "fail"),
        (log(sddl=SDDL + "(A;;0x1;;;AU)"), ["S-1-5-32-544"], "pass"),
        # What is configured holds from the next start on, if not today.
        (log(policy={"ChannelAccess": word(SDDL + "(A;;0x4;;;BU)")}), ["S-1-5-32-544"], "fail"),
        (log(own={"CustomSD": word(SDDL + "(A;;0x4;;;BU)")}), ["S-1-5-32-544"], "fail"),
        (log(sddl=""), ["S-1-5-32-544"], "error"),
        (log(sddl="O:BAG:SY"), ["S-1-5-32-544"], "error"),
    ],
)
def test_few_may_clear_the_security_log(told, holders, outcome):
    found = judged("windows_security_log_clearers", {"event_log": told, "security_export": rights(*holders)})

    assert found.outcome == outcome, found


GUID = "{0CCE921D-69AE-11D9-BED3-505054503030}"
FOLDERS = {"windows_ephi_folders": ["D:\\Records"]}


def backup(setting=3, everywhere=""):
    rows = ["A,B,C,D,E,F,G", f"HOST,System,Dateisystem,{GUID},Erfolg,,{setting}"]
    rows += [f"HOST,,FileGlobalSacl,,,,{everywhere}"] if everywhere else []
    return base64.b64encode(("\r\n".join(rows) + "\r\n").encode("cp1252")).decode()


def folder(sddl="", everywhere="", **more):
    return value({"folders": [{"path": "D:\\Records", "sddl": sddl, **more}], "backup": backup(everywhere=everywhere)})


FULL = "S:AI(AU;OICISAFA;FA;;;WD)"


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (folder(FULL), "pass"),
        (folder("S:AI(AU;OICIIDSA;FA;;;WD)"), "pass"),
        (folder("S:(AU;OICISA;GA;;;AU)"), "pass"),
        (folder(""), "fail"),
        (folder("S:"), "fail"),
        # Failures alone, the folder alone, its first level alone, some people alone.
        (folder("S:(AU;OICIFA;FA;;;WD)"), "fail"),
        (folder("S:(AU;SA;FA;;;WD)"), "fail"),
        (folder("S:(AU;CISA;FA;;;WD)"), "fail"),
        (folder("S:(AU;OICINPSA;FA;;;WD)"), "fail"),
        (folder("S:(AU;OICISA;FA;;;BU)"), "fail"),
        (folder("S:(AU;OICISA;FR;;;WD)"), "fail"),
        (folder("S:(AU;OICISA;FR;;;WD)(AU;OICISA;0xd0006;;;WD)"), "pass"),
        (folder("S:(XU;OICISA;FA;;;WD;(@User.x==1))"), "fail"),
        (folder("", everywhere="S:(AU;SA;FA;;;WD)"), "pass"),
        (folder("", everywhere="S:(AU;SA;FW;;;WD)"), "fail"),
        (folder("nonsense"), "error"),
        (folder(error="the account of the audit has no SeSecurityPrivilege"), "error"),
        (folder(absent=True), "fail"),
        (value({"folders": [{"path": "D:\\Records", "sddl": FULL}], "backup_error": "no auditpol"}), "error"),
    ],
)
def test_access_to_folders_is_recorded(told, outcome):
    answers = {"file_audit": told, "audit_backup": value({"backup": backup()})}
    found = judged("windows_ephi_folders_audited", answers, FOLDERS)

    assert found.outcome == outcome, found


def test_what_a_folder_asks_to_be_recorded_is_not_without_the_policy():
    answers = {"file_audit": folder(FULL), "audit_backup": value({"backup": backup(2)})}

    assert judged("windows_ephi_folders_audited", answers, FOLDERS).outcome == "fail"


def test_folders_that_nobody_has_named_are_a_persons_work():
    told = {"file_audit": value({"folders": []})}

    assert judged("windows_ephi_folders_audited", told).outcome == "not_applicable"
    assert judged("windows_ephi_folders_named", told).outcome == "manual"
    assert judged("windows_ephi_folders_named", {"file_audit": folder(FULL)}, FOLDERS).outcome == "not_applicable"


def edition(blocks=None, transcripts=None, modules=None, names=()):
    return {"script_blocks": blocks or {}, "transcripts": transcripts or {}, "modules": modules or {}, "module_names": list(names)}  # fmt: skip


ON, OFF = {"EnableScriptBlockLogging": dword(1)}, {"EnableScriptBlockLogging": dword(0)}
OTHER = {"UseWindowsPowerShellPolicySetting": dword(1)}
KEPT = {"EnableTranscripting": dword(1), "OutputDirectory": word("\\\\logs\\t")}


def powershell(windows=None, core=None, installed=("7.4.6",), log=1, core_log=1):
    channels = {
        name: dword(one) if isinstance(one, int) else {"view": 64, "absent": one}
        for name, one in (("windows", log), ("core", core_log))
    }
    return value(
        {"windows": windows or edition(), "core": core or edition(), "installed": list(installed), "channels": channels}
    )


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (powershell(edition(ON), installed=()), "pass"),
        (powershell(installed=()), "fail"),
        (powershell(edition(OFF), installed=()), "fail"),
        # The other edition goes by its own policy, or says that it does not.
        (powershell(edition(ON)), "fail"),
        (powershell(edition(ON), edition(ON)), "pass"),
        (powershell(edition(ON), edition(OTHER)), "pass"),
        (powershell(edition(OFF), edition(ON)), "fail"),
        (powershell(edition(ON), edition({**OTHER, **OFF})), "pass"),
        (powershell(edition(OFF), edition({**OTHER, **ON})), "fail"),
        # The log that takes the records is off, or was never registered.
        (powershell(edition(ON), installed=(), log=1), "pass"),
        (powershell(edition(ON), installed=(), log=0), "fail"),
        (powershell(edition(ON), edition(ON), core_log=0), "fail"),
        (powershell(edition(ON), installed=(), log="value"), "pass"),
        (powershell(edition(ON), installed=(), log="key"), "fail"),
        (powershell(edition(ON), edition(ON), core_log="key"), "fail"),
        (powershell(edition({"EnableScriptBlockLogging": word("1")}), installed=()), "error"),
    ],
)
def test_what_powershell_runs_is_recorded_in_each_edition(told, outcome):
    found = judged("windows_powershell_recorded", {"powershell_logging": told})

    assert found.outcome == outcome, found


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (powershell(edition(transcripts=KEPT), installed=()), "pass"),
        (powershell(edition(transcripts=KEPT), edition(transcripts=OTHER)), "pass"),
        (powershell(edition(transcripts=KEPT)), "fail"),
        # In the folder of the one who is recorded.
        (powershell(edition(transcripts={"EnableTranscripting": dword(1)}), installed=()), "fail"),
        (powershell(edition(transcripts={**KEPT, "OutputDirectory": word(" ")}), installed=()), "fail"),
        (powershell(edition(transcripts={**KEPT, "OutputDirectory": word("%UserProfile%\\PS")}), installed=()), "fail"),
        (powershell(edition(transcripts={**KEPT, "OutputDirectory": word("%SystemDrive%\\PS")}), installed=()), "pass"),
        (powershell(edition(transcripts={**KEPT, "EnableTranscripting": dword(0)}), installed=()), "fail"),
    ],
)
def test_transcripts_go_where_the_policy_says(told, outcome):
    assert judged("windows_powershell_transcribed", {"powershell_logging": told}).outcome == outcome


@pytest.mark.parametrize(
    ("names", "enabled", "observed"),
    [(["*"], 1, "all"), (["Microsoft.PowerShell.*"], 1, "some"), ([], 1, "some"), (["*"], 0, "off")],
)
def test_modules_that_are_recorded_are_told(names, enabled, observed):
    told = powershell(edition(modules={"EnableModuleLogging": dword(enabled)}, names=names), installed=())
    setting = {"kind": "powershell_logging", "expect": {"each": {"fields": {"modules": {"equals": observed}}}}}

    assert check(setting, told).outcome == "pass"


def test_an_answer_of_another_form_is_an_error():
    for kind in ("laps", "powershell_logging"):
        assert check({"kind": kind, "expect": {"present": True}}, value([])).outcome == "error"
