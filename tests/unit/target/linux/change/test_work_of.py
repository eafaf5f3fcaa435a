"""Whose work is what changed in a watched folder: that of the step's packages or units, or of somebody not known."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import work_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

ABSENT = {"kind": "absent"}
FILE = {"kind": "file", "sha256": "x"}
FOLDER = {"kind": "directory"}


def link(target):
    return {"kind": "link", "target": target}


def made(**paths):
    return {path: {"before": ABSENT, "after": state} for path, state in paths.items()}


@pytest.fixture
def host(tmp_path):
    texts = {
        "etc/passwd": "root:x:0:0::/:/bin/sh\n_chrony:x:101:101::/:/bin/false\npostgres:x:102:102::/:/bin/sh\n",
        "etc/systemd/system/own.service": "[Install]\nAlso=own.socket\nAlias=other-name.service\n",
        "var/lib/dpkg/info/chrony.list": "/etc/chrony\n/lib/systemd/system/chrony.service\n/usr/sbin/chronyd\n/etc/init.d/chrony\n",
        "var/lib/dpkg/info/chrony.conffiles": "/etc/init.d/chrony\n",
        "var/lib/dpkg/info/chrony.postinst": "adduser _chrony\nucf x /etc/chrony/chrony.conf\npam-auth-update --package\n"
        'for f in user.rules\ndo cp x "/etc/ufw/$f"; done\n',
    }
    for path, text in texts.items():
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return Host(str(tmp_path))


@pytest.mark.parametrize(
    "tool",
    [
        "adduser", "addgroup", "useradd", "groupadd", "usermod", "deluser", "delgroup", "userdel", "groupdel",
        "systemd-sysusers", "chage", "passwd",
    ],
)  # fmt: skip
def test_tools_of_accounts_write_the_files_of_accounts(host, tmp_path, tool):
    (tmp_path / "var/lib/dpkg/info/tool.postinst").write_text(f"{tool} x\n")
    workers = work_of.Workers(work_of.known(host, ["tool"], {}))

    ours, others = workers.sort(made(**{"/etc/shadow": FILE, "/etc/group-": FILE, "/etc/shells": FILE}))

    assert (set(ours), set(others)) == ({"/etc/shadow", "/etc/group-"}, {"/etc/shells"})


@pytest.mark.parametrize("script", ["preinst", "postinst", "prerm", "postrm", "config", "conffiles"])
def test_what_each_script_of_a_package_mentions_is_its_work(host, tmp_path, script):
    (tmp_path / f"var/lib/dpkg/info/tool.{script}").write_text("/etc/tool/x.conf\n")

    assert work_of.facts(host, "tool")["mentions"] == ["/etc/tool/x.conf"]


@pytest.mark.parametrize(
    ("path", "state", "known"),
    [
        ("/etc/chrony/chrony.conf", FILE, True),
        ("/etc/chrony/chrony.conf.dpkg-new", FILE, True),
        ("/etc/init.d/chrony", FILE, True),
        ("/etc/rc2.d/S01chrony", link("../init.d/chrony"), True),
        ("/etc/systemd/system/chronyd.service", link("/lib/systemd/system/chrony.service"), True),
        ("/etc/alternatives/ntp", link("/usr/sbin/chronyd"), True),
        ("/etc/pam.d/common-auth", FILE, True),
        ("/etc/group", FILE, True),
        ("/etc/ufw/user.rules", FILE, True),
        ("/etc/ufw/theirs.rules", FILE, False),
        ("/etc/pam.d/sshd", FILE, False),
        ("/etc/hosts", FILE, False),
        ("/etc/rc2.d/S01other", link("../init.d/other"), False),
        ("/etc/systemd/system/other.service", link("/dev/null"), False),
    ],
)
def test_packages(host, path, state, known):
    workers = work_of.Workers(work_of.known(host, ["chrony"], {}))
    ours, others = workers.sort(made(**{path: state}))
    assert (path in ours, path in others) == (known, not known)


def test_what_lies_in_a_folder_that_the_package_made_is_its_work(host):
    effects = made(**{"/etc/chrony": FOLDER, "/etc/chrony/keys": FILE, "/etc/theirs": FOLDER, "/etc/theirs/a": FILE})
    ours, others = work_of.Workers(work_of.known(host, ["chrony"], {})).sort(effects)
    assert set(ours) == {"/etc/chrony", "/etc/chrony/keys"}
    effects["/etc/chrony"]["before"] = FOLDER
    ours, others = work_of.Workers(work_of.known(host, ["chrony"], {})).sort(effects)
    assert "/etc/chrony/keys" in others


def test_accounts_that_its_scripts_name(host):
    assert work_of.known(host, ["chrony"], {})["chrony"]["accounts"] == ["_chrony"]


def test_units_and_those_that_are_switched_with_them(host):
    wants = "/etc/systemd/system/multi-user.target.wants"
    effects = made(**{
        wants: FOLDER,
        wants + "/own.service": link("/lib/systemd/system/own.service"),
        "/etc/systemd/system/sockets.target.wants/own.socket": link("/lib/systemd/system/own.socket"),
        "/etc/systemd/system/other-name.service": link("/lib/systemd/system/own.service"),
        "/etc/rc3.d/K01own": link("../init.d/own"),
        wants + "/theirs.service": link("/lib/systemd/system/theirs.service"),
        "/etc/systemd/system/theirs.service.d": FOLDER,
    })  # fmt: skip
    _ours, others = work_of.of_units(host, ["own.service"]).sort(effects)
    assert set(others) == {wants + "/theirs.service", "/etc/systemd/system/theirs.service.d"}


@pytest.mark.parametrize("name", ["passwd", "shadow", "group", "gshadow", "subuid", "subgid"])
def test_files_of_accounts_are_known_with_their_copies(host, tmp_path, name):
    (tmp_path / "var/lib/dpkg/info/tool.postinst").write_text("useradd x\n")
    paths = {f"/etc/{name}", f"/etc/{name}-", "/etc/.pwd.lock"}

    ours, others = work_of.Workers(work_of.known(host, ["tool"], {})).sort(made(**dict.fromkeys(paths, FILE)))

    assert (set(ours), others) == (paths, {})


def test_accounts_of_a_package_stand_in_its_scripts_and_in_what_systemd_makes_of_it(host, tmp_path):
    place = tmp_path / "usr/lib/sysusers.d/tool.conf"
    place.parent.mkdir(parents=True)
    place.write_text("u postgres -\n")
    (tmp_path / "usr/lib/other.conf").write_text("_chrony\n")
    (tmp_path / "var/lib/dpkg/info/tool.list").write_text("/usr/lib/sysusers.d/tool.conf\n/usr/lib/other.conf\n")

    assert work_of.facts(host, "tool")["accounts"] == ["postgres"]
    assert work_of.facts(host, "chrony")["accounts"] == ["_chrony"]
