# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a step changes of a file, as texts for the operator, who may not be one who may read the file."""

from __future__ import annotations

import difflib
import os
import re
import stat
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change import files
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.files import ChangeError, State
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import Step
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import DISABLED
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.access_list import words
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shown_line import shown_line

MAX_DIFF = 16 * 1024
SECRET_FILES = ("/etc/shadow", "/etc/gshadow")
# So many characters in a row that a line of ours has in common with one of theirs are taken to be theirs.
COMMON = 4
_WORDS = re.compile(r"[^\s=:,;\"']+", re.ASCII)


def shown(host: Host, step: Step) -> Optional[Dict[str, str]]:
    """Return ``{header, before, after, lines?, note?}`` of a step; a note alone where its content is secret."""
    if step.type != "file":
        return None
    if step.secret or step.path in SECRET_FILES:
        return {"note": "the content of this file is not shown"}
    try:
        real = host.path(step.path, follow=False)
        before = files.state(real, contents=False)
    except (OSError, ChangeError, ReadError):
        return None
    parts = {"header": step.path, "before": _attributes(before), "after": _attributes(before)}
    for name, form in (("mode", "%04o"), ("uid", "%d"), ("gid", "%d")):
        if getattr(step, name) is not None:
            parts["after"] = _with(parts["after"], name, form % getattr(step, name))
    for name, both in step.lists.items():
        for part, content in zip(("before", "after"), both):
            parts[part] += " " + words(host, step.path, name, content)
    if step.content is not None or step.remove:
        parts.update(_content(host, step, text_of(real) if before["kind"] == "file" else ""))
    return parts


def _content(host: Host, step: Step, old: str) -> Dict[str, str]:
    new = "" if step.remove else (step.content or b"").decode("utf-8", "backslashreplace")
    # Without the lines around: what is not changed may be a secret, such as a token in a file of root's shell.
    lines = list(
        difflib.unified_diff(split_lines(old, ends=True), split_lines(new, ends=True), step.path, step.path, n=0)
    )
    if not old or is_public(host, step.path):
        return {"lines": "".join(as_shown(step.path, lines))[:MAX_DIFF]}
    return without_theirs(lines)


def taken_back(
    host: Host, path: str, now: Tuple[State, str], before: Tuple[State, str], secret: bool
) -> Dict[str, str]:
    """Return ``{lines?, note?}`` of what a rollback makes of a file; ``now`` and ``before``: its state and text.

    What comes back is not ours, so of a file that not everybody may read, or might then, lines are only counted.
    """
    if secret or path in SECRET_FILES:
        return {"note": "the content of this file is not shown"}
    old, new = split_lines(now[1], ends=True), split_lines(before[1], ends=True)
    lines = list(difflib.unified_diff(old, new, path, path, n=0))
    modes = [state["mode"] for state, _text in (now, before) if state["kind"] == "file" and "mode" in state]
    if now[0]["kind"] == "file" and all(mode & stat.S_IROTH for mode in modes) and is_public(host, path):
        shown_lines = lines[:2] + [line[0] + _masked_line(path, line[1:]) for line in lines[2:]]
        return {"lines": "".join(shown_lines)[:MAX_DIFF]} if lines else {}
    counts = {"come back": sum(line[:1] == "+" for line in lines[2:]), "go": sum(line[:1] == "-" for line in lines[2:])}
    said = ", ".join("%d %s" % (count, what) for what, count in counts.items() if count)
    return (
        {"note": "lines that are not shown, for not everybody on the host may read this file: " + said} if said else {}
    )


def is_public(host: Host, path: str) -> bool:
    """Return whether everybody on the host may read a file, by its mode and that of the folders above it."""
    if not os.stat(host.path(path)).st_mode & stat.S_IROTH:
        return False
    folder = os.path.dirname(path)
    while folder != "/":
        if not os.stat(host.path(folder)).st_mode & stat.S_IXOTH:
            return False
        folder = os.path.dirname(folder)
    return True


def as_shown(path: str, lines: List[str]) -> List[str]:
    """Return a difference with the lines that are only ours as they are, and those of the file as they may be shown.

    Who reads a report need not be one who may log in to the host, so that all there may read a file is no reason.
    """
    gone = [line[1:] for line in lines[2:] if line.startswith("-")]
    shown_lines = lines[:2]
    for line in lines[2:]:
        ours = line.startswith("@") or (
            line.startswith("+") and not _is_theirs(line[1:], gone) and not _takes_over(path)
        )
        shown_lines.append(line if ours else line[0] + _masked_line(path, line[1:]))
    return shown_lines


def _takes_over(path: str) -> bool:
    """Return whether a file of ours repeats what another file says, as the options of a mount."""
    return ".mount.d/" in path


def _masked_line(path: str, line: str) -> str:
    text = line.rstrip("\n")
    before, sign, rest = text.partition(DISABLED) if DISABLED in text else ("", "", text)
    blanks = rest[: len(rest) - len(rest.lstrip(BLANKS))]
    return before + sign + blanks + shown_line(path, rest.strip(BLANKS)) + line[len(text) :]


def without_theirs(lines: List[str]) -> Dict[str, str]:
    """Return a difference with the lines that are only ours, and a count of those that hold something of the file's."""
    gone = [line[1:] for line in lines[2:] if line.startswith("-")]
    added = [line for line in lines[2:] if line.startswith("+")]
    ours = [line for line in added if not _is_theirs(line[1:], gone)]
    commented = sum(DISABLED.strip(BLANKS) in line for line in added)
    rewritten = len(added) - len(ours) - commented
    counts = {
        "taken out": max(0, len(gone) - commented - rewritten),
        "made a comment": commented,
        "rewritten": rewritten,
    }
    said = ", ".join("%d %s" % (count, what) for what, count in counts.items() if count)
    result = {"lines": "".join(lines[:2] + ours)[:MAX_DIFF]} if ours else {}
    if said:
        result["note"] = "lines that are not shown, for not everybody on the host may read this file: " + said
    return result


def _is_theirs(line: str, gone: List[str]) -> bool:
    """Return whether a new line holds something of the lines that go, beside the name of what it sets."""
    if DISABLED.strip(BLANKS) in line:
        return True
    names = {words[0] for words in map(_WORDS.findall, gone) if words}
    words = _WORDS.findall(line)
    values = words[1:] if words and words[0] in names else words
    text = "".join(gone)
    return any(
        word[start : start + COMMON] in text for word in values for start in range(max(0, len(word) - COMMON + 1))
    )


def _attributes(state: Mapping[str, Any]) -> str:
    if "mode" not in state:
        return "kind=%s" % state["kind"]
    return "mode=%04o uid=%d gid=%d" % (state["mode"], state["uid"], state["gid"])


def _with(text: str, name: str, form: str) -> str:
    parts = [part for part in words_of(text) if not part.startswith(name + "=")]
    return " ".join([*parts, "%s=%s" % (name, form)])


def text_of(path: str) -> str:
    """Return what a real file holds, as far as differences are shown. Raises `OSError`."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        return stream.read(files.MAX_BYTES).decode("utf-8", "backslashreplace")
