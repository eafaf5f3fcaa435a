# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the next boot mounts on a path: /etc/fstab and systemd's mount units, by their precedence.

Units below /run/systemd/system are left out, for a reboot empties /run. What systemd's own
fstab generator wrote there is taken from /etc/fstab itself, which is what it will read next time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Dict, List, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import SYSTEMD_BLANKS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.mountinfo import normal_path
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound
from ansible_collections.hipaa.cis.plugins.module_utils.linux.once import Once
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import is_null, snippet_text, snippets
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.fstab import FSTAB, Entry, first_for, read_fstab
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.unit_file import (
    GENERATED,
    UNIT_DIRECTORIES,
    dropin_names,
    parse,
    unit_name,
)

BOOT_TARGETS = ("local-fs", "remote-fs", "sysinit", "basic", "multi-user", "default")
# systemd mounts these itself and refuses units for them; fstab's options are put on them by
# systemd-remount-fs.service, which does not care for `noauto`.
API_PATHS = (
    "/proc", "/sys", "/dev", "/dev/shm", "/dev/pts", "/run", "/sys/kernel/security", "/sys/fs/smackfs",  # noqa: S108
    "/sys/fs/cgroup", "/sys/fs/pstore", "/sys/fs/bpf", "/sys/firmware/efi/efivars",
)  # fmt: skip

OF_ZFS = "properties of the ZFS dataset "


@dataclass(frozen=True)
class Configured:
    """How a path would be mounted. ``by``: where that is said; ``at_boot``: whether the boot does it."""

    by: str
    device: str
    fstype: str
    options: Tuple[str, ...]
    at_boot: bool = False


class MountConfig:
    """Answers for any path; files are read once."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._fstab: Once[List[Entry]] = Once(lambda: read_fstab(host))

    def entries(self) -> List[Entry]:
        """Return what /etc/fstab mounts."""
        return self._fstab()

    def configured(self, path: str) -> Optional[Configured]:
        """Return how ``path`` would be mounted, None where nothing says it or a mask forbids it."""
        entry = first_for(self._fstab(), path)
        if path in API_PATHS or path.startswith("/sys/fs/cgroup/"):
            return replace(_from_fstab(entry), at_boot=True) if entry else None
        name = unit_name(path)
        found = self._fragment(name, path, entry)
        if found is None:
            return self._of_zfs(path)
        return replace(found, at_boot=(entry is not None and entry.at_boot) or self._wanted(name))

    def _of_zfs(self, path: str) -> Optional[Configured]:
        """Return how zfs-mount.service mounts a path; hosts without ZFS do not load what tells that."""
        if not self._host.exists("/usr/sbin/zfs") and not self._host.exists("/sbin/zfs"):
            return None
        from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import zfs_mounts

        if not zfs_mounts.is_there(self._host):
            return None
        found = self._host.shared("zfs", lambda: zfs_mounts.datasets(self._host)).get(path)
        return Configured(OF_ZFS + found.name, found.name, "zfs", found.options, at_boot=True) if found else None

    def _fragment(self, name: str, path: str, entry: Optional[Entry]) -> Optional[Configured]:
        for directory in UNIT_DIRECTORIES:
            if directory == GENERATED and entry is not None:
                # fstab takes the place of the generator's directory.
                return self._with_dropins(name, _from_fstab(entry))
            place = directory + "/" + name
            found = self._unit(place, path)
            if found is not None:
                settings, by = found
                return self._with_dropins(name, _from_unit(settings, by)) if settings else None
        return None

    def _unit(self, place: str, path: str) -> Optional[Tuple[Dict[str, str], str]]:
        """Return the [Mount] settings of a unit file, empty where it is masked or bad; None where there is none."""
        try:
            self._host.stat(place, follow=False)
        except NotFound:
            return None
        text = snippet_text(self._host, place)
        if place.startswith(GENERATED + "/") and "SourcePath=" + FSTAB in text:
            # Left over from an entry that fstab no longer has.
            return None
        settings = parse(text, "Mount")
        if not settings.get("What") or normal_path(settings.get("Where", path)) != path:
            return {}, place
        return settings, place

    def _with_dropins(self, name: str, base: Configured) -> Configured:
        directories = [place + "/" + extra for extra in dropin_names(name) for place in UNIT_DIRECTORIES]
        for snippet in snippets(self._host, directories):
            settings = parse(snippet_text(self._host, snippet), "Mount")
            if settings:
                changed = _from_unit(settings, snippet)
                base = Configured(
                    changed.by if "Options" in settings else base.by,
                    changed.device or base.device,
                    changed.fstype or base.fstype,
                    changed.options if "Options" in settings else base.options,
                )
        return base

    def _wanted(self, name: str) -> bool:
        """Return whether the boot pulls in the mount unit or the automount unit of the same name."""
        automount = name[: -len(".mount")] + ".automount"
        return self._pulled(name) or (
            self._pulled(automount) and any(self._host.exists(place + "/" + automount) for place in UNIT_DIRECTORIES)
        )

    def _pulled(self, name: str) -> bool:
        for target in BOOT_TARGETS:
            for how in ("wants", "requires"):
                if self._linked("%s.target.%s/%s" % (target, how, name)):
                    return True
        return False

    def _linked(self, relative: str) -> bool:
        """Return whether the first such link leads to a unit; one to /dev/null takes the dependency away."""
        for directory in UNIT_DIRECTORIES:
            place = directory + "/" + relative
            try:
                self._host.stat(place, follow=False)
            except NotFound:
                continue
            if directory == GENERATED and "SourcePath=" + FSTAB in snippet_text(self._host, place):
                continue
            return self._host.exists(place) and not is_null(self._host, place)
        return False


def _from_fstab(entry: Entry) -> Configured:
    return Configured(entry.source, entry.device, entry.fstype, entry.options)


def _from_unit(settings: Dict[str, str], by: str) -> Configured:
    options = tuple(
        word.strip(SYSTEMD_BLANKS) for word in settings.get("Options", "").split(",") if word.strip(SYSTEMD_BLANKS)
    )
    return Configured(by, settings.get("What", ""), settings.get("Type", ""), options)
