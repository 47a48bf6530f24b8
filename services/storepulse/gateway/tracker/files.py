"""Serve the files of the browser's tracker.

The files in the build's manifest are read once, at startup. A request's path is a name in a table
and never touches the disk. A file with a hash in its name never changes; `tracker.js` and names
without a hash are cached briefly, so that new versions spread. Pages of every origin may load them,
as scripts and as modules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from storepulse.adapters.http.errors import Header, RequestRefused
from storepulse.adapters.http.static_files import KEPT_FOR_GOOD, FileAnswer, StaticFile
from storepulse.adapters.logging import logger

#: The script that pages load, and the other files.
TRACKER = "/tracker.js"
TRACKER_FILE = "/tracker/{file}"
BUILT = Path(__file__).parent / "built"
_KEPT_SHORTLY = b"public, max-age=3600, stale-while-revalidate=86400"
_SCRIPT, _MAP = b"text/javascript; charset=utf-8", b"application/json; charset=utf-8"
_OF_EVERY_FILE: tuple[Header, ...] = (
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)


@dataclass(frozen=True)
class TrackerFiles:
    """The script of `/tracker.js`, and the files below `/tracker/` by name."""

    script: StaticFile | None = None
    files: Mapping[str, StaticFile] = field(default_factory=dict)

    def answer(self, route: str, name: str, headers: Mapping[bytes, bytes]) -> FileAnswer:
        """The answer at one of the two routes; `name` is the path's last segment.

        Raises RequestRefused 404.
        """
        if self.script is None:
            message = (
                "The tracker was not built with this gateway: bash deploy/browser.sh builds it"
            )
            raise RequestRefused(404, message, "NOT_BUILT")
        found = self.script if route == TRACKER else self.files.get(name)
        if found is None:
            raise RequestRefused(404, "The tracker has no such file", "NOT_FOUND")
        return found.answer(
            headers.get(b"accept-encoding", b"").decode("latin-1"),
            headers.get(b"if-none-match", b"").decode("latin-1"),
        )


def read_tracker(folder: Path = BUILT) -> TrackerFiles:
    """Read the built tracker. If it was not built or lacks a file, log that and return no files."""
    try:
        manifest: dict[str, dict[str, Any]] = msgspec.json.decode(
            (folder / "manifest.json").read_bytes(), type=dict[str, dict[str, Any]]
        )
        files = dict(_named_files(folder, {name: made["file"] for name, made in manifest.items()}))
        script = _read(folder / manifest["tracker"]["file"], kept=_KEPT_SHORTLY, below="tracker/")
    except (OSError, KeyError, msgspec.DecodeError) as fault:
        logger().warning(
            "tracker_not_built", fault=type(fault).__name__, build="bash deploy/browser.sh"
        )
        return TrackerFiles()
    return TrackerFiles(script, files)


def _named_files(folder: Path, built: Mapping[str, str]) -> Iterator[tuple[str, StaticFile]]:
    """Each built file under its own name, with its map, and under its module's name."""
    for module, file in built.items():
        plain = f"{module}.js"
        yield plain, _read(folder / file, kept=_KEPT_SHORTLY)
        if file != plain:
            yield file, _read(folder / file, kept=KEPT_FOR_GOOD)
        kept = _KEPT_SHORTLY if file == plain else KEPT_FOR_GOOD
        yield f"{file}.map", _read(folder / f"{file}.map", kept=kept, content_type=_MAP)


def _read(path: Path, *, kept: bytes, content_type: bytes = _SCRIPT, below: str = "") -> StaticFile:
    """Read a file with its compressed forms. Raises OSError.

    `below`: the folder of its source map, relative to its address.
    """
    # Relative, because a shop may serve the tracker below a path of its own.
    source_map = (
        () if content_type == _MAP else ((b"sourcemap", f"{below}{path.name}.map".encode()),)
    )
    return StaticFile.read(
        path,
        content_type=content_type,
        cache_control=kept,
        headers=_OF_EVERY_FILE,
        more=source_map,
    )
