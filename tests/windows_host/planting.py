"""What is put on a Windows-like host for each setting of the rules, right and wrong, and what has to come of it.

Both are worked out from the expectations here and nowhere else: nothing asks the judge, the matchers or the readers. A world is all
that is put in: by place, a value, a service, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any, NamedTuple

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Benchmark, Catalog, Rule
from tests.windows_host.registry_file import Value

Setting = Mapping[str, Any]
Expectation = Mapping[str, Any]
# What is put on a host, and what else is known of it.
KINDS = ("registry", "user_registry", "service")
ROLE = "domain_role"
MOST = 200


class Place(NamedTuple):
    """Where a setting lies. ``view``: 64 or 32; of a service ``key`` is its name. A user's setting lies in each hive."""

    kind: str
    key: str
    name: str = ""
    view: int = 64

    @property
    def folded(self) -> Place:
        """The same in one case, as Windows looks for it."""
        return self._replace(key=self.key.lower(), name=self.name.lower())


class Service(NamedTuple):
    """A service that is installed."""

    start: str
    runs: bool

    @property
    def document(self) -> dict[str, Any]:
        """What is to be seen of it."""
        status = "running" if self.runs else "stopped"
        fixed = {"delayed": False, "trigger_started": False, "account": "LocalSystem"}
        return {"start": self.start, "start_now": self.start, "status": status, **fixed}


NOTHING = None
Put = Value | Service | None
SERVICES = [Service(start, runs) for start in ("disabled", "manual", "automatic") for runs in (False, True)]
TYPES = {"text": ("REG_SZ", "REG_EXPAND_SZ"), "number": ("REG_DWORD", "REG_SZ")}
LOGS = r"%SystemRoot%\System32\logfiles\firewall"
PROFILE = r"software\policies\microsoft\windowsfirewall\{}profile\logging"
UNC = r"software\policies\microsoft\windows\networkprovider\hardenedpaths"
HARDENED = "RequireMutualAuthentication=1, RequireIntegrity=1, RequirePrivacy=1"
# What regular expressions are asked that nothing can be read out of: by key and name, in lower case, what is right by the words of the
# benchmark, and what is not.
SAMPLES: dict[tuple[str, str], tuple[list[Any], list[Any]]] = {
    **{
        (PROFILE.format(name), "logfilepath"): (
            [rf"{LOGS}\{name}fw.log"],
            [rf"{LOGS}\pfirewall.log", rf"{LOGS}\{name}fw.log.old"],
        )
        for name in ("domain", "private", "public")
    },
    **{
        (UNC, rf"\\*\{share}"): ([HARDENED], [HARDENED.replace("Integrity=1", "Integrity=0"), "RequireIntegrity=1"])
        for share in ("netlogon", "sysvol")
    },
    (r"software\policies\microsoft\cryptography\configuration\ssl\00010002", "functions"): (
        ["TLS_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"],
        ["TLS_AES_256_GCM_SHA384,TLS_RSA_WITH_AES_256_CBC_SHA256"],
    ),
    (r"system\currentcontrolset\control\lsa", "restrictremotesam"): (
        ["O:BAG:BAD:(A;;RC;;;BA)"],
        ["O:BAG:BAD:(A;;RC;;;BA)(A;;RC;;;WD)", "O:BAG:BAD:"],
    ),
    (r"system\currentcontrolset\control\securepipeservers\winreg\allowedexactpaths", "machine"): (
        [[r"System\CurrentControlSet\Control\ProductOptions", r"Software\Microsoft\Windows NT\CurrentVersion"]],
        [[r"System\CurrentControlSet\Control\ProductOptions", r"System\CurrentControlSet"]],
    ),
    (r"system\currentcontrolset\control\securepipeservers\winreg\allowedpaths", "machine"): (
        [[r"System\CurrentControlSet\Control\Print\Printers", r"Software\Microsoft\OLAP Server"]],
        [[r"System\CurrentControlSet\Control\Print\Printers", "Software"]],
    ),
}


class Unsolved(Exception):
    """There is nothing known that an expectation would take, or refuse."""


class _Gone:
    """What there is to look at where there is nothing."""


GONE = _Gone()


# ---------------------------------------------------------------- what an expectation takes


def _number(given: Any) -> int | None:
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    return int(given) if isinstance(given, str) and re.fullmatch("[0-9]{1,20}", given) else None


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if type(one) is type(other):
        return bool(one == other)
    return _number(one) is not None and _number(one) == _number(other)


def _items(seen: Any) -> list[Any]:
    if isinstance(seen, list):
        return seen
    return re.split(r"[,\s]+", seen.strip(", ")) if isinstance(seen, str) and seen else [] if seen == "" else [seen]


def takes(expectation: Expectation, seen: Any) -> bool:
    """Return whether an expectation takes a value, or `GONE`. Raises `Unsolved` on one that nothing is known of."""
    ((name, wanted),) = expectation.items()
    if name in ("all_of", "any_of"):
        return (all if name == "all_of" else any)(takes(one, seen) for one in wanted)
    if name in ("absent", "present"):
        return (seen is GONE) == (name == "absent")
    if name not in _TAKES:
        raise Unsolved(name)
    return seen is not GONE and _TAKES[name](wanted, seen)


def _in_bounds(seen: Any, least: int, most: int) -> bool:
    number = _number(seen)
    return number is not None and least <= number <= most


def _one_of(wanted: Iterable[Any], seen: Any) -> bool:
    return any(_alike(one, seen) for one in wanted)


HUGE = 1 << 80
_TAKES: dict[str, Callable[[Any, Any], bool]] = {
    "at_least": lambda wanted, seen: _in_bounds(seen, wanted, HUGE),
    "at_most": lambda wanted, seen: _in_bounds(seen, 0, wanted),
    "between": lambda wanted, seen: _in_bounds(seen, *wanted),
    "equals": _alike,
    "not_equals": lambda wanted, seen: not _alike(wanted, seen),
    "one_of": _one_of,
    "none_of": lambda wanted, seen: not any(_one_of(wanted, item) for item in [seen, *_items(seen)]),
    "matches": lambda wanted, seen: isinstance(seen, str) and re.search(wanted, seen) is not None,
    "contains": lambda wanted, seen: _one_of(_items(seen), wanted),
    "contains_all": lambda wanted, seen: all(_one_of(_items(seen), one) for one in wanted),
    "subset_of": lambda wanted, seen: all(_one_of(wanted, item) for item in _items(seen)),
    "empty": lambda _wanted, seen: seen in ("", []),
    "each": lambda wanted, seen: isinstance(seen, list) and all(takes(wanted, item) for item in seen),
    "any": lambda wanted, seen: isinstance(seen, list) and any(takes(wanted, item) for item in seen),
    "fields": lambda wanted, seen: (
        isinstance(seen, dict) and all(takes(one, seen.get(key, GONE)) for key, one in wanted.items())
    ),
}


def _constants(expectation: Expectation) -> Iterator[Any]:
    """Yield what an expectation names, and what lies just outside and inside of its bounds."""
    ((name, wanted),) = expectation.items()
    if name in ("all_of", "any_of"):
        for one in wanted:
            yield from _constants(one)
    elif name in ("each", "any"):
        yield from ([one] for one in _constants(wanted))
    elif name == "matches":
        # One of letters alone is its own sample.
        yield re.sub(r"\\(.)", r"\1", re.sub(r"^(\(\?i\))?\^?|\$$", "", wanted))
    elif name in ("contains", "contains_all", "subset_of"):
        listed = wanted if isinstance(wanted, list) else [wanted]
        yield from ([*listed], ",".join(map(str, listed)), [*listed, "stray"], listed[:-1])
    elif name in ("between", "one_of", "none_of", "equals", "not_equals", "at_least", "at_most"):
        for one in wanted if name in ("between", "one_of", "none_of") else [wanted]:
            yield one
            yield from _neighbours(one)


def _neighbours(one: Any) -> Iterator[Any]:
    number = _number(one)
    if number is not None:
        yield from (number - 1, number + 1)
    elif isinstance(one, str):
        yield one + "x"
    elif isinstance(one, list):
        yield from ([*one, "stray"], one[:-1])


def _typed(given: Any, kind: str) -> Iterator[Value]:
    """Yield a constant as a value of a type, where it can be one."""
    if kind in ("REG_DWORD", "REG_QWORD"):
        number = _number(given)
        if number is not None and 0 <= number < 1 << (32 if kind == "REG_DWORD" else 64):
            yield Value(kind, number)
    elif kind in ("REG_SZ", "REG_EXPAND_SZ"):
        if not isinstance(given, list) and str(given).isprintable():
            yield Value(kind, str(given))
    elif kind == "REG_MULTI_SZ":
        listed = given if isinstance(given, list) else [given]
        if all(str(one) for one in listed):
            yield Value(kind, [str(one) for one in listed])
    elif kind == "REG_BINARY" and isinstance(given, str) and re.fullmatch("([0-9a-f]{2})*", given):
        yield Value(kind, bytes.fromhex(given))


def seen_of(put: Value) -> Any:
    """Return a value as it is judged."""
    return put.data.hex() if isinstance(put.data, bytes) else put.data


def candidates(setting: Setting) -> list[Put]:
    """Return what might be put in a setting's place, of the right type; each is taken or refused by the expectation, see `fits`."""
    if setting["kind"] == "service":
        return [NOTHING, *SERVICES]
    kind = TYPES.get(_type(setting), (_type(setting),))[0]
    good, bad = samples(setting)
    named = [*good, *bad, *_constants(setting["expect"]), 0, 1, "", [], "stray", ["stray"], 4294967295]
    found = [value for one in named for value in _typed(one, kind)]
    return [NOTHING, *{(value.type, repr(value.data)): value for value in found}.values()]


def samples(setting: Setting) -> tuple[list[Any], list[Any]]:
    """Return what is right in a setting's place, and what is not, where that stands in the table."""
    address = setting["address"]
    return SAMPLES.get((str(address.get("key", "")).lower(), address["name"].lower()), ([], []))


def _type(setting: Setting) -> str:
    return str(setting["address"].get("type", "REG_DWORD"))


def every_leaf(settings: Iterable[Setting]) -> Iterator[Setting]:
    """Yield the settings of a tree that have a kind."""
    for setting in settings:
        if "kind" in setting:
            yield setting
        else:
            yield from every_leaf(setting.get("any_of") or setting["all_of"])


def place_of(setting: Setting) -> Place:
    """Return where a setting lies."""
    address = setting["address"]
    if setting["kind"] == "service":
        return Place("service", address["name"])
    if setting["kind"] not in KINDS:
        return Place(setting["kind"], "")
    return Place(setting["kind"], address["key"], address["name"], address.get("view", 64))


# ---------------------------------------------------------------- what comes of a world


@dataclass(frozen=True)
class World:
    """What is on a host. ``product``: its release, as defaults name it; ``users``: what each has in place of what all have."""

    product: str
    put: Mapping[Place, Put] = field(default_factory=dict)
    users: Mapping[str, Mapping[Place, Put]] = field(default_factory=dict)

    def outcome(self, rule: Rule, settings: Sequence[Setting]) -> str | None:
        """Return what a rule has to come to; None where settings of other kinds decide."""
        for condition in rule.applies_if:
            held = self._setting(condition["setting"])
            if held != "pass":
                return None if held is None else "not_applicable"
        found = self._all([self._tree(one) for one in settings])
        if rule.manual:
            return "error" if found == "error" else None if found is None else "manual"
        return found or (None if found is None else "not_applicable")

    def _tree(self, setting: Setting) -> str | None:
        """Return an outcome, an empty text for what does not apply here, or None."""
        if "all_of" in setting:
            return self._all([self._tree(one) for one in setting["all_of"]])
        if "any_of" in setting:
            found = [one for one in map(self._tree, setting["any_of"]) if one != ""]
            if "pass" in found or None in found:
                return "pass" if "pass" in found else None
            if set(found) == {"fail", "not_applicable"}:
                return "not_applicable"
            return self._all(found)
        for condition in setting.get("applies_if", ()):
            held = self._setting(condition["setting"])
            if held != "pass":
                return None if held is None else ""
        return self._setting(setting)

    @staticmethod
    def _all(found: Sequence[str | None]) -> str | None:
        kept = [one for one in found if one != ""]
        for worst in ("error", "fail"):
            if worst in kept and (worst == "error" or None not in kept):
                return worst
        if None in kept:
            return None
        return "" if not kept else "not_applicable" if "not_applicable" in kept else "pass"

    def _setting(self, setting: Setting) -> str | None:
        kind = setting["kind"]
        if kind not in (*KINDS, ROLE):
            return None
        place = place_of(setting).folded
        if kind == "user_registry":
            if not self.users:
                return "not_applicable"
            each = {self._value(setting, hive.get(place, self.put.get(place))) for hive in self.users.values()}
            return "error" if "error" in each else "fail" if "fail" in each else "pass"
        put = self.put.get(place)
        if kind == "service":
            seen = put.document if isinstance(put, Service) else GONE
            return "pass" if takes(setting["expect"], seen) else "fail"
        assert not isinstance(put, Service)
        return self._value(setting, put)

    def _value(self, setting: Setting, put: Any) -> str:
        expect, address = setting["expect"], setting["address"]
        if setting["kind"] == ROLE:
            return "pass" if takes(expect, put.data) else "fail"
        if put is NOTHING:
            default = address.get("default")
            if isinstance(default, Mapping):
                default = default.get(self.product)
            in_force = GONE if default is None else default
            configured = in_force if address.get("absence") == "delivered" else GONE
            return "pass" if takes(expect, in_force) and takes(expect, configured) else "fail"
        if put.type not in TYPES.get(_type(setting), (_type(setting),)):
            return "error"
        return "pass" if takes(expect, seen_of(put)) else "fail"


# ---------------------------------------------------------------- worlds for a benchmark


@dataclass(frozen=True)
class Asked:
    """The rules that a role of a benchmark has at level 2, with the values of the benchmark for the parameters."""

    product: str
    role: str
    profiles: tuple[str, ...]
    rules: Mapping[str, tuple[Rule, tuple[Setting, ...]]]
    fixed: Mapping[Place, Put]

    @property
    def world(self) -> World:
        """The world in which nothing but what makes the role is put in."""
        return World(self.product, {place.folded: put for place, put in self.fixed.items()})

    def leaves(self) -> Iterator[tuple[str, Setting]]:
        """Yield each setting of the three kinds with its rule, those left aside in which no rule's role is looked at."""
        for name, (rule, settings) in self.rules.items():
            if self.applies(rule.applies_if):
                yield from ((name, leaf) for leaf in self._leaves(settings) if leaf["kind"] in KINDS)

    def applies(self, conditions: Iterable[Mapping[str, Any]]) -> bool:
        """Return whether conditions hold by what makes the role; others are held against what is put in."""
        for condition in conditions:
            setting = condition["setting"]
            if place_of(setting) in self.fixed and self.world._setting(setting) != "pass":
                return False
        return True

    def _leaves(self, settings: Iterable[Setting]) -> Iterator[Setting]:
        return (leaf for leaf in every_leaf(settings) if self.applies(leaf.get("applies_if", ())))

    def alternatives(self, settings: Iterable[Setting]) -> list[list[Setting]]:
        """Return the ways in which settings can all be right: each a list of settings that have to be."""
        ways = [self._ways(setting) for setting in settings]
        return [[leaf for way in chosen for leaf in way] for chosen in islice(product(*ways), MOST)]

    def _ways(self, setting: Setting) -> list[list[Setting]]:
        if "all_of" in setting:
            return self.alternatives(setting["all_of"])
        if "any_of" in setting:
            return [way for one in setting["any_of"] for way in self._ways(one)]
        if not self.applies(setting.get("applies_if", ())) or setting["kind"] not in KINDS:
            return [[]]
        return [[setting, *self.to_be_put(setting.get("applies_if", ()))]]

    def to_be_put(self, conditions: Iterable[Mapping[str, Any]]) -> list[Setting]:
        """Return the settings of conditions that something has to be put in for."""
        settings = [one["setting"] for one in conditions]
        return [one for one in settings if one["kind"] in KINDS and place_of(one) not in self.fixed]


def asked(catalog: Catalog, benchmarks: Sequence[Benchmark], role: str, fixed: Mapping[Place, Put]) -> Asked:
    """Return what a host of a role is asked for at level 2 by its benchmark, the first, and others beside it, with the profiles that are no roles."""
    extra = tuple(sorted({profile for one in benchmarks for profile in one.profiles - {*one.roles}}))
    rules: dict[str, tuple[Rule, tuple[Setting, ...]]] = {}
    for benchmark in benchmarks:
        changed = benchmark.parameters
        values = {name: changed.get(name, {}).get("default", one.default) for name, one in catalog.parameters.items()}
        for item in benchmark.recommendations:
            if min(item.level.get(profile, 9) for profile in (role, *extra)) <= 2:
                for name in item.rules:
                    settings = tuple(_filled(one, values) for one in catalog.rules[name].settings)
                    rules.setdefault(name, (catalog.rules[name], settings))
    return Asked(benchmarks[0].id, role, extra, dict(sorted(rules.items())), fixed)


def _filled(node: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(node, Mapping):
        return (
            values[node["parameter"]]
            if set(node) == {"parameter"}
            else {key: _filled(one, values) for key, one in node.items()}
        )
    return [_filled(one, values) for one in node] if isinstance(node, (list, tuple)) else node


def right(wanted: Asked) -> tuple[dict[Place, Put], set[str]]:
    """Return a world in which each rule is right, as places that agree with all of them, and the rules for which there is none."""
    demands: dict[Place, list[Setting]] = {}
    chosen: dict[Place, Put] = {}
    unsolved: set[str] = set()
    for name, (rule, settings) in wanted.rules.items():
        if not wanted.applies(rule.applies_if):
            continue
        conditions = wanted.to_be_put(rule.applies_if)
        for way in wanted.alternatives(settings):
            needed: dict[Place, list[Setting]] = {}
            for leaf in [*conditions, *way]:
                needed.setdefault(place_of(leaf).folded, []).append(leaf)
            found = {place: _agreed([*demands.get(place, ()), *leaves]) for place, leaves in needed.items()}
            if all(values for values in found.values()):
                for place, leaves in needed.items():
                    demands.setdefault(place, []).extend(leaves)
                    chosen[place] = found[place][0]
                break
        else:
            unsolved.add(name)
    return chosen, unsolved


def _agreed(leaves: Sequence[Setting]) -> list[Put]:
    """Return what all settings of a place take, something before nothing."""
    found = [put for leaf in leaves for put in candidates(leaf) if all(_fits(one, put) for one in leaves)]
    return sorted(found, key=lambda put: put is NOTHING)


def _fits(setting: Setting, put: Put) -> bool:
    """Return whether a setting is right with what is put in, whatever Windows does by itself."""
    if put is NOTHING:
        return takes(setting["expect"], GONE)
    if isinstance(put, Service):
        return takes(setting["expect"], put.document)
    return put.type in TYPES.get(_type(setting), (_type(setting),)) and takes(setting["expect"], seen_of(put))


def wrong(wanted: Asked, above: bool) -> tuple[dict[Place, Put], dict[str, str]]:
    """Return a value for each place that no setting of it takes, the next above what is right or below, and the rules without one."""
    chosen: dict[Place, Put] = {}
    unsolved: dict[str, str] = {}
    good = right(wanted)[0]
    by_place: dict[Place, list[tuple[str, Setting]]] = {}
    for name, leaf in wanted.leaves():
        by_place.setdefault(place_of(leaf).folded, []).append((name, leaf))
    for place, named in by_place.items():
        leaves = [leaf for _name, leaf in named]
        found = [
            put for leaf in leaves for put in candidates(leaf) if put and not any(_fits(one, put) for one in leaves)
        ]
        if not found:
            unsolved.update((name, str(place)) for name, _leaf in named)
            continue
        chosen[place] = _beside(found, good.get(place), above)
    return chosen, unsolved


def _beside(found: Sequence[Put], good: Put, above: bool) -> Put:
    """Return the value that is the next above a good one, or below; the first where there is none there."""
    if isinstance(found[0], Service):
        return found[-1] if above else found[0]
    numbers = [(number, put) for put in found if isinstance(put, Value) and (number := _number(put.data)) is not None]
    middle = _number(good.data) if isinstance(good, Value) else 0
    there = [one for one in numbers if middle is not None and (one[0] > middle) == above]
    if not there:
        return found[0]
    return (min if above else max)(there, key=lambda one: one[0])[1]


def other_type(put: Value) -> Value:
    """Return the same as another type, which shows the same in an editor."""
    if put.type in ("REG_DWORD", "REG_QWORD"):
        return Value("REG_SZ", str(put.data))
    if put.type == "REG_BINARY":
        return Value("REG_SZ", put.data.hex())
    text = ",".join(put.data) if isinstance(put.data, list) else put.data
    number = _number(text)
    return Value("REG_DWORD", number) if number is not None and number < 1 << 32 else Value("REG_BINARY", text.encode())
