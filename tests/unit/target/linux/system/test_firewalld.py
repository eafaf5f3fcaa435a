"""What firewalld's permanent configuration is taken for is what real packets met.

`real_zones.json` holds configurations made at random (zones, policies, services, rules, sets of senders, rules passed on to
iptables), with which firewalld 1.3.3 was started on a booted Debian 12, the files that it ships of those that they use, and the
ports at which first packets from four senders were answered, and those at which these senders answered the host.
Rules with an icmp-block and an action, which firewalld 1 passes over and firewalld 2 does not take, are left out.
"""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.firewall import packet
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import firewalld_rules
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.firewall_now import ports_by_name
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.packet_filter import Table, Walk, address
from tests.scenarios.firewall_by_firewalld import PROTOCOLS

with open(os.path.join(os.path.dirname(__file__), "real_zones.json"), encoding="utf-8") as stream:
    REAL = json.load(stream)
PORTS = (22, 53, 80, 85, 139, 443, 999, 8080, 19997)
# Sender -> the address of the host that it speaks to.
SENDERS = {"10.9.0.2": "10.9.0.1", "192.168.7.3": "192.168.7.1", "fd09::2": "fd09::1", "2001:db8::5": "2001:db8::1"}


def _tables(files: Dict[str, str], root: str) -> List[Table]:
    given = (("/usr/lib/firewalld/", REAL["shipped"]), ("/etc/firewalld/", files), ("/etc/", {"protocols": PROTOCOLS}))
    for folder, those in given:
        for name, text in those.items():
            os.makedirs(os.path.dirname(root + folder + name), exist_ok=True)
            with open(root + folder + name, "w", encoding="utf-8") as file:
                file.write(text)
    host = Host(root)
    return firewalld_rules.tables(host, ports_by_name(host), managed=False)


def _accepted(tables: List[Table], direction: str) -> Dict[str, List[int]]:
    found: Dict[str, List[int]] = {}
    for sender, own in SENDERS.items():
        for protocol in ("tcp", "udp"):
            for port in PORTS:
                walk = Walk(tables, _first(direction, protocol, port, sender, own))
                verdicts = {end.verdict for end in walk.outcomes(direction)}
                assert len(verdicts) == 1, walk.unknown
                if verdicts == {"accept"}:
                    found.setdefault("%s %s" % (protocol, sender), []).append(port)
    return found


def _first(direction: str, protocol: str, port: int, sender: str, own: str) -> Dict[str, Any]:
    ends: Dict[str, Any] = {"iif": "eth5", "oif": "", "saddr": address(sender), "daddr": address(own)}
    if direction == "outgoing":
        ends = {"iif": "", "oif": "eth5", "saddr": address(own), "daddr": address(sender), "dtype": "unicast"}
    return packet(6 if ":" in sender else 4, protocol, port, **ends)


@pytest.mark.parametrize("number", range(len(REAL["seen"])))
def test_packets_end_as_they_did_behind_firewalld(number, tmp_path):
    seen = REAL["seen"][number]

    tables = _tables(seen["files"], str(tmp_path))

    assert {way: _accepted(tables, way) for way in ("incoming", "outgoing")} == seen["accepted"]
