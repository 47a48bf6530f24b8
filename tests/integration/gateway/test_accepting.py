"""What is answered 2xx is in Kafka, as the envelope's rules say."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from tests.integration.gateway.wire import (
    ACTIVITY,
    CLICK,
    HEATMAP,
    HEATMAP_BATCH,
    LANDED,
    LANDING,
    STORE,
    VIEW,
    Answer,
    Topic,
    ingest_topic,
    post,
    rejected_topic,
)
from tests.support.services import Service

from storepulse.domain.stores import store_id_of_domain, store_id_of_landing_page


@pytest.fixture(scope="module")
def topics(gateway: Service) -> Iterator[dict[str, Topic]]:
    found = {
        stream: ingest_topic(gateway.settings, stream)
        for stream in ("activity", "heatmap", "landing")
    }
    yield found
    for topic in found.values():
        topic.close()


def only_id(answer: Answer) -> str:
    assert answer.status == 202, answer.body
    document = answer.json
    assert set(document) == {"status", "accepted", "ids", "rejected", "correlationId"}
    assert (document["status"], document["accepted"], document["rejected"]) == ("accepted", 1, [])
    found: str = document["ids"][0]
    return found


def test_a_click_arrives_with_its_envelope(port: int, topics: dict[str, Topic]) -> None:
    before = time.time() - 0.001
    answer = post(port, HEATMAP, CLICK, User_Agent="Mozilla/5.0")
    message, record = topics["heatmap"].event(only_id(answer))
    assert message.key() == b"session-1"
    assert uuid.UUID(answer.json["ids"][0]).version == 7
    assert str(record["store_id"]) == STORE
    assert record["received_at"] == record["occurred_at"]
    assert before <= record["received_at"].timestamp() <= time.time()
    assert record["correlation_id"] == answer.json["correlationId"]
    assert answer.headers["x-correlation-id"] == answer.json["correlationId"]
    expected = {
        "kind": "click",
        "x": 10,
        "y": 20,
        "device": "desktop",
        "source": "tracker",
        "priority": "low",
        "ip": "127.0.0.1",
        "user_agent": "Mozilla/5.0",
        "country": None,
        "is_bot": False,
        "consent_analytics": "unknown",
    }
    assert {name: record[name] for name in expected} == expected


def test_two_equal_clicks_are_two_and_a_keyed_retry_is_one(port: int) -> None:
    assert only_id(post(port, HEATMAP, CLICK)) != only_id(post(port, HEATMAP, CLICK))
    for field in ("idempotency_key", "messageId", "id"):
        keyed = {**CLICK, field: "mine"}
        first = only_id(post(port, HEATMAP, keyed))
        assert first == only_id(post(port, HEATMAP, keyed))
        assert uuid.UUID(first).version == 5
    own = str(uuid.uuid4())
    assert only_id(post(port, HEATMAP, {**CLICK, "event_id": own.upper()})) == own
    derived = only_id(post(port, HEATMAP, {**CLICK, "idempotency_key": own}))
    assert derived != own
    assert derived == only_id(post(port, HEATMAP, {**CLICK, "idempotency_key": own}))


def test_a_timed_event_has_the_id_of_its_content(port: int) -> None:
    timed = {**CLICK, "timestamp": int(time.time() * 1000)}
    first = only_id(post(port, HEATMAP, timed))
    assert first == only_id(post(port, HEATMAP, timed, User_Agent="other"))
    assert first != only_id(post(port, HEATMAP, {**timed, "x": 11}))
    assert first != only_id(post(port, HEATMAP, {**timed, "session_id": "another"}))


@pytest.mark.parametrize("form", ["ms", "seconds", "iso"])
def test_client_times_are_kept(port: int, topics: dict[str, Topic], form: str) -> None:
    at = int(time.time()) - 3600
    sent = {
        "ms": at * 1000,
        "seconds": at,
        "iso": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(at)),
    }[form]
    answer = post(port, HEATMAP, {**CLICK, "timestamp": sent, "dwell_ms": len(form)})
    assert topics["heatmap"].event(only_id(answer))[1]["occurred_at"].timestamp() == at


def test_activity_keeps_money_metadata_and_unknown_fields(
    port: int, topics: dict[str, Topic]
) -> None:
    answer = post(
        port,
        ACTIVITY,
        {
            **VIEW,
            "activity_type": "purchase",
            "value": 19.99,
            "currency": "eur",
            "product_id": 42,
            "referrer": "",
            "metadata": {"a": 1},
            "theme": {"dark": True},
            "a": "not this one",
            "consent": {"analytics": "granted"},
            "source": "webapp",
        },
    )
    _, record = topics["activity"].event(only_id(answer))
    assert (record["value"], record["currency"]) == (Decimal("19.9900"), "EUR")
    assert (record["product_id"], record["referrer"]) == ("42", None)
    assert json.loads(record["metadata"]) == {"a": 1, "theme": {"dark": True}}
    assert (record["consent_analytics"], record["consent_marketing"]) == ("granted", "unknown")
    assert record["source"] == "webapp"


def test_71_nul_in_text_becomes_the_replacement_character(
    port: int, topics: dict[str, Topic]
) -> None:
    answer = post(port, ACTIVITY, {**VIEW, "product_name": "a\0b", "m": ["x\0", {"k\0": "\0"}]})
    _, record = topics["activity"].event(only_id(answer))
    assert record["product_name"] == "a\ufffdb"
    assert json.loads(record["metadata"]) == {"m": ["x\ufffd", {"k\ufffd": "\ufffd"}]}


def test_70_text_survives_to_kafka(port: int, topics: dict[str, Topic]) -> None:
    text = "</script>\u202e\U0001f6d2 '; DROP TABLE x; --\r\n\x1b[31m"
    answer = post(port, ACTIVITY, {**VIEW, "search_query": text, "activity_type": "search"})
    assert topics["activity"].event(only_id(answer))[1]["search_query"] == text


def test_a_landing_purchase_gives_up_its_money(port: int, topics: dict[str, Topic]) -> None:
    data = {"value": "5.5", "currency": "USD", "order_id": 7, "content_ids": ["a"]}
    sent = {**LANDED, "event_type": "Purchase", "event_data": data, "utm": "x"}
    _, record = topics["landing"].event(only_id(post(port, LANDING, sent)))
    assert (record["value"], record["currency"], record["order_id"]) == (
        Decimal("5.5000"),
        "USD",
        "7",
    )
    assert json.loads(record["event_data"]) == {"content_ids": ["a"]}
    assert json.loads(record["metadata"]) == {"utm": "x"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("PageView", "PageView"),
        ("web_vitals", "WebVitals"),
        ("purchase", "Purchase"),
        ("page_view", "PageView"),
        ("ADD_TO_CART", "AddToCart"),
        ("addtocart", "AddToCart"),
        ("Video 50%", None),
        ("video.50", "Custom"),
    ],
)
def test_landing_events_keep_their_names(
    port: int, topics: dict[str, Topic], name: str, kind: str | None
) -> None:
    answer = post(port, LANDING, {**LANDED, "event_type": name})
    if kind is None:
        assert answer.status == 400
        return
    _, record = topics["landing"].event(only_id(answer))
    assert (record["event_type"], record["event_name"]) == (kind, name)


def test_landing_events_find_a_store(port: int, topics: dict[str, Topic]) -> None:
    def store(**headers: str) -> str:
        answer = post(port, LANDING, LANDED, **headers)
        return str(topics["landing"].event(only_id(answer))[1]["store_id"])

    assert store(Origin="https://lp.example:8443") == store_id_of_domain("lp.example")
    assert store(Referer="https://lp.example/a") == store_id_of_domain("lp.example")
    assert store(Origin="null") == store_id_of_landing_page("page-1")
    answer = post(port, LANDING, {**LANDED, "store_id": STORE})
    assert str(topics["landing"].event(only_id(answer))[1]["store_id"]) == STORE


def test_the_clients_correlation_id_is_kept_if_well_formed(
    port: int, topics: dict[str, Topic]
) -> None:
    answer = post(port, HEATMAP, CLICK, X_Correlation_Id="checkout-42.a_b")
    assert answer.headers["x-correlation-id"] == "checkout-42.a_b"
    assert topics["heatmap"].event(only_id(answer))[1]["correlation_id"] == "checkout-42.a_b"
    derived = post(port, HEATMAP, CLICK, X_Correlation_Id="no spaces please").json["correlationId"]
    assert derived == post(port, HEATMAP, CLICK).json["correlationId"]
    assert derived != post(port, HEATMAP, {**CLICK, "session_id": "two"}).json["correlationId"]


def test_robots_are_labelled(port: int, topics: dict[str, Topic]) -> None:
    agent = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    answer = post(port, HEATMAP, CLICK, User_Agent=agent)
    record = topics["heatmap"].event(only_id(answer))[1]
    assert record["is_bot"] is True
    assert record["bot_reason"].startswith("crawler: ")


def test_in_a_batch_the_good_are_accepted_and_the_bad_named(
    port: int, topics: dict[str, Topic]
) -> None:
    bad_type, bad_rule = {**CLICK, "x": "1"}, {**CLICK, "x": 5000}
    answer = post(port, HEATMAP_BATCH, {"events": [CLICK, bad_type, CLICK, bad_rule]})
    document = answer.json
    assert (answer.status, document["accepted"], len(document["ids"])) == (202, 2, 2)
    assert [(r["index"], r["field"]) for r in document["rejected"]] == [(1, "x"), (3, "x")]
    for event_id in document["ids"]:
        topics["heatmap"].event(event_id)
    rule_only = post(port, HEATMAP_BATCH, {"events": [bad_rule, CLICK]}).json
    assert [(r["index"], r["field"]) for r in rule_only["rejected"]] == [(0, "x")]
    all_bad = post(port, HEATMAP_BATCH, {"events": [bad_type, bad_rule]})
    assert all_bad.status == 400
    assert [r["index"] for r in all_bad.json["rejected"]] == [0, 1]
    assert all_bad.json["details"]["field"] == "events[0].x"


@pytest.mark.parametrize(
    ("stream", "event"),
    [("activity", VIEW), ("heatmap", CLICK), ("landing", LANDED), ("cart", {"storeName": "s"})],
)
def test_collect_takes_any_stream(port: int, stream: str, event: dict[str, Any]) -> None:
    answer = post(port, "/collect", {"stream": stream, "events": [event, event]})
    assert (answer.status, answer.json["accepted"]) == (202, 2)


def test_collect_names_what_is_wrong(port: int) -> None:
    answer = post(port, "/collect", {"stream": "nonsense", "events": [VIEW]})
    assert (answer.status, answer.json["details"]["field"]) == (400, "stream")
    answer = post(
        port, "/collect", {"stream": "activity", "events": [{**VIEW, "value": "x"}, VIEW]}
    )
    assert [r["field"] for r in answer.json["rejected"]] == ["value"]


def test_refused_beacons_are_kept(gateway: Service, port: int) -> None:
    topic = rejected_topic(gateway.settings)
    body = {**CLICK, "x": "kept for inspection"}
    post(port, HEATMAP, body, X_Correlation_Id="refused-1")
    wanted = json.dumps(body).encode()
    messages = topic.all_until(lambda seen: any(m.value() == wanted for m in seen))
    message = next(m for m in messages if m.value() == wanted)
    headers = dict(message.headers())
    assert (headers["stream"], headers["field"]) == (b"heatmap", b"x")
    assert headers["reason"] == b"must be int, not str"
    assert headers["correlation_id"] == b"refused-1"
    topic.close()
