# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time on a host, and one process of it: what a crashed run or a reboot leaves behind does no harm.

A run holds the host from its first change to its end, by a file that names it. It is told by the token of the controller's
task, for two controllers may have been given the same run id. While a process makes or takes back changes, it holds
a lock of the kernel besides, which ends with it.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager
from typing import Any, Dict, Iterator, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import BASE
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS

# A run that said nothing for so long is taken for dead.
STALE_SECONDS = 3600.0
POLL_SECONDS = 0.2


def boot_id(root: str) -> str:
    """Return what tells one boot from another."""
    try:
        with open(os.path.join(root, "proc/sys/kernel/random/boot_id"), encoding="ascii") as stream:
            return stream.read().strip(BLANKS)
    except OSError:
        return "unknown"


def uptime() -> float:
    """Return seconds that no change of the clock alters and that go on through a suspend."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@contextmanager
def _opened(root: str, name: str) -> Iterator[int]:
    folder = os.path.join(root, BASE.lstrip("/"))
    if not os.path.isdir(folder):
        os.makedirs(folder, 0o700)
    handle = os.open(os.path.join(folder, name), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


@contextmanager
def _guarded(root: str) -> Iterator[str]:
    with _opened(root, "lock") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield os.path.join(root, BASE.lstrip("/"), "lock")


@contextmanager
def at_work(root: str, patience: float = 0.0, insist: bool = False) -> Iterator[None]:
    """Be the only process that changes this host. Raises `ChangeError` where another is at it after ``patience`` seconds.

    ``insist``: go on then all the same, for a host that is cut off has to be healed.
    """
    with _opened(root, "at-work") as handle:
        deadline = uptime() + patience
        while not _taken(handle):
            if uptime() >= deadline:
                if insist:
                    break
                raise ChangeError(
                    "another process is changing this host or taking a run back at this very moment; wait for it to end"
                )
            time.sleep(POLL_SECONDS)
        yield


def is_at_work(root: str) -> bool:
    """Return whether a process is changing this host or taking a run back now."""
    with _opened(root, "at-work") as handle:
        return not _taken(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: str) -> Dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as stream:
            found = json.loads(stream.read(4096))
    except (OSError, ValueError):
        return {}
    # What is no lock of ours is none at all: a half-written one was never taken.
    return found if isinstance(found, dict) and isinstance(found.get("uptime"), float) else {}


def _write(path: str, text: str) -> None:
    # In place: the lock of the kernel is on this very file.
    with open(path, "r+", encoding="utf-8") as stream:
        stream.truncate(0)
        stream.write(text)


def take(root: str, run_id: str, token: str = "", over: bool = False) -> None:
    """Take or renew the host's lock. Raises `ChangeError` where another run holds it.

    ``over``: take it from the run of this id, which then can go on no more.
    """
    with _guarded(root) as path:
        holder = _read(path)
        age = uptime() - float(holder.get("uptime", 0.0))
        alive = holder.get("boot") == boot_id(root) and 0 <= age < STALE_SECONDS
        mine = holder.get("run") == run_id and (over or holder.get("token", "") == token)
        if alive and not mine:
            raise ChangeError(
                "the remediation run %s is at work on this host, the last time %d seconds ago; wait for it. Where it is "
                "dead, roll it back by its id: ansible-playbook hipaa.cis.rollback -e hipaa_cis_run_id=%s"
                % (holder["run"], age, holder["run"])
            )
        _write(path, json.dumps({"run": run_id, "token": token, "boot": boot_id(root), "uptime": uptime()}))


def release(root: str, run_id: str, token: Optional[str] = None) -> None:
    """Give the lock back; another run's is left alone. Without ``token``: whoever of this run has it."""
    with _guarded(root) as path:
        holder = _read(path)
        if holder.get("run") == run_id and token in (None, holder.get("token", "")):
            _write(path, "")
