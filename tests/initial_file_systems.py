"""Images of initial file systems as mkinitramfs and dracut make them."""

from __future__ import annotations

from collections.abc import Mapping


def archive(files: Mapping[str, bytes]) -> bytes:
    """Return an archive of cpio's form newc with these files."""
    return b"".join(_entry(name, content) for name, content in [*files.items(), ("TRAILER!!!", b"")])


def _entry(name: str, content: bytes) -> bytes:
    mode = 0o100644 if name != "TRAILER!!!" else 0
    fields = (1, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % number for number in fields) + name.encode() + b"\0"
    return _filled(head) + _filled(content)


def _filled(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
