# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer a request within its time, whatever a reader hangs on.

The readers run in a process of their own. One that hangs in the kernel, on a server that is gone, cannot be ended by any
signal; a thread would keep the whole module from ending with it, a child is left behind. Where it hangs at a setting that
is read apart, another child reads the rest, and does not touch what the first one hangs at.
"""

from __future__ import annotations

import json
import mmap
import os
import select
import signal
import sys
import time
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, NoReturn, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError, error
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import (
    APART,
    gathered,
    host_for,
    keys_of,
    parse,
    stats,
    steps,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.request import RequestError

MAX_SECONDS = 300.0
MAX_SCAN_SECONDS = 1800.0
NICE = 10
GRACE = 1.0
# A setting that is read apart may take one such part of the time, and so many may hang.
PARTS = 5
MAX_HUNG = 4
ENDED = "ended too early"
REMEDY = "look for a mount that does not answer, or raise hipaa_cis_observe_max_seconds"
READ_BYTES = 1 << 16
MAX_PLACE = 4096
MAX_SHOWN = 200
Step = Dict[str, Any]
Maker = Callable[[], Iterable[Step]]


def observe_in_time(
    request_text: str, make_host: Optional[Callable[[Mapping[str, Any]], Host]] = None
) -> Dict[str, Any]:
    """Answer like `observe`; what is not there in time is an error of its setting. Raises `RequestError`."""
    started = time.monotonic()
    request = parse(request_text)
    options = request.get("options", {})
    limits = [float(options.get("observe_max_seconds", MAX_SECONDS))]
    # The walks come last and have a time of their own on top.
    limits.append(limits[0] + float(options.get("scan_max_seconds", MAX_SCAN_SECONDS)))
    place = Place()

    def make() -> Iterable[Step]:
        host = (make_host or host_for)(options)
        host.note = place.note
        return steps(request, host, gathered(told)["observations"])

    told: List[Step] = []
    for left in range(MAX_HUNG, -1, -1):
        child, stream = _start(make, gentle=bool(options.get("gentle", True)))
        try:
            problem = _collect(stream, started, limits, told)
        finally:
            os.close(stream)
            ended = _end(child)
        if not _is_told_apart(told, problem, place) or not left or time.monotonic() > started + limits[0]:
            break
    answer = gathered(told)
    if "facts" not in answer:
        raise RequestError("asking the host what it is %s (%s); %s" % (problem, ended, REMEDY))
    for key in keys_of(request, answer["benchmarks"]):
        if key not in answer["observations"]:
            answer["observations"][key] = error(_reason(request["settings"][key][0], answer, problem, ended)).as_dict()
    answer.pop("reading", None)
    answer["stats"] = stats(started)
    return answer


def _is_told_apart(told: List[Step], problem: str, place: Place) -> bool:
    """Return whether the child hung at a setting that it read apart; that has its answer then, and its place is not touched again."""
    key = told[-1].get("apart") if told else None
    if not key or not problem or problem == ENDED:
        return False
    reason = "looking at %s %s; %s" % (place.give_up() or "it", problem, REMEDY)
    told.append({"observations": {key: error(reason).as_dict()}})
    return True


class Place:
    """What the child touches, in memory that it shares with its parent, and what no child is to touch any more."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, MAX_PLACE + 2)
        self._barred: List[bytes] = []

    def note(self, what: str) -> None:
        """Note what is touched next. Raises `ReadError` where that, or what it lies in, did not answer before."""
        # Also what no file can be named is noted: it is refused by whoever touches it.
        data = what.encode("utf-8", "backslashreplace")[:MAX_PLACE]
        for barred in self._barred:
            if data == barred or data.startswith(barred + b"/"):
                raise ReadError("%s did not answer; %s" % (barred.decode("utf-8", "replace"), REMEDY))
        self._memory[: len(data) + 2] = len(data).to_bytes(2, "big") + data

    def give_up(self) -> str:
        """Return what was noted last, shortened, and let nobody touch it any more."""
        data = self._memory[2 : 2 + int.from_bytes(self._memory[:2], "big")]
        self._memory[:2] = bytes(2)
        if data:
            self._barred.append(data)
        return data.decode("utf-8", "replace")[:MAX_SHOWN]


def _start(make: Maker, gentle: bool) -> Tuple[int, int]:
    """Return the number of the process that takes the steps, and where they can be read, one JSON document a line."""
    stream, theirs = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if not child:
        os.close(stream)
        _work(make, theirs, gentle)
    os.close(theirs)
    return child, stream


def _work(make: Maker, stream: int, gentle: bool) -> NoReturn:
    """Take the steps, as the child, and end without anything that the module does at its own end."""
    code = 1
    try:
        # The connection ends when nothing holds its streams any more.
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nowhere, number)
        signal.signal(signal.SIGTERM, _stop)
        if gentle:
            # The priority of input and output follows that of the processor (ioprio_set(2)).
            os.nice(NICE)
        for step in make():
            _write(stream, json.dumps(step).encode() + b"\n")
        code = 0
    finally:
        os._exit(code)


def _stop(_number: int, _frame: object) -> None:
    # Not a plain end: a command that is running is ended on the way out.
    raise KeyboardInterrupt


def _write(stream: int, data: bytes) -> None:
    while data:
        data = data[os.write(stream, data) :]


def _collect(stream: int, started: float, limits: List[float], told: List[Step]) -> str:
    """Add the steps to ``told`` as they come; return what was wrong, or nothing at their end."""
    limit = limits[0]
    part = limits[0] / PARTS
    rest = b""
    while True:
        left = started + limit - time.monotonic()
        apart = bool(told and told[-1].get("apart")) and part < left
        if left <= 0 or not select.select([stream], [], [], part if apart else left)[0]:
            return "was not done within %g seconds" % (part if apart else limit)
        data = os.read(stream, READ_BYTES)
        if not data:
            return "" if told and "stats" in told[-1] else ENDED
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            told.append(json.loads(line))
            if told[-1].get("walks"):
                limit = limits[1]


def _end(child: int) -> str:
    """End the child; return how it ended, or that it is left behind."""
    for number in (None, signal.SIGTERM, signal.SIGKILL):
        if number is not None:
            os.kill(child, number)
        for _attempt in _until(GRACE):
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return "signal %d" % os.WTERMSIG(status) if os.WIFSIGNALED(status) else "exit code %d" % (status >> 8)
    return "it cannot be ended"


def _until(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    pause = 0.001
    while True:
        yield
        if time.monotonic() > end:
            return
        time.sleep(pause)
        pause = min(2 * pause, 0.05)


def _reason(kind: str, answer: Mapping[str, Any], problem: str, ended: str) -> str:
    """Return why there is no observation of a kind."""
    last = answer.get("reading", "")
    if problem == ENDED:
        return "the process that reads ended at %s (%s)" % (last or "its start", ended)
    what = (
        "reading it"
        if last == kind and kind not in APART
        else "it was not looked at, for reading %s" % (last or "anything")
    )
    return "%s %s; %s" % (what, problem, REMEDY)
