# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `directory`: what governs accounts and passwords that this host does not keep in its files, and what of it is decided here.

A name in nsswitch.conf or a module in PAM that finds nothing to ask joins no host: packages put them there.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Sequence, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    UsageError,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_sources import homed_records
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.name_services import ACCOUNTS, PATH, elsewhere
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_run import SERVICES
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_stack import FOLDERS, has_service, stack

Row = Dict[str, Any]
# Modules that ask a directory for a password, and the service of nsswitch.conf beside each.
MODULES = {
    "pam_sss.so": "sss", "pam_winbind.so": "winbind", "pam_ldap.so": "ldap", "pam_ldapd.so": "ldap", "pam_krb5.so": "krb5",
}  # fmt: skip
HOMED = "systemd-homed"
LDAP_FILES = ("/etc/nslcd.conf", "/etc/libnss-ldap.conf", "/etc/pam_ldap.conf", "/etc/ldap.conf")


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return for `accounts` `[{by, domain, provider, asked_by, file, line}]`, what governs.

    For `cached_logins` and `access` what is decided here, see `directory_local`.
    """

    def one(address: Address) -> Observation:
        query = required(address, "query")
        if query not in QUERIES:
            raise UsageError("unknown query %r; known: %s" % (query, ", ".join(sorted(QUERIES))))
        return value(QUERIES[query](host), PATH)

    return read_each(addresses, one)


def governing(host: Host) -> List[Row]:
    """Return what governs accounts or passwords of this host from elsewhere."""
    asked = dict.fromkeys(elsewhere(host, ACCOUNTS), PATH)
    for name, places in _asked_by_pam(host).items():
        asked[name] = ", ".join([asked[name], places] if name in asked else [places])
    found = [
        {**row, "asked_by": printable(places)[:300]}
        for name, places in asked.items()
        for row in GOVERNORS.get(lowered(name), _other)(host, name)
    ]
    return found + _homed(host)


def _asked_by_pam(host: Host) -> Dict[str, str]:
    """Return service -> where PAM asks it for a password when a person comes in."""
    found: Dict[str, List[str]] = {}
    if not _any_file_names_one(host):
        return {}
    for service in SERVICES["auth"]:
        names = {module.name for module in stack(host, service, "auth")} if has_service(host, service) else ()
        for name in sorted(set(names) & set(MODULES)):
            found.setdefault(MODULES[name], []).append(service)
    return {name: "PAM: %s" % " ".join(services) for name, services in found.items()}


def _any_file_names_one(host: Host) -> bool:
    """Whether to look at all: most hosts have no such module, and a stack takes its time."""
    files = [path for folder in FOLDERS for path in host.glob(folder + "/*")] + ["/etc/pam.conf"]
    return any(_may_name_one(host, path) for path in files)


def _may_name_one(host: Host, path: str) -> bool:
    """A file that cannot be read may: the stack that it is a part of then says so."""
    try:
        text = host.read_text(path)
    except NotFound:
        return False
    except ReadError:
        return True
    return any(name in text for name in MODULES)


def _sssd(host: Host, _name: str) -> List[Row]:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.directory_local import sssd_domains

    return [
        _row(
            "sssd",
            one.name,
            one.provider if one.provider not in ("files", "proxy") else one.password_provider,
            one.file,
            one.line,
        )
        for one in sssd_domains(host)
    ]


def _winbind(host: Host, _name: str) -> List[Row]:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.directory_local import winbind_domain

    joined = winbind_domain(host)
    return [_row("winbind", joined.text, "ad", joined.file, joined.line)] if joined else []


def _ldap(host: Host, _name: str) -> List[Row]:
    there = next((path for path in LDAP_FILES if host.exists(path)), "")
    return [_row("ldap", "", "ldap", there or PATH, 0)]


def _krb5(_host: Host, _name: str) -> List[Row]:
    return [_row("pam_krb5", "", "krb5", "/etc/krb5.conf", 0)]


def _other(_host: Host, name: str) -> List[Row]:
    return [_row(name, "", "other", PATH, 0)]


def _homed(host: Host) -> List[Row]:
    """Its accounts are on this host, and are let in by what homed does rather than by the modules of PAM that others go through."""
    kept = homed_records(host)
    return [{**_row(HOMED, "", "homed", kept[0].rpartition("/")[0], 0), "asked_by": PATH}] if kept else []


def _row(by: str, domain: str, provider: str, file: str, line: int) -> Row:
    return {
        "by": printable(by),
        "domain": printable(domain),
        "provider": printable(provider),
        "file": printable(file),
        "line": line,
    }


def _directories(host: Host) -> Set[str]:
    """Return the names of what governs from elsewhere: homed keeps no login and lets in nobody but its own."""
    return {one["by"] for one in governing(host)} - {HOMED}


def _cached(host: Host) -> List[Row]:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.directory_local import cached_logins

    return list(cached_logins(host, _directories(host)))


def _access(host: Host) -> List[Row]:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.directory_local import open_access

    return list(open_access(host, _directories(host)))


GOVERNORS: Dict[str, Callable[[Host, str], List[Row]]] = {
    "sss": _sssd, "winbind": _winbind, "ldap": _ldap, "krb5": _krb5,
}  # fmt: skip
QUERIES: Dict[str, Callable[[Host], List[Row]]] = {"accounts": governing, "cached_logins": _cached, "access": _access}
