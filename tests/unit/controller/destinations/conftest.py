"""A finished run, and how the tests send it."""

from __future__ import annotations

import json

import pytest

from tests.certificates import SECRET


@pytest.fixture
def finished(tmp_path):
    """A run of two hosts, one of which fails a rule."""
    # The finder of collections is put in place when the first test file is read, which is later than this one.
    from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
    from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.write import write_reports
    from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
    from tests.builders import RUN_ID, SAMPLES, make_finding, make_record

    made = RunStore.create(str(tmp_path / "runs"), RUN_ID)
    made.expect_hosts(["ward", "clinic"])
    for host, outcome in (("ward", "fail"), ("clinic", "pass")):
        made.write_record(make_record(host, [make_finding(SAMPLES[0], outcome)]))
    write_reports(load_catalog(), [made], made)
    return made


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    """Note how long would be waited between attempts, and wait for nothing; the proxies of this machine are none of the tests'."""
    from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import deliver

    waited: list[float] = []
    monkeypatch.setattr(deliver, "sleep", waited.append)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return waited


@pytest.fixture
def send(finished):
    """Return a function that delivers the run to one entry and gives how that went; no secret is ever told."""
    from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations import deliver
    from ansible_collections.hipaa.cis.plugins.plugin_utils.destinations.entries import parse

    def sent(entry, part=""):
        summary = json.loads((finished.folder / "summary.json").read_text(encoding="utf-8"))
        (one,) = deliver.deliver(parse([entry]), finished, summary, part)
        assert SECRET not in repr(one)
        assert bool(one.place) != bool(one.problem)
        return one

    return sent


@pytest.fixture
def goes_on(finished):
    """Return a function by which the run goes on: another host is audited."""
    from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog.load import load_catalog
    from ansible_collections.hipaa.cis.plugins.plugin_utils.reports.write import write_reports
    from tests.builders import SAMPLES, make_finding, make_record

    def more(host="annex"):
        finished.write_record(make_record(host, [make_finding(SAMPLES[0], "pass")]))
        write_reports(load_catalog(), [finished], finished)

    return more
