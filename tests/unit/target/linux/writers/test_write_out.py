"""Writers that write out what holds: the main file says it too, and nothing that is in force changes."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from tests.scenarios.linux import Scenario, apply_wanted, plant
from tests.scenarios.linux.sshd_option import sshd

pytestmark = pytest.mark.root

MAIN = "/etc/ssh/sshd_config"
DROP_IN = "/etc/ssh/sshd_config.d/00-hipaa-cis.conf"
INCLUDE = "Include /etc/ssh/sshd_config.d/*.conf\n"
JOURNALD = "/etc/systemd/journald.conf"
SUDOERS = "/etc/sudoers"


@pytest.fixture
def write_out(tmp_path):
    """A function that sets an address to a value and returns (state, a function that reads a file of the tree)."""

    def call(kind, address, wanted, files, commands=None, **options):
        scenario = Scenario(
            "it", address, {}, "pass", {}, files=files, commands=commands or {}, wanted=wanted,
            options={"write_out": True, **options},
        )  # fmt: skip
        plant(str(tmp_path), scenario)
        states = [apply_wanted(str(tmp_path), kind, scenario, run)["changes"]["it"] for run in ("one", "two")]
        assert states[1] == {"state": "nothing"}
        return states[0]["state"], lambda path: (tmp_path / path[1:]).read_text()

    return call


def option(make, name, wanted, main, files=(), **options):
    return make("sshd_option", {"name": name}, wanted, {MAIN: main, **dict(files)}, {"sshd -T": sshd(
        maxsessions="10", x11forwarding="no", maxauthtries="6")}, **options)  # fmt: skip


def test_default_of_sshd_goes_before_the_first_match_block(write_out):
    state, read = option(write_out, "MaxSessions", "10", INCLUDE + "UsePAM yes\nMatch User bob\nMaxSessions 2\n")

    assert state == "done"
    assert read(MAIN) == INCLUDE + "UsePAM yes\nMaxSessions 10\nMatch User bob\nMaxSessions 2\n"


def test_fix_of_sshd_stands_in_the_drop_in_and_in_the_main_file(write_out):
    _state, read = option(write_out, "MaxAuthTries", "4", INCLUDE + "UsePAM yes\n")

    assert "MaxAuthTries 4\n" in read(DROP_IN)
    assert read(MAIN) == INCLUDE + "UsePAM yes\nMaxAuthTries 4\n"


def test_line_of_the_main_file_that_has_no_effect_no_longer_says_otherwise(write_out):
    main = INCLUDE + "X11Forwarding yes\nUsePAM yes\n"
    _state, read = option(
        write_out, "X11Forwarding", "no", main, {"/etc/ssh/sshd_config.d/50-site.conf": "X11Forwarding no\n"}
    )

    assert "\nX11Forwarding yes" not in read(MAIN)
    assert "\nX11Forwarding no\n" in read(MAIN)


def test_stricter_value_that_is_in_effect_is_the_one_that_is_written(write_out):
    files = {"/etc/ssh/sshd_config.d/50-site.conf": "MaxAuthTries 2\n"}
    _state, read = option(write_out, "MaxAuthTries", "4", INCLUDE, files)

    assert "MaxAuthTries 2\n" in read(MAIN)


def test_main_file_of_sshd_is_left_alone_where_the_site_says_so(write_out):
    _state, read = option(write_out, "MaxAuthTries", "4", INCLUDE, write_out=False)

    assert read(MAIN) == INCLUDE
    assert "MaxAuthTries 4\n" in read(DROP_IN)


KEX = "sntrup761x25519-sha512@openssh.com,curve25519-sha256"


@pytest.mark.parametrize("by_default", ["sntrup761x25519-sha512," + KEX, KEX + ",ecdh-sha2-nistp256"])
def test_of_algorithms_only_those_in_effect_are_written_and_the_others_go(write_out, by_default):
    shown = {"sshd -T": sshd(kexalgorithms=by_default)}
    state, read = write_out(
        "sshd_option", {"name": "KexAlgorithms"}, "mlkem768x25519-sha256," + KEX, {MAIN: INCLUDE}, shown
    )

    assert state == "done"
    assert f"\nKexAlgorithms {KEX}\n" in read(DROP_IN)
    assert read(MAIN) == INCLUDE + f"KexAlgorithms {KEX}\n"


def test_algorithms_that_are_in_effect_as_they_are_named_need_the_main_file_alone(write_out, tmp_path):
    shown = {"sshd -T": sshd(kexalgorithms=KEX)}
    _state, read = write_out(
        "sshd_option", {"name": "KexAlgorithms"}, KEX + ",ecdh-sha2-nistp256", {MAIN: INCLUDE}, shown
    )

    assert read(MAIN) == INCLUDE + f"KexAlgorithms {KEX}\n"
    assert not (tmp_path / DROP_IN[1:]).exists()


def journald(make, files, **options):
    address = {"file": JOURNALD, "format": "systemd", "section": "Journal", "name": "Compress"}
    return make("text_setting", address, "yes", files, **options)


def test_setting_of_systemd_stands_in_its_main_file_too(write_out):
    _state, read = journald(write_out, {JOURNALD: "[Journal]\n#Compress=yes\n"})

    assert read(JOURNALD) == "[Journal]\nCompress=yes\n#Compress=yes\n"
    assert "Compress=yes\n" in read(JOURNALD + ".d/zz-hipaa-cis.conf")


def test_main_file_of_systemd_is_not_made(write_out, tmp_path):
    _state, read = journald(write_out, {"/etc/os-release": ""})

    assert "Compress=yes\n" in read(JOURNALD + ".d/zz-hipaa-cis.conf")
    assert not (tmp_path / JOURNALD[1:]).exists()


def test_what_is_compiled_into_sudo_is_written_as_it_is(write_out):
    files = {
        SUDOERS: "@includedir /etc/sudoers.d\n",
        "/etc/sudoers.d/README": "# empty\n",
        "/etc/passwd": "root:x:0:0::/root:/bin/sh\n",
        "/etc/group": "root:x:0:\n",
    }
    said = CommandResult(0, "Sudo version 1.9.13p3\nAuthentication timestamp timeout: 15.0 minutes\n", "")
    address = {"query": "default", "name": "timestamp_timeout"}
    state, read = write_out("sudo", address, 15, files, {"sudo -V": said})

    assert state == "done"
    assert "Defaults timestamp_timeout=15\n" in read("/etc/sudoers.d/zz-hipaa-cis")
