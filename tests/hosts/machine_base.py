"""A virtual machine that has booted once, kept in the cache with its memory: disks, saved state and key.

Starting takes a minute and a half under software emulation, going on from the saved state a few seconds.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.hosts import accounts, machine_disk
from tests.hosts.base import Base
from tests.hosts.machine import HARDWARE, PROGRAM, Machine
from tests.hosts.system import cache_directory, locked, run

STATE = "state"
KEY = "key"
# Once, when all is mounted: what mkfs does not copy of the topmost directories, and the boot menu as update-grub
# writes it. The saved time may be shortly before a daily job, which would then begin in every test.
PREPARE = """\
set -eu
chmod 1777 /var/tmp
chmod 0750 /var/log/audit
update-grub
systemctl stop '*.timer'
sync
"""


@dataclass(frozen=True)
class MachineBase:
    """The saved machine of a server's tree; `directory()` makes it when it is not there yet."""

    base: Base

    @cached_property
    def path(self) -> Path:
        """Its name follows from all that it is made of: the tree, the recipe, and QEMU, which reads no other's state."""
        parts = (
            self.base.path.name,
            run([PROGRAM, "--version"]).stdout,
            Path(machine_disk.__file__).read_text(),
            Path(accounts.__file__).read_text(),
            PREPARE,
            *HARDWARE,
        )
        digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
        return cache_directory() / "machine" / f"{self.base.suite}-{digest}"

    @property
    def name(self) -> str:
        """What the machine calls itself."""
        return f"{self.base.suite}-vm"

    def directory(self) -> Path:
        """The finished one. Parallel callers wait for the one that makes it."""
        if not self.path.is_dir():
            with locked(self.path.with_name(self.path.name + ".lock")):
                if not self.path.is_dir():
                    self._make()
        return self.path

    def _make(self) -> None:
        unfinished = self.path.with_name(f".{self.path.name}.unfinished")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        key = accounts.make_key(unfinished / KEY)
        machine_disk.build(self.base.tree(), unfinished, key, self.name)
        self._save(unfinished)
        # Written back before it is named, so that a crash cannot leave half of it under the final name.
        run(["sync", "-f", str(unfinished)], timeout=300)
        unfinished.rename(self.path)

    def _save(self, directory: Path) -> None:
        with Machine(directory, self.name, throw_away=False) as machine:
            machine.start()
            machine.run(["sh", "-c", PREPARE], timeout=300)
            machine.save(directory / STATE)

    def machine(self) -> Machine:
        """A machine that goes on from the saved state; what it writes is thrown away when it ends."""
        return Machine(self.directory(), self.name, resume=STATE)
