#!/usr/bin/python
# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Summarise runs by HIPAA safeguard, write the reports, and gate
version_added: 0.1.0
description:
  - Reads the host records of a run directory (or of several, which it merges), writes C(summary.json), C(report.html),
    C(findings.csv), C(overdue.csv) and the risk register (C(risk_register.csv), C(risk_register.json)).
    It fails when something in O(fail_on) is found. Use it as the last task of a playbook, on the controller.
  - Adds the run to the chain of runs (M(hipaa.cis.verify_runs)), and enters it into the ledger (M(hipaa.cis.history)).
  - The message of a failure tells that the hosts do not comply from that the audit could not be done.
author:
  - The hipaa.cis authors (@hipaa-cis)
extends_documentation_fragment:
  - hipaa.cis.run
  - hipaa.cis.run.ledger
  - hipaa.cis.run.attributes
options:
  run:
    description:
      - The runs to report on, by id below O(run_dir) or by path. By default the run of this command.
      - Several runs are merged, rule by rule. Of each host the newest record that has a rule counts for it, and the summary names each record that
        rules were taken from. A host that its newest record could not audit is not audited. The reports go into a run directory of their own.
    type: list
    elements: str
    default: []
  fail_on:
    description:
      - What fails the task. V(gap_required) and V(gap_addressable) are safeguards with a failing rule (a standard counts as
        required); V(severity>=low), V(severity>=medium), V(severity>=high) and V(severity>=critical) are failing rules;
        V(error) are rules that could not be judged and hosts whose audit failed; V(unreachable) are hosts without a
        connection or a record; V(not_assessed) are safeguards that could not be assessed in full.
      - Of C(gap_...) and C(severity>=...) what an exception in force covers counts for nothing; with C(:all) behind the name everything counts.
      - V(decision_expired) are decisions of the site that have expired; V(decision_invalid) are those with a mistake, which count for nothing;
        V(stale>31) are hosts whose last audit, in what is reported on, was longer ago than so many days, or that have none.
      - V(regressed) is what fails on a host with no exception in force, and did not in the run of O(compare_with); without one, in the
        last run before it that the ledger has.
      - V(overdue) is what fails on a host with no exception in force for longer than its deadline there. The ledger says since when.
      - V(not_delivered) are places of O(destinations) that could not have the run, as an audit that could not be done in full.
      - Where the ledger cannot say, V(overdue) and V(regressed) trip as an audit that could not be done in full.
    type: list
    elements: str
    default: []
  reports:
    description:
      - Formats that pipelines read, written into the run directory beside those of always.
      - V(junit) is C(junit.xml), a suite for each host and a case for each rule; V(sarif) is C(findings.sarif) in SARIF 2.1.0, a result for
        each rule that does not hold; V(markdown) is C(summary.md), the summary of a page, with what the gate says.
      - A run keeps each format that it was once asked for.
    type: list
    elements: str
    default: []
  compare_with:
    description:
      - A run before, by id below O(run_dir) or by path, with which V(regressed) of O(fail_on) compares. What it did not have, a host or a rule,
        is no regression.
    type: str
  allow:
    description:
      - What is let pass all the same. V(accepted_required) are gaps in what is required that exceptions in force cover in full; without it
        they trip V(gap_required).
    type: list
    elements: str
    default: []
  merge_max_age:
    description: How many days before the merge a rule may have been looked at. What is older is not assessed.
    type: float
    default: 7.0
  destinations:
    description:
      - Where the finished run is sent, before the gate is held; each a dictionary with a C(type), V(path), V(s3), V(https), V(syslog) or V(ledger).
        C(docs/destinations.md) has the keys of each. A V(ledger) keeps a slice for its merge.
      - One that fails keeps no other from having the run, and is warned of; V(not_delivered) of O(fail_on) makes it a failure.
      - Where not given, the variable C(hipaa_cis_destinations). Put tokens and keys into a vault.
    type: list
    elements: dict
    default: []
  artifacts:
    description:
      - Whether the result has C(artifacts), for C(ansible.builtin.set_stats).
      - Where not given, the variable C(hipaa_cis_artifacts).
    type: bool
    default: true
seealso:
  - module: hipaa.cis.audit
"""

EXAMPLES = r"""
- name: Write the reports and fail on gaps in required safeguards
  hipaa.cis.report:
    fail_on: [gap_required, "severity>=critical", unreachable]
  delegate_to: localhost
  run_once: true

- name: Send the run to a share that outlives the job, and fail where that cannot be done
  hipaa.cis.report:
    fail_on: [not_delivered]
    destinations:
      - type: path
        path: /mnt/hipaa-cis
  delegate_to: localhost
  run_once: true

- name: Merge the slices of a sliced job
  hipaa.cis.report:
    run: [/runs/slice-1, /runs/slice-2]
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
report:
  description: The path of the HTML report.
  returned: success
  type: str
run_directory:
  description: The folder that holds the reports.
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
delivered:
  description: Where the run is now, beside its folder.
  returned: when the gate did not trip
  type: list
not_delivered:
  description: Why places of O(destinations) do not have the run.
  returned: when the gate did not trip
  type: list
artifacts:
  description:
    - For C(ansible.builtin.set_stats), one name, C(hipaa_cis_job_) with the C(JOB_ID) of the environment or the run's id behind.
    - It has C(run_id), the C(digest) of C(summary.json), C(totals), C(safeguards), C(delivered) and C(not_delivered); at most 4 KB.
  returned: unless O(artifacts) is V(false)
  type: dict
drift:
  description: What changed since the run before, counted by kind as in C(history.json).
  returned: where something is known of a run before
  type: dict
table:
  description: The summary table, line by line; of a long one the first 4,000 characters.
  returned: when the gate did not trip
  type: list
plan:
  description: The path of the plan of all hosts, C(plan.json).
  returned: when the run was in check mode and has one
  type: str
plan_digest:
  description: The digest of this plan, by which an approval can name it.
  returned: when the run was in check mode and has one
  type: str
not_compliant:
  description: What of O(fail_on) says that the hosts do not comply; nothing, for the reasons of a gate that trips are printed.
  returned: when the gate did not trip
  type: list
not_done:
  description: What of O(fail_on) says that the audit could not be done in full; nothing, likewise.
  returned: when the gate did not trip
  type: list
"""
