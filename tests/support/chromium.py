"""A headless Chromium that shows one page, and what serves that page."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from storepulse.local.java import install

#: As people's browsers say it; that of a headless one names a robot.
AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str:
    """The program; installed where that may be done here."""
    for _ in range(2):
        for name in _NAMES:
            if (found := shutil.which(name)) is not None:
                return found
        if not install(("chromium",), os.environ, print):
            break
    pytest.fail("Chromium is missing; install it with: sudo apt-get install -y chromium")


@contextmanager
def shown(url: str, folder: Path) -> Iterator[None]:
    """A page is open while the block runs. `folder` holds the browser's profile and log."""
    with (folder / "chromium.log").open("wb") as log:
        process = subprocess.Popen(
            [find_chromium(), "--headless=new", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
             f"--user-agent={AGENT}", f"--user-data-dir={folder / 'profile'}", url],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield
        finally:
            # Its children end with it.
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
