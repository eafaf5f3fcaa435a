"""What tests on Windows-like hosts have in common: the benchmarks and roles, worlds in which all is right, audits of one host."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from tests import pump
from tests.pump import ROOT
from tests.records import record_in
from tests.windows_host import planting
from tests.windows_host.planting import NOTHING, Place
from tests.windows_host.registry_file import Value

# The machine that carries a benchmark, and its build.
RELEASES = {
    "windows_server_2019": ("2019", "17763"),
    "windows_server_2022": ("2022", "20348"),
    "windows_server_2025": ("2025", "26100"),
    "windows_11": ("11", "26100"),
}
# What an installation of each role says of itself: ProductType, DomainRole, and what it is to a domain.
ROLES = {
    "domain_controller": ("LanmanNT", 5, "domain_controller"),
    "member_server": ("ServerNT", 3, "member"),
    "stand_alone_server": ("ServerNT", 2, "stand_alone"),
    "workstation": ("WinNT", 1, "member"),
}
# Our own items are asked for beside each benchmark.
SUPPLEMENT = "supplement_windows"
PRODUCT_TYPE = Place("registry", r"SYSTEM\CurrentControlSet\Control\ProductOptions", "ProductType")
BUILD = Place("registry", r"SOFTWARE\Microsoft\Windows NT\CurrentVersion", "CurrentBuildNumber")
FIXED = (PRODUCT_TYPE.folded, BUILD.folded)
USERS = [f"S-1-5-21-1004336348-1177238915-682003330-{number}" for number in (1104, 1105, 1106)]
# Rules for whose settings the tests know no value that is right. One that comes newly has to be named, or taught to `planting`.
NOT_RIGHT: dict[str, str] = {}


@pytest.fixture(scope="module")
def catalog():
    return load_catalog()


def windows_benchmarks():
    """Return (id, role) of all that the catalog has for Windows."""
    known = [one for one in load_catalog().benchmarks.values() if one.platform == "windows" and not one.supplement]
    return [(one.id, role) for one in known for role in one.roles]


def asked(catalog, benchmark, role):
    kind, _number, to_domain = ROLES[role]
    fixed = {PRODUCT_TYPE: kind, BUILD: RELEASES[benchmark][1], Place(planting.ROLE, ""): to_domain}
    texts = {place: Value("REG_SZ", text) for place, text in fixed.items()}
    beside = catalog.benchmarks[SUPPLEMENT]
    return planting.asked(catalog, [catalog.benchmarks[benchmark], beside], role, texts)


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
        variables = {
            "hipaa_cis_level": 2,
            "hipaa_cis_benchmark": ["auto", SUPPLEMENT],
            **({"hipaa_cis_profiles": list(wanted.profiles)} if wanted.profiles else {}),
        }
        done, said, run = play({"ward": machine.variables(**environment)}, **variables)
        assert done.returncode == 0, said
        record = record_in(run, "ward")
        assert record["status"] == "audited"
        assert [one["id"] for one in record["benchmarks"]] == [wanted.product, SUPPLEMENT]
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


def comes_to(wanted, world, record):
    """Fail where a rule came to something else than it has to."""
    found = {one["rule"]: one for one in record["findings"]}
    assert {*found} == {*wanted.rules}
    has_to = {name: world.outcome(rule, settings) for name, (rule, settings) in wanted.rules.items()}
    others = [
        f"{name} has to {outcome} and comes to {found[name]['outcome']}: {found[name].get('reason', '')} {found[name]['checks']}"
        for name, outcome in has_to.items()
        if outcome is not None and outcome != found[name]["outcome"]
    ]
    assert not others, "\n".join(others)


def come_to(wanted, world):
    """Return the outcomes that a world has to come to, of rules that these settings decide."""
    found = {name: world.outcome(rule, settings) for name, (rule, settings) in wanted.rules.items()}
    return {name: outcome for name, outcome in found.items() if outcome not in (None, "not_applicable", "manual")}


def users_with(*hives):
    return dict(zip(USERS, hives, strict=True))


def good_world(wanted):
    """Return the world in which all is right, for three users."""
    good, unsolved = planting.right(wanted)
    assert unsolved <= {*NOT_RIGHT}
    nowhere = {planting.place_of(leaf).folded: NOTHING for _rule, leaf in wanted.leaves()}
    return replace(wanted.world, put={**nowhere, **wanted.world.put, **good}, users=users_with({}, {}, {}))


def of_kind(world, kind):
    return {place: put for place, put in world.put.items() if place.kind == kind and place not in FIXED}
