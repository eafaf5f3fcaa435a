"""The round-trip law for rules that a container can't take, on directory trees: kernel parameters, kernel modules, dconf."""

from __future__ import annotations

import json
import os

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.apply import Apply, parse
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.journal import Journal
from ansible_collections.hipaa.cis.plugins.module_utils.linux.change.rollback import Rollback
from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.observe import read_kind
from ansible_collections.hipaa.cis.plugins.module_utils.linux.writers.dconf import CATCH_UP, UPDATE
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit import parameters
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.judge import Judge
from ansible_collections.hipaa.cis.plugins.plugin_utils.audit.plan import setting_key
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import matchers
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.model import leaves
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.values import substitute
from ansible_collections.hipaa.cis.plugins.plugin_utils.remediation.remedies import NoRemedy, wanted_value

pytestmark = pytest.mark.root

KNOWN = load_catalog()
VALUES = parameters.resolve(KNOWN, KNOWN.benchmarks["debian_12"], {})
KERNEL = "lib/modules/6.1.0-18-amd64"


def _cases():
    for rule in KNOWN.rules.values():
        for leaf in leaves(rule.settings):
            if leaf["kind"] in ("sysctl", "kernel_module", "dconf"):
                setting = substitute(leaf, VALUES)
                try:
                    name = leaf["address"].get("name") or leaf["address"]["key"]
                    yield pytest.param(setting, wanted_value(setting), id=f"{rule.id}-{name}")
                except NoRemedy:
                    continue


def _break(root, setting):
    """Plant what the setting must not be."""
    for folder in ("proc/sys/kernel", "sys/module", "var/lib"):
        (root / folder).mkdir(parents=True)
    (root / "proc/version").touch()
    if setting["kind"] == "dconf":
        _break_dconf(root, setting["address"])
        return
    name = setting["address"]["name"]
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


def _break_dconf(root, address):
    """Plant a keyfile that sorts behind ours, and no lock."""
    profile = address.get("profile", "user")
    database = root / "etc/dconf/db" / ("gdm" if profile == "gdm" else "local")
    section, _slash, name = address["key"][1:].rpartition("/")
    wrong = {"boolean": "true" if "automount" in name else "false", "uint32": "uint32 99999", "string": "''"}
    files = {
        root / "usr/bin/dconf": "",
        root / "etc/dconf/profile" / profile: f"user-db:user\nsystem-db:{database.name}\n",
        database.with_suffix(".d") / "zzz-site": f"[{section}]\n{name}={wrong.get(address.get('type'), 'true')}\n",
        database: "compiled",
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


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


def _runner(root):
    """Return what stands for the host's programs: all succeed, and that of dconf compiles."""

    def run(argv, _timeout):
        if list(argv) == ["sh", "-c", UPDATE]:
            for folder in (root / "etc/dconf/db").glob("*.d"):
                folder.with_suffix("").write_text("compiled")
        if CATCH_UP in argv:
            # What is left makes the same database: the folders are as old as it again.
            for folder in (root / "etc/dconf/db").glob("*.d"):
                made = folder.with_suffix("").stat().st_mtime_ns
                for place in [folder, *(one for one in folder.rglob("*") if one.is_dir())]:
                    os.utime(place, ns=(made, made))
        return CommandResult()

    return run


def _apply(root, setting, wanted, run_id):
    change = {"it": [setting["kind"], setting["address"], wanted]}
    request = {"version": 1, "mode": "apply", "run_id": run_id, "group": "plain", "options": {}, "changes": change}
    return Apply(parse(json.dumps(request)), str(root), _runner(root)).answer()


@pytest.mark.parametrize(("setting", "wanted"), list(_cases()))
def test_wrong_fixed_fixed_once_and_wrong_again(setting, wanted, tmp_path):
    _break(tmp_path, setting)
    before = _tree(tmp_path)
    assert _outcome(tmp_path, setting) == "fail"

    _apply(tmp_path, setting, wanted, "first")
    assert _outcome(tmp_path, setting) == "pass"

    assert not _apply(tmp_path, setting, wanted, "second")["changed"]

    report = Rollback(Host(str(tmp_path)), _runner(tmp_path), Journal(str(tmp_path), "first")).run()
    assert not report.problems
    assert _tree(tmp_path) == before
    assert _outcome(tmp_path, setting) == "fail"
