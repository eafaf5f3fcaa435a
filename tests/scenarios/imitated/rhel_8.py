"""Red Hat Enterprise Linux 8, as the installer leaves it: what of it is not as on RHEL 9 (kernelopts, sshd's algorithms as arguments, SHA-1)."""

from __future__ import annotations

from typing import List

from tests.scenarios.imitated import Files, Row, Stock
from tests.scenarios.imitated.rhel_9 import COMMANDS as LATER
from tests.scenarios.imitated.rhel_9 import ELSEWHERE, ROWS, UNITS
from tests.scenarios.imitated.rhel_9 import STOCK as RED_HAT_9
from tests.scenarios.imitated.rhel_9_files import SSHD_SAYS
from tests.scenarios.imitated.rhel_9_system_files import (
    ALLOWED,
    ARGUMENTS,
    ENTRY,
    PACKAGES,
    booted,
    installed,
    repositories,
)
from tests.scenarios.linux import File

KERNEL = "4.18.0"
# A kernel has its own number in the names of its files; sshd has no snippets yet.
KEPT = {
    path.replace("/5.14.0/", "/%s/" % KERNEL): text
    for path, text in RED_HAT_9.files.items()
    if "5.14.0." not in path
    and not path.endswith("-5.14.0")
    and not path.startswith(("/etc/ssh/sshd_config.d", "/etc/kernel/cmdline", "/etc/yum.repos.d/"))
}
ALGORITHMS = "-oCiphers=aes256-gcm@openssh.com,aes256-ctr -oMACs=hmac-sha2-256-etm@openssh.com,hmac-sha1"
SSHD = "[Service]\nEnvironmentFile=-/etc/crypto-policies/back-ends/opensshserver.config\nEnvironmentFile=-/etc/sysconfig/sshd\n"
FILES: Files = {
    **KEPT,
    **booted(KERNEL),
    # Of all entries the arguments stand in one place, and the kernel says which module of security it takes in another way.
    "/boot/loader/entries/0123-%s.conf" % KERNEL: ENTRY % (KERNEL, KERNEL, KERNEL, KERNEL, "$kernelopts $tuned_params"),
    "/boot/grub2/grubenv": File(
        "# GRUB Environment Block\nsaved_entry=0123-%s\nkernelopts=%s\n" % (KERNEL, ARGUMENTS), 0o600
    ),
    "/boot/config-"
    + KERNEL: 'CONFIG_SECURITY_SELINUX=y\nCONFIG_DEFAULT_SECURITY_SELINUX=y\nCONFIG_DEFAULT_SECURITY="selinux"\n',
    "/etc/os-release": (
        'NAME="Red Hat Enterprise Linux"\nVERSION="8.10 (Ootpa)"\nID="rhel"\nID_LIKE="fedora"\nVERSION_ID="8.10"\n'
        'PLATFORM_ID="platform:el8"\nPRETTY_NAME="Red Hat Enterprise Linux 8.10 (Ootpa)"\n'
    ),
    "/etc/redhat-release": "Red Hat Enterprise Linux release 8.10 (Ootpa)\n",
    "/etc/yum.repos.d/redhat.repo": repositories(
        "Red Hat", "RPM-GPG-KEY-redhat-release", "rhel-8-baseos", "rhel-8-appstream"
    ),
    "/etc/ssh/sshd_config": File(
        "SyslogFacility AUTHPRIV\nPermitRootLogin yes\nAuthorizedKeysFile\t.ssh/authorized_keys\nPasswordAuthentication yes\n"
        "ChallengeResponseAuthentication no\nGSSAPIAuthentication yes\nGSSAPICleanupCredentials no\nUsePAM yes\nX11Forwarding yes\n"
        "PrintMotd no\nSubsystem\tsftp\t/usr/libexec/openssh/sftp-server\n",
        0o600,
    ),
    "/usr/lib/systemd/system/sshd.service": SSHD + "ExecStart=/usr/sbin/sshd -D $OPTIONS $CRYPTO_POLICY\n",
    "/usr/lib/systemd/system/sshd@.service": SSHD + "ExecStart=-/usr/sbin/sshd -i $OPTIONS $CRYPTO_POLICY\n",
    "/etc/sysconfig/sshd": File("# CRYPTO_POLICY=\n", 0o640),
    "/etc/crypto-policies/back-ends/opensshserver.config": "CRYPTO_POLICY='%s'\n" % ALGORITHMS,
    # Signatures by SHA-1 are still allowed.
    "/etc/crypto-policies/state/CURRENT.pol": ALLOWED.replace("SHAKE-256", "SHAKE-256 SHA1")
    .replace("RSA-SHA2-512", "RSA-SHA2-512 ECDSA-SHA1 RSA-SHA1")
    .replace("etm = ANY", "ssh_etm = 1")
    .replace("sha1_in_certs = 0", "sha1_in_certs = 1"),
}
COMMANDS = {
    **LATER,
    **installed(PACKAGES, authselect="1.2.6-2.el8", pam="1.3.1-36.el8_10"),
    "sshd -T %s" % ALGORITHMS: SSHD_SAYS.replace("permitrootlogin without-password", "permitrootlogin yes"),
    "systemctl --version": "systemd 239 (239-82.el8)\n",
}
ROWS_HERE: List[Row] = [
    *(row for row in ROWS if row[0] != "os_support"),
    ("os_support", {}, {"fields": {"ends": {"any": {"fields": {"last_day": {"equals": "2029-05-31"}}}}}}, "pass"),
    ("crypto_policy", {"query": "allows", "name": "hash"}, {"none_of": ["SHA1"]}, "fail"),
    ("sshd_option", {"name": "PermitRootLogin"}, {"equals": "yes"}, "pass"),
]
STOCK = Stock("rhel_8", FILES, UNITS, COMMANDS, ROWS_HERE, ELSEWHERE)
