#!/usr/bin/python
# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: audit
short_description: Audit a host against CIS benchmarks and map it to HIPAA safeguards
version_added: 0.1.0
description:
  - Reads all settings of the chosen benchmarks in one call per platform, judges them on the controller and writes the host's
    record into the run directory. Nothing is changed on the host.
  - Every option can also be given as a variable of host or group with the prefix C(hipaa_cis_), for example
    C(hipaa_cis_level). An unknown variable with that prefix is an error, for it is most often a typing error.
  - Use it with C(become); without, what only root can read becomes an error outcome with that reason.
author:
  - The hipaa.cis authors (@hipaa-cis)
extends_documentation_fragment:
  - hipaa.cis.run
  - hipaa.cis.run.slice
  - hipaa.cis.run.selection
  - hipaa.cis.run.site
  - hipaa.cis.run.attributes
options:
  exceptions:
    description:
      - The site's documented exceptions, as O(hipaa.cis.remediate#module:exceptions). They stand beside the findings in record, reports and
        summary, and change no outcome. One with a mistake counts for nothing and is told; the others count.
    type: list
    elements: dict
    default: []
  resume:
    description:
      - Go on with a run that was broken off. With V(true) the one that O(run_id) names, with V(latest) the last one below O(run_dir).
      - A host that the run has audited already is not audited again; its record counts. One that failed or was not reached is tried again.
      - It is refused for a run that has ended, that is of other hosts, or that was begun with another version, catalog or selection.
    type: str
    default: 'false'
    version_added: 0.1.0
  restart:
    description:
      - Where the host was to be restarted in this run, what came of it. The host's remediation record then says so, and what was to take
        effect is fixed or still failing by this audit. It is no variable.
    type: dict
    suboptions:
      done:
        description: Whether it was restarted.
        type: bool
        default: false
      problem:
        description: Why not, or what went wrong.
        type: str
        default: ''
seealso:
  - module: hipaa.cis.report
  - module: hipaa.cis.linux_observe
"""

EXAMPLES = r"""
- name: Audit every host at level 2
  hipaa.cis.audit:
    level: 2
  become: true

- name: Look at the automatic logoff only
  hipaa.cis.audit:
    include:
      safeguards: ["164.312(a)(2)(iii)"]
  become: true
"""

RETURN = r"""
counts:
  description: Rules by outcome.
  returned: success
  type: dict
  sample: {pass: 120, fail: 60, error: 0, not_applicable: 40, manual: 9}
resumed:
  description: The host was audited before this command, in the run that it goes on with.
  returned: where it was
  type: bool
safeguards:
  description: The state of each safeguard on this host.
  returned: success
  type: dict
benchmarks:
  description: The benchmarks the host was held against.
  returned: success
  type: list
not_yet_automated:
  description: How many selected recommendations nothing judges yet.
  returned: success
  type: int
not_looked_at:
  description: How many rules and recommendations that the host is meant for the run did not look at.
  returned: success
  type: int
record:
  description: The path of the host's record.
  returned: always
  type: str
digest:
  description: The SHA-256 of the record.
  returned: always
  type: str
run_directory:
  description: The folder of the run.
  returned: success
  type: str
"""
