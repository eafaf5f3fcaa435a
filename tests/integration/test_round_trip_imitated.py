"""The round-trip law on imitated hosts: fixed by their own benchmark at level 2, nothing left for a second run, and back to what was.

What is fixed by files is seen in them; programs that would act only say that they did, so what they have to do is left failing here.
"""

from __future__ import annotations

import json
import os
import stat
from functools import cache

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import confirm
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import observe
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.request import named, numbered
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import DISRUPTIONS, leaves
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.limits import Limits
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.platform import PlatformRemediation
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.rule_result import RuleResult
from tests.scenarios import imitated

pytestmark = pytest.mark.root
STOCKS = {stock.name: stock for stock in imitated.stocks()}
BENCHMARKS = {one.name: one for newest in load_catalog().benchmarks.values() for one in newest.versions}
IMITATED = [name for name, one in BENCHMARKS.items() if one.id in STOCKS and not one.supplement]
# They succeed, and do nothing; other programs are not there, or have a recorded answer.
ACTING = {"bash", "chage", "findmnt", "groupadd", "mount", "sh", "sshd", "systemctl", "systemd-run", "update-grub", "visudo"}  # fmt: skip
ROOM = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda1 9000000 1000000 8000000 12% /\n"
CALLS = "".join(
    f"0\t{call}\n"
    for rule in load_catalog().rules.values()
    for leaf in leaves(rule.settings)
    for call in leaf["address"].get("syscalls", [])
)
# What comes into force by a program, whose work is not imitated.
BY_A_PROGRAM = {"accounts", "bootloader", "firewall", "package", "service", "sshd_option", "su_access"}
# Its way to the host, which NetworkManager sets by itself, is not changed.
LEFT_ON_PURPOSE = {"router_advertisements_refused"}
AS_IT_WAS = {"already_right", "not_applicable", "skipped"}
# Where passwords are written lasts, and the folder of the record.
STAYS = {"/etc/.pwd.lock", "/var/lib", "/var/lib/hipaa-cis"}


class ImitatedTarget:
    """An imitated host, to a remediation."""

    def __init__(self, name: str, root: str) -> None:
        self.root = root
        stock = STOCKS[BENCHMARKS[name].id]
        # What is recorded of ausyscall names the newest calls alone.
        commands = {
            argv: answer + (CALLS if argv.startswith("ausyscall ") else "") for argv, answer in stock.commands.items()
        }
        stock = stock._replace(commands={**commands, "df -Pk /var/log/audit": ROOM})
        imitated.build(root, stock)
        self.recorded = imitated.runner_of(stock)

    def run(self, argv, timeout):
        answer = self.recorded(argv, timeout)
        return CommandResult() if answer.missing and argv[0] in ACTING else answer

    def observe(self, plan):
        host = Host(root=self.root, runner=self.recorded, privileged=True)
        answer = observe(json.dumps(numbered(plan.request)), host)
        return {**answer, "observations": named(answer["observations"], plan.request["settings"])}

    def apply(self, _plan, request):
        asked = {key: part for key, part in request.items() if key != "observe"}
        return json.loads(json.dumps(Apply(parse(json.dumps(asked)), self.root, self.run).answer()))

    def reconnect(self):
        pass

    def roll_back(self, run_id):
        return Rollback(Host(self.root, runner=self.run), self.run, Journal(self.root, run_id)).run()

    def tree(self):
        """Return path -> mode, owner and content of all but the record of the changes."""
        found = {}
        for folder, folders, files in os.walk(self.root):
            for path in (os.path.join(folder, one) for one in folders + files):
                here = os.lstat(path)
                content = os.readlink(path).encode() if stat.S_ISLNK(here.st_mode) else b""
                if stat.S_ISREG(here.st_mode):
                    with open(path, "rb") as stream:
                        content = stream.read()
                found[path[len(self.root) :]] = (here.st_mode, here.st_uid, here.st_gid, content)
        return {path: one for path, one in found.items() if not path.startswith("/var/lib/hipaa-cis/")}


def remediated(name, target, run_id):
    (plan,) = make_plan(load_catalog(), Selection(benchmarks=(name,), level=2), {}, {})
    done = PlatformRemediation(plan, target, Limits(run_id, frozenset(DISRUPTIONS), 0.05, check=False))
    done.run()
    assert done.broke_off is None
    return done


@pytest.fixture(scope="module")
def round_trip(tmp_path_factory):
    """Return a function: name of a benchmark -> its results, those of a second run and what that changed, problems of the way back and what it left."""

    @cache
    def go(name):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(confirm, "_start_detached", lambda *_arguments: None)
            patch.setattr(confirm, "PATIENCE", 0.0)
            target = ImitatedTarget(name, str(tmp_path_factory.mktemp("host")))
            before = target.tree()
            first = remediated(name, target, "first")
            fixed = target.tree()
            second = remediated(name, target, "second")
            changed = {path for path in {*fixed, *target.tree()} if fixed.get(path) != target.tree().get(path)}
            problems = [*target.roll_back("second").problems, *target.roll_back("first").problems]
            after = target.tree()
        differ = {path for path in {*before, *after} - STAYS if before.get(path) != after.get(path)}
        return first.results(), second.results(), changed, problems, differ

    return go


@pytest.mark.parametrize("name", IMITATED)
def test_what_files_say_is_fixed_on_an_imitated_host(name, round_trip):
    first = round_trip(name)[0]

    found: dict[str, dict[str, RuleResult]] = {}
    for one in first:
        found.setdefault(one.result, {})[one.planned.rule.id] = one
    assert set(found) <= {*AS_IT_WAS, "fixed", "pending", "still_failing"}
    left = {
        rule: one.reason
        for rule, one in found["still_failing"].items()
        if not {leaf["kind"] for leaf in leaves(one.planned.rule.settings)} & BY_A_PROGRAM
    }
    assert set(left) <= LEFT_ON_PURPOSE, left
    assert len(found["fixed"]) + len(found["pending"]) > 40


@pytest.mark.parametrize("name", IMITATED)
def test_second_run_changes_no_file_on_an_imitated_host(name, round_trip):
    _first, second, changed, _problems, _differ = round_trip(name)

    assert {one.planned.rule.id: one.reason for one in second if one.result == "fixed"} == {}
    assert changed == set()


@pytest.mark.parametrize("name", IMITATED)
def test_way_back_leads_to_what_was_on_an_imitated_host(name, round_trip):
    _first, _second, _changed, problems, differ = round_trip(name)

    assert problems == []
    assert differ == set()
