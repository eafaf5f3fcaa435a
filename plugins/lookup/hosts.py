# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of a play, as a pattern that has to match some of them. Thin: the work is in plugin_utils."""

from __future__ import annotations

DOCUMENTATION = r"""
name: hosts
author:
  - The hipaa.cis authors (@hipaa-cis)
version_added: 0.1.0
short_description: A pattern of hosts that has to match at least one
description:
  - For the keyword C(hosts) of a play. Returns the pattern as it is, and fails where it matches no host of the inventory, with C(--limit)
    taken into account, or where C(--skip-tags) leaves nothing of the play over. Ansible itself would skip the play and call that a success.
options:
  _terms:
    description: The pattern, or a list of patterns.
    required: true
"""

EXAMPLES = r"""
- name: Audit the wards
  hosts: "{{ lookup('hipaa.cis.hosts', 'wards') }}"
  roles:
    - role: hipaa.cis.audit
"""

RETURN = r"""
_raw:
  description: The pattern.
  type: list
  elements: str
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import play_hosts
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError


class LookupModule(LookupBase):
    """Returns a pattern that matches hosts."""

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **_options: Any) -> list[str]:
        """Return the pattern. Raises `AnsibleLookupError` where it matches nothing."""
        try:
            return [play_hosts.checked(terms, variables or {}, self._loader)]
        except HipaaCisError as problem:
            raise AnsibleLookupError(str(problem)) from None
