# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host that is joined to a directory decides itself: whom it lets in, and how long a login works without the directory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import AbstractSet, Any, Dict, Iterator, List, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import smb_config
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_run import SERVICES
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_stack import Module, has_service, stack
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.sssd_config import MAIN, Domain, SssdConfig

Row = Dict[str, Any]
# Providers by which sssd only shows what this host has, and those that check no password.
LOCAL, NO_PASSWORD = ("files", "proxy"), ("files", "proxy", "none", "")
# Access providers that decide by what the directory says, or let nobody in.
DECIDED_THERE = ("ipa", "deny")
LDAP_CHECKS = frozenset({"filter", "host", "authorized_service", "rhost"})
EVERYBODY_MATCHES = frozenset({"(objectclass=*)", "(uid=*)", "(cn=*)"})
JOINED = ("ads", "domain")
WINBIND_FILE, WINBIND = "/etc/security/pam_winbind.conf", "pam_winbind.so"
NSLCD = "/etc/nslcd.conf"
LIFE = "offline_credentials_expiration"
REFUSING = ("bad", "die")


@dataclass(frozen=True)
class Said:
    """What a file says, and where."""

    text: str
    file: str
    line: int


def sssd_config(host: Host) -> SssdConfig:
    """Return sssd's configuration, read once."""
    found: SssdConfig = host.shared("sssd", lambda: SssdConfig(host))
    return found


def sssd_domains(host: Host) -> List[Domain]:
    """Return sssd's domains whose accounts or passwords are kept elsewhere."""
    config = sssd_config(host)
    return [one for one in config.domains() if not _is_local(config, one)]


def _is_local(config: SssdConfig, domain: Domain) -> bool:
    files = config.text("domain/" + domain.name, "proxy_lib_name") == "files"
    accounts = domain.provider == "files" or (domain.provider == "proxy" and files)
    return accounts and domain.password_provider in NO_PASSWORD


def winbind_domain(host: Host) -> Optional[Said]:
    """Return the domain that Samba is a member of, None where it is of none."""
    found = smb_config.settings(host)
    security, file, line = found.get("security", ("", smb_config.PATH, 0))
    role = lowered(found.get("serverrole", ("",))[0])
    if lowered(security) not in JOINED and role != "member server":
        return None
    name = found.get("realm", found.get("workgroup", ("", file, line)))
    return Said(name[0], file, line)


def cached_logins(host: Host, by: AbstractSet[str]) -> Iterator[Row]:
    """Yield `{by, domain, days, file, line}` of each domain whose logins work without it; `days` null: for ever."""
    if "sssd" in by:
        config = sssd_config(host)
        days = config.number("pam", LIFE)
        for one in sssd_domains(host):
            section = "domain/" + one.name
            if config.switch(section, "cache_credentials", False):
                _text, file, line = config.found("pam", LIFE) if days else config.found(section, "cache_credentials")
                yield _row("sssd", one.name, file, line, days=days or None)
    if "winbind" in by:
        found = smb_config.settings(host)
        if smb_config.switch(found, "winbindofflinelogon", False) and _winbind_caches(host):
            _text, file, line = found["winbindofflinelogon"]
            yield _row("winbind", _name(winbind_domain(host)), file, line, days=None)


def open_access(host: Host, by: AbstractSet[str]) -> Iterator[Row]:
    """Yield `{by, domain, why, file, line}` of each domain all of whose people this host lets in."""
    strange = sorted(by - {"sssd", "winbind", "ldap", "pam_krb5"})
    if strange:
        raise ReadError("whom %s lets in is not followed here; look at its own configuration" % printable(strange[0]))
    if "sssd" in by:
        unasked = _services_without(host, "account", "pam_sss.so")
        for one in sssd_domains(host):
            why = _why_open(sssd_config(host), one)
            if unasked and not why:
                why = Said("PAM lets in without asking sssd: " + " ".join(unasked), MAIN, 0)
            if why:
                yield _row("sssd", one.name, why.file, why.line, why=printable(why.text))
    if "winbind" in by and not _winbind_limits(host):
        yield _row("winbind", _name(winbind_domain(host)), WINBIND_FILE, 0, why="no require_membership_of")
    if "ldap" in by and not _first_word(host, NSLCD, "pam_authz_search"):
        yield _row("ldap", "", NSLCD, 0, why="no pam_authz_search")


def _why_open(config: SssdConfig, domain: Domain) -> Optional[Said]:
    """Return by what everybody of a domain comes in; None where something chooses."""
    section = "domain/" + domain.name
    text, file, line = config.found(section, "access_provider")
    provider = lowered(text) or "permit"
    if not line:
        file, line = domain.file, domain.line
    if provider in DECIDED_THERE:
        return None
    if provider not in CHOICES:
        raise ReadError(
            "%s:%d: whom the access provider %s lets in is not followed; look at what it asks"
            % (file, line, printable(text))
        )
    why = CHOICES[provider](config, section)
    return Said(why, file, line) if why else None


def _permit(_config: SssdConfig, _section: str) -> str:
    return "access_provider is permit"


def _simple(config: SssdConfig, section: str) -> str:
    lists = [config.text(section, name) for name in ("simple_allow_users", "simple_allow_groups")]
    return "" if any(text.strip(BLANKS + ",") for text in lists) else "no simple_allow_users or simple_allow_groups"


def _ad(config: SssdConfig, section: str) -> str:
    mode = lowered(config.text(section, "ad_gpo_access_control", "enforcing"))
    chosen = _chooses(config.text(section, "ad_access_filter"))
    return "" if mode == "enforcing" or chosen else "ad_gpo_access_control is not enforcing, and no ad_access_filter"


def _ldap(config: SssdConfig, section: str) -> str:
    order = {lowered(word.strip(BLANKS)) for word in config.text(section, "ldap_access_order", "filter").split(",")}
    text = config.text(section, "ldap_access_filter")
    # Without a filter that is asked for nobody comes in.
    if "filter" in order and not _chooses(text) and text:
        order.discard("filter")
    return "" if order & LDAP_CHECKS else "ldap_access_order and ldap_access_filter choose nobody"


def _krb5(_config: SssdConfig, _section: str) -> str:
    return "access_provider is krb5, by which each may let in others, and comes in without .k5login"


CHOICES = {"permit": _permit, "simple": _simple, "ad": _ad, "ldap": _ldap, "krb5": _krb5}


def _chooses(text: str) -> bool:
    return bool(text) and lowered(text) not in EVERYBODY_MATCHES


def _services_without(host: Host, kind: str, name: str) -> List[str]:
    """Return the services by which people come in whose stack does not let a module refuse."""
    return [
        service
        for service in SERVICES["auth"]
        if has_service(host, service) and not _refuses(stack(host, service, kind), name)
    ]


def _refuses(modules: Sequence[Module], name: str) -> bool:
    return any(one.name == name and one.action("perm_denied") in REFUSING for one in modules)


def _winbind_caches(host: Host) -> bool:
    return any("cached_login" in one.arguments for one in _winbind_modules(host)) or lowered(
        _option_of_file(host, "cached_login")
    ) in ("yes", "true", "1", "on")


def _winbind_limits(host: Host) -> bool:
    """Whether membership of a group is asked for wherever winbind checks a password."""
    if _option_of_file(host, "require_membership_of") or _option_of_file(host, "require-membership-of"):
        return True
    modules = _winbind_modules(host)
    names = ("require_membership_of=", "require-membership-of=")
    return bool(modules) and all(any(word.startswith(names) for word in one.arguments) for one in modules)


def _winbind_modules(host: Host) -> List[Module]:
    services = [service for service in SERVICES["auth"] if has_service(host, service)]
    return [one for service in services for one in stack(host, service, "auth") if one.name == WINBIND]


def _option_of_file(host: Host, wanted: str) -> str:
    found = ""
    for line in _lines(host, WINBIND_FILE):
        name, _sign, text = line.partition("=")
        if lowered(name.strip(BLANKS)) == wanted:
            found = text.partition(";")[0].strip(BLANKS)
    return found


def _first_word(host: Host, path: str, wanted: str) -> bool:
    return any(lowered(line.partition(" ")[0].partition("\t")[0]) == wanted for line in _lines(host, path))


def _lines(host: Host, path: str) -> Iterator[str]:
    try:
        text = host.read_text(path)
    except NotFound:
        return
    for line in split_lines(text):
        bare = line.strip(BLANKS)
        if bare and bare[0] not in "#;":
            yield bare


def _name(joined: Optional[Said]) -> str:
    return joined.text if joined else ""


def _row(by: str, domain: str, file: str, line: int, **more: Any) -> Row:
    return {"by": by, "domain": printable(domain), "file": printable(file), "line": line, **more}
