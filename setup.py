"""What pyproject.toml cannot say: a wheel holds the browser's tracker, which Node builds first.

Where the tracker's sources are and no newer build is, `deploy/tracker.sh` is run. What is made of
a source distribution has no such sources, and takes the build that lies in it.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).parent
SOURCES = ROOT / "services" / "tracker"
MANIFEST = ROOT / "services" / "storepulse" / "gateway" / "tracker" / "built" / "manifest.json"
HOW = "the tracker is not built: install Node 20 or newer with npm, and run bash deploy/tracker.sh"


def ensure_tracker() -> None:
    """Builds the tracker where its sources are newer. Ends the process where it cannot."""
    own = (file for file in SOURCES.rglob("*") if "node_modules" not in file.parts)
    newest = max((file.stat().st_mtime for file in own if file.is_file()), default=0.0)
    if MANIFEST.is_file() and MANIFEST.stat().st_mtime >= newest:
        return
    script = ROOT / "deploy" / "tracker.sh"
    if not script.is_file():
        raise SystemExit(HOW)
    try:
        done = subprocess.run(["bash", str(script)], check=False)
    except OSError:
        raise SystemExit(HOW) from None
    if done.returncode != 0 or not MANIFEST.is_file():
        raise SystemExit(HOW)


class BuildWithTracker(build_py):
    """Copies the package into a wheel, with the tracker. What is installed in place is built by
    `make`."""

    def run(self) -> None:
        if not self.editable_mode:
            ensure_tracker()
        super().run()


class DistributeWithTracker(sdist):
    """Packs a source distribution that needs no Node."""

    def run(self) -> None:
        ensure_tracker()
        super().run()


setup(cmdclass={"build_py": BuildWithTracker, "sdist": DistributeWithTracker})
