#!/usr/bin/python
# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: health_check
short_description: See whether a host and what runs on it are well
version_added: 0.1.0
description:
  - Makes the checks that a site gives, such as whether its portal answers, and says what is not well. Used between the batches of
    the playbook C(hipaa.cis.remediate), where a failed check takes the batch back.
  - A variable C(hipaa_cis_...) that nothing reads is an error.
author:
  - The hipaa.cis authors (@hipaa-cis)
options:
  checks:
    description:
      - The checks. Each has exactly one of C(command) (a command line on the host that has to end with 0), C(unit) (a systemd unit of
        the host that has to be active), C(port) (a TCP port that has to be reached from the controller, of the host or of C(host)) and
        C(url) (an address that has to answer the controller with C(status_code), 200 by default).
      - C(name) is shown; C(retries) (3), C(delay) (2 seconds) and C(timeout) (10 seconds) say how patient it is.
    type: list
    elements: dict
    default: []
  fail:
    description: Whether the task fails when something is not well.
    type: bool
    default: true
  before:
    description:
      - Whether it is asked before anything is changed. A host that cannot be reached at all is then unreachable, and not unwell.
    type: bool
    default: false
  windows:
    description:
      - With O(before), the maintenance windows, as O(hipaa.cis.maintenance_window#module:windows). Outside of them nothing is begun on the host, so
        nothing is asked.
    type: list
    elements: dict
    default: []
  window_minutes:
    description: How many minutes of the window have to be left.
    type: int
    default: 10
attributes:
  check_mode:
    description: Can run in C(check_mode); commands on the host are then not run.
    support: partial
  diff_mode:
    description: Has no difference to show.
    support: none
  action:
    description: Has an action of its own on the controller.
    support: full
"""

EXAMPLES = r"""
- name: The portal and its database work
  hipaa.cis.health_check:
    checks:
      - {name: portal, url: "https://portal.example.org/health"}
      - {unit: postgresql.service}
      - {port: 22}
      - {command: /usr/local/bin/check-interfaces --quick}
"""

RETURN = r"""
well:
  description: Whether all checks passed.
  returned: success
  type: bool
problems:
  description: What is not well.
  returned: success
  type: list
"""
