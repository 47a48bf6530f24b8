"""What other collectors' users reported: odd input that cost events, stopped a pipeline, or lied.

Each is a situation of a shop's day, sent through the running services down to the store.
"""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.gateway.wire import CART, CLICK, LANDED, VIEW
from tests.integration.hostile.conftest import Stack
from tests.integration.hostile.sending import Answered, Sent, post, request

pytestmark = [pytest.mark.xdist_group("hostile"), pytest.mark.timeout(120)]

ACTIVITY = "/api/customer-activity"
COLLECT = "/collect"
STORE = "f4444444-4444-4444-8444-444444444444"


def view(**fields: Any) -> dict[str, Any]:
    return {**VIEW, "store_id": STORE, "event_id": str(uuid4()), **fields}


def send(
    stack: Stack, body: bytes | dict[str, Any], path: str = ACTIVITY, **headers: str
) -> Answered:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    pairs = [(name.replace("_", "-"), value.encode()) for name, value in headers.items()]
    (answer,) = stack.send([Sent("the request", post(path, data, pairs))])
    return answer


def stored(stack: Stack, event: dict[str, Any], *columns: str) -> tuple[Any, ...]:
    """These columns of an activity event, once it and all before it are applied."""
    stack.check_applied([event["event_id"]])
    with stack.world.connect() as connection:
        statement = f"SELECT {', '.join(columns)} FROM customer_activity WHERE event_id = %s"
        row = connection.execute(statement.encode(), [event["event_id"]]).fetchone()
    assert row is not None
    return row


def test_a_nul_in_a_property_is_stored_and_never_taken_and_lost(stack: Stack) -> None:
    """Elsewhere answered as a success, then dropped on the way into the database."""
    event = view(product_name="a\0b", metadata={"email": "\0", "\0": ["\0"]})
    assert send(stack, event).status == 202
    assert stored(stack, event, "product_name", "metadata") == (
        "a\ufffdb", {"email": "\ufffd", "\ufffd": ["\ufffd"]},
    )  # fmt: skip


@pytest.mark.parametrize("name", ["session_id", "visitor_id", "event_id", "idempotency_key"])
def test_a_nul_in_an_identity_is_refused_and_not_mended(stack: Stack, name: str) -> None:
    """Mended in one place and not in the next, one person became two."""
    answer = send(stack, view(**{name: "abc\0def"}))
    assert (answer.status, answer.json["details"]["field"]) == (400, name)


def test_an_emoji_in_title_and_address_is_kept(stack: Stack) -> None:
    """Elsewhere a page with an emoji in its title was never counted."""
    page = "https://shop.example/sale/\U0001f4a5?utm=\U0001f9d1\u200d\U0001f680"
    event = view(page_url=page, product_name="Big sale \U0001f4a5", search_query="\U0001f6d2")
    assert send(stack, event).status == 202
    assert stored(stack, event, "page_url", "product_name", "search_query") == (
        page, "Big sale \U0001f4a5", "\U0001f6d2",
    )  # fmt: skip


@pytest.mark.parametrize(
    "query",
    ["q=100%", "q=%", "q=%2", "q=%92caf%e9", "q=%C0%EA%F2%E8", "q=%u0441", "q=a%00b", "q=%ED%A0%80",
     "q=1+1&&=&", "a=b;c=d", "q=%25%32%35", "gclid=" + "x" * 1_500],
)  # fmt: skip
def test_an_address_in_another_encoding_or_none_is_kept_as_it_is(stack: Stack, query: str) -> None:
    """Decoding a visitor's address fails; so nobody decodes it on the way in."""
    event = view(page_url=f"https://shop.example/search?{query}")
    assert send(stack, event).status == 202
    assert stored(stack, event, "page_url") == (event["page_url"],)


def test_a_long_campaign_in_an_address_costs_no_visit(stack: Stack) -> None:
    """Columns with a length lost the visits of whole advertisements, with 500 and no trace."""
    click_id = "E_C_P_" + "Cu-MBd9Mse_aASg" * 120
    event = view(page_url=f"https://shop.example/a?utm_source=x&ttclid={click_id}"[:2_048])
    assert send(stack, event).status == 202
    assert stored(stack, event, "page_url") == (event["page_url"],)
    longer = send(stack, view(page_url="https://shop.example/?a=" + "x" * 2_048))
    assert (longer.status, longer.json["details"]["field"]) == (400, "page_url")


def test_a_title_cut_by_us_is_never_cut_inside_a_character(stack: Stack) -> None:
    """Cut by UTF-16 units, an emoji at the limit left half of itself, and the event was no text."""
    title = "x" * 499 + "\U0001f4b5\U0001f4b0"
    identity = str(uuid4())
    assert (
        send(
            stack, {**CART, "productTitle": title, "eventId": identity}, "/api/cart-tracking/track"
        ).status
        == 200
    )
    stack.check_applied([identity])
    with stack.world.connect() as connection:
        row = connection.execute(
            "SELECT product_title FROM cart_tracking_events WHERE event_id = %s", [identity]
        ).fetchone()
    assert row == ("x" * 499 + "\U0001f4b5",)


@pytest.mark.parametrize("path", [COLLECT, "/api/heatmap/track-batch"])
@pytest.mark.parametrize("half", [r"\ud83d", r"\uDE00", r"\ud83d\ud83d\ude00", r"\\\udfff x"])
def test_a_client_that_cuts_an_emoji_in_two_spoils_its_own_event_alone(
    stack: Stack, path: str, half: str
) -> None:
    """Half a surrogate pair in one event of a batch: the others are taken, this one is named."""
    whole = r"\ud83d\ude00 \\ud83d \\\\ud83d"
    base = {**CLICK, "store_id": STORE} if path != COLLECT else view()
    name = "selector" if path != COLLECT else "product_name"
    texts = [whole, "cut " + half, whole]
    ids = [str(uuid4()) for _ in texts]
    events = [
        json.dumps({**base, "event_id": one})[:-1] + f',"{name}":"{text}"}}'
        for one, text in zip(ids, texts, strict=True)
    ]
    stream = '"stream":"activity",' if path == COLLECT else ""
    answer = send(stack, f'{{{stream}"events":[{",".join(events)}]}}'.encode(), path)
    assert (answer.status, answer.json.get("accepted")) == (202, 2), answer
    (refused,) = answer.json["rejected"]
    assert (refused["index"], refused["reason"]) == (1, "holds half of a surrogate pair")
    stack.check_applied([ids[0], ids[2]])


@pytest.mark.parametrize(
    "bad",
    [b"null", b"[]", b"{}", b'"x"', b'{"activity_type":"page_view"}', b'{"value":1e999}',
     b'{"store_id":{}}', b'{"metadata":' + b"[" * 200 + b"]" * 200 + b"}", b'{"session_id":"a b"}'],
)  # fmt: skip
def test_one_bad_event_costs_no_other_of_its_batch(stack: Stack, bad: bytes) -> None:
    """Elsewhere one malformed line sent the whole batch to the fallback, or ended the process."""
    good = [view(), view()]
    first, last = (json.dumps(event).encode() for event in good)
    body = b'{"stream":"activity","events":[' + b",".join((first, bad, last)) + b"]}"
    answer = send(stack, body, COLLECT)
    assert (answer.status, answer.json["accepted"]) == (202, 2), answer
    assert [one["index"] for one in answer.json["rejected"]] == [1]
    stack.check_applied([event["event_id"] for event in good])


@pytest.mark.parametrize(
    "forwarded",
    ["", "unknown", "not an address", "1.2.3.4:5678", "[2001:db8::1]:443", "999.1.1.1",
     "::ffff:1.2.3.4", "1.2.3.4, , 5.6.7.8", ", ,", "1.2.3.4%eth0",
     "fe80::1%25eth0", "\u0661.2.3.4", "a" * 4_000,
     "1.2.3.4, " * 200, "0x7f.1", "127.1", "'; DROP TABLE x;--", "2001:db8::/32"],
)  # fmt: skip
def test_a_forwarded_address_that_is_none_costs_no_event(stack: Stack, forwarded: str) -> None:
    """Elsewhere the middleware or the column for addresses failed on them."""
    event = view()
    headers = {"X_Forwarded_For": forwarded, "X_Real_IP": forwarded}
    # From this machine too, what was forwarded wants a key.
    assert send(stack, event, **headers).status == 401
    assert send(stack, event, X_Api_Key=stack.key, **headers).status == 202
    stack.check_applied([event["event_id"]])


@pytest.mark.parametrize(
    ("timestamp", "taken"),
    [(0, False), (-1, False), (2**53, False), ("0001-01-01T00:00:00Z", False), (1, False),
     ("9999-12-31T23:59:59Z", False), ("2076-01-01T00:00:00Z", False),
     ("2009-01-01T00:00:00Z", False), ("now", True), ("now in seconds", None)],
)  # fmt: skip
def test_a_clock_that_is_wrong_makes_no_partition_and_no_future(
    stack: Stack, timestamp: Any, *, taken: bool | None
) -> None:
    """Elsewhere such events made thousands of partitions, or sat fifty years ahead of everybody."""
    if isinstance(timestamp, str) and timestamp.startswith("now"):
        timestamp = int(time.time() * (1 if timestamp.endswith("seconds") else 1_000))
    event = view(timestamp=timestamp)
    answer = send(stack, event)
    assert answer.status in (202, 400)
    if taken is not None:
        assert answer.status == (202 if taken else 400), answer
    if answer.status == 202:
        (occurred,) = stored(stack, event, "abs(extract(epoch FROM occurred_at - now())) < 3600")
        assert occurred


def test_names_of_properties_that_mean_something_to_programs_are_only_names(stack: Stack) -> None:
    """Elsewhere they broke queries, templates and the merging of objects."""
    names = [
        "__proto__", "constructor", "toString", "$set", "$where", "a.b", "a[0]", "", " ", "'", '"',
        "\\", "%s", "{{x}}", "event_id", "store_id", "\u202e", "length", "NaN", "null", "0", "-",
    ]  # fmt: skip
    event = view(metadata={name: {name: name} for name in names})
    assert send(stack, event).status == 202
    assert stored(stack, event, "metadata") == (event["metadata"],)


@pytest.mark.parametrize("kind", ["text/plain", "text/plain;charset=UTF-8", "application/json"])
def test_a_beacon_of_a_closing_page_is_taken(stack: Stack, kind: str) -> None:
    """Browsers send what a closing page has left as text."""
    event = view()
    body = json.dumps(event).encode()
    sent = Sent(kind, post(ACTIVITY, body, kind=kind.encode()))
    assert stack.send([sent])[0].status == 202
    stack.check_applied([event["event_id"]])


@pytest.mark.parametrize(
    "agent",
    ["", " ", "-", "\u00e9", "x" * 7_000, "'\"<script>", "()\t{ :;}; id", "Mozilla/5.0 " * 300],
)
def test_a_user_agent_of_any_kind_costs_no_event(stack: Stack, agent: str) -> None:
    """Absent, empty, endless or hostile: it only describes."""
    event = view()
    assert send(stack, event, User_Agent=agent).status == 202
    bare = view()
    body = json.dumps(bare).encode()
    assert (
        stack.send(
            [
                Sent(
                    "no agent",
                    request("POST", ACTIVITY, body, [("Content-Type", b"application/json")]),
                )
            ]
        )[0].status
        == 202
    )
    stack.check_applied([event["event_id"], bare["event_id"]])


def test_every_stream_takes_the_same_visitor_in_any_script(stack: Stack) -> None:
    """Names of people and things in every script, in every stream, in one visit."""
    words = "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u4f60\u597d \u1019 e\u0301"
    sent = [
        (ACTIVITY, view(search_query=words)),
        (
            "/api/heatmap/track",
            {**CLICK, "store_id": STORE, "event_id": str(uuid4()), "selector": words},
        ),
        (
            "/api/v1/landing-pages/events",
            {**LANDED, "store_id": STORE, "event_id": str(uuid4()), "event_data": {words: words}},
        ),
    ]
    for path, event in sent:
        assert send(stack, event, path).status == 202
    stack.check_applied([event["event_id"] for _, event in sent])


def test_nothing_of_all_this_left_a_trace_beside_its_events(stack: Stack) -> None:
    """Runs last in this file."""
    stack.check_sound()
