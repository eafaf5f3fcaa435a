"""Programs of EFI as ukify(1) makes them, with the parts alone by which their arguments are found."""

from __future__ import annotations

import struct
from typing import Tuple

EMPTY = (b".linux", b"kernel")


def image(*sections: Tuple[bytes, bytes]) -> bytes:
    """Return a PE file with these sections, each (name, content)."""
    head = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40) + b"PE\0\0"
    head += struct.pack("<HHIIIHH", 0x8664, len(sections), 0, 0, 0, 16, 0) + b"\0" * 16
    table, body = b"", b""
    start = len(head) + 40 * len(sections)
    for name, content in sections:
        kept = content + b"\0" * (-len(content) % 512)
        table += struct.pack("<8sIIII16x", name, len(content), 0, len(kept), start + len(body))
        body += kept
    return head + table + body


def kernel_image(*arguments: str) -> bytes:
    """Return an image with a kernel and these arguments, several for one with profiles."""
    return image((b".osrel", b"ID=debian"), EMPTY, *((b".cmdline", text.encode()) for text in arguments))


def addon(arguments: str) -> bytes:
    """Return an addon, which has arguments and no kernel."""
    return image((b".cmdline", arguments.encode()))
