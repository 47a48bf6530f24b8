"""The chart of a simulation: well-formed, inside its frame, its names apart, in both schemes."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from storepulse.cli.experiment_chart import ChartLine, ChartPanel, svg_of

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*panels: ChartPanel) -> ET.Element:
    return ET.fromstring(svg_of(panels))  # noqa: S314 - it is our own


def lines(*ends: float, days: int = 28) -> list[ChartLine]:
    return [
        ChartLine(f"way {place}", [end * day / days for day in range(1, days + 1)])
        for place, end in enumerate(ends)
    ]


@pytest.mark.parametrize("days", [1, 2, 7, 28, 365])
@pytest.mark.parametrize("ends", [(0, 0, 0), (0.01, 0.012, 0.013), (1, 1, 1), (0.23, 0.05, 0.01)])
def test_everything_lies_inside(days: int, ends: tuple[float, ...]) -> None:
    root = drawn(ChartPanel("A/A", lines(*ends, days=days), (0.05, "5 %")))
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for line in root.iter(f"{SVG}polyline"):
        for point in line.get("points", "").split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= width
            assert 0 <= y <= height
    for text in root.iter(f"{SVG}text"):
        assert 0 <= float(text.get("x", -1)) <= width
        assert 0 < float(text.get("y", -1)) <= height


def test_a_point_stands_at_its_share_of_the_axis() -> None:
    root = drawn(ChartPanel("A/B", [ChartLine("one", [0, 0.5, 1])]))
    (line,) = root.iter(f"{SVG}polyline")
    (_, low), (_, middle), (_, high) = (
        map(float, point.split(",")) for point in line.get("points", "").split()
    )
    assert middle == pytest.approx((low + high) / 2)
    ticks = [t.text for t in root.iter(f"{SVG}text") if t.text and t.text.endswith(" %")]
    assert ticks == ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]


@pytest.mark.parametrize("ends", [(0.5, 0.5, 0.5), (0, 0, 0), (1, 0.99, 0.98), (0.02, 0.01, 0.0)])
def test_names_never_cover_each_other(ends: tuple[float, ...]) -> None:
    root = drawn(ChartPanel("A/B", lines(*ends)))
    heights = sorted(
        float(t.get("y", 0)) for t in root.iter(f"{SVG}text") if "name" in t.get("class", "")
    )
    assert all(below - above >= 14.9 for above, below in pairwise(heights))


def test_both_schemes_have_every_colour_and_titles_are_text() -> None:
    text = svg_of([ChartPanel('<"A" & B>', lines(0.1, 0.2, 0.3))])
    light, dark = text.split("@media (prefers-color-scheme: dark)")
    for name in ("paper", "title", "text", "grid", "mark", "colour0", "colour1", "colour2"):
        assert f"--{name}:" in light
        assert f"--{name}:" in dark.partition("}\n}")[0]
    root = ET.fromstring(text)  # noqa: S314 - it is our own
    assert root.get("aria-label") == '<"A" & B>'
