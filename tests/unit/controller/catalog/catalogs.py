"""Helpers of tests that make catalogs of their own."""

from __future__ import annotations

from pathlib import Path

SECOND_PLATFORM = Path(__file__).parents[3] / "second_platform" / "catalog"
RULES = SECOND_PLATFORM / "rules" / "infusion_pump.yml"


def changed(folder: Path, file: str, old: str, new: str) -> Path:
    """Return a copy of the second platform's catalog with one text replaced in one file."""
    for path in SECOND_PLATFORM.rglob("*.yml"):
        target = folder / path.relative_to(SECOND_PLATFORM)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        if str(path.relative_to(SECOND_PLATFORM)) == file:
            assert old in text
            text = text.replace(old, new, 1)
        target.write_text(text, encoding="utf-8")
    return folder
