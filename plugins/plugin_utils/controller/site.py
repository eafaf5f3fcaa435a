# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The site's decisions as an action meets them: read once for a command, noted once for a run, and cut out for a host.

Imported only where a site has any: what Ansible compiles for nothing, each worker pays for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions import site, site_files
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.entries import SECTIONS, Context
from ansible_collections.hipaa.cis.plugins.plugin_utils.decisions.scope import Host
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.documents import as_text
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.shared import shared_text
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore

Arguments = Mapping[str, Any]


def of_host(
    arguments: Arguments, known: Catalog, variables: Mapping[str, Any], store: RunStore | None, strict: bool
) -> site.HostSite:
    """Return what of the site's decisions concerns a host. ``store``: where what concerns the run as a whole is noted.

    Raises `HipaaCisError` where a folder or list is none; and, if ``strict``, on every fault that a remediation must not
    misunderstand. Else an entry with a fault counts for nothing and is told.
    """
    context = _context(arguments, known)
    checked = list(_checked(arguments, context))
    if strict:
        site.refuse_faults(one for one, _name, _files in checked)
    interval = options.check_days("audit_interval", arguments["audit_interval"])
    if store is not None:
        for one, name, files in checked:
            if one["source"] == "folder" or any(section == "systems" for section, _place, _item in one["entries"]):
                store.note_site(name, shared_text(f"site-{name}", partial(_fleet, one, files, variables, interval)))
    groups = frozenset(str(name) for name in variables.get("group_names", ()))
    host = Host(str(variables["inventory_hostname"]), groups)
    found = site.of_host([one for one, _name, _files in checked], host, context)
    return replace(found, system=_with_interval(found.system, interval)) if found.system else found


def _with_interval(system: Mapping[str, Any], interval: float) -> site.Json:
    """Return a system with the days between two audits that hold for all, where it says nothing of its own and can be audited."""
    return dict(system) if "cannot_be_audited" in system else {"audit_interval": interval, **system}


def of_hosts(
    arguments: Arguments, known: Catalog, variables: Mapping[str, Any], names: Iterable[str]
) -> tuple[dict[str, site.HostSite], list[str]]:
    """Return what concerns each of several hosts, by name, and the faults of entries that count for nothing.

    ``variables``: those of the task, with the groups of the inventory. Raises `HipaaCisError` where a folder or list is none.
    """
    context = _context(arguments, known)
    checked = [one for one, _name, _files in _checked(arguments, context)]
    groups = _groups(variables)
    faults = [text for one in checked for _section, text in one["faults"]]
    return {name: site.of_host(checked, Host(name, frozenset(groups.get(name, ()))), context) for name in names}, faults


def _context(arguments: Arguments, known: Catalog) -> Context:
    folder = None if arguments["site_dir"] is None else site_files.folder(arguments["site_dir"])
    return Context(known, datetime.now(timezone.utc), folder, bool(arguments["second_person"]))


def _checked(arguments: Arguments, context: Context) -> Iterator[tuple[site.Json, str, dict[str, str]]]:
    """Yield (what was read and checked, a name for it, SHA-256 of its files) of the folder and of the lists."""
    folder = context.folder
    asked = [str(folder), context.known.digest, context.second_person]
    if folder is not None:
        files = site_files.fingerprint(folder)
        yield _once(["folder", files, *asked], partial(site.read_folder, folder, context), files)
    lists = {section: arguments[section] for section in SECTIONS if arguments[section]}
    if lists:
        yield _once(["lists", lists, *asked], partial(site.read_lists, lists, context), {})


def _once(key: Any, make: Callable[[], site.Json], files: dict[str, str]) -> tuple[site.Json, str, dict[str, str]]:
    """Return what ``make`` gives, made by the first process of this command that asks for it."""
    name = hashlib.sha256(json.dumps(key, sort_keys=True, default=str).encode()).hexdigest()[:24]
    text = shared_text(f"decisions-{name}", lambda: json.dumps(make(), default=str))
    return json.loads(text), name, files


def _groups(variables: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return host -> its groups, of all of the inventory."""
    groups: dict[str, set[str]] = {}
    for group, names in variables.get("groups", {}).items():
        for name in names:
            groups.setdefault(str(name), set()).add(str(group))
    return groups


def _fleet(checked: site.Json, files: dict[str, str], variables: Mapping[str, Any], interval: float) -> str:
    hosts = [Host(name, frozenset(of)) for name, of in sorted(_groups(variables).items())]
    found = site.fleet(checked, hosts, files)
    return as_text({**found, "systems": [_with_interval(one, interval) for one in found["systems"]]})
