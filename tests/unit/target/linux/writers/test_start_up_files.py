"""What is written into a start-up file of shells may be read again, by every shell, whatever its options are."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.plan import ChangePlan
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.planned_host import PlannedHost
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import shell_variable as reader
from ansible_collections.hipaa.cis.plugins.module_utils.linux.system.own_shell_file import own_path, own_text
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers import shell_variable as writer

SHELLS = ("dash", "bash", "bash --posix", "mksh", "ksh93", "zsh", "zsh --emulate sh", "busybox ash")
OLD_TEXT = """\
# Written by hipaa.cis.
TMOUT=900
export TMOUT
if [ -n "${BASH_VERSION:-}" ]; then
    typeset -xr TMOUT=900
fi
readonly TMOUT
"""
# What was so before -> what the shell and the programs that it starts see in the end.
BEFORE = {
    ":": "900 900",
    "unset TMOUT": "900 900",
    "export TMOUT=7": "900 900",
    "TMOUT=5; readonly TMOUT": "5 ",
}


def seen_by(shell, options, before, path):
    script = f"{before}; . {path}; . {path}; echo $TMOUT $(printenv TMOUT || :)"
    done = subprocess.run(
        [*shell.split(), *options, "-c", script], capture_output=True, text=True, timeout=20, check=False
    )
    return done.stdout.rstrip("\n"), done.stderr, done.returncode


@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shutil.which(shell.split()[0])])
def test_variable_is_read_twice_by_every_shell_under_every_option(shell, tmp_path):
    path = tmp_path / "variable.sh"
    path.write_text(own_text("TMOUT", "900"))
    for options in ([], ["-e"], ["-u"], ["-e", "-u"]):
        for before, wanted in BEFORE.items():
            assert seen_by(shell, options, before, path) == (wanted.rstrip(), "", 0), (options, before)


def planned(root, text):
    path = root / own_path("TMOUT").lstrip("/")
    path.parent.mkdir(parents=True)
    path.write_text(text)
    (root / "etc/profile").write_text("for i in /etc/profile.d/*.sh; do . $i; done\n")
    host = PlannedHost(str(root))
    plan = ChangePlan(host)
    seen = reader.read(host, [{"name": "TMOUT"}])[0].value
    writer.write(plan, {"name": "TMOUT"}, 900)
    return seen, [(step.content or b"").decode() for step in plan.steps()]


def test_file_of_an_older_form_is_told_and_written_anew(tmp_path):
    seen, contents = planned(tmp_path, OLD_TEXT)

    assert (seen["own_value"], seen["own_is_current"]) == ("900", False)
    assert contents == [own_text("TMOUT", "900")]


def test_file_of_todays_form_is_left_alone(tmp_path):
    seen, contents = planned(tmp_path, own_text("TMOUT", "900"))

    assert "own_is_current" not in seen
    assert seen == {"values": ["900"], "certain": True, "readonly": True, "exported": True, "unset": False}
    assert contents == []
