# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible sends of a module, kept from run to run: finding and parsing each of its files is a sixth of a short audit.

Within a run Ansible keeps it itself, in a folder that it empties at the end. It is put there as Ansible left it in an earlier run. The
name it is kept by is a digest of everything it can be made of; where that is not what it was, Ansible makes it anew.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import ansible.module_utils
from ansible import constants
from ansible.plugins.loader import module_utils_loader
from ansible.release import __version__ as ANSIBLE_VERSION  # noqa: N812 - it is a constant

from ansible_collections.hipaa.cis.plugins.plugin_utils import own_cache

OURS = Path(__file__).absolute().parents[2]
FOLDERS = (OURS / "modules", OURS / "module_utils")
COLLECTION = "hipaa.cis."
PREFIX = f"ansible_collections.{COLLECTION}plugins.modules."


@contextmanager
def module_kept(module: str) -> Iterator[None]:
    """Spare Ansible putting a module of this collection together meanwhile, where what it would send is known already.

    :param module: as ``hipaa.cis.linux_observe``; of another's modules nothing is kept.
    """
    folder = Path(constants.DEFAULT_LOCAL_TMP) / "ansiballz_cache"
    start = PREFIX + module.removeprefix(COLLECTION) + "-"
    if not module.startswith(COLLECTION) or _made(folder, start):
        yield
        return
    digest = _digest()
    name = f"module-{start[len(PREFIX) : -1]}-{digest}.txt"
    known = digest and _put_back(folder, start, name)
    yield
    # Files that were changed meanwhile may be in what was made.
    if digest and not known and _digest() == digest:
        _keep(folder, start, name)


def _made(folder: Path, start: str) -> list[Path]:
    """Return what Ansible has made of a module in this run; its locks and what it is writing are named otherwise."""
    return [path for path in folder.glob(start + "*") if path.suffix != ".lock" and not path.name.endswith("-part")]


def _put_back(folder: Path, start: str, name: str) -> bool:
    """Put what was kept where Ansible looks for it; return whether there was anything that can be used."""
    try:
        kept = json.loads(own_cache.read(name) or "null")
        data = base64.b64decode(kept["data"])
        file = str(kept["file"])
        whole = hashlib.sha256(data).hexdigest() == kept["sha256"]
    except (ValueError, TypeError, KeyError, binascii.Error):
        return False
    if not whole or not file.startswith(start) or "/" in file:
        return False
    # Other workers may be at it too: it is there as a whole or not at all.
    own = folder / f".{file}.{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        own.write_bytes(data)
        own.replace(folder / file)
    except OSError:
        return False
    return True


def _keep(folder: Path, start: str, name: str) -> None:
    """Keep what Ansible has made."""
    made = _made(folder, start)
    if len(made) != 1:
        return
    with suppress(OSError):
        data = made[0].read_bytes()
        kept = {"file": made[0].name, "sha256": hashlib.sha256(data).hexdigest()}
        own_cache.write(name, json.dumps({**kept, "data": base64.b64encode(data).decode("ascii")}))


def _digest() -> str:
    """Return a digest of all that a module can be made of: our files as they are, and what Ansible's own are known by.

    Nothing where a file cannot be read: then nothing is kept.
    """
    try:
        return _digest_of(FOLDERS, _ansibles())
    except OSError:
        return ""


def _ansibles() -> list[Path]:
    """Return where Ansible looks for what it sends with a module, a site's own folders among them."""
    paths = {*ansible.module_utils.__path__, *module_utils_loader.print_paths().split(os.pathsep)}
    return sorted(Path(path) for path in paths)


def _digest_of(ours: Iterable[Path], ansibles: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    # Where the files lie is in what is kept too.
    for part in (ANSIBLE_VERSION, sys.version, str(OURS)):
        digest.update(part.encode() + b"\0")
    for path in _files(ours):
        digest.update(b"%s\0%s\0" % (os.fsencode(path), path.read_bytes()))
    for path in _files(ansibles):
        status = path.stat()
        digest.update(b"%s\0%d\0%d\0" % (os.fsencode(path), status.st_size, status.st_mtime_ns))
    return digest.hexdigest()[:32]


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    """Return the Python files below folders, in an order that is always the same."""
    for folder in folders:
        yield from sorted(folder.rglob("*.py"))
