# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts answered, beside their records: ``<run>/raw/<host>.json.gz``, from which a later version can judge again.

Most of it is what the host answered before. So the observations lie in ``<base>/_raw/<host>/<SHA-256>.json.gz``, each set of them once,
and the file of the run names the one that it stands on and has only what differs. A set may hold more settings than a narrow task
asked for; nothing that the task judged looks at them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.private_files import (
    make_private_folder,
    put_private_bytes,
    write_private_bytes,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import packed
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.documents import as_text
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore, cannot_write, file_name
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

SCHEMA = "hipaa.cis/raw_answers/1"
FOLDER = "raw"
# No run id begins with an underscore.
SHARED = "_raw"
# Of a task; a host of 300 rules takes a fiftieth of it.
MAX_BYTES = 16 * 1024 * 1024
# A set of its own is worth it where more than this part of the last one is another.
_WORTH = 0.5
_SET = re.compile(r"[a-z0-9_]+/[0-9a-f]{64}")
Document = dict[str, Any]


def keep(store: RunStore, host: str, task: Mapping[str, Any]) -> str:
    """Keep what a host answered to a task, beside what the run has of it; return why not, where it is too much.

    ``task``: as `audit.replay.raw_task` gives it. Raises `HipaaCisError` where it can't be written.
    """
    size = len(json.dumps(task["platforms"]))
    if size > MAX_BYTES:
        return f"what the host answered is not kept to be judged again: it has {size:,} bytes, and {MAX_BYTES:,} are the most"
    path = store.folder / FOLDER / (file_name(host) + packed.PACKED)
    try:
        shared = store.folder.parent / SHARED / file_name(host)
        platforms = {name: _kept(shared / name, seen) for name, seen in task["platforms"].items()}
        earlier = _document(path)["tasks"] if path.exists() else []
        make_private_folder(path.parent)
        document = {"schema": SCHEMA, "run_id": store.run_id, "host": host}
        packed.write_packed(path, as_text({**document, "tasks": [*earlier, {**task, "platforms": platforms}]}))
    except OSError as problem:
        raise cannot_write(path, problem, store.run_id) from None
    return ""


def tasks_of(store: RunStore, host: str) -> list[Document]:
    """Return what a host answered to the tasks of a run, whole; nothing where none is kept. Raises `HipaaCisError`."""
    path = store.folder / FOLDER / (file_name(host) + packed.PACKED)
    try:
        if not path.exists():
            return []
        shared = store.folder.parent / SHARED / file_name(host)
        return [
            {**task, "platforms": {name: _whole(shared / name, kept) for name, kept in task["platforms"].items()}}
            for task in _document(path)["tasks"]
        ]
    except OSError as problem:
        raise HipaaCisError(f"{path} cannot be read: {problem.strerror or problem}.") from None


def take_over(source: RunStore, target: RunStore, host: str) -> bool:
    """Have what another store of a run keeps of a host's answers, with the sets that it stands on; return whether they were there.

    Raises `OSError` and `HipaaCisError`.
    """
    path = source.folder / FOLDER / (file_name(host) + packed.PACKED)
    if not path.exists():
        return True
    names = sorted(sets_of(path))
    strange = next((name for name in names if not _SET.fullmatch(name)), None)
    if strange is not None:
        raise HipaaCisError(
            f"{path} stands on answers that cannot be called so: {spelled_out(strange)[:100]}; was it changed?"
        )
    sets = [Path(SHARED, file_name(host), name + packed.PACKED) for name in names]
    if not all((source.folder.parent / one).exists() for one in sets):
        return False
    for one in sets:
        _set(source.folder.parent / one)
        put_private_bytes(target.folder.parent / one, (source.folder.parent / one).read_bytes())
    put_private_bytes(target.folder / FOLDER / path.name, path.read_bytes())
    return True


def sets_of(path: Path) -> set[str]:
    """Return the sets that a file of a run stands on, as ``platform/SHA-256``. Raises `OSError` and `HipaaCisError`."""
    return {f"{name}/{kept['on']}" for task in _document(path)["tasks"] for name, kept in task["platforms"].items()}


def missing_set(base: Path, run: Path, file: str) -> str:
    """Return what is wrong with the sets that a file of a run stands on; nothing where it is no file of answers."""
    path = run / file
    if path.parent != run / FOLDER:
        return ""
    shared = base / SHARED / packed.stem(path)
    try:
        for name in sorted(sets_of(path)):
            _set(shared / (name + packed.PACKED))
    except OSError as problem:
        return f"stands on answers that cannot be read ({problem.filename}: {problem.strerror})"
    except HipaaCisError as problem:
        return f"stands on answers that are not what they were: {problem}"
    return ""


def _kept(folder: Path, seen: Mapping[str, Any]) -> Document:
    """Return the set of a host's observations that these stand on, and what differs; it is written where none is like them."""
    last = _newest(folder)
    if last is not None:
        digest, content, size = last
        changed = {key: value for key, value in seen.items() if content.get(key) != value}
        if len(json.dumps(changed)) <= _WORTH * size:
            # The newest is what the next run stands on, and what is in use is not pruned.
            os.utime(folder / (digest + packed.PACKED))
            return {"on": digest, "changed": changed}
    make_private_folder(folder)
    content_bytes = packed.pack(as_text(seen))
    digest = hashlib.sha256(content_bytes).hexdigest()
    write_private_bytes(folder / (digest + packed.PACKED), content_bytes)
    return {"on": digest, "changed": {}}


def _newest(folder: Path) -> tuple[str, Document, int] | None:
    """Return the set that was used last, with its digest and size as text; None where there is none that is what it was."""
    found = sorted(folder.glob("*" + packed.PACKED), key=lambda path: path.stat().st_mtime_ns)
    if not found:
        return None
    try:
        return (packed.stem(found[-1]), *_sized_set(found[-1]))
    except (OSError, HipaaCisError):
        return None


def _set(path: Path) -> Document:
    return _sized_set(path)[0]


def _sized_set(path: Path) -> tuple[Document, int]:
    try:
        content, text = packed.read_packed(path, 2 * MAX_BYTES)
        document = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise HipaaCisError(f"{path} cannot be used: {problem}.") from None
    if hashlib.sha256(content).hexdigest() != packed.stem(path) or not isinstance(document, dict):
        raise HipaaCisError(f"{path} is not what it was when it was written; its name is the SHA-256 that it had.")
    return document, len(text)


def _whole(folder: Path, kept: Mapping[str, Any]) -> Document:
    return {**_set(folder / (str(kept["on"]) + packed.PACKED)), **kept["changed"]}


def _document(path: Path) -> Document:
    """Return the file of a run. Raises `OSError`, and `HipaaCisError` where it is none."""
    try:
        document: Document = json.loads(packed.read_packed(path, 4 * MAX_BYTES)[1])
        whole = document["schema"] == SCHEMA and all(isinstance(task["platforms"], dict) for task in document["tasks"])
    except (ValueError, KeyError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise HipaaCisError(f"{path} holds no answers of version 1; was it changed or written by a newer version?")
    return document
