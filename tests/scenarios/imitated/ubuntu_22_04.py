"""Ubuntu 22.04 LTS, as the server's installer leaves it: what of it is not as on 24.04 (systemd 249, OpenSSH 8.9, PAM 1.4, sudo 1.9.9)."""

from __future__ import annotations

from typing import Dict, List

from tests.scenarios.imitated import ABSENT, EMPTY, Row, Stock, option, text, unit
from tests.scenarios.imitated.ubuntu_24_04 import COMMANDS as LATER
from tests.scenarios.imitated.ubuntu_24_04 import COMMON, ELSEWHERE, OFF, ON, PACKAGES, UNITS, installed
from tests.scenarios.imitated.ubuntu_24_04_files import SSHD_SAYS, changed, kernel_files, of_release

# The exchange that withstands quantum computers is asked for by default from 9.0 on; here it stands last but the older ones.
KEX = (
    "kexalgorithms curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
    "sntrup761x25519-sha512@openssh.com,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,"
    "diffie-hellman-group18-sha512,diffie-hellman-group14-sha256\n"
)
COMMANDS: Dict[str, str] = {
    **LATER,
    **installed(
        [name for name in PACKAGES if name != "inetutils-telnet"],
        libpam_modules="1.4.0-11ubuntu2.6",
        libpam_runtime="1.4.0-11ubuntu2.6",
    ),
    "sshd -T": SSHD_SAYS[: SSHD_SAYS.index("kexalgorithms ")] + KEX,
    "sudo -V": "Sudo version 1.9.9\nAuthentication timestamp timeout: 15.0 minutes\n",
    "systemctl --version": "systemd 249 (249.11-0ubuntu3.12)\n",
}
SOURCES = "deb http://archive.ubuntu.com/ubuntu jammy main universe\ndeb http://security.ubuntu.com/ubuntu jammy-security main universe\n"
FILES = changed(
    # The drivers are not compressed, programs get no profile that lets them all, and forwarding to rsyslog is built in.
    [
        "6.8.0-31-generic",
        "/etc/apparmor.d/",
        "10-apparmor.conf",
        "apparmor_restrict",
        "journald.conf.d",
        "ubuntu.sources",
    ],
    {
        **of_release("22.04", "22.04.5", "jammy"),
        **kernel_files("5.15.0-119-generic", "ko"),
        "/etc/apt/sources.list": SOURCES,
        "/sys/kernel/security/apparmor/profiles": "/usr/bin/man (enforce)\nlsb_release (enforce)\n",
        # A script in the older form; systemd makes a unit of it.
        "/etc/init.d/apport": "#! /bin/sh\n",
        "/etc/rc2.d/S01apport": "",
    },
)
ROWS: List[Row] = [
    *COMMON,
    option("KexAlgorithms", {"matches": "^[^,]*sntrup"}, "fail"),
    unit("ssh", True, "pass"),
    unit("ssh", True, "fail", "socket"),
    unit("systemd-timesyncd", True, "pass"),
    unit("apport", True, "pass"),
    text("systemd", "/etc/systemd/journald.conf", "ForwardToSyslog", ABSENT, "pass", section="Journal"),
    ("login_defs", {"name": "ENCRYPT_METHOD"}, {"equals": "SHA512"}, "pass"),
    ("chrony", {"query": "sources"}, ABSENT, "pass"),
    ("apparmor", {}, {"fields": {"complain": EMPTY, "unconfined": EMPTY, "unconfined_by_design": EMPTY}}, "pass"),
]
STOCK = Stock(
    "ubuntu_22_04",
    FILES,
    {**UNITS, "apport.service": ("generated", "active"), "ssh.service": ON, "ssh.socket": OFF},
    COMMANDS,
    ROWS,
    ELSEWHERE,
)
