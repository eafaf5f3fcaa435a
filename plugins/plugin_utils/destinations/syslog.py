# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A receiver of syslog: one event a host, over UDP, TCP or TLS. What it has of a run already is not sent again."""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import cef, tls
from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.parcel import Failed, Parcel
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

SILENCE = 30.0
# Seconds to wait for a receiver to hang up after us; then it is there, but in no hurry.
GOODBYE = 5.0


def check(entry: dict[str, Any]) -> None:
    """Raise `HipaaCisError` where the authority's file can't be read."""
    tls.context(entry["ca"], entry["shown"])


def send(entry: dict[str, Any], parcel: Parcel) -> str:
    """Send the events of hosts that it does not have and return how many it has. Raises `Failed`."""
    worst = cef.worst_severities(parcel.summary)
    has: dict[str, str] = parcel.noted.setdefault("hosts", {})
    events = {
        row["host"]: (cef.line(parcel.summary, row, worst.get(row["host"])), row) for row in parcel.summary["hosts"]
    }
    fresh = {host: one for host, one in events.items() if has.get(host) != _short(one[0])}
    if fresh:
        try:
            with _opened(entry) as connection:
                for text, row in fresh.values():
                    fine = row["status"] == "audited" and not row["counts"]["fail"] and not row["counts"]["error"]
                    content = cef.message(text, fine)
                    # RFC 6587, RFC 5425: the number of bytes stands before each message, for a line end is no end.
                    connection.sendall(content if entry["protocol"] == "udp" else b"%d %s" % (len(content), content))
        except ssl.SSLError as problem:
            raise Failed(tls.explained(problem)) from None
        except HipaaCisError as problem:
            raise Failed(str(problem)) from None
        except OSError as problem:
            raise Failed(
                f"it cannot be reached, or hung up: {problem.strerror or type(problem).__name__}", again=True
            ) from None
        has.update({host: _short(text) for host, (text, _row) in fresh.items()})
    return f"{entry['shown']} ({len(events)} events)"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@contextmanager
def _opened(entry: dict[str, Any]) -> Iterator[socket.socket]:
    """Give a connection, and see at its end that the other side did not break it off. Raises `OSError`, `HipaaCisError`."""
    place = (entry["host"], entry["port"])
    silence = min(SILENCE, entry["timeout"])
    if entry["protocol"] == "udp":
        family, kind, number, _name, address = socket.getaddrinfo(*place, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, number) as datagrams:
            datagrams.settimeout(silence)
            # Connected, so that a port where nobody listens is told by the next datagram.
            datagrams.connect(address)
            yield datagrams
        return
    with socket.create_connection(place, silence) as plain:
        if entry["protocol"] == "tcp":
            yield plain
            plain.shutdown(socket.SHUT_WR)
            _goodbye(plain)
            return
        context = tls.context(entry["ca"], entry["shown"])
        with context.wrap_socket(plain, server_hostname=entry["host"]) as secured:
            yield secured
            secured.settimeout(GOODBYE)
            try:
                # Says that all was said, and reads what the other side may have to complain about.
                secured.unwrap()
            except (TimeoutError, ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return


def _goodbye(connection: socket.socket) -> None:
    connection.settimeout(GOODBYE)
    try:
        while connection.recv(4096):
            pass
    except TimeoutError:
        return
