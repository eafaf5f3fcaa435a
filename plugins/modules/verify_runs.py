#!/usr/bin/python
# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_runs
short_description: Verify that runs are what they were when they ended
version_added: 0.1.0
description:
  - When a run ends, a link is added to the chain of the run base (C(_chain)); it lists the files of the run with their SHA-256, and carries that of
    the link before. This reads them all again, and fails where a link does not hold. The message names the first one.
  - Where a ledger is given, the links are held against what it noted of them as well, so that a chain that was written anew as a whole shows.
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
seealso:
  - module: hipaa.cis.history
"""

EXAMPLES = r"""
- name: Verify all runs before they are used as evidence
  hipaa.cis.verify_runs:
    run_dir: /srv/hipaa-cis
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
links:
  description: How many links the chain has.
  returned: always
  type: int
runs:
  description: How many runs they are of.
  returned: always
  type: int
problems:
  description: What does not hold, the first link first.
  returned: always
  type: list
notes:
  description: What an auditor may ask about, though the chain holds, such as runs without a link.
  returned: always
  type: list
"""
