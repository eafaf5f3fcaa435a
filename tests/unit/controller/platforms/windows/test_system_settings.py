"""Features, updates, time, WinRM and the source of a value, as read of raw material, and the supplement's rules on them."""

from __future__ import annotations

import base64
import struct
from datetime import date, timedelta

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import (
    lifecycle,
    update_history,
    update_settings,
)
from tests.unit.controller.platforms.windows.judged import ALONE, CLIENT, GONE, MAIN, SERVER, read, rule

TODAY = date(2026, 11, 30)


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(update_settings, "today", lambda: TODAY)


FEATURES = ("windows_smb1_not_installed", "windows_telnet_not_installed", "windows_powershell2_not_installed")


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize(
    ("state", "outcome"),
    [(1, "fail"), (2, "pass"), (3, "pass"), (4, "fail"), (0, "error"), (None, "error"), (True, "error")],
)
def test_old_features_are_off_or_gone(name, state, outcome):
    assert rule(name, {"install_state": state}).outcome == outcome
    assert rule(name, GONE).outcome == "pass"
    assert rule(name, {"state": "error", "reason": "no class"}).outcome == "error"


@pytest.mark.parametrize(
    ("name", "last"),
    [
        (FEATURES[0], "SMB1Protocol"),
        (FEATURES[0], "SMB1Protocol-Client"),
        (FEATURES[0], "SMB1Protocol-Server"),
        (FEATURES[1], "TelnetClient"),
        (FEATURES[1], "TelnetServer"),
        (FEATURES[2], "MicrosoftWindowsPowerShellV2"),
        (FEATURES[2], "MicrosoftWindowsPowerShellV2Root"),
    ],
)
def test_each_part_of_a_feature_counts(name, last):
    assert rule(name, lambda address: {"install_state": 1 if address["name"] == last else 2}).outcome == "fail"


ROLLUP = "Package_for_RollupFix~31bf3856ad364e35~amd64~~20348.5870.1.7"


def dword(data):
    return {"view": 64, "type": 4, "data": data}


NOTHING = {"view": 64, "absent": "value"}


def rollup(day, name=ROLLUP, state=112):
    ticks = ((day - date(1601, 1, 1)).days * 86400 + 43200) * 10**7
    return {"name": name, "CurrentState": dword(state), "InstallTimeHigh": dword(ticks >> 32), "InstallTimeLow": dword(ticks & 0xFFFFFFFF)}  # fmt: skip


def store(*rollups, **more):
    return {"rollups": [*rollups], "restart_pending": False, "paused_until": NOTHING, **more}


def ago(days):
    return TODAY - timedelta(days=days)


def test_the_document_of_the_update_that_runs():
    older = rollup(ago(1), ROLLUP.replace("5870", "5761"), 80)
    paused = {"view": 64, "type": 1, "data": "2026-12-24T00:00:00Z"}

    told = read({"kind": "installed_update"}, store(older, rollup(ago(20)), restart_pending=True, paused_until=paused))

    assert told == {
        "build": 20348,
        "revision": 5870,
        "installed": "2026-11-10",
        "age_days": 20,
        "lacks_days": 0,
        "table": "2026-11-10",
        "restart_pending": True,
        "paused_until": "2026-12-24T00:00:00Z",
    }


@pytest.mark.parametrize(
    ("rollups", "facts", "outcome"),
    [
        ([rollup(ago(0))], SERVER, "pass"),
        ([rollup(ago(45))], SERVER, "pass"),
        ([rollup(ago(46))], SERVER, "fail"),
        ([rollup(ago(400))], SERVER, "fail"),
        # A release that a small package switched on has the updates of the one before.
        ([rollup(ago(3), ROLLUP.replace("20348.5870", "26100.9974"))], CLIENT, "pass"),
        # Not of the system that runs: of another revision, of a later build, superseded, or yet to be installed.
        ([rollup(ago(1), ROLLUP.replace("5870", "5900"))], SERVER, "error"),
        ([rollup(ago(1), ROLLUP.replace("20348", "26100"))], SERVER, "error"),
        ([rollup(ago(1), state=80)], SERVER, "error"),
        ([rollup(ago(1), state=96)], SERVER, "error"),
        ([], SERVER, "error"),
        ([{**rollup(ago(1)), "InstallTimeHigh": NOTHING}], SERVER, "error"),
        ([{**rollup(ago(1)), "InstallTimeHigh": {"view": 64, "type": 1, "data": "1"}}], SERVER, "error"),
        ([{**rollup(ago(1)), "InstallTimeHigh": dword(0xFFFFFFFF)}], SERVER, "error"),
        # A clock that runs before.
        ([rollup(ago(-1))], SERVER, "pass"),
        ([rollup(ago(-3))], SERVER, "error"),
    ],
)
def test_a_host_that_took_its_update_lately(rollups, facts, outcome):
    assert rule("windows_updates_recent", store(*rollups), facts).outcome == outcome


def test_an_old_update_that_was_installed_lately_is_old():
    told = read({"kind": "installed_update"}, store(rollup(ago(1), ROLLUP.replace("5870", "5139"))), revision("5139"))

    assert (told["installed"], told["age_days"]) == ("2026-11-29", 1)
    assert (told["lacks_since"], told["lacks_days"]) == ("2026-06-09", 174)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        # The month's update, one of the month before, a preview in between, and one that came 48 days before the one after it.
        ("5870", "pass"),
        ("5761", "pass"),
        ("5800", "pass"),
        ("5622", "fail"),
        ("1", "fail"),
        # The hotpatch of May, and what came before it.
        ("5074", "fail"),
        # Newer than the table: by the day of its installation.
        ("6001", "pass"),
    ],
)
def test_an_update_is_as_old_as_the_first_that_is_lacking(facts, outcome):
    lately = store(rollup(ago(1), ROLLUP.replace("5870", facts)))
    assert rule("windows_updates_recent", lately, revision(facts)).outcome == outcome


def test_an_update_that_the_store_does_not_name_is_as_old_as_the_one_after_it():
    told = read({"kind": "installed_update"}, store(rollup(ago(3))), revision("5761"))

    assert (told["age_days"], told["lacks_days"]) == (20, 20)
    assert "installed" not in told


def revision(number):
    return {**SERVER, "ubr": number}


@pytest.mark.parametrize(
    ("product", "build", "revision", "day"),
    [
        ("windows_server_2019", 17763, 9487, None),
        ("windows_server_2019", 17763, 9486, "2026-11-10"),
        # Server 2025 and Windows 11 of one build went apart in January 2026; the update of a month that no source names is not asked for.
        ("windows_server_2022", 20348, 5073, "2026-05-12"),
        # A hotpatch mends the same.
        ("windows_server_2022", 20348, 5074, "2026-06-09"),
        ("windows_11", 26200, 8390, "2026-06-09"),
        ("windows_server_2025", 26100, 7462, "2026-01-13"),
        ("windows_server_2025", 26100, 33158, "2026-09-08"),
        ("windows_server_2025", 26100, 33650, None),
        ("windows_11", 26100, 7462, "2026-01-13"),
        ("windows_11", 26300, 9711, "2026-11-10"),
        ("windows_11", 22621, 6060, "2025-11-11"),
        ("windows_11", 22000, 3260, "2025-07-08"),
        ("windows_11", 28000, 2269, "2026-07-14"),
    ],
)
def test_what_a_revision_lacks(product, build, revision, day):
    found = update_history.lacks_since(product, build, revision)
    assert (str(found) if found else None) == day


def test_each_release_has_updates():
    for release in lifecycle.RELEASES:
        assert update_history.lacks_since(release.product, release.build, 0) is not None


def test_a_release_is_supported_until_its_last_day():
    seen = read({"kind": "windows_support"}, store())

    assert seen == {
        "product": "windows_server_2022",
        "version": "21H2",
        "edition": "ServerStandard",
        "last_day": "2031-10-14",
        "table": "2026-11-30",
    }
    assert rule("windows_release_supported", store()).outcome == "pass"
    over = {**CLIENT, "build": "22000"}
    assert rule("windows_release_supported", store(), over).outcome == "fail"


@pytest.mark.parametrize("facts", [{**CLIENT, "build": "26300", "edition": "Enterprise"}, {**CLIENT, "edition": "ServerRdsh2"}])  # fmt: skip
def test_a_release_of_which_no_day_is_known_is_no_pass(facts):
    found = rule("windows_release_supported", store(), facts)

    assert found.outcome == "error"
    assert "not in the table" in found.reason


def test_a_preview_of_a_release_is_none_that_is_supported():
    found = rule("windows_release_supported", store(), {**CLIENT, "build": "26300", "display_version": "25H2"})

    assert (found.outcome, "it is a preview" in found.reason) == ("error", True)


def text(data):
    return {"view": 64, "type": 1, "data": data}


SERVICE = {"start": 3, "start_now": 2, "status": 4, "type": 32, "delayed": None, "account": None, "triggers": [{"action": 1, "type": 3}]}  # fmt: skip


def clock(own=("NT5DS", None), policy=(None, None), client=1, client_policy=None, service=None):
    service = SERVICE if service is None else service or None

    def pair(given):
        return {name: NOTHING if one is None else text(one) for name, one in zip(("Type", "NtpServer"), given, strict=True)}  # fmt: skip

    return {
        "own": pair(own),
        "policy": pair(policy),
        "client": NOTHING if client is None else dword(client),
        "client_policy": NOTHING if client_policy is None else dword(client_policy),
        "service": service,
    }


STOPPED = {**SERVICE, "status": 1, "start_now": 3}
NAMED = "time.windows.com,0x9"


@pytest.mark.parametrize(
    ("given", "facts", "outcome", "source"),
    [
        (clock(), SERVER, "pass", "domain"),
        (clock(), {**MAIN, "domain_role": "4"}, "pass", "domain"),
        (clock(("AllSync", None)), SERVER, "pass", "domain"),
        (clock(("NTP", NAMED)), SERVER, "pass", "peers"),
        (clock(("NTP", NAMED)), MAIN, "pass", "peers"),
        (clock(("allsync", NAMED)), MAIN, "pass", "peers"),
        # A domain's main controller has no other to follow, and a host without a domain none at all.
        (clock(), MAIN, "fail", "domain_or_itself"),
        (clock(), ALONE, "fail", "none"),
        (clock(("NTP", None)), SERVER, "fail", "none"),
        (clock(("NTP", "")), ALONE, "fail", "none"),
        (clock(("NTP", "localhost,0x8 127.0.0.1")), ALONE, "fail", "none"),
        (clock(("NoSync", NAMED)), SERVER, "fail", "none"),
        (clock(client=0), SERVER, "fail", "none"),
        (clock(client=None), SERVER, "fail", "none"),
        # The policy counts, whatever is kept beside it.
        (clock(policy=("NoSync", None)), SERVER, "fail", "none"),
        (clock(("NoSync", None), policy=("NT5DS", None)), SERVER, "pass", "domain"),
        (clock(client_policy=0), SERVER, "fail", "none"),
        (clock(client=0, client_policy=1), SERVER, "pass", "domain"),
        (clock(("NTP", NAMED), service=STOPPED), ALONE, "pass", "peers"),
        (clock(("NTP", NAMED), service={**STOPPED, "triggers": []}), ALONE, "fail", "peers"),
        (clock(service=STOPPED), SERVER, "fail", "domain"),
        (clock(service={**SERVICE, "start": 4}), SERVER, "fail", "domain"),
        (clock(service={}), SERVER, "fail", "domain"),
    ],
)
def test_the_time_comes_from_the_domain_or_from_a_named_server(given, facts, outcome, source):
    assert rule("windows_time_source_named", given, facts).outcome == outcome
    assert read({"kind": "time_source"}, given, facts)["source"] == source


@pytest.mark.parametrize("given", [clock((None, None)), clock(("Sometimes", None)), clock(client="1")])
def test_a_source_of_the_time_that_is_not_known_is_an_error(given):
    assert rule("windows_time_source_named", given).outcome == "error"


def remote(service=(None, None), client=(None, None), service_policy=(None, None), client_policy=(None, None), listeners=(), auto=None):  # fmt: skip
    def pair(names, given):
        return {name: NOTHING if one is None else dword(one) for name, one in zip(names, given, strict=True)}

    policies, own = ("AllowBasic", "AllowUnencryptedTraffic"), ("auth_basic", "allow_unencrypted")
    automatic = {"AllowAutoConfig": NOTHING if auto is None else dword(auto)}
    return {
        "policy": {"service": {**pair(policies, service_policy), **automatic}, "client": pair(policies, client_policy)},
        "own": {"service": pair(own, service), "client": pair(own, client)},
        "listeners": [*listeners],
        "service": {**SERVICE, "triggers": []},
    }


def listener(name, thumbprint=None, enabled=None):
    parts = {"Port": dword(5986), "certThumbprint": text(thumbprint) if thumbprint is not None else NOTHING}
    return {"name": name, "values": {**parts, "enabled": NOTHING if enabled is None else dword(enabled)}}


@pytest.mark.parametrize(
    ("given", "outcome", "by"),
    [
        # The client's Basic is on where nobody has said otherwise.
        (remote(), "fail", "default"),
        (remote(client=(0, None)), "pass", "own"),
        (remote(client_policy=(0, None)), "pass", "policy"),
        (remote(client=(1, 1), client_policy=(0, 0)), "pass", "policy"),
        (remote(client=(0, 0), client_policy=(1, None)), "fail", "policy"),
        (remote(client=(0, 1)), "fail", "own"),
        (remote(service=(1, None), client=(0, None)), "fail", "own"),
        (remote(service=(None, 1), client=(0, None)), "fail", "own"),
        (remote(service=(1, 1), service_policy=(0, 0), client=(0, None)), "pass", "own"),
        (remote(service_policy=(1, None), client=(0, None)), "fail", "own"),
    ],
)
def test_winrm_is_judged_by_what_is_in_force(given, outcome, by):
    assert rule("windows_winrm_sound", given).outcome == outcome
    assert read({"kind": "winrm"}, given)["by"]["client_basic"] == by


def test_a_value_of_another_type_is_an_error():
    given = remote(client=(0, None))
    given["own"]["service"]["auth_basic"] = text("0")

    assert rule("windows_winrm_sound", given).outcome == "error"


def test_listeners_are_told_with_their_certificates_and_whose_they_are():
    given = remote(
        listeners=[listener("*+HTTPS", "ab"), listener("IP:10.0.0.1+HTTP"), listener("*+HTTP", enabled=0)], auto=1
    )
    told = read({"kind": "winrm"}, given)

    assert [(one["transport"], one["address"], one["certificate"], one["by"]) for one in told["listeners"]] == [
        ("https", "*", "yes", "own"),
        ("http", "IP:10.0.0.1", "no", "own"),
        ("http", "*", "no", "policy"),
    ]
    assert (told["http_listener"], told["service"]) == ("yes", "running")
    assert read({"kind": "winrm"}, remote(listeners=[listener("*+HTTPS")]))["http_listener"] == "no"
    assert "unknown kind" in read({"kind": "winrm"}, remote(listeners=[listener("*+QUIC")]))


def policy_file(*names, key="Software\\Policies\\X"):
    raw = b"PReg\x01\0\0\0"
    for name in names:
        parts = (f"[{key}\0;{name}\0;", struct.pack("<I", 4), ";", struct.pack("<I", 4), ";", struct.pack("<I", 1), "]")
        raw += b"".join(one if isinstance(one, bytes) else one.encode("utf-16-le") for one in parts)
    return base64.b64encode(raw).decode()


def policies(rsop=None, *, machine=None, user=None, applied=None, mdm=None, rsop_error="", security=None):
    files = {"machine": machine, "user": user, "applied": applied}
    return {"files": files, "rsop": rsop, "rsop_security": security, "rsop_error": rsop_error, "mdm": mdm or {}}


def record(policy, precedence=1, deleted=False, name="V"):
    return {"key": "SOFTWARE\\policies\\x", "name": name, "policy": policy, "precedence": precedence, "deleted": deleted}  # fmt: skip


def template(policy, precedence=1):
    return {"path": "MACHINE\\SYSTEM\\LSA\\limit", "policy": policy, "precedence": precedence}


OPTION = {"key": "System\\Lsa", "name": "Limit"}
ASKED = {"kind": "policy_source", "key": "Software\\Policies\\X", "name": "v"}
EMPTY = policy_file()


@pytest.mark.parametrize(
    ("given", "more", "told"),
    [
        (policies([record("LocalGPO", 2), record("CN={1},CN=Policies")]), {}, {"by": "domain", "action": "set", "policy": "CN={1},CN=Policies"}),
        (policies([record("LocalGPO"), record("CN={1}", 2)]), {}, {"by": "local", "action": "set", "policy": "LocalGPO"}),
        (policies([record("CN={1}", deleted=True)]), {}, {"by": "domain", "action": "delete", "policy": "CN={1}"}),
        (policies([record("CN={1}", name="other")]), {}, {"by": "nobody"}),
        (policies([], machine=policy_file("v")), {}, {"by": "nobody"}),
        # Without a record, by the files.
        (policies(machine=EMPTY, applied=policy_file("V")), {}, {"by": "domain", "action": "set"}),
        (policies(machine=policy_file("v"), applied=policy_file("v")), {}, {"by": "domain_or_local", "action": "set"}),
        (policies(machine=policy_file("v")), {}, {"by": "local", "action": "set"}),
        (policies(machine=policy_file("**del.v"), applied=EMPTY), {}, {"by": "local", "action": "delete"}),
        (policies(machine=EMPTY, applied=EMPTY), {}, {"by": "nobody"}),
        (policies([], mdm={"Update": ["AllowX"]}), {"mdm": "update/allowx"}, {"by": "mdm", "action": "set", "policy": "update/allowx"}),
        (policies([], mdm={"Update": ["AllowX"]}), {"mdm": "Update/AllowY"}, {"by": "nobody"}),
        (policies(user=policy_file("v"), rsop_error="x"), {"hive": "user"}, {"by": "local", "action": "set"}),
        (policies(machine=policy_file("v")), {"hive": "user"}, {"by": "nobody"}),
        # Security options come by templates.
        (policies([], security=[template("CN={1}")]), OPTION, {"by": "domain", "action": "set", "policy": "CN={1}"}),
        (policies([], security=[template("CN={1}", 2), template("LocalGPO")]), OPTION, {"by": "local", "action": "set", "policy": "LocalGPO"}),
        (policies([], security=[template("CN={1}")]), {**OPTION, "name": "other"}, {"by": "nobody"}),
        (policies([]), OPTION, "Whose the value System\\Lsa|Limit is cannot be told: Windows keeps no record of applied policies."),
        (policies(machine=EMPTY, applied=EMPTY), OPTION, "Whose the value System\\Lsa|Limit is cannot be told: Windows keeps no record of applied policies."),
        (policies(rsop_error="access is denied"), {}, "Whose the value Software\\Policies\\X|v is cannot be told: access is denied."),
        (policies(machine=EMPTY), {}, "Whose the value Software\\Policies\\X|v is cannot be told: Windows keeps no record of applied policies."),
    ],
)  # fmt: skip
def test_whose_a_value_is(given, more, told):
    assert read({**ASKED, **more}, given) == told


def test_a_file_of_a_policy_that_is_damaged_is_an_error():
    assert "cannot be read" in read(ASKED, policies(machine=policy_file("v")[:40]))
