# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulation is asked for once, until something changes that apt-get goes by."""

import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.package_steps import APT, LEAVE_NOTHING
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.simulations import Simulations
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult

INSTALL = ("install", "--no-install-recommends", "a")


class Apt:
    """Counts its calls; ``meanwhile`` is done while it works."""

    def __init__(self):
        self.calls = 0
        self.exit_code = 0
        self.problem = ""
        self.meanwhile = lambda: None

    def __call__(self, _argv, _timeout):
        self.calls += 1
        self.meanwhile()
        return CommandResult(self.exit_code, "Inst a %d" % self.calls, problem=self.problem)


@pytest.fixture
def apt():
    return Apt()


@pytest.fixture
def asked(apt, tmp_path):
    """Ask for a simulation; return its output."""
    (tmp_path / "var/lib/dpkg/updates").mkdir(parents=True)
    (tmp_path / "var/lib/apt/lists/partial").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").write_text("x")
    (tmp_path / "etc/apt/preferences.d").mkdir(parents=True)
    runner = Simulations(apt, str(tmp_path))

    def ask(*words, head=APT):
        return runner([*head, "--simulate", *words], 1.0).stdout

    return ask


def test_same_simulation_is_asked_for_once_however_it_is_said(asked, apt):
    first = asked(*INSTALL)

    assert asked(*INSTALL, "a", head=("apt-get", "-q", *LEAVE_NOTHING)) == first
    assert apt.calls == 1


@pytest.mark.parametrize("other", [("remove", "a"), ("install", "a"), (*INSTALL, "b"), ("install", "a-")])
def test_another_one_is_another(asked, apt, other):
    asked(*INSTALL)
    asked(*other)
    assert apt.calls == 2


@pytest.mark.parametrize("more", [("--allow-downgrades", "a"), ("/srv/a.deb",), ("./a.deb",)])
def test_one_with_more_to_it_is_always_asked_for(asked, apt, more):
    asked("install", *more)
    asked("install", *more)
    assert apt.calls == 2


def test_what_is_no_simulation_is_run(apt, tmp_path):
    runner = Simulations(apt, str(tmp_path))
    for _time in range(2):
        runner([*APT, *INSTALL], 1.0)
    assert apt.calls == 2


@pytest.mark.parametrize(
    "path", ["var/lib/dpkg/status", "var/lib/dpkg/arch", "var/lib/dpkg/updates/0001", "var/lib/apt/lists/x_Packages", "var/lib/apt/extended_states",
             "etc/apt/preferences.d/pin", "etc/apt/sources.list"],
)  # fmt: skip
def test_it_is_asked_for_again_once_something_changed(asked, apt, tmp_path, path):
    asked(*INSTALL)
    (tmp_path / path).write_text("another")

    asked(*INSTALL)
    assert apt.calls == 2


def test_same_lists_in_another_file_are_others(asked, apt, tmp_path):
    path = tmp_path / "var/lib/dpkg/status"
    asked(*INSTALL)
    path.rename(str(path) + "-old")
    path.write_text("x")
    os.utime(path, ns=(0, 0))
    asked(*INSTALL)
    assert apt.calls == 2


def test_what_changed_while_it_was_asked_for_is_not_kept(asked, apt, tmp_path):
    apt.meanwhile = lambda: (tmp_path / "var/lib/dpkg/status").write_text("x" * (apt.calls + 1))
    asked(*INSTALL)
    apt.meanwhile = lambda: None
    asked(*INSTALL)
    assert apt.calls == 2


@pytest.mark.parametrize(("exit_code", "problem"), [(100, ""), (0, "no answer within 1 seconds")])
def test_failure_is_not_kept(asked, apt, exit_code, problem):
    apt.exit_code, apt.problem = exit_code, problem
    asked(*INSTALL)
    asked(*INSTALL)
    assert apt.calls == 2
