"""A tree of files is judged as the host that was booted from it is, or not at all; so is a chroot, and a container without an init."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux import tree
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers import package
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import make_plan
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.request import numbered
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.selection import Selection
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from tests.records import record_in

pytestmark = pytest.mark.hosts
ROOT = Path(__file__).parents[2]
BENCHMARKS = ["auto", "supplement_linux"]
# Of both what is right and what is wrong, and links that lead elsewhere outside of the tree.
CHANGES = r"""
useradd -m -s /bin/bash ann; useradd -m -s /bin/bash -u 1500 bob; usermod -p '' bob; useradd -o -u 0 -M -s /bin/bash toor
chmod 777 /home/ann; touch /home/ann/.netrc; chmod 666 /home/ann/.netrc
mkfifo /home/bob/.forward; ln -s /etc/shadow /home/bob/.rhosts; ln -s / /home/ann/.cache
mkdir -p /srv/open; chmod 777 /srv/open; touch /srv/open/file; chmod 666 /srv/open/file; touch /srv/nobodys; chown 4242:4242 /srv/nobodys
chmod 644 /etc/shadow; chmod 666 /etc/passwd-; chmod 600 /etc/ssh/sshd_config /etc/crontab
echo 'ann ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/ann; chmod 440 /etc/sudoers.d/ann
mv /etc/login.defs /etc/login.defs.real; ln -s /etc/login.defs.real /etc/login.defs
sed -i 's/^PASS_MAX_DAYS.*/PASS_MAX_DAYS 90/' /etc/login.defs.real
echo root > /etc/cron.allow; chmod 640 /etc/cron.allow
echo 'readonly TMOUT=600; export TMOUT' > /etc/profile.d/tmout.sh; echo 'umask 027' > /etc/profile.d/umask.sh
sed -i 's/nullok//' /etc/pam.d/common-auth
echo 'Authorised people only' > /etc/issue; echo 'net.ipv4.ip_forward = 0' > /etc/sysctl.d/x.conf
mkdir -p /var/log/app; echo x > /var/log/app/x.log; chmod 666 /var/log/app/x.log
"""
LOOK = """
import json, sys
sys.path.insert(0, "/src")
from ansible_collections.hipaa.cis.plugins.module_utils.linux.in_time import observe_in_time
print(json.dumps(observe_in_time(open("/request.json").read())))
"""


def play(name, inventory, folder, *more):
    inventory_file = folder / "inventory.json"
    inventory_file.write_text(json.dumps(inventory))
    variables = {"hipaa_cis_run_dir": str(folder / "runs"), "hipaa_cis_level": 2, "hipaa_cis_benchmark": BENCHMARKS}
    program = Path(sys.executable).with_name("ansible-playbook")
    process = subprocess.run(
        [str(program), f"hipaa.cis.{name}", "-i", str(inventory_file), "-e", json.dumps(variables), *more],
        cwd=ROOT, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    runs = sorted(path for path in (folder / "runs").glob("2*") if path.is_dir())
    return process, runs[-1] if runs else None


def of_tree(root):
    variables = {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3"}
    return {**variables, "hipaa_cis_root": str(root)}


def outcomes(run, host):
    return {finding["rule"]: finding for finding in record_in(run, host)["findings"]}


@pytest.mark.parametrize("made", ["stock", "changed"])
@pytest.mark.parametrize(
    "fixture", ["booted_host", "debian13_host", pytest.param("server_host", marks=pytest.mark.long)]
)
def test_a_tree_is_judged_as_the_host_that_was_booted_from_it_or_not_at_all(
    fixture, made, request, write_inventory, tmp_path
):
    host = request.getfixturevalue(fixture)
    if made == "changed":
        host.run(["bash", "-c", CHANGES])
    inventory = json.loads(write_inventory([host]).read_text())
    inventory["all"]["children"]["test_hosts"]["hosts"]["image"] = of_tree(host.root)
    process, run = play("audit", inventory, tmp_path)
    assert process.returncode == 0, process.stdout
    booted, seen = outcomes(run, host.name), outcomes(run, "image")

    assert booted.keys() == seen.keys()
    judged = {rule: one for rule, one in seen.items() if one["outcome"] != "not_applicable"}
    others = {
        rule: (one["outcome"], booted[rule]["outcome"], one["checks"], booted[rule]["checks"])
        for rule, one in judged.items()
        if one["outcome"] != booted[rule]["outcome"]
    }
    assert not others
    # So much is judged, and so much fails, that agreeing says something.
    counts = record_in(run, "image")["counts"]
    assert counts["pass"] > 60
    assert counts["fail"] > 40
    assert counts["error"] == 0
    said = " ".join((process.stdout + process.stderr).split())
    assert f"tree of an image, not booted ({host.root}): " in said


def requested(root=None):
    (plan,) = make_plan(
        load_catalog(),
        Selection(benchmarks=("auto", "supplement_linux"), level=2, platforms=("linux",)),
        {},
        {"root": root},
    )
    return numbered(plan.request)


@pytest.fixture
def looked(booted_host):
    """Return a function that observes a host's files by a command, and the same as a tree."""

    def look(*lines):
        root = booted_host.root
        (root / "src/ansible_collections/hipaa/cis").mkdir(parents=True)
        (root / "look.py").write_text(LOOK)
        (root / "request.json").write_text(json.dumps(requested()))
        script = "\n".join(["set -e", *lines]).format(root=root, source=ROOT)
        inside = subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "bash", "-c", script],
            capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL, timeout=300,
        )  # fmt: skip
        (root / "tree.json").write_text(json.dumps(requested(str(root))))
        code = LOOK.replace("/src", str(ROOT)).replace("/request.json", f"{root}/tree.json")
        outside = subprocess.run(
            ["/usr/bin/python3", "-c", code], capture_output=True, text=True, check=True, timeout=300
        )
        return json.loads(inside.stdout), json.loads(outside.stdout)

    return look


NSPAWN = "systemd-nspawn -q --register=no --keep-unit --as-pid2 --pipe"
BIND = "mount --bind {source} {root}/src/ansible_collections/hipaa/cis"
WAYS = {
    "a bare chroot": ([BIND, "chroot {root} python3 /look.py"], "chroot"),
    "a chroot with the machine's own kernel in it": (
        [BIND, *(f"mount --bind /{one} {{root}}/{one}" for one in ("proc", "sys", "dev", "run")), "chroot {root} python3 /look.py"],
        "chroot",
    ),
    "a container without an init": (
        # A root that is booted is locked, so it gets a layer of its own.
        ["mount -t tmpfs none /mnt; mkdir /mnt/upper /mnt/work /mnt/t-root",
         "mount -t overlay overlay -o lowerdir={root},upperdir=/mnt/upper,workdir=/mnt/work /mnt/t-root",
         f"{NSPAWN} --bind-ro={{source}}:/src/ansible_collections/hipaa/cis -D /mnt/t-root python3 /look.py"],
        "container",
    ),
    # As a pod of Kubernetes: its own processes, groups and host name, and no file of the manager of containers.
    "a container that nothing marks": (
        [BIND, "unshare --pid --fork --uts --ipc --net --cgroup --mount-proc={root}/proc chroot {root} python3 /look.py"],
        "container",
    ),
}  # fmt: skip


def at_rest(observation):
    """Return what was seen without the sizes of files: logs grow meanwhile."""
    value = observation.get("value")
    if not isinstance(value, list):
        return value
    return [{**one, "size": 0} if isinstance(one, dict) and "size" in one else one for one in value]


@pytest.mark.parametrize(("lines", "what"), WAYS.values(), ids=WAYS)
def test_where_nothing_is_booted_nothing_of_the_machine_around_it_is_seen(lines, what, looked):
    inside, outside = looked(*lines)
    assert (inside["facts"]["tree"], inside["facts"]["tree_is"]) == ("/", what)
    seen, known = inside["observations"], outside["observations"]
    assert seen.keys() == known.keys()
    kinds = [kind for kind, _address in requested()["settings"]]
    for key, one in seen.items():
        kind = kinds[int(key)]
        if kind in tree.FROM_RUNNING:
            assert one["state"] == "unseen", (kind, one)
        elif "unseen" not in (one["state"], known[key]["state"]):
            # Its own programs and the same question to its files agree; the walks also see what the test brought.
            assert one["state"] == known[key]["state"], (kind, one, known[key])
            assert kind == "filesystem_scan" or at_rest(one) == at_rest(known[key]), kind
    assert sum(one["state"] == "value" for one in seen.values()) > 150
    assert not [one for one in seen.values() if one["state"] == "error"]


def test_packages_by_the_status_file_are_those_that_dpkg_names(booted_host):
    booted_host.run(["sh", "-c", "dpkg --remove --force-depends cron; dpkg --unpack /nothing 2>/dev/null; true"])
    said = booted_host.run(list(package.QUERY)).stdout
    assert "cron\tconfig-files" in said
    assert sorted(tree.Tree(str(booted_host.root), tree.IMAGE).run(package.QUERY).stdout.split("\n")) == sorted(
        said.split("\n")
    )


def test_an_audit_changes_nothing_in_a_tree_and_a_remediation_is_refused(booted_host, tmp_path):
    listing = ["find", str(booted_host.root), "-xdev", "!", "-path", "*/var/log/*", "-printf", "%p %m %s %T@ %C@\\n"]

    def listed():
        return subprocess.run(listing, capture_output=True, text=True, check=True).stdout

    booted_host.run(["systemctl", "stop", "rsyslog", "cron", "systemd-timesyncd"], check=False)
    before = listed()
    inventory = {"all": {"hosts": {"image": of_tree(booted_host.root)}}}
    process, _run = play("audit", inventory, tmp_path)
    assert process.returncode == 0
    for more in ([], ["--check"]):
        process, _run = play("remediate", inventory, tmp_path, *more)
        assert process.returncode == 2
        assert "only an audit looks into one" in " ".join(process.stdout.split())
    assert listed() == before


@pytest.mark.parametrize(
    ("root", "said"),
    [
        ("/nowhere/at/all", "hipaa_cis_root names /nowhere/at/all, and no such folder is on this host"),
        ("/proc", "hipaa_cis_root names /proc, which holds no system: /etc/os-release is not there"),
        ("image", "hipaa_cis_root is 'image', and has to be the whole path of the folder"),
        ("/", "hipaa_cis_root is '/', and has to be the whole path of the folder"),
    ],
)
def test_a_folder_that_holds_no_tree_is_told_in_one_message(root, said, tmp_path):
    process, _run = play("audit", {"all": {"hosts": {"image": of_tree(root)}}}, tmp_path)
    assert process.returncode == 2
    assert said in " ".join((process.stdout + process.stderr).split())
    assert "Traceback" not in process.stdout + process.stderr


@pytest.mark.parametrize("second", ["other", "nothing", ""])
def test_two_trees_under_one_name_are_not_one_host(second, tmp_path):
    for name in ("image", "other"):
        (tmp_path / name / "etc").mkdir(parents=True)
        (tmp_path / name / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    where = str(tmp_path / second) if second else ""
    tasks = [{"hipaa.cis.audit": {"root": str(tmp_path / "image")}}, {"hipaa.cis.audit": {"root": where}}]
    play_file = tmp_path / "two.yml"
    play_file.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    variables = {"ansible_python_interpreter": "/usr/bin/python3", "hipaa_cis_run_dir": str(tmp_path / "runs")}
    process = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), str(play_file), "-i", "image,", "-c", "local", "-e", json.dumps(variables)],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert process.returncode == 2
    said = " ".join((process.stdout + process.stderr).split())
    assert (
        f"This run has image for {tmp_path}/image, and cannot have {where or 'the host itself'} under the same name."
        in said
    )
    (run,) = (path for path in (tmp_path / "runs").glob("2*") if path.is_dir())
    assert record_in(run, "image")["status"] == "failed"
