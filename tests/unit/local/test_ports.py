"""A taken port is noticed and its holder named."""

from __future__ import annotations

import os
import socket

import pytest

from storepulse.domain.errors import Rejected
from storepulse.local import ports


def test_a_free_port_can_be_bound() -> None:
    port = ports.free_port()
    with socket.socket() as server:
        server.bind((ports.LOOPBACK, port))


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])  # noqa: S104
def test_a_taken_port_is_refused_with_its_holder_and_the_setting(address: str) -> None:
    with socket.create_server((address, 0)) as server:
        port = server.getsockname()[1]
        assert not ports.is_free(port)
        with pytest.raises(Rejected, match=f"port {port} is taken by .*pid {os.getpid()}.*A_PORT"):
            ports.require_free({"A_PORT": port})
    ports.require_free({"A_PORT": port})
