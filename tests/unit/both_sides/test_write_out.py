"""What holds by a default only, or only where few look, is written out without a change of what is in force."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import PlannedRule, setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Kind, Platform, Rule, leaves
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.remedies import Remedies

PLATFORM = Platform(
    "p",
    "observe",
    "apply",
    True,
    {
        "plain": Kind("plain {name}", {"name": {"type": "string"}}, write="plain"),
        "read_only": Kind("read {name}", {"name": {"type": "string"}}),
        "server": Kind(
            "server {name}",
            {"name": {"type": "string"}},
            expect_on=("effective",),
            write="connection",
            write_out={"value": "effective", "stated": "stated"},
        ),
    },
)
BY_DEFAULT = {"any_of": [{"absent": True}, {"at_least": 1}]}


def leaf(kind="plain", **keys):
    return {"kind": kind, "address": {"name": "x"}, "expect": BY_DEFAULT, **keys}


def written(*settings, seen, manual=""):
    """Return kind and value of what is written out of a rule, with the group of each."""
    rule = Rule("r", "t", "w", "f", "low", "none", "p", "topic", settings=settings, manual=manual)
    planned = PlannedRule(rule, "b", ("1.1",), settings, "f", {})
    observations = {setting_key(item): seen for item in leaves(settings)}
    remedies = Remedies(PLATFORM, Judge(PLATFORM, observations))
    remedies.write_out(planned)
    assert all(change.write_out for change in remedies.changes.values())
    return [(change.kind, change.wanted, change.group) for change in remedies.changes.values()]


ABSENT = {"state": "absent", "source": "s"}


def value(seen, **keys):
    return {"state": "value", "value": seen, "source": "s", **keys}


def test_default_that_the_catalog_names_is_written_where_nothing_sets_it():
    assert written(leaf(write_out=1), seen=ABSENT) == [("plain", 1, "plain")]


def test_absent_setting_without_a_named_default_is_left_alone():
    assert written(leaf(), seen=ABSENT) == []


def test_value_that_is_set_is_left_alone():
    assert written(leaf(write_out=1), seen=value("2")) == []


def test_default_that_the_host_tells_is_written_as_it_is():
    assert written(leaf(expect={"between": [0, 15]}), seen=value("15", default=True)) == [("plain", 15, "plain")]


def test_what_keeps_a_default_so_is_written_in_its_place():
    """A kernel module that is not there now, but may come with the next kernel."""
    seen = value({"available": False}, default=True)
    setting = leaf(expect={"fields": {"available": {"equals": False}}}, write_out={"blocked": True})

    assert written(setting, seen=seen) == [("plain", {"blocked": True}, "plain")]


def test_setting_that_fails_is_not_written_out():
    assert written(leaf(expect={"present": True}, write_out=1), seen=ABSENT) == []


def test_kind_that_cannot_be_written_is_left_alone():
    assert written(leaf("read_only", write_out=1), seen=ABSENT) == []


@pytest.mark.parametrize(("stated", "expected"), [(False, [("server", "no", "connection")]), (True, []), (None, [])])
def test_what_is_in_effect_is_written_where_it_is_not_stated(stated, expected):
    seen = value({"effective": "no", "stated": stated})

    assert written(leaf("server", expect={"equals": "no"}), seen=seen) == expected


@pytest.mark.parametrize(
    ("default", "setting", "expected"),
    [
        (True, leaf("server", expect={"contains": "b"}, write_out="b,c"), [("server", "b,c", "connection")]),
        (True, leaf("server", expect={"contains": "b"}), []),
        (False, leaf("server", expect={"contains": "b"}, write_out="b,c"), []),
        (True, leaf("server", expect={"contains": "d"}, write_out="b,c"), []),
    ],
    ids=["named", "not-named", "set-by-the-site", "wrong"],
)
def test_of_a_list_that_the_program_chooses_only_what_the_catalog_names_is_written(default, setting, expected):
    seen = value({"effective": "a,b", "stated": None}, default=default)

    assert written(setting, seen=seen) == expected


def test_of_alternatives_the_one_that_holds_is_written():
    group = {"any_of": [leaf(expect={"present": True}, write_out=7), leaf(write_out=1)]}

    assert written(group, seen=ABSENT) == [("plain", 1, "plain")]


def test_manual_rules_are_left_alone():
    assert written(leaf(write_out=1), seen=ABSENT, manual="look at it") == []
