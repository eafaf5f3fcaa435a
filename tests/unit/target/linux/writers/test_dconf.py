"""What the writer of dconf refuses, and what it does for several rules at once."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import gvariant
from tests.scenarios.linux import ask

pytestmark = pytest.mark.root

MEDIA = "/org/gnome/desktop/media-handling/"
BASE = {"/usr/bin/dconf": "", "/etc/dconf/profile/user": "user-db:user\nsystem-db:local\n"}


@pytest.fixture
def plan(tmp_path):
    """A function that plans changes on a tree: (states by name, steps by label)."""

    def call(*changes, files=None, without=()):
        for path, text in {**BASE, **(files or {})}.items():
            place = tmp_path / path[1:]
            if path not in without:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text)
        asked = {str(number): list(change) for number, change in enumerate(changes)}
        answer = ask(str(tmp_path), lambda _argv, _timeout: CommandResult(), asked)
        return list(answer["changes"].values()), {step["label"]: step for step in answer["steps"]}

    return call


def never(value=True, **address):
    return "dconf", {"key": MEDIA + "autorun-never", "type": "boolean", **address}, value


def lines(step):
    return [line[1:] for line in step["diff"]["lines"].splitlines()[3:] if line.startswith("+")]


def test_one_keyfile_one_list_of_locks_and_one_update_for_several_rules(plan):
    delay = {"key": "/org/gnome/desktop/session/idle-delay", "type": "uint32"}
    states, steps = plan(never(), never({"locked": True}), ("dconf", delay, 300), ("dconf", delay, {"locked": True}))

    assert [state["state"] for state in states] == ["planned"] * 4
    assert lines(steps["/etc/dconf/db/local.d/zz-hipaa-cis"])[1:] == [
        "[org/gnome/desktop/media-handling]", "autorun-never=true", "[org/gnome/desktop/session]",
        "idle-delay=uint32 300",
    ]  # fmt: skip
    assert lines(steps["/etc/dconf/db/local.d/locks/zz-hipaa-cis"])[1:] == [MEDIA + "autorun-never", delay["key"]]
    assert list(steps)[-1] == "compile the databases of dconf"


def test_profile_that_the_same_apply_makes(plan):
    path = "/etc/dconf/profile/gdm"
    wanted = {"lines": ["user-db:user", "system-db:gdm"]}
    made = ("file_lines", {"path": path, "pattern": "^system-db:"}, wanted)

    states, steps = plan(made, never(profile="gdm"))

    assert [state["state"] for state in states] == ["planned"] * 2
    assert "/etc/dconf/db/gdm.d/zz-hipaa-cis" in steps


@pytest.mark.parametrize(
    ("change", "more", "reason"),
    [
        (never(), {"without": ["/usr/bin/dconf"]}, "install dconf-cli first"),
        (never(), {"without": ["/etc/dconf/profile/user"]}, "add system-db:local to /etc/dconf/profile/user"),
        (never(profile="gdm"), {"files": {"/usr/share/dconf/profile/gdm": "user-db:user\n"}}, "add system-db:gdm"),
        (never(), {"files": {"/etc/dconf/db/site.d/x": "[a]\nb=1\n"}}, "/etc/dconf/db/site is older than its keyfiles"),
        (never("yes"), {}, "'yes' is no value of the type boolean"),
        (never(1), {}, "1 is no value of the type boolean"),
        (("dconf", {"key": "/a/b"}, 300), {}, "300 is no value of the type (none given)"),
        (("dconf", {"key": "/a/b", "type": "uint32"}, -1), {}, "-1 is no value of the type uint32"),
        (never({"locked": False}), {}, "only a value and a lock can be set"),
    ],
)
def test_refusals(plan, change, more, reason):
    states, steps = plan(change, **more)

    assert states[0]["state"] == "refused"
    assert reason in states[0]["reason"]
    assert not steps


def test_lock_of_a_file_that_the_profile_names_is_named(plan):
    files = {
        "/etc/dconf/profile/user": "user-db:user\nsystem-db:local\nfile-db:/srv/db\n",
        "/srv/db": MEDIA + "autorun-never",
    }

    states, _steps = plan(never(), files=files)

    assert "/srv/db, which profile user names, locks" in states[0]["reason"]


@pytest.mark.parametrize("text", ['It\'s "ours"', "back\\slash\\", "two\nlines\ttab", "Ümläut 🩺", "", "\x07\u2028"])
def test_texts_come_back_as_they_were(text):
    written = gvariant.write(gvariant.STRING, text)

    assert written is not None
    assert "\n" not in written
    assert gvariant.parse(written) == (gvariant.STRING, text)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("true", ("boolean", True)), ("boolean true", ("boolean", True)), ("1", ("int32", 1)), ("-5", ("int32", -5)),
        ("uint32 300", ("uint32", 300)), ("@u 300", ("uint32", 300)), ("uint32 0x10", ("uint32", 16)),
        ("uint32 010", ("uint32", 8)), ("uint32 0", ("uint32", 0)), ("'a'", ("string", "a")), ('"a"', ("string", "a")),
        ("'a' 'b'", None), ("'a'b'", None), ("'a\\'", None), ("uint32 true", None), ("string 5", None), ("09", None),
        ("[1, 2]", None), ("uint32", None), ("", None), ("TRUE", None), ("1.5", None),
    ],
)  # fmt: skip
def test_types_of_gvariant_texts(text, seen):
    assert gvariant.parse(text) == seen


@pytest.mark.parametrize(
    ("wanted", "done"),
    [
        ({"value": True, "locked": True}, True),
        ({"value": True}, True),
        ({"locked": True}, True),
        ({}, False),
        ({"locked": False}, False),
        ({"value": True, "more": 1}, False),
    ],
)
def test_value_and_lock_are_set_together_or_one_of_them(plan, wanted, done):
    states, steps = plan(never(wanted))

    assert (states[0]["state"] == "planned", bool(steps)) == (done, done)
    if done:
        made = {label.rsplit("/dconf/", 1)[-1] for label in steps if "zz-hipaa-cis" in label}
        assert made == {
            path
            for path, part in (("db/local.d/zz-hipaa-cis", "value"), ("db/local.d/locks/zz-hipaa-cis", "locked"))
            if part in wanted
        }
