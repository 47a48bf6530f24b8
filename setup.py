"""What pyproject.toml cannot say: a wheel holds what runs in browsers, which Node builds first.

Where sources are and no newer build is, `deploy/browser.sh` is run. What is made of a source
distribution has no such sources, and takes the builds that lie in it.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).parent
TRACKER = ROOT / "services" / "tracker"
SHOP = ROOT / "services" / "shop"
CONSOLE = ROOT / "services" / "console"
PACKAGE = ROOT / "services" / "storepulse"
#: Of what is built, the last file that is written, and the folders it is built from.
PARTS = {
    "tracker": (PACKAGE / "tracking" / "built" / "tag_manager.js", TRACKER),
    "shop": (PACKAGE / "query" / "demo_shop" / "built" / "index.html", SHOP, TRACKER),
    "console": (PACKAGE / "query" / "console" / "built" / "index.html", CONSOLE),
}
HOW = "the {part} is not built: install Node 20 or newer with npm, and run bash deploy/browser.sh"


def ensure_built() -> None:
    """Builds each part whose sources are newer. Ends the process where it cannot."""
    for part, (result, *sources) in PARTS.items():
        if _is_new(result, *sources):
            continue
        _build(part)
        if not result.is_file():
            raise SystemExit(HOW.format(part=part))


def _is_new(result: Path, *sources: Path) -> bool:
    files = (file for folder in sources for file in folder.rglob("*"))
    own = (file for file in files if "node_modules" not in file.parts and file.is_file())
    newest = max((file.stat().st_mtime for file in own), default=0.0)
    return result.is_file() and result.stat().st_mtime >= newest


def _build(part: str) -> None:
    script = ROOT / "deploy" / "browser.sh"
    if not script.is_file():
        raise SystemExit(HOW.format(part=part))
    try:
        done = subprocess.run(["bash", str(script), part], check=False)
    except OSError:
        raise SystemExit(HOW.format(part=part)) from None
    if done.returncode != 0:
        raise SystemExit(HOW.format(part=part))


class BuildWithScripts(build_py):
    """Copies the package into a wheel, with what runs in browsers. What is installed in place is
    built by `make`."""

    def run(self) -> None:
        if not self.editable_mode:
            ensure_built()
        super().run()


class DistributeWithScripts(sdist):
    """Packs a source distribution that needs no Node."""

    def run(self) -> None:
        ensure_built()
        super().run()


setup(cmdclass={"build_py": BuildWithScripts, "sdist": DistributeWithScripts})
