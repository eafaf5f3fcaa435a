# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of a play's batch, for a task that looks at all of them at once: a task a host costs a process and a tenth of an audit each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible.playbook.task import Task

from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.options import PREFIX

# Strategies by which a task is given to each host also where it says `run_once`.
EACH_FOR_ITSELF = ("free", "host_pinned")
# Hosts and messages that are named; there are more where a fleet shares a mistake.
MOST_HOSTS, MOST_TOLD = 5, 5


def each(task: Task, own: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the hosts that a task speaks for, each with its variables as Ansible would give them to it.

    :param task: where it does not say ``run_once``, it speaks for its own host alone.
    :param own: the variables of the host that the task is given to.
    """
    yield str(own["inventory_hostname"]), own
    play = task.get_play()
    if not task.run_once or str(play.strategy).rsplit(".", 1)[-1].endswith(EACH_FOR_ITSELF):
        return
    # Ansible has no other way: what `hostvars` itself gives is without the variables of play and role.
    known = own["hostvars"]._variable_manager  # noqa: SLF001
    batch, every = own["ansible_play_batch"], own["ansible_play_hosts_all"]
    for name in batch:
        if name != own["inventory_hostname"]:
            host = known._inventory.get_host(name)  # noqa: SLF001
            yield name, known.get_vars(play=play, host=host, task=task, _hosts=batch, _hosts_all=every)


def given(variables: Mapping[str, Any]) -> str | None:
    """Return what a host's variables ``hipaa_cis_...`` are known by; None where they have to be worked out first.

    What a template or a lookup gives may hang on anything.
    """
    own = {name: value for name, value in variables.items() if name.startswith(PREFIX)}
    try:
        text = json.dumps(own, sort_keys=True, default=str)
    except (TypeError, ValueError):
        return None
    return None if any(mark in text for mark in ("{{", "{%", "{#")) else text


def told(problems: Mapping[str, Sequence[str]], hosts: int) -> str:
    """Return what is wrong in words: each message with the hosts that it is about, where it is not about all.

    :param problems: message -> hosts.
    :param hosts: how many were looked at.
    """
    shown = [_of(names, hosts) + message for message, names in problems.items()][:MOST_TOLD]
    more = len(problems) - len(shown)
    return " Also: ".join(shown) + (f" And {more} more such messages." if more else "")


def _of(names: Sequence[str], hosts: int) -> str:
    if len(names) == hosts:
        return ""
    more = len(names) - MOST_HOSTS
    return ", ".join(names[:MOST_HOSTS]) + (f" and {more} more" if more > 0 else "") + ": "
