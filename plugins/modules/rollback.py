#!/usr/bin/python
# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rollback
short_description: Take back what a remediation changed on a host
version_added: 0.1.0
description:
  - Reads the journal that M(hipaa.cis.remediate) wrote on the host and takes its changes back, the last one first. Afterwards
    the files, modes, owners, services, kernel parameters and packages are what they were before that run.
  - O(run_id) and O(force) can also be given as the variables C(hipaa_cis_run_id) and C(hipaa_cis_force). A variable C(hipaa_cis_...) that
    nothing reads is an error before the host is touched, so that a typing error never takes back another run than the one meant.
  - What somebody changed since is not touched; then nothing at all is rolled back and the task fails with a list of it.
  - Of accounts only the fields that the run changed are taken back. Passwords and accounts that came since stay as they are.
  - What was taken back, or would be, is said by rule and path in RV(said), and written to C(rollback/<host>.json) in a folder
    of its own in O(run_dir), also in check mode and where it was refused.
author:
  - The hipaa.cis authors (@hipaa-cis)
options:
  run_id:
    description:
      - The run to take back. By default the last one that changed this host.
    type: str
  force:
    description:
      - Roll back also what was changed since, and what of a damaged journal is legible.
      - The newer version of a file is kept beside it, with C(.since-<run id>) behind its name.
    type: bool
    default: false
  must_exist:
    description:
      - Whether it is an error that O(run_id) has no journal on this host. With V(false) there is then nothing to do, as on a host of
        which nobody knows whether the run got as far as to change something.
    type: bool
    default: true
  run_dir:
    description:
      - The folder on the controller that holds the runs. The record of this rollback goes into a new one, which C(latest) does not lead to.
      - Where not given, the variable C(hipaa_cis_run_dir).
    type: str
    default: hipaa-cis-runs
  record_in:
    description:
      - The folder of runs in which the remediation record of O(run_id) is to say that it was taken back, where this happens as part of
        that run. The record of the rollback is then written into that run's folder too.
    type: path
attributes:
  check_mode:
    description: Can run in C(check_mode) and says what it would take back, or why it would refuse.
    support: full
  diff_mode:
    description: Shows what of the files comes back. Of files that not everybody on the host may read, lines are only counted.
    support: full
  action:
    description: Has an action of its own on the controller.
    support: full
seealso:
  - module: hipaa.cis.remediate
"""

EXAMPLES = r"""
- name: Take back the last remediation of this host
  hipaa.cis.rollback:
  become: true

- name: Take back a run, also where files were changed since
  hipaa.cis.rollback:
    run_id: 20261124T020000Z-3f9c
    force: true
  become: true
"""

RETURN = r"""
run_id:
  description: The run that was taken back.
  returned: always
  type: str
undone:
  description: The changes that were taken back, or in check mode would be, in this order.
  returned: always
  type: list
details:
  description:
    - The same in detail; C(rules) for which it had been changed, C(path) or C(command), C(from) and C(to), and its
      C(state), which is C(undone), C(would_undo) or C(failed).
  returned: always
  type: list
said:
  description: The same as lines for a person.
  returned: always
  type: list
rollback_record:
  description: The path of the record on the controller.
  returned: where it could be written
  type: str
conflicts:
  description: What was changed since the run.
  returned: always
  type: list
pending_reboot:
  description:
    - What took effect when the host was started since the run, and stays in effect until it is started again. What no start has taken
      up yet is taken back without one.
  returned: always
  type: list
problems:
  description: What could not be taken back, and why.
  returned: always
  type: list
kept:
  description: Where newer versions of files were kept, and the users and groups that the run made and that stay, being in use.
  returned: always
  type: list
"""

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Report, roll_back
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.target_module import TargetModule


def left_nothing(run_id: str) -> bool:
    """Return whether a run left no journal here. Only root can tell; for others `roll_back` says what is needed."""
    return Host("/").privileged and not Journal("/", run_id).exists()


def main() -> None:
    module = TargetModule(
        argument_spec={
            "run_id": {"type": "str"},
            "force": {"type": "bool", "default": False},
            "must_exist": {"type": "bool", "default": True},
            "run_dir": {"type": "str", "default": "hipaa-cis-runs"},
            "record_in": {"type": "path"},
        },
        supports_check_mode=True,
    )
    try:
        if module.params["run_id"] and not module.params["must_exist"] and left_nothing(module.params["run_id"]):
            module.exit_json(run_id=module.params["run_id"], **vars(Report()))
        run_id, report = roll_back(
            module.params["run_id"], module.params["force"], module.check_mode, bool(module._diff)
        )
    except ChangeError as problem:
        module.fail_json(msg=str(problem))
    answer = {"run_id": run_id, **vars(report)}
    if report.conflicts and not module.params["force"]:
        answer.update(changed=False, undone=[], pending_reboot=[])
        module.fail_json(
            msg="Nothing was rolled back, for this was changed since the run %s: %s. With force it is rolled back all the "
            "same and the newer versions are kept beside." % (run_id, "; ".join(report.conflicts[:20])),
            **answer,
        )
    if report.problems:
        module.fail_json(msg="Not all could be rolled back: %s" % "; ".join(report.problems[:20]), **answer)
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
