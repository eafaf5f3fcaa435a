"""What the writers of text refuse, with what a person has to do."""

from __future__ import annotations

import pytest

from tests.scenarios.linux import Scenario, apply_wanted, plant

AUTHTOK = {"pam": "pam_unix.so", "add": ["use_authtok"]}
FAILLOCK = {"pam": "pam_faillock.so", "profile": "hipaa-cis-faillock"}
COMMON = "/etc/pam.d/common-"
EMPTY = """\
# here are the per-package modules (the "Primary" block)
# here's the fallback if no module succeeds
# and here are more per-package modules (the "Additional" block)
# end of pam-auth-update config
"""
TYPES = ("auth", "account", "password", "session", "session-noninteractive")
MANAGED = {
    "/usr/sbin/pam-auth-update": "",
    **{COMMON + kind: EMPTY for kind in TYPES},
    **{"/var/lib/pam/" + kind: "" for kind in TYPES},
}


def refusal(root, kind, address, wanted, files, **more):
    """Return why a change is refused; the tree must be untouched."""
    scenario = Scenario("it", address, {}, "fail", {}, files=files, wanted=wanted, **more)
    plant(str(root), scenario)
    answer = apply_wanted(str(root), kind, scenario)
    assert answer["changes"]["it"]["state"] == "refused", answer
    assert not answer["steps"]
    return answer["changes"]["it"]["reason"]


def of_lines(root, text, wanted, path="/etc/profile", pattern="umask 022", **more):
    return refusal(root, "file_lines", {"path": path, "pattern": pattern}, wanted, {path: text}, **more)


@pytest.mark.parametrize(
    "text",
    [
        "if x; then umask 022; fi\n",
        "f() { umask 022; }\n",
        "case x in\na) umask 022;;\nesac\n",
        "umask 022 \\\n\n",
        "a \\\numask 022\n",
    ],
)
def test_line_that_belongs_to_others_is_left(tmp_path, text):
    assert "/etc/profile:" in of_lines(tmp_path, text, {"disable": True})


def test_statement_over_several_lines_is_left(tmp_path):
    text = 'input(type="imtcp"\n port="514")\n'
    assert ":1 belongs" in of_lines(tmp_path, text, {"disable": True}, "/etc/rsyslog.conf", "imtcp")


@pytest.mark.parametrize("wanted", [True, "x", {}, {"unknown": 1}])
def test_form_that_is_not_known(tmp_path, wanted):
    assert "does not say" in of_lines(tmp_path, "umask 022\n", wanted)


def test_file_of_a_package_is_left(tmp_path):
    assert "not a file of this host's own" in of_lines(tmp_path, "umask 022\n", {"disable": True}, "/usr/lib/x")


def test_line_that_would_not_count(tmp_path):
    assert "would not hold" in of_lines(tmp_path, "x\n", {"lines": ["y"]})


def test_first_module_of_a_stack_has_to_ask(tmp_path):
    text = "password [success=1 default=ignore] pam_unix.so obscure\n"
    assert "no password could be changed" in of_lines(tmp_path, text, AUTHTOK, COMMON + "password", "use_authtok")


def test_stack_without_pam_auth_update(tmp_path):
    assert "pam-auth-update is not on this host" in of_lines(tmp_path, EMPTY, FAILLOCK, COMMON + "auth", "pam_faillock")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {COMMON + "account": EMPTY.replace("# here's", "account required pam_access.so\n# here's")},
            "common-account:2 was added by hand",
        ),
        ({COMMON + "session": "session required pam_unix.so\n"}, "lacks the marks"),
        ({"/var/lib/pam/auth": None}, "missing"),
    ],
    ids=["line", "marks", "state"],
)
def test_stack_changed_by_hand(tmp_path, changed, said):
    files = {**MANAGED, **changed}
    files = {path: text for path, text in files.items() if isinstance(text, str)}
    address = {"path": COMMON + "auth", "pattern": "pam_faillock"}
    reason = refusal(tmp_path, "file_lines", address, FAILLOCK, files)
    assert said in reason
    assert "by hand" in reason


def test_module_of_another_profile_is_not_doubled(tmp_path):
    line = "requisite\tpam_faillock.so preauth"
    files = {
        **MANAGED,
        COMMON + "auth": EMPTY.replace("# here's", "auth\t%s\n# here's" % line),
        "/var/lib/pam/auth": "Module: faillock\n%s\n" % line,
    }
    address = {"path": COMMON + "account", "pattern": "pam_faillock"}
    assert "from another profile" in refusal(tmp_path, "file_lines", address, FAILLOCK, files)


def test_vendor_drop_in_behind_ours(tmp_path):
    address = {"file": "/etc/systemd/coredump.conf", "format": "systemd", "section": "Coredump", "name": "Storage"}
    vendor = "/usr/lib/systemd/coredump.conf.d/zzz.conf"
    reason = refusal(tmp_path, "text_setting", address, "none", {vendor: "[Coredump]\nStorage=external\n"})
    assert vendor + ":2 still says otherwise" in reason


@pytest.mark.parametrize(
    ("free", "said"), [("61440", "could stop this host at once"), ("?", "cannot be told")], ids=["little", "unknown"]
)
def test_halt_where_there_is_no_room(tmp_path, free, said):
    address = {"file": "/etc/audit/auditd.conf", "format": "auditd", "name": "disk_full_action"}
    df = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/x 102400 40960 %s 40%% /\n" % free
    text = "space_left = 75\nadmin_space_left = 50\n"
    commands = {"df -Pk /var/log": df}
    assert said in refusal(tmp_path, "text_setting", address, "halt", {address["file"]: text}, commands=commands)


def test_nothing_would_get_out(tmp_path):
    address = {"file": "/etc/default/ufw", "format": "shell", "name": "DEFAULT_OUTPUT_POLICY"}
    reason = refusal(tmp_path, "text_setting", address, "DROP", {address["file"]: 'DEFAULT_OUTPUT_POLICY="ACCEPT"\n'})
    assert "ufw allow out 53" in reason


@pytest.mark.parametrize(("name", "wanted"), [("enforce_for_root", True), ("dictcheck", 1), ("enforcing", 1)])
def test_no_password_would_be_accepted(tmp_path, name, wanted):
    address = {"file": "/etc/security/pwquality.conf", "format": "pwquality", "name": name}
    reason = refusal(tmp_path, "text_setting", address, wanted, {address["file"]: "# nothing\n"})
    assert "install cracklib-runtime first" in reason


@pytest.mark.parametrize(
    ("free", "limit", "refused"),
    [
        ("99", "50", True),
        ("100", "50", False),
        ("19", "10%", True),
        ("20", "10%", False),
        ("99", "", True),
        ("100", "", False),
    ],
)
@pytest.mark.root
def test_room_is_measured_by_the_limit_of_auditd(planned, free, limit, refused):
    address = {"file": "/etc/audit/auditd.conf", "format": "auditd", "name": "disk_full_action"}
    kb = int(free) * 1024
    df = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/x 102400 40960 %d 40%% /\n" % kb
    text = "space_left = 75%%\nadmin_space_left = %s\n" % limit if limit else "space_left = 75\n"

    state, _steps = planned("text_setting", address, "halt", {address["file"]: text}, {"df -Pk /var/log": df})

    assert (state["state"] == "refused") is refused, state
