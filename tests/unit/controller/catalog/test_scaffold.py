"""The guide for a new rule, followed: what the scaffold writes loads as it is."""

from __future__ import annotations

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import scaffold
from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog

ARGUMENTS = ["--id", "test_banner_shown", "--kind", "sshd_option", "--address", "name=Banner", "--topic", "SSH server"]


def test_scaffolded_rules_load(tmp_path):
    file = tmp_path / "site" / "rules" / "ssh.yml"
    file.parent.mkdir(parents=True)

    assert scaffold.main([*ARGUMENTS, "--file", str(file)]) == 0
    assert scaffold.main([*ARGUMENTS[2:], "--id", "test_second", "--file", str(file)]) == 0

    known = load_catalog([str(tmp_path / "site")])
    assert known.rules["test_banner_shown"].settings[0]["address"] == {"name": "Banner"}
    assert known.rules["test_second"].topic == "SSH server"


def test_the_platform_is_that_of_the_kind_and_what_yaml_would_change_stays(tmp_path):
    file = tmp_path / "site" / "rules" / "windows.yml"
    file.parent.mkdir(parents=True)
    key = r"SOFTWARE\Policies\Ward's # own: \x41"

    wanted = ["--id", "ward_value", "--kind", "registry", "--address", f"key={key}", "--address", "name=On", "--address", "view=32"]  # fmt: skip
    assert scaffold.main([*wanted, "--file", str(file)]) == 0

    rule = load_catalog([str(tmp_path / "site")]).rules["ward_value"]
    assert (rule.platform, rule.settings[0]["address"]) == ("windows", {"key": key, "name": "On", "view": 32})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (["--kind", "registry"], "the kind registry needs --address key=VALUE"),
        (["--kind", "service", "--platform", "windws"], "Did you mean windows?"),
        (["--address", "name"], "takes KEY=VALUE, not 'name'"),
        (["--kind", "sshd_opton"], "Did you mean sshd_option?"),
        (["--address", "nme=x"], "unknown key of kind sshd_option 'nme'"),
        (["--id", "ssh_root_login_off"], "is there already"),
    ],
)
def test_wrong_words_are_one_clear_message(tmp_path, capsys, changed, message):
    assert scaffold.main([*ARGUMENTS, *changed, "--file", str(tmp_path / "x.yml")]) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
