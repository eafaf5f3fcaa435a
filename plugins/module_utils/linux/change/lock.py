# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time on a host: a lock that a crashed run or a reboot leaves behind does no harm."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager
from typing import Any, Dict, Iterator

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import BASE

# A run that said nothing for so long is taken for dead.
STALE_SECONDS = 3600.0


def boot_id(root: str) -> str:
    """Return what tells one boot from another."""
    try:
        with open(os.path.join(root, "proc/sys/kernel/random/boot_id"), encoding="ascii") as stream:
            return stream.read().strip()
    except OSError:
        return "unknown"


def uptime() -> float:
    """Return seconds that no change of the clock alters and that go on through a suspend."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@contextmanager
def _guarded(root: str) -> Iterator[str]:
    folder = os.path.join(root, BASE.lstrip("/"))
    if not os.path.isdir(folder):
        os.makedirs(folder, 0o700)
    handle = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield os.path.join(folder, "lock")
    finally:
        os.close(handle)


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


def take(root: str, run_id: str) -> None:
    """Take or renew the host's lock. Raises `ChangeError` where another run holds it."""
    with _guarded(root) as path:
        holder = _read(path)
        age = uptime() - float(holder.get("uptime", 0.0))
        alive = holder.get("boot") == boot_id(root) and 0 <= age < STALE_SECONDS
        if alive and holder.get("run") not in (None, run_id):
            raise ChangeError(
                "the remediation run %s has been at work on this host for %d seconds; wait for it, or, where it is dead, "
                "roll it back or remove %s/lock" % (holder["run"], age, BASE)
            )
        _write(path, json.dumps({"run": run_id, "boot": boot_id(root), "uptime": uptime()}))


def release(root: str, run_id: str) -> None:
    """Give the lock back; another run's is left alone."""
    with _guarded(root) as path:
        if _read(path).get("run") == run_id:
            _write(path, "")
