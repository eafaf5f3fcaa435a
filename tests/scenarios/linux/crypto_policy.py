"""Scenarios of the system-wide cryptographic policy: set and applied, what it allows, and programs that go their own way."""

from __future__ import annotations

from typing import Any, Dict, List, Union

from tests.scenarios.linux import File, Scenario

POLICY = {"query": "policy"}
RIGHT = {
    "fields": {
        "in_force": {"equals": True},
        "base": {"one_of": ["DEFAULT", "FUTURE", "FIPS"]},
        "missing": {"empty": True},
    }
}
FOLLOW = {"query": "not_following"}
TOP = "/etc/crypto-policies/"
BACK = TOP + "back-ends/"
SHIPPED = "/usr/share/crypto-policies/"
Files = Dict[str, Union[str, bytes, File]]
DUMP = """# Policy DEFAULT:NO-SHA1 dump
# Baseline values for all scopes:
cipher = AES-256-GCM AES-256-CCM CHACHA20-POLY1305 AES-128-CBC
hash = SHA2-256 SHA2-384
sha1_in_certs = 0
# Scope-specific properties derived for select backends:
cipher@openssh-server = AES-256-GCM AES-256-CTR
"""
SSH = "Ciphers aes256-gcm@openssh.com,aes256-ctr\nMACs hmac-sha2-256\n"
OPENSSL = "openssl_conf = i\n[i]\nproviders = p\nssl_conf = s\n[p]\ndefault = q\n[q]\nactivate = 1\n[s]\nsystem_default = crypto_policy\n[crypto_policy]\n"
TLS = "CipherString = @SECLEVEL=2:kEECDH\nTLS.MinProtocol = TLSv1.2\nDTLS.MinProtocol = DTLSv1.2\n"
INCLUDE = ".include = %sopensslcnf.config\n" % BACK


def _host(configured: str, applied: str, **more: Any) -> Files:
    base = applied.split(":", 1)[0]
    return {
        TOP + "config": configured,
        TOP + "state/current": applied,
        TOP + "state/CURRENT.pol": DUMP,
        BACK + "gnutls.config": File(link="%s%s/gnutls.txt" % (SHIPPED, base)),
        "%s%s/gnutls.txt" % (SHIPPED, base): "x",
        **{"%spolicies/%s.pol" % (SHIPPED, name): "x" for name in ("DEFAULT", "LEGACY", "FUTURE")},
        SHIPPED + "policies/modules/NO-SHA1.pmod": "x",
        TOP + "policies/modules/NO-WEAKMAC.pmod": "x",
        **more.get("files", {}),
    }


def _policy(name: str, verdict: str, configured: str, applied: str, seen: Dict[str, Any], **more: Any) -> Scenario:
    parts = applied.split(":")
    document = {
        "configured": more.get("named", configured.strip("\n")),
        "applied": applied,
        "base": parts[0],
        "modules": parts[1:],
        "in_force": True,
        "missing": [],
        "altered": [],
        "local": [],
        "fips": False,
        **seen,
    }
    observed = {"state": "value", "value": document}
    return Scenario("policy-" + name, POLICY, RIGHT, verdict, observed, files=_host(configured, applied, **more))


def _allows(
    name: str, verdict: str, key: str, expect: Dict[str, Any], observed: Dict[str, Any], **scope: str
) -> Scenario:
    address = {"query": "allows", "name": key, **scope}
    return Scenario("allows-" + name, address, expect, verdict, observed, files=_host("DEFAULT", "DEFAULT"))


def _follow(name: str, found: List[str], **files: Union[str, bytes, File]) -> Scenario:
    rows = [dict(zip(("program", "place", "why"), one.split("|"))) for one in found]
    planted = _host("DEFAULT", "DEFAULT", files={key: text for key, text in files.items() if text})
    seen = {"state": "value", "value": rows}
    return Scenario("follows-" + name, FOLLOW, {"empty": True}, "fail" if rows else "pass", seen, files=planted)


SSHD = {
    "/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\n",
    "/etc/ssh/sshd_config.d/50-redhat.conf": "Include %sopensshserver.config\n" % BACK,
    BACK + "opensshserver.config": SSH,
}
OLD_UNIT = {
    "/usr/lib/systemd/system/sshd.service": "[Service]\nEnvironmentFile=-%sopensshserver.config\nEnvironmentFile=-/etc/sysconfig/sshd\n"
    % BACK
    + "ExecStart=/usr/sbin/sshd -D $OPTIONS $CRYPTO_POLICY\n",
    "/etc/ssh/sshd_config": "Port 22\n",
}
KERBEROS = {
    "/etc/krb5.conf": "includedir /etc/krb5.conf.d/\n[libdefaults]\n dns_lookup_realm = false\n",
    "/etc/krb5.conf.d/crypto-policies": File(link=BACK + "krb5.config"),
    BACK + "krb5.config": "[libdefaults]\npermitted_enctypes = aes256-cts-hmac-sha1-96\n",
}

# After the manual pages and the files of RHEL 8 and 9; no test here has run update-crypto-policies of theirs.
SCENARIOS = [
    _policy("stock", "pass", "# c\nDEFAULT\n", "DEFAULT", {}, named="DEFAULT"),
    _policy("legacy", "fail", "LEGACY\n", "LEGACY", {}),
    _policy("small-letters", "pass", "default:no-sha1\n", "DEFAULT:NO-SHA1", {}, named="DEFAULT:NO-SHA1"),
    _policy("modules", "pass", "DEFAULT:NO-SHA1:NO-WEAKMAC\n", "DEFAULT:NO-SHA1:NO-WEAKMAC", {}),
    _policy(
        "modules-in-lines-of-their-own",
        "pass",
        "DEFAULT # x\nNO-SHA1\n",
        "DEFAULT:NO-SHA1",
        {},
        named="DEFAULT:NO-SHA1",
    ),
    _policy("set-and-not-applied", "fail", "FUTURE\n", "DEFAULT", {"in_force": False}),
    _policy("applied-and-taken-back-in-the-file", "fail", "LEGACY\n", "DEFAULT", {"in_force": False}),
    _policy("module-that-is-missing", "fail", "DEFAULT:NO-X\n", "DEFAULT:NO-X", {"missing": ["modules/NO-X.pmod"]}),
    _policy(
        "back-end-of-another-policy",
        "fail",
        "DEFAULT\n",
        "DEFAULT",
        {"in_force": False, "altered": ["openssl.config"]},
        files={BACK + "openssl.config": File(link=SHIPPED + "LEGACY/openssl.txt"), SHIPPED + "LEGACY/openssl.txt": "x"},
    ),
    _policy("back-end-written-with-it", "pass", "DEFAULT\n", "DEFAULT", {}, files={BACK + "openssl.config": "x"}),
    _policy(
        "local-additions",
        "pass",
        "DEFAULT\n",
        "DEFAULT",
        {"local": [TOP + "local.d/gnutls-mine.config"]},
        files={TOP + "local.d/gnutls-mine.config": "x"},
    ),
    _policy("fips", "pass", "DEFAULT\n", "DEFAULT", {"fips": True}, files={"/proc/sys/crypto/fips_enabled": "1\n"}),
    Scenario("policy-empty", POLICY, RIGHT, "error", {"state": "error"}, files=_host("# DEFAULT\n", "DEFAULT")),
    Scenario("policy-odd", POLICY, RIGHT, "error", {"state": "error"}, files=_host("DEFAULT:../X\n", "DEFAULT")),
    Scenario("policy-never-applied", POLICY, RIGHT, "error", {"state": "error"}, files={TOP + "config": "DEFAULT\n"}),
    Scenario("policy-none", POLICY, RIGHT, "fail", {"state": "absent"}),
    _allows("no-sha1", "pass", "hash", {"none_of": ["SHA1"]}, {"state": "value", "value": ["SHA2-256", "SHA2-384"]}),
    _allows("number", "pass", "sha1_in_certs", {"equals": ["0"]}, {"state": "value", "value": ["0"]}),
    _allows(
        "scope-with-its-own",
        "pass",
        "cipher",
        {"none_of": ["AES-128-CBC"]},
        {"state": "value", "value": ["AES-256-GCM", "AES-256-CTR"]},
        scope="openssh-server",
    ),
    _allows(
        "scope-without-its-own",
        "fail",
        "cipher",
        {"none_of": ["AES-128-CBC"]},
        {"state": "value"},
        scope="openssh-client",
    ),
    _allows("unknown", "pass", "colour", {"absent": True}, {"state": "absent"}),
    _follow("nothing-there", []),
    _follow("sshd", [], **SSHD),
    _follow(
        "sshd-not-included",
        ["sshd|/etc/ssh/sshd_config|nothing includes %sopensshserver.config" % BACK],
        **{**SSHD, "/etc/ssh/sshd_config.d/50-redhat.conf": ""},
    ),
    _follow(
        "sshd-own-line-before",
        ["sshd|/etc/ssh/sshd_config.d/00-mine.conf:1|ciphers stands before that of the policy"],
        **{**SSHD, "/etc/ssh/sshd_config.d/00-mine.conf": "Ciphers aes128-cbc\n"},
    ),
    _follow("sshd-own-line-behind", [], **{**SSHD, "/etc/ssh/sshd_config.d/99-mine.conf": "Ciphers aes128-cbc\n"}),
    _follow("sshd-by-arguments", [], **OLD_UNIT),
    _follow(
        "sshd-own-arguments",
        ["sshd|/etc/sysconfig/sshd:2|it takes its arguments from here"],
        **{**OLD_UNIT, "/etc/sysconfig/sshd": "# CRYPTO_POLICY=x\nCRYPTO_POLICY=\n"},
    ),
    _follow("sshd-arguments-that-nothing-takes", [], **{**SSHD, "/etc/sysconfig/sshd": "CRYPTO_POLICY=\n"}),
    _follow("openssl", [], **{"/etc/pki/tls/openssl.cnf": OPENSSL + INCLUDE, BACK + "opensslcnf.config": TLS}),
    _follow(
        "openssl-not-included",
        ["OpenSSL|/etc/pki/tls/openssl.cnf|what holds for every program does not include %sopensslcnf.config" % BACK],
        **{"/etc/pki/tls/openssl.cnf": OPENSSL + "[x]\n" + INCLUDE, BACK + "opensslcnf.config": TLS},
    ),
    _follow(
        "openssl-own-line-behind",
        ["OpenSSL|/etc/pki/tls/openssl.cnf:14|minprotocol is set beside the policy"],
        **{"/etc/pki/tls/openssl.cnf": OPENSSL + INCLUDE + "\nMinProtocol = TLSv1\n", BACK + "opensslcnf.config": TLS},
    ),
    _follow("kerberos", [], **KERBEROS),
    _follow(
        "kerberos-without-the-link",
        ["Kerberos|/etc/krb5.conf|nothing includes %skrb5.config" % BACK],
        **{**KERBEROS, "/etc/krb5.conf.d/crypto-policies": ""},
    ),
    _follow(
        "kerberos-own-line",
        ["Kerberos|/etc/krb5.conf.d/mine.conf:2|permitted_enctypes is set beside the policy"],
        **{**KERBEROS, "/etc/krb5.conf.d/mine.conf": "[libdefaults]\n permitted_enctypes = rc4-hmac\n"},
    ),
    _follow(
        "environment",
        ["a program|/etc/systemd/system/web.service:2|it is given OPENSSL_CONF"],
        **{"/etc/systemd/system/web.service": "[Service]\nEnvironment=OPENSSL_CONF=/etc/web.cnf\n"},
    ),
]
