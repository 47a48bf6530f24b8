"""Error answers of ASGI applications, as Starlette's responses."""

from __future__ import annotations

from starlette.responses import Response

from storepulse.adapters.http.errors import RequestRefused, error_body


def response_of(refusal: RequestRefused) -> Response:
    """The response for an error."""
    response = Response(error_body(refusal), refusal.status, media_type="application/json")
    response.raw_headers.extend(refusal.headers)
    return response
