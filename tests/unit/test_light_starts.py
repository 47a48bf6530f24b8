"""What needs no data frames starts without them: they take half a second and 80 MiB."""

from __future__ import annotations

import subprocess
import sys

import pytest

#: Loaded where they are used, which agents and delivery do at once.
HEAVY = ("polars", "numpy", "scipy.special", "aiohttp", "faust", "rich", "pygments")


@pytest.mark.parametrize(
    ("module", "loaded"),
    # Results of experiments are computed with numpy.
    [("gateway.server", "[]"), ("query.app", "['numpy']"), ("cli.deliveries", "[]")],
)
def test_it_loads_nothing_heavy(module: str, loaded: str) -> None:
    program = f"import sys, storepulse.{module}; print([n for n in {HEAVY} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout.strip(), done.stderr) == (loaded, "")
