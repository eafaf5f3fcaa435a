# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What packages bring is known from their archives: real archives, made by dpkg-deb, and a played apt-get."""

import json
import os
import shutil
import subprocess

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.package_steps import step_for
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult, run_command
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import arrivals
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import package

pytestmark = pytest.mark.dpkg


class Apt:
    """Stands for apt-get and its cache; what fetches puts the archives where apt would."""

    def __init__(self, folder):
        self.folder = folder
        self.archives = {}
        self.needs = {}
        self.installed = set()
        self.fetched = []
        self.offline = False
        self.local = self.spoiled = False
        self.cache = folder / "cache"
        self.cache.mkdir()

    def offer(self, name, files=(), script="", version="1"):
        tree = self.folder / name
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "DEBIAN/control").write_text(
            "Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: n <n@e.org>\nDescription: d\n" % (name, version)
        )
        for path in files:
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text("x\n")
        if script:
            (tree / "DEBIAN/preinst").write_text("#!/bin/sh\n" + script)
            (tree / "DEBIAN/preinst").chmod(0o755)
        archive = self.folder / ("%s_%s_all.deb" % (name, version.replace(":", "%3a")))
        subprocess.run(["dpkg-deb", "--build", str(tree), str(archive)], check=True, stdout=subprocess.DEVNULL)
        self.archives[name] = (archive, version)

    def __call__(self, argv, timeout):
        words = list(argv)
        if words[0] == "dpkg-deb":
            return run_command(words, timeout)
        said = {"apt-config": "ARCHIVES='%s/'\n" % self.cache, "apt-cache": "  Candidate: 1\n"}.get(words[0], "")
        if tuple(words) == package.QUERY:
            said = "base\tinstalled\t1\n"
        if "--print-uris" in words:
            return CommandResult(0, "".join(self.uri(*made) for made in self.archives.values()))
        if "install" in words and "--download-only" in words and self.spoiled:
            return CommandResult(100, "", "E: Failed to fetch: Hash Sum mismatch")
        if "install" in words:
            names = [word for word in words[words.index("install") + 1 :] if not word.startswith("--")]
            said = self.install(words, [*names, *(more for name in names for more in self.needs.get(name, ()))])
        return CommandResult(100, "", said) if said.startswith("E: ") else CommandResult(0, said)

    def uri(self, archive, _version):
        scheme, other = ("file:", "./") if self.local else ("http://e.org", "")
        place = "%s/%s%s" % (archive.parent, other, archive.name.replace("%", "%25"))
        return "'%s%s' %s %d\n" % (scheme, place, archive.name, archive.stat().st_size)

    def install(self, words, names):
        if "--simulate" in words:
            return "".join("Inst %s (%s repository [all])\n" % (name, self.archives[name][1]) for name in names)
        other = [word.split("=", 1)[1] for word in words if word.startswith("Dir::Cache::archives=")]
        if "--download-only" not in words:
            there = [os.path.exists(other[0] + self.archives[name][0].name) for name in names]
            if "--no-download" in words and not all(there):
                return "E: Unable to fetch some archives"
            self.installed.update(names)
            return ""
        for name in () if self.offline or self.local else names:
            if not os.path.exists(other[0] + self.archives[name][0].name):
                shutil.copy(self.archives[name][0], other[0])
                self.fetched.append(name)
        return ""


@pytest.fixture
def apt(tmp_path):
    return Apt(tmp_path)


def step(*names):
    made = step_for("install")
    made.argv = (*made.base, *names)
    made.named = {name: [name] for name in names}
    made.changes = list(names)
    return made


def refused(apt, names, group="plain", keep="", **options):
    found = arrivals.refusals(apt, [step(*names)], options, group, keep)
    return {change: kind for change, (kind, _reason) in found.items()}


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("usr/share/pam-configs/pwquality", "login"),
        ("etc/pam.d/common-auth", "login"),
        ("etc/ssh/sshd_config.d/site.conf", "login"),
        ("etc/pam.d/portal", "armed"),
        ("etc/sudoers.d/vendor", "armed"),
        ("lib/systemd/system/ufw.service", "armed"),
        ("usr/lib/systemd/system/nftables.service", "armed"),
    ],
)
def test_what_an_archive_brings_says_where_it_is_installed(apt, path, kind):
    apt.offer("one", [path, "usr/share/doc/one/README"])
    apt.offer("other", ["usr/share/doc/other/etc/pam.d/example", "usr/lib/systemd/system/other.service"])

    assert refused(apt, ["one", "other"]) == {"one": kind}
    assert refused(apt, ["one", "other"], "connection") == ({"one": "login"} if kind == "login" else {})
    assert refused(apt, ["one"], "connection", as_login=True) == {}


def test_diversion_of_files_of_others_is_confirmed(apt):
    apt.offer("one", script="dpkg-divert --add --rename /usr/bin/login\n")
    assert refused(apt, ["one"]) == {"one": "armed"}


def test_only_what_brings_it_along_is_refused(apt):
    apt.offer("one")
    apt.offer("two")
    apt.offer("lib", ["usr/share/pam-configs/lib"], version="2:1.0")
    apt.needs["two"] = ["lib"]

    found = arrivals.refusals(apt, [step("one", "two")], {}, "plain")

    assert set(found) == {"two"}
    assert "the package lib brings /usr/share/pam-configs/lib" in found["two"][1]


def test_plan_leaves_nothing_of_what_it_fetched(apt, tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(arrivals.tempfile, "tempdir", str(tmp_path / "tmp"))
    apt.offer("one", ["etc/sudoers.d/vendor"])

    assert refused(apt, ["one"], keep="") == {"one": "armed"}
    assert (os.listdir(tmp_path / "tmp"), os.listdir(apt.cache)) == ([], [])


def test_what_is_fetched_for_an_installation_is_kept_for_it(apt, tmp_path):
    apt.offer("one", ["etc/sudoers.d/vendor"], version="1:2")

    assert refused(apt, ["one"], keep=str(tmp_path / "fetched")) == {"one": "armed"}
    assert os.listdir(apt.cache) == []
    assert sorted(os.listdir(tmp_path / "fetched")) == ["one_1%3a2_all.deb", "partial"]


def test_what_the_cache_has_is_not_fetched_again(apt):
    apt.offer("one", ["etc/sudoers.d/vendor"])
    shutil.copy(apt.archives["one"][0], apt.cache)

    assert refused(apt, ["one"]) == {"one": "armed"}
    assert apt.fetched == []


def test_archives_of_a_folder_are_looked_at_where_they_lie(apt, tmp_path):
    """apt fetches none of a `file:` source: it would install it from there, and nobody had seen it."""
    apt.local = True
    apt.offer("one", ["etc/sudoers.d/vendor"], version="1:2")

    assert refused(apt, ["one"]) == {"one": "armed"}
    assert refused(apt, ["one"], keep=str(tmp_path / "fetched")) == {"one": "armed"}
    assert sorted(os.listdir(tmp_path / "fetched")) == ["one_1%3a2_all.deb", "partial"]


def test_archives_of_a_folder_that_apt_found_fault_with_are_not_taken(apt, tmp_path):
    apt.local = apt.spoiled = True
    apt.offer("one")

    assert refused(apt, ["one"], keep=str(tmp_path / "fetched")) == {}
    assert os.listdir(tmp_path / "fetched") == ["partial"]


def test_archive_that_cannot_be_read_is_taken_for_the_worst(apt):
    apt.offer("one")
    apt.archives["one"][0].write_bytes(b"no archive")
    assert refused(apt, ["one"]) == {"one": "login"}


def ask(apt, root, group="plain", mode="apply", **options):
    changes = {name: ["package", {"name": name}, True] for name in apt.archives}
    request = {"version": 1, "mode": mode, "run_id": "run", "group": group, "options": options, "changes": changes}
    answer = Apply(parse(json.dumps(request)), str(root), apt).answer()
    return {name: (state["state"], state.get("class", "")) for name, state in answer["changes"].items()}


@pytest.fixture
def root(tmp_path):
    for folder in ("root/var/lib", "root/etc", "root/var/lib/apt/lists"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / "root/var/lib/apt/lists/x_Packages").write_text("")
    return tmp_path / "root"


def test_what_was_not_looked_at_is_not_installed(apt, root, monkeypatch):
    """What apt can fetch by now, though it could not a moment ago, nobody has seen: it takes what is there, or nothing."""
    monkeypatch.setattr(Apply, "_begin", lambda self, _steps: self._journal.create())
    apt.offer("one", ["usr/share/pam-configs/one"])
    apt.offline = True

    assert ask(apt, root)["one"] == ("failed", "")
    assert apt.installed == set()


def test_host_says_the_class_in_the_plan_and_installs_only_the_others(apt, root, monkeypatch):
    monkeypatch.setattr(Apply, "_begin", lambda self, _steps: self._journal.create())
    apt.offer("one", ["usr/share/pam-configs/one"])
    apt.offer("other")

    planned = ask(apt, root, mode="plan")
    assert planned == {"one": ("refused", "login"), "other": ("planned", "")}
    assert ask(apt, root) == {"one": ("refused", "login"), "other": ("done", "")}
    assert apt.installed == {"other"}
