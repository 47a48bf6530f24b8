"""Packages of PyPI for a test that the suite's own would not go with, as a lock file pins them:
installed once a machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

CACHE = Path(__file__).parents[2] / ".storepulse" / "python"


def installed_wheels(lock: Path) -> Path:
    """A folder for PYTHONPATH with what the lock file names, for this interpreter."""
    name = sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:16]
    installed = CACHE / name
    if not installed.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        draft = Path(mkdtemp(dir=CACHE))
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check",
             "--require-hashes", "--no-deps", "--only-binary", ":all:",
             "--target", str(draft), "-r", str(lock)],
            check=True,
            timeout=300,
        )  # fmt: skip
        try:
            draft.rename(installed)
        except OSError:
            # Another test process was first.
            shutil.rmtree(draft)
    return installed
