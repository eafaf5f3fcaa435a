"""Where nothing may be left out, a skipped test is a failure, however it was skipped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PASSES = "def test_it():\n    pass\n"
SKIPS = {
    "mark": "import pytest\n@pytest.mark.skip(reason='r')\ndef test_it():\n    pass\n",
    "call": "import pytest\ndef test_it():\n    pytest.skip('r')\n",
    "fixture": "import pytest\n@pytest.fixture\ndef f():\n    pytest.skip('r')\ndef test_it(f):\n    pass\n",
    "import": "import pytest\npytest.importorskip('no_such_module_here')\ndef test_it():\n    pass\n",
    "module": "import pytest\npytestmark = pytest.mark.skipif(True, reason='r')\ndef test_it():\n    pass\n",
}


@pytest.fixture
def run_pytest(tmp_path):
    """Return a function that runs these tests with the repository's conftest and gives (exit code, output)."""

    def run(require_all, *arguments, **files):
        (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
        (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = {ROOT}\n")
        for name, text in files.items():
            (tmp_path / f"test_{name}.py").write_text(text)
        # Without folders of its own it clears away those of earlier runs when it ends, which may take minutes.
        own = f"--basetemp={tmp_path / 'own'}"
        process = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", own, *arguments],
            cwd=tmp_path,
            env={**os.environ, "HIPAA_CIS_REQUIRE_ALL": require_all},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return process.returncode, process.stdout

    return run


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_skips_of_every_kind_are_named_and_fail_where_all_is_required_and_only_there(run_pytest, workers):
    if workers:
        pytest.importorskip("xdist")
    files = {"passing": PASSES, **SKIPS}

    code, said = run_pytest("1", *workers, **files)
    assert code == pytest.ExitCode.TESTS_FAILED, said
    named = said.partition("1 passed, 5 skipped")[0].partition("left out")[2]
    assert [name for name in files if f"test_{name}" in named] == list(SKIPS), said
    assert "Every test must run here" in said

    assert run_pytest("", *workers, **files)[0] == pytest.ExitCode.OK


def test_without_a_skip_all_is_well(run_pytest):
    code, said = run_pytest("1", passing=PASSES)

    assert code == pytest.ExitCode.OK
    assert "No test was left out." in said
