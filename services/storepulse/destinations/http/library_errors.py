"""Converts aiohttp's errors.

Separate from `failures`, so that commands that only declare destinations do not import aiohttp.
"""

from __future__ import annotations

import aiohttp

from storepulse.destinations.http.failures import RequestFailed, in_words
from storepulse.destinations.rules.quoting import quote

#: Seconds for making a connection, including the TLS handshake.
CONNECT_SECONDS = 5.0


class AddressRefused(PermissionError):
    """Connections to the address are not allowed."""


def failure_of(error: Exception) -> RequestFailed:
    """Convert an error of aiohttp, or a ValueError for an invalid request, to RequestFailed."""
    match error:
        case aiohttp.InvalidURL():
            return RequestFailed("address", in_words(error))
        case aiohttp.ClientConnectorCertificateError():
            return RequestFailed("tls", in_words(error.certificate_error))
        case aiohttp.ClientConnectorSSLError():
            return RequestFailed("tls", in_words(error.os_error))
        case aiohttp.ClientConnectorError():
            where = f"{error.host} port {error.port}"
            if isinstance(error.os_error, AddressRefused):
                return RequestFailed("address", str(error.os_error))
            return RequestFailed("connect", f"{where}: {in_words(error.os_error)}")
        case aiohttp.ConnectionTimeoutError():
            return RequestFailed("connect", f"no connection within {CONNECT_SECONDS:g} s")
        case aiohttp.ServerDisconnectedError():
            return RequestFailed("protocol", "the server closed the connection without an answer")
        case aiohttp.ClientConnectionError():
            return RequestFailed("connect", f"the connection broke: {in_words(error)}")
        case aiohttp.ClientResponseError():
            return RequestFailed("protocol", quote(error.message, 300))
        case _:
            return RequestFailed("protocol", in_words(error))
