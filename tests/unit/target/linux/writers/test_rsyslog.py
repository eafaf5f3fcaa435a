"""What the writer of rsyslog's configuration refuses, and what it leaves as it is."""

from __future__ import annotations

import pytest

from tests.scenarios.linux import Scenario, apply_wanted, plant

MAIN, MORE = "/etc/rsyslog.conf", "/etc/rsyslog.d/a.conf"
INCLUDE = "$IncludeConfig /etc/rsyslog.d/*.conf\n"
TCP = 'module(load="imtcp")\n'


def answer(root, query, wanted, files):
    scenario = Scenario("it", {"query": query}, {}, "fail", {}, files=files, wanted=wanted)
    plant(str(root), scenario)
    return apply_wanted(str(root), "rsyslog", scenario)


@pytest.mark.parametrize(
    "text", [TCP[:-1] + " *.* /x\n", "if 1==1 then { " + TCP + "}\n", r'include(text="$ModLoad imtcp")' + "\n"]
)
def test_statement_that_shares_its_line_is_left(tmp_path, text):
    given = answer(tmp_path, "receivers", [], {MAIN: text})

    assert "more than its own line" in given["changes"]["it"]["reason"]
    assert not given["steps"]


def test_one_file_that_cannot_be_changed_spares_the_others(tmp_path):
    given = answer(tmp_path, "receivers", [], {MAIN: INCLUDE + TCP, MORE: TCP[:-1] + " *.* /x\n"})

    assert (tmp_path / MAIN[1:]).read_text() == INCLUDE + "# disabled by hipaa.cis: " + TCP
    assert MORE + ":1" in str(given["changes"]["it"])


def test_module_without_a_mode_is_for_a_person(tmp_path):
    text = 'module(load="builtin:omfile" Template="x")\n*.* action(type="omfile" file="/x")\n'
    given = answer(tmp_path, "files", "0640", {MAIN: text})

    assert MAIN + ":1 has no fileCreateMode" in given["changes"]["it"]["reason"]
