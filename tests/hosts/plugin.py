"""Fixtures: clean booted hosts for a test.

Hosts are lent from pools that live as long as the test session (with pytest-xdist: as long as the worker).
A host that comes back is reset in the background, while the next test already uses another.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.hosts import inventory
from tests.hosts.base import Base
from tests.hosts.host import Host
from tests.hosts.lending import Lender
from tests.hosts.machine import Machine
from tests.hosts.machine_base import MachineBase
from tests.hosts.pool import Pool
from tests.hosts.requirements import missing_machine_requirements, missing_requirements
from tests.hosts.system import run

HostFactory = Callable[[int], list[Host]]


def require_hosts() -> None:
    """Skip, with the reason, where this machine cannot boot hosts. (The conftest makes that a failure in CI.)"""
    missing = missing_requirements()
    if missing:
        pytest.skip(f"left out on this machine: missing {', '.join(missing)}")


def _session_lender(base: Base) -> Iterator[Lender]:
    require_hosts()
    with Pool(base) as pool, Lender(pool) as lender:
        yield lender


@pytest.fixture(scope="session")
def debian12_lender() -> Iterator[Lender]:
    """Clean Debian 12 hosts, for fixtures of one's own with another scope."""
    yield from _session_lender(Base("bookworm"))


@pytest.fixture(scope="session")
def debian13_lender() -> Iterator[Lender]:
    """Clean Debian 13 hosts, for fixtures of one's own with another scope."""
    yield from _session_lender(Base("trixie"))


@pytest.fixture(scope="session")
def server_lender() -> Iterator[Lender]:
    """Clean Debian 12 servers with what usually runs on one."""
    yield from _session_lender(Base("bookworm", "server"))


@pytest.fixture
def server_host(server_lender: Lender) -> Iterator[Host]:
    """A clean Debian 12 server with what usually runs on one."""
    with server_lender.lend(1) as hosts:
        yield hosts[0]


@pytest.fixture
def debian13_server() -> Iterator[Host]:
    """A clean Debian 13 server with what usually runs on one, for the one long test that asks for it."""
    for lender in _session_lender(Base("trixie", "server")):
        with lender.lend(1) as hosts:
            yield hosts[0]


def _machine_base(suite: str) -> MachineBase:
    missing = missing_machine_requirements()
    if missing:
        pytest.skip(f"left out on this machine: missing {', '.join(missing)}")
    base = MachineBase(Base(suite, "server"))
    base.directory()
    return base


@pytest.fixture(scope="session")
def machine_base() -> MachineBase:
    """A Debian 12 server with a kernel of its own, booted once and saved."""
    return _machine_base("bookworm")


@pytest.fixture(scope="session")
def debian13_machine_base() -> MachineBase:
    """A Debian 13 server with a kernel of its own, booted once and saved."""
    return _machine_base("trixie")


@pytest.fixture
def machine(machine_base: MachineBase) -> Iterator[Machine]:
    """A clean Debian 12 server with a kernel of its own: a virtual machine."""
    with machine_base.machine() as machine:
        machine.start()
        yield machine


@pytest.fixture
def debian13_machine(debian13_machine_base: MachineBase) -> Iterator[Machine]:
    """A clean Debian 13 server with a kernel of its own: a virtual machine."""
    with debian13_machine_base.machine() as machine:
        machine.start()
        yield machine


@pytest.fixture
def booted_host(debian12_lender: Lender) -> Iterator[Host]:
    """A clean Debian 12 host."""
    with debian12_lender.lend(1) as hosts:
        yield hosts[0]


@pytest.fixture
def booted_hosts(debian12_lender: Lender) -> Iterator[HostFactory]:
    """A function that gives as many clean Debian 12 hosts as it is asked for."""
    with ExitStack() as loans:
        yield lambda count: loans.enter_context(debian12_lender.lend(count))


@pytest.fixture
def debian13_host(debian13_lender: Lender) -> Iterator[Host]:
    """A clean Debian 13 host."""
    with debian13_lender.lend(1) as hosts:
        yield hosts[0]


@pytest.fixture
def write_inventory(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes an inventory of hosts: `write_inventory([host, ...], user="auditor")`."""

    def write(hosts: list[Host], **options: Any) -> Path:
        return inventory.write(hosts, tmp_path / "inventory.json", **options)

    return write


@pytest.fixture
def run_ansible() -> Callable[..., str]:
    """A function that runs `ansible`, or another of its `program`s, with these arguments and returns what it prints."""

    def call(*arguments: object, program_name: str = "ansible") -> str:
        program = Path(sys.executable).with_name(program_name)
        return run([str(program), *map(str, arguments)], timeout=120).stdout

    return call


@pytest.fixture
def ansible_booted_host(booted_host: Host, write_inventory: Callable[..., Path]) -> Any:
    """Ansible's modules as functions on a clean host, through pytest-ansible.

    `ansible_booted_host.setup()` runs a module; `.contacted[name]` of what it returns is its result.
    """
    host_manager = pytest.importorskip(
        "pytest_ansible.host_manager.utils", reason="left out on this machine: missing pytest-ansible"
    )
    path = write_inventory([booted_host])
    manager = host_manager.get_host_manager(inventory=str(path), host_pattern=booted_host.name)
    return manager[booted_host.name]
