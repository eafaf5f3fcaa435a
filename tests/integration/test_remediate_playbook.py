"""The playbooks remediate and rollback on booted hosts: batches, windows, health checks, locks, the way back."""

from __future__ import annotations

import json
import subprocess
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.schema_check import validator
from tests.hosts.snapshot import LOGIN_TRACES
from tests.hosts.system import wait_until
from tests.integration.remediating import changes, mode, playbook, playbook_command, remediation_of, results
from tests.records import record_in

__all__ = ["playbook", "playbook_command", "remediation_of", "results"]

pytestmark = pytest.mark.hosts

# A host with this file is well until it is remediated.
UNCHANGED = 'test "$(stat -c %a /etc/crontab)" != 600'
SICK_WHEN_CHANGED = f"sh -c 'test ! -e /etc/sick || {UNCHANGED}'"


def hold_lock(host):
    """Make a host look as if another run were at work on it."""
    script = (
        "import json, time; boot = open('/proc/sys/kernel/random/boot_id').read().strip(); "
        "print(json.dumps({'run': 'other', 'boot': boot, 'uptime': time.clock_gettime(time.CLOCK_BOOTTIME)}))"
    )
    host.write("/var/lib/hipaa-cis/lock", host.run(["python3", "-c", script]).stdout, 0o600)


def test_plan_fix_again_and_back(booted_host, playbook, results, tmp_path):
    playbook("audit", [booted_host])
    before = booted_host.snapshot()

    code, said = playbook("remediate", [booted_host], "--check", "--diff")
    assert code == 0, said
    assert set(results(booted_host).values()) == {"would_fix"}
    assert "mode=0600" in said
    assert "net.ipv4.conf.all.send_redirects = 0" in said
    assert not before.changes(booted_host.snapshot(), ignore=LOGIN_TRACES)

    code, said = playbook("remediate", [booted_host])
    assert code == 0, said
    assert set(results(booted_host).values()) == {"fixed"}
    assert mode(booted_host) == "600"
    run_id = (tmp_path / "runs" / "latest").resolve().name

    code, said = playbook("remediate", [booted_host])
    assert "changed=0" in said
    assert set(results(booted_host).values()) == {"already_right"}

    code, said = playbook("rollback", [booted_host], "--check", hipaa_cis_run_id=run_id)
    assert code == 0, said
    assert mode(booted_host) == "600"
    code, said = playbook("rollback", [booted_host], hipaa_cis_run_id=run_id)
    assert code == 0, said
    assert not changes(before, booted_host)
    code, said = playbook("rollback", [booted_host], hipaa_cis_run_id=run_id)
    assert "changed=0" in said


def test_plan_of_everything_writes_nothing(booted_host, playbook, results):
    playbook("audit", [booted_host])
    before = booted_host.snapshot()

    code, said = playbook(
        "remediate",
        [booted_host],
        "--check",
        "--diff",
        hipaa_cis_include={},
        hipaa_cis_level=2,
        hipaa_cis_allow_disruption=["all"],
    )

    assert code == 0, said
    assert results(booted_host)["pam_pwquality_installed"] == "would_fix"
    assert not before.changes(booted_host.snapshot(), ignore=LOGIN_TRACES)


def test_approved_plan_is_made_and_nothing_else(booted_host, playbook, results, remediation_of, tmp_path):
    """A file and a package are other than in the plan, one rule was not asked for; a second plan has what is left."""
    rules = ["crontab_permissions", "cron_hourly_permissions", "redirects_not_sent", "issue_notice"]
    asked = {"hipaa_cis_include": {"rules": rules}}
    plans = []
    for _time in range(2):
        code, said = playbook("remediate", [booted_host], "--check", **asked)
        assert code == 0, said
        plans.append((tmp_path / "runs" / "latest" / "plan.json").read_bytes())
    assert plans[0] == plans[1]
    plan = json.loads(plans[0])
    validator("plan").validate(plan)
    assert f"digest {plan['digest']}" in said
    (tmp_path / "plan.json").write_bytes(plans[0])
    booted_host.run(["chmod", "0750", "/etc/cron.hourly"])
    booted_host.run(["sh", "-c", "echo theirs >> /etc/issue"])
    booted_host.run(["chmod", "0777", "/etc/cron.daily"])

    code, said = playbook("remediate", [booted_host], hipaa_cis_plan=str(tmp_path / "plan.json"), **asked)
    assert code == 0, said
    record = remediation_of(booted_host)
    assert record["plan_digest"] == plan["digest"]
    assert f"plan: {plan['digest']}" in said
    reasons = {item["rule"]: item.get("reason", "") for item in record["results"]}
    assert results(booted_host) == {
        "crontab_permissions": "fixed",
        "redirects_not_sent": "fixed",
        "cron_hourly_permissions": "skipped",
        "issue_notice": "skipped",
    }
    assert reasons["cron_hourly_permissions"].startswith("changed since the plan: /etc/cron.hourly.")
    assert reasons["issue_notice"].startswith("changed since the plan: /etc/issue.")
    assert mode(booted_host, "/etc/cron.hourly") == "750"
    assert booted_host.run(["tail", "-1", "/etc/issue"]).stdout == "theirs\n"

    wider = {"hipaa_cis_include": {"rules": [*rules, "cron_daily_permissions"]}}
    code, said = playbook("remediate", [booted_host], hipaa_cis_plan=str(tmp_path / "plan.json"), **wider)
    assert code == 2
    assert "was made for something else than what this run is to do" in " ".join(said.split())
    assert mode(booted_host, "/etc/cron.daily") == "777"


def test_rollback_refuses_what_was_changed_since(booted_host, playbook):
    playbook("remediate", [booted_host])
    booted_host.run(["sh", "-c", "echo '# by hand' >> /etc/sysctl.d/99-zz-hipaa-cis.conf"])

    for dry in (["--check"], []):
        code, said = playbook("rollback", [booted_host], *dry)
        assert code == 2
        assert "99-zz-hipaa-cis.conf was changed since the run (content)" in said
    assert mode(booted_host) == "600"

    code, said = playbook("rollback", [booted_host], hipaa_cis_force=True)
    assert code == 0, said
    assert mode(booted_host) == "644"
    assert "# by hand" in booted_host.run(["sh", "-c", "cat /etc/sysctl.d/99-zz-hipaa-cis.conf.since-*"]).stdout


def test_unwell_canary_is_taken_back_and_stops_the_rest(booted_hosts, playbook):
    hosts = booted_hosts(3)
    checks = [{"name": "display", "command": "test ! -e /etc/sysctl.d/99-zz-hipaa-cis.conf", "retries": 0}]

    code, said = playbook("remediate", hosts, hipaa_cis_health_checks=checks, hipaa_cis_batches=[1, 2])

    assert code == 2
    assert "display: ended with 1" in said
    assert [mode(host) for host in hosts] == ["644"] * 3
    assert hosts[1].run(["test", "-e", "/var/lib/hipaa-cis"], check=False).returncode == 1


def test_check_that_fails_before_any_change_stops_the_batch(booted_hosts, playbook):
    hosts = booted_hosts(3)
    hosts[1].write("/etc/sick", "")
    checks = [{"name": "display", "command": "test ! -e /etc/sick", "retries": 0}]

    code, said = playbook("remediate", hosts, hipaa_cis_health_checks=checks, hipaa_cis_batches=[2, 1])

    assert code == 2
    assert f"before any change this was not well: {hosts[1].name}: display: ended with 1" in " ".join(said.split())
    assert [mode(host) for host in hosts] == ["644"] * 3
    assert [host.run(["test", "-e", "/var/lib/hipaa-cis"], check=False).returncode for host in hosts] == [1] * 3

    # The plan makes no checks, for they may change something.
    code, said = playbook("remediate", hosts, "--check", hipaa_cis_health_checks=checks)
    assert code == 0, said


def test_health_check_that_cannot_be_read_stops_before_the_hosts_are_touched(booted_hosts, playbook):
    hosts = booted_hosts(2)

    code, said = playbook("remediate", hosts, hipaa_cis_health_checks=[{"comand": "true"}], hipaa_cis_batches=[2])

    assert code == 2
    assert "Nothing was begun: health check 1: unknown key 'comand'. Did you mean command?" in " ".join(said.split())
    assert [mode(host) for host in hosts] == ["644", "644"]
    assert hosts[0].run(["test", "-e", "/var/lib/hipaa-cis"], check=False).returncode == 1


def test_unwell_host_takes_its_whole_batch_back(booted_hosts, playbook, results, remediation_of, tmp_path):
    hosts = booted_hosts(3)
    hosts[2].write("/etc/sick", "")
    checks = [{"command": SICK_WHEN_CHANGED, "retries": 0}, {"port": 22}, {"unit": "ssh.service"}]

    code, said = playbook("remediate", hosts, hipaa_cis_health_checks=checks, hipaa_cis_batches=[1, 2])

    assert code == 2, said
    assert [mode(host) for host in hosts] == ["600", "644", "644"]
    # What was taken back is said to be so, and the host's record says how it stands now.
    assert [results(host)["crontab_permissions"] for host in hosts] == ["fixed", "reverted", "reverted"]
    assert "rolled_back_at" in remediation_of(hosts[1])
    run = tmp_path / "runs" / "latest"
    for host, outcome in zip(hosts, ["pass", "fail", "fail"], strict=True):
        findings = record_in(run, host.name)["findings"]
        assert {one["rule"]: one["outcome"] for one in findings}["crontab_permissions"] == outcome


def test_what_a_slice_took_back_is_said_so_when_slices_are_merged(booted_hosts, playbook, results, remediation_of):
    hosts = booted_hosts(2)
    hosts[1].write("/etc/sick", "")
    checks = [{"command": SICK_WHEN_CHANGED, "retries": 0}]
    for number, host in enumerate(hosts, 1):
        part = {"hipaa_cis_run_id": "nightly", "hipaa_cis_slice": f"{number}/2"}
        code, said = playbook("remediate", [host], hipaa_cis_health_checks=checks, **part)
        assert code == (0, 2)[number - 1], said

    code, said = playbook("merge", hosts, hipaa_cis_run_id="nightly")

    assert code == 0, said
    assert [mode(host) for host in hosts] == ["600", "644"]
    assert [results(host)["crontab_permissions"] for host in hosts] == ["fixed", "reverted"]
    assert "rolled_back_at" in remediation_of(hosts[1])


def test_outside_of_the_window_nothing_is_started(booted_host, playbook):
    before = booted_host.snapshot()
    later = datetime.now(timezone.utc) + timedelta(hours=2)
    window = {"from": f"{later:%H:%M}", "to": f"{later + timedelta(hours=1):%H:%M}", "timezone": "UTC"}

    code, said = playbook("remediate", [booted_host], hipaa_cis_windows=[window])

    assert code == 0, said
    said = " ".join(said.split())
    assert "outside of the maintenance windows" in said
    assert f"opens at {later:%Y-%m-%d %H:%M} UTC" in said
    assert not before.changes(booted_host.snapshot(), ignore=LOGIN_TRACES)


def test_each_host_has_its_own_window(booted_hosts, playbook_command):
    """The second host of a batch is outside of its window, the first has none."""
    hosts = booted_hosts(2)
    command = playbook_command("remediate", hosts, hipaa_cis_batches=[2])
    inventory = Path(command[command.index("-i") + 1])
    document = json.loads(inventory.read_text())
    later = datetime.now(timezone.utc) + timedelta(hours=2)
    window = {"from": f"{later:%H:%M}", "to": f"{later + timedelta(hours=1):%H:%M}", "timezone": "UTC"}
    document["all"]["children"]["test_hosts"]["hosts"][hosts[1].name]["hipaa_cis_windows"] = [window]
    inventory.write_text(json.dumps(document))

    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False, stdin=subprocess.DEVNULL)

    assert done.returncode == 0, done.stdout
    assert "outside of the maintenance windows" in done.stdout + done.stderr
    assert [mode(host) for host in hosts] == ["600", "644"]


def test_inside_the_window_it_works(booted_host, playbook):
    now = datetime.now(timezone.utc)
    window = {
        "from": f"{now - timedelta(hours=1):%H:%M}",
        "to": f"{now + timedelta(hours=1):%H:%M}",
        "timezone": "UTC",
    }
    code, said = playbook("remediate", [booted_host], hipaa_cis_windows=[window])

    assert code == 0, said
    assert mode(booted_host) == "600"


def test_host_on_which_another_run_is_at_work_is_left_alone(booted_host, playbook, remediation_of):
    hold_lock(booted_host)

    code, said = playbook("remediate", [booted_host])

    assert code == 2
    assert "the remediation run other is at work on this host" in said
    assert mode(booted_host) == "644"
    record = remediation_of(booted_host)
    assert (record["changed"], record["counts"]["fixed"]) == (False, 0)
    assert f"hipaa_cis_run_id={record['run_id']}" not in said, "there is nothing of this run to take back"


def test_disruption_that_is_not_allowed_is_skipped(booted_host, playbook, results):
    variables = {"hipaa_cis_include": {"rules": ["packets_not_forwarded", "crontab_permissions"]}}
    booted_host.run(["sysctl", "-qw", "net.ipv4.ip_forward=1"])

    code, said = playbook("remediate", [booted_host], **variables)

    assert code == 0, said
    assert results(booted_host) == {"packets_not_forwarded": "skipped", "crontab_permissions": "fixed"}
    assert booted_host.read("/proc/sys/net/ipv4/ip_forward").strip() == "1"


def test_too_many_failures_stop_before_the_next_batch(booted_hosts, playbook):
    hosts = booted_hosts(3)
    hold_lock(hosts[1])

    code, said = playbook("remediate", hosts, hipaa_cis_batches=[2, 1])
    assert code == 2
    assert "the remediation run other is at work" in " ".join(said.split())
    assert [mode(host) for host in hosts] == ["600", "644", "644"]

    code, said = playbook("remediate", hosts, hipaa_cis_batches=[2, 1], hipaa_cis_max_fail_percentage=60)
    assert code == 2, said
    assert [mode(host) for host in hosts] == ["600", "644", "600"]


def test_window_that_closes_leaves_the_next_batch_alone(booted_hosts, playbook, remediation_of):
    """The canary is begun some seconds before the window closes and its health check outlasts it."""
    hosts = booted_hosts(2)
    playbook("audit", hosts)
    seconds = 60 - datetime.now(timezone.utc).second
    time.sleep(seconds - 12 if seconds > 12 else seconds + 48)
    now = datetime.now(timezone.utc)
    window = {
        "from": f"{now - timedelta(hours=1):%H:%M}",
        "to": f"{now + timedelta(minutes=1):%H:%M}",
        "timezone": "UTC",
    }
    variables = {"hipaa_cis_windows": [window], "hipaa_cis_window_minutes": 0, "hipaa_cis_batches": [1, 1]}

    code, said = playbook(
        "remediate", hosts, hipaa_cis_health_checks=[{"command": f"sh -c '{UNCHANGED} || sleep 15'"}], **variables
    )

    assert code == 0, said
    assert "outside of the maintenance windows" in remediation_of(hosts[1])["not_begun"]
    assert "not_begun" not in remediation_of(hosts[0])
    assert "NOT BEGUN" in said
    assert [mode(host) for host in hosts] == ["600", "644"]


def test_address_that_does_not_answer_takes_the_batch_back(booted_hosts, playbook):
    hosts = booted_hosts(2)
    checks = [{"name": "portal", "url": f"http://{hosts[0].address}:81/", "retries": 0, "timeout": 2}]

    code, said = playbook("remediate", hosts, hipaa_cis_health_checks=checks, hipaa_cis_batches=[2])

    assert code == 2
    assert "portal" in said
    assert [mode(host) for host in hosts] == ["644", "644"]


def test_rollback_of_several_hosts(booted_hosts, playbook):
    hosts = booted_hosts(3)
    code, said = playbook("remediate", hosts, hipaa_cis_batches=[3])
    assert code == 0, said
    assert [mode(host) for host in hosts] == ["600"] * 3

    code, said = playbook("rollback", hosts, "--limit", f"{hosts[0].name},{hosts[2].name}")

    assert code == 0, said
    assert [mode(host) for host in hosts] == ["644", "600", "644"]


def test_host_that_failed_is_taken_back_with_its_batch(booted_hosts, playbook_command):
    """The first host undoes its connection group by itself; the second is unwell, so what the first kept goes back too."""
    hosts = booted_hosts(3)
    hosts[1].write("/etc/sick", "")
    command = playbook_command(
        "remediate",
        hosts,
        hipaa_cis_include={"rules": ["crontab_permissions", "ssh_max_auth_tries"]},
        hipaa_cis_confirm_timeout=15,
        hipaa_cis_batches=[2, 1],
        hipaa_cis_health_checks=[{"name": "display", "command": SICK_WHEN_CHANGED, "retries": 0}],
    )
    said = cut_off(hosts[0], command)

    assert "display: ended with 1" in said
    assert "On this host the remediation itself had failed: The host could not be reached after changes" in said
    assert [mode(host) for host in hosts] == ["644"] * 3
    assert hosts[2].run(["test", "-e", "/var/lib/hipaa-cis"], check=False).returncode == 1


def test_host_that_failed_stops_the_play_and_is_looked_at(booted_hosts, playbook_command):
    """It is well, so its batch stays as it is; the next one is not begun."""
    hosts = booted_hosts(3)
    command = playbook_command(
        "remediate",
        hosts,
        hipaa_cis_include={"rules": ["crontab_permissions", "ssh_max_auth_tries"]},
        hipaa_cis_confirm_timeout=15,
        hipaa_cis_batches=[2, 1],
        hipaa_cis_health_checks=[
            {"command": "dd if=/etc/hostname of=/run/looked-at oflag=append conv=notrunc", "retries": 0}
        ],
    )
    said = cut_off(hosts[0], command)

    assert f"{hosts[0].name} : ok=" in said
    assert "failed=1" in said
    # Before, and after what failed.
    assert hosts[0].run(["cat", "/run/looked-at"]).stdout == f"{hosts[0].name}\n" * 2
    assert [mode(host) for host in hosts] == ["600", "600", "644"]


def test_host_that_is_switched_off_takes_nothing_back(booted_hosts, playbook):
    hosts = booted_hosts(3)
    hosts[0].run(["systemctl", "mask", "--now", "ssh.socket", "ssh.service"])
    variables = {"hipaa_cis_batches": [2, 1], "hipaa_cis_health_checks": [{"port": 22, "retries": 0}]}

    code, said = playbook("remediate", hosts, **variables)
    assert code == 2, said
    assert "The host is unreachable" in said
    assert [mode(host) for host in hosts] == ["644", "600", "644"]

    code, said = playbook("remediate", hosts, hipaa_cis_max_fail_percentage=60, **variables)
    assert code == 2, said
    assert [mode(host) for host in hosts] == ["644", "600", "600"]


def cut_off(host, command):
    """Run a remediation and let nobody but root in on a host while its changes are to be confirmed; return what was said."""
    controller = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True
    )

    def stands(word):
        return word in host.run(["sh", "-c", "ls /var/lib/hipaa-cis/* || :"]).stdout.split()

    try:
        wait_until(lambda: stands("armed"), seconds=60, what="armed host")
        host.write("/etc/nologin", "later\n")
        wait_until(lambda: stands("reverted"), seconds=60, what="undone changes")
    finally:
        host.run(["rm", "-f", "/etc/nologin"])
        said, _nothing = controller.communicate(timeout=600)
    assert controller.returncode == 2, said
    return " ".join(said.split())
