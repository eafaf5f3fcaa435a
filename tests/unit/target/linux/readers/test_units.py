"""Where systemd does not tell of many units in one call, each is shown."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hipaa.cis.plugins.module_utils.linux.command import CommandResult
from ansible_collections.hipaa.cis.plugins.module_utils.linux.host import Host
from ansible_collections.hipaa.cis.plugins.module_utils.linux.readers.units import MANY, read_services

NAMES = [f"one-{number}.service" for number in range(MANY)]


def row(name, load="not-found", active="inactive"):
    return [name, name, load, active, "dead", "", "/org/freedesktop/systemd1/unit/x", 0, "", "/"]


def asked(tmp_path, told, names=NAMES):
    """Return the names that `systemctl show` is asked for, where busctl says this."""
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    shown = []

    def run(argv, _timeout):
        if argv[0] == "busctl":
            return told
        shown.extend(argv[argv.index("--") + 1 :])
        return CommandResult(1, "", "it is shown")

    with pytest.raises(Exception, match="it is shown"):
        read_services(Host(str(tmp_path), runner=run), [{"name": name} for name in names])
    return shown


def test_only_what_is_there_is_shown(tmp_path):
    rows = [row(NAMES[0], "loaded"), row(NAMES[1], active="active"), *(row(name) for name in NAMES[2:])]

    assert asked(tmp_path, CommandResult(0, json.dumps({"data": [rows]}), "")) == NAMES[:2]


@pytest.mark.parametrize(
    "told",
    [
        CommandResult(1, "", "unrecognized option '--json=short'"),
        CommandResult(0, "a(ssssssouso) 1", ""),
        CommandResult(0, json.dumps({"data": []}), ""),
        CommandResult(0, json.dumps({"data": [[["one-0.service"]]]}), ""),
        CommandResult(0, json.dumps({"data": [[]]}), ""),
        CommandResult(0, json.dumps({"data": [[row("other.service")]]}), ""),
    ],
)
def test_all_are_shown_where_the_answer_does_not_say(tmp_path, told):
    assert asked(tmp_path, told) == NAMES


def test_few_are_shown_at_once(tmp_path):
    assert asked(tmp_path, CommandResult(0, "", ""), NAMES[1:]) == NAMES[1:]
