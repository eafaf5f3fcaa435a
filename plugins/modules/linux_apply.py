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
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, RequestError, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError


def main() -> None:
    module = AnsibleModule(
        argument_spec={"request": {"type": "json", "required": True}},
        supports_check_mode=True,
        # The request is long and of no use in the log of the host.
        no_log=True,
    )
    try:
        request = parse(module.params["request"])
        if module.check_mode and request["mode"] != "plan":
            request["mode"] = "plan"
        answer = Apply(request).answer()
    except (RequestError, ChangeError, ReadError) as problem:
        module.fail_json(msg=str(problem))
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
