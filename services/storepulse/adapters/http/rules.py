"""Rules for a request's head, beyond the parser's checks.

The parser (llhttp, strict) refuses two lengths, a length with chunks, bare line feeds, folded lines
and control characters. This module enforces one version, one host, one spelling, and no repeats of
headers that may have a single value.
"""

from __future__ import annotations

from storepulse.adapters.http.errors import Header, RequestRefused
from storepulse.adapters.http.limits import HEADER_BYTES
from storepulse.adapters.http.paths import normal_path

#: Repeats of these are refused: it would be unclear which value counts.
_ONCE = frozenset(
    {
        b"host",
        b"authorization",
        b"x-api-key",
        b"content-type",
        b"content-length",
        b"transfer-encoding",
        b"origin",
        b"expect",
    }
)
#: Lists, whose repeated lines are joined.
_LISTS = frozenset({b"content-encoding"})
_HOST = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:[]%"


def syntax_refusal(message: str) -> RequestRefused:
    """400 for a malformed request."""
    return RequestRefused(400, message, "INVALID_HTTP")


def header_size_refusal() -> RequestRefused:
    """431 for headers that are too large."""
    return RequestRefused(
        431, f"The headers are larger than {HEADER_BYTES} bytes", "HEADERS_TOO_LARGE"
    )


def body_size_refusal(limit: int) -> RequestRefused:
    """413 for a body that is too large."""
    return RequestRefused(413, f"The body is larger than {limit} bytes", "TOO_LARGE")


def expectation_refusal() -> RequestRefused:
    """417 for an unsupported expectation."""
    message = "Only Expect: 100-continue is supported"
    return RequestRefused(417, message, "EXPECTATION_FAILED")


def target_of(url: bytes) -> tuple[bytes, bytes | None]:
    """A request target in origin form, and the host of an absolute form.

    Raises RequestRefused.
    """
    if url[:1] == b"/" or url == b"*":
        if b"#" in url:
            raise RequestRefused(400, "The URL is not valid", "INVALID_URL")
        return url, None
    scheme, separator, rest = url.partition(b"://")
    if not separator or scheme.lower() not in (b"http", b"https"):
        raise RequestRefused(400, "The URL is not valid", "INVALID_URL")
    ends = [at for at in (rest.find(b"/"), rest.find(b"?")) if at >= 0]
    at = min(ends, default=len(rest))
    host, target = rest[:at], rest[at:]
    if not host or b"@" in host or b"#" in rest:
        raise RequestRefused(400, "The URL is not valid", "INVALID_URL")
    return target if target[:1] == b"/" else b"/" + target, host


def decode_path(path: bytes, method: bytes) -> str:
    """The decoded path of a target. Raises RequestRefused 404 if it is not in normal form."""
    if path == b"*" and method == b"OPTIONS":
        return "*"
    decoded = normal_path(path)
    if decoded is None:
        raise RequestRefused(404, "There is nothing at this path", "NOT_FOUND")
    return decoded


def fields_of(headers: list[Header], version: str, host: bytes | None) -> dict[bytes, bytes]:
    """The headers by name. Joins lists and inserts the target's `host`, both in `headers` itself.

    Raises RequestRefused if a header violates HTTP or contradicts another line.
    """
    if version not in ("1.1", "1.0"):
        raise syntax_refusal("The HTTP version must be 1.1 or 1.0")
    fields = dict(headers)
    if len(fields) != len(headers):
        _join_repeated(headers)
        fields = dict(headers)
    named = fields.get(b"host")
    if named is None:
        if version == "1.1":
            raise syntax_refusal("The request has no Host header")
    elif named.translate(None, _HOST):
        raise syntax_refusal("The Host header is not valid")
    coding = fields.get(b"transfer-encoding")
    if coding is not None and (coding.lower() != b"chunked" or version == "1.0"):
        raise syntax_refusal("Transfer-Encoding must be chunked or absent")
    if host is not None:
        if host.translate(None, _HOST):
            raise syntax_refusal("The URL's host is not valid")
        fields[b"host"] = host
        headers[:] = [pair for pair in headers if pair[0] != b"host"] + [(b"host", host)]
    return fields


def _join_repeated(headers: list[Header]) -> None:
    first_index: dict[bytes, int] = {}
    joined: list[Header] = []
    for name, value in headers:
        first = first_index.setdefault(name, len(joined))
        if first == len(joined):
            joined.append((name, value))
        elif name in _ONCE:
            raise syntax_refusal(f"The header {name.decode('latin-1').title()} is repeated")
        elif name in _LISTS:
            joined[first] = (name, joined[first][1] + b", " + value)
        else:
            joined.append((name, value))
    headers[:] = joined


def head_of(method: bytes, url: bytes, version: str, headers: list[Header]) -> bytes:
    """The head of a request without its offer to upgrade."""
    lines = [b"%b %b HTTP/%b" % (method, url, version.encode())]
    lines += [b"%b: %b" % pair for pair in headers if pair[0] != b"upgrade"]
    return b"\r\n".join((*lines, b"", b""))
