# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all actions share: options that are taken from variables. And those that run once, on the controller alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase

from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError


class Action(ActionBase):  # type: ignore[misc]
    """Base of the actions."""

    def _arguments(self, spec: Mapping[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Return the task's options, those not given taken from variables. Raises `HipaaCisError`."""
        options.check_variables(variables, options.KNOWN_VARIABLES)
        given = self._task.args
        self._task.args = options.with_variables(spec, given, variables, self._templar.template)
        try:
            _checked, arguments = self.validate_argument_spec(spec)
        finally:
            # A task's arguments go back to the main process, where callbacks log them: no secret of a variable is among them.
            self._task.args = given
        return dict(arguments)


class OnceAction(Action):
    """Base of the actions that run once for all hosts of a play. ``SPEC``: their options; ``CANNOT``: what a failure begins with."""

    SPEC: ClassVar[Mapping[str, Any]]
    CANNOT: ClassVar[str]
    _requires_connection = False
    BYPASS_HOST_LOOP = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run once for all hosts."""
        variables = task_vars or {}
        result: dict[str, Any] = super().run(tmp, variables)
        result["changed"] = False
        try:
            result.update(self._done(self._arguments(self.SPEC, variables), variables))
        except HipaaCisError as problem:
            result.update(failed=True, msg=f"{self.CANNOT}: {problem}")
        return result

    def _done(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Return the task's result. Raises `HipaaCisError`."""
        raise NotImplementedError
