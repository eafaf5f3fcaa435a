"""A report of the self-test tells nobody's name, and a person what differs."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import leaves
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.selftest import questions, report
from ansible_collections.hipaa.cis.plugins.plugin_utils.selftest.checks import Check, Seen, checks, passed

NAMES = report.own_names(
    {"inventory_hostname": "Ward7.example.org", "ansible_host": "10.20.30.40", "ansible_user": r"HOSPITAL\svc-audit"}
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("of the user S-1-5-21-1-2-3-1001: no", "of the user S-1-...-1001: no"),
        (r"C:\Users\j.doe\AppData\x is closed", r"C:\Users\...\AppData\x is closed"),
        (r"hospital\SVC-AUDIT of HOSPITAL may not", r"... of ... may not"),
        ("ward7 and WARD7.EXAMPLE.ORG and 10.20.30.40", "... and ... and ..."),
        ("ward70 and 10.20", "ward70 and 10.20"),
        ("a\x1b[2J", "a[U+001B][2J"),
    ],
)
def test_reason_has_no_name(text, shown):
    assert report.cleaned(text, NAMES) == shown


def test_reason_has_no_password():
    assert "Summer" not in report.cleaned("password=Summer2026!", NAMES)


def test_host_that_says_nothing_has_checks_that_could_not_be_made():
    found = checks(Seen({}, {}))

    assert found
    assert {one.same for one in found} == {None}
    assert all(one.reason for one in found)


def test_module_that_gave_nothing_is_the_reason_of_all_its_checks():
    found = checks(Seen({}, {}, {"windows_observe": "no registry", "windows_selftest": "no type"}))

    assert {one.reason for one in found} == {"ours: no registry", "theirs: no type"}
    assert not passed(found)


@pytest.mark.parametrize(
    ("same", "well"),
    [({"language mode": True}, False), ({"language mode": True, "code page": True}, True), ({"x": None}, False), ({}, False),
     ({"code page": True, "x": None}, True), ({"code page": True, "x": False}, False), ({"code page": True, "language mode": False}, False)],
)  # fmt: skip
def test_what_agrees_with_nothing_has_not_passed(same, well):
    assert passed([Check(name, same=one) for name, one in same.items()]) is well


NONSENSE: list[Any] = [
    None, 1, "x", [], {}, {"values": "x"}, {"services": [1]}, {"users": [1]}, {"users": 1}, {"users": [{"sid": []}], "own": [], "sids": [{}]},
    {"services": [{"name": "Spooler", "state": [], "start_mode": {}}]}, {"inf": "////", "code_page": [], "accounts": 1}, {"code": 0, "lines": [[]]},
    {"build": [], "product_type": [], "sku": {}, "code_page": None, "part_of_domain": []}, {"view": 64, "type": 4, "data": []},
]  # fmt: skip


@pytest.mark.parametrize("value", NONSENSE)
def test_host_that_answers_nonsense_breaks_nothing(value):
    names = (
        "registry",
        "user_registry",
        "hives",
        "services",
        "system",
        "account_policy",
        "audit_policy",
        "user_rights",
        "shell",
    )
    asked = questions.questions(load_catalog(), 300.0)
    state = {"state": "value", "value": value}
    ours = {"facts": {"windows": {}}, "observations": dict.fromkeys(asked.plan.request["settings"], state)}

    found = checks(Seen(ours, {name: {"value": value} for name in names}))

    assert not [one for one in found if one.same]
    assert report.collected(asked, Seen(ours, {}), {}, ())["settings"]


def test_all_that_rules_ask_is_asked_once_and_no_parameter_stands_in_it():
    catalog = load_catalog()
    asked = questions.questions(catalog, 300.0)

    rules = [rule for rule in catalog.rules.values() if rule.platform == "windows"]
    wanted = {leaf["kind"] for rule in rules for leaf in leaves(rule.settings)}
    assert {one.kind for one in asked.settings} >= wanted
    addresses = [address for _kind, address in asked.plan.request["settings"].values()]
    assert "parameter" not in {
        key for address in addresses for one in address.values() if isinstance(one, dict) for key in one
    }


@pytest.mark.parametrize(
    ("kind", "reason", "shown"),
    [
        ("registry", "secedit's export: 'O'Brien' holds a right", "ours: secedit's export: '...' holds a right"),
        ("account", "doe has no password", report.NOT_SHOWN),
        ("account", "account cannot be read: no class", "ours: account cannot be read: no class"),
    ],
)
def test_reason_of_a_reader_has_nothing_that_it_quotes(kind, reason, shown):
    found: dict[str, Any] = {}

    def fails():
        raise HipaaCisError(f"ours: {reason}")

    report._count(found, kind, fails, (), quoted=False)

    assert found == {kind: {"states": {"error": 1}, "reasons": {shown: 1}}}


def test_value_that_was_read_has_no_name():
    found = [Check("a path", "REG_SZ D:\\Users\\doe\\cmd.exe", "REG_SZ \\\\ward7\\cmd.exe", False, "theirs: no.")]
    (told,) = report.document(Seen({}, {}), found, NAMES, collectors={}, settings={}, failed={})["checks"]

    assert (told["ours"], told["theirs"]) == ("REG_SZ D:\\Users\\...\\cmd.exe", "REG_SZ \\\\...\\cmd.exe")
    assert (told["same"], told["reason"]) == (False, "theirs: no")


def test_table_shows_what_differs_and_one_line_for_one_cause():
    found = [
        Check("fact build", "1", "1", True),
        Check("code page", 1252, 1250, False),
        *(Check(f"registry {number}", reason="theirs: no reg") for number in range(5)),
    ]
    told = report.document(Seen({}, {}), found, (), collectors={}, settings={}, failed={})

    lines = report.table("host", told).split("\n")
    assert lines[0].endswith("1 agree, 1 differ, 5 could not be made")
    assert [line.split() for line in lines[2:]] == [
        ["differs", "code", "page", "1252", "|", "1250"],
        ["not", "made", "registry", "0", "and", "4", "more", "theirs:", "no", "reg"],
    ]
