#!/usr/bin/python
# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: linux_observe
short_description: Read security settings of a Linux host
version_added: 0.1.0
description:
  - Reads any number of settings in one call and says for each what its value is and where it was seen,
    that it is absent, or why it could not be read.
  - In a chroot or a container without an init it goes by files alone; what only a running host shows has the state C(unseen), with the reason.
  - It writes nothing on the host, judges nothing and returns no secrets.
  - M(hipaa.cis.audit) uses it for a whole benchmark at once.
author:
  - The hipaa.cis authors (@hipaa-cis)
options:
  settings:
    description:
      - The settings to read. Each has a C(kind), such as V(sysctl), and the address keys of that kind, such as C(name).
      - The kinds and what they return are described in C(docs/kinds.md) of the collection.
    type: list
    elements: dict
  request:
    description:
      - A request as M(hipaa.cis.audit) makes it, with the settings of several benchmarks.
    type: json
attributes:
  check_mode:
    description: Can run in C(check_mode) and does the same, for it changes nothing.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
notes:
  - What only root can read becomes an error with that reason when the module is not run with C(become).
"""

EXAMPLES = r"""
- name: See how the host forwards packets and what the SSH server does
  hipaa.cis.linux_observe:
    settings:
      - kind: sysctl
        name: net.ipv4.ip_forward
      - kind: sshd_option
        name: PermitRootLogin
  become: true
  register: seen
"""

RETURN = r"""
observations:
  description:
    - One observation per setting, in the order of O(settings); with O(request) a mapping instead.
  returned: success
  type: raw
  sample: [{state: value, value: {running: "0", configured: null}, source: /proc/sys/net/ipv4/ip_forward}]
facts:
  description: What names the host, such as C(os_release) and whether the module was C(privileged).
  returned: success
  type: dict
benchmarks:
  description: The benchmarks of O(request) that the host's facts match, or that were asked for by name.
  returned: when O(request) is given
  type: list
stats:
  description: Seconds, CPU seconds and peak memory of the call.
  returned: success
  type: dict
"""

from ansible_collections.hipaa.cis.plugins.module_utils.linux.in_time import observe_in_time
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import request_for
from ansible_collections.hipaa.cis.plugins.module_utils.linux.request import RequestError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.target_module import TargetModule


def main() -> None:
    module = TargetModule(
        argument_spec={
            "settings": {"type": "list", "elements": "dict"},
            "request": {"type": "json"},
        },
        mutually_exclusive=[["settings", "request"]],
        required_one_of=[["settings", "request"]],
        supports_check_mode=True,
    )
    settings = module.params["settings"]
    try:
        answer = observe_in_time(module.params["request"] if settings is None else request_for(settings))
    except RequestError as problem:
        module.fail_json(msg=str(problem))
    if settings is not None:
        answer["observations"] = [answer["observations"][str(number)] for number in range(len(settings))]
        del answer["benchmarks"]
    module.exit_json(changed=False, **answer)


if __name__ == "__main__":
    main()
