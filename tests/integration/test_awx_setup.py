"""AWX as code: the set-up against the argument specifications of awx.awx, and against a stand-in of AWX's API. No AWX runs here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests import controller_job
from tests.awx_collection import collection_path
from tests.awx_stand_in import Controller, serving
from tests.pump import ROOT, play

TOKEN = "token-of-the-controller"
SECRETS = ("ledger-pass-word", "bucket-secret-key", "upload-token-1", "mail-pass-word", TOKEN)
PLAYBOOKS = [f"playbooks/{one.name}" for one in ROOT.glob("playbooks/*.yml")]
GIVEN = {
    "hipaa_awx_project_url": "https://git.example.org/hipaa.git",
    "hipaa_awx_image": "registry.example.org/hipaa-cis-ee:1",
    "hipaa_awx_credentials": ["hosts by SSH"],
    "hipaa_awx_inventory_source": "inventory/hosts.yml",
    "hipaa_awx_database": {"host": "db.example.org", "database": "hipaa", "username": "audit", "password": SECRETS[0]},
    "hipaa_awx_bucket": {"access_key": "AKIA", "secret_key": SECRETS[1]},
    "hipaa_awx_upload": {"token": SECRETS[2]},
    "hipaa_awx_slices": 3,
    "hipaa_awx_mail": {
        "host": "mail.example.org",
        "port": 25,
        "password": SECRETS[3],
        "sender": "awx@example.org",
        "recipients": ["a@example.org"],
    },
}


@pytest.fixture(scope="module")
def awx():
    return collection_path()


@pytest.fixture
def setup(awx, tmp_path):
    """Return a function that runs the set-up against an address."""

    def run(host, *arguments, given=None, token=TOKEN):
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ANSIBLE_", "CONTROLLER_", "TOWER_"))
        }
        environment = {
            **kept, "HOME": str(tmp_path), "ANSIBLE_COLLECTIONS_PATH": f"{ROOT}:{awx}", "CONTROLLER_HOST": host, "CONTROLLER_OAUTH_TOKEN": token,
            "ANSIBLE_LOCALHOST_WARNING": "False",
        }  # fmt: skip
        done = play(
            [
                "hipaa.cis.awx_setup",
                "-i",
                "localhost,",
                "-e",
                json.dumps(GIVEN if given is None else given),
                *arguments,
            ],
            environment,
            cwd=tmp_path,
        )
        return done, done.stdout + done.stderr

    return run


def variables_of(template):
    return json.loads(template["extra_vars"])


def test_controller_is_set_up_whole_and_no_secret_is_shown(setup):
    controller = Controller(PLAYBOOKS, TOKEN)
    with serving(controller) as host:
        done, told = setup(host, "-vv")
    assert done.returncode == 0, (told[-3000:], controller.refused)
    assert controller.refused == []
    check_workflow(controller)
    check_templates(controller)
    for secret in SECRETS:
        assert secret not in told


@pytest.mark.long
def test_what_was_changed_by_hand_since_is_all_that_a_second_run_would_do(setup):
    controller = Controller(PLAYBOOKS, TOKEN)
    with serving(controller) as host:
        done, told = setup(host)
        assert done.returncode == 0, told
        made = len(controller.writes)
        plan = controller.named("job_templates", "HIPAA CIS plan")
        plan["job_type"] = "run"
        again, told = setup(host, "--check", "--diff", "-vv")
    assert again.returncode == 0, told
    assert [line for line in told.splitlines() if "changed: [" in line and "item=plan" not in line] == []
    assert "changed: [localhost] => (item=plan)" in told
    assert (len(controller.writes), plan["job_type"]) == (made, "run")
    for secret in SECRETS:
        assert secret not in told


@pytest.mark.long
def test_dry_run_on_a_controller_that_has_nothing_yet_ends_well_and_makes_nothing(setup):
    controller = Controller(PLAYBOOKS, TOKEN)
    with serving(controller) as host:
        done, told = setup(host, "--check")
    assert done.returncode == 0, told
    assert controller.writes == []


def check_workflow(controller):
    """Between plan and remediation stands the approval, and nothing leads around it."""
    workflow = controller.named("workflow_job_templates", "HIPAA CIS workflow maintenance")
    nodes = {
        node["id"]: node
        for node in controller.there["workflow_job_template_nodes"].values()
        if node["workflow_job_template"] == workflow["id"]
    }
    leads = {
        nodes[number]["identifier"]: {nodes[other]["identifier"]: what for other in others}
        for (endpoint, number, what), others in controller.linked.items()
        if endpoint == "workflow_job_template_nodes" and number in nodes and others
    }
    assert leads == {
        "begin": {"audit": "success_nodes"}, "audit": {"plan": "always_nodes"}, "plan": {"show": "always_nodes"}, "show": {"approve": "success_nodes"},
        "approve": {"remediate": "success_nodes"}, "remediate": {"again": "always_nodes"}, "again": {"merge": "always_nodes"},
    }  # fmt: skip
    approval = next(node for node in nodes.values() if node["identifier"] == "approve")["unified_job_template"]
    assert controller.there["workflow_approval_templates"][approval]["timeout"] == 259200


def check_templates(controller):
    remediate = controller.named("job_templates", "HIPAA CIS remediate")
    # Where nobody names an approved plan, the empty one is an error, and nothing is changed.
    assert variables_of(remediate)["hipaa_cis_plan"] == variables_of(remediate)["hipaa_cis_plan_digest"] == ""
    plan = controller.named("job_templates", "HIPAA CIS plan")
    assert (plan["job_type"], plan["playbook"]) == ("check", "playbooks/remediate.yml")
    audit = controller.named("job_templates", "HIPAA CIS audit")
    assert (audit["job_slice_count"], variables_of(audit)["hipaa_cis_slice"]) == (3, "auto/3")
    assert "{{ 'workflow-' ~ hipaa_workflow_id" in variables_of(audit)["hipaa_cis_run_id"]
    credentials = [
        controller.there["credentials"][number]["name"]
        for number in controller.linked["job_templates", audit["id"], "credentials"]
    ]
    assert sorted(credentials) == ["HIPAA CIS bucket", "HIPAA CIS ledger", "HIPAA CIS upload", "hosts by SSH"]
    assert len(controller.there["schedules"]) == 1
    types = controller.named("credential_types", "HIPAA CIS ledger")["injectors"]
    assert "password" not in json.dumps(types["extra_vars"])


@pytest.mark.parametrize(
    ("host", "token", "told"),
    [
        (
            "",
            "wrong-token-7",
            "Invalid authentication credentials for /api/v2/organizations/ (HTTP 401). See that CONTROLLER_HOST",
        ),
        ("http://user:hidden-word@127.0.0.1:9", TOKEN, "Connection refused"),
        ("none", TOKEN, "give the controller's address in the environment"),
    ],
    ids=["token", "address", "nothing"],
)
def test_controller_that_does_not_answer_is_told_once_without_a_secret(setup, host, token, told):
    controller = Controller(PLAYBOOKS, TOKEN)
    with serving(controller) as served:
        done, said = setup("" if host == "none" else host or served, token=token)
    assert done.returncode == 2
    assert told in " ".join(said.split())
    assert said.count("Nothing was set up") == 1 or said.count("fatal: ") == 1
    for secret in (*SECRETS, "wrong-token-7", "hidden-word", "Traceback"):
        assert secret not in said
    assert controller.writes == []


def test_stand_in_refuses_what_the_controller_would():
    controller = Controller(["playbooks/audit.yml"])
    with serving(controller) as host:
        import urllib.error
        import urllib.request

        def post(path, body):
            try:
                return urllib.request.urlopen(
                    urllib.request.Request(f"{host}/api/v2/{path}/", json.dumps(body).encode(), method="POST")
                ).status
            except urllib.error.HTTPError as problem:
                return problem.code

        assert post("inventories", {"name": "a", "organization": 1}) == 201
        assert post("inventories", {"name": "a"}) == 400
        assert post("inventories", {"name": "b", "organization": 99}) == 400
        assert post("inventories", {"name": "b", "organization": 1, "colour": "red"}) == 400
        assert post("credential_types", {"name": "t", "kind": "cloud", "inputs": {"fields": [{"id": "a"}]}}) == 400
        assert post("credential_types", {"name": "t", "kind": "cloud", "injectors": {"env": {"A": "{{ b }}"}}}) == 400


def tasks_of(playbook):
    return [task for play_ in yaml.load((ROOT / playbook).read_text(), Loader=Unsafe) for task in play_["tasks"]]


class Unsafe(yaml.SafeLoader):
    """Reads `!unsafe` as the text that it is."""


Unsafe.add_constructor("!unsafe", lambda _loader, node: node.value)


def test_arguments_are_those_of_the_collection(awx):
    modules = awx / "ansible_collections" / "awx" / "awx" / "plugins" / "modules"
    seen = set()
    for task in tasks_of("playbooks/awx_setup.yml"):
        for name in (key for key in task if key.startswith("awx.awx.")):
            told = re.search(r"DOCUMENTATION = '''(.*?)'''", (modules / f"{name[8:]}.py").read_text(), re.DOTALL)
            assert told, name
            documented = yaml.safe_load(told[1])["options"]
            assert set(task[name]) <= set(documented), name
            needed = {option for option, about in documented.items() if about.get("required")}
            assert needed <= set(task[name]), name
            seen.add(name)
    assert len(seen) == 12


@pytest.fixture(scope="module")
def builder():
    program = Path(sys.executable).with_name("ansible-builder")
    if not program.exists():
        pytest.skip("left out on this machine: missing ansible-builder, which needs Python 3.11")
    return program


@pytest.fixture(scope="module")
def context(builder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("context")
    subprocess.run([str(builder), "create", "--file", str(ROOT / "execution-environment.yml"), "--context", str(folder), "--output-filename", "Containerfile"],
                   check=True, capture_output=True, timeout=60)  # fmt: skip
    return folder


def test_execution_environment_has_what_the_collection_needs(context):
    assert (context / "_build" / "requirements.txt").read_text() == (ROOT / "requirements.txt").read_text()
    assert "openssh-clients" in (context / "_build" / "bindep.txt").read_text()
    steps = (context / "Containerfile").read_text()
    assert re.search(r"ansible-core>=2\.\d+,<2\.\d+", steps)
    assert "requirements.txt" in steps


def test_any_execution_environment_with_the_collection_gets_its_requirements(builder):
    done = subprocess.run(
        [str(builder), "introspect", str(ROOT)], check=True, capture_output=True, text=True, timeout=60
    )
    needed = yaml.safe_load(done.stdout)["python"]
    assert any("jmespath" in one for one in needed)
    assert any("SQLAlchemy" in one for one in needed)


def run_node(tmp_path, playbook, variables):
    """Run a playbook of the workflow as a job on hosts among which the controller is not; give the job and its artifacts."""
    private = tmp_path / "private"
    controller_job.make_project(private / "project")
    done = controller_job.run(private, playbook, {"all": {"hosts": {"ward-1": {}}}}, variables)
    stats = [event["event_data"] for event in done.events if event["event"] == "playbook_on_stats"]
    return done, stats[0].get("artifact_data", {}) if stats else {}


def test_nodes_name_the_workflow_and_its_plan_to_those_after_them(tmp_path):
    pytest.importorskip("ansible_runner", reason="left out on this machine: missing ansible-runner")
    from tests.unit.controller.runs.test_plan_file import RunStore, task

    done, artifacts = run_node(tmp_path, "playbooks/awx_begin.yml", {"awx_workflow_job_id": 77})
    assert (done.status, artifacts) == ("successful", {"hipaa_workflow_id": "77"}), done.printed

    store = RunStore.create(str(tmp_path / "runs"), "workflow-77-plan")
    for number in range(200):
        store.write_plan(f"ward-{number}", task())
    path, digest = store.join_plan() or pytest.fail("no plan")
    given = {"hipaa_cis_run_dir": str(tmp_path / "runs"), **artifacts}
    done, artifacts = run_node(tmp_path, "playbooks/awx_plan.yml", given)
    assert done.status == "successful", done.printed
    assert artifacts == {"hipaa_cis_plan": str(path), "hipaa_cis_plan_digest": digest}
    assert digest in done.printed
    assert "more line(s); see the file" in done.printed
    assert done.largest()[0] < 20_000

    done, artifacts = run_node(tmp_path, "playbooks/awx_plan.yml", {**given, "hipaa_workflow_id": "78"})
    assert (done.status, artifacts) == ("failed", {})
    assert "There is no plan to approve" in done.printed
