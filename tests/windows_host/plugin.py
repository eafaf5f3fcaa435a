"""Fixtures: Windows-like machines, each made once and kept for the session (with pytest-xdist: the worker's)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.hosts.base import WINDOWS, Base
from tests.hosts.plugin import require_hosts
from tests.hosts.pool import Pool
from tests.hosts.windows_tree import missing_windows_folder
from tests.windows_host.machine import WindowsHost, drive_of
from tests.windows_host.replay import MEMBER_SERVER, Replay

WindowsHosts = Callable[..., WindowsHost]


@pytest.fixture(scope="session")
def windows_pool() -> Iterator[Pool]:
    """A booted host that the Windows-like machines are on."""
    require_hosts()
    missing = missing_windows_folder()
    if missing:
        pytest.skip(f"left out on this machine: {', '.join(missing)}")
    with Pool(Base("trixie", WINDOWS)) as pool:
        pool.start(1)
        yield pool


@pytest.fixture(scope="session")
def windows_machines(windows_pool: Pool) -> Iterator[Callable[[str], WindowsHost]]:
    """A function that gives the machine of a release as it is; it is booted when it is asked for first."""
    known: dict[str, WindowsHost] = {}
    with ExitStack() as servers:

        def machine(release: str) -> WindowsHost:
            if release not in known:
                (host,) = windows_pool.hosts
                replay = servers.enter_context(Replay(host.gateway, drive_of(host, release)))
                known[release] = WindowsHost(host, release, replay)
                known[release].start()
            return known[release]

        yield machine


@pytest.fixture
def windows_host(windows_machines: Callable[[str], WindowsHost]) -> WindowsHosts:
    """A function that gives a machine of a release (2019, 2022, 2025, 11), as good as new: `windows_host("2022", role=3)`."""

    def machine(release: str = "2022", role: int = MEMBER_SERVER) -> WindowsHost:
        found = windows_machines(release)
        found.renew(role)
        return found

    return machine
