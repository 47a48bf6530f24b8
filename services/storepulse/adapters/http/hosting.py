"""The interfaces between a server, its connections and its direct handler."""

from __future__ import annotations

from typing import Any, Protocol

from storepulse.adapters.http.endpoint_paths import EndpointPaths
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.http.exchange import Exchange
from storepulse.adapters.http.limits import ConnectionLimits


class DirectHandler(Protocol):
    """Serves complete requests of the endpoints. Answers now or later, and raises nothing."""

    def serve(self, exchange: Exchange) -> None:
        """Serve a request whose body is complete."""
        ...

    def refuse_unread(self, exchange: Exchange) -> bool:
        """Refuse a request that waits for "100 Continue" if its head suffices; whether it did."""
        ...

    def refuse_size(self, exchange: Exchange) -> None:
        """Refuse a request whose body is too large, without reading the rest of it."""
        ...


class HostedConnection(Protocol):
    """A connection, as its server uses it."""

    def check_time(self, now: float) -> None:
        """Answer or cut off a client that is late."""
        ...

    def stop(self) -> None:
        """Close the connection as soon as no answer is due on it."""
        ...

    def abort(self) -> None:
        """Cut the connection."""
        ...


class ConnectionHost(Protocol):
    """The server, as a connection uses it.

    `clock`: the loop's time of the next tick. `common_lines`: the header lines of every answer.
    `endpoints`: what `direct` serves, by path.
    """

    limits: ConnectionLimits
    endpoints: EndpointPaths
    direct: DirectHandler
    common_lines: bytes
    clock: float

    def find_read(self, path: bytes) -> Any:
        """The endpoint for a direct GET of a raw path; None if `direct` does not serve it."""
        ...

    def register(self, connection: HostedConnection) -> bool:
        """Count a new connection; False if there is no room for it."""
        ...

    def unregister(self, connection: HostedConnection) -> None:
        """Remove a closed connection."""
        ...

    def call_application(self, exchange: Exchange) -> None:
        """Call the ASGI application for a request."""
        ...

    def interrupt(self, exchange: Exchange) -> bool:
        """Cancel the application's work on a request; whether it has started to answer."""
        ...

    def answer_of(self, refusal: RequestRefused) -> bytes:
        """The last answer of a connection that broke a rule."""
        ...

    def report_bug(self, error: Exception) -> None:
        """Log a bug of ours."""
        ...
