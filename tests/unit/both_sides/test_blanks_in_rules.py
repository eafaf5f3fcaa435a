"""Rules on directory trees in which other signs stand where a blank would: what no program understands never passes."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from tests.scenarios.linux import Scenario, host_for, plant

pytestmark = pytest.mark.root
KNOWN = load_catalog()
SIGNS = ["\v", "\f", "\x1c", "\x85", "\xa0", "\u3000"]
TYPES = ("account", "auth", "password", "session")
COMMON = {f"/etc/pam.d/common-{name}": "" for name in TYPES}
COMMON["/etc/pam.d/login"] = "".join(f"@include common-{name}\n" for name in TYPES)
STACK = "auth required pam_faillock.so preauth\nauth [success=1 default=ignore] pam_unix.so\nauth required pam_faillock.so authfail\n"
# rule -> files with ~ for the sign
CASES = [
    ("default_umask", {"/etc/profile": "umask~027\n"}),
    ("default_umask", {"/etc/profile": "~umask 027\n"}),
    ("default_umask", {"/etc/profile": "umask 027~\n"}),
    (
        "default_umask",
        {"/etc/login.defs": "UMASK~027\n", "/etc/pam.d/login": "session optional pam_umask.so nousergroups\n"},
    ),
    (
        "pam_faillock_enabled",
        {"/etc/pam.d/common-auth": STACK, "/etc/pam.d/common-account": "account~required pam_faillock.so\n"},
    ),
    (
        "pam_faillock_enabled",
        {"/etc/pam.d/common-auth": STACK, "/etc/pam.d/common-account": "account required pam_faillock.so~x\n"},
    ),
    (
        "pam_faillock_enabled",
        {
            "/etc/pam.d/common-auth": STACK.replace("so preauth", "so~preauth"),
            "/etc/pam.d/common-account": "account required pam_faillock.so\n",
        },
    ),
]


def outcome(root, rule, files, sign):
    (plan,) = make_plan(KNOWN, Selection(("debian_12",), level=2, include={"rules": [rule]}), {}, {})
    texts = {path: text.replace("~", sign) for path, text in {**COMMON, **files}.items()}
    scenario = Scenario(rule, {}, {}, "", {}, files=texts)
    plant(str(root), scenario)
    host = host_for(str(root), scenario)
    seen = {
        key: read_kind(host, kind, [address])[0].as_dict() for key, (kind, address) in plan.request["settings"].items()
    }
    return Judge(KNOWN.platforms["linux"], seen).judge(plan.benchmarks[0].rules[0]).outcome


@pytest.mark.parametrize(("rule", "files"), CASES)
def test_other_signs_are_no_blanks(tmp_path, rule, files):
    assert outcome(tmp_path / "blank", rule, files, " ") == "pass"
    assert outcome(tmp_path / "tab", rule, files, "\t") == "pass"

    passed = [sign for sign in SIGNS if outcome(tmp_path / repr(sign), rule, files, sign) == "pass"]

    assert not passed


@pytest.mark.parametrize(
    ("rule", "files"),
    [
        ("default_umask", {"/etc/profile": "umask 027~\n"}),
        ("shell_timeout", {"/etc/profile": "TMOUT=900~\nreadonly TMOUT~\nexport TMOUT~\n"}),
    ],
)
def test_carriage_return_is_a_part_of_the_word_to_a_shell(tmp_path, rule, files):
    """bash: "umask: 027: octal number out of range", and TMOUT is 900 and a CR, which it does not take for a number."""
    assert outcome(tmp_path / "unix", rule, files, "") == "pass"
    assert outcome(tmp_path / "dos", rule, files, "\r") == "fail"
