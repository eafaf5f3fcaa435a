# Copyright (c) 2026 The hipaa.cis authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts of failures over the last runs, as SVG that stands by itself.

Colours and fonts are attributes, and the chart has a ground of its own: so it looks the same in a light and a dark page, on paper, and in
programs that give SVG none of the page's style (it would come out black). What it shows stands beside it as figures too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

WIDTH, HEIGHT = 260, 84
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 12, 68
GROUND, INK, SOFT, GRID, LINE = "#ffffff", "#1a2230", "#4a5464", "#d6dbe3", "#8f1713"
FONT = f'font-family="sans-serif" font-size="10" fill="{SOFT}"'
Document = Mapping[str, Any]


@dataclass(frozen=True)
class Trend:
    """The trend of one safeguard: its chart, and its figures, the oldest first."""

    cite: str
    chart: Markup
    figures: list[int]

    @property
    def change(self) -> str:
        """The difference of the last figure to the first, in words."""
        difference = self.figures[-1] - self.figures[0]
        return f"{abs(difference):,} {'more' if difference > 0 else 'fewer'}" if difference else "as many"


def trends(history: Document, names: Mapping[str, str]) -> Iterator[Trend]:
    """Yield the trend of each safeguard that ever failed at one of the points. ``names``: those of the framework, in its order."""
    days = [point["finished_at"][:10] for point in history["points"]]
    for number, cite in enumerate(names, 1):
        figures = list(history["safeguards"].get(cite, ()))
        if len(figures) > 1 and any(figures):
            yield Trend(cite, chart(f"trend-{number}", cite, days, figures), figures)


def chart(anchor: str, what: str, days: Sequence[str], figures: Sequence[int]) -> Markup:
    """Return a line of figures, one for each run. ``anchor``: an id that the page has only once."""
    top = max(1, *figures)
    step = (WIDTH - LEFT - RIGHT) / (len(figures) - 1)
    places = [
        (round(LEFT + step * number, 1), round(BOTTOM - (BOTTOM - TOP) * figure / top, 1))
        for number, figure in enumerate(figures)
    ]
    line = " ".join(f"{x},{y}" for x, y in places)
    told = "; ".join(f"{day}: {figure:,}" for day, figure in zip(days, figures, strict=True))
    marks = "".join(f'<circle cx="{x}" cy="{y}" r="2.5" fill="{LINE}"/>' for x, y in places)
    # All that varies is numbers of ours, but for what is escaped.
    return Markup(  # noqa: S704
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{anchor}-t {anchor}-d" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<title id="{anchor}-t">Failing findings of {escape(what)} over the last {len(figures)} runs</title>'
        f'<desc id="{anchor}-d">{escape(told)}</desc>'
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="3" fill="{GROUND}" stroke="{GRID}"/>'
        f'<path d="M{LEFT} {TOP}H{WIDTH - RIGHT}M{LEFT} {BOTTOM}H{WIDTH - RIGHT}" stroke="{GRID}" fill="none"/>'
        f'<text x="{LEFT - 6}" y="{TOP + 3}" text-anchor="end" {FONT}>{top:,}</text>'
        f'<text x="{LEFT - 6}" y="{BOTTOM + 3}" text-anchor="end" {FONT}>0</text>'
        f'<text x="{LEFT}" y="{HEIGHT - 4}" {FONT}>{escape(days[0])}</text>'
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end" {FONT}>{escape(days[-1])}</text>'
        f'<polyline points="{line}" fill="none" stroke="{LINE}" stroke-width="2" stroke-linejoin="round"/>{marks}'
        f'<text x="{places[-1][0] - 4}" y="{max(places[-1][1] - 5, 10)}" text-anchor="end" font-family="sans-serif" font-size="11" '
        f'font-weight="bold" fill="{INK}">{figures[-1]:,}</text></svg>'
    )
