# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host has to have before some settings may be made: else they would stop it at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.text_edit import text_or
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards import firewall_switch
from ansible_collections.hipaa.cis.plugins.module_utils.linux.guards.firewall import UFW_CONF, UFW_DEFAULTS
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number, lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import text_setting

if TYPE_CHECKING:
    from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan

AUDITD = "/etc/audit/auditd.conf"
# The path that auditd is built with.
SENDMAIL = "/usr/lib/sendmail"
MARGIN = 2
KB_IN_MB = 1024
PWQUALITY = "/etc/security/pwquality.conf"
# Where cracklib looks unless dictpath names another place; the package cracklib-runtime makes it.
DICTIONARY = "/var/cache/cracklib/cracklib_dict.pwd"


def check(plan: ChangePlan, file: str, name: str, text: str, install: Callable[[str], None]) -> None:
    """Raise `CannotFix` where the value would stop the host at work; warn where it would have no effect.

    ``install``: plans the installation of a package that the value needs.
    """
    if file == AUDITD and name.endswith("_action"):
        if lowered(text) in ("halt", "single") and name in ("disk_full_action", "admin_space_left_action"):
            _need_room(plan, name, text)
        if lowered(text) == "email" and not plan.host.exists(SENDMAIL):
            plan.warn("auditd is to send mail, but %s is missing: install a mail program" % SENDMAIL)
    if file == UFW_CONF and name == "ENABLED" and lowered(text) != "yes":
        firewall_switch.need_another(plan, firewall_switch.UFW_UNIT)
    if file == PWQUALITY and name in ("enforce_for_root", "enforcing", "dictcheck") and text != "0":
        _need_dictionary(plan, name, install)
    if file == UFW_DEFAULTS and name == "DEFAULT_OUTPUT_POLICY" and text in ("DROP", "REJECT"):
        rules = text_or(plan.host, "/etc/ufw/user.rules")
        if not re.search(r"^### tuple ### allow\S* .* out(_\S+)?( |$)", rules, re.MULTILINE | re.ASCII):
            raise CannotFix(
                "no rule of ufw allows any outgoing connection, so names, time and updates would be cut off; "
                "allow what this host needs first, such as: ufw allow out 53"
            )
    if file in (UFW_CONF, UFW_DEFAULTS):
        firewall_switch.need_tracking_for_ufw(plan, name, text)


def _need_dictionary(plan: ChangePlan, name: str, install: Callable[[str], None]) -> None:
    """Install the dictionary without which pam_pwquality turns down every new password, or refuse."""
    seen = text_setting.read(plan.host, [{"file": PWQUALITY, "format": "pwquality", "name": "dictpath"}])[0]
    if seen.state != "absent" or plan.host.exists(DICTIONARY):
        return
    try:
        # A change of which one step fails makes no further one, so the setting comes only with the dictionary.
        install("cracklib-runtime")
    except (CannotFix, ReadError) as problem:
        raise CannotFix(
            "%s is missing, and with %s no new password at all would be accepted; install cracklib-runtime first (%s)"
            % (DICTIONARY, name, problem)
        ) from None


def _need_room(plan: ChangePlan, name: str, text: str) -> None:
    """Refuse to make auditd halt the host for want of space where there is hardly any left."""
    folder = _setting(plan, "log_file", "/var/log/audit/audit.log").rsplit("/", 1)[0]
    if not plan.host.exists(folder):
        folder = "/var/log"
    # In the unit that POSIX names: df of the Rust coreutils knows no -m.
    fields = words_of(plan.host.run(["df", "-Pk", folder]).stdout.strip(BLANKS).split("\n")[-1])
    if len(fields) < 6 or not is_number(fields[1]) or not is_number(fields[3]):
        raise CannotFix("how much space is left for audit records cannot be told, so %s = %s is not set" % (name, text))
    size, left = int(fields[1]) // KB_IN_MB, int(fields[3]) // KB_IN_MB
    limit = _setting(plan, "admin_space_left", "50")
    reserve = (
        size * int(limit[:-1]) // 100
        if re.match(r"\d+%\Z", limit, re.ASCII)
        else int(re.sub(r"\D", "", limit, flags=re.ASCII) or 50)
    )
    if left < MARGIN * reserve:
        raise CannotFix(
            "%s has %d MB left, and auditd counts it full at %d MB; %s = %s could stop this host at once: make room first"
            % (folder, left, reserve, name, text)
        )


def _setting(plan: ChangePlan, name: str, default: str) -> str:
    seen = text_setting.read(plan.host, [{"file": AUDITD, "format": "auditd", "name": name}])[0]
    return str(seen.value) if seen.state == "value" and seen.value else default
