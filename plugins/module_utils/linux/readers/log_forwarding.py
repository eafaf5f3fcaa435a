# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `log_forwarding`: to which hosts records are sent, by which program, and whether others may read or take them."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    VALUE,
    Address,
    NotFound,
    Observation,
    ReadError,
    read_each,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import rsyslog, units
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import daemon_options, systemd_settings
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.log_programs import (
    SYSLOG_NG_MAIN,
    THIS_HOST,
    writers,
)

UPLOAD, UPLOAD_FILE = "systemd-journal-upload", "/etc/systemd/journal-upload.conf"
UPLOAD_PROGRAM = "/usr/lib/systemd/systemd-journal-upload"
# With these the sender takes any certificate.
ANY_CERTIFICATE = ("-", "all")
_URL = re.compile(r"(?P<clear>http://)?(?:https://)?(?P<host>\[[^]]*\]|[^/:]*)", re.ASCII)
MAX_FORWARDS = 200


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `[{by, target, in_clear, part, enabled, active, file, line, text}]`; of a program that is masked or not here, nothing."""

    def one(_address: Address) -> Observation:
        found = [*_by_daemons(host), *_by_upload(host)]
        if len(found) > MAX_FORWARDS:
            raise ReadError("records are sent by more than %d statements" % MAX_FORWARDS)
        return value(found, "rsyslog, syslog-ng, systemd-journal-upload")

    return read_each(addresses, one)


def _by_daemons(host: Host) -> List[Dict[str, Any]]:
    found: List[Dict[str, Any]] = []
    there = writers(host)
    if "rsyslog" in there:
        try:
            found += _with_unit(host, "rsyslog", rsyslog.sent(host))
        except NotFound:
            pass
    if "syslog-ng" in there and host.exists(SYSLOG_NG_MAIN):
        # Few hosts have it.
        from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import syslog_ng_config, syslog_ng_queries

        daemon_options.refuse(host, daemon_options.SYSLOG_NG)
        found += _with_unit(host, "syslog-ng", syslog_ng_queries.sent(syslog_ng_config.read_config(host)))
    return found


def _by_upload(host: Host) -> List[Dict[str, Any]]:
    if not host.exists(UPLOAD_PROGRAM):
        return []
    said = {
        name: systemd_settings.in_force(host, UPLOAD_FILE, "Upload", name) for name in ("URL", "TrustedCertificateFile")
    }
    url, trusted = said["URL"], said["TrustedCertificateFile"]
    if url is None:
        return []
    taken = _URL.match(url[0])
    target = lowered(taken.group("host").strip("[]")) if taken else ""
    why = "over HTTP in the clear" if taken and taken.group("clear") else ""
    if not why and trusted and trusted[0] in ANY_CERTIFICATE:
        why = "any receiver is taken (TrustedCertificateFile)"
    file, _colon, line = url[1].rpartition(":")
    row = {
        "target": printable(target)[:200],
        "in_clear": why,
        "part": "",
        "file": file,
        "line": int(line),
        "text": "URL",
    }
    return _with_unit(host, UPLOAD, [row]) if not THIS_HOST.match(target) else []


def _with_unit(host: Host, name: str, rows: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Return rows with what sends them, and whether that runs now and after the next boot."""
    if not rows:
        return []
    seen = units.observe(host, name + ".service")
    if seen.reason:
        raise ReadError(seen.reason)
    unit = seen.value if seen.state == VALUE else {"enabled": False, "active": False}
    return [{"by": name, "enabled": unit["enabled"], "active": unit["active"], **row} for row in rows]
