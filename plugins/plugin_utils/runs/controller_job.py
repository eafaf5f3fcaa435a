# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The job of an automation controller (AWX, AAP) that this command is, and which of its folders are deleted when it ends."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

# Where the private data folder of a job is mounted in its container.
CONTAINER_ROOT = Path("/runner")
# The folder of the artifacts, by ansible-runner: <private data>/artifacts/<job>.
ARTIFACTS = "AWX_ISOLATED_DATA_DIR"
# The private data folder by the controller, as it is called outside of the container.
PRIVATE = "AWX_PRIVATE_DATA_DIR"
_JOB_ID = re.compile(r"[0-9]{1,18}")


def job_id(environment: Mapping[str, str] | None = None) -> str:
    """Return the number of the controller's job; empty where there is none. Other programs set JOB_ID to other things."""
    given = (os.environ if environment is None else environment).get("JOB_ID", "")
    return given if _JOB_ID.fullmatch(given) else ""


def deleted_with_job(folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """Return the folder around ``folder`` that is deleted when the job ends; empty where none is, or this is no job.

    What is mounted below it stays.
    """
    environment = os.environ if environment is None else environment
    if not job_id(environment):
        return ""
    private = [Path(environment[PRIVATE])] if environment.get(PRIVATE) else []
    if environment.get(ARTIFACTS):
        private.append(Path(environment[ARTIFACTS]).parent.parent)
    place = Path(os.path.realpath(folder))
    for ending in {Path(os.path.realpath(one)) for one in [*private, CONTAINER_ROOT] if one.is_absolute()}:
        if ending == ending.parent or ending not in (place, *place.parents):
            continue
        if not any(one.is_mount() for one in (place, *place.parents) if ending in one.parents):
            return str(ending)
    return ""
