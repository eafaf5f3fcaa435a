# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions whose files are imported, and so compiled on the host, when they are first called."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Callable

HERE = "ansible_collections.hipaa.cis.plugins.module_utils.linux."


class Later:
    """A function of the file ``where``, a dotted name below this folder.

    Ansible sends only what some file imports by a plain statement, so who names a file here has one too, below ``TYPE_CHECKING``.
    """

    def __init__(self, where: str, function: str = "read") -> None:
        self._where = where
        self._function = function

    def load(self) -> Callable[..., Any]:
        """Return the function itself. Raises whatever its file raises on import."""
        found: Callable[..., Any] = getattr(import_module(HERE + self._where), self._function)
        return found

    def __call__(self, *arguments: Any) -> Any:
        return self.load()(*arguments)
