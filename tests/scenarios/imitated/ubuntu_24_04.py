"""Ubuntu 24.04 LTS, as the server's installer leaves it (cloud-init, netplan, ufw off, snapd, sudo without a terminal of its own)."""

from __future__ import annotations

from typing import List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of
from tests.scenarios.imitated import (
    ABSENT,
    EMPTY,
    SHARED,
    Row,
    Stock,
    fact,
    kernel,
    option,
    runs,
    text,
    unit,
)
from tests.scenarios.imitated.ubuntu_24_04_files import FILES, SSHD_SAYS

ON, OFF = ("enabled", "active"), ("disabled", "inactive")
UNITS = {
    "logrotate.timer": ON,
    "apparmor.service": ON,
    "cron.service": ON,
    "rsyslog.service": ON,
    "ssh.service": ("disabled", "active"),
    "ssh.socket": ON,
    "systemd-timesyncd.service": ON,
    "systemd-journald.service": ("static", "active"),
    "ufw.service": ("enabled", "active"),
    "snapd.service": ON,
    "apt-daily.timer": ON,
    "apt-daily-upgrade.timer": ON,
}
PACKAGES = words_of(
    "apparmor apt bash coreutils cron cron-daemon-common dpkg grub-efi-amd64 iptables libpam-modules libpam-runtime libpam-systemd login "
    "netplan.io openssh-client openssh-server openssh-sftp-server passwd python3 rsync rsyslog snapd sudo systemd systemd-timesyncd "
    "telnet tnftp ufw"
)
COMMANDS = {
    "logrotate --version": "logrotate 3.21.0\n",
    "dpkg-query --show --showformat ${Package}\\t${db:Status-Status}\\t${Version}\\n": "".join(
        "%s\tinstalled\t1.0\n" % name for name in PACKAGES
    ),
    "sshd -T": SSHD_SAYS,
    "uname -m": "x86_64\n",
    "sudo -V": "Sudo version 1.9.15p5\nAuthentication timestamp timeout: 15.0 minutes\n",
    "systemctl --version": "systemd 255 (255.4-1ubuntu8)\n",
}
YESCRYPT = {"each": {"fields": {"value": {"equals": "yescrypt"}}}}
ROWS: List[Row] = [
    *SHARED,
    option("GSSAPIAuthentication", {"equals": "no"}, "pass"),
    option("KexAlgorithms", {"matches": "sha1(,|$)"}, "fail"),
    option("MACs", {"matches": "hmac-sha1"}, "pass"),
    unit("apparmor", True, "pass"),
    unit("auditd", True, "fail"),
    unit("cron", True, "pass"),
    unit("ssh", True, "fail"),
    unit("ssh", True, "pass", "socket"),
    unit("systemd-timesyncd", True, "pass"),
    unit("ufw", True, "pass"),
    unit("apt-daily-upgrade", True, "pass", "timer"),
    text("shell", "/etc/ufw/ufw.conf", "ENABLED", {"equals": "yes"}, "fail"),
    text("shell", "/etc/default/ufw", "DEFAULT_INPUT_POLICY", {"equals": "DROP"}, "pass"),
    text("systemd", "/etc/systemd/journald.conf", "ForwardToSyslog", {"equals": "yes"}, "pass", section="Journal"),
    text("systemd", "/etc/systemd/timesyncd.conf", "NTP", ABSENT, "pass", section="Time"),
    text("useradd", "/etc/default/useradd", "INACTIVE", {"equals": "30"}, "fail"),
    fact("root_path_problems", EMPTY, "pass"),
    runs("password", "pam_pwquality.so", "fail", "judges"),
    ("pam", {"query": "option", "type": "password", "module": "pam_unix.so", "name": "hash"}, YESCRYPT, "pass"),
    ("login_defs", {"name": "ENCRYPT_METHOD"}, {"equals": "SHA512"}, "pass"),
    kernel("kernel.yama.ptrace_scope", "1", "pass"),
    kernel("net.ipv4.conf.all.rp_filter", "2", "pass"),
    ("sudo", {"query": "default", "name": "use_pty"}, {"equals": True}, "pass"),
    ("sudo", {"query": "default", "name": "timestamp_timeout"}, {"equals": "15"}, "pass"),
    ("sudo", {"query": "nopasswd"}, EMPTY, "fail"),
    ("package", {"name": "ufw"}, {"present": True}, "pass"),
    ("package", {"name": "auditd"}, {"present": True}, "fail"),
    ("package", {"name": "telnet"}, ABSENT, "fail"),
    ("bootloader", {"query": "password"}, {"fields": {"superusers": {"equals": True}}}, "fail"),
    ("bootloader", {"query": "argument", "name": "audit"}, {"fields": {"configured": {"equals": "1"}}}, "fail"),
    ("chrony", {"query": "sources"}, ABSENT, "pass"),
    ("cron_access", {"program": "cron"}, {"fields": {"allow": {"fields": {"exists": {"equals": True}}}}}, "fail"),
    (
        "apparmor",
        {},
        {"fields": {"complain": EMPTY, "unconfined": EMPTY, "unconfined_by_design": {"equals": ["chrome"]}}},
        "pass",
    ),
    ("file_lines", {"path": "/etc/issue", "pattern": "Ubuntu"}, EMPTY, "fail"),
    ("file", {"path": "/var/log/dpkg.log"}, {"fields": {"mode": {"mode_at_most": "0640"}}}, "fail"),
    ("directory", {"query": "accounts"}, EMPTY, "pass"),
    ("selinux", {"query": "mode"}, ABSENT, "pass"),
    ("firewall", {"query": "in_force", "family": "ipv4"}, EMPTY, "pass"),
    ("display_manager", {"query": "automatic_logins"}, EMPTY, "pass"),
    ("aide", {"query": "schedule"}, EMPTY, "pass"),
    (
        "logrotate",
        {"query": "schedule"},
        {"any": {"fields": {"by": {"equals": "timer"}, "active": {"equals": True}}}},
        "pass",
    ),
    ("logrotate", {"query": "logs", "of": "rsyslog"}, {"any": {"fields": {"kept_days": {"equals": 28}}}}, "pass"),
]
# A server is installed without auditd, and rules that need it do not apply; the others read programs that this tree does not have.
ELSEWHERE = {
    name: f"tests/scenarios/linux/{name}.py"
    for name in ("audit_rule", "authselect", "crypto", "crypto_policy", "package_integrity", "package_source")
}
STOCK = Stock("ubuntu_24_04", FILES, UNITS, COMMANDS, ROWS, ELSEWHERE)
