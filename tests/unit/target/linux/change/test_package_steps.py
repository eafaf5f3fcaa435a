"""A package manager that can't do its work: what is said, and that `changed` says only what is true."""

from __future__ import annotations

import json
import os
import re

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Entry, Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.package_record import QUERY, Packages
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.package_undo import (
    PackageUndo,
    Plan,
    _archive,
    _argv,
    effects_that_stay,
)
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
        # What comes with a package (name -> version), and what takes the place of one that goes.
        self.brings = {}
        self.instead = {}
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
            return CommandResult(
                0, "".join(signs.get(new, "Inst %s (1 repository [all])\n") % name for name, new in acts.items())
            )
        if {"--download-only", "--print-uris"}.intersection(words):
            return CommandResult()
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
                acts.update(self.brings.get(name, {}))
            else:
                for one in [name.rstrip("-"), *self.needs.get(name.rstrip("-"), ())]:
                    acts[one] = ""
                acts.update(self.instead.get(name.rstrip("-"), {}))
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
        installing = (
            argv[-1] == "aide"
            and "install" in argv
            and not {"--simulate", "--download-only", "--print-uris"}.intersection(argv)
        )
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
        if "install" in argv and not {"--simulate", "--download-only", "--print-uris"}.intersection(argv):
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


PAIR = {"new": ["package", {"name": "aide"}, True], "old": ["package", {"name": "telnet"}, False]}


def done(root, dpkg, changes=None):
    """Install aide, remove telnet."""
    answer = apply(root, dpkg, changes or PAIR)
    assert {state["state"] for state in answer["changes"].values()} == {"done"}
    return dpkg


@pytest.mark.parametrize(
    ("since", "said", "left"),
    [
        (lambda dpkg: dpkg.versions.update(postgresql="15"), "", {"base", "telnet", "postgresql"}),
        (lambda dpkg: dpkg.left.discard("telnet"), "telnet was purged since and stays so", {"base"}),
        (lambda dpkg: dpkg.versions.update(telnet="2"), "", {"base", "telnet"}),
        (lambda dpkg: dpkg.versions.pop("aide"), "", {"base", "telnet"}),
    ],
    ids=["installed", "purged", "came-back", "removed"],
)
def test_what_others_did_to_packages_since_stays(root, since, said, left):
    dpkg = done(root, Dpkg("telnet", "base"))
    since(dpkg)

    assert not roll_back(root, dpkg, dry=True).conflicts
    report = roll_back(root, dpkg)

    assert report.conflicts + report.problems == []
    assert said in " ".join(report.kept)
    assert dpkg.installed == left


@pytest.mark.parametrize("force", [False, True])
def test_package_that_was_upgraded_since_is_a_conflict(root, force):
    dpkg = done(root, Dpkg("telnet", "base"))
    dpkg.versions["aide"] = "2"
    calls = len(dpkg.calls)

    report = Rollback(Host(root), dpkg, Journal(root, "run"), force=force).run()

    assert report.conflicts == ["the package aide is 2 now, the run had brought 1"]
    assert (len(dpkg.calls) > calls) is force
    assert dpkg.installed == ({"base", "telnet"} if force else {"base", "aide"})


@pytest.mark.parametrize("force", [False, True])
def test_what_would_go_with_it_is_a_conflict_and_stays_also_with_force(root, force):
    dpkg = done(root, Dpkg("telnet", "base"))
    dpkg.versions["site-tool"] = "1"
    dpkg.needs["aide"] = ["site-tool"]

    report = Rollback(Host(root), dpkg, Journal(root, "run"), force=force).run()

    assert report.conflicts == ["taking back aide, site-tool would be removed"]
    assert dpkg.installed == {"base", "site-tool", "aide"} | ({"telnet"} if force else set())
    assert ("aide stays as it is" in " ".join(report.kept)) is force


@pytest.mark.parametrize("force", [False, True])
def test_what_would_come_in_its_place_is_a_conflict_and_does_not_come(root, force):
    dpkg = done(root, Dpkg("base"), INSTALL)
    dpkg.instead["aide"] = {"tripwire": "1"}

    report = Rollback(Host(root), dpkg, Journal(root, "run"), force=force).run()

    assert report.conflicts == ["taking back aide, tripwire would be installed"]
    assert dpkg.installed == {"base", "aide"}


def upgraded(root):
    """Install aide, which brings a newer library."""
    dpkg = Dpkg("base", "library")
    dpkg.brings["aide"] = {"library": "2"}
    done(root, dpkg, INSTALL)
    assert dpkg.versions == {"base": "1", "library": "2", "aide": "1"}
    return dpkg


def test_package_that_was_present_gets_its_version_back(root):
    dpkg = upgraded(root)

    report = roll_back(root, dpkg)

    assert report.conflicts + report.problems + report.kept == []
    assert dpkg.versions == {"base": "1", "library": "1"}


def test_package_that_was_present_and_got_another_version_since_is_a_conflict_and_stays(root):
    dpkg = upgraded(root)
    dpkg.versions["library"] = "3"
    text = "the package library is 3 now, the run had brought 2"

    assert roll_back(root, dpkg).conflicts == [text]
    report = Rollback(Host(root), dpkg, Journal(root, "run"), force=True).run()

    assert text + "; it stays" in report.kept
    assert dpkg.versions == {"base": "1", "library": "3"}


def test_package_that_was_present_and_got_its_version_back_since_is_left_alone(root):
    dpkg = upgraded(root)
    dpkg.versions["library"] = "1"

    report = roll_back(root, dpkg)

    assert report.conflicts + report.problems + report.kept == []
    assert dpkg.versions == {"base": "1", "library": "1"}


def test_package_that_was_present_and_removed_since_stays_removed(root):
    dpkg = upgraded(root)
    del dpkg.versions["library"]

    report = roll_back(root, dpkg)

    assert report.conflicts + report.problems == []
    assert report.kept == ["library was removed since and stays so"]
    assert dpkg.versions == {"base": "1"}


def test_package_of_which_only_its_configuration_was_left_is_removed_and_not_purged(root):
    dpkg = Dpkg("base")
    dpkg.left.add("aide")
    done(root, dpkg, INSTALL)

    report = roll_back(root, dpkg)

    assert report.conflicts + report.problems + report.kept == []
    assert (dpkg.installed, dpkg.left) == ({"base"}, {"aide"})


def test_package_that_was_asked_for_since_is_a_conflict(root):
    marks = root + "/var/lib/apt/extended_states"
    os.makedirs(os.path.dirname(marks))
    with open(marks, "w") as stream:
        stream.write("Package: aide\nArchitecture: all\nAuto-Installed: 1\n\n")
    dpkg = done(root, Dpkg("base"), INSTALL)
    os.unlink(marks)

    assert roll_back(root, dpkg).conflicts == [
        "the package aide, which came with others, was asked for by somebody since"
    ]
    assert "aide" in dpkg.installed


@pytest.mark.parametrize(
    ("listed", "postrm", "since", "purged"),
    [
        ("", "", "", True),
        ("/var/lib/aide\n", "", "", True),
        ("/var/lib/aide\n", "", "/var/lib/aide/database", False),
        ("", "rm -rf /srv/aide\n", "/srv/aide/database", False),
        ("", 'rm -rf "$HOMEDIR"\n', "", False),
        ("/etc/aide\n", "", "/etc/aide/site.conf", False),
    ],
    ids=["without-data", "untouched", "data-since", "data-by-its-script", "unknown-data", "configuration-since"],
)
def test_only_what_nobody_used_is_purged(root, listed, postrm, since, purged):
    class Own(Dpkg):
        def do(self, verb, acts):
            super().do(verb, acts)
            if verb == "install":
                known(root, "aide", list="/etc/aide.conf\n" + listed, postrm=postrm)
                for path in listed.split():
                    os.makedirs(root + path, exist_ok=True)
                with open(root + "/etc/aide.conf", "w") as stream:
                    stream.write("as delivered\n")

    dpkg = done(root, Own("base"), INSTALL)
    if since:
        os.makedirs(os.path.dirname(root + since), exist_ok=True)
        with open(root + since, "w") as stream:
            stream.write("precious\n")

    report = roll_back(root, dpkg)

    assert not report.conflicts
    assert "aide" not in dpkg.installed
    assert (["purge", "aide"] in dpkg.calls) is purged
    # The configuration goes where dpkg forgets the package, and else stays with it.
    assert os.path.exists(root + "/etc/aide.conf") is not purged
    assert not since or os.path.exists(root + since)


def planting(root, killed=False):
    """Return an apt-get in whose time somebody writes files of their own."""

    class Planting(Dpkg):
        def do(self, verb, acts):
            super().do(verb, acts)
            known(root, "aide", list="/etc/aide.conf\n", postinst="ln -s x /etc/aide.link\n")
            for name in ("aide.conf", "aide.link", "site.conf"):
                with open(root + "/etc/" + name, "w") as stream:
                    stream.write("new\n")
            if killed and verb == "install":
                raise KeyboardInterrupt

    return Planting("base")


@pytest.mark.parametrize("group", ["plain", "connection"])
def test_package_whose_scripts_change_who_gets_in_is_taken_back_where_nobody_confirms_it(root, group, monkeypatch):
    monkeypatch.setattr(Apply, "_begin", lambda self, _steps: self._journal.create())
    os.mkdir(root + "/etc/pam.d")
    path = root + "/etc/pam.d/common-auth"
    with open(path, "w") as stream:
        stream.write("auth required pam_unix.so\n")

    class Switching(Dpkg):
        def do(self, verb, acts):
            super().do(verb, acts)
            known(root, "aide", postinst="pam-auth-update --package; # /etc/pam.d/common-auth\n")
            if verb == "install":
                with open(path, "w") as stream:
                    stream.write("auth required pam_other.so\n")

    dpkg = Switching("base")
    request = {"version": 1, "mode": "apply", "run_id": "run", "group": group, "options": {}, "changes": INSTALL}
    state = Apply(parse(json.dumps(request)), root, dpkg).answer()["changes"]["it"]

    with open(path) as stream:
        text = stream.read()
    if group == "connection":
        assert (state["state"], "aide" in dpkg.installed, "pam_other" in text) == ("done", True, True)
    else:
        assert (state["state"], state["class"]) == ("failed", "login")
        assert "it changed /etc/pam.d/common-auth" in state["reason"]
        assert "it was taken back" in state["reason"]
        assert ("aide" in dpkg.installed, text) == (False, "auth required pam_unix.so\n")


@pytest.mark.parametrize("killed", [False, True])
def test_what_is_not_known_to_be_the_packages_work_is_a_conflict_and_kept_beside(root, killed):
    dpkg = planting(root, killed)
    try:
        apply(root, dpkg, INSTALL)
    except KeyboardInterrupt:
        assert killed

    report = roll_back(root, dpkg)
    assert [text.split()[0] for text in report.conflicts] == ["/etc/site.conf"]
    report = Rollback(Host(root), dpkg, Journal(root, "run"), force=True).run()

    assert not report.problems
    assert sorted(os.listdir(root + "/etc")) == ["site.conf.since-run"]


def test_what_others_write_after_the_second_look_is_theirs(root):
    dpkg = planting(root, killed=True)
    with pytest.raises(KeyboardInterrupt):
        apply(root, dpkg, INSTALL)
    os.unlink(root + "/etc/site.conf")
    second = {"version": 1, "mode": "apply", "run_id": "second", "group": "plain", "options": {}}
    with open(root + "/etc/crontab", "w") as stream:
        stream.write("")
    changes = {"it": ["file", {"path": "/etc/crontab"}, {"mode": "0600"}]}
    with pytest.raises(ChangeError, match="the remediation run run is at work"):
        Apply(parse(json.dumps({**second, "changes": changes})), root, dpkg).answer()
    os.mkdir(root + "/etc/theirs.d")
    with open(root + "/etc/theirs.d/site.conf", "w") as stream:
        stream.write("theirs\n")

    report = Rollback(Host(root), dpkg, Journal(root, "run"), force=True).run()

    assert report.problems == []
    assert os.listdir(root + "/etc/theirs.d") == ["site.conf"]
    assert not os.path.exists(root + "/etc/aide.conf")


def test_package_that_was_removed_and_came_back_is_theirs(root):
    dpkg = done(root, planting(root), INSTALL)
    os.unlink(root + "/etc/site.conf")
    os.unlink(root + "/var/lib/dpkg/info/aide.list")
    known(root, "other", list="")
    known(root, "aide", list="/etc/aide.conf\n")

    report = roll_back(root, dpkg)

    assert report.conflicts + report.problems == []
    assert report.kept == ["aide was installed anew since and stays"]
    assert "aide" in dpkg.installed
    assert os.path.exists(root + "/etc/aide.conf")


@pytest.mark.parametrize(
    ("name", "version", "found"),
    [
        ("aide", "1:0.18-3", "aide_1%3a0.18-3_amd64.deb"),
        ("aide:amd64", "1:0.18-3", "aide_1%3a0.18-3_amd64.deb"),
        ("aide", "0.18-3", "aide=0.18-3"),
        ("aid", "1:0.18-3", "aid=1:0.18-3"),
        ("gone", "1", "gone=1"),
    ],
)
def test_archive_that_was_kept_is_taken_by_name_and_version(tmp_path, name, version, found):
    kept = [str(tmp_path / one) for one in ("other_1_all.deb", "aide_1%3a0.18-3_amd64.deb", "gone_1_all.deb")]
    for path in kept[:2]:
        open(path, "w").close()

    assert os.path.basename(_archive(Entry(1, {}, {"archives": kept}, {}), name, version)) == found


def test_one_call_of_apt_brings_back_and_takes_away():
    entry = Entry(1, {}, {"archives": []}, {})

    assert _argv(entry, Plan(remove=["aide"]))[-2:] == ["remove", "aide"]
    assert "--simulate" not in _argv(entry, Plan(remove=["aide"]))
    assert _argv(entry, Plan(remove=["aide"], bring={"b": "2", "a": "1"}), simulate=True)[-7:] == [
        "--simulate", "--no-install-recommends", "--allow-downgrades", "install", "a=1", "b=2", "aide-",
    ]  # fmt: skip


GONE, MADE = {"kind": "absent"}, {"kind": "file"}


@pytest.mark.parametrize(
    ("path", "before", "after", "is_there", "stays"),
    [
        ("/etc/aide.conf", GONE, MADE, True, True),
        ("/etc/aide.conf", GONE, MADE, False, True),
        ("/etc/aide.conf", MADE, MADE, True, True),
        ("/etc/aide.conf", MADE, MADE, False, False),
        ("/etc/systemd/system/x.wants/aide.timer", GONE, {"kind": "link"}, False, False),
        ("/etc/rc2.d/S01aide", GONE, {"kind": "link"}, False, False),
        ("/etc/systemd/system/aide.timer", GONE, MADE, False, True),
        ("/etc/alternatives/aide", GONE, {"kind": "link"}, False, True),
        ("/etc/systemd/system/x.wants/aide.timer", GONE, {"kind": "link"}, True, True),
    ],
)
def test_what_stays_with_a_package_and_what_only_while_it_is_there(path, before, after, is_there, stays):
    effects = {path: {"before": before, "after": after, "of": "aide"}}

    assert effects_that_stay(effects, {"aide": is_there}) == ({path} if stays else set())
    assert effects_that_stay(effects, {"other": is_there}) == set()


@pytest.mark.parametrize(
    ("planted", "foreign"),
    [([], False), (["/etc/aide/theirs"], True), (["/etc/aide/deep/theirs"], True), (["/theirs"], False)],
)
def test_what_the_step_has_not_put_into_a_folder_is_foreign(root, planted, foreign):
    ours: dict = {path: {} for path in ("/etc/aide/deep", "/etc/aide/deep/ours", "/etc/aide/ours", "/theirs")}
    os.makedirs(root + "/etc/aide/deep")
    for path in ["/etc/aide/ours", "/etc/aide/deep/ours", *planted]:
        with open(root + path, "w") as stream:
            stream.write("")

    assert PackageUndo(Host(root), Dpkg(), force=False)._foreign("/etc/aide", ours) is foreign


@pytest.mark.parametrize(
    ("act", "left_before", "now", "found"),
    [
        (["aide", "", "1"], False, "installed", {"aide": True}),
        (["aide", "", "1"], False, "left", {"aide": False}),
        (["aide", "", "1"], False, "gone", {}),
        (["aide", "1", "2"], False, "installed", {}),
        (["aide", "1", "1"], True, "installed", {"aide": True}),
        (["aide", "1", "1"], True, "left", {}),
        (["aide", "1", ""], False, "left", {}),
    ],
)
def test_only_what_the_step_brought_leaves_something_behind(act, left_before, now, found):
    entry = Entry(1, {}, {"config": ["aide"] if left_before else []}, {"acts": [act]})
    dpkg = Dpkg(*(["aide"] if now == "installed" else []))
    dpkg.left.update(["aide"] if now == "left" else [])

    assert PackageUndo._with_configuration(entry, Packages(dpkg)) == found


def test_package_that_somebody_else_installed_stays(root):
    after = {"acts": [["aide", "", "1"]], "states": {"aide": ["", "not-installed"]}, "stamps": {"aide": ""}, "auto": []}

    plan = PackageUndo(Host(root), Dpkg("aide"), force=False).plan(Entry(1, {}, {"config": []}, after))

    assert (plan.remove, plan.conflicts) == ([], [])
    assert plan.kept == ["aide was installed by somebody since and stays"]
