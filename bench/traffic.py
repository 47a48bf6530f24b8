"""Realistic heatmap traffic, from a seed: visits, pages with hot spots, a few devices, retries.

Pointers do not fall uniformly: each page has a few dozen elements of very unequal attraction, and
a click lands near the middle of one. Visits of about twenty events are interleaved, as they are in
Kafka. A share of the events is sent twice, soon after the first time.
"""

from __future__ import annotations

import random
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from storepulse.contracts.encoder import encoder_of

AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36"
)
#: Viewports and how common they are.
VIEWPORTS = {
    (390, 844): 30, (412, 915): 18, (360, 800): 10, (820, 1180): 5,
    (1280, 720): 9, (1440, 900): 9, (1536, 864): 9, (1920, 1080): 10,
}  # fmt: skip
SELECTORS = (
    "button.add-to-cart", "nav > ul > li:nth-child({n}) > a", "div.gallery > img:nth-child({n})",
    "a.product-card:nth-child({n})", "select#size-{n}", "footer > a:nth-child({n})",
    "div.description > p:nth-child({n})", "button.accordion-{n}",
)  # fmt: skip
ELEMENTS_A_PAGE = 36
PAGE_HEIGHT = 4800
#: A repeat comes within this many events of its first copy.
RETRY_WITHIN = 1000


@dataclass(frozen=True)
class Shape:
    """What the traffic looks like. `duplicates` is a share of all records."""

    stores: int = 10
    pages_a_store: int = 20
    events_a_visit: int = 20
    open_visits: int = 400
    duplicates: float = 0.1
    seed: int = 7


class Beacon(NamedTuple):
    """One heatmap event as the tracker knows it; times in UTC milliseconds."""

    event_id: str
    store_id: str
    session_id: str
    occurred_at: int
    kind: str
    page_url: str
    x: int | None
    y: int | None
    viewport_width: int
    viewport_height: int
    document_height: int
    selector: str | None
    element_x: int | None
    element_y: int | None
    scroll_depth: int | None
    dwell_ms: int | None
    device: str


class _Element(NamedTuple):
    selector: str
    middle: float  # share of the viewport's width
    top: int
    width: int
    height: int


class _Visit:
    """One visitor on the pages of one store."""

    __slots__ = ("page", "session", "store", "url", "viewport", "waiting")

    def __init__(self, rnd: random.Random, shape: Shape) -> None:
        self.store = rnd.randrange(shape.stores)
        self.session = f"s-{rnd.getrandbits(80):020x}"
        self.viewport = rnd.choices(list(VIEWPORTS), list(VIEWPORTS.values()))[0]
        self.waiting = max(1, round(rnd.gauss(shape.events_a_visit, shape.events_a_visit / 4)))
        self.turn(rnd, shape)

    def turn(self, rnd: random.Random, shape: Shape) -> None:
        """Goes to another page; the first pages of a shop draw most visits."""
        self.page = min(int(rnd.expovariate(4 / shape.pages_a_store)), shape.pages_a_store - 1)
        self.url = f"https://shop-{self.store}.example/products/item-{self.page}?ref=home"


def store_id(number: int) -> str:
    """The id of a shop of this traffic."""
    return f"6f1f3c1e-8c9b-5d3a-9a52-{number:012x}"


def uuid7(rnd: random.Random, milliseconds: int) -> str:
    """A UUIDv7 of the given time."""
    low = rnd.getrandbits(74)
    return (
        f"{milliseconds >> 16:08x}-{milliseconds & 0xFFFF:04x}-7{low & 0xFFF:03x}"
        f"-{0x8000 | low >> 12 & 0x3FFF:04x}-{low >> 26:012x}"
    )


def _page_elements(number: int) -> list[_Element]:
    rnd = random.Random(number)
    return [
        _Element(
            rnd.choice(SELECTORS).format(n=rnd.randrange(1, 9)),
            rnd.uniform(0.1, 0.9),
            int(rnd.triangular(0, PAGE_HEIGHT - 80, 300)),
            rnd.randrange(40, 300),
            rnd.randrange(20, 80),
        )
        for _ in range(ELEMENTS_A_PAGE)
    ]


def beacons(shape: Shape, since_ms: int, until_ms: int, count: int) -> Iterator[Beacon]:
    """`count` different events between two times, in order of time."""
    rnd = random.Random(shape.seed)
    pages = [_page_elements(number) for number in range(shape.pages_a_store)]
    attraction = list(accumulate(1 / (1 + rank) for rank in range(ELEMENTS_A_PAGE)))
    visits = [_Visit(rnd, shape) for _ in range(shape.open_visits)]
    step = (until_ms - since_ms) / count
    for number in range(count):
        place = int(rnd.random() * shape.open_visits)
        visit = visits[place]
        now = since_ms + int(number * step)
        yield _observation(rnd, visit, pages[visit.page], attraction, now)
        visit.waiting -= 1
        if visit.waiting <= 0:
            visits[place] = _Visit(rnd, shape)
        elif rnd.random() < 0.15:
            visit.turn(rnd, shape)


def _observation(
    rnd: random.Random, visit: _Visit, page: list[_Element], attraction: list[float], now: int
) -> Beacon:
    width, height = visit.viewport
    device = "mobile" if width < 768 else "tablet" if width < 1024 else "desktop"
    kind = rnd.random()
    common = (uuid7(rnd, now), store_id(visit.store), visit.session, now)
    if kind < 0.15:
        depth = min(100, int(rnd.expovariate(1 / 40)))
        return Beacon(
            *common, "scroll", visit.url, None, None, width, height, PAGE_HEIGHT,
            None, None, None, depth, None, device,
        )  # fmt: skip
    element = rnd.choices(page, cum_weights=attraction)[0]
    within_x = min(element.width, max(0, int(rnd.gauss(element.width / 2, element.width / 6))))
    within_y = min(element.height, max(0, int(rnd.gauss(element.height / 2, element.height / 6))))
    x = min(width, max(0, int(element.middle * width) - element.width // 2 + within_x))
    return Beacon(
        *common, "click" if kind < 0.8 else "hover", visit.url, x, element.top + within_y,
        width, height, PAGE_HEIGHT, element.selector, within_x, within_y, None,
        None if kind < 0.8 else int(rnd.expovariate(1 / 700)), device,
    )  # fmt: skip


def records(
    shape: Shape, since_ms: int, until_ms: int, count: int
) -> Iterator[tuple[bytes, bytes]]:
    """`count` records (key, value) as the gateway writes them, repeats among them."""
    source = map(encoded(), beacons(shape, since_ms, until_ms, count))
    return with_repeats(source, random.Random(shape.seed + 1), shape.duplicates, count)


def with_repeats(
    source: Iterator[tuple[bytes, bytes]], rnd: random.Random, share: float, count: int
) -> Iterator[tuple[bytes, bytes]]:
    """`count` records, of which a share repeats others that came shortly before."""
    recent: deque[tuple[bytes, bytes]] = deque(maxlen=RETRY_WITHIN)
    for _ in range(count):
        if recent and rnd.random() < share:
            yield recent[int(rnd.random() * len(recent))]
            continue
        record = next(source)
        recent.append(record)
        yield record


def encoded() -> Callable[[Beacon], tuple[bytes, bytes]]:
    """Makes records (key, value) of beacons, received 200 ms after they happened."""
    encoder = encoder_of("heatmap")
    header, head, own, tail = encoder.header, encoder.head, encoder.own, encoder.tail

    def record(b: Beacon) -> tuple[bytes, bytes]:
        body = own(*b[4:], None)
        value = b"".join((
            header,
            head(
                b.event_id, b.store_id, b.session_id, None, b.session_id, b.occurred_at,
                zlib.crc32(body) - 2**31,
            ),
            body,
            tail(
                b.occurred_at + 200, "tracker", "low", "granted", "unknown",
                "198.51.100.7", AGENT, None, False, *[None] * 7,
            ),
        ))  # fmt: skip
        return b.session_id.encode(), value

    return record
