#!/usr/bin/python
# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Find what a site has mistyped before a remediation begins
version_added: 0.1.0
description:
  - Reads the health checks and the maintenance windows of the host as M(hipaa.cis.health_check) and M(hipaa.cis.maintenance_window)
    will, and the commands around a restart as the role will, and fails where they could not. It works on the controller and
    touches no host.
  - Where there is an approved plan, it has to be one for this host and for what the variables ask for.
  - A variable C(hipaa_cis_...) that nothing reads is an error too.
  - The playbook C(hipaa.cis.remediate) does this for all hosts before the first batch is begun.
  - With C(run_once) it does so for all hosts of the batch in one task, which names those with a fault; by the strategies C(free) and
    C(host_pinned) Ansible gives it to each host nevertheless, and there each looks at its own.
  - Every option can also be given as a variable with the prefix C(hipaa_cis_), as with M(hipaa.cis.audit).
author:
  - The hipaa.cis authors (@hipaa-cis)
options:
  health_checks:
    description: The checks, as O(hipaa.cis.health_check#module:checks).
    type: list
    elements: dict
    default: []
  windows:
    description: The windows, as O(hipaa.cis.maintenance_window#module:windows).
    type: list
    elements: dict
    default: []
  window_minutes:
    description: How many minutes of a window have to be left, as O(hipaa.cis.maintenance_window#module:minutes).
    type: int
    default: 0
  reboot:
    description: Whether the role may restart hosts.
    type: str
    choices: [never, allowed]
    default: never
  before_reboot:
    description:
      - The commands before a host is restarted, each a list of program and arguments, or C(command) with C(delegate_to) (the host to run
        it on) and C(become).
    type: list
    elements: raw
    default: []
  after_reboot:
    description: The commands once it is back, in the same form.
    type: list
    elements: raw
    default: []
  reboot_timeout:
    description: How many seconds a host may take to come back.
    type: int
    default: 600
  plan:
    description: The approved plan, as O(hipaa.cis.remediate#module:plan).
    type: str
  play_variables:
    description:
      - Names of variables that the play's own keywords are made of, such as C(serial). Ansible reads these before it looks at the variables
        of hosts and groups, so one that is set there only would be ignored without a word; here it is an error.
    type: list
    elements: str
    default: []
  read_only:
    description: Whether the play only looks, so that its hosts need not do one task after the other.
    type: bool
    default: false
  whole:
    description: Whether the play can only be done as a whole, so that C(--tags) is an error.
    type: bool
    default: false
attributes:
  check_mode:
    description: Can run in C(check_mode) and does the same.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
  action:
    description: Has an action of its own on the controller.
    support: full
seealso:
  - module: hipaa.cis.health_check
  - module: hipaa.cis.maintenance_window
  - module: hipaa.cis.remediate
"""

EXAMPLES = r"""
- name: See that all can be read before anything is begun
  hipaa.cis.preflight:
    play_variables: [hipaa_cis_batches]
  any_errors_fatal: true
"""

RETURN = r""" # """
