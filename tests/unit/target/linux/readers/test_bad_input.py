"""Hostile and huge input to the readers of accounts and of the file systems: an error or the right answer, never a crash."""

from __future__ import annotations

import errno
import json
import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import MAX_OBSERVATION_BYTES, read_kind
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import accounts, audit_rule, filesystem_scan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import folder

MANY = 10_000


def plant(root, **files):
    """Write files of /etc; return the host."""
    defaults = {"passwd": "root:x:0:0::/root:/bin/sh\n", "group": "root:x:0:\n", "shadow": "", "shells": "/bin/sh\n"}
    (root / "etc").mkdir(exist_ok=True)
    for name, text in {**defaults, **files}.items():
        (root / "etc" / name).write_text(text)
    return Host(str(root), privileged=True)


def ask(host, *facts):
    return [seen.as_dict() for seen in accounts.read(host, [{"fact": fact} for fact in facts])]


def many(line):
    return "".join(line % {"n": number} for number in range(MANY))


@pytest.mark.parametrize("name", ["passwd", "group", "shadow"])
def test_file_of_100_megabytes_is_an_error(tmp_path, name):
    host = plant(tmp_path)
    os.truncate(str(tmp_path / "etc" / name), 100 * 1024 * 1024)

    facts = {"passwd": "uid_zero", "group": "groups_gid_zero", "shadow": "empty_password"}
    (seen,) = ask(host, facts[name])

    assert seen["state"] == "error"
    assert "is larger than" in seen["reason"]


@pytest.mark.parametrize(
    "line",
    ["eve", "eve:x", "::::::", ":x:0:0::/:/bin/sh", "eve:x::0::/:/bin/sh", "eve:x:-1:0::/:", "eve:x:0x0:0::/:",
     "eve:x:0:0::/:/bin/sh:more", "eve:x:0:0:\0:/:/bin/sh", "\teve:x:0:0::/:/bin/sh", "eve:x:%s:0::/:" % ("9" * 5000),
     "eve:x:\u00b2:0::/:", "+", "-eve", "eve:x:0:0::/:/bin/sh\u2028eve:x:1:1::/:/bin/sh"],
)  # fmt: skip
def test_malformed_account_is_an_error_of_each_fact_about_accounts(tmp_path, line):
    seen = ask(
        plant(tmp_path, passwd="root:x:0:0::/root:/bin/sh\n%s\n" % line), "uid_zero", "home_missing", "unshadowed"
    )

    assert [one["state"] for one in seen] == ["error"] * 3
    assert all("/etc/passwd:2" in one["reason"] for one in seen)


def test_malformed_account_spoils_no_fact_of_other_files(tmp_path):
    (seen,) = ask(plant(tmp_path, passwd="eve\n"), "duplicate_gids")

    assert seen == {"state": "value", "value": [], "source": "/etc/passwd, /etc/group"}


@pytest.mark.parametrize("days", ["x", "--5", "5-", "\u0665", "1.5", " 5", "9" * 5000])
def test_malformed_day_count_is_an_error(tmp_path, days):
    (seen,) = ask(plant(tmp_path, shadow="eve:$y$a:%s:0:90:7:::\n" % days), "password_maximum_age")

    assert seen["state"] == "error"
    assert seen["reason"].startswith("/etc/shadow:1 is malformed")


def test_names_that_stand_twice_are_all_looked_at(tmp_path):
    shadow = "eve::1::::::\neve:!:1::::::\nroot:!:1::::::\nroot::1::::::\n"
    passwd = "root:x:0:0::/root:/bin/sh\n" + "eve:x:7:0::/:/usr/sbin/nologin\n" * 2
    twice, empty, root, unlocked = ask(
        plant(tmp_path, passwd=passwd, shadow=shadow),
        "duplicate_user_names", "empty_password", "root_password", "unlocked_without_shell",
    )  # fmt: skip

    assert twice["value"] == ["eve"]
    assert empty["value"] == ["eve", "root"]
    assert root["value"]["empty"] is True
    assert unlocked["value"] == ["eve", "eve"]


class CountingHost(Host):
    """Counts the questions that cost something on a host of 10,000 accounts."""

    looked = 0
    texts = 0

    def stat(self, path, follow=True):
        self.looked += 1
        return super().stat(path, follow)

    def read_text(self, path, max_bytes=None):
        self.texts += 1
        return super().read_text(path, max_bytes)


def test_ten_thousand_accounts_are_read_once_and_each_home_a_few_times(tmp_path):
    passwd = many("user%(n)d:x:%(n)d:%(n)d::/home/user%(n)d:/bin/sh\n")
    plant(tmp_path, passwd=passwd, group=many("user%(n)d:x:%(n)d:\n"), shadow=many("user%(n)d:!:1::::::\n"))
    host = CountingHost(str(tmp_path), privileged=True)
    facts = [fact for fact in accounts.FACTS if not fact.startswith("root_")]

    seen = dict(zip(facts, ask(host, *facts)))

    assert {one["state"] for one in seen.values()} == {"value"}
    # One per home for each of: missing, not owned, too open, and the one walk.
    assert host.looked <= 4 * MANY + 100
    assert host.texts <= 20
    missing = seen["home_missing"]["value"]
    assert missing[-1] == {"not_shown": MANY - 200}
    assert len(missing) == 201
    assert all(len(json.dumps(one)) < MAX_OBSERVATION_BYTES for one in seen.values())


def test_too_many_documents_are_an_error_and_never_cut(tmp_path):
    host = plant(tmp_path, shadow=many("user%(n)d:$y$a$b:1:0:90:7:30::\n"))

    (seen,) = accounts.read(host, [{"fact": "password_maximum_age"}])

    assert len(seen.value) == MANY


def test_homes_shared_by_many_are_walked_once(tmp_path, monkeypatch):
    plant(tmp_path, passwd=many("user%(n)d:x:%(n)d:%(n)d::/home/all:/bin/sh\n"))
    (tmp_path / "home" / "all").mkdir(parents=True)
    (tmp_path / "home" / "all" / ".rhosts").write_text("")
    opened = []
    really = os.open

    def count(path, *rest, **keys):
        opened.append(path)
        return really(path, *rest, **keys)

    monkeypatch.setattr(folder.os, "open", count)

    (seen,) = ask(Host(str(tmp_path), privileged=True), "dot_rhosts")

    assert seen["value"] == ["/home/all/.rhosts"]
    assert opened.count(str(tmp_path / "home" / "all")) == 1


def fail_to_open(monkeypatch, ending, number):
    """Let the folder whose path ends so fail to open with this error."""
    really = os.open

    def open_or_fail(path, *rest, **keys):
        if str(path).endswith(ending):
            raise OSError(number, os.strerror(number))
        return really(path, *rest, **keys)

    monkeypatch.setattr(folder.os, "open", open_or_fail)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE, errno.ENAMETOOLONG])
@pytest.mark.parametrize(
    ("kind", "address"), [("filesystem_scan", {"find": "sgid"}), ("accounts", {"fact": "dot_rhosts"})]
)
def test_folder_that_cannot_be_listed_is_named_and_the_rest_is_judged(tmp_path, monkeypatch, number, kind, address):
    host = plant(tmp_path)
    for folder_name in ("closed", "open"):
        (tmp_path / "root" / folder_name).mkdir(parents=True)
        (tmp_path / "root" / folder_name / ".rhosts").touch()
        (tmp_path / "root" / folder_name / ".rhosts").chmod(0o2755)
    fail_to_open(monkeypatch, "closed", number)

    seen = read_kind(host, kind, [address])[0]

    assert seen.state == "value"
    assert (seen.value["paths"] if kind == "filesystem_scan" else seen.value) == ["/root/open/.rhosts"]
    assert "; 1 could not be looked at: /root/closed (%s)" % os.strerror(number) in seen.source


def test_folder_closed_to_an_audit_without_root_is_an_error(tmp_path, monkeypatch):
    plant(tmp_path)
    (tmp_path / "root" / "closed").mkdir(parents=True)
    fail_to_open(monkeypatch, "closed", errno.EACCES)

    (seen,) = read_kind(Host(str(tmp_path), privileged=False), "accounts", [{"fact": "dot_rhosts"}])

    assert seen.state == "error"
    assert "/root/closed (Permission denied) cannot be looked at; run the audit with become" in seen.reason


@pytest.mark.parametrize("number", [errno.ENOENT, errno.ENOTDIR, errno.ELOOP])
def test_folder_that_vanished_or_became_a_link_is_passed_over(tmp_path, monkeypatch, number):
    host = plant(tmp_path)
    (tmp_path / "gone").mkdir()
    fail_to_open(monkeypatch, "gone", number)

    assert read_kind(host, "filesystem_scan", [{"find": "suid"}])[0].state == "value"


def test_paths_found_fit_into_one_observation_however_long_and_odd(tmp_path):
    host = plant(tmp_path)
    for number in range(300):
        name = "%03d" % number + "\u20ac" * 80
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o666)

    (seen,) = filesystem_scan.read(host, [{"find": "world_writable_files"}])

    assert seen.value["count"] == 300
    assert seen.value["truncated"]
    assert seen.value["paths"]
    assert len(json.dumps(seen.as_dict())) < MAX_OBSERVATION_BYTES


def test_many_owners_are_not_all_remembered(tmp_path, monkeypatch):
    host = plant(tmp_path)
    monkeypatch.setattr(filesystem_scan, "MAX_REMEMBERED", 10)
    sorter = filesystem_scan.Sorter(host)

    for uid in range(100):
        assert ("unowned" in sorter.learn((0o100644, uid, 0))[1]) is (uid != 0)

    assert len(sorter.known) <= 10


PROGRAM = "-a always,exit -F path=%s -F perm=x -F auid>=1000 -F auid!=unset"


@pytest.fixture
def ask_programs(tmp_path):
    """A function: what of the privileged programs is not recorded, where the scan keeps only two paths of each question."""

    def call(*recorded):
        rules = "".join(PROGRAM % path + "\n" for path in recorded)
        said = {"uname -m": "x86_64\n", "auditctl -l": rules or "No rules\n", "auditctl -s": "enabled 1\n"}
        plant(tmp_path, **{"login.defs": "UID_MIN 1000\n"})
        (tmp_path / "lib/systemd/system").mkdir(parents=True, exist_ok=True)
        unit = "[Service]\nExecStart=/sbin/auditd\nExecStartPost=-/sbin/augenrules --load\n"
        (tmp_path / "lib/systemd/system/auditd.service").write_text(unit)
        (tmp_path / "sys/fs").mkdir(parents=True, exist_ok=True)
        (tmp_path / "etc/audit/rules.d").mkdir(parents=True, exist_ok=True)
        (tmp_path / "etc/audit/rules.d/audit.rules").write_text(rules)
        host = Host(
            str(tmp_path),
            runner=lambda argv, _timeout: CommandResult(0, said[" ".join(argv)], ""),
            privileged=True,
            options={"scan_max_findings": 2},
        )
        return host, read_kind(host, "audit_rule", [{"query": "privileged_programs"}])[0]

    return call


def plant_programs(root, *names):
    (root / "opt").mkdir(exist_ok=True)
    for name in names:
        (root / "opt" / name).write_text("")
        (root / "opt" / name).chmod(0o4755)
    return ["/opt/" + name for name in names]


def test_programs_beyond_all_bounds_are_compared_one_by_one(tmp_path, ask_programs):
    paths = plant_programs(tmp_path, *["p%02d" % number for number in range(12)])

    assert ask_programs(*paths)[1].value == {"unrecorded_now": [], "unrecorded_at_boot": []}
    seen = ask_programs(*paths[:7], *paths[8:])[1].value
    lost = [PROGRAM % paths[7] + " (%s)" % arch for arch in ("b64", "b32")]
    assert seen == {"unrecorded_now": lost, "unrecorded_at_boot": lost}


def test_users_programs_without_end_are_a_fail_that_names_the_first(tmp_path, ask_programs):
    plant_programs(tmp_path, *["p%02d" % number for number in range(40)])

    host, seen = ask_programs()

    assert [len(lost) for lost in seen.value.values()] == [audit_rule.MAX_MISSING] * 2
    assert filesystem_scan.tallies(host)["suid"].count == 40


@pytest.mark.parametrize("name", ["a blank", "a\\backslash", "new\nline", "no-text-\udcff", "\u20ac" * 80])
def test_name_that_no_rule_can_hold_is_no_error(tmp_path, ask_programs, name):
    plant_programs(tmp_path, name)

    seen = ask_programs()[1]

    assert seen.state == "value", seen.reason
    assert seen.value["unrecorded_now"]
    assert seen.value["unrecorded_at_boot"]


def test_program_on_a_path_too_long_for_the_kernel_is_no_error(tmp_path, ask_programs):
    here = os.open(str(tmp_path), os.O_RDONLY)
    for _level in range(30):
        os.mkdir("x" * 250, dir_fd=here)
        below = os.open("x" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("program", os.O_CREAT | os.O_WRONLY, 0o755, dir_fd=here))
    os.chmod("program", 0o4755, dir_fd=here)
    os.close(here)

    seen = ask_programs()[1]

    assert seen.state == "value", seen.reason
    assert len(seen.value["unrecorded_now"]) == 1
    assert "no rule can name a program" in seen.value["unrecorded_now"][0]
