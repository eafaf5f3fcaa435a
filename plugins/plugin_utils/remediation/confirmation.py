# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The second half of a change that could cut the controller off: come back, and hear what the host made of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.target import Answer, Unreachable

RETRY_SECONDS = 2.0
# How long after the timeout a host that heals itself may take to be reachable again.
HEALING_SECONDS = 60.0
# A host that answers, and on which a process is at it, is waited for no longer than this; one where none is says so.
MAX_WAITING_SECONDS = 3600.0
# What a host says of the changes that are to be confirmed (`confirm.STATES` on the target).
DECIDED = ("confirmed", "reverted", "stuck", "none")


def decision(mode: str, ask: Callable[[str], Answer], run_id: str, timeout: float) -> Mapping[str, Any]:
    """Return what became of the changes on the host: ``{state, report}``.

    ``mode``: ``confirm``, or ``status`` to look only; ``ask``: asks for it over a new connection; ``timeout``: that of the
    confirmation (seconds). Raises `HipaaCisError`, `Unreachable` where nobody can say whether they stay.
    """
    commit: Mapping[str, Any] = _until_decided(mode, ask, timeout)["commit"]
    if commit["state"] == "stuck":
        raise HipaaCisError(_stuck(commit, run_id))
    if commit["state"] == "none" and mode == "confirm":
        raise HipaaCisError(
            "The host does not know any more of changes that were to be confirmed, so they may be in force and "
            "it will not undo them: somebody removed the journal of this run, or put back an older state of /var."
        )
    return commit


def _stuck(commit: Mapping[str, Any], run: str) -> str:
    problems = "; ".join(commit.get("report", {}).get("problems", [])[:5]) or "it does not say why"
    return (
        f"The host could not wholly undo changes that were not confirmed, and tries again at its next boot only: "
        f"{problems}. See to that, then take the run back: ansible-playbook hipaa.cis.rollback "
        f"-e hipaa_cis_run_id={run}, or at its console python3 /var/lib/hipaa-cis/{run}/rollback.zip {run}"
    )


def _until_decided(mode: str, ask: Callable[[str], Answer], timeout: float) -> Answer:
    """Ask over new connections until the host says what became of the changes. Raises `Unreachable`."""
    patience = timeout + HEALING_SECONDS
    started = heard = time.monotonic()
    reason = state = ""
    while time.monotonic() - heard < patience and time.monotonic() - started < MAX_WAITING_SECONDS:
        try:
            answer = ask(mode)
        except (Unreachable, HipaaCisError) as problem:
            reason = str(problem)
            time.sleep(RETRY_SECONDS)
            continue
        state = answer["commit"]["state"]
        if state in DECIDED:
            return answer
        heard = time.monotonic()
        time.sleep(RETRY_SECONDS)
    if time.monotonic() - heard < patience:
        raise Unreachable(
            f"The host answers, but for {MAX_WAITING_SECONDS:g} seconds it has neither kept nor undone changes that may "
            f"cut the connection off: it is {state}, and a process is still at it. Look at it on the host."
        )
    raise Unreachable(
        "After changes that may cut the connection off the host could not be reached again within "
        f"{timeout:g} + {HEALING_SECONDS:g} seconds: {reason}. It is not known whether they stay: "
        "a host that heard the confirmation keeps them, any other one undoes them by itself. "
        "See docs/remediation.md on what to do when a host is lost."
    )
