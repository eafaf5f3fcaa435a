"""Health checks: what they try, how often, and what they say."""

from __future__ import annotations

import http.server
import socket
import threading

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.health_checks import parse, run

QUICK = {"retries": 0, "timeout": 2}


def check(item, on_host=lambda _command: ""):
    return run(parse([{**QUICK, **item}]), "127.0.0.1", on_host)


@pytest.fixture
def web():
    """The address of a web server that answers 204."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_command_and_unit_are_run_on_the_host():
    seen = []

    def on_host(command):
        seen.append(command)
        return ""

    run(parse([{**QUICK, "command": "true x"}, {**QUICK, "unit": "a.service"}]), "h", on_host)

    assert seen == ["true x", ["systemctl", "is-active", "a.service"]]


def test_failing_command_is_named():
    assert check({"command": "false", "name": "ward display"}, lambda _command: "ended with 1") == [
        "ward display: ended with 1"
    ]


def test_check_is_tried_again():
    answers = iter(["not yet", "not yet", ""])

    assert check({"command": "x", "retries": 2, "delay": 0}, lambda _command: next(answers)) == []


def test_port_that_listens_and_one_that_does_not():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert check({"port": port}) == []
    assert "cannot be reached" in check({"port": port})[0]


def test_address_has_to_answer_with_the_code(web):
    assert check({"url": web, "status_code": 204}) == []
    assert "answers 204, not 200" in check({"url": web})[0]


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"urll": "x"}, "Did you mean url"),
        ({"url": "x", "port": 1}, "exactly one"),
        ({}, "exactly one"),
        ({"port": "ssh"}, "invalid literal"),
        ("x", "has to hold"),
    ],
)
def test_what_is_wrong_is_said(item, said):
    with pytest.raises(HipaaCisError, match=said):
        parse([item])
