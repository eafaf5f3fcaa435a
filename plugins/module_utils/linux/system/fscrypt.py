# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders that the file system encrypts one by one (fscrypt): asked of the kernel by ioctl, which changes nothing."""

from __future__ import annotations

import errno
import fcntl
import os

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

# <linux/fscrypt.h>. The policy holds the name of a key, which is not the key; only the mode of what files hold is taken from it.
GET_POLICY_EX = 0xC0096616
SIZE_BYTES = 8
POLICY_BYTES = 24
MODES = {1: "AES-256-XTS", 5: "AES-128-CBC", 7: "SM4-XTS", 9: "Adiantum"}
# There is no policy, the file system has none, or the kernel does not know of them.
NONE = (errno.ENODATA, errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL)


def policy(host: Host, path: str) -> str:
    """Return how a folder or file, and all below it, is encrypted; empty where it is not. Raises `ReadError`."""
    host.note(path)
    try:
        handle = os.open(host.touchable(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        raise ReadError("%s: %s" % (printable(path), os.strerror(problem.errno or 0))) from None
    try:
        answer = fcntl.ioctl(handle, GET_POLICY_EX, POLICY_BYTES.to_bytes(SIZE_BYTES, "little") + bytes(POLICY_BYTES))
    except OSError as problem:
        if problem.errno in NONE:
            return ""
        raise ReadError("the policy of %s: %s" % (printable(path), os.strerror(problem.errno or 0))) from None
    finally:
        os.close(handle)
    # The version of the policy comes first, the mode of the contents second.
    mode = MODES.get(answer[SIZE_BYTES + 1])
    return "fscrypt, " + mode if mode else ""
