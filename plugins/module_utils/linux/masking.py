# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be a secret does not leave the host: each text of an answer is masked, and says that it was.

This is the second line. Readers show of a line of a file only what its grammar knows to be harmless
(`system/shown_line.py`); here stands what a secret looks like in any other text: by what stands around it (a name before
it, an address that it is in) or by its own form. What stands alone and looks like any word cannot be known; a setting
whose name says that it is a secret is masked as a whole.
"""

from __future__ import annotations

import re
from typing import Any, Collection, Dict, NamedTuple, Pattern, Tuple

MASK = "(masked)"


class Form(NamedTuple):
    """What a secret looks like. ``hints``: a text without any of these, in small letters, has none of it.

    ``pattern``: its first group is kept, its second is the secret.
    """

    name: str
    hints: Tuple[str, ...]
    pattern: str


_WORDS = ("pass", "pw", "secret", "token", "key", "auth", "cred", "psk")
# Whatever stands before and behind, it is a secret.
_SECRET_NAME = (
    r"(?:[\w.-]{0,80}(?:password|passwd|passphrase|secret|token|(?:api|access|private|auth|secret|shared|encryption|luks|bot|app|"
    r"client|master|session|signing|account|service)[_.-]?key|credentials?|authtok|pwd|psk|pass|pw)\d*|pass phrase)"
)
# It may be one, unless its value says otherwise.
_ANY_NAME = (
    r"(?![\w.-]{0,80}(?:algorithms|authentication|methods|types?|keyboard|keymap|keepalive|authority|authfail))"
    r"[\w.-]{0,80}(?:pass|pw|secret|token|key|auth|cred|psk)[\w.-]{0,80}"
)
_VALUE = r"(?:\"(?:\\.|[^\"\\\n])*\"?|'[^'\n]*'?|(?:[^\s;&'\"]|['\"](?=\w))+)"
_END = r"(?=[\s;,&'\")\]}]|$)"
# What says that something is so is no secret.
_PLAIN = r"(?!['\"]?(?:(?:yes|no|true|false|on|off|none|null)%s|\(masked\)))" % _END
# Nor are numbers of policies, actions of PAM, paths and names of variables, where the name only may be one of a secret.
_HARMLESS = r"(?!['\"]?(?:-?\d{1,10}%s|(?:ignore|bad|die|ok|done|reset)%s|\.{0,2}/[\w./-]*%s|\.ssh/|\$[\w{]))" % (
    _END,
    _END,
    _END,
)
# A tag of sudoers, and the name of a database of nsswitch.conf(5).
_TAG = r"(?!(?:no)?passwd[ \t]*:)"
_START = r"^([+-]?[ \t]*"

FORMS: Tuple[Form, ...] = (
    # Credentials in an address, also where the text was cut off before its end.
    Form("address", ("://",), r"(\b[a-z][a-z0-9+.-]*://)([^\s/'\"<>]+)(?=@)"),
    Form("address with a slash", ("://",), r"(\b[a-z][a-z0-9+.-]*://)([^\s/:@]+:(?!\d{1,5}(?:[/\s'\"]|$))[^\s'\"]*)(?=@)"),
    Form("address cut off", ("://",), r"(\b[a-z][a-z0-9+.-]*://[^\s/:@\[]+:(?!\d{1,5}(?:\D|$)))([^\s/'\"@]+)$"),
    Form("share", ("//",), r"((?<![\w:])//)([^\s/:@]+:[^\s/@]+)(?=@)"),
    Form("user and host", ("@",), r"((?<![\w./@:%-])(?:[a-z_][\w.-]*:)+)(?!//)([^\s:/@,'\"]+)(?=@[\w\[(])"),
    Form("query", ("?",), r"([?&][\w.-]+=)(?!\(masked\))([^&\s'\"]+)"),
    Form("user with percent", ("%",), r"((?:\b(?:user|username)[ \t]*=[ \t]*|[ \t](?:-U|--user)[ =]?)[\w.\\-]+%)([^\s,'\"]+)"),
    # A name and its value.
    Form(
        "secret name", _WORDS,
        r"((?<![\w.-])['\"]?" + _TAG + _SECRET_NAME + r"['\"]?[ \t]*(?:=>?|:=?)[ \t]*)" + _PLAIN + r"(" + _VALUE + r")",
    ),
    Form(
        "any name", _WORDS,
        r"((?<![\w.-])(?<!-F )['\"]?" + _ANY_NAME + r"['\"]?[ \t]*=>?[ \t]*)" + _PLAIN + _HARMLESS + r"(" + _VALUE + r")",
    ),
    Form("any name, line", _WORDS, _START + r"(?!passwd:)" + _ANY_NAME + r":[ \t]+)" + _PLAIN + _HARMLESS + r"([^\s:]\S*)[ \t]*$"),
    Form("quoted", _WORDS, r"((?<![\w.-])[\w:.-]{0,80}(?:password|passwd|passphrase|secret|token|key|psk)[ \t]+)(\"[^\"\n]+\"|'[^'\n]+')"),
    Form("spoken", ("pass",), r"^([ \t]*(?:password|passphrase|pass phrase)[ \t]*:[ \t]+)(?!\(masked\)$)(\S.*)$"),
    Form("header", ("headervalue",), r"(\b\w*headervalue[ \t]*=[ \t]*)(" + _VALUE + r")"),
    Form(
        "option", _WORDS,
        r"((?<![\w-])--?(?![\w-]{0,80}(?:authenticated|keyring|keyserver|no-ask))[\w-]{0,80}(?:pass|pw|secret|token|key|auth|cred)[\w-]{0,80}[ \t]+)"
        r"(?![-/])" + _PLAIN + r"(" + _VALUE + r")",
    ),
    Form(
        "authorization", ("authorization",),
        r"((?:proxy-)?authorization['\"]?[ \t]*[:=][ \t]*['\"]?(?!(?:[a-z][\w-]{0,80}[ \t]+)?\(masked\))(?:[a-z][\w-]{0,80}[ \t]+)?)([^\s'\"]+)",
    ),
    Form("bearer", ("bearer",), r"(\bbearer[ \t]+)([\w.~+/=-]{8,})"),
    Form("cookie", ("cookie",), r"(\b(?:set-)?cookie['\"]?[ \t]*[:=][ \t]*)(?!\(masked\))([^\s'\"][^'\"\n]*)"),
    # Options of programs, as they stand in tables of cron and in units.
    Form("sshpass", ("sshpass",), r"(\bsshpass[ \t]+-p[ \t]*)(" + _VALUE + r")"),
    Form("database", ("mysql", "mariadb"), r"(\b(?:mysql|mariadb)\w*\b[^|;\n]{0,400}?[ \t]-p)([^\s'\"-][^\s]*)"),
    Form("fetch", ("curl", "wget"), r"(\b(?:curl|wget)\b[^|;\n]{0,400}?[ \t](?:-[a-z]*u|--user|--proxy-user)[ =]?)(?!-|rl\b)(" + _VALUE + r")"),
    Form("fetch, cookie", ("curl",), r"(\bcurl\b[^|;\n]{0,400}?[ \t](?:-b|--cookie)[ =]?)(" + _VALUE + r")"),
    Form("certificate", ("cert", "curl"), r"((?:--cert|[ \t]-E)[ =][^\s:]*:)([^\s'\"]+)"),
    Form("redis", ("redis",), r"(\bredis-cli\b[^|;\n]{0,400}?[ \t]-a[ =]?)(" + _VALUE + r")"),
    Form("directory", ("ldap",), r"(\bldap\w+\b[^|;\n]{0,400}?[ \t]-[xzvcn]*w[ =]?)(" + _VALUE + r")"),
    Form("snmp", ("snmp",), r"(\bsnmp\w+\b[^|;\n]{0,400}?[ \t](?-i:-[cA])[ ]?)(" + _VALUE + r")"),
    Form("snmp, privacy", ("snmp",), r"(\bsnmp\w+\b[^|;\n]{0,400}?[ \t](?-i:-X)[ ]?)(" + _VALUE + r")"),
    Form("archive", ("zip", "7z"), r"(\b(?:zip|unzip|7z)\b[^|;\n]{0,400}?[ \t]-p[ ]?)(?!-)(" + _VALUE + r")"),
    Form(
        "program", ("mongo", "mosquitto", "docker", "podman", "ipmitool", "influx"),
        r"(\b(?:mongo\w*|mosquitto_\w+|docker|podman|ipmitool|influx)\b[^|;\n]{0,400}?[ \t]-p[ ]?)(?!-|\d+:\d)(" + _VALUE + r")",
    ),
    Form("openssl", ("openssl",), r"(\bopenssl\b[^|;\n]{0,400}?[ \t](?-i:-k)[ \t]+)(" + _VALUE + r")"),
    Form("source of openssl", ("pass:",), r"(\bpass:)([^\s'\"]+)"),
    Form("echoed", ("sudo",), r"(\becho[ \t]+)(" + _VALUE + r")(?=[ \t]*\|[ \t]*sudo\b)"),
    Form("rsyslog", (":om",), r"(:om(?:mysql|pgsql|libdbi):(?:[^,\s]*,)*)([^,;\s]+)(?=;|\s|$)"),
    # Directives without a sign: LDAP, SNMP, netrc, NTP, GRUB (a line of PAM names what is done in that place).
    Form(
        "directive", ("pw", "authtok", "community", "com2sec", "createuser", "authpass"),
        _START + r"(?:bindpw|rootpw|authtok|community|r[ow]community6?|com2sec6?|createuser|rouser[ \t].*\bauthpass)[ \t]+)(\S.*)$",
    ),
    Form(
        "word and value", ("pass", "secret", "token", "psk", "masterauth", "key"),
        _START + r"(?:[\w-]{0,80}(?:password\d*|passwd|passphrase|secret|token|psk|api[_-]?key|auth[_-]?key)|requirepass|masterauth|wireless-key)"
        r"[ \t]+)" + _PLAIN + r"(?!include\b|substack\b|required\b|requisite\b|sufficient\b|optional\b|\[)(\"[^\"\n]*\"|[^\s=:]\S*?);?[ \t]*$",
    ),
    Form("netrc", ("machine",), r"(\bmachine[ \t]+\S+[^\n]{0,300}?\bpassword[ \t]+)(" + _VALUE + r")"),
    Form("netrc, login", ("login",), r"(\blogin[ \t]+\S+[ \t]+password[ \t]+)(" + _VALUE + r")"),
    Form("key of a server", ("server",), r"(\bserver[ \t]+\S+[ \t]+(?:\w+[ \t]+){0,6}key[ \t]+)(\S+)"),
    Form("secret in braces", ("secret",), r"(\bsecret[ \t]+)(\"[^\"\n]*\")"),
    Form(
        "boot loader", ("password",),
        r"^([+-]?[ \t]*password(?:_pbkdf2)?[ \t]+(?!include|substack|required|requisite|sufficient|optional|\[)\S+[ \t]+)(\S+)[ \t]*$",
    ),
    # Hashes keep what says how they were made.
    Form(
        "hash", ("$",),
        r"(\$(?:1|2[abxy]?|3|5|6|7|8|9|y|gy|md5|sha1|sm3|argon2(?:id|i|d)|scrypt|pbkdf2(?:-sha\d+)?)\$)([^\s:\"',]{6,})",
    ),
    Form("hash of GRUB", ("pbkdf2",), r"(\bgrub\.pbkdf2\.sha\d+\.\d+\.)([0-9a-f.]{16,}|(?!\()\S{8,})"),
    Form("hash of LDAP", ("}",), r"(\{s?(?:sha|md5|crypt|pbkdf2)[\w-]*\})([^\s'\"]+)"),
    Form("shadow", ("::",), r"^([+-]?[a-z_][\w.-]*:[!*]*)([^:\s*!$(][^:\n]{7,})(?=:\d*:\d*:\d*:\d*:\d*:\d*:\d*[ \t]*$)"),
    # What has a form of its own.
    Form("private key", ("private key",), r"(?s)(-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----)(?!\(masked\)-----END)(.+?)(?=-----END|\Z)"),
    Form("key of a cloud", ("akia", "asia"), r"(\b(?-i:AKIA|ASIA))((?-i:[0-9A-Z]{16})\b)"),
    Form(
        "token", ("gh", "glpat-", "xox", "sk", "aiza", "npm_", "dop_v1_", "hvs.", "glsa_"),
        r"(\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|sk_live_|sk_test_|sk-ant-|sk-proj-|AIza|npm_|dop_v1_|hvs\.|glsa_))([\w.-]{8,})",
    ),
    Form("token of mail", ("sg.",), r"((?-i:\bSG\.))([\w-]{10,}\.[\w-]{8,})"),
    Form("signed token", ("eyj",), r"((?-i:\beyJ))([\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?)"),
    Form("token of a log service", ("@",), r"(\[)([\w-]{8,})(?=@\d{3,6}\b)"),
    Form("web hook", ("hooks", "/bot", "hc-ping"), r"(\bhooks\.[\w.]+/services/|/webhooks/\d+/|/bot\d+:|\bhc-ping\.com/)([^\s'\"/]\S*)"),
)  # fmt: skip
_HINTS = tuple(dict.fromkeys(hint for form in FORMS for hint in form.hints))
# sudoers, and lists of options, escape the signs by which a secret is known.
_ESCAPED = re.compile(r"\\([:=,@%?&\"' ])")
_MADE: Dict[str, Pattern[str]] = {}
_IS_SECRET = re.compile(_SECRET_NAME + r"\Z", re.IGNORECASE)


def masked(text: str) -> str:
    """Return a text with `MASK` in the place of what can be a secret."""
    text = _masked(text)
    if "\\" in text:
        plain = _ESCAPED.sub(r"\1", text)
        shown = _masked(plain) if plain != text else plain
        # Without its escapes, for the places in the one are not those in the other.
        return shown if shown != plain else text
    return text


def _masked(text: str) -> str:
    lowered = text.lower()
    # A quick look before the patterns.
    found = [hint for hint in _HINTS if hint in lowered]
    if not found:
        return text
    for form in FORMS:
        if any(hint in found for hint in form.hints):
            text = _made(form).sub(_keep_head, text)
    return text


def _made(form: Form) -> Pattern[str]:
    """Return a form's expression, made at its first use: an answer without any of it does not pay for it."""
    if form.name not in _MADE:
        _MADE[form.name] = re.compile(form.pattern, re.MULTILINE | re.IGNORECASE)
    return _MADE[form.name]


def _keep_head(found: Any) -> str:
    head, secret = found.group(1), found.group(2)
    quote = secret[0] if secret[:1] in ("'", '"') else ""
    return "%s%s%s%s" % (head, quote, MASK, quote)


def mask_all(document: Any, known: Collection[str] = ()) -> Any:
    """Return a document with all its texts masked, but ``known`` ones, which came from elsewhere; keys stay."""
    if isinstance(document, str):
        return document if document in known else masked(document)
    if isinstance(document, dict):
        return {key: mask_all(value, known) for key, value in document.items()}
    if isinstance(document, (list, tuple)):
        return [mask_all(value, known) for value in document]
    return document


def is_secret_name(name: str) -> bool:
    """Return whether a setting of this name holds a secret, as ``bindpw`` or ``API_TOKEN`` do."""
    return bool(_IS_SECRET.match(name)) and not name.lower().endswith("use_authtok")


def hidden(value: Any) -> Any:
    """Return a secret setting's value with each of its texts masked, whatever it looks like; a switch that is on or off is none (RequirePassword=true)."""
    if isinstance(value, dict):
        return {key: hidden(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [hidden(one) for one in value]
    if isinstance(value, str) and value.lower() in ("true", "false", "yes", "no", "on", "off", "1", "0"):
        return value
    return MASK if isinstance(value, (str, int, float)) and not isinstance(value, bool) and value != "" else value
