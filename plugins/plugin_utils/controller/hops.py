# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts of the inventory are reached through another one, by what Ansible's connections to them say.

Looked at: the arguments of ssh in variables and in ansible.cfg (ProxyJump, -J, ProxyCommand), proxy commands of paramiko, and
ssh's own configuration files. Read once a command for all hosts: a worker for each of a thousand hosts must not do it anew.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.errors import AnsibleError
from ansible.plugins.loader import connection_loader

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.shared import shared_text

SSH_OPTIONS = ("ssh_args", "ssh_common_args", "ssh_extra_args")
OTHER_VARIABLES = ("ansible_paramiko_proxy_command",)
SSH_FILES = ("~/.ssh/config", "/etc/ssh/ssh_config")
HOPS = re.compile(r"(?:^|\s)-J|proxyjump|proxycommand", re.IGNORECASE)
MOST = 2000


def read(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``{proxies: {host: text that names its hops}, addresses: {host: address}}`` of the whole inventory."""
    document: dict[str, Any] = json.loads(shared_text("connections.json", lambda: json.dumps(_read(variables))))
    return document


def behind(connections: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    """Return the hosts that are reached through the host of these names (in the inventory, its address), sorted."""
    own = {one for name in names if name for one in _forms(name)}
    return sorted(
        host
        for host, text in connections["proxies"].items()
        if not own.intersection(_forms(host)) and own.intersection(_words(text))
    )


def peers(connections: Mapping[str, Any], host: str) -> dict[str, str]:
    """Return the numeric addresses of other hosts: host -> address."""
    others = {name: address for name, address in connections["addresses"].items() if name != host}
    return dict(list(others.items())[:MOST])


def _read(variables: Mapping[str, Any]) -> dict[str, Any]:
    given = {option: _configured(option) for option in SSH_OPTIONS}
    proxies, addresses = {}, {}
    known = variables.get("hostvars", {})
    for host in variables.get("groups", {}).get("all", []):
        seen = known[host]
        texts = [str(seen.get("ansible_" + option) or given[option]) for option in SSH_OPTIONS]
        texts += ["ProxyCommand=" + str(seen[name]) for name in OTHER_VARIABLES if seen.get(name)]
        text = " ".join(one for one in texts if HOPS.search(one))
        if text:
            proxies[str(host)] = text
        address = str(seen.get("ansible_host") or host)
        if _is_address(address):
            addresses[str(host)] = address
    for file in SSH_FILES:
        text = _of_file(Path(file).expanduser())
        if text:
            proxies[f"hosts of {file}"] = text
    return {"proxies": proxies, "addresses": addresses}


def _configured(option: str) -> str:
    """Return what ansible.cfg or the environment gives for all hosts."""
    # What its options are is known only once the plugin is loaded.
    connection_loader.get("ssh", class_only=True)
    try:
        return str(constants.config.get_config_value(option, plugin_type="connection", plugin_name="ssh") or "")
    except AnsibleError:
        return ""


def _of_file(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return ""
    return " ".join(line for line in lines if HOPS.match(line.strip()))


def _words(text: str) -> set[str]:
    """Return the names of hosts that may stand in arguments: without user, port and brackets."""
    found = set()
    for word in re.split(r"[\s,\"'=]+", text):
        bare = word.removeprefix("ssh://").rpartition("@")[2]
        bare = re.sub(r"\A\[([^\]]+)\](?::\d+)?\Z", r"\1", bare)
        if bare.count(":") == 1:
            bare = bare.partition(":")[0]
        found |= _forms(bare)
    return found


def _forms(name: str) -> set[str]:
    """Return a name and its first label; of an address only itself. A match too many is a refusal, one too few a lost host."""
    plain = name.lower()
    return {plain} if _is_address(plain) or plain.startswith("hosts of ") else {plain, plain.partition(".")[0]} - {""}


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
