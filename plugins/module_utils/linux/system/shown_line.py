# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A line of a file as it may be shown: of each sort of file what is known to be harmless; the rest is masked.

What a line may hold beside what is judged cannot be listed, what is judged can. A file of no known sort shows the name
of a setting, and a value that is a number or a word of switches.
"""

from __future__ import annotations

import re
from typing import Callable, Pattern, Tuple

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, is_number
from ansible_collections.hipaa.cis.plugins.module_utils.linux.masking import MASK, is_secret_name
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system import shown_sources
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shown_parts import (
    COMMENT,
    anywhere,
    only,
    without_comment,
    words,
)

Shown = Callable[[str], str]

_NUMBER = r"[-+]?\d{1,12}(?:[.:]\d{1,6})*(?:[smhdkKMGTB%]|min)?"
_SWITCH = (
    r"(?i:yes|no|true|false|on|off|none|always|never|auto|without-password|prohibit-password|halt|single|suspend|email|syslog|"
    r"ignore|keep_logs|rotate|persistent|volatile|external|drop|accept|reject|delayed|verbose|info|error|warn|debug|root|adm|"
    r"yescrypt|sha512|sha256|md5|des)"
)
_PLAIN_SETTING = re.compile(
    r"(?P<name>-?[$A-Za-z_][\w./:-]{0,60})(?:\s*=\s*|\s+)(?P<quote>[\"']?)(?:%s|%s)(?P=quote);?\Z" % (_NUMBER, _SWITCH),
    re.ASCII,
)
_NAMED = re.compile(r"(?:export\s+)?-?[A-Za-z_][\w./:-]{0,60}\s*=", re.ASCII)
_SECTION = re.compile(r"\[[A-Z][A-Za-z]{2,20}\]\Z")


def shown_line(path: str, line: str) -> str:
    """Return a line of a file as it may be shown: what its own grammar knows to be harmless, `MASK` for the rest."""
    for files, shown in _SORTS:
        if files.match(path):
            return shown(line)
    return _setting(line)


def _setting(line: str) -> str:
    """A line of a file of settings: the name before the sign, and a value that is a number or a switch."""
    text, comment = without_comment(line)
    plain = _PLAIN_SETTING.match(text.strip(BLANKS))
    if (
        (plain and not is_secret_name(plain.group("name")))
        or _SECTION.match(text.strip(BLANKS))
        or not text.strip(BLANKS)
    ):
        return text + comment
    named = _NAMED.match(text.strip(BLANKS))
    return (named.group() if named else "") + MASK + (" " + comment if comment else "")


# PAM: only arguments of the modules that are judged; what pam_exec is given may be anything.
_PAM_NUMBERS = (
    r"(?:deny|fail_interval|unlock_time|root_unlock_time|remember|retry|rounds|difok|minlen|[dulo]credit|minclass|maxrepeat|"
    r"maxsequence|maxclassrepeat|gecoscheck|dictcheck|usercheck|usersubstr|enforcing|umask|conf|dir|type|authtok_type)="
)
_PAM_RETURNS = (
    r"(?:success|default|ignore|new_authtok_reqd|authtok_expired|acct_expired|user_unknown|auth_err|authinfo_unavail|"
    r"perm_denied|maxtries|module_unknown|service_err|system_err|buf_err|cred_err|session_err|abort)="
)
_PAM = words(
    r"-?(?:auth|account|password|session)", r"required|requisite|sufficient|optional|include|substack|@include",
    r"common-[a-z-]{4,30}|(?:system|password|smartcard|fingerprint)-auth|postlogin",
    _PAM_RETURNS + r"(?:ignore|bad|die|ok|done|reset|\d{1,2})", r"(?:/[\w./-]{1,80}/)?pam_[a-z0-9_]{2,30}\.so",
    r"nullok|nullok_secure|nodelay|use_authtok|use_first_pass|try_first_pass|md5|bigcrypt|sha256|sha512|blowfish|"
    r"gost_yescrypt|yescrypt|obscure|shadow|nis|audit|debug|quiet|no_warn|no_pass_expiry|preauth|authfail|authsucc|silent|"
    r"no_log_info|local_users_only|even_deny_root|enforce_for_root|usergroups|nousergroups|use_uid|root_only|deny|trust",
    _PAM_NUMBERS + r"(?:-?\d{1,9}|never|/[\w./-]{1,100})", begun=_PAM_NUMBERS,
)  # fmt: skip


def _pam(line: str) -> str:
    text, sign, _comment = line.partition("#")
    # Brackets stay, for what stands in them is one field.
    parts = (part if part in ("[", "]") else only(_PAM, part) for part in re.split(r"([\[\]])", text))
    return "".join(parts) + (COMMENT if sign else "")


# Shell: the commands that are judged, wherever they stand in the line.
_OCTAL = r"[\"']?[0-7]{1,4}[\"']?"
_SYMBOLIC = r"[ugoa]*[=+-][rwx]*(?:,[ugoa]*[=+-][rwx]*)*"
_SHELL = words(
    r"export|readonly|unset", r"(?:TMOUT|UMASK)=[\"']?\d{1,9}[\"']?", r"TMOUT|UMASK",
    r"umask(?:[ \t]+(?:-[Sp]{1,2}|%s|%s))+" % (_OCTAL, _SYMBOLIC), r"umask",
    # As a whole, for the value is judged.
    r"dc_local_interfaces=[\"']?(?:localhost|[0-9a-f.:]*[.:][0-9a-f.:]*|[; \t])*[\"']?",
    begun=r"(?:TMOUT|UMASK|dc_local_interfaces|DAEMON_OPTS)=", around=r"\s;&|(){}",
)  # fmt: skip
_DAEMON = words(r"-\w{0,3}u[ \t]*[a-z_][\w-]{0,31}", begun=r"DAEMON_OPTS=[\"']?", around=r"\s\"'=")

_NET = r"(?:[0-9a-fA-F]*[0-9.:][0-9a-fA-F.:]*(?:/\d{1,3})?)"
_FIREWALL = words(
    r"-[A-Za-z]|--(?:[ds]ports?|ct-?state|state|icmpv?6?-type|limit|limit-burst|reject-with|mask|syn|log-level|hl-eq|to-ports)|!",
    r":?(?:ACCEPT|DROP|REJECT|LOG|RETURN|INPUT|OUTPUT|FORWARD|PREROUTING|POSTROUTING)", r"ufw6?-[a-z-]{3,40}",
    r"\[\d+:\d+\]", r"###|tuple|(?:route:)?(?:allow|deny|reject|limit)(?:_log|_log-all)?|any|(?:in|out)(?:_[\w.]{1,15}|![\w.]{1,15})?",
    r"lo|(?:eth|wlan|bond|br|tun|wg)\d{1,3}|en[ospx]\w{1,12}", r"tcp|udp|icmp|icmpv6|ipv6-icmp|all|multiport|conntrack|limit",
    r"[\"{,]*(?:new|established|related|invalid|untracked)(?:,(?:new|established|related|invalid|untracked))*[\"},]*",
    r"(?:NEW|ESTABLISHED|RELATED|INVALID|UNTRACKED)(?:,(?:NEW|ESTABLISHED|RELATED|INVALID|UNTRACKED))*",
    r"table|inet|ip|ip6|protocol|chain|add|rule|ct|state|accept|drop|return|jump|goto|meta|l4proto|iifname|oifname|iif|oif|saddr|"
    r"daddr|dport|sport|counter|type|filter|hook|input|output|forward|priority|policy|vmap|[{}:;]",
    r"\d{1,5}(?:[,:-]\d{1,5})*", _NET,
)  # fmt: skip

# Mount options whose values say how a file system is used, and never by whom.
_MOUNT_VALUES = frozenset(
    {
        "uid", "gid", "mode", "umask", "fmask", "dmask", "size", "nr_inodes", "nr_blocks", "huge", "errors", "data", "commit",
        "barrier", "discard", "stripe", "inode_readahead_blks", "subvol", "subvolid", "compress", "space_cache", "iocharset",
        "codepage", "shortname", "utf8", "vers", "nfsvers", "minorversion", "sec", "proto", "rsize", "wsize", "timeo", "retrans",
        "acregmin", "acregmax", "acdirmin", "acdirmax", "actimeo", "local_lock", "lookupcache", "port", "mountport", "hidepid",
        "memory_recursiveprot", "logbufs", "logbsize", "sunit", "swidth", "allocsize", "file_mode", "dir_mode", "max_read",
        "user_id", "group_id", "rootmode", "blksize", "x-systemd.device-timeout", "x-systemd.idle-timeout", "x-systemd.requires",
        "x-systemd.mount-timeout", "x-systemd.after", "x-systemd.before", "pri",
    }
)  # fmt: skip
_MOUNT_VALUE = re.compile(r"(?:[\w./:+-]{1,100}|\d{1,3}%)\Z", re.ASCII)
_MOUNT_FLAG = re.compile(r"[A-Za-z][\w.-]{0,40}\Z", re.ASCII)
_DEVICE = re.compile(
    r"(?:/[\w./:+~-]*|(?:PART)?(?:UUID|LABEL)=[\w.:-]+|//[\w.-]+/[\w./ $-]*|\[?[\w.:-]+\]?:/[\w./-]*|[a-z][\w.-]*)\Z",
    re.ASCII,
)


def mount_option(option: str) -> str:
    """Return an option of a mount: of others than harmless ones only the name."""
    name, equals, text = option.partition("=")
    if not equals:
        return option if _MOUNT_FLAG.match(option) else MASK
    if not _MOUNT_FLAG.match(name):
        return MASK
    return option if name in _MOUNT_VALUES and (_MOUNT_VALUE.match(text) or not text) else name + "=" + MASK


def mount_device(device: str) -> str:
    """Return what is mounted, without who opens it: ``user:password@host:/`` has only the host."""
    last = device.rpartition("@")[2]
    shown = last if _DEVICE.match(last) else MASK
    return device if shown == device else MASK + "@" + shown if shown == last and shown != device else MASK


def _fstab(line: str) -> str:
    text, comment = without_comment(line)
    fields = re.split(r"([ \t]+)", text.strip(BLANKS))
    if len(fields) < 7:
        return (MASK if text.strip(BLANKS) else "") + comment
    fields[0] = mount_device(fields[0])
    fields[2] = fields[2] if re.match(r"[\w./\\-]+\Z", fields[2], re.ASCII) else MASK
    fields[4] = fields[4] if re.match(r"[a-z][\w.,-]*\Z", fields[4], re.ASCII) else MASK
    fields[6] = _options(fields[6])
    fields[8::2] = [field if is_number(field) else MASK for field in fields[8::2]]
    return "".join(fields) + (" " + comment if comment else "")


def _options(text: str) -> str:
    return ",".join(mount_option(option) for option in text.split(","))


def _mount_unit(line: str) -> str:
    name, sign, text = line.partition("=")
    return "Options=" + _options(text.strip(BLANKS)) if sign and name.strip(BLANKS) == "Options" else _setting(line)


def _cron(line: str) -> str:
    """Schedule, account, and the path of what is run."""
    found = re.match(
        r"(?:@\w{4,10}|[\d*/,-]+(?:[ \t]+[\w*/,-]{1,40}){4})[ \t]+[a-z_][\w-]{0,31}[ \t]+(?:/[\w./-]+(?=\s|\Z))?",
        line,
        re.ASCII,
    )
    rest = line[found.end() :].strip(BLANKS) if found else line
    return (found.group() if found else "") + (
        (" " if found and not found.group().endswith(" ") else "") + MASK if rest else ""
    )


_SSHD = anywhere(
    r"\A(?:Port|AddressFamily|ListenAddress|HostKey|HostKeyAlgorithms|KexAlgorithms|Ciphers|MACs|PubkeyAcceptedAlgorithms|"
    r"PubkeyAcceptedKeyTypes|CASignatureAlgorithms|HostbasedAcceptedAlgorithms|RekeyLimit|SyslogFacility|LogLevel|LoginGraceTime|"
    r"PermitRootLogin|StrictModes|MaxAuthTries|MaxSessions|MaxStartups|[A-Za-z]+Authentication|AuthorizedKeysFile|"
    r"AuthenticationMethods|(?:Allow|Deny)(?:Users|Groups)|IgnoreRhosts|PermitEmptyPasswords|PermitUserEnvironment|UsePAM|"
    r"ClientAliveInterval|ClientAliveCountMax|Banner|DisableForwarding|[A-Za-z0-9]+Forwarding|GSSAPI[A-Za-z]+|PrintMotd|"
    r"PrintLastLog|TCPKeepAlive|Compression|UseDNS|PidFile|Include)(?:[ \t=]+[\w@.,:+*/^~%! -]*\Z|(?=[ \t=]))",
    re.IGNORECASE,
)
_AUDIT = words(
    r"-k[ \t]+[\w-]{1,40}", r"-[aAwpkSFCDebcfir]|--(?:loginuid-immutable|backlog_wait_time)", r"(?:always|never),?(?:exit|user|task|exclude|filesystem)?",
    r"(?:exit|user|task|exclude|filesystem),(?:always|never)", r"\d{1,9}", r"[rwxa]{1,4}", r"/[\w./@+-]*",
    r"(?:arch|perm|path|dir|[ae]?uid|[ae]?gid|[sf]s?uid|obj_uid|exit|success|msgtype|filetype)(?:!=|[<>]?=)[\w./@+-]{1,200}",
    r"[a-z][a-z0-9_]{2,30}(?:,[a-z][a-z0-9_]{2,30})*",
)  # fmt: skip
_KERNEL_LINE = words(
    r"(?:export[ \t]+)?GRUB_[A-Z_0-9]{3,40}=\"?", r"\$\{?GRUB_[A-Z_]+\}?", r"[a-z_][a-z0-9_.-]{0,40}",
    r"(?:audit|audit_backlog_limit|apparmor|security|lsm|selinux|ro|rw|quiet|splash|mitigations|ipv6\.disable|vsyscall|"
    r"slab_nomerge|init_on_alloc|init_on_free|page_alloc\.shuffle|pti|lockdown|module\.sig_enforce)=[\w,.-]{1,60}",
    begun=r"[a-z_][a-z0-9_.-]{0,40}=", around=r"\s\"'",
)  # fmt: skip

# The first that fits a path counts.
_SORTS: Tuple[Tuple[Pattern[str], Shown], ...] = tuple(
    (re.compile(r"(?:%s)\Z" % files), shown)
    for files, shown in (
        (r"/etc/(?:pam\.d|authselect)/.*|/usr/share/pam-configs/.*", _pam),
        (r"/etc/(?:issue|issue\.net|motd|ssh/banner)", anywhere(r"\\[mrsv]|debian|ubuntu", re.IGNORECASE)),
        (r"/etc/rsyslog\.conf|/etc/rsyslog\.d/.*", shown_sources.rsyslog),
        (r"/etc/apt/sources\.list|/etc/apt/sources\.list\.d/.*\.list", shown_sources.apt_list),
        (r"/etc/apt/sources\.list\.d/.*\.sources", shown_sources.apt_fields),
        (r"/etc/apt/apt\.conf|/etc/apt/apt\.conf\.d/.*", shown_sources.apt_settings),
        (r"/etc/sudoers|/etc/sudoers\.d/.*", shown_sources.sudoers),
        (r"/etc/(?:profile|bash\.bashrc|bashrc|profile\.d/.*|default/login|exim4/update-exim4\.conf\.conf)|/root/\..*",
         lambda line: _commented(_SHELL, line)),
        (r"/etc/default/grub|/etc/default/grub\.d/.*", lambda line: _commented(_KERNEL_LINE, line)),
        (r"/etc/default/chrony|/etc/sysconfig/chronyd", lambda line: _commented(_DAEMON, line)),
        (r"/etc/nftables\.conf|/etc/iptables/.*|/etc/ufw/.*\.rules", lambda line: only(_FIREWALL, line)),
        (r"/(?:etc|usr/lib|run)/tmpfiles\.d/.*",
         anywhere(r"\A[a-zA-Z][!+=~^-]*[ \t]+/(?:run|var)/log/journal[\w./%-]*(?:[ \t]+(?:[0-7~:]{3,6}|root|adm|systemd-journal|-))*(?=\s|\Z)")),
        (r"/etc/logrotate\.conf|/etc/logrotate\.d/.*",
         anywhere(r"\A(?:daily|weekly|monthly|yearly|hourly|(?:rotate|maxage|size|maxsize|minsize)[ \t]+\d{1,9}[kMG]?)(?=\s|\Z)")),
        (r"/etc/shells", anywhere(r"\A/[\w./+-]{1,100}(?=\s|\Z)")),
        (r"/etc/chrony/.*|/etc/chrony\.conf",
         anywhere(r"\A(?:server|pool|peer|sourcedir|confdir|user)[ \t]+[\w./:-]{1,100}(?:[ \t]+(?:iburst|prefer|nts|(?:min|max)poll[ \t]+-?\d+|"
                  r"maxsources[ \t]+\d+))*(?=\s|\Z)")),
        (r"/etc/systemd/system/[^/]*\.mount(?:\.d/.*)?", _mount_unit),
        (r"/etc/systemd/system/.*", anywhere(r"\AUser\s*=\s*[\w.-]{0,32}(?=\s|\Z)|\AExecStart\s*=\s*[-@:+!]*/[\w./-]+(?=\s|\Z)")),
        (
            r"/etc/apparmor\.d/.*",
            anywhere(
                r"\A(?:profile[ \t]+)?[\w./*{},@\"-]{1,150}(?:[ \t]+/[\w./*{},@-]{1,150})?[ \t]+flags=\([a-z_, ]*\)[ \t]*\{?"
            ),
        ),
        (r"/etc/dconf/profile/.*", anywhere(r"\A(?:system|user|file|service)-db:[\w./-]{1,100}(?=\s|\Z)")),
        (r"/etc/fstab", _fstab),
        (r"/etc/crontab|/etc/cron\.d/.*", _cron),
        (r"/etc/ssh/sshd_config|/etc/ssh/sshd_config\.d/.*", _SSHD),
        (r"/etc/audit/rules\.d/.*|/etc/audit/audit\.rules", lambda line: _commented(_AUDIT, line)),
        (r"/(?:etc|usr/lib|lib)/modprobe\.d/.*",
         anywhere(r"\A(?:install|remove|blacklist|alias|softdep|options)[ \t]+[\w*-]{1,60}(?:[ \t]+(?:/usr)?/bin/(?:true|false))?(?=\s|\Z)")),
    )
)  # fmt: skip


def _commented(harmless: Pattern[str], line: str) -> str:
    text, comment = without_comment(line)
    return only(harmless, text) + comment
