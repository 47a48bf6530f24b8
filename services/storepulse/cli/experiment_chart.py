"""The chart of a simulation, as an SVG file: the share of runs that named a winner by each day.

There is one panel for each effect and one line for each way of deciding. Colours follow the
reader's light or dark scheme. Each line is labelled at its end, so that colour alone carries no
meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

_WIDTH, _HEIGHT = 460, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 104, 54, 44
#: Minimum distance between the lines' names.
_LINE_HEIGHT = 15
_STYLE = """
svg { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; }
svg { --paper: #ffffff; --title: #1c2128; --text: #57606a; --grid: #d8dee4; --mark: #8c959f; }
svg { --colour0: #bc4c00; --colour1: #6e7781; --colour2: #0969da; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #0d1117; --title: #e6edf3; --text: #9198a1; --grid: #2d333b; --mark: #768390; }
  svg { --colour0: #f0883e; --colour1: #9198a1; --colour2: #58a6ff; }
}
.paper { fill: var(--paper); } .text { fill: var(--text); } .grid { stroke: var(--grid); }
.title { fill: var(--title); font-size: 14px; font-weight: 600; }
.mark { stroke: var(--mark); stroke-dasharray: 4 4; } .name { font-weight: 600; }
.line { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round; }
.line0 { stroke: var(--colour0); } .name0 { fill: var(--colour0); }
.line1 { stroke: var(--colour1); stroke-dasharray: 1 5; } .name1 { fill: var(--colour1); }
.line2 { stroke: var(--colour2); } .name2 { fill: var(--colour2); }
"""


@dataclass(frozen=True)
class ChartLine:
    """One way of deciding: the share of runs, 0 to 1, for each day from the first on."""

    name: str
    shares: Sequence[float]


@dataclass(frozen=True)
class ChartPanel:
    """The lines of one effect. `mark` is a share with a label, drawn as a dashed line."""

    title: str
    lines: Sequence[ChartLine]
    mark: tuple[float, str] | None = None


def svg_of(panels: Sequence[ChartPanel]) -> str:
    """The file's text."""
    width = _WIDTH * len(panels)
    size = f'viewBox="0 0 {width} {_HEIGHT}" width="{width}" height="{_HEIGHT}"'
    titles = quoteattr("; ".join(panel.title for panel in panels))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label={titles}>',
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{width}" height="{_HEIGHT}" rx="8"/>',
    ]
    for place, panel in enumerate(panels):
        parts.append(f'<g transform="translate({place * _WIDTH} 0)">')
        parts += _panel(panel)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: ChartPanel) -> Iterator[str]:
    days = max(len(line.shares) for line in panel.lines)
    greatest = max((share for line in panel.lines for share in line.shares), default=0)
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25) if greatest / step <= 5)
    ceiling = max(step * -(-greatest // step), step)
    yield f'<text class="title" x="{_LEFT}" y="26">{escape(panel.title)}</text>'
    yield f'<text class="text" x="{_LEFT}" y="43">share of runs that have named a winner</text>'
    for number in range(round(ceiling / step) + 1):
        y = _height(number * step, ceiling)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
        yield (
            f'<text class="text" x="{_LEFT - 7}" y="{y + 4}" text-anchor="end">'
            f"{number * step * 100:.0f} %</text>"
        )
    for day in _ticks(days):
        yield (
            f'<text class="text" x="{_place_of_day(day, days)}" y="{_HEIGHT - _BOTTOM + 19}"'
            f' text-anchor="middle">{day}</text>'
        )
    middle = _place_of_day((days + 1) / 2, days)
    yield f'<text class="text" x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle">day</text>'
    if panel.mark is not None and panel.mark[0] <= ceiling:
        y = _height(panel.mark[0], ceiling)
        yield f'<line class="mark" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
        yield (
            f'<text class="text" x="{_WIDTH - _RIGHT - 4}" y="{round(y + 14, 1)}"'
            f' text-anchor="end">{escape(panel.mark[1])}</text>'
        )
    for place, line in enumerate(panel.lines):
        points = " ".join(
            f"{_place_of_day(day, days)},{_height(share, ceiling)}"
            for day, share in enumerate(line.shares, 1)
        )
        yield f'<polyline class="line line{place % 3}" points="{points}"/>'
    ends = [_height(line.shares[-1], ceiling) for line in panel.lines]
    for place, (line, y) in enumerate(zip(panel.lines, _spread_names(ends), strict=True)):
        yield (
            f'<text class="name name{place % 3}" x="{_WIDTH - _RIGHT + 7}" y="{round(y + 4, 1)}">'
            f"{escape(line.name)}</text>"
        )


def _place_of_day(day: float, days: int) -> float:
    inner = _WIDTH - _LEFT - _RIGHT
    return round(_LEFT + inner * (day - 1) / max(days - 1, 1), 1)


def _height(share: float, ceiling: float) -> float:
    inner = _HEIGHT - _TOP - _BOTTOM
    return round(_TOP + inner * (1 - share / ceiling), 1)


def _ticks(days: int) -> Iterable[int]:
    """The first day and every week, or every few weeks."""
    weeks = max(1, round(days / 7 / 4))
    return sorted({1, *range(7 * weeks, days + 1, 7 * weeks)}) if days >= 7 else range(1, days + 1)


def _spread_names(heights: Sequence[float]) -> list[float]:
    """The heights, moved down where two names would overlap."""
    placed = list(heights)
    lowest = float("-inf")
    for place in sorted(range(len(placed)), key=lambda place: placed[place]):
        placed[place] = lowest = max(placed[place], lowest + _LINE_HEIGHT)
    floor = _HEIGHT - _BOTTOM
    overflow = max(placed) - floor
    return [height - overflow if overflow > 0 and height > floor - 4 * _LINE_HEIGHT else height
            for height in placed]  # fmt: skip
