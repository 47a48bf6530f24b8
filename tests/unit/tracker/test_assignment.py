"""The browser draws the variants that the gateway draws."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.support.node_packages import installed_packages
from tests.unit.domain.experiments.assignment_vectors import vectors

from storepulse.domain.experiments import assignment
from storepulse.domain.experiments.definition import ExclusiveGroup

TRACKER = Path(__file__).parents[3] / "services" / "tracker"
PROGRAM = Path(__file__).with_name("run_vectors.mjs")
#: Among them halves of surrogate pairs, alone, in a row, and in the wrong order.
LETTERS = "aZ0-_:%\t\u00eb\u0308\u0141\u2713\uffff\ud83d\ude00\ud800\udfff\U0001f600\U0010ffff"


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the module as browsers get it; its types are checked too."""
    folder = tmp_path_factory.mktemp("tracker")
    (folder / "node_modules").symlink_to(installed_packages(TRACKER) / "node_modules")
    for name in ("package.json", "tsconfig.json"):
        shutil.copy(TRACKER / name, folder)
    shutil.copytree(TRACKER / "src", folder / "src")
    run(
        folder / "node_modules" / ".bin" / "tsc",
        "--noEmit",
        "false",
        "--outDir",
        "built",
        cwd=folder,
    )
    shutil.copy(PROGRAM, folder / "built")
    (folder / "built" / "package.json").write_text('{"type": "module"}')
    return folder / "built"


def drawn_by_node(folder: Path, cases: list[dict[str, Any]]) -> dict[str, Any]:
    (folder / "cases.json").write_text(json.dumps(cases))
    found: dict[str, Any] = json.loads(run("node", PROGRAM.name, "cases.json", cwd=folder))
    return found


def test_the_vectors_of_others(built: Path) -> None:
    found = drawn_by_node(built, vectors())
    assert found["drawn"] == [case["expect"] for case in vectors()]
    assert found["units"] == ["v:a", "s:b", "s:b"]


def test_ids_of_any_text(built: Path) -> None:
    rng = random.Random(7)
    cases = [
        {
            "input": {
                "test_id": "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506",
                "phase": rng.randint(1, 12),
                "unit": "v:" + "".join(rng.choices(LETTERS, k=rng.randint(0, 40))),
                "weights_bp": rng.choice(([5_000, 5_000], [1, 9_999], [0, 0, 10_000])),
                "traffic_bp": rng.randint(0, 10_000),
                "group_id": "g",
                "group_from": rng.randint(0, 5_000),
                "group_to": rng.randint(5_000, 10_000),
            }
        }
        for _ in range(2_000)
    ]
    for case in cases[:200]:
        _put_bounds_at_buckets(case["input"])
    for case, drawn in zip(cases, drawn_by_node(built, cases)["drawn"], strict=True):
        said = case["input"]
        test_id, phase, unit = said["test_id"], said["phase"], said["unit"]
        group = ExclusiveGroup(said["group_id"], said["group_from"], said["group_to"])
        bounds = assignment.bounds_of(said["weights_bp"])
        text = f"var:{test_id}:{phase}:{unit}"
        assert drawn["variant_hash"] == assignment.hash_of(text), ascii(unit)
        assert drawn["included"] is assignment.is_included(test_id, said["traffic_bp"], unit)
        assert drawn["variant_index"] == assignment.variant_index(test_id, phase, bounds, unit)
        assert drawn["in_group"] is assignment.is_in_group(group, unit)


def _put_bounds_at_buckets(said: dict[str, Any]) -> None:
    """Where a draw and a bound are equal, a wrong comparison shows."""
    test_id, unit = said["test_id"], said["unit"]
    variant = assignment.bucket_of(f"var:{test_id}:{said['phase']}:{unit}")
    said["weights_bp"] = [variant, 10_000 - variant]
    said["traffic_bp"] = assignment.bucket_of(f"in:{test_id}:{unit}")
    group = assignment.bucket_of(f"grp:{said['group_id']}:{unit}")
    said["group_from"], said["group_to"] = (group, group + 1) if variant % 2 else (0, group)
