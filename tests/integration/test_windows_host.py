"""The audit of Windows-like hosts over SSH: PowerShell's Windows build under Wine, with its registry and services.

What is put on a host for each setting, and what has to come of it, is worked out by `tests.windows_host.planting`, which asks nothing of
the code under test. secedit, auditpol and CIM are answered by a server of the tests (`tests.windows_host.replay`).
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from tests import pump
from tests.pump import ROOT
from tests.records import record_in
from tests.windows_host import planting, replay, worlds
from tests.windows_host.planting import LEFT_ON, NOTHING, ON, Place, Service
from tests.windows_host.registry_file import MACHINE, Value

pytestmark = [pytest.mark.hosts, pytest.mark.windows]

# The machine that carries a benchmark, and what an installation of each role says of itself: ProductType, and DomainRole.
RELEASES = {
    "windows_server_2019": "2019",
    "windows_server_2022": "2022",
    "windows_server_2025": "2025",
    "windows_11": "11",
}
ROLES = {
    "domain_controller": ("LanmanNT", 5),
    "member_server": ("ServerNT", 3),
    "stand_alone_server": ("ServerNT", 2),
    "member_workstation": ("WinNT", 1),
    "stand_alone_workstation": ("WinNT", 0),
}
PRODUCT_TYPE = Place("registry", r"SYSTEM\CurrentControlSet\Control\ProductOptions", "ProductType")
USERS = [f"S-1-5-21-1004336348-1177238915-682003330-{number}" for number in (1104, 1105, 1106)]
ANSWERED = {"Get-CimInstance", "secedit", "auditpol"}
# Settings for which the tests know no value that is right, or none that is wrong, by their rule. One that comes newly has to be named here
# or taught to `planting`.
NOT_RIGHT: dict[str, str] = {}
NOT_WRONG = {
    "windows_remote_registry_paths": "whether WINS and certificate services are there says which paths are right; neither is wrong"
}
LINUX = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
DEAD = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_ssh_retries": 0}
BIG = 1 << 20


@pytest.fixture(scope="module")
def catalog():
    return load_catalog()


def windows_benchmarks():
    """Return (id, role) of what the catalog has for Windows: each benchmark by one of its roles, and one more for each other role."""
    known = [one for one in load_catalog().benchmarks.values() if one.platform == "windows"]
    return [(one.id, role) for one in known for role in one.roles]


def asked(catalog, benchmark, role):
    kind, _role = ROLES[role]
    return planting.asked(catalog, catalog.benchmarks[benchmark], role, {PRODUCT_TYPE: Value("REG_SZ", kind)})


@pytest.fixture
def play(tmp_path):
    """A function that audits hosts, each with variables of its own: the process, what was said, and the run."""

    def run(hosts, environment=(), **variables):
        inventory = tmp_path / "inventory.json"
        shared = {"hipaa_cis_run_dir": str(tmp_path / "runs"), **variables}
        inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": shared}}))
        environ = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), **dict(environment)}
        done = pump.play(["hipaa.cis.audit", "-i", str(inventory)], environ)
        return done, " ".join((done.stdout + done.stderr).split()), tmp_path / "runs" / "latest"

    return run


@pytest.fixture
def audited(play):
    """A function that audits one machine by level 2 and the profiles of what is asked, and returns the record."""

    def audit(machine, wanted, **environment):
        variables = {"hipaa_cis_level": 2, **({"hipaa_cis_profiles": list(wanted.profiles)} if wanted.profiles else {})}
        done, said, run = play({"ward": machine.variables(**environment)}, **variables)
        assert done.returncode == 0, said
        record = record_in(run, "ward")
        assert record["status"] == "audited"
        assert [one["id"] for one in record["benchmarks"]] == [wanted.product]
        assert record["selection"]["profile"] == wanted.role
        return record

    return audit


@pytest.fixture
def observe(run_ansible, tmp_path):
    """A function that runs the module alone and returns what it gave."""

    def run(machine, **arguments):
        inventory = tmp_path / "module.json"
        inventory.write_text(json.dumps({"all": {"hosts": {"ward": machine.variables()}}}))
        run_ansible("ward", "-i", inventory, "-m", "hipaa.cis.windows_observe", "-a", json.dumps(arguments), "-t", tmp_path / "told")  # fmt: skip
        return json.loads((tmp_path / "told" / "ward").read_text())

    return run


def outcomes(record):
    return {one["rule"]: one["outcome"] for one in record["findings"]}


def differences(wanted, world, record):
    """Return what came otherwise than it has to: rule -> (has to, came, checks)."""
    found = {one["rule"]: one for one in record["findings"]}
    assert {*found} == {*wanted.rules}
    has_to = {name: world.outcome(rule, settings) for name, (rule, settings) in wanted.rules.items()}
    return {
        name: (outcome, found[name]["outcome"], found[name]["checks"])
        for name, outcome in has_to.items()
        if outcome is not None and outcome != found[name]["outcome"]
    }


def come_to(wanted, world):
    """Return the outcomes that a world has to come to, of rules that these settings decide."""
    found = {name: world.outcome(rule, settings) for name, (rule, settings) in wanted.rules.items()}
    return {name: outcome for name, outcome in found.items() if outcome not in (None, "not_applicable", "manual")}


def users_with(*hives):
    return dict(zip(USERS, hives, strict=True))


def good_world(wanted):
    """Return the world in which all is right, for three users."""
    good, unsolved = planting.right(wanted)
    assert unsolved == {*NOT_RIGHT} & {*wanted.rules}
    nowhere = {planting.place_of(leaf).folded: NOTHING for _rule, leaf in wanted.leaves()}
    return replace(wanted.world, put={**nowhere, **wanted.world.put, **good}, users=users_with({}, {}, {}))


def of_kind(world, kind):
    return {place: put for place, put in world.put.items() if place.kind == kind and place != PRODUCT_TYPE.folded}


def absent_world(wanted):
    """Nothing is there: neither values, nor services, nor what users have."""
    good = good_world(wanted)
    return replace(good, put={**dict.fromkeys(good.put), **wanted.world.put})


def beside_world(wanted, above):
    """Everything is just above what is right, or just below; of the users either all are wrong, or the last one alone."""
    good = good_world(wanted)
    bad, unsolved = planting.wrong(wanted, above)
    assert {*unsolved} == {*NOT_WRONG} & {*wanted.rules}
    services = dict.fromkeys(of_kind(good, "service").keys() & bad, ON if above else LEFT_ON)
    everywhere = {place: put for place, put in bad.items() if place.kind == "registry" or above}
    world = replace(good, put={**good.put, **everywhere, **services})
    return world if above else replace(world, users=users_with({}, {}, bad_of_users(bad)))


def bad_of_users(bad):
    return {place: put for place, put in bad.items() if place.kind == "user_registry"}


def typed_world(wanted):
    """The same is kept as another type, for one user too; services are started by hand, and stopped."""
    good = good_world(wanted)
    other = {place: planting.other_type(put) for place, put in good.put.items() if isinstance(put, Value)}
    values = {place: put for place, put in other.items() if place.kind == "registry" and place != PRODUCT_TYPE.folded}
    services = dict.fromkeys(of_kind(good, "service"), Service("manual", False))
    world = replace(good, put={**good.put, **values, **services})
    return replace(world, users=users_with({}, bad_of_users(other), {}))


def elsewhere_world(wanted):
    """Nothing is there; what would be right lies where programs of the other width look, and with one user alone."""
    good = good_world(wanted)
    empty = absent_world(wanted)
    return replace(empty, users=users_with(of_kind(good, "user_registry"), {}, {}))


def other_view(wanted):
    """Return the values of the machine's that are right, in the view in which they are not looked for."""
    good = of_kind(good_world(wanted), "registry")
    return {
        worlds.address(place._replace(view=96 - place.view)): put
        for place, put in good.items()
        if put is not NOTHING and place.key.startswith("software\\")
    }


WAYS = {
    "absent": absent_world,
    "above": lambda wanted: beside_world(wanted, above=True),
    "below": lambda wanted: beside_world(wanted, above=False),
    "of another type": typed_world,
    "elsewhere": elsewhere_world,
}


def test_audit_ends_with_a_record_and_leaves_the_host_as_it_was(windows_host, play, catalog):
    machine = windows_host("2022")
    play({"ward": machine.variables()})
    machine.replay.calls.clear()
    before, files = machine.exported(), machine.files()
    done, said, run = play({"ward": machine.variables()})

    assert done.returncode == 0, said
    assert "Traceback" not in said
    assert machine.files() == files
    assert machine.exported() == before
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


def test_samples_are_what_their_rules_take_and_refuse(catalog):
    for benchmark, role in windows_benchmarks():
        by_place = {}
        for _name, leaf in asked(catalog, benchmark, role).leaves():
            by_place.setdefault(planting.place_of(leaf).folded, []).append(leaf)
        for place, leaves in by_place.items():
            good, bad = planting.samples(leaves[0])
            assert all(any(planting.takes(leaf["expect"], one) for leaf in leaves) for one in good), place
            assert not [one for one in bad if any(planting.takes(leaf["expect"], one) for leaf in leaves)], place


@pytest.mark.parametrize(("benchmark", "role"), windows_benchmarks())
def test_what_is_right_in_all_its_places_passes(windows_host, audited, catalog, benchmark, role):
    wanted = asked(catalog, benchmark, role)
    world = good_world(wanted)
    assert {*come_to(wanted, world).values()} == {"pass"}
    machine = windows_host(RELEASES[benchmark], ROLES[role][1])
    worlds.put(machine, world)

    assert differences(wanted, world, audited(machine, wanted)) == {}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("benchmark", "role"),
    [one for one in windows_benchmarks() if one[1] in ("member_server", "member_workstation")],
)
def test_each_way_of_being_wrong_comes_to_what_it_has_to(windows_host, audited, catalog, benchmark, role, way):
    wanted = asked(catalog, benchmark, role)
    world = WAYS[way](wanted)
    if way in ("above", "below"):
        passing = [name for name, outcome in come_to(wanted, world).items() if outcome == "pass"]
        assert set(passing) <= {*NOT_WRONG}
    machine = windows_host(RELEASES[benchmark], ROLES[role][1])
    worlds.put(machine, world)
    if way == "elsewhere":
        machine.put(other_view(wanted))

    assert differences(wanted, world, audited(machine, wanted)) == {}


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
    [{"LC_ALL": "de_DE.UTF-8"}, {"LC_ALL": "tr_TR.UTF-8"}, {"GREETING": "Welcome to ward 4 {"}],
    ids=["german", "turkish", "greeting"],
)
def test_neither_a_language_nor_what_a_profile_says_changes_a_verdict(windows_host, audited, catalog, environment):
    wanted = asked(catalog, "windows_server_2022", "member_server")
    world = good_world(wanted)
    machine = windows_host("2022")
    worlds.put(machine, world)

    assert differences(wanted, world, audited(machine, wanted, **environment)) == {}


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


def test_program_that_hangs_is_an_error_of_its_own_setting(windows_host, observe):
    machine = windows_host("2022")
    machine.replay.answers["secedit"] = replay.after(60, replay.program())
    asked_for = [["security_export", {}], ["audit_backup", {}], ["service", {"name": "no such service"}]]
    request = {"version": 2, "benchmarks": {"x": {"detect": None, "settings": [[0, 3]]}}, "settings": asked_for}
    told = observe(machine, request=json.dumps({**request, "options": {"observe_max_seconds": 21}}))

    states = {number: seen["state"] for number, seen in told["observations"].items()}
    assert states == {"0": "error", "1": "value", "2": "absent"}
    assert "there was no answer in 7 seconds" in told["observations"]["0"]["reason"]


@pytest.mark.parametrize(
    "call", ["secedit /configure /db x.sdb", "auditpol /set /subcategory:Logon", "auditpol /restore /file:x"]
)
def test_stand_ins_refuse_what_would_change_the_machine(windows_machines, call):
    machine = windows_machines("2022")
    machine.replay.reset()
    said = machine.powershell(f"{call}; 'ended with ' + $LASTEXITCODE")

    assert said.split()[-1] == str(replay.REFUSED)
    assert [one.writes for one in machine.replay.calls] == [True]
