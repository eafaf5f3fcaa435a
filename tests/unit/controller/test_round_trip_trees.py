"""The round-trip law for rules that a container can't take, on directory trees: kernel parameters and kernel modules."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.apply import Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind
from ansible_collections.hipaa.cis.plugins.plugin_utils import catalog, matchers, parameters
from ansible_collections.hipaa.cis.plugins.plugin_utils.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.model import leaves
from ansible_collections.hipaa.cis.plugins.plugin_utils.plan import setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.remedies import NoRemedy, wanted_value

pytestmark = pytest.mark.root

KNOWN = catalog.load()
VALUES = parameters.resolve(KNOWN, KNOWN.benchmarks["debian_12"], {})
KERNEL = "lib/modules/6.1.0-18-amd64"


def _cases():
    for rule in KNOWN.rules.values():
        for leaf in leaves(rule.settings):
            if leaf["kind"] in ("sysctl", "kernel_module"):
                setting = parameters.substitute(leaf, VALUES)
                try:
                    yield pytest.param(setting, wanted_value(setting), id=f"{rule.id}-{leaf['address']['name']}")
                except NoRemedy:
                    continue


def _break(root, setting):
    """Plant what the setting must not be."""
    name = setting["address"]["name"]
    (root / "proc/sys/kernel").mkdir(parents=True)
    (root / "var/lib").mkdir(parents=True)
    if setting["kind"] == "sysctl":
        wrong = next(value for value in ("0", "1", "2") if not matchers.matches(setting["expect"], value))
        place = root / "proc/sys" / name.replace(".", "/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(wrong + "\n")
        conf = root / "etc/sysctl.d/50-site.conf"
        conf.parent.mkdir(parents=True)
        conf.write_text(f"{name} = {wrong}\n")
        return
    file_name = {"overlayfs": "overlay"}.get(name, name)
    module = root / KERNEL / "kernel/fs" / f"{file_name}.ko"
    module.parent.mkdir(parents=True)
    module.write_text("")
    (root / KERNEL / "modules.dep").write_text(f"kernel/fs/{file_name}.ko:\n")
    (root / "proc/modules").write_text("")


def _tree(root):
    found = {}
    for path in sorted(root.rglob("*")):
        if "hipaa-cis" not in path.parts and path.is_file():
            found[str(path)] = (path.stat().st_mode, path.read_bytes())
    return found


def _outcome(root, setting):
    seen = read_kind(Host(str(root), privileged=True), setting["kind"], [setting["address"]])[0].as_dict()
    judge = Judge(KNOWN.platforms["linux"], {setting_key(setting): seen})
    return judge.check({**setting, "applies_if": ()}).outcome


def _good(_argv, _timeout):
    return CommandResult()


def _apply(root, setting, wanted, run_id):
    change = {"it": [setting["kind"], setting["address"], wanted]}
    request = {"version": 1, "mode": "apply", "run_id": run_id, "group": "plain", "options": {}, "changes": change}
    return Apply(parse(json.dumps(request)), str(root), _good).answer()


@pytest.mark.parametrize(("setting", "wanted"), list(_cases()))
def test_wrong_fixed_fixed_once_and_wrong_again(setting, wanted, tmp_path):
    _break(tmp_path, setting)
    before = _tree(tmp_path)
    assert _outcome(tmp_path, setting) == "fail"

    _apply(tmp_path, setting, wanted, "first")
    assert _outcome(tmp_path, setting) == "pass"

    assert not _apply(tmp_path, setting, wanted, "second")["changed"]

    report = Rollback(Host(str(tmp_path)), _good, Journal(str(tmp_path), "first")).run()
    assert not report.problems
    assert _tree(tmp_path) == before
    assert _outcome(tmp_path, setting) == "fail"
