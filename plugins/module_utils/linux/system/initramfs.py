# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The initial file systems from which the kernels of a host start: which modules they carry, and what modprobe is told in them.

An image is one or more archives of cpio's form newc, one after the other, the last of them mostly compressed (the kernel's
Documentation/driver-api/early-userspace/buffer-format). It is read as a stream, and nothing of it is written or run.
"""

from __future__ import annotations

import bz2
import lzma
import os
import re
import stat
import subprocess
import time
import zlib
from dataclasses import dataclass, field
from typing import BinaryIO, Callable, Dict, Iterator, List, Set, Tuple, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import SEARCH_PATH
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.modprobe_config import ModprobeConfig
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.module_files import SUFFIXES, module_name

# Kernel and image by its version: Debian's names, Red Hat's, those of kernel-install.
IMAGES = ("/boot/initrd.img-*", "/boot/initramfs-*.img", "/boot/initrd-*", "/boot/*/*/initrd")
UNIFIED = ("/boot/efi/EFI/Linux/*.efi", "/efi/EFI/Linux/*.efi", "/boot/EFI/Linux/*.efi")
# Starts in place of a kernel that crashed, never by itself.
AFTER_A_CRASH = "kdump"
CHUNK = 1 << 18
MAX_BYTES = 1 << 30
MAX_SECONDS = 60.0
MAX_CONFIG_BYTES = 1 << 20
_CPIO = (b"070701", b"070702")
_CONFIG = re.compile(r"(?:etc|run|usr/lib|usr/local/lib|lib)/modprobe\.d/[^/]+\.conf\Z", re.ASCII)
_ORDER = ("etc", "run", "usr/local/lib", "usr/lib", "lib")
_PROGRAMS = {b"\x28\xb5\x2f\xfd": "zstd", b"\x02\x21\x4c\x18": "lz4", b"\x04\x22\x4d\x18": "lz4"}


@dataclass
class Image:
    """What one image holds."""

    path: str
    modules: Set[str] = field(default_factory=set)
    texts: Dict[str, str] = field(default_factory=dict)

    def loads(self, name: str) -> bool:
        """Return whether the module is in it and nothing in it keeps modprobe and udev from loading it."""
        if name not in self.modules:
            return False
        config = ModprobeConfig(self._chosen())
        return not (config.install_blocked(name) and config.denylisted(name))

    def _chosen(self) -> List[Tuple[str, str]]:
        chosen: Dict[str, Tuple[str, str]] = {}
        for folder in _ORDER:
            for path, text in self.texts.items():
                if path.startswith(folder + "/modprobe.d/"):
                    chosen.setdefault(path.rpartition("/")[2], (path, text))
        return [chosen[name] for name in sorted(chosen)]


def images(host: Host) -> List[Image]:
    """Return the images from which a kernel of this host may start. Raises `ReadError` for one that cannot be looked into."""
    found = [path for pattern in IMAGES for path in host.glob(pattern) if _is_started(host, path)]
    unified = [path for pattern in UNIFIED for path in host.glob(pattern)]
    if unified:
        raise ReadError(
            "%s holds kernel and initial file system in one, which cannot be looked into" % printable(unified[0])
        )
    return [_read(host, path) for path in dict.fromkeys(found)]


def _is_started(host: Host, path: str) -> bool:
    """Return whether an image stands beside the kernel that it is for."""
    folder, _slash, name = path.rpartition("/")
    if AFTER_A_CRASH in name or name.endswith((".bak", ".old", "~", ".old-dkms", ".dpkg-bak", ".new")):
        return False
    if name == "initrd":
        return host.exists(folder + "/linux")
    version = re.sub(r"\A(?:initrd\.img|initramfs|initrd)-|\.img\Z", "", name)
    return any(host.exists("%s/%s-%s" % (folder, kernel, version)) for kernel in ("vmlinuz", "vmlinux", "Image"))


def _read(host: Host, path: str) -> Image:
    image = Image(path)
    host.note(path)
    try:
        with open(host.touchable(path), "rb") as file:
            _archives(_Stream(file.read, path), image, file)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as problem:
        raise ReadError(
            "%s cannot be looked into: %s; make it anew (update-initramfs -u, dracut -f)" % (printable(path), problem)
        ) from None
    return image


class _Stream:
    """Bytes in the order in which they come, with a bound of size and time."""

    def __init__(self, read: Callable[[int], bytes], path: str) -> None:
        self._read, self._path = read, path
        self._buffer, self._at = b"", 0
        self._until = time.monotonic() + MAX_SECONDS
        self.position = 0

    def peek(self, count: int) -> bytes:
        """Return the next bytes, fewer at the end, which stay. Raises `ReadError` beyond the bounds."""
        while len(self._buffer) - self._at < count:
            if self.position > MAX_BYTES or time.monotonic() > self._until:
                raise ReadError(
                    "%s is larger than %d bytes, or takes longer than %d seconds, and was not read to its end"
                    % (printable(self._path), MAX_BYTES, MAX_SECONDS)
                )
            piece = self._read(CHUNK)
            if not piece:
                break
            self._buffer, self._at = self._buffer[self._at :] + piece, 0
        return self._buffer[self._at : self._at + count]

    def take(self, count: int) -> bytes:
        """Return so many bytes. Raises `EOFError` where there are fewer."""
        found = self.peek(count)
        if len(found) < count:
            raise EOFError("it ends in the middle")
        self._at += count
        self.position += count
        return found

    def skip(self, count: int) -> None:
        """Pass over so many bytes."""
        while count:
            here = min(count, len(self._buffer) - self._at)
            self._at, self.position, count = self._at + here, self.position + here, count - here
            if count:
                self.take(1)
                count -= 1


def _archives(stream: _Stream, image: Image, file: BinaryIO) -> None:
    """Go through the archives of an image; ``file`` is what is read, for a program that goes on with it.

    Raises `EOFError` where there is none: what unpacks a part may have failed, and would leave an image without modules.
    """
    found = False
    while True:
        start = stream.peek(6)
        if not start and not found:
            raise EOFError("there is no archive in it, or in its compressed part")
        if not start:
            return
        if start in _CPIO:
            _archive(stream, image)
            found = True
        elif start[:1] == b"\0":
            stream.take(1)
        else:
            _compressed(stream, image, file, start)
            return


def _compressed(stream: _Stream, image: Image, file: BinaryIO, start: bytes) -> None:
    program = _PROGRAMS.get(start[:4], "")
    if program:
        _by_program(stream, image, file, program)
        return
    if start.startswith(b"\x1f\x8b"):
        plain = _inflated(stream)
    elif start.startswith((b"\xfd7zXZ\0", b"\x5d\0\0")):
        plain = _unpacked(stream, lzma.LZMADecompressor())
    elif start.startswith(b"BZh"):
        plain = _unpacked(stream, bz2.BZ2Decompressor())
    else:
        raise ValueError("it is compressed in an unknown way (it begins with %s)" % start.hex())
    _archives(_Stream(lambda _count: next(plain, b""), image.path), image, file)


def _inflated(stream: _Stream) -> Iterator[bytes]:
    inflating = zlib.decompressobj(wbits=31)
    while not inflating.eof:
        more = stream.peek(CHUNK)
        if not more:
            raise EOFError("its compressed part ends in the middle")
        stream.take(len(more))
        while more and not inflating.eof:
            yield inflating.decompress(more, CHUNK) or b""
            more = inflating.unconsumed_tail


def _unpacked(stream: _Stream, how: Union[lzma.LZMADecompressor, bz2.BZ2Decompressor]) -> Iterator[bytes]:
    while not how.eof:
        more = b""
        if how.needs_input:
            more = stream.peek(CHUNK)
            if not more:
                raise EOFError("its compressed part ends in the middle")
            stream.take(len(more))
        yield how.decompress(more, CHUNK)


def _by_program(stream: _Stream, image: Image, file: BinaryIO, program: str) -> None:
    """Let the program of the host unpack the rest: the standard library of older Pythons does not know its form."""
    os.lseek(file.fileno(), stream.position, os.SEEK_SET)
    try:
        process = subprocess.Popen(
            [program, "-dc", "-q"], stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={"PATH": SEARCH_PATH, "LC_ALL": "C"}, start_new_session=True,
        )  # fmt: skip
    except FileNotFoundError:
        raise ReadError(
            "%s is compressed by %s, which is not installed; install it so that the image can be looked into"
            % (printable(image.path), program)
        ) from None
    output = process.stdout
    if output is None:
        raise ValueError("%s gives no output" % program)
    try:
        _archives(_Stream(output.read, image.path), image, file)
    finally:
        output.close()
        process.kill()
        process.wait()


def _archive(stream: _Stream, image: Image) -> None:
    while True:
        head = stream.take(110)
        if head[:6] not in _CPIO:
            raise ValueError("an entry of its archive has no head")
        mode, size, length = int(head[14:22], 16), int(head[54:62], 16), int(head[94:102], 16)
        name = stream.take(length + _padding(110 + length))[:length].rstrip(b"\0").decode("utf-8", "backslashreplace")
        if name == "TRAILER!!!":
            return
        place = name[2:] if name.startswith("./") else name.lstrip("/")
        if _CONFIG.match(place):
            if size > MAX_CONFIG_BYTES:
                raise ValueError("%s in it is too large" % place)
            text = stream.take(size).decode("utf-8", "backslashreplace")
            # A link in an image hides others of its name all the same.
            image.texts[place] = text if stat.S_ISREG(mode) else ""
        else:
            _note(image, place, mode)
            stream.skip(size)
        stream.skip(_padding(size))


def _note(image: Image, place: str, mode: int) -> None:
    base = place.rpartition("/")[2]
    if base.endswith(SUFFIXES) and not stat.S_ISDIR(mode):
        image.modules.add(module_name(base.partition(".ko")[0]))
    elif base.endswith((".squashfs", "squashfs-root.img", "erofs-root.img")):
        raise ValueError("%s in it is a file system of its own" % place)


def _padding(size: int) -> int:
    return -size % 4
