"""The socket that a service listens on, bound before anything else starts."""

from __future__ import annotations

import socket

from storepulse.domain.errors import Misconfigured


def listen(host: str, port: int, setting: str) -> socket.socket:
    """Bind the socket. Raises Misconfigured with the setting's name if that fails."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise Misconfigured(setting, f"{host}:{port}: {error.strerror}") from None
    return sock
