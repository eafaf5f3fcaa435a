"""A host that a change cut off undoes the change by itself, whatever becomes of the controller."""

from __future__ import annotations

import json
import re
import subprocess
import time

import pytest

from tests.integration.remediating import changes, kill_tree, playbook_command, remediation_of, results

__all__ = ["playbook_command", "remediation_of", "results"]

pytestmark = pytest.mark.hosts

TIMEOUT = 6
# That an operator may set.
SHORTEST = 15
# How long the undoing itself may take on a busy machine.
GRACE = 20
OWN_FILE = "/etc/ssh/sshd_config.d/00-hipaa-cis.conf"
FOLDER = "/var/lib/hipaa-cis/run"
OTHER_PORT = ("sshd_option", {"name": "Port"}, 2222)
# What any boot leaves.
BOOT_TRACES = ("/etc/machine-id", "/etc/resolv.conf", "/var/lib/systemd/*", "/var/log/*", "/var/tmp/*")
NOBODY = ("sshd_option", {"name": "AllowUsers"}, "nobody")


@pytest.fixture
def apply(run_ansible, write_inventory):
    """Return a function that sends one request to a host, as a user who may use sudo, and gives the answer."""

    def call(host, mode, change=None, timeout=TIMEOUT):
        request = {
            "version": 1,
            "mode": mode,
            "run_id": "run",
            "group": "connection",
            # Said to be somebody else, and all to be closed, so that what locks out is not refused in advance.
            "options": {
                "user": "nobody",
                "confirm_timeout": timeout,
                "close_accounts": ["root", "auditor", "plain"],
            },
            "changes": {"it": list(change)} if change else {},
        }
        arguments = json.dumps({"request": json.dumps(request)})
        inventory = write_inventory([host], user="auditor")
        said = run_ansible("all", "-i", inventory, "--become", "-m", "hipaa.cis.linux_apply", "-a", arguments)
        return json.loads(said[said.index("{") :])

    return call


def lets_in(host):
    return host.ssh(["true"], user="auditor", check=False).returncode == 0


def wait_for(what, seconds):
    """Return after how many seconds something is so."""
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        if what():
            return time.monotonic() - started
        time.sleep(0.3)
    raise AssertionError(f"{what} is not so after {seconds} seconds")


def state(host):
    names = host.run(["ls", FOLDER]).stdout.split()
    return next(
        name for name in ("armed", "reverting", "stuck", "reverted", "confirmed", "none") if name in [*names, "none"]
    )


@pytest.mark.parametrize("change", [OTHER_PORT, NOBODY], ids=["another-port", "nobody-is-let-in"])
def test_host_that_is_cut_off_heals_itself(booted_host, apply, change):
    before = booted_host.snapshot()

    answer = apply(booted_host, "apply", change)
    assert answer["changes"]["it"]["state"] == "done", answer
    assert not lets_in(booted_host)
    seconds = wait_for(lambda: lets_in(booted_host), TIMEOUT + GRACE)

    wait_for(lambda: state(booted_host) == "reverted", GRACE)
    assert seconds < TIMEOUT + GRACE / 2
    assert changes(before, booted_host) == []
    assert apply(booted_host, "confirm")["confirmed"] is False


def test_host_heals_itself_though_units_were_read_anew(booted_host, apply):
    """Switching a unit on or installing a package reloads systemd, which then has the timer's command from a file."""
    before = booted_host.snapshot()

    apply(booted_host, "apply", OTHER_PORT)
    booted_host.run(["systemctl", "daemon-reload"])
    wait_for(lambda: lets_in(booted_host), TIMEOUT + GRACE)

    wait_for(lambda: state(booted_host) == "reverted", GRACE)
    assert changes(before, booted_host) == []


def test_host_heals_itself_without_systemd_run(booted_host, apply):
    booted_host.run(["mv", "/usr/bin/systemd-run", "/usr/bin/systemd-run.away"])
    before = booted_host.snapshot()

    apply(booted_host, "apply", OTHER_PORT)
    assert not lets_in(booted_host)
    wait_for(lambda: lets_in(booted_host), TIMEOUT + GRACE)

    wait_for(lambda: state(booted_host) == "reverted", GRACE)
    assert changes(before, booted_host) == []


def test_host_heals_itself_at_the_next_boot(booted_host, apply):
    before = booted_host.snapshot()
    apply(booted_host, "apply", OTHER_PORT, timeout=3600)
    assert not lets_in(booted_host)

    booted_host.restart()

    wait_for(lambda: lets_in(booted_host), GRACE)
    assert state(booted_host) == "reverted"
    assert changes(before, booted_host, ignore=BOOT_TRACES) == []


def test_confirmed_change_stays(booted_host, apply):
    apply(booted_host, "apply", ("sshd_option", {"name": "MaxAuthTries"}, 3), timeout=SHORTEST)
    armed = time.monotonic()

    assert apply(booted_host, "confirm")["confirmed"] is True
    assert apply(booted_host, "confirm")["confirmed"] is True, "whoever did not hear it may ask again"

    time.sleep(max(0.0, armed + SHORTEST + 2 - time.monotonic()))
    assert "MaxAuthTries 3" in booted_host.read(OWN_FILE)
    assert state(booted_host) == "confirmed"
    assert "hipaa-cis" not in booted_host.run(["systemctl", "list-units", "--all", "--no-legend"]).stdout
    assert "hipaa-cis" not in booted_host.run(["ls", "/etc/systemd/system"]).stdout


def test_controller_that_is_killed_leaves_a_host_that_heals_itself(booted_host, playbook_command):
    before = booted_host.snapshot()
    given = {
        "hipaa_cis_include": {"rules": ["ssh_max_auth_tries"]},
        "hipaa_cis_confirm_timeout": SHORTEST,
        "hipaa_cis_allow_disruption": ["service_reload"],
    }
    command = playbook_command("remediate", [booted_host], **given)
    controller = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, start_new_session=True
    )
    # Killed while the change is live and not confirmed.
    try:
        wait_for(lambda: booted_host.run(["test", "-e", OWN_FILE], check=False).returncode == 0, 60)
    finally:
        kill_tree(controller.pid)
        controller.wait(10)

    wait_for(lambda: booted_host.run(["test", "-e", OWN_FILE], check=False).returncode != 0, SHORTEST + GRACE)
    # The service takes the old configuration up again a moment after the file is gone.
    wait_for(lambda: lets_in(booted_host), GRACE)
    wait_for(lambda: "reverted" in booted_host.run(["sh", "-c", "ls /var/lib/hipaa-cis/*"]).stdout, GRACE)
    assert changes(before, booted_host) == []
    assert re.search(r"(?m)^maxauthtries 6$", booted_host.run(["sshd", "-T"]).stdout)


def test_run_whose_host_undid_it_fails_and_names_the_rules(booted_host, playbook_command, results):
    """Nobody but root is let in while the controller wants to confirm; a unit is switched on among the changes."""
    rules = ["crontab_permissions", "firewall_nftables_running", "ssh_max_auth_tries"]
    given = {
        "hipaa_cis_include": {"rules": rules},
        "hipaa_cis_confirm_timeout": SHORTEST,
        "hipaa_cis_allow_disruption": ["all"],
    }
    command = playbook_command("remediate", [booted_host], **given)
    controller = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True
    )
    try:
        wait_for(lambda: "armed" in booted_host.run(["sh", "-c", "ls /var/lib/hipaa-cis/* || :"]).stdout, 60)
        booted_host.write("/etc/nologin", "later\n")
        wait_for(lambda: "reverted" in booted_host.run(["sh", "-c", "ls /var/lib/hipaa-cis/*"]).stdout, 60)
    finally:
        booted_host.run(["rm", "-f", "/etc/nologin"])
        said, _nothing = controller.communicate(timeout=600)

    assert controller.returncode == 2, said
    assert "it undid them by itself: firewall_nftables_running, ssh_max_auth_tries" in " ".join(said.split())
    assert results(booted_host) == dict(zip(rules, ("fixed", "reverted", "reverted"), strict=True))


def test_host_heals_itself_on_a_full_disk_though_its_undoing_was_killed(booted_host, apply):
    """The journal's disk is full, the first tries are killed: the unit is tried again, and the controller hears the truth."""
    booted_host.run(["sh", "-c", "mkdir -p /var/lib/hipaa-cis && mount -t tmpfs -o size=24m tmpfs /var/lib/hipaa-cis"])
    before = booted_host.snapshot()
    apply(booted_host, "apply", OTHER_PORT)
    assert not lets_in(booted_host)

    # Who eats up what the undoing gives free again, and kills it once it has begun.
    booted_host.run(["sh", "-c", (
        "cat > /root/eat <<'END'\n"
        "killed=\n"
        "while :; do cat /dev/zero >> /var/lib/hipaa-cis/filler 2>/dev/null\n"
        '[ -z "$killed" ] && [ -e ' + FOLDER + "/reverting ] && pkill -9 -f 'rollback.zip revert' && killed=1\n"
        "sleep 0.02; done\nEND\n"
        "systemd-run --quiet --unit=eat sh /root/eat"
    )])  # fmt: skip
    wait_for(lambda: lets_in(booted_host), TIMEOUT + GRACE + 10)

    booted_host.run(["systemctl", "stop", "eat"])
    booted_host.run(["rm", "/root/eat", "/var/lib/hipaa-cis/filler"])
    wait_for(lambda: state(booted_host) == "reverted", 2 * GRACE)
    commit = apply(booted_host, "status")["commit"]
    assert (commit["state"], commit["report"]["problems"]) == ("reverted", [])
    assert commit["tries"] > 1
    assert changes(before, booted_host) == []
