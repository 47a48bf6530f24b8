"""Whatever a client sends: time grows with its length and no faster, and little is remembered."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import thread_time
from typing import Any

import pytest

from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.settings import Settings
from storepulse.contracts import avro_binary
from storepulse.destinations.http import urls
from storepulse.destinations.http.failures import RequestFailed
from storepulse.domain import campaign_ids, emails, identity, robots, stores
from storepulse.domain.clients import AddressRules, canonical_ip, limited_as
from storepulse.domain.errors import Rejected, StorepulseError
from storepulse.domain.init_data import init_data_by_token
from storepulse.domain.ratelimit import RateWindow
from storepulse.domain.robots import bot_reason
from storepulse.domain.start_params import StartParamSerializer
from storepulse.gateway import bodies
from storepulse.gateway.decoding import Decoding
from storepulse.gateway.encoding.enveloper import Enveloper
from storepulse.gateway.encoding.ids import PublicIds
from storepulse.gateway.encoding.request_context import RequestContext, page_host_of
from storepulse.gateway.names.database_names import DatabaseNames
from storepulse.gateway.names.new_name_limits import NewNameLimits
from storepulse.query.wire import instant
from storepulse.streams import beacon
from storepulse.streams.beacon import Rules
from storepulse.streams.bot import beacon as bot
from storepulse.streams.cart.beacon import public_id
from storepulse.streams.landing import beacon as landing
from storepulse.streams.registry import STREAMS

PROXIES = AddressRules.of("10.0.0.0/8", "")
#: Pieces that expressions begin to match again and again, and what may follow to spoil it.
PIECES = (
    "electron/", "electron/x", "bot", "cubot", "a", "a.", "a-", ".", "@", "a@", "https://", "a:",
    "T", "T ", "1", "1.", "-", " ", "/", "?", "#", "[", ":", "\\", "`", " - at `$", "\u00e9",
    "\U0001f600", "0-",
)  # fmt: skip
ENDS = ("", "!", " 00:00", "@", "headless")


def body_error(text: str) -> None:
    """What a field of this name in a beacon leads to."""
    with pytest.raises(Rejected):
        Decoding(STREAMS["heatmap"].input, 500).decode_one(json.dumps({text: 1}).encode())


#: Each place where a client's text meets an expression or a parser of ours.
PLACES: dict[str, Callable[[str], Any]] = {
    "user agent": bot_reason,
    "address": canonical_ip,
    "list of proxies": lambda text: PROXIES.client("10.0.0.1", text, text),
    "list of trusted proxies": lambda text: PROXIES.client("10.0.0.1", "10.0.0.2," * len(text), ""),
    "session": identity.is_session,
    "uuid": identity.is_uuid,
    "correlation": identity.is_correlation,
    "url": lambda text: beacon.url("page_url", f"https://{text}"),
    "url, user": lambda text: beacon.url("page_url", f"https://{text}:{text}@a"),
    "store name": stores.normalised_domain,
    "origin": lambda text: page_host_of(text, text),
    "email": lambda text: emails._is_email(f"{text}@{text}"),
    "event name": landing._is_event_name,
    "page id": landing._is_page_id,
    "inline image": lambda text: bot.image_of("image_url", f"data:image/png;{text},{text}"),
    "chat": bot.is_client,
    "campaign id": lambda text: campaign_ids.check_campaign_id("campaign_id", text),
    "start parameter": lambda text: StartParamSerializer().deserialize(text),
    "init data": lambda text: init_data_by_token(f"a={text}", ["1:A"], 0),
    "content type": lambda text: bodies.check_type(text.encode()),
    "field name": body_error,
    "instant": instant,
    "instant, late": lambda text: instant(f"2026-01-01T{text}"),
}


def seconds(place: Callable[[str], Any], text: str) -> float:
    """CPU time, the least of some runs: what else the machine does only adds."""
    taken = []
    for _ in range(3):
        started = thread_time()
        with suppress(StorepulseError, RequestRefused, ValueError):  # refused is as good as taken
            place(text)
        taken.append(thread_time() - started)
    return min(taken)


@pytest.mark.parametrize("name", PLACES)
def test_time_is_linear(name: str) -> None:
    place = PLACES[name]
    for piece in PIECES:
        for end in ENDS:
            short, long = (
                seconds(place, (piece * (size // len(piece)))[:size] + end)
                for size in (10_000, 100_000)
            )
            assert long < 40 * short + 0.004, (piece, end, short, long)


@pytest.mark.parametrize("name", ["user agent", "address", "origin", "store name", "instant"])
def test_what_is_cut_costs_microseconds(name: str) -> None:
    for text in ("electron/" * 28_000, "T" * 250_000, "a." * 125_000):
        assert seconds(PLACES[name], text) < 0.001


@contextmanager
def at_most(limit: int) -> Iterator[None]:
    """Fails where the block keeps more bytes than that."""
    gc.collect()
    tracemalloc.start()
    try:
        yield
        gc.collect()
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert used < limit, f"{used:,} bytes"


MIB = 2**20
WIDE = "\U0001f600"  # four bytes a character in Python


def test_user_agents() -> None:
    with at_most(2 * MIB):
        for n in range(robots._REASONS + 500):
            bot_reason(f"{n}bot {WIDE * 2_000}")


def test_urls() -> None:
    with at_most(2 * MIB):
        for n in range(beacon._KNOWN_URLS + 500):
            beacon.url("page_url", f"https://{n}.example/{WIDE * 2_000}")


def test_page_ids() -> None:
    with at_most(2 * MIB):
        for n in range(landing._KNOWN_PAGES * 2):
            landing._check_page(f"{n:0>128}")


def test_addresses() -> None:
    with at_most(12 * MIB):
        for n in range(17_000):
            canonical_ip(f"[{n:x}::1]" + WIDE * 100)
            canonical_ip(f"{n:0>6}{WIDE * 58}")
            limited_as(f"2001:db8:{n:x}:1111:2222:3333:4444:5555")


def test_content_types() -> None:
    with at_most(MIB // 16):
        for n in range(500):
            bodies.check_type(b"application/json; x=%d" % n + b"y" * 30_000)


def test_origins() -> None:
    with at_most(MIB):
        for n in range(500):
            page_host_of(f"https://{n}.example/" + "x" * 30_000, "")


def test_encoded_texts() -> None:
    with at_most(24 * MIB):
        for n in range(avro_binary.MOST_TEXTS * 2):
            text = f"{n:0>8}" + WIDE * 62
            assert len(text.encode()) == avro_binary.TEXT_BYTES
            avro_binary.TEXTS[text]
            avro_binary.SOME_TEXTS[text]
            avro_binary.TEXTS[text + WIDE * 500]


def test_the_visits_of_a_stream() -> None:
    enveloper = Enveloper(STREAMS["heatmap"], Rules(), NewNameLimits(Settings(), DatabaseNames()))
    decoding = Decoding(STREAMS["heatmap"].input, 500)
    click = {"type": "click", "x": 1, "y": 1, "page_url": "https://a.example/"}
    store = "11111111-1111-4111-8111-111111111111"
    with at_most(64 * MIB):
        for trusted in (True, False):
            sender = RequestContext(
                1_767_268_800_000, "tracker", None, None, None, None, trusted=trusted
            )
            for first in range(0, 17_000, 500):
                events = [
                    {**click, "store_id": store, "session_id": f"{n:0>128}"}
                    for n in range(first, first + 500)
                ]
                batch = decoding.decode_batch(json.dumps({"events": events}).encode())
                assert enveloper.encode_all(batch.beacons, sender).refused == []


def test_public_ids() -> None:
    with at_most(48 * MIB):
        ids = PublicIds(public_id)
        for n in range(70_000):
            ids.give("1" * 36, f"{n:0>36}", (f"cart-event-1767268800000-{n:0>7}", n))


def test_rate_limits() -> None:
    with at_most(96 * MIB):
        window = RateWindow(100, 60.0)
        for n in range(450_000):
            window.take(f"2001:db8:{n % 65_536:x}:{n:x}::/64", n / 4_000)


def test_addresses_of_images() -> None:
    with at_most(16 * MIB):
        for n in range(1_200):
            url = f"https://img.example/{n}"
            urls.target_of(url.ljust(urls.URL_LIMIT, "x"))
            with suppress(RequestFailed):
                urls.target_of(url.ljust(60_000, "x"))
