# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar and the names of systemd's unit files (systemd.syntax(7), systemd.unit(5))."""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import SYSTEMD_BLANKS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.dropins import snippets

GENERATED = "/run/systemd/generator"
MASKS = "/etc/systemd/system/"
# systemd.unit(5), "Unit file load path".
UNIT_DIRECTORIES = (
    "/etc/systemd/system.control",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    GENERATED,
    "/usr/local/lib/systemd/system",
    "/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/run/systemd/generator.late",
)
PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_."


def unit_name(path: str, suffix: str = ".mount") -> str:
    """Return the unit of a path, as ``systemd-escape --path`` names it."""
    stripped = path.strip("/")
    if not stripped:
        return "-" + suffix
    escaped = "".join(_escape(sign) for sign in stripped)
    if escaped.startswith("."):
        escaped = "\\x2e" + escaped[1:]
    return escaped + suffix


def _escape(sign: str) -> str:
    if sign == "/":
        return "-"
    return sign if sign in PLAIN else "".join("\\x%02x" % byte for byte in sign.encode("utf-8", "surrogateescape"))


def path_of(stem: str) -> str:
    """Return the path in a unit's name without its suffix, as ``systemd-escape --unescape --path`` does."""
    path = "/" + ("" if stem == "-" else stem.replace("-", "/"))
    code = path.encode("utf-8", "surrogateescape")
    return re.sub(rb"\\x([0-9a-fA-F]{2})", lambda found: bytes.fromhex(found.group(1).decode()), code).decode(
        "utf-8", "surrogateescape"
    )


def dropin_names(name: str) -> List[str]:
    """Return the names of the snippet directories of a unit, the most specific first.

    ``var-log.mount`` has ``var-log.mount.d``, ``var-.mount.d`` and ``mount.d``.
    """
    stem, _dot, kind = name.rpartition(".")
    dashes = [at for at in range(len(stem) - 2, 0, -1) if stem[at] == "-"]
    return [name + ".d", *("%s.%s.d" % (stem[: at + 1], kind) for at in dashes), kind + ".d"]


def is_masked(host: Host, unit: str) -> bool:
    """Return whether a unit is masked for good: a mask in /run ends with this boot."""
    try:
        return host.read_link(MASKS + unit) == "/dev/null"
    except ReadError:
        return False  # not there, or a unit of the site's own in place of a link


def read_at_boot(host: Host) -> List[str]:
    """Return the folders of units that systemd reads when the host boots: a server's share is mounted after that."""
    folders: List[str] = host.shared("folders of units", lambda: host.answering(UNIT_DIRECTORIES))
    return folders


def fragments(host: Host, unit: str, folders: Sequence[str] = UNIT_DIRECTORIES) -> Iterator[str]:
    """Yield the unit file that counts and the snippets of the unit."""
    for directory in folders:
        place = directory + "/" + unit
        try:
            host.stat(place, follow=False)
        except NotFound:
            continue
        yield place
        break
    yield from snippets(host, [place + "/" + extra for extra in dropin_names(unit) for place in folders])


def parse(text: str, section: str) -> Dict[str, str]:
    """Return the settings of one section; of a setting that stands several times the last counts."""
    return dict(assignments(text, section))


def assignments(text: str, section: str) -> Iterator[Tuple[str, str]]:
    """Yield (name, value) of one section in the order of the file."""
    here = ""
    for line in _lines(text):
        if line.startswith("["):
            here = line
            continue
        name, equals, text_of = line.partition("=")
        if equals and here == "[%s]" % section:
            yield name.strip(SYSTEMD_BLANKS), text_of.strip(SYSTEMD_BLANKS).replace("%%", "%")


def _lines(text: str) -> Iterator[str]:
    """Yield the lines without comments; a backslash at the end joins the next line that is no comment."""
    joined = ""
    # A carriage return and a NUL end a line too.
    for raw in re.split("\r\n|[\n\r\0]", text):
        line = raw.strip(SYSTEMD_BLANKS)
        if line[:1] in ("#", ";") or (not line and not joined):
            continue
        if line.endswith("\\"):
            joined += line[:-1] + " "
            continue
        yield (joined + line).strip(SYSTEMD_BLANKS)
        joined = ""
    if joined:
        yield joined.strip(SYSTEMD_BLANKS)
