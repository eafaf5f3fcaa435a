"""A parameter is judged by its default or by what the site set; what is written may be stricter than the default."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit import parameters
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import reference_docs, role_docs
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Benchmark, Catalog, Parameter, leaves
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.values import substitute
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import CatalogError
from tests.unit.controller.catalog.catalogs import changed

KNOWN = load_catalog()
TRIES = Parameter("tries", "Tries", "integer", 5, bound={"between": [1, 5]}, written=4)
LENGTH = Parameter("length", "Length", "integer", 14)
ITEM = {
    "kind": "plain",
    "address": {"name": "x"},
    "expect": {"any_of": [{"absent": True}, {"between": [1, {"parameter": "tries"}]}]},
    "set": {"lines": [{"parameter": "tries"}]},
    "write_out": {"parameter": "tries"},
}


def resolved(site=(), **of_benchmark):
    known = Catalog("", {}, {}, {"tries": TRIES, "length": LENGTH}, {}, {}, {})
    benchmark = Benchmark("b", "t", "1", "p", {}, {"tries": of_benchmark} if of_benchmark else {}, ())
    return parameters.resolve(known, benchmark, dict(site))


def test_what_is_not_set_is_judged_by_its_default_and_written_stricter():
    values = resolved()

    assert (values["tries"].value, values["tries"].written) == (5, 4)
    assert (values["length"].value, values["length"].written) == (14, 14)


@pytest.mark.parametrize("value", [1, 5, "5", 6])
def test_what_the_site_sets_is_judged_and_written(value):
    tries = resolved({"tries": value})["tries"]

    assert tries.value == tries.written == int(value)


def test_benchmark_has_its_own_written_value():
    assert resolved(written=2)["tries"].written == 2
    assert resolved(default=4)["tries"].written == 4


def test_only_what_is_written_takes_the_written_value():
    filled = substitute({"any_of": [{"all_of": [ITEM]}, ITEM]}, resolved())

    assert list(leaves([filled])) == 2 * [
        {
            **ITEM,
            "expect": {"any_of": [{"absent": True}, {"between": [1, 5]}]},
            "set": {"lines": [4]},
            "write_out": 4,
        }
    ]


@pytest.mark.parametrize(("site", "judged", "written"), [({}, 5, 4), ({"faillock_deny": 5}, 5, 5)])
def test_people_are_told_what_is_judged(site, judged, written):
    selection = Selection(("debian_12",), include={"rules": ["faillock_deny"]})
    (plan,) = make_plan(KNOWN, selection, site, {})
    (planned,) = plan.benchmarks[0].rules

    assert f"deny = {judged} " in planned.fix
    assert planned.settings[0]["expect"] == {"between": [1, judged]}
    assert planned.settings[0]["set"] == written


def test_pages_name_the_written_value():
    assert "| 5 (written: 4) |" in reference_docs.pages(KNOWN)["docs/reference/parameters.md"]
    assert "where it is not set, 4 is written." in role_docs.files(KNOWN)["roles/authentication/README.md"]


P = "{parameter: pump_screen_lock_minutes}"
JUDGED = f"        expect: {{between: [1, {P}]}}\n"
WRITES = JUDGED + f"        set: {P}\n"
PLACE = "parameters/infusion_pump.yml:8: the written value of 'pump_screen_lock_minutes' "
UNSURE = "does not surely pass the rule 'pump_screen_lock', judged by the default"


def complaints(folder, written, rule=WRITES, of_benchmark=""):
    """Return what the loader says of the second platform whose parameter has a written value."""
    changed(folder, "parameters/infusion_pump.yml", "default: 5", f"default: 5\n    written: {written}")
    for name, old, new in (
        ("rules/infusion_pump.yml", JUDGED, rule),
        ("benchmarks/pump.yml", "recommendations:", of_benchmark + "recommendations:"),
    ):
        path = folder / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))
    try:
        load_catalog([str(folder)])
    except CatalogError as problem:
        return [text.split("/", 1)[1] for text in problem.problems]
    return []


def of_benchmark(values):
    return f"parameters:\n  pump_screen_lock_minutes: {{{values}}}\n"


def test_written_value_that_passes_is_taken(tmp_path):
    assert complaints(tmp_path / "a", 4) == []
    assert complaints(tmp_path / "b", 4, of_benchmark=of_benchmark("default: 3, written: 2")) == []


@pytest.mark.parametrize("of", ["rule", "setting"])
def test_condition_of_the_platform_has_the_value_of_the_site(tmp_path, of):
    changed(tmp_path, "platforms/infusion_pump.yml", "expect: {equals: true}", f"expect: {{equals: {P}}}")
    if of == "setting":
        rules = tmp_path / "rules/infusion_pump.yml"
        text = rules.read_text().replace("    applies_if: [networked]\n", "")
        rules.write_text(text.replace("name: telnet,", "name: telnet, applies_if: [networked],"))
    known = load_catalog([str(tmp_path)])
    (plan,) = make_plan(known, Selection(("pump",)), {"pump_screen_lock_minutes": 3}, {})
    (planned,) = [one for one in plan.benchmarks[0].rules if one.rule.id == "pump_telnet_off"]
    (condition,) = planned.rule.applies_if or planned.settings[0]["applies_if"]

    assert condition["setting"]["expect"] == {"equals": 3}


@pytest.mark.parametrize(
    ("written", "said"), [("soon", "has to be of type integer, it is 'soon'"), (15, "is outside its own bound")]
)
def test_written_value_has_the_type_and_keeps_the_bound(tmp_path, written, said):
    assert complaints(tmp_path, written) == [PLACE + said]


@pytest.mark.parametrize(
    "rule",
    [
        f"        expect: {{at_least: {P}}}\n        set: {P}\n",
        f"        expect: {{at_least: {P}}}\n        set: 5\n        write_out: {P}\n",
        JUDGED + f"        set: {{minutes: {P}}}\n",
        WRITES + "        select: minutes\n",
    ],
    ids=["looser", "looser-to-write-out", "part-of-what-is-written", "part-of-what-is-judged"],
)
def test_written_value_passes_surely_where_it_is_judged_by_the_default(tmp_path, rule):
    assert complaints(tmp_path, 4, rule) == [PLACE + UNSURE]


def test_written_value_passes_in_each_benchmark_by_its_own_default(tmp_path):
    said = complaints(tmp_path, 4, of_benchmark=of_benchmark("default: 3"))

    assert said == [f"benchmarks/pump.yml:8: the written value of 'pump_screen_lock_minutes' {UNSURE}"]


def test_written_value_of_a_benchmark_keeps_its_bound(tmp_path):
    said = complaints(tmp_path, 4, of_benchmark=of_benchmark("written: 9"))

    assert said == ["benchmarks/pump.yml:8: the written value of 'pump_screen_lock_minutes' is outside its own bound"]
