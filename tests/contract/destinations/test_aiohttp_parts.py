"""What is relied on of aiohttp beyond its documentation: its version is pinned because of these."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import aiohttp
import pytest
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import BaseConnector
from tests.support.receiver import Receiver

from storepulse.destinations.http.client import SafeClient
from storepulse.destinations.http.connections import JudgedConnector

REQUIREMENTS = Path(__file__).parents[3] / "requirements.in"


def test_the_version_is_pinned_to_the_installed_one() -> None:
    (pinned,) = re.findall(r"^aiohttp==(.+)$", REQUIREMENTS.read_text(), re.MULTILINE)
    assert metadata.version("aiohttp") == pinned


@pytest.mark.parametrize("name", ["_get", "_release"])
def test_the_connector_has_the_methods_that_are_overridden(name: str) -> None:
    theirs = inspect.signature(getattr(BaseConnector, name)).parameters
    ours = inspect.signature(getattr(JudgedConnector, name)).parameters
    assert [(p.name, p.kind) for p in theirs.values()] == [(p.name, p.kind) for p in ours.values()]
    assert getattr(aiohttp.TCPConnector, name) is getattr(BaseConnector, name)


async def test_every_request_takes_and_returns_its_connection_by_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[str] = []

    class Counting(JudgedConnector):
        async def _get(self, *args: object) -> object:
            calls.append("get")
            return await super()._get(*args)

        def _release(self, *args: object, **options: object) -> None:
            calls.append("release")
            super()._release(*args, **options)

    monkeypatch.setattr("storepulse.destinations.http.client.JudgedConnector", Counting)
    with Receiver() as server:
        async with SafeClient("private") as client:
            for _ in range(3):
                await client.request("GET", server.url, timeout=30)
    assert calls == ["get", "release"] * 3


async def test_an_idle_protocol_says_what_it_received_and_can_be_aborted() -> None:
    """`is_silent` asks it; `IdleConnections` aborts it."""
    with Receiver() as server:
        async with aiohttp.ClientSession() as session:
            async with session.get(server.url) as response:
                connection = response.connection
                protocol = connection.protocol if connection is not None else None
                # Without a body the connection may be back already.
                protocols = [p for p, _ in next(iter(session.connector._conns.values()), [])]
                protocol = protocol or protocols[0]
            assert isinstance(protocol, ResponseHandler)
            assert (protocol.should_close, protocol.is_connected()) == (False, True)
            protocol.data_received(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nb")
            assert protocol.should_close
            protocol.abort()
            assert not protocol.is_connected()


def test_declaring_a_destination_starts_without_it() -> None:
    """It takes a fifth of a second to import, and commands are to answer soon."""
    code = "import sys, storepulse.destinations.table.changes; print('aiohttp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
