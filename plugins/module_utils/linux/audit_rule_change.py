# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `audit_rule`: rules in a file that is read last, loaded into the kernel without locking it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Dict, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.audit_rule import FOLDER, LOCKED, Recording, loaded_file
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import (
    MARK,
    assign,
    comment_out,
    text_or,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, required

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.audit_rule_language import Rule
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

# Behind all others: at a rule that the kernel refuses auditctl(8) stops, and what stands after it is not loaded.
OWN_FILE = FOLDER + "/zz-hipaa-cis.rules"
LOCK_FILE = FOLDER + "/zz-hipaa-cis-lock.rules"
MODE = 0o600
KEY = re.compile(r"[A-Za-z0-9_.-]{1,31}\Z")
MAX_RULES_BYTES = 100000

# /etc/audit/audit.rules is only what augenrules(8) makes of the files at each boot; its backup is left as it is.
MERGE = r"""
merge() {
    kept=$(mktemp -d) || return 1
    cp -p /etc/audit/audit.rules.prev "$kept" 2>/dev/null
    augenrules >/dev/null; status=$?
    rm -f /etc/audit/audit.rules.prev
    cp -p "$kept"/audit.rules.prev /etc/audit 2>/dev/null
    rm -rf "$kept"
    return $status
}
"""
# Without -e 2, so that what is loaded now can be taken back; what was loaded before comes back where the kernel refuses.
LOAD = (
    MERGE
    + r"""
new=$(mktemp) && old=$(mktemp) || exit 1
trap 'rm -f "$new" "$old"' EXIT
cd /etc/audit/rules.d || exit 1
{
    echo -D
    ls -1v | grep '\.rules$' | while read -r file; do cat "$file"; done | grep -Ev '^[[:space:]]*(-D[[:space:]]*$|-e)'
    printf '%s\n' '-e 1'
} >"$new"
{ echo -D; auditctl -l | grep -v '^No rules'; } >"$old"
auditctl -R "$new" >/dev/null && merge && exit
auditctl -R "$old" >/dev/null
exit 1
"""
)
# Rules that are locked stay until the next boot, which finds the files as they were.
UNLOAD = (
    MERGE
    + r"""
merge
auditctl -s | grep -q '^enabled 2' && exit
old=$(mktemp) || exit 1
trap 'rm -f "$old"' EXIT
printf '%s\n' "$1" >"$old"
auditctl -R "$old" >/dev/null
"""
)


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Have what an address asks for recorded now and from each boot on; ``wanted`` is the key of the records."""
    path = loaded_file(plan.host)
    if path is not None:
        raise CannotFix("%s is loaded at boot as it is, without augenrules; add the rules there by hand" % path)
    recording = Recording(plan.host)
    if required(address, "query") == "immutable":
        _lock(plan, recording)
        return
    if not KEY.match(str(wanted)):
        raise CannotFix("%r cannot be the key of audit records" % (wanted,))
    rules = recording.wanted(address)
    for rule, text in zip(rules, recording.texts_of(address, str(wanted))):
        lost = recording.configured.missing(recording.pieces(rule))
        _refuse_kept_out(lost)
        if lost:
            _refuse_without_folder(plan, rule)
            plan.write(OWN_FILE, assign(text_or(plan.host, OWN_FILE, MARK), [], text), mode=MODE)
    planned = Recording(plan.host)
    pieces = [piece for rule in rules for piece in planned.pieces(rule)]
    for text in planned.configured.missing(pieces):
        raise CannotFix("%s would not be recorded even with a rule in %s; look at the rules by hand" % (text, OWN_FILE))
    if not recording.running.missing(pieces):
        return
    if recording.enabled == LOCKED:
        plan.needs_reboot("the audit rules, which are locked until then")
    else:
        _load(plan, recording)


def _refuse_kept_out(lost: Dict[str, str]) -> None:
    for text, kept_out in lost.items():
        if kept_out:
            raise CannotFix("%s is kept out by %s; decide by hand whether that may stay" % (text, kept_out))


def _refuse_without_folder(plan: ChangePlan, rule: Rule) -> None:
    location = rule.location()
    folder = str(location.value).rpartition("/")[0] if location else ""
    if folder and not plan.host.exists(folder):
        raise CannotFix("%s does not exist, so the kernel would refuse the rule and all behind it" % folder)


def _load(plan: ChangePlan, recording: Recording) -> None:
    before = "\n".join(["-D", *recording.texts(), "-e " + recording.enabled])
    if len(before) > MAX_RULES_BYTES:
        raise CannotFix(
            "the kernel has so many audit rules that they could not be brought back; load the new ones by hand"
        )
    undo = ["sh", "-c", UNLOAD, "hipaa-cis", before]
    plan.command("load the audit rules", ["sh", "-c", LOAD], after_undo=[undo])


def _lock(plan: ChangePlan, recording: Recording) -> None:
    """Lock the rules from the next boot on: only a boot takes that back."""
    if recording.configured.enabled != LOCKED:
        for path, numbers in _places(recording).items():
            plan.write(path, comment_out(plan.host.read_text(path), numbers))
        # Behind the starting of units, one of which would load the lock at once.
        plan.write(LOCK_FILE, MARK + "-e 2\n", mode=MODE)
        plan.write_last(LOCK_FILE)
        if Recording(plan.host).configured.enabled != LOCKED:
            raise CannotFix("a file behind %s still says otherwise; change it by hand" % LOCK_FILE)
    if recording.enabled != LOCKED:
        plan.needs_reboot("the lock on the audit rules")


def _places(recording: Recording) -> Dict[str, List[int]]:
    found: Dict[str, List[int]] = {}
    for place in recording.configured.lines_of_e:
        path, _colon, number = place.rpartition(":")
        found.setdefault(path, []).append(int(number))
    return found
