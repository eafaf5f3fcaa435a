#!/usr/bin/python
# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: merge
short_description: Merge the slices of a run, write its reports, and gate
version_added: 0.1.0
description:
  - Puts the slices of a run together (what audits with C(hipaa_cis_slice) wrote, each a part of one inventory under one run id) as the run
    directory that one process would have written, and does with it all that M(hipaa.cis.report) does. The run is entered into the ledger, once.
  - The hosts of the play are those that the slices have to cover. One that no slice has a record of is named, and not audited; a slice
    that is missing is named.
  - Merging again changes nothing; a slice that came late is added. Of a host that several slices have different records of, the newest counts.
  - Slices of another run, catalog, version or selection, with the same number and different hosts, of inventories that differ, or with hosts that the
    inventory of the merge does not know, are an error.
  - Whole runs are merged by M(hipaa.cis.report) with its option C(run).
author:
  - The hipaa.cis authors (@hipaa-cis)
extends_documentation_fragment:
  - hipaa.cis.run
  - hipaa.cis.run.ledger
  - hipaa.cis.run.attributes
options:
  merge_from:
    description:
      - Folders, or globs of them, at or below which the slices are looked for. By default C(_slices) and below it the run id, in O(run_dir).
      - Or destinations of the types C(path), C(s3) and C(ledger), as O(hipaa.cis.report#module:destinations) has them,
        from which the slices of O(run_id) are fetched.
      - Where not given, the variable C(hipaa_cis_merge_from).
    type: list
    elements: raw
    default: []
  merge_hosts:
    description:
      - A file with the names of the hosts that the slices have to cover, one a line, in the place of the hosts of the play.
      - Where not given, the variable C(hipaa_cis_merge_hosts).
    type: str
  fail_on:
    description: What fails the task, as O(hipaa.cis.report#module:fail_on).
    type: list
    elements: str
    default: []
  compare_with:
    description: A run before, as O(hipaa.cis.report#module:compare_with).
    type: str
  allow:
    description: What is let pass all the same, as O(hipaa.cis.report#module:allow).
    type: list
    elements: str
    default: []
seealso:
  - module: hipaa.cis.audit
  - module: hipaa.cis.report
"""

EXAMPLES = r"""
- name: Merge the slices of a pipeline, and fail on hosts without an audit
  hipaa.cis.merge:
    run_id: pipeline-1234
    merge_from: [slices/*]
    fail_on: [unreachable, error]

- name: Merge slices that were sent to the ledger, and enter the run there
  hipaa.cis.merge:
    run_id: night-1
    ledger: "postgresql://cis:{{ vault_password }}@db.example.org/ledger"
    merge_from:
      - type: ledger
        url: "postgresql://cis:{{ vault_password }}@db.example.org/ledger"
"""

RETURN = r"""
slices:
  description: The names of the slices that were merged.
  returned: success
  type: list
  sample: [1/3, 2/3]
missing_slices:
  description: The names of those that are missing, where their number is known.
  returned: success
  type: list
  sample: [3/3]
report:
  description: The path of the HTML report.
  returned: success
  type: str
run_directory:
  description: The folder of the merged run.
  returned: success
  type: str
safeguards:
  description: The state of each safeguard over all hosts.
  returned: success
  type: dict
totals:
  description: Hosts and findings, counted.
  returned: success
  type: dict
"""
