"""The demo's summary on a terminal of 80 columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from storepulse.cli import demo
from storepulse.demo.tally import COLUMNS


def document(events: int) -> dict[str, Any]:
    counts = dict.fromkeys(COLUMNS, 999) | dict.fromkeys(("sent", "accepted", "fresh"), events)
    return {
        "seed": 7, "at": "2026-11-30T00:00:00.000Z", "complaints": [], "requests": events,
        "seconds": 1.0, "retries": 0, "totals": counts,
        "streams": {"activity": {**counts, "types": {"remove_from_cart": counts}}},
        "stores": {"one": {**counts, "domain": "demo-rowan.myshopify.com"}},
    }  # fmt: skip


@pytest.mark.parametrize(("events", "fits"), [(10_423, True), (12_345_678, False)])
def test_no_figure_is_cut(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    events: int,
    fits: bool,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    demo.show(document(events), Path("manifest.json"))
    lines = capsys.readouterr().out.splitlines()
    (total,) = (line for line in lines if line.lstrip().startswith("total"))
    assert total.split()[1:] == [f"{events:,}"] * 3 + ["999"] * (len(COLUMNS) - 3)
    assert (len(total.rstrip()) <= 80) is fits
