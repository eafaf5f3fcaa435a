#!/usr/bin/python
# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: prune
short_description: Take away runs that need not be kept any more
version_added: 0.1.0
description:
  - Takes away runs whose records are older than six years, and were last in effect longer ago than that, with all they hold; and of younger runs the
    answers of hosts that are older than O(keep_raw).
  - A run is in effect while it is the newest of a host, and for a decision or a merge that names it. C(docs/retention.md) has the rule.
  - What goes is noted in the chain of runs with its digests (M(hipaa.cis.verify_runs)) before it goes, and the ledger keeps what it knows of it.
  - A slice that waits in the ledger goes after as many days as answers, where it was merged into a run that is there.
  - Nothing goes where the chain does not hold. A prune that was broken off is gone on with by the next one.
author:
  - The hipaa.cis authors (@hipaa-cis)
extends_documentation_fragment:
  - hipaa.cis.run.ledger
options:
  run_dir:
    description:
      - The folder on the controller that holds the runs.
      - Where not given, the variable C(hipaa_cis_run_dir).
    type: str
    default: hipaa-cis-runs
  keep_raw:
    description: Days for which the answers of hosts are kept, and slices in the ledger that were merged; with V(0) all of them go.
    type: float
    default: 400.0
  keep_years:
    description: Years for which records are kept, 6 at least.
    type: int
    default: 6
  site_dir:
    description: The folder with the site's decisions. A run that one of them names is in effect.
    type: str
  exceptions:
    description: The site's exceptions, as in C(exceptions.yml). A run that one of them names is in effect.
    type: list
    elements: dict
    default: []
  attestations:
    description: The site's attestations, as in C(attestations.yml). A run that one of them names is in effect.
    type: list
    elements: dict
    default: []
attributes:
  check_mode:
    description: Says what would be taken away, and takes nothing.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
  action:
    description: Has an action of its own on the controller.
    support: full
seealso:
  - module: hipaa.cis.verify_runs
"""

EXAMPLES = r"""
- name: Take away what need not be kept any more
  hipaa.cis.prune:
    run_dir: /srv/hipaa-cis
    site_dir: site
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
runs:
  description: The runs that were taken away, or would be.
  returned: success
  type: list
answers:
  description: The other runs whose answers of hosts were taken away, or would be.
  returned: success
  type: list
slices:
  description: The slices that were taken away from the ledger, or would be, as C(<run id>@<slice>).
  returned: success
  type: list
  sample: [night-1@1-of-2]
gone_on_with:
  description: Runs of which an earlier prune, that was broken off, had left something.
  returned: success
  type: list
kept:
  description: Runs that are old enough and are kept, each with the reason.
  returned: success
  type: list
"""
