"""A play has to have hosts; the pattern of its hosts says where it has none."""

from __future__ import annotations

import pytest
from ansible import context
from ansible.module_utils.common.collections import ImmutableDict
from ansible.parsing.dataloader import DataLoader

from ansible_collections.hipaa.cis.plugins.plugin_utils.controller import play_hosts
from ansible_collections.hipaa.cis.plugins.plugin_utils.errors import HipaaCisError

GROUPS = {"all": ["a1", "a2", "b1"], "ungrouped": [], "wards": ["a1", "a2"], "labs": ["b1"]}


@pytest.fixture(autouse=True)
def shown(monkeypatch):
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict({}))
    return lambda **given: monkeypatch.setattr(context, "CLIARGS", ImmutableDict(given))


def checked(pattern, limit=None, groups=None, skip=(), basedir=None):
    given = {
        "groups": GROUPS if groups is None else groups,
        "ansible_skip_tags": list(skip),
        **({"ansible_limit": limit} if limit is not None else {}),
    }
    loader = DataLoader()
    loader.set_basedir(str(play_hosts.OWN if basedir is None else basedir))
    return play_hosts.checked([pattern], given, loader)


@pytest.mark.parametrize(
    ("pattern", "limit", "same"),
    [
        ("all", None, "all"),
        ("wards:!a1", None, "wards:!a1"),
        (["wards", "labs"], "b1", "wards,labs"),
        ("localhost", None, "localhost"),
        ("wards", "a*", "wards"),
    ],
)
def test_pattern_that_matches_is_given_back(pattern, limit, same):
    assert checked(pattern, limit) == same


@pytest.mark.parametrize(
    ("pattern", "limit", "groups", "told"),
    [
        ("ward", None, GROUPS, "unknown host or group 'ward'. Did you mean wards?"),
        ("wards:&labs", None, GROUPS, "no host matches 'wards:&labs'"),
        ("wards", "labs", GROUPS, "no host matches 'wards' (hipaa_cis_hosts) within --limit 'labs'"),
        ("wards", "!wards", GROUPS, "within --limit '!wards'"),
        ("all", None, {"all": [], "ungrouped": []}, "the inventory has no hosts"),
    ],
)
def test_pattern_that_matches_nothing_is_refused_with_the_reason(pattern, limit, groups, told):
    with pytest.raises(HipaaCisError) as refused:
        checked(pattern, limit, groups)

    assert str(refused.value).startswith("Nothing was begun: ")
    assert told in str(refused.value)


@pytest.mark.parametrize("name", ["always", "tagged"])
def test_tags_that_skip_what_always_runs_are_refused(name):
    with pytest.raises(HipaaCisError, match=f"--skip-tags {name} leaves nothing over"):
        checked("all", skip=[name])


def test_start_at_a_task_is_refused_for_where_none_has_that_name_all_are_skipped(shown):
    shown(start_at_task="no task of that name")

    with pytest.raises(HipaaCisError, match="Nothing was begun: --start-at-task leaves out"):
        checked("all")


def test_what_only_shows_a_playbook_needs_no_host(shown):
    shown(syntax=True)

    assert checked("nobody", groups={}) == "nobody"


# To Ansible an empty limit, or a file of one without a line, is no limit: all hosts.
@pytest.mark.parametrize("content", ["", "\n", " \n\n"])
def test_limit_of_nothing_is_not_taken_for_every_host(tmp_path, content):
    (tmp_path / "slice.txt").write_text(content)

    for limit in ("", f"@{tmp_path}/slice.txt"):
        with pytest.raises(
            HipaaCisError, match="has no host in it, and to Ansible that is no limit at all but every host"
        ):
            checked("all", limit)


def test_limit_by_a_file_with_hosts_is_taken(tmp_path):
    (tmp_path / "slice.txt").write_text("\na1\n")

    assert checked("all", f"@{tmp_path}/slice.txt") == "all"


def beside(folder, name, text):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("given", ["site.yml", "hipaa.cis.audit"])
@pytest.mark.parametrize("name", ["group_vars/all.yml", "group_vars/wards/ours.yml", "host_vars/a1.json"])
def test_variables_that_ansible_does_not_read_for_a_playbook_of_a_collection_are_told(
    given, name, tmp_path, shown, monkeypatch
):
    beside(tmp_path, "site.yml", "")
    beside(tmp_path, "inventory/hosts", "")
    beside(
        tmp_path,
        name,
        '{"x": 1, "hipaa_cis_root": "/mnt/image"}' if name.endswith("json") else "x: 1\nhipaa_cis_root: /mnt/image\n",
    )
    monkeypatch.chdir(tmp_path)
    shown(args=(given,), inventory=(str(tmp_path / "inventory/hosts"), "a1,"))
    with pytest.raises(HipaaCisError, match=f"{name} sets variables hipaa_cis_..., and Ansible does not read it"):
        checked("all")


@pytest.mark.parametrize(
    ("name", "text", "inventory"),
    [
        ("group_vars/all.yml", "hipaa_cis_level: 2\n", "hosts"),
        ("group_vars/all.yml", "hipaa_cis_level: 2\n", "."),
        ("group_vars/all.yml", "ntp_servers: []\n# hipaa_cis_level: 2\nsays: of hipaa_cis_level\n", "inventory/hosts"),
        ("inventory/group_vars/all.yml", "hipaa_cis_level: 2\n", "inventory/hosts"),
        ("inventory/group_vars/all.yml", "hipaa_cis_level: 2\n", "inventory"),
    ],
)
def test_variables_beside_the_inventory_and_of_others_are_no_reason_to_stop(
    name, text, inventory, tmp_path, shown, monkeypatch
):
    beside(beside(tmp_path, "hosts", ""), "inventory/hosts", "")
    beside(tmp_path, name, text)
    monkeypatch.chdir(tmp_path)
    shown(args=("hipaa.cis.audit",), inventory=(str(tmp_path / inventory),))
    assert checked("all") == "all"
