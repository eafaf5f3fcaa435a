"""What was approved is made, and nothing else: a change that is not in the plan, or whose host looks otherwise now, is refused."""

from __future__ import annotations

import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux import apply
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.approval import Approval, digest, together
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import COMMAND, KERNEL, Step
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host as TreeHost
from ansible_collections.hipaa.cis.plugins.module_utils.linux.request import RequestError
from tests.scenarios.linux import ask


def _line(plan, address, wanted):
    """Write a line to a file, keeping those that are there."""
    path = address["path"]
    plan.write(path, (plan.host.read_text(path) if plan.host.exists(path) else "") + wanted + "\n")


def _mode(plan, address, wanted):
    plan.attributes(address["path"], mode=wanted)


def _unit(plan, address, wanted):
    plan.systemctl([wanted], address["name"])


def _account(plan, address, _wanted):
    record = ["/etc/passwd", address["name"], 6, "/usr/sbin/nologin"]
    plan.account_command("close it", ["usermod", address["name"]], [record])


def _package(plan, address, wanted):
    plan.packages(wanted, address["name"])


def _line_and_mode(plan, address, wanted):
    _line(plan, address, wanted)
    plan.attributes("/etc/log", mode="0600")


class Host:
    """A tree, with units and packages that a test sets."""

    def __init__(self, root):
        self.root = str(root)
        self.unit, self.package, self.problem = "enabled", "installed", ""

    def run(self, argv, _timeout, _stdin=None):
        if argv[:2] == ["systemctl", "show"]:
            blocks = ["LoadState=loaded\nActiveState=active\nUnitFileState=%s\n" % self.unit] * len(argv[4:])
            return CommandResult(0, "\n".join(blocks), "", problem=self.problem)
        if argv[:2] == ["dpkg-query", "-W"]:
            return CommandResult(0, "telnet %s\n" % self.package, "")
        return CommandResult(0, "", "")

    def ask(self, changes, **more):
        return ask(self.root, self.run, changes, **more)

    def plan(self, changes):
        """Return what a person approves: change -> what -> digests."""
        approved: dict = {}
        for part in self.ask(changes)["parts"]:
            for change in part["changes"]:
                digests = [part["read"], part["gives"], together(part["changes"])]
                approved.setdefault(change, {})[part["what"]] = digests
        return approved

    def apply(self, changes, approved, **more):
        states = self.ask(changes, mode="apply", approved=approved, **more)["changes"]
        return {name: (state["state"], state.get("reason", "")) for name, state in states.items()}

    def text(self, path):
        with open(self.root + path) as stream:
            return stream.read()

    def write(self, path, text):
        with open(self.root + path, "w") as stream:
            stream.write(text)


@pytest.fixture
def host(tmp_path, monkeypatch):
    for name, writer in (
        ("line", _line),
        ("mode", _mode),
        ("unit", _unit),
        ("account", _account),
        ("package", _package),
        ("both", _line_and_mode),
    ):
        monkeypatch.setitem(apply.WRITERS, name, writer)
    (tmp_path / "etc").mkdir()
    made = Host(tmp_path)
    made.write("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\ntoor:x:1000:0::/:/bin/sh\n")
    made.write("/etc/shared", "theirs\n")
    made.write("/etc/other", "theirs\n")
    made.write("/etc/log", "one\n")
    return made


pytestmark = pytest.mark.root
LINE = ["line", {"path": "/etc/shared"}, "ours"]
SECOND = ["line", {"path": "/etc/shared"}, "ours too"]
OTHER = ["line", {"path": "/etc/other"}, "ours"]


def test_what_was_approved_is_made_and_the_journal_has_what_was_read(host):
    changes = {"a": LINE, "b": SECOND}
    assert host.apply(changes, host.plan(changes)) == {"a": ("done", ""), "b": ("done", "")}
    assert host.text("/etc/shared") == "theirs\nours\nours too\n"


def test_two_plans_of_the_same_host_are_the_same(host):
    assert host.ask({"a": LINE, "b": OTHER})["parts"] == host.ask({"b": OTHER, "a": LINE})["parts"][::-1]


def test_change_that_is_not_in_the_plan_is_refused_and_leaves_the_others_alone(host):
    approved = host.plan({"a": LINE})
    states = host.apply({"a": LINE, "b": SECOND}, approved)
    assert states == {"a": ("done", ""), "b": ("refused", "not in the approved plan")}
    assert host.text("/etc/shared") == "theirs\nours\n"


@pytest.mark.parametrize("how", ["content", "mode", "gone"])
def test_file_that_looks_otherwise_now_is_named_and_left_as_it_is(host, how, tmp_path):
    changes = {"a": LINE, "o": OTHER}
    approved = host.plan(changes)
    path = tmp_path / "etc" / "shared"
    {"content": lambda: path.write_text("new\n"), "mode": lambda: path.chmod(0o600), "gone": path.unlink}[how]()

    assert host.apply(changes, approved) == {
        "a": ("refused", "changed since the plan: /etc/shared"),
        "o": ("done", ""),
    }
    assert "ours" not in (path.read_text() if path.exists() else "")


def test_other_text_than_was_approved_is_not_written(host, monkeypatch):
    approved = host.plan({"a": LINE})
    monkeypatch.setitem(apply.WRITERS, "line", lambda plan, address, _wanted: plan.write(address["path"], "evil\n"))
    assert host.apply({"a": LINE}, approved) == {"a": ("refused", "changed since the plan: /etc/shared")}


def test_more_steps_than_were_approved_are_not_made(host, monkeypatch):
    approved = host.plan({"a": LINE})
    monkeypatch.setitem(apply.WRITERS, "line", _line_and_mode)
    assert host.apply({"a": LINE}, approved) == {"a": ("refused", "changed since the plan: /etc/log")}


def test_less_than_was_approved_is_not_made_either(host):
    changes = {"a": ["both", {"path": "/etc/shared"}, "ours"]}
    approved = host.plan(changes)
    host.apply({"m": ["mode", {"path": "/etc/log"}, "0600"]}, host.plan({"m": ["mode", {"path": "/etc/log"}, "0600"]}))
    # Another run did the half of it.
    assert host.apply(changes, approved, run_id="later") == {"a": ("refused", "changed since the plan: /etc/log")}


def test_part_of_a_shared_file_may_be_made_where_the_rest_is_not(host):
    """Somebody has put the other change right in another way: what is made was approved all the same."""
    approved = host.plan({"a": LINE, "b": SECOND})
    assert host.apply({"a": LINE}, approved) == {"a": ("done", "")}


def test_log_that_has_grown_is_as_it_was(host):
    changes = {"m": ["mode", {"path": "/etc/log"}, "0600"]}
    approved = host.plan(changes)
    host.write("/etc/log", "one\ntwo\n")
    assert host.apply(changes, approved) == {"m": ("done", "")}


def test_what_this_run_changed_itself_counts_as_it_was_before_it(host):
    approved = {**host.plan({"a": LINE}), **host.plan({"b": SECOND})}
    assert host.apply({"a": LINE}, approved) == {"a": ("done", "")}
    assert host.apply({"b": SECOND}, approved) == {"b": ("done", "")}
    assert host.text("/etc/shared") == "theirs\nours\nours too\n"


def test_what_somebody_else_changed_between_two_passes_of_a_run_does_not(host):
    approved = {**host.plan({"a": LINE}), **host.plan({"b": SECOND})}
    host.apply({"a": LINE}, approved)
    host.write("/etc/shared", "theirs\nours\nand theirs\n")
    assert host.apply({"b": SECOND}, approved) == {"b": ("refused", "changed since the plan: /etc/shared")}


@pytest.mark.parametrize(
    ("change", "what", "then"),
    [
        (["unit", {"name": "a.service"}, "disable"], "systemctl disable a.service", {"unit": "disabled"}),
        (["package", {"name": "telnet"}, "remove"], "remove telnet", {"package": "config-files"}),
    ],
    ids=["unit", "package"],
)
def test_unit_or_package_in_another_state_is_named(host, change, what, then):
    approved = host.plan({"c": change})
    vars(host).update(then)
    assert host.apply({"c": change}, approved) == {"c": ("refused", "changed since the plan: " + what)}


def test_unit_that_is_as_it_was_is_changed_beside_one_that_is_not(host):
    both = {name: ["unit", {"name": name + ".service"}, "disable"] for name in ("a", "b")}
    approved = host.plan(both)
    approved["a"]["systemctl disable a.service"][0] = digest("another state")
    states = host.apply(both, approved)
    assert [states[name][0] for name in ("a", "b")] == ["refused", "done"]


def test_state_that_could_not_be_told_is_never_as_approved(host):
    host.problem = "timeout"
    change = {"c": ["unit", {"name": "a.service"}, "disable"]}
    approved = host.plan(change)
    assert approved["c"]["systemctl disable a.service"][0] == ""
    assert host.apply(change, approved)["c"][0] == "refused"


def test_of_accounts_the_field_is_looked_at_and_not_the_file(host):
    change = {"c": ["account", {"name": "toor"}, None]}
    approved = host.plan(change)
    host.write("/etc/passwd", host.text("/etc/passwd") + "new:x:1001:0::/:/bin/sh\n")
    assert host.apply(change, approved)["c"][0] == "done"

    host.write("/etc/passwd", host.text("/etc/passwd").replace("::/:/bin/sh", "::/:/bin/bash", 1))
    assert host.apply(change, approved, run_id="other")["c"] == ("refused", "changed since the plan: usermod toor")


def test_file_that_not_everybody_may_read_is_shown_by_digests_only(host, tmp_path):
    (tmp_path / "etc" / "shared").write_text("password=hunter2\n")
    (tmp_path / "etc" / "shared").chmod(0o640)
    [closed] = host.ask({"a": LINE})["parts"]
    [open_] = host.ask({"o": OTHER})["parts"]

    assert "hunter2" not in str(closed)
    assert closed["from"][1:] == ["digest " + closed["read"]]
    assert closed["to"][1:] == ["digest " + closed["gives"]]
    assert (open_["from"][1:], open_["to"][1:]) == ([], ["ours"])


def test_what_is_approved_has_to_be_an_object(host):
    with pytest.raises(RequestError, match="approved"):
        host.ask({"a": LINE}, mode="apply", approved=[])


def test_part_of_a_command_is_told_by_its_records(host):
    looking = Approval(TreeHost(host.root), host.run, Journal(host.root, "run"))
    step = Step(COMMAND, "it", argv=("usermod", "ada"), changes=["b", "a"])
    reads = []
    for record in (["/etc/passwd", "ada", 6, "x"], ["/etc/passwd", "ada", 5, "x"], ["/etc/passwd", "bo", 6, "x"]):
        step.records = [record]
        (part,) = looking.parts([step])
        reads.append(part["read"])

    assert len(set(reads)) == 3
    assert (part["changes"], part["to"], part["gives"]) == (
        ["a", "b"],
        ["run: usermod ada"],
        digest(["usermod", "ada"]),
    )


@pytest.mark.parametrize(
    ("path", "name", "column", "field"),
    [
        ("/etc/x", "ada", 2, "two"),
        ("/etc/x", "ada", 3, ""),
        ("/etc/x", "da", 1, ""),
        ("/etc/x", "ada", 1, "$"),
        ("/etc/none", "ada", 1, ""),
    ],
)
def test_field_of_an_account_is_told_and_of_a_password_only_its_lock(host, path, name, column, field):
    host.write("/etc/x", "ada:$y$secret:two\n")
    looking = Approval(TreeHost(host.root), host.run, Journal(host.root, "run"))

    assert looking._field([path, name, column]) == field


@pytest.mark.parametrize(("ours", "now", "read"), [(True, "0", "1"), (True, "2", "2"), (False, "0", "0")])
def test_kernel_parameter_that_this_run_has_set_is_read_as_it_was_before(host, ours, now, read):
    journal = Journal(host.root, "run")
    journal.create()
    path = "/proc/sys/x"
    if ours:
        number = journal.begin(
            {"type": KERNEL, "label": path, "path": path},
            {"kind": "kernel", "value": "1"},
            {"kind": "kernel", "value": "0"},
        )
        journal.finish(number, "done")
    os.makedirs(host.root + "/proc/sys")
    host.write(path, now + "\n")
    step = Step(KERNEL, path, path=path, content=b"0", changes=["it"])

    (part,) = Approval(TreeHost(host.root), host.run, journal).parts([step])

    assert (part["read"], part["gives"]) == (digest(read), digest("0"))
    assert (part["from"], part["to"]) == ([now], ["0"])


def test_kernel_parameter_that_cannot_be_read_is_in_no_plan(host):
    step = Step(KERNEL, "/proc/sys/x", path="/proc/sys/x", content=b"7", changes=["it"])

    (part,) = Approval(TreeHost(host.root), host.run, Journal(host.root, "run")).parts([step])

    assert (part["read"], part["from"], part["to"]) == ("", ["unknown"], ["7"])
