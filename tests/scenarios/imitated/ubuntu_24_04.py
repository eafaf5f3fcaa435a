"""Ubuntu 24.04 LTS, as the server's installer leaves it (cloud-init, netplan, ufw off, snapd, sudo without a terminal of its own)."""

from __future__ import annotations

from typing import Dict, Iterable, List

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
    "apport.service": ON,
    "cron.service": ON,
    "rsyslog.service": ON,
    "ssh.service": ("disabled", "active"),
    "ssh.socket": ON,
    "systemd-timesyncd.service": ON,
    "nftables.service": OFF,
    "unattended-upgrades.service": ON,
    "systemd-journald.service": ("static", "active"),
    "ufw.service": ("enabled", "active"),
    "snapd.service": ON,
    "apt-daily.timer": ON,
    "apt-daily-upgrade.timer": ON,
}
PACKAGES = words_of(
    "apparmor apport apt bash coreutils cron cron-daemon-common dpkg grub-efi-amd64 inetutils-telnet iptables libpam-modules libpam-runtime "
    "libpam-systemd login motd-news-config netplan.io nftables openssh-client openssh-server openssh-sftp-server passwd python3 python3-apport "
    "rsync rsyslog snapd sudo systemd systemd-timesyncd telnet tnftp ubuntu-keyring ufw unattended-upgrades update-notifier-common"
)


def installed(names: Iterable[str], **versions: str) -> Dict[str, str]:
    """Return what dpkg tells of packages; ``versions`` by name, with ``_`` for its ``-``."""
    answer = "".join("%s\tinstalled\t%s\n" % (one, versions.get(one.replace("-", "_"), "1.0")) for one in names)
    return {"dpkg-query --show --showformat ${Package}\\t${db:Status-Status}\\t${Version}\\n": answer}


# Of what apt's own files set, and of what is set where none does; it would install what is only recommended.
APT = """\
APT "";
APT::Architecture "amd64";
APT::Install-Recommends "1";
APT::Install-Suggests "0";
Dir "/";
Dir::Etc "etc/apt";
Dir::Etc::sourcelist "sources.list";
Dir::Etc::sourceparts "sources.list.d";
Dir::Etc::trusted "trusted.gpg";
Dir::Etc::trustedparts "trusted.gpg.d";
Acquire::AllowInsecureRepositories "0";
Acquire::AllowWeakRepositories "0";
Acquire::AllowDowngradeToInsecureRepositories "0";
Acquire::Check-Date "1";
"""
COMMANDS = {
    "logrotate --version": "logrotate 3.21.0\n",
    **installed(PACKAGES, libpam_modules="1.5.3-5ubuntu5.5", libpam_runtime="1.5.3-5ubuntu5.5"),
    "apt-config dump": APT,
    "sshd -T": SSHD_SAYS,
    "uname -m": "x86_64\n",
    "sudo -V": "Sudo version 1.9.15p5\nAuthentication timestamp timeout: 15.0 minutes\n",
    "systemctl --version": "systemd 255 (255.4-1ubuntu8)\n",
}
YESCRYPT = {"each": {"fields": {"value": {"equals": "yescrypt"}}}}
# What 22.04 and 26.04 say too.
COMMON: List[Row] = [
    *SHARED,
    ("authorized_keys", {}, EMPTY, "pass"),
    ("login_factors", {"query": "one_factor", "modules": ["pam_oath.so"]}, EMPTY, "fail"),
    ("privileged_accounts", {"query": "undeclared", "names": ["anna"]}, EMPTY, "pass"),
    ("log_forwarding", {}, EMPTY, "pass"),
    ("log_retention", {}, {"each": {"fields": {"days": {"equals": 28}}}}, "pass"),
    option("GSSAPIAuthentication", {"equals": "no"}, "pass"),
    option("MACs", {"matches": "hmac-sha1"}, "pass"),
    unit("apparmor", True, "pass"),
    unit("auditd", True, "fail"),
    unit("cron", True, "pass"),
    unit("ufw", True, "pass"),
    unit("apt-daily-upgrade", True, "pass", "timer"),
    text("shell", "/etc/ufw/ufw.conf", "ENABLED", {"equals": "yes"}, "fail"),
    text("shell", "/etc/default/ufw", "DEFAULT_INPUT_POLICY", {"equals": "DROP"}, "pass"),
    text("systemd", "/etc/systemd/timesyncd.conf", "NTP", ABSENT, "pass", section="Time"),
    text("useradd", "/etc/default/useradd", "INACTIVE", {"equals": "30"}, "fail"),
    fact("root_path_problems", EMPTY, "pass"),
    runs("password", "pam_pwquality.so", "fail", "judges"),
    ("pam", {"query": "option", "type": "password", "module": "pam_unix.so", "name": "hash"}, YESCRYPT, "pass"),
    kernel("kernel.yama.ptrace_scope", "1", "pass"),
    kernel("net.ipv4.conf.all.rp_filter", "2", "pass"),
    ("os_support", {}, {"fields": {"ends": {"any": {"fields": {"support": {"equals": "ubuntu_pro"}}}}}}, "pass"),
    ("disk_encryption", {"query": "swap"}, {"each": {"fields": {"encrypted": {"equals": False}}}}, "pass"),
    (
        "disk_encryption",
        {"query": "paths", "paths": ["/home"]},
        {"each": {"fields": {"encrypted": {"equals": True}}}},
        "fail",
    ),
    ("disk_encryption", {"query": "key_files"}, EMPTY, "pass"),
    ("sudo", {"query": "default", "name": "use_pty"}, {"equals": True}, "pass"),
    ("sudo", {"query": "default", "name": "timestamp_timeout"}, {"equals": "15"}, "pass"),
    ("sudo", {"query": "nopasswd"}, EMPTY, "fail"),
    ("package", {"name": "ufw"}, {"present": True}, "pass"),
    ("package", {"name": "auditd"}, {"present": True}, "fail"),
    ("package", {"name": "telnet"}, ABSENT, "fail"),
    ("package_source", {"query": "unchecked"}, EMPTY, "pass"),
    ("package_source", {"query": "in_clear"}, EMPTY, "fail"),
    ("bootloader", {"query": "password"}, {"fields": {"superusers": {"equals": True}}}, "fail"),
    ("bootloader", {"query": "argument", "name": "audit"}, {"fields": {"configured": {"equals": "1"}}}, "fail"),
    ("cron_access", {"program": "cron"}, {"fields": {"allow": {"fields": {"exists": {"equals": True}}}}}, "fail"),
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
ROWS: List[Row] = [
    *COMMON,
    unit("ssh", True, "fail"),
    unit("ssh", True, "pass", "socket"),
    unit("systemd-timesyncd", True, "pass"),
    text("systemd", "/etc/systemd/journald.conf", "ForwardToSyslog", {"equals": "yes"}, "pass", section="Journal"),
    option("KexAlgorithms", {"matches": "sha1(,|$)"}, "fail"),
    ("login_defs", {"name": "ENCRYPT_METHOD"}, {"equals": "SHA512"}, "pass"),
    ("chrony", {"query": "sources"}, ABSENT, "pass"),
    (
        "apparmor",
        {},
        {"fields": {"complain": EMPTY, "unconfined": EMPTY, "unconfined_by_design": {"equals": ["chrome"]}}},
        "pass",
    ),
]
# A server is installed without auditd, and rules that need it do not apply; the others read programs that this tree does not have.
ELSEWHERE = {
    name: f"tests/scenarios/linux/{name}.py"
    for name in (
        "audit_rule",
        "authselect",
        "automatic_updates",
        "backup",
        "crypto",
        "crypto_policy",
        "ipsec",
        "openvpn",
        "package_integrity",
        "wireguard",
    )
}
STOCK = Stock("ubuntu_24_04", FILES, UNITS, COMMANDS, ROWS, ELSEWHERE)
