# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of ``hipaa.cis.rollback``: runs the module, and says in words why it could not be run."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.hipaa.cis.plugins.plugin_utils.module_failure import explain, gave_no_answer

WHAT = "The rollback"


class ActionModule(ActionBase):
    """The module itself does all the work, on the host."""

    _requires_connection = True
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run on one host."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        try:
            answer = self._execute_module(module_name="hipaa.cis.rollback", task_vars=task_vars or {})
        except AnsibleConnectionFailure:
            raise
        except AnsibleError as problem:
            return {**result, "failed": True, "msg": explain({"msg": problem.message}, WHAT)}
        if gave_no_answer(answer):
            return {**result, "failed": True, "msg": explain(answer, WHAT)}
        return {**result, **answer}
