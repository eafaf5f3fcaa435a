"""Scenarios of kernel modules: present, loaded, and kept from loading by modprobe's configuration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Optional, Union

from tests.initial_file_systems import archive
from tests.scenarios.linux import File, Scenario

NAME = {"name": "cramfs"}
EXPECT: Dict[str, Any] = {
    "any_of": [
        {"fields": {"available": {"equals": False}, "loaded": {"equals": False}}},
        {
            "fields": {
                "built_in": {"equals": False},
                "loaded": {"equals": False},
                "install_blocked": {"equals": True},
                "denylisted": {"equals": True},
                "initramfs_loads": {"empty": True},
            }
        },
    ],
}
BLOCKED = {"install_blocked": True, "denylisted": True}
KERNEL = "/lib/modules/6.1.0-18-amd64"
SNIPPET = "/etc/modprobe.d/cramfs.conf"
BOTH = "install cramfs /bin/false\nblacklist cramfs\n"

Files = Dict[str, Union[str, bytes, File]]
# What every kernel shows, where /proc and /sys are mounted.
SHOWN: Files = {"/proc/version": "Linux version 6.1.0-18-amd64\n", "/sys/module/printk/parameters/time": "Y\n"}
INSTALLED: Files = {
    **SHOWN,
    KERNEL + "/modules.dep": "kernel/fs/cramfs/cramfs.ko: kernel/drivers/mtd/mtd.ko\nkernel/drivers/mtd/mtd.ko:\n",
    KERNEL + "/modules.builtin": "kernel/fs/ext4/ext4.ko\n",
    KERNEL + "/kernel/fs/cramfs/cramfs.ko": "",
    "/proc/modules": "mtd 102400 1 cramfs_x, Live 0x0000000000000000\n",
}


def _case(name: str, verdict: str, files: Files, address: Optional[Dict[str, Any]] = None, **flags: Any) -> Scenario:
    seen: Dict[str, Any] = {
        "available": True,
        "built_in": False,
        "loaded": False,
        "install_blocked": False,
        "denylisted": False,
    }
    seen.update(flags)
    if "initramfs_loads" not in flags:
        seen["initramfs_loads"] = [] if seen["install_blocked"] and seen["denylisted"] else None
    wanted = None if seen["built_in"] or seen["loaded"] else BLOCKED
    asked = NAME if address is None else address
    # Only this kernel's lack of it keeps it away.
    default = True if not seen["available"] and not (seen["install_blocked"] and seen["denylisted"]) else None
    observed = {"state": "value", "value": seen, "default": default}
    return Scenario(name, asked, EXPECT, verdict, observed, files={**SHOWN, **files}, wanted=wanted)


def _with(text: str, path: str = SNIPPET) -> Files:
    return {**INSTALLED, path: text}


IMAGE = "/boot/initrd.img-6.1.0-18-amd64"
CARRIED = {"usr/lib/modules/6.1.0-18-amd64/kernel/fs/cramfs/cramfs.ko": b""}


def _carrying(name: str, verdict: str, image: bytes, loading: Any, text: str = BOTH) -> Scenario:
    files = {**_with(text), IMAGE: image, "/boot/vmlinuz-6.1.0-18-amd64": ""}
    flags = BLOCKED if text == BOTH else {}
    return replace(_case(name, verdict, files, initramfs_loads=loading, **flags), wanted=None)


def _with_alias_file(name: str, verdict: str, version: str, files: Files, **flags: Any) -> Scenario:
    """Return a scenario on a host with a certain kmod: until 33 it reads `*.alias` too, seen on 30 and 34."""
    case = _case(name, verdict, {**INSTALLED, **files}, **flags)
    return replace(case, commands={"modprobe --version": "kmod version %s\n+ZSTD +XZ\n" % version})


OTHER = {"/etc/modprobe.d/a.alias": "install cramfs /sbin/insmod x\n"}


SCENARIOS = [
    _with_alias_file("alias-file-wins", "fail", "30", {SNIPPET: BOTH, **OTHER}, denylisted=True),
    _with_alias_file("alias-file-that-newer-kmod-passes-over", "pass", "34.2", {SNIPPET: BOTH, **OTHER}, **BLOCKED),
    _with_alias_file("alias-file-blocks", "pass", "32", {"/lib/modprobe.d/x.alias": BOTH}, **BLOCKED),
    _with_alias_file("alias-file-blocks-no-more", "fail", "33", {"/lib/modprobe.d/x.alias": BOTH}),
    replace(
        _with_alias_file("alias-file-of-an-unknown-kmod", "error", "?", {SNIPPET: BOTH, **OTHER}),
        observed={"state": "error"},
        wanted=None,
    ),
    _carrying("image-made-before-the-locks", "fail", archive(CARRIED), [IMAGE]),
    _carrying("image-made-since", "pass", archive({**CARRIED, "etc/modprobe.d/x.conf": BOTH.encode()}), []),
    _carrying("image-does-not-matter-yet", "fail", b"broken", None, ""),
    replace(
        _carrying("image-that-cannot-be-followed", "error", b"broken", None),
        observed={"state": "error"},
    ),
    _case("right", "pass", _with(BOTH), **BLOCKED),
    _case("nothing-set", "fail", INSTALLED),
    _case("commented-out", "fail", _with("#install cramfs /bin/false\n # blacklist cramfs\n")),
    _case("only-denylisted", "fail", _with("blacklist cramfs\n"), denylisted=True),
    _case("only-install", "fail", _with("install cramfs /bin/true\n"), install_blocked=True),
    _case(
        "right-but-loaded",
        "fail",
        {**_with(BOTH), "/proc/modules": "cramfs 57344 0 - Live 0x0\n"},
        loaded=True,
        **BLOCKED,
    ),
    _case("loaded-from-elsewhere", "fail", {"/proc/modules": "cramfs 57344 0 - Live 0x0\n"}, loaded=True),
    _case("built-in", "fail", _with(BOTH), {"name": "ext4"}, built_in=True, loaded=True),
    _case("built-in-without-index", "fail", {"/sys/module/cramfs/parameters/x": "1"}, built_in=True, loaded=True),
    _case("no-kernel-has-it", "pass", {KERNEL + "/modules.dep": "kernel/fs/xfs/xfs.ko:\n"}, available=False),
    _case("no-modules-at-all", "pass", {}, available=False),
    _case(
        "only-an-older-kernel-has-it",
        "fail",
        {KERNEL + "/modules.dep": "", "/lib/modules/5.10.0-1-amd64/modules.dep": "kernel/fs/cramfs/cramfs.ko.xz:\n"},
    ),
    _case("file-that-the-index-lacks", "fail", {KERNEL + "/modules.dep": "", KERNEL + "/extra/cramfs.ko.zst": ""}),
    _case("file-without-any-index", "fail", {KERNEL + "/kernel/fs/cramfs/cramfs.ko": ""}),
    _case("usr-lib-modules", "fail", {"/usr/lib/modules/6.1/kernel/cramfs.ko": ""}),
    _case(
        "sources-are-not-modules",
        "pass",
        {KERNEL + "/build": File(link="/usr/src/linux"), "/usr/src/linux/fs/cramfs/cramfs.ko": ""},
        available=False,
    ),
    _case("loop-of-links-below-modules", "pass", {KERNEL + "/kernel/fs/again": File(link="..")}, available=False),
    _case(
        "dash-and-underscore",
        "pass",
        {
            KERNEL + "/modules.dep": "kernel/drivers/usb/storage/usb-storage.ko:\n",
            SNIPPET: "install usb_storage /usr/bin/true\nblacklist usb-storage\n",
        },
        {"name": "usb-storage"},
        **BLOCKED,
    ),
    _case("odd-spacing", "pass", _with("\tinstall \t cramfs\t/bin/false  \n  blacklist   cramfs   # why\n"), **BLOCKED),
    _case("odd-case", "fail", _with("Install cramfs /bin/false\nBLACKLIST cramfs\n")),
    _case(
        "comment-behind-the-command", "pass", _with("install cramfs /bin/false # CIS\nblacklist cramfs\n"), **BLOCKED
    ),
    _case("continued-line", "pass", _with("install cramfs \\\n /bin/false\nblacklist \\\ncramfs\n"), **BLOCKED),
    _case(
        "comment-swallows-the-next-line",
        "fail",
        _with("# off \\\ninstall cramfs /bin/false\nblacklist cramfs\n"),
        denylisted=True,
    ),
    _case(
        "command-that-loads-after-all",
        "fail",
        _with("install cramfs /bin/true; /sbin/modprobe --ignore-install cramfs\nblacklist cramfs\n"),
        denylisted=True,
    ),
    _case(
        "command-with-alternative",
        "fail",
        _with("install cramfs /bin/false || /sbin/insmod x.ko\nblacklist cramfs\n"),
        denylisted=True,
    ),
    _case("first-install-line-wins", "fail", _with("install cramfs /sbin/insmod x\n" + BOTH), denylisted=True),
    _case("later-install-line-is-ignored", "pass", _with(BOTH + "install cramfs /sbin/insmod x\n"), **BLOCKED),
    _case("earlier-pattern-wins", "fail", _with("install cram* /sbin/insmod x\n" + BOTH), denylisted=True),
    _case("pattern-blocks", "fail", _with("install cram?s /bin/false\nblacklist cram*\n"), install_blocked=True),
    _case("other-module", "fail", _with("install cramfs2 /bin/false\nblacklist xcramfs\n")),
    _case("install-without-command", "fail", _with("install cramfs\nblacklist\n")),
    _case("not-a-conf-file", "fail", _with(BOTH, "/etc/modprobe.d/cramfs")),
    _case(
        "earlier-file-wins",
        "fail",
        {**_with(BOTH), "/usr/lib/modprobe.d/a.conf": "install cramfs /sbin/insmod x\n"},
        denylisted=True,
    ),
    _case("same-name-in-etc-hides-vendor", "fail", {**_with(BOTH, "/lib/modprobe.d/cramfs.conf"), SNIPPET: ""}),
    _case(
        "null-link-hides-vendor",
        "fail",
        {**_with(BOTH, "/lib/modprobe.d/cramfs.conf"), SNIPPET: File(link="/dev/null")},
    ),
    _case("vendor-file", "pass", _with(BOTH, "/usr/lib/modprobe.d/cramfs.conf"), **BLOCKED),
    _case("run-does-not-last", "fail", _with(BOTH, "/run/modprobe.d/cramfs.conf")),
    _case(
        "run-hides-vendor-now",
        "fail",
        {**_with(BOTH, "/lib/modprobe.d/cramfs.conf"), "/run/modprobe.d/cramfs.conf": ""},
    ),
    _case("bytes-that-are-not-utf-8", "pass", {**INSTALLED, SNIPPET: b"# \xff\xfe\n" + BOTH.encode()}, **BLOCKED),
    Scenario(
        "directory-in-place-of-a-snippet",
        NAME,
        EXPECT,
        "error",
        {"state": "error", "reason": "/etc/modprobe.d/cramfs.conf is not a regular file"},
        files={**INSTALLED, SNIPPET: File(directory=True)},
    ),
    Scenario(
        "directory-in-place-of-the-index",
        NAME,
        EXPECT,
        "error",
        {"state": "error", "reason": KERNEL + "/modules.dep is not a regular file"},
        files={**SHOWN, KERNEL + "/modules.dep": File(directory=True)},
    ),
    Scenario(
        "snippet-in-a-loop-of-links",
        NAME,
        EXPECT,
        "error",
        {"state": "error", "reason": "/etc/modprobe.d/cramfs.conf: too many levels of symbolic links"},
        files={**INSTALLED, SNIPPET: File(link="cramfs.conf")},
    ),
    Scenario(
        "not-a-name",
        {"name": "../x"},
        EXPECT,
        "error",
        {"state": "error", "reason": "'../x' is not the name of a kernel module"},
    ),
    Scenario(
        "no-proc",
        NAME,
        EXPECT,
        "error",
        {"state": "error", "reason": "/proc is not there; which kernel modules are loaded cannot be read"},
        files={SNIPPET: BOTH, "/sys/module/printk/parameters/time": "Y\n", "/proc/x": ""},
    ),
    Scenario(
        "no-sys",
        NAME,
        EXPECT,
        "error",
        {"state": "error", "reason": "/sys is not there; which modules are built into the kernel cannot be read"},
        files={SNIPPET: BOTH, "/proc/version": "Linux\n", "/sys/x": ""},
    ),
]
