# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that leaves nothing of its request in the host's logs, and lets no secret of the host out."""

from __future__ import annotations

import sys
from typing import Any, Collection

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hipaa.cis.plugins.module_utils.linux.masking import mask_all


class TargetModule(AnsibleModule):
    """An `AnsibleModule` whose answers are masked; ``known``: texts of the request, which are no secrets of the host."""

    known: Collection[str] = ()

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        encoding = sys.getfilesystemencoding()
        if encoding != "utf-8":
            # Configuration is read as UTF-8, and a path of it would lead to another file, or to none.
            self.fail_json(
                "this host's Python names files in %s; give the task the environment {PYTHONUTF8: '1'}, as the actions of hipaa.cis do"
                % encoding
            )

    def _log_invocation(self) -> None:
        """Log nothing: a request is long, and says what is wanted of the host.

        A module's own `no_log` does not keep it out of syslog and the journal, for the task's overrides it.
        """

    def exit_json(self, **answer: Any) -> None:
        """End with an answer, masked, and without the request."""
        super().exit_json(**self._fit(answer))

    def fail_json(self, msg: str, **answer: Any) -> None:
        """End with a failure, masked, and without the request."""
        super().fail_json(**self._fit({"msg": msg, **answer}))

    def _fit(self, answer: Any) -> Any:
        # Without it Ansible would put the request there.
        return {"invocation": {}, **mask_all(answer, self.known)}
