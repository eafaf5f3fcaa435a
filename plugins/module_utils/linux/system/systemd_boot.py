# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd-boot (loader.conf(5), the Boot Loader Specification) and unified kernel images (systemd-stub(7)).

An image is a program of EFI that carries the kernel and, in its section ``.cmdline``, the kernel's arguments.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import efi_program
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.kernel_arguments import (
    BOOT_PLACES,
    LOADER_INFO,
    split_line,
    started_by_systemd_boot,
)

STUB_INFO = LOADER_INFO.replace("LoaderInfo", "StubInfo")
# What kernel-install(8) gives the entry of a kernel that comes: the first of these.
NEW_KERNELS = ("/etc/kernel/cmdline", "/usr/lib/kernel/cmdline")
_CONF, _EFI = "*.[cC][oO][nN][fF]", "*.[eE][fF][iI]"
# By parse_boolean() of systemd-boot; it passes over other words.
_SWITCH = {
    **dict.fromkeys(("1", "yes", "y", "true", "t", "on"), True),
    **dict.fromkeys(("0", "no", "n", "false", "f", "off"), False),
}
_MAX_ARGUMENTS = 65536


class Found(NamedTuple):
    """``entries``: the kernel's arguments of each; ``editor``: whether systemd-boot lets anybody change them, None without it."""

    files: List[str]
    entries: List[List[str]]
    editor: Optional[bool]


def look(host: Host) -> Optional[Found]:
    """Return what systemd-boot, or the firmware itself, may boot; None where there is neither. Raises `ReadError`."""
    places = [one for one in BOOT_PLACES if host.glob("%s/EFI/systemd/systemd-boot%s" % (one, _EFI))]
    # Its program may lie elsewhere; of a partition without it the file says nothing.
    places = places or [one for one in BOOT_PLACES if host.exists(one + "/loader/loader.conf")]
    here = bool(places) or started_by_systemd_boot(host)
    said = {path: entries for path, entries in _said(host, of_its_own=here) if entries}
    files, entries = list(said), [entry for each in said.values() for entry in each]
    if not here:
        return Found(files, entries, None) if files else None
    if not places or not files:
        raise ReadError(
            "this host has systemd-boot, and no entry of it can be seen below %s; mount the partition that it starts from "
            "(bootctl status)" % ", ".join(BOOT_PLACES)
        )
    confs = [path for path in (one + "/loader/loader.conf" for one in places) if host.exists(path)]
    # Without the file it has its editor.
    editor = len(confs) < len(places) or any(_has_editor(host.read_text(path)) for path in confs)
    coming = [split_line(host.read_text(path)) for path in NEW_KERNELS if host.exists(path)][:1]
    return Found([*confs, *files], [*entries, *coming], editor)


def started_by_firmware(host: Host) -> bool:
    """Return whether an image was started by no loader that names itself."""
    return host.exists(STUB_INFO) and not host.exists(LOADER_INFO)


def _said(host: Host, *, of_its_own: bool) -> Iterator[Tuple[str, List[List[str]]]]:
    """Yield the files that may be booted with the arguments that each gives. ``of_its_own``: entries that are files, too."""
    for place in BOOT_PLACES:
        for path in host.glob("%s/loader/entries/%s" % (place, _CONF)) if of_its_own else ():
            yield path, _of_entry(host, place, path)
        for path in host.glob("%s/EFI/Linux/%s" % (place, _EFI)):
            yield path, _of_image(host, place, path)


def _has_editor(text: str) -> bool:
    found = True
    for name, word in _lines(text):
        if name == "editor":
            found = _SWITCH.get(word, found)
    return found


def _lines(text: str) -> Iterator[Tuple[str, str]]:
    """Yield (name, value) as systemd-boot takes a file apart; quotes around a value are no part of it."""
    for raw in text.replace("\r", "\n").split("\n"):
        name, _blank, word = raw.strip(" \t").replace("\t", " ").partition(" ")
        word = word.lstrip(" ")
        if word and not name.startswith("#"):
            yield name, word[1:-1] if len(word) > 1 and word[0] == word[-1] == '"' else word


def _of_entry(host: Host, place: str, path: str) -> List[List[str]]:
    """Return the arguments that an entry gives; nothing for one that starts another program than Linux."""
    said: Dict[str, List[str]] = {}
    for name, word in _lines(host.read_text(path)):
        said.setdefault(name, []).append(word)
    # Of several lines systemd-boot takes all.
    options = split_line(" ".join(said.get("options", [])))
    if "uki" in said:
        image = place + "/" + said["uki"][-1].lstrip("/")
        if not host.exists(image):
            return []  # systemd-boot leaves the entry out
        # What stands in the image counts where Secure Boot is on, else the entry's own.
        return [*_of_image(host, place, image), *([options] if options else [])]
    return [options] if options or "linux" in said else []


def _of_image(host: Host, place: str, path: str) -> List[List[str]]:
    """Return the arguments of each profile of an image, with and without those of its addons; nothing for what holds no kernel."""
    names, own = _sections(host, path)
    if ".linux" not in names:
        return []
    entries = [split_line(text) for text in own] or [[]]
    # Secure Boot passes over those that nobody signed.
    addons = [*host.glob(place + "/loader/addons/*.addon.efi"), *host.glob(path + ".extra.d/*.addon.efi")]
    more = [word for addon in addons for text in _sections(host, addon)[1] for word in split_line(text)]
    return [*entries, *([*entry, *more] for entry in entries)] if more else entries


def _sections(host: Host, path: str) -> Tuple[List[str], List[str]]:
    """Return the names of the sections, and the texts of those called ``.cmdline``."""
    found = efi_program.sections(host, path)
    own = [one for one in found if one.name == ".cmdline"]
    if any(one.size > _MAX_ARGUMENTS for one in own):
        raise ReadError("%s cannot be looked into: its arguments are too long; make it anew" % printable(path))
    texts = [efi_program.content(host, path, one).rstrip(b"\0").decode("utf-8", "backslashreplace") for one in own]
    return [one.name for one in found], texts
