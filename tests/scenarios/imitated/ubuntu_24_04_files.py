"""The files of Ubuntu 24.04."""

from __future__ import annotations

from typing import Sequence

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of
from tests.scenarios.block_devices import device
from tests.scenarios.imitated import KERNEL, NETWORK, Files, folder, kernel_values
from tests.scenarios.linux import File
from tests.scenarios.start_up_base import BASHRC, OWN_BASHRC, OWN_PROFILE, PROFILE

COMMON_AUTH = "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\nauth optional pam_cap.so\n"
COMMON_ACCOUNT = "account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\naccount requisite pam_deny.so\naccount required pam_permit.so\n"
COMMON_PASSWORD = "password [success=1 default=ignore] pam_unix.so obscure yescrypt\npassword requisite pam_deny.so\npassword required pam_permit.so\n"
COMMON_SESSION = (
    "session [default=1] pam_permit.so\nsession requisite pam_deny.so\nsession required pam_permit.so\n"
    "session optional pam_umask.so\nsession required pam_unix.so\nsession optional pam_systemd.so\n"
)
LOGIN = """\
auth optional pam_faildelay.so delay=3000000
auth requisite pam_nologin.so
session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_selinux.so close
session required pam_loginuid.so
session optional pam_motd.so motd=/run/motd.dynamic
session optional pam_motd.so noupdate
session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_selinux.so open
session required pam_env.so readenv=1
session required pam_env.so readenv=1 envfile=/etc/default/locale
@include common-auth
auth optional pam_group.so
session required pam_limits.so
session optional pam_lastlog.so
session optional pam_mail.so standard
session optional pam_keyinit.so force revoke
@include common-account
@include common-session
@include common-password
"""
SSHD = """\
@include common-auth
account required pam_nologin.so
@include common-account
session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_selinux.so close
session required pam_loginuid.so
session optional pam_keyinit.so force revoke
@include common-session
session optional pam_motd.so motd=/run/motd.dynamic
session optional pam_motd.so noupdate
session optional pam_mail.so standard noenv
session required pam_limits.so
session required pam_env.so
session required pam_env.so envfile=/etc/default/locale
session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_selinux.so open
@include common-password
"""
SU = """\
auth sufficient pam_rootok.so
session required pam_env.so readenv=1
session required pam_env.so readenv=1 envfile=/etc/default/locale
session optional pam_mail.so nopen
session required pam_limits.so
@include common-auth
@include common-account
@include common-session
"""
MODULES = words_of(
    "unix deny permit cap umask systemd faildelay nologin selinux loginuid motd env group limits lastlog mail keyinit rootok access faillock "
    "pwhistory wheel succeed_if"
)
PAM: Files = {
    "/etc/pam.d/common-auth": COMMON_AUTH,
    "/etc/pam.d/common-account": COMMON_ACCOUNT,
    "/etc/pam.d/common-password": COMMON_PASSWORD,
    "/etc/pam.d/common-session": COMMON_SESSION,
    "/etc/pam.d/common-session-noninteractive": COMMON_SESSION.replace("session optional pam_systemd.so\n", ""),
    "/etc/pam.d/login": LOGIN,
    "/etc/pam.d/sshd": SSHD,
    "/etc/pam.d/su": SU,
    "/etc/pam.d/su-l": "auth include su\naccount include su\npassword include su\nsession optional pam_keyinit.so force revoke\nsession include su\n",
    "/etc/pam.d/sudo": (
        "session required pam_limits.so\nsession required pam_env.so readenv=1 user_readenv=0\n@include common-auth\n"
        "@include common-account\n@include common-session-noninteractive\n"
    ),
    "/etc/pam.d/sudo-i": "session required pam_limits.so\n@include common-auth\n@include common-account\n@include common-session\n",
    "/etc/pam.d/passwd": "@include common-password\n",
    "/etc/pam.d/cron": (
        "@include common-auth\nsession required pam_loginuid.so\nsession required pam_env.so\n@include common-account\n"
        "@include common-session-noninteractive\nsession required pam_limits.so\n"
    ),
    "/etc/pam.d/other": "@include common-auth\n@include common-account\n@include common-password\n@include common-session\n",
    "/etc/pam.conf": "# nothing\n",
    **{"/usr/lib/x86_64-linux-gnu/security/pam_%s.so" % name: "" for name in MODULES},
    "/etc/security/faillock.conf": "# deny = 3\n",
    "/etc/security/limits.conf": "# nothing\n",
    "/etc/security/access.conf": "",
    "/usr/share/pam-configs/unix": "Name: Unix authentication\nDefault: yes\nPriority: 256\n",
}
PASSWD = """\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
sys:x:3:3:sys:/dev:/usr/sbin/nologin
sync:x:4:65534:sync:/bin:/bin/sync
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
systemd-network:x:998:998:systemd Network Management:/:/usr/sbin/nologin
messagebus:x:101:101::/nonexistent:/usr/sbin/nologin
pollinate:x:102:1::/var/cache/pollinate:/bin/false
syslog:x:103:104::/nonexistent:/usr/sbin/nologin
sshd:x:106:65534::/run/sshd:/usr/sbin/nologin
landscape:x:107:108::/var/lib/landscape:/usr/sbin/nologin
anna:x:1000:1000:Anna:/home/anna:/bin/bash
"""
GROUP = """\
root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:syslog,anna
tty:x:5:
sudo:x:27:anna
shadow:x:42:
utmp:x:43:
nogroup:x:65534:
systemd-network:x:998:
messagebus:x:101:
syslog:x:104:
landscape:x:108:
anna:x:1000:
"""
SHADOW = "".join(
    "%s:%s:19800:0:99999:7:::\n" % (line.split(":")[0], "$y$j9T$salt$hash" if line.startswith("anna") else "*")
    for line in PASSWD.splitlines()
)
SSHD_SAYS = """\
port 22
logingracetime 120
maxauthtries 6
maxsessions 10
clientaliveinterval 0
clientalivecountmax 3
permitrootlogin without-password
ignorerhosts yes
hostbasedauthentication no
permitemptypasswords no
permituserenvironment no
usepam yes
gssapiauthentication no
disableforwarding no
loglevel INFO
banner none
maxstartups 10:30:100
ciphers chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com
macs umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,\
umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1
kexalgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,\
ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,\
diffie-hellman-group14-sha256
"""
MOUNTS = """\
22 1 252:2 / / rw,relatime shared:1 - ext4 /dev/vda2 rw
23 22 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:2 - proc proc rw
24 22 0:22 / /sys rw,nosuid,nodev,noexec,relatime shared:3 - sysfs sysfs rw
25 22 0:5 / /dev rw,nosuid,relatime shared:4 - devtmpfs udev rw
26 25 0:24 / /dev/shm rw,nosuid,nodev,inode64 shared:5 - tmpfs tmpfs rw
27 22 0:25 / /run rw,nosuid,nodev,noexec,relatime shared:6 - tmpfs tmpfs rw,mode=755
28 22 7:0 / /snap/core22/1 ro,nodev,relatime shared:7 - squashfs /dev/loop0 ro
29 22 252:1 / /boot/efi rw,relatime shared:8 - vfat /dev/vda1 rw,fmask=0077,dmask=0077
"""
SUDOERS = """\
Defaults\tenv_reset
Defaults\tmail_badpass
Defaults\tsecure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin"
Defaults\tuse_pty
root\tALL=(ALL:ALL) ALL
%admin ALL=(ALL) ALL
%sudo\tALL=(ALL:ALL) ALL
@includedir /etc/sudoers.d
"""
LOGROTATE = "weekly\nsu root adm\nrotate 4\ncreate\n#dateext\n#compress\ninclude /etc/logrotate.d\n"
LOGROTATE_RSYSLOG = """/var/log/syslog
/var/log/mail.log
/var/log/kern.log
/var/log/auth.log
/var/log/user.log
/var/log/cron.log
{
\trotate 4
\tweekly
\tmissingok
\tnotifempty
\tcompress
\tdelaycompress
\tsharedscripts
\tpostrotate
\t\t/usr/lib/rsyslog/rsyslog-rotate
\tendscript
}
"""
LOGROTATE_UFW = """/var/log/ufw.log
{
\trotate 4
\tweekly
\tmissingok
\tnotifempty
\tcompress
\tdelaycompress
\tsharedscripts
\tpostrotate
\t\t[ -x /usr/lib/rsyslog/rsyslog-rotate ] && /usr/lib/rsyslog/rsyslog-rotate || true
\tendscript
}
"""
RSYSLOG = """\
module(load="imuxsock")
module(load="imklog" permitnonkernelfacility="on")
$RepeatedMsgReduction on
$FileOwner syslog
$FileGroup adm
$FileCreateMode 0640
$DirCreateMode 0755
$Umask 0022
$PrivDropToUser syslog
$PrivDropToGroup syslog
$WorkDirectory /var/spool/rsyslog
$IncludeConfig /etc/rsyslog.d/*.conf
"""
RSYSLOG_D = """\
auth,authpriv.*\t\t\t/var/log/auth.log
*.*;auth,authpriv.none\t\t-/var/log/syslog
kern.*\t\t\t\t-/var/log/kern.log
mail.*\t\t\t\t-/var/log/mail.log
*.emerg\t\t\t\t:omusrmsg:*
"""
# Those of profile.d; each says more, and nothing of a umask or TMOUT.
SNAPS = """\
snap_bin_path="/snap/bin"
if [ -n "${PATH##*${snap_bin_path}}" ] && [ -n "${PATH##*${snap_bin_path}:*}" ]; then
    export PATH="$PATH:${snap_bin_path}"
fi
if [ -z "$XDG_DATA_DIRS" ]; then
    export XDG_DATA_DIRS="/usr/local/share:/usr/share"
fi
snap_xdg_path="/var/lib/snapd/desktop"
if [ -n "${XDG_DATA_DIRS##*${snap_xdg_path}}" ] && [ -n "${XDG_DATA_DIRS##*${snap_xdg_path}:*}" ]; then
    export XDG_DATA_DIRS="${XDG_DATA_DIRS}:${snap_xdg_path}"
fi
"""
COMPLETION = """\
if [ "x${BASH_VERSION-}" != x -a "x${PS1-}" != x -a "x${BASH_COMPLETION_VERSINFO-}" = x ]; then
    if [ "${BASH_VERSINFO[0]}" -gt 4 ] ||
        [ "${BASH_VERSINFO[0]}" -eq 4 -a "${BASH_VERSINFO[1]}" -ge 2 ]; then
        [ -r "${XDG_CONFIG_HOME:-$HOME/.config}/bash_completion" ] &&
            . "${XDG_CONFIG_HOME:-$HOME/.config}/bash_completion"
        if shopt -q progcomp && [ -r /usr/share/bash-completion/bash_completion ]; then
            . /usr/share/bash-completion/bash_completion
        fi
    fi
fi
"""
LOCALE_FIX = "eval `/usr/bin/locale-check C.UTF-8`\n"
WARNING = """\
if test -f "$HOME/.cloud-locale-test.skip" -o -f "/var/lib/cloud/instance/locale-check.skip"; then
    unset -f _x 2>/dev/null
elif [ -n "${SHELL-}" ]; then
    if [ -z "$LANG" ]; then printf "no locale\\n"; fi
fi
"""
DRIVERS = ("fs/cramfs/cramfs", "fs/overlayfs/overlay", "fs/udf/udf", "drivers/usb/storage/usb-storage", "net/sctp/sctp")


def kernel_files(release: str, suffix: str) -> Files:
    """Return what is installed of a kernel and started it; ``suffix``: how its drivers end."""
    modules, drivers = "/usr/lib/modules/%s/" % release, ["kernel/%s.%s" % (name, suffix) for name in DRIVERS]
    return {
        modules + "modules.builtin": "kernel/fs/ext4/ext4.ko\nkernel/fs/squashfs/squashfs.ko\n",
        modules + "modules.dep": "".join("%s:\n" % name for name in drivers),
        **{modules + name: "" for name in drivers},
        "/boot/grub/grub.cfg": File(
            "menuentry 'Ubuntu' {\n\tlinux /boot/vmlinuz-%s root=UUID=1 ro\n\tinitrd /boot/initrd.img-%s\n}\n"
            % (release, release),
            0o600,
        ),
        "/boot/vmlinuz-" + release: File("", 0o600),
        "/proc/cmdline": "BOOT_IMAGE=/boot/vmlinuz-%s root=UUID=1 ro\n" % release,
        "/proc/sys/kernel/osrelease": release + "\n",
    }


def of_release(number: str, name: str, suite: str) -> Files:
    """Return what says of a host which release it is, and where its packages come from."""
    return {
        "/etc/os-release": (
            'PRETTY_NAME="Ubuntu %s LTS"\nNAME="Ubuntu"\nVERSION_ID="%s"\nVERSION_CODENAME=%s\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=%s\n'
            % (name, number, suite, suite)
        ),
        "/etc/issue": "Ubuntu %s LTS \\n \\l\n\n" % name,
        "/etc/issue.net": "Ubuntu %s LTS\n" % name,
    }


FILES: Files = {
    **KERNEL,
    **kernel_values(
        {
            **NETWORK,
            "net.ipv4.conf.*.rp_filter": "2",
            "kernel.yama.ptrace_scope": "1",
            "kernel.dmesg_restrict": "1",
            "kernel.kptr_restrict": "1",
            "kernel.apparmor_restrict_unprivileged_unconfined": "0",
            "fs.protected_hardlinks": "1",
            "fs.protected_symlinks": "1",
            # apport sets it where it takes the core dumps.
            "fs.suid_dumpable": "2",
        }
    ),
    **PAM,
    **of_release("24.04", "24.04.1", "noble"),
    "/etc/passwd": PASSWD,
    "/etc/passwd-": PASSWD,
    "/etc/group": GROUP,
    "/etc/group-": GROUP,
    "/etc/shadow": File(SHADOW, 0o640),
    "/etc/shadow-": File(SHADOW, 0o640),
    "/etc/gshadow": File("root:*::\nsudo:*::anna\n", 0o640),
    "/etc/gshadow-": File("root:*::\nsudo:*::anna\n", 0o640),
    "/etc/shells": "/bin/sh\n/usr/bin/sh\n/bin/bash\n/usr/bin/bash\n/bin/rbash\n/usr/bin/rbash\n/usr/bin/dash\n/usr/bin/screen\n/usr/bin/tmux\n",
    "/etc/login.defs": (
        "MAIL_DIR /var/mail\nFAILLOG_ENAB yes\nUMASK 022\nHOME_MODE 0750\nPASS_MAX_DAYS 99999\nPASS_MIN_DAYS 0\n"
        "PASS_WARN_AGE 7\nUID_MIN 1000\nUID_MAX 60000\nGID_MIN 1000\nGID_MAX 60000\nUSERGROUPS_ENAB yes\n"
        "ENCRYPT_METHOD SHA512\n"
    ),
    "/etc/default/useradd": "SHELL=/bin/sh\n",
    "/etc/default/locale": "LANG=en_US.UTF-8\n",
    "/etc/nsswitch.conf": (
        "passwd:         files systemd\ngroup:          files systemd\nshadow:         files systemd\n"
        "gshadow:        files systemd\nhosts:          files dns\n"
    ),
    "/etc/environment": 'PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games:/usr/local/games:/snap/bin"\n',
    "/etc/profile": PROFILE,
    "/etc/bash.bashrc": BASHRC,
    "/etc/profile.d/01-locale-fix.sh": LOCALE_FIX,
    "/etc/profile.d/apps-bin-path.sh": SNAPS,
    "/etc/profile.d/bash_completion.sh": COMPLETION,
    "/etc/profile.d/Z99-cloud-locale-test.sh": WARNING,
    "/etc/profile.d/gawk.sh": "gawkpath_default () {\n\tunset AWKPATH\n\tAWKPATH=`gawk 'BEGIN {print ENVIRON[\"AWKPATH\"]}'`\n\texport AWKPATH\n}\n",
    "/etc/skel/.profile": OWN_PROFILE,
    "/etc/skel/.bashrc": OWN_BASHRC,
    "/root": folder(0o700),
    "/root/.profile": 'if [ "$BASH" ]; then\n  if [ -f ~/.bashrc ]; then\n    . ~/.bashrc\n  fi\nfi\nmesg n 2> /dev/null || true\n',
    "/root/.bashrc": OWN_BASHRC,
    "/home/anna": folder(0o750),
    "/home/anna/.profile": OWN_PROFILE,
    "/home/anna/.bashrc": OWN_BASHRC,
    "/bin": File(link="usr/bin"),
    "/sbin": File(link="usr/sbin"),
    "/lib": File(link="usr/lib"),
    "/usr/bin/bash": File("", 0o755),
    "/usr/bin/dash": File("", 0o755),
    "/usr/bin/sh": File(link="dash"),
    "/usr/bin/sudo": File("", 0o4755),
    "/usr/bin/su": File("", 0o4755),
    "/usr/sbin/sshd": File("", 0o755),
    "/usr/sbin/rsyslogd": File("", 0o755),
    "/usr/lib/systemd/systemd-timesyncd": File("", 0o755),
    "/usr/sbin/ufw": File("", 0o755),
    "/usr/sbin/cron": File("", 0o755),
    "/usr/sbin/nologin": File("", 0o755),
    "/usr/local/bin": folder(),
    "/usr/local/sbin": folder(),
    "/usr/games": folder(),
    "/usr/local/games": folder(),
    "/snap/bin": folder(),
    "/etc/sudoers": File(SUDOERS, 0o440),
    "/etc/sudoers.d/90-cloud-init-users": File("anna ALL=(ALL) NOPASSWD:ALL\n", 0o440),
    "/etc/sudo.conf": "# nothing\n",
    "/etc/ssh/sshd_config": (
        "Include /etc/ssh/sshd_config.d/*.conf\nKbdInteractiveAuthentication no\nUsePAM yes\nX11Forwarding yes\n"
        "PrintMotd no\nAcceptEnv LANG LC_*\nSubsystem\tsftp\t/usr/lib/openssh/sftp-server\n"
    ),
    "/etc/ssh/sshd_config.d/50-cloud-init.conf": File("PasswordAuthentication yes\n", 0o600),
    "/etc/default/ssh": "SSHD_OPTS=\n",
    "/usr/lib/systemd/system/ssh.service": (
        "[Service]\nEnvironmentFile=-/etc/default/ssh\nExecStartPre=/usr/sbin/sshd -t\n"
        "ExecStart=/usr/sbin/sshd -D $SSHD_OPTS\n"
    ),
    "/usr/lib/systemd/system/ssh.socket": "[Socket]\nListenStream=0.0.0.0:22\nListenStream=[::]:22\nAccept=no\n",
    "/etc/fstab": "/dev/disk/by-uuid/1 / ext4 defaults 0 1\n/dev/disk/by-uuid/2 /boot/efi vfat umask=0077 0 1\n/swap.img none swap sw 0 0\n",
    "/proc/self/mountinfo": MOUNTS,
    "/proc/swaps": "Filename\t\tType\t\tSize\t\tUsed\t\tPriority\n/swap.img file\t2097148\t\t0\t\t-2\n",
    "/swap.img": File("", 0o600),
    **device("vda", "252:0"),
    **device("vda/vda1", "252:1"),
    **device("vda/vda2", "252:2"),
    "/dev/disk/by-uuid/1": File(link="../../vda2"),
    "/usr/lib/sysctl.d/99-protect-links.conf": "fs.protected_fifos = 1\nfs.protected_hardlinks = 1\nfs.protected_regular = 2\nfs.protected_symlinks = 1\n",
    "/etc/sysctl.d/10-kernel-hardening.conf": "kernel.kptr_restrict = 1\n",
    "/usr/lib/sysctl.d/10-apparmor.conf": "kernel.apparmor_restrict_unprivileged_userns = 1\n",
    "/etc/sysctl.d/10-network-security.conf": "net.ipv4.conf.default.rp_filter=2\nnet.ipv4.conf.all.rp_filter=2\n",
    "/etc/sysctl.d/10-ptrace.conf": "kernel.yama.ptrace_scope = 1\n",
    "/etc/sysctl.d/10-ipv6-privacy.conf": "net.ipv6.conf.all.use_tempaddr = 2\nnet.ipv6.conf.default.use_tempaddr = 2\n",
    "/etc/sysctl.conf": "# nothing\n",
    "/etc/sysctl.d/99-sysctl.conf": File(link="../sysctl.conf"),
    "/etc/netplan/50-cloud-init.yaml": File(
        "network:\n  version: 2\n  ethernets:\n    ens3:\n      dhcp4: true\n", 0o600
    ),
    "/etc/systemd/journald.conf": "[Journal]\n",
    "/usr/lib/systemd/journald.conf.d/syslog.conf": "[Journal]\nForwardToSyslog=yes\n",
    "/etc/systemd/coredump.conf": "[Coredump]\n",
    "/etc/systemd/timesyncd.conf": "[Time]\n",
    "/etc/rsyslog.conf": RSYSLOG,
    "/usr/sbin/logrotate": "",
    "/etc/logrotate.conf": LOGROTATE,
    "/etc/logrotate.d/rsyslog": LOGROTATE_RSYSLOG,
    "/etc/logrotate.d/ufw": LOGROTATE_UFW,
    "/usr/lib/systemd/system/logrotate.timer": "[Timer]\nOnCalendar=daily\nAccuracySec=1h\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n",
    "/usr/lib/systemd/system/logrotate.service": "[Service]\nType=oneshot\nExecStart=/usr/sbin/logrotate /etc/logrotate.conf\n",
    "/etc/rsyslog.d/50-default.conf": RSYSLOG_D,
    "/etc/rsyslog.d/20-ufw.conf": ':msg,contains,"[UFW " /var/log/ufw.log\n',
    "/usr/lib/systemd/system/rsyslog.service": "[Service]\nExecStart=/usr/sbin/rsyslogd -n -iNONE\n",
    "/var/log/syslog": File("", 0o640),
    "/var/log/auth.log": File("", 0o640),
    "/var/log/kern.log": File("", 0o640),
    "/var/log/dpkg.log": File("", 0o644),
    "/var/log/cloud-init.log": File("", 0o640),
    "/var/log/apt/history.log": File("", 0o644),
    "/var/log/unattended-upgrades": folder(0o750),
    "/var/log/unattended-upgrades/unattended-upgrades.log": File("", 0o644),
    "/var/log/wtmp": File("", 0o664),
    "/var/log/lastlog": File("", 0o664),
    "/var/log/btmp": File("", 0o660),
    "/run/utmp": File("", 0o664),
    "/etc/crontab": "SHELL=/bin/sh\n17 * * * * root cd / && run-parts --report /etc/cron.hourly\n",
    "/etc/cron.d": folder(),
    "/etc/cron.hourly": folder(),
    "/etc/cron.daily": folder(),
    "/etc/cron.weekly": folder(),
    "/etc/cron.monthly": folder(),
    "/etc/default/ufw": (
        'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\nDEFAULT_OUTPUT_POLICY="ACCEPT"\nDEFAULT_FORWARD_POLICY="DROP"\n'
        'DEFAULT_APPLICATION_POLICY="SKIP"\nMANAGE_BUILTINS=no\nIPT_SYSCTL=/etc/ufw/sysctl.conf\n'
    ),
    "/etc/ufw/ufw.conf": "ENABLED=no\nLOGLEVEL=low\n",
    "/etc/ufw/sysctl.conf": "net/ipv4/conf/all/accept_redirects=0\nnet/ipv4/conf/default/accept_redirects=0\nnet/ipv4/icmp_echo_ignore_broadcasts=1\n",
    "/etc/apt/sources.list.d/ubuntu.sources": (
        "Types: deb\nURIs: http://archive.ubuntu.com/ubuntu/\nSuites: noble noble-updates\nComponents: main universe\n"
        "Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg\n"
    ),
    "/usr/share/keyrings/ubuntu-archive-keyring.gpg": "",
    "/etc/apt/trusted.gpg.d": folder(),
    "/etc/apt/sources.list.d": folder(),
    "/usr/share/keyrings": folder(),
    "/etc/default/apport": "enabled=1\n",
    "/etc/default/motd-news": "ENABLED=1\n",
    "/etc/update-motd.d": folder(),
    "/etc/update-motd.d/00-header": File("#!/bin/sh\n", 0o755),
    "/etc/update-motd.d/50-motd-news": File("#!/bin/sh\n", 0o755),
    "/run/motd.dynamic": "Welcome to Ubuntu\n",
    "/etc/modprobe.d/blacklist-rare-network.conf": "alias net-pf-3 off\nalias net-pf-21 off\n",
    **kernel_files("6.8.0-31-generic", "ko.zst"),
    "/boot/efi/EFI/ubuntu/grub.cfg": File("search.fs_uuid 1 root\nconfigfile $prefix/grub.cfg\n", 0o700),
    "/etc/default/grub": 'GRUB_CMDLINE_LINUX_DEFAULT=""\nGRUB_CMDLINE_LINUX=""\n',
    "/sys/module/apparmor/parameters/enabled": "Y\n",
    "/sys/kernel/security/apparmor/profiles": "/usr/bin/man (enforce)\nchrome (unconfined)\nrsyslogd (enforce)\n",
    "/etc/apparmor.d/chrome": (
        "abi <abi/4.0>,\ninclude <tunables/global>\n\nprofile chrome /opt/google/chrome/chrome flags=(unconfined) {\n"
        "  userns,\n\n  include if exists <local/chrome>\n}\n"
    ),
    "/tmp": folder(0o1777),
    "/var/tmp": folder(0o1777),
}


def changed(without: Sequence[str], files: Files) -> Files:
    """Return the files of another release: those of this one but for whose paths hold one of ``without``, and others."""
    kept = {path: one for path, one in FILES.items() if not any(part in path for part in without)}
    return {**kept, **files}
