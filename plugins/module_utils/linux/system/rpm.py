# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The database of rpm(8): what is installed, and whether it was signed."""

from __future__ import annotations

from typing import Dict, List, NamedTuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError

DIRECTORIES = ("/usr/lib/sysimage/rpm", "/var/lib/rpm")
# One for each format: sqlite, Berkeley DB, ndb.
DATABASES = ("rpmdb.sqlite", "Packages", "Packages.db")
QUERY = (
    "rpm", "-qa", "--queryformat",
    "%{NAME}\\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{RSAHEADER:pgpsig}%{DSAHEADER:pgpsig}%{SIGPGP:pgpsig}%{SIGGPG:pgpsig}\\n",
)  # fmt: skip
SOURCE = "command: rpm -qa"
NO_SIGNATURE = "(none)"
# Keys that rpm keeps as packages; nothing signs them.
KEY = "gpg-pubkey"


class Installed(NamedTuple):
    """``version``: epoch (where it is not 0), version and release."""

    name: str
    version: str
    signed: bool


def has_database(host: Host) -> bool:
    """Return whether packages are kept by rpm here. Without a database rpm(8) would make an empty one and say that all is well."""
    return any(host.exists("%s/%s" % (folder, name)) for folder in DIRECTORIES for name in DATABASES)


def installed(host: Host) -> List[Installed]:
    """Return the installed packages; of some, like the kernel, several. Raises `ReadError`."""
    try:
        said = host.run(QUERY)
    except NotFound:
        raise ReadError("this host has a database of rpm and no rpm; its packages cannot be read") from None
    # A package whose entry is damaged is passed over, and rpm ends with 0 all the same.
    wrong = [line for line in split_lines(said.stderr) if line.startswith("error:")]
    if wrong:
        raise ReadError("rpm -qa does not name all packages: %s; see rpmdb --verifydb" % printable(wrong[0])[:200])
    found: List[Installed] = []
    for line in split_lines(said.stdout):
        fields = line.split("\t")
        if len(fields) != 4:
            raise ReadError("rpm -qa printed a line that is no package; its database cannot be trusted")
        name, version, _architecture, signatures = fields
        plain = version[2:] if version.startswith("0:") else version
        found.append(Installed(name, plain, signatures.replace(NO_SIGNATURE, "") != "" or name == KEY))
    if not found:
        raise ReadError("rpm -qa names no package at all; its database cannot be trusted")
    return found


def versions(host: Host) -> Dict[str, str]:
    """Return name -> version, of several installed ones all, parted by a comma and a blank."""
    found: Dict[str, List[str]] = {}
    for package in installed(host):
        found.setdefault(package.name, []).append(package.version)
    return {name: ", ".join(sorted(set(all_of))) for name, all_of in found.items()}
