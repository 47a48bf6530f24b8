"""Who may watch, what each is shown, and how streams end and go on."""

from __future__ import annotations

import json
import signal
import socket
import time
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.integration.live.conftest import KEPT_PER_SECOND, LiveStack
from tests.integration.live.test_stages import ACTIVITY, page_view
from tests.support.live_reader import LiveReader, watching
from tests.support.services import running
from tests.support.waiting import wait_until

from storepulse.query.live.hub import MOST_OF_KEY

PATH = "/api/analytics/live"


def sent_ids(stack: LiveStack, store: str, count: int, **fields: Any) -> list[str]:
    events = [page_view(store, **fields) for _ in range(count)]
    return list(stack.send(f"{ACTIVITY}/batch", {"events": events})["ids"])


def event_ids(reader: LiveReader) -> list[str]:
    return [one["event_id"] for one in reader.events.values()]


def test_a_reader_who_comes_back_goes_on_without_gap_or_repetition(
    stack: LiveStack, store: str
) -> None:
    key, _ = stack.make_key(store, "read")
    headers = {"x-api-key": key}
    with watching(stack.query.url, headers) as first:
        before = sent_ids(stack, store, 5)
        first.wait_for(lambda r: len(r.find(stage="applied")) == 5, "the first five")
    missed = sent_ids(stack, store, 4)
    with watching(stack.query.url, stack.world.headers, store_id=store) as other:
        other.wait_for(lambda r: len(r.find(stage="applied")) == 9, "all nine")
    with watching(stack.query.url, headers, last_id=first.last_id) as again:
        again.wait_for(lambda r: len(r.find(stage="applied")) == 4, "the four")
        after = sent_ids(stack, store, 1)
        again.wait_for(lambda r: len(r.find(stage="applied")) == 5, "one more")
    assert not again.of("gap")
    assert sorted(event_ids(again)) == sorted([*missed, *after])
    assert not set(event_ids(again)) & set(before)


@pytest.mark.parametrize("last_id", ["00000000-7", "nonsense", "x" * 5_000])
def test_an_id_of_another_time_is_a_gap_of_unknown_size(
    stack: LiveStack, store: str, last_id: str
) -> None:
    sent_ids(stack, store, 1)
    with watching(stack.query.url, stack.world.headers, store_id=store, last_id=last_id) as reader:
        reader.wait_for(lambda r: r.find(stage="applied"), "what is kept")
    assert reader.of("gap") == [{"missed": None, "reason": "away"}]


def test_a_key_of_one_store_sees_that_store_alone(stack: LiveStack, store: str) -> None:
    other = stack.make_store(f"other-{uuid4().hex[:8]}.example")
    key, _ = stack.make_key(store, "read")
    with (
        watching(stack.query.url, {"x-api-key": key}) as bound,
        watching(stack.query.url, stack.world.headers) as free,
    ):
        sent_ids(stack, other, 3)
        stack.send(ACTIVITY, page_view(other, quantity=-1), 400)
        mine = sent_ids(stack, store, 1)
        bound.wait_for(lambda r: r.find(stage="applied"), "my own")
        free.wait_for(
            lambda r: len(r.find(store_id=other)) == 4 and r.find(event_id=mine[0]), "both stores"
        )
        bound.wait_for(lambda r: counted(r)["applied"] == 1, "my own in the counts")
    assert event_ids(bound) == mine
    assert counted(bound) == {
        "accepted": 1, "applied": 1, "duplicate": 0, "rejected": 0, "dead": 0,
    }  # fmt: skip
    answer = stack.client.get(
        f"{stack.query.url}{PATH}", params={"store_id": other}, headers={"x-api-key": key}
    )
    assert answer.status_code == 403


def counted(reader: LiveReader) -> dict[str, int]:
    seconds = {one["at"]: one for rates in reader.of("rates") for one in rates["seconds"]}
    names = ("accepted", "applied", "duplicate", "rejected", "dead")
    return {name: sum(one[name] for one in seconds.values()) for name in names}


def test_filters(stack: LiveStack, store: str) -> None:
    asked: list[tuple[dict[str, str], int]] = [
        ({"stream": "heatmap"}, 0),
        ({"stream": "activity"}, 5),
        ({"type": "Search"}, 1),
        ({"kind": "rejected"}, 1),
        ({"kind": "duplicate"}, 1),
        ({"kind": "rejected", "type": "page_view"}, 1),
    ]
    body = page_view(store, event_id=str(uuid4()))
    with ExitStack() as readers:
        open_ones = [
            readers.enter_context(
                watching(stack.query.url, stack.world.headers, store_id=store, **filters)
            )
            for filters, _ in asked
        ]
        everything = readers.enter_context(
            watching(stack.query.url, stack.world.headers, store_id=store)
        )
        stack.send(ACTIVITY, body)
        stack.send(ACTIVITY, body)
        stack.send(ACTIVITY, page_view(store, activity_type="search", search_query="moss"))
        stack.send(ACTIVITY, page_view(store, quantity=-1), 400)
        stack.send(ACTIVITY, page_view(store))
        everything.wait_for(
            lambda r: len(r.find(stage="applied")) == 3 and r.find(stage="duplicate"), "all"
        )
        for reader, (filters, count) in zip(open_ones, asked, strict=True):
            reader.wait_for(lambda r, n=count: len(r.events) == n, f"{filters}")


def test_a_filter_that_cannot_be_is_refused(stack: LiveStack) -> None:
    for parameters, field in (
        ("stream=nothing", "stream"),
        ("kind=good", "kind"),
        ("store_id=7", "store_id"),
        ("nothing=1", "nothing"),
        ("type=", "type"),
    ):
        answer = stack.get(f"{PATH}?{parameters}")
        assert answer.status_code == 400, parameters
        assert answer.json()["details"]["field"] == field


def test_a_flood_of_refusals_is_cut_and_counted(stack: LiveStack, store: str) -> None:
    key, _ = stack.make_key(store, "ingest", "read")
    count = 6 * KEPT_PER_SECOND
    with watching(stack.query.url, {"x-api-key": key}) as reader:
        bad = {"events": [page_view(store, quantity=-1)] * count}
        stack.send(f"{ACTIVITY}/batch", bad, 400, **{"x-api-key": key})
        time.sleep(1.1)  # a new second has new room, and its first one tells
        stack.send(ACTIVITY, page_view(store, quantity=-1), 400, **{"x-api-key": key})
        reader.wait_for(lambda r: r.of("gap"), "what was left out")
        reader.wait_for(lambda r: counted(r)["rejected"] == count + 1, "all in the counts")
    assert {gap["reason"] for gap in reader.of("gap")} == {"rate"}
    assert sum(gap["missed"] for gap in reader.of("gap")) + len(reader.events) == count + 1


def test_hostile_text_stays_text(stack: LiveStack, store: str) -> None:
    texts = [
        "</script><script>alert(1)</script>",
        "\u202egnp.exe\u2028\u2029\x85",
        "a\nevent: end\ndata: {}\n\n",
        "\r\nid: 7",
        'quote " and \\ and \U0001f600',
    ]
    with watching(stack.query.url, stack.world.headers, store_id=store) as reader:
        for text in texts:
            body = page_view(store, activity_type="search", search_query=text)
            stack.send(ACTIVITY, body)
        stack.send(ACTIVITY, page_view(store, quantity=texts[0]), 400)
        reader.wait_for(
            lambda r: len(r.find(stage="applied")) == len(texts) and r.find(stage="rejected"),
            "all of them",
        )
    assert {one["what"] for one in reader.find(stage="applied")} == set(texts)
    assert reader.find(stage="rejected")[0]["value"] == json.dumps(texts[0])
    assert not reader.of("end")


def test_a_revoked_key_sees_no_more_within_seconds(stack: LiveStack, store: str) -> None:
    key, key_id = stack.make_key(store, "read")
    with watching(stack.query.url, {"x-api-key": key}) as reader:
        reader.wait_for(lambda r: r.of("rates"), "the stream")
        answer = stack.client.delete(
            f"{stack.query.url}/api/keys/{key_id}", headers=stack.world.headers
        )
        assert answer.status_code == 200, answer.text
        began = time.monotonic()
        assert reader.is_over.wait(30)
        print(f"ended after {time.monotonic() - began:.1f} s")
    assert reader.of("end") == [{"reason": "access"}]


def test_a_key_may_watch_only_so_often_at_once(stack: LiveStack, store: str) -> None:
    key, _ = stack.make_key(store, "read")
    headers = {"x-api-key": key}
    with ExitStack() as readers:
        for _ in range(MOST_OF_KEY):
            readers.enter_context(watching(stack.query.url, headers))
        answer = stack.client.get(stack.query.url + PATH, headers=headers)
        assert answer.status_code == 429, answer.text
        assert int(answer.headers["retry-after"]) > 0
    # Those that left make room.
    with stack.client.stream("HEAD", stack.query.url + PATH, headers=headers):
        pass

    def may_watch() -> bool:
        with stack.client.stream("GET", stack.query.url + PATH, headers=headers) as answer:
            return answer.status_code == 200

    wait_until(may_watch, "room again", seconds=20)


def test_nobody_between_may_keep_or_compress_it(stack: LiveStack) -> None:
    headers = stack.world.headers | {"accept-encoding": "gzip"}
    for url in (stack.query.url, stack.gateway.url):
        with watching(url, headers) as reader:
            reader.wait_for(lambda r: len(r.of("rates")) > 1, "messages as they come")
        assert reader.answer["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in reader.answer
        assert reader.answer["cache-control"].startswith("no-store")
        assert reader.answer["x-accel-buffering"] == "no"


def test_who_does_not_read_is_told_what_was_left_out(stack: LiveStack, store: str) -> None:
    """The connection's buffers are made small, so that it is full long before the events end."""
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", stack.query.settings.query_port))
        slow.sendall(
            f"GET {PATH}?store_id={store} HTTP/1.1\r\nhost: x\r\n"
            f"x-api-key: {stack.world.key}\r\n\r\n".encode()
        )
        read_until(slow, b"is_current")
        count, wide = 0, "x" * 1_500
        with watching(stack.query.url, stack.world.headers, store_id=store) as other:
            for _ in range(60):
                count += len(sent_ids(stack, store, 100, page_url=f"https://x.example/{wide}"))
                time.sleep(0.1)
            other.wait_for(lambda r: counted(r)["accepted"] == count, "all of them counted")
        told = read_until(slow, b"event: gap")
        assert b'"reason": "slow"' in told or b'"reason": "rate"' in told
    metrics = stack.get("/metrics").text
    assert 'storepulse_live_left_out_total{reason="rate"}' in metrics


def read_until(connection: socket.socket, wanted: bytes) -> bytes:
    connection.settimeout(30)
    found = b""
    while wanted not in found:
        part = connection.recv(65_536)
        assert part, found[-500:]
        found += part
    return found + connection.recv(65_536)


def test_streams_end_when_the_service_does(stack: LiveStack) -> None:
    settings = stack.query.settings.model_copy(
        update={"query_port": stack.query.settings.delivery_port}
    )
    with (
        running("query", settings) as service,
        watching(service.url, stack.world.headers) as reader,
    ):
        reader.wait_for(lambda r: r.of("rates"), "the stream")
        began = time.monotonic()
        assert service.kill(signal.SIGTERM) == 0
        assert time.monotonic() - began < 9, "it waited for its grace to end"
        assert reader.is_over.wait(5)
    assert reader.of("end") == [{"reason": "stopping"}]


def test_one_event_in_full(stack: LiveStack, store: str) -> None:
    session = f"s-{uuid4().hex[:12]}"
    key, _ = stack.make_key(store, "ingest", "read")
    mine, other = {"x-api-key": key}, stack.make_key(None, "read")[0]
    with watching(stack.query.url, mine) as reader:
        stack.send(ACTIVITY, page_view(store, session))
        bad = page_view(store, session, activity_type="add_to_cart", quantity=-1, note=key)
        stack.send(ACTIVITY, bad, 400, **mine)
        stack.send(ACTIVITY, page_view(store, session, activity_type="search", search_query="hat"))
        reader.wait_for(
            lambda r: len(r.find(stage="applied")) == 2 and r.find(stage="rejected"), "all three"
        )
    (refused,) = reader.find(stage="rejected")
    detail = stack.get(f"{PATH}/{refused['id']}", **mine).json()["data"]
    sent = json.loads(detail["raw"]["text"])
    assert (sent["quantity"], sent["session_id"]) == (-1, session)
    assert key not in json.dumps(detail)
    assert detail["validated"] is detail["applied"] is None
    assert [one["type"] for one in detail["session"]] == ["page_view", "add_to_cart", "search"]
    assert [one["this"] for one in detail["session"]] == [False, True, False]
    (search,) = reader.find(type="search")
    detail = stack.get(f"{PATH}/{search['id']}", **mine).json()["data"]
    assert detail["event"] == search
    assert detail["raw"]["hex"].startswith("00")
    assert detail["validated"]["search_query"] == detail["applied"]["search_query"] == "hat"
    assert detail["applied"]["event_id"] == search["event_id"]
    assert [one["type"] for one in detail["session"]] == ["page_view", "add_to_cart", "search"]
    assert stack.get(f"{PATH}/{search['id']}", **{"x-api-key": other}).status_code == 200


def test_an_event_of_another_store_is_not_there(stack: LiveStack, store: str) -> None:
    with watching(stack.query.url, stack.world.headers, store_id=store) as reader:
        sent_ids(stack, store, 1)
        stack.send(ACTIVITY, page_view(store, quantity=-1), 400)
        reader.wait_for(lambda r: len(r.events) == 2, "both")
    foreign, _ = stack.make_key(stack.make_store(f"f-{uuid4().hex[:8]}.example"), "read")
    for live_id in (*reader.events, "activity-0-999999999", "refused-0-99999999", "usage-3-0"):
        answer = stack.get(f"{PATH}/{live_id}", **{"x-api-key": foreign})
        assert answer.status_code == 404, live_id
    for live_id in ("nothing-0-1", "activity", "activity-0-x", "activity-99999-1"):
        assert stack.get(f"{PATH}/{live_id}").status_code in (400, 404), live_id


def test_reading_needs_the_scope(stack: LiveStack, store: str) -> None:
    ingest, _ = stack.make_key(store, "ingest")
    for path in (PATH, f"{PATH}/activity-0-0"):
        assert httpx.get(stack.query.url + path).status_code == 401
        answer = httpx.get(stack.query.url + path, headers={"x-api-key": ingest})
        assert answer.status_code == 403
