# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTPS: the packed run is PUT below an address, with a token. The name holds the content's digest, so nothing is ever overwritten."""

from __future__ import annotations

import errno
import http.client
import ssl
import urllib.request
from base64 import b64encode
from hashlib import sha256
from typing import Any, BinaryIO
from urllib.parse import quote, unquote, urlsplit

from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import tls
from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.archive import ENDING
from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.entries import place_of
from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.parcel import Failed, Parcel
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

# Seconds without a sign of life.
SILENCE = 30.0
STORED = (200, 201, 204)
_MEANINGS = {
    401: "the token is wrong or has expired",
    403: "the token has no right to write there",
    404: "there is no such place",
    405: "it takes no PUT at this address",
    407: "the proxy wants to know who is asking; give user and password in the variable https_proxy",
    409: "the place is not there, or something else stands in it",
    411: "it wants another form of the request",
    413: "the archive is too large for it",
    507: "it has no room left",
}
_AGAIN = (408, 425, 429, 500, 502, 503, 504)


def check(entry: dict[str, Any]) -> None:
    """Raise `HipaaCisError` where the authority's file can't be read."""
    tls.context(entry["ca"], entry["shown"])
    _proxy(urlsplit(entry["url"]).hostname or "")


def send(entry: dict[str, Any], parcel: Parcel) -> str:
    """Put the archive there and return its address. Raises `Failed`."""
    name = f"{parcel.name}-{parcel.digest[:16]}{ENDING}"
    place = f"{entry['shown']}{name}"
    if parcel.before == parcel.digest:
        return place
    try:
        with parcel.packed() as stream:
            answer = _put(entry, quote(f"{urlsplit(entry['url']).path.rstrip('/')}/{name}", safe="/@:%"), stream)
    except HipaaCisError as problem:
        raise Failed(str(problem)) from None
    except (
        http.client.HTTPException,
        ConnectionResetError,
        BrokenPipeError,
        ssl.SSLEOFError,
        ssl.SSLZeroReturnError,
    ) as problem:
        raise Failed(
            f"the connection ended without an answer ({type(problem).__name__}). Does a proxy on the way eat the request?",
            again=True,
        ) from None
    except ssl.SSLError as problem:
        raise Failed(tls.explained(problem)) from None
    except TimeoutError:
        raise Failed(
            "there was no answer in time. Does a proxy or firewall on the way eat the request?", again=True
        ) from None
    except OSError as problem:
        raise Failed(_unreachable(problem), again=not str(problem).startswith("Tunnel")) from None
    _judge(answer)
    return place


def _put(entry: dict[str, Any], path: str, stream: BinaryIO) -> http.client.HTTPResponse:
    url = urlsplit(entry["url"])
    connection = _connection(entry, url.hostname or "", url.port or 443)
    try:
        digest = sha256()
        while piece := stream.read(1 << 20):
            digest.update(piece)
        size = stream.tell()
        stream.seek(0)
        headers = {
            "Content-Type": "application/gzip",
            "Content-Length": str(size),
            "Content-Digest": f"sha-256=:{b64encode(digest.digest()).decode()}:",
            "User-Agent": "hipaa.cis",
        }
        if entry["token"]:
            headers["Authorization"] = f"Bearer {entry['token']}"
        try:
            connection.request("PUT", path, stream, headers)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
            # Who refuses early may answer before the end of the request; what it says is better than that it hung up.
            if connection.sock is None:
                raise
        answer = connection.getresponse()
        answer.read(65536)
        return answer
    finally:
        connection.close()


def _connection(entry: dict[str, Any], host: str, port: int) -> http.client.HTTPSConnection:
    silence = min(SILENCE, entry["timeout"])
    context = tls.context(entry["ca"], entry["shown"])
    proxy = _proxy(host)
    if not proxy:
        return http.client.HTTPSConnection(host, port, timeout=silence, context=context)
    (proxy_host, proxy_port), headers = proxy
    connection = http.client.HTTPSConnection(proxy_host, proxy_port, timeout=silence, context=context)
    connection.set_tunnel(host, port, headers)
    return connection


def _proxy(host: str) -> tuple[tuple[str, int], dict[str, str]] | None:
    """Return ((host, port), headers) of the proxy that the environment names; None without one. Raises `HipaaCisError`."""
    given = urllib.request.getproxies().get("https", "")
    if not given or urllib.request.proxy_bypass(host):
        return None
    try:
        url = urlsplit(given if "://" in given else f"http://{given}")
        port = url.port or 80  # as boto3 and others take it
    except ValueError:
        url, port = urlsplit(""), 0
    if url.scheme != "http" or not url.hostname:
        raise HipaaCisError(
            "the environment's https_proxy is no address of a proxy: it has to be of the form http://HOST:PORT. (It is not shown, for it may "
            "hold a password.)"
        )
    headers = {}
    if url.username:
        pair = f"{unquote(url.username)}:{unquote(url.password or '')}"
        headers["Proxy-Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    return (url.hostname, port), headers


def _judge(answer: http.client.HTTPResponse) -> None:
    """Raise `Failed` where the archive was not stored."""
    if answer.status in STORED:
        return
    if 300 <= answer.status < 400:
        raise Failed(
            f"it sends elsewhere{_elsewhere(answer)}. The token is not carried there: write the address where it is to go"
        )
    meaning = _MEANINGS.get(answer.status, "it was not stored")
    raise Failed(f"it answers {answer.status}: {meaning}", again=answer.status in _AGAIN)


def _elsewhere(answer: http.client.HTTPResponse) -> str:
    try:
        url = urlsplit(answer.getheader("Location", ""))
        shown = place_of(url) if url.hostname and url.scheme in ("http", "https") else ""
    except ValueError:
        shown = ""
    return f", to {shown}" if shown.isascii() and shown.isprintable() and shown else ""


def _unreachable(problem: OSError) -> str:
    text = str(problem)
    if text.startswith("Tunnel connection failed"):
        code = "".join(one for one in text.partition(":")[2][:5] if one.isdigit())
        meaning = _MEANINGS.get(int(code or 0), "") if code == "407" else "it lets nobody through to this address"
        return f"the proxy of the environment (https_proxy) answers {code or 'nonsense'}: {meaning}"
    if problem.errno in (errno.EBADF, errno.ENOTCONN):
        # What Python's TLS makes of a proxy that says yes, and hangs up with words of its own.
        return "the connection ended before TLS began. Does a proxy on the way answer itself?"
    return f"it cannot be reached: {problem.strerror or type(problem).__name__}"
