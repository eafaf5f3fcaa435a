"""The callback loads the catalogs that a command judges by before workers are forked."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.hipaa.cis.plugins.callback import summary


@pytest.fixture
def loaded(monkeypatch):
    """Return what was loaded, with no task that has left word yet."""
    found = []
    monkeypatch.setattr(summary, "load_catalog", lambda folders: found.append(list(folders)))
    monkeypatch.setattr(summary, "noted_catalogs", list)
    return found


def begun(variables):
    callback = summary.CallbackModule()
    callback.get_option = {"catalog_paths": []}.get
    manager = SimpleNamespace(extra_vars=variables)
    callback.v2_playbook_on_play_start(SimpleNamespace(_uuid="1", get_variable_manager=lambda: manager))
    return callback


@pytest.mark.parametrize(
    ("variables", "folders"),
    [
        ({"hipaa_cis_catalog_paths": ["/srv/catalog"]}, ["/srv/catalog"]),
        ({}, []),
        ({"hipaa_cis_catalog_paths": "/srv/catalog"}, []),
        ({"hipaa_cis_catalog_paths": [1]}, []),
    ],
)
def test_catalog_of_the_command_line_is_loaded_first(loaded, variables, folders):
    begun(variables).v2_playbook_on_task_start(
        SimpleNamespace(resolved_action="hipaa.cis.preflight", action="x"), False
    )

    assert loaded == [folders]


def test_tasks_of_others_load_nothing(loaded):
    begun({}).v2_playbook_on_task_start(SimpleNamespace(resolved_action="ansible.builtin.ping", action="ping"), False)

    assert loaded == []


def test_what_the_first_worker_leaves_word_of_is_loaded_for_the_next(loaded, monkeypatch):
    callback = begun({})
    monkeypatch.setattr(summary, "noted_catalogs", lambda: [["/srv/of-a-group"]])
    task = SimpleNamespace(resolved_action="hipaa.cis.preflight", action="x")

    callback.v2_runner_on_ok(SimpleNamespace(task=task, result={}))

    assert loaded == [["/srv/of-a-group"]]
