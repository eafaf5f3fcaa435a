"""Rules of which remediation writes more than the audit demands, on directory trees: what passes is left as it is."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.remedies import Remedies
from tests.scenarios.linux import Scenario, changer_for, host_for, plant
from tests.scenarios.linux.sshd_option import sshd

pytestmark = pytest.mark.root

KNOWN = load_catalog()
LINUX = KNOWN.platforms["linux"]


class Tree:
    """A directory tree that is judged by one rule and remediated."""

    def __init__(self, root, rule, files, site=(), commands=()):
        selection = Selection(("debian_12",), level=2, include={"rules": [rule]})
        (self.plan,) = make_plan(KNOWN, selection, dict(site), {})
        (self.planned,) = self.plan.benchmarks[0].rules
        self.root = root
        self.scenario = Scenario(rule, {}, {}, "", {}, files=files, commands=dict(commands))
        plant(str(root), self.scenario)

    def judge(self):
        host = host_for(str(self.root), self.scenario)
        settings = self.plan.request["settings"].items()
        return Judge(LINUX, {key: read_kind(host, kind, [address])[0].as_dict() for key, (kind, address) in settings})

    def outcome(self):
        return self.judge().judge(self.planned).outcome

    def remediate(self, run_id):
        """Make the changes; return name -> what is wanted."""
        remedies = Remedies(LINUX, self.judge())
        if self.outcome() == "fail":
            remedies.add(self.planned)
        else:
            remedies.write_out(self.planned)
        changes = {name: change.as_request() for name, change in remedies.changes.items()}
        options = {"user": "auditor", "write_out": True}
        request = {"version": 1, "mode": "apply", "run_id": run_id, "group": "plain", "options": options}
        answer = Apply(parse(json.dumps({**request, "changes": changes})), str(self.root), self._runner()).answer()
        assert all(state["state"] == "done" for state in answer["changes"].values()), answer
        return {change.address["name"]: change.wanted for change in remedies.changes.values()}

    def roll_back(self, run_id):
        report = Rollback(Host(str(self.root)), self._runner(), Journal(str(self.root), run_id)).run()
        assert not report.problems

    def files(self):
        paths = [path for path in self.root.rglob("*") if path.is_file() and "hipaa-cis" not in path.parts]
        return {f"/{path.relative_to(self.root)}": (path.stat().st_mode, path.read_text()) for path in paths}

    def _runner(self):
        return changer_for(self.scenario, str(self.root))


def law(tree, outcome, wanted):
    """The verdict is as planted; what is wanted is written, once, and taken back."""
    before = tree.files()
    assert tree.outcome() == outcome

    assert tree.remediate("first") == wanted
    assert tree.outcome() == "pass"
    after = tree.files()
    assert (after == before) is (not wanted)

    assert tree.remediate("second") == {}
    assert tree.files() == after

    if wanted:
        tree.roll_back("first")
    assert tree.files() == before


LOCKOUT = [
    ({}, "", "fail", 4),
    ({}, "deny = 99\n", "fail", 4),
    ({}, "deny = 5\n", "pass", None),
    ({}, "deny = 3\n", "pass", None),
    ({"faillock_deny": 5}, "", "fail", 5),
    ({"faillock_deny": 3}, "deny = 4\n", "fail", 3),
]


@pytest.mark.parametrize(("site", "conf", "outcome", "written"), LOCKOUT)
def test_account_is_locked_before_the_limit(tmp_path, site, conf, outcome, written):
    files = {"/etc/security/faillock.conf": conf, "/etc/pam.d/login": ""}

    law(Tree(tmp_path, "faillock_deny", files, site), outcome, {"deny": written} if written else {})


def credits_of(number, kinds="dulo"):
    return {kind + "credit": number for kind in kinds}


ALL_FOUR = {"minclass": 4, **credits_of(-1)}
THREE = {"password_min_classes": 3, "password_kind_credit": 0}
COMPLEXITY = [
    ({}, "", "fail", ALL_FOUR),
    ({}, "minclass = 2\n", "fail", ALL_FOUR),
    ({}, "dcredit = 0\nucredit = 0\nlcredit = 0\nocredit = 0\n", "fail", ALL_FOUR),
    ({}, "minclass = 1\nucredit = 2\n", "fail", ALL_FOUR),
    ({}, "minclass = 4\nucredit = 2\n", "fail", {"ucredit": -1}),
    ({}, "minclass = 3\n", "pass", {}),
    ({}, "minclass = 3\nucredit = 0\n", "pass", {}),
    ({}, "dcredit = -1\nucredit = -1\nlcredit = -1\n", "pass", {}),
    ({}, "minclass = 4\n", "pass", {}),
    ({"password_min_classes": 4}, "minclass = 3\n", "fail", ALL_FOUR),
    ({"password_min_classes": 3}, "", "fail", {**ALL_FOUR, "minclass": 3}),
    (THREE, "", "fail", {"minclass": 3, **credits_of(0)}),
    (THREE, "ucredit = 2\n", "fail", {"minclass": 3, **credits_of(0)}),
    (THREE, "minclass = 3\n", "pass", {}),
    ({"password_kind_credit": 0}, "", "fail", {"minclass": 4, **credits_of(0)}),
]


@pytest.mark.parametrize(("site", "conf", "outcome", "wanted"), COMPLEXITY)
@pytest.mark.parametrize("conf_file", ["pwquality.conf", "pwquality.conf.d/50.conf"])
def test_kinds_of_characters_are_asked_for_twice(tmp_path, conf_file, site, conf, outcome, wanted):
    files = {"/etc/pam.d/login": "", f"/etc/security/{conf_file}": conf}

    law(Tree(tmp_path, "password_complexity", files, site), outcome, wanted)


MAIN = "/etc/ssh/sshd_config"
DROP_IN = "/etc/ssh/sshd_config.d/00-hipaa-cis.conf"
EXTRA = "/etc/ssh/sshd_config.d/50-site.conf"
INCLUDE = "Include /etc/ssh/sshd_config.d/*.conf\n"
# As sshd of Debian 12 has them; the first is the newer name of the second.
RENAMED = "sntrup761x25519-sha512"
OLDER = (
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
    "diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
    "diffie-hellman-group14-sha256"
)
STRICT = f"{RENAMED}@openssh.com,{OLDER}"
WEAK = "diffie-hellman-group14-sha1"
(KEY_EXCHANGE,) = KNOWN.rules["ssh_key_exchange"].settings


def server(root, by_default, files):
    commands = {"sshd -T": sshd(kexalgorithms=by_default)}
    return Tree(root, "ssh_key_exchange", {MAIN: INCLUDE, "/usr/sbin/sshd": "", **files}, commands=commands)


@pytest.mark.parametrize(
    ("by_default", "files", "outcome", "wanted"),
    [
        (f"{RENAMED},{STRICT}", {}, "pass", "write_out"),
        (STRICT, {}, "pass", "write_out"),
        (f"{STRICT},{WEAK}", {}, "fail", "set"),
        (STRICT, {EXTRA: f"KexAlgorithms {WEAK}\n"}, "fail", "set"),
        (STRICT, {EXTRA: "KexAlgorithms curve25519-sha256\n"}, "pass", None),
        (STRICT, {MAIN: INCLUDE + f"KexAlgorithms {RENAMED}\n"}, "pass", None),
    ],
)
def test_key_exchanges_are_written_unless_the_site_has_chosen_good_ones(tmp_path, by_default, files, outcome, wanted):
    tree = server(tmp_path, by_default, files)

    law(tree, outcome, {"KexAlgorithms": KEY_EXCHANGE[wanted]} if wanted else {})


@pytest.mark.parametrize(
    ("by_default", "effective"),
    [
        (f"{RENAMED},{STRICT}", STRICT),
        (f"mlkem768x25519-sha256,{RENAMED},{STRICT}", f"mlkem768x25519-sha256,{STRICT}"),
        ("curve25519-sha256,kex-of-the-year-2030", "curve25519-sha256"),
    ],
)
def test_key_exchanges_gain_none_and_the_best_stays_first(tmp_path, by_default, effective):
    tree = server(tmp_path, by_default, {})
    tree.remediate("first")

    for path in (MAIN, DROP_IN):
        assert f"KexAlgorithms {effective}\n" in tree.files()[path][1]
    (seen,) = (tree.judge().observation(leaf) for leaf in tree.planned.settings)
    assert seen["value"]["effective"] == effective
