"""A bucket: against moto's server, with real requests over a socket, and with what says no."""

from __future__ import annotations

import http.server
import itertools
import os
import socket
import ssl
import sys
import threading
from pathlib import Path

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import archive, deliver, s3
from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.entries import parse
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from tests import certificates
from tests.builders import RUN_ID
from tests.certificates import SECRET

boto3 = pytest.importorskip("boto3", reason="left out on this machine: missing boto3")
moto_server = pytest.importorskip("moto.server", reason="left out on this machine: missing moto")
NUMBERS = itertools.count(1)
KEYS = {"access_key": "AKIAEXAMPLE", "secret_key": SECRET, "region": "us-east-1"}


@pytest.fixture(scope="module")
def endpoint():
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def own_credentials(monkeypatch, tmp_path):
    """Keep those of this machine out."""
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_DEFAULT_REGION",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def client(endpoint):
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key="x",
    )


@pytest.fixture
def bucket(client, request):
    name = f"evidence-{next(NUMBERS)}"
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket="locked" in request.node.name)
    return name


@pytest.fixture
def entry(endpoint, bucket):
    return {"type": "s3", "bucket": bucket, "prefix": "runs/", "endpoint_url": endpoint, "retries": 0, **KEYS}


KEY = f"runs/{RUN_ID}.tar.gz"


def versions(client, bucket):
    return len(client.list_object_versions(Bucket=bucket).get("Versions", ()))


def test_run_is_one_object_and_comes_back_as_it_was(send, entry, client, bucket, finished, tmp_path):
    assert send(entry).place == f"s3://{bucket}/{KEY}"
    assert client.head_object(Bucket=bucket, Key=KEY)["ContentType"] == "application/gzip"
    (parsed,) = parse([entry])
    (folder,) = deliver.fetch_runs(parsed, RUN_ID, tmp_path / "into")
    assert (folder.name, archive.digests(folder)) == (RUN_ID, archive.digests(finished.folder))


def test_second_report_uploads_nothing(send, entry, monkeypatch):
    send(entry)
    monkeypatch.setattr(s3, "_upload", None)
    assert send(entry).place


def test_run_that_went_on_takes_its_own_place(send, entry, goes_on, finished, tmp_path):
    send(entry)
    goes_on()
    assert send(entry).place
    (parsed,) = parse([entry])
    (folder,) = deliver.fetch_runs(parsed, RUN_ID, tmp_path / "into")
    assert archive.digests(folder) == archive.digests(finished.folder)


def test_other_content_under_the_id_is_left_as_it_is(send, entry, client, bucket):
    client.put_object(Bucket=bucket, Key=KEY, Body=b"of another run", Metadata={s3.DIGEST: "0" * 64})
    assert "holds another content under this run's id" in send(entry).problem
    assert client.get_object(Bucket=bucket, Key=KEY)["Body"].read() == b"of another run"


def test_object_of_somebody_else_is_left_as_it_is(send, entry, client, bucket):
    client.put_object(Bucket=bucket, Key=KEY, Body=b"theirs")
    assert "another content" in send(entry).problem
    assert client.get_object(Bucket=bucket, Key=KEY)["Body"].read() == b"theirs"


def test_large_run_goes_in_parts(send, entry, client, finished, monkeypatch, tmp_path):
    monkeypatch.setattr(s3, "PIECE", 5 * 1024 * 1024)
    (finished.folder / "raw").mkdir()
    (finished.folder / "raw" / "ward.json.gz").write_bytes(os.urandom(11 * 1024 * 1024))
    assert send(entry).place
    # Of an object in parts the tag ends in their number.
    assert client.head_object(Bucket=entry["bucket"], Key=KEY)["ETag"].strip('"').endswith("-3")
    (parsed,) = parse([entry])
    (folder,) = deliver.fetch_runs(parsed, RUN_ID, tmp_path / "into")
    assert archive.digests(folder) == archive.digests(finished.folder)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"sse": "AES256"}, {"ServerSideEncryption": "AES256"}),
        (
            {"sse": "aws:kms", "sse_kms_key_id": "alias/evidence"},
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/evidence"},
        ),
    ],
    ids=["AES256", "kms"],
)
def test_object_is_encrypted_as_asked(send, entry, client, bucket, given, told):
    assert send({**entry, **given}).place
    head = client.head_object(Bucket=bucket, Key=KEY)
    assert {name: head[name] for name in told} == told


def test_store_that_does_not_say_that_it_encrypts_is_told(send, entry, monkeypatch):
    upload = s3._upload
    monkeypatch.setattr(s3, "_upload", lambda client, given, *rest: upload(client, {**given, "sse": ""}, *rest))
    assert "does not say that it is encrypted by aws:kms" in send({**entry, "sse": "aws:kms"}).problem


@pytest.mark.parametrize("mode", ["", "GOVERNANCE", "COMPLIANCE"])
def test_object_in_a_locked_bucket_is_locked(send, entry, client, bucket, goes_on, mode):
    given = {**entry, "object_lock_days": 30, **({"object_lock_mode": mode} if mode else {})}
    assert send(given).place
    head = client.head_object(Bucket=bucket, Key=KEY)
    assert head["ObjectLockMode"] == (mode or "GOVERNANCE")
    assert 29 <= (head["ObjectLockRetainUntilDate"] - head["LastModified"]).days <= 30
    goes_on()
    assert send(given).place
    # The run as it was stays, as an older version.
    assert versions(client, bucket) == 2


def test_lock_that_the_bucket_cannot_have_is_told(send, entry, client, bucket):
    assert "the bucket has no object lock. Let the bucket have" in send({**entry, "object_lock_days": 30}).problem
    assert "Contents" not in client.list_objects_v2(Bucket=bucket)


def test_slices_are_fetched_together_and_no_other_run(send, entry, client, bucket, tmp_path):
    send(entry, part="1")
    send(entry, part="2")
    client.put_object(Bucket=bucket, Key=f"runs/{RUN_ID}0.tar.gz", Body=b"")
    (parsed,) = parse([entry])
    found = deliver.fetch_runs(parsed, RUN_ID, tmp_path / "into")
    assert [folder.name for folder in found] == [f"{RUN_ID}@1", f"{RUN_ID}@2"]
    with pytest.raises(HipaaCisError, match="has no run other"):
        deliver.fetch_runs(parsed, "other", tmp_path / "into")


def test_archive_that_was_changed_in_the_bucket_is_refused(send, entry, client, finished, goes_on, tmp_path):
    send(entry)
    told = client.head_object(Bucket=entry["bucket"], Key=KEY)["Metadata"]
    goes_on()
    with archive.packed(finished.folder, archive.digests(finished.folder), RUN_ID) as stream:
        client.put_object(Bucket=entry["bucket"], Key=KEY, Body=stream.read(), Metadata=told)
    (parsed,) = parse([entry])
    with pytest.raises(HipaaCisError, match="is not what was delivered"):
        deliver.fetch_runs(parsed, RUN_ID, tmp_path / "into")


def test_credentials_are_those_that_boto3_finds(send, entry, monkeypatch):
    given = {name: value for name, value in entry.items() if "key" not in name}
    assert "there are no credentials. Give access_key" in send(given).problem
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert send(given).place


def test_bucket_that_does_not_exist_is_told(send, entry):
    assert "it answers NoSuchBucket: there is no such bucket. Make it" in send({**entry, "bucket": "nowhere"}).problem
    (parsed,) = parse([{**entry, "bucket": "nowhere"}])
    with pytest.raises(HipaaCisError, match="there is no such bucket"):
        deliver.fetch_runs(parsed, RUN_ID, Path("/tmp"))


class Server(http.server.ThreadingHTTPServer):
    """What it answers, and how often it was asked."""

    code, body, asked = 200, b"", 0

    def handle_error(self, *_args):
        pass


class Refusing(http.server.BaseHTTPRequestHandler):
    """Answers each request with one code, as a store or a proxy does."""

    server: Server

    def do_HEAD(self):
        self.answer(b"")

    def do_GET(self):
        self.answer(self.server.body)

    def do_PUT(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(self.server.body)

    def answer(self, body):
        self.server.asked += 1
        self.send_response(self.server.code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


@pytest.fixture
def refusing():
    with Server(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        ((403, "InvalidAccessKeyId", 1), "it does not know the access key"),
        ((403, "SignatureDoesNotMatch", 1), "the secret key is not that of the access key"),
        ((403, "AccessDenied", 1), "the credentials may not do this: they need s3:ListBucket"),
        ((400, "ExpiredToken", 1), "the session token has expired"),
        ((403, "RequestTimeTooSkewed", 1), "this machine's clock is wrong"),
        ((301, "PermanentRedirect", 1), "the answer cannot be understood (RecursionError)"),
        ((503, "SlowDown", 3), "it answers SlowDown"),
        ((418, f"<{SECRET}>", 1), "it answers"),
    ],
    ids=["key", "secret", "rights", "expired", "clock", "region", "busy", "nonsense"],
)
def test_what_the_store_refuses_is_told_by_its_code(send, refusing, no_pauses, refusal, told):
    status, code, attempts = refusal
    refusing.code = status
    text = f"<Error><Code>{code}</Code><Message>{SECRET}</Message><AWSAccessKeyId>{SECRET}</AWSAccessKeyId></Error>"
    refusing.body = text.encode()
    entry = {
        "type": "s3",
        "bucket": "evidence",
        "endpoint_url": f"http://127.0.0.1:{refusing.server_port}",
        "retries": 2,
        **KEYS,
    }
    assert told in send(entry).problem
    assert len(no_pauses) == attempts - 1


def test_proxy_that_answers_everything_itself_is_told(send, refusing):
    refusing.code, refusing.body = 200, b"<html>Sign in to go on</html>"
    entry = {
        "type": "s3",
        "bucket": "evidence",
        "endpoint_url": f"http://127.0.0.1:{refusing.server_port}",
        "retries": 0,
        **KEYS,
    }
    assert send(entry).problem


def test_proxy_that_cannot_be_reached_is_told(send, entry, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://user:{SECRET.replace('/', '')}@127.0.0.1:1")
    problem = send({**entry, "endpoint_url": "http://store.example"}).problem
    assert "the proxy of the environment cannot be reached" in problem
    assert "user" not in problem


@pytest.mark.parametrize(
    ("days", "own", "told"),
    [
        pytest.param((-10, -1), True, "it has expired. Have it renewed there", id="expired"),
        pytest.param((-10, 10), False, "Name the file of its authority with ca", id="unknown"),
    ],
)
def test_certificate_of_the_store_is_verified(send, refusing, tmp_path, days, own, told):
    files = certificates.make(tmp_path / "tls", days=days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.server)
    refusing.socket = context.wrap_socket(refusing.socket, server_side=True, do_handshake_on_connect=False)
    ca = {"ca": str(files.ca)} if own else {}
    url = f"https://localhost:{refusing.server_port}"
    problem = send({"type": "s3", "bucket": "evidence", "endpoint_url": url, "retries": 0, **KEYS, **ca}).problem
    assert told in problem
    assert refusing.asked == 0


def test_nobody_at_the_port_is_told(send):
    problem = send(
        {"type": "s3", "bucket": "evidence", "endpoint_url": "http://127.0.0.1:1", "retries": 0, **KEYS}
    ).problem
    assert "it cannot be reached (EndpointConnectionError). Is endpoint_url right?" in problem


def test_proxy_that_eats_the_request_is_told(send):
    with socket.create_server(("127.0.0.1", 0)) as eater:

        def eat():
            with eater.accept()[0] as connection:
                connection.recv(65536)

        thread = threading.Thread(target=eat, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{eater.getsockname()[1]}"
        problem = send({"type": "s3", "bucket": "evidence", "endpoint_url": url, "retries": 0, **KEYS}).problem
        thread.join(10)
    assert "the connection ended without an answer. Does a proxy on the way eat the request?" in problem


def test_missing_library_is_said_before_anything_is_begun(monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(HipaaCisError, match="has no boto3"):
        deliver.check([{"type": "s3", "bucket": "evidence"}])
