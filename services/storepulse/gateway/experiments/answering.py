"""Answer requests about tests: at once, or when their exposures are stored.

A GET is served directly, without a task of its own. HEAD requests and unusual paths come through
the ASGI application.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from storepulse.adapters.http.errors import RequestRefused, refusal_of_error
from storepulse.adapters.http.exchange import Exchange
from storepulse.adapters.logging import logger
from storepulse.domain.errors import Rejected
from storepulse.gateway.call import Call
from storepulse.gateway.call_reader import CallReader
from storepulse.gateway.experiments.answers import Ready
from storepulse.gateway.experiments.exposing import Exposer
from storepulse.gateway.experiments.reads import ExperimentReads
from storepulse.gateway.responder import Responder

#: An answer is for one visitor, and a test may end at any time, so caches must revalidate.
CACHE_CONTROL = b"private, no-cache"


def has_already(call: Call, ready: Ready) -> bool:
    """Whether the client already has this answer."""
    asked = call.headers.get(b"if-none-match")
    return asked is not None and (ready.etag in asked or asked.strip() == b"*")


class ReadAnswers:
    """Serves requests about tests. `exposer` stores exposures."""

    def __init__(
        self, reader: CallReader, reads: ExperimentReads, exposer: Exposer, responder: Responder
    ) -> None:
        self._reader = reader
        self._reads = reads
        self._exposer = exposer
        self._responder = responder

    async def answer(self, template: str, call: Call, scope: Any) -> Ready:
        """Answer a request of the ASGI application. Raises RequestRefused or Rejected."""
        exposes = scope["method"] == "GET"
        asked = self._reads.ask(
            template, scope["path"], scope["query_string"], call, exposes=exposes
        )
        if isinstance(asked, Ready):
            return asked
        told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def tell(stored: bool) -> None:
            if not told.done():  # done if the client has disconnected
                told.set_result(stored)

        self._exposer.expose(call, asked.asker, asked.tests, tell)
        return asked.answer(await told)

    def serve(self, exchange: Exchange) -> None:
        """Serve a GET; its answer is written now or when its exposures are stored."""
        call = self._reader.read(exchange.headers, exchange.client, exchange.query)
        template, path = exchange.endpoint.path, exchange.target.decode("ascii")
        try:
            asked = self._reads.ask(template, path, exchange.query, call, exposes=True)
            if isinstance(asked, Ready):
                self._write(exchange, call, asked)
                return
            tell = partial(self._tell, exchange, call, asked.answer)
            self._exposer.expose(call, asked.asker, asked.tests, tell)
        except (RequestRefused, Rejected) as error:
            self._responder.refuse(exchange, call, refusal_of_error(error))
        except Exception as error:  # noqa: BLE001 - the last line: a bug must answer, and be seen
            self._fail(exchange, call, error)

    def _tell(self, exchange: Exchange, call: Call, answer: Any, stored: bool) -> None:
        try:
            self._write(exchange, call, answer(stored))
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(exchange, call, error)

    def _write(self, exchange: Exchange, call: Call, ready: Ready) -> None:
        lines = b"etag: %b\r\ncache-control: %b\r\n" % (ready.etag, CACHE_CONTROL)
        if has_already(call, ready):
            self._responder.confirm(exchange, call, lines)
        else:
            self._responder.accept(exchange, call, 200, ready.body, lines)

    def _fail(self, exchange: Exchange, call: Call, error: Exception) -> None:
        logger().error("request_failed", exc_info=error, request_id=call.request_id)
        self._responder.refuse(exchange, call, RequestRefused.for_bug())
