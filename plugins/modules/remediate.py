#!/usr/bin/python
# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: remediate
short_description: Fix what an audit finds wrong, with a plan, a journal and a way back
version_added: 0.1.0
description:
  - Audits the host, changes the settings of the rules that fail and can be fixed automatically, and audits it again. A rule counts
    as fixed only when the second look says so.
  - In check mode nothing at all is changed; the result and C(--diff) show the exact plan, and C(plan.json) in the run directory holds it
    for all hosts, to be approved and given to O(plan).
  - Before each change the state before it is written to a journal on the host, from which M(hipaa.cis.rollback) takes the run back.
  - Changes that may cut the controller off (SSH, sudo, PAM, accounts, network) are made last. The host undoes them by itself after
    O(confirm_timeout) seconds unless the controller comes back over a new connection, as root, and confirms them.
  - Rules that a site has documented an exception for (O(exceptions)) are left as they are. An exception never changes what an audit says;
    such a rule still fails, in the record and at the gate.
  - Every option can also be given as a variable with the prefix C(hipaa_cis_), as with M(hipaa.cis.audit).
author:
  - The hipaa.cis authors (@hipaa-cis)
extends_documentation_fragment:
  - hipaa.cis.run
  - hipaa.cis.run.slice
  - hipaa.cis.run.selection
  - hipaa.cis.run.site
options:
  allow_disruption:
    description:
      - What fixing may disrupt. Each rule says what applying it disrupts; rules of other classes are skipped and named.
      - V(all) stands for all classes. This action restarts no host; V(reboot) allows changes that take effect at the next boot.
    type: list
    elements: str
    choices: [none, service_reload, service_restart, sessions, login, network, reboot, all]
    default: [service_reload]
  confirm_timeout:
    description:
      - Seconds after which the host undoes changes that may have cut the controller off, when nobody confirms them; from 15 to 3600.
    type: float
    default: 120.0
  write_out:
    description:
      - Whether a value that is right only because it is the program's default is written into its configuration, and a value that is
        right in a drop-in is repeated in the program's main file where that is read too (C(/etc/ssh/sshd_config), C(journald.conf)).
      - Nothing that is in force changes by it. It keeps an upgrade from changing a default unnoticed, and people and scanners that read
        the main file only see what holds. Turn it off where another tool owns the main files.
    type: bool
    default: true
  owned_files:
    description:
      - What is done where another tool owns a file, a service or a package that would be changed (Puppet, Chef, Salt, another play of Ansible,
        CFEngine, Landscape), by the head of the file or by the tool's own notes on the host.
      - With V(refuse) the change is refused, for the tool would undo it; make it there. With V(tell) it is made, and the tool is named in the
        plan, in the record and on the console. What cloud-init wrote when the host was made is changed and told either way; what belongs to
        a directory's own tools is never changed.
    type: str
    choices: [refuse, tell]
    default: refuse
  close_accounts:
    description:
      - Names of local accounts that may be shut out. A change that would close the way by which anybody gets in today (a key, a password,
        SFTP, C(su), C(sudo), what cron and systemd run as the account) is refused otherwise, unless the rule says that it means to close
        it and the account keeps another way to the same rights.
    type: list
    elements: str
    default: []
  plan:
    description:
      - The C(plan.json) of a run in check mode. Exactly what stands in it is made. A change that does not is refused (C(not in the approved
        plan)); one that would change something that looks otherwise now is refused and named (C(changed since the plan)).
      - A plan for other hosts, another selection, other parameters, another catalog or version, and one that was changed are errors before the
        host is touched. O(allow_disruption) and O(exceptions) hold beside it.
      - What a package brings only after its installation is in no plan; a second plan has it.
    type: str
  plan_digest:
    description: The digest that the approval of O(plan) names. A plan with another one is an error before the host is touched.
    type: str
  windows:
    description:
      - The maintenance windows, as O(hipaa.cis.maintenance_window#module:windows). They are looked at before the host is, and again before
        its first change. Outside of them nothing is begun on it, which is no failure, and the run's records say so (C(not_begun)); what has
        begun goes on to its end. Check mode has no window.
    type: list
    elements: dict
    default: []
  window_minutes:
    description: How many minutes of the window have to be left.
    type: int
    default: 10
  force_benchmark:
    description:
      - Whether a host is also changed by a benchmark that O(benchmark) names and that is made for another system. Without, it is an error before
        anything is begun; with it, a warning.
    type: bool
    default: false
  not_begun:
    description:
      - Why nothing is to be begun on the host, such as that it is not well already. Its records then say so. Check mode does not look at it.
    type: str
    default: ""
  exceptions:
    description:
      - The site's documented exceptions. A failing rule that is excepted is skipped, with who approved that until when and why.
      - A setting that an excepted rule finds wrong is not changed for another rule either; that rule is skipped and names the exception.
      - An exception that has expired keeps its rule as it is too, with a warning, until it is renewed or removed from the list.
      - Where several groups of a host set the variable, Ansible takes one of the lists and does not merge them.
      - Anything unknown, missing or given twice is an error before the host is touched; so it is in O(tailoring) and in these two files of O(site_dir).
      - An exception on a safeguard bears on the state of the safeguard only, and leaves no rule alone.
    type: list
    elements: dict
    default: []
    suboptions:
      rule:
        description: The id of the rule. Without it, one of the following is needed.
        type: str
      rules:
        description: Ids of several rules.
        type: list
        elements: str
      safeguard:
        description: A cite of 45 CFR 164.312.
        type: str
      safeguards:
        description: Several cites.
        type: list
        elements: str
      hosts:
        description: On which hosts it holds, by names of hosts and groups, and patterns as Ansible has them. Where not given, on each that has the list.
        type: list
        elements: str
      id:
        description: What the site calls it.
        type: str
      kind:
        description: What kind of exception it is.
        type: str
        choices: [vendor_conflict, medical_device, clinical_workflow, not_reasonable_and_appropriate, other]
      risk:
        description: The risk that stays, with C(likelihood) and C(impact) (V(low), V(medium) or V(high)) and perhaps a C(note).
        type: dict
      addressable:
        description:
          - The record that 45 CFR 164.306(d)(3) asks for where an addressable specification is not implemented.
          - C(not_reasonable_because) with C(size_and_complexity), C(infrastructure), C(cost) and C(risk); and C(alternative) or C(no_alternative_because).
        type: dict
      proposed_by:
        description: Who asked for it, name and role.
        type: str
      approved_on:
        description: The day of the approval. Before it the exception does not hold, and its rules are left alone all the same.
        type: str
      ticket:
        description: The ticket in which it was decided.
        type: str
      evidence:
        description: A link to what shows it.
        type: str
      benchmark:
        description: The benchmark of the recommendation, such as V(debian_12), or V(debian_12@1.1.0) where versions differ in what the number means.
        type: str
      recommendation:
        description: The number of a recommendation, in quotes. All its rules are excepted, in this benchmark.
        type: str
      reason:
        description: Why the rules stay as they are.
        type: str
        required: true
      approved_by:
        description: Who decided it, name and role.
        type: str
        required: true
      expires:
        description:
          - The last day on which it holds, such as V(2027-03-01). At most 366 days ahead.
          - It ends with that day in O(exceptions[].timezone).
        type: str
        required: true
      timezone:
        description: A time zone by its IANA name, such as V(America/New_York).
        type: str
        default: UTC
      compensating:
        description: What lessens the risk instead.
        type: list
        elements: str
        default: []
attributes:
  check_mode:
    description: Can run in C(check_mode) and shows what it would change, without any change.
    support: full
  diff_mode:
    description:
      - Shows the difference of every file, and the commands.
      - Of files that not everybody on the host may read, it shows the new lines only, and counts those that are taken out,
        made comments or rewritten, so that no secret in them leaves the host.
      - Of a line that is not the collection's own it shows what is known to be harmless, and C((masked)) for the rest.
    support: full
  action:
    description: Has an action of its own on the controller.
    support: full
seealso:
  - module: hipaa.cis.audit
  - module: hipaa.cis.rollback
"""

EXAMPLES = r"""
- name: See what would be fixed at level 1
  hipaa.cis.remediate:
  become: true
  check_mode: true
  diff: true

- name: Fix everything of transmission security that needs no more than a restart of services
  hipaa.cis.remediate:
    include:
      safeguards: ["164.312(e)(1)", "164.312(e)(2)(i)", "164.312(e)(2)(ii)"]
    allow_disruption: [service_reload, service_restart]
  become: true

- name: Fix everything but what the site has excepted
  hipaa.cis.remediate:
    exceptions:
      - rule: ssh_root_login_off
        reason: The vendor of the imaging archive maintains it as root until release 9.
        approved_by: J. Doe, security officer
        expires: "2027-03-01"
        timezone: America/New_York
        compensating: [Logins as root are only let in from the vendor's jump host.]
  become: true
"""

RETURN = r"""
counts:
  description: Rules by result.
  returned: success
  type: dict
  sample: {already_right: 120, fixed: 50, pending: 0, would_fix: 0, still_failing: 1, skipped: 12, reverted: 0, not_applicable: 70, error: 0}
safeguards:
  description: The state of each safeguard on this host after the run.
  returned: success
  type: dict
pending_reboot:
  description: What takes effect at the next boot.
  returned: success
  type: list
warnings:
  description: What the operator has to know, such as files that another tool manages, and exceptions that have expired.
  returned: success
  type: list
record:
  description: The path of the host's record, as it is after the run.
  returned: success
  type: str
digest:
  description: The SHA-256 of the record.
  returned: success
  type: str
plan_digest:
  description: The digest of the approved plan that was applied.
  returned: when O(plan) was given
  type: str
remediation_record:
  description: The path of the record that says for each rule what was before and after.
  returned: success
  type: str
run_directory:
  description: The folder of the run.
  returned: success
  type: str
run_id:
  description: The id of the run, which M(hipaa.cis.rollback) takes.
  returned: once the run's directory is there, also on failure
  type: str
run_base:
  description: The folder that holds the run's directory. For a slice of a run, that is one of its own below O(run_dir).
  returned: once the run's directory is there, also on failure
  type: str
not_begun:
  description: Whether the host was left alone, for it is outside of its maintenance windows or for what O(not_begun) says.
  returned: success
  type: bool
why_not_begun:
  description: Why the host was left alone; empty where it was not.
  returned: success
  type: str
hindered:
  description: Whether the host was left alone for what O(not_begun) says.
  returned: success
  type: bool
begun:
  description: Whether the run may have changed something on the host, even where it failed or the host was lost.
  returned: always
  type: bool
"""
