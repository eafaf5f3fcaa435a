"""The archive as a site installs it: nothing of the checkout may be needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import pump
from tests.pump import PLATFORM, ROOT, SAFE
from tests.records import record_in


def program(name):
    return str(Path(sys.executable).with_name(name))


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Build the archive, install it, and return the folder of the collections and an environment that knows only it."""
    place = tmp_path_factory.mktemp("installed")
    keep = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "HIPAA_CIS_", "PYTHON"))}
    environment = {
        **keep,
        "HOME": str(place),
        "ANSIBLE_COLLECTIONS_PATH": str(place / "collections"),
        "ANSIBLE_CALLBACKS_ENABLED": "hipaa.cis.summary",
        "ANSIBLE_HOME": str(place / "ansible"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    galaxy = [program("ansible-galaxy"), "collection"]
    subprocess.run(
        [*galaxy, "build", "--output-path", str(place), str(ROOT)], cwd=place, env=environment, check=True, timeout=600
    )
    archive = next(place.glob("hipaa-cis-*.tar.gz"))
    subprocess.run([*galaxy, "install", "--offline", str(archive)], cwd=place, env=environment, check=True, timeout=600)
    return place, environment


def test_installed_collection_audits_without_the_checkout(installed, tmp_path):
    place, environment = installed
    options = json.dumps(pump.variables(tmp_path / "runs"))
    process = pump.play(
        ["hipaa.cis.audit", "-i", "localhost,", "-c", "local", "-vvv", "-e", options],
        {**environment, **pump.environment(tmp_path, SAFE)},
        cwd=tmp_path,
    )

    assert process.returncode == 0, process.stdout + process.stderr
    latest = tmp_path / "runs" / "latest"
    assert json.loads((latest / "summary.json").read_text())["totals"]["audited"] == 1
    assert (latest / "report.html").stat().st_size > 10_000
    # The table proper; the report task's result, which -vvv shows, holds the same words.
    assert sum(line.startswith("HIPAA technical safeguards") for line in process.stdout.splitlines()) == 1
    # Only the test's own platform is named below the checkout; no part of the collection comes from there.
    used = process.stdout.replace(str(PLATFORM), "")
    assert str(place / "collections") in used
    assert str(ROOT / "plugins") not in used
    assert str(ROOT / "roles") not in used
    assert str(ROOT / "ansible_collections") not in used


@pytest.mark.hosts
def test_installed_collection_audits_a_booted_host(installed, booted_host, write_inventory, tmp_path):
    _place, environment = installed
    options = json.dumps({"hipaa_cis_run_dir": str(tmp_path / "runs")})
    inventory = str(write_inventory([booted_host]))
    process = pump.play(["hipaa.cis.audit", "-i", inventory, "-e", options], environment, cwd=tmp_path)

    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout.count("HIPAA technical safeguards") == 1
    record = record_in(tmp_path / "runs" / "latest", booted_host.name)
    assert record["counts"]["pass"] > 50
    assert (tmp_path / "runs" / "latest" / "report.html").is_file()


def test_python_finds_the_installed_collection_only(installed, tmp_path):
    place, environment = installed
    script = """if True:
        from ansible.plugins.loader import init_plugin_loader
        init_plugin_loader()
        from ansible_collections.hipaa.cis.plugins.plugin_utils.catalog import load
        print(load.__file__)
    """
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    ).stdout

    assert said.startswith(str(place / "collections"))
