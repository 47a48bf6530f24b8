"""People: who is listed, in every order, by which search, and what one of them did."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.agents.slices import Bench
from tests.integration.query.conftest import Reads
from tests.support.ingest_records import NOW_MS, record

from storepulse.domain.emails import email_hash

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
JANE = "jane@example.com"
EVIL = '=HYPERLINK("http://x")<script>\u202e'
SORTS = ("last_seen", "first_seen", "name", "events", "messages", "images", "orders", "spent")


@pytest.fixture(scope="module")
def bench(reads: Reads) -> Iterator[Bench]:
    made = Bench(reads.world)
    yield made
    for writer in made.writers.values():
        writer.close()


def tell(bench: Bench, store: str, stream: str, *events: dict[str, Any]) -> None:
    """Has the agents apply events of a store, one minute after the other where no time is given."""
    bench.topic = f"ingest.{uuid4().hex[:8]}"
    records = [
        record(
            stream, **{"event_id": str(uuid4()), "store_id": store, "occurred_at": NOW_MS - place}
            | event
        )
        for place, event in zip(range(len(events) * MINUTE, 0, -MINUTE), events, strict=True)
    ]  # fmt: skip
    bench.write(stream, records)


def tell_shop(bench: Bench, store: str) -> None:
    """Jane, who has two devices, a chat and two orders; Bo with a chat alone; a visit without an
    id, a customer whom only a webhook knows, and a robot."""
    tell(
        bench, store, "activity",
        {"visitor_id": "v-jane", "session_id": "s-jane", "country": "PT",
         "page_url": "https://shop.example/coat", "referrer": "https://instagram.com/x"},
        {"visitor_id": "v-jane", "session_id": "s-jane", "activity_type": "search",
         "search_query": "grüne jacke"},
        {"visitor_id": "v-jane", "session_id": "s-jane", "activity_type": "custom",
         "name": "identify", "customer_id": "7", "email_hash": email_hash(JANE)},
        {"visitor_id": "v-jane", "session_id": "s-jane", "activity_type": "purchase",
         "order_id": "1001", "value": "129.00", "currency": "EUR"},
        {"visitor_id": "v-phone", "session_id": "s-phone", "customer_id": "7", "country": "ES"},
        {"visitor_id": None, "session_id": "s-nobody"},
        {"visitor_id": "v-bot", "session_id": "s-bot", "is_bot": True},
    )  # fmt: skip
    tell(
        bench, store, "cart",
        {"visitor_id": "v-jane", "session_id": "s-jane", "customer_email": JANE,
         "email_hash": email_hash(JANE), "customer_first_name": "Jane", "customer_last_name": "Doe",
         "generated_image_url": "https://cdn.example/1.png", "product_title": EVIL},
    )  # fmt: skip
    tell(
        bench, store, "bot",
        {"client_id": "555", "event_type": "start_command", "customer_id": "7"},
        {"client_id": "555", "text": "hello"},
        {"client_id": "555", "event_type": "image_generated", "image_url": "https://x.example/i.png"},
        {"client_id": "900", "text": EVIL},
    )  # fmt: skip
    tell(
        bench, store, "order",
        {"order_id": "1002", "value": "50.00", "currency": "EUR", "customer_id": "7",
         "session_id": None},
        {"order_id": "1003", "value": "9.50", "currency": "USD", "customer_id": "8",
         "session_id": None},
    )  # fmt: skip


def people(reads: Reads, store: str, **query: Any) -> list[Any]:
    found: list[Any] = reads.read("/api/people", store_id=store, **query)["data"]
    return found


def search(reads: Reads, store: str, text: str, **body: Any) -> Any:
    answer = reads.request(
        "POST", "/api/people/search", json={"store_id": store, "search": text, **body}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_everybody_is_listed_once_with_all_that_is_his(
    reads: Reads, bench: Bench, store: str
) -> None:
    tell_shop(bench, store)
    listed = {
        person["customer_id"] or person["telegram_id"] or person["visitor_id"]: person
        for person in people(reads, store)
    }
    assert listed.keys() == {"7", "8", "900", "s:s-nobody"}
    jane = listed["7"]
    assert jane | {"spents": []} == {
        "id": jane["id"], "kind": "customer", "name": "Jane Doe", "email": JANE,
        "telegram_id": "555", "visitor_id": "v-phone", "customer_id": "7", "country": "ES",
        "first_seen": "2026-11-21T05:53:00.000Z", "last_seen": "2026-11-21T05:59:00.000Z",
        "events": 8, "messages": 1, "images": 1, "orders": 2, "spent": "179.0000",
        "currency": "EUR", "spents": [],
    }  # fmt: skip
    assert jane["spents"] == [{"currency": "EUR", "orders": 2, "total_spent": "179.0000"}]
    assert listed["s:s-nobody"]["messages"] is None
    assert (listed["s:s-nobody"]["spent"], listed["s:s-nobody"]["orders"]) == (None, 0)
    # Customers of the export have the same id and the same figures.
    for person in (jane, listed["8"]):
        row = reads.read(f"/customers/{person['id']}", store_id=store)["data"]
        assert row["merged_into"] is None
        assert (row["orders_count"], row["total_spent"]) == (person["orders"], person["spent"])


def test_each_column_sorts_both_ways_over_pages(reads: Reads, bench: Bench, store: str) -> None:
    tell_shop(bench, store)
    everybody = people(reads, store)
    assert len(everybody) == 4
    for column in SORTS:
        for sign in ("", "-"):
            walked, cursor = [], None
            while cursor or not walked:
                more = {"cursor": cursor} if cursor else {}
                page = reads.read(
                    "/api/people", store_id=store, sort=sign + column, limit=1, **more
                )
                assert (page["total"], page["more"]) == (4, False)
                assert "doe" not in _plain_text(page["next_cursor"])
                walked += page["data"]
                cursor = page["next_cursor"]
            assert {p["id"] for p in walked} == {p["id"] for p in everybody}
            assert len(walked) == 4
            keys = [_key(person, column) for person in walked]
            assert keys == sorted(keys, reverse=bool(sign)), (sign, column)


def _plain_text(cursor: str | None) -> str:
    text = cursor or ""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().lower()


def _key(person: Any, column: str) -> Any:
    if column == "name":
        return (person["name"] or "\U0010ffff").lower()
    if column == "spent":
        return float(person["spent"] or 0)
    return person[column] or 0


def test_filters_narrow_the_list(reads: Reads, bench: Bench, store: str) -> None:
    tell_shop(bench, store)

    def ids(**query: Any) -> set[Any]:
        return {
            p["customer_id"] or p["telegram_id"] or p["visitor_id"]
            for p in people(reads, store, **query)
        }

    assert ids(kind="bot") == {"7", "900"}
    assert ids(kind="shop") == {"7", "8", "s:s-nobody"}
    assert ids(bought="true") == {"7", "8"}
    assert ids(bought="false") == {"900", "s:s-nobody"}
    assert ids(country="ES") == {"7"}
    assert ids(country="PT") == set()
    assert ids(from_="2026-11-21T05:59:00Z", to="2026-11-22") == {"7", "8", "900"}
    assert ids(from_="2026-11-21T05:59:00.001Z") == set()
    assert ids(to="2026-11-21T05:59:00Z") == {"s:s-nobody"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("jane d", "7"), ("DOE", "7"), (JANE[:6], "7"), ("555", "7"), ("v-ja", "7"), ("7", "7"),
        ("#1001", "7"), ("1003", "8"), ("s:s-no", "s:s-nobody"), ("%", None), ("jane_d", None),
        ("v-bot", None),
    ],
)  # fmt: skip
def test_a_search_finds_by_beginnings(
    reads: Reads, bench: Bench, store: str, text: str, found: str | None
) -> None:
    tell_shop(bench, store)
    answer = search(reads, store, text)
    ids = [p["customer_id"] or p["telegram_id"] or p["visitor_id"] for p in answer["data"]]
    assert ids == ([found] if found else [])
    assert (answer["total"], answer["cut"]) == (len(ids), False)


def test_a_search_is_sorted_and_paged(reads: Reads, bench: Bench, store: str) -> None:
    tell(
        bench, store, "activity",
        *({"visitor_id": f"v-{n}", "session_id": f"s-{n}"} for n in range(5)),
    )  # fmt: skip
    walked, cursor = [], None
    while cursor or not walked:
        more = {"cursor": cursor} if cursor else {}
        page = search(reads, store, "v-", sort="first_seen", limit=2, **more)
        walked += [p["visitor_id"] for p in page["data"]]
        cursor = page["next_cursor"]
    assert walked == [f"v-{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"sort": "age"}, "sort"), ({"sort": "--events"}, "sort"), ({"kind": "cat"}, "kind"),
        ({"country": "pt"}, "country"), ({"cursor": "x"}, "cursor"), ({"limit": 501}, "limit"),
        ({"include_bots": "true"}, "include_bots"), ({"search": "x"}, "search"),
    ],
)  # fmt: skip
def test_bad_questions_are_refused_by_field(
    reads: Reads, store: str, query: dict[str, Any], field: str
) -> None:
    answer = reads.get("/api/people", store_id=store, **query)
    assert answer.status_code == 400, answer.text
    assert field in answer.text
    if field == "sort":
        assert "-last_seen" in answer.text


def test_a_cursor_of_another_order_or_store_is_refused(
    reads: Reads, bench: Bench, store: str
) -> None:
    tell_shop(bench, store)
    cursor = reads.read("/api/people", store_id=store, sort="spent", limit=1)["next_cursor"]
    for asked in (
        {"store_id": store, "sort": "-spent"},
        {"store_id": str(uuid4()), "sort": "spent"},
    ):
        assert reads.get("/api/people", cursor=cursor, **asked).status_code == 400


def test_a_file_has_what_the_list_shows_and_no_formula(
    reads: Reads, bench: Bench, store: str
) -> None:
    tell_shop(bench, store)
    tell(
        bench, store, "cart",
        {"visitor_id": "v-evil", "session_id": "s-evil", "customer_email": "evil@example.com",
         "email_hash": email_hash("evil@example.com"), "customer_first_name": EVIL},
    )  # fmt: skip
    answer = reads.request("POST", "/api/people/export", json={"store_id": store, "sort": "-spent"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    shown = people(reads, store, sort="-spent")
    assert [row["id"] for row in rows] == [person["id"] for person in shown]
    assert rows[0]["spent"] == "179.0000"
    assert {row["name"] for row in rows} == {"Jane Doe", f"'{EVIL}", ""}
    found = reads.request(
        "POST", "/api/people/export", json={"store_id": store, "search": "jane"}
    ).content.decode("utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(found)))) == 1


def test_a_person_has_figures_days_links_and_conflicts(
    reads: Reads, bench: Bench, store: str
) -> None:
    tell_shop(bench, store)
    tell(
        bench, store, "activity",
        {"visitor_id": "v-jane", "session_id": "s-old", "activity_type": "custom",
         "name": "identify", "customer_id": "9", "occurred_at": NOW_MS - 2 * DAY},
    )  # fmt: skip
    jane = people(reads, store, kind="bot", bought="true")[0]
    data = reads.read(f"/api/people/{jane['id']}", store_id=store)["data"]
    assert {name: data[name] for name in jane} == jane
    assert (data["sessions"], data["page_views"]) == (3, 2)
    assert (data["carts"], data["carts_from_image"]) == (1, 1)
    assert (data["user_messages"], data["ai_messages"], data["redone_images"]) == (1, 0, 0)
    assert data["device"]["source"] is None
    known = {(one["kind"], one["value"]) for one in data["identities"]}
    assert known == {
        ("customer", "7"), ("email", email_hash(JANE)), ("telegram", "555"), ("visitor", "v-jane"),
        ("visitor", "v-phone"),
    }  # fmt: skip
    assert [(one["value"], one["to_value"]) for one in data["conflicts"]] == [("v-jane", "9")]
    assert reads.read("/api/people/telegram:555", store_id=store)["data"]["id"] == jane["id"]
    assert reads.read("/api/people/visitor:v-phone", store_id=store)["data"]["id"] == jane["id"]
    for person, status in ((str(uuid4()), 404), ("visitor:nobody", 404), ("x", 400)):
        assert reads.get(f"/api/people/{person}", store_id=store).status_code == status
    assert reads.get(f"/api/people/{jane['id']}", store_id=str(uuid4())).status_code == 404


def test_a_timeline_has_shop_and_bot_in_one_order_both_ways(
    reads: Reads, bench: Bench, store: str
) -> None:
    tell_shop(bench, store)
    path = "/api/people/telegram:555/events"
    page = reads.read(path, store_id=store)
    kinds = [(event["stream"], event["kind"]) for event in page["data"]]
    assert sorted(kinds) == [
        ("activity", "other"), ("activity", "page"), ("activity", "page"), ("activity", "search"),
        ("bot", "command"), ("bot", "image"), ("bot", "message"), ("cart", "cart"),
        ("order", "order"), ("order", "order"),
    ]  # fmt: skip
    times = [event["occurred_at"] for event in page["data"]]
    assert times == sorted(times, reverse=True)
    session = next(one for one in page["sessions"] if one["session_id"] == "s-jane")
    assert (session["source"], session["bought"]) == (
        "instagram.com", [{"currency": "EUR", "value": "129.0000"}]
    )  # fmt: skip
    ids = [event["event_id"] for event in page["data"]]
    for order, wanted in (("desc", ids), ("asc", ids[::-1])):
        walked, cursor = [], None
        while cursor or not walked:
            more = {"cursor": cursor} if cursor else {}
            part = reads.read(path, store_id=store, order=order, limit=3, **more)
            walked += [event["event_id"] for event in part["data"]]
            cursor = part["next_cursor"]
        assert walked == wanted
    only = reads.read(path, store_id=store, kinds="cart,order")["data"]
    assert {event["kind"] for event in only} == {"cart", "order"}
    assert next(e for e in only if e["kind"] == "cart")["title"] == EVIL
    assert reads.get(path, store_id=store, kinds="cart,cats").status_code == 400
