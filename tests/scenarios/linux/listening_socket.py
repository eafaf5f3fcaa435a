"""Scenarios of listening sockets. Addresses stand as little-endian machines show them."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Union

from tests.scenarios.linux import File, Scenario

LOCAL = {"each": {"fields": {"local_only": {"equals": True}}}}
MAIL = {"ports": [25, 465, 587]}
HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

Files = Dict[str, Union[str, bytes, File]]


def _line(local: str, state: str) -> str:
    remote = "00000000:0000" if len(local) < 20 else "0" * 32 + ":0000"
    return "   0: %s %s %s 00000000:00000000 00:00000000 00000000     0        0 94364 1 0\n" % (local, remote, state)


def _tables(**lines: str) -> Files:
    tables = {name: HEAD + lines.get(name, "") for name in ("tcp", "tcp6", "udp", "udp6")}
    return {"/proc/net/" + name: text for name, text in tables.items()}


def _seen(protocol: str, address: str, port: int) -> Dict[str, Any]:
    local = address == "::1" or address.startswith(("127.", "::ffff:127."))
    return {"protocol": protocol, "address": address, "port": port, "local_only": local}


def _case(name: str, verdict: str, files: Files, *seen: Dict[str, Any], **more: Any) -> Scenario:
    found: List[Dict[str, Any]] = list(seen)
    return Scenario(
        name, more.pop("address", MAIL), LOCAL, verdict, {"state": "value", "value": found}, files=files, **more
    )


def _error(name: str, reason: str, files: Files, address: Optional[Dict[str, Any]] = None) -> Scenario:
    return Scenario(
        name, MAIL if address is None else address, LOCAL, "error", {"state": "error", "reason": reason}, files=files
    )


ALL_V6 = "0" * 32
LOOP_V6 = "0" * 24 + "01000000"
MAPPED = "0000000000000000FFFF00000100007F"
MANY = "".join(_line("0100007F:%04X" % port, "0A") for port in range(1, 1003))
SCENARIOS = [
    _case("nothing-listens", "pass", _tables(), on_host=True),
    _case("local", "pass", _tables(tcp=_line("0100007F:0019", "0A")), _seen("tcp", "127.0.0.1", 25)),
    _case("local-ipv6", "pass", _tables(tcp6=_line(LOOP_V6 + ":0019", "0A")), _seen("tcp6", "::1", 25)),
    _case(
        "local-ipv4-by-ipv6", "pass", _tables(tcp6=_line(MAPPED + ":0019", "0A")), _seen("tcp6", "::ffff:127.0.0.1", 25)
    ),
    _case("other-loopback-address", "pass", _tables(tcp=_line("3500007F:0019", "0A")), _seen("tcp", "127.0.0.53", 25)),
    _case("everywhere", "fail", _tables(tcp=_line("00000000:0019", "0A")), _seen("tcp", "0.0.0.0", 25)),
    _case("everywhere-ipv6", "fail", _tables(tcp6=_line(ALL_V6 + ":024B", "0A")), _seen("tcp6", "::", 587)),
    _case("one-address", "fail", _tables(tcp=_line("0A00D50A:01D1", "0A")), _seen("tcp", "10.213.0.10", 465)),
    _case("datagrams", "fail", _tables(udp=_line("00000000:0019", "07")), _seen("udp", "0.0.0.0", 25)),
    _case(
        "connection-is-no-listener", "pass", _tables(tcp=_line("0A00D50A:0019", "01"), udp=_line("0A00D50A:0019", "01"))
    ),
    _case("other-port", "pass", _tables(tcp=_line("00000000:0016", "0A"))),
    _case("same-socket-twice", "fail", _tables(tcp=_line("00000000:0019", "0A") * 2), _seen("tcp", "0.0.0.0", 25)),
    _case(
        "all-ports",
        "fail",
        _tables(tcp=_line("00000000:0016", "0A") + _line("0100007F:0019", "0A")),
        _seen("tcp", "0.0.0.0", 22),
        _seen("tcp", "127.0.0.1", 25),
        address={},
    ),
    _case(
        "ports-as-texts",
        "fail",
        _tables(tcp=_line("00000000:0019", "0A")),
        _seen("tcp", "0.0.0.0", 25),
        address={"ports": ["25"]},
    ),
    _case(
        "kernel-without-ipv6",
        "fail",
        {"/proc/net/tcp": HEAD + _line("00000000:0019", "0A"), "/proc/net/udp": HEAD},
        _seen("tcp", "0.0.0.0", 25),
    ),
    _error("no-table", "/proc/net/tcp does not exist", {}),
    _error(
        "directory-in-place-of-a-table",
        "/proc/net/tcp6 is not a regular file",
        {"/proc/net/tcp": HEAD, "/proc/net/tcp6": File(directory=True)},
    ),
    _error("line-not-understood", "/proc/net/tcp: 'garbage' is not understood", {"/proc/net/tcp": HEAD + "garbage\n"}),
    _error(
        "address-not-understood",
        "/proc/net/tcp: '0: 12:0019 00000000:0000 0A' is not understood",
        {"/proc/net/tcp": HEAD + _line("12:0019", "0A")},
    ),
    # Any user can open them, so they must not be an error.
    _case(
        "too-many-are-counted",
        "fail",
        _tables(tcp=MANY + _line("00000000:FFFF", "0A")),
        _seen("tcp", "0.0.0.0", 65535),
        *[_seen("tcp", "127.0.0.1", port) for port in range(1, 1000)],
        {"not_shown": 3},
        address={},
    ),
    _error("ports-are-no-numbers", "ports has to be a list of numbers", _tables(), {"ports": ["smtp"]}),
    _error("ports-are-no-list", "ports has to be a list of numbers", _tables(), {"ports": 25}),
]
