"""Packages of npm for a test, as a lock file pins them: installed once a machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

import pytest

from storepulse.local.java import install

CACHE = Path(__file__).parents[2] / ".storepulse" / "node"
FILES = ("package.json", "package-lock.json")


def installed_packages(project: Path) -> Path:
    """A folder whose `node_modules` holds what the project's lock file names.

    Where npm itself is missing it is installed, if that may be done here.
    """
    if shutil.which("npm") is None and not install(("npm",), os.environ, print):
        pytest.fail("npm is missing; install it with: sudo apt-get install -y nodejs npm")
    lock = (project / "package-lock.json").read_bytes()
    installed = CACHE / sha256(lock).hexdigest()[:16]
    if not installed.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        draft = Path(mkdtemp(dir=CACHE))
        for name in FILES:
            shutil.copy(project / name, draft)
        subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=draft,
            check=True,
            timeout=300,
        )
        try:
            draft.rename(installed)
        except OSError:
            # Another test process was first.
            shutil.rmtree(draft)
    return installed
