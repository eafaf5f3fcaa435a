"""Ubuntu 26.04 LTS, as the server's installer leaves it: what of it is known not to be as on 24.04.

Rust's sudo in place of the other one, chrony in place of systemd-timesyncd, dracut, OpenSSH 10.2, systemd 259, PAM 1.7.
"""

from __future__ import annotations

from typing import Dict, List

from tests.scenarios.imitated import EMPTY, Row, Stock, option, text, unit
from tests.scenarios.imitated.ubuntu_24_04 import COMMANDS as EARLIER
from tests.scenarios.imitated.ubuntu_24_04 import COMMON, ELSEWHERE, ON, PACKAGES, UNITS, installed
from tests.scenarios.imitated.ubuntu_24_04_files import FILES as OLDER
from tests.scenarios.imitated.ubuntu_24_04_files import SSHD_SAYS, changed, kernel_files, of_release
from tests.scenarios.linux import File

# The exchanges of finite fields are offered by no default any more.
KEX = (
    "kexalgorithms mlkem768x25519-sha256,sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,curve25519-sha256,"
    "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521\n"
)
COMMANDS: Dict[str, str] = {
    **EARLIER,
    **installed(
        [*(name for name in PACKAGES if name != "systemd-timesyncd"), "chrony", "dracut", "rust-coreutils", "sudo-rs"],
        libpam_modules="1.7.0-5ubuntu3",
        libpam_runtime="1.7.0-5ubuntu3",
    ),
    "sshd -T": SSHD_SAYS[: SSHD_SAYS.index("kexalgorithms ")] + KEX,
    "sudo -V": "sudo-rs 0.2.13\n",
    "systemctl --version": "systemd 259 (259-1ubuntu3)\n",
}
FILES = changed(
    ["6.8.0-31-generic", "timesyncd"],
    {
        **of_release("26.04", "26.04", "resolute"),
        **kernel_files("7.0.0-14-generic", "ko.zst"),
        "/etc/pam.d/login": str(OLDER["/etc/pam.d/login"]).replace("session optional pam_lastlog.so\n", ""),
        "/etc/login.defs": str(OLDER["/etc/login.defs"]).replace("ENCRYPT_METHOD SHA512", "ENCRYPT_METHOD YESCRYPT"),
        # The other one is still there, under a name of its own.
        "/usr/bin/sudo": File(link="/etc/alternatives/sudo"),
        "/etc/alternatives/sudo": File(link="/usr/lib/cargo/bin/sudo"),
        "/usr/lib/cargo/bin/sudo": File("", 0o4755),
        "/usr/bin/sudo.ws": File("", 0o4755),
        "/usr/sbin/chronyd": File("", 0o755),
        "/usr/sbin/dracut": File("", 0o755),
        "/etc/default/chrony": 'DAEMON_OPTS="-F 1"\n',
        "/usr/lib/systemd/system/chrony.service": (
            "[Service]\nEnvironmentFile=-/etc/default/chrony\nExecStart=/usr/sbin/chronyd -n $DAEMON_OPTS\n"
        ),
        "/etc/chrony/chrony.conf": (
            "confdir /etc/chrony/conf.d\nsourcedir /run/chrony-dhcp\nsourcedir /etc/chrony/sources.d\nkeyfile /etc/chrony/chrony.keys\n"
            "driftfile /var/lib/chrony/chrony.drift\nntsdumpdir /var/lib/chrony\nlogdir /var/log/chrony\nmaxupdateskew 100.0\nrtcsync\n"
            "makestep 1 3\nleapsectz right/UTC\n"
        ),
        "/etc/chrony/conf.d/ubuntu-nts.conf": "ntstrustedcerts 1 /etc/chrony/nts-bootstrap-ubuntu.crt\n",
        "/etc/chrony/sources.d/ubuntu-ntp-pools.sources": (
            "".join("pool %d.ntp.ubuntu.com iburst maxsources 1 nts prefer\n" % number for number in range(1, 5))
            + "pool ntp-bootstrap.ubuntu.com iburst maxsources 1 nts certset 1\n"
        ),
    },
)
ROWS: List[Row] = [
    # It has one program more than the others that gives the rights of root.
    *(row for row in COMMON if row[1] != {"find": "suid"}),
    ("filesystem_scan", {"find": "suid"}, {"fields": {"count": {"equals": 3}}}, "pass"),
    option("KexAlgorithms", {"matches": "^mlkem768x25519-sha256,"}, "pass"),
    unit("ssh", True, "fail"),
    unit("ssh", True, "pass", "socket"),
    unit("systemd-timesyncd", True, "fail"),
    unit("chrony", True, "pass"),
    text("systemd", "/etc/systemd/journald.conf", "ForwardToSyslog", {"equals": "yes"}, "pass", section="Journal"),
    ("login_defs", {"name": "ENCRYPT_METHOD"}, {"equals": "YESCRYPT"}, "pass"),
    ("chrony", {"query": "sources"}, {"any": {"fields": {"argument": {"equals": "1.ntp.ubuntu.com"}}}}, "pass"),
    ("chrony", {"query": "users"}, EMPTY, "pass"),
    ("apparmor", {}, {"fields": {"unconfined": EMPTY, "unconfined_by_design": {"equals": ["chrome"]}}}, "pass"),
]
STOCK = Stock(
    "ubuntu_26_04",
    FILES,
    {
        **{name: state for name, state in UNITS.items() if name != "systemd-timesyncd.service"},
        "chrony.service": ON,
        "update-notifier-motd.timer": ON,
    },
    COMMANDS,
    ROWS,
    ELSEWHERE,
)
