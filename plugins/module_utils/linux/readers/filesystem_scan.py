# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `filesystem_scan`: one walk over the local file systems that answers all its questions."""

from __future__ import annotations

import os
import re
import stat
import time
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.bounded_list import BoundedList
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    Observation,
    ReadError,
    UsageError,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.folder import (
    Walk,
    branch,
    cannot_walk,
    closed_tree,
    told,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.scan_places import Places, places

QUESTIONS = ("world_writable_files", "world_writable_directories", "unowned", "ungrouped", "suid", "sgid")
OF_PROGRAMS = ("suid", "sgid")
# What containers, pods and snaps hold has owners and modes for inside them, and a change would reach into their layers; what is in
# a folder `private` below /var its service alone gets at. The benchmark leaves out the same, but for the stores of other engines.
OTHERS_STORES = re.compile(
    r"/run/user/|/snap/|/var/.*/private/|.*/containerd/|.*/kubelet/(?:pods|plugins)/"
    r"|/var/lib/(?:docker|containers/storage|lxc|lxd|incus|machines)/|.*/\.local/share/(?:docker|containers/storage)/",
    re.DOTALL,
)
MAX_REMEMBERED = 4096
MAX_MISSED = 10
Sort = Tuple[int, int, int]  # mode, user and group number
# What a sort calls for: whether it is a folder, and the questions it answers. Of most files neither: see `NOTHING`.
Call = Tuple[bool, Tuple[str, ...]]
NOTHING: Call = (False, ())


class Sorter:
    """What a file calls for, by its mode, user and group. Most files of a host are of few sorts."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.known: Dict[Sort, Call] = {}

    def learn(self, sort: Sort) -> Call:
        """Return what a sort not seen before calls for, and remember it."""
        mode, uid, gid = sort
        found = _questions_of_mode(mode)
        if self._host.user_name(uid) is None:
            found.append("unowned")
        if self._host.group_name(gid) is None:
            found.append("ungrouped")
        if len(self.known) >= MAX_REMEMBERED:
            self.known.clear()
        call = (stat.S_ISDIR(mode), tuple(found))
        # One object for all of these, which the walk knows by its identity.
        self.known[sort] = NOTHING if call == NOTHING else call
        return self.known[sort]


def _questions_of_mode(mode: int) -> List[str]:
    if stat.S_ISDIR(mode):
        return ["world_writable_directories"] if mode & 0o1002 == 0o002 else []
    if not stat.S_ISREG(mode):
        return []
    bits = (("world_writable_files", 0o002), ("suid", 0o4000), ("sgid", 0o2000))
    return [question for question, bit in bits if mode & bit]


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `{count, paths, truncated}` per question."""
    host.need_root("The whole file system")
    found = _places(host)
    answers, missed = _walked(host)
    source = "walk of %s" % ", ".join(printable(top) for top, _volumes in found.tops[:10])
    if found.left_out:
        more = " and %d more" % (len(found.left_out) - 10) if len(found.left_out) > 10 else ""
        source += "; without %s%s" % (", ".join(found.left_out[:10]), more)
    source += told(missed)

    def one(address: Address) -> Observation:
        question = required(address, "find")
        if question not in QUESTIONS:
            raise UsageError("unknown question %r; known: %s" % (question, ", ".join(QUESTIONS)))
        return value(_document(answers[question]), source)

    return read_each(addresses, one)


def tallies(host: Host) -> Dict[str, BoundedList]:
    """Return question -> paths that answer it. The file systems are walked once for a host."""
    return _walked(host)[0]


def _walked(host: Host) -> Tuple[Dict[str, BoundedList], BoundedList]:
    walked: Tuple[Dict[str, BoundedList], BoundedList] = host.shared(
        "filesystem_scan", lambda: _walk(host, _places(host))
    )
    return walked


def _places(host: Host) -> Places:
    found: Places = host.shared("scan_places", lambda: places(host, host.options.get("scan_exclude", ())))
    return found


def _document(found: BoundedList) -> Dict[str, Any]:
    return {"count": found.count, "paths": found.items, "truncated": found.count > len(found.items)}


def answering(host: Host, *wanted: str) -> Iterator[str]:
    """Yield the paths that answer any of these questions, all of them however many they are.

    What did not fit into the answers is walked for once more, so that nothing grows with what users make.
    """
    answers = [tallies(host)[question] for question in wanted]
    if all(answer.count == len(answer.items) for answer in answers):
        yield from sorted({path for answer in answers for path in answer.items})
        return
    for path, questions in _found(host, _places(host), BoundedList(0)):
        if any(question in wanted for question in questions):
            yield printable(path)


def _walk(host: Host, found: Places) -> Tuple[Dict[str, BoundedList], BoundedList]:
    answers = {question: BoundedList(int(host.options.get("scan_max_findings", 1000))) for question in QUESTIONS}
    missed = BoundedList(MAX_MISSED)
    for path, questions in _found(host, found, missed):
        for question in questions:
            answers[question].add(path)
    return answers, missed


def _found(host: Host, found: Places, missed: BoundedList) -> Iterator[Tuple[str, Tuple[str, ...]]]:
    """Yield (path, questions) of what answers any question. What could not be looked at is added to ``missed``."""
    deadline = time.monotonic() + float(host.options.get("scan_max_seconds", 1800))
    sorter = Sorter(host)
    prefix = host.root.rstrip("/")
    closed = closed_tree(found.closed)
    for place, with_volumes in found.tops:
        top = prefix + place.rstrip("/")
        try:
            status = os.lstat(top or "/")
        except FileNotFoundError:
            continue  # unmounted since the table was read
        except OSError as problem:
            raise cannot_walk(place, problem) from None
        # No folder above it belongs to the same file system, so its own mode is looked at here.
        everything = place not in found.foreign
        yield place, asked(place, sorter.learn((status.st_mode, status.st_uid, status.st_gid))[1], everything)
        device = None if with_volumes else status.st_dev
        walk = Walk(top, branch(closed, place), missed, prefix)
        for path, questions in _interesting(walk, device, sorter, deadline):
            yield path[len(prefix) :], asked(path[len(prefix) :], questions, everything)


def asked(path: str, questions: Tuple[str, ...], everything: bool = True) -> Tuple[str, ...]:
    """Return the questions that are asked of a path: below `OTHERS_STORES` not whether all may write to it, nor whose it is.

    Neither where not ``everything`` is, on file systems that keep no owners.
    """
    if questions and not (everything and OTHERS_STORES.match(path) is None):
        return tuple(question for question in questions if question in OF_PROGRAMS)
    return questions


def _interesting(
    walk: Walk, device: Optional[int], sorter: Sorter, deadline: float
) -> Iterator[Tuple[str, Tuple[str, ...]]]:
    """Yield (path, questions) of what answers any question in a walk, within ``device`` if one is given."""
    known = sorter.known.get
    for found, closed in walk.folders():
        if time.monotonic() > deadline:
            raise ReadError(
                "the walk of the file systems was not done in time; raise hipaa_cis_scan_max_seconds or exclude folders"
            )
        try:
            for entry in found:
                if closed and entry.name in closed:
                    continue
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError as problem:
                    walk.miss(entry.name, problem)
                    continue
                # By position: the attributes of a status cost twice as much, and this runs for every file.
                sort = (status[0], status[4], status[5])
                call = known(sort)
                if call is None:
                    call = sorter.learn(sort)
                if call is NOTHING:
                    continue
                is_folder, questions = call
                if is_folder:
                    if device is not None and status[2] != device:
                        continue
                    walk.enter(entry.name)
                if questions:
                    yield walk.path(entry.name), questions
        except OSError as problem:
            walk.miss("", problem)
