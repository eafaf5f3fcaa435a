"""Which modules initial file systems carry, and what modprobe is told in them."""

from __future__ import annotations

import bz2
import gzip
import lzma

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import initramfs
from tests.initial_file_systems import archive

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


@pytest.mark.parametrize(("magic", "program"), [(b"\x28\xb5\x2f\xfd", "zstd"), (b"\x02\x21\x4c\x18", "lz4")])
def test_form_that_python_does_not_know_is_unpacked_by_the_program_of_the_host(
    loads, tmp_path, monkeypatch, magic, program
):
    """This one takes off what the form begins with."""
    script = tmp_path / "bin" / program
    script.parent.mkdir()
    script.write_text("#!/bin/sh\nexec tail -c +5\n")
    script.chmod(0o755)
    monkeypatch.setattr(initramfs, "SEARCH_PATH", "%s:/usr/bin:/bin" % script.parent)
    monkeypatch.setenv("PATH", "%s:/usr/bin:/bin" % script.parent)

    assert loads(a=EARLY + magic + OPEN, b=EARLY + magic + LOCKED) == ["a"]


def test_program_that_fails_leaves_no_image_without_modules(loads, tmp_path, monkeypatch):
    script = tmp_path / "bin" / "zstd"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\nexit 1\n")
    script.chmod(0o755)
    monkeypatch.setattr(initramfs, "SEARCH_PATH", "%s:/usr/bin:/bin" % script.parent)
    monkeypatch.setenv("PATH", "%s:/usr/bin:/bin" % script.parent)

    with pytest.raises(ReadError, match=r"/boot/initrd\.img-a cannot be looked into: there is no archive in it"):
        loads(a=EARLY + b"\x28\xb5\x2f\xfd" + OPEN)


def test_program_that_is_missing_is_named(loads, monkeypatch):
    monkeypatch.setattr(initramfs, "SEARCH_PATH", "/nowhere")
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(ReadError, match=r"/boot/initrd.img-a is compressed by zstd, which is not installed"):
        loads(a=b"\x28\xb5\x2f\xfd")


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


def test_kernel_and_image_in_one_file_is_an_error(loads, tmp_path):
    (tmp_path / "boot/efi/EFI/Linux").mkdir(parents=True)
    (tmp_path / "boot/efi/EFI/Linux/debian.efi").write_text("MZ")

    with pytest.raises(ReadError, match="holds kernel and initial file system in one"):
        loads()
