# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One rule of nft(8): its conditions and its verdict."""

from __future__ import annotations

import re
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import is_number
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.iptables_rules import Ports, addresses, numbers
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.nft_tokens import Token
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.packet_filter import (
    ACCEPT,
    DROP,
    NOTRACK,
    TRANSLATED,
    Condition,
    Rule,
)

# Name of a set or map -> its elements; `?` among them: rules put senders in, so it holds some of those that come.
Sets = Dict[str, List[Token]]
Verdict = Tuple[str, str]
VERDICTS = {"accept": ACCEPT, "drop": DROP, "reject": DROP, "return": "return", "continue": ""}
# Two words of the language -> field of the packet, and what else the packet has to be.
PAIRS: Dict[Tuple[str, str], Tuple[str, Tuple[Condition, ...]]] = {
    ("ip", "saddr"): ("saddr4", ()),
    ("ip", "daddr"): ("daddr4", ()),
    ("ip", "protocol"): ("proto", (Condition("family", ((4, 4),)),)),
    ("ip6", "saddr"): ("saddr6", ()),
    ("ip6", "daddr"): ("daddr6", ()),
    ("ip6", "nexthdr"): ("proto", (Condition("family", ((6, 6),)),)),
    ("tcp", "dport"): ("dport", (Condition("proto", ("tcp",)),)),
    ("tcp", "sport"): ("sport", (Condition("proto", ("tcp",)),)),
    ("udp", "dport"): ("dport", (Condition("proto", ("udp",)),)),
    ("udp", "sport"): ("sport", (Condition("proto", ("udp",)),)),
    ("th", "dport"): ("dport", ()),
    ("th", "sport"): ("sport", ()),
    ("meta", "l4proto"): ("proto", ()),
    ("meta", "nfproto"): ("nfproto", ()),
    ("meta", "iifname"): ("iif", ()),
    ("meta", "oifname"): ("oif", ()),
    ("meta", "iif"): ("iif", ()),
    ("meta", "oif"): ("oif", ()),
    ("ct", "state"): ("state", ()),
    ("icmp", "type"): ("icmp", (Condition("proto", ("icmp",)),)),
    ("icmpv6", "type"): ("icmp", (Condition("proto", ("icmpv6",)),)),
    ("meta", "pkttype"): ("pkttype", ()),
    ("ct", "status"): ("status", ()),
    ("ct", "direction"): ("way", ()),
}
SINGLE = {"iif": "iif", "iifname": "iif", "oif": "oif", "oifname": "oif", "pkttype": "pkttype"}
PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "ipv6-icmp": "icmpv6", "icmp6": "icmpv6"}
NFPROTO = {"ipv4": (4, 4), "ipv6": (6, 6), "2": (4, 4), "10": (6, 6)}
# `rt` has other fields too, those of the route that was found.
OF_ROUTING_HEADER = ("nexthdr", "hdrlength", "type", "seg-left")
OF_FAMILY = {"ip": (4, 4), "ip6": (6, 6)}
FLAGS = ("fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr", "&", "|", "(", ")", "==", "!=", "!", "/", ",")
# Statements that decide nothing, with the words that may follow.
PLAIN = {
    "counter": ("packets", "bytes"),
    "log": ("prefix", "level", "group", "snaplen", "queue-threshold", "flags"),
    "comment": (),
}  # fmt: skip
# What a rule is for holds for a part of the packets only, whatever they are; with the words that may follow, without numbers and units.
PARTS = {
    "limit": ("name", "rate", "over", "burst", "packets"),
    "quota": ("name", "over", "until", "used"),
    "numgen": ("random", "inc", "mod", "offset"),
}
_PART = re.compile(r"[0-9]+(?:/[a-z]+)?\Z|(?:[kmg]?bytes)(?:/[a-z]+)?\Z", re.ASCII)
# What a reject says of the packet; nft shows no other condition for it.
REJECTS = {
    "icmp": Condition("family", ((4, 4),)), "icmpv6": Condition("family", ((6, 6),)), "tcp": Condition("proto", ("tcp",)),
}  # fmt: skip
# What may follow these behind the `flags` of a log.
LOG_FLAGS = {"tcp": ("sequence", "options", ","), "ip": ("options",)}


def parse_rule(words: Sequence[Token], sets: Mapping[str, Sequence[Token]], ports: Ports) -> List[Rule]:
    """Return the rules that a rule stands for: one, or one for each element of a map of verdicts."""
    return _Parser(words, sets, ports).rules()


def _verdict(words: Sequence[Token]) -> Optional[Verdict]:
    """Return the verdict that words begin with."""
    if not words or words[0].quoted:
        return None
    text = words[0].text
    if text in ("jump", "goto") and len(words) > 1:
        return text, words[1].text
    # `ct status & (snat | dnat) != 0` looks at a packet and changes nothing.
    if text == "redirect" or (text == "dnat" and len(words) > 1 and words[1].text in ("to", "ip", "ip6", "prefix")):
        return TRANSLATED, text
    if text in ("queue", "synproxy", "tproxy"):
        return "unknown", text
    return (VERDICTS[text], "") if text in VERDICTS else None


class _Parser:
    def __init__(self, words: Sequence[Token], sets: Mapping[str, Sequence[Token]], ports: Ports) -> None:
        self._words = list(words)
        self._sets = sets
        self._ports = ports
        self._at = 0
        self._conditions: List[Condition] = []
        self._place = words[0].place if words else ""

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._words[at].text if at < len(self._words) else ""

    def _made(self, verdict: Verdict, more: Sequence[Condition] = ()) -> Rule:
        return Rule((*self._conditions, *more), verdict[0], verdict[1], self._place)

    def rules(self) -> List[Rule]:
        found: List[Rule] = []
        while self._at < len(self._words):
            if self._peek() == NOTRACK:
                # The rule goes on behind it.
                found.append(self._made((NOTRACK, "")))
                self._at += 1
                continue
            verdict = self._verdict_at(self._at)
            if verdict is not None:
                # nft leaves out `meta nfproto ipv4` where `reject with icmp` says so.
                implied = REJECTS.get(self._peek(2)) if (self._peek(), self._peek(1)) == ("reject", "with") else None
                return [*found, self._made(verdict, [implied] if implied else [])]
            mapped = self._part()
            if mapped is not None:
                return found + mapped
        return [*found, self._made(("", ""))]

    def _verdict_at(self, at: int) -> Optional[Verdict]:
        return _verdict(self._words[at : at + 2])

    def _statement(self, word: str, second: str) -> bool:
        """Pass over what looks at no field of the packet, and return whether it was such a thing."""
        if word in PLAIN:
            self._skip(PLAIN[word])
        elif word in PARTS:
            self._of_a_part(PARTS[word])
        elif (word, second) == ("ct", "count"):
            self._at += 1
            self._of_a_part(("over",))
        elif word == "meter" or (word in ("add", "update", "delete") and second.startswith("@")):
            self._put_in_a_set()
        elif self._peek(2) == "set" and word in ("meta", "ct", "ip", "ip6", "tcp", "udp", "th"):
            # What is written is one word; of a longer one the rest is not followed.
            self._at += 4
        else:
            return False
        return True

    def _part(self) -> Optional[List[Rule]]:
        word, second = self._peek(), self._peek(1)
        if self._statement(word, second):
            return None
        if word in SINGLE:
            self._at += 1
            return self._field(SINGLE[word], ())
        if (word, second) in PAIRS:
            self._at += 2
            return self._field(*PAIRS[(word, second)])
        if (word, second, self._peek(2)) == ("fib", "daddr", "type"):
            self._at += 3
            return self._field("dtype", ())
        if (word, second) == ("fib", "saddr"):
            self._way_back()
        elif word == "vmap":
            # Of what is looked up nothing is known: a concatenation, a hash, a number at random.
            self._at += 1
            return self._mapped("unknown", ())
        elif word in ("frag", "ah", "esp") or (word == "rt" and second in OF_ROUTING_HEADER):
            # A plain packet has no header of an extension.
            self._conditions.append(Condition("family"))
            self._to_verdict()
        elif (word, second) == ("tcp", "flags"):
            self._flags()
        else:
            self._unknown()
        return None

    def _skip(self, following: Sequence[str]) -> None:
        word = self._peek()
        self._at += 1
        if word == "comment" or (word == "counter" and self._peek() == "name"):
            self._at += 1 if word == "comment" else 2
        while self._at < len(self._words) and not self._words[self._at].quoted and self._peek() in following:
            self._at += 2
            if self._peek(-2) == "flags":
                of = LOG_FLAGS.get(self._peek(-1), ())
                while self._peek() in of:
                    self._at += 1

    def _of_a_part(self, following: Sequence[str]) -> None:
        self._conditions.append(Condition("some"))
        self._at += 1
        while self._at < len(self._words):
            if self._peek(-1) != "name" and self._peek() not in following and not _PART.match(self._peek()):
                return
            self._at += 1

    def _put_in_a_set(self) -> None:
        """Pass over a sender that is put into a set; where a limit goes with it, the rule is for a part of the packets."""
        while self._at < len(self._words) and self._peek() != "{":
            self._at += 1
        inside = {word.text for word in self._braces()}
        self._conditions += [Condition("family", (one,)) for name, one in OF_FAMILY.items() if name in inside]
        if inside & {"limit", "quota", "count"}:
            self._conditions.append(Condition("some"))

    def _unknown(self) -> None:
        self._conditions.append(Condition("unknown"))
        self._at += 1
        self._to_verdict()

    def _way_back(self) -> None:
        """Whoever is asked about has a route back: a rule for those without one is not for them."""
        start = self._at
        self._to_verdict()
        texts = [word.text for word in self._words[start : self._at]]
        missing = texts[-2:] == ["oif", "missing"] or texts[-2:] == ["oif", "0"]
        self._conditions.append(Condition("family") if missing else Condition("unknown"))

    def _to_verdict(self) -> None:
        depth = 0
        while self._at < len(self._words):
            depth += {"{": 1, "}": -1}.get(self._peek(), 0)
            if depth == 0 and (self._verdict_at(self._at) is not None or self._peek() in (NOTRACK, "vmap")):
                return
            self._at += 1

    def _flags(self) -> None:
        """A new connection's first packet has SYN and nothing else; of others there is nothing to say."""
        texts = []
        self._at += 2
        while self._peek() in FLAGS:
            texts.append(self._peek())
            self._at += 1
        self._conditions.append(Condition("proto", ("tcp",)))
        self._conditions.append(_syn("".join(texts)))

    def _field(self, field: str, more: Sequence[Condition]) -> Optional[List[Rule]]:
        if self._peek() == ".":
            self._unknown()
            return None
        if self._peek() == "vmap":
            self._at += 1
            return self._mapped(field, more)
        negated = False
        if self._peek() in ("!=", "==", "<", ">", "<=", ">=", "&", "!", "="):
            sign = self._peek()
            negated = sign in ("!=", "!")
            self._at += 1
            if sign not in ("!=", "!", "==", "="):
                self._compared(field, sign, more)
                return None
        items = self._items()
        if items is None or "?" in items:
            of_family = [Condition("family", ((int(field[-1]),) * 2,))] if field.endswith(("4", "6")) else []
            self._conditions.extend([*more, *of_family, Condition("unknown" if items is None else "some")])
            return None
        self._conditions.extend([*more, *_conditions(field, items, negated, self._ports)])
        return None

    def _compared(self, field: str, sign: str, more: Sequence[Condition]) -> None:
        text = self._peek()
        self._at += 1
        number = self._ports(text) if field in ("dport", "sport") else None
        if number is None or sign == "&":
            self._conditions.append(Condition("unknown"))
            self._to_verdict()
            return
        ranges = {"<": (0, number - 1), "<=": (0, number), ">": (number + 1, 65535), ">=": (number, 65535)}
        self._conditions.extend([*more, Condition(field, (ranges[sign],))])

    def _items(self) -> Optional[List[str]]:
        """Return the texts that follow: a set, a named one or a list; None where they are not known."""
        if self._peek() == "{":
            inner = self._braces()
            return _elements(inner)
        if self._peek().startswith("@"):
            name = self._peek()[1:]
            self._at += 1
            return _elements(self._sets[name]) if name in self._sets else None
        found = [self._peek()]
        self._at += 1
        while self._peek() == ",":
            found.append(self._peek(1))
            self._at += 2
        return found

    def _braces(self) -> List[Token]:
        depth, start = 0, self._at
        while self._at < len(self._words):
            depth += {"{": 1, "}": -1}.get(self._peek(), 0)
            self._at += 1
            if not depth:
                break
        return self._words[start + 1 : self._at - 1]

    def _mapped(self, field: str, more: Sequence[Condition]) -> List[Rule]:
        if self._peek() == "{":
            inner: Optional[Sequence[Token]] = self._braces()
        else:
            inner = self._sets.get(self._peek()[1:])
        found: List[Rule] = []
        for element in _split(inner or []):
            texts = [one.text for one in element]
            at = texts.index(":") if ":" in texts else -1
            parsed = _verdict(element[at + 1 :]) if at > 0 else None
            if parsed is None:
                found.append(self._made(("unknown", ""), [*more, Condition("unknown")]))
                continue
            conditions = (
                [] if texts[0] == "*" else _conditions(field, texts[:1] if at == 1 else ["?"], False, self._ports)
            )
            found.append(self._made(parsed, [*more, *conditions]))
        if inner is None or not found:
            found.append(self._made(("unknown", ""), more))
        return found


def _split(words: Sequence[Token]) -> List[List[Token]]:
    found: List[List[Token]] = [[]]
    for word in words:
        if word.text == "," and not word.quoted:
            found.append([])
        elif word.text != "\n":
            found[-1].append(word)
    return [one for one in found if one]


def _elements(words: Sequence[Token]) -> Optional[List[str]]:
    found = []
    for element in _split(words):
        texts = [one.text for one in element if one.text != "}"]
        if "." in texts:
            return None
        # Counters, limits of time and comments of an element stand behind it.
        found += ["?"] if "?" in texts else texts[:1]
    return found


def _conditions(field: str, texts: Sequence[str], negated: bool, ports: Ports) -> List[Condition]:
    if "?" in texts:
        return [Condition("unknown")]
    if field in ("dport", "sport"):
        return [numbers(field, texts, negated, ports)]
    if field in ("saddr4", "saddr6", "daddr4", "daddr6"):
        family = int(field[-1])
        return [Condition("family", ((family, family),)), addresses(field[:-1], texts, negated, family)]
    if field == "nfproto":
        known = tuple(NFPROTO[text] for text in texts if text in NFPROTO)
        return [Condition("family", known, negated) if len(known) == len(texts) else Condition("unknown")]
    return [_named(field, texts, negated)]


def _syn(text: str) -> Condition:
    """Return whether flags without blanks, as `&(fin|syn)==syn`, `syn/fin,syn` or `syn`, are those of a first packet."""
    flags, slash, mask = text.lstrip("!=").partition("/")
    negated = text.startswith("!")
    if text.startswith("&"):
        mask, sign, flags = text[1:].partition("!=" if "!=" in text else "==")
        slash, negated = sign, sign == "!="
    elif not slash:
        # Any of them that is set will do.
        return Condition("syn", ((1, 1),), negated == ("syn" in flags) if not text.startswith("=") else flags != "syn")
    if not slash:
        return Condition("unknown")
    alone = "syn" if "syn" in mask else "0x0"
    return Condition("syn", ((1, 1),), negated != (flags.strip("()") != alone))


def _named(field: str, texts: Sequence[str], negated: bool) -> Condition:
    if field == "proto":
        texts = [PROTOCOLS.get(text, text) for text in texts]
        if any(is_number(text) or "-" in text for text in texts):
            return Condition("unknown")
    if field == "pkttype":
        texts = ["host" if text == "unicast" else text for text in texts]
    return Condition(field, tuple(texts), negated)
