# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The boot loader: its password, the kernel arguments that it gives, and its files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Dict, List, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.once import Once
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.file import document
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.grub_config import GrubConfig, assignments
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.kernel_arguments import (
    OTHER_LOADERS,
    given_beside_grub,
    last_value,
    split_line,
)

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.systemd_boot import Found

ENTRIES = "/boot/loader/entries"
DIRECTORIES = ("/boot/grub", "/boot/grub2")
EFI_FILES = "/boot/efi/EFI/*/grub.cfg"
# Files that GRUB reads beside grub.cfg.
BESIDE = ("user.cfg", "custom.cfg")
# Ubuntu's hand-over of the console.
HARMLESS = ("$vt_handoff", "${vt_handoff}")
MAX_VALUE = 1000
MAX_SOURCES = 20
# A file in the folder of grub.cfg.
_BESIDE = re.compile(r"(?:\(\$root\))?\$\{?(?:prefix|config_directory)\}?/([^/$]+)\Z", re.ASCII)


class BootLoader:
    """The configurations from which the host may boot, each read and followed once: GRUB's, and what systemd-boot finds.

    ``beside``: the latter, None where there is no sign of any.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._mains = Once(self._find)
        self.configs = Once(lambda: [self._follow(path) for path in self._mains()])
        self.beside = Once(self._look)

    def _find(self) -> List[str]:
        mains = [path for path in (place + "/grub.cfg" for place in DIRECTORIES) if self._host.exists(path)]
        mains += [path for path in self._host.glob(EFI_FILES) if not self._is_pointer(path)]
        beside = self.beside()
        if not mains and (beside is None or beside.editor is None):
            other = next((path for path in (ENTRIES, *OTHER_LOADERS) if self._host.exists(path)), None)
            if other is None and beside and not self._by_firmware():
                other = beside.files[0]
            if other is not None:
                raise ReadError(
                    "%s: only the configurations of GRUB and systemd-boot can be read, and there is none"
                    % printable(other)
                )
        # Which of them the firmware starts cannot be told.
        other = next((path for path in OTHER_LOADERS if self._host.exists(path)), None) if mains or beside else None
        if other is not None:
            raise ReadError(
                "%s: the host may start by it too, and it cannot be read, only GRUB's and systemd-boot's can; remove what "
                "does not start the host" % printable(other)
            )
        return mains

    def _look(self) -> Optional[Found]:
        if not given_beside_grub(self._host):
            return None
        from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import systemd_boot

        return systemd_boot.look(self._host)

    def _by_firmware(self) -> bool:
        from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import systemd_boot

        return systemd_boot.started_by_firmware(self._host)

    def files(self) -> List[str]:
        """Return the paths from which the host may boot, none where it has no boot loader. Raises `ReadError`."""
        beside = self.beside()
        return self._mains() + (beside.files if beside else [])

    def entries(self) -> List[List[str]]:
        """Return the kernel's arguments of every Linux entry that may be booted. Raises `ReadError`."""
        beside = self.beside()
        return _entries_of(self._host, self.configs()) + (beside.entries if beside else [])

    def _is_pointer(self, path: str) -> bool:
        """Return whether an EFI grub.cfg only leads on to the main one, as Debian's does."""
        config = GrubConfig()
        text = self._host.read_text(path)
        config.add(path, text, {})
        return "configfile" in text and not (config.entries or config.boot_loader_spec)

    def _follow(self, path: str) -> GrubConfig:
        config = GrubConfig()
        directory = path.rpartition("/")[0]
        config.add(path, self._host.read_text(path), assignments(self._optional(directory + "/user.cfg")))
        done = {"user.cfg"}
        while len(done) <= MAX_SOURCES:
            unread = [word for word in config.sources if _beside(path, word) not in done]
            if not unread:
                return config
            name = _beside(path, unread[0])
            done.add(name)
            # What reads custom.cfg only asks whether it is there.
            certain = config.sources[unread[0]] or name == "custom.cfg"
            config.add(directory + "/" + name, self._optional(directory + "/" + name), {}, certain=certain)
        raise ReadError("%s reads more than %d files" % (printable(path), MAX_SOURCES))

    def _optional(self, path: str) -> str:
        try:
            return self._host.read_text(path)
        except NotFound:
            return ""

    def with_beside(self) -> List[str]:
        """Return the paths of all files that the boot loader reads."""
        beside = [main.rpartition("/")[0] + "/" + name for main in self._mains() for name in BESIDE]
        return self.files() + [path for path in beside if self._host.exists(path)]


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Observe a ``query``: ``password``, ``argument`` (with ``name``) or ``configuration``.

    Absent where the host has no boot loader.
    """
    loader = BootLoader(host)
    return read_each(addresses, lambda address: _observe(host, loader, address))


def _observe(host: Host, loader: BootLoader, address: Address) -> Observation:
    query = required(address, "query")
    if query not in ("password", "argument", "configuration"):
        raise UsageError("the boot loader has no query %r" % query)
    if query == "argument":
        required(address, "name")
    host.need_root("the boot loader's configuration")
    files = loader.files()
    if not files:
        return absent(", ".join(place + "/grub.cfg" for place in DIRECTORIES))
    source = ", ".join(printable(path) for path in files)
    if query == "configuration":
        return value([document(host, path) for path in loader.with_beside()], source)
    if query == "password":
        return value(_protection(loader), source)
    name = required(address, "name")
    running = last_value(split_line(host.read_text("/proc/cmdline")), name)
    values = {last_value(entry, name) for entry in loader.entries()}
    # None where one lacks it or gives another.
    configured = values.pop() if len(values) == 1 else None
    return value({"running": _bounded(running), "configured": _bounded(configured)}, "/proc/cmdline, " + source)


def _protection(loader: BootLoader) -> Dict[str, bool]:
    configs, beside = loader.configs(), loader.beside()
    # systemd-boot has no password; without its editor there is nothing that one could protect.
    editor = beside.editor if beside else None
    seen = {
        "superusers": all(config.guarded for config in configs) and not editor,
        "password": all(config.locked for config in configs) and not editor,
    }
    if any(config.superusers and not config.guarded for config in configs):
        seen["exported"] = False
    return seen if editor is None else {**seen, "editor": editor}


def _entries_of(host: Host, configs: Sequence[GrubConfig]) -> List[List[str]]:
    """Return the kernel's arguments of every Linux entry of GRUB's. Raises `ReadError`."""
    entries = [entry for config in configs for entry in config.entries]
    unknown = next((word for entry in entries for word in entry if word.startswith("$") and word not in HARMLESS), None)
    if unknown is not None:
        raise ReadError("a boot entry uses %s, whose value is only known at boot" % unknown[:100])
    if any(config.boot_loader_spec for config in configs):
        from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import boot_entries

        kept = boot_entries.environment(host)
        for config in (one for one in configs if one.boot_loader_spec):
            entries += boot_entries.arguments(host, {**config.fallbacks, **kept, **config.variables})
    return entries


def _beside(path: str, word: str) -> str:
    """Return the name of the file that a configuration reads."""
    found = _BESIDE.match(word)
    if found is None:
        raise ReadError(
            "%s reads %s, of which only GRUB knows where it lies; put it beside as custom.cfg"
            % (printable(path), printable(word[:100]))
        )
    return found.group(1)


def _bounded(text: Optional[str]) -> Optional[str]:
    return None if text is None else text[:MAX_VALUE]
