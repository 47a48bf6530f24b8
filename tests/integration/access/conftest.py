"""Gateway and query service in both set-ups, and a key of every kind: once, in one worker."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from tests.support.services import Service
from tests.support.world import World, open_world

from storepulse.access import keys
from storepulse.adapters.settings import Settings
from storepulse.local.ports import free_port

STORE = "11111111-1111-4111-8111-111111111111"
OTHER_STORE = "22222222-2222-4222-8222-222222222222"
SCOPES = ("ingest", "read", "ops", "admin")
#: Of the tests that use `stage`: four services take ten seconds of a core to start.
IN_ONE_WORKER = pytest.mark.xdist_group("access")


@dataclass
class Door:
    """One service of one set-up, spoken to over one connection that is kept."""

    port: int
    _connection: http.client.HTTPConnection | None = None

    def ask(
        self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the answer to a request whose target is sent as it is."""
        for attempt in (1, 2):
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            try:
                return self._ask(self._connection, method, target, headers or {}, body)
            except (http.client.HTTPException, OSError):
                self.close()
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def _ask(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        headers: dict[str, str],
        body: bytes,
    ) -> tuple[int, dict[str, str], bytes]:
        sent = {name.lower() for name in headers}
        connection.putrequest(method, target, skip_host="host" in sent, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body or method in ("POST", "PUT", "PATCH"):
            connection.putheader("Content-Length", str(len(body)))
            connection.putheader("Content-Type", "application/json")
        connection.endheaders(body or None)
        answer = connection.getresponse()
        received = {k.lower(): v for k, v in answer.getheaders()}
        if received.get("content-type", "").startswith("text/event-stream"):
            self.close()  # it ends when we leave
            return answer.status, received, b""
        return answer.status, received, answer.read()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass
class Stage:
    """What runs: doors by (set-up, service), keys by kind."""

    world: World
    doors: dict[tuple[str, str], Door] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)


def setting_up(world: World, name: str, **more: Any) -> Settings:
    given = {key: getattr(world.settings, key) for key in world.settings.model_fields_set}
    return Settings(
        **{
            **given,
            "gateway_port": free_port(),
            "query_port": free_port(),
            "rate_limits_enabled": False,
            "gateway_spool_dir": world.settings.home / f"spool-{name}",
            **more,
        }
    )


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_world(tmp_path_factory.mktemp("access")) as world, ExitStack() as stack:
        made = Stage(world, keys=_keys(world))
        started = []
        for name, required in (("loopback", None), ("required", True)):
            settings = setting_up(
                world, name, gateway_require_key=required, query_require_key=required
            )
            for service in ("query", "gateway"):
                running = Service(service, settings).start()
                stack.callback(running.stop)
                started.append(running)
                port = settings.query_port if service == "query" else settings.gateway_port
                door = made.doors[name, service] = Door(port)
                stack.callback(door.close)
        for running in started:
            running.wait_ready()
        yield made


def _keys(world: World) -> dict[str, str]:
    made = {}
    with world.connect() as connection:
        for scope in SCOPES:
            made[scope] = keys.new_key("secret")
            keys.store_key(connection, made[scope], kind="secret", scopes=[scope])
        made["publishable"] = keys.new_key("publishable")
        keys.store_key(connection, made["publishable"], kind="publishable", scopes=["ingest"])
        made["revoked"] = keys.new_key("secret")
        revoked = keys.store_key(connection, made["revoked"], kind="secret", scopes=list(SCOPES))
        assert keys.revoke(connection, revoked)
        made["other store"] = keys.new_key("secret")
        keys.store_key(
            connection, made["other store"], kind="secret", scopes=list(SCOPES),
            store_id=UUID(OTHER_STORE),
        )  # fmt: skip
        made["unknown"] = keys.new_key("secret")
    return made
