"""The virtual environment of the comparison libraries, made from requirements-bench.lock when it is
first needed. They are no dependencies of the product, and where they cannot be installed their
cases are skipped."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from bench.programs import ROOT

LOCK = ROOT / "requirements-bench.lock"
FOLDER = ROOT / ".venv" / "bench"
INSTALL_SECONDS = 300


def interpreter() -> Path:
    """Its Python. Raises OSError or subprocess.SubprocessError where it cannot be made."""
    python = FOLDER / "bin" / "python"
    stamp = FOLDER / ".installed"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    print("  installing the comparison libraries", flush=True)
    _run(sys.executable, "-m", "venv", "--clear", str(FOLDER))
    uv = Path(sys.executable).with_name("uv")
    install = (
        [str(uv), "pip", "install", "--python", str(python)]
        if uv.exists()
        else [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
    )
    _run(*install, "-q", "--require-hashes", "-r", str(LOCK))
    stamp.write_text(wanted)
    return python


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)
