"""Select the headers that are passed on to the query service, and those passed back.

Cookies are not passed on: the visitor of a page of our own site, known by its cookie, goes into a
header of our own, and callers' values of that header are dropped. The gateway judges forwarding
headers itself and never passes them on: a call from another machine is marked as one.
"""

from __future__ import annotations

from storepulse.access.rules.loopback import is_forwarding
from storepulse.adapters.http.errors import Header
from storepulse.gateway.call import Call
from storepulse.gateway.visitor_cookie import visitor_of_cookie

#: Names the visitor to the query service.
VISITOR = b"x-storepulse-visitor"
#: Headers of a single hop, or headers that the gateway sets itself.
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
    """The headers of the request to the query service, except its length.

    `local`: the call comes from this machine. `query_host`: the Host header if the call has none.
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
    if b"host" not in call.headers:  # HTTP/1.0 allows this; such a call is never local
        headers.append((b"host", query_host))
    headers += [
        (b"x-request-id", call.request_id.encode()),
        (correlation_header, call.correlation.encode()),
    ]
    visitor = visitor_of_cookie(call)
    if visitor:
        headers.append((VISITOR, visitor.encode()))
    # Without it, a remote call would look local, because the gateway is.
    if not local:
        headers.append((b"x-forwarded-for", call.ip.encode("latin-1")))
    return headers


def headers_to_pass_back(answered: list[Header], call: Call) -> list[Header]:
    """The headers of our answer, from those of the query service's answer."""
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
    """Whether an answer is server-sent events, which may be silent for long."""
    return any(
        name.lower() == b"content-type" and value.strip().lower().startswith(b"text/event-stream")
        for name, value in answered
    )


def _names_of_hop(headers: list[Header]) -> frozenset[bytes]:
    """The headers that the sender declares to be hop-by-hop."""
    return frozenset(
        part.strip().lower()
        for name, value in headers
        if name == b"connection"
        for part in value.split(b",")
    )
