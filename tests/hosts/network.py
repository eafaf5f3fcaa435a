"""A bridge with a private subnet for one pool, and its way out through NAT."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from tests.hosts.system import run

FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
RESOLV_CONF = Path("/etc/resolv.conf")


@dataclass(frozen=True)
class Network:
    """Names follow from the pool's id, so that a stale network can be removed knowing only that."""

    pool: str
    subnet: IPv4Network

    @property
    def bridge(self) -> str:
        return bridge_name(self.pool)

    @property
    def gateway(self) -> str:
        return str(self.subnet[1])

    def address(self, number: int) -> str:
        """Address of the host with this number, counted from 1."""
        return str(self.subnet[9 + number])

    def create(self) -> None:
        run(["ip", "link", "add", self.bridge, "type", "bridge"])
        run(["ip", "address", "add", f"{self.gateway}/{self.subnet.prefixlen}", "dev", self.bridge])
        run(["ip", "link", "set", self.bridge, "up"])
        run(["nft", "-f", "-"], data=self._rules())

    def _rules(self) -> str:
        return f"""
            table ip {table_name(self.pool)} {{
                chain postrouting {{
                    type nat hook postrouting priority srcnat; policy accept;
                    ip saddr {self.subnet} ip daddr != {self.subnet} masquerade
                }}
            }}
        """


def bridge_name(pool: str) -> str:
    return pool


def table_name(pool: str) -> str:
    return f"hipaa_cis_{pool}"


def remove(pool: str) -> None:
    """Take down bridge, interfaces and NAT of a pool, whatever of them exists."""
    for interface in interfaces(pool):
        run(["ip", "link", "delete", interface], check=False)
    run(["ip", "link", "delete", bridge_name(pool)], check=False)
    run(["nft", "delete", "table", "ip", table_name(pool)], check=False)


def interfaces(pool: str) -> list[str]:
    """The machine's ends of the cables to the pool's hosts."""
    return [path.name for path in Path("/sys/class/net").glob(f"{interface_name(pool)}-*")]


def interface_name(machine: str) -> str:
    """As systemd-nspawn names it: `vb-` and the machine's name, which is short enough not to be cut."""
    return f"vb-{machine}"


def remove_interface(machine: str) -> None:
    """Do not wait for the kernel to do so: the host may boot again at once and wants the name."""
    run(["ip", "link", "delete", interface_name(machine)], check=False)


def exists(pool: str) -> bool:
    """Whether the bridge or the NAT table of a pool is there."""
    link = run(["ip", "link", "show", bridge_name(pool)], check=False).returncode == 0
    return link or run(["nft", "list", "table", "ip", table_name(pool)], check=False).returncode == 0


def candidates() -> Iterator[IPv4Network]:
    """Private subnets that are seldom in use elsewhere."""
    wide = (IPv4Network("10.213.0.0/16"), IPv4Network("172.29.0.0/16"))
    return itertools.chain.from_iterable(network.subnets(new_prefix=24) for network in wide)


def networks_in_use() -> list[IPv4Network]:
    """Destinations of every route, and the name servers, which must not be hidden behind a bridge."""
    routes = json.loads(run(["ip", "-json", "-4", "route", "show", "table", "all"]).stdout or "[]")
    found = [route["dst"] for route in routes if re.match(r"^\d+\.", route["dst"])]
    servers = re.findall(r"^nameserver\s+(\d+\.\d+\.\d+\.\d+)", RESOLV_CONF.read_text(), re.MULTILINE)
    return [IPv4Network(text, strict=False) for text in found + servers]


def free_subnet() -> IPv4Network:
    """The first candidate that overlaps nothing. The caller holds the lock until the bridge has it."""
    used = networks_in_use()
    for subnet in candidates():
        if not any(subnet.overlaps(other) for other in used):
            return subnet
    raise RuntimeError("no free private subnet for test hosts")


def forwarding() -> str:
    return FORWARDING.read_text().strip()


def set_forwarding(value: str) -> None:
    if forwarding() != value:
        FORWARDING.write_text(value)
