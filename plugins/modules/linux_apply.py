#!/usr/bin/python
# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: linux_apply
short_description: Change security settings of a Linux host, with a journal
version_added: 0.1.0
description:
  - Plans and makes the changes that M(hipaa.cis.remediate) asks for. What was before each change is first written to a journal
    in C(/var/lib/hipaa-cis) on the host, from which M(hipaa.cis.rollback) takes it back.
  - It is the target half of M(hipaa.cis.remediate), which decides what is to be changed; use that.
author:
  - The hipaa.cis authors (@hipaa-cis)
options:
  request:
    description:
      - A request as M(hipaa.cis.remediate) makes it.
    type: json
    required: true
attributes:
  check_mode:
    description: Can run in C(check_mode) and says what it would change, without any change.
    support: full
  diff_mode:
    description: The answer holds the difference of each step.
    support: full
seealso:
  - module: hipaa.cis.remediate
  - module: hipaa.cis.rollback
"""

EXAMPLES = r"""
- name: Make what remediate has planned
  hipaa.cis.linux_apply:
    request: "{{ request }}"
  become: true
"""

RETURN = r"""
changes:
  description: What became of each change; C(planned), C(done), C(nothing), C(refused) or C(failed), with the reason.
  returned: when changes were asked for
  type: dict
steps:
  description: The steps in their order, with their differences.
  returned: when changes were asked for
  type: list
notes:
  description: What the operator has to know, such as files that another tool manages.
  returned: when changes were asked for
  type: list
pending_reboot:
  description: What takes effect at the next boot.
  returned: when changes were asked for
  type: list
journal:
  description: The folder of the journal on the host.
  returned: when something was changed
  type: str
observed:
  description: What M(hipaa.cis.linux_observe) returns, of the host as it is afterwards.
  returned: when that was asked for, and something was changed or confirmed
  type: dict
"""

import json
from typing import Any, Dict

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import apply_request, decision
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.request import RequestError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.target_module import TargetModule


def main() -> None:
    module = TargetModule(
        argument_spec={"request": {"type": "json", "required": True}},
        supports_check_mode=True,
    )
    try:
        request = apply_request.parse(module.params["request"])
        module.known = frozenset(request.get("changes", ()))
        if module.check_mode and request["mode"] != "plan":
            request["mode"] = "plan"
        answer = decision.answer(request) if request["mode"] in decision.MODES else _made(request)
        if "observe" in request and (answer["changed"] or answer.get("confirmed")):
            answer.update(_observed(request["observe"]))
    except (RequestError, ChangeError, ReadError) as problem:
        module.fail_json(msg=str(problem))
    module.exit_json(**answer)


def _made(request: Dict[str, Any]) -> Dict[str, Any]:
    """Plan or make the changes. What does that is loaded only here: it is half of what a confirmation would take."""
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, checked

    return Apply(checked(request)).answer()


def _observed(request: Dict[str, Any]) -> Dict[str, Any]:
    """Look at the host as it is by now. Where that fails another call says so: what was made counts."""
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.in_time import observe_in_time

    try:
        return {"observed": observe_in_time(json.dumps(request))}
    except (RequestError, OSError):  # not understood, or no process or memory to be had
        return {}


if __name__ == "__main__":
    main()
