# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The initial file systems from which the kernels of a host start: which modules they carry, and what modprobe is told in them.

An image is one or more archives of cpio's form newc, one after the other, plain or compressed (the kernel's
Documentation/driver-api/early-userspace/buffer-format), in a file of its own or in a section of a unified kernel image (systemd-stub(7)).
It is read as a stream, and nothing of it is written or run.
"""

from __future__ import annotations

import bz2
import lzma
import os
import re
import stat
import subprocess
import threading
import time
import zlib
from dataclasses import dataclass, field
from typing import IO, BinaryIO, Callable, Dict, Iterator, List, Optional, Sequence, Set, Tuple, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import SEARCH_PATH
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import compressed_frames, efi_program
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.kernel_arguments import BOOT_PLACES
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.modprobe_config import ModprobeConfig
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.module_files import SUFFIXES, module_name

# Kernel and image by its version: Debian's names, Red Hat's, those of kernel-install.
IMAGES = (
    *("/boot/initrd.img-*", "/boot/initramfs-*.img", "/boot/initrd-*"),
    *(place + "/*/*/initrd*" for place in BOOT_PLACES),
)
# systemd-boot offers those in EFI/Linux; the firmware and other loaders start one from any folder.
UNIFIED = "/EFI/Linux/*.[eE][fF][iI]"
ELSEWHERE = "/EFI/*/*.[eE][fF][iI]"
ADDONS = ("%s/loader/addons/*.addon.efi", "%s.extra.d/*.addon.efi")
EXTENSIONS = ("%s/loader/extensions/*.raw", "%s.extra.d/*.raw")
# Starts in place of a kernel that crashed, never by itself.
AFTER_A_CRASH = "kdump"
CHUNK = 1 << 18
MAX_BYTES = 1 << 30
MAX_SECONDS = 60.0
MAX_CONFIG_BYTES = 1 << 20
_CPIO = (b"070701", b"070702")
_CONFIG = re.compile(r"(?:etc|run|usr/lib|usr/local/lib|lib)/modprobe\.d/[^/]+\.conf\Z", re.ASCII)
_ORDER = ("etc", "run", "usr/local/lib", "usr/lib", "lib")
_PROGRAMS = {compressed_frames.ZSTD: "zstd", compressed_frames.LZ4_LEGACY: "lz4", compressed_frames.LZ4: "lz4"}


@dataclass
class Image:
    """What one image holds. ``unified``: it lies in one file with its kernel."""

    path: str
    unified: bool = False
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
    plain = [_read(host, Image(path), [(path, 0, -1)]) for path in dict.fromkeys(found)]
    return [*plain, *(image for place in BOOT_PLACES for image in _unified(host, place))]


def _unified(host: Host, place: str) -> Iterator[Image]:
    """Yield what the unified images below a place carry: of each profile, with and without what addons bring."""
    offered = host.glob(place + UNIFIED)
    for path in dict.fromkeys((*offered, *host.glob(place + ELSEWHERE))):
        try:
            sections = efi_program.sections(host, path)
        except ReadError:
            if path in offered:
                raise
            continue  # nor does the firmware start it
        if all(one.name != ".linux" for one in sections):
            continue
        extensions = [found for pattern in EXTENSIONS for found in _beside(host, pattern, place, path)]
        if extensions:
            raise ReadError(
                "%s cannot be looked into: it is a file system that %s starts with"
                % (printable(extensions[0]), printable(path))
            )
        addons = [found for pattern in ADDONS for found in _beside(host, pattern, place, path)]
        more = [part for addon in addons for part in _initrds(addon, efi_program.sections(host, addon))]
        for part in _initrds(path, sections) or ([(path, 0, 0)] if more else []):
            # Secure Boot passes over addons that nobody signed.
            if part[2]:
                yield _read(host, Image(path, unified=True), [part])
            if more:
                yield _read(host, Image(path, unified=True), [part, *more])


def _beside(host: Host, pattern: str, place: str, path: str) -> List[str]:
    return host.glob(pattern % (place if pattern.startswith("%s/") else path))


def _initrds(path: str, sections: Sequence[efi_program.Section]) -> List[Tuple[str, int, int]]:
    return [(path, one.offset, one.size) for one in sections if one.name == ".initrd" and one.size]


def _is_started(host: Host, path: str) -> bool:
    """Return whether an image stands beside the kernel that it is for."""
    folder, _slash, name = path.rpartition("/")
    if AFTER_A_CRASH in name or name.endswith((".bak", ".old", "~", ".old-dkms", ".dpkg-bak", ".new")):
        return False
    if name.startswith("initrd") and host.exists(folder + "/linux"):
        return True
    version = re.sub(r"\A(?:initrd\.img|initramfs|initrd)-|\.img\Z", "", name)
    return any(host.exists("%s/%s-%s" % (folder, kernel, version)) for kernel in ("vmlinuz", "vmlinux", "Image"))


def _read(host: Host, image: Image, parts: Sequence[Tuple[str, int, int]]) -> Image:
    """Fill an image from parts of files, each (path, start, size), where a size of -1 is all of it."""
    for path, start, size in parts:
        host.note(path)
        try:
            with open(host.touchable(path), "rb") as file:
                file.seek(start)
                if size:
                    _archives(_Stream(_bounded(file, size), path), image, file, start)
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as problem:
            raise ReadError(
                "%s cannot be looked into: %s; make it anew (update-initramfs -u, dracut -f)"
                % (printable(path), problem)
            ) from None
    return image


def _bounded(file: BinaryIO, size: int) -> Callable[[int], bytes]:
    """Return how the next bytes are read, up to a size; by their place, for a program moves the file's own."""
    start = at = file.tell()

    def read(count: int) -> bytes:
        nonlocal at
        piece = os.pread(file.fileno(), count if size < 0 else min(count, start + size - at), at)
        at += len(piece)
        return piece

    return read


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

    def give_back(self, count: int) -> None:
        """Have the last bytes that were taken once more."""
        self._at, self.position = self._at - count, self.position - count


def _archives(stream: _Stream, image: Image, file: Optional[BinaryIO] = None, start: int = 0) -> None:
    """Go through the archives of an image. ``file``: what the stream reads, from where on, for a program that goes on with it.

    Raises `EOFError` where there is none: what unpacks a part may have failed, and would leave an image without modules.
    """
    found = False
    while True:
        magic = stream.peek(6)
        if not magic and not found:
            raise EOFError("there is no archive in it, or in its compressed part")
        if not magic:
            return
        if magic in _CPIO:
            _archive(stream, image)
            found = True
        elif magic[:1] == b"\0":
            stream.take(1)
        elif file is None:
            raise ValueError("there is no archive in its compressed part, or something behind it")
        else:
            # The kernel goes on behind it: several images in one are joined like that.
            _compressed(stream, image, file, start, magic)
            found = True


def _compressed(stream: _Stream, image: Image, file: BinaryIO, start: int, magic: bytes) -> None:
    program = _PROGRAMS.get(magic[:4], "")
    if program:
        before = stream.position
        compressed_frames.skip(stream)
        _by_program(image, file, start + before, stream.position - before, program)
        return
    if magic.startswith(b"\x1f\x8b"):
        plain = _inflated(stream)
    elif magic.startswith((b"\xfd7zXZ\0", b"\x5d\0\0")):
        plain = _unpacked(stream, lzma.LZMADecompressor())
    elif magic.startswith(b"BZh"):
        plain = _unpacked(stream, bz2.BZ2Decompressor())
    else:
        raise ValueError("it is compressed in an unknown way (it begins with %s)" % magic.hex())
    _archives(_Stream(lambda _count: next(plain, b""), image.path), image)


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
    stream.give_back(len(inflating.unused_data))


def _unpacked(stream: _Stream, how: Union[lzma.LZMADecompressor, bz2.BZ2Decompressor]) -> Iterator[bytes]:
    while not how.eof:
        more = b""
        if how.needs_input:
            more = stream.peek(CHUNK)
            if not more:
                raise EOFError("its compressed part ends in the middle")
            stream.take(len(more))
        yield how.decompress(more, CHUNK)
    stream.give_back(len(how.unused_data))


def _by_program(image: Image, file: BinaryIO, start: int, size: int, program: str) -> None:
    """Let the program of the host unpack what lies there: the standard library of older Pythons does not know its form."""
    try:
        process = subprocess.Popen(
            [program, "-dc", "-q"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
            env={"PATH": SEARCH_PATH, "LC_ALL": "C"}, start_new_session=True,
        )  # fmt: skip
    except FileNotFoundError:
        raise ReadError(
            "%s is compressed by %s, which is not installed; install it so that the image can be looked into"
            % (printable(image.path), program)
        ) from None
    given, output = process.stdin, process.stdout
    if given is None or output is None:
        raise ValueError("%s gives no output" % program)
    # lz4 1.10 gives nothing of a whole frame where something follows that is none, so it gets the frame alone.
    feeding = threading.Thread(target=_feed, args=(given, file, start, size))
    feeding.start()
    try:
        _archives(_Stream(output.read, image.path), image)
    finally:
        output.close()
        process.kill()
        process.wait()
        feeding.join()


def _feed(given: IO[bytes], file: BinaryIO, start: int, size: int) -> None:
    try:
        with given:
            for at in range(start, start + size, CHUNK):
                piece = os.pread(file.fileno(), min(CHUNK, start + size - at), at)
                while piece:
                    piece = piece[given.write(piece) :]
    except OSError:
        return  # the program has ended, and what it gave is looked at


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
