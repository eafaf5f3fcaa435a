"""Packages and units on a booted host: one call each, an exact way back without any network, and what may go wrong."""

from __future__ import annotations

import json

import pytest

from tests.integration.remediating import changes, module_on

pytestmark = pytest.mark.hosts

# Packages of a local archive: a service, one without, one that another needs, and one that cannot be configured.
PACKAGES = {
    "hc-service": {},
    "hc-plain": {},
    "hc-needed": {},
    "hc-needing": {"Depends": "hc-needed"},
    "hc-new": {},
    "hc-broken": {},
    "hc-sudo": {},
    "hc-spoiled": {},
}
ARCHIVE = r"""
set -eu
mkdir -p /srv/archive; cd /srv/archive
add() {
    dpkg-deb --build --root-owner-group "$1" "$1_1_all.deb" >/dev/null
    { dpkg-deb -f "$1_1_all.deb"; echo "Filename: ./$1_1_all.deb"; echo "Size: $(stat -c %s "$1_1_all.deb")"
      echo "SHA256: $(sha256sum "$1_1_all.deb" | cut -d' ' -f1)"; echo; } >> Packages
}
for name in $NAMES; do add "$name"; done
rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/srv/archive ./' > /etc/apt/sources.list.d/archive.list
apt-get -q update >/dev/null
apt-get -q -y install hc-service hc-plain hc-needing >/dev/null 2>&1
"""
# The last byte: which bytes stand elsewhere depends on the time of the build (sed may find nothing to change).
SPOIL = "import sys; f = open(sys.argv[1], 'r+b'); f.seek(-1, 2); byte = f.read(); f.seek(-1, 2); f.write(bytes([byte[0] ^ 1]))"
SLEEP = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"
UNITS = "/usr/lib/systemd/system/"
# What dpkg and apt keep for themselves.
RECORDS = ("/var/lib/dpkg", "/var/lib/dpkg/*", "/var/lib/apt", "/var/lib/apt/*", "/var/cache/*", "/var/log/*",
           "/var/lib/systemd/deb-systemd-helper-*")  # fmt: skip


@pytest.fixture
def host(booted_host):
    """A host whose only archive is a folder of its own."""
    for name, extra in PACKAGES.items():
        fields = {"Package": name, "Version": "1", "Architecture": "all", "Maintainer": "T <t@example.org>", **extra}
        text = "".join(f"{key}: {value}\n" for key, value in {**fields, "Description": "test"}.items())
        booted_host.write(f"/srv/archive/{name}/DEBIAN/control", text)
        booted_host.write(f"/srv/archive/{name}/DEBIAN/conffiles", f"/etc/{name}.conf\n")
        booted_host.write(f"/srv/archive/{name}/etc/{name}.conf", "as delivered\n")
    booted_host.write(f"/srv/archive/hc-service{UNITS}hc-service.service", SLEEP)
    booted_host.write("/srv/archive/hc-broken/DEBIAN/postinst", "#!/bin/sh\nexit 1\n", 0o755)
    booted_host.write("/srv/archive/hc-sudo/etc/sudoers.d/vendor", "# none\n")
    booted_host.run(["env", "NAMES=" + " ".join(PACKAGES), "sh", "-c", ARCHIVE], timeout=120)
    booted_host.write("/etc/hc-plain.conf", "changed by the site\n")
    return booted_host


@pytest.fixture
def module(host, run_ansible, write_inventory):
    return module_on(host, run_ansible, write_inventory)


@pytest.fixture
def apply(module):
    """A function that applies (kind, name, wanted) settings: (name -> state and reason, labels of the steps)."""

    def run(run_id, *settings):
        request = {"version": 1, "run_id": run_id, "group": "plain", "options": {}}
        asked = {name: [kind, {"name": name}, wanted] for kind, name, wanted in settings}
        answer = module("linux_apply", {"request": json.dumps({**request, "mode": "apply", "changes": asked})})
        module("linux_apply", {"request": json.dumps({**request, "mode": "release", "changes": {}})})
        return answer["changes"], [step["label"] for step in answer["steps"]]

    return run


def installed(host):
    shown = host.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", "hc-*"]).stdout
    return {name for name, state in (line.split() for line in shown.splitlines()) if state == "installed"}


def active(host, *units):
    shown = host.run(["systemctl", "is-active", *units], check=False).stdout.split()
    return dict(zip(units, shown, strict=True))


def test_archives_of_a_folder_are_looked_at_and_are_what_their_list_means(host, apply):
    """apt fetches nothing of a `file:` source, so what was fetched says nothing of it."""
    host.run(["python3", "-c", SPOIL, "/srv/archive/hc-spoiled_1_all.deb"])

    states = apply("first", ("package", "hc-sudo", True))[0]
    spoiled = apply("second", ("package", "hc-spoiled", True))[0]

    assert states["hc-sudo"]["state"] == "refused"
    assert "the package hc-sudo brings /etc/sudoers.d/vendor" in states["hc-sudo"]["reason"]
    assert spoiled["hc-spoiled"]["state"] == "failed"
    assert installed(host) == {"hc-service", "hc-plain", "hc-needed", "hc-needing"}


def test_packages_in_one_call_each_and_back_without_an_archive(host, apply, module):
    host.run(["systemctl", "enable", "--quiet", "hc-service"])  # and not started
    before = host.snapshot()
    settings = [
        ("package", "hc-service", False),
        ("package", "hc-needed", False),
        ("package", "hc-plain", False),
        ("package", "hc-new", True),
        ("package", "hc-nowhere", True),
    ]

    states, steps = apply("first", *settings)

    assert {name: state["state"] for name, state in states.items()} == {
        "hc-service": "done", "hc-needed": "refused", "hc-plain": "done", "hc-new": "done", "hc-nowhere": "refused",
    }  # fmt: skip
    assert "hc-needing would be removed with it" in states["hc-needed"]["reason"]
    assert "no repository of this host offers" in states["hc-nowhere"]["reason"]
    assert steps == ["remove hc-service hc-plain", "fetch the lists of packages", "install hc-new"]
    assert installed(host) == {"hc-needed", "hc-needing", "hc-new"}
    assert apply("second", *settings)[1] == []

    host.run(["mv", "/srv/archive", "/srv/away"])
    module("rollback", {"run_id": "first"})
    host.run(["mv", "/srv/away", "/srv/archive"])
    assert installed(host) == {"hc-service", "hc-plain", "hc-needed", "hc-needing"}
    assert active(host, "hc-service.service") == {"hc-service.service": "inactive"}
    assert not changes(before, host, RECORDS)


def test_without_an_archive_nothing_is_removed(host, apply, module):
    host.run(["mv", "/srv/archive", "/srv/away"])

    states, _steps = apply("first", ("package", "hc-plain", False))

    assert states["hc-plain"]["state"] == "failed"
    assert "a rollback could not bring it back" in states["hc-plain"]["reason"]
    assert "hc-plain" in installed(host)
    answer = module("rollback", {"run_id": "first"})
    assert (answer["changed"], answer["undone"]) == (False, [])


def test_installation_that_fails_half_way_leaves_nothing_after_the_rollback(host, apply, module):
    before = host.snapshot()

    states, _steps = apply("first", ("package", "hc-broken", True), ("package", "hc-new", True))
    assert {state["state"] for state in states.values()} == {"failed"}
    module("rollback", {"run_id": "first"})

    assert host.run(["dpkg", "--audit"]).stdout == ""
    assert not changes(before, host, RECORDS)


def test_lock_of_the_package_manager_is_waited_for(host, apply):
    holder = "import fcntl, time; fcntl.lockf(open('/var/lib/dpkg/lock-frontend', 'w'), fcntl.LOCK_EX); time.sleep(6)"
    host.run(["sh", "-c", f'python3 -c "{holder}" >/dev/null 2>&1 &'])

    states, _steps = apply("first", ("package", "hc-plain", False))

    assert states["hc-plain"]["state"] == "done"
    assert "hc-plain" not in installed(host)


def test_units_are_switched_and_switched_back(host, apply, module):
    for name in ("hc-on", "hc-masked", "hc-off"):
        host.write(f"{UNITS}{name}.service", SLEEP)
    host.write("/etc/systemd/system/hc-own.service", SLEEP)
    host.write(f"{UNITS}hc-static.service", SLEEP.split("[Install]", maxsplit=1)[0])
    host.write(f"{UNITS}hc-off.socket", "[Socket]\nListenStream=/run/hc-off\n[Install]\nWantedBy=sockets.target\n")
    host.run(["systemctl", "daemon-reload"])
    host.run(["systemctl", "enable", "--quiet", "--now", "hc-off.socket", "hc-own.service"])
    host.run(["systemctl", "start", "hc-off.service"])
    host.run(["systemctl", "mask", "--quiet", "hc-masked.service"])
    units = [f"hc-{name}" for name in ("on.service", "masked.service", "off.service", "off.socket", "own.service")]
    running, before = active(host, *units), host.snapshot()
    on, off = {"enabled": True, "active": True}, {"enabled": False, "active": False}
    settings = [
        ("service", "hc-on.service", on), ("service", "hc-masked.service", on), ("service", "hc-static.service", on),
        ("service", "hc-nowhere.service", on), ("service", "hc-off.service", off), ("service", "hc-own.service", off),
    ]  # fmt: skip

    states, steps = apply("first", *settings)

    assert (
        states["hc-static.service"]["reason"] == "hc-static.service is static, which systemctl enable does not change"
    )
    assert "install the package that brings it" in states["hc-nowhere.service"]["reason"]
    assert steps == [
        "systemctl mask --now hc-off.service hc-off.socket",
        "systemctl disable --now hc-own.service",
        "systemctl unmask hc-masked.service",
        "systemctl enable --now hc-on.service hc-masked.service",
    ]
    assert active(host, *units) == dict(zip(units, ["active"] * 2 + ["inactive"] * 3, strict=True))
    assert apply("second", *settings)[1] == []

    module("rollback", {"run_id": "first"})
    assert active(host, *units) == running
    assert not changes(before, host, RECORDS)
