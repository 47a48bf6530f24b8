"""One HTTP/1.1 connection: bytes in, requests out, their answers in order.

What it waits for, and what then happens, stands in `states`; what a request may look like, in
`parsing` and `rules`; how one is read, in `intake`.

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

from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.http.exchange import Exchange
from storepulse.adapters.http.hosting import ConnectionHost
from storepulse.adapters.http.intake import ConnectionEnded, RequestIntake
from storepulse.adapters.http.parsing import RequestParser
from storepulse.adapters.http.states import LateAction, State, action_for_late
from storepulse.adapters.http.unparsed_bytes import UnparsedBytes

#: The most that is parsed at once: of requests sent ahead, only those within it become objects.
PIECE_BYTES = 16_384
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
#: In these, with nothing sent ahead, there is nothing to do but to wait.
_WAITING_STATES = (State.IDLE, State.SERVED)


class Connection(asyncio.Protocol):
    """One client's connection to a server. Lives on the server's loop."""

    def __init__(self, host: ConnectionHost) -> None:
        self._host = host
        self._limits = host.limits
        self._intake = RequestIntake(self, host)
        self._parser = RequestParser(self._intake, host.limits)
        self.state = State.IDLE
        #: The request whose answer is due, and those behind it.
        self._current: Exchange | None = None
        self._queue: deque[Exchange] = deque()
        self._unparsed = UnparsedBytes()
        self._is_pumping = False
        self._is_reading_paused = False
        self._has_client_ended = False
        self.is_stopping = False
        #: Set when the client makes room for what we send; None while there is room.
        self._room: asyncio.Event | None = None
        self._stuck_since = 0.0
        self._discarded_bytes = 0

    # ---- what the loop calls ----------------------------------------------------------------

    def connection_made(  # type: ignore[override] # of a stream socket it can read and write
        self, transport: asyncio.Transport
    ) -> None:
        self._transport = transport
        self._since = self._host.clock
        peer = transport.get_extra_info("peername")
        self.client = (str(peer[0]), int(peer[1])) if isinstance(peer, tuple) else None
        if not self._host.register(self):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._host.unregister(self)
        self.state = State.CLOSING
        self._unparsed.clear()
        for exchange in (self._current, *self._queue):
            if exchange is not None:
                exchange.lose_client()
        # Nothing may lead back here: bodies would wait for the garbage collector, which comes
        # seldom.
        self._queue.clear()
        self._current = None
        self._parser.close()
        self._intake.close()
        if self._room is not None:
            self._room.set()

    def data_received(self, data: bytes) -> None:
        if self.state is State.CLOSING:
            self._discarded_bytes += len(data)
            if self._discarded_bytes > self._limits.linger_bytes:
                self._transport.close()
            return
        if self._current is None and not self._unparsed and len(data) <= PIECE_BYTES:
            # The most of all cases: nothing else is to be thought of.
            self._is_pumping = True
            self._parse(data)
            self._is_pumping = False
            if not self._queue and not self._unparsed and self.state in _WAITING_STATES:
                return
        else:
            self._unparsed.add(data)
        self._pump()

    def eof_received(self) -> bool:
        """True keeps the other direction open: answers that are due still go out."""
        self._has_client_ended = True
        if self.state is State.SERVED:
            self._since = self._host.clock
        if self.state is State.CLOSING:
            return False
        return self._current is not None and (self._current.is_complete or bool(self._queue))

    def pause_writing(self) -> None:
        self._room = asyncio.Event()
        self._stuck_since = self._host.clock
        self._regulate()

    def resume_writing(self) -> None:
        room, self._room = self._room, None
        if room is not None:
            room.set()
        self._pump()

    # ---- what the server calls --------------------------------------------------------------

    def stop(self) -> None:
        """Ends the connection as soon as nothing is due on it."""
        self.is_stopping = True
        if self.state is State.IDLE and self._current is None:
            self._transport.close()
        elif self._current is not None and not self._queue:
            self._current.keep_alive = False

    def check_time(self, now: float) -> None:
        """Answers or cuts a client that was waited for too long."""
        if self._room is not None and now - self._stuck_since > self._limits.write_seconds:
            self._transport.abort()  # it does not read
            return
        action = action_for_late(
            self.state,
            now - self._since,
            self._limits,
            fresh=self._intake.is_fresh,
            ended=self._has_client_ended,
            held_up=self._is_reading_paused
            or (self.state is State.IDLE and self._current is not None),
        )
        if action is LateAction.ABORT:
            self._transport.abort()
        elif action is LateAction.CLOSE:
            self._transport.close()
        elif action is LateAction.REFUSE:
            what = "headers" if self.state is State.HEAD else "body"
            self._break_off(RequestRefused(408, f"The {what} did not arrive in time", "TIMEOUT"))

    # ---- what a request calls ---------------------------------------------------------------

    def write(self, data: bytes) -> None:
        if self._has_client_ended:
            self._since = self._host.clock
        self._transport.write(data)

    def common_lines(self) -> bytes:
        """The header lines of every answer."""
        return self._host.common_lines

    def finish(self, exchange: Exchange) -> None:
        """An answer is written: turns to what is due next, or ends."""
        if exchange is not self._current:
            return
        self._current = None
        if self.state is State.CLOSING:
            return
        if exchange.is_client_gone or not exchange.keep_alive:
            self._end()
            return
        if self.state is State.SERVED and not self._queue:
            self.wait_for(State.IDLE)
        self._pump()
        if (
            (self._has_client_ended or self.is_stopping)
            and self._current is None
            and not self._unparsed
        ):
            self._end()

    def read_on(self) -> None:
        """The application has read what there was of the body."""
        self._pump()

    async def wait_writable(self) -> None:
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
        if self._is_pumping:
            return
        self._is_pumping = True
        try:
            while self.state is not State.CLOSING:
                if self._current is None and self._queue:
                    self._begin_turn(self._queue.popleft())
                elif self._unparsed and self._may_parse():
                    self._parse_piece()
                else:
                    break
        finally:
            self._is_pumping = False
        self._regulate()

    def _may_parse(self) -> bool:
        if self._room is not None:
            return False
        current = self._current
        return current is None or not (current.is_complete or self._is_full(current))

    def _is_full(self, exchange: Exchange) -> bool:
        """Whether the application has more of the body than it reads."""
        return exchange.endpoint is None and len(exchange.body) > self._limits.buffered_bytes

    def _parse_piece(self) -> None:
        self._parse(self._unparsed.take(PIECE_BYTES + self._intake.wanted_bytes))

    def _parse(self, piece: bytes) -> None:
        try:
            rest = self._parser.parse(piece)
        except ConnectionEnded:
            return
        except RequestRefused as refusal:
            self._break_off(refusal)
        except Exception as error:  # noqa: BLE001 - the last line: a bug must answer, and be seen
            self._host.report_bug(error)
            self._break_off(RequestRefused.for_bug())
        else:
            if rest:
                self._unparsed.put_back(rest)

    def enqueue(self, exchange: Exchange) -> None:
        """Begins to serve a request where its turn has come; else it waits for its turn."""
        if self._current is None:
            self._begin_turn(exchange)
        else:
            self._queue.append(exchange)

    def _begin_turn(self, exchange: Exchange) -> None:
        self._current = exchange
        exchange.has_turn = True
        if exchange.endpoint is None:
            self._host.call_application(exchange)
        elif exchange.is_too_large:
            self._host.direct.refuse_size(exchange)
        elif exchange.is_complete:
            self._host.direct.serve(exchange)
        elif exchange.expects_continue and not self._host.direct.refuse_unread(exchange):
            self._transport.write(_CONTINUE)

    def _regulate(self) -> None:
        """Reads on, or not."""
        current = self._current
        must_pause = (
            len(self._unparsed) > 0
            or self._room is not None
            or (current is not None and self._is_full(current))
        )
        if must_pause is self._is_reading_paused or self._transport.is_closing():
            return
        self._is_reading_paused = must_pause
        if must_pause:
            self._transport.pause_reading()
        else:
            # The client is waited for again from now on.
            self._since = self._host.clock
            self._transport.resume_reading()

    # ---- endings ----------------------------------------------------------------------------

    def wait_for(self, state: State) -> None:
        """Waits for something else from now on."""
        self.state = state
        self._since = self._host.clock

    def _break_off(self, refusal: RequestRefused) -> None:
        """Answers an error and ends; where an earlier answer is due, ends after that."""
        if self.state is State.CLOSING:
            return
        self._unparsed.clear()
        read = self._intake.drop()
        if read is not None and read in self._queue:
            self._queue.remove(read)
        last = self._queue[-1] if self._queue else self._current
        if last is not None and last is not read:
            last.keep_alive = False
            self.wait_for(State.SERVED)
            return
        if read is not None and self._host.interrupt(read):
            self._transport.abort()  # half of another answer is on its way
            return
        if read is not None:
            read.lose_client()
            read.is_answered = True
        self._transport.write(self._host.answer_of(refusal))
        self._end()

    def _end(self) -> None:
        """No more of this connection: lets the client read the last answer, then closes.

        Closed while bytes of the client are unread, the system would reset the connection, and the
        answer could be lost with it.
        """
        self.wait_for(State.CLOSING)
        self._unparsed.clear()
        self._current = None
        for exchange in self._queue:
            exchange.lose_client()
        self._queue.clear()
        if self._has_client_ended or self._transport.is_closing():
            self._transport.close()
            return
        self._transport.write_eof()
        if self._is_reading_paused:
            self._is_reading_paused = False
            self._transport.resume_reading()
