# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which threat a rule is against: by its own name, its topic, a safeguard that it bears on, or else the one for all others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.yaml_file import YamlFile
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import unknown

Item = Mapping[str, Any]
Placed = tuple[YamlFile, list[Any], Item]


def strange_names(
    file: YamlFile, place: list[Any], item: Item, rules: Mapping[str, Item], cites: Collection[str]
) -> Iterator[str]:
    """Yield a problem of each topic, rule and cite of an item that there is not."""
    topics = {rule["topic"] for rule in rules.values()}
    for key, what, allowed in (("topics", "topic", topics), ("rules", "rule", rules), ("safeguards", "cite", cites)):
        strange = [name for name in item.get(key, ()) if name not in allowed]
        yield from (file.problem([*place, key], unknown(what, name, allowed, most=3)) for name in strange)


def checked(
    items: Sequence[Placed], rules: Mapping[str, Item], cites: Collection[str], problems: list[str]
) -> list[dict[str, Any]]:
    """Return the threats with the ids of their rules: each rule in one, the last for all others."""
    by_name: dict[tuple[str, str], str] = {}
    for file, place, item in items:
        problems.extend(strange_names(file, place, item, rules, cites))
        names = [(key, name) for key in ("rules", "topics", "safeguards") for name in item.get(key, ())]
        for name in [*names, *([("otherwise", "")] if "otherwise" in item else [])]:
            if name in by_name:
                said = f"'{name[1]}'" if name[1] else "what is in no other"
                problems.append(file.problem(place, f"{said} has the threat '{by_name[name]}' already"))
            by_name.setdefault(name, item["id"])
    found: dict[str, list[str]] = {item["id"]: [] for _file, _place, item in items}
    for rule_id, rule in rules.items():
        threat = _of(rule_id, rule, by_name)
        if threat:
            found[threat].append(rule_id)
        else:
            problems.append(f"rule '{rule_id}' has no threat; give one to its topic ('{rule['topic']}') in threats/")
    return [
        {
            **{key: item[key] for key in ("id", "title", "threat")},
            "rules": found[item["id"]],
            "otherwise": "otherwise" in item,
        }
        for _file, _place, item in items
    ]


def _of(name: str, rule: Item, by_name: Mapping[tuple[str, str], str]) -> str:
    cites = [mapping["cite"] for mapping in rule.get("hipaa", ())]
    keys = [("rules", name), ("topics", rule["topic"]), *(("safeguards", cite) for cite in cites), ("otherwise", "")]
    return next((by_name[key] for key in keys if key in by_name), "")
