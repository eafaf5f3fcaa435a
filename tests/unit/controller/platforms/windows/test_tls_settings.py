"""Which protocols and suites Windows' own TLS speaks, of what its registry keeps and of the release."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import matchers
from tests.unit.controller.platforms.windows.test_network_settings import CATALOG, NONE, SERVER, dword, judged, value
from tests.unit.controller.platforms.windows.test_reader import check

WORKSTATION = {**SERVER, "product_type": "WinNT", "domain_role": "1", "edition": "Enterprise", "installation_type": "Client"}  # fmt: skip
PROTOCOLS = ("SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3", "DTLS 1.0", "DTLS 1.2")
NO_LIST = {"view": 64, "absent": "key"}


def schannel(policy=None, local=None, **protocols):
    """Return an answer: by protocol and side (``TLS_1_0_server``) what Enabled and DisabledByDefault are, else neither."""
    local = NO_LIST if local is None else local
    policy = NO_LIST if policy is None else policy
    given = {
        f"{name} {side}": {"enabled": NONE, "disabled_by_default": NONE}
        for name in PROTOCOLS
        for side in ("client", "server")
    }
    for name, (enabled, by_default) in protocols.items():
        kind, major, minor, side = name.split("_")
        given[f"{kind} {major}.{minor} {side}"] = {
            "enabled": enabled if isinstance(enabled, dict) else NONE if enabled is None else dword(enabled),
            "disabled_by_default": NONE if by_default is None else dword(by_default),
        }
    return value({"protocols": given, "suites": {"policy": policy, "local": local}})


def spoken(protocol, answer, facts=SERVER, side="server", **expect):
    setting = {"kind": "schannel", "protocol": protocol, "side": side, "expect": expect or {"one_of": ["off", "not_there"]}}  # fmt: skip
    return check(setting, answer, facts)


@pytest.mark.parametrize(
    ("enabled", "by_default", "word", "outcome"),
    [
        (0, None, "off", "pass"),
        (0, 1, "off", "pass"),
        (0, 0, "off", "pass"),
        (1, 0, "on", "fail"),
        (4294967295, 0, "on", "fail"),
        (1, None, "on", "fail"),
        (None, 0, "on", "fail"),
        # A program that asks for it still gets it.
        (1, 1, "by_request", "fail"),
        (None, 1, "by_request", "fail"),
        (None, 4294967295, "by_request", "fail"),
    ],
)
def test_a_protocol_is_off_where_no_program_gets_it(enabled, by_default, word, outcome):
    told = spoken("TLS 1.0", schannel(TLS_1_0_server=(enabled, by_default)))

    assert (told.outcome, told.observed) == (outcome, f"in_force: {word}, configured: {word}")


@pytest.mark.parametrize(
    ("protocol", "build", "facts", "outcome", "observed"),
    [
        ("TLS 1.0", "17763", SERVER, "fail", "in_force: on, configured: absent"),
        ("TLS 1.1", "20348", SERVER, "fail", "in_force: on, configured: absent"),
        ("TLS 1.0", "26100", SERVER, "fail", "in_force: on, configured: absent"),
        ("TLS 1.0", "22631", WORKSTATION, "fail", "in_force: on, configured: absent"),
        # Of these nobody has said it yet.
        ("TLS 1.0", "26200", WORKSTATION, "fail", "absent"),
        ("SSL 3.0", "20348", SERVER, "fail", "in_force: by_request, configured: absent"),
        ("SSL 2.0", "20348", SERVER, "pass", "in_force: not_there, configured: not_there"),
        ("SSL 2.0", "28000", WORKSTATION, "pass", "in_force: not_there, configured: not_there"),
    ],
)
def test_without_a_value_the_release_says_what_is_in_force(protocol, build, facts, outcome, observed):
    told = spoken(protocol, schannel(), {**facts, "build": build})

    assert (told.outcome, told.observed) == (outcome, observed)


def test_what_a_release_has_not_is_not_there_whatever_its_values_say():
    told = spoken("SSL 2.0", schannel(SSL_2_0_server=(4294967295, 0)))

    assert (told.outcome, told.observed) == ("fail", "in_force: not_there, configured: on")


def test_the_newest_protocol_is_not_there_in_the_oldest_release():
    assert spoken("TLS 1.3", schannel(), {**SERVER, "build": "17763"}, equals="not_there").outcome == "pass"
    assert "in_force: on" in spoken("TLS 1.3", schannel(), equals="not_there").observed


@pytest.mark.parametrize(
    ("enabled", "why"),
    [
        ({"view": 64, "type": 1, "data": "0"}, "it is REG_SZ, and Windows reads REG_DWORD there"),
        ({"view": 64, "error": "Zugriff verweigert"}, "Zugriff verweigert"),
        ({"view": 64}, "neither an absence"),
    ],
)
def test_a_value_that_schannel_would_not_read_so_is_an_error_of_its_protocol_alone(enabled, why):
    answer = schannel(TLS_1_0_server=(enabled, None), TLS_1_1_server=(0, 1))

    told = spoken("TLS 1.0", answer)
    assert told.outcome == "error"
    assert why in told.reason
    assert spoken("TLS 1.1", answer).outcome == "pass"


def test_a_release_that_is_not_known_is_an_error():
    assert spoken("TLS 1.0", schannel(), {**SERVER, "build": "14393"}).outcome == "error"


ALL_OFF = {f"{name}_{side}": (0, 1) for name in ("SSL_3_0", "TLS_1_0", "TLS_1_1") for side in ("client", "server")}


@pytest.mark.parametrize(
    ("rule", "side"),
    [("windows_ssl_off", "SSL_3_0_client"), ("windows_ssl_off", "SSL_3_0_server"), ("windows_ssl_off", "SSL_2_0_server"),
     ("windows_tls_server_versions", "TLS_1_0_server"), ("windows_tls_server_versions", "TLS_1_1_server"),
     ("windows_tls_client_versions", "TLS_1_0_client"), ("windows_tls_client_versions", "TLS_1_1_client")],
)  # fmt: skip
def test_the_rules_look_at_each_protocol_on_each_side(rule, side):
    assert judged(rule, SERVER, ("schannel", {}, schannel(**ALL_OFF))).outcome == "pass"
    assert judged(rule, SERVER, ("schannel", {}, schannel(**{**ALL_OFF, side: (1, 0)}))).outcome == "fail"


def by_policy(text, kind=1):
    return {"view": 64, "type": kind, "data": text}


GOOD = "TLS_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
OWN = {"view": 64, "type": 7, "data": GOOD.split(",")}
WEAK = {"view": 64, "type": 7, "data": ["TLS_AES_256_GCM_SHA384", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"]}


@pytest.mark.parametrize(
    ("policy", "local", "outcome"),
    [
        (by_policy(GOOD), WEAK, "pass"),
        (by_policy(GOOD.replace(",", ", ")), WEAK, "pass"),
        (NO_LIST, OWN, "pass"),
        (NO_LIST, WEAK, "fail"),
        # The policy takes the place of the machine's own list.
        (by_policy(GOOD + ",TLS_RSA_WITH_NULL_SHA"), OWN, "fail"),
        (by_policy("TLS_RSA_WITH_AES_256_GCM_SHA384"), OWN, "fail"),
        (by_policy("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384_P256"), OWN, "fail"),
        (by_policy(""), OWN, "error"),
        (by_policy(GOOD + ","), OWN, "error"),
        (by_policy(GOOD.split(","), 7), OWN, "error"),
        ({"view": 64, "error": "no"}, OWN, "error"),
        (NO_LIST, NO_LIST, "error"),
        (NO_LIST, {"view": 64, "type": 7, "data": []}, "error"),
        (NO_LIST, by_policy(GOOD), "error"),
    ],
)
def test_only_strong_suites_are_offered(policy, local, outcome):
    told = judged("windows_tls_suites_strong", SERVER, ("schannel", {}, schannel(policy, local)))

    assert told.outcome == outcome, told


@pytest.mark.parametrize(
    ("suite", "taken"),
    [
        ("TLS_RSA_WITH_AES_256_GCM_SHA384", True),
        ("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", True),
        ("TLS_RSA_WITH_NULL_SHA256", False),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", False),
        ("TLS_RSA_WITH_RC4_128_SHA", False),
        ("TLS_PSK_WITH_AES_256_GCM_SHA384", False),
        ("SSL_CK_RC4_128_WITH_MD5", False),
    ],
)
def test_a_site_may_take_old_suites_and_no_broken_ones(suite, taken):
    parameter = CATALOG.parameters["windows_tls_cipher_suites"]

    assert parameter.bound is not None
    assert matchers.matches(parameter.bound, parameter.default)
    assert matchers.matches(parameter.bound, [suite]) is taken


@pytest.mark.parametrize(("number", "outcome"), [(1, "pass"), (0, "fail"), (None, "fail")])
def test_programs_of_dotnet_use_strong_algorithms_in_both_views(number, outcome):
    key = {"key": "SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319", "name": "SchUseStrongCrypto"}
    narrow = {"state": "absent"} if number is None else value({"view": 32, "type": 4, "data": number})

    told = judged(
        "windows_dotnet_strong_crypto", SERVER, ("registry", key, value(dword(1))), ("registry", {**key, "view": 32}, narrow)
    )  # fmt: skip

    assert told.outcome == outcome
