"""A package manager that can't do its work: what is said, and that `changed` says only what is true."""

from __future__ import annotations

import json
import os
import re

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.package_record import QUERY
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import package

pytestmark = pytest.mark.root

REMOVE = {"it": ["package", {"name": "telnet"}, False]}
INSTALL = {"it": ["package", {"name": "aide"}, True]}


class Dpkg:
    """Stands for dpkg and apt-get: packages with their versions, what depends on what, and what goes wrong (verb -> message).

    A call keeps the records that its options ask for, as apt 2.6 and dpkg 1.21 write them.
    """

    def __init__(self, *names, **broken):
        self.versions = dict.fromkeys(names, "1")
        self.left = set()
        self.needs = {}
        self.broken = broken
        self.calls = []

    @property
    def installed(self):
        return set(self.versions)

    def __call__(self, argv, _timeout):
        words = list(argv)
        verb = next((word for word in words if word in ("install", "remove", "update", "download", "purge")), "")
        if words[0] == "dpkg-query":
            return CommandResult(0, self.listed(tuple(words)))
        if words[0] == "apt-cache":
            return CommandResult(0, "  Candidate: 1\n")
        if verb in ("", "update", "download"):
            return self.answer(verb)
        names = [word for word in words[words.index(verb) + 1 :] if not word.startswith("--")]
        acts = self.acts(verb, names)
        if "--simulate" in words:
            signs = {"": "Remv %s [1]\n"}
            return CommandResult(0, "".join(signs.get(new, "Inst %s (1)\n") % name for name, new in acts.items()))
        self.calls.append([verb, *names])
        result = self.answer(verb)
        if not result.exit_code:
            self.record(words, acts)
            self.do(verb, acts)
        return result

    def answer(self, verb):
        if verb in self.broken:
            said = "Could not get lock. It is held by process 321 (apt-get)"
            return CommandResult(100, said, "E: " + self.broken[verb])
        return CommandResult()

    def listed(self, words):
        if words == QUERY:
            rows = [(name, version, "installed") for name, version in self.versions.items()]
            rows += [(name, "1", "config-files") for name in self.left]
            return "".join("%s all %s %s\n" % row for row in sorted(rows))
        return "".join("%s\tinstalled\t1\n" % name for name in sorted(self.versions) if words == package.QUERY)

    def acts(self, verb, names):
        """Return name -> new version; what needs a package that goes, goes too."""
        acts = {}
        for word in names:
            name, _equals, version = os.path.basename(word).partition("=")
            if verb == "install" and not name.endswith("-"):
                acts[name] = version or "1"
            else:
                for one in [name.rstrip("-"), *self.needs.get(name.rstrip("-"), ())]:
                    acts[one] = ""
        return acts

    def record(self, words, acts):
        place = next((re.search("of=(\\S+)", word) for word in words if word.startswith("DPkg::Pre-Install")), None)
        if place is None:
            return
        with open(place.group(1), "w") as stream:
            stream.write("VERSION 3\nAPT=1\n\n")
            for name, new in acts.items():
                old = self.versions.get(name, "-")
                arch = "all" if new else "-"
                stream.write("%s %s all none < %s %s none /x.deb\n" % (name, old, new or "-", arch))
        with open(place.group(1).replace(".acts", ".states"), "w") as stream:
            for name, new in acts.items():
                stream.write("processing: %s: %s\nstatus: %s: x\n" % ("install" if new else "remove", name, name))

    def do(self, verb, acts):
        for name, new in acts.items():
            self.left.discard(name)
            if new:
                self.versions[name] = new
            elif self.versions.pop(name, None) and verb != "purge":
                self.left.add(name)


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


def known(root, name, **files):
    """Plant dpkg's own files of a package."""
    os.makedirs(root + "/var/lib/dpkg/info", exist_ok=True)
    for what, text in files.items():
        with open(root + "/var/lib/dpkg/info/%s.%s" % (name, what), "w") as stream:
            stream.write(text)


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
            known(self.root, "aide", list="/.\n/etc\n/etc/aide.conf\n", postinst="adduser --system _aide\n")
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
