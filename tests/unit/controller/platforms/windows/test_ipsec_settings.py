"""Rules of IPsec of the firewall, as the registry keeps them, are read by Microsoft's published grammar and judged by the supplement."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan, setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.reader import Reader

CATALOG = load_catalog()
(PLAN,) = make_plan(CATALOG, Selection(benchmarks=("supplement_windows",), level=1), {}, {})
RULE = {planned.rule.id: planned for planned in PLAN.benchmarks[0].rules}["windows_ipsec_strong"]
SERVER = {"build": "20348", "ubr": "1", "product_type": "ServerNT", "domain_role": "3", "edition": "ServerStandard", "installation_type": "Server"}  # fmt: skip
EXCHANGE, PACKETS = "{E5A5D32A-4BCE-4E4D-B07F-4AB1BA7E5FE1}", "{E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE2}"
OWN = "{CD863A4F-CD94-4763-AD25-69A1378D51EB}"
ABSENT = {"view": 64, "absent": "value"}
# Rules, id to text, as [MS-GPFAS] 4.3 has them; the sets that they name are those below.
TUNNEL = (
    "v2.10|Action=Secure|Active=TRUE|Profile=Private|Profile=Public|EP2_6=2006:1601::/32|EP2_6=2001:4898::-2001:4898:a0:5084:ffff:ffff:ffff:ffff|"
    "RTunnel6_2=2001:4898:e0:3084::2|Name=Tunnel From Internet To Corp|Desc=|Auth1Set={D842F406-E895-406A-AC35-9837B6D499F4}|"
    "Auth2Set={A75A5046-E377-45CC-BD25-EC0F8E601CE1}|Crypto2Set={CD863A4F-CD94-4763-AD25-69A1378D51EB}|EmbedCtxt=|"
)
EXEMPT = (
    "v2.10|Action=DoNotSecure|Protocol=6|Active=TRUE|EP1Port=5357|EP1Port=5358|EP2_4=157.56.56.23|EP2_4=157.56.59.42|"
    "Name=Exempt TCP Ports on Specific boxes|Desc=|EmbedCtxt=|"
)
# As found in a registry that somebody published.
DEFAULT = (
    "v2.33|Action=SecureServer|Name=Auth|Desc=|Active=TRUE|Auth1Set={E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE3}|"
    f"Auth2Set={{E5A5D32A-4BCE-4e4d-B07F-4AB1BA7E5FE4}}|Crypto2Set={PACKETS}|"
)
STRONG_EXCHANGE = {"KeyExchange": "ECDH-384", "Encryption": "AES-256", "2_1Hash": "SHA384", "SkipVersion": "2.0"}
STRONG_PACKETS = {
    "Protocol": "ESP",
    "2_1Encryption": "AES-GCM256",
    "2_1EspHash": "AES-GCM256",
    "SkipVersion": "2.0",
    "TimeOutMinutes": "60",
    "TimeOutKbytes": "100000",
}


def text(given):
    return {"view": 64, "type": 1, "data": given}


def texts(values):
    return {name: text(one) if isinstance(one, str) else one for name, one in values.items()}


def crypto_set(identity, *suites, **more):
    values = {"Version": "2.10", "Name": "Clinic", **more}
    listed = [{"index": f"{number:04}", "values": texts(suite)} for number, suite in enumerate(suites)]
    return {"id": identity, "values": texts(values), "suites": listed}


def exchange_set(*suites, identity=EXCHANGE, **more):
    return crypto_set(identity, *(suites or [STRONG_EXCHANGE]), **more)


def packet_set(*suites, identity=OWN, **more):
    return crypto_set(identity, *(suites or [STRONG_PACKETS]), **{"PFS": "Disable", **more})


def numbered(rules):
    return [{"id": f"{{{number}}}", "value": text(one)} for number, one in enumerate(rules)]


def store(rules=(), main_mode=(), exchange=(), packets=(), renamed=(None, None)):
    told: dict[str, object] = {"connection": numbered(rules), "main_mode": numbered(main_mode)}
    for name, sets, other in (("exchange", exchange, renamed[0]), ("packets", packets, renamed[1])):
        told[name] = {"sets": list(sets), "renamed": text(other) if other else ABSENT}
    return told


def answer(policy=None, local=None, **merge):
    profiles = {name: {"view": 64, "type": 4, "data": merge[name]} if name in merge else ABSENT for name in ("domain", "private", "public")}  # fmt: skip
    return {"state": "value", "source": "there", "value": {"policy": policy or store(), "local": local or store(), "merge": profiles}}  # fmt: skip


def read(seen):
    return Reader({"windows": SERVER}).read("ipsec", {}, seen)


def judged(seen):
    key = setting_key({"kind": "ipsec", "address": {}})
    return Judge(CATALOG.platforms["windows"], {key: seen}, {"windows": SERVER}).judge(RULE)


def whole(rule=TUNNEL, suites=(), exchange=(), **more):
    """Return an answer with one rule of a policy and its own sets."""
    return answer(store([rule], exchange=[exchange_set(*exchange)], packets=[packet_set(*suites, **more)]))


def test_a_published_rule_is_told_with_the_algorithms_of_its_sets():
    aes = {"Protocol": "ESP", "Encryption": "AES-128", "EspHash": "SHA1", "TimeOutMinutes": "60"}
    given = answer(
        store([TUNNEL, EXEMPT], exchange=[exchange_set()], packets=[packet_set(aes, {**aes, "Encryption": "3DES"})])
    )

    told = read(given)["value"]

    first, second = told["rules"]
    assert first == {
        "name": "Tunnel From Internet To Corp",
        "store": "policy",
        "action": "secure",
        "encrypts": True,
        "packets": [
            {"protocol": "esp", "encryption": "aes-128", "integrity": "sha1", "forward_secrecy": "none"},
            {"protocol": "esp", "encryption": "3des", "integrity": "sha1", "forward_secrecy": "none"},
        ],
    }
    assert (second["action"], second["packets"], second["encrypts"]) == ("do_not_secure", [], False)
    assert told["exchange"] == [{"encryption": "aes-256", "integrity": "sha384", "key_exchange": "ecdh-384"}]
    assert judged(given).outcome == "fail"


def test_what_windows_offers_by_itself_is_weak():
    told = read(answer(local=store([DEFAULT])))["value"]

    assert [(suite["protocol"], suite["encryption"]) for suite in told["rules"][0]["packets"]] == [
        ("esp", "none"),
        ("esp", "aes-128"),
        ("esp", "3des"),
        ("ah", "none"),
    ]
    assert {suite["key_exchange"] for suite in told["exchange"]} == {"dh2"}
    assert told["default"] == {"exchange": told["exchange"], "packets": told["rules"][0]["packets"]}
    assert judged(answer(local=store([DEFAULT]))).outcome == "fail"


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({}, "pass"),
        *(({"2_1Encryption": f"AES-GCM{bits}", "2_1EspHash": f"AES-GCM{bits}"}, "pass") for bits in (128, 192)),
        *(({"2_1Encryption": None, "Encryption": f"AES-{bits}", "2_1EspHash": "SHA256"}, "pass") for bits in (128, 192, 256)),
        ({"2_1Encryption": None, "Encryption": "AES-256", "2_1EspHash": None, "EspHash": "SHA1"}, "pass"),
        ({"2_1Encryption": None, "Encryption": "AES-256", "2_1EspHash": None, "EspHash": "MD5"}, "fail"),
        # A cipher without any code can be changed on the way.
        ({"2_1Encryption": None, "Encryption": "AES-256", "2_1EspHash": None}, "fail"),
        ({"2_1Encryption": None, "Encryption": "3DES", "2_1EspHash": "SHA256"}, "fail"),
        ({"2_1Encryption": None, "Encryption": "DES", "2_1EspHash": "SHA256"}, "fail"),
        ({"Protocol": "AH&ESP", "2_1Encryption": None, "Encryption": "AES-256", "2_1EspHash": "SHA256", "2_1AhHash": "SHA256"}, "pass"),
        ({"Protocol": "AH&ESP", "2_1Encryption": None, "Encryption": "AES-256", "2_1EspHash": "SHA256"}, "error"),
        ({"2_1EspHash": "AES-GCM128"}, "error"),
        ({"2_1EspHash": None}, "error"),
        ({"2_1Encryption": None, "2_1EspHash": None}, "error"),
        ({"2_1Encryption": "AES-GCM512"}, "error"),
        ({"Encryption": "aes-256", "2_1Encryption": None}, "error"),
        # Both are the cipher, and which counts nobody says.
        ({"Encryption": "AES-256"}, "error"),
        ({"2_1EspHash": "SHA512"}, "error"),
        ({"Protocol": "GRE"}, "error"),
        ({"Protocol": None}, "error"),
        ({"2_40Encryption": "AES-GCM256"}, "error"),
        ({"SkipVersion": "2.28"}, "pass"),
        # Server 2019 is 2.29 and would leave it out, Server 2022 not.
        ({"SkipVersion": "2.29"}, "error"),
        ({"SkipVersion": "two"}, "error"),
        ({"Protocol": {"view": 64, "type": 4, "data": 1}}, "error"),
        ({"Protocol": {"view": 64, "error": "denied"}}, "error"),
    ],
)  # fmt: skip
def test_each_suite_of_packets_is_strong(change, outcome):
    suite = {name: one for name, one in {**STRONG_PACKETS, **change}.items() if one is not None}

    assert judged(whole(suites=[suite])).outcome == outcome
    # One that is weak is enough, whichever comes first.
    assert judged(whole(suites=[STRONG_PACKETS, suite])).outcome == outcome


@pytest.mark.parametrize(
    "suite",
    [
        {"Protocol": "ESP", "2_1EspHash": "SHA256"},
        {"Protocol": "AH", "AhHash": "SHA1"},
        {"2_9Protocol": "AUTH_NO_ENCAP", "2_1EspHash": "SHA256"},
    ],
)
def test_packets_that_are_not_encrypted_are_weak_where_encryption_is_meant_and_no_encryption_where_it_is_not(suite):
    assert judged(whole(suites=[STRONG_PACKETS, suite])).outcome == "fail"
    alone = judged(whole(suites=[suite]))
    assert (alone.outcome, read(whole(suites=[suite]))["value"]["rules"][0]["encrypts"]) == ("not_applicable", False)


def test_a_rule_that_only_tells_who_speaks_has_a_strong_code_too():
    beside = TUNNEL.replace(OWN, "{1}").replace("Name=Tunnel", "Name=Domain")

    def both(code):
        sets = [packet_set(), packet_set({"Protocol": "ESP", "EspHash": code}, identity="{1}")]
        return answer(store([TUNNEL, beside], exchange=[exchange_set()], packets=sets))

    assert judged(both("SHA1")).outcome == "pass"
    assert judged(both("MD5")).outcome == "fail"


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        *(({"KeyExchange": group}, "pass") for group in ("DH2048", "ECDH-256", "ECDH-384")),
        *(({"KeyExchange": group}, "fail") for group in ("DH1", "DH2")),
        ({"KeyExchange": None, "2_16KeyExchange": "DH24"}, "fail"),
        ({"KeyExchange": None, "2_16KeyExchange": "ECDH-256"}, "pass"),
        ({"2_16KeyExchange": "ECDH-384"}, "pass"),
        ({"2_16KeyExchange": "DH24"}, "error"),
        ({"KeyExchange": "DH4096"}, "error"),
        ({"KeyExchange": None}, "error"),
        *(({"Encryption": cipher}, "pass") for cipher in ("AES-128", "AES-192")),
        *(({"Encryption": cipher}, "fail") for cipher in ("DES", "3DES")),
        ({"Encryption": "AES-GCM256"}, "error"),
        ({"Encryption": None}, "error"),
        ({"2_1Hash": "SHA256"}, "pass"),
        ({"2_1Hash": None, "Hash": "SHA1"}, "pass"),
        ({"2_1Hash": None, "Hash": "MD5"}, "fail"),
        ({"2_1Hash": None}, "error"),
    ],
)
def test_keys_are_exchanged_by_strong_algorithms(change, outcome):
    suite = {name: one for name, one in {**STRONG_EXCHANGE, **change}.items() if one is not None}

    assert judged(whole(exchange=[suite])).outcome == outcome


@pytest.mark.parametrize(
    ("secrecy", "outcome"),
    [
        *(({"PFS": word}, "pass") for word in ("Disable", "EnableDHFromPhase1", "ReKeyDH2048", "ReKeyECDH256", "ReKeyECDH384")),
        *(({"PFS": word}, "fail") for word in ("ReKeyDH1", "ReKeyDH2")),
        ({"PFS": "Disable", "2_16PFS": "Disable"}, "pass"),
        ({"PFS": "ReKeyDH2048", "2_16PFS": "ReKeyDH24"}, "error"),
        ({"PFS": "ReKeyDH3072"}, "error"),
        ({"Version": "2.34"}, "error"),
        ({"Version": "1.0"}, "error"),
        ({"NextBigThing": "1"}, "error"),
    ],
)  # fmt: skip
def test_what_a_set_says_beside_its_suites_is_judged(secrecy, outcome):
    assert judged(whole(**secrecy)).outcome == outcome


@pytest.mark.parametrize(
    ("old", "new", "outcome"),
    [
        ("Action=Secure|", "Action=SecureServer|", "pass"),
        # A rule that only asks lets all pass that does not answer.
        ("Action=Secure|", "Action=Boundary|", "not_applicable"),
        ("Active=TRUE", "Active=FALSE", "not_applicable"),
        ("Active=TRUE|", "", "not_applicable"),
        ("v2.10", "v2.0", "pass"),
        ("v2.10", "v2.33", "pass"),
        ("v2.10", "v2.34", "error"),
        ("v2.10", "v3.0", "error"),
        ("v2.10", "v1.9", "error"),
        ("v2.10", "2.10", "error"),
        ("v2.10", "v2", "error"),
        ("Action=Secure|", "Action=Encrypt|", "error"),
        ("Action=Secure|", "", "error"),
        ("Action=Secure|", "Action=Secure|Action=Boundary|", "error"),
        ("Active=TRUE", "Active=true", "error"),
        ("Active=TRUE", "Active=TRUE|Active=FALSE", "error"),
        ("Profile=Private", "Profile=Home", "error"),
        ("Desc=|", "Desc=|Cipher=Rot13|", "error"),
        ("Desc=|", "Desc|", "error"),
        ("Desc=|", "Desc=|KeyMod=IkeV2|KeyMod=AuthIP|SecurityRealmEnabled=FALSE|FwdLifetime=0|", "pass"),
        ("Desc=|", "Desc=|KeyMod=IkeV3|", "error"),
        ("Desc=|", "Desc=a=b|", "pass"),
        ("EmbedCtxt=|", "EmbedCtxt=", "error"),
        ("EmbedCtxt=|", "EmbedCtxt=||", "error"),
        ("Desc=|", "Desc=|SkipVer=2.10|", "pass"),
        ("Desc=|", "Desc=|SkipVer=2.31|", "error"),
        ("Desc=|", "Desc=|Platform=2:6:1|Platform2=GTEQ|", "pass"),
        ("Desc=|", "Desc=|Platform=2:10:0|", "pass"),
        ("Desc=|", "Desc=|Platform=2:6:1|", "not_applicable"),
        ("Desc=|", "Desc=|Platform=2:6:1|Platform=2:11:0|Platform2=GTEQ|", "not_applicable"),
        ("Desc=|", "Desc=|Platform=Windows|", "error"),
        ("Desc=|", "Desc=|Platform2=GTEQ|", "error"),
        (f"Crypto2Set={OWN}|", "", "error"),
        (f"Crypto2Set={OWN}|", "Crypto2Set={0}|", "error"),
        (f"Crypto2Set={OWN}|", f"Crypto2Set={OWN.lower()}|", "pass"),
        # A rule for all profiles names none.
        ("Profile=Private|Profile=Public|", "", "pass"),
    ],
)
def test_a_rule_is_read_by_the_published_grammar(old, new, outcome):
    assert old in TUNNEL

    told = judged(whole(TUNNEL.replace(old, new)))

    assert told.outcome == outcome, told


WEAK_EXCHANGE = exchange_set({**STRONG_EXCHANGE, "KeyExchange": "DH1"})


@pytest.mark.parametrize(
    ("policy", "local", "outcome"),
    [
        (store(), store([DEFAULT], exchange=[exchange_set()], packets=[packet_set(identity=PACKETS)]), "pass"),
        # A policy keeps the set for all rules by another id, and says by which.
        (store([DEFAULT], exchange=[exchange_set(identity="{1}")], packets=[packet_set(identity="{2}")], renamed=("{1}", "{2}")), store(), "pass"),
        (store([DEFAULT], exchange=[exchange_set(identity="{1}")], packets=[packet_set(identity="{2}")], renamed=("{1}", "{3}")), store(), "error"),
        # That of a policy goes before the machine's own, for rules of both stores.
        (store(exchange=[exchange_set()], packets=[packet_set(identity=PACKETS)]), store([DEFAULT], exchange=[WEAK_EXCHANGE]), "pass"),
        (store(exchange=[WEAK_EXCHANGE], packets=[packet_set(identity=PACKETS)]), store([DEFAULT], exchange=[exchange_set()]), "fail"),
        (store([DEFAULT]), store(exchange=[exchange_set()], packets=[packet_set(identity=PACKETS)]), "pass"),
        (store([DEFAULT]), store(exchange=[exchange_set()]), "fail"),
        # A set that both have under one id counts in both.
        (store([TUNNEL], exchange=[exchange_set()], packets=[packet_set()]), store(packets=[packet_set({"Protocol": "AH", "AhHash": "SHA1"})]), "fail"),
        (store([TUNNEL], exchange=[exchange_set()]), store(packets=[packet_set()]), "pass"),
        # Rules of both count.
        (store([TUNNEL], exchange=[exchange_set()], packets=[packet_set()]), store([DEFAULT]), "fail"),
        # A set that no rule names spoils nothing.
        (store([TUNNEL], exchange=[exchange_set()], packets=[packet_set()]), store(packets=[crypto_set("{9}")]), "pass"),
    ],
)  # fmt: skip
def test_policies_and_the_machines_own_are_merged_as_windows_does(policy, local, outcome):
    told = judged(answer(policy, local))

    assert told.outcome == outcome, told


OFF = {"domain": 0, "private": 0, "public": 0}


@pytest.mark.parametrize(
    ("merge", "outcome"),
    [
        ({}, "pass"),
        ({"private": 1, "public": 1}, "pass"),
        # The rule is for two profiles, and one is enough.
        ({"domain": 0, "private": 0}, "pass"),
        ({"private": 0, "public": 0}, "not_applicable"),
        (OFF, "not_applicable"),
        ({"public": 2}, "error"),
    ],
)
def test_a_policy_can_leave_out_the_machines_own_rules(merge, outcome):
    given = store([TUNNEL], exchange=[exchange_set()], packets=[packet_set()])

    assert judged(answer(local=given, **merge)).outcome == outcome
    # Its own it never leaves out.
    assert judged(answer(given, **OFF)).outcome == "pass"


MAIN = "v2.33|Profile=Domain|Auth1Set={A}|Crypto1Set={B}|EP2_4=10.0.0.0/255.0.0.0|Name=Lab|Active=TRUE|"


@pytest.mark.parametrize(
    ("rule", "group", "outcome"),
    [
        (MAIN, "DH2048", "pass"),
        (MAIN, "DH2", "fail"),
        (MAIN.replace("TRUE", "FALSE"), "DH2", "pass"),
        (MAIN.replace("{B}", "{C}"), "DH2048", "error"),
        (MAIN.replace("Crypto1Set={B}|", ""), "DH2048", "error"),
        (MAIN.replace("{B}", EXCHANGE), "DH2", "pass"),
        (MAIN.replace("|Active", "|Action=Secure|Active"), "DH2048", "error"),
        (MAIN.replace("v2.33", "v2.99"), "DH2048", "error"),
    ],
)
def test_main_mode_rules_may_exchange_keys_by_sets_of_their_own(rule, group, outcome):
    other = exchange_set({**STRONG_EXCHANGE, "KeyExchange": group}, identity="{B}")
    given = answer(store([TUNNEL], [rule], exchange=[exchange_set(), other], packets=[packet_set()]))

    told = judged(given)

    assert told.outcome == outcome, told


def test_without_an_active_rule_nothing_is_judged():
    assert read(answer())["state"] == "absent"
    assert judged(answer()).outcome == "not_applicable"
    exempt = answer(store([EXEMPT], exchange=[crypto_set(EXCHANGE)]))
    assert read(exempt)["value"]["exchange"] == []
    assert judged(exempt).outcome == "not_applicable"


def changed(path, new):
    """Return an answer of which one part is another."""
    given = copy.deepcopy(whole())
    place = given["value"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = new
    return given


@pytest.mark.parametrize(
    "given",
    [
        {"state": "error", "reason": "access is denied"},
        {"state": "value", "value": "rules"},
        {"state": "value", "value": {"policy": store(), "local": store()}, "source": "there"},
        changed(["policy"], None),
        changed(["policy", "connection"], None),
        changed(["policy", "connection"], ["rule"]),
        changed(["policy", "connection"], [{"id": "{0}", "value": text(EXEMPT)}] * 1001),
        changed(["policy", "connection", 0, "id"], 7),
        changed(["policy", "connection", 0, "value"], None),
        changed(["policy", "connection", 0, "value"], ABSENT),
        changed(["policy", "connection", 0, "value"], {"view": 64, "type": 2, "data": TUNNEL}),
        changed(["policy", "connection", 0, "value"], {"view": 64, "error": "longer than 65536"}),
        changed(["policy", "main_mode"], None),
        changed(["policy", "exchange"], None),
        changed(["policy", "exchange", "renamed"], None),
        changed(["policy", "exchange", "renamed"], {"view": 64, "type": 4, "data": 1}),
        changed(["policy", "packets", "sets"], None),
        changed(["policy", "packets", "sets"], ["set"]),
        changed(["policy", "packets", "sets", 0, "suites"], []),
        changed(["policy", "packets", "sets", 0, "suites", 0], "AES"),
        changed(["policy", "packets", "sets", 0, "suites", 0, "values"], None),
        changed(["policy", "packets", "sets", 0, "values"], {}),
        changed(["policy", "packets", "sets", 0, "values"], {"Version": text("2.10")}),
    ],
)
def test_an_answer_that_is_not_understood_is_an_error(given):
    told = judged(given)

    assert told.outcome == "error", told
