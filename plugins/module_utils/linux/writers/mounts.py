# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `mount_option`: in /etc/fstab or in a drop-in of the mount unit, and in effect at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import MARK, text_or
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import fstab_check
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import SPACES_AND_TABS, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.mountinfo import Mount, normal_path
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import mounts
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.fstab import FSTAB, first_for, read_fstab
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.mount_config import OF_ZFS, Configured
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import unit_name

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

KERNEL_FLAGS = frozenset(
    {"rw", "ro", "nosuid", "nodev", "noexec", "relatime", "noatime", "nodiratime", "strictatime", "sync", "dirsync"}
)
OPPOSITE = {"nodev": "dev", "nosuid": "suid", "noexec": "exec"}


def write(plan: ChangePlan, address: Address, wanted: Dict[str, Any]) -> None:
    """Put an option on a mount: ``{running?: true, configured?: true}``."""
    path, option = normal_path(required(address, "path")), required(address, "option")
    if option not in OPPOSITE or not all(value is True for value in wanted.values()):
        raise CannotFix("only nodev, nosuid and noexec are put on a mount automatically")
    mount, configured, _source = mounts.Mounts(plan.host).find(address)
    if wanted.get("configured"):
        _configure(plan, path, option, configured, "" if mount is None else mount.fstype)
    if wanted.get("running") and mount is not None and not mount.has(option):
        plan.command(
            "remount %s with %s" % (path, option),
            ["mount", "-o", "remount," + option, path],
            undo=[["mount", "--options-mode", "ignore", "-o", "remount," + ",".join(_flags(mount)), path]],
        )


def _flags(mount: Mount) -> List[str]:
    """Return all flags of a mount as they are now.

    A remount that names only one takes the others from /etc/fstab, or drops them.
    """
    kept = [word for word in mount.options if word in KERNEL_FLAGS]
    return kept + [plain for flag, plain in OPPOSITE.items() if not mount.has(flag)]


def _configure(plan: ChangePlan, path: str, option: str, configured: Any, fstype: str) -> None:
    entry = first_for(read_fstab(plan.host), path)
    if entry is not None:
        _write_fstab(plan, _with_option(plan.host.read_text(FSTAB), entry.line, option))
    elif configured is not None and configured.by.startswith(OF_ZFS):
        property_of = {"nodev": "devices", "nosuid": "setuid", "noexec": "exec"}[option]
        raise CannotFix(
            "%s is mounted by the %s; run zfs set %s=off %s" % (path, configured.by, property_of, configured.device)
        )
    elif configured is not None:
        _add_dropin(plan, path, option, configured)
    elif fstype == "tmpfs":
        # Mounted by systemd itself or by hand; a line in fstab makes its options last.
        line = "tmpfs %s tmpfs rw,nosuid,nodev%s 0 0" % (path, "" if option in ("nosuid", "nodev") else "," + option)
        _write_fstab(plan, _joined(text_or(plan.host, FSTAB), line))
    else:
        raise CannotFix("neither /etc/fstab nor a mount unit says how %s is mounted; add it there by hand" % path)
    after = mounts.Mounts(plan.host).find({"path": path})[1]
    if after is None or option not in after.options:
        raise CannotFix("%s would still win for %s; change it by hand" % (after.by if after else "another unit", path))


def _write_fstab(plan: ChangePlan, text: str) -> None:
    if text != text_or(plan.host, FSTAB):
        plan.write(FSTAB, text)
        fstab_check.verify(plan)


def _with_option(text: str, number: int, option: str) -> str:
    """Return fstab with the option in a line's fourth field; the other fields and their blanks stay."""
    lines = text.split("\n")
    fields = words_of(lines[number - 1], blanks=SPACES_AND_TABS)
    if len(fields) < 4:
        raise CannotFix("%s:%d has no options; write them by hand" % (FSTAB, number))
    kept = [word for word in fields[3].split(",") if word not in (option, OPPOSITE[option])]
    head, _old, tail = _parted(lines[number - 1], 3)
    lines[number - 1] = head + ",".join([*kept, option]) + tail
    return "\n".join(lines)


def _parted(line: str, wanted: int) -> List[str]:
    """Return what stands before a field, the field, and what stands behind it."""
    position = 0
    for _number in range(wanted):
        position += len(line[position:]) - len(line[position:].lstrip(SPACES_AND_TABS))
        position += len(words_of(line[position:], 1, SPACES_AND_TABS)[0])
    position += len(line[position:]) - len(line[position:].lstrip(SPACES_AND_TABS))
    field = words_of(line[position:], 1, SPACES_AND_TABS)[0]
    return [line[:position], field, line[position + len(field) :]]


def _joined(text: str, line: str) -> str:
    return (text if not text or text.endswith("\n") else text + "\n") + line + "\n"


def _add_dropin(plan: ChangePlan, path: str, option: str, configured: Configured) -> None:
    options = [word for word in configured.options if word not in (option, OPPOSITE[option])]
    place = "/etc/systemd/system/%s.d/zz-hipaa-cis.conf" % unit_name(path)
    plan.write(place, "%s[Mount]\nOptions=%s\n" % (MARK, ",".join([*options, option])))
    plan.refresh(["systemctl", "daemon-reload"])
