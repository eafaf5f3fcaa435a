# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be a secret does not leave the host: each text of an answer is masked, and says that it was.

A secret is known by what stands around it (a name before it, an address that it is in) or by its own form. What stands
alone and looks like any word cannot be known; a setting whose name says that it is a secret is masked as a whole.
"""

from __future__ import annotations

import re
from typing import Any, Collection, List

MASK = "(masked)"
# A quick look before the patterns: without one of these a text holds nothing that they would find.
_HINTS = ("://", "//", "pass", "pw", "secret", "token", "key", "auth", "cred", "community", "com2sec", "createuser", "psk", "$",
          "pbkdf2", "bearer", "akia", "asia", "gh", "glpat-", "xox", "sk_", "aiza", "eyj", "hooks.", "}", "sig", ":om",
          "curl", "wget", "::")  # fmt: skip
_NAME = (
    r"(?:[\w.-]*(?:password|passwd|passphrase|secret|token|(?:api|access|private|auth|secret|shared|encryption)[_-]?key|"
    r"credentials?|authtok|bindpw|pwd|psk|[_-]pass|[_-]pw)|pass)"
)
# In a list of options the next one ends it.
_VALUE = r"(?:\"[^\"\n]*\"?|'[^'\n]*'?|(?:(?!,[a-z_]+(?:[=,\s]|$))[^\s;&'\"])+)"
# What says that something is so is no secret.
_PLAIN = r"(?!['\"]?(?:(?:yes|no|true|false|on|off|none|null)\b|\(masked\)))"
# A tag of sudoers, and the name of a database of nsswitch.conf(5).
_TAG = r"(?!(?:no)?passwd[ \t]*:)"
# Each: what is kept before the secret, the secret.
_PAIRS = (
    # Credentials in an address, also where the text was cut off before its end.
    r"(\b[a-z][a-z0-9+.-]*://)([^\s/'\"<>]+)(?=@)",
    r"(\b[a-z][a-z0-9+.-]*://)([^\s/:@]+:(?!\d{1,5}(?:[/\s'\"]|$))[^\s'\"]*)(?=@)",
    r"(\b[a-z][a-z0-9+.-]*://[^\s/:@\[]+:(?!\d{1,5}(?:\D|$)))([^\s/'\"@]+)$",
    r"((?<![\w:])//)([^\s/:@]+:[^\s/@]+)(?=@)",
    r"([?&][\w.-]*(?:sig|signature|key|auth|code|credential)=)([^&\s'\"]+)",
    # A name and its value.
    r"((?<![\w.-])['\"]?" + _TAG + _NAME + r"['\"]?[ \t]*(?:=>?|:=?)[ \t]*)" + _PLAIN + r"(" + _VALUE + r")",
    r"((?<![\w-])--" + _NAME + r"[ \t]+)" + _PLAIN + r"(" + _VALUE + r")",
    r"((?:proxy-)?authorization['\"]?[ \t]*[:=][ \t]*['\"]?(?:basic|bearer|token|digest|negotiate)?[ \t]*)([^\s'\"]+)",
    r"(\bbearer[ \t]+)([\w.~+/=-]{8,})",
    # Options of programs, as they stand in tables of cron and in units.
    r"(\bsshpass[ \t]+-p[ \t]*)(" + _VALUE + r")",
    r"(\b(?:mysql|mariadb)\w*\b[^|;\n]*?[ \t]-p)([^\s'\"-][^\s]*)",
    r"(\b(?:curl|wget)\b[^|;\n]*?[ \t](?:-u|--user|--proxy-user|-U)[ =]?)(" + _VALUE + r")",
    r"(\bpass:)([^\s'\"]+)",
    r"(:om(?:mysql|pgsql):[^,\s]*,[^,\s]*,[^,\s]*,)([^;\s]+)",
    # Directives without a sign: LDAP, SNMP, netrc, GRUB (a line of PAM names what is done in that place).
    r"^([+-]?[ \t]*(?:bindpw|rootpw|authtok|community|r[ow]community6?|com2sec6?|createuser)[ \t]+)(\S.*)$",
    r"(\bmachine[ \t]+\S+[^\n]*?\bpassword[ \t]+)(\S+)",
    r"(\blogin[ \t]+\S+[ \t]+password[ \t]+)(\S+)",
    r"^([+-]?[ \t]*password[ \t]+(?!include|substack|required|requisite|sufficient|optional|\[)\S+[ \t]+)(\S+)[ \t]*$",
    # Hashes keep what says how they were made.
    r"(\$(?:1|2[abxy]?|3|5|6|7|8|9|y|gy|md5|sha1|sm3|argon2(?:id|i|d)|scrypt|pbkdf2(?:-sha\d+)?)\$)([^\s:\"',]{6,})",
    r"(\bgrub\.pbkdf2\.sha\d+\.\d+\.)([0-9a-f.]{16,})",
    r"(\{s?(?:sha|md5|crypt|pbkdf2)[\w-]*\})([^\s'\"]+)",
    r"^([+-]?[a-z_][\w.-]*:[!*]*)([^:\s*!$(][^:\n]{7,})(?=:\d*:\d*:\d*:\d*:\d*:\d*:\d*[ \t]*$)",
    # What has a form of its own.
    r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)(.*?)(?=-----END|\Z)",
    r"(\b(?:AKIA|ASIA))([0-9A-Z]{16}\b)",
    r"(\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|sk_live_|sk_test_|AIza))([\w-]{10,})",
    r"(\beyJ)([\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?)",
    r"(\bhooks\.[\w.]+/services/)(\S+)",
)
_MADE: List[Any] = []
_SECRET_NAME = re.compile(_NAME + r"\Z", re.IGNORECASE)


def masked(text: str) -> str:
    """Return a text with `MASK` in the place of what can be a secret."""
    lowered = text.lower()
    if not any(hint in lowered for hint in _HINTS):
        return text
    if not _MADE:
        # Made at the first use: an answer without any of it does not pay for them.
        _MADE.extend(
            re.compile(pair, re.MULTILINE | (re.DOTALL if "BEGIN" in pair else re.IGNORECASE)) for pair in _PAIRS
        )
    for pattern in _MADE:
        text = pattern.sub(_keep_head, text)
    return text


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
    return bool(_SECRET_NAME.match(name)) and not name.lower().endswith("use_authtok")


def hidden(value: Any) -> Any:
    """Return a secret setting's value with each of its texts masked, whatever it looks like."""
    if isinstance(value, dict):
        return {key: hidden(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [hidden(one) for one in value]
    return MASK if isinstance(value, (str, int, float)) and not isinstance(value, bool) and value != "" else value
