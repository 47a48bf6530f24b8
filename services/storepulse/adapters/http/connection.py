"""One HTTP/1.1 connection: it parses requests and writes their answers in order.

`states` lists what a connection waits for and what happens then, `parsing` and `rules` what a
request may look like, `intake` how one is read.

- A request whose headers are complete is served directly once its body is complete, or by the ASGI
  application, which starts at once and reads the body as it arrives.
- Bytes are parsed in pieces, and only while no answer is due. Pipelined requests stay bytes, and
  reading pauses. It also pauses while the client does not read its answers, and while the
  application does not read the body.
- A client that has closed its side is still answered, for some seconds: it may be gone for good.
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

#: The maximum that is parsed at once: of pipelined requests, only those within it become objects.
PIECE_BYTES = 16_384
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
#: In these states, without pipelined bytes, the connection only waits.
_WAITING_STATES = (State.IDLE, State.SERVED)


class Connection(asyncio.Protocol):
    """One client's connection to a server. It belongs to the server's loop."""

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
        #: Set when the client makes room for our data; None while there is room.
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
        # Break reference cycles: bodies would wait for the garbage collector, which runs rarely.
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
            # The most common case, without the bookkeeping below.
            self._is_pumping = True
            self._parse(data)
            self._is_pumping = False
            if not self._queue and not self._unparsed and self.state in _WAITING_STATES:
                return
        else:
            self._unparsed.add(data)
        self._pump()

    def eof_received(self) -> bool:
        """Keep our side open (True) while answers are due."""
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
        """Close the connection as soon as no answer is due on it."""
        self.is_stopping = True
        if self.state is State.IDLE and self._current is None:
            self._transport.close()
        elif self._current is not None and not self._queue:
            self._current.keep_alive = False

    def check_time(self, now: float) -> None:
        """Answer or cut off a client that is late."""
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
        """Go on to the next request after an answer is written, or end."""
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
        """Resume parsing after the application has read the body so far."""
        self._pump()

    async def wait_writable(self) -> None:
        """Wait until the client has made room or has gone."""
        if self._room is not None:
            await self._room.wait()

    def abort(self) -> None:
        """Cut the connection."""
        self._transport.abort()

    # ---- parsing and turns ------------------------------------------------------------------

    def _pump(self) -> None:
        """Serve and parse until the connection has to wait.

        Not reentrant: otherwise answers written at once would nest as deep as a client pipelines
        requests.
        """
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
        """Whether more of the body is buffered than the application reads."""
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
        """Start to serve a request if it is its turn, else queue it."""
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
        """Pause or resume reading."""
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
            # The client's time limits start again now.
            self._since = self._host.clock
            self._transport.resume_reading()

    # ---- endings ----------------------------------------------------------------------------

    def wait_for(self, state: State) -> None:
        """Set the state and restart its time limit."""
        self.state = state
        self._since = self._host.clock

    def _break_off(self, refusal: RequestRefused) -> None:
        """Answer an error and end; if an earlier answer is due, end after that one."""
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
        """End the connection: let the client read the last answer, then close.

        If it were closed with unread bytes of the client, the system would reset the connection,
        and the answer could be lost.
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
