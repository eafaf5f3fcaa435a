# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What logrotate makes of its configuration: its blocks, and the logs that fall into each.

Read sign by sign in the states of logrotate itself (3.21 and 3.22), for what it does with a mistake hangs on them: a bad value skips the
block up to a brace at the start of a line, one among the globals ends the file, a block without an end counts.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from string import ascii_letters
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, SPACES_AND_TABS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import logrotate_owners
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.logrotate_values import (
    DEFAULTS,
    FOR_ALL,
    NUMBERS,
    PERIODS,
    PLAIN,
    SCRIPTS,
    SIZES,
    SWITCHES,
    TABOO,
    TABOO_SINCE_3_22,
    VALUES,
    EndsFile,
    SkipsBlock,
    arguments,
    as_int,
    collated,
    matches,
    number,
    size,
)

Settings = Dict[str, Any]
MAX_NESTING = 16
MAX_PATTERN = 2048
# Older ones read on behind many a mistake, each in its own way.
STRICT = (3, 19)


class Block(NamedTuple):
    """``place``: file and line; ``files``: the logs in it, without those that a block before it has."""

    place: str
    settings: Settings
    files: List[str]


class Config:
    """``assumed``: logs that count as if they were there; ``by_locale``: files are read in the order of most languages, not of C.

    ``unsure``: the two orders differ. Raises `ReadError` for what cannot be followed.
    """

    def __init__(
        self,
        host: Host,
        paths: Sequence[str],
        version: Tuple[int, ...],
        assumed: Sequence[str] = (),
        by_locale: bool = False,
    ) -> None:
        self.unsure = False
        self._by_locale = by_locale
        self.blocks: List[Block] = []
        self.host = host
        self.version = version
        self._assumed = assumed
        self._depth = 0
        self._taboo = ["*" + ending for ending in (*TABOO, *(TABOO_SINCE_3_22 if version >= (3, 22) else ()))]
        # Older ones do not look at the number of a log's names.
        settings = {**DEFAULTS, "allowhardlink": version < STRICT}
        for path in paths:
            self._path(path, settings)

    def _path(self, path: str, settings: Settings) -> bool:
        """Read a file or a folder; return whether there was no mistake. What a file with one set for those behind it is gone."""
        try:
            status = self.host.stat(path)
        except NotFound:
            return False
        if not stat.S_ISDIR(status.st_mode):
            return self._kept(path, settings)
        names = self._sorted(name for name in self.host.list_directory(path) if not self._is_taboo(name))
        places = [path.rstrip("/") + "/" + name for name in names]
        return False not in [self._kept(place, settings) for place in places]

    def _sorted(self, names: Iterable[str]) -> List[str]:
        """Return names in the order of strcoll(3), which hangs on the language of whoever starts logrotate."""
        plain = sorted(names)
        other = sorted(plain, key=collated)
        self.unsure = self.unsure or plain != other
        return other if self._by_locale else plain

    def _is_taboo(self, name: str) -> bool:
        # A star stands for no dot in front: logrotate reads an editor's `.rsyslog.swp`.
        return any(
            fnmatch.fnmatchcase(name, pattern) and (not name.startswith(".") or pattern.startswith("."))
            for pattern in self._taboo
        )

    def _kept(self, path: str, settings: Settings) -> bool:
        before = dict(settings)
        good = self._file(path, settings)
        if not good:
            settings.clear()
            settings.update(before)
        return good

    def _file(self, path: str, settings: Settings) -> bool:
        try:
            status = self.host.stat(path)
        except NotFound:
            return False  # a link to nothing
        if not stat.S_ISREG(status.st_mode):
            return True
        if status.st_mode & 0o022 or status.st_uid not in (0, os.geteuid()):
            # Left out as a whole; only newer ones call that a mistake.
            return self.version < (3, 22)
        return _File(self, path, self.host.read_text(path), settings).read()

    def include(self, path: str, settings: Settings, place: str) -> bool:
        """Read what a file includes; return whether there was no mistake."""
        if not path.startswith("/"):
            raise ReadError("%s: what is included has no full path; write it out" % place)
        if self._depth >= MAX_NESTING:
            return False
        self._depth += 1
        good = self._path(path, settings)
        self._depth -= 1
        return good

    def set_taboo(self, text: str, before: str) -> None:
        """Set, or with a plus in front lengthen, the list of names that no folder's files may have."""
        if not text.startswith("+"):
            self._taboo = []
        self._taboo += [before + one for one in re.split("[, \t\v\f\r]+", text.lstrip("+")) if one]

    def add_logs(self, block: Block, pattern: str, place: str) -> bool:
        """Add the logs of one pattern; return whether there was no mistake."""
        if not pattern.startswith("/") or re.search("//|/[.]{1,2}(?:/|$)", pattern):
            raise ReadError("%s: %s is no plain full path; write it out" % (place, printable(pattern)[:200]))
        if len(pattern) > MAX_PATTERN:
            return False
        pattern = pattern.replace("[^", "[!")
        found = {path for path in self.host.glob(pattern) if not self._is_folder(path)}
        found.update(path for path in self._assumed if matches(pattern, path))
        # Where nothing matches the pattern itself is the log.
        for path in self._sorted(found) or ([] if self.host.glob(pattern) else [pattern]):
            holder = next((one for one in self.blocks if path in one.files), None)
            if holder is None:
                block.files.append(path)
            elif not (holder.settings.get("ignoreduplicates")):
                # What the pattern matches behind the first that another block has stays out as well.
                return False
        return True

    def _is_folder(self, path: str) -> bool:
        return stat.S_ISDIR(self.host.stat(path, follow=False).st_mode)

    def check_folder(self, block: Block) -> None:
        """Raise `EndsFile` where logrotate would not take the folder for old logs."""
        settings = block.settings
        old = settings.get("olddir", "")
        for path in block.files if old else ():
            folder = path.rpartition("/")[0] or "/"
            try:
                here = self.host.stat(folder)
            except NotFound:
                if settings.get("missingok"):
                    continue
                raise EndsFile from None
            try:
                there = self.host.stat(old if old.startswith("/") else folder + "/" + old)
            except NotFound:
                if settings.get("createolddir"):
                    continue
                raise EndsFile from None
            copies = any(settings.get(word) for word in ("copytruncate", "copy", "renamecopy"))
            if here.st_dev != there.st_dev and not copies:
                raise EndsFile


class _File:
    """One file on its way through the states: by default a word, else the rest of a line, a script, or what is behind a brace."""

    def __init__(self, config: Config, path: str, text: str, settings: Settings) -> None:
        self._config, self._path, self._text = config, path, text
        self._globals = settings
        self._block: Optional[Block] = None
        self._at = 0
        self._good = True
        self._skips = False
        self._state: Callable[[str], None] = self._default
        self._after: Callable[[str], None] = self._default

    @property
    def _place(self) -> str:
        return "%s:%d" % (printable(self._path), self._text.count("\n", 0, self._at) + 1)

    def read(self) -> bool:
        """Return whether logrotate finds no mistake."""
        try:
            while self._at < len(self._text):
                try:
                    self._state(self._text[self._at])
                except SkipsBlock:
                    if self._block is None:
                        raise EndsFile from None
                    self._refuse_old()
                    self._state = self._mistaken
                self._at += 1
            if not self._skips and self._script in (self._state, self._state == self._line and self._after):
                raise EndsFile
        except EndsFile:
            self._refuse_old()
            if self._block is not None:
                self._config.blocks.pop()
            return False
        return self._good

    def _refuse_old(self) -> None:
        if self._config.version < STRICT:
            raise ReadError("%s: what this logrotate does with this mistake is not known; correct it" % self._place)

    def _sign(self) -> str:
        return self._text[self._at] if self._at < len(self._text) else ""

    def _take_word(self) -> str:
        start = self._past(SPACES_AND_TABS)
        end = start
        while end < len(self._text) and self._text[end] in ascii_letters:
            end += 1
        self._at = end
        return self._text[start:end]

    def _take_line(self) -> str:
        end = self._text.find("\n", self._at)
        text = self._text[self._at : end].rstrip(BLANKS) if end >= 0 else self._text[self._at :]
        self._at = (end if end >= 0 else len(self._text)) - 1
        return text

    def _take_value(self) -> Optional[str]:
        """Return what follows a word; a comment is a part of it. None where nothing does."""
        start = self._past(SPACES_AND_TABS)
        if self._text[start : start + 1] == "=":
            start = self._past(SPACES_AND_TABS, start + 1)
        if self._text[start : start + 1] == "\n":
            return None
        self._at = start
        return self._take_line()

    def _past(self, signs: str, at: int = -1) -> int:
        at = self._at if at < 0 else at
        while at < len(self._text) and self._text[at] in signs:
            at += 1
        return at

    def _skip_line(self, after: Callable[[str], None]) -> None:
        self._state, self._after = self._line, after

    # The states.

    def _line(self, sign: str) -> None:
        if sign == "\n":
            self._state = self._after

    def _mistaken(self, _sign: str) -> None:
        self._good = False
        self._skips = True
        self._state = self._default

    def _behind(self, sign: str) -> None:
        if sign == "\n":
            self._state = self._default
        elif sign not in SPACES_AND_TABS:
            # Also another block's name: what follows are globals then.
            self._skip_line(self._default)

    def _script(self, _sign: str) -> None:
        if self._take_word() == "endscript":
            self._state = self._default
        elif self._sign() != "\n":
            self._skip_line(self._script)

    def _default(self, sign: str) -> None:
        if self._skips:
            self._skipped(sign)
        elif sign == "#":
            self._skip_line(self._default)
        elif sign in ascii_letters:
            self._word()
        elif sign and sign in "/\"'~":
            self._begin()
        elif sign == "}":
            if self._block is None:
                raise EndsFile
            self._config.check_folder(self._block)
            self._block = None
            self._state = self._behind
        elif sign not in SPACES_AND_TABS + "\n":
            raise SkipsBlock

    def _skipped(self, sign: str) -> None:
        # A brace with a blank before it does not end the block: the next one is skipped as well.
        if sign == "}":
            self._skips = False
            self._config.blocks.pop()
            self._block = None
        elif self._take_word() in SCRIPTS:
            self._state = self._script
        elif self._sign() not in ("\n", ""):
            self._skip_line(self._default)

    def _begin(self) -> None:
        if self._block is not None:
            raise SkipsBlock
        place = self._place
        self._block = Block(place, dict(self._globals), [])
        self._config.blocks.append(self._block)
        patterns = self._patterns()
        for pattern in arguments(patterns):
            self._good = self._config.add_logs(self._block, pattern, place) and self._good

    def _patterns(self) -> str:
        """Return what stands before the next brace, without lines of comment, and stop at that."""
        taken, fresh, comment = "", True, False
        while self._sign():
            sign = self._sign()
            if fresh and not comment and sign not in BLANKS:
                fresh, comment = False, sign == "#"
            elif sign == "\n":
                fresh, comment = True, False
            if not comment:
                if sign == "{":
                    return taken
                if sign == "}":
                    raise EndsFile
                taken += sign
            self._at += 1
        raise EndsFile

    def _word(self) -> None:
        word, settings = self._take_word(), self._globals if self._block is None else self._block.settings
        sign = self._sign()
        if sign != "=" and (sign not in BLANKS if sign else self._config.version < (3, 22)):
            raise SkipsBlock
        for words, take in (
            (SWITCHES, self._switch),
            (PERIODS, self._period),
            ((*SIZES, *NUMBERS), self._number),
            (VALUES, self._text_of),
            (FOR_ALL, self._for_all),
            (SCRIPTS, self._begin_script),
            (("su", "compressoptions", "noolddir"), self._other),
        ):
            if word in words:
                take(word, settings)
                return
        if word == "ignoreduplicates" and self._config.version >= (3, 21):
            settings[word] = True
        elif word not in PLAIN and sign not in ("\n", ""):
            self._skip_line(self._default)  # an unknown word

    def _switch(self, word: str, settings: Settings) -> None:
        name, on = SWITCHES[word]
        if word in ("create", "createolddir"):
            logrotate_owners.take(self._config.host, self._config.version, settings, self._take_line(), word)
        settings[name] = on

    def _period(self, word: str, settings: Settings) -> None:
        settings["every"] = word
        if word == "weekly" and not re.match(r"(?:[ \t\v\f\r]*\+?0*[0-7])?\Z", self._take_line(), re.ASCII):
            raise EndsFile

    def _number(self, word: str, settings: Settings) -> None:
        text = self._take_value()
        if word in SIZES:
            if text:
                settings[word] = size(text)
                settings["every"] = word if word == "size" else settings["every"]
            return
        if text is None:
            raise SkipsBlock
        value, whole = number(text)
        # Also of a bad one, which counts where the block that it spoils has no end.
        settings[word] = as_int(value)
        if not whole or settings[word] < (-1 if word == "rotate" else 0):
            raise SkipsBlock

    def _begin_script(self, word: str, settings: Settings) -> None:
        settings[word] = True
        self._state = self._script

    def _for_all(self, word: str, settings: Settings) -> None:
        place = self._place
        if self._block is not None:
            if word == "include":
                raise ReadError("%s: a block includes a file; write out what that says" % place)
            raise SkipsBlock
        text = self._take_value()
        if word != "include":
            if text is not None:
                self._config.set_taboo(text, "*" if word == "tabooext" else "")
            return
        if text is None:
            raise SkipsBlock
        self._good = self._config.include(text, settings, place) and self._good

    def _other(self, word: str, settings: Settings) -> None:
        if word == "noolddir":
            settings.pop("olddir", None)
            return
        text = self._take_line()
        if word == "su":
            logrotate_owners.take(self._config.host, self._config.version, settings, text, word)

    def _text_of(self, word: str, settings: Settings) -> None:
        text = self._take_value()
        if word == "dateformat":
            return
        if text is None or (word not in ("extension", "addextension") and re.search("[ \t]", text)):
            raise SkipsBlock
        if word == "olddir":
            if text.startswith("~"):
                raise ReadError("%s: the folder hangs on who runs logrotate; write it out" % self._place)
            settings[word] = text
