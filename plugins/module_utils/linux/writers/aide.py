# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `aide`: a rule for each file of which AIDE does not watch enough, before all other rules for its folder.

It stands in a file of its own where the configuration includes a folder, else in the configuration. The database is left to a person:
to make it anew is to declare right whatever is there now.
"""

from __future__ import annotations

import re
from functools import partial
from typing import AbstractSet, Any, Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix, enumerated
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import MARK, text_or, with_line
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host, printable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import aide
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.aide_config import EXTENDED, HASHES, OTHERS, Config
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.aide_rules import Rule, compiled

# Before the other names that Debian's own configuration takes.
NAME = "00_hipaa_cis"
# A file that may grow is one whose end may change.
GROWING = frozenset(("growing",))
_FOLDER = re.compile(r"@@(?:x_)?include[ \t]+(/etc/[^\s@\\]+)[ \t]+(\S+)\Z", re.ASCII)
# What holds rules, or a condition that may be about rules.
_FIRST = re.compile(r"[=!-]?/|@@(?:x_)?include[ \t]|@@if", re.ASCII)
_PLAIN = re.compile(r"[\w./-]+\Z", re.ASCII)


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Have AIDE watch the files of ``watched`` with the attributes ``wanted``, and those with which it does already."""
    attributes = frozenset(wanted) if isinstance(wanted, list) else frozenset()
    if address.get("query") != "watched" or not attributes or not attributes <= HASHES | OTHERS:
        raise CannotFix("%r cannot be brought about for %s of AIDE" % (wanted, address.get("query")))
    main = aide.main_of(plan.host)
    if not main:
        raise CannotFix("AIDE or its configuration is not there; install it first")
    config = Config(plan.host, main, aide.version_of(plan.host))
    lines: List[str] = []
    # Path -> of which attributes a change is to be reported: never fewer than now.
    needed: Dict[str, AbstractSet[str]] = {}
    for path, rule in aide.chosen(plan.host, config, address):
        now = frozenset(aide.entry(config, path, rule)["attributes"])
        needed[path] = attributes | now - GROWING
        if not attributes <= now:
            lines.append(_line(path, rule, attributes))
    if lines:
        _put_somewhere(plan, main, lines, needed)
        plan.warn(
            "AIDE does not compare yet what its database has not: look at what it finds now (aide --config %s --check), then have "
            "it made anew (aideinit, or aide --init and the new file in place of the old one)" % main
        )


def _line(path: str, rule: Optional[Rule], wanted: AbstractSet[str]) -> str:
    """Return the rule for one path: what is wanted, and what the rule that is chosen now has besides."""
    if not _PLAIN.match(path):
        raise CannotFix("%s has signs that mean something to AIDE; write a rule for it by hand" % printable(path))
    given: AbstractSet[str] = (rule.attributes if rule else None) or frozenset()
    # Rules that begin with `=` are asked before all others.
    sign = rule.sign if rule else ""
    return "%s%s$ f %s" % (sign, path.replace(".", r"\."), "+".join(_expression(wanted | given - GROWING)))


def _expression(attributes: AbstractSet[str]) -> List[str]:
    """Return attributes as terms of a sum, a whole group by its name: an attribute that this AIDE was built without would stop it."""
    terms: Set[str] = set(attributes)
    for name, group in (("H", HASHES), ("X", EXTENDED)):
        if group <= attributes:
            terms = terms - group | {name} | (group & {"sha512", "acl", "xattrs"})
    return sorted(terms)


def _put_somewhere(plan: ChangePlan, main: str, lines: Sequence[str], needed: Mapping[str, AbstractSet[str]]) -> None:
    """Write the rules to the tidiest place at which AIDE asks them first. Raises `CannotFix` where there is none."""
    reasons = []
    for path, text in _candidates(plan.host, main, lines):
        try:
            plan.attempt(partial(_put, plan, path, text, main, needed))
        except CannotFix as problem:
            reasons.append(str(problem))
        else:
            return
    raise CannotFix(enumerated(reasons))


def _candidates(host: Host, main: str, lines: Sequence[str]) -> Iterator[Tuple[str, str]]:
    """Return what could be written where: a file of its own in each folder that is included, then the configuration."""
    rows = split_lines(host.read_text(main), ends=True)
    for row in rows:
        found = _FOLDER.match(row.strip(BLANKS))
        chosen = compiled(found.group(2)) if found else None
        if found and chosen is not None and chosen.search(NAME):
            path = found.group(1).rstrip("/") + "/" + NAME
            yield path, _with_rules(text_or(host, path, MARK), lines)
    first = next((at for at, row in enumerate(rows) if _FIRST.match(row.strip(BLANKS))), len(rows))
    before = "".join(rows[:first])
    end = "\n" if before and not before.endswith("\n") else ""
    yield main, before + end + "".join(line + "\n" for line in lines) + "".join(rows[first:])


def _with_rules(text: str, lines: Sequence[str]) -> str:
    """Return the text of our own file with these rules in place of earlier ones for the same paths."""
    for line in lines:
        start = line.partition(" ")[0] + " "
        text = with_line(text, line, partial(_begins, start))
    return text


def _begins(start: str, row: str) -> bool:
    return row.startswith(start)


def _put(plan: ChangePlan, path: str, text: str, main: str, needed: Mapping[str, AbstractSet[str]]) -> None:
    """Write a text, if by it AIDE watches all that is needed. Raises `CannotFix`."""
    plan.write(path, text, check=[["aide", "--config", main, "--config-check"]])
    config = Config(plan.host, main, aide.version_of(plan.host))
    for place, rule in aide.chosen(plan.host, config, {"paths": list(needed)}):
        if needed[place] <= frozenset(aide.entry(config, place, rule)["attributes"]):
            continue
        if rule is None:
            taken = aide.rules_of(plan.host, config).excluding(place)
            what = "%s takes %s out of what AIDE watches; take that rule out" % (taken.place if taken else main, place)
        elif rule.place.startswith(path + ":"):
            what = "report_ignore_changed_attrs of AIDE leaves out some of what is wanted; take that out of it"
        else:
            what = "%s is asked before what could be written for %s; change that rule" % (rule.place, place)
        raise CannotFix(what + " by hand")
