"""Account files: what packages made of them, and what is left when that is taken back."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import account_files
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_files import (
    GROUP,
    GSHADOW,
    PASSWD,
    SHADOW,
    merge,
    of_packages,
)

BEFORE = {
    PASSWD: "root:x:0:0::/:/bin/sh\nanna:x:1000:1000::/:/bin/sh\n",
    SHADOW: "root:*:1::::::\nanna:$y$x:1::::::\n",
    GROUP: "root:x:0:\ncare:x:50:anna\n",
    GSHADOW: "root:*::\ncare:!::anna\n",
}
SERVICE = {PASSWD: "_svc:x:110:110::/:/bin/false", SHADOW: "_svc:!:1::::::", GROUP: "_svc:x:110:", GSHADOW: "_svc:!::"}
PERSON = {PASSWD: "bo:x:1001:1001::/:/bin/sh", SHADOW: "bo:$y$y:1::::::", GROUP: "bo:x:1001:", GSHADOW: "bo:!::"}


def added(*records, before=None):
    texts = dict(before or BEFORE)
    for record in records:
        texts = {path: texts[path] + record[path] + "\n" for path in texts}
    return texts


def test_system_account_is_the_work_of_packages_and_a_person_is_not():
    assert of_packages(BEFORE, added(SERVICE, PERSON)) == added(SERVICE)
    assert of_packages(BEFORE, added(PERSON)) == BEFORE
    assert of_packages(BEFORE, added(SERVICE), named=["other"]) == BEFORE
    assert of_packages(BEFORE, added(SERVICE), named=["_svc"]) == added(SERVICE)


@pytest.mark.parametrize("number", [999, 1000])
def test_numbers_of_people_begin_with_1000(number):
    record = {path: line.replace("110", str(number)) for path, line in SERVICE.items()}

    assert (of_packages(BEFORE, added(record)) == added(record)) is (number < 1000)


def test_file_without_a_last_line_end_keeps_that():
    before = {path: text.rstrip("\n") for path, text in BEFORE.items()}
    after = {path: before[path] + "\n" + SERVICE[path] for path in before}

    assert of_packages(before, after) == after


def test_system_account_that_went_is_the_work_of_packages_and_a_person_that_went_is_not():
    assert of_packages(added(SERVICE), BEFORE) == BEFORE
    assert of_packages(added(PERSON), BEFORE) == added(PERSON)


@pytest.mark.parametrize(("member", "theirs"), [("_svc", True), ("anna,_svc", True), ("anna,bo", False), ("", False)])
def test_only_system_accounts_come_to_groups_by_packages(member, theirs):
    before = {**BEFORE, GROUP: "care:x:50:anna\n", GSHADOW: "care:!::anna\n"}
    members = member if "anna" in member or not member else "anna," + member
    after = {path: text.replace("::anna", "::" + members).replace(":50:anna", ":50:" + members)
             for path, text in added(SERVICE, before=before).items()}  # fmt: skip
    after[PASSWD] += PERSON[PASSWD] + "\n"

    found = of_packages(before, after)

    assert (found[GROUP] == after[GROUP], found[GSHADOW] == after[GSHADOW]) == (theirs, theirs)


def test_password_that_a_person_changed_meanwhile_is_no_work_of_packages():
    after = added(SERVICE)
    after[SHADOW] = after[SHADOW].replace("$y$x", "$y$new")

    assert of_packages(BEFORE, after)[SHADOW] == added(SERVICE)[SHADOW]


def test_account_that_was_made_goes_and_its_group_with_it():
    merged = merge(BEFORE, added(SERVICE), added(SERVICE, PERSON))

    assert (merged.texts, merged.conflicts, merged.kept) == (added(PERSON), [], [])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((GROUP, "_svc:x:110:", "_svc:x:110:anna"), "the group _svc, which the run made, has members now (anna)"),
        ((GSHADOW, "_svc:!::", "_svc:!::anna"), "the group _svc, which the run made, has members now (anna)"),
        ((GSHADOW, "_svc:!::", "_svc:!:anna:"), "the group _svc, which the run made, has members now (anna)"),
        ((GROUP, "_svc:x:110:", "_svc:x:110:,"), ""),
        ((PASSWD, "1000:1000", "1000:110"), "the group _svc, which the run made, is the primary group of a user now"),
        ((PASSWD, "/bin/false", "/bin/sh"), "the user _svc, which the run made, was changed since"),
        ((SHADOW, "_svc:!:", "_svc:$y$z:"), "the user _svc, which the run made, was changed since"),
    ],
)
def test_account_that_somebody_uses_stays(change, said):
    path, old, new = change
    now = added(SERVICE)
    assert old in now[path]
    now[path] = now[path].replace(old, new)

    merged = merge(BEFORE, added(SERVICE), now)

    assert merged.conflicts == ([said] if said else [])
    assert len(merged.kept) == len(merged.conflicts)
    assert ("_svc:" in merged.texts[GROUP if "group" in said else PASSWD]) is bool(said)


@pytest.mark.parametrize(
    ("column", "old", "new", "there", "back", "conflict"),
    [
        (4, "99999", "365", "365", "99999", False),
        (4, "99999", "365", "0365", "99999", False),
        (4, "99999", "365", "99999", "99999", False),
        (4, "99999", "365", "90", "99999", True),
        (4, "99999", "99999", "90", "90", False),
        (6, "", "30", "30", "", False),
        (6, "-1", "30", "", "-1", False),
        (1, "$y$x", "!$y$x", "!$y$x", "$y$x", False),
        (1, "$y$x", "!$y$x", "!$y$new", "$y$new", False),
        (1, "$y$x", "!$y$x", "$y$new", "$y$new", False),
        (1, "$y$x", "$y$x", "!$y$x", "!$y$x", False),
        (1, "", "!", "!", "", False),
        (1, "!*", "!!*", "!*", "!*", False),
        (1, "$y$x", "!$y$x", "!", "!", False),
    ],
)
def test_field_gets_its_old_value_where_nobody_gave_it_another(column, old, new, there, back, conflict):
    def shadow(value):
        row = ["anna", "$y$x", "1", "0", "99999", "7", "", "", ""]
        row[column] = value
        return {SHADOW: ":".join(row) + "\n"}

    merged = merge(shadow(old), shadow(new), shadow(there))

    assert merged.texts == shadow(back)
    assert bool(merged.conflicts) is conflict


@pytest.mark.parametrize(
    ("old", "new", "there", "back"),
    [
        ("a", "a,b", "a,b", "a"),
        ("a", "a,b", "a,b,c", "a,c"),
        ("a,b", "a", "a", "a,b"),
        ("a,b", "a", "a,c", "a,c,b"),
        ("b,a", "a,b,c", "a,b,c", "b,a"),
    ],
)
def test_members_are_taken_back_one_by_one(old, new, there, back):
    texts = [{GROUP: "care:x:50:%s\n" % members} for members in (old, new, there)]

    assert merge(*texts).texts == {GROUP: "care:x:50:%s\n" % back}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("7", "007", True), ("", "-1", True), ("", "", True), ("7", "8", False), ("a", "a", True), ("a", "b", False),
     ("0", "", False), ("a", "7", False)],
)  # fmt: skip
def test_fields_that_say_the_same(one, other, same):
    assert account_files.alike(one, other) is same


def test_what_a_command_is_to_make_of_records_is_expected():
    records = [
        [PASSWD, "anna", 6, "/bin/false"],
        [SHADOW, "anna", 1, "!"],
        [SHADOW, "root", 4, "90"],
        [GROUP, "new", 0, ""],
        [GROUP, "care", 0, ""],
        ["/etc/other", "x", 0, ""],
        [PASSWD, "nobody", 6, "x"],
        [PASSWD, "anna", 1, "!"],
    ]

    after = account_files.expected(BEFORE, records)

    assert after[PASSWD] == BEFORE[PASSWD].replace("1000::/:/bin/sh", "1000::/:/bin/false")
    assert after[SHADOW] == "root:*:1::90::::\nanna:!$y$x:1::::::\n"
    assert after[GROUP] == BEFORE[GROUP] + "\nnew:!::"
    assert after[GSHADOW] == BEFORE[GSHADOW]
    assert account_files.expected(after, [[SHADOW, "anna", 1, "!"]]) == after


@pytest.mark.parametrize(
    ("path", "line"),
    [(PASSWD, "new:!:::::"), (SHADOW, "new:!:::::::"), (GROUP, "new:!::"), (GSHADOW, "new:!::")],
)
def test_record_that_is_made_has_all_its_fields(path, line):
    assert account_files.expected({path: ""}, [[path, "new", account_files.NEW, ""]]) == {path: "\n" + line}


def test_each_field_has_its_name():
    assert {path: len(names) for path, names in account_files.COLUMNS.items()} == account_files.WIDTHS
    assert account_files.COLUMNS[PASSWD][6] == "shell"
    assert account_files.COLUMNS[SHADOW][4] == "maximum age"


def test_text_without_a_single_line_is_taken_back_too():
    assert merge({GROUP: ""}, {GROUP: "a:x:1:\n"}, {GROUP: "a:x:1:"}).texts == {GROUP: ""}
    assert merge({GROUP: "a:x:1:"}, {GROUP: ""}, {GROUP: "b:x:2:"}).texts == {GROUP: "b:x:2:\na:x:1:"}
    assert merge({GROUP: "a:x:1:\n"}, {GROUP: ""}, {GROUP: "b:x:2:\n"}).texts == {GROUP: "b:x:2:\na:x:1:\n"}


def test_empty_place_in_a_list_is_no_member():
    after = added(SERVICE)
    after[GROUP] = after[GROUP].replace("_svc:x:110:", "_svc:x:110:anna")
    now = {**after, GROUP: after[GROUP].replace("_svc:x:110:anna", "_svc:x:110:anna,")}

    assert merge(BEFORE, after, now).conflicts == []
