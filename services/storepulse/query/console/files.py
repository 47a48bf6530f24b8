"""The console's build: the page served at each of its addresses, and the page's files.

Rules: everything is read once, at the first request. A request's path is looked up in a table and
never touches the disk. Files in `assets/` have a hash in their name and never change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from storepulse.adapters.http.static_files import KEPT_FOR_GOOD, StaticFile

BUILT = Path(__file__).with_name("built")
PAGE = "index.html"
ASSETS = "assets/"
#: The placeholder of the answer's nonce in the page.
NONCE_PLACE = "__NONCE__"
_ASKED_EACH_TIME = b"no-cache"
_OF_EVERY_FILE = ((b"cross-origin-resource-policy", b"same-origin"),)
#: By suffix: the content type, and whether the format is compressed already.
_KINDS: Mapping[str, tuple[bytes, bool]] = {
    ".css": (b"text/css; charset=utf-8", False),
    ".ico": (b"image/x-icon", False),
    ".js": (b"text/javascript; charset=utf-8", False),
    ".json": (b"application/json; charset=utf-8", False),
    ".map": (b"application/json; charset=utf-8", False),
    ".png": (b"image/png", True),
    ".svg": (b"image/svg+xml", False),
    ".txt": (b"text/plain; charset=utf-8", False),
    ".webp": (b"image/webp", True),
    ".woff2": (b"font/woff2", True),
}


@dataclass(frozen=True, slots=True)
class ConsoleBuild:
    """The build: the page, into which each answer puts a nonce, and files by name."""

    page: str
    files: Mapping[str, StaticFile]

    def page_with(self, nonce: str) -> str:
        """The page for one answer."""
        return self.page.replace(NONCE_PLACE, nonce)


class ConsoleFiles:
    """The build in a folder, read when it exists."""

    def __init__(self, folder: Path = BUILT) -> None:
        self._folder = folder
        self._build: ConsoleBuild | None = None

    async def build(self) -> ConsoleBuild | None:
        """The build; None if there is none yet."""
        if self._build is None:
            # Compressing takes a moment; do not block the event loop.
            self._build = await asyncio.to_thread(read_build, self._folder)
        return self._build


def read_build(folder: Path) -> ConsoleBuild | None:
    """The build in a folder; None if it has no page."""
    try:
        page = (folder / PAGE).read_text("utf-8")
    except OSError:
        return None
    files = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        kind = _KINDS.get(path.suffix)
        if kind is None or name == PAGE or not path.is_file():
            continue
        content_type, is_packed = kind
        files[name] = StaticFile.read(
            path,
            content_type=content_type,
            cache_control=KEPT_FOR_GOOD if name.startswith(ASSETS) else _ASKED_EACH_TIME,
            headers=_OF_EVERY_FILE,
            is_packed=is_packed,
        )
    return ConsoleBuild(page, files)
