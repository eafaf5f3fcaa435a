"""Scenarios of lines in files, and of every form in which they are written."""

from __future__ import annotations

from typing import Any, Dict

from tests.scenarios import File, Scenario

NONE = {"any_of": [{"absent": True}, {"empty": True}]}
SOME = {"any": {"present": True}}
UMASK = r"^\s*umask\s+022"

AUTH = """\
# here are the per-package modules (the "Primary" block)
auth\t[success=1 default=ignore]\tpam_unix.so nullok
# here's the fallback if no module succeeds
auth\trequisite\t\t\tpam_deny.so
auth\trequired\t\t\tpam_permit.so
# and here are more per-package modules (the "Additional" block)
# end of pam-auth-update config
"""
PASSWORD = "password\trequisite\tpam_pwquality.so retry=3 minlen=4\npassword\t[success=1 default=ignore]\tpam_unix.so md5 # x\n"


def _lines(  # noqa: PLR0917 - a row of the table below
    name: str, verdict: str, pattern: str, text: Any, expect: Any, wanted: Any = None, path: str = "/etc/x", **more: Any
) -> Scenario:
    place: Dict[str, Any] = {"path": path} if "*" not in path else {"glob": path}
    files = {} if text is None else {path.replace("*", "a"): text}
    address = {**place, "pattern": pattern, **more.pop("address", {})}
    return Scenario(name, address, expect, verdict, {}, files={**files, **more.pop("files", {})}, wanted=wanted, **more)


SCENARIOS = [
    _lines("match", "pass", "^a", "b\na\n", SOME),
    _lines("no-match", "fail", "^a", "b\n#a\n", SOME),
    _lines("absent", "pass", "^a", None, NONE),
    _lines("text", "fail", r"\S", "\n", SOME, {"text": "Notice"}, "/etc/issue"),
    _lines("text-of-a-new-file", "fail", r"\S", None, SOME, {"text": "Notice\nof use"}, "/etc/issue"),
    _lines("line", "fail", "^a$", "b", SOME, {"lines": ["a"]}),
    _lines(
        "lines-of-a-file-of-ours",
        "fail",
        "^a$",
        "b\n",
        SOME,
        {"lines": ["b", "a"], "file": "/etc/d/zz.sh"},
        "/etc/d/*.sh",
    ),
    _lines("line-at-the-start", "fail", r"\A\$Mode 1", "x\n", SOME, {"lines": ["$Mode 1"], "at": "start"}),
    _lines("line-behind-another", "fail", "^a", "x\ny\n", SOME, {"lines": ["a"], "after": "^x"}),
    _lines("line-instead", "fail", "^a=1", "a=0\nb\n", SOME, {"lines": ["a=1"], "instead": True}),
    _lines("words", "fail", "^server two i", "x\n", SOME, {"words": "one two", "line": "server {word} i"}),
    _lines(
        "remove-paragraphs",
        "fail",
        "(?i)debian",
        "\nThe Debian\nsystem\n\nkept\n\nDEBIAN",
        NONE,
        {"remove": "paragraphs"},
    ),
    _lines("remove-all-paragraphs", "fail", "Debian", "Debian\n", NONE, {"remove": "paragraphs"}),
    _lines("disable", "fail", r"^\s*a\b", " a\nb\na 2\n", NONE, {"disable": True}),
    _lines(
        "disable-in-a-script",
        "fail",
        UMASK,
        "if x; then\n  umask 022\nfi\n",
        NONE,
        {"disable": True},
        "/etc/profile.d/*.sh",
    ),
    _lines("replace", "fail", r"^\$Mode (?!0640)", "$Mode 0644\n", NONE, {"replace": r"\d+", "with": "0640"}),
    _lines(
        "pam-argument-removed",
        "fail",
        r"pam_unix\.so.*\bnullok\b",
        AUTH,
        NONE,
        {"pam": "pam_unix.so", "remove": ["nullok"]},
        "/etc/pam.d/common-*",
    ),
    _lines(
        "pam-argument-added",
        "fail",
        r"pam_unix\.so\s.*yescrypt(\s|$)",
        PASSWORD,
        SOME,
        {"pam": "pam_unix.so", "add": ["yescrypt"], "remove": ["md5"]},
        "/etc/pam.d/common-password",
    ),
    _lines(
        "pam-argument-with-value",
        "fail",
        r"minlen=14(\s|$)",
        PASSWORD,
        SOME,
        {"pam": "pam_pwquality.so", "add": ["minlen=14"]},
        "/etc/pam.d/common-password",
    ),
    _lines(
        "pam-token",
        "fail",
        r"pam_unix\.so\s.*use_authtok",
        PASSWORD,
        SOME,
        {"pam": "pam_unix.so", "add": ["use_authtok"]},
        "/etc/pam.d/common-password",
    ),
    _lines("directory-in-its-place", "error", "a", File(directory=True, mode=0o755), SOME),
]
