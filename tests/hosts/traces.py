"""What there is of a pool on the machine, to prove that nothing is left of it."""

from __future__ import annotations

from tests.hosts import cgroups, container, network
from tests.hosts.system import command_lines, mounts_below, state_directory


def find(identity: str) -> list[str]:
    """Everything that belongs to the pool, each as a phrase; empty when it is gone."""
    directory = state_directory() / identity
    processes = [pid for pid, argv in command_lines() if any(str(directory) in argument for argument in argv)]
    groups = f"{identity}-*"
    return [
        *(f"directory {path}" for path in (directory,) if path.exists()),
        *(f"mount {point}" for point in mounts_below(directory)),
        *(f"process {pid}" for pid in processes),
        *(f"process {pid} in a control group" for pid in sorted(cgroups.members(groups))),
        *(f"control group {path}" for path in cgroups.existing(groups)),
        *(f"interface {name}" for name in network.interfaces(identity)),
        *(f"bridge or NAT of {name}" for name in (identity,) if network.exists(name)),
        *(f"runtime file {path}" for path in container.RUNTIME.glob(f"*/{groups}")),
    ]
