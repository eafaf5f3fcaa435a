"""Scenarios of the stacks of PAM, as libpam runs them: stock ones of both families, and what spoils them."""

from __future__ import annotations

from typing import Any, Dict

from tests.scenarios.linux import File, Scenario

PAM = "/etc/pam.d/"
AUTH = "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\n"
ACCOUNT = (
    "account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\naccount requisite pam_deny.so\n"
    "account required pam_permit.so\n"
)
PASSWORD = (
    "password [success=1 default=ignore] pam_unix.so obscure yescrypt\npassword requisite pam_deny.so\n"
    "password required pam_permit.so\n"
)
SESSION = (
    "session [default=1] pam_permit.so\nsession requisite pam_deny.so\nsession required pam_permit.so\n"
    "session required pam_unix.so\nsession optional pam_systemd.so\n"
)
LOCKED = (
    "auth required pam_faillock.so preauth\nauth [success=3 default=ignore] pam_unix.so nullok\n"
    "auth [default=die] pam_faillock.so authfail\nauth sufficient pam_faillock.so authsucc\n"
    "auth requisite pam_deny.so\nauth required pam_permit.so\n"
)
QUALITY = "password requisite pam_pwquality.so retry=3\n"
LOGIN = "".join("@include common-%s\n" % kind for kind in ("auth", "account", "session", "password"))
SU = "auth sufficient pam_rootok.so\nsession optional pam_mail.so nopen\n" + LOGIN
# authselect's profile sssd with faillock, as RHEL 9 has it in system-auth and password-auth.
RED_HAT = """\
auth        required                                     pam_env.so
auth        required                                     pam_faildelay.so delay=2000000
auth        required                                     pam_faillock.so preauth silent
auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular
auth        [default=1 ignore=ignore success=ok]         pam_localuser.so
auth        sufficient                                   pam_unix.so nullok
auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular
auth        sufficient                                   pam_sss.so forward_pass
auth        required                                     pam_faillock.so authfail
auth        required                                     pam_deny.so

account     required                                     pam_faillock.so
account     required                                     pam_unix.so
account     sufficient                                   pam_localuser.so
account     sufficient                                   pam_usertype.so issystem
account     [default=bad success=ok user_unknown=ignore] pam_sss.so
account     required                                     pam_permit.so

password    requisite                                    pam_pwquality.so local_users_only
password    sufficient                                   pam_unix.so yescrypt shadow nullok use_authtok
password    [success=1 default=ignore]                   pam_localuser.so
password    sufficient                                   pam_sss.so use_authtok
password    required                                     pam_deny.so

session     optional                                     pam_keyinit.so revoke
session     required                                     pam_limits.so
-session    optional                                     pam_systemd.so
session     [success=1 default=ignore]                   pam_succeed_if.so service in crond quiet use_uid
session     required                                     pam_unix.so
session     optional                                     pam_sss.so
"""
RED_HAT_SU = (
    "auth required pam_env.so\nauth sufficient pam_rootok.so\nauth substack system-auth\nauth include postlogin\n"
    "account sufficient pam_succeed_if.so uid = 0 use_uid quiet\naccount include system-auth\npassword include system-auth\n"
    "session include system-auth\nsession include postlogin\nsession optional pam_xauth.so\n"
)
RED_HAT_SSHD = (
    "auth substack password-auth\nauth include postlogin\naccount required pam_sepermit.so\naccount required pam_nologin.so\n"
    "account include password-auth\npassword include password-auth\nsession required pam_selinux.so close\n"
    "session include password-auth\nsession include postlogin\n"
)
RED_HAT_CRON = "account include system-auth\nsession required pam_loginuid.so\nsession include system-auth\nauth include system-auth\n"
NONE: Dict[str, Any] = {"empty": True}
UNIX, FAILLOCK, PWQUALITY = "pam_unix.so", "pam_faillock.so", "pam_pwquality.so"
UNSET = {"each": {"fields": {"value": {"absent": True}}}}


def _debian(**changed: str) -> Dict[str, Any]:
    files = {"common-auth": AUTH, "common-account": ACCOUNT, "common-password": PASSWORD, "common-session": SESSION}
    files = {**files, "login": LOGIN, "su": SU, **{name.replace("_", "-"): text for name, text in changed.items()}}
    return {PAM + name: text for name, text in files.items()}


def _red_hat(text: str = RED_HAT, **more: str) -> Dict[str, Any]:
    postlogin = "session optional pam_umask.so silent\nsession optional pam_lastlog.so showfailed\n"
    files = {"system-auth": text, "password-auth": text, "postlogin": postlogin, "su": RED_HAT_SU, **more}
    files.update({"sshd": RED_HAT_SSHD, "crond": RED_HAT_CRON})
    return {"/etc/redhat-release": "", **{PAM + name: row for name, row in files.items()}}


def _runs(name: str, verdict: str, kind: str, files: Dict[str, Any], module: str = UNIX) -> Scenario:
    address = {"query": "runs", "type": kind, "module": module}
    return Scenario(name, address, NONE, verdict, {"state": "error" if verdict == "error" else "value"}, files=files)


def _sudoers(defaults: str) -> Dict[str, Any]:
    return {"/etc/sudoers": "root ALL=(ALL) ALL\nDefaults%s%s\n" % ("" if defaults.startswith(":") else " ", defaults)}


def _sshd_asks(name: str, verdict: str, service: str) -> Scenario:
    files = {**_debian(x=service, sshd=LOGIN), "/etc/ssh/sshd_config": "PAMServiceName x\n"}
    address = {"query": "runs", "type": "auth", "module": UNIX}
    return Scenario(
        name, address, NONE, verdict, {"state": "value"}, files=files, commands={"sshd -T": "pamservicename x\n"}
    )


def _locks(name: str, verdict: str, files: Dict[str, Any]) -> Scenario:
    return Scenario(name, {"query": "locks", "module": FAILLOCK}, NONE, verdict, {"state": "value"}, files=files)


def _judges(name: str, verdict: str, password: str, module: str = PWQUALITY) -> Scenario:
    address = {"query": "judges", "module": module}
    return Scenario(name, address, NONE, verdict, {"state": "value"}, files=_debian(common_password=password))


def _option(  # noqa: PLR0917 - a row of the table below
    name: str, verdict: str, module: str, option: str, expect: Any, files: Dict[str, Any], kind: str = "", **more: Any
) -> Scenario:
    address = {"query": "option", "module": module, "name": option, **({"type": kind} if kind else {})}
    expect = UNSET if expect is None else {"each": {"fields": {"value": expect}}}
    return Scenario(name, address, expect, verdict, {}, files=files, **more)


def _hash(name: str, verdict: str, words: str, login_defs: str = "") -> Scenario:
    files = _debian(common_password=PASSWORD.replace("obscure yescrypt", words))
    strong = {"one_of": ["sha512", "yescrypt"]}
    return _option("hash-" + name, verdict, UNIX, "hash", strong, {**files, "/etc/login.defs": login_defs}, "password")


def _nullok(name: str, verdict: str, auth: str, **more: str) -> Scenario:
    return _option("nullok-" + name, verdict, UNIX, "nullok", None, _debian(common_auth=auth, **more))


def _deny(name: str, verdict: str, auth: str) -> Scenario:
    few = {"any_of": [{"absent": True}, {"between": [1, 5]}]}
    return _option("deny-" + name, verdict, FAILLOCK, "deny", few, _debian(common_auth=auth), "auth")


def _history(name: str, verdict: str, words: str, conf: str = "", program: str = "pwhistory.conf") -> Scenario:
    line = "password requisite pam_pwhistory.so %s\n" % words
    files = {
        **_debian(common_password=line + PASSWORD),
        "/etc/security/pwhistory.conf": conf,
        **{"/lib/security/pam_%s.so" % one: program for one in ("pwhistory", "unix", "deny", "permit")},
    }
    return _option("remember-" + name, verdict, "pam_pwhistory.so", "remember", {"at_least": 24}, files, "password")


GOOD = AUTH.replace(" nullok", "")
SCENARIOS = [
    # Whether a module runs and counts.
    *(_runs("stock-" + kind, "pass", kind, _debian()) for kind in ("auth", "account", "password", "session")),
    *(_runs("red-hat-" + kind, "pass", kind, _red_hat()) for kind in ("auth", "account", "password", "session")),
    _runs("missing", "fail", "auth", _debian(common_auth="auth required pam_permit.so\n")),
    _runs("ignored", "fail", "auth", _debian(common_auth="auth [default=ignore] pam_unix.so\nauth required pam_permit.so\n")),
    _runs("sufficient-before", "fail", "auth", _debian(common_auth="auth sufficient pam_permit.so\n" + AUTH)),
    _runs("jumped-over", "fail", "account", _debian(common_account="account [default=1] pam_permit.so\n" + ACCOUNT)),
    _runs("dies-before", "fail", "session", _debian(common_session="session requisite pam_deny.so\n" + SESSION)),
    _runs("one-service-without-it", "fail", "auth", _debian(sshd="auth required pam_permit.so\n")),
    _runs("in-a-substack", "pass", "auth", _debian(login="auth substack common-auth\n")),
    _runs("die-in-a-substack-only", "pass", "auth", _debian(login="auth substack x\n" + LOGIN, x="auth sufficient pam_deny.so\n")),
    _sshd_asks("sshd-asks-an-open-service", "fail", "auth sufficient pam_permit.so\n"),
    _sshd_asks("sshd-asks-another-as-it-should-be", "pass", LOGIN),
    # `sudo -S id </dev/null` of somebody with a password said uid=0 on Debian 12 and 13.
    _runs("sudoers-names-an-open-service", "fail", "auth", {**_debian(x="auth sufficient pam_permit.so\n", sudo=LOGIN), **_sudoers("pam_service=x")}),
    _runs("for-some-alone", "fail", "auth", {**_debian(x="auth sufficient pam_permit.so\n", sudo=LOGIN), **_sudoers(":ann pam_login_service = x")}),
    _runs("sudoers-names-a-service-as-it-should-be", "pass", "auth", {**_debian(x=LOGIN, sudo=LOGIN), **_sudoers("pam_askpass_service=x")}),
    _runs("sudoers-names-none-of-its-own", "fail", "auth", {**_debian(other="auth required pam_permit.so\n", sudo=LOGIN), **_sudoers("pam_service=x")}),
    _runs("sudoers-without-sudo", "pass", "auth", {**_debian(x="auth sufficient pam_permit.so\n"), **_sudoers("pam_service=x")}),
    _runs("service-that-falls-back", "fail", "auth", _debian(login="account required pam_permit.so\n", other="auth required pam_permit.so\n")),
    _runs("program-without-a-file", "fail", "auth", {**_debian(other="auth required pam_permit.so\n"), "/usr/sbin/sshd": ""}),
    _runs("vendor-folder", "pass", "auth", {"/usr/lib/pam.d/login": AUTH, "/etc/pam.d/x": ""}),
    _runs("one-file", "pass", "auth", {"/etc/pam.conf": "LOGIN auth required pam_unix.so\nother auth required pam_deny.so\n"}),
    _runs("odd-case-and-blanks", "pass", "auth", _debian(common_auth=" -AUTH\tRequired\t/lib/security/pam_unix.so#x\n")),
    _runs("bracket-with-escape", "pass", "auth", _debian(common_auth="auth [success=ok default=die]pam_unix.so [x=\\]]\n")),
    _runs("malformed-control", "fail", "auth", _debian(common_auth="auth [success=ok bogus=ok] pam_unix.so\n")),
    _runs("type-that-is-none", "fail", "auth", _debian(common_auth="bogus\n" + AUTH)),
    _runs("module-that-is-missing", "fail", "auth", {**_debian(), "/lib/security/pam_deny.so": ""}),
    _runs("include-that-is-missing", "error", "auth", _debian(login="auth include nothing\n")),
    _runs("ends-in-a-backslash", "error", "auth", _debian(common_auth=AUTH + "auth required \\\n")),
    _runs("nothing-behind-a-backslash", "error", "auth", _debian(common_auth="auth required \\\n# x\n pam_unix.so\n")),
    Scenario("no-service", {"query": "runs", "type": "auth", "module": UNIX}, NONE, "fail", {"state": "absent"}),
    # Whether failed logins are counted and lock.
    _locks("locks", "pass", _debian(common_auth=LOCKED)),
    _locks("locks-red-hat", "pass", _red_hat()),
    _locks("locks-not", "fail", _debian()),
    _locks("locks-with-preauth-ignored", "fail", _debian(common_auth=LOCKED.replace("required pam_faillock", "[default=ignore] pam_faillock"))),
    _locks("locks-with-preauth-optional", "fail", _debian(common_auth=LOCKED.replace("required pam_faillock", "optional pam_faillock"))),
    _locks("locks-behind-a-sufficient-unix", "fail", _debian(common_auth="auth sufficient pam_unix.so\n" + LOCKED)),
    _locks("locks-without-authfail", "fail", _debian(common_auth=LOCKED.replace("authfail", "preauth"))),
    # Whom the table of pam_access refuses gets in past the lock.
    _locks("locks-jumped-over-by-who-is-refused", "fail", _debian(common_auth="auth [success=ignore default=1] pam_access.so\n" + LOCKED)),
    _locks("locks-behind-a-required-access", "pass", _debian(common_auth="auth required pam_access.so\n" + LOCKED)),
    _locks("locks-with-authfail-jumped-over", "fail", _debian(common_auth=LOCKED.replace("default=ignore] pam_unix", "default=1] pam_unix"))),
    _locks("locks-not-for-su-of-its-own", "fail", _debian(common_auth=LOCKED, su="auth sufficient pam_rootok.so\n" + AUTH)),
    # Whether a new password is judged before it is stored.
    _judges("judges", "pass", QUALITY + PASSWORD),
    _judges("judges-required", "pass", QUALITY.replace("requisite", "required") + PASSWORD),
    _judges("judges-behind-the-storing", "fail", PASSWORD + QUALITY),
    _judges("judges-for-nothing", "fail", QUALITY.replace("requisite", "[default=ignore]") + PASSWORD),
    # What stands before the lock gives each of its results to somebody, as seen of libpam 1.5.2 and 1.7.0.
    *(
        _locks("locks-jumped-over-where-%d" % number, verdict, _debian(common_auth="auth %s\n%s" % (line, LOCKED)))
        for number, (verdict, line) in enumerate(
            [
                ("pass", "required pam_wheel.so use_uid group=staff"),
                ("fail", "[perm_denied=1 default=ignore] pam_wheel.so group=staff"),
                ("fail", "[ignore=1 default=ignore] pam_wheel.so group=staff"),
                ("pass", "[success=1 default=ignore] pam_wheel.so group=staff"),
                ("fail", "[success=1 default=ignore] pam_wheel.so trust group=staff"),
                ("pass", "[ignore=1 default=ignore] pam_wheel.so trust group=staff"),
                ("fail", "[ignore=1 default=ignore] pam_wheel.so trust root_only"),
                ("pass", "requisite pam_nologin.so"),
                ("fail", "[ignore=1 default=bad] pam_nologin.so"),
                ("fail", "[success=1 default=bad] pam_nologin.so successok"),
                ("pass", "[success=1 ignore=ignore default=bad] pam_nologin.so"),
                ("fail", "[success=ok default=1] pam_shells.so"),
                ("fail", "[success=1 default=ignore] pam_listfile.so item=user sense=allow file=/etc/staff"),
                ("fail", "[service_err=1 default=ignore] pam_listfile.so item=user sense=allow file=/etc/staff"),
                ("fail", "[service_err=1 default=ignore] pam_securetty.so"),
                ("pass", "[success=ok user_unknown=bad default=die] pam_securetty.so"),
                ("fail", "[success=ok default=1] pam_access.so"),
                ("fail", "[ignore=1 default=ignore] pam_env.so"),
                ("pass", "[success=1 default=ignore] pam_rootok.so"),
                ("pass", "[perm_denied=1 default=ignore] pam_localuser.so"),
                ("fail", "[perm_denied=1 default=ignore] pam_localuser.so file=/etc/staff"),
                ("fail", "[authinfo_unavail=1 default=ignore] pam_sss.so"),
                ("fail", "[ignore=1 default=ignore] pam_sss.so ignore_unknown_user"),
                ("pass", "[success=1 default=ignore] pam_sss.so"),
            ]
        )
    ),
    _judges("judges-optional", "fail", QUALITY.replace("requisite", "optional") + PASSWORD),
    _judges("judges-jumped-over", "fail", "password [default=1] pam_permit.so\n" + QUALITY + PASSWORD),
    _judges("judges-another", "fail", QUALITY + PASSWORD, "pam_pwhistory.so"),
    # Options, each by its module's own rule.
    _nullok("not-given", "pass", GOOD),
    # pam_faillock makes the folder of its counts, but none above it; where it cannot, everybody tries for ever.
    *(
        _option(
            "dir-of-counts-%d" % number,
            verdict,
            FAILLOCK,
            "dir",
            {"any_of": [{"absent": True}, {"matches": "^/[^()]*$"}]},
            {**_debian(common_auth=LOCKED.replace("preauth", "preauth " + words)), **files},
            "auth",
        )
        for number, (verdict, words, files) in enumerate(
            [
                ("pass", "", {}),
                ("pass", "dir=/var/counts", {"/var/x": ""}),
                ("pass", "dir=/var/counts/", {"/var/counts": File(directory=True, mode=0o755)}),
                ("pass", "dir=var/counts", {}),
                ("fail", "dir=/nowhere/counts", {}),
                ("fail", "dir=/var/null", {"/var/null": ""}),
                ("fail", "dir=/var/link", {"/var/link": File(link="/nowhere")}),
                ("fail", "dir=/var/open", {"/var/open": File(directory=True, mode=0o777)}),
                ("fail", "dir=/proc", {}),
                ("pass", "dir=/nowhere/counts dir=/var/counts", {"/var/x": ""}),
            ]
        )
    ),
    # Debian 13's pam_pwhistory puts a plain file in the place of a device; none is asked of Debian 12's, which knows no `file`.
    *(
        _option(
            "file-of-history-%d" % number,
            verdict,
            "pam_pwhistory.so",
            "file",
            {"any_of": [{"absent": True}, {"matches": "^/[^()]*$"}]},
            {**_debian(common_password="password required pam_pwhistory.so %s\n%s" % (words, PASSWORD)), **files},
            "password",
        )
        for number, (verdict, words, files) in enumerate(
            [
                ("pass", "", {}),
                ("pass", "file=/var/Kept", {"/var/x": ""}),
                ("pass", "file=kept", {}),
                ("fail", "file=/nowhere/kept", {}),
                ("fail", "FILE=/dev/null", {"/dev/x": ""}),
                ("fail", "file=/var/kept", {"/var/kept": File(directory=True)}),
                ("fail", "", {"/etc/security/pwhistory.conf": "file = /run/kept\n", "/run/x": ""}),
                ("pass", "file=/var/kept", {"/etc/security/pwhistory.conf": "file = /run/kept\n", "/var/x": ""}),
                ("fail", "file=/run/kept", {"/run/x": "", "/lib/security/pam_pwhistory.so": "pwhistory.conf"}),
                ("pass", "file=/run/kept", {"/run/x": "", "/lib/security/pam_pwhistory.so": "remember"}),
            ]
        )
    ),
    _option("nullok-given", "fail", UNIX, "nullok", None, _debian(), wanted={"pam": UNIX, "remove": ["nullok.*"]}),
    _nullok("on-a-continued-line", "fail", GOOD.replace("pam_unix.so", "pam_unix.so \\\n nullok")),
    _nullok("with-a-type-prefix", "fail", GOOD.replace("auth [", "-auth [").replace("pam_unix.so", "pam_unix.so nullok")),
    _nullok("as-a-beginning", "fail", GOOD.replace("pam_unix.so", "pam_unix.so nullok_secure")),
    _nullok("in-a-comment", "pass", GOOD.replace("pam_unix.so", "pam_unix.so # nullok")),
    _nullok("where-nothing-comes", "pass", GOOD + "auth requisite pam_deny.so\nauth required pam_unix.so nullok\n"),
    _nullok("of-one-service", "fail", GOOD, sshd=AUTH),
    _nullok("of-a-service-of-its-own", "fail", GOOD, vsftpd=AUTH),
    _nullok("in-a-copy", "pass", GOOD, **{"login.dpkg-old": AUTH}),
    _nullok("in-what-nobody-includes", "pass", GOOD, system_auth=AUTH),
    _deny("at-authfail", "fail", LOCKED.replace("authfail", "authfail deny=50")),
    _deny("last-wins", "pass", LOCKED.replace("authfail", "authfail deny=50 deny=5")),
    _deny("last-is-no-number", "fail", LOCKED.replace("authfail", "authfail deny=50 deny=x")),
    _deny("that-is-never", "fail", LOCKED.replace("preauth", "preauth deny=0")),
    _deny("with-a-rest", "fail", LOCKED.replace("preauth", "preauth deny=50x")),
    _hash("yescrypt", "pass", "obscure yescrypt"),
    _hash("last-wins", "fail", "yescrypt md5"),
    _hash("last-is-good", "pass", "md5 sha512"),
    _hash("word-that-the-pattern-does-not-know", "fail", "yescrypt gost_yescrypt"),
    _hash("none-at-all", "fail", "obscure"),
    _hash("of-login-defs-in-small-letters", "pass", "obscure", "ENCRYPT_METHOD sha512\n"),
    _hash("of-the-first-line-of-login-defs", "fail", "obscure", "encrypt_method md5\nENCRYPT_METHOD SHA512\n"),
    _hash("on-a-continued-line", "fail", "yescrypt \\\n md5"),
    _history("given", "pass", "remember=24"),
    _history("in-capitals-behind", "fail", "remember=24 REMEMBER=5"),
    _history("default", "fail", ""),
    _history("of-the-file", "pass", "", "remember = 24\nremember = 5\n"),
    _history("of-the-file-but-argument-wins", "fail", "remember=5", "remember = 24\n"),
    _history("of-a-file-that-is-not-read", "fail", "", "remember = 24\n", program="older"),
    _option(
        "quality-argument-in-any-case", "fail", PWQUALITY, "minlen", {"any_of": [{"absent": True}, {"at_least": 14}]},
        _debian(common_password=QUALITY.replace("retry=3", "MINLEN=6") + PASSWORD), "password",
        wanted={"pam": PWQUALITY, "remove": ["(?i:minlen)=.*"]},
    ),
    _option(
        "quality-shortest-with-credits", "fail", PWQUALITY, "shortest", {"at_least": 14},
        {
            **_debian(common_password=QUALITY.replace("retry=3", "ocredit=2") + PASSWORD),
            "/etc/security/pwquality.conf": "minlen = 14\n",
        },
        "password",
    ),
]  # fmt: skip
