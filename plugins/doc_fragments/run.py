# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation that the actions on runs share."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the run directory, and attributes."""

    DOCUMENTATION = r"""
options:
  run_dir:
    description:
      - The folder on the controller that holds the runs, a folder each, and the link C(latest). Made where missing, with mode 0700.
      - A relative path is taken from where the command was started.
      - Where not given, the variable C(hipaa_cis_run_dir).
    type: str
    default: hipaa-cis-runs
  run_id:
    description:
      - The name of the run's folder; letters, digits, dot, underscore and dash. By default the time and a random part.
      - Where not given, the variable C(hipaa_cis_run_id).
    type: str
  catalogs:
    description:
      - Folders of a site's own catalog, laid over the collection's, with the same sub-folders.
      - Where not given, the variable C(hipaa_cis_catalogs).
    type: list
    elements: str
    default: []
"""

    ATTRIBUTES = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and does the same, for it changes nothing on the hosts.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
  action:
    description: Has an action of its own on the controller.
    support: full
"""
