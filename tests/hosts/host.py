"""One disposable booted host."""

from __future__ import annotations

import ipaddress
import shlex
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.hosts import accounts, container, mirror, network, snapshot
from tests.hosts.system import run, wait_until

SSH_OPTIONS = (
    "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
    "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10",
)  # fmt: skip

INTERFACES = """\
auto lo
iface lo inet loopback

auto host0
iface host0 inet static
    address {address}/{prefix}
    gateway {gateway}
"""


class HostError(RuntimeError):
    """A host did not boot, or is not running when it has to be."""


@dataclass(frozen=True)
class Host:
    """A host of a pool. Everything it is made of lies in `directory`; the lower layer is shared."""

    name: str
    address: str
    gateway: str
    prefix: int
    machine: str
    bridge: str
    key: Path
    lower: Path
    directory: Path
    port: int = 22

    @property
    def root(self) -> Path:
        """The host's root filesystem as the machine sees it. Links in it that start with / lead astray."""
        return self.directory / "root"

    @property
    def control(self) -> Path:
        """Where shared SSH connections to this host keep their sockets."""
        return self.directory / "cm"

    def start(self) -> None:
        """Make the overlay, give the host its identity, boot it and wait until boot is complete."""
        self.control.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._configure(container.mount(self.lower, self.directory))
        self._boot()

    def restart(self) -> None:
        """Boot again with what is on the disk, as after a power cut."""
        self._halt()
        self._boot()

    def stop(self) -> None:
        """End it and undo its mount; the directory stays."""
        self._halt()
        container.unmount(self.directory)

    def reset(self) -> None:
        """Throw everything away that happened on the host and boot it anew."""
        self.stop()
        self.start()

    def _halt(self) -> None:
        close_connections(self.control)
        container.stop(self.directory, self.machine)
        network.remove_interface(self.machine)

    def _configure(self, root: Path) -> None:
        (root / "etc/hostname").write_text(f"{self.name}\n")
        (root / "etc/hosts").write_text(f"127.0.0.1 localhost\n::1 localhost\n{self.address} {self.name}\n")
        (root / "etc/network/interfaces").write_text(
            INTERFACES.format(address=self.address, prefix=self.prefix, gateway=self.gateway)
        )
        proxies = mirror.proxy_settings()
        if proxies:
            (root / "etc/apt/apt.conf.d/30proxy").write_text(proxies)
        accounts.authorise(root, self.key.with_suffix(".pub").read_text())

    def _boot(self, seconds: float = 60) -> None:
        """Start the container; return when systemd has no start job left and the SSH server answers."""
        supervisor = container.boot(self.directory, self.machine, self.bridge)
        try:
            wait_until(lambda: self._answers(supervisor), seconds=seconds, what=f"SSH of {self.name}")
            # "degraded" is fine: auditd cannot start in a container.
            self.run(["systemctl", "is-system-running", "--wait"], check=False, timeout=seconds)
        except (TimeoutError, subprocess.TimeoutExpired) as error:
            console = (self.directory / "console.log").read_text(errors="replace")
            raise HostError(f"{self.name} did not boot: {error}\n{console[-4000:]}") from error

    def _answers(self, supervisor: int) -> bool:
        if container.gone(supervisor):
            raise TimeoutError(f"systemd-nspawn of {self.name} has ended")
        try:
            with socket.create_connection((self.address, 22), timeout=1) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def run(
        self, argv: Sequence[str], *, check: bool = True, data: str | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as root from outside: no SSH, so it works on a host that lets nobody in."""
        leader = container.leader(self.directory)
        if leader is None:
            raise HostError(f"{self.name} is not running")
        return run(container.enter(leader, argv), check=check, data=data, timeout=timeout)

    def ssh(
        self,
        argv: Sequence[str],
        *,
        user: str = "root",
        check: bool = True,
        data: str | None = None,
        timeout: float = 60,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command over a new SSH connection as `user`."""
        target = f"{user}@{ipaddress.ip_address(self.address)}"
        command = ["ssh", "-i", str(self.key), *SSH_OPTIONS, target, "--", shlex.join(argv)]
        return run(command, check=check, data=data, timeout=timeout)

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file as root, with its parent directories; the host resolves the path, so links are its own."""
        script = 'mkdir -p "$(dirname "$1")" && cat > "$1" && chmod "$2" "$1"'
        self.run(["sh", "-c", script, "write", path, f"{mode:o}"], data=text)

    def read(self, path: str) -> str:
        """The contents of a file."""
        return self.run(["cat", path]).stdout

    def snapshot(self) -> snapshot.Snapshot:
        """A fingerprint of everything on the host's disk."""
        return snapshot.take(self.root)


def close_connections(directory: Path) -> None:
    """End the shared SSH connections whose sockets lie in `directory`, so that nobody uses a dead one."""
    if not directory.is_dir():
        return
    for path in directory.iterdir():
        run(["ssh", "-o", f"ControlPath={path}", "-O", "exit", "ignored"], check=False)
        path.unlink(missing_ok=True)
