# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file that says how it stands with changes that are to be confirmed: its name is the state.

It has a fixed size, is renamed and written in place, so that none of it needs space on the disk.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any, Dict, Optional

ARMED, REVERTING, STUCK, REVERTED, CONFIRMED = "armed", "reverting", "stuck", "reverted", "confirmed"
# In the order in which one becomes the other; what was confirmed may be armed once more by the same run.
STATES = (ARMED, REVERTING, STUCK, REVERTED, CONFIRMED)
STATE_BYTES = 4096


def read(path: str) -> Optional[Dict[str, Any]]:
    """Return what a state says; nothing of it where it cannot be read, None where there is none."""
    for _attempt in range(3):
        try:
            with open(path, encoding="utf-8") as stream:
                found = json.loads(stream.read())
            return found if isinstance(found, dict) else {}
        except FileNotFoundError:
            return None
        except OSError:
            return {}
        except ValueError:
            time.sleep(0.02)  # it may be written at this very moment
    return {}


def filled(found: Dict[str, Any]) -> str:
    """Return a state as text of the size for which there is space already; of a long report what matters most."""
    text = json.dumps(found)
    report = found.get("report", {})
    for count in (20, 5, 1, 0):
        if len(text) <= STATE_BYTES:
            break
        short = {name: [one[:200] for one in report.get(name, [])[:count]] for name in ("problems", "kept", "undone")}
        text = json.dumps({**found, "report": {**report, "conflicts": [], **short}})
    return text.ljust(STATE_BYTES)


def overwrite(path: str, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.pwrite(handle, text.encode(), 0)
        os.fsync(handle)
    finally:
        os.close(handle)


def write(path: str, text: str) -> None:
    handle = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(path + ".new", path)
