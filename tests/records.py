"""Host records as a run keeps them, for tests that read or alter them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.packed import file_in, files_in, pack, read_packed
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import MAX_RECORD_BYTES


def text_of(path: Path) -> str:
    """What a file of a run holds, packed or not."""
    return read_packed(path, MAX_RECORD_BYTES)[1].decode()


def record_in(run: Path, host: str) -> dict[str, Any]:
    """The record of a host whose name is a plain one."""
    return json.loads(text_of(file_in(run / "hosts", host)))


def records_in(run: Path) -> list[dict[str, Any]]:
    """All records of a run, in the order of their files."""
    return [json.loads(text_of(path)) for path in files_in(run / "hosts")]


def rewrite(path: Path, change: Callable[[str], str]) -> None:
    """Change the text of a record, as somebody would who packs it again."""
    path.write_bytes(pack(change(text_of(path))))


def write_as(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document in the place of a record."""
    path.write_bytes(pack(json.dumps(document)))


def texts_below(folder: Path) -> list[tuple[Path, str]]:
    """Each file of a folder with the text that it holds, unpacked where it is packed: a secret is no less there for that."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        found.append((path, (gzip.decompress(data) if path.suffix == ".gz" else data).decode(errors="replace")))
    return found
