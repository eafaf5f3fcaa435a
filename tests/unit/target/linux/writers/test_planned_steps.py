"""Writers whose effect a directory tree can't show by its reader: which steps they plan, and what they refuse."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from tests.scenarios.linux import ask
from tests.scenarios.linux.kernel_module import SHOWN

pytestmark = pytest.mark.root

TODAY = int(time.time() // 86400)
HASH = "$y$j9T$x$y"
BASE = {
    "/etc/passwd": (
        "root:x:0:0:root:/root:/bin/bash\nanna:x:1000:1000::/home/anna:/bin/bash\n"
        "daemonic:x:200:200::/:/bin/bash\nquiet:x:201:201::/:/usr/sbin/nologin\n"
    ),
    "/etc/group": "root:x:0:\nanna:x:1000:\ndaemonic:x:200:\nquiet:x:201:\n",
    "/etc/shadow": "root:*:1::::::\nanna:%s:%d:0:99999:7:::\ndaemonic:!:1::::::\nquiet:x:1::::::\n"
    % (HASH, TODAY - 30),
    "/etc/shells": "/bin/sh\n/bin/bash\n",
    "/etc/login.defs": "UID_MIN 1000\n",
}


@pytest.fixture
def plan(tmp_path):
    """A function that plans one change on a tree: (state, reason, steps by label)."""

    def call(kind, address, wanted, *closes, files=None, **options):
        for path, text in {**BASE, **(files or {})}.items():
            place = tmp_path / path[1:]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        answer = ask(
            str(tmp_path), lambda _argv, _timeout: CommandResult(), {"it": [kind, address, wanted, *closes]}, **options
        )
        state = answer["changes"]["it"]
        return state["state"], state.get("reason", ""), {step["label"]: step for step in answer["steps"]}, answer

    return call


def test_ages_of_accounts_with_a_password_are_set(plan):
    state, _reason, steps, _answer = plan("accounts", {"fact": "password_maximum_age"}, 365)

    assert state == "planned"
    assert [step["argv"] for step in steps.values()] == [["chage", "--maxdays", "365", "anna"]]
    assert HASH not in json.dumps(list(steps.values()))


def test_password_that_would_expire_at_once_is_left_to_a_person(plan):
    state, reason, steps, _answer = plan("accounts", {"fact": "password_maximum_age"}, 20)

    assert state == "refused"
    assert "anna" in reason
    assert not steps


def test_account_that_would_be_disabled_at_once_is_left_to_a_person(plan):
    shadow = BASE["/etc/shadow"].replace(":99999:7:::", ":10:7:::")
    state, reason, _steps, _answer = plan("accounts", {"fact": "password_inactive"}, 5, files={"/etc/shadow": shadow})

    assert state == "refused"
    assert "anna" in reason


def test_system_account_loses_its_shell_and_one_without_is_locked(plan):
    _state, _reason, steps, _answer = plan("accounts", {"fact": "system_accounts_with_shell"}, "nologin")
    assert [step["argv"] for step in steps.values()] == [["usermod", "--shell", "/usr/sbin/nologin", "daemonic"]]

    _state, _reason, steps, _answer = plan("accounts", {"fact": "unlocked_without_shell"}, "locked")
    assert [step["argv"] for step in steps.values()] == [["usermod", "--lock", "quiet"]]


SUDO_TAGS: Any = ("sudo", {"query": "nopasswd"}, [], ["sudo_unasked"])
SUDOERS = "root ALL=(ALL) ALL\nrobot ALL=(ALL) NOPASSWD: ALL\nanna ALL=(ALL) NOPASSWD: /bin/true\n"


def test_sudo_rule_of_one_without_a_password_is_left_and_the_others_ask_for_theirs(plan):
    users = BASE["/etc/passwd"] + "robot:x:1001:1001::/home/robot:/bin/bash\n"
    files = {"/etc/sudoers": SUDOERS, "/etc/passwd": users}
    state, _reason, steps, answer = plan(*SUDO_TAGS, files=files, options={"user": "root"})

    assert state == "planned", answer
    assert "/etc/sudoers:2 is for robot, who has no password" in answer["changes"]["it"]["left"]
    shown = steps["/etc/sudoers"]["diff"]["lines"]
    assert "-anna ALL=(ALL) NOPASSWD: /bin/true" in shown
    assert "+anna ALL=(ALL) /bin/true" in shown
    assert "-robot" not in shown

    users_only = {"/etc/sudoers": SUDOERS.split("anna", maxsplit=1)[0], "/etc/passwd": users}
    state, reason, steps, _answer = plan(*SUDO_TAGS, files=users_only, options={"user": "root"})
    assert (state, steps) == ("refused", {})
    assert "robot, who has no password" in reason


@pytest.mark.parametrize("fact", ["uid_zero", "duplicate_uids", "empty_password", "home_missing"])
def test_what_needs_a_decision_about_people_is_refused(plan, fact):
    state, reason, steps, _answer = plan("accounts", {"fact": fact}, ["root"])

    assert (state, steps) == ("refused", {})
    assert "by a person" in reason


def test_kernel_argument_comes_last_and_waits_for_the_next_boot(plan):
    files = {"/etc/default/grub": 'GRUB_CMDLINE_LINUX=""\n'}
    state, _reason, steps, answer = plan("bootloader", {"query": "argument", "name": "audit"}, "1", files=files)

    assert state == "planned"
    assert (
        'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX audit=1"'
        in steps["/etc/default/grub.d/zz-hipaa-cis.cfg"]["diff"]["lines"]
    )
    assert ["update-grub"] in [step.get("argv") for step in steps.values()]
    assert answer["pending_reboot"] == ["the kernel argument audit=1"]


def test_kernel_argument_of_every_boot_entry_is_not_written_again(plan):
    files = {
        "/etc/default/grub": "",
        "/etc/default/grub.d/zz-hipaa-cis.cfg": 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX audit=1"\n',
        "/boot/grub/grub.cfg": "menuentry 'one' {\n\tlinux /vmlinuz root=/dev/vda1 audit=1\n}\n",
        "/proc/cmdline": "root=/dev/vda1\n",
    }
    state, _reason, steps, answer = plan("bootloader", {"query": "argument", "name": "audit"}, "1", files=files)

    assert (state, steps) == ("nothing", {})
    assert answer["changes"]["it"]["pending_reboot"]

    files["/boot/grub/grub.cfg"] = "menuentry 'one' {\n\tlinux /vmlinuz root=/dev/vda1\n}\n"
    _state, _reason, steps, _answer = plan("bootloader", {"query": "argument", "name": "audit"}, "1", files=files)
    assert [step["argv"] for step in steps.values()] == [["update-grub"]]


def test_kernel_argument_of_systemd_boot_is_for_a_person_though_grub_is_there(plan):
    files = {
        "/etc/default/grub": "x\n",
        "/boot/grub/grub.cfg": "linux /vmlinuz ro\n",
        "/efi/loader/loader.conf": "editor no\n",
        "/efi/loader/entries/a.conf": "linux /vmlinuz\noptions ro\n",
    }
    state, reason, steps, _answer = plan("bootloader", {"query": "argument", "name": "audit"}, "1", files=files)

    assert (state, steps) == ("refused", {})
    assert "add audit=1 to /etc/kernel/cmdline" in reason


@pytest.mark.parametrize(("users", "argv"), [(0, [["modprobe", "-r", "sctp"]]), (2, [])])
def test_module_in_use_is_gone_at_the_next_boot(plan, users, argv):
    files = {"/proc/modules": "sctp 446464 %d - Live 0x0\n" % users}
    wanted = {"install_blocked": True, "denylisted": True}
    state, _reason, steps, answer = plan("kernel_module", {"name": "sctp"}, wanted, files=files)

    assert state == "planned"
    assert [step["argv"] for step in steps.values() if step["type"] == "command"] == argv
    assert answer["pending_reboot"] == (["the kernel module sctp, in use now, is not loaded any more"] if users else [])


def test_argument_that_is_more_than_a_word_is_refused(plan):
    files = {"/etc/default/grub": "x\n"}
    state, _reason, steps, _answer = plan(
        "bootloader", {"query": "argument", "name": "a"}, "1 init=/bin/sh", files=files
    )

    assert (state, steps) == ("refused", {})


def test_password_of_the_boot_loader_is_for_a_person(plan):
    assert plan("bootloader", {"query": "password"}, "x")[0] == "refused"


APPARMOR = {
    "/sys/module/apparmor/parameters/enabled": "Y\n",
    "/sys/kernel/security/apparmor/profiles": "man_groff (complain)\n",
    "/proc/uptime": "1 1\n",
}


def test_profile_that_complains_is_enforced_by_its_file(plan):
    files = {
        **APPARMOR,
        "/etc/apparmor.d/man": "profile man_groff /bin/groff flags=(attach_disconnected, complain) {\n}\n",
    }
    state, _reason, steps, _answer = plan("apparmor", {}, "enforce", files=files)

    assert state == "planned"
    assert (
        "+profile man_groff /bin/groff flags=(attach_disconnected) {" in steps["/etc/apparmor.d/man"]["diff"]["lines"]
    )
    assert "apparmor_parser --replace --skip-read-cache --write-cache /etc/apparmor.d/man" in steps


def test_profile_forced_to_complain_by_a_link_is_for_a_person(plan):
    state, reason, _steps, _answer = plan(
        "apparmor", {}, "enforce", files={**APPARMOR, "/etc/apparmor.d/force-complain/man": ""}
    )

    assert state == "refused"
    assert "force-complain" in reason


def test_option_of_a_mount_goes_into_its_line_of_fstab(plan):
    files = {
        "/etc/fstab": "/dev/vda1 / ext4 defaults 0 1\ntmpfs\t/tmp  tmpfs\trw,exec,size=1g   0 0\n",
        "/proc/1/mountinfo": "1 0 8:1 / / rw - ext4 /dev/vda1 rw\n2 1 0:9 / /tmp rw,relatime - tmpfs tmpfs rw\n",
    }
    wanted = {"running": True, "configured": True}
    state, _reason, steps, _answer = plan("mount_option", {"path": "/tmp", "option": "noexec"}, wanted, files=files)

    assert state == "planned"
    assert "+tmpfs\t/tmp  tmpfs\trw,size=1g,noexec   0 0" in steps["/etc/fstab"]["diff"]["lines"]
    command = steps["remount /tmp with noexec"]
    assert command["argv"] == ["mount", "-o", "remount,noexec", "/tmp"]
    assert command["undo"] == [["mount", "--options-mode", "ignore", "-o", "remount,rw,relatime,dev,suid,exec", "/tmp"]]


def test_kernel_module_is_kept_away_by_the_name_that_is_asked_for(plan):
    """A dash and an underscore are the same to modprobe, and not to those who search the text."""
    _state, _reason, steps, _answer = plan(
        "kernel_module", {"name": "usb-storage"}, {"install_blocked": True, "denylisted": True}, files=SHOWN
    )

    lines = steps["/etc/modprobe.d/00-hipaa-cis.conf"]["diff"]["lines"]
    assert "+install usb-storage /bin/false\n" in lines
    assert "+blacklist usb-storage\n" in lines
