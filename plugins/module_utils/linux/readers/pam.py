# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `pam`: whether a module has an effect in the stacks that libpam runs where a person comes in, and its options."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    Observation,
    UsageError,
    absent,
    read_each,
    required,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import sshd_option, sudo
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_options import option
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_run import (
    ANYTHING,
    PROGRAMS,
    SERVICES,
    UNIX,
    Ends,
    Results,
    refused,
    run,
    word_of,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_stack import (
    TYPES,
    Module,
    has_service,
    other_services,
    stack,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shown_parts import shown_value

SOURCE = "/etc/pam.d"
SSHD, SUDO = "sshd", "sudo"
FAILLOCK = "pam_faillock.so"
PREAUTH, AUTHFAIL, AUTHSUCC = FAILLOCK + " preauth", FAILLOCK + " authfail", FAILLOCK + " authsucc"


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return for `runs`, `locks` and `judges` `[{service, why}]`, where it does not; for `option` `[{service, file, line, value}]`.

    Absent where the host has none of the services.
    """
    stacks = _Stacks(host)

    def one(address: Address) -> Observation:
        query, module = required(address, "query"), required(address, "module")
        if query == "option":
            only = str(address.get("type", ""))
            services = [service for kind in ([only] if only else TYPES) for service in stacks.of(kind, others=True)]
            found = _options(host, services, module, required(address, "name"))
        elif query in _QUERIES:
            kind, faulty = _QUERIES[query]
            services = stacks.of(kind or required(address, "type"))
            why = [(service.service, faulty(service, module)) for service in services]
            found = [{"service": service, "why": printable(text)} for service, text in why if text]
        else:
            raise UsageError("unknown query %r; known: option, %s" % (query, ", ".join(sorted(_QUERIES))))
        return value(found, SOURCE) if services else absent(SOURCE)

    return read_each(addresses, one)


class _Stacks:
    """The stacks of a host, each made once."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._made: Dict[str, List[_Service]] = {}
        self._others: Dict[str, List[_Service]] = {}

    def of(self, kind: str, others: bool = False) -> List[_Service]:
        """Return those of a type where a person comes in; ``others``: with every other service. Raises `ReadError`."""
        if kind not in TYPES:
            raise UsageError("unknown type %r; known: %s" % (kind, ", ".join(TYPES)))
        if kind not in self._made:
            there = [service for service in SERVICES[kind] if self._is_asked(service)]
            if SSHD in there:
                there += [service for service in sshd_option.pam_services(self._host) if service not in there]
            # Who proves nothing in the service that sudoers names proves nothing to sudo, whatever /etc/pam.d/sudo says.
            if SUDO in there:
                there += [service for service in sudo.pam_services(self._host) if service not in there]
            self._made[kind] = [_Service(self._host, service, kind) for service in there]
        if not others or not self._made[kind]:
            return self._made[kind]
        if kind not in self._others:
            made = {service.service for service in self._made[kind]}
            names = [name for name in other_services(self._host) if name not in made and name not in SERVICES[kind]]
            self._others[kind] = [_Service(self._host, name, kind) for name in names]
        return self._made[kind] + self._others[kind]

    def _is_asked(self, service: str) -> bool:
        # A program that is here asks for its service, and gets `other` where that has no file.
        return has_service(self._host, service) or (
            service in PROGRAMS and self._host.exists(PROGRAMS[service]) and has_service(self._host, "other")
        )


class _Service:
    """A service's stack of one type, to be run."""

    def __init__(self, host: Host, service: str, kind: str) -> None:
        self.host, self.service, self.kind = host, service, kind
        self.modules: List[Module] = stack(host, service, kind)
        self._reached: Dict[str, List[Module]] = {}

    def reached(self, name: str) -> List[Module]:
        """Return a module's places that are called on any way, whatever it says and whatever comes of the password."""
        if name not in self._reached:
            results = {UNIX: ("success", refused(self.kind)), PREAUTH: ANYTHING, AUTHFAIL: ANYTHING, AUTHSUCC: ANYTHING}
            ends = self.ends({**results, name: ANYTHING}, name) if self.places(name) else ()
            called = {at for _good, called in ends for at in called}
            self._reached[name] = [self.modules[at] for at in sorted(called)]
        return self._reached[name]

    def ends(self, results: Results, *watched: str) -> Ends:
        return run(self.host, self.service, self.kind, self.modules, results, watched)

    def places(self, name: str) -> List[int]:
        return [at for at, module in enumerate(self.modules) if name in (module.name, word_of(module))]

    def lacks(self, name: str) -> str:
        """Return that a module is not in the stack, or nothing."""
        return "" if self.places(name) else "%s is not in the stack of %s" % (name, self.kind)

    def unasked(self, name: str, sure: bool) -> str:
        """Return that a module is not called where all is well; ``sure``: on any of the ways through the stack."""
        called = [bool(called) for good, called in self.ends({}, name) if good]
        if called and (all(called) if sure else any(called)):
            return ""
        return "%s is not reached: what stands before it passes over it" % self.modules[self.places(name)[0]].place

    def uncounted(self, name: str) -> str:
        """Return that the stack ends well though a module was called that said no."""
        if not any(good and called for good, called in self.ends({name: (refused(self.kind),)}, name)):
            return ""
        return "%s: what it says does not count" % self.modules[self.places(name)[0]].place


def _not_run(of: _Service, module: str) -> str:
    """Say why a module has no effect; that of a session has done its work when it was called."""
    session = of.kind == "session"
    return of.lacks(module) or of.unasked(module, session) or ("" if session else of.uncounted(module))


def _not_locked(of: _Service, _module: str) -> str:
    """Say why failed logins with a password are not counted, or an account that is locked gets in."""
    if not of.places(UNIX):
        return ""
    lacking = of.lacks(PREAUTH) or of.lacks(AUTHFAIL)
    if lacking:
        return lacking
    unix = set(of.places(UNIX))
    locked = {PREAUTH: ("auth_err",), AUTHFAIL: ("auth_err",)}
    if any(good and unix & called for good, called in of.ends(locked, UNIX)):
        return "%s: a locked account gets in all the same" % of.modules[of.places(PREAUTH)[0]].place
    asked = [called for _good, called in of.ends({UNIX: ("auth_err",)}, UNIX, AUTHFAIL) if unix & called]
    if not all(called - unix for called in asked):
        return "%s is not reached when the password is wrong" % of.modules[of.places(AUTHFAIL)[0]].place
    if not any(called for good, called in of.ends({}, PREAUTH) if good):
        return "%s is not reached" % of.modules[of.places(PREAUTH)[0]].place
    return ""


def _not_judged(of: _Service, module: str) -> str:
    """Say why a new password is stored that a module has not seen, or has refused."""
    if not of.places(UNIX):
        return ""
    if of.lacks(module):
        return of.lacks(module)
    unix, judges = set(of.places(UNIX)), set(of.places(module))
    stored = [called for good, called in of.ends({}, UNIX, module) if good and unix & called]
    if not stored or not all(called & judges and min(called & judges) < min(called & unix) for called in stored):
        return "%s does not see the password before it is stored" % of.modules[min(judges)].place
    if any(good and unix & called for good, called in of.ends({module: ("authtok_err",)}, UNIX)):
        return "%s: a password that it refuses is stored all the same" % of.modules[min(judges)].place
    return ""


_QUERIES: Dict[str, Tuple[str, Callable[[_Service, str], str]]] = {
    "runs": ("", _not_run),
    "locks": ("auth", _not_locked),
    "judges": ("password", _not_judged),
}


def _options(host: Host, services: Sequence[_Service], module: str, name: str) -> List[Dict[str, Any]]:
    found: Dict[Tuple[str, int], Dict[str, Any]] = {}
    for service in services:
        places = [(one.file, one.line) for one in (service.modules[at] for at in service.places(module))]
        # What is known to be called by one service need not be looked for in the next.
        for one in () if found.keys() >= set(places) else service.reached(module):
            if (one.file, one.line) in found:
                continue
            seen, place = option(host, one, name)
            shown = shown_value(seen) if isinstance(seen, str) else seen
            item = {"service": service.service, "file": printable(one.file), "line": one.line, "value": shown}
            found[one.file, one.line] = {**item, "from": printable(place)} if place != one.place else item
    return list(found.values())
