# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writer of the kind `dconf`: a keyfile and a list of locks of our own in the database that decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import (
    MARK,
    assign,
    comment_out,
    text_or,
    with_line,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, required
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import dconf
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import gvariant
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers.text_setting import in_section

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

# Behind what others number; of several keyfiles the last by name wins (dconf(7)).
OWN_NAME = "zz-hipaa-cis"
PROGRAM = "/usr/bin/dconf"
OWN_PROFILES = dconf.PROFILES[0]
# Which database a profile gets that names none, as GNOME's guide for administrators has it.
DATABASES = {"gdm": "gdm"}
DEFAULT_DATABASE = "local"
# A database dated in the future would be taken for new, and one that only root can read has no effect in a session.
UPDATE = (
    'cd /etc/dconf/db || exit 0; umask 022; for one in *.d; do touch -c -d @0 "./${one%.d}" || exit; done; '
    "exec dconf update"
)
# A rollback brings the databases back as they were. What somebody changed since is compiled with what is left. That our files went
# shows in the folders' times alone: where what is left makes the same database these are set back, or it would look out of date.
CATCH_UP = (
    'cd /etc/dconf/db || exit 0; umask 022; for one in *.d; do old="./${one%.d}"; [ -d "./$one" ] || continue; '
    'newer=$(if [ -e "$old" ]; then find "./$one" -type f -newer "$old"; else find "./$one" -type f; fi) || exit; '
    'if [ -n "$newer" ]; then exec dconf update; fi; [ -e "$old" ] || continue; '
    'newer=$(find "./$one" -type d -newer "$old") || exit; [ -n "$newer" ] || continue; new=$(mktemp) || exit; '
    'dconf compile "$new" "./$one" && cmp -s "$new" "$old"; same=$?; rm -f "$new"; '
    '[ "$same" = 0 ] || exec dconf update; find "./$one" -type d -exec touch -r "$old" {} + || exit; done'
)


def write(plan: ChangePlan, address: Address, wanted: Any) -> None:
    """Give a key a value, lock it, or both (``{value, locked}``), for the sessions of a profile."""
    key, name = required(address, "key"), dconf.profile_name(address)
    parts = wanted if isinstance(wanted, Mapping) else {"value": wanted}
    if not parts or not set(parts) <= {"value", "locked"} or parts.get("locked", True) is not True:
        raise CannotFix("only a value and a lock can be set, not %r" % (wanted,))
    kind, text = _typed(address, parts["value"]) if "value" in parts else ("", "")
    _check_host(plan)
    before = plan.mark()
    _need_database(plan, name)
    database = _deciding(plan, name, key)
    folder = database.path + ".d"
    if text:
        _set(plan, folder, key, text)
    if "locked" in parts:
        own = "%s/locks/%s" % (folder, OWN_NAME)
        plan.write(own, with_line(text_or(plan.host, own, MARK), key, lambda line: line == key))
    _check_result(plan, name, key, kind, parts)
    if plan.mark() != before or database.stale or database.closed:
        plan.command(
            "compile the databases of dconf",
            ["sh", "-c", UPDATE],
            watch=[dconf.FOLDER.rstrip("/")],
            after_undo=[["sh", "-c", CATCH_UP]],
        )


def _typed(address: Address, value: Any) -> Tuple[str, str]:
    """Return (type, GVariant text) of a value."""
    kind = str(address.get("type") or (gvariant.BOOLEAN if isinstance(value, bool) else ""))
    text = gvariant.write(kind, value)
    if text is None:
        raise CannotFix("%r is no value of the type %s that %s has" % (value, kind or "(none given)", address["key"]))
    return kind, text


def _check_host(plan: ChangePlan) -> None:
    if not plan.host.exists(PROGRAM):
        raise CannotFix("%s is missing, without which nothing is compiled; install dconf-cli first" % PROGRAM)
    for folder in plan.host.glob(dconf.FOLDER + "*.d"):
        database = folder[: -len(".d")]
        # What is planned here is not compiled yet, and is no change of somebody else.
        others = [path for path in dconf.made_of(plan.host, folder) if path not in plan.host.planned]
        if others and dconf.is_stale(plan.host, database, others):
            raise CannotFix(
                "%s is older than its keyfiles, whose changes would take effect too; look at them, then run dconf update"
                % database
            )


def _need_database(plan: ChangePlan, name: str) -> None:
    """Let the profile name a system database where it names none, behind the user's own and before files."""
    profile = dconf.read_profile(plan.host, name)
    if profile.closed:
        raise CannotFix("users cannot read %s, so profile %s has no effect; chmod o+r it" % (profile.closed, name))
    if profile.databases:
        return
    line = "system-db:" + DATABASES.get(name, DEFAULT_DATABASE)
    if not profile.path.startswith(OWN_PROFILES):
        own = OWN_PROFILES + profile.name
        do = "copy %s to %s and add %s" % (profile.path, own, line) if profile.path else "add %s to %s" % (line, own)
        raise CannotFix("profile %s names no system database; %s" % (profile.name, do))
    rows = split_lines(plan.host.read_text(profile.path), ends=True)
    heads = [number for number, row in enumerate(rows, 1) if row.strip(BLANKS).startswith(("user-db:", "service-db:"))]
    place = heads[-1] if heads else 0
    plan.write(profile.path, assign("".join(rows[:place]), [], line) + "".join(rows[place:]))


def _deciding(plan: ChangePlan, name: str, key: str) -> dconf.Database:
    """Return the database that a session asks first for the key: the last that locks it, else the first of all."""
    databases = dconf.read_profile(plan.host, name).databases
    _found, locking = dconf.deciding(databases, key)
    database = locking or databases[0]
    closed = dconf.closed_to_users(plan.host, database.path)
    if closed not in ("", database.path):
        raise CannotFix("users cannot enter %s, so %s has no effect; chmod o+x it" % (closed, database.path))
    return database


def _set(plan: ChangePlan, folder: str, key: str, text: str) -> None:
    own = "%s/%s" % (folder, OWN_NAME)
    for path in dconf.keyfiles(plan.host, folder):
        old = plan.host.read_text(path)
        wrong = [
            line
            for known, seen, line in dconf.assignments(old)
            if known == key and gvariant.parse(seen) != gvariant.parse(text)
        ]
        if wrong and path != own:
            plan.write(path, comment_out(old, wrong))
    section, _slash, name = key.strip("/").rpartition("/")
    plan.write(own, in_section(text_or(plan.host, own, MARK), section, name, "%s=%s" % (name, text), keep=False))


def _check_result(plan: ChangePlan, name: str, key: str, kind: str, parts: Mapping[str, Any]) -> None:
    profile = dconf.read_profile(plan.host, name)
    for database in profile.databases:
        # As they will be once they are compiled.
        database.stale, database.closed = False, ""
    seen = dconf.effective(plan.host, profile, key, kind)
    if seen.state != "value" or any(seen.value[part] != parts[part] for part in parts):
        raise CannotFix("%s still decides about %s; change it there by hand" % (seen.source, key))
