"""A virtual machine is what it promises to be, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hosts import machine_disk
from tests.hosts.machine import Machine, sweep
from tests.hosts.machine_base import MachineBase
from tests.hosts.system import process_start, wait_until

pytestmark = [pytest.mark.hosts, pytest.mark.machine]

REPOSITORY = Path(__file__).parents[2]
CHILD = """
import time
from tests.hosts.base import Base
from tests.hosts.machine_base import MachineBase
machine = MachineBase(Base("bookworm", "server")).machine()
machine.start()
print(machine.directory, machine.pid, flush=True)
time.sleep(120)
"""


def test_it_has_a_kernel_mounts_and_an_audit_daemon_of_its_own(machine: Machine) -> None:
    assert machine.read("/proc/2/comm").strip() == "kthreadd"
    assert machine.run(["systemctl", "is-active", "auditd", "apparmor"]).stdout.split() == ["active", "active"]
    mounted = machine.run(["findmnt", "--noheadings", "--list", "--output", "TARGET", "--types", "ext4"]).stdout.split()
    assert set(mounted) == {"/", *("/" + name for name in machine_disk.SEPARATE)}
    assert "BOOT_IMAGE=" in machine.read("/proc/cmdline")
    assert machine.ssh(["sudo", "-n", "id", "-un"], user="auditor").stdout.strip() == "root"


def test_what_it_writes_is_gone_with_it(machine_base: MachineBase) -> None:
    with machine_base.machine() as first:
        first.start()
        first.write("/etc/mine", "x")
        assert "/etc/mine" in first.snapshot().entries
    assert not first.directory.exists()
    with machine_base.machine() as second:
        second.start()
        assert second.run(["ls", "/etc/mine"], check=False).returncode != 0


def test_it_ends_with_a_process_that_is_killed(machine_base: MachineBase) -> None:
    machine_base.directory()
    child = subprocess.Popen([sys.executable, "-c", CHILD], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    directory, pid = child.stdout.readline().split()
    os.kill(child.pid, signal.SIGKILL)
    child.wait(timeout=60)
    child.stdout.close()
    wait_until(lambda: process_start(int(pid)) is None, seconds=10, what="end of QEMU")
    assert Path(directory).exists()
    sweep()
    assert not Path(directory).exists()
