# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a play has any host: Ansible skips one without, and the command then ends well though nothing was looked at."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from ansible import context
from ansible.inventory.manager import InventoryManager, split_host_pattern

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown

# What only shows a playbook, perhaps without any inventory.
SHOWS = ("syntax", "listhosts", "listtasks", "listtags")
# Tags by which Ansible leaves out what always runs.
LEAVES_ALL_OUT = ("always", "tagged")
# Where the playbooks of this collection stand.
OWN = Path(os.path.realpath(__file__)).parents[3] / "playbooks"
OURS = re.compile(rb"^(?:[^#\n]*[{,])?\s*[\"']?hipaa_cis_\w+[\"']?\s*:", re.MULTILINE)
# What is looked through for variables that nobody would get: so many files, and of each so much.
MAX_FILES = 1000
MAX_BYTES = 1 << 20


def checked(terms: Sequence[Any], variables: Mapping[str, Any], loader: Any) -> str:
    """Return a pattern of hosts. Raises `HipaaCisError` where it matches none, or where all tasks would be skipped.

    ``variables``: those of a play before it has a host.
    """
    pattern = ",".join(str(one) for term in terms for one in ([term] if isinstance(term, str) else term))
    if any(context.CLIARGS.get(name) for name in SHOWS):
        return pattern
    skipped = [name for name in LEAVES_ALL_OUT if name in variables.get("ansible_skip_tags", ())]
    if skipped:
        raise HipaaCisError(f"Nothing was begun: --skip-tags {skipped[0]} leaves nothing over. Leave it out.")
    if context.CLIARGS.get("start_at_task"):
        # Where no task has that name, all are skipped and the command ends well.
        raise HipaaCisError(
            "Nothing was begun: --start-at-task leaves out the look at the options, or all there is. Leave it out; "
            "--limit chooses hosts, and --tags rules."
        )
    # Of a play of the site's own Ansible reads what stands beside it.
    unread = _unread() if Path(os.path.realpath(loader.get_basedir())) == OWN else ""
    if unread:
        raise HipaaCisError(
            f"Nothing was begun: {unread} sets variables hipaa_cis_..., and Ansible does not read it for a playbook of a collection. Move "
            "group_vars and host_vars beside the inventory (-i), or give the variables with -e @file."
        )
    groups: Mapping[str, Sequence[str]] = variables.get("groups", {})
    inventory = InventoryManager(loader=loader, sources=None, parse=False)
    for group, hosts in groups.items():
        inventory.add_group(group)
        for host in hosts:
            inventory.add_host(host, group)
    limit = variables.get("ansible_limit")
    inventory.subset(limit)
    if limit is not None and _is_blank(limit):
        raise HipaaCisError(
            f"Nothing was begun: --limit '{limit}' has no host in it, and to Ansible that is no limit at all but every host. Leave it out where all are "
            "meant; in a pipeline with more slices than hosts, begin no slice without hosts."
        )
    if not inventory.get_hosts(pattern):
        raise HipaaCisError("Nothing was begun: " + _why(pattern, limit, groups))
    return pattern


def _unread() -> str:
    """Return a file beside the playbook that the command names which sets our variables, and which no play of ours gets; empty without one.

    Ansible reads group_vars and host_vars beside the inventory, and beside the playbook that a task stands in: that is ours, in the collection.
    """
    # A list of hosts (``a,b``) has no place.
    sources = [one for one in context.CLIARGS.get("inventory") or () if "," not in one or os.path.exists(one)]
    read = {place if place.is_dir() else place.parent for place in (Path(os.path.realpath(one)) for one in sources)}
    for given in context.CLIARGS.get("args") or ():
        folder = Path(os.path.realpath(given)).parent if os.path.isfile(given) else Path(os.path.realpath("."))
        if folder in read or folder == OWN:
            continue
        files = (path for name in ("group_vars", "host_vars") for path in sorted((folder / name).rglob("*")))
        for path in islice((path for path in files if path.is_file()), MAX_FILES):
            with suppress(OSError), path.open("rb") as stream:
                if OURS.search(stream.read(MAX_BYTES)):
                    return str(path)
    return ""


def _is_blank(limit: str) -> bool:
    """Return whether a limit, with the files that it names (``@file``), is of nothing."""
    patterns = (
        Path(one[1:]).read_text(encoding="utf-8") if one.startswith("@") else one for one in split_host_pattern(limit)
    )
    return not any(pattern.strip() for pattern in patterns)


def _why(pattern: str, limit: str | None, groups: Mapping[str, Sequence[str]]) -> str:
    hosts = groups.get("all", ())
    if not hosts:
        return "the inventory has no hosts. Name it with -i; ansible-inventory --graph shows what is in it."
    if limit:
        return f"no host matches '{pattern}' (hipaa_cis_hosts) within --limit '{limit}'; the inventory has {len(hosts)} host(s)."
    if pattern.isidentifier():
        return f"{unknown('host or group', pattern, {*hosts, *groups})} It is given by hipaa_cis_hosts."
    return f"no host matches '{pattern}' (hipaa_cis_hosts); the inventory has {len(hosts)} host(s)."
