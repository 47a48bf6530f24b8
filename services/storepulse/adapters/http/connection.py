"""One HTTP/1.1 connection: bytes in, requests out, their answers in order.

What it waits for, and what then happens, stands in `states`; what a request may look like, in
`parsing` and `rules`.

Rules:
- A request whose headers are here is served directly, when its body has come, or by the ASGI
  application, which begins at once and reads the body as it comes.
- Bytes are parsed piece by piece, and only while nothing waits for an answer: what a client sends
  ahead stays bytes, and reading stops. It also stops while the client does not read its answers,
  and while the application does not read the body.
- A client that has ended its side is still answered, for some seconds: it may be gone for good.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from storepulse.adapters.http import rules
from storepulse.adapters.http.errors import Header, Refused
from storepulse.adapters.http.exchange import Exchange
from storepulse.adapters.http.held_bytes import HeldBytes
from storepulse.adapters.http.parsing import RequestParser
from storepulse.adapters.http.states import Overdue, State, overdue

if TYPE_CHECKING:
    from storepulse.adapters.http.server import HttpServer

#: The most that is parsed at once: of requests sent ahead, only those within it become objects.
PIECE_BYTES = 16_384
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
#: With nothing sent ahead, there is nothing to do but to wait, in these.
_QUIET = (State.IDLE, State.SERVED)


class _Over(Exception):
    """Stops the parser: the connection has ended."""


class Connection(asyncio.Protocol):
    """One client's connection to a server. Lives on the server's loop."""

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._limits = server.limits
        self._parser = RequestParser(self, server.limits)
        self.state = State.IDLE
        self._fresh = True
        #: The request whose answer is due, those behind it, and the one that is being read.
        self._current: Exchange | None = None
        self._waiting: deque[Exchange] = deque()
        self._reading: Exchange | None = None
        self._held = HeldBytes()
        self._busy = False
        self._paused = False
        self._ended = False
        self._stopping = False
        self._room: asyncio.Event | None = None
        self._stuck_since = 0.0
        #: Of the body that is being read: its Content-Length, and how much of it has come.
        self._length = self._taken = 0
        #: Bytes that were thrown away.
        self._lingered = 0

    # ---- what the loop calls ----------------------------------------------------------------

    def connection_made(  # type: ignore[override] # of a stream socket it can read and write
        self, transport: asyncio.Transport
    ) -> None:
        self._transport = transport
        self._since = self._server.clock
        peer = transport.get_extra_info("peername")
        self.client = (str(peer[0]), int(peer[1])) if isinstance(peer, tuple) else None
        if not self._server.admit(self):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._server.dismiss(self)
        self.state = State.CLOSING
        self._held.clear()
        for exchange in (self._current, *self._waiting):
            if exchange is not None:
                exchange.lose()
        # Nothing may lead back here: bodies would wait for the garbage collector, which comes
        # seldom.
        self._waiting.clear()
        self._current = self._reading = None
        self._parser.close()
        if self._room is not None:
            self._room.set()

    def data_received(self, data: bytes) -> None:
        if self.state is State.CLOSING:
            self._lingered += len(data)
            if self._lingered > self._limits.linger_bytes:
                self._transport.close()
            return
        if self._current is None and not self._held and len(data) <= PIECE_BYTES:
            # The most of all cases: nothing else is to be thought of.
            self._busy = True
            self._parse(data)
            self._busy = False
            if not self._waiting and not self._held and self.state in _QUIET:
                return
        else:
            self._held.add(data)
        self._pump()

    def eof_received(self) -> bool:
        """True keeps the other direction open: answers that are due still go out."""
        self._ended = True
        if self.state is State.SERVED:
            self._since = self._server.clock
        if self.state is State.CLOSING:
            return False
        return self._current is not None and (self._current.complete or bool(self._waiting))

    def pause_writing(self) -> None:
        self._room = asyncio.Event()
        self._stuck_since = self._server.clock
        self._regulate()

    def resume_writing(self) -> None:
        room, self._room = self._room, None
        if room is not None:
            room.set()
        self._pump()

    # ---- what the server calls --------------------------------------------------------------

    def stop(self) -> None:
        """Ends the connection as soon as nothing is due on it."""
        self._stopping = True
        if self.state is State.IDLE and self._current is None:
            self._transport.close()
        elif self._current is not None and not self._waiting:
            self._current.keep_alive = False

    def check_time(self, now: float) -> None:
        """Answers or cuts a client that was waited for too long."""
        if self._room is not None and now - self._stuck_since > self._limits.write_seconds:
            self._transport.abort()  # it does not read
            return
        verdict = overdue(
            self.state,
            now - self._since,
            self._limits,
            fresh=self._fresh,
            ended=self._ended,
            held_up=self._paused or (self.state is State.IDLE and self._current is not None),
        )
        if verdict is Overdue.ABORT:
            self._transport.abort()
        elif verdict is Overdue.CLOSE:
            self._transport.close()
        elif verdict is Overdue.REFUSE:
            what = "headers" if self.state is State.HEAD else "body"
            self._break_off(Refused(408, f"The {what} did not arrive in time", "TIMEOUT"))

    # ---- what a request calls ---------------------------------------------------------------

    def write(self, data: bytes) -> None:
        if self._ended:
            self._since = self._server.clock
        self._transport.write(data)

    def common_lines(self) -> bytes:
        """The header lines of every answer."""
        return self._server.common_lines

    def finish(self, exchange: Exchange) -> None:
        """An answer is written: turns to what is due next, or ends."""
        if exchange is not self._current:
            return
        self._current = None
        if self.state is State.CLOSING:
            return
        if exchange.gone or not exchange.keep_alive:
            self._end()
            return
        if self.state is State.SERVED and not self._waiting:
            self._wait_for(State.IDLE)
        self._pump()
        if (self._ended or self._stopping) and self._current is None and not self._held:
            self._end()

    def body_taken(self) -> None:
        """The application has read what there was of the body."""
        self._pump()

    async def writable(self) -> None:
        """Returns when the client has made room, or has gone."""
        if self._room is not None:
            await self._room.wait()

    def abort(self) -> None:
        """Cuts the connection."""
        self._transport.abort()

    # ---- parsing and turns ------------------------------------------------------------------

    def _pump(self) -> None:
        """Serves and parses until something has to be waited for. Never within itself: answers
        that are written at once would else nest as deep as a client sends requests ahead."""
        if self._busy:
            return
        self._busy = True
        try:
            while self.state is not State.CLOSING:
                if self._current is None and self._waiting:
                    self._begin_turn(self._waiting.popleft())
                elif self._held and self._may_parse():
                    self._parse_piece()
                else:
                    break
        finally:
            self._busy = False
        self._regulate()

    def _may_parse(self) -> bool:
        if self._room is not None:
            return False
        current = self._current
        return current is None or not (current.complete or self._is_full(current))

    def _is_full(self, exchange: Exchange) -> bool:
        """Whether the application has more of the body than it reads."""
        return exchange.endpoint is None and len(exchange.body) > self._limits.buffered_bytes

    def _parse_piece(self) -> None:
        most = PIECE_BYTES
        if self._reading is not None and self._reading.endpoint is not None:
            # No request begins before this body's end, and it is wanted as a whole.
            most += max(0, self._length - self._taken)
        self._parse(self._held.take(most))

    def _parse(self, piece: bytes) -> None:
        try:
            rest = self._parser.parse(piece)
        except _Over:
            return
        except Refused as refused:
            self._break_off(refused)
        except Exception as error:  # noqa: BLE001 - the last line: a bug must answer, and be seen
            self._server.report(error)
            self._break_off(Refused(500, "The request failed", "SERVER_ERROR"))
        else:
            if rest:
                self._held.put_back(rest)

    def _begin_turn(self, exchange: Exchange) -> None:
        self._current = exchange
        exchange.turn = True
        if exchange.endpoint is None:
            self._server.start(exchange)
        elif exchange.too_large:
            self._server.direct.refuse_size(exchange)
        elif exchange.complete:
            self._server.direct.begin(exchange)
        elif exchange.expects_continue:
            self._transport.write(_CONTINUE)

    def _regulate(self) -> None:
        """Reads on, or not."""
        current = self._current
        wanted = (
            len(self._held) > 0
            or self._room is not None
            or (current is not None and self._is_full(current))
        )
        if wanted is self._paused or self._transport.is_closing():
            return
        self._paused = wanted
        if wanted:
            self._transport.pause_reading()
        else:
            # The client is waited for again from now on.
            self._since = self._server.clock
            self._transport.resume_reading()

    # ---- what the parser calls --------------------------------------------------------------

    def on_begin(self) -> None:
        """The first byte of a request has come."""
        if self.state is State.CLOSING:
            raise _Over
        self._wait_for(State.HEAD)
        self._fresh = False

    def on_head(
        self,
        method: bytes,
        path: bytes,
        query: bytes,
        version: str,
        fields: dict[bytes, bytes],
        headers: list[Header],
        keep_alive: bool,
    ) -> None:
        """Makes the request, and begins to serve it where its turn has come. Raises Refused."""
        endpoint = self._server.endpoints.get(path) if method == b"POST" else None
        exchange = Exchange(self, endpoint, path, query, headers, version, self.client)
        exchange.keep_alive = keep_alive and not self._stopping
        length = int(fields.get(b"content-length", b"0"))
        exchange.too_large = length > self._limits.body_bytes
        if b"expect" in fields and version == "1.1":
            exchange.expects_continue = fields[b"expect"].lower() == b"100-continue"
        if endpoint is None:
            exchange.method = method.decode()
            exchange.path = rules.checked_path(path, method)
            if exchange.too_large:
                raise rules.body_too_large(self._limits.body_bytes)
        self._length, self._taken = length, 0
        self._reading = exchange
        self._wait_for(State.BODY)
        if self._current is None:
            self._begin_turn(exchange)
        else:
            self._waiting.append(exchange)

    def on_body(self, body: bytes) -> None:
        """Keeps a part of the body, within its limit. Raises Refused."""
        exchange = self._reading
        if exchange is None or exchange.answered or exchange.too_large:
            return
        self._taken += len(body)
        if self._taken <= self._limits.body_bytes:
            exchange.body += body
            exchange.tell()
            return
        exchange.too_large = True
        if exchange.endpoint is None:
            raise rules.body_too_large(self._limits.body_bytes)
        if exchange.turn:
            self._server.direct.refuse_size(exchange)

    def on_complete(self) -> None:
        """Serves a request whose body was waited for."""
        exchange, self._reading = self._reading, None
        if exchange is None or self.state is State.CLOSING:
            return
        exchange.complete = True
        if exchange.answered:
            return
        self._wait_for(State.SERVED)
        if exchange.endpoint is None:
            exchange.tell()
        elif exchange.turn:
            self._server.direct.begin(exchange)

    # ---- endings ----------------------------------------------------------------------------

    def _wait_for(self, state: State) -> None:
        self.state = state
        self._since = self._server.clock

    def _break_off(self, refused: Refused) -> None:
        """Answers an error and ends; where an earlier answer is due, ends after that."""
        if self.state is State.CLOSING:
            return
        self._held.clear()
        read, self._reading = self._reading, None
        if read is not None and read in self._waiting:
            self._waiting.remove(read)
        last = self._waiting[-1] if self._waiting else self._current
        if last is not None and last is not read:
            last.keep_alive = False
            self._wait_for(State.SERVED)
            return
        if read is not None and self._server.interrupt(read):
            self._transport.abort()  # half of another answer is on its way
            return
        if read is not None:
            read.lose()
            read.answered = True
        self._transport.write(self._server.refusal(refused))
        self._end()

    def _end(self) -> None:
        """No more of this connection: lets the client read the last answer, then closes.

        Closed while bytes of the client are unread, the system would reset the connection, and the
        answer could be lost with it.
        """
        self._wait_for(State.CLOSING)
        self._held.clear()
        self._current = None
        for exchange in self._waiting:
            exchange.lose()
        self._waiting.clear()
        if self._ended or self._transport.is_closing():
            self._transport.close()
            return
        self._transport.write_eof()
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
