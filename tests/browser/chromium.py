"""The system's chromium, headless, driven through the system's chromedriver."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.chrome.webdriver import WebDriver

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
)
DESKTOP = (1280, 900)
PHONE = (360, 740)


def _options(profile: str, *, scripts: bool) -> Options:
    options = Options()
    options.binary_location = shutil.which("chromium") or "chromium"
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    if not scripts:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    return options


@contextlib.contextmanager
def chromium(*, scripts: bool = True) -> Iterator[WebDriver]:
    """A browser with a profile of its own, which is gone afterwards; ``scripts``: whether pages may run any."""
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        service = Service(shutil.which("chromedriver") or "chromedriver")
        driver = webdriver.Chrome(options=_options(profile, scripts=scripts), service=service)
        try:
            yield driver
        finally:
            driver.quit()


def resize(driver: WebDriver, size: tuple[int, int], scale: float = 1) -> None:
    """Give the page a viewport of this size in CSS pixels (a window cannot be as narrow as a phone)."""
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": scale, "mobile": size[0] < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def media(driver: WebDriver, kind: str = "", scheme: str = "light") -> None:
    """Show the page as on ``kind`` ("print", or "" for the screen) in a light or dark scheme."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": kind, "features": features})


def load(driver: WebDriver, page: Path, fragment: str = "") -> None:
    """Open a file; a page that is open already is loaded anew, not just scrolled."""
    driver.get("about:blank")
    driver.get(page.resolve().as_uri() + fragment)


def requested(driver: WebDriver) -> list[str]:
    """The addresses that pages asked for since the last call, without what their policy stopped."""
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    sent = [message["params"] for message in messages if message["method"] == "Network.requestWillBeSent"]
    failed = [message["params"] for message in messages if message["method"] == "Network.loadingFailed"]
    stopped = {params["requestId"] for params in failed if params.get("blockedReason") == "csp"}
    addresses = [params["request"]["url"] for params in sent if params["requestId"] not in stopped]
    return [address for address in addresses if address != "about:blank"]


def complaints(driver: WebDriver) -> list[Any]:
    """What the browser's console says: errors of scripts, violations of the page's policy."""
    return list(driver.get_log("browser"))
