"""Red Hat Enterprise Linux 10, as the installer leaves it: what of it is not as on RHEL 9 (authselect's profile local, yescrypt, audit 4)."""

from __future__ import annotations

from typing import List

from tests.scenarios.imitated import Files, Row, Stock
from tests.scenarios.imitated.rhel_9 import COMMANDS as EARLIER
from tests.scenarios.imitated.rhel_9 import ELSEWHERE, ON, ROWS, UNITS
from tests.scenarios.imitated.rhel_9 import STOCK as RED_HAT_9
from tests.scenarios.imitated.rhel_9_files import MADE, SSHD_SAYS
from tests.scenarios.imitated.rhel_9_system_files import (
    ALLOWED,
    PACKAGES,
    booted,
    installed,
    repositories,
    selected,
)

KERNEL = "6.12.0"


def _local(text: str) -> str:
    """Return a file of the profile sssd as that for local accounts has it: nobody is asked of another place, and passwords are kept by yescrypt."""
    lines = [line for line in text.split("\n") if "pam_sss" not in line and "pam_localuser.so" not in line]
    return "\n".join(lines).replace("sha512", "yescrypt").replace("sss files", "files")


LOCAL = {name: _local(str(text)) for name, text in MADE.items()}
# A kernel has its own number in the names of its files; the profile is another.
KEPT = {
    path.replace("/5.14.0/", "/%s/" % KERNEL): text
    for path, text in RED_HAT_9.files.items()
    if "5.14.0." not in path
    and not path.endswith("-5.14.0")
    and not path.startswith(("/usr/share/authselect/", "/etc/yum.repos.d/"))
}
FILES: Files = {
    **KEPT,
    **booted(KERNEL),
    **selected(LOCAL, "local"),
    **{"/etc/authselect/" + name: text for name, text in LOCAL.items()},
    "/etc/os-release": (
        'NAME="Red Hat Enterprise Linux"\nVERSION="10.0 (Coughlan)"\nID="rhel"\nID_LIKE="centos fedora"\nVERSION_ID="10.0"\n'
        'PLATFORM_ID="platform:el10"\nPRETTY_NAME="Red Hat Enterprise Linux 10.0 (Coughlan)"\n'
    ),
    "/etc/redhat-release": "Red Hat Enterprise Linux release 10.0 (Coughlan)\n",
    "/etc/login.defs": str(RED_HAT_9.files["/etc/login.defs"]).replace("SHA512\nUSERGROUPS", "YESCRYPT\nUSERGROUPS"),
    "/etc/yum.repos.d/redhat.repo": repositories(
        "Red Hat", "RPM-GPG-KEY-redhat-release", "rhel-10-baseos", "rhel-10-appstream"
    ),
    # Rules are loaded by a unit of their own.
    "/usr/lib/systemd/system/auditd.service": "[Service]\nType=forking\nExecStart=/usr/sbin/auditd\n",
    "/usr/lib/systemd/system/audit-rules.service": "[Service]\nType=oneshot\nExecStart=/usr/sbin/augenrules --load\n",
    "/etc/crypto-policies/state/CURRENT.pol": ALLOWED.replace("group = X25519", "group = MLKEM768-X25519 X25519"),
}
COMMANDS = {
    **EARLIER,
    **installed(
        [*PACKAGES, "audit-rules"], authselect="1.5.0-8.el10", pam="1.6.1-7.el10", libpwquality="1.4.5-12.el10"
    ),
    "sshd -T": SSHD_SAYS.replace("kexalgorithms ", "kexalgorithms mlkem768x25519-sha256,"),
    "sudo -V": "Sudo version 1.9.15p5\nAuthentication timestamp timeout: 5.0 minutes\n",
    "systemctl --version": "systemd 257 (257-9.el10)\n",
}
YESCRYPT = {"each": {"fields": {"value": {"equals": "yescrypt"}}}}
OTHERWISE = ("ENCRYPT_METHOD", "hash")
ROWS_HERE: List[Row] = [
    *(row for row in ROWS if row[1].get("name") not in OTHERWISE and row[0] not in ("authselect", "os_support")),
    ("os_support", {}, {"fields": {"ends": {"any": {"fields": {"last_day": {"equals": "2035-05-31"}}}}}}, "pass"),
    ("pam", {"query": "option", "type": "password", "module": "pam_unix.so", "name": "hash"}, YESCRYPT, "pass"),
    ("login_defs", {"name": "ENCRYPT_METHOD"}, {"equals": "YESCRYPT"}, "pass"),
    ("authselect", {}, {"fields": {"profile": {"equals": "local"}, "altered": {"empty": True}}}, "pass"),
    ("crypto_policy", {"query": "allows", "name": "group"}, {"any": {"matches": "MLKEM"}}, "pass"),
]
STOCK = Stock("rhel_10", FILES, {**UNITS, "audit-rules.service": ON}, COMMANDS, ROWS_HERE, ELSEWHERE)
