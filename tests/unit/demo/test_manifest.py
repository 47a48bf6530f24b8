"""Which start a run has: midnight, or that of the run which it repeats."""

from __future__ import annotations

from pathlib import Path

import pytest

from storepulse.demo import manifest
from storepulse.demo.traffic import DAY

NOW = 1_795_240_800_000
MIDNIGHT = NOW - NOW % DAY


def written(path: Path, **changes: object) -> Path:
    manifest.write(path, {"seed": 7, "start": MIDNIGHT, "shops": ["a", "b"]} | changes)
    return path


def test_without_a_manifest_it_is_the_last_midnight(tmp_path: Path) -> None:
    assert manifest.start_of(tmp_path / "none.json", 7, 2, NOW) == MIDNIGHT
    assert manifest.start_of(tmp_path / "none.json", 7, 2, NOW + DAY) == MIDNIGHT + DAY


def test_a_repeat_after_midnight_keeps_the_start(tmp_path: Path) -> None:
    path = written(tmp_path / "run.json")
    assert manifest.start_of(path, 7, 2, NOW + DAY) == MIDNIGHT
    assert manifest.start_of(path, 8, 2, NOW + DAY) == MIDNIGHT + DAY
    assert manifest.start_of(path, 7, 3, NOW + DAY) == MIDNIGHT + DAY


def test_what_would_become_too_old_is_not_repeated(tmp_path: Path) -> None:
    path = written(tmp_path / "run.json")
    assert manifest.start_of(path, 7, 2, NOW + 7 * DAY) == MIDNIGHT + 7 * DAY


@pytest.mark.parametrize("text", ["", "{", "[]", '{"seed": 7}', '{"start": "x", "seed": 7}'])
def test_a_broken_manifest_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    assert manifest.start_of(tmp_path / "run.json", 7, 2, NOW) == MIDNIGHT


def test_events_lie_beside_the_manifest(tmp_path: Path) -> None:
    path = tmp_path / "new" / "run.json"
    with manifest.event_writer(path) as taken:
        taken([{"a": 1}, {"b": "ü"}])
        taken([])
        taken([{"c": 3}])
    assert manifest.events_file(path).read_text("utf-8") == '{"a":1}\n{"b":"ü"}\n{"c":3}\n'
