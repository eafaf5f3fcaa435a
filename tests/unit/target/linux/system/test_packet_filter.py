"""The walk through rules ends as real packets did.

`real_packets.json` holds rule sets made at random, loaded on a booted Debian 12 by nft 1.0.6 and iptables 1.8.9, and which
first packets from two senders to eleven ports were answered, over TCP and UDP, IPv4 and IPv6.
"""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.firewall import packet
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import iptables_rules, nft_rules
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.firewall_now import ports_by_name
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.packet_filter import Table, Walk, address

with open(os.path.join(os.path.dirname(__file__), "real_packets.json"), encoding="utf-8") as stream:
    SEEN: List[Dict[str, Any]] = json.load(stream)
PORTS = (22, 53, 80, 85, 99, 443, 2999, 5999, 8080, 19997, 64997)
SENDERS = {4: ("10.9.0.2", "10.9.1.3"), 6: ("fd09::2", "fd09::1:3")}
OWN = {4: "10.9.0.1", 6: "fd09::1"}


def _tables(kind: str, texts: Dict[str, str], root: str) -> List[Table]:
    os.makedirs(root + "/etc", exist_ok=True)
    with open(root + "/etc/services", "w", encoding="utf-8") as services:
        services.write("ssh\t22/tcp\ndomain\t53/udp # names\n")
    ports = ports_by_name(Host(root))
    if kind in ("nft", "loaded"):
        return nft_rules.parse(texts[kind], "rules", ports)
    return [table for name in ("v4", "v6") for table in iptables_rules.parse(texts[name], int(name[1]), name, ports)]


def _accepted(tables: List[Table]) -> List[str]:
    found = []
    for family, senders in SENDERS.items():
        for sender in senders:
            for protocol in ("tcp", "udp"):
                for port in PORTS:
                    ends = {"daddr": address(OWN[family]), "saddr": address(sender), "iif": "eth7", "oif": ""}
                    walk = Walk(tables, packet(family, protocol, port, **ends))
                    verdicts = {end.verdict for end in walk.outcomes("incoming")}
                    assert len(verdicts) == 1, walk.unknown
                    found += ["%s %s %d" % (protocol, sender, port)] if verdicts == {"accept"} else []
    return sorted(found)


@pytest.mark.parametrize("number", range(len(SEEN)))
def test_packets_end_as_they_really_did(number, tmp_path):
    seen = SEEN[number]

    for kind in [one for one in seen["texts"] if one != "v6"]:
        assert _accepted(_tables(kind, seen["texts"], str(tmp_path))) == seen["accepted"], kind
