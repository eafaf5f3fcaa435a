"""Scenarios of the factors of logins.

Each stack was put to libpam 1.5.2 and 1.7.0 with pam_google_authenticator, pam_oath and pam_u2f of Debian 12 and 13, by an account that
has a code and one that has none; each configuration of sshd to 9.2 and 10.0, by each method and each pair of them.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

from tests.scenarios.linux import File, Scenario
from tests.scenarios.linux.sshd_option import sshd

LOGIN, SSHD, MAIN = "/etc/pam.d/login", "/etc/pam.d/sshd", "/etc/ssh/sshd_config"
GA, OATH, U2F = (
    "pam_google_authenticator.so",
    "pam_oath.so usersfile=/etc/users.oath window=5",
    "pam_u2f.so authfile=/etc/u2f",
)
MODULES = [GA, "pam_oath.so", "pam_u2f.so", "pam_duo.so", "pam_radius_auth.so"]
UNIX = "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n"
CODE = "auth required %s\n" % GA
NONE = {"empty": True}
# What of its options `sshd -T` prints in any case.
DEFAULTS = {
    "usepam": "yes",
    "pubkeyauthentication": "yes",
    "passwordauthentication": "yes",
    "kbdinteractiveauthentication": "no",
}
NOTHING, PASSWORD, DEVICE, KEY = (
    "no factor is surely demanded", "a password alone", "a device or code alone", "a key alone",
)  # fmt: skip
# authselect's profile sssd with smart cards required, and pam_unix for local accounts behind it.
CARDS = "auth [success=done ignore=%s default=die] pam_sss.so require_cert_auth\n%s"
SSSD = "[sssd]\ndomains = x\n[domain/x]\nid_provider = ldap\n[pam]\npam_cert_auth = %s\n"


def _stack(name: str, text: str, why: str = "", files: Optional[Dict[str, Any]] = None) -> Scenario:
    """``why``: nothing where two factors are demanded."""
    seen = [{"way": "login", "for": "", "why": why}] if why else []
    return Scenario(
        "stack: " + name,
        {"query": "one_factor", "modules": MODULES},
        NONE,
        "fail" if why else "pass",
        {"state": "value", "value": seen},
        files={LOGIN: text, **(files or {})},
    )


def _ssh(
    name: str, lines: str, ways: Sequence[Sequence[str]], stack: str = UNIX, query: str = "one_factor", **more: Any
) -> Scenario:
    """``ways``: methods, conditions and why."""
    address: Dict[str, Any] = {
        "query": query,
        **({"modules": MODULES, "programs": ["deploy", "backup"]} if query == "one_factor" else {}),
    }
    seen = [{"way": "sshd: " + methods, "for": match, "why": why} for methods, match, why in ways]
    defaults = {**DEFAULTS, **more.pop("defaults", {})}
    return Scenario(
        "%s: %s" % (query, name),
        address,
        NONE,
        "fail" if ways else "pass",
        {"state": "value", "value": seen},
        files={MAIN: lines, SSHD: stack, **more.pop("files", {})},
        commands={"sshd -T": sshd(**defaults)},
    )


def _without_key(name: str, lines: str, methods: Sequence[str] = (), match: str = "") -> Scenario:
    return _ssh(name, lines, [(one, match, "no key is asked for") for one in methods], query="ssh_without_key")


def _error(name: str, files: Dict[str, Any], reason: str, address: Dict[str, Any]) -> Scenario:
    return Scenario(
        name,
        address,
        NONE,
        "error",
        {"state": "error", "reason": reason},
        files=files,
        commands={"sshd -T": sshd(**DEFAULTS)},
    )


ASKED: Dict[str, Any] = {"query": "one_factor", "modules": MODULES}
KBD = "KbdInteractiveAuthentication yes\n"
BOTH = "AuthenticationMethods publickey,keyboard-interactive\n"
TOKENS = "PubkeyAuthOptions verify-required\nPubkeyAcceptedAlgorithms %s\nPasswordAuthentication no\n"
SCENARIOS: List[Scenario] = [
    _stack("password", UNIX, PASSWORD),
    _stack("password and code", UNIX + CODE),
    _stack("code before the password", "auth requisite %s\nauth sufficient pam_unix.so\nauth required pam_deny.so\n" % OATH),
    _stack("who has no code is let by", UNIX + "auth required %s nullok\n" % GA, PASSWORD),
    # It says nothing of who has none, and a stack that nobody says yes in lets nobody in; that is not told apart from the next.
    _stack("code of who has one and nothing else", "auth required %s nullok\n" % GA, NOTHING),
    _stack("code of who has one, then anything", "auth required %s nullok\nauth required pam_permit.so\n" % GA, NOTHING),
    _stack("code is enough", "auth sufficient %s\n%s" % (GA, UNIX), NOTHING),
    _stack("code alone", CODE, DEVICE),
    _stack("code does not count", UNIX + "auth optional %s\n" % GA, PASSWORD),
    _stack("some are passed over", UNIX + "auth [success=1 default=ignore] pam_succeed_if.so user ingroup bob quiet\n" + CODE, PASSWORD),
    _stack("code by a list", UNIX + "auth requisite %s\n" % OATH),
    _stack("who is not on the list is let by", UNIX + "auth [success=ok user_unknown=ignore default=die] %s\n" % OATH, PASSWORD),
    _stack("key", UNIX + "auth required %s\n" % U2F),
    # An empty list is an error to pam_u2f 1.1.0 and lets by in 1.3.2.
    _stack("who has no key is let by", UNIX + "auth required %s nouserok\n" % U2F, PASSWORD),
    _stack("key for show", UNIX + "auth required %s alwaysok\n" % U2F, PASSWORD),
    _stack("code once a day", UNIX + "auth required %s grace_period=86400\n" % GA, PASSWORD),
    _stack("code each time", UNIX + "auth required %s grace_period=0\n" % GA),
    # Whom the directory does not know goes on to the code with a wrong password.
    _stack("password of a directory that says nothing of others", "auth [success=1 default=ignore] pam_unix.so\n"
           "auth required pam_sss.so ignore_unknown_user\n" + CODE, DEVICE),
    _stack("password of a directory", "auth sufficient pam_sss.so ignore_unknown_user\nauth required pam_unix.so\n" + CODE, PASSWORD),
    _stack("refusal of a key does not count", UNIX + "auth [default=ignore success=ok] %s\n" % U2F, PASSWORD),
    _stack("key that is asked for its PIN", "auth required %s pinverification=1\n" % U2F),
    _stack("key that is asked for its PIN, or any", "auth sufficient %s\nauth required %s pinverification=1\n" % (U2F, U2F), DEVICE),
    _stack("nobody", "auth required pam_deny.so\n"),
    _stack("nobody of those with a password", "auth requisite pam_deny.so\n" + UNIX),
    _stack("an error of the module lets by", UNIX + "auth [success=ok service_err=ignore default=die] %s\n" % GA, PASSWORD),
    _stack("accounts of the system are passed over", UNIX + "auth [success=ok default=1] pam_usertype.so isregular\n" + CODE, PASSWORD),
    _stack("accounts of files alone", "auth sufficient pam_sss.so\nauth [success=ok default=1] pam_localuser.so\n" + CODE + UNIX, PASSWORD),
    _stack("directory is passed over", UNIX.replace("=1", "=2", 1).replace("auth requisite", "auth [success=1 default=ignore] pam_sss.so\nauth requisite")
           + "auth [success=ok default=1] pam_localuser.so\n" + CODE, PASSWORD),
    _stack("key alone", "auth required %s\n" % U2F, DEVICE),
    _stack("module that the site has not named", UNIX + "auth required pam_site.so\n", PASSWORD),
    _stack("server that does not answer", UNIX + "auth required pam_radius_auth.so localifdown\n", PASSWORD),
    _stack("Duo as it is set up", UNIX + "auth required pam_duo.so\n", PASSWORD, {"/etc/duo/pam_duo.conf": "[duo]\nskey = planted\n"}),
    _stack("Duo that fails closed", UNIX + "auth required pam_duo.so\n", "", {"/etc/duo/pam_duo.conf": "[duo]\nfailmode = secure\n"}),
    _stack("Duo for some", UNIX + "auth required pam_duo.so\n", PASSWORD, {"/etc/duo/pam_duo.conf": "failmode = secure\ngroups = x\n"}),
    _stack("Duo by another file", UNIX + "auth required pam_duo.so conf=/etc/my\n", "", {"/etc/my": "failmode=secure\n"}),
    _stack("card", "auth required pam_pkcs11.so\n"),
    _stack("card of sssd", CARDS % ("die", "auth required pam_deny.so\n"), "", {"/etc/sssd/sssd.conf": File(SSSD % "True", mode=0o600)}),
    _stack("card, or a password", CARDS % ("ignore", UNIX), PASSWORD, {"/etc/sssd/sssd.conf": File(SSSD % "True", mode=0o600)}),
    _stack("card that sssd does not ask for", CARDS % ("die", "auth required pam_deny.so\n"), PASSWORD, {"/etc/sssd/sssd.conf": File(SSSD % "False",
                                                                                                                                     mode=0o600)}),
    # To get in as somebody of the directory is to get in.
    _stack("directory without a code", "auth sufficient pam_sss.so\n" + UNIX + CODE, PASSWORD),
    _stack("directory with a code", "auth [success=3 default=ignore] pam_sss.so\n" + UNIX + CODE, ""),
    _ssh("as it is installed", "", [("publickey", "", KEY), ("password", "", PASSWORD)]),
    _ssh("code behind the password", KBD + "PubkeyAuthentication no\n", [], UNIX + CODE),
    # A key makes sshd pass over the stack.
    _ssh("code behind the password and keys", KBD, [("publickey", "", KEY)], UNIX + CODE),
    _ssh("key, then password", KBD + BOTH, []),
    _ssh("key, then code", KBD + BOTH, [], CODE),
    _ssh("key, then nothing", KBD + BOTH, [("publickey,keyboard-interactive", "", KEY)], "auth required pam_permit.so\n"),
    _ssh("two keys", "AuthenticationMethods publickey,publickey\n", [("publickey,publickey", "", KEY)]),
    _ssh("key and password, or password", "AuthenticationMethods publickey,password password\n", [("password", "", PASSWORD)]),
    # A list with what is switched off lets nobody in, and the others go on.
    _ssh("list that is switched off", KBD + "PasswordAuthentication no\nAuthenticationMethods password publickey,keyboard-interactive:pam\n", []),
    _ssh("nobody asks", "UsePAM no\nPasswordAuthentication no\n" + KBD, [("publickey", "", KEY)]),
    _ssh("without PAM", "UsePAM no\n", [("publickey", "", KEY), ("password", "", PASSWORD)], UNIX + CODE),
    _ssh("block that loosens", KBD + BOTH + "Match Address 10.0.0.0/8\nAuthenticationMethods publickey\n", [("publickey", "Address 10.0.0.0/8", KEY)]),
    _ssh("blocks of which the first counts",
         BOTH + KBD + "Match User a\nPasswordAuthentication no\nMatch User a\nAuthenticationMethods password\nPasswordAuthentication yes\n", []),
    _ssh("old word in a block", "PasswordAuthentication no\nPubkeyAuthentication no\nMatch User a\nChallengeResponseAuthentication yes\n",
         [("keyboard-interactive", "User a", PASSWORD)]),
    _ssh("old release", "PasswordAuthentication no\nPubkeyAuthentication no\n", [("keyboard-interactive", "", PASSWORD)],
         defaults={"challengeresponseauthentication": "yes"}),
    _ssh("tokens that verify", TOKENS % "sk-ssh-ed25519@openssh.com,webauthn-sk-ecdsa-sha2-nistp256@openssh.com", []),
    _ssh("tokens or others", TOKENS % "sk-ssh-ed25519@openssh.com,ssh-ed25519", [("publickey", "", KEY)]),
    _ssh("program", KBD + BOTH + "Match User deploy\nAuthenticationMethods publickey\n", []),
    _ssh("programs from an address", KBD + BOTH + "Match Address 10.0.0.1 User backup,deploy\nAuthenticationMethods publickey\n", []),
    _ssh("program and a person", KBD + BOTH + "Match User deploy,anna\nAuthenticationMethods publickey\n", [("publickey", "User deploy,anna", KEY)]),
    _ssh("programs by a pattern", KBD + BOTH + "Match User deplo*\nAuthenticationMethods publickey\n", [("publickey", "User deplo*", KEY)]),
    _ssh("program that is let in as all are", KBD, [("publickey", "", KEY)], UNIX + CODE),
    _ssh("trust in a host", "HostbasedAuthentication yes\nPasswordAuthentication no\nPubkeyAuthentication no\n", [("hostbased", "", NOTHING)]),
    _ssh("ticket", "GSSAPIAuthentication yes\nPasswordAuthentication no\nPubkeyAuthentication no\n", [
        ("gssapi-with-mic", "", "Kerberos ticket alone")], files={"/etc/krb5.keytab": ""}),
    _ssh("ticket that the host cannot check", "GSSAPIAuthentication yes\nPasswordAuthentication no\nPubkeyAuthentication no\n", []),
    _without_key("as it is installed", "", ["password"]),
    _without_key("keys alone", "PasswordAuthentication no\n"),
    _without_key("questions of PAM", "PasswordAuthentication no\n" + KBD, ["keyboard-interactive"]),
    _without_key("password behind a key", "AuthenticationMethods publickey,password\n"),
    _without_key("for some", "PasswordAuthentication no\nMatch Group old\nPasswordAuthentication yes\n", ["password"], "Group old"),
    _error("no list", {LOGIN: UNIX}, "the key 'modules' of the address has to be a list of names", {"query": "one_factor", "modules": GA}),
    _error("other query", {}, "unknown query 'x'; known: one_factor, ssh_without_key", {"query": "x"}),
    _error("many blocks", {MAIN: "".join("Match User u%d\nPasswordAuthentication yes\n" % one for one in range(9))},
           "more than 8 Match blocks of sshd say who proves what; make them fewer", ASKED),
]  # fmt: skip
