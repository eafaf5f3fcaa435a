# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take away what need not be kept any more. What is about to go is noted in the chain first, so a prune that is broken off is gone on with."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import (
    chain,
    merged_slices,
    outcomes,
    packed,
    raw_answers,
    retention,
    slices,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.retention import Run
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.verify import verify


@dataclass(frozen=True)
class Wanted:
    """What is asked: the moment, for how long records and answers are kept, and the text of what the site decides now."""

    now: datetime
    keep_years: int
    keep_raw: float
    decided: str = ""

    @property
    def answers_until(self) -> datetime:
        """The moment up to which answers are old."""
        return self.now - timedelta(days=self.keep_raw)


@dataclass(frozen=True)
class Plan:
    """What goes: whole runs, of other runs the files of answers, leftovers of a prune that was broken off; and what stays though it is old.

    ``whole``: of all runs, by their ids, those that are what they were when they ended.
    """

    runs: tuple[Run, ...]
    answers: tuple[tuple[Run, dict[str, str]], ...]
    left: tuple[tuple[str, tuple[str, ...]], ...]
    refused: tuple[str, ...]
    whole: Mapping[str, Run]

    def has_slice(self, run_id: str, part: str, stored_at: int) -> bool:
        """Return whether a slice, by its name for files, was merged into a run that is here. ``stored_at``: elsewhere, in seconds since 1970."""
        run, one = self.whole.get(run_id), slices.of_folder(part)
        if run is None or one is None or stored_at > run.created.timestamp():
            return False
        return one.name in merged_slices.names_in(run.folder)


def make_plan(base: Path, wanted: Wanted, known: Collection[str]) -> Plan:
    """Return what may go. ``known``: the runs that the ledger knows. Raises `HipaaCisError` where the chain does not hold."""
    verified = verify(base)
    if not verified.holds:
        raise HipaaCisError(
            f"nothing is taken away, for the chain does not hold: {verified.problems[0]}. hipaa.cis.verify_runs tells more"
        )
    found = retention.runs_of(base)
    old = [run for run in found if retention.years_after(run.created, wanted.keep_years) <= wanted.now]
    retention.name_deciding(found, old, wanted.decided)
    for run in found:
        if run.run_id in verified.broken:
            run.still = "what it holds is not what it was; hipaa.cis.verify_runs tells more"
        elif run.folder.is_symlink():
            run.still = "its folder is a symbolic link; put the folder itself there and prune again"
        elif run in old and (foreign := _foreign(run.folder)):
            run.still = f"{foreign} in it is none of its files; take that elsewhere and prune again"
    refused = {run.run_id: why for run in old if (why := _why_kept(run, wanted, known))}
    going = tuple(run for run in old if run.run_id not in refused)
    answers = tuple(
        (run, files)
        for run in found
        if run not in going and run.run_id not in verified.broken and (files := _old_answers(run, wanted))
    )
    texts = tuple(f"run {run_id} is kept: {why}" for run_id, why in refused.items())
    whole = {run.run_id: run for run in found if run.run_id not in verified.broken}
    return Plan(going, answers, tuple(_left(base, verified.broken)), texts, whole)


def carry_out(base: Path, plan: Plan, wanted: Wanted) -> None:
    """Take it away. Raises `HipaaCisError`."""
    try:
        for run_id, files in plan.left:
            _remove(base / run_id, files)
        for run in plan.runs:
            chain.note_pruned(base, run.run_id, run.files)
            _remove(run.folder, run.files)
        for run, answers in plan.answers:
            chain.note_pruned(base, run.run_id, answers)
            _remove(run.folder, answers)
        for path in unused_sets(base, wanted):
            path.unlink(missing_ok=True)
    except OSError as problem:
        raise HipaaCisError(
            f"{problem.filename or base} cannot be taken away: {problem.strerror or problem}. The chain holds; prune again to go on"
        ) from None


def unused_sets(base: Path, wanted: Wanted, without: Sequence[Path] = ()) -> Iterator[Path]:
    """Yield the sets of answers that nothing stands on. ``without``: files of runs that are as good as gone. Raises `HipaaCisError`.

    A run that stands on a set touches it before it says so, so what was touched lately is none of them.
    """
    lately = wanted.now.timestamp() - 86400 * max(wanted.keep_raw, 1)
    for folder in sorted((base / raw_answers.SHARED).glob("*")):
        old = [path for path in folder.glob("*/*" + packed.PACKED) if path.stat().st_mtime <= lately]
        if old:
            files = [
                path
                for path in base.glob(f"*/{raw_answers.FOLDER}/{folder.name}{packed.PACKED}")
                if path not in without
            ]
            used = {name for path in files for name in raw_answers.sets_of(path)}
            yield from (path for path in old if f"{path.parent.name}/{packed.stem(path)}" not in used)


def _foreign(folder: Path) -> str:
    """Return a hidden file of a run's folder that no run writes: links name none of these, so it would go unseen."""
    for where, folders, names in os.walk(folder):
        inside = Path(os.path.relpath(where, folder))
        linked = [name for name in folders if os.path.islink(os.path.join(where, name))]
        for path in (inside / name for name in sorted((*names, *linked))):
            if not _is_half_written(path.name) and any(part.startswith(".") for part in path.parts):
                return str(path)
    return ""


def _is_half_written(name: str) -> bool:
    return name.startswith(".") and name.endswith(".part")


def _why_kept(run: Run, wanted: Wanted, known: Collection[str]) -> str:
    if run.still:
        return run.still
    until = run.until or run.created
    if retention.years_after(until, wanted.keep_years) > wanted.now:
        return f"it was last in effect on {until:%Y-%m-%d}"
    if outcomes.FILE in run.files and run.run_id not in known:
        return "the ledger does not know it"
    return ""


def _old_answers(run: Run, wanted: Wanted) -> dict[str, str]:
    if run.created > wanted.answers_until:
        return {}
    return {file: digest for file, digest in run.files.items() if file.startswith(raw_answers.FOLDER + "/")}


def _left(base: Path, broken: Collection[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what is left of runs from which it was to be taken away."""
    places = chain.places(base)
    for run_id in dict.fromkeys(place.run_id for place in places):
        folder = base / run_id
        if run_id not in broken and folder.is_dir() and not folder.is_symlink():
            pruned = chain.pruned_files(places, run_id)
            left = tuple(file for file in pruned if (folder / file).exists())
            empty = pruned and not chain.listed_files(places, run_id) and not _foreign(folder)
            if left or empty:
                yield run_id, left


def _remove(folder: Path, files: Collection[str]) -> None:
    """Remove files of a run, and what of the run was never written to its end; then the folders that hold nothing any more."""
    # What a link names is taken away only where it is found below the folder.
    for file in set(files) & set(chain.files_of(folder)):
        (folder / file).unlink(missing_ok=True)
    for where, _folders, names in os.walk(folder, topdown=False):
        if not any(chain.files_of(Path(where))):
            for name in filter(_is_half_written, names):
                Path(where, name).unlink(missing_ok=True)
            # Whatever else there is keeps its folder.
            with suppress(OSError):
                os.rmdir(where)
