"""Access control lists of files in tests, made as the kernel keeps them: a host need not have setfacl."""

from __future__ import annotations

import os
import struct
from pathlib import Path

ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"
TAGS = {"user": 2, "group": 8}


def packed(named: dict[str, int], group: int = 4, mask: int | None = None) -> bytes:
    """Return a list; ``named``: `user:1000` -> rights; the mask lets through all where it is not given."""
    entries = [(1, 6, -1), (4, group, -1), (32, 0, -1)]
    entries += [(TAGS[who.split(":")[0]], rights, int(who.split(":")[1])) for who, rights in named.items()]
    entries.append((16, 7 if mask is None else mask, -1))
    rows = [struct.pack("<HHI", tag, rights, number & 0xFFFFFFFF) for tag, rights, number in sorted(entries)]
    return struct.pack("<I", 2) + b"".join(rows)


def give(path: Path, named: dict[str, int], name: str = ACCESS, **more: int) -> None:
    """Give a file a list."""
    os.setxattr(path, name, packed(named, **more))


def names_of(path: Path) -> list[str]:
    """Return which lists a file has."""
    return [name for name in os.listxattr(path) if name in (ACCESS, DEFAULT)]
