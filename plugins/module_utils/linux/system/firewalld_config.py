# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The permanent configuration of firewalld: firewalld.conf, and the XML files of which those in /etc hide the shipped ones.

firewalld takes all or nothing: with one file below /etc that it does not take it loads the shipped configuration alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Dict, List, Mapping, Tuple
from xml.parsers import expat

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import firewalld_values

OWN, SHIPPED = "/etc/firewalld", "/usr/lib/firewalld"
CONF = OWN + "/firewalld.conf"
DIRECT = OWN + "/direct.xml"
KINDS = {
    "zones": "zone", "policies": "policy", "services": "service", "ipsets": "ipset", "helpers": "helper", "icmptypes": "icmptype",
}  # fmt: skip
# The longest name that leaves room for the names of the chains.
LONGEST = {"zones": 17, "policies": 18}
_NAME = re.compile(r"(?!\.)[\w.:-]+\Z", re.ASCII)
_IN_RULES = "source destination log nflog audit accept reject drop mark icmp-type tcp-mss-clamp"
_ITEMS = "service port protocol source-port icmp-block masquerade forward-port"
_ZONE, _POLICY = "interface source forward icmp-block-inversion rule", "ingress-zone egress-zone rule"
_SHARED = {
    "rule": ("", "family priority"),
    "destination": ("", "address invert ipset"),
    "service": ("name", ""),
    "port": ("port protocol", ""),
    "source-port": ("port protocol", ""),
    "protocol": ("value", ""),
    "icmp-block": ("name", ""),
    "icmp-type": ("name", ""),
    "masquerade": ("", "enabled"),
    "forward-port": ("port protocol", "to-port to-addr"),
    "tcp-mss-clamp": ("", "value"),
    "log": ("", "prefix level"),
    "nflog": ("", "group prefix queue-size"),
    "audit": ("", ""),
    "accept": ("", ""),
    "reject": ("", "type"),
    "drop": ("", ""),
    "mark": ("set", ""),
    "limit": ("value", "burst"),
    "source": ("", "address mac invert family ipset"),
    "interface": ("name", ""),
    "forward": ("", ""),
    "icmp-block-inversion": ("", ""),
    "ingress-zone": ("name", ""),
    "egress-zone": ("name", ""),
}
# Kind of file -> element -> the attributes that it has to have, and those that it may have.
_ATTRIBUTES: Dict[str, Dict[str, Tuple[str, str]]] = {
    "zone": {**_SHARED, "zone": ("", "name immutable target version ingress-priority egress-priority")},
    "policy": {**_SHARED, "policy": ("target", "version priority")},
    "service": {
        "service": ("", "name version"),
        "port": ("port protocol", ""),
        "source-port": ("port protocol", ""),
        "protocol": ("value", ""),
        "module": ("name", ""),
        "destination": ("", "ipv4 ipv6"),
        "include": ("service", ""),
        "helper": ("name", ""),
    },
    "ipset": {"ipset": ("type", "version"), "option": ("name", "value"), "entry": ("", "")},
    "helper": {"helper": ("module", "family name version"), "port": ("port protocol", "")},
    "icmptype": {"icmptype": ("", "name version"), "destination": ("", "ipv4 ipv6")},
    "direct": {
        "direct": ("", ""),
        "chain": ("ipv table chain", ""),
        "rule": ("ipv table chain priority", ""),
        "passthrough": ("ipv", ""),
    },
}
# Element -> those that may stand in it.
_INSIDE = {
    "zone": f"{_ZONE} {_ITEMS}",
    "policy": f"{_POLICY} {_ITEMS}",
    "rule": f"{_IN_RULES} {_ITEMS}",
    "service": "port source-port protocol module destination include helper",
    "ipset": "option entry",
    "helper": "port",
    "icmptype": "destination",
    "direct": "chain rule passthrough",
    **dict.fromkeys(("accept", "reject", "drop", "mark", "log", "nflog", "audit"), "limit"),
}


@dataclass
class Element:
    """An element of an XML file; ``place``: file and line."""

    name: str
    attributes: Mapping[str, str]
    place: str
    children: List[Element] = field(default_factory=list)
    text: str = ""

    def all(self, *names: str) -> List[Element]:
        """Return the children of these names."""
        return [one for one in self.children if one.name in names]


def refused(place: str, why: str) -> ReadError:
    """Return the error of what firewalld does not take."""
    return ReadError(
        "%s: %s, so firewalld would load its shipped configuration and nothing of the site's own; "
        "correct it, and see what firewall-cmd --check-config says" % (place, why)
    )


def parse(text: str, path: str, kind: str) -> Element:
    """Return the top element of a file. Raises `ReadError` with the line of what firewalld would not take."""
    parser = expat.ParserCreate()
    top = Element("", {}, path)
    opened = [top]

    def start(name: str, attributes: Mapping[str, str]) -> None:
        place = "%s:%d" % (path, parser.CurrentLineNumber)
        if name not in ("short", "description") and kind in _ATTRIBUTES:
            _check(kind, opened[-1].name, name, attributes, place)
        elif not opened[-1].name and name != kind:
            raise refused(place, "%s is no %s" % (name, kind))
        made = Element(name, attributes, place)
        opened[-1].children.append(made)
        opened.append(made)

    def characters(piece: str) -> None:
        opened[-1].text += piece

    def document_type(*_parts: object) -> None:
        raise ReadError("%s:%d: a document type is not followed; take it out" % (path, parser.CurrentLineNumber))

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: opened.pop()
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = document_type
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as problem:
        raise refused("%s:%d" % (path, problem.lineno), expat.ErrorString(problem.code)) from None
    return top.children[0]


def _check(kind: str, parent: str, name: str, attributes: Mapping[str, str], place: str) -> None:
    known = _ATTRIBUTES[kind].get(name)
    if known is None or (parent and name not in words_of(_INSIDE.get(parent, ""))) or (not parent and name != kind):
        raise refused(place, "<%s> does not belong here" % name)
    required, optional = (words_of(words) for words in known)
    for one in required:
        if one not in attributes:
            raise refused(place, "<%s> has no %s" % (name, one))
    for one in attributes:
        if one not in (*required, *optional):
            raise refused(place, "<%s> has no attribute %s" % (name, one))


class Config:
    """All of the permanent configuration; files below /etc are looked at whether they are used or not, as firewalld does."""

    def __init__(self, host: Host, ports: firewalld_values.Ports) -> None:
        """Read it. Raises `ReadError` where firewalld would not take a file."""
        self._host = host
        self.conf = _conf(host)
        self._paths = {kind: self._files(kind) for kind in KINDS}
        self._read: Dict[str, Element] = {}
        self._ports = ports
        self.major = firewalld_values.major(host)
        self._names = {**self._paths, "protocols": firewalld_values.protocols(host)}
        for kind, paths in self._paths.items():
            for path in paths.values():
                if path.startswith(OWN):
                    self._of_file(kind, path)
        self.zones = {name: self._of_file("zones", path) for name, path in self._paths["zones"].items()}
        self.zones.update(self._combined())
        self.policies = {name: self._of_file("policies", path) for name, path in self._paths["policies"].items()}
        self._refuse_ways()

    def _refuse_ways(self) -> None:
        for name, policy in self.policies.items():
            sides = [[one.attributes["name"] for one in policy.all(side)] for side in ("ingress-zone", "egress-zone")]
            items = [one.name for holder in (policy, *policy.all("rule")) for one in holder.children]
            why = firewalld_values.refusal_of_ways(sides[0], sides[1], self.zones, items)
            if why or name in self.zones:
                raise refused(policy.place, why or "a zone has this name too")

    def _refuse_values(self, kind: str, parent: str, element: Element) -> None:
        """Raise `ReadError` for a value that firewalld does not take, in an element or within it."""
        why = firewalld_values.refusal(kind, parent, element.name, element.attributes, self._ports, self._names)
        newer = [one for one in element.attributes if self.major < 2 and one in firewalld_values.SINCE_2]
        if why or newer:
            raise refused(
                element.place, why or "<%s> has no attribute %s before firewalld 2" % (element.name, newer[0])
            )
        for child in element.children:
            self._refuse_values(kind, element.name, child)

    def _refuse_entries(self, ipset: Element) -> None:
        entries = [one.text.strip(BLANKS) for one in ipset.all("entry")]
        options = {one.attributes["name"]: one.attributes.get("value", "") for one in ipset.all("option")}
        overlap = "" if self.conf.get("FirewallBackend") == "iptables" else firewalld_values.overlapping(entries)
        if overlap and ipset.attributes["type"] == "hash:net":
            raise refused(ipset.place, "nft takes no entries that overlap, as %s does" % printable(overlap))
        # firewalld 1 takes more.
        if self.major >= 2 and len(entries) > int(options.get("maxelem", len(entries))):
            raise refused(ipset.place, "there are more entries than maxelem=%s" % options["maxelem"])

    def _files(self, kind: str) -> Dict[str, str]:
        """Return name -> path, with those that hide others in their places."""
        found = {}
        for root in (SHIPPED, OWN):
            hidden = self._host.glob("%s/%s/.*.xml" % (root, kind))
            for path in [*hidden, *self._host.glob("%s/%s/*.xml" % (root, kind))]:
                name = path.rpartition("/")[2][:-4]
                if root == OWN and (not _NAME.match(name) or len(name) > LONGEST.get(kind, 255)):
                    raise refused(path, "firewalld takes no such name of a file")
                found[name] = path
        return found

    def _of_file(self, kind: str, path: str) -> Element:
        if path not in self._read:
            self._read[path] = parse(self._host.read_text(path), path, KINDS[kind])
            if path.startswith(OWN) and KINDS[kind] in _ATTRIBUTES:
                self._refuse_values(KINDS[kind], "", self._read[path])
            if path.startswith(OWN) and kind == "ipsets":
                self._refuse_entries(self._read[path])
        return self._read[path]

    def _combined(self) -> Dict[str, Element]:
        """Return the zones that are put together from the files of a folder; what they say of a target does not count."""
        found: Dict[str, Element] = {}
        for path in self._host.glob(OWN + "/zones/*/*.xml"):
            folder = path.rpartition("/")[0]
            zone = found.setdefault(folder.rpartition("/")[2], Element("zone", {}, folder))
            zone.children += self._of_file("zones", path).children
        return found

    def used(self, kind: str, name: str, place: str) -> Element:
        """Return the service or ipset of a name. Raises `ReadError` with the ``place`` that names it where there is none."""
        if name not in self._paths[kind]:
            raise refused(place, "there is no %s %s" % (KINDS[kind], name))
        return self._of_file(kind, self._paths[kind][name])

    @property
    def default_zone(self) -> str:
        """The zone of what is bound to none; firewalld takes another where there is none of the name."""
        named = self.conf.get("DefaultZone", "public")
        return next(name for name in (named, "public", "external", "block") if name in self.zones or name == "block")

    def direct(self) -> List[Element]:
        """Return the chains, rules and arguments of iptables that firewalld passes on."""
        try:
            return parse(self._host.read_text(DIRECT), DIRECT, "direct").children
        except NotFound:
            return []


def _conf(host: Host) -> Dict[str, str]:
    """Return the settings of firewalld.conf; of a name that stands twice the first counts."""
    found: Dict[str, str] = {}
    try:
        lines = split_lines(host.read_text(CONF))
    except NotFound:
        return {}
    for line in lines:
        pair = [piece.strip(BLANKS) for piece in line.split("=")]
        if len(pair) == 2 and pair[1] and not pair[0].startswith(("#", ";")):
            found.setdefault(*pair)
    return found
