"""A control group for each container.

systemd-nspawn puts its payload below the group it is started in. Containers that share that group share
every service's group too, and stopping a service in one could then end processes in another.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

# How often, and after how many seconds, a group that is in use yet is tried again.
TRIES, PAUSE = 100, 0.05


def hierarchies() -> list[Path]:
    """Mount points of the hierarchies that systemd keeps its units in: the unified one, the named one, or both."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, _rest, right = line.partition(" - ")
        kind, _rest, options = right.split(" ", 2)
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(",")):
            found.append(Path(left.split()[4]))
    return found


def entry(machine: str) -> list[str]:
    """Make the groups of a container; returns the start of a command line whose command then runs in them."""
    lists = []
    for top in hierarchies():
        group = top / machine
        group.mkdir(exist_ok=True)
        lists.append(str(group / "cgroup.procs"))
    script = 'until [ "$1" = -- ]; do echo $$ >"$1" || exit; shift; done; shift; exec "$@"'
    return ["/bin/sh", "-c", script, "enter", *lists, "--"]


def remove(machine: str) -> None:
    """Remove the groups of a container (or of all whose name matches the pattern), from the leaves up."""
    for top in hierarchies():
        for group in top.glob(machine):
            for directory, _rest, _rest in os.walk(group, topdown=False):
                for left in range(TRIES, -1, -1):
                    if _is_removed(directory, last=not left):
                        break
                    time.sleep(PAUSE)


def _is_removed(directory: str, last: bool) -> bool:
    """Remove one group; of one that is in use end the process that had been on its way in when the others were ended."""
    try:
        os.rmdir(directory)
    except FileNotFoundError:
        return True
    except OSError:
        if last:
            raise
        with contextlib.suppress(OSError):
            for process in Path(directory, "cgroup.procs").read_text().split():
                os.kill(int(process), signal.SIGKILL)
        return False
    return True


def members(machine: str) -> set[int]:
    """Every process of a container, its systemd-nspawn included."""
    found: set[int] = set()
    for group in existing(machine):
        # A service that ends takes its group with it, which os.walk passes over and Path.glob does not.
        for directory, _rest, _rest in os.walk(group):
            with contextlib.suppress(OSError):
                found.update(int(line) for line in Path(directory, "cgroup.procs").read_text().split())
    return found


def existing(pattern: str) -> list[Path]:
    """Groups whose name matches."""
    return [group for top in hierarchies() for group in top.glob(pattern)]
