"""What windows_observe answers of the firewall's rules of IPsec of recorded machines."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from tests.unit.target.windows.test_windows_observe import REGISTRY, put, request

pytestmark = pytest.mark.pwsh

POLICY = "LocalMachine\\64\\SOFTWARE\\Policies\\Microsoft\\WindowsFirewall\\"
LOCAL = "LocalMachine\\64\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\"
OWN = "{CD863A4F-CD94-4763-AD25-69A1378D51EB}"
PRIMARY = "{E5A5D32A-4BCE-4E4D-B07F-4AB1BA7E5FE2}"
RULE = "v2.33|Action=Secure|Active=TRUE|Name=Übung|Crypto2Set={CD863A4F-CD94-4763-AD25-69A1378D51EB}|"
ABSENT = {"view": 64, "absent": "key"}
SET = POLICY + "Phase2CryptoSets\\" + OWN
KEPT: Dict[str, Any] = {
    **REGISTRY,
    POLICY + "ConSecRules": {"={2}": [1, RULE], "={1}": [4, 7]},
    POLICY + "Phase2CryptoSets": {"=" + PRIMARY: [1, OWN]},
    SET: {"=Version": [1, "2.10"], "=PFS": [1, "Disable"]},
    SET + "\\0001": {"=Protocol": [1, "AH"], "=2_99Hash": [1, "SHA3"]},
    SET + "\\0000": {"=Protocol": [1, "ESP"], "=2_1Encryption": [1, "AES-GCM256"]},
    POLICY + "DomainProfile": {"=AllowLocalIPsecPolicyMerge": [4, 0]},
    LOCAL + "ConSecRules": {"={3}": [1, RULE]},
    LOCAL + "MainModeRules": {"={4}": [1, "v2.33|Active=TRUE|Crypto1Set={B}|"]},
    LOCAL + "Phase1CryptoSet\\{B}": {"=Version": [1, "2.33"]},
    LOCAL + "Phase1CryptoSet\\{B}\\0000": {"=KeyExchange": [1, "DH2048"]},
    # A key of its own that an authentication may go by is not looked at.
    LOCAL + "Phase1AuthenticationSets\\{A}\\0000": {"=PresharedKey": [1, "never sent"]},
}
MACHINES: Dict[str, Dict[str, Any]] = {
    "whole": KEPT,
    "nothing": REGISTRY,
    "locked": {**KEPT, LOCAL + "ConSecRules": "Zugriff verweigert"},
    "too many rules": {**KEPT, LOCAL + "ConSecRules": {"={%d}" % number: [1, RULE] for number in range(1001)}},
    "too much text": {**KEPT, LOCAL + "ConSecRules": {"={%d}" % number: [1, "v2.33|" * 10000] for number in range(5)}},
    "a rule that is too long": {**KEPT, LOCAL + "ConSecRules": {"={3}": [1, "x" * 65537]}},
    "too many sets": {**KEPT, **{LOCAL + "Phase1CryptoSet\\{%d}" % number: {} for number in range(201)}},
    "too many suites": {**KEPT, **{SET + "\\%04d" % number: {} for number in range(51)}},
    "too many values": {**KEPT, SET: {"=%d" % number: [1, "x"] for number in range(51)}},
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    asked = request(["ipsec", {}], ["ldap_server", {}])
    cases = {name: {"request": asked, "machine": {"registry": kept}} for name, kept in MACHINES.items()}
    return put(cases, tmp_path_factory.mktemp("machines"), "recorded_people.ps1")


def seen(answers: Any, machine: str) -> Any:
    return answers[machine]["answer"]["observations"]["0"]


def text(given: str) -> Dict[str, Any]:
    return {"view": 64, "type": 1, "data": given}


def test_rules_and_sets_of_both_stores_are_told_as_the_registry_keeps_them(answers):
    told = seen(answers, "whole")
    value = told["value"]

    assert told["state"] == "value"
    assert value["policy"]["connection"] == [
        {"id": "{1}", "value": {"view": 64, "type": 4, "data": 7}},
        {"id": "{2}", "value": text(RULE)},
    ]
    assert value["policy"]["packets"] == {
        "renamed": text(OWN),
        "sets": [
            {
                "id": OWN,
                "values": {"Version": text("2.10"), "PFS": text("Disable")},
                "suites": [
                    {"index": "0000", "values": {"Protocol": text("ESP"), "2_1Encryption": text("AES-GCM256")}},
                    {"index": "0001", "values": {"Protocol": text("AH"), "2_99Hash": text("SHA3")}},
                ],
            },
        ],
    }
    assert value["policy"]["main_mode"] == []
    assert value["policy"]["exchange"] == {"sets": [], "renamed": ABSENT}
    assert value["local"]["connection"] == [{"id": "{3}", "value": text(RULE)}]
    assert [one["id"] for one in value["local"]["main_mode"]] == ["{4}"]
    assert value["local"]["exchange"]["sets"] == [
        {
            "id": "{B}",
            "values": {"Version": text("2.33")},
            "suites": [{"index": "0000", "values": {"KeyExchange": text("DH2048")}}],
        },
    ]
    assert value["merge"] == {"domain": {"view": 64, "type": 4, "data": 0}, "private": ABSENT, "public": ABSENT}
    assert "never sent" not in str(told)


def test_a_host_without_rules_has_empty_stores(answers):
    value = seen(answers, "nothing")["value"]

    empty = {"sets": [], "renamed": ABSENT}
    for name in ("policy", "local"):
        assert value[name] == {"connection": [], "main_mode": [], "exchange": empty, "packets": empty}


@pytest.mark.parametrize(
    ("machine", "why"),
    [
        ("locked", "access is denied"),
        ("too many rules", "has 1001 values"),
        ("too much text", "more than 262144 characters"),
        ("too many sets", "sets, more than are taken"),
        ("too many suites", "has 51 suites"),
        ("too many values", "has 51 values"),
    ],
)
def test_what_is_too_much_or_may_not_be_read_is_an_error_of_its_own(machine, why, answers):
    told = seen(answers, machine)

    assert (told["state"], why in told["reason"]) == ("error", True), told
    assert answers[machine]["answer"]["observations"]["1"]["state"] != "error"


def test_a_value_that_cannot_be_read_is_an_error_in_its_place(answers):
    (long,) = seen(answers, "a rule that is too long")["value"]["local"]["connection"]
    assert "longer than 65536" in long["value"]["error"]
