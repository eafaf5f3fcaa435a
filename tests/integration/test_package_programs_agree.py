"""Scenarios of packages on a booted host: what the readers say is what apt, unattended-upgrade and rpm do there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.test_programs_agree import CODE, carry_code
from tests.scenarios.linux import automatic_updates, package_source

pytestmark = pytest.mark.hosts
INSTALL = "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy --no-install-recommends install "
PACKAGES = "apt-utils unattended-upgrades rpm gpg gpg-agent"
LOCAL, DUMP = "file:/srv/unsigned ./", "apt-config dump"
STANZA = "Types: deb\nURIs: file:/srv/unsigned\nSuites: ./\n"
NOT_SEEN = {
    # Here a list of packages is what tells.
    "apt-sources-only",
    # The host has no program for them, so apt stops.
    "apt-in-clear-ftp",
    "apt-in-clear-hidden-alone",
    "apt-in-clear-hidden-and-encrypted",
    "apt-in-clear-transport-that-nobody-knows",
    # Where these lead, apt says only when it goes there.
    "apt-in-clear-mirrors-missing",
    "apt-in-clear-plain-mirror-here",
    "apt-in-clear-server-that-proves-nothing",
    # No server of the pattern's name is asked here; what lsb_release says of a system made of this one, neither.
    "pattern: site",
    "name that is not known",
}
# Where apt and unattended-upgrade get by with what we take for an error: they read on behind a NUL, or do not get to a pattern.
STRICTER = {"unchecked apt-nul", "upgraded behind one that takes what is needed"}
# They are about how often; lists are fetched each day too.
REPEATED = {
    *("every 7", "every 36h", "every 1d", "all set to nothing", "weeks", "leading zero"),
    *("nothing set", "set to nothing", "switched off as a whole", "whole set to nothing"),
}
# unattended-upgrade has its own, and each list of a test takes their place.
ANEW = (
    "#clear Unattended-Upgrade::Origins-Pattern;\n#clear Unattended-Upgrade::Allowed-Origins;\n#clear APT::Periodic;\n"
)


def _planted(one, more=""):
    """Return a scenario with the host's own repository for its sources; ``more``: options that each of them gets."""
    fields = "".join(option.capitalize().replace("=", ": ") + "\n" for option in more.split())
    files = {
        path: text.replace("http://x s main", LOCAL)
        .replace("deb [", "deb [" + more)
        .replace(package_source.STANZA, STANZA + fields)
        for path, text in one.files.items()
    }
    if not files:
        files = {"/etc/apt/sources.list": f"deb [{more or 'arch=amd64'}] {LOCAL}\n"}
    return {
        "id": one.id,
        "address": one.address,
        "files": files,
        "settings": one.commands[DUMP].replace(package_source.DUMP, ""),
    }


def _upgraded(one):
    """Return a scenario of unattended-upgrade with the repair in a repository whose signature is not looked at."""
    files = {"/etc/apt/sources.list": f"deb [trusted=yes] {LOCAL}\n"}
    return {"id": one.id, "address": one.address, "files": files, "settings": ANEW + one.commands[DUMP]}


def given():
    apt = [
        one for one in package_source.SCENARIOS if isinstance(one.commands.get(DUMP), str) and one.id not in NOT_SEEN
    ]
    said = {
        query: [one for one in apt if one.address == {"query": query}] for query in ("unchecked", "undated", "in_clear")
    }
    patterns = [
        one
        for one in automatic_updates.SCENARIOS
        if one.address == automatic_updates.APT and one.id not in NOT_SEEN and _is_of_a_pattern(one)
    ]
    return {
        "unchecked": [_planted(one) for one in said["unchecked"]],
        "undated": [_planted(one, "trusted=yes ") for one in said["undated"]],
        "in_clear": [_planted(one) for one in said["in_clear"]],
        "repeated": [_upgraded(one) for one in automatic_updates.SCENARIOS if one.id in REPEATED],
        "upgraded": [_upgraded(one) for one in patterns],
    }


def _is_of_a_pattern(one):
    return (
        one.id in ("as it is installed", "no patterns")
        or one.id.startswith("pattern: ")
        or "its pattern" in one.observed.get("reason", "")
    )


@pytest.fixture(scope="module")
def packages_host(debian12_lender):
    with debian12_lender.lend(1) as (host,):
        host.run(["sh", "-c", INSTALL + PACKAGES], timeout=300)
        carry_code(host)
        yield host


def test_readers_of_sources_say_what_apt_does(packages_host):
    """Of a repository that nobody signed, of lists too old or too new, of who is asked in clear, and of which repairs come by themselves."""
    script = Path(__file__).with_name("packages_on_host.py").read_text(encoding="utf-8")
    packages_host.write(f"{CODE}/packages.py", script)
    packages_host.write(f"{CODE}/given.json", json.dumps(given()))

    asked = packages_host.run(["python3", f"{CODE}/packages.py", CODE, f"{CODE}/given.json"], timeout=200)

    seen = {f"{query} {name}": pair for query, rows in json.loads(asked.stdout).items() for name, pair in rows.items()}
    assert len(seen) > 85
    # Each time is each day for us, where lists are fetched only then.
    seen["repeated set to nothing"][0] = max(seen["repeated set to nothing"][0], 1)
    assert {name: pair for name, pair in seen.items() if pair[0] != pair[1] and name not in STRICTER} == {}


# Two packages of rpm, one of which is signed; the files of both are then changed by hand.
SPEC = """Name: agree-{name}
Version: 1
Release: 2
Summary: One
License: None
BuildArch: noarch
%description
One
%install
mkdir -p %{{buildroot}}/opt/agree-{name}
cd %{{buildroot}}/opt/agree-{name}
for name in content mode owner missing conf; do echo it > $name; done
ln -s content link
%files
/opt/agree-{name}/content
/opt/agree-{name}/mode
/opt/agree-{name}/owner
/opt/agree-{name}/missing
/opt/agree-{name}/link
%config(noreplace) /opt/agree-{name}/conf
"""
MAKE = """set -e
mkdir -p /etc/rpm; echo '%_dbpath /var/lib/rpm' > /etc/rpm/macros
cd /srv/rpm
for name in signed plain; do rpmbuild -bb --quiet --define '_rpmdir /srv/rpm' $name.spec; done
mkdir -m 700 keys; export GNUPGHOME=/srv/rpm/keys
gpg --batch --quiet --passphrase '' --quick-gen-key agree@example.org rsa2048 sign never
rpmsign --define '__gpg /usr/bin/gpg' --define '_gpg_name agree@example.org' --addsign noarch/agree-signed-1-2.noarch.rpm
gpg --export --armor agree@example.org > key.asc
rpm --import key.asc
rpm -i --nodeps noarch/*.rpm
"""
CHANGE = "cd /opt/agree-plain; echo ot > content; chmod 600 mode; chown bin owner; rm missing; ln -sf mode link; echo ot > conf; touch ../agree-signed/content"
CHANGED = {"content": ["content"], "link": ["link"], "missing": ["missing"], "mode": ["mode"], "owner": ["owner"]}
# Where dpkg keeps nothing, and is there all the same.
BY_RPM = [
    "unshare",
    "--mount",
    "sh",
    "-c",
    'mount -t tmpfs none /var/lib/dpkg && touch /var/lib/dpkg/status && exec python3 -c "$0"',
]
READ = (
    f"import json, sys; sys.path.insert(0, {CODE!r}); "
    "from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host; "
    "from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind; "
    "asked = [('package', {'name': 'agree-plain'}), ('package', {'name': 'bash'}), "
    "('package_integrity', {'query': 'unsigned'}), ('package_integrity', {'query': 'altered'})]; "
    "print(json.dumps([read_kind(Host('/'), kind, [address])[0].as_dict() for kind, address in asked]))"
)
READ_ONE = (
    f"import json, sys; sys.path.insert(0, {CODE!r}); "
    "from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host; "
    "from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind; "
    "print(json.dumps(read_kind(Host('/', command_timeout=2), 'package', [{'name': 'agree-plain'}])[0].as_dict()))"
)
# As a transaction does, and further: nothing else may even read.
LOCK = (
    "import fcntl, sqlite3, time; held = open('/var/lib/rpm/.rpm.lock', 'a'); fcntl.lockf(held, fcntl.LOCK_EX); "
    "db = sqlite3.connect('/var/lib/rpm/rpmdb.sqlite', isolation_level=None); db.execute('pragma locking_mode = exclusive'); "
    "db.execute('begin exclusive'); db.execute('create table held (it)'); open('/run/held', 'w').close(); time.sleep(600)"
)
DAMAGE = (
    "import sqlite3; db = sqlite3.connect('/var/lib/rpm/rpmdb.sqlite'); "
    "db.execute('update Packages set blob = substr(blob, 1, 40) where hnum = (select max(hnum) from Packages)'); db.commit()"
)


def test_readers_of_packages_say_what_rpm_does(packages_host):
    for name in ("signed", "plain"):
        packages_host.write(f"/srv/rpm/{name}.spec", SPEC.format(name=name))
    packages_host.run(["sh", "-c", MAKE])
    checked = packages_host.run(["sh", "-c", "rpm -K /srv/rpm/noarch/*.rpm"]).stdout.splitlines()

    def seen():
        return json.loads(packages_host.run([*BY_RPM, READ]).stdout)

    there, other, unsigned, altered = seen()
    assert (there["value"], other["state"], altered["value"]) == ("1-2", "absent", [])
    # It says `digests signatures OK` of a signed one.
    assert (
        unsigned["value"]
        == [line.split("/")[-1].partition("-1-2")[0] for line in checked if "signatures" not in line]
        == ["agree-plain"]
    )

    packages_host.run(["sh", "-c", CHANGE])
    assert seen()[3]["value"] == [{"path": f"/opt/agree-plain/{name}", "what": what} for name, what in CHANGED.items()]

    # It waits for whoever holds the database, without end.
    before = seen()
    packages_host.run(["systemd-run", "--unit=agree-lock", "python3", "-c", LOCK])
    packages_host.run(["sh", "-c", "for turn in $(seq 100); do [ -e /run/held ] && break; sleep 0.1; done"])
    assert packages_host.run(["timeout", "2", "rpm", "-q", "agree-plain"], check=False).returncode == 124
    held = json.loads(packages_host.run([*BY_RPM, READ_ONE]).stdout)
    assert held["state"] == "error"
    assert held["reason"].startswith("command rpm -qa ")
    assert held["reason"].endswith(": no answer within 2 seconds")
    packages_host.run(["systemctl", "stop", "agree-lock"])
    assert seen() == before

    # rpm passes over an entry that is damaged, and says that all is well.
    packages_host.run(["python3", "-c", DAMAGE])
    assert {one["state"] for one in seen()} == {"error"}
