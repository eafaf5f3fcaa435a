# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access control lists of files as the kernel keeps them (acl(5), linux/posix_acl_xattr.h): what they let whom do.

The group bits of a mode are only the mask of such a list; whom it names is not seen in a mode at all.
"""

from __future__ import annotations

import base64
import os
import re
import stat
import struct
from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import ACCESS_LIST, Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

OWNER, USER, GROUP_OWNER, GROUP, MASK, OTHER = 1, 2, 4, 8, 16, 32
NAMED = (USER, GROUP)
VERSION = 2
# Whose rights an entry adds to.
NOTHING, LENT, GUEST = range(3)
# systemd's tmpfiles.d lends the journal to these, and journald gives each user's own to that user (systemd-journald(8)).
LOG_FOLDERS = ("/var/log/", "/run/log/")
LOG_READERS = ("adm", "systemd-journal", "wheel")
_OWN_JOURNAL = re.compile(r"/user-([0-9]+)(?:@[^/]*)?\.journal~?\Z", re.ASCII)


class Entry(NamedTuple):
    """``tag``: one of those above; ``rights``: as three bits of a mode; ``number``: of the user or group that it names."""

    tag: int
    rights: int
    number: int


class AccessList:
    """A list of a file or folder. ``status``: of that; ``is_access``: it is in force, and not what new files get.

    Raises `ReadError` for a form that is not known.
    """

    def __init__(self, host: Host, path: str, status: os.stat_result, content: bytes, is_access: bool) -> None:
        if len(content) % 8 != 4 or struct.unpack_from("<I", content)[0] != VERSION:
            raise ReadError("the access control list of %s has an unknown form; see it with getfacl" % printable(path))
        self._host, self._path, self._status = host, path, status
        self.content, self._is_access = content, is_access
        found = (struct.unpack_from("<HHI", content, at) for at in range(4, len(content), 8))
        self.entries = [Entry(tag, rights & 7, number) for tag, rights, number in found]
        self.mask = self._of(MASK, 7)

    def _of(self, tag: int, otherwise: int = 0) -> int:
        return next((entry.rights for entry in self.entries if entry.tag == tag), otherwise)

    def _standing(self, entry: Entry) -> int:
        """Return whose rights a named entry adds to: those of others where it is not how a log is lent."""
        number, in_logs = entry.number, (self._path + "/").startswith(LOG_FOLDERS)
        if entry.tag == USER:
            if number in (0, self._status.st_uid):
                return NOTHING
            own = _OWN_JOURNAL.search(self._path) if in_logs else None
            return LENT if own and int(own.group(1)) == number else GUEST
        if number in (0, self._status.st_gid) or (in_logs and self._host.group_name(number) in LOG_READERS):
            return LENT
        return GUEST

    def guests(self) -> List[Entry]:
        """Return whom it lets in besides, each with the rights that the mask leaves."""
        named = [entry._replace(rights=entry.rights & self.mask) for entry in self.entries if entry.tag in NAMED]
        return [entry for entry in named if entry.rights and self._standing(entry) == GUEST]

    def group(self) -> int:
        """Return what the owner's group may do, and those to whom the file is lent."""
        lent = [entry for entry in self.entries if entry.tag in NAMED and self._standing(entry) == LENT]
        rights = self._of(GROUP_OWNER)
        for entry in lent:
            rights |= entry.rights
        return rights & self.mask

    def exceeds(self, limit: int) -> bool:
        """Return whether somebody has more by it than a mode would give to others."""
        return any(entry.rights & ~limit & 7 for entry in self.guests())

    def narrowed(self, limit: int, keeps: Callable[[Entry], bool]) -> Tuple[Optional[bytes], int]:
        """Return (the list, its mask) where nobody has more than the mode ``limit`` gives; whom ``keeps`` keeps is left alone.

        Nobody gets more than now. Of an access list that names nobody any more the mode is left, and the list is None; one
        for new files stays, for without it they would follow the umask of whoever makes them.
        """
        kept = [entry._replace(rights=entry.rights & self._bound(entry, limit, keeps)) for entry in self.entries]
        kept = [entry for entry in kept if entry.tag != MASK and (entry.rights or entry.tag not in NAMED)]
        mask = 0
        for entry in kept:
            mask |= entry.rights & self.mask if entry.tag in (GROUP_OWNER, *NAMED) else 0
        if any(entry.tag in NAMED for entry in kept):
            kept.append(Entry(MASK, mask, 0xFFFFFFFF))
        elif self._is_access:
            return None, mask
        else:
            kept = [entry._replace(rights=mask) if entry.tag == GROUP_OWNER else entry for entry in kept]
        # The kernel wants them in this order (posix_acl_valid).
        packed = (struct.pack("<HHI", *entry) for entry in sorted(kept, key=lambda one: (one.tag, one.number)))
        return struct.pack("<I", VERSION) + b"".join(packed), mask

    def _bound(self, entry: Entry, limit: int, keeps: Callable[[Entry], bool]) -> int:
        if entry.tag in NAMED and self._standing(entry) == GUEST:
            beyond = entry.rights & self.mask & ~limit & 7
            return limit & 7 if beyond and not keeps(entry) else 7
        if not self._is_access or (entry.tag in NAMED and self._standing(entry) == NOTHING):
            return 7
        return limit >> {OWNER: 6, OTHER: 0}.get(entry.tag, 3) & 7


def words(host: Host, path: str, name: str, content: Optional[str]) -> str:
    """Return whom a list names, given in base64 (None: there is none), as one word. Raises `ReadError`."""
    found = [] if content is None else AccessList(host, path, host.stat(path), base64.b64decode(content), True).entries
    return "%s=%s" % (
        "acl" if name == ACCESS_LIST else "default_acl",
        ",".join(shown(host, entry) for entry in found if entry.tag in NAMED) or "none",
    )


def shown(host: Host, entry: Entry) -> str:
    """Return an entry as setfacl(1) takes it."""
    name = host.user_name(entry.number) if entry.tag == USER else host.group_name(entry.number)
    rights = "".join(sign if entry.rights & bit else "-" for sign, bit in (("r", 4), ("w", 2), ("x", 1)))
    plain = name is not None and re.match(r"[A-Za-z0-9_.$-]+\Z", name, re.ASCII)
    return "%s:%s:%s" % ("user" if entry.tag == USER else "group", name if plain else entry.number, rights)


def lists_of(
    host: Host, path: str, status: os.stat_result, found: Optional[Dict[str, bytes]] = None
) -> Dict[str, AccessList]:
    """Return the lists of a file, links followed, by the name of their attribute. ``status``: of what links lead to.

    ``found``: their contents where they are known. Raises `ReadError`.
    """
    contents = host.access_lists(path) if found is None else found
    return {name: AccessList(host, path, status, content, name == ACCESS_LIST) for name, content in contents.items()}


def mode_of(status: os.stat_result, lists: Dict[str, AccessList]) -> int:
    """Return the mode of a file with what its lists give: whom they name counts as others, for no mode shows that.

    Of a folder the list that new files in it get counts too.
    """
    mode = stat.S_IMODE(status.st_mode)
    if ACCESS_LIST in lists:
        mode = mode & ~0o070 | lists[ACCESS_LIST].group() << 3
    for one in lists.values():
        for entry in one.guests():
            mode |= entry.rights
    return mode
