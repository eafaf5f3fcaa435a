"""What guards the network of Windows hosts is judged by the rules of the supplement, of recorded answers."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan, setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog

CATALOG = load_catalog()
(PLAN,) = make_plan(CATALOG, Selection(benchmarks=("supplement_windows",), level=2), {}, {})
RULES = {planned.rule.id: planned for planned in PLAN.benchmarks[0].rules}
SERVER = {"build": "20348", "ubr": "1", "product_type": "ServerNT", "domain_role": "3", "edition": "ServerStandard", "installation_type": "Server"}  # fmt: skip
CONTROLLER = {**SERVER, "product_type": "LanmanNT", "domain_role": "5"}
PRODUCT = ("registry", {"key": "SYSTEM\\CurrentControlSet\\Control\\ProductOptions", "name": "ProductType"})


def value(given):
    return {"state": "value", "value": given, "source": "there"}


def dword(data):
    return {"view": 64, "type": 4, "data": data}


NONE = {"view": 64, "absent": "value"}
GONE = {"state": "absent", "source": "there"}


def judged(rule, facts, *answers):
    """Return the finding of a rule, of answers (kind that was asked for, address, observation)."""
    seen = {setting_key({"kind": kind, "address": address}): answer for kind, address, answer in answers}
    return Judge(CATALOG.platforms["windows"], seen, {"windows": facts}).judge(RULES[rule])


RUNS, OFF, STOPPED = {"status": 4, "start": 2}, {"status": 1, "start": 4}, {"status": 1, "start": 2}
PROFILE = {
    "Enabled": 1,
    "DefaultInboundAction": 4,
    "DefaultOutboundAction": 2,
    "AllowInboundRules": 1,
    "AllowLocalFirewallRules": 2,
    "AllowLocalIPsecRules": 0,
    "AllowUnicastResponseToMulticast": 1,
    "NotifyOnListen": 0,
    "LogAllowed": 0,
    "LogBlocked": 1,
    "LogMaxSizeKilobytes": 16384,
    "LogFileName": ["%systemroot%\\fw.log"],
    "DisabledInterfaceAliases": ["NotConfigured"],
}


def firewall(service=None, **more):
    service = RUNS if service is None else service
    return {"service": service, "profile": {**PROFILE, **more}}


@pytest.mark.parametrize("profile", ["domain", "private", "public"])
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (firewall(), "pass"),
        (firewall(DisabledInterfaceAliases=[]), "pass"),
        # What no rule is about need not be told.
        (firewall(LogMaxSizeKilobytes=None, NotifyOnListen=None), "pass"),
        (firewall(Enabled=0), "fail"),
        # That nobody has said it is no truth.
        (firewall(Enabled=2), "fail"),
        (firewall(DefaultInboundAction=0), "fail"),
        (firewall(DefaultInboundAction=2), "fail"),
        (firewall(DisabledInterfaceAliases=["Ethernet"]), "fail"),
        (firewall(DisabledInterfaceAliases=["NotConfigured", "Ethernet"]), "fail"),
        (firewall(service=OFF), "fail"),
        (firewall(service={"status": 2, "start": 2}), "fail"),
        ({"service": OFF, "profile": None}, "fail"),
        (firewall(service={"status": None, "start": None}), "error"),
        (firewall(Enabled=None), "error"),
        (firewall(Enabled=True), "error"),
        (firewall(Enabled="True"), "error"),
        (firewall(DefaultInboundAction=3), "error"),
        (firewall(DisabledInterfaceAliases="NotConfigured"), "error"),
        (firewall(LogMaxSizeKilobytes="big"), "error"),
        ({"service": RUNS, "profile": "on"}, "error"),
        ({"service": RUNS}, "error"),
    ],
)
def test_a_profile_filters_where_all_of_it_is_at_work(profile, answer, outcome):
    told = judged(
        f"windows_firewall_{profile}_filters", SERVER, ("firewall_profile", {"profile": profile}, value(answer))
    )

    assert told.outcome == outcome, told


def test_what_a_stopped_firewall_would_do_is_not_told_as_done():
    (check,) = judged(
        "windows_firewall_domain_filters", SERVER, ("firewall_profile", {"profile": "domain"}, value(firewall(service=STOPPED)))
    ).checks  # fmt: skip

    assert check.observed == "service stopped, firewall off, inbound block, interfaces_left_out none"


SMB_SERVER = {"EnableSMB1Protocol": 0, "RequireSecuritySignature": 1, "EncryptData": 0, "RejectUnencryptedAccess": 1, "Smb2DialectMin": None}  # fmt: skip
SMB_CLIENT = {"RequireSecuritySignature": 1, "EnableInsecureGuestLogons": 0, "RequireEncryption": None, "Smb2DialectMin": 785}  # fmt: skip


def smb(configuration, service=None, driver=None, **more):
    service = RUNS if service is None else service
    told = None if configuration is None else {**configuration, **more}
    return {"service": service, "configuration": told, "driver": driver}


@pytest.mark.parametrize(
    ("answer", "smb1", "signs"),
    [
        (smb(SMB_SERVER), "pass", "pass"),
        (smb(SMB_SERVER, Smb2DialectMin=0), "pass", "pass"),
        (smb(SMB_SERVER, EnableSMB1Protocol=1), "fail", "pass"),
        (smb(SMB_SERVER, RequireSecuritySignature=0), "pass", "fail"),
        # Not running is not switched off: the next boot or a trigger starts it.
        (smb(SMB_SERVER, service=STOPPED, RequireSecuritySignature=0, EnableSMB1Protocol=1), "fail", "fail"),
        (smb(SMB_SERVER, service={"status": 4, "start": 4}, RequireSecuritySignature=0, EnableSMB1Protocol=1), "fail", "fail"),
        (smb(SMB_SERVER, service=OFF, RequireSecuritySignature=0, EnableSMB1Protocol=1), "pass", "pass"),
        (smb(None, service=OFF), "pass", "pass"),
        (smb(None), "error", "error"),
        (smb(None, service=STOPPED), "error", "error"),
        (smb(SMB_SERVER, EnableSMB1Protocol=None), "error", "error"),
        (smb(SMB_SERVER, RequireSecuritySignature=2), "error", "error"),
        (smb(SMB_SERVER, Smb2DialectMin=5), "error", "error"),
        (smb(SMB_SERVER, service={"status": None, "start": None}), "error", "error"),
    ],
)  # fmt: skip
def test_an_smb_server_is_judged_by_what_it_goes_by(answer, smb1, signs):
    seen = ("smb", {"side": "server"}, value(answer))

    assert judged("windows_smb1_not_served", SERVER, seen).outcome == smb1
    assert judged("windows_smb_server_signs", SERVER, seen).outcome == signs


@pytest.mark.parametrize(
    ("answer", "smb1", "signs"),
    [
        (smb(SMB_CLIENT), "pass", "pass"),
        (smb(SMB_CLIENT, driver={"start": 4, "started": 0}), "pass", "pass"),
        (smb(SMB_CLIENT, driver={"start": 4, "started": 1}), "fail", "pass"),
        (smb(SMB_CLIENT, driver={"start": 3, "started": 0}), "fail", "pass"),
        (smb(SMB_CLIENT, driver={"start": 2, "started": 1}), "fail", "pass"),
        (smb(SMB_CLIENT, driver={"start": 4, "started": None}), "error", "error"),
        (smb(SMB_CLIENT, driver={"start": 9, "started": 0}), "error", "error"),
        (smb(SMB_CLIENT, driver={"start": None, "started": 0}), "error", "error"),
        (smb(SMB_CLIENT, RequireSecuritySignature=0), "pass", "fail"),
        (smb(None, service=OFF), "pass", "pass"),
        (smb(None), "error", "error"),
    ],
)
def test_an_smb_client_is_judged_by_its_configuration_and_its_old_driver(answer, smb1, signs):
    seen = ("smb", {"side": "client"}, value(answer))

    assert judged("windows_smb1_not_used", SERVER, seen).outcome == smb1
    assert judged("windows_smb_client_signs", SERVER, seen).outcome == signs


def ldap(integrity=None, enforced=None, binding=None):
    binding = NONE if binding is None else binding
    enforced = NONE if enforced is None else enforced
    integrity = NONE if integrity is None else integrity
    return value({"integrity": integrity, "enforced": enforced, "channel_binding": binding})


TEXT = {"view": 64, "type": 1, "data": "2"}


@pytest.mark.parametrize(
    ("build", "integrity", "enforced", "outcome", "observed"),
    [
        ("20348", 2, None, "pass", "in_force: required, configured: required"),
        ("17763", 2, None, "pass", "in_force: required, configured: required"),
        ("20348", 1, None, "fail", "in_force: not_required, configured: not_required"),
        ("20348", None, None, "fail", "in_force: not_required, configured: absent"),
        # Before Server 2025 nobody reads the newer value.
        ("20348", 1, 1, "fail", "in_force: not_required, configured: not_required"),
        ("26100", 1, 1, "pass", "in_force: required, configured: required"),
        ("26100", None, 1, "pass", "in_force: required, configured: required"),
        ("26100", 2, 0, "pass", "in_force: required, configured: required"),
        ("26100", 2, None, "pass", "in_force: required, configured: required"),
        ("26100", 1, 0, "fail", "in_force: not_required, configured: not_required"),
        ("26100", None, 0, "fail", "in_force: not_required, configured: not_required"),
        ("26100", None, None, "fail", "in_force: required, configured: absent"),
        # A new domain demands it, an upgraded one does not: which of both this is the values do not tell.
        ("26100", 1, None, "fail", "in_force: absent, configured: not_required"),
        ("20348", 3, None, "error", None),
        ("26100", 2, 2, "error", None),
        ("14393", 2, None, "error", None),
    ],
)
def test_a_domain_controller_demands_signing_by_two_values(build, integrity, enforced, outcome, observed):
    given = [NONE if number is None else dword(number) for number in (integrity, enforced)]
    facts = {**CONTROLLER, "build": build}
    product = (*PRODUCT, value({"view": 64, "type": 1, "data": "LanmanNT"}))

    told = judged("windows_dc_ldap_demands_signing", facts, product, ("ldap_server", {}, ldap(*given)))

    assert told.outcome == outcome, told
    assert observed is None or told.checks[0].observed == observed


@pytest.mark.parametrize(
    ("build", "binding", "outcome", "observed"),
    [
        ("20348", dword(2), "pass", "in_force: always, configured: always"),
        ("20348", dword(1), "fail", "in_force: when_supported, configured: when_supported"),
        ("20348", dword(0), "fail", "in_force: never, configured: never"),
        ("17763", NONE, "fail", "absent"),
        ("26100", NONE, "fail", "absent"),
        ("20348", dword(3), "error", None),
        ("20348", TEXT, "error", None),
        ("20348", {"view": 64, "error": "no"}, "error", None),
    ],
)
def test_a_domain_controller_demands_channel_binding(build, binding, outcome, observed):
    product = (*PRODUCT, value({"view": 64, "type": 1, "data": "LanmanNT"}))
    facts = {**CONTROLLER, "build": build}

    told = judged("windows_dc_ldap_demands_channel_binding", facts, product, ("ldap_server", {}, ldap(binding=binding)))

    assert told.outcome == outcome, told
    assert observed is None or told.checks[0].observed == observed


def test_a_controller_without_the_key_of_its_directory_does_not_pass():
    product = (*PRODUCT, value({"view": 64, "type": 1, "data": "LanmanNT"}))

    assert judged("windows_dc_ldap_demands_signing", CONTROLLER, product, ("ldap_server", {}, GONE)).outcome == "fail"


@pytest.mark.parametrize(("answer", "outcome"), [(value(dword(2)), "pass"), (value(dword(1)), "fail"), (GONE, "fail")])
def test_a_client_of_ldap_demands_signing(answer, outcome):
    key = {"key": "SYSTEM\\CurrentControlSet\\Services\\LDAP", "name": "LDAPClientIntegrity"}

    assert judged("windows_ldap_client_demands_signing", SERVER, ("registry", key, answer)).outcome == outcome


STRONG = {
    "EncryptionMethod": ["AES256"],
    "IntegrityCheckMethod": ["SHA256"],
    "DHGroup": ["ECP384"],
    "CipherTransformConstants": ["GCMAES256"],
    "AuthenticationTransformConstants": ["GCMAES256"],
    "PfsGroup": ["None"],
}


def connection(tunnel="Ikev2", policy=None, encryption="Required", authentication=("Eap",), **more):
    policy = STRONG if policy is None else policy or None
    weaker = policy and {**policy, **more}
    return {"name": ["Clinic"], "tunnel": [tunnel], "encryption": [encryption], "authentication": [*authentication], "policy": weaker}  # fmt: skip


FINE = connection()


@pytest.mark.parametrize(
    ("connections", "outcome"),
    [
        ([FINE], "pass"),
        ([connection(encryption="Custom", authentication=("MachineCertificate",))], "pass"),
        ([connection("L2tp", authentication=("MsChapv2",))], "pass"),
        ([connection("Sstp", policy={})], "pass"),
        ([connection("Sstp", policy={}, encryption="Optional")], "fail"),
        ([FINE, connection("Pptp")], "fail"),
        ([connection("Automatic")], "fail"),
        # What Windows offers by itself is 3DES with SHA-1.
        ([connection(policy={})], "fail"),
        ([connection("L2tp", policy={})], "fail"),
        ([connection(encryption="NoEncryption")], "fail"),
        ([connection(authentication=("Pap", "Eap"))], "fail"),
        ([connection(EncryptionMethod=["DES3"])], "fail"),
        ([connection(IntegrityCheckMethod=["SHA1"])], "fail"),
        ([connection(DHGroup=["Group2"])], "fail"),
        ([connection(CipherTransformConstants=["None"])], "fail"),
        ([connection(AuthenticationTransformConstants=["SHA196"])], "fail"),
        ([connection(PfsGroup=["PFS2"])], "fail"),
        ([connection(DHGroup=[])], "fail"),
        ([connection(DHGroup="ECP384")], "error"),
        (["Clinic"], "error"),
        ([], "not_applicable"),
    ],
)
def test_each_vpn_connection_is_strong(connections, outcome):
    told = judged("windows_vpn_strong", SERVER, ("vpn", {}, value({"connections": connections})))

    assert told.outcome == outcome, told


def test_a_windows_without_a_vpn_client_has_no_connection():
    assert judged("windows_vpn_strong", SERVER, ("vpn", {}, GONE)).outcome == "not_applicable"
    failed = {"state": "error", "reason": "access is denied"}
    assert judged("windows_vpn_strong", SERVER, ("vpn", {}, failed)).outcome == "error"
