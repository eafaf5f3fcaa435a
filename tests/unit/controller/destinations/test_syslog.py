"""One event a host for a SIEM: the grammar of the Common Event Format, RFC 5424 around it, and a receiver that is strict about both."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import cef, deliver, syslog
from tests import certificates
from tests.builders import RUN_ID

RFC5424 = re.compile(
    r"<(?P<pri>[1-9][0-9]{0,2})>1 (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z) (?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48}) "
    r"(?P<proc>[!-~]{1,128}) (?P<id>[!-~]{1,32}) - (?P<msg>.*)"
)


def event(text):
    """Return (seven fields of the header, extension) of an event, by the grammar of the format."""
    parts = re.split(r"(?<!\\)((?:\\\\)*)\|", text, maxsplit=7)
    fields = ["".join(pair) for pair in zip(parts[0:14:2], [*parts[1:14:2]], strict=True)]
    keys = list(re.finditer(r"(?:^| )([A-Za-z0-9]+)=", parts[-1]))
    ends = [*(one.start() for one in keys[1:]), len(parts[-1])]
    found = {one[1]: parts[-1][one.end() : end] for one, end in zip(keys, ends, strict=True)}
    return [re.sub(r"\\(.)", r"\1", field) for field in fields], {
        key: re.sub(r"\\(.)", r"\1", value) for key, value in found.items()
    }


def parsed(content):
    """Return the event in a message. Fails where RFC 5424 or the format is not kept."""
    message = RFC5424.fullmatch(content.decode("utf-8"))
    assert message, content
    return (*event(message["msg"]), message)


def frames(content):
    """Return the messages of a stream with octet counting; fails where anything is left over."""
    found = []
    while content:
        length, _blank, rest = content.partition(b" ")
        assert re.fullmatch(rb"[1-9][0-9]*", length)
        found.append(rest[: int(length)])
        assert len(found[-1]) == int(length)
        content = rest[int(length) :]
    return found


class Receiver:
    """Keeps what comes over TCP, with TLS where it has a certificate."""

    def __init__(self, context=None):
        self.context, self.heard, self.done = context, b"", threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        try:
            while True:
                accepted, _address = self.socket.accept()
                connection: Any = accepted
                try:
                    if self.context:
                        connection = self.context.wrap_socket(connection, server_side=True)
                    while piece := connection.recv(65536):
                        self.heard += piece
                    if self.context:
                        connection.unwrap()
                except OSError:
                    pass
                finally:
                    connection.close()
        except OSError:
            self.done.set()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


@pytest.fixture
def receive():
    made = []

    def start(context=None):
        made.append(Receiver(context))
        return made[-1]

    yield start
    for one in made:
        one.close()


def entry(port, protocol, **given):
    return {
        "type": "syslog",
        "host": "localhost" if protocol == "tls" else "127.0.0.1",
        "port": port,
        "protocol": protocol,
        "retries": 0,
        **given,
    }


def check(messages):
    """Look at the events of the run of two hosts."""
    events = [parsed(one) for one in messages]
    assert {told["dhost"]: (told["outcome"], told["cn1"]) for _head, told, _message in events} == {
        "ward": ("failure", "1"),
        "clinic": ("success", "0"),
    }
    for head, told, message in events:
        assert head[:3] == ["CEF:0", "hipaa.cis", "audit"]
        assert (head[4], head[5]) == ("host_audited", "Host audited against CIS benchmarks")
        assert told["externalId"] == RUN_ID
        assert int(message["pri"]) == 13 * 8 + (4 if told["outcome"] == "failure" else 6)
        assert (message["app"], message["id"]) == ("hipaa-cis", "audit")
        assert 10**12 < int(told["rt"]) < 10**13
        assert 0 <= int(head[6]) <= 10


def test_events_over_tcp_are_counted(send, receive):
    receiver = receive()
    assert send(entry(receiver.port, "tcp")).place == f"syslog 127.0.0.1:{receiver.port}/tcp (2 events)"
    check(frames(receiver.heard))


def test_events_over_udp_are_one_datagram_each(send):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        assert send(entry(receiver.getsockname()[1], "udp")).place
        check([receiver.recv(65536) for _host in range(2)])


def test_events_over_tls_reach_whom_the_certificate_names(send, receive, tmp_path):
    files = certificates.make(tmp_path / "tls")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.server)
    receiver = receive(context)
    assert send(entry(receiver.port, "tls", ca=str(files.ca))).place
    check(frames(receiver.heard))


@pytest.mark.parametrize(
    ("made", "own", "told"),
    [
        pytest.param(("localhost", (-10, -1)), True, "it has expired", id="expired"),
        pytest.param(("other.example", (-10, 10)), True, "it is of another name", id="other-name"),
        pytest.param(("localhost", (-10, 10)), False, "Name the file of its authority with ca", id="unknown"),
    ],
)
def test_receiver_with_a_wrong_certificate_gets_nothing(send, receive, tmp_path, made, own, told):
    files = certificates.make(tmp_path / "tls", *made)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.server)
    receiver = receive(context)
    assert told in send(entry(receiver.port, "tls", **({"ca": str(files.ca)} if own else {}))).problem
    assert receiver.heard == b""


def test_second_report_sends_nothing_and_a_host_that_came_since_alone(send, receive, goes_on):
    receiver = receive()
    given = entry(receiver.port, "tcp")
    send(given)
    sent = len(receiver.heard)
    send(given)
    assert len(receiver.heard) == sent
    goes_on("annex")
    assert send(given).place.endswith("(3 events)")
    assert [parsed(one)[1]["dhost"] for one in frames(receiver.heard[sent:])] == ["annex"]


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_nobody_at_the_port_is_told(send, protocol):
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert "it cannot be reached, or hung up: Connection refused." in send(entry(port, protocol)).problem


def test_receiver_that_hangs_up_is_told(send):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def reset():
            connection, _address = server.accept()
            connection.recv(10)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()

        threading.Thread(target=reset, daemon=True).start()
        assert "it cannot be reached, or hung up" in send(entry(server.getsockname()[1], "tcp")).problem


def test_receiver_that_keeps_the_line_open_has_it_all_the_same(send, monkeypatch):
    monkeypatch.setattr(syslog, "GOODBYE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert send(entry(server.getsockname()[1], "tcp")).place


def test_name_that_is_unknown_is_told(send):
    given = {"type": "syslog", "host": "siem.invalid", "protocol": "tcp", "retries": 0}
    assert "syslog siem.invalid:601/tcp: it cannot be reached" in send(given).problem


HOSTILE = "a|b=c\\d e\r\nCEF:0|x|y|z|1|n|10|act=fine \x1b[2J\u202e\0"


def of(finished, **changes):
    summary = json.loads((finished.folder / "summary.json").read_text())
    row = {**summary["hosts"][0], **changes}
    return summary, row


def test_nothing_of_a_host_ends_a_field_or_a_line(finished):
    summary, row = of(finished, host=HOSTILE, status="failed", reason=HOSTILE)
    text = cef.line(summary, row, None)
    head, told = event(text)
    assert (head[4], head[6]) == ("host_failed", "7")
    assert set(told) >= {"dhost", "msg", "outcome"}
    assert told["act"] == "failed"
    assert told["outcome"] == "failure"
    assert told["dhost"] == "a|b=c\\d e[U+000D] CEF:0|x|y|z|1|n|10|act=fine [U+001B][2J[U+202E][U+0000]"
    assert text.isprintable()
    assert "\n" not in text


@pytest.mark.parametrize(
    ("given", "in_header", "in_extension"),
    [
        ("plain", "plain", "plain"),
        ("a|b", "a\\|b", "a|b"),
        ("a=b", "a=b", "a\\=b"),
        ("a\\b", "a\\\\b", "a\\\\b"),
        ("a\\|=", "a\\\\\\|=", "a\\\\|\\="),
        ("a\nb\tc", "a b c", "a b c"),
        ("größe", "größe", "größe"),
    ],
)
def test_what_is_escaped_differs_between_header_and_extension(given, in_header, in_extension):
    assert (cef.header(given), cef.extension(given)) == (in_header, in_extension)


@pytest.mark.parametrize(
    ("counts", "worst", "severity"),
    [
        ({"fail": 0, "error": 0}, None, "0"),
        ({"fail": 1, "error": 0}, "low", "3"),
        ({"fail": 1, "error": 0}, "medium", "5"),
        ({"fail": 1, "error": 0}, "high", "8"),
        ({"fail": 1, "error": 0}, "critical", "10"),
        ({"fail": 1, "error": 0}, None, "3"),
    ],
)
def test_severity_is_that_of_the_worst_failure(finished, counts, worst, severity):
    summary, row = of(finished)
    row["counts"] = {**row["counts"], **counts}
    assert event(cef.line(summary, row, worst))[0][6] == severity


def test_message_is_no_longer_than_a_receiver_takes_and_no_character_is_cut():
    content = cef.message("ä" * 5000, True)
    assert cef.MAX_BYTES - 1 <= len(content) <= cef.MAX_BYTES
    assert content.decode("utf-8").endswith("ä")


def test_host_that_was_not_audited_is_no_success(finished):
    finished.expect_hosts(["lost"])
    from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
    from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.aggregate import summarise

    summary = summarise(load_catalog(), [finished])
    (row,) = [one for one in summary["hosts"] if one["host"] == "lost"]
    head, told = event(cef.line(summary, row, None))
    assert (head[5], head[6], told["outcome"]) == ("Host not audited", "7", "failure")
    assert deliver.TYPES["syslog"] is syslog
