"""Runs on a host: writes files of xrdp one after the other, and prints what xrdp and its sesman make of each."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import subprocess
import sys
from pathlib import Path

TLS = 1  # PROTOCOL_SSL of MS-RDPBCGR
OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
NEW = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def asked(protocols):
    """Return (connection, bytes of the answer) of a request of X.224, without a negotiation where ``protocols`` is None."""
    connection = socket.create_connection(("127.0.0.1", 3389), timeout=20)
    request = struct.pack(">BHHB", 0xE0, 0, 0, 0)
    if protocols is not None:
        request += struct.pack("<BBHI", 1, 0, 8, protocols)
    connection.sendall(struct.pack(">BBHB", 3, 0, 5 + len(request), len(request)) + request)
    return connection, connection.recv(64)


def lets_in(protocols):
    """Return whether a client without TLS is let in: xrdp confirms each, and hangs up at once on those that it does not want."""
    connection, _answer = asked(protocols)
    with connection:
        connection.settimeout(1.5)
        try:
            more = connection.recv(64)
        except TimeoutError:
            return True
    return bool(more) and not more.endswith(b"\x21\x80")


def speaks(version, ciphers):
    connection, answer = asked(TLS)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(ciphers + ":@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with connection:
        # It has chosen TLS.
        if answer[11:12] != b"\x02" or answer[15:19] != struct.pack("<I", TLS):
            return False
        try:
            context.wrap_socket(connection).close()
        except (ssl.SSLError, ConnectionError):
            return False
    return True


def is_closed(text):
    """Return whether xrdp with this file takes new TLS only, with a server that is proved and encryption."""
    Path("/etc/xrdp/xrdp.ini").write_text(text, encoding="utf-8", newline="")
    return (
        not lets_in(None)
        and not lets_in(0)
        and not any(speaks(version, "ALL") for version in OLD)
        and not speaks(ssl.TLSVersion.TLSv1_2, "aNULL:eNULL")
        and any(speaks(version, "ALL") for version in NEW)
    )


def seconds(text):
    """Return IdleTimeLimit as sesman tells it."""
    # It asks for no more before it tells.
    Path("/etc/own.ini").write_text(text + "\n[Logging]\nLogFile=/tmp/own.log\n", encoding="utf-8", newline="")
    command = ["stdbuf", "-oL", "xrdp-sesman", "--dump-config", "--nodaemon", "--config", "/etc/own.ini"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as started:
        told = next(line for line in started.stdout or () if "IdleTimeLimit:" in line)
        started.terminate()
        started.communicate(timeout=60)
    return int(told.split()[-1])


ALL = json.load(sys.stdin)
CLOSED = [is_closed(text) for text in ALL["security"]]
# Beside the one that runs another does not start.
subprocess.run(["systemctl", "stop", "xrdp", "xrdp-sesman"], check=True, timeout=60)
print(json.dumps({"limits": [seconds(text) for text in ALL["limits"]], "security": CLOSED}))
