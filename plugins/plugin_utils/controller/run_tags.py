# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``--tags`` and ``--skip-tags`` of a command choose: standards, safeguards, topics and tags of rules, levels."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import LEVEL_TAG
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog, topic_tag
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.role_docs import STANDARDS, cites_of
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown

# Names with a meaning of Ansible's own.
ANSIBLES = frozenset({"all", "always", "never", "tagged", "untagged"})

Chosen = dict[str, frozenset[str]]


def known_tags(catalog: Catalog) -> Chosen:
    """Return each tag that can be given with what rules have of it: a standard stands for its cites."""
    names = {LEVEL_TAG % level for level in (1, 2)} | set(catalog.safeguards)
    for rule in catalog.rules.values():
        names.update(rule.tags, [topic_tag(rule.topic)])
    plain = {name: frozenset({name}) for name in names}
    return {**plain, **{name: frozenset(cites_of(catalog, cite)) for name, cite in STANDARDS.items()}}


def given(variables: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return what the command was given with ``--tags`` and ``--skip-tags``, without Ansible's own names."""
    listed = ((str(name) for name in variables.get(key) or ()) for key in ("ansible_run_tags", "ansible_skip_tags"))
    run, skip = ([name for name in names if name not in ANSIBLES] for names in listed)
    return run, skip


def chosen(catalog: Catalog, variables: Mapping[str, Any], own: Collection[str]) -> tuple[Chosen, Chosen, list[str]]:
    """Return what is chosen, what is skipped, and the names that are of nothing here.

    ``own``: tags that the site has given to the task, its role or its play: by those all of it is meant.
    Raises `HipaaCisError` where tags are given and none of them is of anything here.
    """
    run, skip = given(variables)
    if not run and not skip:
        return {}, {}, []
    known = known_tags(catalog)
    if run and not set(run) & (set(own) | known.keys()):
        raise HipaaCisError(f"--tags selects nothing: {unknown('tag', run[0], known, most=200)}")
    strange = [name for name in (*run, *skip) if name not in known and name not in own]
    by_own = set(run) & set(own)
    return {} if by_own else _of(run, known), _of(skip, known), strange


def _of(names: Iterable[str], known: Chosen) -> Chosen:
    return {name: known[name] for name in names if name in known}
