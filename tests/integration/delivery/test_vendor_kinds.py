"""Vendors' destinations through the queue: what arrives, what is kept, what stands alone."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.delivery.line import RECEIVED_AT, Line
from tests.support.http_messages import Reply
from tests.support.ingest_records import NOW_MS, STORE, event_id
from tests.support.receiver import Receiver, refusing_url
from tests.support.vendors import Cloudflare, Google, Meta

from storepulse.adapters import metrics

#: What queued events must be young enough for, whatever the day of the test.
NOW = RECEIVED_AT + timedelta(minutes=1)
PNG = b"\x89PNG\r\n\x1a\n" + b"png" * 50
RETRIES = {"retry_seconds": (0.1, 0.1, 0.1)}


def begin(line: Line) -> None:
    line.clock.ahead = NOW - datetime.now(UTC)


def failures(line: Line) -> dict[str, str]:
    rows = line.rows(
        "SELECT event_id::text, last_error FROM deliveries WHERE status IN ('failed', 'skipped')"
    )
    return {event: error for event, error in rows}  # noqa: C416 - pairs, for mypy


async def test_google_gets_each_event_once_although_a_batch_failed_half_way(line: Line) -> None:
    begin(line)
    google = Google(NOW)
    google.fail_next = [204, 204, 503, 204, 500]
    with Receiver(google) as server:
        destination = line.destination(
            "ga", "", kind="ga4", streams=frozenset({"activity"}),
            batch_events=25, secrets={"api_secret": ["secret"]},
            config={"measurement_id": "G-ABC123", "endpoint": server.url}, **RETRIES,
        )  # fmt: skip
        ids: list[str] = []
        for n in range(8):
            ids += line.queue(destination, [n], session_id=f"s-{n}")
        async with line.process():
            await line.wait_for(lambda: line.statuses(destination) == {"sent": 8}, "sent")
    kept = [event["params"]["event_id"] for _, event in google.kept]
    assert sorted(kept) == sorted(ids)


async def test_what_meta_must_not_get_is_skipped_and_what_it_dislikes_fails(line: Line) -> None:
    begin(line)
    meta = Meta(NOW)
    with Receiver(meta) as server:
        destination = line.destination(
            "left-out", "", kind="meta_capi", streams=frozenset({"activity"}),
            batch_events=50, secrets={"access_token": ["token"]},
            config={"pixel_id": meta.pixel, "endpoint": f"{server.url}/v23.0"}, **RETRIES,
        )  # fmt: skip
        granted: dict[str, Any] = {"consent_marketing": "granted", "visitor_id": "v-1"}
        fresh = line.queue(destination, range(5), **granted)
        line.queue(destination, [5], **granted, occurred_at=NOW_MS - 8 * 86_400_000)
        line.queue(destination, [6])
        forbidden = {**granted, "product_name": "forbidden", "product_id": "p"}
        line.queue(destination, [7], **forbidden)
        async with line.process():
            await line.wait_for(
                lambda: line.statuses(destination) == {"sent": 5, "failed": 1, "skipped": 2},
                "settled",
            )
    assert sorted(event for _, event in meta.kept) == sorted(fresh)
    why = failures(line)
    assert "7 days" in why[event_id(5)]
    assert why[event_id(6)] == "consent to marketing is unknown"
    assert "Meta dislikes this event" in why[event_id(7)]
    # Who gave no consent is left out, and so is what is too old: there is nothing to be mended.
    assert line.rows("SELECT event_id::text FROM dead_letters") == [(event_id(7),)]
    counted = {
        outcome: metrics.REGISTRY.get_sample_value(
            "storepulse_deliveries_total", {"destination": "left-out", "outcome": outcome}
        )
        for outcome in ("sent", "failed", "skipped")
    }
    assert counted == {"sent": 5, "failed": 1, "skipped": 2}


async def test_archived_images_stand_in_their_table(line: Line) -> None:
    begin(line)
    cloudflare = Cloudflare()
    cloudflare.fail_next = [Reply(429, b"", {"retry-after": "0"})]
    with (
        Receiver(lambda r: Reply(200, PNG) if r.path == "/a" else Reply(404)) as host,
        Receiver(cloudflare) as server,
    ):
        link = {"metadata": json.dumps({"image_url": f"{host.url}/a"})}
        dead = {"metadata": json.dumps({"image_url": f"{host.url}/gone"})}
        folder = line.destination(
            "folder", "", kind="image_archive", config={"folder": "crm"}, secrets={}
        )
        account = line.destination(
            "cdn", "", kind="image_archive", secrets={"api_token": ["token"]},
            config={"account_id": cloudflare.account, "endpoint": f"{server.url}/client/v4"},
            **RETRIES,
        )  # fmt: skip
        line.queue(folder, [1], **link)
        line.queue(folder, [2], **dead)
        line.queue(folder, [4])
        line.queue(account, [3], **link)
        async with line.process():
            await line.wait_for(
                lambda: line.statuses(folder) == {"sent": 1, "failed": 1, "skipped": 1}, "kept"
            )
            await line.wait_for(lambda: line.statuses(account) == {"sent": 1}, "uploaded")
    rows = line.rows(
        "SELECT store_id::text, event_id::text, field, source_url, media_type, bytes, archived_url"
        " FROM archived_images"
    )
    by_event = {row[1]: row for row in rows}
    assert set(by_event) == {event_id(1), event_id(3)}
    plain = (STORE, event_id(1), "image_url", f"{host.url}/a", "image/png", len(PNG))
    assert by_event[event_id(1)][:6] == plain
    kept_in = line.world.settings.home / "images" / "crm"
    assert by_event[event_id(1)][6].startswith(kept_in.absolute().as_uri())
    assert by_event[event_id(3)][6].startswith("https://imagedelivery.net/")
    assert "status 404" in failures(line)[event_id(2)]
    assert failures(line)[event_id(4)] == "has no image"


async def test_images_of_bots_are_archived_by_link_and_from_the_event(line: Line) -> None:
    begin(line)
    inline = f"data:image/png;base64,{base64.b64encode(PNG + b'inline').decode()}"
    with Receiver(lambda _: Reply(200, PNG)) as host:
        folder = line.destination("folder", "", kind="image_archive", config={}, secrets={})
        told = {"stream": "bot", "event_type": "image_generated"}
        line.queue(folder, [1], **told, image_url=f"{host.url}/a")
        line.queue(folder, [2], **told, image_url=inline)
        line.queue(folder, [3], stream="bot", event_type="user_message", text="no image")
        async with line.process():
            await line.wait_for(
                lambda: line.statuses(folder) == {"sent": 2, "skipped": 1}, "archived"
            )
    assert line.rows(
        "SELECT event_id::text, stream, field, source_url FROM archived_images ORDER BY source_url"
    ) == [
        (event_id(2), "bot", "image_url", ""),
        (event_id(1), "bot", "image_url", f"{host.url}/a"),
    ]


async def test_a_dead_host_of_images_is_no_fault_of_the_destination(line: Line) -> None:
    """Its events run out of retries; other stores' images are kept, and no breaker opens."""
    begin(line)
    with refusing_url() as dead, Receiver(lambda _: Reply(200, PNG)) as host:
        folder = line.destination(
            "folder", "", kind="image_archive", config={}, secrets={}, retry_seconds=(0.1, 0.1),
            max_in_flight=2,
        )  # fmt: skip
        for n in range(30):
            line.queue(folder, [n], metadata=json.dumps({"image_url": f"{dead}/{n}"}))
        line.queue(folder, [100], metadata=json.dumps({"image_url": f"{host.url}/a"}))
        async with line.process():
            await line.wait_for(
                lambda: line.statuses(folder) == {"failed": 30, "sent": 1}, "settled"
            )
    assert line.value("SELECT max(state) FROM destination_breakers") in (None, "closed")
    assert line.value("SELECT count(*) FROM dead_letters") == 30
    assert "retries exhausted: image_url: cannot be fetched" in failures(line)[event_id(0)]


async def test_a_version_that_metas_api_has_ended_loses_nothing(line: Line) -> None:
    begin(line)
    meta = Meta(NOW)
    ended = {"error": {"code": 2635, "message": "You are calling a deprecated version"}}
    with Receiver(lambda _: Reply(400, ended)) as server:
        destination = line.destination(
            "meta", "", kind="meta_capi", streams=frozenset({"activity"}), batch_events=4,
            secrets={"access_token": ["token"]},
            config={"pixel_id": meta.pixel, "endpoint": f"{server.url}/v23.0"},
            retry_seconds=(0.1,),
        )  # fmt: skip
        line.queue(destination, range(12), consent_marketing="granted", visitor_id="v-1")
        async with line.process():
            await line.wait_for(
                lambda: "2635" in str(line.value(
                    "SELECT max(account_fault) FROM destination_breakers")), "said",
            )  # fmt: skip
            await line.wait_for(lambda: len(server.requests) >= 9, "beyond the schedule")
            assert line.statuses(destination) == {"pending": 12}
            server.answer = meta
            line.clock.move(60)
            await line.wait_for(lambda: line.statuses(destination) == {"sent": 12}, "sent")
    assert line.value("SELECT count(*) FROM dead_letters") == 0
