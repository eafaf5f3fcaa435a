# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For whom the rules of sudoers(5) are that let somebody become root, aliases of users written out."""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError

Line = Tuple[str, int, str]
_WORD = r"!*[ \t]*(?:\"[^\"]*\"|(?:\\.|[^ \t,=\"\\])+)"
_LIST = r"%s(?:[ \t]*,[ \t]*%s)*" % (_WORD, _WORD)
_RULE = re.compile(r"(?P<who>%s)[ \t]+(?P<hosts>[^=]*[^=\\])=(?P<what>.*)" % _LIST, re.DOTALL | re.ASCII)
_ALIAS = re.compile(r"User_Alias[ \t]+", re.ASCII)
_NAMED = re.compile(
    r"(?P<name>[A-Z][A-Z0-9_]*)[ \t]*=[ \t]*(?P<who>%s)[ \t]*(?::[ \t]*|\Z)" % _LIST, re.DOTALL | re.ASCII
)
_OTHER = re.compile(r"(?:Defaults(?=[ \t@:!>])|(?:Runas|Host|Cmnd|Cmd)_Alias[ \t])", re.ASCII)
_RUNAS = re.compile(r"\([ \t]*(?P<users>[^:)]*)", re.ASCII)
# What is for other hosts, whose list ends with a bare `=`, begins anew with root. One may end a digest, too.
_OTHER_HOSTS = re.compile(r"(?<!\\)(?<!sha\d\d\d):(?:[^\\=():]|\\.)+=", re.ASCII | re.DOTALL)
# To become such a user, group or alias may be to become root.
_ROOT = re.compile(r"(?:\A|,)[ \t]*(?:root|#0+|%.*|[A-Z][A-Z0-9_]*)[ \t]*(?=,|\Z)", re.ASCII)


def of_root(lines: Sequence[Line]) -> Iterator[Tuple[str, str]]:
    """Yield (user, group as `%name` or number as `#1`, place) of the rules by which root's rights are had.

    A rule for some commands counts as well, and what is taken out again (`!bob`) does not: who is told is told too much.
    Raises `ReadError` for what only a directory knows, and for a line that is not understood.
    """
    aliases = _aliases(lines)
    for file, number, text in lines:
        place = "%s:%d" % (printable(file), number)
        if _OTHER.match(text) or _ALIAS.match(text):
            continue
        found = _RULE.match(text)
        if found is None:
            raise ReadError("%s is no rule of sudo that is understood here; look at it by hand (visudo -c)" % place)
        if _may_be_root(found.group("what")):
            for who in _words(found.group("who")):
                for word in aliases.get(who, [who]):
                    yield _known(word, place), place


def _aliases(lines: Sequence[Line]) -> Dict[str, List[str]]:
    found: Dict[str, List[str]] = {}
    for file, number, text in lines:
        start = _ALIAS.match(text)
        at = start.end() if start else len(text)
        while at < len(text):
            named = _NAMED.match(text, at)
            if named is None:
                raise ReadError("%s:%d: this alias is not understood; write it by itself" % (printable(file), number))
            found[named.group("name")] = _words(named.group("who"))
            at = named.end()
    # An alias may name others; sudo refuses a circle.
    for _depth in range(len(found)):
        for name, words in found.items():
            found[name] = [one for word in words for one in (found[word] if word in found and word != name else [word])]
            if len(found[name]) > 10000:
                raise ReadError("the alias %s of sudo names too many; write it out" % printable(name))
    return found


def _words(text: str) -> List[str]:
    words = [re.sub(r"\\(.)|\"", r"\1", word.strip(" \t")) for word in re.findall(_WORD, text)]
    return [word for word in words if not word.startswith("!")]


def _may_be_root(what: str) -> bool:
    """Return whether a rule lets somebody become root: nothing is said of whom, or root is among them."""
    runas = [re.sub(r"[\"\\]", "", found.group("users")) for found in _RUNAS.finditer(what)]
    return (
        not runas
        or not what.lstrip(" \t").startswith("(")
        or any(_ROOT.search(users) or not users.strip(" \t") for users in runas)
        or any(not what[found.end() :].lstrip(" \t").startswith("(") for found in _OTHER_HOSTS.finditer(what))
    )


def _known(word: str, place: str) -> str:
    if word.startswith(("+", "%:", "%+")):
        raise ReadError(
            "%s is for %s, which only a directory knows; look there who that is" % (place, printable(word)[:100])
        )
    return word
