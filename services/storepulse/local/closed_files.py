"""Files with mode 600, written atomically: a kill leaves the old or the new one."""

from __future__ import annotations

import os
from pathlib import Path


def write_closed(path: Path, text: str) -> None:
    """Replace a file with one of mode 600. Its folder must exist."""
    aside = path.with_name(f"{path.name}.{os.getpid()}.new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
