# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mount points and their options: in effect now, and at the next boot."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.mountinfo import (
    Mount,
    MountTable,
    effective,
    normal_path,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    Observation,
    ReadError,
    UsageError,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.once import Once
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.mount_config import Configured, MountConfig
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shown_line import mount_device, mount_option

MAX_OPTIONS = 60
MAX_TEXT = 500


class Mounts:
    """What both kinds share."""

    def __init__(self, host: Host) -> None:
        self._table = Once(lambda: MountTable(host))
        self._config = MountConfig(host)

    def find(self, address: Address) -> Tuple[Optional[Mount], Optional[Configured], str]:
        """Return the mount on a path, how it would be mounted, and the source of both."""
        path = required(address, "path")
        if not path.startswith("/"):
            raise UsageError("%r is not an absolute path; write it from / on" % path)
        path = normal_path(path)
        mount = self._table().visible(path)
        if mount is not None and mount.fstype == "autofs":
            raise ReadError("%s: its automount has not been used, so nothing is mounted there to look at" % path)
        configured = self._config.configured(path)
        return mount, configured, ", ".join([self._table().source] + ([configured.by] if configured else []))

    def point(self, address: Address) -> Observation:
        mount, configured, source = self.find(address)
        at_boot = configured if configured and configured.at_boot else None
        if mount is None and at_boot is None:
            return absent("%s, /etc/fstab, mount units" % source)
        seen = {
            "mounted": mount is not None,
            "fstype": mount.fstype if mount else at_boot.fstype if at_boot else None,
            "device": _short(mount_device(mount.device if mount else at_boot.device if at_boot else "")),
            "options": _bounded(mount.options) if mount else None,
            "configured": at_boot is not None,
            "configured_by": at_boot.by if at_boot else None,
            "configured_options": _bounded(at_boot.options) if at_boot else None,
        }
        return value(seen, source)

    def option(self, address: Address) -> Observation:
        option = required(address, "option")
        mount, configured, source = self.find(address)
        if mount is None and not (configured and configured.at_boot):
            return absent("%s, /etc/fstab, mount units" % source)
        # What is written counts here even where the boot leaves it to somebody else to mount it.
        seen = {
            "running": mount.has(option) if mount else None,
            "configured": effective(configured.options, option) if configured else None,
        }
        return value(seen, source)


def read_points(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe ``{mounted, fstype, device, options, configured, configured_by, configured_options}`` per ``path``."""
    return read_each(addresses, Mounts(host).point)


def read_options(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe ``{running, configured}`` of an ``option`` on a ``path``: true, false, or null without such a mount."""
    return read_each(addresses, Mounts(host).option)


def _bounded(options: Sequence[str]) -> List[str]:
    return [_short(mount_option(option)) for option in options[:MAX_OPTIONS]]


def _short(text: str) -> str:
    return text[:MAX_TEXT]
