"""Figures of a store's bot, its users in every order, and the timeline of a chat."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import uuid4

import pytest
from tests.integration.query.conftest import Reads

from storepulse.query.bots import Sort

BEGIN = datetime(2026, 3, 1, 8, tzinfo=UTC)
USERS = "/api/analytics/users"
STATS = "/api/analytics/stats"


def user(store: str, number: int, rng: random.Random) -> dict[str, Any]:
    first = BEGIN + timedelta(milliseconds=rng.randrange(5_000))
    said, answered = rng.randrange(3), rng.randrange(3)
    return {
        "store_id": store, "client_id": str(number), "first_seen": first,
        "last_seen": first + timedelta(microseconds=rng.randrange(4_000)),
        "events": rng.randrange(4), "messages": said + answered, "user_messages": said,
        "ai_messages": answered, "images": rng.randrange(3), "premium_actions": rng.randrange(2),
        "persona": rng.choice(("", "Stylist", "Ärztin", "\U0001f600" * 255)), "persona_word": "",
        "story": rng.choice(("", "autumn", "\x01" * 255)), "story_word": "",
    }  # fmt: skip


def event(store: str, number: int, **fields: Any) -> dict[str, Any]:
    at = BEGIN + timedelta(seconds=number)
    return {
        "event_id": uuid4(), "store_id": store, "session_id": "chat-42", "correlation_id": "c",
        "occurred_at": at, "received_at": at, "event_type": "user_message", "client_id": "42",
        "text": f"text {number}", "is_image_inline": False, "source": "bot", "is_bot": False,
        "consent_analytics": "unknown", "consent_marketing": "unknown",
    } | fields  # fmt: skip


def walk(reads: Reads, path: str, limit: int, **query: Any) -> list[dict[str, Any]]:
    """All entries of a list, page by page."""
    entries: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        page = reads.read(path, limit=limit, **query, **cursor)
        assert len(page["data"]) == limit or page["next_cursor"] is None
        entries += page["data"]
        if page["next_cursor"] is None:
            return entries
        cursor = {"cursor": page["next_cursor"]}


def test_users_are_sorted_by_each_column_page_by_page(reads: Reads, store: str) -> None:
    rng = random.Random(7)
    numbers = rng.sample(range(-500, 500), 41)
    rows = [user(store, number, rng) for number in numbers]
    reads.insert("bot_users", *rows)
    reads.insert("bot_users", user(str(uuid4()), 1, rng))
    for column in get_args(Sort):
        for order in ("asc", "desc"):
            found = walk(reads, USERS, 7, store_id=store, sort=column, order=order)
            wanted = sorted(
                rows, key=lambda r: (r[column], r["client_id"]), reverse=order == "desc"
            )
            ids = [one["client_id"] for one in found]
            assert ids == [row["client_id"] for row in wanted], (column, order)
    page = reads.read(USERS, store_id=store, limit=3)
    assert (page["total"], page["more"]) == (41, False)
    newest = max(rows, key=lambda r: (r["last_seen"], r["client_id"]))
    assert page["data"][0]["client_id"] == newest["client_id"]
    assert page["data"][0]["persona"] == (newest["persona"] or None)
    assert page["data"][0]["messages"] == newest["messages"]


def test_users_are_found_by_the_beginning_of_their_id(reads: Reads, store: str) -> None:
    rng = random.Random(8)
    reads.insert("bot_users", *(user(store, n, rng) for n in (1, 12, 123, 2, 21, -12, -1001)))

    def found(search: str, **more: Any) -> list[str]:
        page = reads.read(USERS, store_id=store, search=search, sort="client_id", **more)
        assert page["total"] == len(page["data"])
        return [one["client_id"] for one in page["data"]]

    assert found("12", order="asc") == ["12", "123"]
    assert found("-1") == ["-12", "-1001"]
    assert found("-", order="asc") == ["-1001", "-12"]
    assert found("9") == []
    for wrong in ("x", "1%", "007", "--1", "9" * 20):
        answer = reads.get(USERS, store_id=store, search=wrong)
        assert (answer.status_code, answer.json()["details"]["field"]) == (400, "search"), wrong


def test_a_cursor_of_another_order_is_refused(reads: Reads, store: str) -> None:
    rng = random.Random(9)
    reads.insert("bot_users", *(user(store, n, rng) for n in range(4)))
    cursor = reads.read(USERS, store_id=store, sort="events", limit=2)["next_cursor"]
    for query in ({"sort": "images"}, {"sort": "events", "order": "asc"}, {"sort": "persona"}):
        answer = reads.get(USERS, store_id=store, cursor=cursor, **query)
        assert (answer.status_code, answer.json()["details"]["field"]) == (400, "cursor")


def test_a_chat_is_told_in_order_while_events_come_in(reads: Reads, store: str) -> None:
    path = f"{USERS}/42/events"
    rows = [event(store, number // 3) for number in range(20)]  # three of a moment
    reads.insert("tg_analytics_events", *rows)
    reads.insert(
        "tg_analytics_events", event(store, 1, client_id="-42"), event(store, 2, is_bot=True),
        event(str(uuid4()), 1),
    )  # fmt: skip
    rows.sort(key=lambda r: (r["occurred_at"], r["event_id"]))
    ids = [str(row["event_id"]) for row in rows]
    for order in ("asc", "desc"):
        found = [one["event_id"] for one in walk(reads, path, 3, store_id=store, order=order)]
        assert found == (ids if order == "asc" else ids[::-1])
    first = reads.read(path, store_id=store, limit=8)
    late, new = event(store, 0), event(store, 99)
    reads.insert("tg_analytics_events", late, new)
    rest = reads.read(path, store_id=store, limit=50, cursor=first["next_cursor"])
    assert [one["event_id"] for one in rest["data"]] == [*ids[8:], str(new["event_id"])]
    bots = reads.read(path, store_id=store, limit=50, include_bots="true")
    assert len(bots["data"]) == 23


def test_a_chat_shows_its_images_and_where_they_are_kept(reads: Reads, store: str) -> None:
    url = "https://cdn.example/1.png"
    linked = event(store, 1, event_type="image_generated", image_url=url)
    inline = event(store, 2, event_type="image_refresh", is_image_inline=True)
    said = event(store, 3, event_type="ai_message")
    reads.insert("tg_analytics_events", linked, inline, said)
    kept = {
        "store_id": store, "stream": "bot", "field": "image_url", "source_url": url,
        "media_type": "image/png", "bytes": 1, "archived_at": BEGIN,
    }  # fmt: skip
    path = f"{USERS}/42/events"
    before = reads.read(path, store_id=store)["data"]
    assert [one["archived_url"] for one in before] == [None, None, None]
    reads.insert(
        "archived_images",
        kept | {"event_id": linked["event_id"], "archived_url": "https://kept.example/1"},
        kept | {"event_id": inline["event_id"], "archived_url": "https://kept.example/2"},
        kept | {"event_id": said["event_id"], "archived_url": "/other", "stream": "activity"},
    )
    shown = reads.read(path, store_id=store, types="image_generated,image_refresh,ai_message")
    assert [
        (one["image_url"], one["is_image_inline"], one["archived_url"]) for one in shown["data"]
    ] == [(url, False, "https://kept.example/1"), (None, True, "https://kept.example/2"),
          (None, False, None)]  # fmt: skip
    only = reads.read(path, store_id=store, types="ai_message")
    assert [one["text"] for one in only["data"]] == ["text 3"]


def test_a_chat_without_events_is_empty(reads: Reads, store: str) -> None:
    answer = reads.read(f"{USERS}/-9223372036854775808/events", store_id=store)
    assert (answer["user"], answer["data"], answer["next_cursor"]) == (None, [], None)


@pytest.mark.parametrize("client", ["007", "1.0", "x", "9223372036854775808", "+1", "-0", "1%20"])
def test_what_is_no_chat_is_refused(reads: Reads, store: str, client: str) -> None:
    answer = reads.get(f"{USERS}/{client}/events", store_id=store)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "client_id")


@pytest.mark.parametrize("types", ["", "user_message,", "UserMessage", "user_message;ai_message"])
def test_unknown_types_are_refused(reads: Reads, store: str, types: str) -> None:
    answer = reads.get(f"{USERS}/42/events", store_id=store, types=types)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "types")


def test_stats_in_total_by_type_by_time_and_of_choices(reads: Reads, store: str) -> None:
    def hour(at: str, kind: str, events: int, *, is_bot: bool = False) -> dict[str, Any]:
        return {"store_id": store, "day": at[:10], "hour": at, "event_type": kind,
                "is_bot": is_bot, "events": events}  # fmt: skip

    reads.insert(
        "bot_hourly", hour("2026-03-01 22:00Z", "user_message", 3),
        hour("2026-03-01 23:00Z", "ai_message", 2), hour("2026-03-02 00:00Z", "user_message", 1),
        hour("2026-03-02 00:00Z", "image_generated", 4),
        hour("2026-03-02 00:00Z", "premium_action", 1, is_bot=True),
    )  # fmt: skip
    reads.insert(
        "bot_users_daily",
        *({"store_id": store, "day": day, "client_id": client}
          for day, client in (("2026-03-01", "1"), ("2026-03-01", "2"), ("2026-03-02", "1"))),
    )  # fmt: skip
    rng = random.Random(3)
    reads.insert(
        "bot_users",
        user(store, 1, rng) | {"first_seen": datetime(2026, 2, 1, tzinfo=UTC)},
        user(store, 2, rng) | {"first_seen": datetime(2026, 3, 1, 22, tzinfo=UTC)},
    )

    def chosen(day: str, kind: str, name: str, events: int, selections: int) -> dict[str, Any]:
        return {"store_id": store, "day": day, "kind": kind, "name": name, "events": events,
                "selections": selections}  # fmt: skip

    reads.insert(
        "bot_choices_daily", chosen("2026-03-01", "persona", "Stylist", 2, 1),
        chosen("2026-03-02", "persona", "Stylist", 2, 0),
        chosen("2026-03-01", "persona", "Muse", 3, 1),
        chosen("2026-03-01", "story", "autumn", 1, 0),
    )  # fmt: skip

    period = {"store_id": store, "from_": "2026-03-01", "to": "2026-03-03"}
    data = reads.read(STATS, **period)["data"]
    assert data["totals"] == {
        "events": 10, "messages": 6, "user_messages": 4, "ai_messages": 2, "images": 4,
        "premium_actions": 0, "users": 2, "new_users": 1,
    }  # fmt: skip
    assert [(one["type"], one["events"]) for one in data["by_type"]] == [
        ("image_generated", 4), ("user_message", 4), ("ai_message", 2),
    ]  # fmt: skip
    assert [(one["at"][:10], one["users"], one["events"]) for one in data["by_time"]] == [
        ("2026-03-01", 2, 5), ("2026-03-02", 1, 5),
    ]  # fmt: skip
    hours = reads.read(STATS, interval="hour", **period)["data"]["by_time"]
    assert [(one["at"], one["users"], one["user_messages"]) for one in hours] == [
        ("2026-03-01T22:00:00.000Z", None, 3), ("2026-03-01T23:00:00.000Z", None, 0),
        ("2026-03-02T00:00:00.000Z", None, 1),
    ]  # fmt: skip
    assert data["personas"] == [
        {"name": "Stylist", "events": 4, "selections": 1},
        {"name": "Muse", "events": 3, "selections": 1},
    ]
    assert data["stories"] == [{"name": "autumn", "events": 1, "selections": 0}]
    one_day = reads.read(
        STATS, store_id=store, from_="2026-03-02", to="2026-03-03", limit=1, include_bots="true",
        compare="previous_period",
    )  # fmt: skip
    assert one_day["data"]["totals"]["premium_actions"] == 1
    assert one_day["data"]["totals"]["users"] == 1
    assert [one["name"] for one in one_day["data"]["personas"]] == ["Stylist"]
    assert one_day["comparison"]["totals"]["messages"] == 5
    assert one_day["comparison"]["totals"]["new_users"] == 1


def test_another_zone_than_the_stores_is_refused(reads: Reads, store: str) -> None:
    answer = reads.get(STATS, store_id=store, tz="Europe/Berlin")
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "tz")
