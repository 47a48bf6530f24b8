"""Google Analytics 4 against a server that behaves as Google documents its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.contract.destinations.harness import attempt, events_around, refused_field, serving
from tests.support.delivered_events import NOW, batch, event, numbered
from tests.support.receiver import Receiver, refusing_url
from tests.support.vendors import Google

from storepulse.destinations.kinds import KINDS
from storepulse.destinations.rules.ga4_payload import event_name
from storepulse.destinations.rules.model import DeliveryOutcome, Destination, Event
from storepulse.streams.registry import STREAMS

KIND = KINDS["ga4"]
TO = Destination("d-1", "ga", "ga4", secrets={"api_secret": ["secret"]}, streams=frozenset(STREAMS))


@pytest.fixture
def google() -> Iterator[tuple[Google, Receiver]]:
    with serving(Google(NOW)) as served:
        yield served


async def send(server: Receiver | str, *events: Event, **config: Any) -> DeliveryOutcome:
    url = server if isinstance(server, str) else server.url
    own = {"measurement_id": "G-ABC123", "endpoint": url, **config}
    return await attempt(TO, batch(*events), **own)


async def test_what_google_keeps(google: tuple[Google, Receiver]) -> None:
    vendor, server = google
    outcome = await send(server, event("activity"), event("cart"), event("landing"))
    assert (outcome.verdict, outcome.refusals, outcome.omissions) == ("delivered", {}, {})
    request = server.requests[0]
    assert request.path == "/mp/collect"
    assert request.query == {"measurement_id": "G-ABC123", "api_secret": "secret"}
    assert len(vendor.requests) == 1  # one client, one request
    assert vendor.requests[0]["client_id"] == "v-7f3a"
    assert vendor.requests[0]["consent"] == {
        "ad_user_data": "DENIED",
        "ad_personalization": "DENIED",
    }
    purchase, added, landing = (kept for _, kept in vendor.kept)
    assert (purchase["name"], added["name"], landing["name"]) == (
        "purchase", "add_to_cart", "purchase",
    )  # fmt: skip
    assert purchase["timestamp_micros"] == 1_767_268_800_000_000
    params = purchase["params"]
    assert (params["value"], params["currency"]) == (119.98, "EUR")
    assert params["transaction_id"] == event().event_id
    assert params["items"] == [
        {"item_id": "8123456789", "item_name": "Linen shirt — “Sea” 🛒", "quantity": 2}
    ]
    assert params["page_location"] == "https://demo.example/checkout/thank-you"
    assert landing["params"]["transaction_id"] == "1001"
    assert landing["params"]["event_id"] == "purchase:1001"
    assert params["session_id"] == added["params"]["session_id"]
    assert params["session_id"].isdigit()


async def test_amounts_have_the_decimals_of_their_currency(
    google: tuple[Google, Receiver],
) -> None:
    vendor, server = google
    amounts = [("119.9849", "EUR"), ("1200.4", "JPY"), ("1.2345", "KWD"), ("1.2345", "CLF")]
    events = [
        numbered(n, value=Decimal(value), currency=currency)
        for n, (value, currency) in enumerate(amounts)
    ]
    assert (await send(server, *events)).verdict == "delivered"
    sent = [(kept["params"]["value"], kept["params"]["currency"]) for _, kept in vendor.kept]
    assert sent == [(119.98, "EUR"), (1200, "JPY"), (1.234, "KWD"), (1.2345, "CLF")]


async def test_one_client_a_request_and_the_rest_of_what_a_request_shares(
    google: tuple[Google, Receiver],
) -> None:
    vendor, server = google
    events = [numbered(n, visitor_id=f"v-{n % 3}") for n in range(24)]
    granted = numbered(99, visitor_id="v-0", consent_marketing="granted")
    nobody = event("cart", visitor_id=None, session_id=None)
    outcome = await send(server, *events, granted, nobody)
    assert outcome.verdict == "delivered"
    assert [r["client_id"] for r in vendor.requests] == ["v-0", "v-1", "v-2", "v-0"]
    assert "no ga_client_id, visitor or session" in outcome.omissions[nobody.event_id]
    assert vendor.requests[3]["consent"]["ad_user_data"] == "GRANTED"
    assert len(vendor.kept) == 25


async def test_never_more_than_25_events_a_request(google: tuple[Google, Receiver]) -> None:
    vendor, server = google
    await send(server, *(numbered(n) for n in range(60)))
    assert [len(request["events"]) for request in vendor.requests] == [25, 25, 10]
    assert len({kept["params"]["event_id"] for _, kept in vendor.kept}) == 60


async def test_events_older_than_72_hours_are_left_out_and_the_rest_goes(
    google: tuple[Google, Receiver],
) -> None:
    vendor, server = google
    limit = NOW - timedelta(hours=72)
    fresh, edge, old = events_around(limit, timedelta(milliseconds=1), numbered)
    outcome = await send(server, fresh, edge, old)
    assert outcome.verdict == "delivered"
    assert list(outcome.omissions) == [old.event_id]
    assert "72 hours" in outcome.omissions[old.event_id]
    assert len(vendor.kept) == 2
    outcome = await send(server, old)
    assert (outcome.verdict, outcome.status, list(outcome.omissions)) == (
        "delivered", None, [old.event_id],
    )  # fmt: skip


async def test_clocks_that_run_ahead(google: tuple[Google, Receiver]) -> None:
    vendor, server = google
    await send(server, event(occurred_at=1767268800412 + 3_600_000))
    assert vendor.kept[0][1]["timestamp_micros"] == 1_767_268_800_412_000


async def test_who_said_no_is_not_sent(google: tuple[Google, Receiver]) -> None:
    vendor, server = google
    denied, unknown = (
        numbered(1, consent_analytics="denied"),
        numbered(2, consent_analytics="unknown"),
    )
    outcome = await send(server, denied, unknown)
    assert outcome.verdict == "delivered"
    assert outcome.omissions == {denied.event_id: "consent to analytics is denied"}
    # Without a yes, nothing that tells a person: neither address nor browser.
    assert "ip_override" not in vendor.requests[0]
    assert "user_agent" not in vendor.requests[0]
    await send(server, event())
    assert vendor.requests[1]["ip_override"] == "203.0.113.7"


async def test_a_fault_in_the_middle_reports_what_was_taken(
    google: tuple[Google, Receiver],
) -> None:
    vendor, server = google
    vendor.fail_next = [204, 503]
    events = [numbered(n, visitor_id=f"v-{n}") for n in range(4)]
    outcome = await send(server, *events)
    assert (outcome.verdict, outcome.status) == ("retry", 503)
    assert outcome.accepted_ids == {events[0].event_id}
    rest = [e for e in events if e.event_id not in outcome.accepted_ids]
    assert (await send(server, *rest)).verdict == "delivered"
    assert [client for client, _ in vendor.kept] == ["v-0", "v-1", "v-2", "v-3"]


async def test_a_refused_request_is_divided_here_and_spares_its_neighbours(
    google: tuple[Google, Receiver],
) -> None:
    vendor, server = google
    vendor.fail_next = [413, 204, 413]
    events = [numbered(n) for n in range(2)]
    outcome = await send(server, *events)
    assert outcome.verdict == "delivered"
    assert outcome.refusals == {events[1].event_id: "status 413: failing"}
    assert len(vendor.kept) == 1


async def test_gone(google: tuple[Google, Receiver]) -> None:
    vendor, server = google
    vendor.fail_next = [410]
    assert (await send(server, event())).verdict == "gone"


async def test_googles_own_validation(google: tuple[Google, Receiver]) -> None:
    vendor, server = google
    outcome = await send(server, event("activity"), event("cart"), debug=True)
    assert (outcome.verdict, outcome.refusals) == ("delivered", {})
    assert server.requests[0].path == "/debug/mp/collect"
    assert vendor.kept == []


async def test_what_the_validation_finds_is_the_reason(google: tuple[Google, Receiver]) -> None:
    _, server = google
    # A name of another producer's making: made fit, so the fault has to be planted.
    bad = replace(event(), event_id="")
    outcome = await send(server, bad, debug=True)
    assert outcome.refusals == {"": "VALUE_REQUIRED: transaction_id"}


@pytest.mark.parametrize(
    ("stream", "changes", "name"),
    [
        ("activity", {"activity_type": "page_view"}, "page_view"),
        ("activity", {"activity_type": "product_view"}, "view_item"),
        ("activity", {"activity_type": "remove_from_cart"}, "remove_from_cart"),
        ("activity", {"activity_type": "checkout_start"}, "begin_checkout"),
        ("activity", {"activity_type": "search"}, "search"),
        ("activity", {"activity_type": "custom"}, "custom"),
        ("activity", {"activity_type": "custom", "metadata": '{"name": "Wish list!"}'},
         "Wish_list_"),
        ("heatmap", {}, "heatmap_click"),
        ("landing", {"event_type": "WebVitals", "event_name": "web_vitals"}, "web_vitals"),
        ("landing", {"event_type": "Custom", "event_name": "cta_click"}, "cta_click"),
        ("landing", {"event_type": "Custom", "event_name": "session_start"},
         "custom_session_start"),
        ("landing", {"event_type": "Custom", "event_name": "ga_x"}, "custom_ga_x"),
        ("landing", {"event_type": "Custom", "event_name": "_x"}, "custom_x"),
        ("landing", {"event_type": "Custom", "event_name": "4you"}, "custom_4you"),
        ("landing", {"event_type": "Custom", "event_name": "é"}, "custom_"),
        ("landing", {"event_type": "Custom", "event_name": "a" * 64}, "a" * 40),
    ],
)  # fmt: skip
async def test_names_that_google_takes(
    google: tuple[Google, Receiver], stream: str, changes: dict[str, Any], name: str
) -> None:
    vendor, server = google
    one = event(stream, **changes)
    assert event_name(one) == name
    assert (await send(server, one)).verdict == "delivered"
    assert [kept["name"] for _, kept in vendor.kept] == [name]


async def test_long_texts_are_cut_to_googles_limits(google: tuple[Google, Receiver]) -> None:
    vendor, server = google
    await send(
        server,
        event(
            product_name="p" * 500,
            search_query="s" * 500,
            page_url="https://a.example/" + "u" * 2000,
        ),
    )
    params = vendor.kept[0][1]["params"]
    assert len(params["items"][0]["item_name"]) == len(params["search_term"]) == 100
    assert len(params["page_location"]) == 1000


@pytest.mark.parametrize(
    ("stated", "client", "session"),
    [
        ({"ga_client_id": "1.2", "ga_session_id": 1767268700}, "1.2", "1767268700"),
        ({"ga_client_id": "GA1.1.1034.1768", "ga_session_id": "17"}, "1034.1768", "17"),
        # The browser's client with a session that nobody had would be a second session.
        ({"ga_client_id": "1.2"}, "1.2", None),
        ({"ga_client_id": "1.2", "ga_session_id": "x"}, "1.2", None),
        # Nor our client in the browser's session.
        ({"ga_session_id": 1767268700}, "v-7f3a", "ours"),
        ({"ga_client_id": "with space", "ga_session_id": 5}, "v-7f3a", "ours"),
        ({"ga_client_id": "c" * 101}, "v-7f3a", "ours"),
        ({}, "v-7f3a", "ours"),
    ],
)
async def test_client_and_session_are_both_the_browsers_or_both_ours(
    google: tuple[Google, Receiver], stated: dict[str, Any], client: str, session: str | None
) -> None:
    vendor, server = google
    await send(server, event(metadata=json.dumps(stated)))
    ((kept_client, kept),) = vendor.kept
    own = kept["params"].get("session_id")
    assert kept_client == client
    if session == "ours":
        assert own.isdigit()
        assert own not in ("1767268700", "5")
    else:
        assert own == session


async def test_the_servers_own_address_is_in_no_request(google: tuple[Google, Receiver]) -> None:
    vendor, server = google
    await send(server, event(source="server", ip=None, user_agent=None))
    assert not {"ip_override", "user_agent"} & set(vendor.requests[0])


async def test_money_without_a_currency_is_left_out(google: tuple[Google, Receiver]) -> None:
    vendor, server = google
    await send(server, event(currency=None))
    assert "value" not in vendor.kept[0][1]["params"]


async def test_no_answer() -> None:
    with refusing_url() as url:
        outcome = await send(url, event())
    assert (outcome.verdict, outcome.accepted_ids) == ("retry", frozenset())
    assert "secret" not in outcome.error


GOOD = {"measurement_id": "G-ABC123"}


@pytest.mark.parametrize(
    ("config", "secrets", "field"),
    [
        ({}, {"api_secret": ["s"]}, "config.measurement_id"),
        ({"measurement_id": "UA-1-2"}, {"api_secret": ["s"]}, "config.measurement_id"),
        ({"measurement_id": 5}, {"api_secret": ["s"]}, "config.measurement_id"),
        ({**GOOD, "endpoint": "http://google.example"}, {"api_secret": ["s"]}, "config.endpoint"),
        ({**GOOD, "debug": "yes"}, {"api_secret": ["s"]}, "config.debug"),
        ({**GOOD, "url": "x"}, {"api_secret": ["s"]}, "config.url"),
        (GOOD, {}, "secrets.api_secret"),
    ],
)
def test_declarations_that_are_refused(
    config: dict[str, Any], secrets: dict[str, list[str]], field: str
) -> None:
    assert refused_field("ga4", config, secrets) == field


def test_declarations_that_are_taken() -> None:
    KIND.check(GOOD, {"api_secret": ["s"]})
    KIND.check({**GOOD, "debug": True, "endpoint": "https://region1.google-analytics.com"},
               {"api_secret": ["new", "old"]})  # fmt: skip


async def test_an_orders_lines_and_a_custom_name(google: tuple[Google, Receiver]) -> None:
    vendor, server = google
    lines = '[{"product_id":"1","name":"Mug","quantity":2,"price":"9.5"}]'
    named = numbered(1, activity_type="custom", name="wishlist_add")
    await send(server, event(order_id="1001", items=lines), named)
    purchase, custom = (kept for _, kept in vendor.kept)
    assert purchase["params"]["transaction_id"] == "1001"
    assert purchase["params"]["items"] == [
        {"item_id": "1", "item_name": "Mug", "quantity": 2, "price": 9.5}
    ]
    assert custom["name"] == "wishlist_add"


async def test_calls_of_pixels_are_no_affair_of_googles(google: tuple[Google, Receiver]) -> None:
    _, server = google
    one = event(activity_type="custom", name="pixels_called")
    outcome = await send(server, one)
    assert "not for Google" in outcome.omissions[one.event_id]
    assert server.requests == []
