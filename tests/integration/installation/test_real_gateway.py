"""The key, its origins and a test event, as a real gateway answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.gateway.conftest import OPEN, changed
from tests.support.browser import Site, page
from tests.support.services import running
from tests.support.waiting import wait_until
from tests.support.world import World, open_world

from storepulse.access.keys import new_key, store_key
from storepulse.installation.check import check_page
from storepulse.installation.fetching import Fetcher
from storepulse.installation.finding import Finding
from storepulse.installation.served_checks import check_gateway, trial_event
from storepulse.installation.tag import ScriptTag
from storepulse.local import ports

STORE, OTHER = str(UUID(int=7)), str(UUID(int=8))
EVERYWHERE, NAMED, TIED = (new_key("publishable") for _ in range(3))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("doctor")) as opened:
        yield opened


@pytest.fixture(scope="module")
def gateway(world: World) -> Iterator[str]:
    """The gateway's address; it knows three keys."""
    own: list[tuple[str, dict[str, Any]]] = [
        (EVERYWHERE, {}), (NAMED, {"origins": ["https://shop.example"]}),
        (TIED, {"store_id": OTHER}),
    ]  # fmt: skip
    with world.connect() as connection:
        for key, more in own:
            store_key(connection, key, kind="publishable", scopes=["ingest"], **more)
    settings = changed(world.settings, **OPEN, gateway_port=ports.free_port())
    with running("gateway", settings) as service:
        with Fetcher() as fetcher:
            wait_until(
                lambda: (
                    "key" in {f.code for f in asked(fetcher, service.url, TIED) if f.level == "ok"}
                ),
                "keys are read",
                seconds=10,
            )
        yield service.url


def asked(
    fetcher: Fetcher, url: str, key: str, page_url: str = "https://shop.example/"
) -> list[Finding]:
    tag = ScriptTag(f"{url}/tracker.js", {"data-key": key, "data-store": STORE})

    def make() -> dict[str, Any]:
        return trial_event(tag, page_url, str(uuid4()), datetime.now(UTC))

    return list(check_gateway(tag, page_url, fetcher, make))


@contextmanager
def answers(url: str, key: str, page_url: str = "https://shop.example/") -> Iterator[Any]:
    with Fetcher() as fetcher:
        yield {f.code: (f.level, f.text) for f in asked(fetcher, url, key, page_url)}


def test_a_key_for_every_page_and_an_event(gateway: str) -> None:
    with answers(gateway, EVERYWHERE) as found:
        assert {code: level for code, (level, _) in found.items()} == {
            "key": "ok", "origins": "ok", "event": "ok",
        }  # fmt: skip
        assert "every origin" in found["origins"][1]


def test_a_key_for_named_origins(gateway: str) -> None:
    with answers(gateway, NAMED) as found:
        assert (found["key"][0], found["event"][0]) == ("ok", "ok")
        assert "named origins" in found["origins"][1]
    with answers(gateway, NAMED, "https://other.example/") as found:
        assert list(found) == ["origin"]


def test_unknown_keys_and_other_stores(gateway: str) -> None:
    with answers(gateway, "spk_nobody") as found:
        assert found["key"][0] == "fault"
    with answers(gateway, TIED) as found:
        assert (found["key"][0], found["event"][0]) == ("ok", "fault")
        assert "another store" in found["event"][1]


def test_a_page_is_checked_against_the_gateway(gateway: str, tmp_path: Path) -> None:
    html = (
        f'<script defer src="{gateway}/tracker.js" data-store="{STORE}"'
        f' data-key="{EVERYWHERE}"></script>'
    )
    with Site(lambda _: page(html)) as shop, Fetcher() as fetcher:
        found = {f.code: f.level for f in check_page(shop.url, fetcher, None)}
    assert (found["key"], found["csp"], found["event"]) == ("ok", "ok", "unknown")
