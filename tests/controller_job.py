"""A job of an automation controller, as AWX starts one: the project's copy in a private data folder, its environment, ansible-runner."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.pump import ROOT

# What of a checkout an audit needs; AWX copies all of it.
NEEDED = (
    "ansible.cfg",
    "ansible_collections",
    "catalog",
    "collections",
    "galaxy.yml",
    "meta",
    "playbooks",
    "plugins",
    "roles",
)
FORCED = "indirect_instance_count"
# The callback that AWX's execution environment brings under this name; ours counts nothing.
CALLBACK = """
from ansible.plugins.callback import CallbackBase
class CallbackModule(CallbackBase):
    CALLBACK_VERSION, CALLBACK_TYPE, CALLBACK_NAME, CALLBACK_NEEDS_ENABLED = 2.0, "aggregate", "indirect_instance_count", True
"""
# What AWX's finder of playbooks asks of a line of a file (awx/main/utils/ansible.py, 24.6.1).
PLAYBOOK = re.compile(
    r"^\s*?-?\s*?(?:hosts|(ansible\.builtin\.)?include|(ansible\.builtin\.)?import_playbook):\s*?.*?$"
)
NOT_ENTERED = {"roles", "tasks", "group_vars", "host_vars"}


def playbooks(project: Path, files: Iterable[str]) -> list[str]:
    """The files of a project that AWX offers as playbooks of a job template."""
    return [
        name
        for name in files
        if name.endswith((".yml", ".yaml"))
        and not any(part in NOT_ENTERED or part.startswith(".") for part in Path(name).parts[:-1])
        and any(map(PLAYBOOK.match, (project / name).read_text(errors="ignore").splitlines()))
    ]


def make_project(folder: Path) -> Path:
    """A copy of the checkout, as a project that AWX has checked out."""
    folder.mkdir(parents=True)
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def environment(private: Path, job: int, *, joined: bool) -> dict[str, str]:
    """What AWX sets for a job of a project. Newer ones join the callbacks of its ansible.cfg with theirs; others set theirs alone."""
    config = configparser.ConfigParser()
    config.read(private / "project" / "ansible.cfg")
    defaults = config["defaults"]
    plugins = private / "plugins_path"
    plugins.mkdir(exist_ok=True)
    (plugins / f"{FORCED}.py").write_text(CALLBACK)
    callbacks = [FORCED, *([defaults["callbacks_enabled"]] if joined and "callbacks_enabled" in defaults else [])]
    collections = [
        str(private / "requirements_collections"),
        defaults.get("collections_path", ""),
        "/usr/share/ansible/collections",
    ]
    return {
        "JOB_ID": str(job),
        "INVENTORY_ID": "2",
        "AWX_PRIVATE_DATA_DIR": str(private),
        "MAX_EVENT_RES": "700000",
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(filter(None, collections)),
        "ANSIBLE_CALLBACK_PLUGINS": str(plugins),
        "ANSIBLE_CALLBACKS_ENABLED": ",".join(callbacks),
        "ANSIBLE_FORCE_COLOR": "True",
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_HOME": str(private / "home"),
        "PATH": f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C.UTF-8",
    }


@dataclass
class Job:
    """A job that has ended, with its private data folder taken away."""

    status: str
    events: list[dict[str, Any]]
    printed: str

    def results(self, action: str) -> list[dict[str, Any]]:
        """The results of an action of the collection, in their order."""
        return [
            event["event_data"]["res"]
            for event in self.events
            if event["event"] in ("runner_on_ok", "runner_on_failed")
            and event.get("event_data", {}).get("resolved_action") == f"hipaa.cis.{action}"
        ]

    def largest(self) -> tuple[int, str]:
        """The bytes of the largest event, and what it is."""
        return max(
            (len(json.dumps(one).encode()), f"{one['event']} {one.get('event_data', {}).get('task', '')}")
            for one in self.events
        )


def run(
    private: Path, playbook: str, inventory: Any, variables: Mapping[str, Any], *, job: int = 4711, joined: bool = True,
    added: Mapping[str, str] | None = None, cmdline: str = "",
) -> Job:  # fmt: skip
    """Run a playbook of the project in a private data folder, which ends with the job."""
    import ansible_runner

    done = ansible_runner.run(
        private_data_dir=str(private),
        ident=str(job),
        playbook=playbook,
        inventory=inventory,
        extravars={"awx_job_id": job, **variables},
        envvars={**environment(private, job, joined=joined), **(added or {})},
        cmdline=cmdline or None,
        quiet=True,
        timeout=120,
    )
    ended = Job(done.status, list(done.events), done.stdout.read())
    shutil.rmtree(private)
    return ended
