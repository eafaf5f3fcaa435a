# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load the catalog: parse, check against schemas, check references, build the model.

`load` is what plugins call. It keeps what it checked as JSON in the user's cache, keyed by the
digest of the files and of this code, so that a run pays for parsing once and not per host.
"""

from __future__ import annotations

import gc
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import cache, model
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import CatalogError

CATALOG_FOLDER = Path(__file__).parents[3] / "catalog"
SECTIONS = ("frameworks", "platforms", "parameters", "rules", "benchmarks", "gaps", "threats")


def load_catalog(extra_folders: Sequence[str] = ()) -> model.Catalog:
    """Return the catalog of the collection with a site's own folders laid over it.

    A folder has the same sub-folders (``rules``, ``benchmarks``, ...). Raises `CatalogError`.
    """
    return _load(tuple(str(folder) for folder in extra_folders))


@lru_cache(maxsize=4)
def _load(extra_folders: tuple[str, ...]) -> model.Catalog:
    files = catalog_files([CATALOG_FOLDER, *(Path(folder) for folder in extra_folders)])
    digest = _digest(files)
    with _no_search_for_cycles():
        raw = cache.read(digest)
    if raw is None:
        # Parsing and checking need libraries that a run with a warm cache never imports.
        from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import check

        raw = check.check(files)
        cache.write(digest, raw)
    with _no_search_for_cycles():
        built = _build(digest, raw)
    # What is kept for the whole run need not be looked through again and again for cycles, which takes as long as the load.
    gc.freeze()
    return built


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Leave out Python's search for cycles while many things are made that stay."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def catalog_files(folders: Sequence[Path]) -> dict[str, list[tuple[str, Path]]]:
    """Return per section the files (name for messages, path), in a stable order."""
    found: dict[str, list[tuple[str, Path]]] = {section: [] for section in SECTIONS}
    for folder in folders:
        if not folder.is_dir():
            raise CatalogError([f"{folder}: is no folder; name a folder with rules/, benchmarks/, ..."])
        for section in SECTIONS:
            found[section] += [
                ("/".join((folder.name, *parts)), folder.joinpath(*parts)) for parts in _below(folder, section)
            ]
    return found


def _below(folder: Path, section: str) -> list[list[str]]:
    """Return the parts of the path below a folder of each YAML file of a section; pathlib's own search takes several times as long."""
    top = os.path.join(folder, section)
    start = len(top) - len(section)
    files = (
        os.path.join(place, name) for place, _folders, names in os.walk(top) for name in names if name.endswith(".yml")
    )
    return sorted(file[start:].split(os.sep) for file in files)


def _digest(files: dict[str, list[tuple[str, Path]]]) -> str:
    total = hashlib.sha256()
    for section in SECTIONS:
        for name, path in files[section]:
            total.update(f"{section}\0{name}\0".encode())
            with open(path, "rb") as file:
                total.update(hashlib.sha256(file.read()).digest())
    return total.hexdigest()


def _build(digest: str, raw: dict[str, Any]) -> model.Catalog:
    return model.Catalog(
        digest=digest,
        platforms={key: _platform(data) for key, data in raw["platforms"].items()},
        rules={key: model.Rule(**model.tuples(data)) for key, data in raw["rules"].items()},
        parameters={key: model.Parameter(**data) for key, data in raw["parameters"].items()},
        benchmarks=_newest([_benchmark(data) for data in raw["benchmarks"].values()]),
        safeguards={data["cite"]: model.Cite(**model.tuples(data)) for data in raw["framework"]["safeguards"]},
        retired=raw["retired"],
        amendments=tuple(_amendment(data) for data in raw["amendments"]),
        gaps=tuple(model.Gap(**model.tuples(data)) for data in raw["gaps"]),
        threats=tuple(model.Threat(**model.tuples(data)) for data in raw["threats"]),
        neighbours={data["cite"]: model.Cite(**model.tuples(data)) for data in raw["framework"]["neighbours"]},
    )


def _amendment(data: dict[str, Any]) -> model.Amendment:
    rows = tuple(model.Cite(**model.tuples(row)) for row in data["safeguards"])
    kept = {key: data[key] for key in ("id", "title", "source", "obligations")}
    return model.Amendment(**kept, safeguards=rows)


def _platform(data: dict[str, Any]) -> model.Platform:
    # What an expectation may name is looked at where the files are read (`settings`), and by nobody afterwards.
    kinds = {
        name: model.Kind(**model.tuples({key: what for key, what in kind.items() if key not in ("fields", "words")}))
        for name, kind in data["kinds"].items()
    }
    return model.Platform(
        id=data["id"],
        observe=data["observe"],
        apply=data.get("apply", ""),
        detected=data.get("detected", False),
        shell=data.get("shell", model.SH),
        facts=data.get("facts", "os_release"),
        unproven=data.get("unproven", ""),
        kinds=kinds,
        governed=data.get("governed", {}),
        names=data.get("names", {}),
    )


def _benchmark(data: dict[str, Any]) -> model.Benchmark:
    recommendations = model.Recommendations(data["recommendations"])
    roles = {role: _facts(facts) for role, facts in data.get("roles", {}).items()}
    own = {
        "parameters": data.get("parameters", {}),
        "recommendations": recommendations,
        "detect": _facts(data["detect"]),
        "roles": roles,
    }
    return model.Benchmark(**{**model.tuples(data), **own})


def _facts(given: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    return {key: (text,) if isinstance(text, str) else tuple(text) for key, text in given.items()}


def _newest(benchmarks: Sequence[model.Benchmark]) -> dict[str, model.Benchmark]:
    """Return of each id the newest version that is no preview, with the others. Older ones are superseded by the newest of all."""
    found: dict[str, list[model.Benchmark]] = {}
    for one in benchmarks:
        found.setdefault(one.id, []).append(one)
    result = {}
    for name, versions in found.items():
        versions.sort(key=lambda one: one.number, reverse=True)
        newest, *older = versions
        told = [newest, *(replace(one, superseded_by=newest.superseded_by or newest.version) for one in older)]
        meant = next((one for one in told if not one.preview), newest)
        result[name] = replace(meant, others=tuple(one for one in told if one is not meant))
    return result
