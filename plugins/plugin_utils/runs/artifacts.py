# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job tells those after it, in a workflow or a notification: a few lines on its run, small whatever the run's size."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import chain
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.controller_job import job_id
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore

# A controller hands it to each later node as variables, and shows it to people.
MAX_BYTES = 4000
# What it is called to those jobs, to which it comes as a variable.
PREFIX = "hipaa_cis_job_"


class Delivered(Protocol):
    """How a delivery went: ``place`` is empty where it did not."""

    @property
    def shown(self) -> str:
        """What the destination is called."""

    @property
    def place(self) -> str:
        """Where the run is."""


def of_job(store: RunStore, summary: Mapping[str, Any], deliveries: Sequence[Delivered]) -> dict[str, Any]:
    """Return ``{hipaa_cis_job_<job or run>: {...}}`` in at most `MAX_BYTES` of JSON.

    The name differs from job to job, for a later job's value takes the place of an earlier one's under the same name. Raises `OSError`.
    """
    told: dict[str, Any] = {
        "run_id": store.run_id,
        "digest": chain.digest_of(store.folder / "summary.json"),
        "totals": summary["totals"],
        "safeguards": {row["cite"]: row["state"] for row in summary["safeguards"]},
        "delivered": [one.place for one in deliveries if one.place],
        "not_delivered": [one.shown for one in deliveries if not one.place],
    }
    name = PREFIX + (job_id() or re.sub(r"[^A-Za-z0-9]", "_", store.run_id))
    for left_out in ("delivered", "not_delivered", "safeguards"):
        if len(json.dumps({name: told})) <= MAX_BYTES:
            break
        # Long paths, or a catalog of safeguards of a site's own: the summary has them.
        told[left_out] = len(told[left_out])
    return {name: told}
