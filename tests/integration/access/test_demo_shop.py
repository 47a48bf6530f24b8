"""The demo shop's pages hold a key: they are for this machine, whatever the settings say."""

from __future__ import annotations

import httpx
import pytest
from tests.integration.access.conftest import IN_ONE_WORKER, Stage

from storepulse.access.rules.needs import LOCAL
from storepulse.access.rules.routes import DEMO_SHOP, QUERY
from storepulse.adapters.settings import Settings
from storepulse.gateway.endpoints import PASSING_GATEWAY
from storepulse.query.app import Unguarded, application, check_routes

#: What is served without asking anybody else: a file, and the bot's word to one who is not told of.
SERVED = (("GET", "/demo/files/shop.js", b""), ("POST", "/demo/api/chat", b'{"text":"hello"}'))
HERE = "http://127.0.0.1:8081"
NOT_FROM_HERE = [
    {"Host": "evil.example"},
    {"Host": "localhost.evil.example"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-Host": "localhost"},
    {"X-Real-IP": "203.0.113.9"},
    {"Forwarded": "for=127.0.0.1"},
    {"Via": "1.1 proxy"},
]


def client_of(settings: Settings, peer: str = "127.0.0.1") -> httpx.AsyncClient:
    """Speaks to a query service that has no servers behind it."""
    transport = httpx.ASGITransport(application(settings), client=(peer, 1))
    return httpx.AsyncClient(transport=transport, base_url=HERE)


def paths() -> list[tuple[str, str]]:
    return [(method, path.format(name="a", product="b", order="c")) for method, path in DEMO_SHOP]


@pytest.mark.parametrize("setting", [None, True, False])
async def test_it_is_open_here_whatever_is_said_of_keys(setting: bool | None) -> None:
    settings = Settings(demo_shop_enabled=True, query_require_key=setting)
    async with client_of(settings) as client:
        for method, path, body in SERVED:
            for headers in ({}, {"Origin": HERE}, {"Host": "localhost:8081"}):
                kind = {"Content-Type": "application/json"}
                answer = await client.request(method, path, content=body, headers=headers | kind)
                assert answer.status_code == 200, (path, headers, answer.text)


@pytest.mark.parametrize("setting", [None, True, False])
@pytest.mark.parametrize("headers", NOT_FROM_HERE, ids=str)
async def test_nobody_else_finds_it(setting: bool | None, headers: dict[str, str]) -> None:
    settings = Settings(demo_shop_enabled=True, query_require_key=setting)
    async with client_of(settings) as client:
        for method, path in paths():
            for asked in (method, "HEAD", "OPTIONS", "DELETE"):
                for key in ({}, {"X-Api-Key": "ssk_any"}):
                    answer = await client.request(asked, path, headers=headers | key)
                    assert answer.status_code == 404, (asked, path, key)
                    assert "allow" not in answer.headers


async def test_another_machine_does_not_find_it() -> None:
    settings = Settings(demo_shop_enabled=True, query_require_key=False)
    async with client_of(settings, peer="203.0.113.9") as client:
        for method, path in paths():
            assert (await client.request(method, path)).status_code == 404, path


@pytest.mark.parametrize("setting", [None, False])
async def test_it_is_not_there_where_it_is_off(setting: bool | None) -> None:
    async with client_of(Settings(demo_shop_enabled=setting)) as client:
        for method, path in paths():
            assert (await client.request(method, path)).status_code == 404, path


def test_each_of_its_routes_is_for_this_machine_alone() -> None:
    app = application(Settings(demo_shop_enabled=True))
    assert set(DEMO_SHOP.values()) == {LOCAL}
    for left_out in DEMO_SHOP:
        table = {route: need for route, need in DEMO_SHOP.items() if route != left_out}
        with pytest.raises(Unguarded, match="is not in the table"):
            check_routes(app, {**QUERY, **table})


def test_the_gateway_does_not_pass_it_on() -> None:
    assert not [path for _, path in PASSING_GATEWAY if path.startswith("/demo")]


class TestRunning:
    """Services as they run."""

    pytestmark = IN_ONE_WORKER

    def test_no_door_leads_there(self, stage: Stage) -> None:
        for setup, service in stage.doors:
            for method, path in paths():
                for key in ({}, {"X-Api-Key": stage.keys["admin"]}):
                    status, _, _ = stage.doors[setup, service].ask(method, path, key)
                    assert status == 404, (setup, service, path)
