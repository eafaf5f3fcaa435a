# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of a line of a file what is judged is shown, and nothing that may be a secret beside it."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import (
    file_lines,
    login_defs,
    mounts,
    sudo,
    sysctl,
    text_setting,
)
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shown_line import (
    mount_device,
    mount_option,
    shown_line,
)
from tests.scenarios.linux import File, Scenario, host_for, plant

M = "sEcReT9marker"
PROFILE, RSYSLOG, APT, SUDO = (
    "/etc/profile.d/x.sh",
    "/etc/rsyslog.d/x.conf",
    "/etc/apt/sources.list",
    "/etc/sudoers.d/x",
)
# Path, line, what of it stays.
SECRETS = [
    (RSYSLOG, f"*.* :omlibdbi:mysql,h,db,user,{M}", "*.* :omlibdbi:(masked)"),
    (RSYSLOG, f"*.* >host,db,user,{M}", "*.* >(masked)"),
    (RSYSLOG, f'action(type="omrelp" target="h" port="20" tls.mycertpass="{M}")',
     'action(type="omrelp" target="h" port="20" tls.mycertpass="(masked)")'),
    (RSYSLOG, f'*.* action(type="omhttp" httpheadervalue="Splunk {M}"', '*.* action(type="omhttp" httpheadervalue="(masked)"'),
    (RSYSLOG, f'*.* action(type="omhttp" httpheaders=["Authorization: {M}"])', '*.* action(type="omhttp"'),
    (RSYSLOG, f"*.* @@10.1.1.1:514;tmpl # password {M}", "*.* @@10.1.1.1:514(masked) # (masked)"),
    (RSYSLOG, f"*.* @@bob:{M}@h:514", "*.* (masked)"),
    (RSYSLOG, f"*.* ^/usr/bin/x -k {M}", "*.* ^/usr/bin/x(masked)"),
    (RSYSLOG, f":msg, contains, {M} @h", "(masked)"),
    (PROFILE, f"export TMOUT=5000; DBPASS={M} BOT_KEY={M}", "export TMOUT=5000; (masked)"),
    (PROFILE, f"umask 022; KEY={M}", "umask 022; (masked)"),
    (PROFILE, f"umask 000 # secret {M}", "umask 000 # (masked)"),
    (PROFILE, f"KEY={M} && umask 000", "(masked) && umask 000"),
    (PROFILE, f"export TMOUT=$(curl -s -u x:{M} http://y)", "export TMOUT=(masked)"),
    (APT, f"deb https://h.example/tok/{M}/ a b", "deb https://h.example/(masked) a b"),
    (APT, f"deb https://user:p@ss:{M}@h/debian x main", "deb https://(masked)@h/debian x main"),
    (APT, f"deb https://user:{M}/zz@h/debian x main", "deb https://(masked) x main"),
    (APT, f"deb https://h/debian?tok={M} x main", "deb https://h/(masked) x main"),
    ("/etc/apt/sources.list.d/x.sources", f"URIs: https://{M}@h/debian", "URIs: https://(masked)@h/debian"),
    ("/etc/apt/apt.conf.d/x", f'APT::Periodic::X "1"; Acquire::Password "{M}";', 'APT::Periodic::X "1"; Acquire::Password (masked);'),
    (SUDO, f"bob ALL=(root) NOPASSWD: /bin/x -r rest\\:http\\://u\\:{M}@h, /bin/y --password\\={M}, /usr/bin/ldapsearch -w {M}",
     "bob ALL=(root) NOPASSWD: /bin/x (arguments not shown), /bin/y (arguments not shown), /usr/bin/ldapsearch (arg"),
    (SUDO, f"%ops ALL = NOPASSWD:SETENV: /usr/bin/env PGPASSWORD\\={M} psql", "%ops ALL=NOPASSWD:SETENV: /usr/bin/env (arguments not shown)"),
    (SUDO, f"bob ALL=NOPASSWD: /bin/x : eve h=/bin/y {M}", "bob ALL=NOPASSWD: /bin/x (arguments not shown)"),
    (SUDO, f'Defaults:bob !authenticate, passprompt="a, {M}"', "Defaults:bob !authenticate, passprompt=(masked)"),
    ("/etc/pam.d/sshd", f"auth substack password-auth secret={M}", "auth substack password-auth (masked)"),
    ("/etc/authselect/system-auth", f"auth include postlogin # {M}", "auth include postlogin # (masked)"),
    ("/etc/bashrc", f"umask 022; KEY={M}", "umask 022; (masked)"),
    ("/etc/chrony.conf", f"pool 2.rhel.pool.ntp.org iburst key {M}", "pool 2.rhel.pool.ntp.org iburst (masked)"),
    ("/etc/pam.d/x", f"auth required pam_unix.so nullok secret={M} # {M}", "auth required pam_unix.so nullok (masked) # (masked)"),
    ("/etc/pam.d/x", f"auth [success=1 {M}] pam_exec.so /bin/x {M}", "auth [success=1 (masked)] pam_exec.so (masked)"),
    ("/etc/fstab", f"//h/s /srv/y cifs noauto,user=bob%{M},uid=1 0 0", "//h/s /srv/y cifs noauto,user=(masked),uid=1 0 0"),
    ("/etc/fstab", f"bob:{M}@h:/ /home fuse.sshfs nodev 0 0", "(masked)@h:/ /home fuse.sshfs nodev 0 0"),
    ("/etc/default/grub", f'GRUB_CMDLINE_LINUX="quiet inst.rootpw={M} audit=1"', 'GRUB_CMDLINE_LINUX="quiet inst.rootpw=(masked) audit=1"'),
    ("/etc/ufw/user.rules", f"### tuple ### allow any any 0.0.0.0/0 any 0.0.0.0/0 in_lo comment={M}",
     "### tuple ### allow any any 0.0.0.0/0 any 0.0.0.0/0 in_lo (masked)"),
    ("/etc/nftables.conf", f'ct state established accept comment "{M}"', "ct state established accept (masked)"),
    ("/etc/motd", f"password is {M} Debian", "(masked) Debian"),
    ("/etc/cron.d/x", f"0 1 * * * root /usr/bin/curl -u b:{M} https://h/", "0 1 * * * root /usr/bin/curl (masked)"),
    ("/etc/crontab", f"0 1 * * * root PGPASSWORD={M} /bin/x", "0 1 * * * root (masked)"),
    ("/etc/systemd/system/x.service.d/y.conf", f"ExecStart=/bin/x -p {M}", "ExecStart=/bin/x (masked)"),
    ("/etc/systemd/system/mnt.mount.d/y.conf", f"Options=nodev,password={M}", "Options=nodev,password=(masked)"),
    ("/etc/ssh/sshd_config", f"Banner /x?tok={M}", "Banner (masked)"),
    ("/etc/any.conf", f"password={M}", "password=(masked)"),
    ("/etc/any.conf", f"password {M}", "(masked)"),
    ("/etc/any.conf", f"[{M}@41058]", "(masked)"),
    ("/etc/any.conf", "password 1234567", "(masked)"),
]  # fmt: skip
WHOLE = [
    (RSYSLOG, "$FileCreateMode 0640"),
    (RSYSLOG, "auth,authpriv.*;*.info -/var/log/auth.log"),
    (RSYSLOG, "*.* @@(o)logs.example.org:514"),
    (RSYSLOG, "*.emerg :omusrmsg:*"),
    (RSYSLOG, 'input(type="imtcp" port="514")'),
    (PROFILE, "readonly TMOUT=900; export TMOUT"),
    (PROFILE, "umask u=rwx,g=rx,o="),
    ("/etc/exim4/update-exim4.conf.conf", "dc_local_interfaces='127.0.0.1 ; ::1'"),
    (APT, "deb [signed-by=/usr/share/keyrings/x.gpg trusted=yes] http://deb.debian.org/debian bookworm-updates main contrib"),
    ("/etc/apt/apt.conf.d/20auto", 'APT::Periodic::Unattended-Upgrade "1";'),
    (SUDO, "Defaults:auditor, plain !authenticate"),
    (SUDO, "%ops ALL=(ALL:ALL) NOPASSWD: ALL"),
    ("/etc/pam.d/common-password", "password\t[success=2 default=ignore]\tpam_unix.so obscure use_authtok try_first_pass yescrypt"),
    ("/etc/pam.d/common-auth", "auth requisite pam_faillock.so preauth silent deny=5 unlock_time=900 conf=/etc/x"),
    ("/etc/ufw/before.rules", "-A ufw-before-input -i lo -j ACCEPT"),
    ("/etc/iptables/rules.v4", ":OUTPUT DROP [0:0]"),
    ("/etc/nftables.conf", "ip protocol tcp ct state { established, related } accept"),
    ("/usr/lib/tmpfiles.d/systemd.conf", "z /var/log/journal 2755 root systemd-journal - -"),
    ("/etc/logrotate.conf", "rotate 4"),
    ("/etc/shells", "/usr/sbin/nologin"),
    ("/etc/chrony/chrony.conf", "pool 2.debian.pool.ntp.org iburst"),
    ("/etc/dconf/profile/user", "system-db:local"),
    ("/etc/ssh/sshd_config", "PermitRootLogin yes"),
    ("/etc/ssh/sshd_config", "HostKey /etc/ssh/ssh_host_ed25519_key"),
    ("/etc/ssh/sshd_config", "KexAlgorithms curve25519-sha256@libssh.org,ecdh-sha2-nistp256"),
    ("/etc/ssh/sshd_config", "AuthorizedKeysFile .ssh/authorized_keys .ssh/authorized_keys2"),
    ("/etc/login.defs", "PASS_MAX_DAYS\t365"),
    ("/etc/security/pwquality.conf", "minlen = 14"),
    ("/etc/sysctl.d/x.conf", "net.ipv4.ip_forward = 1"),
    ("/etc/audit/rules.d/x.rules", "-a always,exit -F arch=b64 -S adjtimex,settimeofday -k time-change"),
    ("/etc/modprobe.d/x.conf", "install cramfs /bin/false"),
    ("/etc/fstab", "UUID=ab-cd / ext4 errors=remount-ro 0 1"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "line", "stays"), SECRETS, ids=[one[1].replace(M, "_") for one in SECRETS])
def test_what_stands_beside_what_is_judged_is_masked(path, line, stays):
    shown = shown_line(path, line)

    assert M not in shown
    assert shown.startswith(stays)


@pytest.mark.parametrize(("path", "line"), WHOLE, ids=[one[1] for one in WHOLE])
def test_what_is_judged_is_shown_whole(path, line):
    assert shown_line(path, line) == line


@pytest.mark.parametrize(
    ("option", "shown"),
    [("nodev", "nodev"), ("size=50%", "size=50%"), ("mode=1777", "mode=1777"), ("username=a", "username=(masked)"),
     (f"user=a%{M}", "user=(masked)"), (f"password2={M}", "password2=(masked)"), (f"size={M}@h", "size=(masked)"), ("a b", "(masked)")],
)  # fmt: skip
def test_option_of_a_mount_is_shown_by_name_and_its_value_only_if_harmless(option, shown):
    assert mount_option(option) == shown


@pytest.mark.parametrize(
    ("device", "shown"),
    [("/dev/sda1", "/dev/sda1"), ("tmpfs", "tmpfs"), ("UUID=1-2", "UUID=1-2"), ("h:/srv/x", "h:/srv/x"), ("//h/s", "//h/s"),
     (f"bob:{M}@h:/x", "(masked)@h:/x"), (f"https://h/?k={M}", "(masked)")],
)  # fmt: skip
def test_device_of_a_mount_is_shown_without_who_opens_it(device, shown):
    assert mount_device(device) == shown


def test_readers_show_lines_so(tmp_path):
    files: dict[str, str | bytes | File] = {
        "/etc/sudoers": f"bob ALL=NOPASSWD: /bin/x -p {M}\n",
        PROFILE: f"umask 000; KEY={M}\n",
        "/etc/fstab": f"//h/s /srv cifs user=bob%{M} 0 0\n",
        "/etc/login.defs": f"PASS_MAX_DAYS 999 # {M}\n",
        "/etc/sysctl.d/x.conf": f"net.ipv4.ip_forward = 1 # {M}\n",
        "/proc/sys/net/ipv4/ip_forward": "1\n",
        "/etc/systemd/journald.conf": f"[Journal]\nTTYPath=auto # {M}\n",
        "/proc/self/mountinfo": "1 1 8:1 / / rw - ext4 /dev/sda1 rw\n",
    }
    scenario = Scenario("x", {}, {}, "fail", {}, files=files)
    plant(str(tmp_path), scenario)
    host = host_for(str(tmp_path), scenario)

    seen = [
        sudo.read(host, [{"query": "nopasswd"}])[0],
        file_lines.read(host, [{"glob": PROFILE, "pattern": "umask"}])[0],
        mounts.read_points(host, [{"path": "/srv"}])[0],
        login_defs.read(host, [{"name": "PASS_MAX_DAYS"}])[0],
        sysctl.read(host, [{"name": "net.ipv4.ip_forward"}])[0],
        text_setting.read(
            host, [{"file": "/etc/systemd/journald.conf", "format": "systemd", "section": "Journal", "name": "TTYPath"}]
        )[0],
    ]

    assert [one.value[0]["text"] for one in seen[:2]] == [
        "bob ALL=NOPASSWD: /bin/x (arguments not shown)",
        "umask 000; (masked)",
    ]
    assert [seen[3].value, seen[4].value["configured"], seen[5].value] == [
        "999 # (masked)",
        "1 # (masked)",
        "auto # (masked)",
    ]
    assert M not in str(seen)
