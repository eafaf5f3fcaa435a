# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say in one line why a module gave no answer, from what Ansible returns in its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.hipaa.cis.plugins.module_utils.linux.masking import masked
from ansible_collections.hipaa.cis.plugins.plugin_utils.visible import spelled_out

# So much of a text is looked at.
MOST_TOLD = 8000
# And so much of it is said.
MOST_SAID = 1000
# Where Ansible, which looks for the end of an answer, takes a line to end.
_ANSIBLES_LINES = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_WRONG_PASSWORD = (
    "the password given for becoming root is wrong (with sudo it is that of the user, with su that of root); mend "
    "ansible_become_password, or give it to --ask-become-pass"
)
_NO_SUDO = (
    "the host does not have the program for becoming root; install sudo, name another with ansible_become_method, or log in as root "
    "with hipaa_cis_become: false"
)
_OLD_PYTHON = (
    "the host's Python is too old; install 3.8 or newer beside it (on RHEL 8 and its rebuilds: dnf install python39) and set "
    "ansible_python_interpreter to that (/usr/bin/python3.9)"
)
_SUDO_RS = (
    "sudo-rs puts the prompt that Ansible waits for inside one of its own: have the other sudo decide (ansible_become_exe: "
    "/usr/bin/sudo.ws on Ubuntu), or log in as root or with a rule that asks for no password"
)
_CAUSES = (
    (r"no space left on device", "there is no space left for Ansible's module on the host; free space in /tmp and /var/tmp"),
    (r"read-only file system", "the host's temporary folders are read-only; set ansible_remote_tmp to a folder that can be written"),
    (r"\b(sudo|su|doas|dzdo|pbrun|pfexec|runas|machinectl): (command )?not found|(exec|No such file or directory).*\b(sudo|doas)\b",
     _NO_SUDO),
    # What ansible-core says of its own, then sudo (in any language: "sudo: 3 incorrect password attempts"), su and doas.
    (r"incorrect \w+ password|incorrect (password|authentication)|sudo: \d+ \w+|(su|doas): authentication fail|sorry, try again",
     _WRONG_PASSWORD),
    (r"sudo: .*(account|password) (is|or password is) expired|account validation failure|account locked|account is locked",
     "the user may not become root at the moment, for the account is locked or its password has expired; see faillock and chage"),
    (r"missing \w+ password|(sudo|su|doas): .*password|waiting for privilege escalation prompt",
     "becoming root needs a password; set ansible_become_password, or use --ask-become-pass"),
    (r"sudo-rs: interactive authentication is required",
     "becoming root needs a password, and " + _SUDO_RS),
    (r"sudo-rs: I'm sorry|is not in the sudoers file|not allowed to (execute|run)|may not run sudo", "the user may not become root by sudo"),
    (r"(?i)\bpowershell(\.exe)?\b\W[^\n]*not (found|recognized)",
     "the host has no PowerShell where it logs in; see that ansible_shell_type and ansible_connection are right for it"),
    # In other languages Windows PowerShell gives the name of the error besides; both break lines where a console would end.
    (r"ConstrainedLanguage|on[\s|]+core[\s|]+types[\s|]+in[\s|]+this[\s|]+language[\s|]+mode",
     "PowerShell runs in Constrained Language Mode there (AppLocker, WDAC), in which Ansible runs no module; let a policy allow its scripts on the host"),
    (r"python[0-9.]*: (command )?not found|No such file or directory.*python|python.*No such file|interpreter.*not found",
     "the host has no Python; install python3 (3.8 or newer) or set ansible_python_interpreter"),
    (r"SyntaxError|unsupported Python|requires a minimum of Python|future feature annotations|ansible-core requires",
     _OLD_PYTHON),
)  # fmt: skip

_SEE = "see what the host prints when the user logs in, and try `ansible -m ping`"

# What Ansible reports as a host that cannot be reached, where the host is there and does what it was told.
_NO_PROMPT = "the user logged in, and becoming root never came to its prompt. " + _SUDO_RS
_HUNG_UP = (
    "its SSH server hung up before any login. From OpenSSH 9.8 on a server refuses whoever connected some 15 times without a login "
    "(PerSourcePenalties; its journal says `penalty`), for up to ten minutes: wait, see what probes its port from here, or name this "
    "controller in PerSourcePenaltyExemptList. Else too many connect at once (MaxStartups)"
)
_REFUSED = (
    ("waiting for privilege escalation prompt", _NO_PROMPT),
    (
        "kex_exchange_identification|banner exchange|Connection (reset|closed) by .*port|Not allowed at this time",
        _HUNG_UP,
    ),
)


def refused(message: str) -> str:
    """Return what a connection's end says, with the cause behind it where the host is there and refuses."""
    for pattern, cause in _REFUSED:
        if re.search(pattern, message[:MOST_TOLD], re.IGNORECASE):
            return f"{message.rstrip()} ({cause})"
    return message


def explain(answer: Mapping[str, Any], what: str = "The audit") -> str:
    """Return why ``what`` could not be done, with the cause named where it is a known one, and never a traceback."""
    said = " ".join(_cut(answer, key) for key in ("msg", "module_stderr", "module_stdout", "exception"))
    for pattern, cause in _CAUSES:
        if re.search(pattern, said, re.IGNORECASE):
            return f"{what} could not be done on this host: {cause}."
    return f"{what} could not be done on this host: {_last_words(answer)}"


def told(answer: Mapping[str, Any], key: str) -> str:
    """Return a text of an answer as it is shown, of a very long one its beginning and its end."""
    return from_host(_cut(answer, key))


def from_host(text: str) -> str:
    """Return what a host printed outside our module as it is shown: what can be a secret is masked, and nothing steers a terminal."""
    return spelled_out(masked(text))


def harmless_behind(stdout: str) -> str:
    """Return what a host printed, with what stands behind the answer cut short and as it is shown: Ansible warns of it with all of it."""
    if stdout.rstrip().endswith("}"):
        return stdout
    lines = _ANSIBLES_LINES.split(stdout)
    end = next((number for number in range(len(lines), 0, -1) if lines[number - 1].strip().endswith("}")), 0)
    return "\n".join([*lines[:end], from_host("\n".join(lines[end:])[:MOST_SAID])]) if end else stdout


def _cut(answer: Mapping[str, Any], key: str) -> str:
    text = answer.get(key)
    if not isinstance(text, str):
        return "" if text is None else str(text)[:MOST_TOLD]
    # As a Windows host ends its lines.
    text = text.replace("\r\n", "\n")
    return text if len(text) <= MOST_TOLD else f"{text[: MOST_TOLD // 2]}\n{text[-MOST_TOLD // 2 :]}"


def gave_no_answer(answer: Mapping[str, Any]) -> bool:
    """Return whether Ansible says that a module failed, and not the module itself."""
    return bool(answer.get("failed")) and ("module_stderr" in answer or "module_stdout" in answer)


_DIED = re.compile(r"Unhandled exception|Fatal error|Process terminated|Stack overflow")


def _last_words(answer: Mapping[str, Any]) -> str:
    stderr = [line.strip() for line in told(answer, "module_stderr").split("\n") if line.strip()]
    message = [line for line in told(answer, "msg").split("\n") if line.strip()]
    # The last line of a traceback is the exception itself, which says the most.
    empty = not message or re.search("MODULE FAILURE|deserialization failed", message[0])
    if empty and stderr:
        # .NET, which PowerShell stands on, says it first, and where it was behind that.
        first = next((line for line in stderr if _DIED.match(line)), stderr[-1])
        return first[:400]
    printed = [line.strip() for line in told(answer, "module_stdout").split("\n") if line.strip()] if empty else []
    if printed:
        return f"the last that it printed is no answer of the module ({printed[-1][:400]}); {_SEE}"
    if empty and message:
        return f"the module gave no answer, not even a reason; {_SEE}"
    return (" ".join(message) or "the module gave no answer")[:MOST_SAID]
