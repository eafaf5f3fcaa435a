"""A rollback takes back what the run's own transaction did to packages; what others installed, wrote or purged stays."""

from __future__ import annotations

import json

import pytest

from tests.hosts.system import CommandError
from tests.integration.test_writers_packages import ARCHIVE, apply, installed, module

__all__ = ["apply", "module"]

pytestmark = pytest.mark.hosts

# By name: further fields, and the further files of a package of a local archive.
PACKAGES = {
    "hc-service": ({}, {}),
    "hc-plain": ({}, {}),
    "hc-needed": ({}, {}),
    "hc-needing": ({"Depends": "hc-needed"}, {}),
    "hc-new": ({}, {"etc/hc-new.d/own": "own\n"}),
    "hc-data": ({}, {"var/lib/hc-data/empty": ""}),
    "hc-theirs": ({}, {"var/lib/hc-theirs/empty": ""}),
    "hc-slow": ({}, {"DEBIAN/postinst": "#!/bin/sh\ntouch /run/hc-slow\nsleep 8\n"}),
}
# What a person does, by hand, some time after the run.
THEIRS = """
set -eu
apt-get -q -y install hc-theirs >/dev/null
echo precious > /var/lib/hc-theirs/database
echo precious > /var/lib/hc-data/database
apt-get -q -y purge hc-service >/dev/null
mkdir -p /etc/theirs.d && echo theirs > /etc/theirs.d/site.conf
"""
TREE = "find /etc/theirs.d /var/lib/hc-theirs /var/lib/hc-data -type f | sort | xargs grep -H ."
KILL = """
until [ -e /run/hc-slow ]; do sleep 0.1; done
pkill --signal KILL --full '^/usr/bin/python3$|[A]nsiballZ'
pkill --signal KILL -x 'apt-get|dpkg'
pkill --signal KILL --full 'hc-slow[.]postinst'
touch /run/killed
"""


@pytest.fixture
def host(booted_host):
    """A host whose only archive is a folder of its own."""
    for name, (extra, more) in PACKAGES.items():
        fields = {"Package": name, "Version": "1", "Architecture": "all", "Maintainer": "T <t@example.org>", **extra}
        text = "".join(f"{key}: {value}\n" for key, value in {**fields, "Description": "test"}.items())
        booted_host.write(f"/srv/archive/{name}/DEBIAN/control", text)
        booted_host.write(f"/srv/archive/{name}/DEBIAN/conffiles", f"/etc/{name}.conf\n")
        booted_host.write(f"/srv/archive/{name}/etc/{name}.conf", "as delivered\n")
        for path, content in more.items():
            booted_host.write(f"/srv/archive/{name}/{path}", content, 0o755)
    booted_host.run(["env", "NAMES=" + " ".join(PACKAGES), "sh", "-c", ARCHIVE], timeout=120)
    return booted_host


@pytest.fixture
def rollback(host, run_ansible, write_inventory):
    """A function that runs the rollback's module, which may fail: its answer."""
    inventory = write_inventory([host], user="root")

    def run(*extra, **arguments):
        argv = [
            "all",
            "-i",
            inventory,
            "-m",
            "hipaa.cis.rollback",
            "-a",
            json.dumps({"run_id": "first", **arguments}),
            *extra,
        ]
        try:
            said = run_ansible(*argv)
        except CommandError as problem:
            said = str(problem).partition("FAILED! => ")[2]
        return json.loads(said[said.index("{") :])

    return run


def test_what_others_did_since_stays_and_ours_goes(host, apply, rollback):
    states, _steps = apply(
        "first", ("package", "hc-plain", False), ("package", "hc-service", False),
        ("package", "hc-new", True), ("package", "hc-data", True),
    )  # fmt: skip
    assert {state["state"] for state in states.values()} == {"done"}
    host.run(["sh", "-c", THEIRS], timeout=60)
    theirs = host.run(["sh", "-c", TREE]).stdout
    assert theirs.count("\n") == 3

    would = rollback("--check")
    assert (would["conflicts"], would["problems"]) == ([], [])
    assert "hc-theirs" in installed(host)
    done = rollback()

    assert (done["conflicts"], done["problems"]) == ([], [])
    assert installed(host) == {"hc-plain", "hc-needed", "hc-needing", "hc-theirs"}
    assert host.run(["sh", "-c", TREE]).stdout == theirs
    kept = " ".join(done["kept"])
    assert "hc-service was purged since and stays so" in kept
    assert "the configuration and data of hc-data" in kept
    # Untouched, it is as if it had never been there.
    assert not host.run(["sh", "-c", "ls -d /etc/hc-new* 2>/dev/null || :"]).stdout
    assert "hc-new" not in host.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", "hc-*"]).stdout


def test_what_others_need_of_ours_is_a_conflict_that_names_it(host, apply, rollback):
    apply("first", ("package", "hc-plain", False), ("package", "hc-new", True))
    control = "Package: hc-ontop\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDepends: hc-new\nDescription: t\n"
    host.write("/srv/ontop/DEBIAN/control", control)
    host.run(["sh", "-c", "dpkg-deb --build /srv/ontop >/dev/null && dpkg -i /srv/ontop.deb >/dev/null"], timeout=60)
    before = installed(host)

    for extra in (["--check"], []):
        assert "hc-ontop would be removed" in " ".join(rollback(*extra)["conflicts"])
        assert installed(host) == before

    done = rollback(force=True)
    assert not done["problems"]
    assert installed(host) == {*before, "hc-plain"}
    assert "hc-new stays as it is" in " ".join(done["kept"])


def test_step_that_was_killed_takes_no_more_than_its_own_with_it(host, apply, rollback):
    host.run(["sh", "-c", f"({KILL}) >/dev/null 2>&1 &"])
    with pytest.raises(CommandError):
        apply("first", ("package", "hc-slow", True))
    host.run(["sh", "-c", "until [ -e /run/killed ]; do sleep 0.1; done"], timeout=30)
    assert "hc-slow" not in installed(host)
    host.write("/etc/early.conf", "theirs\n")
    # It has to wait for the dead run, but has looked at what that had done.
    with pytest.raises(CommandError, match="at work on this host"):
        apply("second", ("package", "hc-plain", False))
    host.run(
        ["sh", "-c", "dpkg --configure -a >/dev/null 2>&1 && apt-get -q -y install hc-theirs >/dev/null"], timeout=60
    )
    host.run(["sh", "-c", "mkdir /etc/theirs.d && echo theirs > /etc/theirs.d/site.conf"])

    refused = rollback("--check")
    assert [text.split()[0] for text in refused["conflicts"]] == ["/etc/early.conf"]
    done = rollback(force=True)

    assert not done["problems"]
    assert installed(host) == {"hc-service", "hc-plain", "hc-needed", "hc-needing", "hc-theirs"}
    assert host.run(["cat", "/etc/theirs.d/site.conf", "/etc/early.conf.since-first"]).stdout == "theirs\n" * 2
    assert not host.run(["sh", "-c", "ls /etc/hc-slow* 2>/dev/null || :"]).stdout
