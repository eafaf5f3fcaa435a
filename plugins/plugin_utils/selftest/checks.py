# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What windows_observe read, held against what the second ways read: whether both say the same, or why nobody can say.

What differs between hosts of the same kind stands in a check; a SID by its last number alone, an account never by its name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import lowered
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows import (
    audit_backup,
    registry_value,
    second_ways,
    security_export,
    user_rights,
)
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.observed import file_bytes, part
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.reader import Reader
from ansible_collections.hipaa.cis.plugins.plugin_utils.platforms.windows.release import PRODUCT_TYPES
from ansible_collections.hipaa.cis.plugins.plugin_utils.selftest import questions

ABSENT = "absent"
OBSERVE, SELFTEST = "windows_observe", "windows_selftest"
LANGUAGE_MODE = "language mode"
# EditionID to the numbers that GetProductInfo may give for it (winnt.h, PRODUCT_...); the second one is Server Core's of older releases.
EDITIONS = {
    "ServerStandard": (7, 13), "ServerDatacenter": (8, 12), "ServerStandardEval": (79,), "ServerDatacenterEval": (80,),
    "ServerTurbine": (407,), "ServerRdsh": (175,), "Enterprise": (4,), "EnterpriseN": (27,), "EnterpriseEval": (72,), "EnterpriseS": (125,),
    "EnterpriseSN": (126,), "EnterpriseSEval": (129,), "IoTEnterprise": (188,), "IoTEnterpriseS": (191,), "Professional": (48,),
    "ProfessionalN": (49,), "ProfessionalWorkstation": (161,), "ProfessionalWorkstationN": (162,), "ProfessionalEducation": (164,),
    "Education": (121,), "EducationN": (122,), "Core": (101,), "CoreN": (98,), "CoreSingleLanguage": (100,),
}  # fmt: skip
# The words of CIM, which no language translates, to the numbers of the service manager.
START_MODES = {"Boot": 0, "System": 1, "Auto": 2, "Manual": 3, "Disabled": 4}
SERVICE_STATES = {
    "Stopped": 1, "Start Pending": 2, "Stop Pending": 3, "Running": 4, "Continue Pending": 5, "Pause Pending": 6, "Paused": 7,
}  # fmt: skip
AUTOMATIC = 2
MEMBERS = ("1", "3", "4", "5")
_OF_PEOPLE = ("S-1-5-21-", "S-1-12-1-")
_Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """``same`` is None where one of the two could not be read; ``reason`` says why."""

    name: str
    ours: Any = None
    theirs: Any = None
    same: bool | None = None
    reason: str = ""


class Seen:
    """What both ways answered. ``ours``: of windows_observe, looked at; ``readings``: of the second ways; ``failed``: why a module gave nothing."""

    def __init__(self, ours: _Answer, readings: _Answer, failed: Mapping[str, str] = MappingProxyType({})) -> None:
        self._failed = failed
        self.facts: _Answer = ours.get("facts", {})
        self.windows: _Answer = self.facts.get("windows", {})
        self._observations: _Answer = ours.get("observations", {})
        self._readings = readings
        self._reader = Reader(self.facts)

    def why(self, module: str, otherwise: str) -> str:
        """Return why something is missing from a module's answer."""
        return self._failed.get(module, otherwise)

    def fact(self, name: str) -> Any:
        """Return a fact of Windows. Raises `HipaaCisError` where it is missing."""
        if name not in self.windows:
            why = self.facts.get("domain_role_unknown") if name == "domain_role" else None
            raise HipaaCisError(f"ours: {why or self.why(OBSERVE, f'the fact {name} is missing')}")
        return self.windows[name]

    def observation(self, key: str) -> _Answer:
        """Return the answer to a question. Raises `HipaaCisError` where it is an error."""
        seen: _Answer = self._observations.get(
            key, {"state": "error", "reason": self.why(OBSERVE, "it gave no answer to it")}
        )
        if seen["state"] == "error":
            raise HipaaCisError(f"ours: {seen.get('reason', 'no reason')}")
        return seen

    def raw(self, kind: str, **address: Any) -> _Answer:
        """Return the answer to a question of a raw kind. Raises `HipaaCisError`."""
        return self.observation(questions.question(kind, **address))

    def setting(self, kind: str, address: Mapping[str, Any], seen: _Answer) -> Any:
        """Return what the platform's reader makes of an answer: its value, or None where it is not there. Raises `HipaaCisError`."""
        try:
            read = self._reader.read(kind, address, seen)
        except Exception as problem:
            raise HipaaCisError(f"ours: the reader failed by {type(problem).__name__}") from None
        if read["state"] == "error":
            raise HipaaCisError(f"ours: {read['reason']}")
        return read.get("value")

    def reading(self, name: str, one: str = "") -> Any:
        """Return what a second way read, or a part of it. Raises `HipaaCisError` where it could not."""
        told = self._readings.get(name, {"reason": self.why(SELFTEST, "it gave no answer")})
        if not isinstance(told.get("value"), Mapping):
            raise HipaaCisError(f"theirs: {told.get('reason', 'it is not of its form')}")
        if one and one not in told["value"]:
            raise HipaaCisError(f"theirs: it has no '{one}'")
        return told["value"][one] if one else told["value"]

    def listed(self, name: str, one: str) -> list[Any]:
        """Return a list that a second way read. Raises `HipaaCisError`."""
        told = self.reading(name, one)
        if not isinstance(told, list):
            raise HipaaCisError(f"theirs: its '{one}' is no list")
        return told


def checks(seen: Seen) -> list[Check]:
    """Return all checks of a host."""
    groups = {
        "registry": _registry, "users": _users, "services": _services, "facts": _facts, "account policy": _account_policy,
        "user rights": _user_rights, "audit policy": _audit_policy, "shell": _shell,
    }  # fmt: skip
    return [check for name, group in groups.items() for check in _of_group(name, group, seen)]


def _of_group(name: str, group: Callable[[Seen], Iterable[Check]], seen: Seen) -> Iterator[Check]:
    try:
        yield from group(seen)
    except Exception as problem:
        # A real host may answer in a form that no recorded one has: that is what the test is for.
        yield Check(f"{name}: the rest", reason=f"the checks failed by {type(problem).__name__}")


def passed(found: Iterable[Check]) -> bool:
    """Return whether nothing differs, and something was held against something: that a module runs says its language mode already."""
    made = [one for one in found if one.same is not None and one.name != LANGUAGE_MODE]
    return bool(made) and all(one.same is not False for one in found)


def _compared(name: str, ours: Callable[[], Any], theirs: Callable[[], Any]) -> Check:
    """Return the check of two things that are the same where they are equal."""
    try:
        one, other = ours(), theirs()
    except HipaaCisError as problem:
        return Check(name, reason=str(problem).rstrip("."))
    return Check(name, one, other, one == other)


def _number(given: Any, what: str) -> int:
    text = str(given)
    if isinstance(given, bool) or not text.isascii() or not text.isdigit():
        raise HipaaCisError(f"theirs: {what} is no number")
    return int(text)


def _shown(value: registry_value.RegistryValue | registry_value.Absent) -> str:
    if isinstance(value, registry_value.Absent):
        return ABSENT
    data = value.data
    if isinstance(data, bytes):
        data = data.hex()
    return f"{value.type} {', '.join(data) if isinstance(data, tuple) else data}"


def _registry(seen: Seen) -> Iterator[Check]:
    for place, (key, name, view) in enumerate(questions.REGISTRY):
        label = f"registry {key.rpartition(chr(92))[2]}|{name} ({view} bits)"
        yield _compared(label, partial(_observed, seen, place), partial(_queried, seen, place))


def _observed(seen: Seen, place: int) -> str:
    key, name, view = questions.REGISTRY[place]
    return _of_observation(seen.raw("registry", **questions.registry_address(key, name, view)), view)


def _queried(seen: Seen, place: int) -> str:
    values = seen.listed("registry", "values")
    return _shown(second_ways.reg_query(values[place] if place < len(values) else None, questions.REGISTRY[place][1]))


def _of_observation(answer: _Answer, view: int) -> str:
    if answer["state"] == "absent":
        return ABSENT
    return _shown(registry_value.read(answer.get("value"), view, "asked for"))


def _short(sid: Any) -> str:
    return "-" + str(sid).rpartition("-")[2]


def _of_users(seen: Seen) -> dict[str, Any]:
    """Return the values of a user's setting, by the SID of each user who is logged on."""
    answer = seen.raw("user_registry", **dict(zip(("key", "name"), questions.USER_REGISTRY, strict=True)))
    users = part(answer, "users") if answer["state"] == "value" else []
    return {str(one.get("sid")): one.get("value") for one in users if isinstance(one, Mapping)}


def _users(seen: Seen) -> Iterator[Check]:
    name = "users who are logged on"
    try:
        own = str(seen.reading("hives", "own"))
        ours = set(_of_users(seen))
        theirs = {str(sid) for sid in seen.listed("hives", "sids") if str(sid).startswith(_OF_PEOPLE)} - {own}
        yield Check(name, sorted(map(_short, ours)), sorted(map(_short, theirs)), ours == theirs)
    except HipaaCisError as problem:
        yield Check(name, reason=str(problem))
    yield from _of_each_user(seen)


def _of_each_user(seen: Seen) -> Iterator[Check]:
    name = f"registry of a user {questions.USER_REGISTRY[1]}"
    try:
        users, said = _of_users(seen), seen.listed("user_registry", "users")
    except HipaaCisError as problem:
        yield Check(name, reason=str(problem))
        return
    for one in said:
        sid = str(one.get("sid")) if isinstance(one, Mapping) else ""
        yield _compared(f"{name} {_short(sid)}", partial(_of_user, users, sid), partial(_of_query, one))
    if not said:
        yield Check(name, reason="nobody but the account of this test is logged on")


def _of_query(said: Any) -> str:
    return _shown(second_ways.reg_query(said, questions.USER_REGISTRY[1]))


def _of_user(users: Mapping[str, Any], sid: str) -> str:
    if sid not in users:
        raise HipaaCisError("ours: this user was not logged on then")
    return _shown(registry_value.read(users[sid], 64, "asked for"))


def _services(seen: Seen) -> Iterator[Check]:
    for name in questions.SERVICES:
        yield _compared(f"service {name}", partial(_service, seen, name), partial(_listed_service, seen, name))


def _service(seen: Seen, name: str) -> Any:
    answer = seen.raw("service", name=name)
    if answer["state"] == "absent":
        return ABSENT
    return _as_shown(*(part(answer, one) for one in ("start_now", "status", "delayed")))


def _as_shown(start: Any, status: Any, delayed: Any) -> dict[str, Any]:
    """Return how a service is shown. Of one that does not start by itself nobody cares whether it would be late."""
    late = {"delayed": bool(delayed)} if start == AUTOMATIC else {}
    return {"start_now": start, "status": status, **late}


def _listed_service(seen: Seen, name: str) -> Any:
    listed = [one for one in seen.listed("services", "services") if isinstance(one, Mapping)]
    found = [one for one in listed if lowered(str(one.get("name"))) == lowered(name)]
    if not found:
        return ABSENT
    start, state = START_MODES.get(str(found[0].get("start_mode"))), SERVICE_STATES.get(str(found[0].get("state")))
    if start is None or state is None:
        raise HipaaCisError("theirs: Win32_Service says it by words that are not known")
    return _as_shown(start, state, found[0].get("delayed"))


def _facts(seen: Seen) -> Iterator[Check]:
    def kind() -> Any:
        return PRODUCT_TYPES.get(seen.fact("product_type"), seen.fact("product_type"))

    def of_domain() -> bool:
        return seen.fact("domain_role") in MEMBERS

    yield _compared("fact build", lambda: seen.fact("build"), lambda: seen.reading("system", "build"))
    yield _compared("fact current_build", lambda: seen.fact("current_build"), lambda: seen.reading("system", "build"))
    yield _compared("fact product_type", kind, lambda: _number(seen.reading("system", "product_type"), "ProductType"))
    yield _compared("fact domain_role: of a domain", of_domain, lambda: seen.reading("system", "part_of_domain"))
    yield _edition(seen)


def _edition(seen: Seen) -> Check:
    try:
        edition, number = seen.fact("edition"), _number(seen.reading("system", "sku"), "OperatingSystemSKU")
    except HipaaCisError as problem:
        return Check("fact edition", reason=str(problem))
    known = EDITIONS.get(edition)
    same = None if known is None else number in known
    return Check("fact edition", edition, number, same, "" if known else "the number of this edition is not known here")


def _account_policy(seen: Seen) -> Iterator[Check]:
    try:
        theirs = second_ways.net_accounts(seen.reading("account_policy"))
    except HipaaCisError as problem:
        yield Check("account policy", reason=str(problem))
        return
    for key, other in theirs.items():
        name = f"account policy {key}"
        try:
            one = seen.setting("security_policy", {"name": key}, seen.raw("security_export"))
        except HipaaCisError as problem:
            yield Check(name, theirs=other, reason=str(problem))
            continue
        if one is None:
            yield Check(name, ABSENT, other, None, "secedit leaves it out where no number of attempts locks an account")
        else:
            # Where net has no number, it says by a word that there is none, or no end.
            yield Check(name, one, other, one in (0, "never") if other == second_ways.A_WORD else one == other)


def _user_rights(seen: Seen) -> Iterator[Check]:
    try:
        answer = seen.raw("security_export")
        export = security_export.whole(file_bytes(answer, "inf"), answer["value"]["code_page"])
        theirs = second_ways.counted_rights(
            file_bytes({"value": seen.reading("user_rights")}, "inf"), answer["value"]["code_page"]
        )
    except HipaaCisError as problem:
        yield Check("user rights", reason=str(problem))
        return
    except (KeyError, TypeError):
        yield Check("user rights", reason="ours: the export has no code page")
        return
    accounts = part(answer, "accounts")
    for right in sorted({*user_rights.RIGHTS, *theirs}):
        name, other = f"user right {right}", theirs.get(right, 0)
        try:
            one = len(user_rights.holders(export, right, accounts))
        except HipaaCisError:
            # The error names who holds it.
            why = "ours: a holder has no SID" if right in user_rights.RIGHTS else "ours: the right is not known"
            yield Check(name, theirs=other, reason=why)
            continue
        if one or other:
            yield Check(name, one, other, one == other)


def _audit_policy(seen: Seen) -> Iterator[Check]:
    try:
        backup = audit_backup.parsed(file_bytes(seen.raw("audit_backup"), "backup"))
        listing = second_ways.audit_listing(seen.reading("audit_policy"))
    except HipaaCisError as problem:
        yield Check("audit policy", reason=str(problem))
        return
    ours = {guid: rows[0].value for guid, rows in backup.system.items()}
    theirs = dict(listing)
    yield Check("audit policy: rows", len(ours), len(listing), len(ours) == len(listing))
    yield Check(
        "audit policy: GUIDs of one alone",
        sorted({*ours} - {*theirs}),
        sorted({*theirs} - {*ours}),
        {*ours} == {*theirs},
    )
    # Texts are in the host's language: each has to stand for one number, and each number for one text.
    pairs = {
        (audit_backup.SETTINGS.get(number, number), theirs[guid]) for guid, number in ours.items() if guid in theirs
    }
    numbers, texts = Counter(pair[0] for pair in pairs), Counter(pair[1] for pair in pairs)
    one, other = len(numbers), len(texts)
    yield Check("audit policy: settings that differ", one, other, len(pairs) == one == other)


def _shell(seen: Seen) -> Iterator[Check]:
    def code_page() -> Any:
        return part(seen.raw("security_export"), "code_page")

    def privileged() -> Any:
        if "privileged" not in seen.facts:
            raise HipaaCisError(f"ours: {seen.why(OBSERVE, 'the fact privileged is missing')}")
        return seen.facts["privileged"]

    yield _compared("code page", code_page, lambda: _number(seen.reading("system", "code_page"), "CodeSet"))
    yield _compared(LANGUAGE_MODE, lambda: "FullLanguage", lambda: seen.reading("shell", "language_mode"))
    yield _compared("administrator", privileged, lambda: seen.reading("shell", "administrator"))
