"""Lend clean hosts of a pool, one test after the other."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import final

from tests.hosts.host import Host
from tests.hosts.pool import Pool


@final
class Lender:
    """Keeps count of which hosts are clean, and resets returned ones in the background."""

    def __init__(self, pool: Pool, *, workers: int = 2) -> None:
        self.pool = pool
        self._resetting: list[Future[Host]] = []
        self._workers = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="host-reset")

    def __enter__(self) -> Lender:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the resets that have begun, so that the pool can be closed."""
        self._workers.shutdown(wait=True, cancel_futures=True)

    @contextmanager
    def lend(self, count: int = 1) -> Iterator[list[Host]]:
        """`count` clean hosts for the length of the block; more are booted when there are not enough."""
        hosts = self._clean(count)
        try:
            yield hosts
        finally:
            self._resetting.extend(self._workers.submit(_reset, host) for host in hosts)

    def _clean(self, count: int) -> list[Host]:
        # Those that have come back are taken in order: the first has had the most time to reset.
        taken = [self._resetting.pop(0).result() for _rest in range(min(count, len(self._resetting)))]
        if len(taken) < count:
            taken.extend(self.pool.start(count - len(taken)))
        return taken


def _reset(host: Host) -> Host:
    host.reset()
    return host
