"""Serve prebuilt files with compressed forms and cache validation.

A file is read once. Its entity tags are derived from its bytes, one for each coding, so that a
browser's copy is confirmed without sending it again.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from storepulse.adapters.http.codings import coding_weights
from storepulse.adapters.http.errors import Header

#: For names with a hash of the file's content.
KEPT_FOR_GOOD = b"public, max-age=31536000, immutable"
#: The best coding first.
_CODINGS = ("br", "gzip")


class FileAnswer(NamedTuple):
    """An answer: status 200 or 304, its headers without the length, and its body."""

    status: int
    headers: tuple[Header, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file under one of its names.

    `bodies`: by coding, "" for none. `tag`: derived from its bytes. `headers`: of every answer;
    `more`: of answers with a body.
    """

    bodies: Mapping[str, bytes]
    tag: str
    content_type: bytes
    cache_control: bytes
    headers: tuple[Header, ...] = ()
    more: tuple[Header, ...] = ()

    @classmethod
    def read(
        cls,
        path: Path,
        *,
        content_type: bytes,
        cache_control: bytes,
        headers: tuple[Header, ...] = (),
        more: tuple[Header, ...] = (),
        is_packed: bool = False,
    ) -> Self:
        """Read a file, its brotli form if the build wrote one, and gzip it unless it `is_packed`.

        Raises OSError.
        """
        body = path.read_bytes()
        bodies = {"": body}
        if not is_packed:
            bodies["gzip"] = gzip.compress(body, 9, mtime=0)
        if (brotli := path.with_name(f"{path.name}.br")).is_file():
            bodies["br"] = brotli.read_bytes()
        tag = hashlib.sha256(body).hexdigest()[:16]
        return cls(bodies, tag, content_type, cache_control, headers, more)

    def answer(self, accept_encoding: str, if_none_match: str) -> FileAnswer:
        """The answer for a client's Accept-Encoding and If-None-Match."""
        weights = coding_weights(accept_encoding)
        others = weights.get("*", 0.0)
        coding = next(
            (name for name in _CODINGS if name in self.bodies and weights.get(name, others) > 0), ""
        )
        tag = f'"{self.tag}-{coding}"' if coding else f'"{self.tag}"'
        headers = (
            *self.headers,
            (b"x-content-type-options", b"nosniff"),
            (b"vary", b"Accept-Encoding"),
            (b"etag", tag.encode()),
            (b"cache-control", self.cache_control),
        )
        if tag in if_none_match or if_none_match.strip() == "*":
            return FileAnswer(304, headers, b"")
        headers += ((b"content-type", self.content_type), *self.more)
        if coding:
            headers += ((b"content-encoding", coding.encode()),)
        return FileAnswer(200, headers, self.bodies[coding])
