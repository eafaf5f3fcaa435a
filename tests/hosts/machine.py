"""One virtual machine: a host with a kernel of its own, emulated by QEMU.

It is reached through a port of the loopback interface and has no way out.
"""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import final

from tests.hosts import machine_disk, snapshot
from tests.hosts.host import SSH_OPTIONS, HostError, close_connections
from tests.hosts.qmp import Monitor
from tests.hosts.system import environment, process_start, run, state_directory, wait_until

PROGRAM = "qemu-system-x86_64"
# The clock goes on from the saved time, so that days later no timer is due at once.
HARDWARE = (
    "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1024",
    "-nodefaults", "-no-user-config", "-display", "none", "-rtc", "base=utc,clock=vm",
    "-device", "virtio-rng-pci",
)  # fmt: skip
# Emulated, and beside other tests.
BOOT_SECONDS = 400
PREFIX = "vm-"


@final
class Machine:
    """A machine on the disks in `base`, of this name. Use it as a context manager.

    `resume` names the saved state in `base` that `start` goes on from; without it, it boots.
    Unless `throw_away` is false, the disks in `base` stay as they are.
    """

    address = "127.0.0.1"

    def __init__(self, base: Path, name: str, *, resume: str = "", throw_away: bool = True) -> None:
        self.base = base
        self.name = name
        self.key = base / "key"
        self.port = 0
        self._resume = resume
        self._throw_away = throw_away
        start = process_start(os.getpid())
        self.directory = state_directory() / f"{PREFIX}{os.getpid()}-{start}-{secrets.token_hex(3)}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def control(self) -> Path:
        """Where shared SSH connections to it keep their sockets."""
        return self.directory / "cm"

    @property
    def pid(self) -> int:
        """The process of QEMU."""
        if self._process is None:
            raise HostError(f"{self.name} is not running")
        return self._process.pid

    def __enter__(self) -> Machine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Return when its SSH server answers and, where it boots, systemd has no start job left."""
        sweep()
        self.control.mkdir(parents=True, mode=0o700)
        self.port = free_port()
        with (self.directory / "qemu.log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # What is thrown away lies here until then.
                env=environment(TMPDIR=str(self.directory)),
            )
        if self._resume:
            with Monitor(self.directory / "qmp") as monitor:
                monitor.go_on()
        self._wait(BOOT_SECONDS)

    def _command(self) -> list[str]:
        # The machine ends with the process that started it, however that ends.
        argv = ["setpriv", "--pdeathsig", "KILL", PROGRAM, *HARDWARE]
        for name in machine_disk.disks():
            options = f"file={self.base / name},format=raw,if=virtio,cache=unsafe,discard=unmap"
            argv += ["-drive", f"{options},snapshot={'on' if self._throw_away else 'off'}"]
        network = f"user,id=net0,restrict=on,hostfwd=tcp:{self.address}:{self.port}-:22"
        argv += ["-netdev", network, "-device", "virtio-net-pci,netdev=net0"]
        argv += ["-serial", f"file:{self.directory / 'console.log'}"]
        argv += ["-qmp", f"unix:{self.directory / 'qmp'},server=on,wait=off"]
        return argv + (["-incoming", f"exec:cat {self.base / self._resume}"] if self._resume else [])

    def _wait(self, seconds: float) -> None:
        try:
            wait_until(self._answers, seconds=seconds, what=f"SSH of {self.name}", pause=0.2)
            self.run(["systemctl", "is-system-running", "--wait"], check=False, timeout=seconds)
        except (TimeoutError, subprocess.TimeoutExpired) as error:
            raise HostError(f"{self.name} did not boot: {error}\n{self._said()}") from error

    def _said(self) -> str:
        files = [self.directory / name for name in ("qemu.log", "console.log")]
        return "\n".join(path.read_text(errors="replace")[-4000:] for path in files if path.exists())

    def _answers(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise HostError(f"QEMU has ended: {self._said()}")
        try:
            # QEMU takes the connection at once and passes it on when the machine does.
            with socket.create_connection((self.address, self.port), timeout=5) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def reboot(self) -> None:
        """Restart it in order, through its own boot loader, and wait until it is up again."""
        before = self.boot_id()
        self.run(["systemctl", "reboot"], check=False)
        close_connections(self.control)
        wait_until(lambda: self._booted_since(before), seconds=BOOT_SECONDS, what=f"reboot of {self.name}", pause=1)
        self._wait(BOOT_SECONDS)

    def boot_id(self) -> str:
        return self.read("/proc/sys/kernel/random/boot_id").strip()

    def _booted_since(self, before: str) -> bool:
        if not self._answers():
            return False
        done = self.ssh(["cat", "/proc/sys/kernel/random/boot_id"], check=False)
        return done.returncode == 0 and done.stdout.strip() != before

    def save(self, path: Path) -> None:
        """Write its state to a file and end it."""
        close_connections(self.control)
        with Monitor(self.directory / "qmp") as monitor:
            monitor.save(path)
        self.stop()

    def stop(self) -> None:
        """End it at once and remove what belongs to it."""
        close_connections(self.control)
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=60)
            self._process = None
        shutil.rmtree(self.directory, ignore_errors=True)

    def run(
        self, argv: Sequence[str], *, check: bool = True, data: str | None = None, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as root, over a connection that is kept."""
        shared = ["-o", "ControlMaster=auto", "-o", "ControlPersist=60s", "-o", f"ControlPath={self.control}/own"]
        return self._ssh(argv, "root", shared, check=check, data=data, timeout=timeout)

    def ssh(
        self,
        argv: Sequence[str],
        *,
        user: str = "root",
        check: bool = True,
        data: str | None = None,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command over a new SSH connection as `user`."""
        return self._ssh(argv, user, [], check=check, data=data, timeout=timeout)

    def _ssh(
        self, argv: Sequence[str], user: str, options: list[str], *, check: bool, data: str | None, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        target = [f"{user}@{self.address}", "-p", str(self.port)]
        command = ["ssh", "-i", str(self.key), *SSH_OPTIONS, "-o", "ConnectTimeout=60", *options, *target, "--"]
        return run([*command, shlex.join(argv)], check=check, data=data, timeout=timeout)

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file as root, with its parent directories."""
        script = 'mkdir -p "$(dirname "$1")" && cat > "$1" && chmod "$2" "$1"'
        self.run(["sh", "-c", script, "write", path, f"{mode:o}"], data=text)

    def read(self, path: str) -> str:
        """The contents of a file."""
        return self.run(["cat", path]).stdout

    def snapshot(self) -> snapshot.Snapshot:
        """A fingerprint of what can be written on a running system; taken inside, for nobody else sees its mounts."""
        program = Path(snapshot.__file__).read_text() + "\nprint(as_json(take('/', VARYING)))\n"
        return snapshot.from_json(self.run(["python3", "-"], data=program, timeout=300).stdout)


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def sweep() -> None:
    """Remove what machines of ended processes left behind; they themselves ended with their process."""
    for path in state_directory().glob(PREFIX + "*"):
        pid, start = path.name.split("-")[1:3]
        if str(process_start(int(pid))) != start:
            shutil.rmtree(path, ignore_errors=True)
