"""Scenarios of firewalld on a booted host: what the reader says of the next boot is what firewalld loads, and what a connection meets."""

from __future__ import annotations

import json
import socket

import pytest

from tests.integration.test_programs_agree import CODE, carry_code
from tests.scenarios import firewall_by_firewalld

pytestmark = pytest.mark.hosts
INSTALL = "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy --no-install-recommends install firewalld iptables nftables netbase"
ETC = firewall_by_firewalld.ETC
# No rule names it.
PORT = 9997
LISTEN = f"systemd-run --quiet --unit=agree python3 -m http.server {PORT}"
# It is ready only some time after systemd says so.
START = (
    "systemctl reset-failed firewalld; systemctl restart firewalld && for one in $(seq 100); do "
    "firewall-cmd --state >/dev/null 2>&1 && exit; systemctl is-active --quiet firewalld || exit; sleep 0.1; done"
)
READ = (
    f"import json, sys; sys.path.insert(0, {CODE!r}); "
    "from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host; "
    "from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind; "
    "print(json.dumps([read_kind(Host('/'), 'firewall', [{'query': query, 'family': 'ipv4'}])[0].as_dict() for query in ('default', 'in_force')]))"
)


# Of each part that firewalld makes of its files one or two; random ones were held against it for `real_zones.json`.
HELD = {
    "as-shipped",
    "default-zone-that-is-not-there",
    "interface-bound-to-a-zone",
    "senders-before-interfaces",
    "rule-accepts-all-but-some-senders",
    "what-refuses-comes-first",
    "rule-before-what-refuses",
    "sender-not-in-a-set",
    "service-with-another-in-it",
    "zone-of-a-folder-has-no-target",
    "policy-behind-a-zone",
    "passed-on-to-iptables",
    "accepted-by-iptables-alone",
    "accepted-by-iptables-as-the-backend",
    "ports-from-the-last-to-the-first",
}


@pytest.fixture(scope="module")
def firewalld_host(debian12_lender):
    with debian12_lender.lend(1) as (host,):
        host.run(["sh", "-c", INSTALL], timeout=300)
        host.run(["sh", "-c", f"{LISTEN}; cp -r {ETC} /srv/kept"])
        carry_code(host)
        yield host


@pytest.fixture
def with_firewalld(firewalld_host):
    """Return a function: files -> (whether a connection gets in, what the reader says of the packet filter)."""

    def start(files):
        firewalld_host.run(["sh", "-c", f"rm -rf {ETC}* && cp -rT /srv/kept {ETC}"])
        for path, text in files.items():
            # Who connects is one of those that no rule names.
            firewalld_host.write(path, text.replace("10.0.0.0/8", "192.0.2.0/24").replace("eth", "host"))
        firewalld_host.run(["sh", "-c", START], check=False)
        return _gets_in(firewalld_host.address), json.loads(firewalld_host.run(["python3", "-c", READ]).stdout)

    return start


def _gets_in(address):
    try:
        socket.create_connection((address, PORT), timeout=0.5).close()
    except OSError:
        return False
    return True


def test_firewalld_loads_what_is_read(with_firewalld):
    cases = {case.id: case for case in firewall_by_firewalld.CASES if case.id in HELD}
    assert set(cases) == HELD
    met: dict[str, object] = {}
    read: dict[str, object] = {}
    let_in_by = set()
    for name, case in cases.items():
        let_in, (default, in_force) = with_firewalld(case.files)
        let_in_by |= {name} if let_in else set()
        met[name] = dict.fromkeys(("now", "boot"), "accept" if let_in else "refuse"), []
        read[name] = {when: ways["incoming"] for when, ways in default["value"].items()}, in_force["value"]

    assert read == met
    assert let_in_by == {name for name, case in cases.items() if case.verdict == "fail"}


def test_without_names_of_protocols_firewalld_loads_nothing(with_firewalld, firewalld_host):
    """netbase brings them, on which the package does not depend."""
    firewalld_host.run(["mv", "/etc/protocols", "/etc/protocols.away"])

    let_in, (default, _in_force) = with_firewalld({})

    assert let_in
    assert "/etc/protocols is missing" in default["reason"]
