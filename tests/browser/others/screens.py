"""A screen that nobody sees, for a browser that needs one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def screen(program: str) -> Iterator[str]:
    """The name of the display of an Xvfb of its own; the server picks a free one."""
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [program, "-displayfd", str(writer), "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
        pass_fds=[writer],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    try:
        with os.fdopen(reader) as said:
            number = said.readline().strip()
        assert number, f"{program} did not start"
        yield f":{number}"
    finally:
        process.terminate()
        process.wait(10)
