# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of ``hipaa.cis.verify_runs``: the chain of a run base -> the first link that does not hold."""

from __future__ import annotations

from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options
from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.action import OnceAction
from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger.links import against_ledger
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import run_base
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.verify import verify
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

MAX_LINES = 20


class ActionModule(OnceAction):
    """Reads all runs and fails where they are not what they were. Works on the controller only."""

    SPEC = options.LEDGER_SPEC
    CANNOT = "THE RUNS COULD NOT BE VERIFIED"

    def _done(self, arguments: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        base = run_base(arguments["run_dir"])
        found = verify(base)
        problems = [*found.problems, *against_ledger(base, arguments["ledger"], found.digests)]
        result = {"links": found.links, "runs": found.runs, "problems": problems, "notes": list(found.notes)}
        for note in found.notes:
            self._display.display(spelled_out(f"Note: {note}."), stderr=True)
        if not problems:
            return {
                **result,
                "msg": f"All {found.links} links of the chain hold: {found.runs} runs are what they were when they ended.",
            }
        for problem in problems[:MAX_LINES]:
            self._display.display(spelled_out(f"  - {problem}"), stderr=True)
        more = f" {len(problems)} in all; the first ones are named above." if len(problems) > 1 else ""
        return {
            **result,
            "failed": True,
            "msg": f"THE RUNS ARE NOT WHAT THEY WERE: the first that does not hold is {problems[0]}.{more}",
        }
