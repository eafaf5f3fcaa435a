"""Arguments of PAM modules as they are changed."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers import pam
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers.pam import _changed


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        ([], {"add": ["use_authtok"]}, ["use_authtok"]),
        (["a", "b"], {"add": ["a"]}, ["b", "a"]),
        (["remember=5", "b"], {"add": ["remember=24"]}, ["b", "remember=24"]),
        (["rememberer=5"], {"add": ["remember=24"]}, ["rememberer=5", "remember=24"]),
        (["md5=x"], {"add": ["md5"]}, ["md5=x", "md5"]),
        (["nullok", "nullok_secure"], {"remove": ["nullok"]}, ["nullok_secure"]),
        (["remember=5", "a"], {"remove": ["remember=\\d+"], "add": ["b"]}, ["a", "b"]),
        (["a"], {}, ["a"]),
    ],
)
def test_arguments_are_replaced_by_their_name(before, wanted, after):
    assert _changed(before, wanted) == after


AUTH = "/etc/pam.d/common-auth"
LINES = {"path": AUTH, "pattern": r"pam_unix\.so.*\bnullok\b"}
UPDATE = {"/usr/sbin/pam-auth-update": ""}


@pytest.mark.root
@pytest.mark.parametrize(
    ("row", "wanted", "after"),
    [
        ("auth [success=1 default=ignore] pam_unix.so nullok", {"remove": ["nullok"]}, None),
        ("auth  required  pam_unix.so nullok # why", {"remove": ["nullok"], "add": ["a"]}, "pam_unix.so a # why"),
        ("auth required pam_unix.so", {"add": ["a=1"]}, "pam_unix.so a=1"),
        ("auth required pam_unix.so a=1", {"add": ["a=1"]}, "pam_unix.so a=1"),
    ],
)
def test_only_the_arguments_of_the_module_change(planned, tmp_path, row, wanted, after):
    text = "# PAM\n%s\nauth required pam_deny.so\n"

    state, _steps = planned("file_lines", LINES, {"pam": "pam_unix.so", **wanted}, {AUTH: text % row}, mode="apply")

    assert state["state"] in ("done", "nothing")
    head = row.split("pam_unix.so")[0]
    assert (tmp_path / AUTH[1:]).read_text() == text % (head + (after or "pam_unix.so"))


@pytest.mark.root
def test_argument_that_stays_elsewhere_is_named(planned):
    text = "auth required pam_unix.so nullok\nauth include x pam_unix.so nullok\n"

    state, steps = planned("file_lines", LINES, {"pam": "pam_unix.so", "remove": ["nullok"]}, {AUTH: text})

    assert (state["state"], steps) == ("refused", [])
    assert state["reason"] == AUTH + ":2 still says otherwise; change it there by hand"


OPTION = {"query": "option", "module": "pam_unix.so", "name": "nullok"}
NO_NULLOK = {"pam": "pam_unix.so", "remove": ["nullok.*"]}


@pytest.mark.root
@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({AUTH: "auth required \\\n pam_unix.so nullok\n"}, "stands on a line that goes on"),
        ({AUTH: "auth required pam_unix.so nullok \\\n audit\n"}, "goes on in the next line"),
        ({"/usr/lib/pam.d/common-auth": "auth required pam_unix.so nullok\n"}, "not a file of this host's own"),
        ({AUTH: "auth required pam_unix.so nullok\nauth include nothing\n"}, "a file that is missing: nothing"),
    ],
)
def test_stack_that_cannot_be_edited_is_refused(planned, files, said):
    login = {"/etc/pam.d/login": "@include common-auth\n"}

    state, steps = planned("pam", OPTION, NO_NULLOK, {**login, **files})

    assert (state["state"], steps) == ("refused", [])
    assert said in state["reason"]


@pytest.mark.root
def test_only_lines_of_the_type_are_edited_where_they_are_called(planned, tmp_path):
    text = "auth required pam_unix.so\npassword required pam_unix.so md5\n"
    files = {"/etc/pam.d/login": text, "/etc/pam.d/system-auth": text}
    address = {**OPTION, "name": "hash", "type": "password"}

    state, _steps = planned(
        "pam", address, {"pam": "pam_unix.so", "add": ["yescrypt"], "remove": ["md5"]}, files, mode="apply"
    )

    assert state["state"] == "done"
    assert (tmp_path / "etc/pam.d/login").read_text() == text.replace("md5", "yescrypt")
    assert (tmp_path / "etc/pam.d/system-auth").read_text() == text


@pytest.mark.root
@pytest.mark.parametrize(
    ("wanted", "files", "said"),
    [
        ({"add": ["x"]}, {}, "pam_unix.so is not in %s; that it is missing is told by another rule" % AUTH),
        ({"profile": "unix"}, {}, "pam-auth-update is not on this host"),
        ({"profile": "unix"}, UPDATE, "the package that brings the PAM profile unix is not installed"),
        ({"profile": "unix"}, {**UPDATE, "/usr/share/pam-configs/unix": "x\n"}, ""),
    ],
)
def test_module_that_is_missing_comes_by_its_profile(planned, monkeypatch, wanted, files, said):
    monkeypatch.setattr(pam, "local_changes", lambda _host: "")
    address = {"path": AUTH, "pattern": "pam_unix"}

    state, steps = planned("file_lines", address, {"pam": "pam_unix.so", **wanted}, {AUTH: "# empty\n", **files})

    assert said in state.get("reason", "")
    assert state["state"] == ("refused" if said else "planned")
    if not said:
        assert steps[-1]["argv"][-3:] == ["--package", "--enable", "unix"]
