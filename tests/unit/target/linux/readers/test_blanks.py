"""A sign is a blank to a reader where it is one to the program whose file is read."""

from __future__ import annotations

from typing import Any, Dict, NamedTuple

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind

VT, FF, CR = "\v", "\f", "\r"
# Blanks to Python and to no program: FS, US, NEL, NBSP, a thin space and an ideographic one.
NOBODYS = ["\x1c", "\x1f", "\x85", "\xa0", "\u2009", "\u3000"]
OF_C = (VT, FF, CR)
OF_GLIB = (FF, CR)
NONE = ()
ROOT = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
OTHERS = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "/etc/group": "root:x:0:\nx:x:1:\n",
    "/proc/version": "Linux version 6.1.0\n",
    "/proc/modules": "mtd 102400 0 - Live 0x0\n",
    "/proc/self/mountinfo": ROOT + "30 22 0:30 / /tmp rw,nodev shared:2 - tmpfs tmpfs rw\n",
    "/sys/module/printk/parameters/time": "Y\n",
}
UNIT = "/etc/systemd/system/tmp.mount"


class Case(NamedTuple):
    """A file's text with ``~`` for the sign, and the signs beside space and tab that were seen to be blanks to its program.

    Tried with pam_limits 1.5, shadow 4.13, libpwquality 1.4, pam_faillock 1.5, auditd 3.0, systemd 252, sudo 1.9.13,
    kmod 30, util-linux 2.38, GLib 2.74, bash 5.2.
    """

    kind: str
    address: Dict[str, Any]
    path: str
    text: str
    blanks: tuple[str, ...]


def setting(form, path, name, text, blanks, section=""):
    address = {"format": form, "file": path, "name": name, **({"section": section} if section else {})}
    return Case("text_setting", address, path, text, blanks)


LIMITS, QUALITY, FAILLOCK = "/etc/security/limits.conf", "/etc/security/pwquality.conf", "/etc/security/faillock.conf"
AUDITD, JOURNALD, GDM = "/etc/audit/auditd.conf", "/etc/systemd/journald.conf", "/etc/gdm3/daemon.conf"
CASES = {
    "limits": setting("limits", LIMITS, "* hard core", "*~hard~core~0", OF_C),
    "limits, before": setting("limits", LIMITS, "* hard core", "~* hard core 0", OF_C),
    "pwquality": setting("pwquality", QUALITY, "minlen", "minlen~=~14", OF_C),
    "pwquality, before": setting("pwquality", QUALITY, "minlen", "~minlen = 14", OF_C),
    "pwquality, no sign": setting("pwquality", QUALITY, "minlen", "minlen~14", OF_C),
    "faillock": setting("faillock", FAILLOCK, "deny", "deny~=~5", OF_C),
    "faillock, no sign": setting("faillock", FAILLOCK, "deny", "deny~5", OF_C),
    "auditd": setting("auditd", AUDITD, "max_log_file", "space_left = 75\nmax_log_file~=~8", NONE),
    "auditd, before": setting("auditd", AUDITD, "max_log_file", "space_left = 75\n~max_log_file = 8", NONE),
    "journald": setting("systemd", JOURNALD, "Storage", "[Journal]\nStorage~=~persistent", NONE, "Journal"),
    "journald, before": setting("systemd", JOURNALD, "Storage", "[Journal]\n~Storage=persistent", NONE, "Journal"),
    "journald, section": setting("systemd", JOURNALD, "Storage", "~[Journal]\nStorage=persistent", NONE, "Journal"),
    "gdm": setting("gdm", GDM, "Enable", "[xdmcp]\nEnable~=~false", OF_GLIB, "xdmcp"),
    "gdm, section": setting("gdm", GDM, "Enable", "~[xdmcp]\nEnable=false", OF_GLIB, "xdmcp"),
    "shell": setting("shell", "/etc/default/x", "X", "export~X=yes", NONE),
    "shell, before": setting("shell", "/etc/default/x", "X", "~X=yes", NONE),
    "login.defs": Case("login_defs", {"name": "PASS_MAX_DAYS"}, "/etc/login.defs", "PASS_MAX_DAYS~365", NONE),
    "login.defs, before": Case("login_defs", {"name": "PASS_MAX_DAYS"}, "/etc/login.defs", "~PASS_MAX_DAYS 365", NONE),
    "login.defs, behind": Case("login_defs", {"name": "PASS_MAX_DAYS"}, "/etc/login.defs", "PASS_MAX_DAYS 365~", OF_C),
    "sudoers": Case("sudo", {"query": "default", "name": "use_pty"}, "/etc/sudoers", "Defaults~use_pty", NONE),
    "sudoers, before": Case("sudo", {"query": "default", "name": "use_pty"}, "/etc/sudoers", "~Defaults use_pty", NONE),
    "sudoers, value": Case(
        "sudo", {"query": "default", "name": "logfile"}, "/etc/sudoers", "Defaults logfile~=~/x", NONE
    ),
    "modprobe": Case("kernel_module", {"name": "cramfs"}, "/etc/modprobe.d/x.conf", "install~cramfs~/bin/false", NONE),
    "modprobe, list": Case("kernel_module", {"name": "cramfs"}, "/etc/modprobe.d/x.conf", "blacklist~cramfs", NONE),
    "fstab": Case(
        "mount_option", {"path": "/tmp", "option": "nodev"}, "/etc/fstab", "tmpfs~/tmp~tmpfs~nodev~0 0", NONE
    ),
    "unit": Case(
        "mount_option",
        {"path": "/tmp", "option": "nodev"},
        UNIT,
        "[Mount]\nWhat=tmpfs\nWhere=/tmp\nOptions~=~nodev",
        NONE,
    ),
    "pam": Case(
        "su_access", {}, "/etc/pam.d/su", "auth~required~pam_wheel.so~use_uid~group=x\nauth required pam_unix.so", NONE
    ),
}


def see(root, case, sign):
    for path, text in {**OTHERS, case.path: case.text.replace("~", sign) + "\n"}.items():
        place = root / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())
    if case.path == UNIT:
        (place.parent / "local-fs.target.wants").mkdir()
        (place.parent / "local-fs.target.wants" / "tmp.mount").symlink_to("../tmp.mount")
    host = Host(str(root), runner=lambda _argv, _timeout: CommandResult(0, ""), privileged=True)
    (seen,) = read_kind(host, case.kind, [case.address])
    return seen.as_dict()


@pytest.mark.parametrize("name", CASES)
def test_reader_knows_the_blanks_of_its_program(tmp_path, name):
    case = CASES[name]
    right = see(tmp_path / "right", case, " ")
    assert (right == see(tmp_path / "tab", case, "\t")) == (case.kind != "text_setting" or case.path != AUDITD)
    assert right["state"] == "value"

    blanks = [sign for sign in [VT, FF, CR, *NOBODYS] if see(tmp_path / repr(sign), case, sign) == right]

    assert blanks == list(case.blanks)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("PASS_MAX_DAYS 365\x1c", "365\x1c"),
        ('PASS_MAX_DAYS "365" x', "365"),
        ('PASS_MAX_DAYS " 365 "', "365"),
        ("PASS_MAX_DAYS \v365", "365"),
        ("PASS_MAX_DAYS", ""),
    ],
)
def test_value_of_login_defs_is_what_shadow_takes(tmp_path, text, seen):
    case = Case("login_defs", {"name": "PASS_MAX_DAYS"}, "/etc/login.defs", text, NONE)

    assert see(tmp_path, case, "")["value"] == seen


def test_last_line_of_pwquality_counts_with_a_sign_or_without(tmp_path):
    case = setting("pwquality", QUALITY, "minlen", "minlen = 14\nminlen 9", NONE)

    assert see(tmp_path, case, "")["value"] == "9"


@pytest.mark.parametrize("text", ["max_log_file=8", "max_log_file= 8", "max_log_file =8", "max_log_file 8"])
def test_auditd_takes_no_line_without_spaces_around_the_sign(tmp_path, text):
    seen = see(tmp_path, setting("auditd", AUDITD, "max_log_file", text, NONE), "")

    assert seen["state"] == "error"
    assert "auditd does not start with /etc/audit/auditd.conf:1" in seen["reason"]


@pytest.mark.parametrize(
    "line", ["minlen\xa0=\xa014", "foo = 1", "maxrepeat = 3x", "difok", "difok = \u0661", "minlen = 14\x1c"]
)
@pytest.mark.parametrize("text", ["%s\nminlen = 14", "minlen = 14\n%s"])
def test_line_that_libpwquality_stops_at_is_an_error(tmp_path, line, text):
    seen = see(tmp_path, setting("pwquality", QUALITY, "minlen", text % line, NONE), "")

    number = 1 if text.startswith("%s") else 2
    assert "libpwquality does not understand %s:%d" % (QUALITY, number) in seen["reason"]


def test_lines_that_libpwquality_understands_are_none(tmp_path):
    text = "dictpath\nenforce_for_root = x\nlocal_users_only\ndcredit = -1\nocredit = +1\nminlen = 14 # why"

    assert see(tmp_path, setting("pwquality", QUALITY, "minlen", text, NONE), "")["value"] == "14"
