# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which mode SELinux comes up with: /etc/selinux/config as libselinux reads it, and the kernel's arguments."""

from __future__ import annotations

import re
from typing import List, NamedTuple, Optional, Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import (
    BLANKS,
    is_number,
    lowered,
    raised,
    split_lines,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observation import NotFound, ReadError
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.kernel_arguments import last_value

CONFIGURATION = "/etc/selinux/config"
FILES = "/sys/fs/selinux"
# From the weakest on.
DISABLED, PERMISSIVE, ENFORCING = "disabled", "permissive", "enforcing"
MODES = (DISABLED, PERMISSIVE, ENFORCING)
# Of these the kernel takes one, the first in its order.
EXCLUSIVE = ("selinux", "smack", "apparmor")
DEFAULT_TYPE = "targeted"
_POLICY = re.compile(r"[\w. #+-]{1,100}\Z", re.ASCII)
# Before 5.1 a kernel took one by itself and had no list, as that of RHEL 8.
_BUILT = (
    re.compile(r"CONFIG_LSM=\"([^\"]*)\"", re.ASCII),
    re.compile(r"CONFIG_DEFAULT_SECURITY=\"([^\"]*)\"", re.ASCII),
)


class Configured(NamedTuple):
    """``mode``: None where the file says none, which is then as good as permissive."""

    mode: Optional[str]
    policy: str


def configured(host: Host) -> Optional[Configured]:
    """Return what the file says, None where there is none."""
    try:
        lines = split_lines(host.read_text(CONFIGURATION))
    except NotFound:
        return None
    mode, policy = None, DEFAULT_TYPE
    for line in lines:
        # The one name has a case and begins the line, the other does neither; the first mode counts, the last type.
        if mode is None and line.startswith("SELINUX="):
            text = lowered(line[len("SELINUX=") :].lstrip(BLANKS))
            mode = next((one for one in MODES if text.startswith(one)), None)
        bare = line.lstrip(BLANKS)
        if raised(bare).startswith("SELINUXTYPE="):
            policy = bare[len("SELINUXTYPE=") :].strip(BLANKS) or policy
    if not _POLICY.match(policy):
        raise ReadError("%s names a policy that cannot be one; mend SELINUXTYPE" % CONFIGURATION)
    return Configured(mode, policy)


def running(host: Host) -> str:
    """Return the mode that is in force."""
    try:
        text = host.read_text(FILES + "/enforce").strip(BLANKS)
    except NotFound:
        return DISABLED
    if text not in ("0", "1"):
        raise ReadError("%s/enforce holds neither 0 nor 1" % FILES)
    return ENFORCING if text == "1" else PERMISSIVE


def at_boot(host: Host, entries: Sequence[Sequence[str]], stated: Optional[Configured]) -> str:
    """Return the weakest mode with which any boot entry comes up; ``entries``: the kernel's arguments of each."""
    if stated is None or stated.mode == DISABLED or not host.glob("/etc/selinux/%s/policy/policy.*" % stated.policy):
        return DISABLED
    return min((_by_arguments(host, words, stated.mode) for words in entries), key=MODES.index)


def _by_arguments(host: Host, words: Sequence[str], mode: Optional[str]) -> str:
    if last_value(words, "selinux") == "0" or not _is_chosen(host, words):
        return DISABLED
    given = last_value(words, "enforcing")
    if given is not None and is_number(given):
        return ENFORCING if given.strip("0") else PERMISSIVE
    return mode or PERMISSIVE


def _is_chosen(host: Host, words: Sequence[str]) -> bool:
    """Return whether the kernel takes SELinux, and not another one of its kind."""
    order = last_value(words, "lsm")
    if order is None:
        named = last_value(words, "security")
        if named is not None:
            return named == "selinux"
        order = ",".join(_built_in(host))
    return next((name for name in order.split(",") if name in EXCLUSIVE), None) == "selinux"


def _built_in(host: Host) -> List[str]:
    release = host.read_text("/proc/sys/kernel/osrelease").strip(BLANKS)
    path = "/boot/config-" + release
    try:
        text = host.read_text(path)
    except NotFound:
        text = ""
    found = _BUILT[0].search(text) or _BUILT[1].search(text)
    if found is None:
        raise ReadError("%s does not say which security modules the kernel takes; give it lsm= or security=" % path)
    return found.group(1).split(",")
