"""Nothing of a pool stays behind, however its process ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts import container, network, sweeping, traces
from tests.hosts.base import Base
from tests.hosts.pool import Pool, pools
from tests.hosts.system import wait_until

pytestmark = pytest.mark.hosts

REPOSITORY = Path(__file__).parents[2]
# Who starts the tests in the background, or under nohup, hands down signals that are ignored; the child begins afresh.
CHILD = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from tests.hosts.pool import Pool
with Pool() as pool:
    print(pool.identity, flush=True)
    pool.start(int(sys.argv[1]))
    print("booted", flush=True)
    time.sleep(120)
"""


class Child:
    """A process of its own that holds a pool."""

    def __init__(self, hosts: int = 1) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(hosts)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.identity = self.process.stdout.readline().strip()

    def wait_booted(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == "booted"

    def end(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        self.process.wait(timeout=60)


@pytest.fixture
def child() -> Iterator[Child]:
    running = Child()
    yield running
    if running.process.poll() is None:
        running.end(signal.SIGTERM)
    if running.process.stdout is not None:
        running.process.stdout.close()


@pytest.fixture(autouse=True)
def _base_is_there() -> None:
    Base().tree()


def test_a_closed_pool_leaves_nothing() -> None:
    with Pool() as pool:
        locks = [container.lock_file(host.root) for host in pool.start(2)]
        assert all(lock.exists() for lock in locks)
        assert len(traces.find(pool.identity)) > 5
    assert not traces.find(pool.identity)
    assert not any(lock.exists() for lock in locks)


def test_an_exception_leaves_nothing() -> None:
    pool = Pool()

    def fail_with_a_host() -> None:
        with pool:
            pool.start()
            raise LookupError

    with pytest.raises(LookupError):
        fail_with_a_host()
    assert not traces.find(pool.identity)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_leaves_nothing(child: Child, number: signal.Signals) -> None:
    child.wait_booted()
    assert traces.find(child.identity)
    child.end(number)
    assert not traces.find(child.identity)


def test_a_signal_while_booting_leaves_nothing(child: Child) -> None:
    child.end(signal.SIGTERM)
    assert not traces.find(child.identity)


def test_a_signal_waits_till_the_threads_are_known() -> None:
    known: list[str] = []
    before = signal.signal(signal.SIGTERM, lambda _number, _frame: known.append("signal"))
    try:
        with sweeping.signals_held():
            signal.raise_signal(signal.SIGTERM)
            known.append("thread")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert known == ["thread", "signal"]


def test_what_a_killed_process_left_is_swept_by_the_next_pool(child: Child) -> None:
    child.wait_booted()
    child.end(signal.SIGKILL)
    assert traces.find(child.identity)
    with Pool():
        pass
    assert not traces.find(child.identity)


def test_a_process_killed_while_booting_is_swept_as_well(child: Child) -> None:
    root = Pool(identity=child.identity).directory / "1/root/etc"
    wait_until(root.exists, seconds=30, what="mount")
    child.end(signal.SIGKILL)
    with sweeping.state_lock():
        sweeping.sweep()
    assert not traces.find(child.identity)


def test_a_pool_in_use_is_not_swept(child: Child) -> None:
    child.wait_booted()
    with sweeping.state_lock():
        sweeping.sweep()
    assert any(pool.identity == child.identity for pool in pools())
    assert any(found.startswith("process") for found in traces.find(child.identity))


def test_pools_side_by_side_have_networks_of_their_own(child: Child) -> None:
    child.wait_booted()
    with Pool() as pool:
        others = [other.network.subnet for other in pools() if other.network and other.identity != pool.identity]
        assert pool.network is not None
        assert not any(pool.network.subnet.overlaps(other) for other in others)


def test_forwarding_is_on_while_a_pool_is_open() -> None:
    with Pool():
        assert network.forwarding() == "1"


def test_the_command_line_brings_up_and_takes_down(tmp_path: Path) -> None:
    def call(*arguments: str) -> dict[str, object]:
        argv = [sys.executable, "-m", "tests.hosts", *arguments]
        done = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=600)
        found: dict[str, object] = json.loads(done.stdout)
        return found

    label = f"pytest-{os.getpid()}"
    inventory = tmp_path / "hosts.json"
    up = call("up", "--pool", label, "--names", "one", "two", "--inventory", str(inventory))
    try:
        assert up["changed"] is True
        assert list(json.loads(inventory.read_text())["all"]["children"]["test_hosts"]["hosts"]) == ["one", "two"]
        again = call("up", "--pool", label, "--names", "one", "two")
        assert (again["changed"], again["identity"]) == (False, up["identity"])
        assert any(pool["identity"] == up["identity"] for pool in call("list"))  # type: ignore[index]
    finally:
        assert call("down", "--pool", label) == {"changed": True}
    assert call("down", "--pool", label) == {"changed": False}
    assert not traces.find(str(up["identity"]))
