# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PAM: modules come into the stack through profiles of pam-auth-update, their arguments are edited in place.

pam-auth-update(8) keeps local changes of a module's arguments when it writes the files again, and nothing else; so
both survive updates of packages. Files that were changed in another way it leaves alone, and so do we.
"""

from __future__ import annotations

import re
from typing import Any, List, Mapping, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import file_lines, pam
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.pam_profiles import (
    OWN_PROFILES,
    PROFILES,
    STATE,
    enabled,
    local_changes,
)

RULE = re.compile(
    r"(?P<head>\s*-?(?P<type>auth|account|password|session)\s+(?:\[[^\]]*\]|\w+)\s+(?:\S*/)?(?P<module>[\w.-]+))"
    r"(?P<arguments>(?:\s[^#]*)?)(?P<comment>#.*)?\Z",
    re.ASCII,
)
ARGUMENT = re.compile(r"\[[^\]]*\]|\S+", re.ASCII)
# What follows from more than the arguments is there whatever is taken out of them.
COMPUTED = ("hash", "shortest")
UPDATE = "/usr/sbin/pam-auth-update"


def write(plan: ChangePlan, address: Address, wanted: Mapping[str, Any]) -> None:
    """``{pam: MODULE, add?, remove?, profile?}``: change the module's arguments, or bring it into the stack.

    ``add``: arguments (``name=value`` takes the place of other values); ``remove``: expressions for whole arguments;
    ``profile``: what brings the module in where it is missing.
    """
    if not isinstance(wanted, Mapping) or "pam" not in wanted:
        raise CannotFix("%r does not say what is to be done with the stack" % (wanted,))
    module = str(wanted["pam"])
    paths = _paths(plan, address)
    here = [path for path in paths if plan.host.exists(path) and module in _modules(plan, path)]
    if "query" in address and len(here) < len(paths):
        raise CannotFix(
            "%s stands on a line that goes on in the next one in %s; change it by hand"
            % (module, ", ".join(path for path in paths if path not in here))
        )
    if (wanted.get("add") or wanted.get("remove")) and here:
        for path in here:
            _edit(plan, path, module, str(address.get("type", "")), wanted)
        if not wanted.get("add") and address.get("name") not in COMPUTED:
            _need_none(plan, address)
    elif wanted.get("profile"):
        _enable(plan, module, str(wanted["profile"]))
    else:
        raise CannotFix(
            "%s is not in %s; that it is missing is told by another rule" % (module, ", ".join(paths) or "the stack")
        )


def _paths(plan: ChangePlan, address: Address) -> List[str]:
    """Return the files that an address is about; by its query those in which the module stands in a stack that is run."""
    if "query" not in address:
        return plan.host.glob(required(address, "glob")) if "glob" in address else [required(address, "path")]
    paths = sorted({str(item["file"]) for item in _seen(plan, address)} if address["query"] == "option" else ())
    for path in paths:
        if not path.startswith(pam.SOURCE + "/"):
            raise CannotFix("%s is not a file of this host's own configuration; change it by hand" % path)
    return paths


def _seen(plan: ChangePlan, address: Address) -> Sequence[Mapping[str, Any]]:
    """Return the lines that an address finds: of an option those that set it. Raises `CannotFix`."""
    seen = (pam.read if "query" in address else file_lines.read)(plan.host, [address])[0]
    if seen.state == "error":
        raise CannotFix(seen.reason)
    found: Sequence[Mapping[str, Any]] = seen.value or []
    return found


def _modules(plan: ChangePlan, path: str) -> List[str]:
    found = [RULE.match(row) for row in split_lines(plan.host.read_text(path))]
    return [rule.group("module") for rule in found if rule]


def _edit(plan: ChangePlan, path: str, module: str, only: str, wanted: Mapping[str, Any]) -> None:
    rows = split_lines(plan.host.read_text(path), ends=True)
    earlier: List[str] = []
    for at, row in enumerate(rows):
        rule = RULE.match(row.rstrip("\n"))
        if rule is None:
            continue
        if rule.group("module") == module and only in ("", rule.group("type")):
            if row.rstrip(BLANKS).endswith("\\"):
                raise CannotFix("%s:%d goes on in the next line; change it by hand" % (path, at + 1))
            arguments = _changed(ARGUMENT.findall(rule.group("arguments")), wanted)
            if "use_authtok" in wanted.get("add", ()) and rule.group("type") not in earlier:
                raise CannotFix(
                    "%s:%d is the first module that is asked for a new password, and with use_authtok no password could "
                    "be changed; enable pam_pwquality or pam_pwhistory before it" % (path, at + 1)
                )
            if arguments != ARGUMENT.findall(rule.group("arguments")):
                parts = [rule.group("head"), *arguments, *([rule.group("comment")] if rule.group("comment") else [])]
                rows[at] = " ".join(parts) + "\n"
        earlier.append(rule.group("type"))
    plan.write(path, "".join(rows))


def _changed(arguments: List[str], wanted: Mapping[str, Any]) -> List[str]:
    unwanted = [re.compile(text + r"\Z") for text in wanted.get("remove", ())]
    kept = [one for one in arguments if not any(text.match(one) for text in unwanted)]
    for new in wanted.get("add", ()):
        name = new.partition("=")[0]
        kept = [one for one in kept if one != new and not ("=" in new and one.startswith(name + "="))] + [new]
    return kept


def _need_none(plan: ChangePlan, address: Address) -> None:
    for item in _seen(plan, address):
        if item.get("value", True) is None:
            continue
        raise CannotFix("%s:%d still says otherwise; change it there by hand" % (item["file"], item["line"]))


def _enable(plan: ChangePlan, module: str, name: str) -> None:
    """Enable a profile; one of our own is written first."""
    if not plan.host.exists(UPDATE):
        raise CannotFix("pam-auth-update is not on this host; bring %s into its PAM stack by hand" % module)
    profiles = OWN_PROFILES.get(name, {name: ""})
    changed = local_changes(plan.host)
    if changed:
        raise CannotFix(
            "%s, so pam-auth-update does not manage the stack any more; bring %s into it by hand, or go back to managed "
            "files with pam-auth-update --force" % (changed, module)
        )
    for profile, text in profiles.items():
        if text:
            _refuse_double(plan, module, profile)
            plan.write("%s/%s" % (PROFILES, profile), text)
        elif not plan.host.exists("%s/%s" % (PROFILES, profile)):
            raise CannotFix("the package that brings the PAM profile %s is not installed" % profile)
    # Without --package it would ask; what it may not do it only says, with exit code 0 (the next audit shows it).
    plan.command(
        "enable the PAM profiles " + ", ".join(profiles),
        ["env", "DEBIAN_FRONTEND=noninteractive", UPDATE, "--package", "--enable", *profiles],
        watch=("/etc/pam.d", STATE),
    )


def _refuse_double(plan: ChangePlan, module: str, profile: str) -> None:
    if profile in enabled(plan.host):
        return
    for path in plan.host.glob("/etc/pam.d/common-*"):
        if module in _modules(plan, path):
            raise CannotFix(
                "%s has %s already, from another profile, but not as it is needed; change that profile" % (path, module)
            )
