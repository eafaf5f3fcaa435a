# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bucket of S3, or of what speaks as it does: the packed run is one object, with the digest of its content beside it."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, BinaryIO, cast

from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import archive, tls
from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.parcel import Failed, Parcel, other_content
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.libraries import library

# Metadata of an object, in lower case, as all stores give it back.
DIGEST = "hipaa-cis-content"
# From so many bytes on the object is sent in parts of this size, and no more of it is in memory.
PIECE = 8 * 1024 * 1024
SILENCE = 30.0
_LOCK = "Let the bucket have object lock, which is decided when it is made, or leave object_lock_days out"
_CODES = {
    "NoSuchBucket": "there is no such bucket. Make it, or mend bucket (and region)",
    "InvalidAccessKeyId": "it does not know the access key. Is it of this store, and still valid?",
    "SignatureDoesNotMatch": "the secret key is not that of the access key",
    "ExpiredToken": "the session token has expired",
    "InvalidToken": "the session token is wrong",
    "AccessDenied": "the credentials may not do this: they need s3:ListBucket on the bucket, and s3:GetObject and s3:PutObject "
    "(with a lock s3:PutObjectRetention and s3:GetObjectRetention, too) on what is in it",
    "PermanentRedirect": "the bucket is in another region. Set region",
    "AuthorizationHeaderMalformed": "the bucket is in another region. Set region",
    "IllegalLocationConstraintException": "the bucket is in another region. Set region",
    "RequestTimeTooSkewed": "this machine's clock is wrong",
    "InvalidBucketName": "bucket is no name that a bucket can have",
    "NotImplemented": "it does not know something that was asked for. Leave sse or object_lock_days out where it has none",
    "KMS.NotFoundException": "there is no such key. Mend sse_kms_key_id",
    "KMS.DisabledException": "the key of sse_kms_key_id is switched off",
    "EntityTooLarge": "the archive is too large for it",
    "QuotaExceeded": "it has no room left",
}
_AGAIN = ("SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "500", "502", "503", "504")


def check(entry: dict[str, Any]) -> None:
    """Raise `HipaaCisError` where the library is missing or the authority's file can't be read."""
    tls.context(entry["ca"], entry["shown"])
    library("boto3")


def send(entry: dict[str, Any], parcel: Parcel) -> str:
    """Upload the archive and return its place. Raises `Failed`."""
    key = f"{entry['prefix']}{parcel.name}{archive.ENDING}"
    place = f"s3://{entry['bucket']}/{key}"
    with _told():
        client = _client(entry)
        there = _head(client, entry, key)
        if there is not None:
            digest = there.get("Metadata", {}).get(DIGEST, "")
            if digest == parcel.digest:
                return place
            if not digest or digest != parcel.before:
                raise other_content(place)
        if entry["object_lock_days"]:
            _check_lock(client, entry["bucket"])
        with parcel.packed() as stream:
            _upload(client, entry, key, parcel.digest, stream)
        _check_stored(client, entry, key, parcel.digest)
    return place


def fetch(entry: dict[str, Any], run_id: str, into: Path) -> list[Path]:
    """Unpack a run, or all parts of it, below ``into`` and return the folders. Raises `HipaaCisError`."""
    try:
        with _told():
            client = _client(entry)
            return [_fetched(client, entry, key, into) for key in _keys(client, entry, run_id)]
    except Failed as problem:
        raise HipaaCisError(f"{entry['shown']}: {problem}.") from None


def _keys(client: Any, entry: dict[str, Any], run_id: str) -> list[str]:
    """Return the keys of a run and of its parts."""
    prefix = entry["prefix"] + run_id
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=entry["bucket"], Prefix=prefix)
    keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
    return sorted(
        key
        for key in keys
        if key == prefix + archive.ENDING or (key.startswith(prefix + archive.PART) and key.endswith(archive.ENDING))
    )


def _fetched(client: Any, entry: dict[str, Any], key: str, into: Path) -> Path:
    place = f"s3://{entry['bucket']}/{key}"
    told = client.head_object(Bucket=entry["bucket"], Key=key).get("Metadata", {}).get(DIGEST, "")
    with tempfile.TemporaryFile() as stream:
        client.download_fileobj(entry["bucket"], key, stream)
        stream.seek(0)
        folder = archive.unpack(cast("BinaryIO", stream), into, place)
    if (
        folder.name != key[len(entry["prefix"]) : -len(archive.ENDING)]
        or archive.content_digest(archive.digests(folder)) != told
    ):
        raise Failed(f"{place} is not what was delivered: its content is another than its metadata says")
    return folder


def _client(entry: dict[str, Any]) -> Any:
    silence = min(SILENCE, entry["timeout"])
    config = library("botocore.config").Config(
        connect_timeout=silence,
        read_timeout=silence,
        retries={"total_max_attempts": 1},
        # Stores other than Amazon's have no name of their own for each bucket.
        s3={"addressing_style": "path"} if entry["endpoint_url"] else {},
    )
    given = {
        "endpoint_url": entry["endpoint_url"],
        "region_name": entry["region"],
        "aws_access_key_id": entry["access_key"],
        "aws_secret_access_key": entry["secret_key"],
        "aws_session_token": entry["session_token"],
        "verify": entry["ca"],
    }
    session = library("boto3").session.Session()
    return session.client("s3", config=config, **{name: value for name, value in given.items() if value})


def _head(client: Any, entry: dict[str, Any], key: str) -> dict[str, Any] | None:
    """Return what is known of an object; None where there is none."""
    try:
        found: dict[str, Any] = client.head_object(Bucket=entry["bucket"], Key=key)
    except library("botocore.exceptions").ClientError as problem:
        # An answer to HEAD has no words. A listing says why, and that the bucket is there.
        client.list_objects_v2(Bucket=entry["bucket"], Prefix=key, MaxKeys=1)
        if problem.response.get("Error", {}).get("Code") in ("404", "NoSuchKey", "NotFound"):
            return None
        raise
    return found


def _check_lock(client: Any, bucket: str) -> None:
    """Raise `Failed` where a bucket is known to have no object lock; the upload says the rest."""
    try:
        found = client.get_object_lock_configuration(Bucket=bucket)
    except library("botocore.exceptions").ClientError as problem:
        if problem.response.get("Error", {}).get("Code") == "ObjectLockConfigurationNotFoundError":
            raise Failed(f"the bucket has no object lock. {_LOCK}") from None
        return
    if found.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") != "Enabled":
        raise Failed(f"the bucket has no object lock. {_LOCK}")


def _upload(client: Any, entry: dict[str, Any], key: str, digest: str, stream: BinaryIO) -> None:
    more: dict[str, Any] = {"Metadata": {DIGEST: digest}, "ContentType": "application/gzip"}
    if entry["sse"]:
        more["ServerSideEncryption"] = entry["sse"]
    if entry["sse_kms_key_id"]:
        more["SSEKMSKeyId"] = entry["sse_kms_key_id"]
    if entry["object_lock_days"]:
        more["ObjectLockMode"] = entry["object_lock_mode"] or "GOVERNANCE"
        more["ObjectLockRetainUntilDate"] = datetime.now(timezone.utc) + timedelta(days=entry["object_lock_days"])
    # No threads of its own: they would outlive an attempt that is given up.
    config = library("boto3.s3.transfer").TransferConfig(
        multipart_threshold=PIECE, multipart_chunksize=PIECE, use_threads=False
    )
    client.upload_fileobj(stream, entry["bucket"], key, ExtraArgs=more, Config=config)


def _check_stored(client: Any, entry: dict[str, Any], key: str, digest: str) -> None:
    """Raise `Failed` where the store has not what it was given, or not as it was asked to keep it."""
    there = client.head_object(Bucket=entry["bucket"], Key=key)
    if there.get("Metadata", {}).get(DIGEST) != digest:
        raise Failed("it says that it stored the archive, and does not have it. Does a proxy on the way answer itself?")
    if entry["sse"] and there.get("ServerSideEncryption") != entry["sse"]:
        raise Failed(
            f"it stored the archive, but does not say that it is encrypted by {entry['sse']}. Has the store a way to do so?"
        )
    if entry["object_lock_days"] and "ObjectLockRetainUntilDate" not in there:
        raise Failed(
            f"it stored the archive, but does not say that it is locked. Let the credentials do s3:GetObjectRetention, too. {_LOCK}"
        )


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the library raises in the block into `Failed`, without anything that a signature or an address holds."""
    known, transfer = library("botocore.exceptions"), library("boto3.exceptions")
    try:
        yield
    except known.ClientError as problem:
        raise _refused(problem) from None
    except transfer.Boto3Error as problem:
        # What happens during an upload comes wrapped, with the words of the answer alone.
        raise _coded(str(problem).partition("(")[2].partition(")")[0], None) from None
    except (known.NoCredentialsError, known.PartialCredentialsError):
        raise Failed(
            "there are no credentials. Give access_key and secret_key, or let boto3 find some: the variables AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, a profile, or the role of the machine"
        ) from None
    except known.SSLError as problem:
        raise Failed(_certificate(problem)) from None
    except known.ProxyConnectionError:
        raise Failed("the proxy of the environment cannot be reached, or lets nobody through", again=True) from None
    except (known.ConnectTimeoutError, known.ReadTimeoutError):
        raise Failed(
            "there was no answer in time. Does a proxy or firewall on the way eat the request?", again=True
        ) from None
    except (known.HTTPClientError, known.ConnectionError) as problem:
        ended = isinstance(problem, known.ConnectionClosedError)
        eaten = "the connection ended without an answer. Does a proxy on the way eat the request?"
        unreached = f"it cannot be reached ({type(problem).__name__}). Is endpoint_url right?"
        raise Failed(eaten if ended else unreached, again=True) from None
    except known.NoRegionError:
        raise Failed("the region is not known. Set region") from None
    except (known.BotoCoreError, ValueError) as problem:
        raise Failed(
            f"boto3 cannot use this ({type(problem).__name__}). Look at bucket, region and endpoint_url"
        ) from None


def _refused(problem: Any) -> Failed:
    code = str(problem.response.get("Error", {}).get("Code", ""))
    return _coded(code, problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode"))


def _coded(code: str, status: Any) -> Failed:
    code = code if code.replace(".", "").isalnum() and code.isascii() and len(code) < 60 else "no code"
    meaning = _CODES.get(code)
    if meaning is None and status in (301, 307):
        meaning = _CODES["PermanentRedirect"]
    if meaning is None and (code in ("403", "Forbidden") or status == 403):
        meaning = _CODES["AccessDenied"]
    if meaning is None and "ObjectLock" in code:
        meaning = _LOCK
    told = (
        f": {meaning}"
        if meaning
        else ". Is it a store that speaks S3, and is there no proxy between that answers itself?"
    )
    return Failed(f"it answers {code}{told}", again=code in _AGAIN)


def _certificate(problem: Exception) -> str:
    """Return what is wrong with a certificate: the error of Python's TLS stands somewhere behind that of the library."""
    seen: list[object] = [problem]
    while seen:
        one = seen.pop()
        if isinstance(one, ssl.SSLError):
            return tls.explained(one)
        if isinstance(one, BaseException) and len(seen) < 50:
            inner = getattr(one, "kwargs", {}).get("error") if isinstance(getattr(one, "kwargs", None), dict) else None
            seen += [one.__cause__, one.__context__, getattr(one, "reason", None), inner, *one.args]
    return "TLS failed. Name the file of its authority with ca"
