# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of syslog-ng's configuration, as it may be shown."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import syslog_ng_drivers as drivers
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.syslog_ng_config import Config

# Options that say what goes where; others may hold a secret.
SHOWN = ("transport", "ip", "localip", "port", "localport", "destport", "perm")
PART = "which of the records come to this destination of syslog-ng is not followed"
HARMLESS = re.compile(r"[\w./:*${}\[\]-]{1,150}\Z", re.ASCII)


def _entry(driver: drivers.Driver) -> Dict[str, Any]:
    """The driver as it may be shown."""
    shown = [text if HARMLESS.match(text) else "(masked)" for text in driver.positional[:1]]
    shown += ["%s(%s)" % (name, driver.text(name)) for name in SHOWN if HARMLESS.match(driver.text(name))]
    shown += ["tls(...)"] if "tls" in driver.options else []
    return {
        "file": printable(driver.node.file),
        "line": driver.node.line,
        "text": "%s(%s)" % (driver.name, " ".join(shown)),
    }


def _receivers(config: Config) -> List[Dict[str, Any]]:
    return [_entry(driver) for driver in drivers.in_use(config, drivers.SOURCE) if drivers.receives(driver)]


def _sending(config: Config) -> List[drivers.Driver]:
    return [driver for driver in drivers.in_use(config, drivers.DESTINATION) if drivers.sends(driver)]


def _forwards(config: Config) -> List[Dict[str, Any]]:
    return [_entry(driver) for driver in _sending(config)]


def _in_the_clear(config: Config) -> List[Dict[str, Any]]:
    said = [(driver, drivers.why_in_clear(driver)) for driver in _sending(config)]
    return [{**_entry(driver), "why": why} for driver, why in said if why]


def sent(config: Config) -> List[Dict[str, Any]]:
    """Return what sends to another host as `rsyslog.sent` does."""
    whole = drivers.unfiltered(config)
    told = [(driver, lowered("".join(driver.positional[:1]))) for driver in _sending(config)]
    return [
        {
            **_entry(driver),
            "target": target if HARMLESS.match(target) else "(masked)",
            "in_clear": drivers.why_in_clear(driver),
            "part": "" if driver.node in whole else PART,
        }
        for driver, target in told
        if not drivers.THIS_HOST.match(target)
    ]


def written(config: Config) -> List[str]:
    """Return the paths of the files that are written. Raises `ReadError` where a path depends on the record."""
    found = [driver for driver in drivers.in_use(config, drivers.DESTINATION) if drivers.makes_file(driver)]
    paths = {"".join(driver.positional[:1]): driver for driver in found}
    for path, driver in paths.items():
        if "$" in path or not path.startswith("/"):
            raise ReadError(
                "%s: to which files this writes is not followed; name them in the parameter retained_logs"
                % driver.node.place
            )
    return sorted(paths)


def _files(config: Config) -> List[Dict[str, Any]]:
    found = list(drivers.in_use(config, drivers.DESTINATION))
    return [{**_entry(driver), "mode": "%04o" % mode} for driver, mode in drivers.modes(config, found)]


QUERIES: Dict[str, Callable[[Config], List[Dict[str, Any]]]] = {
    "files": _files,
    "forwards": _forwards,
    "forwards_in_clear": _in_the_clear,
    "receivers": _receivers,
}
