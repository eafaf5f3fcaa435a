"""Options of sshd: which value is written, and where."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.steps import CannotFix
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers.sshd_option import _holds, _value_to_write

MISSING = CommandResult(problem="not installed", missing=True)
CONFIGURATION = "/etc/ssh/sshd_config"
SYSTEMD = {"/run/systemd/system/x": "", "/lib/systemd/system/ssh.service": ""}


@pytest.mark.parametrize(
    ("key", "effective", "wanted", "text"),
    [
        ("maxstartups", "5:30:60", "10:30:60", "5:30:60"),
        ("maxstartups", "20:30:100", "10:40:60", "10:30:60"),
        ("maxstartups", "0:30:60", "10:30:60", "10:30:60"),
        ("maxstartups", "5", "10:30:60", "10:30:60"),
        ("maxstartups", None, "10:30:60", "10:30:60"),
        ("other", "5:30:60", "10:30:60", "10:30:60"),
        ("ciphers", "a,b", "b,c", "b"),
        ("ciphers", "a", "b,c", "b,c"),
        ("banner", "a,b", "b,c", "b,c"),
        ("maxsessions", "4", " 10 ", "10"),
    ],
)
def test_value_that_lets_in_nothing_new_is_written(key, effective, wanted, text):
    assert _value_to_write(key, effective, wanted) == text


@pytest.mark.parametrize("wanted", ["", " ", "a\nb", "a # b"])
def test_value_that_cannot_be_written_is_refused(wanted):
    with pytest.raises(CannotFix):
        _value_to_write("banner", None, wanted)


@pytest.mark.parametrize(
    ("key", "seen", "text", "holds"),
    [
        ("maxauthtries", "4", "4", True),
        ("maxauthtries", "3", "4", True),
        ("maxauthtries", "5", "4", False),
        ("maxauthtries", "0", "4", False),
        ("maxsessions", "0", "4", True),
        ("clientaliveinterval", "0", "15", False),
        ("permitrootlogin", "no", "no", True),
        ("permitrootlogin", "yes", "no", False),
        ("permitrootlogin", None, "no", False),
        ("permitrootlogin", ["no"], "no", False),
    ],
)
def test_value_that_is_stricter_holds(key, seen, text, holds):
    assert _holds(key, seen, text) is holds


@pytest.fixture
def write(planned, tmp_path):
    """A function that plans X11Forwarding no on a host with a configuration: (state, steps, its text afterwards)."""

    def call(text, effective="x11forwarding yes\n", files=None, mode="plan"):
        state, steps = planned(
            "sshd_option", {"name": "X11Forwarding"}, "no", {CONFIGURATION: text, **(files or {})},
            {"sshd -T": effective}, mode=mode,
        )  # fmt: skip
        return state, steps, (tmp_path / CONFIGURATION[1:]).read_text()

    return call


pytestmark = pytest.mark.root


def test_without_a_folder_of_its_own_the_option_comes_first_in_the_main_file_and_is_looked_at_before(write):
    state, steps, _text = write("# old\nport 22\n", files=SYSTEMD)

    assert state["state"] == "planned"
    lines = steps[0]["diff"]["lines"]
    assert "+X11Forwarding no" in lines
    assert steps[-1]["argv"] == ["systemctl", "try-reload-or-restart", "ssh.service"]


def test_finished_file_is_looked_at_by_sshd(planned):
    calls = []

    def sshd(argv):
        calls.append(list(argv))

    state, steps = planned(
        "sshd_option", {"name": "X11Forwarding"}, "no", {CONFIGURATION: "port 22\n"},
        {"sshd -T": "x11forwarding yes\n"}, mode="apply", watch=sshd,
    )  # fmt: skip

    assert (state["state"], len(steps)) == ("done", 1)
    looked = [argv for argv in calls if argv[:1] == ["sshd"] and argv != ["sshd", "-T"]]
    assert [argv[:3] for argv in looked] == [["sshd", "-t", "-f"], ["sshd", "-t"]]


def test_our_own_lines_stay_below_their_mark(write):
    _state, _steps, first = write("port 22\n", mode="apply")
    marks = first.count(first.split("X11Forwarding")[0])

    _state, _steps, second = write(first.replace("X11Forwarding no", "Banner none"), mode="apply")

    assert marks == 1
    assert second.count(first.split("X11Forwarding")[0]) == 1


@pytest.mark.parametrize("text", ["X11Forwarding no\nport 22\n", "Include own.conf\nport 22\n"])
def test_what_is_said_first_and_does_not_hold_all_the_same_is_not_said_again_and_again(text, write):
    """As where an argument of the program wins."""
    state, _steps, after = write(text, files={"/etc/ssh/own.conf": "X11Forwarding no\n"}, mode="apply")

    assert state["state"] == "refused"
    assert "says X11Forwarding no first, and something else wins" in state["reason"]
    assert after == text


def test_what_is_looser_for_some_goes_and_what_is_said_for_all_is_not_said_again(write):
    text = "X11Forwarding no\nMatch user anna\nX11Forwarding yes\n"
    state, _steps, after = write(text, mode="apply")

    assert state["state"] == "done"
    assert after == text.replace("X11Forwarding yes", "# disabled by hipaa.cis: X11Forwarding yes")


def test_looser_line_of_the_file_to_which_the_option_is_written_becomes_a_comment(write):
    _state, _steps, after = write("port 22\nX11Forwarding yes\nUsePAM yes\n", mode="apply")

    assert after.endswith("X11Forwarding no\nport 22\n# disabled by hipaa.cis: X11Forwarding yes\nUsePAM yes\n")


def test_what_is_said_of_some_alone_is_said_of_all(write):
    own = {"/etc/ssh/own.conf": "Match user anna\nX11Forwarding no\n"}
    _state, _steps, after = write("Include own.conf\n", files=own, mode="apply")

    assert after.count("X11Forwarding no") == 1


def test_host_without_sshd_is_told_so(planned):
    state, steps = planned("sshd_option", {"name": "X11Forwarding"}, "no", {}, {"sshd -T": MISSING})

    assert (state["state"], steps) == ("refused", [])
    assert state["reason"] == "there is no sshd on this host"


BACK_END = "/etc/crypto-policies/back-ends/opensshserver.config"
UNIT = "/usr/lib/systemd/system/sshd.service"


@pytest.mark.parametrize(
    "files",
    [
        {CONFIGURATION: "Include %s\n" % BACK_END, BACK_END: "Ciphers aes128-cbc\n"},
        {
            CONFIGURATION: "",
            BACK_END: "CRYPTO_POLICY='-oCiphers=aes128-cbc'\n",
            UNIT: "[Service]\nEnvironmentFile=-%s\nExecStart=/usr/sbin/sshd -D $CRYPTO_POLICY\n" % BACK_END,
        },
    ],
)
def test_algorithms_of_the_cryptographic_policy_are_left_to_it(planned, files):
    answers = {"sshd -T": "ciphers aes128-cbc\n", "sshd -T -oCiphers=aes128-cbc": "ciphers aes128-cbc\n"}

    state, steps = planned("sshd_option", {"name": "Ciphers"}, "aes256-ctr", files, answers)

    assert (state["state"], steps) == ("refused", [])
    assert "run: update-crypto-policies --set POLICY:MODULE" in state["reason"]
