# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's command line (kernel-parameters in the kernel's documentation, bootparam(7))."""

from __future__ import annotations

from typing import Iterable, List, Optional

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound

# Where EFI's partition, or the one beside it for kernels, is mounted (bootctl(1)).
BOOT_PLACES = ("/efi", "/boot", "/boot/efi")
# The loader that started this host says so (the Boot Loader Interface of systemd).
LOADER_INFO = "/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
# What other boot loaders read: EXTLINUX (U-Boot takes its file too), SYSLINUX, rEFInd, Limine, LILO, zipl.
OTHER_LOADERS = (
    "/boot/extlinux/extlinux.conf", "/boot/extlinux.conf", "/extlinux.conf", "/boot/syslinux/extlinux.conf",
    "/boot/syslinux/syslinux.cfg", "/boot/syslinux.cfg", "/boot/refind_linux.conf", "/boot/efi/EFI/refind/refind.conf",
    "/boot/limine.conf", "/boot/limine/limine.conf", "/etc/lilo.conf", "/etc/zipl.conf",
)  # fmt: skip
_SIGNS = ("/loader/loader.conf", "/EFI/systemd", "/EFI/Linux")


def split_line(text: str) -> List[str]:
    """Return the words of /proc/cmdline. Double quotes keep blanks together and are no part of the value."""
    words: List[str] = []
    word, quoted, started = "", False, False
    for sign in text:
        if sign == '"':
            quoted, started = not quoted, True
        elif sign in BLANKS and not quoted:
            if started:
                words.append(word)
            word, started = "", False
        else:
            word, started = word + sign, True
    return [*words, word] if started else words


def last_value(words: Iterable[str], name: str) -> Optional[str]:
    """Return the value of the last argument of that name, "" for a bare one, None where there is none.

    Dashes and underscores are the same in names; what stands behind ``--`` is for init.
    """
    wanted = name.replace("-", "_")
    found: Optional[str] = None
    for word in words:
        if word == "--":
            break
        key, _equals, text = word.partition("=")
        if key.replace("-", "_") == wanted:
            found = text
    return found


def started_by_systemd_boot(host: Host) -> bool:
    """Return whether this start was systemd-boot's."""
    try:
        # In UTF-16, behind four bytes of attributes.
        return "systemd-boot" in host.read_text(LOADER_INFO).replace("\0", "")
    except NotFound:
        return False


def given_beside_grub(host: Host) -> bool:
    """Return whether systemd-boot, or images that carry their arguments, may be here."""
    signs = any(host.exists(place + sign) for place in BOOT_PLACES for sign in _SIGNS)
    return signs or started_by_systemd_boot(host)
