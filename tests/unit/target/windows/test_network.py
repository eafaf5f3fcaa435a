"""What windows_observe answers of firewall, SMB, Schannel, LDAP and VPN of recorded machines."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from tests.unit.target.windows.test_windows_observe import (
    MACHINE,
    REGISTRY,
    put,
    request,
)

pytestmark = pytest.mark.pwsh

SERVICES = "LocalMachine\\64\\SYSTEM\\CurrentControlSet\\Services\\"
SCHANNEL = "LocalMachine\\64\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\"
POLICY = "LocalMachine\\64\\SOFTWARE\\Policies\\Microsoft\\Cryptography\\Configuration\\SSL\\00010002"
LOCAL = "LocalMachine\\64\\SYSTEM\\CurrentControlSet\\Control\\Cryptography\\Configuration\\Local\\SSL\\00010002"
DENIED = "access is denied; run the audit as an administrator"
RUNS, STOPPED, GONE = {"status": 4, "start": 2}, {"status": 1, "start": 4}, {"status": None, "start": None}


def profile(name: str, **more: Any) -> Dict[str, Any]:
    given = {"Name": name, "Enabled": 1, "DefaultInboundAction": 4, "DefaultOutboundAction": 2, "AllowInboundRules": 1}
    return {**given, "LogMaxSizeKilobytes": 16384, "LogFileName": "%systemroot%\\fw.log", **more}


def listed(name: str, **service: int) -> Dict[str, Any]:
    return {"Name": name, "Status": service["status"], "StartType": service["start"]}


FIREWALL = [
    profile("Domain", DisabledInterfaceAliases=["NotConfigured"]),
    profile("Private", Enabled=2, DisabledInterfaceAliases=["Ethernet", "Übung"]),
]
# Properties of a configuration are true and false; that of another release has more of them.
SERVER = {
    "EnableSMB1Protocol": False,
    "RequireSecuritySignature": True,
    "EncryptData": False,
    "RejectUnencryptedAccess": True,
}
CLIENT = {
    "RequireSecuritySignature": True,
    "EnableInsecureGuestLogons": False,
    "RequireEncryption": False,
    "Smb2DialectMin": 785,
}
ALGORITHMS = {
    "EncryptionMethod": "AES256",
    "IntegrityCheckMethod": "SHA256",
    "DHGroup": "ECP384",
    "CipherTransformConstants": "GCMAES256",
    "AuthenticationTransformConstants": "GCMAES256",
    "PfsGroup": "None",
}
CONNECTIONS = [
    {
        "Name": "Clinic",
        "TunnelType": "Ikev2",
        "EncryptionLevel": "Custom",
        "AuthenticationMethod": ["MachineCertificate"],
        "IPSecCustomPolicy": [ALGORITHMS],
        "L2tpPsk": "never sent",
    },
    {
        "Name": "Old",
        "TunnelType": "Pptp",
        "EncryptionLevel": "Optional",
        "AuthenticationMethod": ["Pap", "MsChapv2"],
        "IPSecCustomPolicy": None,
    },
]
NETWORK: Dict[str, Any] = {
    **MACHINE,
    "registry": {
        **REGISTRY,
        SCHANNEL + "TLS 1.0\\Server": {"=Enabled": [4, 0], "=DisabledByDefault": [4, 1]},
        SCHANNEL + "TLS 1.0\\Client": {"=DisabledByDefault": [4, 1]},
        SCHANNEL + "TLS 1.1\\Server": {"=Enabled": [4, -1]},
        SCHANNEL + "TLS 1.1\\Client": "Zugriff verweigert",
        SCHANNEL + "SSL 3.0\\Server": {"=Enabled": [1, "0"]},
        POLICY: {"=Functions": [1, "TLS_A,TLS_B"]},
        LOCAL: {"=Functions": [7, ["TLS_C"]]},
        SERVICES + "NTDS\\Parameters": {"=LDAPServerIntegrity": [4, 2], "=LdapEnforceChannelBinding": [4, 1]},
    },
    "services": [listed("MpsSvc", **RUNS), listed("lanmanserver", **RUNS), listed("LanmanWorkstation", **RUNS)],
    "firewall": FIREWALL,
    "smb": {"server": SERVER, "client": CLIENT},
    "drivers": {"mrxsmb10": {"Name": "mrxsmb10", "Started": True}},
    "vpn": CONNECTIONS,
}
NO_DRIVER = {key: one for key, one in NETWORK["registry"].items() if not key.endswith("mrxsmb10") and "NTDS" not in key}
STOPPED_ALL = [listed("MpsSvc", **STOPPED), listed("LanmanServer", **STOPPED), listed("LanmanWorkstation", **STOPPED)]
FAILS = {"server": "Windows System Error 1062", "client": "Windows System Error 1062"}
QUESTIONS = {
    "domain": ["firewall_profile", {"profile": "domain"}],
    "private": ["firewall_profile", {"profile": "private"}],
    "public": ["firewall_profile", {"profile": "public"}],
    "server": ["smb", {"side": "server"}],
    "client": ["smb", {"side": "client"}],
    "schannel": ["schannel", {}],
    "ldap": ["ldap_server", {}],
    "vpn": ["vpn", {}],
}
MACHINES: Dict[str, Dict[str, Any]] = {
    "whole": {},
    "stopped": {
        "services": STOPPED_ALL,
        "firewall": "Es sind keine weiteren Endpunkte verfügbar",
        "smb": FAILS,
        "drivers": {},
    },
    "stopped and told": {"services": STOPPED_ALL},
    "unreadable": {
        "firewall": "RPC",
        "smb": {"server": "Windows System Error 5,Get-SmbServerConfiguration", "client": "HRESULT 0x80070005"},
        "vpn": "RAS",
    },
    "fails": {"smb": FAILS},
    "no services": {"services": []},
    "nothing there": {"registry": NO_DRIVER, "drivers": {}, "vpn": "no command"},
    "a driver in the registry alone": {"drivers": {}},
    "a driver without a key": {"registry": NO_DRIVER},
    "no connections": {"vpn": []},
    "hangs": {"firewall": "hangs"},
    "too much": {"vpn": [CONNECTIONS[1]] * 201, "firewall": [profile("Domain", DisabledInterfaceAliases=["x"] * 101)]},
}
BAD = {"no profile": ["firewall_profile", {"profile": "Domain"}], "no side": ["smb", {"side": "both"}]}


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    soon = {"options": {"observe_max_seconds": 6}}
    cases = {
        name: {
            "request": request(*QUESTIONS.values(), **(soon if name == "hangs" else {})),
            "machine": {**NETWORK, **more},
        }
        for name, more in MACHINES.items()
    }
    cases["bad"] = {"request": request(*BAD.values()), "machine": NETWORK}
    return put(cases, tmp_path_factory.mktemp("machines"))


def seen(answers: Any, machine: str, question: str) -> Any:
    return answers[machine]["answer"]["observations"][str(list(QUESTIONS).index(question))]


def test_a_profile_is_told_by_numbers_and_without_what_this_windows_does_not_tell(answers):
    domain = seen(answers, "whole", "domain")["value"]

    assert domain["service"] == RUNS
    told = {name: one for name, one in domain["profile"].items() if one is not None}
    assert told == {
        "Enabled": 1,
        "DefaultInboundAction": 4,
        "DefaultOutboundAction": 2,
        "AllowInboundRules": 1,
        "LogMaxSizeKilobytes": 16384,
        "LogFileName": ["%systemroot%\\fw.log"],
        "DisabledInterfaceAliases": ["NotConfigured"],
    }
    private = seen(answers, "whole", "private")["value"]["profile"]
    assert (private["Enabled"], private["DisabledInterfaceAliases"]) == (2, ["Ethernet", "Übung"])


@pytest.mark.parametrize(
    ("machine", "question", "why"),
    [
        ("whole", "public", "no such profile was told"),
        ("unreadable", "domain", "the firewall cannot be read: RPC"),
        ("unreadable", "server", DENIED),
        ("unreadable", "client", DENIED),
        ("unreadable", "vpn", "RAS"),
        ("fails", "server", "Zugriff verweigert"),
        ("hangs", "domain", "no answer in 2 seconds"),
        ("too much", "domain", "101 texts"),
        ("too much", "vpn", "201 connections"),
        ("a driver without a key", "client", "nobody knows how it starts"),
    ],
)
def test_what_cannot_be_read_is_an_error_of_its_own(machine, question, why, answers):
    told = seen(answers, machine, question)

    assert told["state"] == "error", told
    assert why in told["reason"]
    assert seen(answers, machine, "schannel")["state"] == "value"


@pytest.mark.parametrize(("number", "why"), [("0", "domain, private or public"), ("1", "client or server")])
def test_what_no_windows_has_is_not_asked_for(number, why, answers):
    assert why in answers["bad"]["answer"]["observations"][number]["reason"]


def test_a_firewall_that_does_not_run_has_no_profiles_and_says_so(answers):
    assert seen(answers, "stopped", "public")["value"] == {"service": STOPPED, "profile": None}
    told = seen(answers, "stopped and told", "domain")["value"]
    assert (told["service"], told["profile"]["Enabled"]) == (STOPPED, 1)


def test_a_service_that_is_not_listed_is_told_as_such(answers):
    assert seen(answers, "no services", "domain")["value"]["service"] == GONE
    assert seen(answers, "no services", "server")["value"]["service"] == GONE


def test_smb_is_told_by_numbers(answers):
    server, client = seen(answers, "whole", "server")["value"], seen(answers, "whole", "client")["value"]

    assert (server["service"], server["driver"]) == (RUNS, None)
    assert server["configuration"] == {
        "EnableSMB1Protocol": 0,
        "RequireSecuritySignature": 1,
        "EncryptData": 0,
        "RejectUnencryptedAccess": 1,
        "Smb2DialectMin": None,
    }
    assert client["configuration"] == {
        "RequireSecuritySignature": 1,
        "EnableInsecureGuestLogons": 0,
        "RequireEncryption": 0,
        "Smb2DialectMin": 785,
    }
    assert client["driver"] == {"start": 3, "started": 1}


def test_a_disabled_service_need_not_tell_its_configuration(answers):
    assert seen(answers, "stopped", "server")["value"] == {"service": STOPPED, "configuration": None, "driver": None}
    client = seen(answers, "stopped", "client")["value"]
    assert (client["configuration"], client["driver"]) == (None, {"start": 3, "started": None})
    assert seen(answers, "stopped and told", "server")["value"]["configuration"]["RequireSecuritySignature"] == 1


def test_a_driver_is_not_there_where_neither_registry_nor_cim_has_it(answers):
    assert seen(answers, "nothing there", "client")["value"]["driver"] is None
    assert seen(answers, "a driver in the registry alone", "client")["value"]["driver"] == {"start": 3, "started": None}


def test_schannel_is_told_as_the_registry_keeps_it(answers):
    value = seen(answers, "whole", "schannel")["value"]
    protocols = value["protocols"]

    assert len(protocols) == 16
    assert protocols["TLS 1.0 server"] == {
        "enabled": {"view": 64, "type": 4, "data": 0},
        "disabled_by_default": {"view": 64, "type": 4, "data": 1},
    }
    assert protocols["TLS 1.0 client"]["enabled"] == {"view": 64, "absent": "value"}
    assert protocols["TLS 1.1 server"]["enabled"]["data"] == 4294967295
    assert protocols["TLS 1.1 client"]["enabled"] == {"view": 64, "error": "Zugriff verweigert"}
    assert protocols["SSL 3.0 server"]["enabled"] == {"view": 64, "type": 1, "data": "0"}
    assert protocols["SSL 2.0 client"]["enabled"] == {"view": 64, "absent": "key"}
    assert value["suites"] == {
        "policy": {"view": 64, "type": 1, "data": "TLS_A,TLS_B"},
        "local": {"view": 64, "type": 7, "data": ["TLS_C"]},
    }


def test_a_server_of_ldap_is_told_as_the_registry_keeps_it(answers):
    assert seen(answers, "whole", "ldap")["value"] == {
        "integrity": {"view": 64, "type": 4, "data": 2},
        "enforced": {"view": 64, "absent": "value"},
        "channel_binding": {"view": 64, "type": 4, "data": 1},
    }
    told = seen(answers, "nothing there", "ldap")
    assert (told["state"], "no key" in told["source"]) == ("absent", True)


def test_connections_are_told_without_their_secrets(answers):
    clinic, old = seen(answers, "whole", "vpn")["value"]["connections"]

    assert clinic == {
        "name": ["Clinic"],
        "tunnel": ["Ikev2"],
        "encryption": ["Custom"],
        "authentication": ["MachineCertificate"],
        "policy": {name: [one] for name, one in ALGORITHMS.items()},
    }
    assert (old["tunnel"], old["authentication"], old["policy"]) == (["Pptp"], ["Pap", "MsChapv2"], None)


def test_no_connections_and_no_client_are_two_answers(answers):
    assert seen(answers, "no connections", "vpn")["value"] == {"connections": []}
    assert seen(answers, "nothing there", "vpn")["state"] == "absent"
