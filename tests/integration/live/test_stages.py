"""What becomes of an event, as those who watch see it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.integration.live.conftest import LiveStack
from tests.support.ingest_records import record
from tests.support.live_reader import watching

from storepulse.adapters.kafka.clients import make_producer

ACTIVITY = "/api/customer-activity"


def page_view(store: str, session: str = "s-1", **fields: Any) -> dict[str, Any]:
    return {
        "store_id": store,
        "session_id": session,
        "activity_type": "page_view",
        "page_url": "https://shop.example/collections/new?sort=price",
    } | fields


def test_an_event_is_accepted_then_applied(stack: LiveStack, store: str) -> None:
    with watching(stack.query.url, stack.world.headers, store_id=store) as reader:
        sent = stack.send(ACTIVITY, page_view(store))
        reader.wait_for(lambda r: r.find(stage="applied"), "an applied event")
    (event,) = reader.events.values()
    assert event["event_id"] == sent["ids"][0]
    assert (event["stream"], event["type"]) == ("activity", "page_view")
    assert event["what"] == "/collections/new?sort=price"
    assert (event["store_id"], event["session_id"]) == (store, "s-1")
    assert 0 <= event["accepted_ms"] <= event["applied_ms"] < 30_000
    assert event["field"] is event["wish"] is None


def test_a_repeat_is_told_as_one(stack: LiveStack, store: str) -> None:
    body = page_view(store, event_id=str(uuid4()))
    with watching(stack.query.url, stack.world.headers, store_id=store) as reader:
        stack.send(ACTIVITY, body)
        reader.wait_for(lambda r: r.find(stage="applied"), "the first")
        stack.send(ACTIVITY, body)
        reader.wait_for(lambda r: r.find(stage="duplicate"), "the repeat")
    first, second = sorted(reader.events.values(), key=lambda one: int(one["id"].split("-")[-1]))
    assert (first["stage"], second["stage"]) == ("applied", "duplicate")
    assert second["applied_ms"] is None


def test_a_refused_event_says_field_value_and_wish(stack: LiveStack, store: str) -> None:
    key, _ = stack.make_key(store, "ingest", "read")
    bad = page_view(store, activity_type="add_to_cart", quantity=-1)
    with watching(stack.query.url, {"x-api-key": key}) as reader:
        answer = stack.send(ACTIVITY, bad, 400, **{"x-api-key": key})
        reader.wait_for(lambda r: r.find(stage="rejected"), "a refused event")
    (event,) = reader.events.values()
    assert (event["field"], event["value"]) == ("quantity", "-1")
    assert event["wish"] == answer["details"]["reason"]
    assert (event["type"], event["session_id"]) == ("add_to_cart", "s-1")
    assert event["store_id"] == store
    assert event["id"].startswith("refused-0-")


def test_a_bad_event_of_a_batch_is_told_beside_the_good_ones(stack: LiveStack, store: str) -> None:
    events = [page_view(store), page_view(store, currency="EURO"), page_view(store)]
    with watching(stack.query.url, stack.world.headers, store_id=store) as reader:
        stack.send(f"{ACTIVITY}/batch", {"events": events})
        reader.wait_for(
            lambda r: len(r.find(stage="applied")) == 2 and r.find(stage="rejected"), "all three"
        )
    (bad,) = reader.find(stage="rejected")
    assert (bad["field"], bad["value"]) == ("currency", '"EURO"')


def test_what_dies_is_told_with_its_reason(stack: LiveStack, store: str) -> None:
    # Written past the gateway, as a program with rights of its own may.
    bad = record("activity", 7, store_id=store, page_url="x" * 9_000)
    with watching(stack.query.url, stack.world.headers, store_id=store) as reader:
        producer = make_producer(stack.world.settings_of("gateway"), "test")
        producer.produce(stack.world.catalog.ingest("activity"), bad.value, bad.key)
        producer.flush(10)
        reader.wait_for(lambda r: r.find(stage="dead"), "a dead event")
    (event,) = reader.events.values()
    assert event["field"] == "page_url"
    assert event["wish"]


def test_each_second_is_counted_by_what_came_of_it(stack: LiveStack, store: str) -> None:
    body = page_view(store, event_id=str(uuid4()))
    with watching(stack.query.url, stack.world.headers, store_id=store) as reader:
        for _ in range(3):
            stack.send(ACTIVITY, page_view(store))
        stack.send(ACTIVITY, body)
        stack.send(ACTIVITY, body)
        stack.send(ACTIVITY, page_view(store, quantity=-1), 400)
        wanted = {"accepted": 5, "applied": 4, "duplicate": 1, "rejected": 1, "dead": 0}
        reader.wait_for(lambda r: counts_of(r) == wanted, "the counts")
    for rates in reader.of("rates"):
        assert rates["is_current"]
        assert rates["since"] < rates["until"]
        assert all(second["at"] < rates["until"] for second in rates["seconds"])
    # A second that is told again replaces what was told of it, as here.
    with watching(stack.query.url, stack.world.headers, store_id=store) as later:
        assert counts_of(later.wait_for(lambda r: r if r.of("rates") else None)) == wanted


def counts_of(reader: Any) -> dict[str, int]:
    """The sums of all seconds, each as it was told last."""
    seconds = {one["at"]: one for rates in reader.of("rates") for one in rates["seconds"]}
    names = ("accepted", "applied", "duplicate", "rejected", "dead")
    return {name: sum(one[name] for one in seconds.values()) for name in names}


def test_what_came_before_a_reader_is_there(stack: LiveStack, store: str) -> None:
    stack.send(ACTIVITY, page_view(store))
    with watching(stack.query.url, stack.world.headers, store_id=store) as first:
        first.wait_for(lambda r: r.find(stage="applied"), "read back from Kafka")
    with watching(stack.query.url, stack.world.headers, store_id=store) as second:
        second.wait_for(lambda r: r.find(stage="applied"), "kept")
    assert second.events == first.events
    assert not first.of("gap") + second.of("gap")
