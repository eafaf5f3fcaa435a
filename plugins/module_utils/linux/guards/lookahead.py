# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would surely lock out whoever is at work is refused before anything is changed.

``options``: ``user`` (as whom the controller connects), ``port``, ``connection`` (Ansible's name of the way),
``password_used`` (to log in), ``become_method`` and ``become_password_used``. What is not given is not known, and then the worst
is taken to be. What can't be told in advance is left to the confirmed commit.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Set

from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import logins
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.firewall import closed_port, ufw_variable
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import Address, ReadError

Check = Callable[[Address, Any], str]
LOCAL = frozenset({"local", "chroot", "community.general.chroot"})


def refusals(host: Host, changes: Mapping[str, Sequence[Any]], options: Mapping[str, Any]) -> Dict[str, str]:
    """Return change -> why it is refused."""
    ahead = Lookahead(host, options, changes)
    found: Dict[str, str] = {}
    for change, (kind, address, wanted, *_closes) in changes.items():
        reason = ahead.reason(kind, address, wanted)
        if reason:
            found[change] = reason
    return found


class Lookahead:
    """Looks at single changes with the eyes of the user who connects."""

    def __init__(
        self, host: Host, options: Mapping[str, Any], changes: Optional[Mapping[str, Sequence[Any]]] = None
    ) -> None:
        self._host = host
        self._ufw = {
            ufw_variable(address): str(wanted)
            for kind, address, wanted, *_closes in (changes or {}).values()
            if kind == "text_setting" and ufw_variable(address)
        }
        self._options = options
        self._user = str(options.get("user") or "")
        self._local = options.get("connection") in LOCAL
        self._checks: Dict[str, Check] = {
            "sshd_option": self._sshd_option,
            "su_access": self._su,
            "sudo": self._sudo,
            "service": self._firewall,
            "text_setting": self._firewall,
        }
        self._sshd: Dict[str, Callable[[str], str]] = {
            "permitrootlogin": self._root_login,
            "allowusers": self._allow_users,
            "allowgroups": self._allow_groups,
            "denyusers": self._deny_users,
            "denygroups": self._deny_groups,
            "passwordauthentication": self._passwords,
            "pubkeyauthentication": self._keys,
        }

    def reason(self, kind: str, address: Address, wanted: Any) -> str:
        """Return why a change would lock out, or nothing."""
        check = self._checks.get(kind)
        if check is None:
            return ""
        try:
            return check(address, wanted)
        except ReadError as problem:
            return "it cannot be told whether this would lock you out: %s" % problem

    def _sshd_option(self, address: Address, wanted: Any) -> str:
        check = self._sshd.get(lowered(str(address.get("name", ""))))
        text = str(wanted).strip(BLANKS)
        # An empty list of the site is refused by the writer, with what to do.
        return check(text) if check and text else ""

    def _root_login(self, wanted: str) -> str:
        if lowered(wanted) == "yes" or (self._user not in ("", "root") and not self._local):
            return ""
        others = logins.administrators(self._host)
        if self._user == "root" and not self._local:
            if lowered(wanted) in ("prohibit-password", "without-password") and self._has_key("root"):
                return ""
            hint = (
                "connect as %s" % others[0]
                if others
                else "make an account with a key that can use sudo, and connect as it"
            )
            return "Ansible connects as root, whom this would lock out; %s" % hint
        if not others:
            return "no other account has a key and can become root by sudo, so nobody could administrate this host any more"
        if not self._user and not self._local:
            return "it is not known as whom Ansible connects, and as root it would be locked out; set ansible_user"
        return ""

    def _allow_users(self, wanted: str) -> str:
        # Of user@host only the user can be judged in advance.
        return self._left_out("AllowUsers", wanted, {self._user}, allow=True)

    def _allow_groups(self, wanted: str) -> str:
        return self._left_out("AllowGroups", wanted, logins.group_names(self._host, self._user), allow=True)

    def _deny_users(self, wanted: str) -> str:
        return self._left_out("DenyUsers", wanted, {self._user}, allow=False)

    def _deny_groups(self, wanted: str) -> str:
        return self._left_out("DenyGroups", wanted, logins.group_names(self._host, self._user), allow=False)

    def _left_out(self, option: str, wanted: str, mine: Set[str], allow: bool) -> str:
        if self._local:
            return ""
        if not self._user:
            return "it is not known as whom Ansible connects, so %s could lock it out" % option
        patterns = words_of(wanted)
        plain = [pattern.split("@")[0] for pattern in patterns if not pattern.startswith("!")]
        # A negated pattern takes a user out of the list, whatever else matches (ssh_config(5), PATTERNS).
        negated = [pattern[1:].split("@")[0] for pattern in patterns if pattern.startswith("!")]
        listed = _matches(mine, plain) and not _matches(mine, negated)
        if listed == allow:
            return ""
        return "%s %s would lock out %s, as whom Ansible connects" % (option, wanted, self._user)

    def _passwords(self, wanted: str) -> str:
        if lowered(wanted) != "no" or self._local:
            return ""
        if self._options.get("password_used"):
            return "Ansible logs in with a password; give %s a key and connect with it" % (self._user or "the account")
        if not self._user or not self._has_key(self._user):
            return "%s has no authorised key and could not log in any more" % (self._user or "the account of Ansible")
        return ""

    def _keys(self, wanted: str) -> str:
        if lowered(wanted) != "no" or self._local or self._options.get("password_used"):
            return ""
        return "Ansible logs in with a key, which would not be accepted any more"

    def _has_key(self, name: str) -> bool:
        return logins.has_key(self._host, name)

    def _su(self, _address: Address, _wanted: Any) -> str:
        if self._options.get("become_method") != "su" or self._user == "root":
            return ""
        return "Ansible becomes root by su, which would be open to nobody; let it use sudo (ansible_become_method)"

    def _sudo(self, address: Address, _wanted: Any) -> str:
        if address.get("query") == "default" or self._user == "root":
            return ""
        if not self._user:
            return "it is not known as whom Ansible connects, so it could lose the rights of root"
        if not self._will_be_asked(str(address.get("query"))):
            return ""
        if not logins.has_password(self._host, self._user):
            return "%s, as whom Ansible connects, has no password and could not use sudo any more" % self._user
        if not self._options.get("become_password_used"):
            return "Ansible uses sudo as %s without a password; give it one (ansible_become_password)" % self._user
        return ""

    def _will_be_asked(self, query: str) -> bool:
        """Return whether sudo would ask the connecting user for a password that it does not ask for now."""
        mine = [rule for rule in logins.rules(self._host) if logins.covers(self._host, rule, self._user)]
        if query == "nopasswd":
            return any(rule.nopasswd for rule in mine)
        free_anyway = any(rule.nopasswd and rule.everything for rule in mine)
        return not free_anyway and logins.goes_unasked(self._host, self._user)

    def _firewall(self, address: Address, wanted: Any) -> str:
        if self._local:
            return ""
        return closed_port(self._host, address, wanted, self._ports(), self._ufw)

    def _ports(self) -> List[int]:
        """Return the ports by which the controller may come: its own one only where sshd listens there.

        Else the port is translated on the way, and the firewall of this host sees another one.
        """
        ports = [
            int(port)
            for port in logins.sshd_values(self._host).get("port", [])
            if re.match(r"\d{1,5}\Z", port, re.ASCII)
        ]
        given = int(self._options.get("port") or 22)
        return [given] if given in ports or not ports else ports


def _matches(names: Set[str], patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)
