# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `text_setting`: a value in a program's text configuration, read the way the program reads it."""

from __future__ import annotations

import re
from typing import Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import (
    BLANKS,
    GLIB_BLANKS,
    SPACES_AND_TABS,
    lowered,
    split_lines,
    words_of,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    UsageError,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import pam_conf, systemd_settings
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippets
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.login_defs import useradd_default
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shown_parts import shown_value

Line = Tuple[str, int, str]
Found = Optional[Tuple[object, str]]


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return the effective value as text, or absent."""

    def one(address: Address) -> Observation:
        form = required(address, "format")
        if form not in FORMATS:
            raise UsageError("unknown format %r; known: %s" % (form, ", ".join(sorted(FORMATS))))
        file = required(address, "file")
        found = FORMATS[form](host, file, required(address, "name"), str(address.get("section", "")))
        if found is None:
            return absent(file)
        seen, place = found
        return value(shown_value(seen) if isinstance(seen, str) else seen, place)

    return read_each(addresses, one)


def _file_lines(host: Host, path: str, blanks: str = BLANKS) -> List[Line]:
    try:
        text = host.read_text(path)
    except NotFound:
        return []
    return [(path, number, line.strip(blanks)) for number, line in enumerate(split_lines(text), 1)]


def _systemd(host: Host, file: str, name: str, section: str) -> Found:
    return systemd_settings.in_force(host, file, section, name)


def _gdm(host: Host, file: str, name: str, section: str) -> Found:
    """Read as GDM does: a GLib key file, in which the last of several lines wins and case counts."""
    group = ""
    found: Found = None
    for _path, number, line in _file_lines(host, file, GLIB_BLANKS):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1]
        elif "=" in line and not line.startswith("#"):
            key, _sign, seen = line.partition("=")
            if key.strip(GLIB_BLANKS) == name and group == section:
                found = (seen.strip(GLIB_BLANKS), "%s:%d" % (file, number))
    return found


def _kconfig(host: Host, file: str, name: str, section: str) -> Found:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.kconfig import setting

    return setting(host, file, section, name)


def _xrdp(host: Host, file: str, name: str, section: str) -> Found:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.xrdp_ini import setting

    return setting(host, file, section, name)


def _last(pairs: Iterator[Tuple[str, str, str]], name: str) -> Found:
    found: Found = None
    for key, seen, place in pairs:
        if lowered(key) == lowered(name):
            found = (seen, place)
    return found


def _pwquality(host: Host, file: str, name: str, _section: str) -> Found:
    return pam_conf.quality(host, file, name)


def _faillock(host: Host, file: str, name: str, _section: str) -> Found:
    return pam_conf.faillock(host, file, name)


def _useradd(host: Host, file: str, name: str, _section: str) -> Found:
    return useradd_default(host, file, name)


def _postfix(host: Host, file: str, name: str, _section: str) -> Found:
    """postconf(5): the last line of a name wins. Other values in it (``$name``) are shown as they stand."""
    found: Found = None
    for number, _last_number, key, seen in postfix_lines(host.read_text(file) if host.exists(file) else ""):
        if key == name:
            found = (seen, "%s:%d" % (file, number))
    return found


def postfix_lines(text: str) -> Iterator[Tuple[int, int, str, str]]:
    """Yield (first line number, last, name, value) of main.cf: a line that begins with a blank continues the one above.

    Comments are lines of their own and may stand between; behind a value ``#`` begins none.
    """
    start = last = 0
    logical = ""
    for number, line in enumerate([*split_lines(text), "end"], 1):
        if not line.strip(BLANKS) or line.lstrip(BLANKS).startswith("#"):
            continue
        if line[0] in " \t":
            logical, last = logical + " " + line.strip(BLANKS), number
            continue
        if logical:
            key, _sign, seen = logical.partition("=")
            yield start, last, key.strip(BLANKS), seen.strip(BLANKS)
        logical, start, last = line.strip(BLANKS), number, number


def _auditd(host: Host, file: str, name: str, _section: str) -> Found:
    """auditd.conf(5): the last line of a name wins, whatever its case; what auditd does not start with is an error."""
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.auditd_conf import settings

    return _last(((one.name, one.value, one.place) for one in settings(host, file)), name)


def _directive(host: Host, file: str, name: str, _section: str) -> Found:
    """Return the texts behind all lines that begin with the name, whatever its case."""
    found = []
    for path, number, line in _file_lines(host, file):
        word, *rest = words_of(line, 1)[:2] or [""]
        if lowered(word) == lowered(name):
            found.append((rest[0] if rest else "", "%s:%d" % (path, number)))
    return ([text for text, _place in found], ", ".join(place for _text, place in found)) if found else None


def _shell(host: Host, file: str, name: str, _section: str) -> Found:
    """Return the last assignment in a file of shell variables.

    One that stands inside a condition may or may not hold: it is shown with what it stands in, so that it equals nothing.
    """
    found: Found = None
    lines = [line for _path, _number, line in _file_lines(host, file, SPACES_AND_TABS)]
    for number, text, depth in shell_assignments(lines, name):
        found = (text + " (in a condition)" if depth else text, "%s:%d" % (file, number))
    return found


def shell_assignments(lines: Sequence[str], name: str) -> Iterator[Tuple[int, str, int]]:
    """Yield (line number, value, how many conditions and loops it stands in) of the assignments to a variable."""
    depth = 0
    assignment = re.compile(
        r"(?:export[ \t]+|readonly[ \t]+|(?:declare|typeset)[ \t]+-\w+[ \t]+)*%s=(\"[^\"]*\"|'[^']*'|[^ \t]*)"
        % re.escape(name),
        re.ASCII,
    )
    for number, raw in enumerate(lines, 1):
        line = raw.strip(SPACES_AND_TABS)
        if line.startswith("#"):
            continue
        depth += len(re.findall(r"(?:^|;)[ \t]*(?:if|case|for|while|until)\b", line, re.ASCII))
        seen = assignment.match(line)
        if seen:
            quoted = seen.group(1)
            yield number, quoted[1:-1] if quoted[:1] in ("'", '"') else quoted.split(";")[0], depth
        depth -= len(re.findall(r"(?:^|;)[ \t]*(?:fi|esac|done)\b", line, re.ASCII))


def _limits(host: Host, file: str, name: str, _section: str) -> Found:
    """limits.conf(5): the main file, then limits.d in order; the last line for the domain, type and item wins.

    A line for accounts or groups wins over one for all: where it says otherwise, it is shown with its domain, so that it
    equals nothing. root, for whom no line for all counts, is left out.
    """
    domain, kind, item = [*words_of(name), "", "", ""][:3]
    found: Found = None
    others: List[Tuple[str, str, str]] = []
    paths = [file, *snippets(host, [file.rsplit("/", 1)[0] + "/limits.d"])]
    for place, number, line in [found_line for path in paths for found_line in _file_lines(host, path)]:
        seen = pam_conf.limit_of(line, kind, item)
        if seen and seen[0] == domain:
            found = (seen[1], "%s:%d" % (place, number))
        elif seen and domain == "*" and seen[0] != "root":
            others.append((*seen, "%s:%d" % (place, number)))
    looser = [one for one in others if found and one[1] != found[0]]
    return ("%s for %s" % (looser[0][1], looser[0][0]), looser[0][2]) if looser else found


FORMATS: Dict[str, Callable[[Host, str, str, str], Found]] = {
    "auditd": _auditd,
    "directive": _directive,
    "faillock": _faillock,
    "gdm": _gdm,
    "kconfig": _kconfig,
    "limits": _limits,
    "postfix": _postfix,
    "pwquality": _pwquality,
    "shell": _shell,
    "systemd": _systemd,
    "useradd": _useradd,
    "xrdp": _xrdp,
}
