"""Only a newline ends a line: what stands behind another sign in a comment is a part of the comment."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.lines import split_lines
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind

# VT, FF, the separators of files, groups and records, NEL, the separators of lines and paragraphs, CR.
SIGNS = ["\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\r"]
SUDO = {"query": "default", "name": "use_pty"}
QUALITY = "/etc/security/pwquality.conf"


def see(root, kind, address, files):
    for path, text in files.items():
        place = root / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())
    host = Host(str(root), runner=lambda _argv, _timeout: CommandResult(0, ""), privileged=True)
    (seen,) = read_kind(host, kind, [address])
    return seen.as_dict()


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize(
    "case",
    [
        ("sudo", SUDO, "/etc/sudoers", "# why", "Defaults use_pty"),
        ("sudo", {"query": "nopasswd"}, "/etc/sudoers", "# why", "anna ALL=(ALL) NOPASSWD: ALL"),
        ("login_defs", {"name": "UMASK"}, "/etc/login.defs", "# why", "UMASK 077"),
        ("text_setting", {"format": "pwquality", "file": QUALITY, "name": "minlen"}, QUALITY, "# why", "minlen = 14"),
        ("text_setting", {"format": "faillock", "file": "/etc/f", "name": "deny"}, "/etc/f", "# why", "deny = 5"),
        ("text_setting", {"format": "directive", "file": "/etc/f", "name": "Banner"}, "/etc/f", "# why", "Banner /x"),
        ("text_setting", {"format": "postfix", "file": "/etc/f", "name": "x"}, "/etc/f", "# why", "x = localhost"),
        (
            "text_setting",
            {"format": "auditd", "file": "/etc/f", "name": "freq"},
            "/etc/f",
            "space_left = 75\n# why",
            "freq = 1",
        ),
        ("text_setting", {"format": "shell", "file": "/etc/f", "name": "X"}, "/etc/f", "# why", "X=1"),
        ("text_setting", {"format": "gdm", "file": "/etc/f", "name": "x", "section": "d"}, "/etc/f", "[d]\n# y", "x=1"),
        (
            "text_setting",
            {"format": "limits", "file": "/etc/limits.conf", "name": "* hard core"},
            "/etc/limits.conf",
            "# why",
            "* hard core 0",
        ),
        ("file_lines", {"path": "/etc/f", "pattern": r"^\s*auth\s"}, "/etc/f", "# why", "auth required pam_x.so"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else None,
)
def test_comment_ends_at_its_newline(tmp_path, case, sign):
    kind, address, path, comment, setting = case
    hidden = see(tmp_path / "hidden", kind, address, {path: "%s%s%s\n" % (comment, sign, setting)})
    plain = see(tmp_path / "plain", kind, address, {path: "%s\n%s\n" % (comment, setting)})
    nothing = see(tmp_path / "nothing", kind, address, {path: comment + "\n"})

    assert hidden == nothing
    assert plain != nothing


@pytest.mark.parametrize("sign", SIGNS)
def test_su_is_not_limited_by_a_comment(tmp_path, sign):
    rule = "auth required pam_wheel.so use_uid group=wheel"
    files = {"/etc/group": "wheel:x:11:\n", "/etc/pam.d/su": "# why%s%s\nauth sufficient pam_rootok.so\n"}

    seen = see(tmp_path, "su_access", {}, {**files, "/etc/pam.d/su": files["/etc/pam.d/su"] % (sign, rule)})

    assert not seen["value"]["group"]


@pytest.mark.parametrize("sign", SIGNS)
def test_sshd_options_of_a_comment_are_not_stated(tmp_path, sign):
    path = "/etc/ssh/sshd_config"
    (tmp_path / "etc/ssh").mkdir(parents=True)
    (tmp_path / path[1:]).write_bytes(("# why%sMatch User anna\nBanner /etc/issue.net\n" % sign).encode())
    host = Host(
        str(tmp_path), lambda _argv, _timeout: CommandResult(0, "port 22\nbanner /etc/issue.net\n"), privileged=True
    )

    (seen,) = read_kind(host, "sshd_option", [{"name": "Banner"}])

    shown = {"path": "/etc/issue.net", "shown": False, "names_system": []}
    assert seen.value == {"effective": "/etc/issue.net", "overrides": [], "stated": True, "notices": [shown]}


@pytest.mark.parametrize("sign", ["\r", "\0"])
def test_what_ends_a_line_for_systemd_alone_is_an_error(tmp_path, sign):
    address = {"format": "systemd", "file": "/etc/systemd/journald.conf", "name": "Storage", "section": "Journal"}

    seen = see(
        tmp_path,
        "text_setting",
        address,
        {address["file"]: "[Journal]\nStorage=persistent\n# x%sStorage=none\n" % sign},
    )

    assert seen["state"] == "error"
    assert address["file"] + " holds a carriage return or a NUL" in seen["reason"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("\n", [""]),
        ("a", ["a"]),
        ("a\n", ["a"]),
        ("a\n\nb", ["a", "", "b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("a\rb\r\r\nc\r", ["a\rb\r", "c\r"]),
    ],
)
def test_lines_of_a_text(text, lines):
    assert split_lines(text) == lines
    assert "".join(split_lines(text, ends=True)) == text
    assert len(split_lines(text, ends=True)) == len(lines)
