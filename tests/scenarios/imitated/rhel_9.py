"""Red Hat Enterprise Linux 9, as the installer's choice "Server" leaves it (authselect's profile sssd, Boot Loader Specification)."""

from __future__ import annotations

from typing import List

from tests.scenarios.firewall_by_firewalld import SHIPPED, connection, loaded, zone
from tests.scenarios.imitated import (
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
from tests.scenarios.imitated.rhel_9_files import FILES, SSHD_SAYS
from tests.scenarios.imitated.rhel_9_system_files import PACKAGES, installed

ON, STATIC, OFF = ("enabled", "active"), ("static", "inactive"), ("disabled", "inactive")
UNITS = {
    "logrotate.timer": ON,
    "auditd.service": ON,
    "chronyd.service": ON,
    "cockpit.socket": OFF,
    "crond.service": ON,
    "firewalld.service": ON,
    "NetworkManager.service": ON,
    "rsyslog.service": ON,
    "sshd.service": ON,
    "sshd.socket": OFF,
    "sssd.service": ON,
    "nftables.service": OFF,
    "systemd-journald.service": ("static", "active"),
    "systemd-journal-upload.service": OFF,
    "debug-shell.service": OFF,
    "dnf-makecache.timer": ON,
    "systemd-coredump.socket": ("static", "active"),
}
# Of the calls that ausyscall knows those that came after others.
NEWER_CALLS = (
    "305\tclock_adjtime\n316\trenameat2\n428\topen_tree\n429\tmove_mount\n430\tfsopen\n432\tfsmount\n437\topenat2\n"
)
NEWER_I386 = NEWER_CALLS.replace("305", "343").replace("316", "353") + "404\tclock_settime64\n405\tclock_adjtime64\n"
COMMANDS = {
    "logrotate --version": "logrotate 3.18.0\n",
    **installed(PACKAGES, authselect="1.2.6-2.el9", pam="1.5.1-19.el9"),
    "ausyscall x86_64 --dump": "Using x86_64 syscall table:\n" + NEWER_CALLS,
    "ausyscall i386 --dump": "Using i386 syscall table:\n" + NEWER_I386,
    "sshd -T": SSHD_SAYS,
    "uname -m": "x86_64\n",
    "auditctl -l": "No rules\n",
    "auditctl -s": "enabled 1\nfailure 1\npid 700\nrate_limit 0\nbacklog_limit 8192\nlost 0\nbacklog 0\n",
    "sudo -V": "Sudo version 1.9.5p2\nAuthentication timestamp timeout: 5.0 minutes\n",
    "systemctl --version": "systemd 252 (252-32.el9_4)\n",
    "nft list ruleset": loaded("tcp dport 9090 accept", interface="ens3"),
}
# The installer writes the zone anew with the services that it was asked for; NetworkManager binds the interface to it.
ZONE = zone(*('<service name="%s"/>' % name for name in ("ssh", "dhcpv6-client", "cockpit")), "<forward/>")
FIREWALL = {
    **SHIPPED,
    "/etc/firewalld/zones/public.xml": ZONE,
    "/etc/sysconfig/firewalld": "# firewalld command line args\nFIREWALLD_ARGS=\n",
    "/usr/lib/systemd/system/firewalld.service": "[Service]\nEnvironmentFile=-/etc/sysconfig/firewalld\n"
    "ExecStart=/usr/sbin/firewalld --nofork --nopid $FIREWALLD_ARGS\n",
    "/etc/NetworkManager/system-connections/ens3.nmconnection": connection(name="ens3"),
}


# What no rule lets in is refused, what goes out is not.
REFUSED = {"incoming": {"equals": "refuse"}, "routed": {"equals": "refuse"}, "outgoing": {"equals": "accept"}}
CLAIMED = {"fields": {"in": {"equals": True}, "out": {"equals": True}, "claimed": {"equals": "refuse by default"}}}
SHA512 = {"each": {"fields": {"value": {"equals": "sha512"}}}}
ROWS: List[Row] = [
    *SHARED,
    option("GSSAPIAuthentication", {"equals": "no"}, "fail"),
    option("Ciphers", {"matches": "chacha20"}, "pass"),
    option("MACs", {"matches": "hmac-sha1"}, "pass"),
    unit("auditd", True, "pass"),
    unit("chronyd", True, "pass"),
    unit("crond", True, "pass"),
    unit("firewalld", True, "pass"),
    unit("nftables", True, "fail"),
    unit("sshd", True, "pass"),
    unit("sshd", False, "pass", "socket"),
    unit("dnf-makecache", True, "pass", "timer"),
    text("auditd", "/etc/audit/auditd.conf", "max_log_file_action", {"equals": "keep_logs"}, "fail"),
    text("auditd", "/etc/audit/auditd.conf", "space_left_action", {"matches": "(?i)^syslog$"}, "pass"),
    text("auditd", "/etc/audit/auditd.conf", "local_events", {"equals": "yes"}, "pass"),
    text("pwquality", "/etc/security/pwquality.conf", "shortest", {"equals": "8"}, "pass"),
    text("useradd", "/etc/default/useradd", "INACTIVE", {"equals": "-1"}, "pass"),
    fact("root_path_problems", {"equals": ["/root/bin does not exist"]}, "pass"),
    runs("session", "pam_unix.so", "pass"),
    runs("password", "pam_pwquality.so", "pass", "judges"),
    ("pam", {"query": "option", "type": "password", "module": "pam_unix.so", "name": "hash"}, SHA512, "pass"),
    ("login_defs", {"name": "ENCRYPT_METHOD"}, {"equals": "SHA512"}, "pass"),
    ("kernel_module", {"name": "tipc"}, {"fields": {"denylisted": {"equals": True}}}, "pass"),
    kernel("kernel.yama.ptrace_scope", "1", "fail"),
    kernel("net.ipv4.conf.default.rp_filter", "1", "pass"),
    ("sudo", {"query": "default", "name": "use_pty"}, {"equals": True}, "fail"),
    ("sudo", {"query": "default", "name": "timestamp_timeout"}, {"equals": "5"}, "pass"),
    ("sudo", {"query": "nopasswd"}, EMPTY, "pass"),
    ("chrony", {"query": "sources"}, {"each": {"fields": {"argument": {"equals": "2.rhel.pool.ntp.org"}}}}, "pass"),
    ("cron_access", {"program": "cron"}, {"fields": {"deny": {"fields": {"exists": {"equals": True}}}}}, "pass"),
    ("cron_access", {"program": "cron"}, {"fields": {"allow": {"fields": {"exists": {"equals": True}}}}}, "fail"),
    *(("firewall", {"query": "in_force", "family": family}, EMPTY, "pass") for family in ("ipv4", "ipv6")),
    *(
        ("firewall", {"query": "ports", "family": family}, {"fields": {"boot": EMPTY}}, "pass")
        for family in ("ipv4", "ipv6")
    ),
    ("firewall", {"query": "default", "family": "ipv4"}, {"fields": {"boot": {"fields": REFUSED}}}, "pass"),
    ("firewall", {"query": "loopback", "family": "ipv4"}, {"fields": {"now": CLAIMED, "boot": CLAIMED}}, "pass"),
    ("audit_rule", {"query": "watch", "path": "/etc/sudoers"}, EMPTY, "fail"),
    ("audit_rule", {"query": "daemon"}, EMPTY, "pass"),
    ("audit_rule", {"query": "immutable"}, EMPTY, "fail"),
    ("apparmor", {}, {"fields": {"enabled": {"equals": False}}}, "pass"),
    ("file", {"path": "/var/log/messages"}, {"fields": {"mode": {"equals": "0600"}}}, "pass"),
    ("directory", {"query": "accounts"}, EMPTY, "pass"),
    ("display_manager", {"query": "automatic_logins"}, EMPTY, "pass"),
    ("os_support", {}, {"fields": {"ends": {"any": {"fields": {"last_day": {"equals": "2032-05-31"}}}}}}, "pass"),
    # The installer encrypts nothing unless it is told to.
    ("disk_encryption", {"query": "swap"}, {"each": {"fields": {"encrypted": {"equals": False}}}}, "pass"),
    (
        "disk_encryption",
        {"query": "paths", "paths": ["/home"]},
        {"each": {"fields": {"encrypted": {"equals": True}}}},
        "fail",
    ),
    ("disk_encryption", {"query": "key_files"}, EMPTY, "pass"),
    ("aide", {"query": "schedule"}, EMPTY, "pass"),
    (
        "logrotate",
        {"query": "schedule"},
        {"any": {"fields": {"by": {"equals": "timer"}, "active": {"equals": True}}}},
        "pass",
    ),
    ("logrotate", {"query": "logs", "of": "rsyslog"}, {"any": {"fields": {"kept_days": {"equals": 28}}}}, "pass"),
    ("authselect", {}, {"fields": {"profile": {"equals": "sssd"}, "altered": EMPTY, "not_linked": EMPTY}}, "pass"),
    ("bootloader", {"query": "password"}, {"fields": {"superusers": {"equals": True}}}, "fail"),
    ("bootloader", {"query": "argument", "name": "audit"}, {"fields": {"configured": {"equals": "1"}}}, "fail"),
    (
        "crypto_policy",
        {"query": "policy"},
        {"fields": {"base": {"equals": "DEFAULT"}, "in_force": {"equals": True}}},
        "pass",
    ),
    (
        "crypto_policy",
        {"query": "allows", "name": "cipher", "scope": "openssh-server"},
        {"none_of": ["AES-256-CBC"]},
        "pass",
    ),
    ("crypto_policy", {"query": "not_following"}, EMPTY, "pass"),
    ("package", {"name": "audit"}, {"present": True}, "pass"),
    ("package", {"name": "telnet"}, {"absent": True}, "pass"),
    ("package_integrity", {"query": "altered"}, EMPTY, "pass"),
    ("package_integrity", {"query": "unsigned"}, EMPTY, "pass"),
    ("package_source", {"query": "unchecked"}, EMPTY, "pass"),
    ("package_source", {"query": "metadata_unchecked"}, EMPTY, "fail"),
    (
        "selinux",
        {"query": "mode"},
        {"fields": {"now": {"equals": "enforcing"}, "at_boot": {"equals": "enforcing"}}},
        "pass",
    ),
    ("selinux", {"query": "unconfined"}, EMPTY, "pass"),
    ("authorized_keys", {}, EMPTY, "pass"),
    ("login_factors", {"query": "one_factor", "modules": ["pam_oath.so"]}, EMPTY, "fail"),
    ("privileged_accounts", {"query": "undeclared", "names": ["anna", "root"]}, EMPTY, "pass"),
    ("log_forwarding", {}, EMPTY, "pass"),
    ("log_retention", {}, {"any": {"fields": {"by": {"equals": "auditd"}, "days": {"equals": 0}}}}, "pass"),
]
# What OpenSSL and GnuTLS are built with there nobody has seen, and what has dnf install repairs is in scenarios of its own, as tunnels are.
ELSEWHERE = {
    name: f"tests/scenarios/linux/{name}.py"
    for name in ("automatic_updates", "backup", "crypto", "ipsec", "openvpn", "wireguard")
}
STOCK = Stock("rhel_9", {**FILES, **FIREWALL}, UNITS, COMMANDS, ROWS, ELSEWHERE)
