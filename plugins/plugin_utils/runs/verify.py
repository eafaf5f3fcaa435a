# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold a run base against its chain: which link is the first that does not hold, and what of the runs is another than was sealed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import chain, raw_answers
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import LATEST, RUN_ID

Link = tuple[chain.Place, str, dict[str, Any]]


@dataclass(frozen=True)
class Verified:
    """What was found: how many links and runs hold, problems from the first link on, and notes that are no problem."""

    links: int
    runs: int
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    # number -> digest of the links that can be read
    digests: dict[int, str]
    # Whether the links hold together; and the runs that are not what their links say.
    holds: bool
    broken: frozenset[str]


def verify(base: Path) -> Verified:
    """Look at all links of a run base and at all files that they list. Raises `HipaaCisError` where there is no chain."""
    places = chain.places(base)
    if not places:
        raise HipaaCisError(
            f"{base} has no chain of runs ({chain.FOLDER}), so nothing can be verified. Is it the folder that hipaa_cis_run_dir "
            "names? A run gets its link when it ends, from this version of the collection on."
        )
    problems: list[tuple[int, str]] = []
    links = list(_readable(places, problems))
    _hold_together(links, problems)
    holds, broken = not problems, set()
    for run_id in dict.fromkeys(place.run_id for place, _digest, _link in links):
        found = list(_run(base, [one for one in links if one[0].run_id == run_id]))
        problems.extend(found)
        broken.update([run_id] if found else [])
    runs = {place.run_id for place in places}
    told = [text for _number, text in sorted(problems, key=lambda problem: problem[0])]
    digests = {place.number: digest for place, digest, _link in links}
    return Verified(
        len(places), len(runs), tuple(told), tuple(_notes(base, links, runs)), digests, holds, frozenset(broken)
    )


def _readable(places: list[chain.Place], problems: list[tuple[int, str]]) -> Iterator[Link]:
    for place in places:
        try:
            yield (place, *chain.read(place))
        except HipaaCisError as problem:
            problems.append((place.number, f"link {place.number}: {problem}"))


def _hold_together(links: list[Link], problems: list[tuple[int, str]]) -> None:
    """Name links that are missing, stand there twice, are of another chain, or do not carry the digest of the one before."""
    before, previous = 0, ""
    source = links[0][2]["source"] if links else ""
    for place, digest, link in links:
        name = f"link {place.number} (run {place.run_id})"
        if place.number == before:
            problems.append((place.number, f"{name}: there are two links of this number"))
        elif place.number > before + 1:
            missing = (
                f"link {before + 1}" if place.number == before + 2 else f"links {before + 1} to {place.number - 1}"
            )
            if not any(number in range(before + 1, place.number) for number, _text in problems):
                problems.append((before + 1, f"{missing}: not there"))
        elif link["previous"] != previous and before:
            problems.append((before, f"link {before}: it was changed after {name} was added"))
        elif link["source"] != source or (link["previous"] != previous):
            problems.append((place.number, f"{name}: it is of another chain, or was changed"))
        before, previous = place.number, digest


def _run(base: Path, links: list[Link]) -> Iterator[tuple[int, str]]:
    """Yield what of a run is another than its links say."""
    run_id = links[0][0].run_id
    said: dict[str, tuple[int, str]] = {}
    pruned: dict[str, str] = {}
    for place, _digest, link in links:
        said.update((file, (place.number, digest)) for file, digest in link["files"].items())
        for file in link["gone"]:
            said.pop(file, None)
        pruned.update(link.get("pruned", {}))
    folder = base / run_id
    if not said and pruned and not folder.is_dir():
        return
    if not folder.is_dir():
        yield links[0][0].number, f"link {links[0][0].number} (run {run_id}): the folder of the run is not there"
        return
    for file, (number, digest) in said.items():
        change = _difference(folder, file, digest) or raw_answers.missing_set(base, folder, file)
        if change:
            yield number, f"link {number} (run {run_id}): {file} {change}"
    last = links[-1][0].number
    for file in chain.files_of(folder):
        if file not in said and (file not in pruned or _difference(folder, file, pruned[file])):
            yield last, f"link {last} (run {run_id}): {file} was added since"
    for name in chain.linked_folders(folder):
        yield last, f"link {last} (run {run_id}): {name}, a link to a folder, was added since"


def _difference(folder: Path, file: str, digest: str) -> str:
    path = folder / file
    within = [path, *(folder / parent for parent in Path(file).parents if parent.name)]
    # What stands behind a link is none of the run's: it would be copied, kept and pruned without it.
    linked = any(one.is_symlink() for one in within)
    try:
        return "" if not linked and chain.digest_of(path) == digest else "is not what it was"
    except FileNotFoundError:
        return "is not there"
    except OSError as problem:
        return f"cannot be read: {problem.strerror or problem}"


def _notes(base: Path, links: list[Link], runs: set[str]) -> Iterator[str]:
    """Yield what an auditor may ask about, though the chain holds."""
    before = ""
    for place, _digest, link in links:
        if link["sealed_at"] < before:
            yield f"link {place.number} (run {place.run_id}) is dated before the link before it: the clock went back"
        before = link["sealed_at"]
    for run_id in dict.fromkeys(place.run_id for place, _digest, link in links if "pruned" in link):
        left = chain.pruned_files([place for place, _digest, _link in links], run_id)
        if any((base / run_id / file).exists() for file in left):
            yield f"of run {run_id} there still is what was to be pruned: that was broken off; hipaa.cis.prune goes on with it"
    for folder in sorted(base.iterdir()):
        if (
            folder.name not in runs
            and folder.name != LATEST
            and RUN_ID.fullmatch(folder.name)
            and (folder / "hosts").is_dir()
        ):
            yield f"run {folder.name} has no link: it was broken off, or is of a version before the chain; its link comes with a report on it"
