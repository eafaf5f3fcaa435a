# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries of ``hipaa_cis_destinations``: what each type takes, and what is wrong with one that was mistyped.

No message shows a value that may hold a secret: of an address only scheme, host and port are told.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError, unknown

OPTION = "hipaa_cis_destinations"
Json = dict[str, Any]


@dataclass(frozen=True)
class Key:
    """What stands behind a key: its type, whether it has to be there, and what it is without; ``empty``: whether an empty text is none."""

    kind: type = str
    needed: bool = False
    empty: bool = False
    default: Any = ""
    choices: tuple[str, ...] = ()


# Seconds that one attempt may take as a whole, and how often it is made again.
COMMON = {"type": Key(needed=True), "retries": Key(int, default=3), "timeout": Key(float, default=300.0)}
TYPES: dict[str, dict[str, Key]] = {
    "path": {"path": Key(needed=True)},
    "ledger": {"url": Key(needed=True)},
    "s3": {
        "bucket": Key(needed=True),
        "prefix": Key(),
        "endpoint_url": Key(),
        "region": Key(),
        "access_key": Key(),
        "secret_key": Key(),
        # What has keys for good has no token, and gives an empty one where others give theirs.
        "session_token": Key(empty=True),
        "sse": Key(choices=("AES256", "aws:kms")),
        "sse_kms_key_id": Key(),
        "object_lock_days": Key(int, default=0),
        "object_lock_mode": Key(choices=("GOVERNANCE", "COMPLIANCE")),
        "ca": Key(),
    },
    "https": {"url": Key(needed=True), "token": Key(), "ca": Key()},
    "syslog": {
        "host": Key(needed=True),
        "port": Key(int, default=0),
        "protocol": Key(default="tls", choices=("udp", "tcp", "tls")),
        "format": Key(default="cef", choices=("cef",)),
        "ca": Key(),
    },
}
LIMITS = {"retries": (0, 20), "timeout": (1, 86400), "port": (0, 65535), "object_lock_days": (0, 36525)}
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
_HOST = re.compile(r"[A-Za-z0-9_.:-]{1,253}")
_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()/=-]{0,512}")


def parse(given: Any) -> list[Json]:
    """Return the entries, each with all keys of its type and ``shown``, what it is called to people. Raises `HipaaCisError`."""
    if not isinstance(given, Sequence) or isinstance(given, (str, bytes)):
        raise HipaaCisError(f"{OPTION} has to be a list of entries, each with a type: {', '.join(TYPES)}.")
    entries = [_entry(item, f"{OPTION}, entry {number}") for number, item in enumerate(given, 1)]
    seen: set[str] = set()
    for entry in entries:
        if entry["shown"] in seen:
            raise HipaaCisError(f"{OPTION} names {entry['shown']} twice. Leave one of them out.")
        seen.add(entry["shown"])
    return entries


def _entry(item: Any, place: str) -> Json:
    if not isinstance(item, Mapping):
        raise HipaaCisError(f"{place}: it has to hold keys, the first of them type: {', '.join(TYPES)}.")
    kind = item.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        raise HipaaCisError(f"{place}: {unknown('type', _shortly(kind), TYPES)}")
    keys = {**COMMON, **TYPES[kind]}
    for name in item:
        if name not in keys:
            raise HipaaCisError(f"{place} ({kind}): {unknown('key', _shortly(name), keys, most=20)}")
    entry = {name: _value(item, name, key, f"{place} ({kind})") for name, key in keys.items()}
    return {**entry, "shown": _CHECKS[kind](entry, f"{place} ({kind})")}


def _value(item: Mapping[str, Any], name: str, key: Key, place: str) -> Any:
    """Return a value in its type. Raises `HipaaCisError`, which never tells a text: it may be a secret on the wrong line."""
    value = item.get(name)
    # Of an older Ansible a text of a vault is no text yet.
    if getattr(value, "__ENCRYPTED__", False):
        value = str(value)
    if value is None or value == "":
        if key.needed or (name in item and not (key.empty and value == "")):
            raise HipaaCisError(f"{place}: {name} is {'empty' if name in item else 'missing'}. Give it a value.")
        return key.default
    if key.kind is str:
        if not isinstance(value, str) or not value.isprintable() or value != value.strip():
            raise HipaaCisError(f"{place}: {name} has to be a text in one line, without blanks around it.")
        if key.choices and value not in key.choices:
            raise HipaaCisError(f"{place}: {name} has to be one of {', '.join(key.choices)}.")
        return str(value)
    return _number(value, name, key.kind, place)


def _number(value: Any, name: str, kind: type, place: str) -> Any:
    least, most = LIMITS[name]
    try:
        number = kind(value) if not isinstance(value, bool) and (kind is float or float(value) == int(value)) else None
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or not least <= number <= most:
        whole = "a whole number" if kind is int else "a number"
        raise HipaaCisError(f"{place}: {name} has to be {whole} from {least} to {most}.")
    return number


def _shortly(value: Any) -> str:
    """Return what of a mistyped name is told: not what looks like a secret that was put into its place."""
    text = str(value)
    return text if re.fullmatch(r"[A-Za-z0-9_-]{1,30}", text) else "..."


def _path(entry: Json, place: str) -> str:
    path = entry["path"]
    if not os.path.isabs(path):
        raise HipaaCisError(f"{place}: path has to be a whole path, such as /mnt/hipaa-cis.")
    return f"path {os.path.normpath(path)}"


def _ledger(_entry: Json, _place: str) -> str:
    return "ledger"


def _s3(entry: Json, place: str) -> str:
    if not _BUCKET.fullmatch(entry["bucket"]):
        raise HipaaCisError(f"{place}: bucket has to be the name of a bucket alone, without s3:// and without a path.")
    if not _PREFIX.fullmatch(entry["prefix"]) or entry["prefix"].startswith("/"):
        raise HipaaCisError(f"{place}: prefix may hold letters, digits and / ! _ . * ' ( ) = -, and begins with no /.")
    if entry["sse_kms_key_id"] and entry["sse"] != "aws:kms":
        raise HipaaCisError(f"{place}: sse_kms_key_id is of sse: aws:kms alone. Set that, or leave the key out.")
    if entry["object_lock_mode"] and not entry["object_lock_days"]:
        raise HipaaCisError(f"{place}: object_lock_mode needs object_lock_days.")
    if bool(entry["access_key"]) != bool(entry["secret_key"]) or (entry["session_token"] and not entry["access_key"]):
        raise HipaaCisError(
            f"{place}: access_key and secret_key belong together (and session_token to both). Leave all of them out to have boto3 look for them."
        )
    at = ""
    if entry["endpoint_url"]:
        url = address(entry["endpoint_url"], f"{place}: endpoint_url", ("https", "http"))
        if url.path not in ("", "/") or url.query:
            raise HipaaCisError(
                f"{place}: endpoint_url has to be a scheme, a host and a port, without a path. The bucket has a key of its own."
            )
        at = f" at {place_of(url)}"
    return f"s3 {entry['bucket']}/{entry['prefix']}{at}"


def _https(entry: Json, place: str) -> str:
    url = address(entry["url"], f"{place}: url", ("https",))
    if url.query:
        raise HipaaCisError(
            f"{place}: url has to be the address of a folder, without ? and what follows. A token has a key of its own."
        )
    if not entry["token"].isascii() or " " in entry["token"]:
        raise HipaaCisError(f"{place}: token has to be the token alone, in ASCII and without blanks, without 'Bearer'.")
    return f"{place_of(url)}{url.path.rstrip('/')}/"


def _syslog(entry: Json, place: str) -> str:
    if not _HOST.fullmatch(entry["host"]):
        raise HipaaCisError(f"{place}: host has to be a name or an address, without a port or a scheme.")
    if entry["ca"] and entry["protocol"] != "tls":
        raise HipaaCisError(f"{place}: ca is of protocol: tls alone.")
    entry["port"] = entry["port"] or {"udp": 514, "tcp": 601, "tls": 6514}[entry["protocol"]]
    return f"syslog {entry['host']}:{entry['port']}/{entry['protocol']}"


_CHECKS = {"path": _path, "ledger": _ledger, "s3": _s3, "https": _https, "syslog": _syslog}


def address(text: str, place: str, schemes: Sequence[str]) -> SplitResult:
    """Return the parts of an address. Raises `HipaaCisError`, which does not show it, for it may hold a password."""
    # Behind a / in a password, the rest of it is no part of the host any more.
    if "@" in text or "#" in text:
        raise HipaaCisError(
            f"{place} may hold neither user and password nor a #. Secrets have keys of their own. (It is not shown.)"
        )
    try:
        url = urlsplit(text)
        whole = bool(url.hostname) and url.port != 0
    except ValueError:
        whole = False
    if not whole or url.scheme not in schemes or not text.isascii() or " " in text:
        forms = " or ".join(f"{scheme}://HOST[:PORT]/..." for scheme in schemes)
        raise HipaaCisError(f"{place} has to be of the form {forms} (It is not shown, for it may hold a secret.)")
    return url


def place_of(url: SplitResult) -> str:
    """Return what of an address is told: scheme, host and port."""
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    return f"{url.scheme}://{host}{f':{url.port}' if url.port else ''}"
