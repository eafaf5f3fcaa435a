"""How pools end: in order, by a signal, or, after their process was killed, by the next one's sweep.

All three use `dismantle`, which needs nothing but the pool's directory.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import FrameType

from tests.hosts import container, network
from tests.hosts.host import close_connections
from tests.hosts.system import boot_id, locked, mounts_below, process_start, state_directory

RECORD = "pool.json"
FORWARDING_BEFORE = "ip_forward.before"

_open: dict[str, Callable[[], None]] = {}
_owner = 0


def state_lock() -> AbstractContextManager[None]:
    """Held while pools are set up, taken down or swept, so that two processes never do so at once."""
    return locked(state_directory() / "lock")


def pool_directories() -> list[Path]:
    """One directory for each pool that exists, whole or not."""
    state = state_directory()
    return sorted(path for path in state.glob("hc*") if path.is_dir()) if state.is_dir() else []


def sweep() -> None:
    """Dismantle what dead processes left behind. The caller holds the state lock."""
    for directory in pool_directories():
        if is_stale(directory):
            dismantle(directory)


def is_stale(directory: Path) -> bool:
    """Whether nobody answers for a pool any more. One without a record died while it was being made."""
    try:
        record = json.loads((directory / RECORD).read_text())
    except (FileNotFoundError, ValueError):
        return True
    if record["boot_id"] != boot_id():
        return True
    owner = record["owner"]
    return owner is not None and process_start(owner["pid"]) != owner["start"]


def dismantle(directory: Path) -> None:
    """End the pool's containers, undo its mounts, remove its network and its files; whatever there is of it."""
    for control in directory.glob("*/cm"):
        close_connections(control)
    container.stop(directory, f"{directory.name}-*")
    container.unmount(directory)
    network.remove(directory.name)
    left = mounts_below(directory)
    if left:
        raise RuntimeError(f"still mounted: {', '.join(left)}")
    if directory.exists():
        shutil.rmtree(directory)
    if not pool_directories():
        restore_forwarding()


def enable_forwarding() -> None:
    """Let the machine route for its hosts, and remember how it was before the first pool."""
    before = state_directory() / FORWARDING_BEFORE
    if not before.exists():
        before.write_text(network.forwarding())
    network.set_forwarding("1")


def restore_forwarding() -> None:
    before = state_directory() / FORWARDING_BEFORE
    if before.exists():
        network.set_forwarding(before.read_text())
        before.unlink()


def close_at_exit(identity: str, close: Callable[[], None]) -> None:
    """Call `close` when this process ends, be it by SIGTERM or SIGHUP."""
    global _owner  # noqa: PLW0603
    if _owner != os.getpid():
        _owner = os.getpid()
        _open.clear()
        atexit.register(_close_all)
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGHUP):
                if signal.getsignal(number) is signal.SIG_DFL:
                    signal.signal(number, _interrupt)
    _open[identity] = close


def closed(identity: str) -> None:
    """The pool is gone; nothing is left to do at exit."""
    _open.pop(identity, None)


def _close_all() -> None:
    # A forked child inherits the list, but the pools are its parent's.
    if os.getpid() == _owner:
        for close in list(_open.values()):
            close()


@contextmanager
def signals_held() -> Iterator[None]:
    """Let a signal that interrupts wait until the block is left: what began in it is known to whoever cleans up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    held = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in held:
        signal.signal(number, lambda sent, _frame: waiting.append(sent))
    try:
        yield
    finally:
        for number, handler in held.items():
            signal.signal(number, handler)
        for sent in waiting:
            signal.raise_signal(sent)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    """As Ctrl-C does: context managers and pytest's fixtures are left in order."""
    raise KeyboardInterrupt(f"signal {signal.Signals(number).name}")
