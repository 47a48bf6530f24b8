"""Who may ask agents and delivery for readiness and metrics, and what else they take."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from storepulse.access.keys import ApiKey, hash_of
from storepulse.adapters.server_state import kafka_state
from storepulse.adapters.settings import Settings
from storepulse.domain.errors import Misconfigured
from storepulse.slices.halts import Halts
from storepulse.slices.watching import health
from storepulse.slices.watching.database_probe import database_probe

APP: Any = SimpleNamespace(started=True, rebalancing=False, consumer_generation_id=7)
READ, STORE_READ, OPS = "ssk_read", "ssk_store", "ssk_ops"


def key(text: str, scope: str, *, store: bool = False) -> ApiKey:
    fields: dict[str, Any] = dict.fromkeys(ApiKey.__dataclass_fields__)
    fields |= {"key_id": uuid4(), "kind": "secret", "key_hash": hash_of(text), "scopes": [scope],
               "origins": [], "revoked": False, "store_id": uuid4() if store else None}  # fmt: skip
    return ApiKey(**fields)


class Keys(health.KeyLookup):
    """PostgreSQL has three."""

    def read(self, key_hash: bytes) -> ApiKey | None:
        stored = [key(READ, "read"), key(STORE_READ, "read", store=True), key(OPS, "ops")]
        return next((one for one in stored if one.key_hash == key_hash), None)


@asynccontextmanager
async def served(monkeypatch: pytest.MonkeyPatch, **settings: object) -> AsyncIterator[int]:
    monkeypatch.setattr(health, "KeyLookup", Keys)
    sock = socket.create_server(("127.0.0.1", 0))
    values = Settings(**settings)  # type: ignore[arg-type]
    stop, database = asyncio.Event(), database_probe("")  # which asks nobody yet
    facts = health.Facts("agents", APP, Halts(), kafka_state(), database, tuple)
    serving = asyncio.create_task(
        health.serve_health(values, "agents", health.health_app(facts), sock, stop)
    )
    yield sock.getsockname()[1]
    stop.set()
    await serving


async def status(port: int, path: str, *lines: str, host: str = "127.0.0.1") -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {host}", *lines, "Connection: close"])
    writer.write((head + "\r\n\r\n").encode())
    answer = await reader.read()
    writer.close()
    return int(answer.split(b" ")[1])


async def test_this_machine_asks_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(monkeypatch) as port:
        assert [await status(port, path) for path in health.NEEDS] == [200, 200, 200]
        assert await status(port, "/nowhere") == 404
        assert await status(port, "//metrics") == 404


@pytest.mark.parametrize(
    ("lines", "host"),
    [((), "metrics.example"), (("X-Forwarded-For: 203.0.113.9",), "127.0.0.1"),
     (("Via: 1.1 proxy",), "localhost")],
)  # fmt: skip
async def test_others_show_a_key(
    monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...], host: str
) -> None:
    async with served(monkeypatch) as port:

        async def ask(path: str, sent: str = "") -> int:
            shown = (f"Authorization: Bearer {sent}",) if sent else ()
            return await status(port, path, *lines, *shown, host=host)

        assert [await ask(path) for path in health.NEEDS] == [200, 401, 401]
        assert [await ask(path, READ) for path in health.NEEDS] == [200, 200, 200]
        assert [await ask(path, OPS) for path in health.NEEDS] == [200, 200, 403]
        assert [await ask(path, STORE_READ) for path in health.NEEDS] == [200, 200, 403]
        assert [await ask(path, "ssk_guessed") for path in health.NEEDS] == [200, 401, 401]


@pytest.mark.parametrize(("setting", "wanted"), [(True, 401), (False, 200)])
async def test_a_setting_decides_for_all(
    monkeypatch: pytest.MonkeyPatch, setting: bool, wanted: int
) -> None:
    async with served(monkeypatch, query_require_key=setting) as port:
        assert await status(port, "/metrics") == wanted
        assert await status(port, "/metrics", host="metrics.example") == wanted


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        member: Any = SimpleNamespace(process="delivery", host="127.0.0.1", port=port)
        with pytest.raises(Misconfigured, match="STOREPULSE_DELIVERY_PORT"):
            health.listen_for(member)
