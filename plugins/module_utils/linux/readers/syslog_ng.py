# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `syslog_ng`: what syslog-ng takes in, writes and sends, by the log paths of its whole configuration."""

from __future__ import annotations

from typing import List, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
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
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import daemon_options
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.log_programs import SYSLOG_NG_MAIN

MAX_DRIVERS = 200


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Answer `receivers` and `forwards` with `[{file, line, text}]`, `files` with `mode` beside, `forwards_in_clear` with `why`."""
    try:
        host.stat(SYSLOG_NG_MAIN)
    except NotFound:
        return [absent(SYSLOG_NG_MAIN)] * len(addresses)
    daemon_options.refuse(host, daemon_options.SYSLOG_NG)
    # Few hosts have it.
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import syslog_ng_config, syslog_ng_queries

    config = syslog_ng_config.read_config(host)

    def one(address: Address) -> Observation:
        query = required(address, "query")
        known = syslog_ng_queries.QUERIES
        if query not in known:
            raise UsageError("unknown query %r; known: %s" % (query, ", ".join(sorted(known))))
        entries = known[query](config)
        if len(entries) > MAX_DRIVERS:
            raise ReadError("more than %d sources or destinations of syslog-ng match" % MAX_DRIVERS)
        return value(entries, SYSLOG_NG_MAIN)

    return read_each(addresses, one)
