# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bound on how long a host may take to say anything: what hangs on one is not to hold the whole play."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError


class _Late(BaseException):
    """Not an `Exception`: Ansible and its connections catch those, and would go on waiting."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise `HipaaCisError` where the block is not done in time. For the main thread of a worker.

    Where the task has a timeout of its own, that one counts: both use the one timer that a process has.
    """
    if signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return
    before = signal.signal(signal.SIGALRM, _late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except _Late:
        raise HipaaCisError(
            f"the host did not answer within {seconds:g} seconds. Look at its Python and its shell, which may wait for something; "
            "hipaa_cis_observe_max_seconds and hipaa_cis_scan_max_seconds allow more."
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _late(_number: int, _frame: FrameType | None) -> None:
    raise _Late
