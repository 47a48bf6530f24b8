"""Endpoints by path, for requests that are served directly.

An endpoint's path may end in `{name}`: it then serves every last segment. The lookup of a path
without a name costs one dictionary lookup and no call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storepulse.adapters.http.paths import normal_path

#: Characters of segments that have a single spelling.
_PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class EndpointPaths(dict[bytes, Any]):
    """The endpoint of a path: `paths[path]`, None if there is none. Raises nothing."""

    def __init__(self, endpoints: Mapping[str, Any] | None = None) -> None:
        """`endpoints` by path. Raises NotImplementedError for a name in another segment than the
        last."""
        super().__init__()
        self._by_folder: dict[bytes, Any] = {}
        for path, endpoint in (endpoints or {}).items():
            folder, _, segment = path.rpartition("/")
            if "{" in folder:
                raise NotImplementedError(f"{path} has a name in a segment that is not its last")
            if segment.startswith("{"):
                self._by_folder[folder.encode()] = endpoint
            else:
                self[path.encode()] = endpoint

    def __missing__(self, path: bytes) -> Any:
        endpoint = self._by_folder.get(path[: path.rfind(b"/")])
        return endpoint if endpoint is not None and last_segment(path) else None


def last_segment(path: bytes) -> str:
    """The decoded last segment of a raw path; "" if it is not in normal form.

    The other segments must be in normal form.
    """
    segment = path[path.rfind(b"/") + 1 :]
    if segment and not segment.translate(None, _PLAIN):  # as ids are
        return segment.decode("ascii")
    decoded = normal_path(path)
    return "" if decoded is None else decoded[decoded.rfind("/") + 1 :]
