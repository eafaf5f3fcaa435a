# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of rsyslog, apt and sudo as they may be shown: those whose grammar asks for more than a list of words."""

from __future__ import annotations

import re
from typing import Iterator, List

from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import BLANKS, lowered, words_of
from ansible_collections.hipaa.cis.plugins.module_utils.linux.masking import MASK
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.shown_parts import only, without_comment, words

NO_ARGUMENTS = "(arguments not shown)"

_HOST = r"\[?[A-Za-z0-9][A-Za-z0-9.:-]*\]?"
_DIRECTIVE = re.compile(r"\$[A-Za-z]\w{2,60}(?=\s|\Z)", re.ASCII)
_DIRECTIVE_VALUE = re.compile(
    r"\s*(?:\d{1,9}|on|off|(?:im|om|mm|pm)[a-z][a-z0-9]{1,20}(?:\.so)?|/[\w./*-]{1,100})\s*\Z", re.ASCII
)
_PRIORITY = r"[a-z0-9*][a-z0-9,*]*\.[=!]*[a-z0-9*]+"
_SELECTOR = re.compile(r"%s(?:[;,]%s)*(?=\s)" % (_PRIORITY, _PRIORITY), re.ASCII | re.IGNORECASE)
_ACTION = re.compile(
    r"-?/[\w./-]{1,100}(?=[\s;]|\Z)|@@?(?:\([a-z0-9,]{0,5}\))?%s(?=[\s;]|\Z)|:om[a-z0-9]{1,20}:(?:\*(?=\s|\Z))?|stop(?=\s|\Z)|~|"
    r"\^/[\w./-]{1,100}(?=[\s;]|\Z)|\|[ \t]*/[\w./-]{1,100}(?=[\s;]|\Z)|[>?]" % _HOST,
    re.ASCII,
)
_OBJECT = re.compile(
    r"(?:module|input|action|template|ruleset|global|main_queue|include)(?=\s*\()", re.ASCII | re.IGNORECASE
)
_PARAMETER = re.compile(
    r"(?<![\w.])(?P<name>[A-Za-z][\w.]{1,40})[ \t]*=[ \t]*(?P<value>\"(?:\\.|[^\"\\])*(?:\"|\Z)|[^\s\")]*)", re.ASCII
)
_PARAMETERS = frozenset(
    {
        "type", "load", "target", "port", "protocol", "ruleset", "name", "file", "filecreatemode", "dircreatemode", "umask",
        "fileowner", "filegroup", "dirowner", "dirgroup", "template", "queue.type", "queue.size", "queue.maxdiskspace",
        "queue.saveonshutdown", "action.resumeretrycount", "action.resumeinterval", "streamdriver", "streamdrivermode",
        "streamdriver.name", "streamdriver.mode", "streamdriver.authmode", "streamdriverauthmode", "tls", "mode",
        "maxsessions", "threads", "keepalive", "address",
    }
)  # fmt: skip
_PARAMETER_VALUE = re.compile(r"\"?[\w./:*\[\]-]{0,100}\"?\Z", re.ASCII)

_KNOWN_PATHS = re.compile(
    r"(?:debian|debian-security|debian-archive|ubuntu|ubuntu-ports|security|raspbian|dists|apt|deb|linux/(?:debian|ubuntu))/?\Z"
)
_SUITE = re.compile(r"[A-Za-z0-9][\w./+~-]{0,40}\Z", re.ASCII)
_APT_OPTION = re.compile(
    r"(?:arch|lang|target|pdiffs|by-hash|trusted|allow-insecure|allow-weak|check-valid-until|signed-by)\Z"
)
_APT_VALUE = re.compile(r"(?:/[\w./+-]{1,150}|[a-z0-9-]{1,10}(?:,[a-z0-9-]{1,10}){0,5})\Z", re.ASCII)
_APT_FIELD = re.compile(r"([A-Za-z][A-Za-z-]{1,40})(\s*:\s*)(.*)\Z", re.ASCII)
_APT_SETTING = words(
    r"(?:APT|Acquire|Unattended-Upgrade|Dpkg|DPkg|Dir|AllowUnauthenticated|AllowInsecureRepositories|Periodic|Get)"
    r"(?:::[A-Za-z][\w-]{0,60})*(?:::)?", r"\"(?:\d{1,9}|true|false|yes|no|always|never)\"", r"true|false|yes|no|\d{1,9}",
    around=r"\s;{}",
)  # fmt: skip

_COMMAND = re.compile(
    r"\s*(?P<before>(?:\([^)]*\)\s*)?(?:(?:[A-Z_]+\s*:\s*)|(?:(?:CWD|CHROOT|ROLE|TYPE|PRIVS|LIMITPRIVS|TIMEOUT|NOTBEFORE|NOTAFTER)="
    r"(?:\\.|[^\s\\])+\s+)|(?:sha\d{3}:\S+\s+))*)(?P<command>!*(?:\\.|[^\s\\])*)(?P<rest>.*)\Z",
    re.ASCII | re.DOTALL,
)
_PATH = re.compile(r"!*(?:/[\w./*?\[\]+-]*|ALL|[A-Z][A-Z0-9_]*|sudoedit|list)\Z", re.ASCII)
_WHO = words(r"[\w%#+.,!*$@\\-]{1,100}", around=r"\s,:")
_BEFORE = words(r"\([\w%#+.,!*: -]{0,100}\)", begun=r"[A-Z]{3,12}=|[A-Z_]{3,20}[ \t]*:", around=r"\s:")
_SCOPE = re.compile(r"Defaults(?:[@:!>][\w%#+./*-]{1,100}(?:\s*,\s*[\w%#+./*!-]{1,100})*(?=\s))?", re.ASCII)
_DEFAULT = re.compile(r"\s*!*[a-z_]{3,40}\s*(?:(?P<sign>[+-]?=)\s*(?P<value>.*))?\Z", re.ASCII | re.DOTALL)
_DEFAULT_VALUE = re.compile(
    r"\"?(?:-?\d{1,6}(?:\.\d+)?|/[\w./%{}-]{1,100}|auth|authpriv|always|never|once|any|all)\"?\Z", re.ASCII
)


def rsyslog(line: str) -> str:
    """The directive, or selector and kind of action; of parameters those that say what goes where."""
    text, comment = without_comment(line)
    whole = text.strip(BLANKS)
    directive = _DIRECTIVE.match(whole)
    if directive:
        value = whole[directive.end() :]
        return directive.group() + (value if _DIRECTIVE_VALUE.match(value) or not value else " " + MASK) + comment
    selector = _SELECTOR.match(whole)
    head = selector.group() + " " if selector else ""
    return head + _rsyslog_action(whole[len(head) :].strip(BLANKS)) + (" " + comment if comment else "")


def _rsyslog_action(text: str) -> str:
    kind = _OBJECT.match(text)
    if kind:
        return kind.group() + "(" + _parameters(text[kind.end() :].lstrip(BLANKS)[1:])
    known = _ACTION.match(text)
    rest = text[known.end() :].strip(BLANKS) if known else text
    return (known.group() if known else "") + (MASK if rest else "")


def _parameters(text: str) -> str:
    parts: List[str] = []
    end = 0
    for found in _PARAMETER.finditer(text):
        parts.append(_sign(text[end : found.start()]))
        name, value = found.group("name"), found.group("value")
        harmless = lowered(name) in _PARAMETERS and _PARAMETER_VALUE.match(value)
        parts.append("%s=%s" % (name, value if harmless else '"%s"' % MASK))
        end = found.end()
    return "".join([*parts, _sign(text[end:])])


def _sign(text: str) -> str:
    return text if not text.strip(" \t,)") else " %s " % MASK


def apt_list(line: str) -> str:
    """Type, options, scheme and host, suite, components."""
    text, comment = without_comment(line)
    shown: List[str] = []
    located = False
    for word in re.findall(r"\[[^\]]*\]?|\S+", text, re.ASCII):
        if word in ("deb", "deb-src") and not shown:
            shown.append(word)
        elif word.startswith("[") and not located:
            shown.append("[%s]" % " ".join(_apt_option(one) for one in words_of(word.strip("[]"))))
        elif not located:
            located = True
            shown.append(_address(word))
        else:
            shown.append(word if _SUITE.match(word) else MASK)
    return " ".join([*shown, comment] if comment else shown)


def _apt_option(text: str) -> str:
    name, sign, value = text.partition("=")
    if not _APT_OPTION.match(lowered(name.rstrip("+-"))):
        return MASK
    return text if _APT_VALUE.match(value) else name + sign + (MASK if value else "")


def _address(text: str) -> str:
    """Return a URI with scheme and host, without who asks, what is asked and a path that is not well known."""
    found = re.match(r"([a-z][a-z0-9+.-]*:)(//)?(.*)\Z", text)
    if not found:
        return MASK
    scheme, slashes, rest = found.groups()
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    if not slashes or "@" in path or not re.match(r"[A-Za-z0-9.-]+(?::\d{1,5})?\Z", host, re.ASCII):
        return scheme + (slashes or "") + MASK
    return (
        scheme
        + slashes
        + (MASK + at if user else "")
        + host
        + slash
        + (path if not path or _KNOWN_PATHS.match(path) else MASK)
    )


def apt_fields(line: str) -> str:
    """A field of a deb822 file: its name, and its value word by word."""
    text, comment = without_comment(line)
    found = _APT_FIELD.match(text.strip(BLANKS))
    if not found:
        return (MASK if text.strip(BLANKS) else "") + comment
    name, sign, value = found.groups()
    return name + sign + " ".join(_apt_value(lowered(name), word) for word in words_of(value)) + comment


def _apt_value(name: str, word: str) -> str:
    if name == "uris":
        return _address(word)
    if name in ("types", "suites", "components", "architectures"):
        return word if _SUITE.match(word) else MASK
    return word if _APT_VALUE.match(word) and (_APT_OPTION.match(name) or name == "enabled") else MASK


def apt_settings(line: str) -> str:
    """Names of settings, and values that are numbers or switches."""
    text = re.split(r"(?:\A|(?<=[\s;]))(?://|#)", line, maxsplit=1, flags=re.ASCII)
    return only(_APT_SETTING, text[0]) + (" # " + MASK if len(text) > 1 else "")


def sudoers(text: str) -> str:
    """A rule with who, where, as whom, tags and the paths of commands; a line of defaults with the names that it sets."""
    scope = _SCOPE.match(text)
    if scope and text[scope.end() : scope.end() + 1] in BLANKS:
        return scope.group() + " " + ", ".join(_default(one) for one in _split(text[scope.end() :], ","))
    if text.startswith("Defaults"):
        return "Defaults" + MASK
    who, *commands = _split(text, "=", 1)
    if not commands:
        return MASK
    return only(_WHO, who.strip(BLANKS)) + "=" + ", ".join(_command(one) for one in _split(commands[0], ","))


def _default(text: str) -> str:
    found = _DEFAULT.match(text)
    if not found:
        return MASK
    value = found.group("value")
    harmless = value is None or _DEFAULT_VALUE.match(value.strip(BLANKS))
    return text.strip(BLANKS) if harmless else text[: found.start("value")].strip(BLANKS) + MASK


def _command(text: str) -> str:
    found = _COMMAND.match(text)
    if not found:
        return MASK
    command, rest = found.group("command"), found.group("rest").strip(BLANKS)
    shown = command if _PATH.match(command) else MASK
    return only(_BEFORE, found.group("before")) + shown + (" " + NO_ARGUMENTS if rest else "")


def _split(text: str, sign: str, most: int = 0) -> List[str]:
    """Return the parts of a text between signs that stand outside quotes and brackets and are not escaped."""
    return list(_parts(text, sign, most))


def _parts(text: str, sign: str, most: int) -> Iterator[str]:
    start = done = at = depth = 0
    quoted = False
    while at < len(text):
        one = text[at]
        if one == "\\":
            at += 1
        elif one == '"':
            quoted = not quoted
        elif not quoted and one in "()":
            depth += 1 if one == "(" else -1
        elif one == sign and not quoted and depth <= 0 and (not most or done < most):
            yield text[start:at]
            start, done = at + 1, done + 1
        at += 1
    yield text[start:]
