# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that the installed kernels bring: files and what is built in."""

from __future__ import annotations

import stat
from typing import List, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.once import Once

ROOTS = ("/lib/modules", "/usr/lib/modules")
SUFFIXES = (".ko", ".ko.xz", ".ko.zst", ".ko.gz")
# Links to a kernel's sources, which hold no modules and are large.
NOT_MODULES = ("build", "source")
MAX_DIRECTORIES = 20000


class InstalledModules:
    """Modules of every kernel below /lib/modules, for any of them may be booted next."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._kernels = Once(self._find_kernels)
        self._built_in = Once(lambda: self._listed("modules.builtin"))
        self._indexed = Once(lambda: self._listed("modules.dep"))
        self._found = Once(self._walk)

    def is_built_in(self, name: str) -> bool:
        return name in self._built_in()

    def has_file(self, name: str) -> bool:
        """Return whether any kernel has the module as a file.

        The index answers quickly; before saying no, the directories themselves are searched,
        for a module may have been added or the index lost since depmod ran.
        """
        return name in self._indexed() or name in self._found()

    def _find_kernels(self) -> List[str]:
        kernels, known = [], set()
        for root in ROOTS:
            for path in self._host.glob(root + "/*"):
                status = self._host.stat(path, follow=False)
                if stat.S_ISDIR(status.st_mode) and (status.st_dev, status.st_ino) not in known:
                    known.add((status.st_dev, status.st_ino))
                    kernels.append(path)
        return kernels

    def _listed(self, index: str) -> Set[str]:
        """Return the module names in an index with a path per line, up to a colon."""
        names: Set[str] = set()
        for kernel in self._kernels():
            try:
                text = self._host.read_text(kernel + "/" + index)
            except NotFound:
                continue
            names.update(module_name(line.partition(":")[0].rpartition("/")[2]) for line in text.split("\n"))
        return names - {""}

    def _walk(self) -> Set[str]:
        names: Set[str] = set()
        waiting: List[str] = []
        for kernel in self._kernels():
            modules, others = self._split(kernel)
            names.update(modules)
            waiting.extend(kernel + "/" + name for name in others if name not in NOT_MODULES)
        visited = 0
        while waiting:
            visited += 1
            if visited > MAX_DIRECTORIES:
                raise ReadError("/lib/modules has more than %d directories and was not searched" % MAX_DIRECTORIES)
            directory = waiting.pop()
            modules, others = self._split(directory)
            names.update(modules)
            waiting.extend(directory + "/" + name for name in others)
        return names

    def _split(self, directory: str) -> Tuple[List[str], List[str]]:
        """Return the module names and the subdirectories of a directory; links are not followed."""
        modules, others = [], []
        for name in self._host.list_directory(directory):
            if name.endswith(SUFFIXES):
                modules.append(module_name(name))
            elif self._is_directory(directory + "/" + name):
                others.append(name)
        return modules, others

    def _is_directory(self, path: str) -> bool:
        try:
            return stat.S_ISDIR(self._host.stat(path, follow=False).st_mode)
        except NotFound:
            return False


def module_name(file_name: str) -> str:
    """Return the kernel's name of a module: without the suffix, with underscores."""
    return file_name.partition(".ko")[0].replace("-", "_")
