"""A package manager that can't do its work: what is said, and that `changed` says only what is true."""

from __future__ import annotations

import json
import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import package

pytestmark = pytest.mark.root

REMOVE = {"it": ["package", {"name": "telnet"}, False]}
INSTALL = {"it": ["package", {"name": "aide"}, True]}


class Dpkg:
    """Stands for dpkg and apt-get: some packages, and what goes wrong (verb -> message)."""

    def __init__(self, *names, **broken):
        self.installed = set(names)
        self.broken = broken

    def __call__(self, argv, _timeout):
        words = list(argv)
        verb = next((word for word in words if word in ("install", "remove", "update", "download", "purge")), "")
        if words[0] == "dpkg-query":
            form = "%s\tinstalled\t1" if tuple(words) == package.QUERY else "%s 1 installed"
            wanted = "--showformat" not in words or tuple(words) == package.QUERY
            return CommandResult(0, "".join(form % name + "\n" for name in sorted(self.installed) if wanted))
        if words[0] == "apt-cache":
            return CommandResult(0, "  Candidate: 1\n")
        if "--simulate" in words:
            sign = {"remove": "Remv %s [1]", "install": "Inst %s (1)"}[verb]
            return CommandResult(0, sign % words[-1] + "\n")
        if verb in self.broken:
            return CommandResult(
                100, "Could not get lock. It is held by process 321 (apt-get)", "E: " + self.broken[verb]
            )
        if verb == "install":
            self.installed.add(words[-1])
        elif verb in ("remove", "purge"):
            self.installed.discard(words[-1])
        return CommandResult()


@pytest.fixture
def root(tmp_path):
    (tmp_path / "var/lib").mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    return str(tmp_path)


def apply(root, dpkg, changes):
    request = {"version": 1, "mode": "apply", "run_id": "run", "group": "plain", "options": {}, "changes": changes}
    return Apply(parse(json.dumps(request)), root, dpkg).answer()


def roll_back(root, dpkg, **keys):
    return Rollback(Host(root), dpkg, Journal(root, "run")).run(**keys)


@pytest.mark.parametrize(
    ("changes", "broken", "reason"),
    [
        (REMOVE, {"download": "Failed to fetch"}, "a rollback could not bring it back"),
        (REMOVE, {"remove": "Unable to acquire the dpkg frontend lock"}, "(process 321 (apt-get)); wait for it to end"),
        (INSTALL, {"update": "Could not get lock /var/lib/apt/lists/lock"}, "wait for it to end, then run this again"),
        (INSTALL, {"install": "Failed to fetch http://example.org/aide.deb"}, "look at the network"),
    ],
    ids=["no-archive", "lock", "lock-of-the-lists", "no-network"],
)
def test_what_was_stopped_before_it_began_is_no_change(root, changes, broken, reason):
    dpkg = Dpkg("telnet", "base", **broken)

    answer = apply(root, dpkg, changes)

    assert answer["changes"]["it"]["state"] == "failed"
    assert reason in answer["changes"]["it"]["reason"]
    assert answer["changed"] is False
    assert dpkg.installed == {"telnet", "base"}
    report = roll_back(root, dpkg, dry=True)
    assert (report.changed, report.undone) == (False, [])
    report = roll_back(root, dpkg)
    assert (report.changed, report.undone, report.problems) == (False, [], [])


def test_what_failed_half_way_is_a_change(root):
    dpkg = Dpkg("telnet", "base")

    def half(argv, timeout):
        done = dpkg(argv, timeout)
        installing = argv[-1] == "aide" and "install" in argv and "--simulate" not in argv
        return CommandResult(100, "", "E: post-installation script failed") if installing else done

    answer = apply(root, half, INSTALL)
    assert answer["changes"]["it"]["state"] == "failed"
    assert answer["changed"] is True

    report = roll_back(root, dpkg)
    assert report.changed
    assert dpkg.installed == {"telnet", "base"}


def test_what_is_as_before_already_is_not_said_to_be_undone(root):
    path = root + "/etc/crontab"
    with open(path, "w") as stream:
        stream.write("")
    apply(root, Dpkg("base"), {"it": ["file", {"path": "/etc/crontab"}, {"mode": "0600"}]})
    os.chmod(path, 0o644)

    report = roll_back(root, Dpkg("base"))

    assert (report.changed, report.undone) == (False, [])


ACCOUNTS = {
    "/etc/passwd": "root:x:0:0::/root:/bin/sh\nanna:x:1000:1000::/home/anna:/bin/sh\n",
    "/etc/shadow": "root:*:1::::::\nanna:$y$old:19000:0:99999:7:::\n",
    "/etc/group": "root:x:0:\n",
    "/etc/gshadow": "root:*::\n",
    "/etc/.pwd.lock": "",
}


class Bringing(Dpkg):
    """Its package brings an account, and a file; a purge leaves the account, as those of Debian do."""

    def __init__(self, root, *names):
        super().__init__(*names)
        self.root = root
        self.killed = False

    def add(self, path, text):
        with open(self.root + path) as stream:
            old = stream.read()
        with open(self.root + path + "-", "w") as stream:
            stream.write(old)
        with open(self.root + path, "a") as stream:
            stream.write(text)

    def __call__(self, argv, timeout):
        result = super().__call__(argv, timeout)
        if "install" in argv and "--simulate" not in argv:
            self.add("/etc/passwd", "_aide:x:110:110::/:/usr/sbin/nologin\n")
            self.add("/etc/shadow", "_aide:!:20000::::::\n")
            self.add("/etc/group", "_aide:x:110:\n")
            self.add("/etc/gshadow", "_aide:!::\n")
            with open(self.root + "/etc/aide.conf", "w") as stream:
                stream.write("x\n")
            if self.killed:
                raise KeyboardInterrupt
        return result


@pytest.fixture
def peopled(root):
    for path, text in ACCOUNTS.items():
        with open(root + path, "w") as stream:
            stream.write(text)
    return root


def accounts_of(root):
    found = {}
    for path in sorted(os.listdir(root + "/etc")):
        with open(root + "/etc/" + path) as stream:
            found["/etc/" + path] = stream.read()
    return found


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("since", [False, True])
def test_account_of_a_package_goes_with_it_and_a_new_password_stays(peopled, killed, since):
    dpkg = Bringing(peopled, "bash")
    dpkg.killed = killed
    before = accounts_of(peopled)
    try:
        assert apply(peopled, dpkg, INSTALL)["changes"]["it"]["state"] == "done"
    except KeyboardInterrupt:
        assert killed
    if since:
        with open(peopled + "/etc/shadow", "w") as stream:
            stream.write("root:*:1::::::\nanna:$y$new:20000:0:99999:7:::\n_aide:!:20000::::::\n")
        before["/etc/shadow"] = before["/etc/shadow"].replace("$y$old:19000", "$y$new:20000")

    report = roll_back(peopled, dpkg)

    assert not report.conflicts + report.problems + report.kept
    after = accounts_of(peopled)
    # The tools' copy of a file that somebody changed since is theirs.
    assert {path for path in after if after[path] != before.get(path)} == ({"/etc/shadow-"} if since else set())
    assert set(before) <= set(after)
