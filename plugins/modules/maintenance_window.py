#!/usr/bin/python
# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: maintenance_window
short_description: Stop a play outside of the site's maintenance windows
version_added: 0.1.0
description:
  - Fails unless a window is open, and says when the next one opens. It works on the controller and touches no host.
  - In a play with C(serial) it is run anew for every batch, so that none is started after the window has closed.
  - A variable C(hipaa_cis_...) that nothing reads is an error.
author:
  - The hipaa.cis authors (@hipaa-cis)
options:
  windows:
    description:
      - The windows, each with C(from) and C(to) (as C('22:00'), with quotes), C(timezone) (IANA name) and the C(days) on which it
        begins (V(mon) to V(sun); all by default). A window may cross midnight.
      - Where a change of the clock makes a time ambiguous, the shorter window is meant.
      - Without any window it is always open.
    type: list
    elements: dict
    default: []
  minutes:
    description: How many minutes have to be left until the window closes.
    type: int
    default: 0
  at:
    description: Another moment than now, as ISO 8601, for example to see whether a planned job lies in a window.
    type: str
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
"""

EXAMPLES = r"""
- name: Only at night on weekends
  hipaa.cis.maintenance_window:
    windows:
      - days: [sat, sun]
        from: '22:00'
        to: '04:00'
        timezone: Europe/Berlin
    minutes: 15
  run_once: true
"""

RETURN = r"""
open:
  description: Whether a window is open for long enough.
  returned: always
  type: bool
closes:
  description: When the open window closes, UTC.
  returned: always
  type: str
opens:
  description: When the next window opens, UTC; empty while one is open.
  returned: always
  type: str
"""
