"""What the writer of AIDE's rules writes where, and what it leaves to a person."""

from __future__ import annotations

import pytest

from tests.scenarios.linux.aide import BASE, FOLDER, MAIN, ONE, TOOL, WANTED, WATCHED

OWN = "/etc/aide/aide.conf.d/00_hipaa_cis"
ALL = "$ f acl+b+g+i+n+p+s+sha512+u+xattrs"
ANSWERS = {"aide --version": "AIDE 0.19.1\n"}


@pytest.fixture
def fixed(planned, tmp_path):
    """A function that makes what is wanted of a configuration: (state, path -> the rules that are new in it)."""

    def call(main, more=None):
        files = {**BASE, MAIN: main, **(more or {})}
        state, steps = planned("aide", WATCHED, WANTED, files, ANSWERS, mode="apply")
        rows = {
            path: [row for row in (tmp_path / path[1:]).read_text().splitlines() if not row.startswith("#")]
            for path in (step["path"] for step in steps)
        }
        return state, {path: [row for row in new if row not in files.get(path, "")] for path, new in rows.items()}

    return call


def test_rule_is_put_into_a_file_that_is_included_first(fixed):
    state, rules = fixed(FOLDER + "/ p\n", {ONE: "/usr/sbin/audit p\n"})

    assert state["state"] == "done"
    assert rules == {OWN: [TOOL + ALL]}


def test_configuration_itself_is_changed_where_its_rules_are_asked_before_what_it_includes(fixed):
    _result, rules = fixed("/usr/sbin/audit p\n" + FOLDER, {ONE: "/ p\n"})

    assert rules == {MAIN: [TOOL + ALL]}


def test_rule_stands_before_a_condition_that_holds_others(fixed):
    _result, rules = fixed("@@ifndef X\n/usr/sbin/audit p\n@@endif\n")

    assert rules == {MAIN: [TOOL + ALL]}


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("p+m+c+caps", "$ f acl+b+c+caps+g+i+m+n+p+s+sha512+u+xattrs"),
        # What these groups hold hangs on how AIDE was built, and the name of what is missing would stop it.
        ("H", "$ f H+acl+b+g+i+n+p+s+sha512+u+xattrs"),
        ("X+ftype", "$ f X+acl+b+ftype+g+i+n+p+s+sha512+u+xattrs"),
        # To keep this would take the checksum out again.
        ("growing+l", "$ f acl+b+g+i+l+n+p+s+sha512+u+xattrs"),
    ],
)
def test_nothing_is_taken_from_what_a_rule_of_the_site_watches(fixed, now, then):
    _result, rules = fixed("/usr/sbin/auditctl f %s\n" % now)

    assert rules == {MAIN: [TOOL + then]}


def test_group_that_means_less_behind_its_new_definition_is_not_used_there(fixed):
    """AIDE lets a configuration define its own groups anew."""
    _result, rules = fixed("H = md5\n/usr/sbin H+caps\n")

    assert rules == {MAIN: ["/usr/sbin/auditctl$ f acl+b+caps+g+i+md5+n+p+s+sha512+u+xattrs"]}


def test_rule_for_exactly_the_file_is_followed_by_one_of_its_kind(fixed):
    _result, rules = fixed("=/usr/sbin/auditctl m\n/ p\n")

    assert rules == {MAIN: ["=" + TOOL + "$ f acl+b+g+i+m+n+p+s+sha512+u+xattrs"]}


@pytest.mark.parametrize(
    ("main", "reason"),
    [
        ("/ p\n!/usr/sbin/auditctl$\n", MAIN + ":3 takes /usr/sbin/auditctl out of what AIDE watches"),
        ("/ p\n-/usr/sbin$ d\n", MAIN + ":3 takes /usr/sbin/auditctl out of what AIDE watches"),
        ("report_ignore_changed_attrs=sha512\n/ p\n", "report_ignore_changed_attrs of AIDE leaves out some"),
        ("root_prefix=/srv\n/ p\n", "root_prefix of AIDE is set"),
    ],
)
def test_what_stands_in_the_way_is_named_and_left(fixed, main, reason):
    state, rules = fixed(main)

    assert state["state"] == "refused"
    assert reason in state["reason"]
    assert not rules
