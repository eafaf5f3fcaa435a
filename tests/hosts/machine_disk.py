"""The disks of a virtual machine, made from a base tree without mounting or starting anything of it.

The first carries GRUB, a partition table and the root file system; the others each hold one of the directories
that a server keeps apart. `python -m tests.hosts.machine_disk TREE TARGET KEY NAME` has to run in a mount namespace of its
own, for it lays an overlay over the tree.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

from tests.hosts import accounts, container
from tests.hosts.system import environment, run

# Directories with a file system of their own, the deepest first, and their size in MiB (the files are sparse).
SEPARATE = {"var/log/audit": 256, "var/log": 128, "var/tmp": 64, "var": 768, "home": 64}
ROOT_SIZE = 3072
# Profiles of AppArmor that only complain; each of the rest of these would take seconds to be compiled.
COMPLAINING = ("bin.ping", "sbin.syslogd", "usr.sbin.identd", "usr.sbin.traceroute")
SECTOR = 512
FIRST_SECTOR = 2048

INTERFACES = """\
auto lo
iface lo inet loopback

allow-hotplug eth0
iface eth0 inet static
    address 10.0.2.15/24
    gateway 10.0.2.2
"""
# Text only, no waiting; and no protection against other guests of the processor, which costs time for nothing here.
GRUB_DEFAULTS = """\
GRUB_TIMEOUT=0
GRUB_RECORDFAIL_TIMEOUT=0
GRUB_TERMINAL=console
GRUB_DISABLE_OS_PROBER=true
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
GRUB_CMDLINE_LINUX="net.ifnames=0 console=ttyS0 mitigations=off"
"""
# The boot loader reads through an emulated BIOS, so that every megabyte counts.
INITRAMFS = "MODULES=list\n"
INITRAMFS_MODULES = "virtio_pci\nvirtio_blk\next4\ncrc32c_generic\ncrc32c_intel\n"
# Looks for left over snapshots of volumes that this host does not have, ten seconds at every start.
MASKED = ("e2scrub_reap.service",)
# Only for the first start, in which update-grub writes the real one.
FIRST_MENU = """\
linux /boot/vmlinuz-{release} root=LABEL=root ro quiet net.ifnames=0 console=ttyS0 mitigations=off
initrd /boot/initrd.img-{release}
boot
"""


def build(tree: Path, target: Path, key: Path, name: str) -> None:
    """Make the disks below `target`, in a mount namespace that ends with the process that makes them."""
    argv = [
        "unshare",
        "--mount",
        sys.executable,
        "-m",
        "tests.hosts.machine_disk",
        str(tree),
        str(target),
        str(key),
        name,
    ]
    done = subprocess.run(
        argv,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=environment(),
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)} ended with {done.returncode}: {done.stderr}")


def main(tree: Path, target: Path, key: Path, hostname: str) -> None:
    layers = target / "layers"
    layers.mkdir()
    root = container.mount(tree, layers)
    configure(root, key, hostname)
    core = grub(root)
    for name, size in SEPARATE.items():
        file_system(target / disk_file(name), root / name, label(name), size)
        empty(root / name)
    disk = target / disk_file("")
    file_system(disk, root, "root", ROOT_SIZE, FIRST_SECTOR * SECTOR)
    make_bootable(disk, (root / "usr/lib/grub/i386-pc/boot.img").read_bytes(), core)
    run(["umount", str(root)])
    shutil.rmtree(layers)


def disks() -> list[str]:
    """The names of the disks' files, in the order in which the machine sees them."""
    return [disk_file(""), *(disk_file(name) for name in SEPARATE)]


def disk_file(name: str) -> str:
    return f"{label(name) if name else 'root'}.raw"


def label(name: str) -> str:
    return name.replace("/", "-")


def configure(root: Path, key: Path, hostname: str) -> None:
    """What makes a base tree this host: names, network, mounts, and who may come in."""
    (root / "etc/hostname").write_text(f"{hostname}\n")
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost {hostname}\n::1 localhost\n")
    (root / "etc/network/interfaces").write_text(INTERFACES)
    (root / "etc/fstab").write_text(fstab())
    for path in (root / "etc/apparmor.d").iterdir():
        if path.is_file() and path.name not in COMPLAINING and "complain" in path.read_text():
            path.unlink()
    defaults = root / "etc/default/grub.d"
    defaults.mkdir(exist_ok=True)
    (defaults / "10-test-host.cfg").write_text(GRUB_DEFAULTS)
    for unit in MASKED:
        (root / "etc/systemd/system" / unit).symlink_to("/dev/null")
    (root / "etc/initramfs-tools/conf.d/test-host").write_text(INITRAMFS)
    (root / "etc/initramfs-tools/modules").write_text(INITRAMFS_MODULES)
    run(["chroot", str(root), "update-initramfs", "-u", "-k", "all"], timeout=240)
    accounts.authorise(root, key.with_suffix(".pub").read_text())


def fstab() -> str:
    """Options as an installer writes them: nothing is forbidden yet. The shorter paths are mounted first."""
    lines = ["LABEL=root / ext4 errors=remount-ro 0 0", "tmpfs /tmp tmpfs defaults 0 0"]
    lines += [f"LABEL={label(name)} /{name} ext4 defaults 0 0" for name in sorted(SEPARATE)]
    return "\n".join(lines) + "\n"


def grub(root: Path) -> bytes:
    """Put GRUB's modules and a first menu on the disk; returns the image that the boot sector loads."""
    release = max(path.name.partition("-")[2] for path in (root / "boot").glob("vmlinuz-*"))
    place = root / "boot/grub"
    place.mkdir(exist_ok=True)
    shutil.copytree(root / "usr/lib/grub/i386-pc", place / "i386-pc", dirs_exist_ok=True)
    (place / "grub.cfg").write_text(FIRST_MENU.format(release=release))
    argv = ["grub-mkimage", "--format=i386-pc", "--output=/boot/grub/core.img", "--prefix=(hd0,msdos1)/boot/grub"]
    run(["chroot", str(root), *argv, "biosdisk", "part_msdos", "ext2"])
    return (place / "core.img").read_bytes()


def file_system(image: Path, content: Path, name: str, size: int, offset: int = 0) -> None:
    """An ext4 file system of `size` MiB with a copy of a directory."""
    with image.open("wb") as handle:
        handle.truncate(offset + (size << 20))
    options = f"root_owner=0:0,lazy_itable_init=1,lazy_journal_init=1,offset={offset}"
    run(["mkfs.ext4", "-q", "-F", "-L", name, "-d", str(content), "-E", options, str(image), f"{size}M"], timeout=240)


def empty(directory: Path) -> None:
    """Leave nothing but the place to mount on."""
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def make_bootable(disk: Path, boot: bytes, core: bytes) -> None:
    """Write the boot sector with its table of one partition, and GRUB's image into the gap behind it.

    As grub-mkimage makes them, both expect the image in the sectors right behind the boot sector.
    """
    if len(core) > (FIRST_SECTOR - 1) * SECTOR:
        raise ValueError("GRUB's image is longer than the gap")
    sectors = (ROOT_SIZE << 20) // SECTOR
    entry = struct.pack("<B3sB3sII", 0x80, b"\xfe\xff\xff", 0x83, b"\xfe\xff\xff", FIRST_SECTOR, sectors)
    sector = boot[:440].ljust(446, b"\0") + entry.ljust(64, b"\0") + b"\x55\xaa"
    with disk.open("r+b") as handle:
        handle.write(sector)
        handle.write(core)
        os.fsync(handle.fileno())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
