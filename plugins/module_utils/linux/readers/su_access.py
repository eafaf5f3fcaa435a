# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind `su_access`: who may use su(1), by the line of pam_wheel(8) in the PAM configuration of su."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.account_files import GROUP, GSHADOW, NEW, PASSWD
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import (
    Address,
    NotFound,
    Observation,
    ReadError,
    absent,
    value,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.account_database import Group, groups, users

PATH = "/etc/pam.d/su"
MAX_DEPTH = 16
# Of these, each turns the group's right into something else, or asks the wrong account (pam_wheel(8)).
SPOILING = frozenset({"deny", "trust", "root_only"})
GROUP_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,30}\Z")
# With the users, of whose some may have the group as their primary one when it is taken back.
GROUP_FILES = (PASSWD, GROUP, GSHADOW, GROUP + "-", GSHADOW + "-")
LINE = re.compile(r"-?auth\s+(?P<control>\[[^\]]*\]|\S+)\s+(?P<module>\S+)\s*(?P<arguments>.*)", re.IGNORECASE)


@dataclass(frozen=True)
class Module:
    """One module of the auth stack, included files in their place."""

    file: str
    line: int
    control: str
    name: str
    arguments: List[str]

    @property
    def place(self) -> str:
        """Return where it stands."""
        return "%s:%d" % (self.file, self.line)

    def group(self) -> str:
        """Return the group to whose members it limits su, or nothing where it does not."""
        if self.name != "pam_wheel.so" or self.control not in ("required", "requisite"):
            return ""
        if "use_uid" not in self.arguments or SPOILING.intersection(self.arguments):
            return ""
        return next((word[6:] for word in self.arguments if word.startswith("group=")), "")

    def passes_over(self, distance: int) -> bool:
        """Return whether its success ends the stack, or jumps over the module ``distance`` places on."""
        if self.control == "sufficient":
            return True
        actions = [action for _sign, action in re.findall(r"(\w+)=(\w+)", self.control)]
        return any(action == "done" or (action.isdigit() and int(action) >= distance) for action in actions)


def read(host: Host, addresses: Sequence[Address]) -> List[Observation]:
    """Return `{group, exists, members, bypasses}`; absent where there is no su in PAM.

    `group`: the one su is limited to, "" where it is not. `members`: its users, also by primary group. `bypasses`:
    the places before it that let in without it; only root's own passage (pam_rootok) is meant to.
    """
    try:
        stack = list(_stack(host, PATH))
    except NotFound as problem:
        if host.exists(PATH):
            raise ReadError("%s includes a file that is missing: %s" % (PATH, problem)) from None
        return [absent(PATH)] * len(addresses)
    return [value(*_seen(host, stack))] * len(addresses)


def _seen(host: Host, stack: Sequence[Module]) -> Any:
    index = next((number for number, module in enumerate(stack) if module.group()), None)
    if index is None:
        return {"group": "", "exists": False, "members": [], "bypasses": []}, PATH
    name = stack[index].group()
    found = _group(host, name)
    bypasses = [
        module.place
        for number, module in enumerate(stack[:index])
        if module.name != "pam_rootok.so" and module.passes_over(index - number)
    ]
    seen = {"group": name, "exists": found is not None, "members": _members(host, found), "bypasses": bypasses[:20]}
    return seen, stack[index].place


def _group(host: Host, name: str) -> Optional[Group]:
    return next((group for group in groups(host) if group.name == name), None)


def _members(host: Host, group: Optional[Group]) -> List[str]:
    if group is None:
        return []
    first = [user.name for user in users(host) if user.gid == group.gid]
    return sorted({*group.members, *first})[:200]


def _stack(host: Host, path: str, depth: int = 0) -> Iterator[Module]:
    """Yield the auth modules of a PAM file (pam.conf(5)); files taken in by `include` and `substack` too."""
    if depth > MAX_DEPTH:
        raise ReadError("%s: too many levels of included files" % path)
    pending = ""
    for number, raw in enumerate(host.read_text(path).splitlines(), 1):
        text = pending + raw.split("#", 1)[0]
        if text.endswith("\\"):
            pending = text[:-1] + " "
            continue
        pending = ""
        words = text.split()
        if words[:1] == ["@include"] and len(words) > 1:
            yield from _stack(host, _pam_file(words[1]), depth + 1)
            continue
        found = LINE.match(text.strip())
        if found is None:
            continue
        control = found.group("control").lower()
        name = found.group("module").rsplit("/", 1)[-1]
        if control in ("include", "substack"):
            yield from _stack(host, _pam_file(found.group("module")), depth + 1)
        else:
            yield Module(path, number, control, name, found.group("arguments").split())


def _pam_file(name: str) -> str:
    return name if name.startswith("/") else "/etc/pam.d/" + name


def write(plan: ChangePlan, _address: Address, wanted: Any) -> None:
    """Limit su to the members of the group ``wanted``, which is made where it is missing and has to be empty."""
    host = plan.host
    seen = _checked(host)
    name = seen["group"] or str(wanted)
    if not GROUP_NAME.match(name):
        raise CannotFix("%r is no name for a group" % name[:60])
    members = _members(host, _group(host, name))
    if members:
        raise CannotFix(
            "%s has members (%s), whom only a person may take out: gpasswd -d USER %s"
            % (name, ", ".join(members[:5]), name)
        )
    if not seen["group"]:
        plan.write(PATH, _limited(host.read_text(PATH), name))
    if _group(host, name) is None:
        made = [[path, name, NEW, ""] for path in (GROUP, GSHADOW)]
        argv = ["groupadd", "--system", name]
        plan.account_command("create the empty group " + name, argv, GROUP_FILES, made)
    after = _checked(host)
    if after["group"] != name:
        raise CannotFix("%s cannot be changed so that su is limited; change it by hand" % PATH)


def _checked(host: Host) -> Dict[str, Any]:
    seen = read(host, [{}])[0]
    if seen.state != "value":
        raise CannotFix("there is no %s on this host" % PATH)
    if seen.value["bypasses"]:
        raise CannotFix("%s lets in without the group; change it by hand" % ", ".join(seen.value["bypasses"]))
    found: Dict[str, Any] = seen.value
    return found


def _limited(text: str, name: str) -> str:
    """Return the configuration with the line behind that of pam_rootok, by which root itself stays free to use su."""
    rows = text.splitlines(True)
    for number, row in enumerate(rows):
        found = LINE.match(row.strip())
        if found and found.group("module") == "pam_rootok.so" and found.group("control") == "sufficient":
            line = "auth       required   pam_wheel.so use_uid group=%s\n" % name
            return "".join([*rows[:number], row.rstrip("\n") + "\n", line, *rows[number + 1 :]])
    raise CannotFix(
        "%s has no line of pam_rootok, without which root could not use su either; change it by hand" % PATH
    )
