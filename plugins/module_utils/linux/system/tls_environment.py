# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that are given another configuration of their TLS library than all others, by their environment."""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound

OPENSSL = "OPENSSL_CONF"
PLACES = (
    "/etc/environment",
    "/etc/environment.d/*.conf",
    "/etc/default/*",
    "/etc/sysconfig/*",
    "/etc/systemd/system.conf",
    "/etc/systemd/system.conf.d/*.conf",
    "/etc/systemd/system/*.service",
    "/etc/systemd/system/*.d/*.conf",
    "/usr/lib/systemd/system/*.service",
    "/usr/lib/systemd/system/*.service.d/*.conf",
)
_SET = re.compile(
    r"(?<![A-Z_])(OPENSSL_CONF|OPENSSL_CONF_INCLUDE|GNUTLS_SYSTEM_PRIORITY_FILE|SSLKEYLOGFILE)=[\"']?([^\s\"']*)",
    re.ASCII,
)


class Override(NamedTuple):
    """``path``: what the variable names; "" where it is no whole path."""

    place: str
    name: str
    path: str


def overrides(host: Host) -> Iterator[Override]:
    """Yield what units, their snippets and files of environments set. A unit that nothing starts is named too."""
    for path in dict.fromkeys(found for pattern in PLACES for found in host.glob(pattern)):
        try:
            if host.stat(path).st_mode & 0o170000 != 0o100000:
                continue
            text = host.read_text(path)
        except NotFound:
            continue
        if not any(name in text for name in (OPENSSL, "GNUTLS_SYSTEM", "SSLKEYLOG")):
            continue
        for number, line in enumerate(split_lines(text), 1):
            if line.strip(BLANKS)[:1] in ("#", ";"):
                continue
            for name, named in _SET.findall(line):
                yield Override("%s:%d" % (printable(path), number), name, named if named.startswith("/") else "")
