"""Small helpers over the operating system: commands, locks, processes, mounts, places on disk."""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def environment(**added: str) -> dict[str, str]:
    """This process's environment, with the directories of system programs on the PATH: many users have none."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
    return {**os.environ, "PATH": path, **added}


# What takes a second on an idle machine may take five on a busy one; a limit is there for what would never end.
PATIENCE = 5


class CommandError(RuntimeError):
    """A command ended with a code that its caller did not expect."""


def run(
    argv: Sequence[str], *, check: bool = True, data: str | None = None, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run `argv` without a shell and return its captured result.

    Raises CommandError when `check` is set and the exit code is not zero, and
    subprocess.TimeoutExpired when it takes more than `timeout` seconds by far.
    """
    done = subprocess.run(
        list(argv),
        # Without input, standard input is empty: nothing reads what belongs to the test run.
        input=data or "",
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout * PATIENCE,
        check=False,
        env=environment(),
    )
    if check and done.returncode != 0:
        raise CommandError(
            f"{' '.join(argv)} ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}"
        )
    return done


def cache_directory() -> Path:
    """Where base trees are kept between runs."""
    return Path(os.environ.get("HIPAA_CIS_TEST_CACHE") or Path.home() / ".cache" / "hipaa-cis")


def state_directory() -> Path:
    """Where the running pools live: one directory each, and the lock that all of them share.

    Not under /tmp: the upper layer must lie on a filesystem that keeps extended attributes, and the
    path must stay short because SSH control sockets (at most 108 bytes) are made below it.
    """
    return Path(os.environ.get("HIPAA_CIS_TEST_STATE") or "/var/lib/hipaa-cis-hosts")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on the file `path` among processes; freed even if the holder is killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def wait_until(condition: Callable[[], bool], *, seconds: float, what: str, pause: float = 0.02) -> None:
    """Poll `condition` until it holds; raises TimeoutError that names `what` when it does not."""
    end = time.monotonic() + seconds * PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds * PATIENCE:g} s")
        time.sleep(pause)


def boot_id() -> str:
    """Changes whenever the machine restarts, so a record made before that is known to be stale."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def process_start(pid: int) -> int | None:
    """Start time of a live process in clock ticks, or None; with the pid it names one process for good."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def command_lines() -> Iterator[tuple[int, list[str]]]:
    """Every process with its arguments."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            raw = (entry / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        yield int(entry.name), raw.decode(errors="replace").rstrip("\0").split("\0")


def children(pid: int) -> list[int]:
    """The direct children of a process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(stat[1]) == pid:
                found.append(int(entry.name))
    return found


def kill(pid: int, number: int) -> None:
    """Send a signal; a process that is already gone is fine."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def reap(pid: int) -> None:
    """Collect the exit state of `pid` if it was started by this very process."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def mounts_below(directory: Path) -> list[str]:
    """Mount points at or below `directory`, deepest first."""
    prefix = str(directory)
    points = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        point = line.split()[4].encode().decode("unicode_escape")
        if point == prefix or point.startswith(prefix + "/"):
            points.append(point)
    return sorted(points, key=len, reverse=True)
