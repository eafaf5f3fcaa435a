# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chains that firewalld makes of its permanent configuration, as far as they decide about packets of TCP and UDP.

As seen with firewalld 1.3 and 2.3: zones are gone to by the sender's address, then by the interface; each decides to its end. Chains of
one zone that firewalld goes through one after the other are one chain here.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number, lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import network_manager
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.firewalld_config import (
    CONF,
    DIRECT,
    Config,
    Element,
    refused,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.firewalld_values import port_range
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.iptables_rules import (
    PROTOCOLS,
    Ports,
    add_rule,
    addresses,
    declare,
    numbers,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.nft_refusals import refuse_ways
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.packet_filter import (
    ACCEPT,
    DROP,
    Chain,
    Condition,
    Rule,
    Table,
)

Conditions = Tuple[Condition, ...]
TARGETS = {"default": DROP, "%%REJECT%%": DROP, "{chain}_{zone}": DROP, "": DROP, "DROP": DROP, "ACCEPT": ACCEPT}
POLICY_TARGETS = {"CONTINUE": "", "ACCEPT": ACCEPT, "REJECT": DROP, "DROP": DROP}
FAMILIES = {"ipv4": 4, "ipv6": 6}
UNKNOWN = Condition("unknown")
# A rule for more ports than these names none of them.
NAMED = 10000
# What stands for a zone's own items in a rule of the rich language and outside of one.
PACKETS = ("service", "port", "protocol", "source-port")
_WITHOUT_ACTION = ("icmp-block", "masquerade", "forward-port", "tcp-mss-clamp")
_VERDICTS = {"accept": ACCEPT, "reject": DROP, "drop": DROP}
_KEPT = Condition("state", ("established", "related"))


def tables(host: Host, ports: Ports, managed: bool) -> List[Table]:
    """Return the tables that firewalld loads at boot. ``managed``: NetworkManager starts, which binds interfaces to zones."""
    return _Builder(host, ports, managed).tables()


class _Builder:
    def __init__(self, host: Host, ports: Ports, managed: bool) -> None:
        self._host = host
        self._config = Config(host, ports)
        self._ports = ports
        self._default = self._config.default_zone
        self._chains: Dict[str, Chain] = {}
        self._bindings = {name: zone.all("interface") for name, zone in self._config.zones.items()}
        self._sources = {name: zone.all("source") for name, zone in self._config.zones.items()}
        self._refuse_double("name", self._bindings)
        self._refuse_double("address", self._sources)
        self._refuse_drifting()
        for holder in (*self._config.zones.values(), *self._config.policies.values()):
            for rule in holder.all("rule"):
                if not _is_complete(rule):
                    raise refused(rule.place, "the rule is incomplete or says two things")
        # Dispatch by what NetworkManager says, which stands before what the zones say.
        self._moved: List[Rule] = []
        if managed:
            self._bound_by_network_manager(network_manager.connections(host))

    def _refuse_double(self, attribute: str, said: Dict[str, List[Element]]) -> None:
        seen: Dict[str, str] = {}
        for zone, elements in said.items():
            for one in elements:
                name = one.attributes.get(attribute, "")
                if name and seen.setdefault(name, zone) != zone:
                    raise refused(one.place, "%s is bound to the zone %s too" % (name, seen[name]))

    def _refuse_drifting(self) -> None:
        """Before 1.0, what a sender's zone does not decide may go on to that of the interface."""
        said = lowered(self._config.conf.get("AllowZoneDrifting", "yes"))
        drifting = [zone for zone, sources in self._sources.items() if sources] if self._config.major < 1 else []
        if drifting and said not in ("no", "false"):
            raise ReadError(
                "%s: packets drift from the zone of their sender (%s) into that of their interface, which is not followed; "
                "set AllowZoneDrifting=no" % (CONF, printable(", ".join(sorted(drifting)))[:100])
            )

    def _bound_by_network_manager(self, connections: Sequence[network_manager.Connection]) -> None:
        """Take in that NetworkManager moves each of its interfaces to its connection's zone: the default one where that has none."""
        for one in connections:
            zone = one.zone or self._default
            if zone not in self._config.zones:
                continue  # firewalld refuses that, and the interface stays where it is
            made = Element("interface", {"name": one.interface}, one.file)
            if one.interface == "*":
                self._moved.append(Rule((UNKNOWN,), "goto", zone, one.file))
                continue
            for said in self._bindings.values():
                said[:] = [other for other in said if other.attributes["name"] != one.interface]
            self._bindings[zone].append(made)
        named = [one.interface for one in connections]
        for said in self._bindings.values():
            for element in said:
                if element.attributes["name"] not in named:
                    # It may make a connection of its own for an interface that none is for.
                    self._moved.append(
                        Rule((self._interface("iif", element), UNKNOWN), "goto", self._default, element.place)
                    )

    def tables(self) -> List[Table]:
        backend = self._config.conf.get("FirewallBackend", "nftables")
        if backend not in ("nftables", "iptables"):
            raise ReadError("%s: FirewallBackend %r is not known" % (CONF, backend))
        for name, zone in self._config.zones.items():
            moved = any(one.target == name for one in self._moved)
            if name == self._default or self._bindings[name] or self._sources[name] or moved:
                self._zone(name, zone)
        self._dispatch()
        self._policies()
        passed_on = self._direct(backend)
        if backend == "iptables":
            for table in passed_on:
                if table.name == "filter":
                    table.chains.update(self._base("", 0, table.chains))
            return passed_on
        return [*passed_on, Table("inet firewalld", (4, 6), "firewalld", self._base("filter_", 10, {}))]

    def _base(self, prefix: str, priority: int, direct: Dict[str, Chain]) -> Dict[str, Chain]:
        """Return all chains, with those at the hooks; with iptables what is passed on has a place in them."""
        found = dict(self._chains)
        for name, way in (("INPUT", "iif"), ("FORWARD", "iif"), ("OUTPUT", "oif")):
            rules = [Rule((_KEPT,), ACCEPT), Rule((Condition(way, ("lo",)),), ACCEPT)]
            rules += direct[name].rules if name in direct else []
            if name == "OUTPUT":
                rules += [Rule((), "jump", "OUTPUT_pre"), Rule((), "jump", "OUTPUT_post")]
            else:
                rules += [Rule((), "jump", name + "_ZONES"), Rule((), DROP, "", CONF)]
            found[prefix + name] = Chain(prefix + name, lowered(name), "filter", priority, ACCEPT, rules)
        if prefix:
            found[prefix + "PREROUTING"] = Chain(prefix + "PREROUTING", "prerouting", "filter", priority)
        return found

    def _chain(self, name: str) -> List[Rule]:
        return self._chains.setdefault(name, Chain(name)).rules

    def _zone(self, name: str, zone: Element) -> None:
        target = zone.attributes.get("target", "default")
        if target not in TARGETS:
            raise refused(zone.place, "%s is no target of a zone" % target)
        last = Rule((), TARGETS[target], "", zone.place)
        rules = self._chain("INPUT_" + name)
        rules.append(Rule((), "jump", "INPUT_pre"))
        rules += self._holder(zone)
        rules += [Rule((), "jump", "INPUT_post"), last]
        rules = self._chain("FORWARD_" + name)
        rules.append(Rule((), "jump", "FORWARD_pre"))
        if zone.all("forward"):
            rules += [Rule((self._interface("oif", one),), ACCEPT, "", one.place) for one in self._bindings[name]]
            rules += [Rule(self._sender("daddr", one), ACCEPT, "", one.place) for one in self._sources[name]]
        rules += [Rule((), "jump", "FORWARD_post"), last]

    def _dispatch(self) -> None:
        """Go to the zone of a packet: by priority, senders before interfaces, then by name."""
        found: List[Tuple[int, int, str, Rule]] = []
        for name, zone in self._config.zones.items():
            priority = self._number(zone, "ingress-priority", 0)
            by_sender = [Rule(self._sender("saddr", one), "goto", name, one.place) for one in self._sources[name]]
            by_way = [Rule((self._interface("iif", one),), "goto", name, one.place) for one in self._bindings[name]]
            found += [(priority, 0, name, one) for one in by_sender]
            found += [(priority, 1, name, one) for one in by_way]
        rules = [one[3] for one in sorted(found, key=lambda one: one[:3])]
        # What NetworkManager may move to another zone it moves by the interface.
        first = next((at for at, one in enumerate(rules) if not one.tells("saddr")), len(rules))
        rules[first:first] = self._moved
        for chain in ("INPUT", "FORWARD"):
            self._chain(chain + "_pre"), self._chain(chain + "_post")
            self._chain(chain + "_ZONES").extend(
                Rule(one.conditions, "goto", "%s_%s" % (chain, one.target), one.place)
                for one in [*rules, Rule((), "goto", self._default, CONF)]
            )

    @staticmethod
    def _number(element: Element, name: str, default: int) -> int:
        text = element.attributes.get(name, str(default))
        if not is_number(text.lstrip("+-")):
            raise refused(element.place, "%s is no number" % text)
        return int(text)

    @staticmethod
    def _interface(field: str, element: Element) -> Condition:
        name = element.attributes["name"]
        return Condition(field, (name[:-1] + "*" if name.endswith("+") else name,))

    def _sender(self, field: str, element: Element) -> Conditions:
        """Return the conditions of an address, a network, an ipset or the address of a card."""
        said = element.attributes
        negated = lowered(said.get("invert", "")) in ("yes", "true")
        if "ipset" in said:
            return self._of_set(field, self._config.used("ipsets", said["ipset"], element.place), negated)
        text = said.get("address", "")
        if not text or (text.count(":") == 5 and len(text) == 17):
            return (UNKNOWN,)
        return self._address(field, [text], 6 if ":" in text else 4, negated)

    @staticmethod
    def _address(field: str, texts: Sequence[str], family: int, negated: bool = False) -> Conditions:
        return Condition("family", ((family, family),)), addresses(field, texts, negated, family)

    def _of_set(self, field: str, made: Element, negated: bool) -> Conditions:
        options = {one.attributes["name"]: one.attributes.get("value", "") for one in made.all("option")}
        if made.attributes["type"] not in ("hash:ip", "hash:net") or "timeout" in options:
            return (UNKNOWN,)  # what is in it changes with the traffic, or is more than an address
        texts = [one.text.strip(BLANKS + "\n") for one in made.all("entry")]
        return self._address(field, texts, 6 if options.get("family") == "inet6" else 4, negated)

    def _meant(self, one: Element) -> List[Conditions]:
        """Return what packets an element is for: the conditions of each rule that firewalld makes of it."""
        if one.name == "service":
            return self._service(one.attributes["name"], one.place, [])
        if one.name == "protocol" or not one.attributes["port"]:
            name = lowered(one.attributes["value" if one.name == "protocol" else "protocol"])
            return [(Condition("proto", (PROTOCOLS.get(name, name),)),)]
        field = "dport" if one.name == "port" else "sport"
        protocol = Condition("proto", (one.attributes["protocol"],))
        ports = port_range(one.attributes["port"], self._ports) or one.attributes["port"]
        return [(protocol, numbers(field, [ports], False, self._ports))]

    def _passed_on(self, one: Element) -> Rule:
        """Return the rule of ports that are passed on: what is let in by it is not followed, where it is for all."""
        meant = (
            Condition("proto", (one.attributes["protocol"],)),
            numbers("dport", [port_range(one.attributes["port"], self._ports)], False, self._ports),
        )
        return Rule((*meant, UNKNOWN), ACCEPT, "", one.place)

    def _all_passed_on(self, holder: Element) -> List[Rule]:
        """Return those of a zone or policy that are for more ports than a rule would name."""
        found = [*holder.all("forward-port"), *(one for rule in holder.all("rule") for one in rule.all("forward-port"))]
        rules = [self._passed_on(one) for one in found]
        return [one for one in rules for low, high in one.conditions[1].values if high - low > NAMED]

    def _service(self, name: str, place: str, seen: List[str]) -> List[Conditions]:
        service = self._config.used("services", name, place)
        seen.append(name)
        found: List[Conditions] = []
        for one in service.all("include"):
            if one.attributes["service"] not in seen:
                found += self._service(one.attributes["service"], one.place, seen)
        receivers: List[Conditions] = [
            self._address("daddr", [one.attributes[name]], family)
            for one in service.all("destination")
            for name, family in FAMILIES.items()
            if name in one.attributes
        ]
        for one in service.all(*PACKETS):
            found += [(*receiver, *meant) for meant in self._meant(one) for receiver in receivers or [()]]
        return found

    def _holder(self, holder: Element) -> List[Rule]:
        """Return what a zone or a policy decides by its items: rules before all others, what refuses, what accepts, rules behind all."""
        found = [
            (0, 1, Rule(meant, ACCEPT, "", one.place)) for one in holder.all(*PACKETS) for meant in self._meant(one)
        ]
        for one in holder.all("rule"):
            priority = self._number(one, "priority", 0)
            found += [(priority, int(rule.verdict == ACCEPT or priority != 0), rule) for rule in self._rich(one)]
        return self._all_passed_on(holder) + [
            rule for _priority, _accepts, rule in sorted(found, key=lambda one: one[:2])
        ]

    def _rich(self, rule: Element) -> Iterator[Rule]:
        """Yield the rules of one in the rich language. Those that only log, mark, translate or are for ICMP decide nothing here."""
        actions, subjects = rule.all(*_VERDICTS), rule.all(*PACKETS)
        if not actions or rule.all("icmp-type"):
            return
        conditions: List[Condition] = []
        if "family" in rule.attributes:
            family = FAMILIES[rule.attributes["family"]]
            conditions.append(Condition("family", ((family, family),)))
        for name, field in (("source", "saddr"), ("destination", "daddr")):
            for one in rule.all(name):
                conditions += self._sender(field, one)
        if actions[0].all("limit"):
            conditions.append(Condition("some"))
        for meant in self._meant(subjects[0]) if subjects else [()]:
            yield Rule((*conditions, *meant), _VERDICTS[actions[0].name], "", rule.place)

    def _policies(self) -> None:
        self._chain("OUTPUT_pre"), self._chain("OUTPUT_post")
        ordered = [(self._number(one, "priority", -1), name, one) for name, one in self._config.policies.items()]
        for priority, name, policy in sorted(ordered, key=lambda one: one[:2]):
            comes, goes = (
                [one.attributes["name"] for one in policy.all(side)] for side in ("ingress-zone", "egress-zone")
            )
            hook = "INPUT" if "HOST" in goes else "OUTPUT" if "HOST" in comes else "FORWARD"
            target = policy.attributes["target"]
            if target not in POLICY_TARGETS:
                raise refused(policy.place, "%s is no target of a policy" % target)
            chain = "%s_policy_%s" % (hook, name)
            self._chain(chain).extend([*self._holder(policy), Rule((), POLICY_TARGETS[target], "", policy.place)])
            self._chain("%s_%s" % (hook, "pre" if priority < 0 else "post")).extend(
                Rule((*come, *go), "jump", chain, policy.place)
                for come in self._side(comes, "iif", "saddr", policy)
                for go in self._side(goes, "oif", "daddr", policy)
            )

    def _side(self, zones: Sequence[str], way: str, field: str, policy: Element) -> Iterator[Conditions]:
        """Yield the conditions by which packets come from, or go to, one of some zones."""
        if "ANY" in zones or "HOST" in zones:
            yield ()
            return
        for name in zones:
            if name not in self._config.zones:
                raise refused(policy.place, "there is no zone %s" % name)
            yield from [(self._interface(way, one),) for one in self._bindings[name]]
            yield from [self._sender(field, one) for one in self._sources[name]]
            if name == self._default:
                # firewalld 1 counts what is bound to the default zone by name alone, firewalld 2 all that is bound to none.
                bound = [self._interface(way, one).values[0] for said in self._bindings.values() for one in said]
                yield Condition(way, tuple(bound), negated=True), UNKNOWN

    def _direct(self, backend: str) -> List[Table]:
        """Return the tables of iptables with what is passed on to it."""
        found: Dict[Tuple[int, str], Table] = {}

        def table(family: int, name: str) -> Table:
            return found.setdefault((family, name), Table(name, (family,), "iptables"))

        if backend == "iptables":
            table(4, "filter"), table(6, "filter")
        if self._config.direct():
            from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import firewalld_direct

            firewalld_direct.check(self._host, self._config.direct(), backend)
        ordered = [
            (["chain", "rule", "passthrough"].index(one.name), self._number(one, "priority", 0), one)
            for one in self._config.direct()
            if one.attributes["ipv"] in FAMILIES
        ]
        for _order, _priority, one in sorted(ordered, key=lambda one: one[:2]):
            family, said = FAMILIES[one.attributes["ipv"]], one.attributes
            if one.name == "chain":
                declare(table(family, said["table"]), said["chain"] + " -", one.place)
                continue
            words = one.text.strip(BLANKS + "\n")
            if one.name == "rule":
                add_rule(
                    table(family, said["table"]), "-A %s %s" % (said["chain"], words), one.place, family, self._ports
                )
                continue
            if backend == "iptables":
                raise ReadError("%s: what is passed on to %s is not followed; look at it by hand" % (one.place, DIRECT))
            name = "filter"
            if words.startswith("-t "):
                name, words = words_of(words[3:], 1)
            add_rule(table(family, name), words, one.place, family, self._ports)
        for one_table in found.values() if backend == "nftables" else ():
            refuse_ways(one_table)
        return list(found.values())


def _is_complete(rule: Element) -> bool:
    """Return whether firewalld takes a rule: one action or a log, one thing that it is for, and a family where it has addresses."""
    addressed = [one for one in rule.all("source", "destination") if "address" in one.attributes]
    actions, subjects = rule.all(*_VERDICTS, "mark"), rule.all(*PACKETS, "icmp-type", *_WITHOUT_ACTION)
    alone = any(one.name in _WITHOUT_ACTION for one in subjects)
    done = not actions if alone else bool(actions or rule.all("log", "nflog", "audit"))
    about = subjects or rule.all("source", "destination") or rule.attributes.get("priority", "0") != "0"
    family = rule.attributes.get("family")
    if family is None and any(one.attributes.get("type") for one in rule.all("reject")):
        return False
    return (
        done
        and bool(about)
        and len(actions) < 2
        and len(subjects) < 2
        and (family in FAMILIES or (family is None and not addressed))
    )
