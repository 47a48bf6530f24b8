"""What a server, its connections and its direct handler know of each other."""

from __future__ import annotations

from typing import Any, Protocol

from storepulse.adapters.http.endpoint_paths import EndpointPaths
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.http.exchange import Exchange
from storepulse.adapters.http.limits import ConnectionLimits


class DirectHandler(Protocol):
    """Serves complete requests of the endpoints. Answers now or later, and raises nothing."""

    def serve(self, exchange: Exchange) -> None:
        """Serves a request whose body has come."""
        ...

    def refuse_unread(self, exchange: Exchange) -> bool:
        """Answers a request whose client asks before it sends the body, where its head is enough to
        refuse it; whether it did."""
        ...

    def refuse_size(self, exchange: Exchange) -> None:
        """Answers a request whose body is too large, without the rest of it."""
        ...


class HostedConnection(Protocol):
    """A connection, as its server sees it."""

    def check_time(self, now: float) -> None:
        """Answers or cuts a client that was waited for too long."""
        ...

    def stop(self) -> None:
        """Ends the connection as soon as no answer is due on it."""
        ...

    def abort(self) -> None:
        """Cuts the connection."""
        ...


class ConnectionHost(Protocol):
    """The server, as a connection sees it.

    `clock`: the loop's time of the next tick. `common_lines`: the header lines of every answer.
    `endpoints`: what `direct` serves, by path.
    """

    limits: ConnectionLimits
    endpoints: EndpointPaths
    direct: DirectHandler
    common_lines: bytes
    clock: float

    def find_read(self, path: bytes) -> Any:
        """What `direct` serves to a GET of a path as it was sent; None where it serves nothing."""
        ...

    def register(self, connection: HostedConnection) -> bool:
        """Counts a new connection; False where there is no room for it."""
        ...

    def unregister(self, connection: HostedConnection) -> None:
        """Forgets a connection that is gone."""
        ...

    def call_application(self, exchange: Exchange) -> None:
        """Calls the ASGI application for a request."""
        ...

    def interrupt(self, exchange: Exchange) -> bool:
        """Ends the application's work on a request; whether it has begun to answer."""
        ...

    def answer_of(self, refusal: RequestRefused) -> bytes:
        """The last answer of a connection that broke a rule."""
        ...

    def report_bug(self, error: Exception) -> None:
        """Logs a bug of ours."""
        ...
