# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Radio adapters whose driver is not at work now and comes at the next boot: udev loads it by the device's alias."""

from __future__ import annotations

import fnmatch
from typing import Dict, List, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.modprobe_config import config_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.module_files import module_name
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.module_state import LASTING

BUSES = ("pci", "usb", "sdio")
WIRELESS = "/drivers/net/wireless/"
COMMON_NEED = "cfg80211"


def returning(host: Host) -> List[str]:
    """Return ``device: module`` of each adapter without a driver whose module nothing keeps from loading."""
    waiting = _without_driver(host)
    if not waiting:
        return []
    config = config_of(host, LASTING)
    return sorted(
        {
            "%s: %s" % (printable(device), module)
            for kernel in host.glob("/lib/modules/*")
            for device, module in _drivers(host, kernel, waiting)
            # By an alias neither is loaded.
            if not config.denylisted(module) and not config.install_blocked(module)
        }
    )


def _without_driver(host: Host) -> Dict[str, str]:
    """Return device -> alias of those that no driver serves."""
    found = {}
    for bus in BUSES:
        for path in host.glob("/sys/bus/%s/devices/*" % bus):
            if host.exists(path + "/driver"):
                continue
            try:
                alias = host.read_text(path + "/modalias").strip(BLANKS)
            except NotFound:
                continue
            if alias:
                found[path.rpartition("/")[2]] = alias
    return found


def _drivers(host: Host, kernel: str, waiting: Dict[str, str]) -> Set[Tuple[str, str]]:
    """Return (device, module) of the wireless drivers that a kernel has for these devices."""
    modules = _wireless_modules(host, kernel)
    found: Set[Tuple[str, str]] = set()
    for line in _text(host, kernel + "/modules.alias").split("\n") if modules else ():
        words = words_of(line)
        if len(words) != 3 or words[0] != "alias" or words[2].replace("-", "_") not in modules:
            continue
        start = words[1].partition("*")[0].partition("[")[0]
        for device, alias in waiting.items():
            if alias.startswith(start) and fnmatch.fnmatchcase(alias, words[1]):
                found.add((device, words[2].replace("-", "_")))
    return found


def _wireless_modules(host: Host, kernel: str) -> Set[str]:
    """Return the modules that lie with the wireless drivers, or that need what all of these need: staging's, those of DKMS."""
    rows = [line.partition(":") for line in _text(host, kernel + "/modules.dep").split("\n")]
    return {
        module_name(path.rpartition("/")[2])
        for path, _colon, needs in rows
        if WIRELESS in "/" + path or COMMON_NEED in {module_name(one.rpartition("/")[2]) for one in words_of(needs)}
    }


def _text(host: Host, path: str) -> str:
    try:
        return host.read_text(path)
    except NotFound:
        return ""
