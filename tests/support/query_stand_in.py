"""What a stand-in for the query service answers: as the request's target says.

A target with `large` gets 30 MB, `never` no answer, `broken` half of one, `closed` none and the end
of the connection, `cookie` a cookie, anything else a few bytes.
"""

from __future__ import annotations

from itertools import chain, repeat

from tests.support import behaviours
from tests.support.http_messages import Reply, Request
from tests.support.receiver import Behaviour

PIECE = b" " * 250_000
PIECES = 120
SMALL = b'{"status":"success"}'


def answer(request: Request) -> Reply | Behaviour:
    """The answer of a receiver that stands in for the query service."""
    if "closed" in request.target:
        return behaviours.hang_up
    if "never" in request.target:
        return behaviours.hang
    headers = {"Content-Type": "application/json", "X-Hop": "1", "Connection": "x-hop"}
    if "cookie" in request.target:
        headers["Set-Cookie"] = "a=b"
    reply = Reply(200, SMALL, headers)
    if "broken" in request.target:
        head = reply.bytes_for("HEAD")
        return behaviours.sending([head + SMALL[:5]])
    if "large" in request.target:
        head = Reply(200, PIECE * PIECES, headers).bytes_for("HEAD")
        body = repeat(PIECE, 0 if request.method == "HEAD" else PIECES)
        return behaviours.sending(chain([head], body), close=False)
    return reply
