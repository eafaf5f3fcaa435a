"""A rollback says what it takes back, or would: by rule and path, from what to what, and no secret."""

from __future__ import annotations

import json
import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import taken_back
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Entry, Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

pytestmark = pytest.mark.root

SITE = "/etc/sysctl.d/50-site.conf"
RUNNING = "/proc/sys/net/ipv4/ip_forward"
CHANGES = {
    "sysctl": ["sysctl", {"name": "net.ipv4.ip_forward"}, 0],
    "file": ["file", {"path": "/etc/passwd"}, {"mode": "0600"}],
}
RULES = {"sysctl": ["ip_forwarding_off", "routers_only"], "file": ["passwd_permissions"]}


@pytest.fixture
def root(tmp_path):
    for path, text in (
        ("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"),
        ("/etc/group", "root:x:0:\n"),
        (SITE, "# token hunter2\nnet.ipv4.ip_forward = 1\n"),
        (RUNNING, "1\n"),
    ):
        place = tmp_path / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(0o644)
    (tmp_path / "var" / "lib").mkdir(parents=True)
    return str(tmp_path)


def good(_argv, _timeout):
    return CommandResult()


def apply(root, runner=good, changes=None, rules=None):
    request = {"version": 1, "mode": "apply", "run_id": "run", "group": "plain", "changes": changes or CHANGES}
    request.update(rules=RULES if rules is None else rules, options={})
    return Apply(parse(json.dumps(request)), root, runner).answer()


def roll_back(root, dry=False, differences=False, **keys):
    return Rollback(Host(root), good, Journal(root, "run"), **keys).run(dry, differences)


def open_up(root):
    """Let everybody read what lies in /etc."""
    for folder in ("", "/etc", "/etc/sysctl.d"):
        os.chmod(root + folder, 0o755)


def by_path(details):
    return {item.get("path", item.get("command")): item for item in details}


@pytest.mark.parametrize("dry", [True, False])
def test_each_thing_is_told_with_its_rules_its_path_and_what_it_was(root, dry):
    apply(root)

    told = by_path(roll_back(root, dry).details)

    state = "would_undo" if dry else "undone"
    assert {item["state"] for item in told.values()} == {state}
    assert told["/etc/passwd"] == {
        "label": "/etc/passwd", "type": "file", "rules": ["passwd_permissions"], "path": "/etc/passwd", "state": state,
        "from": "file mode=0600 uid=0 gid=0", "to": "file mode=0644 uid=0 gid=0",
    }  # fmt: skip
    assert told[SITE]["rules"] == ["ip_forwarding_off", "routers_only"]
    assert told[SITE]["content"]
    assert (told[RUNNING]["from"], told[RUNNING]["to"]) == ("0", "1")
    assert not any("diff" in item for item in told.values())


def test_what_was_changed_twice_is_told_step_by_step_in_a_look_ahead(root):
    apply(root, changes={"file": ["file", {"path": "/etc/passwd"}, {"mode": "0640"}]})
    apply(root, changes={"file": CHANGES["file"]})

    told = [(item["from"][5:14], item["to"][5:14]) for item in roll_back(root, dry=True).details]

    assert told == [("mode=0600", "mode=0640"), ("mode=0640", "mode=0644")]


def test_a_refused_rollback_tells_what_it_would_have_done(root):
    apply(root)
    with open(root + SITE, "a") as stream:
        stream.write("# a hand was here\n")

    report = roll_back(root)

    assert report.conflicts
    assert by_path(report.details)[SITE]["state"] == "would_undo"


def test_what_could_not_be_taken_back_is_told_with_the_reason(root):
    apply(root)
    os.link(root + "/etc/passwd", root + "/etc/other")

    told = by_path(roll_back(root).details)

    assert told["/etc/passwd"]["state"] == "failed"
    assert "hard link" in told["/etc/passwd"]["reason"]


def test_a_journal_without_rules_is_told_by_path(root):
    apply(root, rules={})

    assert by_path(roll_back(root, dry=True).details)["/etc/passwd"]["rules"] == []


@pytest.mark.parametrize("dry", [True, False])
def test_differences_show_what_comes_back_where_everybody_may_read_it(root, dry):
    open_up(root)
    apply(root)

    told = by_path(roll_back(root, dry, differences=True).details)

    assert "+net.ipv4.ip_forward = 1\n" in told[SITE]["diff"]["lines"]
    assert "hunter2" not in json.dumps(told)


def test_differences_hold_nothing_that_not_everybody_may_read(root):
    os.chmod(root + SITE, 0o600)
    apply(root)

    told = by_path(roll_back(root, dry=True, differences=True).details)[SITE]["diff"]

    assert "lines" not in told
    assert "1 come back" in told["note"]


def test_differences_are_bounded(root, monkeypatch):
    open_up(root)
    monkeypatch.setattr(taken_back, "MAX_DIFFERENCES", 1)
    apply(root)

    told = roll_back(root, dry=True, differences=True).details

    assert sum("lines" in item.get("diff", {}) for item in told) == 1
    assert not any("diff" in item for item in told[-1:])


def test_of_a_command_the_paths_and_accounts_are_named_and_counted(root, monkeypatch):
    monkeypatch.setattr(taken_back, "MAX_NAMED", 2)
    os.makedirs(root + "/etc/systemd/system")
    with open(root + "/etc/shadow", "w") as stream:
        stream.write("a:$y$hunter2:1::::::\nb:!:1::::::\nc:!:1::::::\n")
    records = [["/etc/shadow", name, 4, "365"] for name in "abc"]

    def change(plan, _address, _wanted):
        plan.account_command("set ages", ["chage"], records)

    def runner(argv, _timeout):
        if list(argv) == ["chage"]:
            with open(root + "/etc/shadow") as stream:
                text = stream.read()
            with open(root + "/etc/shadow", "w") as stream:
                stream.write(text.replace(":1::::::", ":1::365::::"))
        return CommandResult()

    monkeypatch.setitem(Apply.__init__.__globals__["WRITERS"], "package", change)
    apply(root, runner, {"it": ["package", {}, True]}, {"it": ["password_maximum_age"]})

    (told,) = roll_back(root, dry=True, differences=True).details

    assert told["command"] == "chage"
    assert told["rules"] == ["password_maximum_age"]
    assert told["accounts"] == ["/etc/shadow: a (maximum age)", "/etc/shadow: b (maximum age)"]
    assert told["more"] == 1
    assert "hunter2" not in json.dumps(told)


def test_of_what_a_command_changed_only_what_is_not_as_before_already_is_named(root):
    os.symlink("x", root + "/etc/made")
    gone, made = {"kind": "absent"}, {"kind": "link", "target": "x"}
    step = {"label": "it", "type": "command", "argv": ["it"]}
    effects = [("/etc/gone-again", (gone, made)), ("/etc/made", (gone, made))]

    told = taken_back.TakenBack(Host(root), Journal(root, "run"), dry=False, differences=False)
    item = told.item(Entry(1, step, {}, {}), effects)

    assert item["paths"] == [{"path": "/etc/made", "from": "link to x", "to": "absent"}]
    assert "accounts" not in item
    assert "more" not in item
    assert "paths" not in told.item(Entry(1, step, {}, {}), effects[:1])


@pytest.mark.parametrize("more", [0, 1, 3])
def test_of_very_many_paths_it_is_said_how_many_more_there_are(root, more):
    made = {"kind": "link", "target": "x"}
    count = taken_back.MAX_NAMED + more
    for number in range(count):
        os.symlink("x", root + "/etc/made%02d" % number)
    step = {"label": "it", "type": "command", "argv": ["it"]}
    effects = [("/etc/made%02d" % number, ({"kind": "absent"}, made)) for number in range(count)]

    item = taken_back.TakenBack(Host(root), Journal(root, "run"), dry=False, differences=False).item(
        Entry(1, step, {}, {}), effects
    )

    assert len(item["paths"]) == taken_back.MAX_NAMED
    assert item.get("more", 0) == more
