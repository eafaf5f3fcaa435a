"""Scenarios of ways in without a login shell, after what booted Debian 12 and 13 gave; records of userdb, dash and scoped sudoers after the manual pages."""

from __future__ import annotations

from typing import Any, Dict, Optional

from tests.scenarios.linux import Scenario
from tests.scenarios.start_up_base import BASE

EXPECT = {"each": {"fields": {"umask": {"matches": "[2367]7$"}}}}
SUDO_LAX = {"any": {"fields": {"way": {"equals": "sudo"}, "umask": {"equals": "0022"}}}}
PAM = "/etc/pam.d/"
HEAD = "session [default=1] pam_permit.so\nsession requisite pam_deny.so\nsession required pam_permit.so\n"
TAIL = "session required pam_unix.so\n"
INTERACTIVE = "session optional pam_systemd.so\n"
OURS = "session optional pam_umask.so umask=0027 nousergroups\n"
INCLUDED = "@include common-session\n"
QUIETLY = "@include common-session-noninteractive\n"
STOCK = {
    **{PAM + name: INCLUDED for name in ("login", "sshd", "su", "sudo-i")},
    **{PAM + name: QUIETLY for name in ("cron", "sudo", "systemd-user")},
    PAM + "su-l": "session include su\n",
    "/etc/sudoers": "root ALL=(ALL:ALL) ALL\n",
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000:Ann,,,:/home/ann:/bin/bash\n",
    "/etc/group": "root:x:0:\nann:x:1000:\n",
    "/etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
    "/etc/login.defs": "UMASK\t\t022\n",
    "/etc/ssh/sshd_config": "",
    **{"/usr/lib/systemd/system/%s.service" % name: "[Service]\nExecStart=/x\n" for name in ("ssh", "cron", "user@")},
}
SERVER = "/usr/lib/openssh/sftp-server"


def common(interactive: str, quietly: Optional[str] = None) -> Dict[str, Any]:
    """Return Debian's files that all services include, with a line for each."""
    quietly = interactive if quietly is None else quietly
    return {
        PAM + "common-session": HEAD + interactive + TAIL + INTERACTIVE,
        PAM + "common-session-noninteractive": HEAD + quietly + TAIL,
    }


def _case(
    name: str,
    verdict: str,
    files: Dict[str, Any],
    sftp: str = SERVER,
    forced: str = "none",
    use_pam: str = "yes",
    **keys: Any,
) -> Scenario:
    said = "usepam %s\nforcecommand %s\nsubsystem sftp %s\n" % (use_pam, forced, sftp)
    return Scenario(
        name,
        {},
        keys.pop("expect", EXPECT),
        verdict,
        {"state": "error" if verdict == "error" else "value"},
        files={**BASE, **STOCK, **common(OURS), **files},
        commands={"sshd -T": said, "sudo -V": "Sudo version 1.9.13p3\n"},
        **keys,
    )


SCENARIOS = [
    _case("debian-12-stock", "fail", common("")),
    _case(
        "debian-13-stock",
        "fail",
        {**common("session optional pam_umask.so\n"), "/etc/os-release": 'ID=debian\nVERSION_ID="13"\n'},
    ),
    _case("in-every-stack", "pass", {}),
    # login.defs by itself reaches nobody but useradd where pam_umask is not called.
    _case("login-defs-alone", "fail", {**common(""), "/etc/login.defs": "UMASK 027\n"}),
    _case("login-defs-by-pam", "pass", {**common("session optional pam_umask.so\n"), "/etc/login.defs": "UMASK 027\n"}),
    _case("login-shells-alone", "fail", {**common(""), "/etc/profile.d/u.sh": "umask 027\n"}),
    _case("interactive-stacks-alone", "fail", common(OURS, "")),
    _case("quiet-stacks-alone", "fail", common("", OURS)),
    _case("jumped-over", "fail", common("session [success=1 default=ignore] pam_permit.so\n" + OURS)),
    _case("one-lax-option", "fail", common("session optional pam_umask.so umask=022\n"), wanted="0027"),
    _case("a-group-of-ones-own", "fail", common("session optional pam_umask.so umask=027 usergroups\n"), wanted="0027"),
    _case("server-of-sftp-with-a-lax-one", "fail", {}, sftp=SERVER + " -u 0002"),
    _case("server-within-sshd-with-a-lax-one", "fail", {}, sftp="internal-sftp -u 0002"),
    _case("server-of-sftp-with-a-strict-one", "pass", {}, sftp="internal-sftp -f AUTH -u0077"),
    _case("the-last-one-counts", "fail", {}, sftp="internal-sftp -u 077 -l INFO -u 022"),
    _case("forced-for-some", "fail", {"/etc/ssh/sshd_config": "Match User ann\nForceCommand internal-sftp -eu 0002\n"}),
    _case(
        "forced-for-some-and-strict",
        "pass",
        {"/etc/ssh/sshd_config": "Match User ann\nForceCommand internal-sftp -eu 0077\n"},
    ),
    # A shell starts these. With the forced command `ssh host umask` said 0000 on Debian 12, and sftp made a file of mode 0666.
    _case("server-of-sftp-in-a-shell", "error", {}, sftp="/bin/sh -c 'umask 0002; exec /usr/lib/openssh/sftp-server'"),
    _case("server-of-sftp-of-the-site", "error", {}, sftp="/usr/local/bin/sftp"),
    _case("server-of-sftp-with-quotes", "error", {}, sftp=SERVER + ' -u "0002"'),
    _case("command-before-the-server", "error", {}, sftp="umask 0002; " + SERVER),
    _case("forced-command-with-its-own", "error", {}, forced='umask 0; eval "$SSH_ORIGINAL_COMMAND"'),
    _case("forced-command-without", "pass", {}, forced="/usr/bin/rrsync -ro /srv"),
    # sshd -T of OpenSSH 10 says it so.
    _case(
        "sshd-with-another-service",
        "fail",
        {PAM + "x": TAIL, "/etc/ssh/sshd_config": "PAMServiceName x\n"},
        use_pam="yes\npamservicename x",
    ),
    _case("sshd-without-pam", "fail", {}, use_pam="no"),
    _case(
        "sshd-without-pam-by-its-unit",
        "pass",
        {"/etc/systemd/system/ssh.service.d/u.conf": "[Service]\nUMask=0027\n"},
        use_pam="no",
    ),
    # The server that is no part of sshd is started by the account's shell, and bash reads its file for that.
    _case("bash-reads-its-file-for-sftp", "fail", {"/etc/bash.bashrc": "umask 0002\n"}),
    _case(
        "dash-reads-nothing-for-it",
        "fail",
        {
            **common("", OURS),
            "/etc/bash.bashrc": "umask 027\n",
            "/etc/passwd": STOCK["/etc/passwd"].replace("ann:/bin/bash", "ann:/bin/sh"),
        },
    ),
    _case("own-record", "fail", {"/etc/passwd": STOCK["/etc/passwd"].replace("Ann,,,", "Ann,,,,umask=002")}),
    # What is no number counts as 0: all may write.
    _case(
        "own-record-that-is-no-number", "fail", {"/etc/passwd": STOCK["/etc/passwd"].replace("Ann,,,", "Ann,UMASK=x")}
    ),
    _case(
        "own-record-that-is-strict", "pass", {"/etc/passwd": STOCK["/etc/passwd"].replace("Ann,,,", "Ann,,,,umask=077")}
    ),
    _case(
        "record-of-userdb",
        "fail",
        {
            "/etc/nsswitch.conf": "passwd: files systemd\ngroup: files systemd\n",
            "/etc/userdb/eve.user": '{"userName":"eve","uid":4711,"gid":4711,"umask":2}',
        },
    ),
    # With a umask in sudoers, PAM's does not count: the caller's gets more closed and never less.
    _case("sudo-adds", "pass", {"/etc/sudoers": "Defaults umask=0002\n"}),
    _case("sudo-overrides", "fail", {"/etc/sudoers": "Defaults umask=0002, umask_override\n"}),
    _case("sudo-overrides-for-some", "fail", {"/etc/sudoers": "Defaults:ann umask=0002\nDefaults umask_override\n"}),
    _case("sudo-leaves-it-alone", "pass", {"/etc/sudoers": "Defaults !umask\n"}),
    # sudo of Debian 12 and 13 then calls no module of PAM: what the caller had is left, with its own 0022.
    _case("sudo-without-a-session", "pass", {"/etc/sudoers": "Defaults !pam_session\n"}),
    *(
        _case("sudo-" + name, verdict, {**common("", OURS), PAM + "sudo-i": QUIETLY, **files}, expect=SUDO_LAX)
        for name, verdict, files in (
            ("with-a-session", "fail", {"/etc/sudoers": "Defaults pam_session, !pam_setcred\n"}),
            ("adds-alone", "pass", {"/etc/sudoers": "Defaults !pam_session\n"}),
            ("adds-alone-for-some", "pass", {"/etc/sudoers": "Defaults:ann !pam_session\n"}),
            ("with-another-service", "pass", {PAM + "x": TAIL, "/etc/sudoers": "Defaults pam_login_service=x\n"}),
            ("with-no-service", "pass", {PAM + "other": TAIL, "/etc/sudoers": "Defaults pam_service=x\n"}),
        )
    ),
    _case("sudo-by-a-directory-too", "error", {"/etc/nsswitch.conf": "sudoers: files sss\n"}),
    # `su ann -c umask`, a job with SHELL=/bin/bash and a script by SSH said 0000 on Debian 12 and 13, with a file that says so.
    *(
        _case(
            "file-of-scripts-" + name,
            verdict,
            {"/etc/b.sh": "umask 0\n" if verdict == "fail" else "umask 077\n", **files},
        )
        for name, verdict, files in (
            ("by-pam", "fail", {"/etc/environment": "BASH_ENV=/etc/b.sh\n"}),
            ("that-is-strict", "pass", {"/etc/environment": "BASH_ENV=/etc/b.sh\n"}),
            ("that-says-nothing", "pass", {"/etc/environment": "BASH_ENV=/etc/b.sh\n", "/etc/b.sh": "X=1\n"}),
            ("that-is-missing", "pass", {"/etc/environment": "BASH_ENV=/etc/none.sh\n"}),
            ("that-cannot-be-told", "error", {"/etc/environment": "BASH_ENV=$HOME/b.sh\n"}),
            ("by-rules-of-pam", "error", {"/etc/security/pam_env.conf": "BASH_ENV DEFAULT=/etc/b.sh\n"}),
            ("by-a-login", "fail", {"/etc/profile.d/b.sh": "export BASH_ENV=/etc/b.sh\n"}),
            (
                "by-a-file-of-pam",
                "fail",
                {PAM + "x": "session required pam_env.so envfile=/etc/e\n", "/etc/e": "BASH_ENV=/etc/b.sh\n"},
            ),
            (
                "by-other-rules-of-pam",
                "error",
                {PAM + "x": "auth required pam_env.so conffile=/etc/e\n", "/etc/e": "BASH_ENV DEFAULT=/etc/b.sh\n"},
            ),
            (
                "by-a-file-that-pam-does-not-name",
                "pass",
                {PAM + "x": "#session required pam_env.so envfile=/etc/e\n", "/etc/e": "BASH_ENV=/x\n"},
            ),
            (
                "by-a-file-of-sudo",
                "fail",
                {"/etc/sudoers": "Defaults env_file=/etc/e\n", "/etc/e": "export BASH_ENV=/etc/b.sh\n"},
            ),
            ("by-the-manager-of-services", "fail", {"/etc/environment.d/b.conf": "BASH_ENV=/etc/b.sh\n"}),
        )
    ),
    _case("file-of-scripts-in-a-comment", "pass", {"/etc/security/pam_env.conf": "#BASH_ENV DEFAULT=/etc/b.sh\n"}),
    _case(
        "unit-of-cron-alone",
        "fail",
        {**common(OURS, ""), "/etc/systemd/system/cron.service.d/u.conf": "[Service]\nUMask=0027\n"},
    ),
    _case("unit-of-cron-before-pam", "pass", {"/etc/systemd/system/cron.service.d/u.conf": "[Service]\nUMask=0000\n"}),
    _case("shell-that-cannot-be-told", "error", {"/etc/bash.bashrc": 'umask "$(site umask)"\n'}),
    _case("a-stack-that-libpam-refuses", "error", {PAM + "cron": "@include not-there\n"}),
]
