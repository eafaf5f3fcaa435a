# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stack that libpam makes for a service and a type (pam.conf(5)), included files in their place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, Iterator, List, Mapping, Optional, Tuple, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import SPACES_AND_TABS, is_number, lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

TYPES = ("auth", "account", "password", "session")
FOLDERS = ("/etc/pam.d", "/usr/lib/pam.d")
ONE_FILE = "/etc/pam.conf"
MAX_DEPTH = 16
MAX_MODULES = 1000
# The longest line that libpam before 1.6.1 takes in one piece.
MAX_LENGTH = 1023
Action = Union[str, int]
_NO_SERVICE = re.compile(
    r"(?:common-|(?:system|password|fingerprint|smartcard)-auth|postlogin|config-util\Z|other\Z)|.*[.~#]", re.DOTALL
)
_TOKEN = re.compile(r"[ \t]*(?:\[((?:\\\]|[^\]])*)(?:\]|\Z)|([^ \t]+))")
_ACTION = re.compile(r"[ \t]*([a-z_]+)[ \t]*=[ \t]*(ignore|ok|done|bad|die|reset|[0-9]+)[ \t]*")
_WORDS: Dict[str, Dict[str, Action]] = {
    "required": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "bad"},
    "requisite": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "die"},
    "optional": {"success": "ok", "new_authtok_reqd": "ok", "default": "ignore"},
    "sufficient": {"success": "done", "new_authtok_reqd": "done", "default": "ignore"},
}
_CODES = frozenset(
    words_of(
        "success open_err symbol_err service_err system_err buf_err perm_denied auth_err cred_insufficient authinfo_unavail "
        "user_unknown maxtries new_authtok_reqd acct_expired session_err cred_unavail cred_expired cred_err no_module_data "
        "conv_err authtok_err authtok_recover_err authtok_recovery_err authtok_lock_busy authtok_disable_aging try_again ignore "
        "abort authtok_expired module_unknown bad_item conv_again incomplete default"
    )
)


@dataclass(frozen=True)
class Module:
    """One module of a stack.

    ``level``: how many substacks it stands in; ``name``: without folder, empty for a line that libpam makes fail;
    ``path``: the name as it stands; ``actions``: what is done on which result, ``default`` on every other.
    """

    file: str
    line: int
    level: int
    actions: Mapping[str, Action]
    name: str = ""
    path: str = ""
    arguments: Tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Return where it stands."""
        return "%s:%d" % (self.file, self.line)

    def action(self, result: str) -> Action:
        """Return what is done when the module gives this result."""
        return self.actions.get(result, self.actions["default"])


Row = Tuple[int, List[str]]


def has_service(host: Host, service: str) -> bool:
    """Return whether a service has a configuration of its own."""
    rows = _rows_of(host, service)
    return rows is not None and (rows[0] != ONE_FILE or bool(rows[1]))


def other_services(host: Host) -> List[str]:
    """Return the names of files that may be services: without those that are only included, and copies that packages leave."""
    try:
        names = host.list_directory(FOLDERS[0])
    except NotFound:
        return []
    return [name for name in names if not _NO_SERVICE.match(name)]


def stack(host: Host, service: str, kind: str) -> List[Module]:
    """Return the modules of a service for a type, as libpam calls them; those of `other` where it has none.

    Raises `ReadError` where libpam would refuse the file, or where what it makes of it hangs on its version.
    """
    for name in (service, "other"):
        builder = _Builder(host, kind)
        rows = _rows_of(host, name)
        if rows is not None:
            builder.add(*rows)
        if builder.found:
            return builder.found
    return []


def _rows_of(host: Host, service: str) -> Optional[Tuple[str, List[Row]]]:
    if any(host.exists(folder) for folder in FOLDERS):
        return _opened(host, service)
    try:
        rows = _rows(host, ONE_FILE)
    except NotFound:
        return None
    return ONE_FILE, [(number, words[1:]) for number, words in rows if lowered(words[0]) == lowered(service)]


def _opened(host: Host, name: str) -> Optional[Tuple[str, List[Row]]]:
    for path in [name] if name.startswith("/") else [folder + "/" + name for folder in FOLDERS]:
        try:
            return path, _rows(host, path)
        except NotFound:
            continue
    return None


def _rows(host: Host, path: str) -> List[Row]:
    text = host.read_text(path)
    # By its text too, for a plan of changes lays other texts over the host's own.
    rows: List[Row] = host.shared("PAM rows of %s %d" % (path, hash(text)), lambda: list(_read(path, text)))
    return rows


def _read(path: str, text: str) -> Iterator[Row]:
    """Yield (number of the last line, words) of what libpam takes for a line."""
    pending = ""
    # A CR is a part of the last word.
    for number, raw in enumerate(text.split("\n"), 1):
        line, sign, _comment = raw.lstrip(SPACES_AND_TABS).partition("#")
        if pending and not line.strip(SPACES_AND_TABS):
            raise ReadError(
                "%s:%d: a line that goes on is followed by one with nothing in it, of which each release of PAM makes "
                "something else; take the backslash out" % (printable(path), number)
            )
        bare = line.rstrip(SPACES_AND_TABS)
        if bare.endswith("\\") and not sign:
            pending += bare[:-1] + " "
            continue
        words, pending = words_of_line(pending + line), ""
        if len(line) > MAX_LENGTH:
            raise ReadError("%s:%d is longer than PAM reads; shorten it" % (printable(path), number))
        if words:
            yield number, words


def words_of_line(text: str) -> List[str]:
    """Return the words of a line as libpam parts them; what stands in brackets is one, without them."""
    found = _TOKEN.findall(text.rstrip(SPACES_AND_TABS))
    return [word or bracketed.replace("\\]", "]") for bracketed, word in found]


class _Builder:
    """Gathers the modules of one type, in the order in which libpam calls them."""

    def __init__(self, host: Host, kind: str) -> None:
        self.host, self.kind = host, kind
        self.found: List[Module] = []

    def add(self, path: str, rows: List[Row], asked: str = "", depth: int = 0, level: int = 0) -> None:
        """Add a file's modules; ``asked``: the only type that is read of it, ``depth``, ``level``: of includes, of substacks."""
        if depth >= MAX_DEPTH or len(self.found) > MAX_MODULES:
            raise ReadError("%s: too many levels of included files" % printable(path))
        for number, words in rows:
            type_ = lowered(words[0][words[0].startswith("-") :])
            control = lowered(words[1]) if len(words) > 1 else ""
            if type_ == "@include" and not self.host.exists("/etc/redhat-release"):
                self._include(path, number, words[1:2], asked, depth, level)
            # What libpam does not understand fails where it hurts most.
            elif (type_ if type_ in TYPES else asked or "auth") != self.kind:
                continue
            elif type_ in TYPES and control == "include":
                self._include(path, number, words[2:3], self.kind, depth, level)
            elif type_ in TYPES and control == "substack":
                self.found.append(Module(path, number, level, {}))
                self._include(path, number, words[2:3], self.kind, depth, level + 1)
            else:
                self.found.append(_module(path, number, level, words, type_ in TYPES))

    def _include(self, path: str, number: int, names: List[str], asked: str, depth: int, level: int) -> None:
        rows = _opened(self.host, names[0]) if names else None
        if rows is None:
            raise ReadError(
                "%s:%d includes a file that is missing: %s" % (printable(path), number, printable(" ".join(names)))
            )
        self.add(*rows, asked, depth + 1, level)


def _module(path: str, number: int, level: int, words: List[str], understood: bool) -> Module:
    actions = _actions(words[1] if len(words) > 1 else "")
    name = words[2] if len(words) > 2 and understood else ""
    return Module(path, number, level, actions, name.rsplit("/", 1)[-1], name, tuple(words[3:]) if name else ())


def _actions(control: str) -> Mapping[str, Action]:
    """Return what a control says; on an error in it everything is bad, as for libpam."""
    word = _WORDS.get(lowered(control))
    if word is not None:
        return word
    result: Dict[str, Action] = {}
    at = 0
    while at < len(control):
        seen = _ACTION.match(control, at)
        if seen is None or seen.group(1) not in _CODES or seen.group(2).strip("0") == "":
            return {"default": "bad"}
        code, action = seen.groups()
        said: Action = int(action[:9]) if is_number(action) else action
        # The first default is for all that was not named before it; what is named later takes its own.
        if code == "default":
            result.setdefault("default", said)
        else:
            result[code] = said
        at = seen.end()
    result.setdefault("default", "bad")
    return result
