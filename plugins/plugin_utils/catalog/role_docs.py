# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles of the five standards, written from the catalog: each names its rules' parameters and their bounds."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from typing import Any

import yaml

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import matchers
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import Catalog, Parameter, Rule

NOTE = "Written by `make docs` from the catalog; changes here are lost."
# role -> the cite of its standard; the specifications below it belong to it.
STANDARDS: Mapping[str, str] = {
    "access_control": "164.312(a)(1)",
    "audit_controls": "164.312(b)",
    "integrity": "164.312(c)(1)",
    "authentication": "164.312(d)",
    "transmission_security": "164.312(e)(1)",
}
WIDTH = 140
_TYPES = {"integer": "int", "string": "str", "boolean": "bool", "list": "list"}


def cites_of(known: Catalog, standard: str) -> list[str]:
    """Return the cites of a standard and of the specifications below it."""
    return [row.cite for row in known.safeguards.values() if standard in (row.cite, row.parent)]


def files(known: Catalog) -> dict[str, str]:
    """Return path below the repository -> text of every file of the roles."""
    # What cannot be changed by any module is no matter of a role.
    fixed = [rule for rule in known.rules.values() if known.platforms[rule.platform].apply]
    result = {}
    for role, standard in STANDARDS.items():
        cites = cites_of(known, standard)
        rules = [rule for rule in fixed if set(rule.cites) & set(cites)]
        names = sorted({name for rule in rules for name in rule.parameters})
        parameters = [known.parameters[name] for name in names]
        title = known.safeguards[standard].name
        result[f"roles/{role}/tasks/main.yml"] = _tasks(title, cites)
        result[f"roles/{role}/defaults/main.yml"] = _defaults(parameters)
        result[f"roles/{role}/meta/argument_specs.yml"] = _specs(title, standard, parameters)
        result[f"roles/{role}/README.md"] = _readme(role, title, cites, rules, parameters)
    return result


def _tasks(title: str, cites: list[str]) -> str:
    return (
        f"---\n# {NOTE}\n- name: Remediate what serves the standard {title.lower()}\n"
        "  ansible.builtin.include_role:\n    name: hipaa.cis.remediate\n  vars:\n"
        f"    hipaa_cis_safeguards: {json.dumps(cites)}\n"
    )


def _defaults(parameters: list[Parameter]) -> str:
    head = [
        "---",
        f"# {NOTE}",
        "# The parameters of this role's rules, with the values in force when a variable is not set.",
    ]
    lines = list(head)
    for item in parameters:
        lines += textwrap.wrap(_bounded(item), WIDTH, initial_indent="# ", subsequent_indent="# ")
        value = json.dumps(item.default)
        shown = value if len(value) <= WIDTH // 2 else "[...]  # see docs/reference/parameters.md"
        lines.append(f"# hipaa_cis_parameter_{item.id}: {shown}")
    return "\n".join([*lines, "hipaa_cis_level: 1", ""])


def _bounded(item: Parameter) -> str:
    unit = f" ({item.unit})" if item.unit else ""
    bound = matchers.describe(item.bound) if item.bound else ""
    # The bound of a list of weak algorithms is that very list.
    demand = f"; the benchmark demands: {bound}" if bound and len(bound) < WIDTH else ""
    written = "" if item.written is None else f"; where it is not set, {json.dumps(item.written)} is written"
    return f"{' '.join(item.title.split())}{unit}{demand}{written}."


def _specs(title: str, standard: str, parameters: list[Parameter]) -> str:
    options: dict[str, Any] = {
        "hipaa_cis_level": {
            "description": ["The level, 1 or 2. Level 2 includes level 1."],
            "type": "int",
            "default": 1,
        }
    }
    options["hipaa_cis_exceptions"] = {
        "description": [
            "The list of the site's documented exceptions, which C(hipaa.cis.remediate) checks and documents."
        ],
        "type": "raw",
    }
    for item in parameters:
        options[f"hipaa_cis_parameter_{item.id}"] = {
            "description": [_bounded(item)],
            "type": _TYPES[item.type],
            **({"elements": "str"} if item.type == "list" else {}),
        }
    main = {
        "short_description": f"Fix what serves the standard {title.lower()}",
        "description": [
            f"The role C(hipaa.cis.remediate), narrowed to the rules that bear on {standard} and the specifications below it.",
            "It takes all variables of that role besides these.",
        ],
        "author": ["The hipaa.cis authors"],
        "options": options,
    }
    text = yaml.dump({"argument_specs": {"main": main}}, Dumper=_Indented, sort_keys=False, width=WIDTH)
    return f"---\n# {NOTE}\n{text}"


class _Indented(yaml.SafeDumper):
    """Indents lists below their key, as yamllint wants it."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - their signature
        super().increase_indent(flow, False)


def _readme(role: str, title: str, cites: list[str], rules: list[Rule], parameters: list[Parameter]) -> str:
    lines = [
        f"# hipaa.cis.{role}",
        "",
        f"<!-- {NOTE} -->",
        "",
        f"Fixes what serves the standard {title.lower()} of 45 CFR 164.312: the rules that bear on {', '.join(cites)}.",
        "It is the role `hipaa.cis.remediate`, narrowed to them; all its variables work here too, such as",
        "`hipaa_cis_exceptions`, the list of what the site has documented an exception for.",
        "",
        "    - hosts: all",
        "      gather_facts: false",
        "      become: true",
        "      roles:",
        f"        - role: hipaa.cis.{role}",
        "",
        "With `--check --diff` it shows the plan and changes nothing. `hipaa.cis.rollback` takes a run back.",
        "",
        "## Parameters",
        "",
    ]
    if parameters:
        lines += ["| variable | what | default |", "|---|---|---|"]
    else:
        lines.append("Its rules have none.")
    for item in parameters:
        default = item.default if len(str(item.default)) < WIDTH else "see docs/reference/parameters.md"
        cells = (f"`hipaa_cis_parameter_{item.id}`", _bounded(item), f"{default} {item.unit}".strip())
        lines.append("| " + " | ".join(" ".join(str(cell).split()).replace("|", "\\|") for cell in cells) + " |")
    lines += ["", "## Rules", ""]
    lines += [f"- `{rule.id}`: {' '.join(rule.title.split())} (disrupts {rule.disrupts})" for rule in rules]
    return "\n".join(lines) + "\n"
