# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check catalog files and turn them into the plain data that the model is built from.

Everything unknown is an error with file and line: keys, kinds, matchers, parameters, rules,
cites, conditions. All problems are collected before they are raised.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import parameters, schema_check, threats
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.settings import SettingCheck
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.yaml_file import YamlFile, parse
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import CatalogError, unknown

_SCHEMAS = {
    "frameworks": "framework",
    "platforms": "platform",
    "parameters": "parameters",
    "rules": "rules",
    "gaps": "gaps",
    "threats": "threats",
}
Checked = dict[str, Any]
# Cite -> what can carry it directly.
Mechanisms = Mapping[str, Mapping[str, str]]


def check(files: dict[str, list[tuple[str, Path]]]) -> Checked:
    """Return ``{framework, amendments, platforms, parameters, rules, retired, benchmarks, gaps, threats}`` as plain data. Raises `CatalogError`."""
    parsed, problems = _parse_all(files)
    if problems:
        raise CatalogError(problems)
    result: Checked = {}
    amendments = [file for file in parsed["frameworks"] if "amends" in file.data]
    result["framework"] = _framework([file for file in parsed["frameworks"] if file not in amendments], problems)
    result["amendments"] = _amendments(amendments, result["framework"], problems)
    result["platforms"] = {file.data["id"]: file.data for file in parsed["platforms"]}
    result["parameters"] = _parameters(parsed["parameters"], problems)
    checker = SettingCheck(result["platforms"], result["parameters"], problems)
    for file in parsed["platforms"]:
        checker.platform_conditions(file)
    cites = {
        item["cite"]: item.get("mechanisms", {})
        for group in ("safeguards", "neighbours")
        for item in result["framework"][group]
    }
    result["rules"] = _rules(parsed["rules"], checker, cites, problems)
    result["retired"] = {name: why for file in parsed["rules"] for name, why in file.data.get("retired", {}).items()}
    problems.extend(_former_problems(parsed["rules"], result))
    result["benchmarks"] = _benchmarks(parsed["benchmarks"], result, problems)
    result["gaps"] = _gaps(parsed["gaps"], result["rules"], cites, problems)
    result["threats"] = threats.checked(
        list(_unique(parsed["threats"], "threats", problems)), result["rules"], cites, problems
    )
    # What is unsound in itself can't be judged.
    problems.extend(() if problems else parameters.written_problems(parsed, result))
    if problems:
        raise CatalogError(problems)
    for platform in result["platforms"].values():
        platform.pop("conditions", None)
    return result


def _parse_all(files: dict[str, list[tuple[str, Path]]]) -> tuple[dict[str, list[YamlFile]], list[str]]:
    parsed: dict[str, list[YamlFile]] = {}
    problems: list[str] = []
    for section, paths in files.items():
        parsed[section] = []
        for name, path in paths:
            try:
                file, wrong = parsed_file(section, name, path)
            except CatalogError as problem:
                problems.extend(problem.problems)
                continue
            problems.extend(wrong)
            parsed[section].append(file)
    return parsed, problems


def parsed_file(section: str, name: str, path: Path) -> tuple[YamlFile, list[str]]:
    """Return a file and what its schema does not allow in it. Raises `CatalogError` where it is no YAML."""
    file = parse(path, name)
    return file, list(schema_check.problems(file, _schema(section, file)))


def _schema(section: str, file: YamlFile) -> str:
    if section == "frameworks" and isinstance(file.data, dict) and "amends" in file.data:
        return "framework_amendment"
    if section == "benchmarks":
        return "benchmark_part" if isinstance(file.data, dict) and "benchmark" in file.data else "benchmark"
    return _SCHEMAS[section]


def _framework(files: list[YamlFile], problems: list[str]) -> dict[str, Any]:
    if len(files) != 1:
        raise CatalogError([f"frameworks: exactly one framework is needed, found {len(files)}"])
    file = files[0]
    seen: set[str] = set()
    for group in ("safeguards", "neighbours"):
        for index, item in enumerate(file.data[group]):
            if item["cite"] in seen:
                problems.append(file.problem([group, index], f"the cite '{item['cite']}' stands twice"))
            seen.add(item["cite"])
    return dict(file.data)


def _amendments(files: list[YamlFile], framework: Checked, problems: list[str]) -> list[Checked]:
    problems.extend(
        file.problem(["amends"], unknown("framework", file.data["amends"], [framework["id"]]))
        for file in files
        if file.data["amends"] != framework["id"]
    )
    return [dict(file.data) for file in files]


def _unique(
    files: list[YamlFile], section: str, problems: list[str]
) -> Iterator[tuple[YamlFile, list[Any], dict[str, Any]]]:
    """Yield the items of a section of several files (file, place, item), each id once."""
    first: dict[str, str] = {}
    for file in files:
        for index, item in enumerate(file.data[section]):
            place = [section, index]
            here = f"{file.name}:{file.line(place)}" if item["id"] in first else file.name
            if item["id"] in first:
                problems.append(f"{here}: the id '{item['id']}' is taken by {first[item['id']]}")
                continue
            first[item["id"]] = here
            yield file, place, item


def _parameters(files: list[YamlFile], problems: list[str]) -> dict[str, Any]:
    result = {}
    for file, place, item in _unique(files, "parameters", problems):
        result[item["id"]] = item
        problems.extend(parameters.value_problems(file, place, item))
    return result


def _rules(files: list[YamlFile], checker: SettingCheck, cites: Mechanisms, problems: list[str]) -> dict[str, Any]:
    result = {}
    for file, place, item in _unique(files, "rules", problems):
        platform = file.data["platform"]
        if platform not in checker.platforms:
            problems.append(file.problem(["platform"], unknown("platform", platform, checker.platforms)))
            continue
        if ("hipaa" in item) == ("hardening_only" in item):
            problems.append(file.problem(place, f"rule '{item['id']}' needs either hipaa or hardening_only"))
        if "manual" not in item and "settings" not in item:
            problems.append(file.problem(place, f"rule '{item['id']}' needs settings, or manual"))
        if "manual" in item and "closes" in item:
            problems.append(
                file.problem([*place, "closes"], f"rule '{item['id']}' is for a person, so it closes nothing")
            )
        for index, mapping in enumerate(item.get("hipaa", ())):
            wrong = _mapping_problem(mapping, cites)
            if wrong:
                problems.append(file.problem([*place, "hipaa", index], wrong))
        result[item["id"]] = checker.rule(file, place, item, platform)
    return result


def _mapping_problem(mapping: Mapping[str, str], cites: Mechanisms) -> str:
    """Return what is wrong with a mapping to a cite; empty where nothing is."""
    cite = mapping["cite"]
    if cite not in cites:
        return unknown("cite", cite, cites, most=30)
    mechanisms, named = cites[cite], mapping.get("mechanism", "")
    if named and named not in mechanisms:
        return unknown(f"mechanism of {cite}", named, mechanisms)
    if named and mapping["strength"] != "direct":
        return (
            f"only a direct mapping names a mechanism; take away '{named}', or say how the rule carries {cite} directly"
        )
    if mechanisms and not named and mapping["strength"] == "direct":
        return f"a direct mapping to {cite} names the mechanism by which it carries it: {', '.join(mechanisms)}"
    return ""


def _former_problems(files: list[YamlFile], catalog: Checked) -> Iterator[str]:
    """Yield a problem of each former or retired id of a rule that a rule has now, or that stands twice."""
    taken = set(catalog["rules"])
    for file in files:
        former = [(["retired", name], name) for name in file.data.get("retired", {})]
        for index, item in enumerate(file.data["rules"]):
            former += [(["rules", index, "formerly"], name) for name in item.get("formerly", ())]
        for place, name in former:
            if name in taken:
                yield file.problem(place, f"the id '{name}' is taken by a rule, or stands here twice")
            taken.add(name)


def _gaps(
    files: list[YamlFile], rules: dict[str, Any], cites: Collection[str], problems: list[str]
) -> list[dict[str, Any]]:
    """Return the gaps with the ids of their rules in the place of what names them."""
    result = []
    for file, place, item in _unique(files, "gaps", problems):
        problems.extend(threats.strange_names(file, place, item, rules, cites))
        shown = [
            name
            for name, rule in rules.items()
            if not rule.get("manual")
            and (
                name in item.get("rules", ())
                or rule["topic"] in item.get("topics", ())
                or any(mapping["cite"] in item.get("safeguards", ()) for mapping in rule.get("hipaa", ()))
            )
        ]
        told: dict[str, Any] = {key: item[key] for key in ("id", "title", "why", "unseen") if key in item}
        result.append({**told, "rules": shown})
    return result


def _benchmarks(files: list[YamlFile], catalog: Checked, problems: list[str]) -> dict[str, Any]:
    """Return the benchmarks by id and version (``debian_12@1.1.0``)."""
    heads: dict[str, Any] = {}
    for file in files:
        if "id" not in file.data:
            continue
        name = f"{file.data['id']}@{file.data['version']}"
        if name in heads:
            problems.append(file.problem(["id"], f"the benchmark '{name}' stands in another file too"))
        heads[name] = {**file.data, "recommendations": []}
        _benchmark_head(file, catalog, problems)
    for file in files:
        name = f"{file.data['id']}@{file.data['version']}" if "id" in file.data else file.data["benchmark"]
        if name not in heads:
            problems.append(file.problem(["benchmark"], unknown("benchmark", name, heads)))
            continue
        _recommendations(file, heads[name], catalog, problems)
    return heads


def _benchmark_head(file: YamlFile, catalog: Checked, problems: list[str]) -> None:
    if file.data["platform"] not in catalog["platforms"]:
        problems.append(file.problem(["platform"], unknown("platform", file.data["platform"], catalog["platforms"])))
    families = catalog["platforms"].get(file.data["platform"], {}).get("names", {})
    strange = [name for name in file.data.get("names", ()) if name not in families]
    problems.extend(file.problem(["names"], unknown("family of names", name, families)) for name in strange)
    for name, changed in file.data.get("parameters", {}).items():
        place = ["parameters", name]
        if name not in catalog["parameters"]:
            problems.append(file.problem(place, unknown("parameter", name, catalog["parameters"])))
            continue
        parameter = {**catalog["parameters"][name], **changed}
        problems.extend(parameters.value_problems(file, place, parameter))


def _recommendations(file: YamlFile, head: dict[str, Any], catalog: Checked, problems: list[str]) -> None:
    taken = {item["id"] for item in head["recommendations"]}
    safeguards = {item["cite"] for item in catalog["framework"]["safeguards"]}
    for index, item in enumerate(file.data.get("recommendations", ())):
        place = ["recommendations", index]
        if item["id"] in taken:
            problems.append(file.problem(place, f"recommendation {item['id']} stands twice"))
        taken.add(item["id"])
        if ("rules" in item) == ("not_yet_automated" in item):
            problems.append(file.problem(place, f"recommendation {item['id']} needs either rules or not_yet_automated"))
        if "not_yet_automated" in item and "title" not in item:
            problems.append(
                file.problem(place, f"recommendation {item['id']} needs a title, for no rule speaks for it")
            )
        for rule in item.get("rules", ()):
            if rule not in catalog["rules"]:
                problems.append(file.problem([*place, "rules"], unknown("rule", rule, catalog["rules"], most=3)))
            elif catalog["rules"][rule]["platform"] != head["platform"]:
                problems.append(file.problem([*place, "rules"], f"rule '{rule}' is of another platform"))
        foreign = [cite for cite in item.get("cites", ()) if cite not in safeguards]
        problems.extend(file.problem([*place, "cites"], unknown("cite", cite, safeguards, most=30)) for cite in foreign)
        head["recommendations"].append(item)
