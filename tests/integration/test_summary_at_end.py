"""What the callback shows at the end is what the report task has just written, and made anew where the run is another by then."""

from __future__ import annotations

import hashlib
import json
import re

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.packed import file_in
from tests import pump
from tests.records import record_in

PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - hipaa.cis.audit:
    - hipaa.cis.report:
      delegate_to: localhost
      run_once: true
%s
"""
AGAIN = "    - {hipaa.cis.audit: {exclude: {rules: [pump_telnet_off]}}, when: inventory_hostname == 'two'}"


@pytest.fixture
def played(tmp_path):
    """A function that audits two pumps, reports and does what more is said: what was said, and the run."""

    def run(more="", **variables):
        shared = {"ansible_connection": "local", **pump.variables(tmp_path / "runs"), **variables}
        inventory, book = tmp_path / "inventory.json", tmp_path / "book.yml"
        inventory.write_text(json.dumps({"all": {"hosts": {"one": {}, "two": {}}, "vars": shared}}))
        book.write_text(PLAY % more)
        settings = {"network": True, "telnet": True, "screen_lock_minutes": 4}
        environ = {**pump.checkout_environment(tmp_path, settings), "ANSIBLE_DISPLAY_OK_HOSTS": "true"}
        done = pump.play([str(book), "-i", str(inventory)], environ)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout, tmp_path / "runs" / "latest"

    return run


def test_summary_of_the_report_is_shown_as_it_stands(played):
    said, run = played(
        "    - {ansible.builtin.shell: 'stat -c %Y.%i {{ hipaa_cis_run_dir }}/latest/summary.json', delegate_to: localhost, run_once: true, register: at}\n"
        "    - {ansible.builtin.debug: {msg: 'WRITTEN {{ at.stdout }}'}, run_once: true}"
    )

    status = (run / "summary.json").stat()
    assert re.findall(r"WRITTEN (\d+\.\d+)", said) == [f"{int(status.st_mtime)}.{status.st_ino}"]
    assert "164.312(e)(1)" in said
    assert said.count("Report: ") == 1


def test_what_was_audited_after_the_report_is_in_the_summary(played):
    _said, run = played(AGAIN)

    summary = json.loads((run / "summary.json").read_text())
    digests = {one["host"]: one["digest"] for one in summary["hosts"]}
    assert digests == {host: hashlib.sha256(file_in(run / "hosts", host).read_bytes()).hexdigest() for host in digests}
    assert "earlier_selections" in record_in(run, "two")
