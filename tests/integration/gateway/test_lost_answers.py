"""The broker writes and its answers are lost: an event that may be there twice says so."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.world import kafka_of
from pydantic import SecretStr
from tests.integration.gateway.conftest import OPEN, changed
from tests.integration.gateway.own_broker import (
    IN_ONE_WORKER,
    NO_DATABASE,
    Sending,
    eventually_direct,
)
from tests.integration.gateway.test_spooling import copies, eventually_drained
from tests.integration.gateway.wire import CART, CART_BATCH, CLICK, HEATMAP, post
from tests.support.linked_kafka import LinkedKafka
from tests.support.links import Link
from tests.support.services import running

from storepulse.adapters.kafka import topics as topics_admin
from storepulse.adapters.settings import Settings
from storepulse.local import ports
from storepulse.local.servers import make_home, temporary_home

pytestmark = IN_ONE_WORKER

TIMEOUT_SECONDS = 4.0


@pytest.fixture
def linked() -> Iterator[tuple[Link, dict[str, object]]]:
    """To a broker that nobody reaches but through it, and the settings to reach it with."""
    home = temporary_home()
    make_home(home)
    kafka = LinkedKafka(Settings(home=home), ports.free_port(), os.environ)
    with Link(kafka.port) as link:
        kafka.advertised = f"{ports.LOOPBACK}:{link.port}"
        kafka.start()
        yield link, kafka_of(kafka.settings) | {"kafka_bootstrap_servers": kafka.advertised}
        kafka.stop()
    shutil.rmtree(home, ignore_errors=True)


def test_what_is_sent_again_after_anothers_time_out_is_called_spooled(
    linked: tuple[Link, dict[str, object]], tmp_path: Path
) -> None:
    """The cart batch is younger than the click and is acknowledged in the end, at the second time:
    when the click times out, librdkafka forgets what the broker knows of both."""
    link, kafka = linked
    settings = changed(
        Settings(),
        **OPEN,
        **kafka,
        database_url=SecretStr(NO_DATABASE),
        gateway_port=ports.free_port(),
        gateway_delivery_timeout_ms=int(TIMEOUT_SECONDS * 1000),
        gateway_spool_after_ms=60_000,
        home=tmp_path,
    )
    topics_admin.apply(settings)
    with running("gateway", settings):
        port = settings.gateway_port
        eventually_direct(port)
        post(port, HEATMAP, CLICK)
        post(port, CART_BATCH, {"events": [CART]})
        link.mute()
        click = Sending(port)
        time.sleep(TIMEOUT_SECONDS / 2)
        batch = Sending(port, CART_BATCH, {"events": [CART] * 10})
        assert click.result().headers["x-durability"] == "spooled"
        link.heal()
        answer = batch.result()
        eventually_drained(port)
    public = [result["data"]["id"] for result in answer.json["data"]["results"]]
    found = copies(settings, "cart", "public_id", public)
    assert len(found) == 10
    assert "x-durability" in answer.headers or set(found.values()) == {1}
