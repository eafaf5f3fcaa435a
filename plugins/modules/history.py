#!/usr/bin/python
# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: history
short_description: Ask the ledger how findings went over time
version_added: 0.1.0
description:
  - Brings the ledger up to date and prints what it knows of all hosts and rules, or of those that are asked about. What changed (drift), whether failures
    become less (trend), what comes back after it was fixed (flapping), how long failures last and which are overdue, and of each safeguard the record of
    the last twelve months with its interruptions.
  - Writes C(_history.json) and C(_overdue.csv) into O(run_dir), with all of what is printed in part.
  - What the words mean is told in C(docs/history.md).
author:
  - The hipaa.cis authors (@hipaa-cis)
extends_documentation_fragment:
  - hipaa.cis.run.ledger
  - hipaa.cis.run.attributes
options:
  run_dir:
    description:
      - The folder on the controller that holds the runs.
      - Where not given, the variable C(hipaa_cis_run_dir).
    type: str
    default: hipaa-cis-runs
  catalog_paths:
    description: Folders of a site's own catalog, as for M(hipaa.cis.audit).
    type: list
    elements: str
    default: []
  host:
    description: Only these hosts. Where not given, the variable C(hipaa_cis_host); so with all options here.
    type: list
    elements: str
    default: []
  rule:
    description: Only these rules.
    type: list
    elements: str
    default: []
  safeguard:
    description: Only rules that bear on these safeguards, such as V(164.312(b\)).
    type: list
    elements: str
    default: []
  since:
    description: The day (V(2026-03-01), in UTC) since whose begin drift is told. By default since the last run.
    type: str
  trend_days:
    description: How many days the trend looks back.
    type: float
    default: 90.0
  deadlines:
    description:
      - "How many days a failure of each severity may last, such as C({critical: 7, high: 30}), or the list of the site, as in C(deadlines.yml)."
      - Where the list says anything of a host, that counts for it. Nothing is overdue of a severity without a deadline.
    type: raw
    default: []
  audit_interval:
    description:
      - How many days may lie between two audits of a host before the record of its safeguards is interrupted.
      - What its system says (C(audit_interval) in C(systems.yml)) counts before.
    type: float
    default: 31.0
  site_dir:
    description:
      - The folder with the site's decisions, as for M(hipaa.cis.audit). Its systems, deadlines and exceptions say owner, intervals, due dates and tickets.
      - Which hosts they mean is known of hosts of the inventory that is given.
    type: str
  systems:
    description: The site's systems, as in C(systems.yml).
    type: raw
    default: []
  exceptions:
    description: The site's exceptions, as in C(exceptions.yml), of which the tickets are told.
    type: raw
    default: []
seealso:
  - module: hipaa.cis.report
  - module: hipaa.cis.verify_runs
"""

EXAMPLES = r"""
- name: What changed since March, and what is overdue
  hipaa.cis.history:
    since: "2026-03-01"
    deadlines: {critical: 7, high: 30, medium: 90}
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
history:
  description: The path of all answers, C(_history.json).
  returned: success
  type: str
overdue_list:
  description: The path of the list of what is overdue, C(_overdue.csv).
  returned: success
  type: str
drift:
  description: How many findings changed in which way.
  returned: success
  type: dict
overdue:
  description: How many failures are overdue.
  returned: success
  type: int
flapping:
  description: How many findings came back after they were fixed.
  returned: success
  type: int
unbroken:
  description: The safeguards whose record of the last twelve months has no interruption.
  returned: success
  type: list
"""
