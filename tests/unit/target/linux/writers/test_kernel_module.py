"""Kernel modules that are kept from being loaded."""

from __future__ import annotations

import pytest

from tests.initial_file_systems import archive
from tests.scenarios import kernel_images
from tests.scenarios.linux.kernel_module import SHOWN

WANTED = {"install_blocked": True, "denylisted": True}
RELEASE = "/proc/sys/kernel/osrelease"
BUILT_IN = {RELEASE: "6.1.0\n", "/usr/lib/modules/6.1.0/modules.builtin": "kernel/fs/cramfs.ko\n"}
pytestmark = pytest.mark.root


def test_module_that_is_built_in_cannot_be_blocked(planned):
    files = {**BUILT_IN, "/lib/modules/6.1.0/modules.builtin": "kernel/fs/cramfs.ko\n"}

    state, steps = planned("kernel_module", {"name": "cramfs"}, WANTED, files)

    assert (state["state"], steps) == ("refused", [])
    assert "is built into this kernel" in state["reason"]


@pytest.mark.parametrize("wanted", [{"install_blocked": True}, {"install_blocked": False, "denylisted": False}])
def test_only_the_blocking_is_automatic(planned, wanted):
    state, steps = planned("kernel_module", {"name": "cramfs"}, wanted)

    assert (state["state"], steps) == ("refused", [])


@pytest.mark.parametrize(
    ("modules", "unloaded", "reboot"),
    [("", False, False), ("cramfs 1 0 - Live 0x0\n", True, False), ("cramfs 1 1 x Live 0x0\n", False, True)],
    ids=["not-loaded", "loaded", "in-use"],
)
def test_module_is_unloaded_where_nothing_uses_it(planned, modules, unloaded, reboot):
    state, steps = planned("kernel_module", {"name": "cramfs"}, WANTED, {**SHOWN, "/proc/modules": modules})

    assert state["state"] == "planned"
    commands = [step for step in steps if step["type"] == "command"]
    assert [step["argv"] for step in commands] == ([["modprobe", "-r", "cramfs"]] if unloaded else [])
    assert [step["undo"] for step in commands] == ([[["modprobe", "--ignore-install", "cramfs"]]] if unloaded else [])
    assert state.get("pending_reboot", False) is reboot


def test_own_line_that_blocks_in_another_way_is_replaced(planned, tmp_path):
    own = "/etc/modprobe.d/00-hipaa-cis.conf"
    files = {**SHOWN, own: "install cramfs /bin/true\ninstall udf /bin/false\n"}

    state, _steps = planned("kernel_module", {"name": "cramfs"}, WANTED, files, mode="apply")

    assert state["state"] == "done"
    lines = (tmp_path / own[1:]).read_text().splitlines()
    assert [line for line in lines if line.startswith("install")] == [
        "install cramfs /bin/false",
        "install udf /bin/false",
    ]


IMAGE = "/boot/initrd.img-6.1"


def _planted(tmp_path, **more):
    (tmp_path / "boot").mkdir()
    (tmp_path / IMAGE[1:]).write_bytes(archive({"lib/modules/6.1/kernel/fs/cramfs.ko": b""}))
    kernel = "/lib/modules/6.1/"
    return {
        "/boot/vmlinuz-6.1": "", "/proc/modules": "", "/sys/module/printk/x": "", kernel + "modules.dep": "kernel/fs/cramfs.ko:\n", **more,
    }  # fmt: skip


def test_image_that_loads_the_module_is_made_anew_where_that_is_allowed(planned, tmp_path):
    files = _planted(tmp_path, **{"/usr/sbin/update-initramfs": ""})

    state, steps = planned("kernel_module", {"name": "cramfs"}, WANTED, files, options={"may_make_images": True})

    assert state == {"state": "planned", "pending_reboot": True}
    assert [step["argv"] for step in steps if "argv" in step] == [["update-initramfs", "-u", "-k", "all"]]


@pytest.mark.parametrize(
    ("maker", "why"),
    [
        ({"/usr/sbin/update-initramfs": ""}, "run update-initramfs -u -k all, or allow the disruption reboot"),
        ({"/usr/bin/dracut": ""}, "run dracut --force --regenerate-all, or allow the disruption reboot"),
        ({}, "make it anew with the tool that made it"),
    ],
)
def test_image_is_left_where_a_reboot_is_not_allowed(planned, tmp_path, maker, why):
    state, steps = planned("kernel_module", {"name": "cramfs"}, WANTED, _planted(tmp_path, **maker))

    assert state["left"] == "%s loads cramfs before the locks on the disk are seen; %s" % (IMAGE, why)
    assert not [step for step in steps if "argv" in step]


def test_image_in_one_file_with_its_kernel_is_left_to_what_made_it(planned, tmp_path):
    """update-initramfs writes files of its own, which this one was once made of."""
    files = _planted(tmp_path, **{"/usr/sbin/update-initramfs": ""})
    folder = tmp_path / "boot/efi/EFI/Linux"
    folder.mkdir(parents=True)
    loading = archive({"lib/modules/6.1/kernel/fs/cramfs.ko": b""})
    (folder / "debian.efi").write_bytes(kernel_images.image((b".linux", b"kernel"), (b".initrd", loading)))

    state, steps = planned("kernel_module", {"name": "cramfs"}, WANTED, files, options={"may_make_images": True})

    assert state["left"].startswith(
        "/boot/efi/EFI/Linux/debian.efi holds a kernel and an initial file system that loads cramfs"
    )
    assert [step["argv"] for step in steps if "argv" in step] == [["update-initramfs", "-u", "-k", "all"]]
