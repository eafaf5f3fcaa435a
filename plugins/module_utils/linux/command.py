# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one command on the target, bounded in time and in output, with nothing written."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import Dict, List, Sequence

MAX_OUTPUT_BYTES = 8 * 1024 * 1024
MAX_DYING = 2.0
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class CommandResult:
    """What a command gave. ``problem`` says why there is no result; ``missing`` that there is no such command."""

    exit_code: int = 0
    stdout: str = ""
    stderr: str = ""
    problem: str = ""
    missing: bool = False


def run_command(argv: Sequence[str], timeout: float) -> CommandResult:
    """Run ``argv`` without a shell, in the C locale, for at most ``timeout`` seconds."""
    environment = {
        "PATH": SEARCH_PATH,
        "LC_ALL": "C",
        "LANG": "C",
        "HOME": "/",
        "SYSTEMD_COLORS": "0",
        "SYSTEMD_PAGER": "",
    }
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd="/",
            # A group of its own, so that a hung command's children end with it.
            start_new_session=True,
        )
    except FileNotFoundError:
        return CommandResult(problem="not installed", missing=True)
    except OSError as problem:
        return CommandResult(problem="cannot be started: %s" % os.strerror(problem.errno or 0))
    try:
        return _collect(process, timeout)
    except BaseException:
        _kill_group(process)
        raise
    finally:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _collect(process: subprocess.Popen[bytes], timeout: float) -> CommandResult:
    deadline = time.monotonic() + timeout
    chunks: Dict[int, List[bytes]] = {}
    size = 0
    problem = ""
    with selectors.DefaultSelector() as selector:
        for stream in (process.stdout, process.stderr):
            if stream is None:  # both are pipes; this tells it to the type checker
                continue
            chunks[stream.fileno()] = []
            selector.register(stream.fileno(), selectors.EVENT_READ)
        while selector.get_map() and not problem:
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready or time.monotonic() > deadline:
                problem = "no answer within %g seconds" % timeout
            for key, _event in ready:
                data = os.read(key.fd, 65536)
                size += len(data)
                chunks[key.fd].append(data)
                if not data:
                    selector.unregister(key.fd)
            if size > MAX_OUTPUT_BYTES:
                problem = "printed more than %d bytes" % MAX_OUTPUT_BYTES
    if not problem:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            problem = "no end within %g seconds" % timeout
    if problem:
        _kill_group(process)
        return CommandResult(problem=problem)
    stdout, stderr = [b"".join(parts).decode("utf-8", "backslashreplace") for parts in chunks.values()]
    return CommandResult(process.returncode, stdout, stderr)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    try:
        # One that hangs in the kernel is left behind: no signal ends it.
        process.wait(MAX_DYING)
    except subprocess.TimeoutExpired:
        pass
