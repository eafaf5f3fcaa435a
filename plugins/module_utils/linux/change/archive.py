# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This very code as one file, with which a host undoes changes without the controller and without Ansible."""

from __future__ import annotations

import importlib
import os
import sys
import zipfile
from typing import Any

PACKAGE = "ansible_collections.hipaa.cis.plugins.module_utils.linux"


def write_archive(path: str) -> None:
    """Write this collection's loaded target code as an archive that Python can import from.

    The code itself may come from such an archive (Ansible sends modules so), which is gone when the module ends.
    """
    names = sorted(name for name in sys.modules if name.startswith(PACKAGE + "."))
    # The archive's importer knows no folder without such a file.
    parents = {
        ".".join(parts[:count]) for parts in (name.split(".") for name in names) for count in range(1, len(parts))
    }
    temporary = path + ".new"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as stream:
        with zipfile.ZipFile(stream, "w") as archive:
            for package in sorted(parents):
                archive.writestr(package.replace(".", "/") + "/__init__.py", "")
            archive.writestr(
                "__main__.py", "import sys\nfrom %s.change.confirm import start\nstart(sys.argv[1:])\n" % PACKAGE
            )
            for name in names:
                source = _source(name)
                if source:
                    archive.writestr(name.replace(".", "/") + ".py", source)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, path)


def _source(name: str) -> str:
    module = importlib.import_module(name)
    if hasattr(module, "__path__"):
        return ""
    loader: Any = module.__spec__.loader if module.__spec__ else None
    source = loader.get_source(name) if loader is not None else ""
    # Ansible's own loader of collections gives bytes.
    return source.decode() if isinstance(source, bytes) else str(source)
