"""Scenarios of hosts joined to a directory. What sssd makes of its files is what `sssd --genconf` 2.8.2 was seen to make of them."""

from __future__ import annotations

from typing import Any, Dict, List

from tests.scenarios.linux import File, Scenario

NSS = {"/etc/nsswitch.conf": "passwd: files sss\ngroup: files sss\nshadow: files\n"}
WINBIND = {"/etc/nsswitch.conf": "passwd:\tfiles [NOTFOUND=continue] winbind # joined\n"}
AD = "[sssd]\ndomains = example.com\n[domain/example.com]\nid_provider = ad\n"
MAIN, SMB = "/etc/sssd/sssd.conf", "/etc/samba/smb.conf"
PAM = {
    "/etc/pam.d/sshd": "auth required pam_unix.so\naccount [default=bad success=ok user_unknown=ignore] pam_sss.so\n",
}
HOMED = {
    "/etc/nsswitch.conf": "passwd: files systemd\n",
    "/usr/lib/systemd/systemd-homed": "",
    "/var/lib/systemd/home/eve.identity": "{}",
}
JOINED = {"any": {"present": True}}
ENDS = {"each": {"fields": {"days": {"between": [1, 1]}}}}
CLOSED = {"empty": True}


def _sssd(text: str, mode: int = 0o600) -> File:
    return File(text=text, mode=mode)


def _files(text: str, more: Any = None) -> Dict[str, Any]:
    return {**NSS, **PAM, MAIN: _sssd(text), **(more or {})}


def _case(name: str, verdict: str, files: Dict[str, Any], query: str = "accounts", **more: Any) -> Scenario:
    expect = more.pop("expect", None) or {"accounts": JOINED, "cached_logins": ENDS, "access": CLOSED}[query]
    seen = more.pop("observed", {"state": "error" if verdict == "error" else "value"})
    return Scenario(name, {"query": query}, expect, verdict, seen, files=files, **more)


def _cached(name: str, verdict: str, text: str, **more: Any) -> Scenario:
    return _case("cached-" + name, verdict, _files(AD + text, more.pop("files", None)), "cached_logins", **more)


def _access(name: str, verdict: str, text: str, files: Any = None, **more: Any) -> Scenario:
    return _case("access-" + name, verdict, _files(AD + text, files), "access", **more)


def _row(**more: Any) -> List[Dict[str, Any]]:
    return [
        {
            "by": "sssd",
            "domain": "example.com",
            "provider": "ad",
            "file": MAIN,
            "line": 4,
            "asked_by": "/etc/nsswitch.conf",
            **more,
        }
    ]


KEPT = "cache_credentials = TRUE\n"
DAY = "[pam]\noffline_credentials_expiration = 1\n"
OFF, ON = (
    _sssd("[domain/example.com]\ncache_credentials=false\n"),
    _sssd("[domain/EXAMPLE.com]\ncache_credentials=true\n"),
)
OFFLINE = "security = ads\nwinbind offline logon = yes\n"
GROUP = {"/etc/security/pam_winbind.conf": "[global]\nrequire_membership_of = S-1-5-21\n"}
SNIPPET = "/etc/sssd/conf.d/"
SSHD = {"/etc/pam.d/sshd": "auth required pam_unix.so\n"}
SCENARIOS = [
    _case("pam-file-that-cannot-be-read", "error", {"/etc/pam.d/login": File(directory=True), **SSHD}),
    _case(
        "folder-of-pam-that-no-stack-reads", "pass", {"/etc/pam.d/old/x": "", **SSHD},
        observed={"state": "value", "value": []}, expect={"empty": True},
    ),
    _case("joined-by-sssd", "pass", _files(AD), observed={"state": "value", "value": _row()}),
    # Packages put the name there; nothing is asked.
    _case("sss-without-a-domain", "fail", {**NSS, **PAM}),
    _case("own-accounts-only", "fail", {"/etc/nsswitch.conf": "passwd: files systemd\n"}),
    _case("prose-behind-a-sign", "fail", {"/etc/nsswitch.conf": "passwd: files # no directory here\n"}),
    _case("directory-behind-a-sign", "pass", {"/etc/nsswitch.conf": "passwd: files # was: ldap\n"}),
    _case("earlier-line", "fail", {"/etc/nsswitch.conf": "passwd: files ldap\npasswd: files\n"}),
    _case("database-in-capitals", "fail", {"/etc/nsswitch.conf": "Passwd: files ldap\n"}),
    _case("line-without-a-colon", "pass", {"/etc/nsswitch.conf": "passwd files ldap\n"}),
    _case("no-nsswitch", "fail", {}),
    _case("domain-that-is-off", "fail", _files(AD + "enabled = False\n")),
    _case("domain-that-is-not-listed", "fail", _files("[sssd]\nservices = nss\n[domain/x]\nid_provider = ldap\n")),
    _case("domain-that-is-enabled", "pass", _files("[domain/x]\nid_provider = ldap\nenabled = true\n")),
    _case("files-of-this-host", "fail", _files("[sssd]\ndomains = x\n[domain/x]\nid_provider = files\n")),
    _case("own-accounts-with-kerberos", "pass", _files("[sssd]\ndomains = x\n[domain/x]\nid_provider = files\nauth_provider = krb5\n")),
    _case("in-a-snippet", "pass", {**NSS, SNIPPET + "a.conf": _sssd(AD)}),
    _case("names-in-any-case", "pass", _files("[SSSD]\nDomains = A.example\n[domain/a.EXAMPLE]\n ID_provider=ldap\n")),
    _case("line-that-sssd-refuses", "error", _files(AD + "cache_credentials : true\n")),
    _case("comment-behind-a-section", "error", _files("[sssd] # x\ndomains = x\n")),
    _case("readable-for-others", "error", {**NSS, MAIN: _sssd(AD, 0o640)}),
    _case("comment-in-the-manner-of-c", "fail", _files("[sssd]\ndomains = x\n[domain/x]\n/* a\nid_provider = ad\n*/\n")),
    _case("pam-alone", "pass", {**PAM, "/etc/pam.d/sshd": "auth sufficient pam_sss.so\n", MAIN: _sssd(AD)}),
    _case("kerberos-in-pam", "pass", {"/etc/pam.d/login": "auth required pam_krb5.so minimum_uid=1000\n"}),
    _case("ldap", "pass", {"/etc/nsswitch.conf": "passwd: files ldap\n"}),
    _case("service-of-another-maker", "pass", {"/etc/nsswitch.conf": "passwd: files authd\n"}),
    _case("samba-alone", "fail", {**WINBIND, SMB: "[global]\nworkgroup = W\nsecurity = user\n"}),
    _case("joined-by-winbind", "pass", {**WINBIND, SMB: "[Global]\n  Realm = EXAMPLE.COM\n SECURITY = \\\n ADS\n"}),
    _case("winbind-in-a-share", "fail", {**WINBIND, SMB: "[data]\nsecurity = ads\n"}),
    _case("winbind-by-an-include", "pass", {**WINBIND, SMB: "include = /etc/samba/a\n", "/etc/samba/a": "security=ads\n"}),
    _case("winbind-by-the-registry", "error", {**WINBIND, SMB: "[global]\nconfig backend = registry\n"}),
    _cached("none", "pass", ""),
    _cached("for-ever", "fail", KEPT),
    _cached("for-a-day", "pass", KEPT + DAY),
    _cached("for-a-week", "fail", KEPT + "[pam]\noffline_credentials_expiration = 7\n"),
    _cached("zero-is-for-ever", "fail", KEPT + "[pam]\noffline_credentials_expiration = 0\n"),
    _cached("empty-value", "fail", KEPT + "[pam]\noffline_credentials_expiration =\n"),
    _cached("day-in-another-section", "fail", KEPT + "offline_credentials_expiration = 1\n"),
    _cached("last-of-two", "pass", KEPT + "CACHE_credentials = false\n"),
    _cached("no-switch", "error", "cache_credentials = yes\n"),
    _cached("snippet-wins", "pass", KEPT, files={SNIPPET + "a.conf": OFF}),
    _cached("order-of-snippets", "fail", "", files={SNIPPET + "B.conf": OFF, SNIPPET + "a.conf": ON}),
    _cached("snippet-of-another-name", "fail", KEPT, files={SNIPPET + ".a.conf": OFF}),
    _cached("snippet-that-is-passed-over", "error", KEPT, files={SNIPPET + "a.conf": _sssd("[domain/example.com]\ncache_credentials=false\n", 0o644)}),
    _case("cached-by-winbind", "fail", {**WINBIND, SMB: OFFLINE, "/etc/pam.d/sshd": "auth sufficient pam_winbind.so cached_login\n"}, "cached_logins"),
    _case("winbind-without-cached-logins", "pass", {**WINBIND, SMB: OFFLINE, "/etc/pam.d/sshd": "auth sufficient pam_winbind.so\n"}, "cached_logins"),
    _access("everybody", "fail", ""),
    _access("permit", "fail", "access_provider = permit\n"),
    _access("simple-without-a-list", "fail", "access_provider = simple\nsimple_deny_users = eve\n"),
    _access("simple", "pass", "access_provider = simple\nsimple_allow_groups = ward\n"),
    _access("comment-behind-a-value", "error", "access_provider = simple # x\nsimple_allow_groups = ward\n"),
    _access("gpo", "pass", "access_provider = ad\n"),
    _access("gpo-that-only-warns", "fail", "access_provider = ad\nad_gpo_access_control = permissive\n"),
    _access("gpo-with-a-filter", "pass", "access_provider = ad\nad_gpo_access_control = disabled\nad_access_filter = (memberOf=cn=ward)\n"),
    _access("filter-that-fits-everybody", "fail", "access_provider = ldap\nldap_access_filter = (objectClass=*)\n"),
    _access("ldap-without-a-filter-lets-nobody-in", "pass", "access_provider = ldap\n"),
    _access("expiry-chooses-nobody", "fail", "access_provider = ldap\nldap_access_order = expire\n"),
    _access("other-provider", "error", "access_provider = proxy\n"),
    _access("pam-does-not-ask", "fail", "access_provider = deny\n", {"/etc/pam.d/login": "auth required pam_unix.so\naccount required pam_unix.so\n"}),
    _access("pam-does-not-listen", "fail", "access_provider = deny\n", {"/etc/pam.d/sshd": "account optional pam_sss.so\n"}),
    _case("access-by-winbind", "fail", {**WINBIND, SMB: "security = ads\n", "/etc/pam.d/sshd": "auth sufficient pam_winbind.so\n"}, "access"),
    _case("access-by-a-group-of-winbind", "pass", {**WINBIND, **GROUP, SMB: "security = ads\n"}, "access"),
    _case("access-of-another-maker", "error", {"/etc/nsswitch.conf": "passwd: files authd\n"}, "access"),
    _case("homed", "pass", HOMED, expect={"any": {"fields": {"by": {"equals": "systemd-homed"}, "provider": {"equals": "homed"}}}}),
    _case("homed-that-nobody-asks", "fail", {**HOMED, "/etc/nsswitch.conf": "passwd: files\n"}),
    _case("homed-lets-in-its-own", "pass", HOMED, "access"),
    _case("homed-keeps-no-login", "pass", HOMED, "cached_logins"),
]  # fmt: skip
