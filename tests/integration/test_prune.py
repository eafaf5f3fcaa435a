"""What a user of hipaa.cis.prune sees and is left with: check mode tells and takes nothing, then it goes, and the chain holds."""

from __future__ import annotations

import io
import json
import os

import pytest

from ansible_collections.hipaa.cis.plugins.plugin_utils.ledger import connection, kept_slices
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs import chain, merged_slices
from ansible_collections.hipaa.cis.plugins.plugin_utils.runs.store import RunStore
from tests import pump
from tests.past_runs import START, day, finished

# Days from the first of January 2026: what the first two are in effect for ended more than six years before any today.
RUNS = {"run-1": -3000, "run-2": -2900, "run-3": -2800, "run-4": 0}


@pytest.fixture
def base(tmp_path, monkeypatch):
    runs = tmp_path / "runs"
    runs.mkdir()
    for name, when in RUNS.items():
        monkeypatch.setattr(chain, "utc_now", lambda when=when: day(when))
        finished(runs, name, when, {"web": "ppf"})
    return runs


@pytest.fixture
def play(base):
    """Return a function that runs one of the playbooks on the runs."""
    environ = {**os.environ, "ANSIBLE_CONFIG": str(pump.ROOT / "ansible.cfg")}

    def run(name, *more):
        return pump.play([name, "-i", "localhost,", "-e", f"hipaa_cis_run_dir={base}", *more], environ)

    return run


def there(base):
    return [name for name in RUNS if (base / name).exists()]


def test_what_check_mode_tells_is_what_goes_and_the_chain_holds(base, play):
    told = play("hipaa.cis.prune", "--check")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "run run-1 of 2017-10-15, last in effect on 2018-01-23, would be taken away" in told.stdout
    assert "run run-3 is kept: it was last in effect on 2026-01-01" in told.stdout
    assert there(base) == list(RUNS)
    assert len(chain.places(base)) == len(RUNS)

    done = play("hipaa.cis.prune")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "run run-2 of 2018-01-23, last in effect on 2018-05-03, is taken away" in done.stdout
    assert there(base) == ["run-3", "run-4"]
    assert play("hipaa.cis.verify_runs").returncode == 0


def test_slices_that_wait_in_the_ledger_go_when_they_were_merged_and_are_old(base, play, monkeypatch):
    monkeypatch.setattr(chain, "utc_now", lambda: day(10))
    document = {
        "schema": merged_slices.SCHEMA,
        "run_id": "run-5",
        "slices": ["1/2"],
        "missing": ["2/2"],
        "hosts_of_no_slice": [],
    }
    RunStore.create(str(base), "run-5").write(merged_slices.FILE, json.dumps(document))
    finished(base, "run-5", 10, {"web": "ppf"})
    url = f"sqlite:///{base.parent}/common.sqlite"
    with connection.opened(url) as one:
        for run_id, name in (("run-5", "1-of-2"), ("run-5", "2-of-2"), ("run-6", "1-of-2")):
            kept_slices.keep(
                one, kept_slices.Kept(run_id, name, int(START.timestamp())), name, "", io.BytesIO(b"packed")
            )

    def waiting():
        with connection.opened(url) as one:
            return [f"{run_id}@{name}" for run_id in ("run-5", "run-6") for name in kept_slices.names_of(one, run_id)]

    young = play("hipaa.cis.prune", "-e", f"hipaa_cis_ledger={url}", "-e", "hipaa_cis_keep_raw=36000")
    assert young.returncode == 0, young.stdout + young.stderr
    assert len(waiting()) == 3
    told = play("hipaa.cis.prune", "-e", f"hipaa_cis_ledger={url}", "-e", "hipaa_cis_keep_raw=0", "--check")
    line = (
        f"slice 1-of-2 of the run run-5, which was merged, {{}} taken away from the ledger {base.parent}/common.sqlite"
    )
    assert line.format("would be") in told.stdout
    assert len(waiting()) == 3
    done = play("hipaa.cis.prune", "-e", f"hipaa_cis_ledger={url}", "-e", "hipaa_cis_keep_raw=0")
    assert line.format("is") in done.stdout
    assert waiting() == ["run-5@2-of-2", "run-6@1-of-2"]


def test_a_decision_of_the_site_and_too_few_years_keep_what_is_old(base, play, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "attestations.yml").write_text("# evidence: run-1/report.html\n")

    refused = play("hipaa.cis.prune", "-e", "hipaa_cis_keep_years=5")
    assert refused.returncode == 2
    assert "hipaa_cis_keep_years" in refused.stdout
    assert there(base) == list(RUNS)

    kept = play("hipaa.cis.prune", "-e", f"hipaa_cis_site_dir={site}")
    assert kept.returncode == 0, kept.stdout + kept.stderr
    assert "run run-1 is kept: a decision that stands now names it" in kept.stdout
    assert there(base) == ["run-1", "run-3", "run-4"]
