# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `audit_rule`: rules in a file that is read last, loaded into the kernel without locking it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Dict, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import DISABLED, MARK, assign, text_or
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import units
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.audit_rule import (
    FOLDER,
    LOCKED,
    Recording,
    loaded_file,
)

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.audit_rule_language import Rule

# Behind all others: at a rule that the kernel refuses auditctl(8) stops, and what stands after it is not loaded.
OWN_FILE = FOLDER + "/zz-hipaa-cis.rules"
LOCK_FILE = FOLDER + "/zz-hipaa-cis-lock.rules"
# The file before it may end without a newline. From -c on auditctl(8) goes on where a rule is refused, so a program that is
# gone one day takes neither the other rules nor the lock with it.
START = "\n" + MARK
HEAD = START + "-c\n"
MODE = 0o600
KEY = re.compile(r"[A-Za-z0-9_.-]{1,31}\Z")
MAX_RULES_BYTES = 100000
# Ample, for a load that is cut off leaves a part of the rules.
SECONDS = 300.0

# /etc/audit/audit.rules is only what augenrules(8) makes of the files at each boot; its backup is left as it is.
# That of version 4 does nothing, and says that all is well, where the rules are locked: then the next boot makes the file.
MERGE = r"""
merge() {
    prev=/etc/audit/audit.rules.prev
    kept=$(mktemp -d) || return 1
    [ ! -e "$prev" ] || cp -p "$prev" "$kept/prev" || { rm -rf "$kept"; return 1; }
    augenrules >/dev/null; status=$?
    rm -f "$prev"
    [ ! -e "$kept/prev" ] || cp -p "$kept/prev" "$prev" || status=1
    rm -rf "$kept"
    return $status
}
"""
# Without -e 2, so that what is loaded now can be taken back; what was loaded before comes back where the kernel refuses.
# What was read is kept in variables: only their one writer can then fail for a full disk, and that is seen.
LOAD = (
    MERGE
    + r"""
new= old=
trap 'rm -f "$new" "$old"' EXIT
new=$(mktemp) && old=$(mktemp) && cd /etc/audit/rules.d || exit 1
before=$(auditctl -l) && state=$(auditctl -s) || exit 1
rules=$(ls -1v | grep '\.rules$' | while read -r file; do cat "$file" || exit 1; done) || exit 1
rules=$(printf '%s\n' "$rules" | grep -Ev '^[[:space:]]*(-D[[:space:]]*$|-e)')
before=$(printf '%s\n' "$before" | grep -v '^No rules$')
state=$(printf '%s\n' "$state" | sed -n 's/^enabled //p')
printf '%s\n' -D "$rules" '-e 1' >"$new" && printf '%s\n' -D -c "$before" "-e ${state:-1}" >"$old" || exit 1
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
old=
trap 'rm -f "$old"' EXIT
old=$(mktemp) && printf '%s\n' "$1" >"$old" || exit 1
auditctl -R "$old" >/dev/null
"""
)


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Have what an address asks for recorded now and from each boot on; ``wanted`` is the key of the records."""
    path = loaded_file(plan.host)
    if path is not None:
        raise CannotFix("%s is loaded at boot as it is, without augenrules; add the rules there by hand" % path)
    recording = Recording(plan.host)
    other = {"immutable": _lock, "daemon": _let_through}.get(required(address, "query"))
    if other is not None:
        other(plan, recording)
        return
    if not KEY.match(str(wanted)):
        raise CannotFix("%r cannot be the key of audit records" % (wanted,))
    _drop_refused(plan, recording)
    rules = recording.wanted(address)
    for rule, text in zip(rules, recording.texts_of(address, str(wanted))):
        lost = recording.configured.missing(recording.pieces(rule))
        _refuse_kept_out(lost)
        if lost:
            _refuse_without_folder(plan, rule)
            plan.write(OWN_FILE, assign(text_or(plan.host, OWN_FILE, HEAD), [], text), mode=MODE)
    planned = Recording(plan.host)
    pieces = [piece for rule in rules for piece in planned.pieces(rule)]
    for text in planned.configured.missing(pieces):
        raise CannotFix("%s would not be recorded even with a rule in %s; look at the rules by hand" % (text, OWN_FILE))
    if planned.configured.stopped:
        raise CannotFix("the rules cannot be loaded: %s; change it by hand" % planned.configured.stopped)
    if not recording.running.missing(pieces):
        return
    if recording.enabled == LOCKED:
        plan.needs_reboot("the audit rules, which are locked until then")
    else:
        _load(plan, recording)


def _drop_refused(plan: ChangePlan, recording: Recording) -> None:
    """Take out of our own file what cannot be loaded any more: its program is gone, or the site has the rule by now."""
    numbers = _by_file(recording.configured.refused).get(OWN_FILE)
    if numbers:
        rows = plan.host.read_text(OWN_FILE).split("\n")
        kept = [row for number, row in enumerate(rows, 1) if number not in numbers]
        plan.write(OWN_FILE, "\n".join(kept), mode=MODE)


def _refuse_kept_out(lost: Dict[str, str]) -> None:
    for text, kept_out in lost.items():
        if kept_out:
            raise CannotFix("%s is kept out by %s; decide by hand whether that may stay" % (text, kept_out))


def _refuse_without_folder(plan: ChangePlan, rule: Rule) -> None:
    location = rule.location()
    folder = str(location.value).rpartition("/")[0] if location else ""
    if folder and not plan.host.exists(folder):
        raise CannotFix("%s does not exist, so the kernel would refuse the rule" % folder)


def _load(plan: ChangePlan, recording: Recording) -> None:
    # One that cannot be brought back is no reason to leave out those behind it.
    before = "\n".join(["-D", "-c", *recording.texts(), "-e " + recording.enabled])
    if len(before) > MAX_RULES_BYTES:
        raise CannotFix(
            "the kernel has so many audit rules that they could not be brought back; load the new ones by hand"
        )
    undo = ["sh", "-c", UNLOAD, "hipaa-cis", before]
    plan.command("load the audit rules", ["sh", "-c", LOAD], after_undo=[undo], timeout=SECONDS)


def _lock(plan: ChangePlan, recording: Recording) -> None:
    """Lock the rules from the next boot on: only a boot takes that back."""
    if recording.configured.stopped:
        raise CannotFix("the lock would not be reached: %s; change it by hand" % recording.configured.stopped)
    if recording.configured.enabled != LOCKED:
        _disable(plan, recording.configured.lines_of_e)
        # Behind the starting of units, one of which would load the lock at once.
        plan.write(LOCK_FILE, START + "-e 2\n", mode=MODE)
        plan.write_last(LOCK_FILE)
        if Recording(plan.host).configured.enabled != LOCKED:
            raise CannotFix("a file behind %s still says otherwise; change it by hand" % LOCK_FILE)
    if recording.enabled != LOCKED:
        plan.needs_reboot("the lock on the audit rules")


def _let_through(plan: ChangePlan, recording: Recording) -> None:
    """Take out what drops records whatever the rules say. A daemon that does not run is started by whoever switches units."""
    status, files = recording.status, recording.configured
    if files.enabled == "0":
        raise CannotFix("%s switches auditing off at boot; decide by hand whether that may stay" % files.lines_of_e[-1])
    lost = status.get("pid") == "0" or status["enabled"] == "0"
    daemon = units.observe(plan.host, "auditd.service").value if lost else None
    if daemon and daemon["active"]:
        raise CannotFix(
            "auditd runs, but the kernel hands nothing to it (auditctl -s); start it anew, with service auditd restart"
        )
    _disable(plan, files.lines_of_r)
    rate = status.get("rate_limit", "0")
    if rate != "0" and status["enabled"] == LOCKED:
        plan.needs_reboot("the limit of audit records, which is locked until then")
    elif rate != "0":
        plan.command("take the limit off audit records", ["auditctl", "-r", "0"], undo=[["auditctl", "-r", rate]])


def _disable(plan: ChangePlan, places: List[str]) -> None:
    for path, numbers in _by_file(places).items():
        # Lines as auditctl(8) counts them, who knows the line feed alone.
        rows = enumerate(plan.host.read_text(path).split("\n"), 1)
        plan.write(path, "\n".join(DISABLED + row if number in numbers else row for number, row in rows))


def _by_file(places: List[str]) -> Dict[str, List[int]]:
    """Return the numbers of lines by their file."""
    found: Dict[str, List[int]] = {}
    for place in places:
        path, _colon, number = place.rpartition(":")
        found.setdefault(path, []).append(int(number))
    return found
