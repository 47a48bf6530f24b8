"""CORS headers, for pages of other origins that send events, ask about tests and read the answers.

These headers are sent on collection paths and on the public reads of tests. A key without allowed
origins is for every page, without credentials (`*`). A key with allowed origins is for those only,
each named exactly and with credentials, so that the shop's own page can get a first-party cookie.
"""

from __future__ import annotations

from storepulse.access.keys import ApiKey
from storepulse.adapters.http.errors import Header

_EXPOSED = (
    "access-control-expose-headers: Date, X-Request-Id, X-Correlation-Id, RateLimit-Limit, "
    "RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Durability, Storepulse-Plan-Warning\r\n"
)
EVERY_PAGE = "access-control-allow-origin: *\r\n" + _EXPOSED
ANOTHER_PAGE = "vary: Origin\r\n"

#: Headers that pages send with beacons: ours, and those that tracing libraries add to every request
#: (W3C trace context, Sentry, Zipkin, Datadog, New Relic, AWS, Google, Elastic, Jaeger).
_ALLOWED_HEADERS = ", ".join(
    (
        "Authorization", "Content-Encoding", "Content-Type", "X-Api-Key", "X-Correlation-Id",
        "X-Request-Id", "X-Retry-Count", "traceparent", "tracestate", "baggage", "sentry-trace",
        "b3",
        "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags",
        "x-datadog-trace-id", "x-datadog-parent-id", "x-datadog-origin",
        "x-datadog-sampling-priority", "x-datadog-tags", "newrelic", "x-newrelic-id",
        "x-newrelic-transaction", "x-amzn-trace-id", "x-cloud-trace-context",
        "elastic-apm-traceparent", "uber-trace-id",
    )
).encode()  # fmt: skip
_PREFLIGHT: tuple[Header, ...] = (
    (b"access-control-allow-headers", _ALLOWED_HEADERS),
    (b"access-control-max-age", b"86400"),
)


def allows(key: ApiKey, origin: str) -> bool:
    """Whether pages of an origin may use a key. A key's origins are stored in normal form."""
    if not key.origins:
        return True
    return origin.rstrip("/").lower() in key.origins


def answer_lines(key: ApiKey | None, origin: str) -> str:
    """The header lines of an answer to a page, each with its line end."""
    if key is None or not key.origins:
        return EVERY_PAGE
    if not allows(key, origin):
        return ANOTHER_PAGE
    return (
        f"access-control-allow-origin: {origin}\r\naccess-control-allow-credentials: true\r\n"
        f"vary: Origin\r\n{_EXPOSED}"
    )


def preflight_headers(key: ApiKey | None, origin: bytes, method: str) -> tuple[Header, ...] | None:
    """The headers of the answer to a preflight; None if the page may not use the key.

    `key` is the one in the query, because a preflight carries no other. `method` is the path's.
    """
    allowed = ((b"access-control-allow-methods", method.encode()), *_PREFLIGHT)
    if key is None or not key.origins:
        varies = (b"vary", b"Access-Control-Request-Headers")
        return ((b"access-control-allow-origin", b"*"), varies, *allowed)
    if not allows(key, origin.decode("latin-1")):
        return None
    return (
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin, Access-Control-Request-Headers"),
        *allowed,
    )
