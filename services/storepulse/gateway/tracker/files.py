"""The files of the browser's tracker, as they are served.

Rules: what there is stands in the build's manifest and is read once, at the start. A request's path
is a name in a table and never touches the disk. A file whose name holds its hash never changes;
`tracker.js` and names without a hash may be kept for a moment, so that a new version gets around.
Pages of every origin may load them, as scripts and as modules.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from storepulse.adapters.http.codings import coding_weights
from storepulse.adapters.http.errors import Header, RequestRefused
from storepulse.adapters.logging import logger

#: The script that pages load, and all others.
TRACKER = "/tracker.js"
TRACKER_FILE = "/tracker/{file}"
BUILT = Path(__file__).parent / "built"
_KEPT_SHORTLY = b"public, max-age=3600, stale-while-revalidate=86400"
_KEPT_FOR_GOOD = b"public, max-age=31536000, immutable"
_SCRIPT, _MAP = b"text/javascript; charset=utf-8", b"application/json; charset=utf-8"
#: The best first.
_CODINGS = ("br", "gzip")
_OF_EVERY_FILE: tuple[Header, ...] = (
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"vary", b"Accept-Encoding"),
)


class TrackerAnswer(NamedTuple):
    """An answer: status 200 or 304, its headers but for the length, and its body."""

    status: int
    headers: tuple[Header, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class TrackerFile:
    """A file under one of its names. `bodies`: by coding, "" for none. `tag`: of its bytes."""

    bodies: Mapping[str, bytes]
    tag: str
    content_type: bytes
    cache_control: bytes
    source_map: bytes = b""

    def answer(self, accept_encoding: str, if_none_match: str) -> TrackerAnswer:
        """The answer to a client that takes these codings, and has these versions."""
        weights = coding_weights(accept_encoding)
        others = weights.get("*", 0.0)
        coding = next(
            (name for name in _CODINGS if name in self.bodies and weights.get(name, others) > 0), ""
        )
        tag = f'"{self.tag}-{coding}"' if coding else f'"{self.tag}"'
        headers = (
            *_OF_EVERY_FILE,
            (b"etag", tag.encode()),
            (b"cache-control", self.cache_control),
        )
        if tag in if_none_match or if_none_match.strip() == "*":
            return TrackerAnswer(304, headers, b"")
        headers += ((b"content-type", self.content_type),)
        if self.source_map:
            headers += ((b"sourcemap", self.source_map),)
        if coding:
            headers += ((b"content-encoding", coding.encode()),)
        return TrackerAnswer(200, headers, self.bodies[coding])


@dataclass(frozen=True)
class TrackerFiles:
    """All of them: the script of `/tracker.js`, and those below `/tracker/` by name."""

    script: TrackerFile | None = None
    files: Mapping[str, TrackerFile] = field(default_factory=dict)

    def answer(self, route: str, name: str, headers: Mapping[bytes, bytes]) -> TrackerAnswer:
        """The answer at one of the two routes; `name`: the last segment. Raises RequestRefused
        404."""
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
    """The built tracker; none, and a line in the log, where it was not built or lacks a file."""
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


def _named_files(folder: Path, built: Mapping[str, str]) -> Iterator[tuple[str, TrackerFile]]:
    """Each built file under its own name, with its map, and under that of its module."""
    for module, file in built.items():
        plain = f"{module}.js"
        yield plain, _read(folder / file, kept=_KEPT_SHORTLY)
        if file != plain:
            yield file, _read(folder / file, kept=_KEPT_FOR_GOOD)
        kept = _KEPT_SHORTLY if file == plain else _KEPT_FOR_GOOD
        yield f"{file}.map", _read(folder / f"{file}.map", kept=kept, content_type=_MAP)


def _read(
    path: Path, *, kept: bytes, content_type: bytes = _SCRIPT, below: str = ""
) -> TrackerFile:
    """A file with its shorter forms. `below`: where its map lies, as seen from its address. Raises
    OSError."""
    body = path.read_bytes()
    bodies = {"": body, "gzip": gzip.compress(body, 9, mtime=0)}
    if (brotli := path.with_name(f"{path.name}.br")).is_file():
        bodies["br"] = brotli.read_bytes()
    return TrackerFile(
        bodies=bodies,
        tag=hashlib.sha256(body).hexdigest()[:16],
        content_type=content_type,
        cache_control=kept,
        # Relative, since a shop may serve the tracker below a path of its own.
        source_map=b"" if content_type == _MAP else f"{below}{path.name}.map".encode(),
    )
