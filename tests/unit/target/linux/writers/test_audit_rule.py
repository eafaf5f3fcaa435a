"""The writer of audit rules: what it plans, and what it leaves to a person."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.units import PROPERTIES
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers import audit_rule
from tests.scenarios import boot
from tests.scenarios.linux import Scenario, ask, plant
from tests.scenarios.linux.audit_rule import BASE, DAEMON, FOLDER, FULL, LOCK, ON, RULES, SUDOERS, UNIT, WATCH

pytestmark = pytest.mark.root

LOCKED = {"query": "immutable"}
OWN = FOLDER + "zz-hipaa-cis.rules"
BROKEN = "-w /no/such/file -p wa\n"


@pytest.fixture
def plan(tmp_path):
    """A function that plans changes on a tree: the answer of the apply module."""

    def call(*changes, files=None, status=ON, kernel="No rules\n", more=None):
        said = {"uname -m": "x86_64\n", "auditctl -s": status, "auditctl -l": kernel, **(more or {})}
        plant(str(tmp_path), Scenario("", {}, {}, "", {}, files={**BASE, RULES: "-D\n", **(files or {})}))
        asked = {str(number): ["audit_rule", *change] for number, change in enumerate(changes)}

        def runner(argv, _timeout):
            return CommandResult(0, said.get(" ".join(argv), ""), "")

        return ask(str(tmp_path), runner, asked)

    return call


def labels(answer):
    return [step["label"] for step in answer["steps"]]


def test_all_rules_are_written_into_one_file_and_loaded_once(plan):
    hosts = {"query": "watch", "path": "/etc/hosts"}
    answer = plan((SUDOERS, "scope"), (hosts, "names"))

    assert labels(answer) == [FOLDER + "zz-hipaa-cis.rules", "load the audit rules"]
    added = answer["steps"][0]["diff"]["lines"]
    # The first line is empty: the file before may end without a newline.
    assert "\n+\n+# Written by hipaa.cis." in added
    assert added.endswith("\n+-c\n+-w /etc/sudoers -p wa -k scope\n+-w /etc/hosts -p wa -k names\n")
    assert answer["steps"][0]["diff"]["after"].endswith("mode=0600")


def test_what_is_written_and_not_loaded_is_only_loaded(plan):
    answer = plan((SUDOERS, "scope"), files={RULES: WATCH})

    assert labels(answer) == ["load the audit rules"]


def test_what_is_loaded_and_not_written_is_only_written(plan):
    answer = plan((SUDOERS, "scope"), kernel=WATCH)

    assert labels(answer) == [FOLDER + "zz-hipaa-cis.rules"]


def test_a_file_before_that_ends_without_a_newline_does_no_harm(plan):
    answer = plan(
        (SUDOERS, "scope"), files={RULES: "-w /etc/hosts -p wa -k names"}, kernel="-w /etc/hosts -p wa -k names\n"
    )

    assert answer["changes"]["0"] == {"state": "planned"}


def test_what_cannot_be_loaded_any_more_is_taken_out_of_our_own_file(plan):
    """Its program is gone, or the site has the same rule by now; either would make each load fail."""
    kept = "-w /etc/hosts -p wa -k names\n"
    gone = "-a always,exit -F path=/opt/gone/bin/su -F perm=x -k privileged\n"
    files = {
        RULES: "-w /etc/issue -p wa -k names\n",
        OWN: "# Written\n-c\n" + gone + kept + "-w /etc/issue -p wa -k names\n",
    }
    answer = plan((SUDOERS, "scope"), files=files)

    changed = [line for line in answer["steps"][0]["diff"]["lines"].split("\n")[2:] if line[:1] in ("+", "-")]
    assert changed == ["-" + gone.strip(), "--w /etc/issue -p wa -k names", "+-w /etc/sudoers -p wa -k scope"]


def test_only_the_line_with_the_switch_becomes_a_comment(plan):
    """A form feed ends no line for augenrules."""
    answer = plan((LOCKED, True), files={RULES: "# one\fpage\n-e 1\n" + WATCH}, kernel=WATCH)

    lines = answer["steps"][0]["diff"]["lines"]
    assert [line for line in lines.split("\n") if line[:1] in ("+", "-")][2:] == [
        "--e 1",
        "+# disabled by hipaa.cis: -e 1",
    ]


def test_locked_rules_are_written_for_the_next_boot(plan):
    answer = plan((SUDOERS, "scope"), status=LOCK)

    assert labels(answer) == [FOLDER + "zz-hipaa-cis.rules"]
    assert answer["changes"]["0"]["pending_reboot"]
    assert answer["pending_reboot"] == ["the audit rules, which are locked until then"]


def test_the_lock_comes_last_and_is_not_loaded(plan):
    answer = plan((LOCKED, True), (SUDOERS, "scope"), files={FOLDER + "a.rules": "-e 1\n"})

    assert labels(answer) == [
        FOLDER + "a.rules",
        FOLDER + "zz-hipaa-cis.rules",
        "load the audit rules",
        FOLDER + "zz-hipaa-cis-lock.rules",
    ]
    assert answer["steps"][0]["diff"]["lines"].endswith("\n--e 1\n+# disabled by hipaa.cis: -e 1\n")
    assert answer["pending_reboot"] == ["the lock on the audit rules"]


@pytest.mark.parametrize(
    ("change", "files", "reason"),
    [
        ((SUDOERS, "two words"), {}, "'two words' cannot be the key of audit records"),
        (
            (SUDOERS, "scope"),
            {RULES: "-a never,exit -F dir=/etc\n"},
            "is kept out by %s:1: -a never,exit -F dir=/etc; decide by hand whether that may stay" % RULES,
        ),
        (
            (SUDOERS, "scope"),
            {RULES: BROKEN},
            "is kept out by %s:1: -w /no/such/file -p wa, at which loading ends: /no/such does not exist; "
            "decide by hand whether that may stay" % RULES,
        ),
        (
            (SUDOERS, "scope"),
            {RULES: WATCH + BROKEN},
            "the rules cannot be loaded: %s:2: -w /no/such/file -p wa, at which loading ends: /no/such does not exist; "
            "change it by hand" % RULES,
        ),
        (
            (LOCKED, True),
            {RULES: BROKEN},
            "the lock would not be reached: %s:1: -w /no/such/file -p wa, at which loading ends: /no/such does not exist; "
            "change it by hand" % RULES,
        ),
        (
            ({"query": "watch", "path": "/etc/a b"}, "x"),
            {},
            "'/etc/a b' holds a blank or another sign that audit rules take for something else",
        ),
        (
            ({"query": "watch", "path": "/srv/none/file"}, "x"),
            {},
            "/srv/none does not exist, so the kernel would refuse the rule",
        ),
        (
            (SUDOERS, "scope"),
            {
                UNIT: "[Service]\nExecStartPost=-/sbin/auditctl -R /etc/audit/audit.rules\n",
                "/etc/audit/audit.rules": "",
            },
            "/etc/audit/audit.rules is loaded at boot as it is, without augenrules; add the rules there by hand",
        ),
    ],
)
def test_what_is_left_to_a_person_is_said(plan, change, files, reason):
    answer = plan(change, files=files)

    state = answer["changes"]["0"]
    assert state["state"] == "refused"
    assert state["reason"].endswith(reason)
    assert not answer["steps"]


@pytest.mark.parametrize("more", [0, 1])
def test_rules_that_could_not_be_brought_back_are_not_replaced(more):
    made: list = []
    plan: Any = SimpleNamespace(command=lambda label, argv, **keys: made.append((label, argv, keys)))
    empty = len("-D\n-c\n\n-e 1")
    recording: Any = SimpleNamespace(enabled="1", texts=lambda: ["x" * (100000 - empty + more)])

    if more:
        with pytest.raises(CannotFix, match="so many audit rules"):
            audit_rule._load(plan, recording)
        assert made == []
    else:
        audit_rule._load(plan, recording)
        assert made[0][0] == "load the audit rules"


def test_limit_of_records_is_taken_off_now_and_in_the_files(plan):
    answer = plan((DAEMON, True), files={RULES: "-b 8192\n-r 1\n"}, status=FULL % (340, 1))

    assert labels(answer) == [RULES, "take the limit off audit records"]
    assert answer["steps"][0]["diff"]["lines"].endswith("-r 1\n+# disabled by hipaa.cis: -r 1\n")


def test_daemon_that_the_kernel_has_lost_is_for_a_person(plan):
    shown = "Id=auditd.service\nNames=auditd.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n"
    command = "systemctl show --no-pager --property=%s -- auditd.service" % PROPERTIES
    more = {command: shown, boot.ASKED: boot.targets()}
    answer = plan((DAEMON, True), files={"/run/systemd/system/.keep": ""}, status=FULL % (0, 0), more=more)

    assert "hands nothing to it" in answer["changes"]["0"]["reason"]
