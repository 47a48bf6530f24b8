"""Which headers are passed on to the query service, and which of its answer are passed back.

No cookies are passed on: the visitor whom a page of our own site names by a cookie is told in a
header of ours, in which nobody else is believed. What outsiders say about forwarding is judged here
and never passed on: a call that is not of this machine is told as such.
"""

from __future__ import annotations

from storepulse.access.rules.loopback import is_forwarding
from storepulse.adapters.http.errors import Header
from storepulse.gateway.call import Call
from storepulse.gateway.visitor_cookie import visitor_of_cookie

#: The visitor, as the query service is told.
VISITOR = b"x-storepulse-visitor"
#: Headers that belong to one hop, or that we set ourselves.
_NOT_PASSED = frozenset(
    {
        b"connection", b"content-length", b"cookie", b"expect", b"http2-settings", b"keep-alive",
        b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te", b"trailer",
        b"transfer-encoding", b"upgrade", b"x-request-id", VISITOR,
    }
)  # fmt: skip
_NOT_PASSED_BACK = frozenset(
    {
        b"connection", b"date", b"keep-alive", b"proxy-authenticate", b"proxy-connection",
        b"server", b"trailer", b"transfer-encoding", b"upgrade",
    }
)  # fmt: skip


def headers_to_pass(
    call: Call, correlation_header: bytes, query_host: bytes, *, local: bool
) -> list[Header]:
    """The headers of the request to the query service, but for its length.

    `local`: the call comes from this machine. `query_host`: where a call without a Host goes.
    """
    hop = _names_of_hop(call.pairs)
    headers = [
        (name, value.strip(b" \t"))
        for name, value in call.pairs
        if name not in _NOT_PASSED
        and name not in hop
        and name != correlation_header
        and not is_forwarding(name)
    ]
    if b"host" not in call.headers:  # as HTTP/1.0 may; then the call is not of this machine
        headers.append((b"host", query_host))
    headers += [
        (b"x-request-id", call.request_id.encode()),
        (correlation_header, call.correlation.encode()),
    ]
    visitor = visitor_of_cookie(call)
    if visitor:
        headers.append((VISITOR, visitor.encode()))
    # Whoever is not of this machine must not look as if it were, because we are.
    if not local:
        headers.append((b"x-forwarded-for", call.ip.encode("latin-1")))
    return headers


def headers_to_pass_back(answered: list[Header], call: Call) -> list[Header]:
    """The headers of our answer, made of those that the query service answered with."""
    own = call.answer_headers(0)[2:]
    own_names = {name for name, _ in own}
    lowered = [(name.lower(), value) for name, value in answered]
    hop = _names_of_hop(lowered)
    return [
        (name, value)
        for name, value in lowered
        if name not in _NOT_PASSED_BACK and name not in hop and name not in own_names
    ] + own


def is_event_stream(answered: list[Header]) -> bool:
    """Whether an answer is one of server-sent events, which may be silent for long."""
    return any(
        name.lower() == b"content-type" and value.strip().lower().startswith(b"text/event-stream")
        for name, value in answered
    )


def _names_of_hop(headers: list[Header]) -> frozenset[bytes]:
    """Headers that the sender says are for this hop alone."""
    return frozenset(
        part.strip().lower()
        for name, value in headers
        if name == b"connection"
        for part in value.split(b",")
    )
