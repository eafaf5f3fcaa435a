"""HTTPS PUT against a real server with TLS on loopback, whose certificate is verified; and proxies that do as they like."""

from __future__ import annotations

import http.server
import json
import socket
import ssl
import threading
from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import deliver
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from tests import certificates
from tests.builders import RUN_ID
from tests.certificates import SECRET


class Server(http.server.ThreadingHTTPServer):
    """What it was asked, what it is to answer first, and what it keeps."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Store)
        self.asked: list[Any] = []
        self.answers: list[Any] = []
        self.kept: dict[str, bytes] = {}
        self.released = threading.Event()

    def handle_error(self, *_args):
        pass


class Store(http.server.BaseHTTPRequestHandler):
    """Keeps what is put with the right token."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_PUT(self):
        self.server.asked.append((self.path, dict(self.headers)))
        code, more = self.server.answers.pop(0) if self.server.answers else (None, {})
        if code == "silence":
            self.server.released.wait(10)
            self.close_connection = True
            return
        if code == "hang up":
            self.close_connection = True
            return
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if code is None and self.headers.get("Authorization") != f"Bearer {SECRET}":
            code = 401
        if code is None:
            self.server.kept[self.path] = content
        self.send_response(code or 201)
        for name, value in more.items():
            self.send_header(name, value)
        body = f"you sent {self.headers.get('Authorization')}".encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


@pytest.fixture
def serve(tmp_path):
    """Return a function that starts a server with a certificate and gives (server, entry)."""
    servers = []

    def start(files=None, **given):
        files = files or certificates.make(tmp_path / "tls")
        server = Server()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.server)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        servers.append(server)
        url = f"https://localhost:{server.server_port}/runs/"
        return server, {"type": "https", "url": url, "token": SECRET, "ca": str(files.ca), "retries": 0, **given}

    yield start
    for server in servers:
        server.released.set()
        server.shutdown()
        server.server_close()


def test_archive_is_put_with_the_token_and_named_by_its_content(send, serve, finished, tmp_path):
    server, entry = serve()
    place = send(entry).place
    ((path, headers),) = server.asked
    assert place == f"https://localhost:{server.server_port}{path}"
    assert path.startswith(f"/runs/{RUN_ID}-")
    assert headers["Authorization"] == f"Bearer {SECRET}"
    from io import BytesIO

    from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import archive

    folder = archive.unpack(BytesIO(server.kept[path]), tmp_path, "x")
    assert archive.digests(folder) == archive.digests(finished.folder)


def test_second_report_puts_nothing_and_a_run_that_went_on_another_archive(send, serve, goes_on):
    server, entry = serve()
    first = send(entry).place
    assert send(entry).place == first
    assert len(server.asked) == 1
    goes_on()
    assert send(entry).place != first
    assert len(server.kept) == 2


def test_large_archive_goes_whole(send, serve, finished):
    import os

    (finished.folder / "raw").mkdir()
    (finished.folder / "raw" / "ward.json.gz").write_bytes(os.urandom(5_000_000))
    server, entry = serve()
    assert send(entry).place
    assert max(map(len, server.kept.values())) > 5_000_000


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (401, "answers 401: the token is wrong or has expired"),
        (403, "answers 403: the token has no right"),
        (404, "answers 404: there is no such place"),
        (405, "answers 405: it takes no PUT"),
        (413, "answers 413: the archive is too large"),
        (202, "answers 202: it was not stored"),
        (418, "answers 418: it was not stored"),
    ],
)
def test_refusal_is_told_and_not_tried_again(send, serve, no_pauses, code, told):
    server, entry = serve(retries=3)
    server.answers = [(code, {})]
    assert told in send(entry).problem
    assert (len(server.asked), no_pauses) == (1, [])


def test_wrong_token_is_told_without_it(send, serve):
    _server, entry = serve(token="another" + SECRET)
    problem = send(entry).problem
    assert "the token is wrong or has expired" in problem
    assert SECRET not in problem


def test_server_that_is_busy_is_asked_again_after_longer_and_longer_pauses(send, serve, no_pauses):
    server, entry = serve(retries=3)
    server.answers = [(503, {}), (429, {}), ("hang up", {})]
    assert send(entry).place
    assert no_pauses == [1.0, 2.0, 4.0]


def test_token_is_not_carried_elsewhere(send, serve, tmp_path):
    other, _entry = serve(certificates.make(tmp_path / "other"))
    server, entry = serve()
    server.answers = [(307, {"Location": f"https://localhost:{other.server_port}/x?token={SECRET}"})]
    problem = send(entry).problem
    assert f"it sends elsewhere, to https://localhost:{other.server_port}." in problem
    assert other.asked == []


def test_server_without_an_answer_is_given_up(send, serve):
    server, entry = serve(timeout=1)
    server.answers = [("silence", {})]
    problem = send(entry).problem
    assert "no answer in time" in problem or "given up after 1 seconds" in problem


@pytest.mark.parametrize(
    ("name", "days", "told"),
    [
        pytest.param("localhost", (-10, -1), "it has expired. Have it renewed there", id="expired"),
        pytest.param("localhost", (1, 10), "it is not valid yet. Is a clock wrong?", id="not-yet"),
        pytest.param("other.example", (-10, 10), "it is of another name", id="other-name"),
    ],
)
def test_certificate_that_is_wrong_is_refused_before_anything_is_sent(send, serve, tmp_path, name, days, told):
    server, entry = serve(certificates.make(tmp_path / "wrong", name, days))
    problem = send(entry).problem
    assert told in problem
    assert "Nothing was sent" in problem
    assert server.asked == []


def test_certificate_of_an_unknown_authority_is_refused(send, serve):
    server, entry = serve()
    assert "Name the file of its authority with ca" in send({**entry, "ca": ""} | {"ca": ca_of_nobody()}).problem
    del entry["ca"]
    assert "Name the file of its authority with ca" in send(entry).problem
    assert server.asked == []


def ca_of_nobody():
    import tempfile
    from pathlib import Path

    return str(certificates.make(Path(tempfile.mkdtemp())).ca)


def test_nobody_at_the_port_is_told(send):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        problem = send({"type": "https", "url": f"https://127.0.0.1:{port}/", "retries": 0}).problem
    assert "it cannot be reached: Connection refused." in problem


def test_plain_http_at_the_port_is_told(send):
    with Listener(b"HTTP/1.1 400 Bad Request\r\n\r\nplain HTTP to a TLS port") as port:
        problem = send({"type": "https", "url": f"https://127.0.0.1:{port}/", "retries": 0}).problem
    assert "TLS failed" in problem


class Listener:
    """Answers the same to whatever comes, and keeps that."""

    def __init__(self, answer, heads=1):
        self.answer, self.heads, self.heard = answer, heads, b""

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        return self.socket.getsockname()[1]

    def run(self):
        try:
            while True:
                connection, _address = self.socket.accept()
                with connection:
                    self.heard += connection.recv(65536)
                    connection.sendall(self.answer)
        except OSError:
            return

    def __exit__(self, *_args):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(b"HTTP/1.1 407 Nope\r\n\r\n", "answers 407: the proxy wants to know who is asking", id="407"),
        pytest.param(b"HTTP/1.1 403 No\r\n\r\n", "answers 403: it lets nobody through", id="403"),
        pytest.param(b"HTTP/1.1 302 F\r\nLocation: /login\r\n\r\n", "answers 302: it lets nobody through", id="login"),
        pytest.param(b"", "Does a proxy on the way eat the request?", id="hangs-up"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n<html>Sign in</html>", "proxy", id="answers-itself"),
        pytest.param(b"<html>", "Does a proxy on the way eat the request?", id="no-http"),
    ],
)
def test_proxy_that_eats_the_request_is_told(send, serve, monkeypatch, answer, told):
    server, entry = serve()
    listener = Listener(answer)
    with listener as port:
        monkeypatch.setenv("https_proxy", f"http://alice:{SECRET.replace('/', '%2F')}@127.0.0.1:{port}")
        problem = send({**entry, "url": entry["url"].replace("localhost", "store.example")}).problem
    assert told in problem
    assert "alice" not in problem
    assert server.asked == []
    # The proxy knows whom we want, and nothing of what is sent.
    assert listener.heard.startswith(b"CONNECT store.example:")
    assert SECRET.encode() not in listener.heard


def test_proxy_that_lets_through_sees_no_token(send, serve, monkeypatch):
    server, entry = serve()
    seen = []

    class Tunnel(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self):
            seen.append((self.path, self.headers.get("Proxy-Authorization")))
            self.send_response(200)
            self.end_headers()
            with socket.create_connection(("127.0.0.1", server.server_port)) as inner:
                back = threading.Thread(target=self.pump, args=(inner, self.connection), daemon=True)
                back.start()
                self.pump(self.connection, inner)
                back.join(5)

        @staticmethod
        def pump(source, target):
            try:
                while piece := source.recv(65536):
                    seen.append(piece)
                    target.sendall(piece)
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        def log_message(self, *_args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tunnel) as proxy:
        threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:pa%2Fss@127.0.0.1:{proxy.server_port}")
        assert send(entry).place
        proxy.shutdown()
    assert seen[0] == (f"localhost:{server.server_port}", "Basic dXNlcjpwYS9zcw==")
    assert not any(SECRET.encode() in piece for piece in seen[1:])


def test_host_that_needs_no_proxy_is_asked_without(send, serve, monkeypatch):
    _server, entry = serve()
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "localhost")
    assert send(entry).place


def test_proxy_of_another_form_is_told_without_its_password(serve, monkeypatch):
    _server, entry = serve()
    monkeypatch.setenv("https_proxy", f"socks5://user:{SECRET}@127.0.0.1:1")
    with pytest.raises(HipaaCisError, match="has to be of the form http://HOST:PORT") as problem:
        deliver.check([entry])
    assert "user" not in str(problem.value)


def test_note_of_what_was_delivered_holds_no_secret(send, serve, finished):
    _server, entry = serve()
    send(entry)
    note = (finished.folder.parent / deliver.FOLDER / f"{RUN_ID}.json").read_text()
    assert SECRET not in note
    assert entry["url"] in json.loads(note)["destinations"]
