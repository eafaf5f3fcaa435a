# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reader saw: a value, its absence, or the reason why it could not be read or, of a tree of files, be seen at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

VALUE = "value"
ABSENT = "absent"
ERROR = "error"
# Only a running host shows it, and what is looked at is none.
UNSEEN = "unseen"

Address = Mapping[str, Any]
Reader = Callable[[Address], "Observation"]


class ReadError(Exception):
    """A setting could not be read. The text says why, in words for the operator."""


class NotFound(ReadError):
    """The file or command does not exist, which often is an answer and not an error."""


class NotTouched(ReadError):
    """It lies on a mount that may never answer, so nobody knows what it is."""


class UsageError(ReadError):
    """The address itself is wrong: the catalog or the caller is at fault, not the host."""


@dataclass(frozen=True)
class Observation:
    """One setting as seen on the host.

    ``value`` is any JSON value and only meaningful when ``state`` is ``value``.
    ``source`` says where it was seen: ``/etc/x.conf:12`` or ``command: sshd -T``.
    ``reason`` is set when ``state`` is ``error`` or ``unseen``.
    ``default``: nothing sets it, the value is the program's own default.
    """

    state: str
    value: Any = None
    source: str = ""
    reason: str = ""
    default: bool = False

    def as_dict(self) -> Dict[str, Any]:
        """Return the JSON form; keys that say nothing are left out."""
        result: Dict[str, Any] = {"state": self.state}
        if self.state == VALUE:
            result["value"] = self.value
        if self.source:
            result["source"] = self.source
        if self.reason:
            result["reason"] = self.reason
        if self.default:
            result["default"] = True
        return result


def value(seen: Any, source: str, default: bool = False) -> Observation:
    """A setting that has a value; ``default``: nothing sets it, it is the program's own."""
    return Observation(VALUE, value=seen, source=source, default=default)


def absent(source: str) -> Observation:
    """A setting that is not there; ``source`` names the place that was looked at."""
    return Observation(ABSENT, source=source)


def error(reason: str, source: str = "") -> Observation:
    """A setting that could not be read."""
    return Observation(ERROR, reason=reason, source=source)


def unseen(reason: str) -> Observation:
    """A setting of a tree of files that only a running host shows."""
    return Observation(UNSEEN, reason=reason)


def read_each(addresses: Sequence[Address], reader: Reader) -> List[Observation]:
    """Observe every address on its own, so that one that can't be read spoils no other."""
    return [_guarded(address, reader) for address in addresses]


def _guarded(address: Address, reader: Reader) -> Observation:
    try:
        return reader(address)
    except ReadError as problem:
        return error(str(problem))


def required(address: Address, key: str) -> str:
    """Return the text under ``key`` of an address, or raise `UsageError`."""
    found: Optional[Any] = address.get(key)
    if not isinstance(found, str) or not found:
        raise UsageError("the address needs the key %r with a text" % key)
    return found
