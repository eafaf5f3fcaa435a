"""Why a module gave no answer, in one line: what ansible-core and the host say becomes a cause and what to do."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.controller.module_failure import (
    explain,
    gave_no_answer,
    harmless_behind,
    refused,
    told,
)

NO_JSON = "Module result deserialization failed: No start of json char found"
WRONG = "password given for becoming root is wrong"
MISSING = "becoming root needs a password; set ansible_become_password"
OLD = "(on RHEL 8 and its rebuilds: dnf install python39) and set ansible_python_interpreter"


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ({"msg": NO_JSON, "module_stderr": "sudo: 1 incorrect password attempt\n"}, WRONG),
        ({"msg": NO_JSON, "module_stderr": "sudo: 3 Fehlversuche bei der Passwort-Eingabe\n"}, WRONG),
        ({"msg": NO_JSON, "module_stderr": "", "module_stdout": "su: Authentication failure\r\n"}, WRONG),
        ({"msg": NO_JSON, "module_stderr": "doas: Authentication failed\n"}, WRONG),
        ({"msg": "Incorrect sudo password"}, WRONG),
        ({"msg": "Incorrect su password"}, WRONG),
        ({"msg": "Missing sudo password"}, MISSING),
        ({"msg": NO_JSON, "module_stderr": "sudo: a password is required\n"}, MISSING),
        ({"msg": "Timeout (12s) waiting for privilege escalation prompt: "}, MISSING),
        ({"msg": NO_JSON, "module_stderr": "sudo: Account or password is expired, reset your password\n"}, "expired"),
        ({"msg": NO_JSON, "module_stderr": "sudo: account validation failure, is your account locked?\n"}, "locked"),
        ({"msg": NO_JSON, "module_stderr": "anna is not in the sudoers file.\n"}, "may not become root by sudo"),
        # Of sudo-rs 0.2.5.
        (
            {"msg": NO_JSON, "module_stderr": "sudo-rs: interactive authentication is required\n"},
            "sudo-rs puts the prompt",
        ),
        (
            {"msg": NO_JSON, "module_stderr": "sudo-rs: I'm sorry anna. I'm afraid I can't do that\n"},
            "may not become root by sudo",
        ),
        ({"msg": NO_JSON, "module_stderr": "sudo-rs: Maximum 3 incorrect authentication attempts\n"}, WRONG),
        ({"msg": NO_JSON, "module_stderr": "/bin/sh: 1: sudo: not found\n"}, "install sudo"),
        ({"msg": NO_JSON, "module_stderr": "sh: line 1: doas: command not found\n"}, "install sudo"),
        (
            {"msg": "Privilege output closed while waiting for password prompt:\n/bin/sh: 1: sudo: not found"},
            "install sudo",
        ),
        # Of RHEL 8, whose own Python is 3.6: what core 2.16 shows of it, and what later ones say.
        (
            {"msg": NO_JSON, "module_stderr": "SyntaxError: future feature annotations is not defined\n"},
            OLD,
        ),
        (
            {"msg": "ansible-core requires a minimum of Python version 3.8. Current version: 3.6.8 (default)"},
            OLD,
        ),
        ({"msg": "The module interpreter 'powershell' was not found."}, "the host has no PowerShell where it logs in"),
        (
            {"msg": NO_JSON, "module_stderr": "/bin/sh: 1: PowerShell: not found\n"},
            "the host has no PowerShell where it logs in",
        ),
        ({"msg": "Failed to connect the new way:\n\nthe device is busy"}, "the new way: the device is busy"),
        ({"msg": "x" * 10_000_000 + " sudo: not found"}, "install sudo"),
        ({"msg": NO_JSON, "module_stderr": "a\nsomething odd\n"}, "on this host: something odd"),
        (
            {"msg": NO_JSON, "module_stdout": "This account is only for mail.\n"},
            "is no answer of the module (This account is only for mail.); see what the host prints when the user logs in",
        ),
        ({"msg": NO_JSON, "module_stderr": "", "module_stdout": ""}, "try `ansible -m ping`"),
        (
            {
                "msg": NO_JSON,
                "module_stdout": "     | Cannot invoke method. Method invocation is supported only on core types in this\r\n     | language mode.\r\n",
            },
            "in Constrained Language Mode",
        ),
        (
            {
                "msg": NO_JSON,
                "module_stderr": "    + FullyQualifiedErrorId : MethodInvocationNotSupportedInConstrainedLanguage\r\n",
            },
            "in Constrained Language Mode",
        ),
        # As a Windows host ends its lines, the empty ones too.
        (
            {"msg": NO_JSON, "module_stdout": "Welcome to ward 4\r\n{ a banner\r\n\r\n\r\n"},
            "the last that it printed is no answer of the module ({ a banner)",
        ),
        (
            {"msg": "MODULE FAILURE\nSee stdout/stderr", "module_stderr": "Traceback\nIndexError: no x\n"},
            "IndexError: no x",
        ),
        ({"msg": "a reason of the module"}, "on this host: a reason of the module"),
        ({}, "the module gave no answer"),
    ],
)
def test_cause_is_named(answer, cause):
    said = explain({"failed": True, **answer}, "The rollback")

    assert said.startswith("The rollback could not be done on this host: ")
    assert cause in said
    assert "deserialization" not in said


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("Task failed: Timeout (12s) waiting for privilege escalation prompt:\n", "prompt. sudo-rs puts"),
        (
            "Failed to connect to the host via ssh: kex_exchange_identification: read: Connection reset by peer",
            "PerSourcePenalties",
        ),
        ("kex_exchange_identification: Connection closed by remote host", "PerSourcePenalties"),
        ("Connection closed by 10.0.0.1 port 22", "PerSourcePenalties"),
    ],
)
def test_host_that_refuses_is_told_from_one_that_is_gone(said, cause):
    assert refused(said).startswith(said.rstrip())
    assert cause in refused(said)
    gone = "Failed to connect to the host via ssh: ssh: connect to host a port 22: No route to host"
    assert refused(gone) == gone
    assert refused("") == ""


def test_powershell_that_died_is_told_by_what_it_died_of():
    stack = (
        "Unhandled exception. System.X: no memory\r\n   at System.A(B)\r\n   at System.C(ContextCallback, Object)\r\n"
    )
    said = explain({"failed": True, "msg": NO_JSON, "module_stderr": stack, "module_stdout": ""})

    assert "Unhandled exception. System.X: no memory" in said
    assert "ContextCallback" not in said


def test_answer_of_the_module_itself_is_left_as_it_is():
    assert not gave_no_answer({"failed": True, "msg": "Nothing was rolled back"})
    assert not gave_no_answer({"changed": True})
    assert gave_no_answer({"failed": True, "msg": NO_JSON, "module_stderr": "", "module_stdout": ""})


@pytest.mark.parametrize(
    "answer",
    [
        {"msg": "the hook said: password=Tr0ub4dor&3"},
        {"msg": NO_JSON, "module_stderr": "+ export API_TOKEN=Tr0ub4dor&3\n"},
        {"msg": NO_JSON, "module_stdout": "proxy is http://anna:Tr0ub4dor&3@proxy.example.org/\n"},
        {"msg": ["PASSWORD=Tr0ub4dor&3"]},
    ],
)
def test_what_a_host_prints_beside_our_module_is_masked(answer):
    said = explain({"failed": True, **answer}) + told(answer, "msg") + told(answer, "module_stdout")

    assert "Tr0ub4dor" not in said
    assert "(masked)" in said


def test_the_cause_is_known_of_what_is_masked():
    assert "install python3" in explain({"msg": "TOKEN=python3: not found"})


@pytest.mark.parametrize(
    ("stdout", "kept"),
    [
        ('{"a": 1}\n', '{"a": 1}\n'),
        ('Welcome\n{"a": 1}\r\n', 'Welcome\n{"a": 1}\r\n'),
        ('{"a": 1}\nbye \x1b[2J', '{"a": 1}\nbye [U+001B][2J'),
        ("no answer \x1b", "no answer \x1b"),
    ],
)
def test_what_stands_behind_an_answer_is_harmless_and_the_answer_as_it_came(stdout, kept):
    assert harmless_behind(stdout) == kept
    assert len(harmless_behind(stdout + "\n}\n" + "x" * 1_000_000)) < 3000
