"""The part of QEMU's machine protocol that is needed to save a virtual machine and to end it."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from types import TracebackType
from typing import Any, final

from tests.hosts.system import wait_until


class MonitorError(RuntimeError):
    """QEMU refused a command, or has ended."""


@final
class Monitor:
    """A connection to the socket that a virtual machine was started with."""

    def __init__(self, path: Path, seconds: float = 30) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(seconds)
        # QEMU makes the socket before it listens there.
        wait_until(lambda: self._connects(path), seconds=seconds, what=f"QEMU's socket {path}")
        self._lines = self._socket.makefile("r")
        self._lines.readline()  # the greeting
        self.call("qmp_capabilities")

    def _connects(self, path: Path) -> bool:
        return self._socket.connect_ex(str(path)) == 0

    def __enter__(self) -> Monitor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.close()
        self._socket.close()

    def call(self, command: str, **arguments: Any) -> Any:
        """Return what QEMU answers; events that come in between are passed over."""
        request = {"execute": command, **({"arguments": arguments} if arguments else {})}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        for line in self._lines:
            answer = json.loads(line)
            if "error" in answer:
                raise MonitorError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
        raise MonitorError(f"{command}: QEMU has ended")

    def save(self, path: Path, seconds: float = 120) -> None:
        """Hold the machine and write its memory and devices to a file; its disks stay as they are then."""
        self.call("stop")
        self.call("migrate-set-parameters", **{"max-bandwidth": 1 << 33})
        self.call("migrate", uri=f"exec:cat > {path}")
        wait_until(self._saved, seconds=seconds, what=f"{path}", pause=0.2)

    def go_on(self, seconds: float = 60) -> None:
        """Let a machine run once its saved state is read; it was saved while it was held."""
        wait_until(lambda: self.call("query-status")["status"] != "inmigrate", seconds=seconds, what="saved state")
        self.call("cont")

    def _saved(self) -> bool:
        status = self.call("query-migrate")
        if status["status"] in ("failed", "cancelled"):
            raise MonitorError(f"the machine was not saved: {status}")
        return bool(status["status"] == "completed")
