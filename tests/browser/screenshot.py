"""Make a picture of a run's report: ``python -m tests.browser.screenshot RUN_DIRECTORY docs/images/report.png``.

The picture shows the report's top as on a desk; ``--phone``, ``--dark``, ``--print`` and ``--at FRAGMENT`` show others.
"""

from __future__ import annotations

import argparse
import base64
from pathlib import Path

from tests.browser.chromium import DESKTOP, PHONE, chromium, load, media, resize


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("run", type=Path, help="a run directory, or an HTML report")
    parser.add_argument("picture", type=Path, help="the PNG file to write")
    parser.add_argument("--phone", action="store_true", help="as on a phone")
    parser.add_argument("--dark", action="store_true", help="in the dark scheme")
    parser.add_argument("--print", action="store_true", dest="paper", help="as on paper")
    parser.add_argument("--at", default="", metavar="FRAGMENT", help='a part of the report, for example "#hosts"')
    parser.add_argument("--height", type=int, default=1500, help="height of the picture in CSS pixels")
    parser.add_argument("--scale", type=float, default=1.5, help="pixels of the picture for one CSS pixel")
    return parser.parse_args()


def main() -> None:
    """Take the picture."""
    chosen = _arguments()
    report = chosen.run / "report.html" if chosen.run.is_dir() else chosen.run
    width = PHONE[0] if chosen.phone else DESKTOP[0]
    with chromium() as driver:
        resize(driver, (width, chosen.height), chosen.scale)
        media(driver, "print" if chosen.paper else "", "dark" if chosen.dark else "light")
        load(driver, report, chosen.at)
        taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    chosen.picture.parent.mkdir(parents=True, exist_ok=True)
    chosen.picture.write_bytes(base64.b64decode(taken["data"]))
    print(f"wrote {chosen.picture}")


if __name__ == "__main__":
    main()
