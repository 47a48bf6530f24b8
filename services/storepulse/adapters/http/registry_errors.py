"""Errors below the paths of the schema registry, in the shape of Confluent's interface:

    {"error_code": 40401, "message": "Subject 'orders-value' not found."}

Everything that is answered there has this shape, also what is refused before the registry is asked
(keys, limits, unknown paths): clients of a registry read no other.
"""

from __future__ import annotations

import msgspec

from storepulse.adapters.http.errors import TITLES, RequestRefused

CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
_FAMILIES = (
    "/compatibility", "/config", "/contexts", "/mode", "/schemas", "/subjects", "/v1/metadata",
)  # fmt: skip
_BELOW = tuple(f"{family}/" for family in _FAMILIES)
#: What such a registry says of requests that lead nowhere.
_PLAIN = frozenset({404, 405})

_encode = msgspec.json.Encoder().encode


def is_registry_path(path: str) -> bool:
    """Whether a path is the registry's, also where it serves nothing at it."""
    return path.startswith(_BELOW) or path in _FAMILIES


def registry_error_body(code: int, message: str) -> bytes:
    """The body of an error answer. `code`: the HTTP status, or five digits that begin with it."""
    return _encode({"error_code": code, "message": message})


def registry_body_of(refusal: RequestRefused) -> bytes:
    """The body of a refusal that the registry did not speak itself."""
    status = refusal.status
    plain = status in _PLAIN
    return registry_error_body(
        status, f"HTTP {status} {TITLES[status]}" if plain else refusal.message
    )
