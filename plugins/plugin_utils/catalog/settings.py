# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the settings, conditions and parameters of rules, and bring them into their normal form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import split_lines
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import WITH_READER, WRITTEN_KEYS
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.yaml_file import YamlFile
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import unknown
from ansible_collections.hipaa.cis.plugins.plugin_utils.libraries import library

_OWN_KEYS = frozenset({"kind", "select", "expect", "set", "write_out", "applies_if", "any_of", "all_of"})
_TYPES: dict[str, type] = {"string": str, "integer": int, "boolean": bool, "list": list, "any": object}
_NUMERIC = frozenset({"at_least", "at_most", "between"})
_OF_TEXTS = frozenset({"contains", "contains_all", "equals", "none_of", "not_equals", "one_of", "subset_of"})
Place = list[Any]


class SettingCheck:
    """Checks what stands inside rules. Problems go to the list that is shared with the caller."""

    def __init__(self, platforms: dict[str, Any], parameters: dict[str, Any], problems: list[str]) -> None:
        self.platforms = platforms
        self._parameters = parameters
        self._problems = problems

    def platform_conditions(self, file: YamlFile) -> None:
        """Check the named conditions of a platform file, and bring what may be governed elsewhere into its normal form."""
        for name, condition in file.data.get("conditions", {}).items():
            self._leaf(file, ["conditions", name, "setting"], dict(condition["setting"]), file.data["id"])
        for name, kind in file.data["kinds"].items():
            self._asks(file, ["kinds", name, "asks"], kind, file.data["id"])
        governed = file.data.get("governed")
        if governed:
            place: Place = ["governed", "setting"]
            governed["setting"] = self._leaf(file, place, dict(governed["setting"]), file.data["id"])

    def _asks(self, file: YamlFile, place: Place, kind: dict[str, Any], platform: str) -> None:
        """Complain of a kind that has something else asked in its place where nobody reads the answer, or by a key that it has not."""
        asks = kind.get("asks")
        if asks is None:
            return
        if platform not in WITH_READER:
            known = ", ".join(WITH_READER)
            self._complain(file, place, f"only of {known} are answers read on the controller; take 'asks' away")
        for key in asks["by"]:
            if key not in kind["address"]:
                self._complain(file, [*place, "by"], unknown("key of the address", key, kind["address"]))

    def rule(self, file: YamlFile, place: Place, item: dict[str, Any], platform: str) -> dict[str, Any]:
        """Return a rule in its normal form, with its platform, topic and the parameters it uses."""
        result = {**item, "platform": platform, "topic": file.data["topic"]}
        if "applies_if" in item:
            result["applies_if"] = self._conditions(file, [*place, "applies_if"], item["applies_if"], platform)
        if "settings" in item:
            result["settings"] = [
                self._setting(file, [*place, "settings", index], setting, platform, manual="manual" in item)
                for index, setting in enumerate(item["settings"])
            ]
        topics = self.platforms[platform].get("governed", {}).get("look_at", {})
        if item.get("governed", "") not in ("", *topics):
            self._complain(file, [*place, "governed"], unknown("topic", item["governed"], topics))
        # Conditions name theirs in the platform's file.
        used = sorted(set(parameters_in([result.get("settings", []), result.get("applies_if", [])])))
        result["parameters"] = [name for name in used if name in self._parameters]
        self._known(file, [*place, "fix"], re.findall(r"\{([^}]*)\}", item["fix"]))
        return result

    def _complain(self, file: YamlFile, place: Place, message: str) -> None:
        self._problems.append(file.problem(place, message))

    def _setting(
        self, file: YamlFile, place: Place, setting: dict[str, Any], platform: str, manual: bool
    ) -> dict[str, Any]:
        for group in ("any_of", "all_of"):
            if group in setting:
                if set(setting) != {group}:
                    self._complain(file, place, f"a group has no key but '{group}'; put the other settings inside it")
                members = [
                    self._setting(file, [*place, group, i], item, platform, manual)
                    for i, item in enumerate(setting[group])
                ]
                return {group: members}
        if "expect" not in setting and not manual:
            self._complain(file, place, "a setting needs 'expect' (only rules with 'manual' may do without)")
        return self._leaf(file, place, dict(setting), platform)

    def _leaf(self, file: YamlFile, place: Place, setting: dict[str, Any], platform: str) -> dict[str, Any]:
        kinds = self.platforms[platform]["kinds"]
        name = str(setting.get("kind"))
        if name not in kinds:
            self._complain(file, [*place, "kind"], unknown("kind", name, kinds, most=40))
            return setting
        address = {key: value for key, value in setting.items() if key not in _OWN_KEYS}
        self._address(file, place, address, kinds[name], name)
        if "select" in setting:
            self._expression(file, [*place, "select"], setting["select"])
        self._expectation(file, place, setting.get("expect"))
        self._observable(file, [*place, "expect"], setting.get("expect"), kinds[name])
        for key in WRITTEN_KEYS:
            self._known(file, [*place, key], parameters_in(setting.get(key)))
        leaf = {key: value for key, value in setting.items() if key in _OWN_KEYS}
        leaf["address"] = address
        if "applies_if" in setting:
            leaf["applies_if"] = self._conditions(file, [*place, "applies_if"], setting["applies_if"], platform)
        return leaf

    def _address(self, file: YamlFile, place: Place, address: dict[str, Any], kind: dict[str, Any], name: str) -> None:
        for key, value in address.items():
            declared = kind["address"].get(key)
            if declared is None:
                allowed = [*kind["address"], *(_OWN_KEYS - {"any_of", "all_of"})]
                self._complain(file, [*place, key], unknown(f"key of kind {name}", key, allowed, most=30))
            elif isinstance(value, dict) and set(value) == {"parameter"}:
                self._parameter_of(file, [*place, key], value["parameter"], declared["type"])
            elif not _is_of(value, declared["type"]):
                self._complain(file, [*place, key], f"'{key}' has to be of type {declared['type']}")
            elif "one_of" in declared and value not in declared["one_of"]:
                self._complain(file, [*place, key], unknown(key, value, declared["one_of"], most=40))
        missing = [key for key, declared in kind["address"].items() if declared.get("required") and key not in address]
        if missing:
            self._complain(file, place, f"kind {name} needs {', '.join(missing)}")
        choice = kind.get("one_address_of", [])
        if choice and sum(key in address for key in choice) != 1:
            self._complain(file, place, f"kind {name} needs exactly one of {', '.join(choice)}")

    def _parameter_of(self, file: YamlFile, place: Place, name: str, wanted: str) -> None:
        """Complain of a parameter that stands for a part of an address and is none, or of another type."""
        if name not in self._parameters:
            self._complain(file, place, unknown("parameter", name, self._parameters))
        elif self._parameters[name]["type"] != wanted:
            self._complain(file, place, f"the parameter '{name}' has to be of type {wanted}")

    def _expression(self, file: YamlFile, place: Place, expression: str) -> None:
        try:
            library("jmespath").compile(expression)
        except library("jmespath.exceptions").JMESPathError as problem:
            self._complain(file, place, f"not a JMESPath expression: {split_lines(str(problem))[0]}")

    def _expectation(self, file: YamlFile, place: Place, expectation: Any) -> None:
        for matcher, wanted in _matchers_in(expectation):
            if matcher == "matches":
                try:
                    re.compile(wanted, re.ASCII)
                except re.error as problem:
                    self._complain(file, [*place, "expect"], f"'{wanted}' is not a regular expression: {problem}")
            for name in self._known(file, [*place, "expect"], parameters_in(wanted)):
                if matcher in _NUMERIC and self._parameters[name]["type"] != "integer":
                    self._complain(file, [*place, "expect"], f"{matcher} needs an integer parameter, '{name}' is not")

    def _observable(self, file: YamlFile, place: Place, expectation: Any, kind: dict[str, Any]) -> None:
        """Complain of a field or a text that is never observed: what demands its absence would always pass."""
        fields, words = kind.get("fields", []), kind.get("words", {})
        for name in sorted(set(_fields_in(expectation)) - {*fields}) if fields else ():
            self._complain(file, place, unknown("field", name, fields))
        for matcher, wanted in _matchers_in(expectation) if words else ():
            if matcher in _OF_TEXTS:
                for text in wanted if isinstance(wanted, list) else [wanted]:
                    if isinstance(text, str) and text not in words["one_of"] and not re.search(words["matches"], text):
                        self._complain(file, place, f"'{text}' is never observed: {words['say']}")

    def _known(self, file: YamlFile, place: Place, names: Iterable[str]) -> list[str]:
        """Return the parameters that there are, and complain of the others."""
        found = []
        for name in names:
            if name in self._parameters:
                found.append(name)
            else:
                self._complain(file, place, unknown("parameter", name, self._parameters))
        return found

    def _conditions(self, file: YamlFile, place: Place, named: list[Any], platform: str) -> list[dict[str, Any]]:
        return [condition for item in named for condition in self._condition(file, place, item, platform)]

    def _condition(self, file: YamlFile, place: Place, item: Any, platform: str) -> Iterator[dict[str, Any]]:
        known = self.platforms[platform].get("conditions", {})
        ((name, argument),) = item.items() if isinstance(item, dict) else ((item, None),)
        if name not in known:
            self._complain(file, place, unknown("condition", name, known, most=30))
            return
        takes_one = "{argument}" in str(known[name])
        if takes_one != (argument is not None):
            self._complain(file, place, f"the condition '{name}' {'needs an' if takes_one else 'takes no'} argument")
            return
        filled = _fill(known[name], argument or "")
        setting = filled["setting"]
        leaf = {key: value for key, value in setting.items() if key in _OWN_KEYS}
        leaf["address"] = {key: value for key, value in setting.items() if key not in _OWN_KEYS}
        yield {"setting": leaf, "otherwise": filled["otherwise"]}


def _is_of(value: Any, wanted: str) -> bool:
    return isinstance(value, _TYPES[wanted]) and (wanted in ("boolean", "any") or not isinstance(value, bool))


def _fill(node: Any, argument: str) -> Any:
    if isinstance(node, dict):
        return {key: _fill(value, argument) for key, value in node.items()}
    return node.replace("{argument}", argument) if isinstance(node, str) else node


def parameters_in(node: Any) -> Iterator[str]:
    """Yield the names of the parameters that stand anywhere in a tree."""
    if isinstance(node, dict):
        if set(node) == {"parameter"}:
            yield node["parameter"]
        else:
            for value in node.values():
                yield from parameters_in(value)
    elif isinstance(node, list):
        for item in node:
            yield from parameters_in(item)


def _fields_in(expectation: Any) -> Iterator[str]:
    """Yield the fields of the document that an expectation names, not those of documents in it."""
    for matcher, wanted in expectation.items() if isinstance(expectation, dict) else ():
        if matcher == "fields":
            yield from wanted
        elif matcher in ("each", "any"):
            yield from _fields_in(wanted)
        elif matcher in ("all_of", "any_of"):
            for nested in wanted:
                yield from _fields_in(nested)


def _matchers_in(expectation: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(expectation, dict):
        return
    for matcher, wanted in expectation.items():
        if matcher == "fields":
            for nested in wanted.values():
                yield from _matchers_in(nested)
        elif matcher in ("each", "any"):
            yield from _matchers_in(wanted)
        elif matcher in ("all_of", "any_of"):
            for nested in wanted:
                yield from _matchers_in(nested)
        else:
            yield matcher, wanted
