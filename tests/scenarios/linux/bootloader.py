"""Scenarios of the boot loader: password, kernel arguments, and the files themselves."""

from __future__ import annotations

from typing import Any, Dict, Optional, Union

from tests.scenarios.kernel_images import addon, kernel_image
from tests.scenarios.linux import File, Scenario

PASSWORD = {"query": "password"}
LOCKED = {"fields": {"superusers": {"equals": True}, "password": {"equals": True}}}
AUDIT = {"query": "argument", "name": "audit"}
GIVEN = {"fields": {"running": {"equals": "1"}, "configured": {"equals": "1"}}}
CONFIGURATION = {"query": "configuration"}
CFG = "/boot/grub/grub.cfg"
CUSTOM = "/boot/grub/custom.cfg"
HASH = "grub.pbkdf2.sha512.10000.AAAA.BBBB"
USERS = 'set superusers="root"\npassword_pbkdf2 root %s\n' % HASH
OPEN = "submenu 'Snapshots' --unrestricted {\nmenuentry 'x' --unrestricted {\nlinux /x\n}\n}\n"
SOURCE_CUSTOM = """### BEGIN /etc/grub.d/41_custom ###
if [ -f  ${config_directory}/custom.cfg ]; then
  source ${config_directory}/custom.cfg
elif [ -z "${config_directory}" -a -f  $prefix/custom.cfg ]; then
  source $prefix/custom.cfg
fi
### END /etc/grub.d/41_custom ###
"""
RED_HAT_USERS = """if [ -f ${prefix}/user.cfg ]; then
  source ${prefix}/user.cfg
  if [ -n "${GRUB2_PASSWORD}" ]; then
    set superusers="root"
    export superusers
    password_pbkdf2 root ${GRUB2_PASSWORD}
  fi
fi
"""

Files = Dict[str, Union[str, bytes, File]]


def _entries(normal: str, recovery: Optional[str] = None, extra: str = "") -> str:
    """Return what Debian's 10_linux writes, with these arguments at the end of the lines."""
    recovery = normal if recovery is None else recovery
    return """if [ "x$grub_platform" = xxen ]; then insmod xzio; fi
function gfxmode {
\tset gfxpayload="${1}"
}
### BEGIN /etc/grub.d/10_linux ###
menuentry 'Debian GNU/Linux' --class debian {
\tlinux\t/boot/vmlinuz-6.1.0-18-amd64 root=UUID=1-2 ro %s
\tinitrd\t/boot/initrd.img-6.1.0-18-amd64
}
submenu 'Advanced options' {
\tmenuentry 'recovery mode' {
\t\tlinux\t/boot/vmlinuz-6.1.0-18-amd64 root=UUID=1-2 ro single %s
\t}
}
### END /etc/grub.d/10_linux ###
%s""" % (normal, recovery, extra)


def _lock(
    name: str, verdict: str, files: Union[str, Files], superusers: bool, password: bool, **more: bool
) -> Scenario:
    planted: Files = {CFG: File(files + _entries("quiet"), 0o600)} if isinstance(files, str) else files
    seen = {"state": "value", "value": {"superusers": superusers, "password": password, **more}}
    return Scenario(name, PASSWORD, LOCKED, verdict, seen, files=planted)


def _argument(
    name: str,
    verdict: str,
    running: Optional[str],
    configured: Optional[str],
    cmdline: str,
    cfg: str,
    **more: Any,
) -> Scenario:
    seen = {"state": "value", "value": {"running": running, "configured": configured}}
    files: Files = {"/proc/cmdline": cmdline + "\n", CFG: cfg, **more.pop("files", {})}
    return Scenario(name, more.pop("address", AUDIT), more.pop("expect", GIVEN), verdict, seen, files=files, **more)


def _error(name: str, address: Dict[str, Any], reason: str, files: Files, **more: Any) -> Scenario:
    return Scenario(name, address, LOCKED, "error", {"state": "error", "reason": reason}, files=files, **more)


BLS_CFG = "/boot/grub2/grub.cfg"
ENTRIES = "/boot/loader/entries/"
GRUBENV = "/boot/grub2/grubenv"
KEPT = "# GRUB Environment Block\nsaved_entry=x\n"


def _bls(name: str, verdict: str, configured: Optional[str], entry: str, **more: Any) -> Scenario:
    seen = {"state": "value", "value": {"running": "1", "configured": configured}}
    files: Files = {
        "/proc/cmdline": "ro audit=1\n",
        BLS_CFG: "insmod blscfg\nblscfg\n",
        ENTRIES + "5.14.0.conf": "title x\nversion 5.14.0\nlinux /vmlinuz-5.14.0\n" + entry,
        **more.get("files", {}),
    }
    return Scenario("separate-entries-" + name, AUDIT, GIVEN, verdict, seen, files=files)


LOADER_CONF, SD_ENTRY = "/efi/loader/loader.conf", "/efi/loader/entries/%s.conf"
IMAGE = "/efi/EFI/Linux/6.12.efi"
LOADER_INFO, STUB_INFO = (
    "/sys/firmware/efi/efivars/%s-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f" % name for name in ("LoaderInfo", "StubInfo")
)
SD_BOOT = {
    "/efi/EFI/systemd/systemd-bootx64.efi": b"MZ",
    SD_ENTRY % "a": "title Debian\nlinux /m/6.12/linux\noptions root=/dev/sda2 ro audit=1\n",
}
UNSEEN = (
    "this host has systemd-boot, and no entry of it can be seen below /efi, /boot, /boot/efi; mount the partition that "
    "it starts from (bootctl status)"
)


def _variable(text: str) -> bytes:
    """A variable of EFI: its attributes, then UTF-16."""
    return b"\6\0\0\0" + (text + "\0").encode("utf-16-le")


def _editor(name: str, verdict: str, conf: Optional[str], editor: bool, **files: Any) -> Scenario:
    seen = {"superusers": not editor, "password": not editor, "editor": editor}
    planted: Files = {**SD_BOOT, **({} if conf is None else {LOADER_CONF: conf}), **files.get("files", {})}
    return Scenario("systemd-boot-" + name, PASSWORD, LOCKED, verdict, {"state": "value", "value": seen}, files=planted)


def _given(name: str, verdict: str, configured: Optional[str], files: Files) -> Scenario:
    seen = {"state": "value", "value": {"running": "1", "configured": configured}}
    return Scenario(name, AUDIT, GIVEN, verdict, seen, files={"/proc/cmdline": "ro audit=1\n", **files})


def _entry(name: str, verdict: str, configured: Optional[str], text: str, files: Optional[Files] = None) -> Scenario:
    return _given("systemd-boot-" + name, verdict, configured, {**SD_BOOT, SD_ENTRY % "b": text, **(files or {})})


def _image(name: str, verdict: str, configured: Optional[str], *arguments: str, **more: Any) -> Scenario:
    planted: Files = {
        STUB_INFO: _variable("systemd-stub 257"),
        IMAGE: kernel_image(*arguments),
        **more.get("files", {}),
    }
    return _given("image-" + name, verdict, configured, planted)


SCENARIOS = [
    _editor("without-a-file", "fail", None, True),
    _editor("without-its-editor", "pass", "timeout 3\neditor no\n", False),
    _editor("editor-off-in-quotes-behind-tabs", "pass", '\teditor\t "off"\r\n', False),
    _editor("editor-commented-out", "fail", "#editor no\n", True),
    _editor("editor-twice", "fail", "editor no\neditor 1\n", True),
    # What it does not understand it passes over.
    _editor("editor-in-capital-letters", "fail", "editor NO\n", True),
    _editor("editor-odd-behind-no", "pass", "editor no\neditor YES\n", False),
    _editor("file-of-another-partition", "fail", None, True, files={"/boot/loader/loader.conf": "editor no\n"}),
    _editor("file-of-two-partitions", "pass", "editor no\n", False, files={"/boot/loader/loader.conf": "timeout 3\n"}),
    # GRUB, which is locked, stays on the disk.
    _editor("beside-grub", "fail", "timeout 3\n", True, files={CFG: File(USERS + _entries("quiet"), 0o600)}),
    Scenario(
        "systemd-boot-without-its-editor-beside-grub",
        PASSWORD,
        LOCKED,
        "fail",
        {"state": "value", "value": {"superusers": False, "password": False, "editor": False}},
        files={**SD_BOOT, LOADER_CONF: "editor no\n", CFG: File(_entries("quiet"), 0o600)},
    ),
    _error("systemd-boot-not-mounted", PASSWORD, UNSEEN, {LOADER_INFO: _variable("systemd-boot 257.13")}),
    _error(
        "systemd-boot-not-mounted-beside-grub",
        PASSWORD,
        UNSEEN,
        {LOADER_INFO: _variable("systemd-boot 257.13"), CFG: USERS},
    ),
    _lock(
        "grub-names-itself",
        "pass",
        {LOADER_INFO: _variable("GRUB 2.12"), CFG: File(USERS + _entries("quiet"), 0o600)},
        True,
        True,
    ),
    _entry("argument-right", "pass", "1", "linux /m/x\noptions audit=1\n"),
    _entry("argument-missing", "fail", None, "linux /m/x\noptions ro\n"),
    _entry("argument-without-options", "fail", None, "linux /m/x\n"),
    # Other loaders take the first line.
    _entry("argument-in-several-lines", "pass", "1", "linux /m/x\noptions ro\noptions audit=1\n"),
    _entry("argument-last-line-wins", "fail", None, "linux /m/x\noptions audit=1\noptions audit=0\n"),
    _entry("other-program", "pass", "1", "title Shell\nefi /shellx64.efi\n"),
    _entry("linux-as-a-program", "fail", None, "efi /m/linux\noptions root=/dev/sda2\n"),
    _entry("image-of-an-entry", "fail", None, "uki /m/x.efi\n", {"/efi/m/x.efi": kernel_image("ro")}),
    _entry("image-of-an-entry-right", "pass", "1", "uki /m/x.efi\n", {"/efi/m/x.efi": kernel_image("audit=1")}),
    _entry("image-of-an-entry-that-is-gone", "pass", "1", "uki /m/x.efi\n"),
    _entry("argument-of-kernels-to-come", "fail", None, "title x\n", {"/etc/kernel/cmdline": "ro\n"}),
    _entry("argument-of-grub-that-stays", "fail", None, "title x\n", {CFG: _entries("quiet")}),
    _entry("entry-on-the-other-partition", "fail", None, "title x\n", {"/boot/loader/entries/c.conf": "linux /x\n"}),
    _entry("image-in-capital-letters", "fail", None, "title x\n", {"/efi/EFI/Linux/A.EFI": kernel_image("ro")}),
    _image("right", "pass", "1", "ro audit=1 quiet"),
    _image("missing", "fail", None, "ro"),
    _image("without-arguments", "fail", None),
    _image("one-profile-without", "fail", None, "ro audit=1", "ro"),
    _image(
        "with-an-addon-against-it", "fail", None, "audit=1", files={IMAGE + ".extra.d/x.addon.efi": addon("audit=0")}
    ),
    # Secure Boot passes over one that nobody signed.
    _image("with-it-in-an-addon-alone", "fail", None, "ro", files={"/efi/loader/addons/x.addon.efi": addon("audit=1")}),
    _image("not-of-this-loader", "pass", "1", "audit=1", files={"/efi/EFI/Linux/memtest.efi": addon("ro")}),
    # Entries that GRUB reads are not systemd-boot's: it puts variables in.
    _bls(
        "beside-an-image",
        "pass",
        "1",
        "options $kernelopts\n",
        files={GRUBENV: KEPT + "kernelopts=ro audit=1\n", IMAGE: kernel_image("audit=1")},
    ),
    _error(
        "image-that-is-none",
        AUDIT,
        IMAGE + " cannot be looked into: it is no whole program of EFI; make it anew, or remove it",
        {IMAGE: b"x" * 512, "/proc/cmdline": "audit=1"},
    ),
    _error(
        "image-cut-off",
        AUDIT,
        IMAGE + " cannot be looked into: it is no whole program of EFI; make it anew, or remove it",
        {IMAGE: kernel_image("ro")[:100], "/proc/cmdline": "audit=1"},
    ),
    _error(
        "image-of-a-loader-that-is-not-known",
        PASSWORD,
        IMAGE + ": only the configurations of GRUB and systemd-boot can be read, and there is none",
        {IMAGE: kernel_image("ro"), STUB_INFO: _variable("systemd-stub 257"), LOADER_INFO: _variable("rEFInd 0.14")},
    ),
    _lock("password-right", "pass", USERS, True, True),
    _lock("password-nothing-set", "fail", "", False, False),
    _lock("password-commented-out", "fail", "#" + USERS.replace("\n", "\n# "), False, False),
    _lock("password-only-superusers", "fail", 'set superusers="root"\n', True, False),
    _lock("password-only-a-password", "fail", "password_pbkdf2 root %s\n" % HASH, False, False),
    _lock("password-of-somebody-else", "fail", USERS.replace("_pbkdf2 root", "_pbkdf2 bob"), True, False),
    _lock("password-of-one-of-several", "pass", USERS.replace('"root"', '"bob,root"'), True, True),
    _lock("password-not-hashed", "pass", "set superusers=root\npassword root geheim\n", True, True),
    _lock(
        "password-odd-spacing",
        "pass",
        "\t set   superusers='root' ; export superusers\n  password_pbkdf2\troot " + HASH + "\n",
        True,
        True,
    ),
    # Whoever gets into a submenu is asked for nothing there, unless the variable is exported; tried with grub-emu 2.06 and 2.12.
    _lock("superusers-that-an-open-submenu-does-not-see", "fail", USERS + OPEN, False, True, exported=False),
    _lock(
        "superusers-that-a-submenu-of-a-user-does-not-see",
        "fail",
        USERS + OPEN.replace("--unrestricted", "--users bob", 1),
        False,
        True,
        exported=False,
    ),
    _lock(
        "superusers-of-a-submenu-that-asks", "pass", USERS + OPEN.replace("--unrestricted", '--users ""', 1), True, True
    ),
    _lock("superusers-that-an-open-submenu-sees", "pass", USERS + "export superusers\n" + OPEN, True, True),
    _lock("superusers-exported-first", "pass", "export superusers\n" + USERS + OPEN, True, True),
    _lock(
        "superusers-exported-with-a-value",
        "fail",
        "export superusers=root\n" + USERS + OPEN,
        False,
        True,
        exported=False,
    ),
    _lock(
        "superusers-exported-in-an-if",
        "fail",
        USERS + "if x; then export superusers; fi\n" + OPEN,
        False,
        True,
        exported=False,
    ),
    _lock(
        "superusers-unset-and-set-again",
        "fail",
        USERS + "export superusers\nunset superusers\n" + USERS + OPEN,
        False,
        True,
        exported=False,
    ),
    _lock(
        "superusers-that-a-file-of-an-open-entry-does-not-see",
        "fail",
        USERS + "menuentry x --unrestricted {\nconfigfile $prefix/b.cfg\n}\n",
        False,
        True,
        exported=False,
    ),
    _lock("superusers-by-a-plain-assignment", "pass", USERS.replace("set ", ""), True, True),
    _lock("superusers-taken-back-by-one", "fail", USERS + "superusers=\n", False, False),
    _lock("password-all-on-one-line", "pass", USERS.replace("\n", "; ") + "\n", True, True),
    _lock("password-taken-back-behind-a-sign", "fail", USERS + "set a=b; unset superusers\n", False, False),
    _lock("password-with-half-a-hash", "fail", USERS.replace(HASH, HASH[20:]), True, False),
    _lock("password-by-a-variable", "pass", "h=%s\n%s" % (HASH, USERS.replace(HASH, "$h")), True, True),
    _lock("password-by-a-variable-that-is-not-set", "fail", USERS.replace(HASH, "$h"), True, False),
    _lock(
        "password-in-another-file",
        "pass",
        {CFG: _entries("quiet") + "source $prefix/a.cfg\n", "/boot/grub/a.cfg": USERS},
        True,
        True,
    ),
    _lock(
        "password-in-a-file-that-may-be-read",
        "fail",
        {CFG: _entries("quiet") + "if x; then\n. $prefix/a.cfg\nfi\n", "/boot/grub/a.cfg": USERS},
        False,
        False,
    ),
    _error(
        "password-in-a-file-elsewhere",
        PASSWORD,
        CFG + " reads (hd0,1)/a.cfg, of which only GRUB knows where it lies; put it beside as custom.cfg",
        {CFG: USERS + "source (hd0,1)/a.cfg\n"},
    ),
    _lock("password-odd-case", "fail", USERS.upper(), False, False),
    _lock("password-last-set-wins", "fail", USERS + 'set superusers=""\n', False, False),
    _lock("password-unset", "fail", USERS + "unset superusers\n", False, False),
    _lock("password-inside-an-if", "fail", "if [ x = y ]; then\n" + USERS + "fi\n", False, False),
    _lock("password-inside-an-entry", "fail", "menuentry 'x' {\n" + USERS + "}\n", False, False),
    _lock("password-after-an-if", "pass", "if [ x = y ]; then\n  set a=b\nelse\n  set a=c\nfi\n" + USERS, True, True),
    _lock("password-empty", "fail", 'set superusers="root"\npassword root ""\n', True, False),
    _lock("password-in-custom-cfg", "pass", {CFG: _entries("quiet") + SOURCE_CUSTOM, CUSTOM: USERS}, True, True),
    _lock("password-in-custom-cfg-that-nothing-reads", "fail", {CFG: _entries("quiet"), CUSTOM: USERS}, False, False),
    _lock(
        "password-in-user-cfg",
        "pass",
        {
            "/boot/grub2/grub.cfg": RED_HAT_USERS + _entries("quiet"),
            "/boot/grub2/user.cfg": "GRUB2_PASSWORD=%s\n" % HASH,
        },
        True,
        True,
    ),
    _lock(
        "password-without-user-cfg", "fail", {"/boot/grub2/grub.cfg": RED_HAT_USERS + _entries("quiet")}, False, False
    ),
    _lock(
        "password-efi-pointer-to-the-main-file",
        "pass",
        {
            CFG: USERS + _entries("quiet"),
            "/boot/efi/EFI/debian/grub.cfg": "search.fs_uuid 1-2 root\nset prefix=($root)'/boot/grub'\nconfigfile $prefix/grub.cfg\n",
        },
        True,
        True,
    ),
    _lock(
        "password-efi-file-with-entries-of-its-own",
        "fail",
        {CFG: USERS + _entries("quiet"), "/boot/efi/EFI/debian/grub.cfg": _entries("quiet")},
        False,
        False,
    ),
    _argument("argument-right", "pass", "1", "1", "root=/dev/vda ro audit=1 quiet", _entries("audit=1 quiet")),
    _argument("argument-missing", "fail", None, None, "root=/dev/vda ro quiet", _entries("quiet")),
    _argument("argument-only-running", "fail", "1", None, "ro audit=1", _entries("quiet")),
    _argument("argument-only-configured", "fail", None, "1", "ro", _entries("audit=1")),
    _argument("argument-not-in-recovery", "fail", "1", None, "ro audit=1", _entries("audit=1", "")),
    _argument("argument-other-value-in-recovery", "fail", "1", None, "ro audit=1", _entries("audit=1", "audit=0")),
    _argument("argument-last-wins", "fail", "0", "0", "audit=1 audit=0", _entries("audit=1 audit=0")),
    _argument("argument-last-wins-the-other-way", "pass", "1", "1", "audit=0 audit=1", _entries("audit=0 audit=1")),
    _argument("argument-bare", "fail", "", "", "ro audit", _entries("audit")),
    _argument("argument-quoted", "pass", "1", "1", 'x="a b audit=0" audit="1"', _entries("'x=a b' \"audit=1\"")),
    _argument("argument-odd-case", "fail", None, None, "AUDIT=1", _entries("Audit=1")),
    _argument("argument-longer-name", "fail", None, None, "xaudit=1 audit_backlog_limit=1", _entries("audit.x=1")),
    _argument("argument-for-init", "fail", None, None, "ro -- audit=1", _entries("-- audit=1")),
    _argument("argument-behind-a-comment", "fail", "1", None, "audit=1", _entries("quiet # audit=1")),
    _argument(
        "argument-sign-inside-a-word", "fail", "0", "0", "audit=1 x=a#b audit=0", _entries("audit=1 x=a#b audit=0")
    ),
    _argument(
        "argument-dash-and-underscore",
        "pass",
        "8192",
        "8192",
        "audit-backlog-limit=8192",
        _entries("audit_backlog_limit=8192"),
        address={"query": "argument", "name": "audit_backlog_limit"},
        expect={"fields": {"running": {"at_least": 8192}, "configured": {"at_least": 8192}}},
    ),
    _argument(
        "argument-only-in-etc-default-grub",
        "fail",
        None,
        None,
        "ro",
        _entries("quiet"),
        files={"/etc/default/grub": 'GRUB_CMDLINE_LINUX="audit=1"\n'},
    ),
    _argument("argument-no-entries", "fail", "1", None, "audit=1", "set timeout=5\n"),
    _argument(
        "argument-entry-commented-out",
        "pass",
        "1",
        "1",
        "audit=1",
        _entries("audit=1", extra="# linux /boot/vmlinuz-old ro\n"),
    ),
    _argument("argument-continued-line", "pass", "1", "1", "audit=1", _entries("quiet \\\n audit=1")),
    _argument("argument-hand-over-of-the-console", "pass", "1", "1", "audit=1", _entries("audit=1 $vt_handoff")),
    _argument(
        "argument-memory-test-is-no-linux",
        "pass",
        "1",
        "1",
        "audit=1",
        _entries("audit=1", extra="menuentry 'Memory test' {\n\tlinux16\t/boot/memtest86+.bin\n}\n"),
    ),
    _argument(
        "argument-other-system-on-the-disk",
        "pass",
        "1",
        "1",
        "audit=1",
        _entries(
            "audit=1",
            extra="### BEGIN /etc/grub.d/30_os-prober ###\nmenuentry 'Other' {\n\tlinux /boot/vmlinuz root=/dev/sdb1\n}\n### END /etc/grub.d/30_os-prober ###\n",  # noqa: E501
        ),
    ),
    _argument(
        "argument-entry-of-the-site",
        "fail",
        "1",
        None,
        "audit=1",
        _entries("audit=1", extra="menuentry 'Mine' {\n\tlinux /boot/mine ro\n}\n"),
    ),
    _argument(
        "argument-entry-on-one-line",
        "fail",
        "1",
        None,
        "audit=1",
        _entries("audit=1", extra="menuentry x { linux /v ro; }\n"),
    ),
    _argument(
        "argument-entry-behind-then",
        "fail",
        "1",
        None,
        "audit=1",
        _entries("audit=1", extra="if x; then linux /v ro; fi\n"),
    ),
    _argument(
        "argument-of-linux-on-xen",
        "fail",
        "1",
        None,
        "audit=1",
        _entries(
            "audit=1",
            extra="multiboot2 /boot/xen-4.20.efi placeholder\nmodule2 /boot/vmlinuz-6 placeholder ro\nmodule2 --nounzip /boot/initrd\n",
        ),
    ),
    _argument(
        "argument-of-a-snapshot",
        "fail",
        "1",
        None,
        "audit=1",
        _entries("audit=1", extra='submenu s {\n configfile "${prefix}/grub-btrfs.cfg"\n}\n'),
        files={"/boot/grub/grub-btrfs.cfg": "menuentry x {\n linux /v ro\n}\n"},
    ),
    _argument(
        "argument-entry-in-custom-cfg",
        "fail",
        "1",
        None,
        "audit=1",
        _entries("audit=1") + SOURCE_CUSTOM,
        files={CUSTOM: "menuentry 'x' {\n linux /v ro\n}\n"},
    ),
    Scenario(
        "configuration-right",
        CONFIGURATION,
        {"each": {"fields": {"mode": {"mode_at_most": "0600"}}}},
        "pass",
        {"state": "value"},
        files={
            CFG: File("x", 0o400),
            CUSTOM: File("x", 0o600),
            "/etc/passwd": "root:x:0:0::/:\n",
            "/etc/group": "root:x:0:\n",
        },
    ),
    Scenario(
        "configuration-open-to-all",
        CONFIGURATION,
        {"each": {"fields": {"mode": {"mode_at_most": "0600"}}}},
        "fail",
        {"state": "value"},
        files={
            CFG: File("x", 0o600),
            "/boot/grub/user.cfg": File("x", 0o644),
            "/etc/passwd": "root:x:0:0::/:\n",
            "/etc/group": "root:x:0:\n",
        },
    ),
    Scenario("no-boot-loader", PASSWORD, LOCKED, "fail", {"state": "absent"}),
    _error(
        "not-root",
        PASSWORD,
        "the boot loader's configuration can only be read by root; run the audit with become",
        {CFG: USERS},
        privileged=False,
    ),
    _error(
        "other-boot-loader",
        PASSWORD,
        "/boot/extlinux/extlinux.conf: only the configurations of GRUB and systemd-boot can be read, and there is none",
        {"/boot/extlinux/extlinux.conf": "timeout 3\n"},
    ),
    _error(
        "other-boot-loader-beside-grub",
        PASSWORD,
        "/boot/extlinux/extlinux.conf: the host may start by it too, and it cannot be read, only GRUB's and systemd-boot's "
        "can; remove what does not start the host",
        {CFG: USERS, "/boot/extlinux/extlinux.conf": "timeout 3\n"},
    ),
    _error("systemd-boot-without-entries", PASSWORD, UNSEEN, {"/boot/loader/loader.conf": "timeout 3\n"}),
    _error("directory-in-place-of-the-file", PASSWORD, CFG + " is not a regular file", {CFG: File(directory=True)}),
    _error("loop-of-links", PASSWORD, CFG + ": too many levels of symbolic links", {CFG: File(link="grub.cfg")}),
    _error("open-quote", PASSWORD, CFG + " has a line with an open quote", {CFG: 'set superusers="root\n'}),
    _bls("right", "pass", "1", "options root=/dev/sda1 ro audit=1\n"),
    _bls("missing", "fail", None, "options root=/dev/sda1 ro\n"),
    _bls("tabs", "pass", "1", "options\troot=/dev/sda1\taudit=1\n"),
    _bls("commented-out", "fail", None, "# options audit=1\noptions ro\n"),
    _bls("without-options", "fail", None, "title x\n"),
    _bls(
        "not-in-the-rescue-entry",
        "fail",
        None,
        "options ro audit=1\n",
        files={ENTRIES + "0-rescue.conf": "options ro\n"},
    ),
    _bls("other-file", "pass", "1", "options ro audit=1\n", files={ENTRIES + "x.conf.bak": "options ro\n"}),
    _bls(
        "variable-that-is-kept",
        "pass",
        "1",
        "options $kernelopts $tuned_params\n",
        files={GRUBENV: KEPT + "kernelopts=ro audit=1\n####"},
    ),
    _bls("variable-kept-without", "fail", None, "options $kernelopts\n", files={GRUBENV: KEPT + "kernelopts=ro\n"}),
    _bls(
        "variable-with-a-default",
        "pass",
        "1",
        "options $kernelopts\n",
        files={BLS_CFG: 'if [ -z "${kernelopts}" ]; then\n  set kernelopts="ro audit=1 "\nfi\nblscfg\n'},
    ),
    _bls(
        "variable-that-is-kept-before-its-default",
        "fail",
        "0",
        "options ${kernelopts}\n",
        files={
            BLS_CFG: 'if [ -z "${kernelopts}" ]; then\n  set kernelopts="ro audit=1 "\nfi\nblscfg\n',
            GRUBENV: KEPT + "kernelopts=ro audit=0\n",
        },
    ),
    _bls(
        "variable-of-another-tool",
        "fail",
        "0",
        "options ro audit=1 $tuned_params\n",
        files={BLS_CFG: 'set tuned_params="audit=0"\nblscfg\n'},
    ),
    _bls("kernels-to-come", "fail", None, "options ro audit=1\n", files={"/etc/kernel/cmdline": "ro\n"}),
    _bls("kernels-to-come-too", "pass", "1", "options ro audit=1\n", files={"/etc/kernel/cmdline": "ro audit=1\n"}),
    _error(
        "separate-entries-none",
        AUDIT,
        "the boot entries are files below /boot/loader/entries, and there is none",
        {BLS_CFG: "insmod blscfg\nblscfg\n", "/proc/cmdline": "audit=1"},
    ),
    _error(
        "separate-entries-options-twice",
        AUDIT,
        ENTRIES + "a.conf has several lines with options, of which boot loaders take the first or all; join them",
        {BLS_CFG: "blscfg\n", ENTRIES + "a.conf": "options ro\noptions audit=1\n", "/proc/cmdline": "audit=1"},
    ),
    _error(
        "argument-by-a-variable",
        AUDIT,
        "a boot entry uses $mine, whose value is only known at boot",
        {CFG: _entries("audit=1 $mine"), "/proc/cmdline": "audit=1"},
    ),
    _error(
        "argument-without-name", {"query": "argument"}, "the address needs the key 'name' with a text", {CFG: USERS}
    ),
    _error("unknown-query", {"query": "colour"}, "the boot loader has no query 'colour'", {CFG: USERS}),
]
