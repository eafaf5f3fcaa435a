"""What the reader says that a unit of the site's own loads at boot is what is loaded after it."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import request_for
from tests.integration import test_scenarios_on_hosts
from tests.integration.test_scenarios_on_hosts import OBSERVE

pytestmark = pytest.mark.hosts
host = test_scenarios_on_hosts.host
NFT = "table inet own { chain input { type filter hook input priority 0; policy drop; tcp dport 22 accept; }; }"
V4 = "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 22 -j ACCEPT\nCOMMIT"
PLANT = f"""
command -v iptables-restore > /dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends iptables > /dev/null
echo '{NFT}' > /etc/my.nft
printf '%b\\n' '{V4}' > /etc/my.rules
printf '#!/bin/sh\\n/usr/sbin/nft -f /etc/my.nft\\n' > /usr/local/sbin/rules; chmod 755 /usr/local/sbin/rules
systemctl disable -q --now nftables my-rules 2> /dev/null || :
cat > /etc/systemd/system/my-rules.service
systemctl daemon-reload
"""


def unit(command):
    return f"[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart={command}\n[Install]\nWantedBy=multi-user.target\n"


def said(booted):
    request = request_for([{"kind": "firewall", "query": "default", "family": "ipv4"}])
    return json.loads(booted.run(["python3", "-c", OBSERVE], data=request).stdout)


@pytest.mark.parametrize(
    ("command", "incoming"),
    [
        ("/usr/sbin/nft -f /etc/my.nft", "refuse"),
        ("/usr/sbin/iptables-restore /etc/my.rules", "refuse"),
        ("/usr/sbin/nft -f /etc/none.nft", "accept"),
        ("/usr/local/sbin/rules", None),
        ("/bin/sh -c 'iptables-restore < /etc/my.rules'", None),
    ],
)
def test_next_boot_loads_what_the_reader_says(host, command, incoming):
    host.run(["sh", "-ec", PLANT], data=unit(command))
    host.run(["systemctl", "enable", "-q", "my-rules"])

    before = said(host)
    host.restart()
    after = said(host)

    if incoming is None:
        assert f"my-rules.service: {command} is started at boot" in before["reason"]
        assert "policy drop" in host.run(["nft", "list", "ruleset"]).stdout, "it does load rules"
    else:
        assert before["value"]["boot"]["incoming"] == after["value"]["now"]["incoming"] == incoming
    host.run(["rm", "/etc/systemd/system/my-rules.service"])
