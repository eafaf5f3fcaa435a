"""Which modules initial file systems carry, and what modprobe is told in them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import initramfs
from tests.initial_file_systems import archive
from tests.scenarios.kernel_images import image

MODULE = "usr/lib/modules/6.1/kernel/fs/udf/udf.ko"
LOCKS = b"install udf /bin/false\nblacklist udf\n"
EARLY = archive({"kernel/x86/microcode/GenuineIntel.bin": b"x" * 3000}) + b"\0" * 512
OPEN, LOCKED = archive({MODULE: b"code"}), archive({MODULE + ".xz": b"code", "etc/modprobe.d/cis.conf": LOCKS})


@pytest.fixture
def loads(tmp_path):
    """A function that plants images (name -> content), each beside its kernel: those that load udf."""

    def call(**images):
        (tmp_path / "boot").mkdir(exist_ok=True)
        for name, content in images.items():
            (tmp_path / "boot" / ("initrd.img-" + name)).write_bytes(content)
            (tmp_path / "boot" / ("vmlinuz-" + name)).write_text("")
        return [
            one.path[len("/boot/initrd.img-") :] for one in initramfs.images(Host(str(tmp_path))) if one.loads("udf")
        ]

    return call


@pytest.mark.parametrize(
    "packed", [bytes, gzip.compress, bz2.compress, lzma.compress, lambda data: lzma.compress(data, lzma.FORMAT_ALONE)]
)
@pytest.mark.parametrize("before", [b"", EARLY])
def test_image_is_looked_into_however_it_is_packed(loads, packed, before):
    assert loads(a=before + packed(OPEN), b=before + packed(LOCKED), c=before + packed(EARLY)) == ["a"]


@pytest.mark.parametrize("name", ["zstd", "lz4"])
def test_form_that_python_does_not_know_is_unpacked_by_the_program_of_the_host(loads, program, name):
    program(name)

    assert loads(a=EARLY + packed(name, OPEN), b=EARLY + packed(name, LOCKED)) == ["a"]


def test_program_that_fails_leaves_no_image_without_modules(loads, tmp_path, monkeypatch):
    script = tmp_path / "bin" / "zstd"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\nexit 1\n")
    script.chmod(0o755)
    monkeypatch.setattr(initramfs, "SEARCH_PATH", "%s:/usr/bin:/bin" % script.parent)
    monkeypatch.setenv("PATH", "%s:/usr/bin:/bin" % script.parent)

    with pytest.raises(ReadError, match=r"/boot/initrd\.img-a cannot be looked into: there is no archive in it"):
        loads(a=EARLY + packed("zstd", OPEN))


def test_program_that_is_missing_is_named(loads, monkeypatch):
    monkeypatch.setattr(initramfs, "SEARCH_PATH", "/nowhere")
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(ReadError, match=r"/boot/initrd.img-a is compressed by zstd, which is not installed"):
        loads(a=packed("zstd", OPEN))


# By name: what gzip makes hangs on the time.
BROKEN = {
    "empty": b"",
    "zeros": b"\0" * 600,
    "nothing-packed": gzip.compress(b""),
    "zeros-packed": EARLY + gzip.compress(b"\0" * 600),
    "no-archive": b"what is this",
    "cut-off": OPEN[:-200],
    "packed-and-cut-off": gzip.compress(OPEN)[:-20],
    "packed-begin-alone": gzip.compress(OPEN)[:40],
    "no-head": b"070701" + b"zz" * 60,
}


@pytest.mark.parametrize("name", BROKEN)
def test_image_that_cannot_be_followed_is_an_error(loads, name):
    with pytest.raises(ReadError, match=r"/boot/initrd\.img-a cannot be looked into"):
        loads(a=BROKEN[name])


def test_locks_of_an_image_are_read_as_modprobe_does(loads):
    """The folder below /etc hides others of the same name, and one lock alone is none."""
    vendor = {MODULE: b"", "usr/lib/modprobe.d/cis.conf": LOCKS}
    assert loads(a=archive(vendor)) == []
    assert loads(a=archive({**vendor, "etc/modprobe.d/cis.conf": b"# nothing\n"})) == ["a"]
    assert loads(a=archive({MODULE: b"", "etc/modprobe.d/cis.conf": b"blacklist udf\n"})) == ["a"]


def test_image_without_its_kernel_or_for_a_crash_does_not_count(loads, tmp_path):
    assert loads(**{"6.1": LOCKED}) == []
    for name in ("initrd.img-5.0", "initrd.img-6.1.old", "initramfs-6.1kdump.img"):
        (tmp_path / "boot" / name).write_bytes(OPEN)
    (tmp_path / "boot" / "vmlinuz-6.1kdump").write_text("")
    assert loads() == []


def test_image_larger_than_is_read_is_an_error(loads, monkeypatch):
    monkeypatch.setattr(initramfs, "MAX_BYTES", 1000)

    with pytest.raises(ReadError, match="is larger than 1000 bytes"):
        loads(a=gzip.compress(archive({"bin/busybox": b"x" * (1 << 20)})))


BY_PYTHON: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "bz2": bz2.compress, "lzma": lzma.compress}


def packed(program, data):
    """Return the data as one frame of zstd, or of lz4's legacy form, whose blocks are as they are."""
    if program == "zstd":
        head, blocks = b"\x28\xb5\x2f\xfd\x00\x50", b""
        for at in range(0, len(data), 1000):
            piece = data[at : at + 1000]
            blocks += (len(piece) << 3 | (at + 1000 >= len(data))).to_bytes(3, "little") + piece
        return head + blocks
    return b"\x02\x21\x4c\x18" + len(data).to_bytes(4, "little") + data


UNPACK = """#!%s
import sys
data, out = sys.stdin.buffer.read(), b""
if data[:4] == b"\\x28\\xb5\\x2f\\xfd":
    at, last = 6, 0
    while not last:
        head = int.from_bytes(data[at:at + 3], "little")
        last, out, at = head & 1, out + data[at + 3:at + 3 + (head >> 3)], at + 3 + (head >> 3)
else:
    out = data[8:8 + int.from_bytes(data[4:8], "little")]
sys.stdout.buffer.write(out)
sys.exit(1)
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A function that gives the host a program that unpacks one frame, and fails at what stands behind it, as zstd does."""

    def call(name):
        script = tmp_path / "bin" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text(UNPACK % sys.executable)
        script.chmod(0o755)
        monkeypatch.setattr(initramfs, "SEARCH_PATH", "%s:/usr/bin:/bin" % script.parent)
        monkeypatch.setenv("PATH", "%s:/usr/bin:/bin" % script.parent)

    return call


@pytest.fixture
def unified(tmp_path):
    """A function that plants unified images (name -> content) below the partition of EFI: those that load udf."""

    def call(folder="boot/efi", **files):
        for name, content in files.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return [one.path for one in initramfs.images(Host(str(tmp_path))) if one.loads("udf")]

    return call


def uki(*initrds):
    return image((b".osrel", b"ID=debian"), (b".linux", b"kernel"), *((b".initrd", one) for one in initrds))


@pytest.mark.parametrize("pack", ["gzip", "bz2", "lzma", "zstd", "lz4"])
@pytest.mark.parametrize("between", [b"", b"\0" * 3])
def test_what_is_joined_behind_a_packed_archive_is_read_too(loads, program, pack, between):
    """The kernel unpacks one after the other; mkosi puts the modules into a second one."""
    program(pack)
    make = BY_PYTHON[pack] if pack in BY_PYTHON else lambda data: packed(pack, data)
    none = archive({"bin/busybox": b"x" * 5000})

    joined = {"a": make(none) + between + make(OPEN), "b": make(none) + between + make(LOCKED)}
    assert loads(**joined) == ["a"]
    # A later archive writes over the files of one before it.
    locks = archive({"etc/modprobe.d/cis.conf": b"# none\n"})
    assert loads(a=make(LOCKED) + between + make(locks), b=make(LOCKED)) == ["a"]


def test_something_behind_an_archive_that_is_none_is_an_error(loads):
    with pytest.raises(ReadError, match="compressed in an unknown way"):
        loads(a=gzip.compress(LOCKED) + b"garbage")


def test_initial_file_system_in_one_file_with_its_kernel_is_looked_into(unified, program):
    program("zstd")
    path = "/boot/efi/EFI/Linux/debian.efi"
    assert unified(**{"EFI/Linux/debian.efi": uki(EARLY + OPEN)}) == [path]
    assert unified(**{"EFI/Linux/debian.efi": uki(packed("zstd", OPEN))}) == [path]
    assert unified(**{"EFI/Linux/debian.efi": uki(EARLY + packed("zstd", LOCKED))}) == []
    assert unified(**{"EFI/Linux/debian.efi": uki()}) == []


def test_each_profile_has_an_initial_file_system_of_its_own(unified):
    assert len(unified(**{"EFI/Linux/debian.efi": uki(OPEN, LOCKED, OPEN)})) == 2


def test_image_that_the_firmware_starts_from_another_folder_counts(unified):
    assert unified("efi", **{"EFI/BOOT/BOOTX64.EFI": uki(OPEN)}) == ["/efi/EFI/BOOT/BOOTX64.EFI"]


def test_other_programs_of_efi_hold_no_kernel(unified):
    assert unified(**{"EFI/debian/shimx64.efi": image((b".text", b"x")), "EFI/debian/fwupd.efi": b"no program"}) == []


def test_addon_brings_modules_where_secure_boot_is_off(unified):
    addon = image((b".initrd", OPEN))
    locked = {"EFI/Linux/debian.efi": uki(LOCKED)}
    without = {"EFI/Linux/debian.efi": uki(archive({"etc/modprobe.d/cis.conf": b""}))}
    assert unified(**locked, **{"EFI/Linux/debian.efi.extra.d/more.addon.efi": addon}) == []
    assert unified(**without) == ["/boot/efi/EFI/Linux/debian.efi"]
    assert unified(**{"EFI/Linux/debian.efi": uki()}) == ["/boot/efi/EFI/Linux/debian.efi"]


@pytest.mark.parametrize("name", ["EFI/Linux/debian.efi.extra.d/more.sysext.raw", "loader/extensions/more.raw"])
def test_file_system_that_an_image_starts_with_is_an_error(unified, name):
    with pytest.raises(ReadError, match=r"more.*raw cannot be looked into: it is a file system that"):
        unified(**{"EFI/Linux/debian.efi": uki(LOCKED), name: b"squashfs"})


def test_image_that_is_no_program_of_efi_is_an_error(unified):
    with pytest.raises(ReadError, match=r"debian\.efi cannot be looked into: it is no whole program of EFI"):
        unified(**{"EFI/Linux/debian.efi": b"MZ"})


def test_image_beside_its_kernel_on_the_partition_of_efi_counts(unified):
    files = {"0123/6.12/linux": b"kernel", "0123/6.12/initrd.img-6.12": OPEN, "0123/6.11/initrd": OPEN}
    assert unified("efi", **files) == ["/efi/0123/6.12/initrd.img-6.12"]
