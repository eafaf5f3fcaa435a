"""What windows_observe answers of fine-grained password policies, and what it makes of a directory."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from tests.powershell import run
from tests.unit.target.windows import test_windows_observe as base

pytestmark = pytest.mark.pwsh

DAY, MINUTE, NEVER = 864000000000, 600000000, -9223372036854775808
PSO = "msDS-PSOAppliesTo"
ATTRIBUTES: Dict[str, Any] = {
    "msDS-PasswordSettingsPrecedence": 10,
    "msDS-MinimumPasswordLength": 15,
    "msDS-PasswordComplexityEnabled": True,
    "msDS-PasswordReversibleEncryptionEnabled": False,
    "msDS-PasswordHistoryLength": 24,
    "msDS-MinimumPasswordAge": -DAY,
    "msDS-MaximumPasswordAge": NEVER,
    "msDS-LockoutThreshold": 5,
    "msDS-LockoutDuration": NEVER,
    "msDS-LockoutObservationWindow": -15 * MINUTE,
}
TEXTS = {name: str(one) for name, one in ATTRIBUTES.items()}
CONTROLLER = {**base.REGISTRY, base.PRODUCT: {"=ProductType": [1, "LanmanNT"]}}
ASKED = [["password_settings", {}]]


def recorded(*objects: Any, container: bool = True, creates: bool = True) -> Dict[str, Any]:
    told = {"container": container, "creates": creates, "objects": list(objects)}
    return {"registry": CONTROLLER, "policies": told}


CASES: Dict[str, Dict[str, Any]] = {
    "two": recorded({"name": "Ärzte", "applies": 2, **TEXTS}, {"name": "Dienste", "applies": 0, **TEXTS}),
    "one": recorded({"name": "Dienste", "applies": 1}),
    "none": recorded(),
    "hidden": recorded(container=False, creates=False),
    "long": recorded({"name": "x" * 5000, "applies": 1}),
    "too many": recorded(*[{"name": "x", "applies": 1}] * 501),
    "as many as are taken": recorded(*[{"name": "x", "applies": 1}] * 500),
    "no directory": {"registry": CONTROLLER, "policies": "Der Server ist nicht funktionstüchtig."},
    "a member": {"registry": base.REGISTRY, "policies": "nobody is to be asked"},
    "no role": {"registry": {base.CURRENT: base.REGISTRY[base.CURRENT]}, "policies": "nobody is to be asked"},
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    cases = {name: {"machine": {**base.MACHINE, **one}, "request": base.request(*ASKED)} for name, one in CASES.items()}
    told = base.put(cases, tmp_path_factory.mktemp("machines"), "recorded_people.ps1")
    return {name: one["answer"]["observations"]["0"] for name, one in told.items()}


def test_policies_are_told_as_the_directory_has_them(answers):
    told = answers["two"]

    assert told["state"] == "value"
    assert told["value"] == {
        "container": True,
        "creates": True,
        "objects": [{"name": "Ärzte", "applies": 2, **TEXTS}, {"name": "Dienste", "applies": 0, **TEXTS}],
    }


def test_a_list_of_one_or_none_is_a_list(answers):
    assert answers["one"]["value"]["objects"] == [{"name": "Dienste", "applies": 1}]
    assert answers["none"]["value"] == {"container": True, "creates": True, "objects": []}


def test_what_this_account_is_not_shown_is_told_as_such(answers):
    assert answers["hidden"]["value"] == {"container": False, "creates": False, "objects": []}


def test_texts_and_their_number_are_bounded(answers):
    assert answers["long"]["value"]["objects"] == [{"name": "x" * 200, "applies": 1}]
    assert len(answers["as many as are taken"]["value"]["objects"]) == 500
    assert answers["too many"]["state"] == "error"
    assert "more than 500 password settings objects" in answers["too many"]["reason"]


def test_only_a_domain_controller_is_asked(answers):
    assert answers["a member"]["state"] == "absent"
    assert "does not tell whether this is a domain controller" in answers["no role"]["reason"]


def test_a_directory_that_does_not_answer_is_an_error(answers):
    assert answers["no directory"]["state"] == "error"
    assert "nicht funktionstüchtig" in answers["no directory"]["reason"]


CONTAINER = "CN=Password Settings Container,CN=System,"
NO_SUCH_OBJECT, NOT_OPERATIONAL = -2147016656, -2147016646
ADMINISTERS = [{"allowedChildClassesEffective": ["classStore", "msDS-PasswordSettings"]}]


def directory(objects: List[Any], container: Any = None) -> Dict[str, Any]:
    return {"Base " + CONTAINER: ADMINISTERS if container is None else container, "OneLevel " + CONTAINER: objects}


OWN: Dict[str, Dict[str, Any]] = {
    "linked": directory([{"name": "A", **ATTRIBUTES, PSO: ["CN=a", "CN=b"], "cn": "not asked"}, {"name": "B", **ATTRIBUTES}]),
    "many": directory([{"name": "A", **ATTRIBUTES, PSO + ";range=0-1499": ["CN=%d" % number for number in range(1500)]}]),
    "empty": directory([]),
    "without a right": directory([], [{"allowedChildClassesEffective": ["classStore"]}]),
    "no rights at all": directory([], [{}]),
    "hidden": directory([], NO_SUCH_OBJECT),
    "not found": directory([], []),
    "a hidden object": directory([{"name": "A"}]),
    "too many": directory([{"name": name} for name in "ABCDE"]),
    "no directory": directory([], NOT_OPERATIONAL),
    "a domain": {"Base": [{"minPwdLength": 14, "maxPwdAge": NEVER, "objectSid": "not asked"}]},
}  # fmt: skip


@pytest.fixture(scope="module")
def own():
    told = run(base.HERE / "directory_own.ps1", {"script": str(base.OURS / "host.psm1"), "cases": list(OWN.values())})
    return dict(zip(OWN, told))


def test_attributes_are_texts_and_links_are_counted(own):
    told = own["linked"]["told"]

    assert (told["container"], told["creates"]) == (True, True)
    assert told["objects"] == [{"name": "A", **TEXTS, "applies": 2}, {"name": "B", **TEXTS, "applies": 0}]
    assert own["linked"]["disposed"] == 1


def test_links_are_counted_where_the_directory_gives_a_range_of_them(own):
    assert own["many"]["told"]["objects"][0]["applies"] == 1500


@pytest.mark.parametrize(
    ("case", "container", "creates"),
    [
        ("empty", True, True),
        ("without a right", True, False),
        ("no rights at all", True, False),
        ("hidden", False, False),
        ("not found", False, False),
    ],
)
def test_an_empty_container_is_told_from_one_that_is_not_shown(case, container, creates, own):
    assert own[case]["told"] == {"container": container, "creates": creates, "objects": []}


def test_what_an_object_hides_is_left_out(own):
    assert own["a hidden object"]["told"]["objects"] == [{"name": "A", "applies": 0}]


def test_one_more_than_are_taken_is_waited_for(own):
    assert [one["name"] for one in own["too many"]["told"]["objects"]] == ["A", "B", "C"]


def test_a_failure_of_the_directory_is_no_missing_container(own):
    assert "told" not in own["no directory"]
    assert own["no directory"]["failed"]


def test_the_policy_of_a_domain_is_told_as_texts(own):
    assert own["a domain"]["told"] == {"minPwdLength": "14", "maxPwdAge": str(NEVER)}
