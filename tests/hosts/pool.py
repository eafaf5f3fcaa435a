"""A pool: hosts of one base on a network of their own, taken down together whatever happens."""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path
from types import TracebackType
from typing import final

from tests.hosts import accounts, network, sweeping
from tests.hosts.base import Base
from tests.hosts.host import Host
from tests.hosts.sweeping import RECORD, pool_directories, state_lock
from tests.hosts.system import boot_id, process_start, state_directory


@final
@dataclass
class Pool:
    """Use it as a context manager, or `open()` and `close()` it.

    A pool belongs to the process that opened it and is swept by the next one if that process dies.
    A `kept` pool belongs to nobody: it stays until `close()` or until the machine restarts.
    """

    base: Base = field(default_factory=Base)
    label: str = ""
    kept: bool = False
    identity: str = field(default_factory=lambda: f"hc{secrets.token_hex(3)}")
    hosts: list[Host] = field(default_factory=list)
    network: network.Network | None = None
    _growing: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def directory(self) -> Path:
        return state_directory() / self.identity

    def open(self) -> Pool:
        """Build the base if need be, then set up directory, key and network."""
        self.base.tree()
        if not self.kept:
            sweeping.close_at_exit(self.identity, self.close)
        with state_lock():
            sweeping.sweep()
            self.directory.mkdir(mode=0o700)
            self._record()
            accounts.make_key(self.directory / "key")
            sweeping.enable_forwarding()
            self.network = network.Network(self.identity, network.free_subnet())
            self.network.create()
            self._record()
        return self

    def start(self, count: int = 1, names: Sequence[str] = ()) -> list[Host]:
        """Boot `count` more hosts (or as many as there are names) at the same time."""
        with self._growing:
            added = [self._describe(name, number) for number, name in self._names(count, names)]
            self.hosts.extend(added)
            self._record()
        in_parallel(Host.start, added)
        return added

    def _names(self, count: int, names: Sequence[str]) -> Iterator[tuple[int, str]]:
        first = len(self.hosts) + 1
        yield from enumerate(names or [f"{self.base.suite}-{first + index}" for index in range(count)], start=first)

    def _describe(self, name: str, number: int) -> Host:
        if self.network is None:
            raise RuntimeError("the pool is not open")
        return Host(
            name=name,
            address=self.network.address(number),
            gateway=self.network.gateway,
            prefix=self.network.subnet.prefixlen,
            machine=f"{self.identity}-{number}",
            bridge=self.network.bridge,
            key=self.directory / "key",
            lower=self.base.path,
            directory=self.directory / str(number),
        )

    def reset(self, hosts: Sequence[Host] = ()) -> None:
        """Make hosts (all, unless some are given) as good as new, at the same time."""
        in_parallel(Host.reset, hosts or self.hosts)

    def close(self) -> None:
        """Remove everything. Harmless when it is done already."""
        with state_lock():
            sweeping.dismantle(self.directory)
        self.hosts.clear()
        sweeping.closed(self.identity)

    def __enter__(self) -> Pool:
        try:
            return self.open()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _record(self) -> None:
        """Keep what another process needs to list, use or sweep this pool."""
        record = {
            "label": self.label,
            "suite": self.base.suite,
            "variant": self.base.variant,
            "boot_id": boot_id(),
            "owner": None if self.kept else {"pid": os.getpid(), "start": process_start(os.getpid())},
            "subnet": str(self.network.subnet) if self.network else None,
            "hosts": [host.name for host in self.hosts],
        }
        temporary = self.directory / f"{RECORD}.new"
        temporary.write_text(json.dumps(record, indent=2))
        temporary.replace(self.directory / RECORD)


def load(directory: Path) -> Pool:
    """The pool that lives in `directory`, as its record describes it."""
    record = json.loads((directory / RECORD).read_text())
    pool = Pool(Base(record["suite"], record["variant"]), record["label"], record["owner"] is None, directory.name)
    if record["subnet"]:
        pool.network = network.Network(pool.identity, IPv4Network(record["subnet"]))
        pool.hosts = [pool._describe(name, number) for number, name in enumerate(record["hosts"], start=1)]
    return pool


def pools() -> list[Pool]:
    """Every pool of this machine that is complete enough to be listed."""
    found = []
    for directory in pool_directories():
        try:
            found.append(load(directory))
        except (FileNotFoundError, ValueError):
            continue
    return found


def in_parallel(action: Callable[[Host], None], hosts: Sequence[Host]) -> None:
    """Call `action` with every host in threads; raises the first error after all have ended."""
    if not hosts:
        return
    with ThreadPoolExecutor(max_workers=min(len(hosts), 8)) as workers:
        # A thread that has begun but isn't known yet would go on booting while the pool is taken down.
        with sweeping.signals_held():
            outcomes = [workers.submit(action, host) for host in hosts]
        for outcome in outcomes:
            outcome.result()
