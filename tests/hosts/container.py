"""One booted container: overlay mount, systemd-nspawn process, entry through its namespaces.

Nothing is remembered in this process: a container is found again by the directory that its
systemd-nspawn was started with, so a later process can stop what an earlier one left behind.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.hosts import cgroups
from tests.hosts.system import (
    children,
    command_lines,
    environment,
    kill,
    mounts_below,
    process_start,
    reap,
    run,
    wait_until,
)

CAPABILITIES = "CAP_NET_ADMIN,CAP_AUDIT_CONTROL"
NAMESPACES = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup")
RUNTIME = Path("/run/systemd/nspawn")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def mount(lower: Path, directory: Path) -> Path:
    """An overlay of `lower` with a new, empty upper layer; returns the merged root."""
    upper, work, root = (directory / name for name in ("upper", "work", "root"))
    for path in (upper, work):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
    root.mkdir(exist_ok=True)
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    run(["mount", "-t", "overlay", "-o", options, "hipaa-cis-host", str(root)])
    return root


def unmount(directory: Path) -> None:
    """Undo every mount below `directory`; one that is still busy is detached."""
    for point in mounts_below(directory):
        lock_file(Path(point)).unlink(missing_ok=True)
        if run(["umount", point], check=False).returncode != 0:
            run(["umount", "--lazy", point], check=False)


def lock_file(root: Path) -> Path:
    """systemd-nspawn locks a root by device and inode, and leaves the file behind when it is killed."""
    status = root.stat()
    return RUNTIME / "locks" / f"inode-{status.st_dev}:{status.st_ino}"


def boot(directory: Path, machine: str, bridge: str) -> int:
    """Start the container in a session of its own; returns the pid of systemd-nspawn."""
    argv = [
        *cgroups.entry(machine), "systemd-nspawn", "--quiet", "--boot", f"--machine={machine}",
        f"--directory={directory / 'root'}", "--register=no", "--keep-unit", f"--network-bridge={bridge}",
        "--resolv-conf=copy-host", "--timezone=off", f"--capability={CAPABILITIES}", "--console=pipe",
    ]  # fmt: skip
    # Current systemd boots with the unified hierarchy only, also where the machine itself has a mixed one.
    settings = environment(SYSTEMD_NSPAWN_UNIFIED_HIERARCHY="1")
    with (directory / "console.log").open("ab") as console:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            start_new_session=True,
            env=settings,
        )
    process.returncode = 0  # it outlives this object on purpose: `stop` finds it by its directory
    return process.pid


def supervisors(directory: Path) -> list[int]:
    """The systemd-nspawn processes whose root lies below `directory`."""
    prefix = f"--directory={directory}/"
    return [
        pid
        for pid, argv in command_lines()
        if os.path.basename(argv[0]) == "systemd-nspawn" and any(arg.startswith(prefix) for arg in argv)
    ]


def leader(directory: Path) -> int | None:
    """The container's init as seen from outside, once it runs."""
    for supervisor in supervisors(directory):
        for pid in children(supervisor):
            if _comm(pid) == "systemd":
                return pid
    return None


def _comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def stop(directory: Path, machines: str) -> None:
    """End every container below `directory` at once, without an orderly shutdown: they are disposable.

    Init is killed first, since systemd-nspawn then leaves by its ordinary way and tidies up after itself.
    `machines` is their name, or the pattern of their names: what the name stands for elsewhere goes too.
    """
    running = supervisors(directory)
    for supervisor in running:
        for pid in children(supervisor):
            kill(pid, signal.SIGKILL)
    for supervisor in running:
        try:
            wait_until(partial(gone, supervisor), seconds=5, what=f"end of process {supervisor}")
        except TimeoutError:
            kill(supervisor, signal.SIGKILL)
            wait_until(partial(gone, supervisor), seconds=5, what=f"end of process {supervisor}")
    wait_until(lambda: _empty(machines), seconds=10, what=f"end of the processes of {machines}")
    cgroups.remove(machines)
    for path in RUNTIME.glob(f"*/{machines}"):
        unmount(path)
        path.rmdir()


def _empty(machines: str) -> bool:
    """Kill what is still in the groups: a container can outlive its systemd-nspawn when that ends while booting."""
    left = cgroups.members(machines)
    for pid in left:
        kill(pid, signal.SIGKILL)
        reap(pid)
    return not left


def gone(pid: int) -> bool:
    """Whether a process has ended; its exit state is collected if it was ours."""
    reap(pid)
    return process_start(pid) is None


def enter(leader_pid: int, argv: Sequence[str]) -> list[str]:
    """The command line that runs `argv` as root inside the container, without SSH or a login session.

    Root and working directory are those of init: a path given here would be one of the machine.
    """
    entry = ["nsenter", f"--target={leader_pid}", *NAMESPACES, "--root", "--wd"]
    return [*entry, "--", "env", "-i", f"PATH={PATH}", "HOME=/root", "LANG=C.UTF-8", *argv]
