"""TCP ports of the loopback address: whether one is free, and which process holds it.

A port is probed by binding it, never by connecting to a possible listener.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Mapping

import psutil

from storepulse.domain.errors import Rejected, Transient

LOOPBACK = "127.0.0.1"

#: Below Linux's range for outgoing connections (32768 and up), so that no connection takes a port
#: found here before its server binds it.
SEARCHED = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A free port, picked at random so that parallel callers rarely collide. Raises Transient."""
    for _ in range(200):
        port = random.choice(SEARCHED)  # noqa: S311 - spreads callers, guards nothing
        if is_free(port):
            return port
    raise Transient(f"no free port between {SEARCHED.start} and {SEARCHED.stop}")


def holder(port: int) -> str:
    """The process that listens on `port`: "name (pid 1)", or "another process" if hidden from
    us."""
    try:
        pids = [
            connection.pid
            for connection in psutil.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
            and connection.laddr
            and connection.laddr.port == port
        ]
    except psutil.AccessDenied:  # macOS shows other users' sockets to root only
        return "another process"
    for pid in pids:
        if pid is None:
            continue
        try:
            return f"{psutil.Process(pid).name()} (pid {pid})"
        except psutil.NoSuchProcess:
            continue
    return "another process"


def require_free(variables: Mapping[str, int]) -> None:
    """Raises Rejected for the first port that is taken.

    `variables` maps the setting's variable, used in the message, to its port.
    """
    for variable, port in variables.items():
        if not is_free(port):
            raise Rejected(
                "",
                f"port {port} is taken by {holder(port)}: end it, or set {variable} to a free port",
            )
