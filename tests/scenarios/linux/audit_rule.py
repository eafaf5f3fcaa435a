"""Scenarios of audit rules: what the kernel's rules and those of the files record, however they are written."""

from __future__ import annotations

import glob
from dataclasses import replace
from typing import Any, Dict, List, Optional, Sequence, Union

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from tests.scenarios.linux import Command, File, Scenario

EMPTY = {"empty": True}
FOLDER = "/etc/audit/rules.d/"
RULES = FOLDER + "audit.rules"
UNIT = "/lib/systemd/system/auditd.service"
SUDOERS = {"query": "watch", "path": "/etc/sudoers"}
FOLDER_WATCH = {"query": "watch", "path": "/etc/sudoers.d/"}
PEOPLE = ["auid>=UID_MIN", "auid!=unset"]
CHMOD = {"query": "syscalls", "syscalls": ["chmod", "fchmod"], "where": PEOPLE}
EXECVE = {"query": "syscalls", "syscalls": ["execve"], "where": ["euid!=uid", "auid!=unset"]}
REFUSED = {"query": "syscalls", "syscalls": ["open"], "where": ["exit=-EACCES", *PEOPLE]}
CLOCK = {"query": "syscalls", "syscalls": ["clock_settime"], "where": ["a0=0x0"]}
CHCON = {"query": "program", "path": "/usr/bin/chcon"}
PRIVILEGED = {"query": "privileged_programs"}
LOCKED = {"query": "immutable"}
DAEMON = {"query": "daemon"}
GOES_ON = {"query": "goes_on"}
LOG = "/var/log/audit/audit.log"
WATCH = "-w /etc/sudoers -p wa -k scope\n"
BOTH = ("b64", "b32")
ON, OFF, LOCK = "enabled 1\nfailure 1\npid 340\n", "enabled 0\npid 0\n", "enabled 2\npid 340\n"
# As auditctl 3.0.9 and 4.0 print it.
FULL = (
    "enabled 1\nfailure 1\npid %d\nrate_limit %d\nbacklog_limit 8192\nlost 0\nbacklog 0\nbacklog_wait_time 60000\n"
    "backlog_wait_time_actual 0\nloginuid_immutable 0 unlocked\n"
)

Files = Dict[str, Union[str, bytes, File]]
BASE: Files = {
    UNIT: "[Service]\nExecStart=/sbin/auditd\nExecStartPost=-/sbin/augenrules --load\n",
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nanna:x:1000:1000::/home/anna:/bin/bash\n",
    "/etc/group": "root:x:0:\n",
    "/etc/login.defs": "UID_MIN 1000\n",
    "/etc/sudoers": "root ALL=(ALL:ALL) ALL\n",
    "/etc/sudoers.d": File(directory=True, mode=0o755),
    "/usr/bin/chcon": File(mode=0o755),
}
# Two file systems, and one of memory.
MOUNTS = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:25 / /srv rw - ext4 /dev/sdb1 rw\n3 1 0:5 / /dev/shm rw - tmpfs tmpfs rw\n"


def _kernel(root: str) -> str:
    """A kernel that was given what the files say: the answer of ``auditctl -l``."""
    found: List[str] = []
    for path in sorted(glob.glob(root + FOLDER + "*.rules")):
        with open(path) as stream:
            found += [line for line in stream.read().splitlines() if line.startswith(("-w", "-a"))]
    return "\n".join(found) + "\n" if found else "No rules\n"


def _case(
    name: str,
    verdict: str,
    rules: Union[str, Files],
    address: Optional[Dict[str, Any]] = None,
    kernel: Command = _kernel,
    status: str = ON,
    **more: Any,
) -> Scenario:
    """A scenario in which, unless said otherwise, the kernel has what the files say."""
    planted: Files = {**BASE, **({RULES: rules} if isinstance(rules, str) else rules)}
    commands = {
        "uname -m": more.pop("machine", "x86_64") + "\n",
        "auditctl -v": "auditctl version 3.0.9\n",
        "auditctl -l": kernel,
        "auditctl -s": status,
        **more.pop("commands", {}),
    }
    observed: Dict[str, Any] = {"state": "value"}
    if "observed" in more:
        observed["value"] = more.pop("observed")
    if "source" in more:
        observed["source"] = more.pop("source")
    if verdict == "error":
        observed = {"state": "error", "reason": more.pop("reason")}
    return Scenario(name, address or SUDOERS, EMPTY, verdict, observed, files=planted, commands=commands, **more)


def _each(text: str) -> str:
    return "".join(text % arch + "\n" for arch in BOTH)


def _missing(now: Sequence[str] = (), at_boot: Sequence[str] = ()) -> Dict[str, Any]:
    return {"unrecorded_now": list(now), "unrecorded_at_boot": list(at_boot)}


def _log(name: str, verdict: str, files: Files, why: str = "") -> Scenario:
    """The log that auditd would open at its next start."""
    named = {"/etc/audit/auditd.conf": File("log_file = %s\nspace_left = 75\n" % LOG, 0o640), **files}
    lost = ["auditd does not start with %s (/etc/audit/auditd.conf:1): %s" % (LOG, why)] if why else []
    return _case("log-" + name, verdict, named, DAEMON, status=FULL % (340, 0), observed=_missing(at_boot=lost))


READ = "command: auditctl -l, /etc/audit/rules.d"
NO_RULES = "No rules\n"
GONE = ["-w /etc/sudoers -p wa (%s)" % arch for arch in BOTH]
FIXED: Dict[str, Any] = {"wanted": "scope"}

# As auditctl(8) 4.0.2 lists what was loaded from ACCESS: by their numbers, and with -S all only where no architecture is named.
ACCESS = _each("-a always,exit -F arch=%s -F path=/etc/sudoers -F perm=wa -k scope")
CALLS_OF_WA = (
    "open,bind,truncate,ftruncate,rename,mkdir,rmdir,creat,link,unlink,symlink,chmod,fchmod,chown,fchown,lchown,mknod,acct,swapon,"
    "quotactl,setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr,openat,mkdirat,mknodat,fchownat,unlinkat,renameat,"
    "linkat,symlinkat,fchmodat,fallocate,renameat2,openat2"
)
LISTED_BY_4 = _each("-a always,exit -F arch=%s -S " + CALLS_OF_WA + " -F path=/etc/sudoers -F perm=wa -F key=scope")
ACCESS_FIRST = _each("-a always,exit -F path=/etc/sudoers -F perm=wa -F arch=%s -k scope")
WHOLE_BUT_FOR_MODES = (
    LISTED_BY_4.partition("\n")[0].replace(",fchmodat", "")
    + "\n-a always,exit -F arch=b32 -S all -F path=/etc/sudoers -F perm=wa\n"
)
ONLY_WRITTEN = {**SUDOERS, "permissions": "w"}
RUN = _each("-a always,exit -F arch=%s -F path=/usr/bin/chcon -F perm=x -F auid>=1000 -F auid!=unset -k perm_chng")
LISTED, FILES = "auditctl -l, line %d", RULES + ":%d"
LACKING = ("fchmodat2", "chown32, fchmodat2, fchown32, ftruncate64, lchown32, truncate64")


def _without(text: str, place: str, lacking: Sequence[str]) -> List[str]:
    said = "%s (%s), kept out by %s, which is loaded by single calls without %s"
    return [said % (text, arch, place % line, calls) for line, arch, calls in zip((1, 2), BOTH, lacking)]


def _lacking(place: str) -> List[str]:
    return _without("-w /etc/sudoers -p wa", place, LACKING)


def _not_run(place: str) -> List[str]:
    rule = "-a always,exit -F path=/usr/bin/chcon -F perm=x -F auid>=1000 -F auid!=unset"
    return _without(rule, place, ("execveat", "execveat"))


def _run(calls: str) -> str:
    return _each(
        "-a always,exit -F arch=%s -S "
        + calls
        + " -F path=/usr/bin/chcon -F perm=x -F auid>=1000 -F auid!=-1 -F key=perm_chng"
    )


NEWER_GONE = ["openat2 (%s)" % arch for arch in BOTH]
NEWER_CALLS = {"query": "syscalls", "syscalls": ["openat2", "fchmodat2"]}
KNOWN = {
    "ausyscall x86_64 --dump": "Using x86_64\n257\topenat\n437\topenat2\n",
    "ausyscall i386 --dump": "Using i386\n437\topenat2\n",
}


def _newer(name: str, verdict: str, kernel: str, files: str = "", **more: Any) -> Scenario:
    found = _case(name, verdict, files, NEWER_CALLS, commands=KNOWN, **more)
    return replace(found, files={**found.files, "/proc/sys/kernel/osrelease": kernel + "\n"})


def _by_4(
    name: str, verdict: str, files: str, *address: Dict[str, Any], version: str = "4.0.2", **more: Any
) -> Scenario:
    """A scenario of a host of Debian 13."""
    found = _case(name, verdict, files, *address, commands={"auditctl -v": "auditctl version %s\n" % version}, **more)
    return replace(found, files={**found.files, "/proc/sys/kernel/osrelease": "6.12.117+deb13-amd64\n"})


SCENARIOS = [
    # Seen on Debian 13: with such rules chown32 and truncate64 of 32-bit programs, fchmodat2 and programs run by execveat leave no record.
    _by_4("listed-by-auditctl-4", "fail", ACCESS, kernel=LISTED_BY_4, observed=_missing(_lacking(LISTED), _lacking(FILES))),
    _by_4("watch", "pass", WATCH, observed=_missing(), **FIXED),
    _by_4("all-calls", "pass", ACCESS.replace(" -F path", " -S all -F path"), observed=_missing()),
    _by_4("architecture-behind-the-access", "pass", ACCESS_FIRST, kernel=WATCH, observed=_missing()),
    _by_4("one-call-less", "fail", WATCH, kernel=LISTED_BY_4.replace(",openat2", ""), observed=_missing(now=GONE)),
    _by_4("kind-that-is-asked-for-is-whole", "pass", WATCH, ONLY_WRITTEN, kernel=WHOLE_BUT_FOR_MODES, observed=_missing()),
    _by_4("kind-that-is-asked-for-is-partly-there", "fail", WATCH, kernel=WHOLE_BUT_FOR_MODES, observed=_missing(now=GONE[:1])),
    _by_4("program-by-auditctl-4.0", "fail", RUN, CHCON, kernel=_run("execve"), observed=_missing(_not_run(LISTED), _not_run(FILES))),
    _by_4("program-by-auditctl-4.2", "pass", RUN, CHCON, version="4.2", kernel=_run("execve,execveat"), observed=_missing()),
    _by_4("access-by-auditctl-3", "pass", ACCESS, version="3.0.9", observed=_missing()),
    _by_4("unknown-version", "error", ACCESS, version="of today", reason="auditctl -v does not say which version it is"),
    _newer("newer-call-is-missing", "fail", "6.1.0-18-amd64", observed=_missing(NEWER_GONE, NEWER_GONE), **FIXED),
    _newer("newer-call-is-recorded", "pass", "6.1.0-18-amd64", _each("-a always,exit -F arch=%s -S openat2")),
    _newer("kernel-does-not-know-it", "pass", "5.4.0-1-amd64", observed=_missing()),
    _case("right", "pass", WATCH, observed=_missing(), **FIXED),
    # What such rules do not see on this host is said beside what they do.
    _case(
        "people-who-come-by-run0",
        "pass",
        {RULES: _each("-a always,exit -F arch=%s -S chmod,fchmod -F auid>=1000 -F auid!=unset"), "/usr/bin/run0": File(link="systemd-run")
         , "/usr/bin/systemd-run": File(mode=0o755)},
        CHMOD,
        source=READ + "; sessions of run0 have no login uid, so rules that ask for one (auid) record nothing of them",
    ),
    _case("not-of-people-with-run0", "pass", {RULES: WATCH, "/usr/bin/run0": File(mode=0o755)}, source=READ),
    _case(
        "logins-without-utmp",
        "pass",
        {RULES: "-w /var/log/wtmp -p wa\n", "/run/systemd/system": File(directory=True, mode=0o755), "/var/log/wtmp.db": "",
         "/var/log/wtmp": ""},
        {"query": "watch", "path": "/var/log/wtmp"},
        source=READ + "; there is no /run/utmp, and in wtmp and lastlog only what programs write there themselves (sshd does); other "
        "logins are in /var/log/wtmp.db and the journal",
    ),
    _case(
        "logins-with-utmp",
        "pass",
        {RULES: "-w /var/log/wtmp -p wa\n", "/run/systemd/system": File(directory=True, mode=0o755), "/run/utmp": "", "/var/log/wtmp": ""},
        {"query": "watch", "path": "/var/log/wtmp"},
        source=READ,
    ),
    _case("nothing-set", "fail", "-D\n-b 8192\n--backlog_wait_time 60000\n-f 1\n", observed=_missing(GONE, GONE), **FIXED),
    _case("no-folder", "fail", {}, **FIXED),
    _case("not-loaded", "fail", WATCH, kernel=NO_RULES, observed=_missing(now=GONE)),
    _case("gone-at-the-next-boot", "fail", "", kernel=WATCH, observed=_missing(at_boot=GONE), **FIXED),
    _case("commented-out", "fail", "# -w /etc/sudoers -p wa\n  #-w /etc/sudoers -p wa\n", **FIXED),
    _case("only-writes", "fail", "-w /etc/sudoers -p w\n", **FIXED),
    _case("all-permissions", "pass", "-w /etc/sudoers\n"),
    _case("more-permissions", "pass", "-w /etc/sudoers -p rwxa -k x\n"),
    _case("permissions-the-other-way-round", "pass", "-w /etc/sudoers -p aw\n"),
    _case("folder-above", "pass", "-w /etc/ -p wa\n"),
    _case("path-as-a-field", "pass", "-a always,exit -F path=/etc/sudoers -F perm=wa -F key=scope\n"),
    _case("action-before-list", "pass", "-a exit,always -S all -F path=/etc/sudoers -F perm=wa\n"),
    _case("both-architectures", "pass", _each("-a always,exit -F arch=%s -S all -F path=/etc/sudoers -F perm=wa")),
    _case(
        "one-architecture",
        "fail",
        "-a always,exit -F arch=b64 -S all -F path=/etc/sudoers -F perm=wa\n",
        observed=_missing(GONE[1:], GONE[1:]),
        **FIXED,
    ),
    _case("only-some-system-calls", "fail", _each("-a always,exit -F arch=%s -S unlink -F path=/etc/sudoers"), **FIXED),
    _case("only-of-one-user", "fail", "-a always,exit -F path=/etc/sudoers -F perm=wa -F auid=1000\n", **FIXED),
    _case("other-file", "fail", "-w /etc/sudoers2 -p wa\n-w /etc/sudo -p wa\n", **FIXED),
    _case("folder-by-its-path-alone", "fail", "-a always,exit -F path=/etc/sudoers.d -F perm=wa\n", FOLDER_WATCH, **FIXED),
    _case("folder-by-dir", "pass", "-a always,exit -F dir=/etc/sudoers.d -F perm=wa\n", FOLDER_WATCH),
    _case("folder-without-slash", "pass", "-w /etc/sudoers.d -p wa\n", FOLDER_WATCH),
    _case("other-file-in-the-folder", "fail", "-w /etc/sudoers.d/one -p wa\n", FOLDER_WATCH, **FIXED),
    _case("link-to-a-folder", "fail", {RULES: "-w /etc/sudoers.d -p wa\n", "/etc/sudoers.d": File(link="/srv/d"),
          "/srv/d": File(directory=True)}, FOLDER_WATCH),
    _case("folder-to-which-a-link-leads", "pass", {RULES: "-w /srv/d -p wa\n", "/etc/sudoers.d": File(link="/srv/d"),
          "/srv/d": File(directory=True)}, FOLDER_WATCH),
    _case(
        "by-a-link",
        "pass",
        {RULES: "-w /run/utmp -p wa\n", "/var/run": File(link="/run"), "/run/utmp": ""},
        {"query": "watch", "path": "/var/run/utmp"},
    ),
    _case(
        "never-before",
        "fail",
        "-a never,exit -F path=/etc/sudoers\n" + WATCH,
        observed=_missing(
            ["%s, kept out by auditctl -l, line 1: -a never,exit -F path=/etc/sudoers" % one for one in GONE],
            ["%s, kept out by %s:1: -a never,exit -F path=/etc/sudoers" % (one, RULES) for one in GONE],
        ),
    ),
    _case("never-after", "pass", WATCH + "-a never,exit -F path=/etc/sudoers\n"),
    _case("never-put-first", "fail", WATCH + "-A never,exit -F path=/etc/sudoers\n"),
    # A file that is moved from one place to the other is one event, which is about both.
    _case("never-for-another-file", "fail", "-a never,exit -F path=/etc/hosts\n" + WATCH),
    _case("never-for-another-folder", "fail", {"/proc/self/mountinfo": MOUNTS, RULES: "-a never,exit -F dir=/tmp\n" + WATCH},
          kernel=WATCH),
    _case("never-on-another-file-system", "pass",
          {"/proc/self/mountinfo": MOUNTS, "/srv/x": "", "/dev/shm/x": "",
           RULES: "-a never,exit -F arch=b64 -F dir=/dev/shm/ -F key=x\n-a never,exit -F dir=/srv\n" + WATCH}),
    _case("never-for-executions-of-another-file", "pass", "-a never,exit -F path=/etc/hosts -F perm=x\n" + WATCH),
    _case("never-for-reads-of-another-file", "pass", "-a never,exit -F path=/etc/hosts -F perm=r\n" + WATCH),
    _case("never-for-calls-that-move-nothing", "pass", "-a never,exit -F arch=b64 -S open,openat -F path=/etc/hosts\n" + WATCH),
    _case("never-for-a-folder-above", "fail", "-a never,exit -F dir=/etc\n" + WATCH),
    _case("never-for-a-link-to-the-folder", "fail",
          {RULES: "-a never,exit -F dir=/var/adm/\n" + WATCH, "/var/adm": File(link="/etc")}, kernel=WATCH),
    # Who opens a file for both is seen by either.
    _case("never-for-reads", "fail", "-a never,exit -F path=/etc/sudoers -F perm=r\n" + WATCH),
    _case("never-for-attributes", "fail", "-a never,exit -F path=/etc/sudoers -F perm=a\n-w /etc/sudoers -p wa\n"),
    _case("never-for-executions", "pass", "-a never,exit -F path=/etc/sudoers -F perm=x\n" + WATCH),
    _case("never-for-a-call-about-no-file", "pass", _each("-a never,exit -F arch=%s -S adjtimex -F auid=unset -F uid=anna") + WATCH),
    _case("never-for-a-label-without-selinux", "pass",
          {RULES: "-a never,exit -F subj_type=crond_t\n" + WATCH, "/sys/fs/cgroup/cgroup.procs": ""}),
    _case("never-for-a-label-and-nobody-knows-of-selinux", "error",
          {RULES: "-a never,exit -F subj_type=crond_t\n" + WATCH, "/sys/x": ""},
          reason="/sys is not there; whether SELinux is on cannot be read"),
    _case("never-for-a-label-with-selinux", "fail",
          {RULES: "-a never,exit -F subj_type=crond_t\n" + WATCH, "/sys/fs/selinux/enforce": "1"}),
    _case("never-for-a-user", "fail", "-a never,exit -F uid=root\n" + WATCH),
    _case("never-for-any-task", "fail", WATCH + "-a never,task\n"),
    _case("never-for-tasks-of-nobody-yet", "fail", "-a never,task -F auid=unset\n-a always,exit -S all\n", CHMOD),
    _case("never-of-the-other-kind", "pass", "-a never,user -F uid=1\n" + WATCH),
    _case("without-records-of-the-folder", "pass", "-a always,exclude -F msgtype=CWD\n" + WATCH),
    _case("without-records-of-the-path", "fail", WATCH + "-a always,exclude -F msgtype=PATH\n"),
    _case("without-a-number-of-records", "fail", WATCH + "-a never,exclude -F msgtype=1300\n"),
    _case("without-a-kind-of-record-by-its-other-name", "fail", WATCH + "-a never,exclude -F msgtype=UNKNOWN[1300]\n"),
    _case("without-a-kind-of-record-in-octal", "fail", WATCH + "-a never,exclude -F msgtype=02424\n"),
    _case("without-a-range-of-records", "fail", WATCH + "-a never,exclude -F msgtype>=1300 -F msgtype<=1399\n"),
    _case("without-records-of-a-user", "fail", WATCH + "-a always,exclude -F uid=1000\n"),
    _case("without-the-kernels-file-systems", "pass", "-a never,filesystem -F fstype=tracefs\n" + WATCH),
    _case("without-a-file-system-beside-the-kernels", "fail", "-a never,filesystem -F fstype=tracefs -F fstype=0xEF53\n" + WATCH),
    _case("with-a-file-system", "pass", "-a always,filesystem -F fstype=0xEF53\n" + WATCH),
    _case("without-a-file-system", "fail", "-a never,filesystem -F fstype=0x6969\n" + WATCH),
    _case("switched-off-by-the-file", "fail", WATCH + "-e 0\n"),
    _case(
        "switched-off-now",
        "fail",
        WATCH,
        status=OFF,
        observed=_missing(["%s, kept out by -e 0: the recording is switched off" % one for one in GONE]),
    ),
    _case("switched-off-and-on-again", "pass", "-e 0\n" + WATCH + "-e 1\n"),
    _case("natural-order", "fail", {FOLDER + "10-a.rules": WATCH, FOLDER + "9-b.rules": "-a never,exit -F path=/etc/sudoers\n"},
          kernel=WATCH),
    _case("order-of-names-without-a-number", "fail",
          {FOLDER + "99-last.rules": "-a never,exit -F path=/etc/sudoers\n", RULES: WATCH}, kernel=WATCH),
    _case("order-of-names-that-go-on", "pass",
          {FOLDER + "a-b.rules": "-a never,exit -F path=/etc/sudoers\n", FOLDER + "a.rules": WATCH}, kernel=WATCH),
    _case("name-with-a-blank", "fail", {FOLDER + "my own.rules": WATCH}, kernel=WATCH, **FIXED),
    _case("not-a-rules-file", "fail", {FOLDER + "sudo.conf": WATCH, FOLDER + ".sudo.rules": WATCH}, kernel=WATCH, **FIXED),
    _case(
        "line-that-runs-into-the-next-file",
        "error",
        {FOLDER + "a.rules": "-w /etc/hosts -p wa", FOLDER + "b.rules": WATCH},
        kernel=WATCH,
        reason="%sa.rules:1: the audit rule '-w /etc/hosts -p wa-w /etc/sudoers -p wa -k scope' is not understood: /etc/sudoers belongs to no option"
        % FOLDER,
    ),
    _case("last-line-without-newline", "pass", {FOLDER + "a.rules": "# x\n-b 8192", FOLDER + "b.rules": "\n" + WATCH}),
    _case("delete-all-in-the-middle", "pass", WATCH + "-D\n"),
    *[
        _case(
            "moved-by-some-awks-alone-%d" % number,
            "error",
            WATCH + line + "\n",
            kernel=WATCH,
            reason="%s:2: what augenrules makes of %r hangs on the awk of the host; write it without blanks around it" % (RULES, line),
        )
        for number, line in enumerate(["-D ", " -D", "  -e 2", "\t# x"])
    ],
    _case("moved-by-gnu-awk", "pass",
          {RULES: WATCH + "-D \n\t# x\n", "/usr/bin/awk": File(link="/etc/alternatives/awk"), "/usr/bin/gawk": "",
           "/etc/alternatives/awk": File(link="/usr/bin/gawk")}, kernel=WATCH),
    # Where loading ends, what stands behind is not loaded.
    *[
        _case(
            "loading-that-ends-" + name,
            "fail",
            line + "\n" + WATCH,
            kernel=WATCH,
            observed=_missing(at_boot=["%s, kept out by %s:%d: %s, at which loading ends: %s"
                                       % (one, RULES, (line + "\n").count("\n"), line.splitlines()[-1], why) for one in GONE]),
            commands={"ausyscall x86_64 --dump": "90\tchmod\n", "ausyscall i386 --dump": "15\tchmod\n"},
        )
        for name, line, why in [
            ("without-a-folder", "-w /no/such/file -p wa", "/no/such does not exist"),
            ("without-a-directory", "-a always,exit -F dir=/etc/none -F perm=wa", "/etc/none does not exist"),
            ("without-a-user", "-a never,exit -F arch=b64 -S chmod -F uid=chrony", "chrony is neither a local user nor group"),
            ("without-a-group", "-a always,exit -F arch=b64 -S chmod -F gid=none", "none is neither a local user nor group"),
            ("without-a-call", "-a always,exit -F arch=b32 -S chmod,umount3", "there is no system call umount3"),
            ("at-a-rule-again", "-w /etc/hosts -p wa -k x\n-a always,exit -F path=/etc/hosts -F perm=aw -F key=x",
             "the rule is there already"),
            ("at-a-rule-again-with-other-words",
             "-a always,exit -S all -F path=/etc/hosts -F uid!=-1\n-a exit,always -F path=/etc/hosts -F uid!=4294967295",
             "the rule is there already"),
        ]
    ],
    _case("rule-again-with-another-key", "pass", "-w /etc/hosts -p wa -k x\n-w /etc/hosts -p wa -k y\n" + WATCH),
    _case("rule-again-in-another-order", "pass", "-a always,exit -F path=/etc/hosts -F perm=wa -k x\n"
          "-a always,exit -F perm=wa -F path=/etc/hosts -k x\n" + WATCH),
    *[
        _case(
            "loading-that-goes-on-" + name,
            "pass",
            {RULES: option + "\n-w /no/such/file -p wa\n-w /etc/hosts -p wa -k -F x\n-w /etc/hosts\t-p wa\n\n" + WATCH},
            kernel=WATCH,
        )
        for name, option in [("-i", "-i"), ("-c", "-c")]
    ],
    _case("loading-that-goes-on-behind-a-rule-that-keeps-out", "error", "-i\n-a never,exit -F arch=b64 -X\n" + WATCH, kernel=WATCH,
          reason="%s:2: the audit rule '-a never,exit -F arch=b64 -X' is not understood: unknown option -X" % RULES),
    _case("one-file-that-locks-before-the-rules", "fail",
          {UNIT: "[Service]\nExecStartPost=-/sbin/auditctl -R /etc/audit/audit.rules\n", "/etc/audit/audit.rules": "-e 2\n" + WATCH},
          kernel=WATCH, observed=_missing(at_boot=[
              "%s, kept out by /etc/audit/audit.rules:1: -e 2, which locks out what comes behind it" % one for one in GONE])),
    # Only a blank parts words, and only a newline lines.
    _case("rule-behind-a-form-feed-in-a-comment", "fail", "# x\f-w /etc/sudoers -p wa\n# x\u2028-w /etc/sudoers -p wa\n", kernel=NO_RULES),
    _case("key-with-a-carriage-return", "pass", "-w /etc/sudoers -p wa -k scope\r\n", kernel=WATCH),
    _case("path-with-blanks", "pass", "-w /etc/a\\ b\\\\c -p wa -k x\n" + WATCH, kernel="-w /etc/a b\\c -p wa -k x\n" + WATCH),
    _case("rule-of-a-path-with-blanks-in-the-kernel", "pass", WATCH,
          kernel="-a always,exit -F arch=b64 -S all -F path=/etc/a b -F perm=x -F key=two words\n" + WATCH),
    *[
        _case("malformed-%d" % number, "error", line + "\n" + WATCH, kernel=WATCH,
              reason="%s:1: the audit rule %r is not understood: %s" % (RULES, line[:200], why))
        for number, (line, why) in enumerate([
            ("-w /etc/hosts -p wa # hosts", "# belongs to no option"),
            ("-w\t/etc/hosts -p wa", "a path begins with /"),
            ("\t", "\t belongs to no option"),
            ("\r", "\r belongs to no option"),
            ("-w /etc/hosts -p wa\r", "permissions are r, w, x and a"),
            ("-w /etc/hosts -p wax -k", "the value of -k is missing"),
            ("-a always,exit -F auid>=1000 -k x", "a rule with a key has to name a system call, a path, perm, exe or fstype"),
            ("-a always,exit -S open -F arch=b64", "the architecture has to be named once, and before the system calls"),
            ("-a never,exit -F arch=c000003e -S open", "an architecture has to be named, not numbered"),
            ("-a always,exit -F path=/etc/hosts -F path=/etc/hosts", "it names more than one path"),
            ("-a always,exit -F path=/etc/network/ -F perm=wa", "path= names no directory"),
            ("-a always,exit -S open -C uid!=gid", "uid!=gid is no comparison"),
            ("-a always,exit -S open -F auid", "auid is no condition"),
            ("-a always,exit -S open -b 8192", "-b does not belong to a rule"),
            ("-e 3", "-e takes 0, 1 or 2"),
            ("-a always,exit -S " + ",".join(["open"] * 2000), "it is longer than 6143 characters"),
        ])
    ],
    _case("options-of-all-sorts", "pass", "-D\n-b8192\n-f 1 -r 0\n-q /srv,/data\n--backlog_wait_time=60000\n--loginuid-immutable\n"
          "--reset-lost\n-s\n-t\n-e1\n-w/etc/hosts -pwa -kx\n-a always,exit -Farch=b64 -Sclone -Fa0&0x7C020000 -F a1&=0100 -k x -k y\n"
          "-a always,exit -F arch=b64 -S connect -F saddr_fam=2 -F sessionid!=-1 -F filetype=file -F inode=7 -F devmajor=8\n" + WATCH,
          kernel=WATCH),
    _case("in-capitals", "pass", "-a always,exit -F ARCH=B64 -F path=/etc/sudoers -F PERM=WA\n-a always,exit -F arch=b32 -F PATH=/etc/sudoers\n"),
    _case(
        "one-file-loaded-as-it-is",
        "pass",
        {UNIT: "[Service]\nExecStartPost=-/sbin/auditctl -R /etc/audit/audit.rules\n", "/etc/audit/audit.rules": "-D\n" + WATCH},
        kernel=WATCH,
    ),
    _case(
        "one-file-that-deletes-all-again",
        "fail",
        {UNIT: "[Service]\nExecStartPost=-/sbin/auditctl -R /etc/audit/audit.rules\n", "/etc/audit/audit.rules": WATCH + "-D\n"},
        kernel=WATCH,
    ),
    _case(
        "snippet-that-loads-one-file",
        "fail",
        {
            "/etc/systemd/system/auditd.service.d/x.conf": "[Service]\nExecStartPost=\nExecStartPost=/sbin/auditctl -R /etc/x\n",
            RULES: WATCH,
            "/etc/x": "",
        },
    ),
    _case(
        "unit-of-newer-versions",
        "pass",
        {
            UNIT: "[Service]\nExecStart=/sbin/auditd\n",
            "/lib/systemd/system/audit-rules.service": "[Service]\nExecStart=/usr/sbin/augenrules --load\n",
            RULES: WATCH,
        },
    ),
    _case(
        "nothing-loads-rules",
        "error",
        {UNIT: "[Service]\nExecStart=/sbin/auditd\n", RULES: WATCH},
        reason="none of audit-rules.service and auditd.service loads audit rules at boot",
    ),
    _case(
        "unknown-option",
        "error",
        "--maybe 1 2\n" + WATCH,
        reason="%s:1: the audit rule '--maybe 1 2' is not understood: unknown option --maybe" % RULES,
    ),
    _case(
        "rule-that-takes-back-another",
        "error",
        WATCH + "-W /etc/sudoers -p wa\n",
        reason="%s:2: the audit rule '-W /etc/sudoers -p wa' is not understood: it takes back others; remove those in place of it"
        % RULES,
    ),
    _case(
        "unknown-list",
        "error",
        "-a always,exits -S open\n",
        kernel=NO_RULES,
        reason="%s:1: the audit rule '-a always,exits -S open' is not understood: always,exits is no list and action" % RULES,
    ),
    _case(
        "kernel-without-audit",
        "error",
        WATCH,
        kernel=CommandResult(1, "", "Error - audit support not in kernel\n"),
        reason="command auditctl -l ended with 1: Error - audit support not in kernel",
    ),
    _case(
        "status-that-says-nothing",
        "error",
        WATCH,
        status="",
        reason="auditctl -s does not say whether the audit system is on",
    ),
    _case(
        "not-root",
        "error",
        WATCH,
        privileged=False,
        reason="What the audit system records can only be read by root; run the audit with become",
    ),
    _case(
        "unknown-query",
        "error",
        WATCH,
        {"query": "everything"},
        reason="unknown query 'everything'; known: watch, syscalls, program, privileged_programs, immutable, daemon, goes_on",
    ),
    # Whether what the rules record is written at all.
    _case("daemon-right", "pass", WATCH, DAEMON, observed={"unrecorded_now": [], "unrecorded_at_boot": []}, status=FULL % (340, 0)),
    _case(
        "daemon-lost", "fail", WATCH, DAEMON, status=FULL % (0, 0),
        observed={"unrecorded_now": ["pid 0: no daemon takes the records"], "unrecorded_at_boot": []},
    ),
    _case(
        "one-record-a-second", "fail", WATCH, DAEMON, status=FULL % (340, 1),
        observed={"unrecorded_now": ["rate_limit 1: what comes faster in a second is dropped"], "unrecorded_at_boot": []},
    ),
    _case(
        "one-record-a-second-at-boot", "fail", "-r 0\n-r 1\n" + WATCH, DAEMON, status=FULL % (340, 0),
        observed={"unrecorded_now": [], "unrecorded_at_boot": ["-r 1 at %s:2: what comes faster in a second is dropped" % RULES]}, wanted=True,
    ),
    _case("no-limit-that-is-written-down", "pass", "-r 0\n" + WATCH, DAEMON, status=FULL % (340, 0)),
    _case("off-at-boot", "fail", "-e 0\n", DAEMON, status=FULL % (340, 0), observed={"unrecorded_now": [], "unrecorded_at_boot": ["-e 0"]}),
    # One that runs goes on writing; it is the next start that fails.
    _log("of-root", "pass", {LOG: ""}),
    _log("not-there-yet", "pass", {"/var/log/audit": File(directory=True, mode=0o750)}),
    _log("that-is-a-folder", "fail", {LOG: File(directory=True, mode=0o750)}, "it has to be a file of root"),
    _log("without-its-folder", "fail", {}, "its folder does not exist"),
    _case(
        "status-without-a-daemon", "error", WATCH, DAEMON, status="enabled 1\n",
        reason="auditctl -s does not say whether a daemon takes the records",
    ),
    # Whether a line that is refused ends the loading of the files.
    _case("goes-on", "pass", "-D\n-b 8192\n-c\n" + WATCH, GOES_ON),
    _case("goes-on-and-says-nothing", "pass", "-i\n" + WATCH, GOES_ON),
    _case("goes-on-too-late", "fail", WATCH + "-c\n", GOES_ON,
          observed={"unrecorded_now": [], "unrecorded_at_boot": ["-c, kept out by %s:1" % RULES]}),
    _case("goes-on-nowhere", "fail", WATCH, GOES_ON,
          observed={"unrecorded_now": [], "unrecorded_at_boot": ["-c, kept out by %s:1" % RULES]}),
    _case("goes-on-without-rules", "fail", "-D\n", GOES_ON, observed={"unrecorded_now": [], "unrecorded_at_boot": ["-c"]}),
    _case("goes-on-by-a-comment", "fail", "# -c\n" + WATCH, GOES_ON),
    # System calls.
    _case("calls-right", "pass", _each("-a always,exit -F arch=%s -S chmod,fchmod -F auid>=1000 -F auid!=unset -k x"), CHMOD),
    _case("calls-missing", "fail", "", CHMOD, observed=_missing(
        *[["%s (%s)" % (call, arch) for arch in BOTH for call in ("chmod", "fchmod")]] * 2), **FIXED),
    # Their numbers are those of the first architecture, and stand for others of the second.
    _case("calls-without-architecture", "fail", "-a always,exit -S chmod,fchmod -F auid>=1000 -F auid!=unset -k x\n", CHMOD,
          observed=_missing(*[["chmod (b32)", "fchmod (b32)"]] * 2), **FIXED),
    _case("calls-without-architecture-on-one-that-has-one", "pass", "-a always,exit -S chmod,fchmod\n", CHMOD, machine="i686"),
    _case("never-for-another-call-without-architecture", "fail", "-a never,exit -S adjtimex\n-a always,exit -S all\n", CHMOD),
    _case("architecture-of-another-machine", "fail", _each("-a always,exit -F arch=%s -S chmod").replace("b64", "aarch64") +
          _each("-a always,exit -F arch=%s -S fchmod"), CHMOD, **FIXED),
    _case("never-by-the-number-of-a-call-in-hex", "fail", "-a never,exit -F arch=b64 -S 0x5a\n-a always,exit -S all\n", CHMOD),
    _case("never-for-an-argument-in-octal", "fail", "-a never,exit -F arch=b64 -S all -F a0=00\n-a always,exit -S all\n", CLOCK),
    _case("never-for-another-argument", "pass", "-a never,exit -F arch=b64 -S all -F a0=0x1\n-a always,exit -S all\n", CLOCK),
    _case("users-in-octal", "pass", _each("-a always,exit -F arch=%s -S chmod,fchmod -F auid>=01750"), CHMOD),
    _case("calls-in-rules-of-their-own", "pass", "".join(
        _each("-a always,exit -F arch=%%s -S %s -F auid>=1000 -F auid!=-1" % call) for call in ("chmod", "fchmod")), CHMOD),
    _case("one-call-missing", "fail", _each("-a always,exit -F arch=%s -S chmod -F auid>=1000 -F auid!=unset"), CHMOD, **FIXED),
    _case("more-calls", "pass", _each("-a always,exit -F arch=%s -S chmod -S fchmod -S chown -F auid>=1000 -F auid!=unset"), CHMOD),
    _case("all-calls", "pass", "-a always,exit -S all -F auid>=1000 -F auid!=unset\n", CHMOD),
    _case("all-calls-of-all", "pass", "-a always,exit -S all\n", CHMOD),
    _case("unset-as-a-number", "pass", _each("-a always,exit -F arch=%s -S chmod,fchmod -F auid>=1000 -F auid!=4294967295"), CHMOD),
    _case("old-name-of-the-login", "pass", _each("-a always,exit -F arch=%s -S chmod,fchmod -F loginuid>=1000 -F loginuid!=-1"), CHMOD),
    _case("more-users", "pass", _each("-a always,exit -F arch=%s -S chmod,fchmod -F auid>=500 -F auid!=unset"), CHMOD),
    _case("greater-than", "pass", _each("-a always,exit -F arch=%s -S chmod,fchmod -F auid>999 -F auid!=unset"), CHMOD),
    _case("fewer-users", "fail", _each("-a always,exit -F arch=%s -S chmod,fchmod -F auid>=2000 -F auid!=unset"), CHMOD, **FIXED),
    _case("one-user-by-name", "fail", _each("-a always,exit -F arch=%s -S chmod,fchmod -F auid=anna"), CHMOD, **FIXED),
    _case("only-successes", "fail", _each("-a always,exit -F arch=%s -S chmod,fchmod -F auid!=unset -F success=1"), CHMOD, **FIXED),
    _case("architecture-by-exclusion", "fail", "-a always,exit -F arch!=b32 -S chmod,fchmod\n", CHMOD, **FIXED),
    _case("architecture-by-name", "pass", "-a always,exit -F arch=x86_64 -S chmod,fchmod\n-a always,exit -F arch=i386 -S chmod,fchmod\n",
          CHMOD),
    _case("user-numbers-that-begin-lower", "fail",
          {"/etc/login.defs": "UID_MIN 500\n", RULES: _each("-a always,exit -F arch=%s -S chmod,fchmod -F auid>=1000 -F auid!=unset")},
          CHMOD, **FIXED),
    _case("user-numbers-that-are-none", "error", {"/etc/login.defs": "UID_MIN many\n"}, CHMOD,
          reason="/etc/login.defs:1: UID_MIN is no plain decimal number"),
    _case("never-for-the-system", "pass", _each("-a never,exit -F arch=%s -S chmod -F auid=unset") + _each(
        "-a always,exit -F arch=%s -S chmod,fchmod"), CHMOD),
    _case("never-for-lower-numbers", "pass", "-a never,exit -S all -F auid<1000\n-a always,exit -S all\n", CHMOD),
    _case("never-for-some-people", "fail", "-a never,exit -S all -F auid<2000\n-a always,exit -S all\n", CHMOD),
    _case("never-by-the-number-of-a-call", "fail", "-a never,exit -F arch=b64 -S 90\n-a always,exit -S all\n", CHMOD, kernel="-a always,exit -S all\n"),
    _case("never-for-another-call", "pass", "-a never,exit -F arch=b64 -S adjtimex\n-a always,exit -S all\n", CHMOD),
    _case("never-for-a-program", "fail", "-a never,exit -F exe=/opt/agent\n-a always,exit -S all\n", CHMOD),
    _case("identity-compared", "pass", _each("-a always,exit -F arch=%s -S execve -C uid!=euid -F auid!=-1"), EXECVE),
    _case("identity-missing", "fail", "", EXECVE, **FIXED),
    _case("identity-compared-to-be-equal", "fail", _each("-a always,exit -F arch=%s -S execve -C uid=euid -F auid!=-1"), EXECVE, **FIXED),
    _case("refusals-by-number", "pass", _each("-a always,exit -F arch=%s -S open -F exit=-13 -F auid>=1000 -F auid!=-1"), REFUSED),
    _case("other-refusals", "fail", _each("-a always,exit -F arch=%s -S open -F exit=-EPERM -F auid>=1000 -F auid!=-1"), REFUSED, **FIXED),
    # The kernel takes results for numbers without a sign, so none is below zero.
    _case("results-below-zero", "fail", _each("-a always,exit -F arch=%s -S open -F exit<0"), REFUSED, **FIXED),
    _case("failures-of-all-sorts", "fail", _each("-a always,exit -F arch=%s -S open -F success=0"), REFUSED, **FIXED),
    _case("architecture-of-32-bits", "pass", "-a always,exit -F arch=b32 -S chmod,fchmod\n", CHMOD, machine="i686"),
    _case("architecture-without-a-call", "pass",
          "-a always,exit -F arch=b64 -S fchmod\n-a always,exit -F arch=b32 -S chmod,fchmod\n", CHMOD, machine="aarch64",
          commands={"ausyscall aarch64 --dump": "Using aarch64 syscall table:\n52\tfchmod\n", "ausyscall arm --dump": "15\tchmod\n94\tfchmod\n"}),
    _case("architecture-with-none-of-the-calls", "error", "", CHMOD, machine="aarch64",
          commands={"ausyscall aarch64 --dump": "Using aarch64 syscall table:\n", "ausyscall arm --dump": ""},
          reason="this architecture (aarch64) has none of the system calls chmod, fchmod"),
    _case("no-calls", "error", "", {"query": "syscalls"}, reason="the address needs the key 'syscalls' with a list"),
    # Programs.
    _case("program-right", "pass", "-a always,exit -F path=/usr/bin/chcon -F perm=x -F auid>=1000 -F auid!=unset -k perm_chng\n", CHCON),
    _case("program-missing", "fail", "", CHCON, **FIXED),
    _case("program-of-a-folder", "pass", "-a always,exit -F dir=/usr/bin -F perm=x\n", CHCON),
    _case("program-by-a-link", "fail", {RULES: "-a always,exit -F path=/usr/bin/chcon -F perm=x\n", "/usr/bin/chcon": File(link="all"),
          "/usr/bin/all": File(mode=0o755)}, CHCON, **FIXED),
    _case("program-to-which-a-link-leads", "pass", {RULES: "-a always,exit -F path=/usr/bin/all -F perm=x\n",
          "/usr/bin/chcon": File(link="all"), "/usr/bin/all": File(mode=0o755)}, CHCON),
    _case("never-for-another-program", "pass", "-a never,exit -F path=/usr/bin/date -F perm=x\n-w /usr/bin/chcon -p x\n", CHCON),
    _case("never-for-what-loads-programs", "fail",
          {RULES: "-a never,exit -F dir=/usr/lib\n-w /usr/bin/chcon -p x\n", "/usr/lib/x": ""}, CHCON),
    _case("never-for-calls-that-run-nothing", "pass", "-a never,exit -F arch=b64 -S open -F uid=0\n-w /usr/bin/chcon -p x\n", CHCON),
    _case("program-written-to", "fail", "-w /usr/bin/chcon -p wa\n", CHCON, **FIXED),
    _case("program-for-few", "fail", "-a always,exit -F path=/usr/bin/chcon -F perm=x -F auid=0\n", CHCON, **FIXED),
    _case("privileged-right", "pass",
          {"/usr/bin/su": File(mode=0o4755), "/usr/bin/wall": File(mode=0o2755), RULES: "".join(
              "-a always,exit -F path=/usr/bin/%s -F perm=x -F auid>=1000 -F auid!=unset\n" % name for name in ("su", "wall"))},
          PRIVILEGED),
    _case("privileged-missing", "fail",
          {"/usr/bin/su": File(mode=0o4755), "/usr/bin/wall": File(mode=0o2755), RULES: "-w /usr/bin/su -p x\n"},
          PRIVILEGED,
          observed=_missing(*[["-a always,exit -F path=/usr/bin/wall -F perm=x -F auid>=1000 -F auid!=unset (%s)" % arch
                              for arch in BOTH]] * 2),
          **FIXED),
    # Any user can make such a program, so it must not be an error.
    _case("privileged-with-a-blank", "fail", {"/opt/a b": File(mode=0o4755)}, PRIVILEGED, observed=_missing(
        *[["no rule can name a program: '/opt/a b' holds a blank or another sign that audit rules take for something else"]] * 2)),
    _case("nothing-privileged", "pass", {}, PRIVILEGED),
    # The lock.
    _case("locked", "pass", "-e 2\n", LOCKED, status=LOCK, observed=_missing()),
    _case("locked-from-the-next-boot", "fail", "-e 2\n", LOCKED, observed=_missing(now=["-e 2"])),
    _case("locked-until-the-next-boot", "fail", "-e 1\n", LOCKED, status=LOCK, observed=_missing(at_boot=["-e 2"]), wanted=True),
    _case("lock-that-is-not-reached", "fail", "-w /no/such/file -p wa\n-e 2\n", LOCKED, status=LOCK, observed=_missing(
        at_boot=["-e 2, kept out by %s:1: -w /no/such/file -p wa, at which loading ends: /no/such does not exist" % RULES])),
    _case("locked-and-opened-by-a-file-without-a-number", "fail", {FOLDER + "99-lock.rules": "-e 2\n", RULES: "-e 1\n"}, LOCKED,
          status=LOCK, wanted=True),
    _case("locked-and-opened-by-a-later-file", "fail", {FOLDER + "a.rules": "-e 2\n", FOLDER + "b.rules": "-e 1\n"}, LOCKED, status=LOCK,
          wanted=True),
]  # fmt: skip
