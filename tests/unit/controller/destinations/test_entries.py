"""What is mistyped in hipaa_cis_destinations is said before anything is begun, and without what may be a secret."""

from __future__ import annotations

import re

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import options
from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import deliver
from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.entries import parse
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from tests.certificates import SECRET

S3 = {"type": "s3", "bucket": "evidence"}
HTTPS = {"type": "https", "url": "https://store.example/runs"}
SYSLOG = {"type": "syslog", "host": "siem.example"}
LEDGER = {"type": "ledger"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param({"type": "path"}, "has to be a list", id="no-list"),
        pytest.param("/mnt", "has to be a list", id="text"),
        pytest.param(["/mnt"], "entry 1: it has to hold keys", id="no-entry"),
        pytest.param([{"path": "/mnt"}], "entry 1: unknown type 'None'", id="no-type"),
        pytest.param([{"type": "S3"}], "unknown type 'S3'. Known: https, ledger, path, s3, syslog", id="type-mistyped"),
        pytest.param([{"type": SECRET}], "unknown type '...'", id="secret-as-type"),
        pytest.param([{"type": ["s3"]}], "unknown type '...'", id="type-of-another-form"),
        pytest.param([{**S3, "bukcet": "x"}], "(s3): unknown key 'bukcet'. Did you mean bucket", id="key-mistyped"),
        pytest.param([{**S3, SECRET: 1}], "(s3): unknown key '...'", id="secret-as-key"),
        pytest.param([{**HTTPS, "bucket": "x"}], "(https): unknown key 'bucket'", id="key-of-another-type"),
        pytest.param([{"type": "path"}], "path is missing", id="needed"),
        pytest.param([{**HTTPS, "token": ""}], "token is empty", id="empty-token"),
        pytest.param([{**HTTPS, "token": None}], "token is empty", id="token-that-is-nothing"),
        pytest.param([{**HTTPS, "token": [SECRET]}], "token has to be a text", id="token-in-a-list"),
        pytest.param([{**HTTPS, "token": SECRET + "\n"}], "token has to be a text in one line", id="line-end"),
        pytest.param([{**HTTPS, "token": "Bearer " + SECRET}], "without 'Bearer'", id="bearer"),
        pytest.param([{"type": "path", "path": "mnt"}], "has to be a whole path", id="relative"),
        pytest.param([{**S3, "retries": -1}], "retries has to be a whole number from 0 to 20", id="negative"),
        pytest.param([{**S3, "retries": True}], "retries has to be a whole number", id="bool"),
        pytest.param([{**S3, "retries": 1.5}], "retries has to be a whole number", id="half"),
        pytest.param([{**S3, "timeout": "soon"}], "timeout has to be a number from 1", id="word"),
        pytest.param([{**S3, "timeout": 0}], "timeout has to be a number from 1", id="zero"),
        pytest.param([{**S3, "timeout": float("nan")}], "timeout has to be a number from 1", id="nan"),
        pytest.param([{**S3, "timeout": float("inf")}], "timeout has to be a number from 1", id="inf"),
        pytest.param([{**S3, "bucket": "s3://evidence/runs"}], "name of a bucket alone", id="bucket-as-address"),
        pytest.param([{**S3, "prefix": "/runs/"}], "begins with no /", id="prefix"),
        pytest.param([{**S3, "sse": "aes"}], "sse has to be one of AES256, aws:kms", id="sse"),
        pytest.param([{**S3, "sse_kms_key_id": "k"}], "is of sse: aws:kms alone", id="key-without-kms"),
        pytest.param([{**S3, "object_lock_mode": "GOVERNANCE"}], "needs object_lock_days", id="mode-without-days"),
        pytest.param([{**S3, "access_key": "a"}], "belong together", id="half-of-a-key"),
        pytest.param([{**S3, "session_token": SECRET}], "belong together", id="token-alone"),
        pytest.param([{**S3, "endpoint_url": "minio:9000"}], "endpoint_url has to be of the form", id="no-scheme"),
        pytest.param([{**S3, "endpoint_url": f"https://u:{SECRET}@m"}], "neither user and password", id="password"),
        pytest.param([{**S3, "endpoint_url": "https://m/evidence"}], "without a path", id="path-in-endpoint"),
        pytest.param([{**HTTPS, "url": "http://store.example"}], "of the form https://HOST", id="plain"),
        pytest.param([{**HTTPS, "url": f"https://h/?token={SECRET}"}], "A token has a key of its own", id="query"),
        pytest.param([{**HTTPS, "url": f"https://:{SECRET}@h/"}], "neither user and password", id="user"),
        pytest.param([{**HTTPS, "url": "https://h:99999/"}], "url has to be of the form", id="port"),
        pytest.param([{**HTTPS, "url": "https:///runs"}], "url has to be of the form", id="no-host"),
        pytest.param([{**SYSLOG, "host": "siem.example:514 x"}], "host has to be a name", id="host"),
        pytest.param([{**SYSLOG, "protocol": "udp", "ca": "/ca"}], "ca is of protocol: tls alone", id="ca-of-udp"),
        pytest.param([{**SYSLOG, "format": "leef"}], "format has to be one of cef", id="format"),
        pytest.param([{**SYSLOG, "port": 70000}], "port has to be a whole number", id="port-of-syslog"),
        pytest.param([S3, {**S3, "retries": 1}], "names s3 evidence/ twice", id="twice"),
        pytest.param([LEDGER], "url is missing", id="ledger"),
        pytest.param(
            [{**LEDGER, "url": f"postgres://u:{SECRET}@h/db"}],
            "ledger: url is no address of a ledger",
            id="ledger-typo",
        ),
        pytest.param(
            [{**LEDGER, "url": f"postgresql://u:{SECRET}@h"}],
            "ledger: url is no address of a database",
            id="no-database",
        ),
        pytest.param([{**HTTPS, "ca": "/not/there.pem"}], "ca is no file on the controller", id="ca-missing"),
        pytest.param([{**HTTPS, "ca": __file__}], "ca holds no certificate in PEM", id="ca-of-something-else"),
        pytest.param([{**S3, "ca": __file__}], "ca holds no certificate in PEM", id="ca-of-s3"),
        pytest.param([{"type": "path", "path": "/not/there"}], "is no folder. Is it mounted?", id="not-mounted"),
    ],
)
def test_mistyped_entry_is_told_with_its_place(given, told):
    with pytest.raises(HipaaCisError, match=re.escape(told)) as problem:
        deliver.check(given)
    assert SECRET not in str(problem.value)
    assert (
        "hipaa_cis_destinations" in str(problem.value)
        or "path /not" in str(problem.value)
        or "store.example" in str(problem.value)
        or "s3 evidence" in str(problem.value)
        or "ledger:" in str(problem.value)
    )


def test_each_type_has_its_port_and_its_name():
    given = [
        {**SYSLOG, "protocol": "udp"},
        {**SYSLOG, "protocol": "tcp"},
        SYSLOG,
        {**S3, "endpoint_url": "https://minio.example:9000", "prefix": "a/"},
        {**HTTPS, "url": "https://[::1]:8443/runs/"},
    ]
    assert [entry["shown"] for entry in parse(given)] == [
        "syslog siem.example:514/udp",
        "syslog siem.example:601/tcp",
        "syslog siem.example:6514/tls",
        "s3 evidence/a/ at https://minio.example:9000",
        "https://[::1]:8443/runs/",
    ]


def test_numbers_may_come_as_texts_from_the_command_line():
    (entry,) = parse([{**S3, "retries": "5", "timeout": "2.5"}])
    assert (entry["retries"], entry["timeout"]) == (5, 2.5)


class Vaulted:
    """A text of a vault as ansible-core 2.16 leaves it in a list."""

    __ENCRYPTED__ = True

    def __str__(self):
        return SECRET


def test_token_from_a_vault_is_a_text():
    (entry,) = parse([{**HTTPS, "token": Vaulted()}])
    assert entry["token"] == SECRET


def test_gate_on_deliveries_without_a_destination_is_a_mistake():
    with pytest.raises(HipaaCisError, match="names no place"):
        options.check_delivered([], ["error", "not_delivered"])
    options.check_delivered([S3], ["not_delivered"])
    options.check_delivered([], ["error"])


def test_what_a_job_told_is_no_unknown_variable_of_the_next():
    options.check_variables({"hipaa_cis_job_42": {"run_id": "x"}}, options.KNOWN_VARIABLES)
    with pytest.raises(HipaaCisError, match="hipaa_cis_jobs_42"):
        options.check_variables({"hipaa_cis_jobs_42": 1}, options.KNOWN_VARIABLES)


def test_empty_session_token_is_none_for_keys_that_last_have_none():
    (entry,) = parse([{**S3, "access_key": "a", "secret_key": SECRET, "session_token": ""}])
    assert entry["session_token"] == ""
    with pytest.raises(HipaaCisError, match="session_token is empty"):
        parse([{**S3, "access_key": "a", "secret_key": SECRET, "session_token": None}])
