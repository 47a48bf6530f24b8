"""A page that knows its tests draws what the gateway draws."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.browser.react.shop import HERE, TRACKER, bundle, run
from tests.unit.domain.experiments.assignment_vectors import vectors


def test_the_vectors_of_others(tmp_path: Path) -> None:
    shutil.copytree(TRACKER / "src", tmp_path / "src")
    (tmp_path / "src" / "react" / "program").mkdir()
    shutil.copy(HERE / "app" / "drawing.ts", tmp_path / "src" / "react" / "program")
    program = bundle(tmp_path, "src/react/program/drawing.ts", "--platform=node")
    drawn = json.loads(run("node", program, cwd=tmp_path, text=json.dumps(vectors())))
    for vector, assignment in zip(vectors(), drawn, strict=True):
        expected, phase = vector["expect"], vector["input"]["phase"]
        if expected["included"]:
            assert assignment["variant"] == f"v{expected['variant_index']}"
            assert assignment["phase"] == phase
        else:
            assert assignment == {"variant": "v0", "isControl": True, "phase": None}
