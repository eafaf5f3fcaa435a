# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries of one folder, for walks."""

from __future__ import annotations

import errno
import os
from typing import Iterator

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Gone, or replaced by a file or a link, since it was listed.
VANISHED = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
MAX_SHOWN = 200


def entries(folder: str) -> Iterator[os.DirEntry[str]]:
    """Yield what is in a real folder; nothing where it has vanished. Their `path` is the bare name.

    The folder is opened once and its entries are looked up from there: the kernel then resolves
    one name per file and not the whole path, and nobody can swap a link in on the way.
    """
    try:
        handle = os.open(folder, FLAGS)
    except OSError as problem:
        if problem.errno in VANISHED:
            return
        raise cannot_walk(folder, problem) from None
    try:
        with os.scandir(handle) as found:
            yield from found
    except OSError as problem:
        raise cannot_walk(folder, problem) from None
    finally:
        os.close(handle)


def cannot_walk(folder: str, problem: OSError) -> ReadError:
    """Return the error that says which folder stopped a walk."""
    remedy = "; run the audit with become" if problem.errno == errno.EACCES else ""
    reason = os.strerror(problem.errno or 0)
    return ReadError("%s cannot be walked: %s%s" % (printable(folder)[:MAX_SHOWN], reason, remedy))
