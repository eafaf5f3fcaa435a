# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the usual audit rules do not see on newer systems, though they are loaded: said beside what is observed."""

from __future__ import annotations

from typing import List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host

RUN0 = "/usr/bin/run0"
# Debian 13's systemd and login write none of them; its sshd still writes wtmp and lastlog for sessions with a terminal.
LOGIN_RECORDS = ("/run/utmp", "/var/run/utmp", "/var/log/wtmp", "/var/log/lastlog")
SUCCESSORS = ("/var/lib/wtmpdb/wtmp.db", "/var/log/wtmp.db", "/var/lib/lastlog/lastlog2.db")


def unseen(host: Host, conditions: Sequence[str], path: str) -> str:
    """Return what is not recorded by rules with these conditions, or for a file, in words that go behind a source."""
    said: List[str] = []
    if any(one.startswith("auid") for one in conditions) and host.exists(RUN0):
        said.append("sessions of run0 have no login uid, so rules that ask for one (auid) record nothing of them")
    if path in LOGIN_RECORDS and host.exists("/run/systemd/system") and not host.exists("/run/utmp"):
        there = [one for one in SUCCESSORS if host.exists(one)]
        said.append(
            "there is no /run/utmp, and in wtmp and lastlog only what programs write there themselves (sshd does); other logins are in %s"
            % " and ".join([*there, "the journal"])
        )
    return "".join("; " + one for one in said)
