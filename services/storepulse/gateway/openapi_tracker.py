"""The OpenAPI parts for the tracker's files."""

from __future__ import annotations

from typing import Any

from storepulse.gateway.openapi_schemas import headers_of
from storepulse.gateway.tracker.files import TRACKER

_HEADERS = {
    "ETag": {"description": "Of these bytes", "schema": {"type": "string"}},
    "Cache-Control": {
        "description": "An hour; a year for names that hold their hash",
        "schema": {"type": "string"},
    },
    "SourceMap": {"description": "Where the source map is", "schema": {"type": "string"}},
}


def tracker_operation(path: str, refusals: dict[str, Any]) -> dict[str, Any]:
    """The operation that serves the script for pages, or one of the other files by name."""
    text: dict[str, Any] = {"schema": {"type": "string"}}
    content = {"text/javascript": text}
    operation: dict[str, Any] = {
        "summary": "The script that pages load" if path == TRACKER else "A file of the tracker",
        "operationId": "get_tracker" if path == TRACKER else "get_tracker_file",
        "tags": ["service"],
        "security": [],
        "responses": {
            "200": {
                "description": "In brotli or gzip where that is accepted",
                "headers": {"X-Request-Id": headers_of("200")["X-Request-Id"], **_HEADERS},
                "content": content,
            },
            "304": {"description": "The client has it already (`If-None-Match`)"},
            **refusals,
        },
    }
    if path != TRACKER:
        content["application/json"] = {"schema": {"type": "object"}}
        operation["parameters"] = [
            {
                "name": "file",
                "in": "path",
                "required": True,
                "description": "A module (`heatmap.js`), the same under a name with its hash, or a"
                " source map (`….js.map`)",
                "schema": {"type": "string", "pattern": r"^[a-z0-9.]+\.js(\.map)?$"},
                "example": "heatmap.js",
            }
        ]
    return operation
