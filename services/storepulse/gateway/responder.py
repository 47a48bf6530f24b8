"""Write and count the answers of requests that are served directly."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter

from storepulse.adapters.http.errors import RequestRefused, error_body
from storepulse.adapters.http.exchange import Exchange
from storepulse.gateway.call import Call
from storepulse.gateway.metering import RouteMeter


class Responder:
    """Answers on the exchange of a request. `paths`: the paths that are served directly."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._meters = {path: RouteMeter(path) for path in paths}

    def accept(
        self, exchange: Exchange, call: Call, status: int, body: bytes, lines: bytes = b""
    ) -> None:
        """Answer 2xx, with Retry-After if a limit stopped some events, and with the visitor's
        cookie.

        `lines`: header lines in addition to those of every answer.
        """
        if call.retry_seconds:
            lines += b"retry-after: %d\r\n" % call.retry_seconds
        if call.cookie_line:
            lines += call.cookie_line
        exchange.answer(status, call.answer_lines(len(body)) + lines, body)
        self._count(exchange, status)

    def confirm(self, exchange: Exchange, call: Call, lines: bytes) -> None:
        """Answer 304: the client already has the answer."""
        # Without type and length, because no body is sent.
        own = call.answer_lines(0).split(b"\r\n", 2)[2]
        exchange.answer(304, own + lines, b"")
        self._count(exchange, 304)

    def refuse(self, exchange: Exchange, call: Call, refusal: RequestRefused) -> None:
        """Answer an error."""
        body = error_body(refusal)
        lines = call.answer_lines(len(body))
        for name, value in refusal.headers:
            lines += b"%b: %b\r\n" % (name, value)
        exchange.answer(refusal.status, lines, body)
        self._count(exchange, refusal.status)

    def _count(self, exchange: Exchange, status: int) -> None:
        meter = self._meters[exchange.endpoint.path]
        meter.count_request(status, perf_counter() - exchange.started_at)
