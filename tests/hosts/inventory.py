"""An Ansible inventory of running hosts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.hosts.host import SSH_OPTIONS, Host
from tests.hosts.machine import Machine

CONNECTION_OPTIONS = " ".join(SSH_OPTIONS)


def variables(host: Host | Machine, user: str = "root") -> dict[str, Any]:
    """The variables with which Ansible reaches a host as `user`."""
    return {
        "ansible_connection": "ssh",
        "ansible_host": host.address,
        "ansible_port": host.port,
        "ansible_user": user,
        "ansible_ssh_private_key_file": str(host.key),
        "ansible_ssh_common_args": CONNECTION_OPTIONS,
        "ansible_ssh_args": f"-o ControlMaster=auto -o ControlPersist=60s -o ControlPath={host.control}/%r",
        "ansible_ssh_pipelining": True,
        "ansible_python_interpreter": "/usr/bin/python3",
        # An emulated one on a busy machine needs its time for sudo.
        **({"ansible_ssh_timeout": 60} if isinstance(host, Machine) else {}),
    }


def document(hosts: Sequence[Host | Machine], *, user: str = "root", group: str = "test_hosts") -> dict[str, Any]:
    """The inventory in the form of Ansible's YAML inventory plugin."""
    members = {host.name: variables(host, user) for host in hosts}
    return {"all": {"children": {group: {"hosts": members}}}}


def write(hosts: Sequence[Host | Machine], path: Path, *, user: str = "root", group: str = "test_hosts") -> Path:
    """Write it as JSON, which that plugin reads as well; name the file `.json` or `.yml`. Returns `path`."""
    path.write_text(json.dumps(document(hosts, user=user, group=group), indent=2) + "\n")
    return path
