"""Every setting of the rules on Windows-like hosts: right, and wrong in each way, through the module, the playbook and the judge.

What is put on a host for each setting, and what has to come of it, is worked out by `tests.windows_host.planting`, which asks nothing of
the code under test. All rules are put on one host, each way of being wrong at once.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.integration.windows_on_host import (
    FIXED,
    NOT_RIGHT,
    RELEASES,
    ROLES,
    asked,
    audited,
    catalog,
    come_to,
    comes_to,
    good_world,
    of_kind,
    play,
    users_with,
    windows_benchmarks,
)
from tests.windows_host import planting, worlds
from tests.windows_host.planting import NOTHING, Service
from tests.windows_host.registry_file import Value, has_two_views

__all__ = ["audited", "catalog", "play"]

pytestmark = [pytest.mark.hosts, pytest.mark.windows]

# Rules for one of whose places the tests know no value that is wrong. One that comes newly has to be named, or taught to `planting`.
NOT_WRONG = {
    "windows_remote_registry_paths": "WINS and certificate services say by being there which paths are right, and neither is wrong",
    "windows_right_impersonate_member_server": "IIS says by being there who may have the right, and is not wrong",
    "windows_right_service_logon": "Hyper-V says by being there who may have the right, and is not wrong",
    "windows_right_symbolic_links": "Hyper-V says by being there who may have the right, and is not wrong",
}
WHOLE = ("windows_server_2022", "windows_11")


def absent_world(wanted):
    """Nothing is there: neither values, nor services, nor what users have."""
    good = good_world(wanted)
    return replace(good, put={**dict.fromkeys(good.put), **wanted.world.put})


def beside_world(wanted, above):
    """Everything is just above what is right, or just below; of the users either all are wrong, or the last one alone."""
    good = good_world(wanted)
    bad, unsolved = planting.wrong(wanted, above)
    assert {*unsolved} <= {*NOT_WRONG}
    everywhere = {place: put for place, put in bad.items() if place.kind != "user_registry" or above}
    world = replace(good, put={**good.put, **everywhere})
    return world if above else replace(world, users=users_with({}, {}, bad_of_users(bad)))


def bad_of_users(bad):
    return {place: put for place, put in bad.items() if place.kind == "user_registry"}


def typed_world(wanted):
    """The same is kept as another type, for one user too; services are started by hand, and stopped."""
    good = good_world(wanted)
    other = {place: planting.other_type(put) for place, put in good.put.items() if isinstance(put, Value)}
    values = {place: put for place, put in other.items() if place.kind == "registry" and place not in FIXED}
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
        # Some rules look in both.
        if put is not NOTHING and has_two_views(place.key) and place._replace(view=96 - place.view) not in good
    }


WAYS = {
    "absent": absent_world,
    "above": lambda wanted: beside_world(wanted, above=True),
    "below": lambda wanted: beside_world(wanted, above=False),
    "of another type": typed_world,
    "elsewhere": elsewhere_world,
}


def ways_of_benchmarks():
    """Return (id, role, way): of two benchmarks all ways, of the others, whose rules are the same, what their own defaults bear on."""
    members = [one for one in windows_benchmarks() if ROLES[one[1]][2] == "member"]
    return [(*one, way) for one in members for way in WAYS if one[0] in WHOLE or way == "absent"]


def test_samples_are_what_their_rules_take_and_refuse(catalog):
    for benchmark, role in windows_benchmarks():
        by_place: dict[planting.Place, list[planting.Setting]] = {}
        for _name, leaf in asked(catalog, benchmark, role).leaves():
            by_place.setdefault(planting.place_of(leaf).folded, []).append(leaf)
        for place, leaves in by_place.items():
            good, bad = planting.samples(leaves[0])
            assert all(any(planting.takes(leaf["expect"], one) for leaf in leaves) for one in good), place
            assert not [one for one in bad if any(planting.takes(leaf["expect"], one) for leaf in leaves)], place


def test_each_setting_that_nothing_is_known_for_is_named(catalog):
    every = [asked(catalog, *one) for one in windows_benchmarks()]

    assert {name for wanted in every for name in planting.right(wanted)[1]} == {*NOT_RIGHT}
    assert {name for wanted in every for above in (True, False) for name in planting.wrong(wanted, above)[1]} == {
        *NOT_WRONG
    }


@pytest.mark.parametrize(
    ("benchmark", "role"),
    # A server without a domain has the rules of a member; once is enough.
    [one for one in windows_benchmarks() if one[0] in WHOLE or one[1] != "stand_alone_server"],
)
def test_what_is_right_in_all_its_places_passes(windows_host, audited, catalog, benchmark, role):
    wanted = asked(catalog, benchmark, role)
    world = good_world(wanted)
    assert {*come_to(wanted, world).values()} == {"pass"}
    machine = windows_host(RELEASES[benchmark][0], ROLES[role][1])
    worlds.put(machine, world)

    comes_to(wanted, world, audited(machine, wanted))


@pytest.mark.parametrize(("benchmark", "role", "way"), ways_of_benchmarks())
def test_each_way_of_being_wrong_comes_to_what_it_has_to(windows_host, audited, catalog, benchmark, role, way):
    wanted = asked(catalog, benchmark, role)
    world = WAYS[way](wanted)
    if way in ("above", "below"):
        passing = [name for name, outcome in come_to(wanted, world).items() if outcome == "pass"]
        assert set(passing) <= {*NOT_WRONG}
    machine = windows_host(RELEASES[benchmark][0], ROLES[role][1])
    worlds.put(machine, world)
    if way == "elsewhere":
        machine.put(other_view(wanted))

    comes_to(wanted, world, audited(machine, wanted))
