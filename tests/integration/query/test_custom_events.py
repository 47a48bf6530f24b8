"""Custom events by name and day, their properties, and rows found by properties."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.query.conftest import Reads

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.domain.event_names import event_name_of
from storepulse.query import properties

NAMES = "/api/custom-events"
DAYS = "/api/custom-events/days"
PROPERTIES = "/api/custom-events/properties"
ACTIVITY = "/api/customer-activity"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def named(store: str, name: str, events: int, day: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "store_id": store, "day": f"2026-03-{day:02}", "stream": "activity", "is_bot": False,
        "name": name, "name_hash": sha256(name.encode()).digest(), "events": events, **more,
    }  # fmt: skip


def custom(store: str, said: dict[str, Any] | None, after: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "event_id": str(uuid4()), "store_id": store, "session_id": "s-1", "visitor_id": "v-1",
        "correlation_id": "c-1", "occurred_at": NOON + timedelta(seconds=after),
        "received_at": NOON, "activity_type": "custom", "name": "signup", "source": "tracker",
        "consent_analytics": "granted", "consent_marketing": "unknown", "is_bot": False,
        "metadata": None if said is None else json.dumps(said), **more,
    }  # fmt: skip


def told(answer: Any) -> list[tuple[str | None, int]]:
    return [(one["name"], one["events"]) for one in answer["data"]]


def insert_names(reads: Reads, store: str) -> None:
    reads.insert(
        "custom_events_daily", named(store, "signup", 3), named(store, "signup", 4, 2),
        named(store, "signup", 2, 2, stream="landing"), named(store, "お気に入り追加", 5),
        named(store, "お気に入り削除", 5, 2), named(store, "", 1), named(store, "/a/b?c", 2),
        named(store, "signup", 90, is_bot=True), named(store, "Signup", 8, 9),
    )  # fmt: skip


def test_names_come_by_their_events(reads: Reads, store: str) -> None:
    insert_names(reads, store)
    answer = reads.read(NAMES, store_id=store, to="2026-03-03")
    assert told(answer) == [
        ("signup", 9), ("お気に入り削除", 5), ("お気に入り追加", 5), ("/a/b?c", 2), (None, 1),
    ]  # fmt: skip
    assert answer["totals"] == {"events": 22}
    assert (answer["total"], answer["more"], answer["next_cursor"]) == (5, False, None)
    assert answer["comparison"] is None
    assert answer["data"][0]["earlier_events"] is None
    with_bots = reads.read(NAMES, store_id=store, to="2026-03-03", include_bots="true", limit=1)
    assert told(with_bots) == [("signup", 99)]
    assert told(reads.read(NAMES, store_id=store, stream="landing")) == [("signup", 2)]
    nothing = reads.read(NAMES, store_id=str(uuid4()))
    assert (nothing["data"], nothing["totals"], nothing["total"]) == ([], {"events": 0}, 0)


def test_names_are_searched_in_any_case_and_form(reads: Reads, store: str) -> None:
    insert_names(reads, store)
    reads.insert("custom_events_daily", named(store, "caf\u00e9 found", 1), named(store, "10%", 1))
    found = reads.read(NAMES, store_id=store, search="SIGN")
    assert told(found) == [("signup", 9), ("Signup", 8)]
    assert found["totals"] == {"events": 17}
    assert told(reads.read(NAMES, store_id=store, search="cafe\u0301")) == [("caf\u00e9 found", 1)]
    assert told(reads.read(NAMES, store_id=store, search="入り追")) == [("お気に入り追加", 5)]
    assert told(reads.read(NAMES, store_id=store, search="%")) == [("10%", 1)]


@pytest.mark.parametrize("sort", ["events", "name"])
def test_pages_of_names_lose_and_repeat_nothing(reads: Reads, store: str, sort: str) -> None:
    insert_names(reads, store)
    long = "名" * 255
    reads.insert("custom_events_daily", named(store, long, 5), named(store, "z" + long[1:], 5))
    whole = told(reads.read(NAMES, store_id=store, sort=sort))
    if sort == "name":
        assert whole == sorted(whole, key=lambda one: (one[0] or "").encode())
    seen, cursor = [], {}
    while True:
        page = reads.read(NAMES, store_id=store, sort=sort, limit=1, **cursor)
        assert page["total"] == len(whole) == 8
        seen += told(page)
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == whole
    refused = reads.get(NAMES, store_id=store, sort="name", cursor="WyJ4Il0")
    assert (refused.status_code, refused.json()["details"]["field"]) == (400, "cursor")


def test_names_stand_beside_those_of_an_earlier_period(reads: Reads, store: str) -> None:
    insert_names(reads, store)
    answer = reads.read(
        NAMES, store_id=store, from_="2026-03-02", to="2026-03-03", compare="previous_period"
    )
    earlier = [(one["name"], one["events"], one["earlier_events"]) for one in answer["data"]]
    assert earlier == [("signup", 6, 3), ("お気に入り削除", 5, 0)]
    assert answer["comparison"]["totals"] == {"events": 11}
    assert answer["comparison"]["to"] == "2026-03-02T00:00:00.000Z"


def test_a_name_by_day(reads: Reads, store: str) -> None:
    insert_names(reads, store)
    answer = reads.read(DAYS, store_id=store, name=" signup ")
    assert answer["name"] == "signup"
    assert answer["series"] == [
        {"day": "2026-03-01", "events": 3, "complete": True},
        {"day": "2026-03-02", "events": 6, "complete": True},
    ]
    assert answer["totals"] == {"events": 9}
    assert reads.read(DAYS, store_id=store, name="/a/b?c")["totals"] == {"events": 2}
    compared = reads.read(
        DAYS, store_id=store, name="signup", from_="2026-03-02", to="2026-03-03",
        compare="previous_period", stream="activity",
    )  # fmt: skip
    assert (compared["totals"]["events"], compared["comparison"]["totals"]["events"]) == (4, 3)
    for name in ("", "x" * 256, "a\0b"):
        assert reads.get(DAYS, store_id=store, name=name).status_code == 400


def test_properties_of_a_name(reads: Reads, store: str) -> None:
    reads.insert(
        "customer_activity",
        custom(store, {"plan": "pro", "step": 2, "note": "x" * 300}),
        custom(store, {"plan": "pro", "step": None}, 1),
        custom(store, {"plan": ["a"], "</script>": True, "k" * 256: 1}, 2),
        custom(store, None, 3),
        custom(store, {"plan": "robot"}, 4, is_bot=True),
        custom(store, {"other": 1}, 5, name="wish"),
    )
    answer = reads.read(PROPERTIES, store_id=store, name="signup")
    assert (answer["looked_at"], answer["total"]) == (4, 4)
    assert answer["data"] == [
        {"key": "plan", "events": 3, "types": ["array", "string"], "values": [
            {"value": "pro", "events": 2}, {"value": '["a"]', "events": 1}]},
        {"key": "step", "events": 2, "types": ["null", "number"], "values": [
            {"value": "2", "events": 1}, {"value": None, "events": 1}]},
        {"key": "</script>", "events": 1, "types": ["boolean"], "values": [
            {"value": "true", "events": 1}]},
        {"key": "note", "events": 1, "types": ["string"], "values": [
            {"value": "x" * 200, "events": 1}]},
    ]  # fmt: skip
    none = reads.read(PROPERTIES, store_id=store, name="never")
    assert (none["looked_at"], none["total"], none["data"]) == (0, 0, [])
    later = reads.read(PROPERTIES, store_id=store, name="signup", from_="2026-03-01T12:00:02Z")
    assert later["looked_at"] == 2


#: Spellings that count as one name, and the name.
SPELLINGS = (
    ("caf\u00e9 found", "cafe\u0301  found ", "\u3000caf\u00e9\u00a0\tfound\n"),
    "caf\u00e9 found",
)


def test_a_name_is_found_in_any_spelling_that_counts_as_it(reads: Reads, store: str) -> None:
    spellings, counted = SPELLINGS
    for at, spelling in enumerate(spellings):
        reads.insert("customer_activity", custom(store, {"plan": "pro"}, at, name=spelling))
    reads.insert("customer_activity", custom(store, {"plan": "pro"}, 9, name="Caf\u00e9 found"))
    for asked in (*spellings, counted):
        told = reads.read(PROPERTIES, store_id=store, name=asked)
        assert told["looked_at"] == len(spellings)
        for more in ({}, {"property.plan": "pro"}):
            rows = reads.read(ACTIVITY, store_id=store, name=asked, **more)["data"]
            assert {row["name"] for row in rows} == set(spellings)


def test_the_database_counts_names_as_the_agents_do(reads: Reads) -> None:
    texts = [f"a{chr(code)}{chr(code)} b" for code in range(1, 0x3100)]
    texts += ["", "  ", "x" * 300, "x" * 254 + "  y", " e\u0301" * 200, "👗 \u200b", "ﬁ ½ Å"]
    with reads.world.connect() as connection:
        cursor = connection.execute("SELECT counted_name(t) FROM unnest(%s::text[]) AS t", (texts,))
        stored = [name for (name,) in cursor]
    pairs = zip(texts, stored, strict=True)
    assert [(text, name) for text, name in pairs if name != event_name_of(text)] == []


def test_rows_of_a_name_are_read_by_the_index(reads: Reads, searched: str) -> None:
    statement = named_sql("query/custom_events")["properties_of_name"]
    asked = {
        "store_id": searched, "name": "signup", "start": None, "end": None, "include_bots": True,
        "newest": 10, "characters": 10, "key_characters": 10, "values": 1, "count": 1,
    }  # fmt: skip
    with reads.world.connect() as connection:
        connection.execute("ANALYZE customer_activity")
        rows = connection.execute(b"EXPLAIN " + statement, asked).fetchall()
    plan = "\n".join(line for (line,) in rows)
    # The function's own words: it is inlined.
    condition = plan.partition("Index Cond")[2].partition("\n")[0]
    assert "regexp_replace" in condition


def found(reads: Reads, store: str, wanted: dict[str, str], **more: Any) -> Any:
    asked = {f"property.{key}": value for key, value in wanted.items()}
    return reads.read(ACTIVITY, store_id=store, **({"name": "signup"} | asked | more))


def test_rows_are_found_by_their_properties(reads: Reads, store: str) -> None:
    rows = [
        custom(store, {"plan": "pro", "step": 2, "a.b": "x", "": 1}),
        custom(store, {"plan": "pro", "step": "2"}, 1, session_id="s-2"),
        custom(store, {"plan": "Pro", "done": True}, 2),
        custom(store, {"plan": None}, 3),
        custom(store, None, 4),
        custom(store, {"plan": "pro"}, 5, name="wish"),
    ]
    reads.insert("customer_activity", *rows)

    def places(wanted: dict[str, str], **more: Any) -> list[int]:
        ids = [row["event_id"] for row in rows]
        return [ids.index(one["event_id"]) for one in found(reads, store, wanted, **more)["data"]]

    assert places({"plan": "pro"}) == [1, 0]
    assert places({"plan": "pro", "step": "2"}) == [1, 0]
    assert places({"plan": "pro"}, session_id="s-2") == [1]
    assert places({"plan": "pro"}, name="wish") == [5]
    assert places({"a.b": "x"}) == [0]
    assert places({"done": "true"}) == [2]
    assert places({"plan": "null"}) == []
    assert places({"plan": "'; DROP TABLE x; --"}) == []
    answer = found(reads, store, {"plan": "pro"})
    assert answer["searched_until"] == "2026-03-01T12:00:00.000Z"
    assert answer["data"][0]["metadata"] == {"plan": "pro", "step": "2"}
    assert reads.read(ACTIVITY, store_id=store)["searched_until"] is None
    assert found(reads, str(uuid4()), {"plan": "pro"}) == {
        "status": "success", "data": [], "next_cursor": None, "searched_until": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"property.plan": "x"}, "property.plan"),
        ({"name": "signup", "property.": "x"}, "property."),
        ({"name": "signup", "property": "x"}, "property"),
        ({"name": "signup", "plan": "x"}, "plan"),
        ({"name": "signup", "property." + "k" * 256: "x"}, "property." + "k" * 256),
        ({"name": "signup", "property.plan": "x" * 1_001}, "property.plan"),
        ({"name": "signup", "property.plan": "a\0"}, "property.plan"),
        ({"name": "signup", "property.a\0": "a"}, "property.a\0"),
        ({"name": "signup", **{f"property.{n}": "x" for n in range(6)}}, "property"),
    ],
)
def test_properties_that_cannot_be_asked_for(
    reads: Reads, store: str, parameters: dict[str, str], field: str
) -> None:
    refused = reads.get(ACTIVITY, store_id=store, **parameters)
    assert refused.status_code == 400
    assert refused.json()["details"]["field"] == field


@pytest.fixture
def searched(reads: Reads) -> str:
    """A store with more events of a name than one answer looks through, few of which are found."""
    store = str(uuid4())
    with reads.world.connect() as connection:
        connection.execute(
            "INSERT INTO customer_activity (event_id, store_id, session_id, correlation_id,"
            " occurred_at, received_at, activity_type, name, metadata, source, consent_analytics,"
            " consent_marketing, is_bot)"
            " SELECT gen_random_uuid(), %s, 's', 'c', timestamptz '2026-03-01Z' + n / 3 * interval"
            " '1 second', now(), 'custom', 'signup',"
            " jsonb_build_object('n', n %% 15000, 'plan', 'free'), 'tracker', 'granted',"
            " 'granted', false FROM generate_series(1, %s) AS n",
            [store, 2 * properties.MOST_SEARCHED + 7],
        )
    return store


def test_a_search_says_how_far_it_came_and_goes_on(reads: Reads, searched: str) -> None:
    seen, pages, cursor, until = [], 0, {}, []
    while True:
        page = found(reads, searched, {"n": "7"}, limit=1, **cursor)
        seen += [row["metadata"]["n"] for row in page["data"]]
        until.append(page["searched_until"])
        pages += 1
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [7, 7, 7]
    assert until == sorted(until, reverse=True)
    assert 3 <= pages <= 5
    nothing = found(reads, searched, {"plan": "pro"})
    assert nothing["data"] == []
    assert nothing["next_cursor"] is not None
