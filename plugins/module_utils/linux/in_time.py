# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer a request within its time, whatever a reader hangs on.

The readers run in processes of their own, two beside one another, for most hosts have more than one processor. One that hangs
in the kernel, on a server that is gone, cannot be ended by any signal; a thread would keep the whole module from ending with it,
a child is left behind. Where it hangs at a setting that is read apart, another child reads the rest, and does not touch what the
first one hangs at.
"""

from __future__ import annotations

import json
import mmap
import os
import select
import signal
import sys
import time
from typing import (
    Any,
    Callable,
    Collection,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NoReturn,
    Optional,
    Sequence,
    Tuple,
)

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
# What is read in a process of its own, beside all other kinds: about as much to compile and to read as those, and little of it the same.
BESIDE = (
    "accounts",
    "aide",
    "audit_rule",
    "authorized_keys",
    "directory",
    "filesystem_scan",
    "logrotate",
    "login_factors",
    "package_integrity",
    "package_source",
    "pam",
    "privileged_accounts",
    "shell_variable",
    "sshd_option",
    "su_access",
    "sudo",
    "umask",
)
Step = Dict[str, Any]
# What makes the steps of a lane that are left.
Maker = Callable[["_Lane"], Iterable[Step]]


def observe_in_time(
    request_text: str, make_host: Optional[Callable[[Mapping[str, Any]], Host]] = None
) -> Dict[str, Any]:
    """Answer like `observe`; what is not there in time is an error of its setting. Raises `RequestError`."""
    started = time.monotonic()
    request = parse(request_text)
    options = request.get("options", {})
    if options.get("root"):
        host_for(options)  # what is wrong with it is told at once

    def make(lane: _Lane) -> Iterable[Step]:
        host = (make_host or host_for)(options)
        host.note = lane.place.note
        return steps(request, host, gathered(lane.told)["observations"], lane.kinds)

    asked = {kind for kind, _address in request["settings"].values()}
    beside = asked.intersection(BESIDE) if len(os.sched_getaffinity(0)) > 1 else set()
    rows = [kinds for kinds in (asked - beside, beside) if kinds] or [asked]
    lanes = [_Lane(kinds, make, started, options) for kinds in rows]
    _follow(lanes)
    answer = gathered(step for lane in lanes for step in lane.told)
    if "facts" not in answer:
        raise RequestError("asking the host what it is %s (%s); %s" % (lanes[0].problem, lanes[0].ended, REMEDY))
    for key in keys_of(request, answer["benchmarks"]):
        if key not in answer["observations"]:
            kind = request["settings"][key][0]
            (lane,) = (one for one in lanes if kind in one.kinds)
            answer["observations"][key] = error(lane.reason(kind)).as_dict()
    answer.pop("reading", None)
    answer["stats"] = stats(started)
    return answer


def _follow(lanes: Sequence[_Lane]) -> None:
    """Let the lanes read until each is done or has no time left."""
    try:
        for lane in lanes:
            lane.start()
        while True:
            at_work = {lane.stream: lane for lane in lanes if lane.stream is not None}
            if not at_work:
                return
            soonest = min(lane.deadline() for lane in at_work.values())
            ready = select.select(list(at_work), [], [], max(0.0, soonest - time.monotonic()))[0]
            for stream, lane in at_work.items():
                if stream in ready:
                    lane.take()
                elif lane.deadline() <= time.monotonic():
                    lane.give_up()
    finally:
        for lane in lanes:
            lane.end()


class _Lane:
    """A process that reads some kinds, and what it has told: ``told``, ``problem`` (why that is not all, or nothing) and ``ended`` (how)."""

    def __init__(self, kinds: Collection[str], make: Maker, started: float, options: Mapping[str, Any]) -> None:
        self.kinds = kinds
        self.place = Place()
        self.told: List[Step] = []
        self.problem = ""
        self.ended = ""
        self.stream: Optional[int] = None
        self._make = make
        self._started = started
        self._gentle = bool(options.get("gentle", True))
        self._limit = float(options.get("observe_max_seconds", MAX_SECONDS))
        # The walks come last and have a time of their own on top.
        self._walks = float(options.get("scan_max_seconds", MAX_SCAN_SECONDS))
        self._hung = 0
        self._heard = started
        self._rest = b""

    def start(self) -> None:
        """Let a process take the steps that are left."""
        self._child, self.stream = _start(lambda: self._make(self), self._gentle)
        self._heard = time.monotonic()
        self._rest = b""

    def deadline(self) -> float:
        """Return when the next step has to be there, on the monotonic clock."""
        return self._times()[0]

    def _times(self) -> Tuple[float, float]:
        """Return when the next step has to be there, and how many seconds that allows."""
        limit = self._limit + (self._walks if any(step.get("walks") for step in self.told) else 0)
        end = self._started + limit
        part = self._limit / PARTS
        if self.told and self.told[-1].get("apart") and self._heard + part < end:
            return self._heard + part, part
        return end, limit

    def take(self) -> None:
        """Take what the process has told since; end it where that is all."""
        data = os.read(self.stream, READ_BYTES) if self.stream is not None else b""
        self._heard = time.monotonic()
        if not data:
            self.problem = "" if self.told and "stats" in self.told[-1] else ENDED
            self.end()
        *lines, self._rest = (self._rest + data).split(b"\n")
        self.told.extend(json.loads(line) for line in lines)

    def give_up(self) -> None:
        """End a process whose time is up; where it hung at a setting that it read apart, let another one read the rest."""
        self.problem = "was not done within %g seconds" % self._times()[1]
        key = self.told[-1].get("apart") if self.told else None
        self.end()
        if key:
            self._hung += 1
            reason = "looking at %s %s; %s" % (self.place.give_up() or "it", self.problem, REMEDY)
            self.told.append({"observations": {key: error(reason).as_dict()}})
            if self._hung <= MAX_HUNG and time.monotonic() <= self._started + self._limit:
                self.start()

    def end(self) -> None:
        """End the process, if there is one."""
        if self.stream is not None:
            os.close(self.stream)
            self.stream = None
            self.ended = _end(self._child)

    def reason(self, kind: str) -> str:
        """Return why there is no observation of a kind."""
        last = gathered(self.told).get("reading", "")
        if self.problem == ENDED:
            return "the process that reads ended at %s (%s)" % (last or "its start", self.ended)
        what = (
            "reading it"
            if last == kind and kind not in APART
            else "it was not looked at, for reading %s" % (last or "anything")
        )
        return "%s %s; %s" % (what, self.problem, REMEDY)


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


def _start(make: Callable[[], Iterable[Step]], gentle: bool) -> Tuple[int, int]:
    """Return the number of the process that takes the steps, and where they can be read, one JSON document a line."""
    stream, theirs = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if not child:
        os.close(stream)
        _work(make, theirs, gentle)
    os.close(theirs)
    return child, stream


def _work(make: Callable[[], Iterable[Step]], stream: int, gentle: bool) -> NoReturn:
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
