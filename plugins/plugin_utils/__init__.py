# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on the controller. Python's own loader is to load it, for it keeps what it has compiled; Ansible's compiles a collection at each start."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from types import ModuleType


class _Kept(MetaPathFinder):
    """Find the modules of this package, and leave its folders and all else to those who come later."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is None or not fullname.startswith(__name__ + "."):
            return None
        specs = (FileFinder(one, (SourceFileLoader, SOURCE_SUFFIXES)).find_spec(fullname, target) for one in path)
        return next((spec for spec in specs if spec is not None and spec.loader is not None), None)


sys.meta_path.insert(0, _Kept())
