"""The files of RHEL 9."""

from __future__ import annotations

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import words_of
from tests.scenarios.block_devices import device, mapped
from tests.scenarios.imitated import KERNEL, NETWORK, Files, folder, kernel_values
from tests.scenarios.imitated.rhel_9_system_files import POLICY, SOURCES, booted, selected
from tests.scenarios.linux import File

PROFILE = """\
pathmunge () {
    case ":${PATH}:" in
        *:"$1":*)
            ;;
        *)
            if [ "$2" = "after" ] ; then
                PATH=$PATH:$1
            else
                PATH=$1:$PATH
            fi
    esac
}
if [ -x /usr/bin/id ]; then
    if [ -z "$EUID" ]; then
        EUID=`/usr/bin/id -u`
        UID=`/usr/bin/id -ru`
    fi
    USER="`/usr/bin/id -un`"
    LOGNAME=$USER
    MAIL="/var/spool/mail/$USER"
fi
if [ "$EUID" = "0" ]; then
    pathmunge /usr/sbin
    pathmunge /usr/local/sbin
else
    pathmunge /usr/local/sbin after
    pathmunge /usr/sbin after
fi
HOSTNAME=$(/usr/bin/hostnamectl --transient 2>/dev/null) || \\
HOSTNAME=$(/usr/bin/hostname 2>/dev/null) || \\
HOSTNAME=$(/usr/bin/uname -n)
HISTSIZE=1000
if [ "$HISTCONTROL" = "ignorespace" ] ; then
    export HISTCONTROL=ignoreboth
else
    export HISTCONTROL=ignoredups
fi
export PATH USER LOGNAME MAIL HOSTNAME HISTSIZE HISTCONTROL
for i in /etc/profile.d/*.sh /etc/profile.d/sh.local ; do
    if [ -r "$i" ]; then
        if [ "${-#*i}" != "$-" ]; then
            . "$i"
        else
            . "$i" >/dev/null
        fi
    fi
done
unset i
unset -f pathmunge
if [ -n "${BASH_VERSION-}" ] ; then
    if [ -f /etc/bashrc ] ; then
        . /etc/bashrc
    fi
fi
"""
BASHRC = """\
if [ -z "$BASHRCSOURCED" ]; then
  BASHRCSOURCED="Y"
  if [ "$PS1" ]; then
    if [ -z "$PROMPT_COMMAND" ]; then
      case $TERM in
      xterm*|vte*)
        if [ -e /etc/sysconfig/bash-prompt-xterm ]; then
            PROMPT_COMMAND=/etc/sysconfig/bash-prompt-xterm
        else
            PROMPT_COMMAND='printf "%s@%s" "${USER}" "${HOSTNAME%%.*}"'
        fi
        ;;
      *)
        [ -e /etc/sysconfig/bash-prompt-default ] && PROMPT_COMMAND=/etc/sysconfig/bash-prompt-default
        ;;
      esac
    fi
    shopt -s histappend
    history -a
    shopt -s checkwinsize
    [ "$PS1" = "\\\\s-\\\\v\\\\\\$ " ] && PS1="[\\u@\\h \\W]\\\\$ "
  fi
  if ! shopt -q login_shell ; then
    pathmunge () {
        case ":${PATH}:" in
            *:"$1":*)
                ;;
            *)
                if [ "$2" = "after" ] ; then
                    PATH=$PATH:$1
                else
                    PATH=$1:$PATH
                fi
        esac
    }
    [ `umask` -eq 0 ] && umask 022
    SHELL=/bin/bash
    for i in /etc/profile.d/*.sh; do
        if [ -r "$i" ]; then
            if [ "$PS1" ]; then
                . "$i"
            else
                . "$i" >/dev/null
            fi
        fi
    done
    unset i
    unset -f pathmunge
  fi
fi
"""
OWN_BASHRC = """\
if [ -f /etc/bashrc ]; then
    . /etc/bashrc
fi
if ! [[ "$PATH" =~ "$HOME/.local/bin:$HOME/bin:" ]]
then
    PATH="$HOME/.local/bin:$HOME/bin:$PATH"
fi
export PATH
if [ -d ~/.bashrc.d ]; then
    for rc in ~/.bashrc.d/*; do
        if [ -f "$rc" ]; then
            . "$rc"
        fi
    done
fi
unset rc
"""
OWN_PROFILE = "if [ -f ~/.bashrc ]; then\n    . ~/.bashrc\nfi\n"
LESS = 'if [ -x /usr/bin/lesspipe.sh ]; then\n    export LESSOPEN="${LESSOPEN-||/usr/bin/lesspipe.sh %s}"\nfi\n'
WHICH = """\
if [ "${KSH_VERSION-}" ] || [ "$(basename $(readlink /proc/$$/exe))" = ksh ]; then
  :
else
  alias which='(alias; declare -f) | /usr/bin/which --tty-only --read-alias --read-functions --show-tilde --show-dot'
fi
"""
COLOURS = """\
if [ ! -t 0 ]; then
  return
fi
for colors in "$HOME/.dir_colors" "$HOME/.dircolors" ; do
  [ -e "$colors" ] && COLORS="$colors" && break
done
[ -z "$COLORS" ] && [ -e /etc/DIR_COLORS ] && COLORS=/etc/DIR_COLORS
eval "`/usr/bin/dircolors --sh "$COLORS" 2>/dev/null`"
[ -z "$LS_COLORS" ] && return
alias ll='ls -l --color=auto' 2>/dev/null
"""
LANG = """\
if [ -n "${LANG}" ]; then
  LANG_backup="${LANG}"
fi
for config in /etc/locale.conf "${HOME}/.i18n"; do
  if [ -f "${config}" ]; then
    if [ -x /usr/bin/sed ]; then
      eval $(/usr/bin/sed -r -e 's/^[[:blank:]]*([[:upper:]_]+)=([[:print:][:digit:]\\._-]+|"[[:print:][:digit:]\\._-]+")/export \\1=\\2/;t;d' ${config})
    else
      . "${config}"
    fi
  fi
done
unset LANG_backup config
"""
SYSTEM_AUTH = """\
auth required pam_env.so
auth required pam_faildelay.so delay=2000000
auth [default=1 ignore=ignore success=ok] pam_usertype.so isregular
auth [default=1 ignore=ignore success=ok] pam_localuser.so
auth sufficient pam_unix.so nullok
auth [default=1 ignore=ignore success=ok] pam_usertype.so isregular
auth sufficient pam_sss.so forward_pass
auth required pam_deny.so
account required pam_unix.so
account sufficient pam_localuser.so
account sufficient pam_usertype.so issystem
account [default=bad success=ok user_unknown=ignore] pam_sss.so
account required pam_permit.so
password requisite pam_pwquality.so local_users_only
password sufficient pam_unix.so sha512 shadow nullok use_authtok
password [success=1 default=ignore] pam_localuser.so
password sufficient pam_sss.so use_authtok
password required pam_deny.so
session optional pam_keyinit.so revoke
session required pam_limits.so
-session optional pam_systemd.so
session [success=1 default=ignore] pam_succeed_if.so service in crond quiet use_uid
session required pam_unix.so
session optional pam_sss.so
"""
POSTLOGIN = """\
session optional pam_umask.so silent
session [success=1 default=ignore] pam_succeed_if.so service !~ gdm* service !~ su* quiet
session [default=1] pam_lastlog.so nowtmp showfailed
session optional pam_lastlog.so silent noupdate showfailed
"""
LOGIN = """\
auth substack system-auth
auth include postlogin
account required pam_nologin.so
account include system-auth
password include system-auth
session required pam_selinux.so close
session required pam_loginuid.so
session required pam_selinux.so open
session required pam_namespace.so
session optional pam_keyinit.so force revoke
session include system-auth
session include postlogin
-session optional pam_ck_connector.so
"""
SSHD = """\
auth substack password-auth
auth include postlogin
account required pam_sepermit.so
account required pam_nologin.so
account include password-auth
password include password-auth
session required pam_selinux.so close
session required pam_loginuid.so
session required pam_selinux.so open env_params
session required pam_namespace.so
session optional pam_keyinit.so force revoke
session optional pam_motd.so
session include password-auth
session include postlogin
"""
SU = """\
auth required pam_env.so
auth sufficient pam_rootok.so
auth substack system-auth
auth include postlogin
account sufficient pam_succeed_if.so uid = 0 use_uid quiet
account include system-auth
password include system-auth
session include system-auth
session include postlogin
session optional pam_xauth.so
"""
MODULES = words_of(
    "env faildelay usertype localuser unix sss deny permit pwquality keyinit limits systemd succeed_if umask lastlog nologin selinux "
    "loginuid namespace sepermit motd rootok xauth access faillock pwhistory wheel"
)
PAM: Files = {
    "/etc/authselect/system-auth": SYSTEM_AUTH,
    "/etc/authselect/password-auth": SYSTEM_AUTH,
    "/etc/authselect/postlogin": POSTLOGIN,
    "/etc/pam.d/system-auth": File(link="/etc/authselect/system-auth"),
    "/etc/pam.d/password-auth": File(link="/etc/authselect/password-auth"),
    "/etc/pam.d/postlogin": File(link="/etc/authselect/postlogin"),
    "/etc/pam.d/login": LOGIN,
    "/etc/pam.d/remote": LOGIN,
    "/etc/pam.d/sshd": SSHD,
    "/etc/pam.d/su": SU,
    "/etc/pam.d/su-l": "auth include su\naccount include su\npassword include su\nsession optional pam_keyinit.so force revoke\nsession include su\n",
    "/etc/pam.d/sudo": "auth include system-auth\naccount include system-auth\npassword include system-auth\nsession include system-auth\n",
    "/etc/pam.d/sudo-i": (
        "auth include sudo\naccount include sudo\npassword include sudo\nsession optional pam_keyinit.so force revoke\n"
        "session include sudo\n"
    ),
    "/etc/pam.d/passwd": (
        "auth include system-auth\naccount include system-auth\npassword substack system-auth\n"
        "-password optional pam_gnome_keyring.so use_authtok\npassword substack postlogin\n"
    ),
    "/etc/pam.d/crond": (
        "account required pam_access.so\naccount include password-auth\nsession required pam_loginuid.so\n"
        "session include password-auth\nauth include password-auth\n"
    ),
    "/etc/pam.d/systemd-user": (
        "account include system-auth\nsession required pam_selinux.so close\n"
        "session required pam_selinux.so nottys open\nsession required pam_loginuid.so\n"
        "session required pam_namespace.so\nsession optional pam_keyinit.so force revoke\nsession include system-auth\n"
    ),
    "/etc/pam.d/other": "auth required pam_deny.so\naccount required pam_deny.so\npassword required pam_deny.so\nsession required pam_deny.so\n",
    **{"/usr/lib64/security/pam_%s.so" % name: "" for name in MODULES},
    "/etc/security/faillock.conf": "# deny = 3\n",
    "/etc/security/pwquality.conf": "# minlen = 8\n",
    "/etc/security/pwhistory.conf": "# remember = 10\n",
    "/etc/security/limits.conf": "# nothing\n",
    "/etc/security/access.conf": "",
    "/etc/security/namespace.conf": "",
}
PASSWD = """\
root:x:0:0:root:/root:/bin/bash
bin:x:1:1:bin:/bin:/sbin/nologin
daemon:x:2:2:daemon:/sbin:/sbin/nologin
adm:x:3:4:adm:/var/adm:/sbin/nologin
lp:x:4:7:lp:/var/spool/lpd:/sbin/nologin
sync:x:5:0:sync:/sbin:/bin/sync
shutdown:x:6:0:shutdown:/sbin:/sbin/shutdown
halt:x:7:0:halt:/sbin:/sbin/halt
mail:x:8:12:mail:/var/spool/mail:/sbin/nologin
operator:x:11:0:operator:/root:/sbin/nologin
nobody:x:65534:65534:Kernel Overflow User:/:/sbin/nologin
dbus:x:81:81:System message bus:/:/sbin/nologin
sssd:x:996:993:User for sssd:/:/sbin/nologin
chrony:x:995:992:chrony system user:/var/lib/chrony:/sbin/nologin
sshd:x:74:74:Privilege-separated SSH:/usr/share/empty.sshd:/usr/sbin/nologin
anna:x:1000:1000::/home/anna:/bin/bash
"""
GROUP = """\
root:x:0:
bin:x:1:
daemon:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
lp:x:7:
mail:x:12:
wheel:x:10:anna
utmp:x:22:
ssh_keys:x:101:
dbus:x:81:
sshd:x:74:
sssd:x:993:
chrony:x:992:
nobody:x:65534:
anna:x:1000:
"""
SHADOW = "".join(
    "%s:%s:19700:0:99999:7:::\n" % (line.split(":")[0], "$6$salt$hash" if line.startswith(("root", "anna")) else "*")
    for line in PASSWD.splitlines()
)
SSHD_SAYS = """\
port 22
addressfamily any
logingracetime 120
x11displayoffset 10
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
gssapiauthentication yes
disableforwarding no
loglevel INFO
banner none
maxstartups 10:30:100
ciphers aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr,aes128-gcm@openssh.com,aes128-ctr
macs hmac-sha2-256-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha1,\
umac-128@openssh.com,hmac-sha2-512
kexalgorithms curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,\
diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512
"""
MOUNTS = """\
22 1 253:0 / / rw,relatime shared:1 - xfs /dev/mapper/rhel-root rw,seclabel,attr2,inode64
23 22 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:2 - proc proc rw
24 22 0:22 / /sys rw,nosuid,nodev,noexec,relatime shared:3 - sysfs sysfs rw,seclabel
25 22 0:5 / /dev rw,nosuid shared:4 - devtmpfs devtmpfs rw,seclabel
26 25 0:24 / /dev/shm rw,nosuid,nodev shared:5 - tmpfs tmpfs rw,seclabel,inode64
27 22 0:25 / /run rw,nosuid,nodev shared:6 - tmpfs tmpfs rw,seclabel,mode=755
28 22 252:1 / /boot rw,relatime shared:7 - xfs /dev/vda1 rw,seclabel
"""
SUDOERS = """\
Defaults   !visiblepw
Defaults    always_set_home
Defaults    match_group_by_gid
Defaults    always_query_group_plugin
Defaults    env_reset
Defaults    env_keep =  "COLORS DISPLAY HOSTNAME HISTSIZE KDEDIR LS_COLORS"
Defaults    env_keep += "MAIL QTDIR USERNAME LANG LC_ADDRESS LC_CTYPE"
Defaults    secure_path = /sbin:/bin:/usr/sbin:/usr/bin
root\tALL=(ALL) \tALL
%wheel\tALL=(ALL)\tALL
#includedir /etc/sudoers.d
"""
CRYPTO = "Ciphers aes256-gcm@openssh.com,aes256-ctr\nMACs hmac-sha2-256-etm@openssh.com,hmac-sha1\n"
LOGROTATE = """# see "man logrotate" for details
weekly
rotate 4
create
dateext
#compress
include /etc/logrotate.d
"""
LOGROTATE_RSYSLOG = """/var/log/cron
/var/log/maillog
/var/log/messages
/var/log/secure
/var/log/spooler
{
    missingok
    sharedscripts
    postrotate
        /usr/bin/systemctl -s HUP kill rsyslog.service >/dev/null 2>&1 || true
    endscript
}
"""
RSYSLOG = """\
global(workDirectory="/var/lib/rsyslog")
module(load="builtin:omfile" Template="RSYSLOG_TraditionalFileFormat")
include(file="/etc/rsyslog.d/*.conf" mode="optional")
module(load="imuxsock"
       SysSock.Use="off")
module(load="imjournal"
       UsePid="system"
       StateFile="imjournal.state")
*.info;mail.none;authpriv.none;cron.none                /var/log/messages
authpriv.*                                              /var/log/secure
mail.*                                                  -/var/log/maillog
cron.*                                                  /var/log/cron
*.emerg                                                 :omusrmsg:*
uucp,news.crit                                          /var/log/spooler
local7.*                                                /var/log/boot.log
"""
NSSWITCH = (
    "passwd:     sss files systemd\nshadow:     files\ngroup:      sss files systemd\n"
    "hosts:      files dns myhostname\nservices:   files sss\nnetgroup:   sss\nautomount:  files sss\n"
)
# What authselect makes of its profile "sssd".
MADE: Files = {
    "system-auth": SYSTEM_AUTH,
    "password-auth": SYSTEM_AUTH,
    "postlogin": POSTLOGIN,
    "nsswitch.conf": NSSWITCH,
}
PROTECTED = {
    "fs.protected_hardlinks": "1",
    "fs.protected_symlinks": "1",
    "kernel.kptr_restrict": "1",
    "kernel.dmesg_restrict": "0",
    "net.ipv4.conf.*.route_localnet": "0",
}
FILES: Files = {
    **KERNEL,
    **POLICY,
    **SOURCES,
    **selected(MADE),
    "/etc/authselect/nsswitch.conf": NSSWITCH,
    **kernel_values(
        {
            **NETWORK,
            "net.ipv4.conf.*.rp_filter": "1",
            "kernel.yama.ptrace_scope": "0",
            "fs.suid_dumpable": "2",
            **PROTECTED,
        }
    ),
    **kernel_values({"net.ipv4.conf.all.rp_filter": "0"}),
    **booted("5.14.0"),
    **PAM,
    "/etc/os-release": (
        'NAME="Red Hat Enterprise Linux"\nVERSION="9.4 (Plow)"\nID="rhel"\nID_LIKE="fedora"\nVERSION_ID="9.4"\n'
        'PRETTY_NAME="Red Hat Enterprise Linux 9.4 (Plow)"\n'
    ),
    "/etc/redhat-release": "Red Hat Enterprise Linux release 9.4 (Plow)\n",
    "/etc/issue": "\\S\nKernel \\r on an \\m\n\n",
    "/etc/issue.net": "\\S\nKernel \\r on an \\m\n",
    "/etc/motd": "",
    "/etc/passwd": PASSWD,
    "/etc/passwd-": PASSWD,
    "/etc/group": GROUP,
    "/etc/group-": GROUP,
    "/etc/shadow": File(SHADOW, 0o000),
    "/etc/shadow-": File(SHADOW, 0o000),
    "/etc/gshadow": File("root:::\nwheel:::anna\n", 0o000),
    "/etc/gshadow-": File("root:::\nwheel:::anna\n", 0o000),
    "/etc/shells": "/bin/sh\n/bin/bash\n/usr/bin/sh\n/usr/bin/bash\n",
    "/etc/login.defs": (
        "MAIL_DIR /var/spool/mail\nUMASK 022\nHOME_MODE 0700\nPASS_MAX_DAYS 99999\nPASS_MIN_DAYS 0\nPASS_WARN_AGE 7\n"
        "UID_MIN 1000\nUID_MAX 60000\nSYS_UID_MIN 201\nSYS_UID_MAX 999\nGID_MIN 1000\nGID_MAX 60000\n"
        "ENCRYPT_METHOD SHA512\nUSERGROUPS_ENAB yes\nCREATE_HOME yes\nHMAC_CRYPTO_ALGO SHA512\n"
    ),
    "/etc/default/useradd": "GROUP=100\nHOME=/home\nINACTIVE=-1\nEXPIRE=\nSHELL=/bin/bash\nSKEL=/etc/skel\nCREATE_MAIL_SPOOL=yes\n",
    "/etc/nsswitch.conf": File(link="/etc/authselect/nsswitch.conf"),
    "/etc/profile": PROFILE,
    "/etc/bashrc": BASHRC,
    "/etc/profile.d/sh.local": "",
    "/etc/profile.d/less.sh": LESS,
    "/etc/profile.d/which2.sh": WHICH,
    "/etc/profile.d/colorls.sh": COLOURS,
    "/etc/profile.d/lang.sh": LANG,
    "/etc/skel/.bashrc": OWN_BASHRC,
    "/etc/skel/.bash_profile": OWN_PROFILE,
    "/etc/skel/.bash_logout": "",
    "/root/.bashrc": "alias rm='rm -i'\nalias cp='cp -i'\nalias mv='mv -i'\nif [ -f /etc/bashrc ]; then\n\t. /etc/bashrc\nfi\n",
    "/root/.bash_profile": OWN_PROFILE + "PATH=$PATH:$HOME/bin\nexport PATH\n",
    "/root": folder(0o550),
    "/home/anna": folder(0o700),
    "/home/anna/.bashrc": OWN_BASHRC,
    "/home/anna/.bash_profile": OWN_PROFILE,
    "/bin": File(link="usr/bin"),
    "/sbin": File(link="usr/sbin"),
    "/usr/bin/bash": File("", 0o755),
    "/usr/bin/sh": File(link="bash"),
    "/usr/bin/id": File("", 0o755),
    "/usr/bin/sed": File("", 0o755),
    "/usr/bin/sudo": File("", 0o4111),
    "/usr/bin/su": File("", 0o4755),
    "/usr/sbin/crond": File("", 0o755),
    "/usr/sbin/sshd": File("", 0o755),
    "/usr/sbin/rsyslogd": File("", 0o755),
    "/usr/sbin/nologin": File("", 0o755),
    "/usr/sbin": folder(0o555),
    "/usr/bin": folder(0o555),
    "/usr/local/bin": folder(),
    "/usr/local/sbin": folder(),
    "/etc/environment": "",
    "/etc/sudoers": File(SUDOERS, 0o440),
    "/etc/sudoers.d": folder(0o750),
    "/etc/sudo.conf": File("", 0o640),
    "/etc/ssh/sshd_config": File(
        "Include /etc/ssh/sshd_config.d/*.conf\nAuthorizedKeysFile\t.ssh/authorized_keys\nSubsystem\tsftp\t/usr/libexec/openssh/sftp-server\n",
        0o600,
    ),
    "/etc/ssh/sshd_config.d": folder(0o700),
    "/etc/ssh/sshd_config.d/50-redhat.conf": File(
        (
            "Include /etc/crypto-policies/back-ends/opensshserver.config\nSyslogFacility AUTHPRIV\n"
            "ChallengeResponseAuthentication no\nGSSAPIAuthentication yes\nGSSAPICleanupCredentials no\nUsePAM yes\n"
            "X11Forwarding yes\nPrintMotd no\n"
        ),
        0o600,
    ),
    "/etc/crypto-policies/back-ends/opensshserver.config": CRYPTO,
    "/usr/lib/systemd/system/sshd.service": "[Service]\nEnvironmentFile=-/etc/sysconfig/sshd\nExecStart=/usr/sbin/sshd -D $OPTIONS\n",
    "/usr/lib/systemd/system/sshd@.service": "[Service]\nEnvironmentFile=-/etc/sysconfig/sshd\nExecStart=-/usr/sbin/sshd -i $OPTIONS\n",
    "/etc/sysconfig/sshd": File("", 0o640),
    "/etc/sysconfig/selinux": File(link="../selinux/config"),
    "/etc/selinux/config": "SELINUX=enforcing\nSELINUXTYPE=targeted\n",
    "/etc/fstab": "/dev/mapper/rhel-root / xfs defaults 0 0\nUUID=1 /boot xfs defaults 0 0\n/dev/mapper/rhel-swap none swap defaults 0 0\n",
    "/proc/self/mountinfo": MOUNTS,
    "/proc/swaps": "Filename\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/dm-1 partition\t2097148\t\t0\t\t-2\n",
    **device("vda", "252:0"),
    **device("vda/vda1", "252:1"),
    **device("vda/vda2", "252:2"),
    **mapped(0, "rhel-root", "LVM-akxkXF", "vda2"),
    **mapped(1, "rhel-swap", "LVM-akxkXG", "vda2"),
    "/dev/disk/by-uuid/1": File(link="../../vda1"),
    "/usr/lib/systemd/system/tmp.mount": "[Mount]\nWhat=tmpfs\nWhere=/tmp\nType=tmpfs\nOptions=mode=1777,strictatime,nosuid,nodev,size=50%%,nr_inodes=1m\n",
    "/usr/lib/sysctl.d/10-default-yama-scope.conf": "kernel.yama.ptrace_scope = 0\n",
    "/usr/lib/sysctl.d/50-coredump.conf": (
        "kernel.core_pattern=|/usr/lib/systemd/systemd-coredump %P %u %g %s %t %c %h\nkernel.core_pipe_limit=16\n"
        "fs.suid_dumpable=2\n"
    ),
    "/usr/lib/sysctl.d/50-default.conf": (
        "kernel.sysrq = 16\nkernel.core_uses_pid = 1\nnet.ipv4.conf.default.rp_filter = 2\n"
        "net.ipv4.conf.*.rp_filter = 2\n-net.ipv4.conf.all.rp_filter\nnet.ipv4.conf.default.accept_source_route = 0\n"
        "net.ipv4.conf.*.accept_source_route = 0\n-net.ipv4.conf.all.accept_source_route\n"
        "net.ipv4.conf.default.promote_secondaries = 1\nfs.protected_hardlinks = 1\nfs.protected_symlinks = 1\n"
    ),
    "/usr/lib/sysctl.d/50-redhat.conf": "net.ipv4.conf.default.rp_filter = 1\nnet.ipv4.conf.*.rp_filter = 1\n-net.ipv4.conf.all.rp_filter\n",
    "/etc/sysctl.conf": "",
    "/etc/sysctl.d/99-sysctl.conf": File(link="../sysctl.conf"),
    "/etc/systemd/journald.conf": "[Journal]\n",
    "/etc/systemd/coredump.conf": "[Coredump]\n",
    "/etc/rsyslog.conf": RSYSLOG,
    "/usr/sbin/logrotate": "",
    "/usr/sbin/chronyd": "",
    "/etc/logrotate.conf": LOGROTATE,
    "/etc/logrotate.d/rsyslog": LOGROTATE_RSYSLOG,
    "/etc/logrotate.d/bootlog": "/var/log/boot.log\n{\n    missingok\n    daily\n    copytruncate\n    rotate 7\n    notifempty\n}\n",
    "/usr/lib/systemd/system/logrotate.timer": "[Timer]\nOnCalendar=daily\nAccuracySec=1h\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n",
    "/usr/lib/systemd/system/logrotate.service": "[Service]\nType=oneshot\nExecStart=/usr/sbin/logrotate /etc/logrotate.conf\n",
    "/etc/rsyslog.d": folder(),
    "/usr/lib/systemd/system/rsyslog.service": (
        "[Service]\nExecStart=/usr/sbin/rsyslogd -n $SYSLOGD_OPTIONS\nUMask=0066\n"
        "EnvironmentFile=-/etc/sysconfig/rsyslog\n"
    ),
    "/etc/sysconfig/rsyslog": 'SYSLOGD_OPTIONS=""\n',
    "/var/lib/rsyslog": folder(0o700),
    **{
        "/usr/lib/systemd/system/%s.service" % one: "[Service]\nExecStart=-/usr/lib/systemd/systemd-sulogin-shell %s\n"
        % one
        for one in ("rescue", "emergency")
    },
    "/var/log/messages": File("", 0o600),
    "/var/log/secure": File("", 0o600),
    "/var/log/cron": File("", 0o600),
    "/var/log/wtmp": File("", 0o664),
    "/var/log/lastlog": File("", 0o664),
    "/var/log/btmp": File("", 0o660),
    "/run/utmp": File("", 0o664),
    "/etc/audit/auditd.conf": File(
        (
            "local_events = yes\nwrite_logs = yes\nlog_file = /var/log/audit/audit.log\nlog_group = root\n"
            "log_format = ENRICHED\nmax_log_file = 8\nnum_logs = 5\nmax_log_file_action = ROTATE\nspace_left = 75\n"
            "space_left_action = SYSLOG\nadmin_space_left = 50\nadmin_space_left_action = SUSPEND\n"
            "disk_full_action = SUSPEND\ndisk_error_action = SUSPEND\n"
        ),
        0o640,
    ),
    "/etc/audit/rules.d/audit.rules": File("-D\n-b 8192\n--backlog_wait_time 60000\n-f 1\n", 0o600),
    "/etc/audit/audit.rules": File("-D\n-b 8192\n", 0o640),
    "/usr/lib/systemd/system/auditd.service": "[Service]\nType=forking\nExecStart=/sbin/auditd\nExecStartPost=-/sbin/augenrules --load\n",
    "/var/log/audit": folder(0o700),
    "/var/log/audit/audit.log": File("", 0o600),
    "/usr/lib/systemd/systemd-coredump": File("", 0o755),
    "/usr/bin/at": File("", 0o755),
    "/usr/sbin/augenrules": File("", 0o755),
    "/usr/sbin/aureport": File("", 0o755),
    "/usr/sbin/ausearch": File("", 0o755),
    "/usr/sbin/auditctl": File("", 0o755),
    "/usr/sbin/auditd": File("", 0o755),
    "/etc/chrony.conf": (
        "pool 2.rhel.pool.ntp.org iburst\nsourcedir /run/chrony-dhcp\ndriftfile /var/lib/chrony/drift\nmakestep 1.0 3\n"
        "rtcsync\nkeyfile /etc/chrony.keys\nntsdumpdir /var/lib/chrony\nleapsectz right/UTC\nlogdir /var/log/chrony\n"
    ),
    "/usr/lib/systemd/system/chronyd.service": "[Service]\nEnvironmentFile=-/etc/sysconfig/chronyd\nExecStart=/usr/sbin/chronyd $OPTIONS\n",
    "/etc/sysconfig/chronyd": 'OPTIONS="-F 2"\n',
    "/etc/crontab": "SHELL=/bin/bash\nPATH=/sbin:/bin:/usr/sbin:/usr/bin\nMAILTO=root\n",
    "/etc/cron.d/0hourly": "01 * * * * root run-parts /etc/cron.hourly\n",
    "/etc/cron.hourly": folder(),
    "/etc/cron.daily": folder(),
    "/etc/cron.weekly": folder(),
    "/etc/cron.monthly": folder(),
    "/etc/cron.deny": File("", 0o600),
    "/etc/at.deny": "",
    "/lib": File(link="usr/lib"),
    "/usr/lib/modules/5.14.0/modules.builtin": "kernel/fs/xfs/xfs.ko\n",
    "/usr/lib/modules/5.14.0/modules.dep": (
        "kernel/fs/squashfs/squashfs.ko.xz:\nkernel/fs/cramfs/cramfs.ko.xz:\n"
        "kernel/drivers/usb/storage/usb-storage.ko.xz:\n"
    ),
    "/usr/lib/modules/5.14.0/kernel/fs/squashfs/squashfs.ko.xz": "",
    "/usr/lib/modules/5.14.0/kernel/fs/cramfs/cramfs.ko.xz": "",
    "/usr/lib/modules/5.14.0/kernel/drivers/usb/storage/usb-storage.ko.xz": "",
    "/etc/modprobe.d/tipc-blacklist.conf": "blacklist tipc\n",
    "/etc/modprobe.d/sctp-blacklist.conf": "blacklist sctp\n",
    "/sys/module": folder(),
    "/tmp": folder(0o1777),
    "/var/tmp": folder(0o1777),
}
