"""What this machine lacks to boot test hosts. Standard library only and Python 3.8, like the conftest that asks."""

from __future__ import annotations

import functools
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.hosts.system import environment, state_directory

PROGRAMS = {
    "systemd-nspawn": "systemd-container",
    "debootstrap": "debootstrap",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "ip": "iproute2",
    "nft": "nftables",
    "nsenter": "util-linux",
}
# A virtual machine needs these as well.
MACHINE_PROGRAMS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "mkfs.ext4": "e2fsprogs",
    "setpriv": "util-linux",
    "unshare": "util-linux",
}


def missing_requirements() -> list[str]:
    """Everything that is missing, each as a phrase for a reader; empty where hosts can be booted."""
    return list(_missing())


def missing_machine_requirements() -> list[str]:
    """What is missing for a virtual machine, whose disks are made from the tree of a host."""
    missing = missing_requirements()
    if platform.machine() != "x86_64":
        missing.append("a processor of the kind x86_64, for which the virtual machine is built")
    return missing + _missing_programs(MACHINE_PROGRAMS)


@functools.lru_cache(maxsize=None)  # noqa: UP033 - Python 3.8 has no other
def _missing() -> tuple[str, ...]:
    if not sys.platform.startswith("linux"):
        return ("Linux",)
    missing = []
    if sys.version_info < (3, 10):  # noqa: UP036 - the conftest asks from older ones too
        missing.append("Python 3.10 or later on the controller")
    if os.geteuid() != 0:
        missing.append("root")
    missing.extend(_missing_programs(PROGRAMS))
    if not missing:
        missing.extend(_kernel())
    return tuple(missing)


def _missing_programs(programs: dict[str, str]) -> list[str]:
    path = environment()["PATH"]
    return [
        f"{program} (package {package})"
        for program, package in programs.items()
        if shutil.which(program, path=path) is None
    ]


def _kernel() -> list[str]:
    """Try what only the kernel can answer: an overlay where hosts are kept, a bridge, a NAT table."""
    missing = []
    state_directory().mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix="probe-", dir=state_directory()) as name:
        layers = {layer: Path(name, layer) for layer in ("lowerdir", "upperdir", "workdir")}
        for path in (*layers.values(), Path(name, "root")):
            path.mkdir()
        options = ",".join(f"{layer}={path}" for layer, path in layers.items())
        if _works("mount", "-t", "overlay", "-o", options, "probe", f"{name}/root"):
            _works("umount", f"{name}/root")
        else:
            missing.append("overlay mounts")
    bridge = f"hcprobe{os.getpid():x}"[:15]
    if _works("ip", "link", "add", bridge, "type", "bridge"):
        _works("ip", "link", "delete", bridge)
    else:
        missing.append("network bridges")
    if not _works("nft", "--check", "add table ip hipaa_cis_probe"):
        missing.append("nftables in the kernel")
    return missing


def _works(*argv: str) -> bool:
    return (
        subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=environment()).returncode
        == 0
    )
