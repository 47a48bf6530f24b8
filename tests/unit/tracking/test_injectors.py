"""What is put into pages: never an exception, never twice, in time proportional to the page."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.tracking.injection_cases import CONTAINER, GATEWAY, PIXEL

from storepulse.tracking import EventTracker, PixelInjector, TagManagerInjector
from storepulse.tracking.places import find_places
from storepulse.tracking.script_text import read_built

PAGE = "<!doctype html><html><head></head><body>x</body></html>"


class Spiteful:
    """An object that has no text."""

    def __str__(self) -> str:
        raise RuntimeError("no")


class Escaping(str):
    """Text that escapes what is added to it, as templates' classes do."""

    def __add__(self, other: str) -> str:
        return str.__add__(self, other.replace("<", "&lt;"))

    def __getitem__(self, key: Any) -> Escaping:
        return Escaping(str.__getitem__(self, key))


VALUES = [
    None, 0, -1, 2**80, 1.5, float("nan"), Decimal("NaN"), True, b"\xff", [], {}, object(),
    Spiteful(),
    "", "\0", "\ud800", "\u2028", "</script>", "<!--", "x" * 100_000, "é", '"', "'", "]]>", "\r\n",
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_no_value_raises_or_leaves_its_place(value: Any) -> None:
    tracker = EventTracker(GATEWAY)
    result = tracker.inject_tracking_script(PAGE, value, value, nonce=value)
    result = PixelInjector(PIXEL).inject_pixel(result, nonce=value)
    result = TagManagerInjector(CONTAINER).inject_container(result, nonce=value)
    assert result.isascii()
    assert len(result) < 30_000
    assert result.lower().count("<script") == result.lower().count("</script>") == 3
    assert "<!--" not in result.removeprefix("<!doctype")
    assert tracker.inject_tracking_script(result, "other") == result


def test_a_page_of_another_text_class_is_not_escaped() -> None:
    result = EventTracker(GATEWAY).inject_tracking_script(Escaping(PAGE), "lp")
    assert type(result) is str
    assert result.count("<script") == 1


def test_a_nonce_stands_in_every_script() -> None:
    tracker = EventTracker(GATEWAY)
    result = tracker.inject_tracking_script(PAGE, "lp", nonce='a"b')
    result = PixelInjector(PIXEL).inject_pixel(result, nonce='a"b')
    result = TagManagerInjector(CONTAINER).inject_container(result, nonce='a"b')
    call = tracker.generate_purchase_tracking_call(1, "EUR", "1", nonce='a"b')
    assert (result + call).count(' nonce="a&quot;b">') == 4


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("api_base_url", {"api_base_url": "http://events.example.com"}),
        ("api_base_url", {"api_base_url": "https://u:p@e.example"}),
        ("api_base_url", {"api_base_url": "https://e.example?x=1"}),
        ("api_base_url", {"api_base_url": "https://e.example\n"}),
        ("api_base_url", {"api_base_url": None}),
        ("key", {"key": "ssk_secret"}),
        ("key", {"key": "spk_a\n"}),
        ("store_id", {"store_id": "7"}),
        ("cookie_domain", {"cookie_domain": "localhost"}),
        ("cookie_domain", {"cookie_domain": "a.example;path=/x"}),
    ],
)
def test_a_bad_setting_is_refused_by_its_name(name: str, settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"^{name}: must "):
        EventTracker(**{"api_base_url": GATEWAY} | settings)


@pytest.mark.parametrize(
    "address",
    ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:1/a", "https://e.example/a"],
)
def test_good_addresses_are_taken(address: str) -> None:
    assert f'"{address}"' in EventTracker(address + "/").generate_tracking_script("lp")


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ((199.99, "USD", "1"), '"value":199.99,'),
        ((0.0001, "USD", "1"), '"value":0.0001,'),
        (("12345678901.2345", "USD", "1"), '"value":12345678901.2345,'),
        (("123456789012.3456", "USD", "1"), '"value":"123456789012.3456",'),
        ((Decimal("1E+3"), "USD", 7), '"value":1000,"currency":"USD","order_id":"7"'),
        ((0, "USD", "1"), '"value":0,'),
    ],
)
def test_money_is_written_exactly(values: tuple[Any, Any, Any], written: str) -> None:
    assert written in EventTracker(GATEWAY).generate_purchase_tracking_call(*values)


@pytest.mark.parametrize(
    "values",
    [
        (-1, "USD", "1"), (True, "USD", "1"), (None, "USD", "1"), ("1,5", "USD", "1"),
        (1e13, "USD", "1"),
        (1, "usd", "1"), (1, "XXX", "1"), (1, None, "1"), (1, "USD", ""), (1, "USD", " "),
        (1, "USD", None), (1, "USD", "x" * 300), (Decimal("Infinity"), "USD", "1"),
    ],
)  # fmt: skip
def test_a_purchase_that_would_be_refused_is_a_value_error(values: tuple[Any, Any, Any]) -> None:
    with pytest.raises(ValueError, match=r"^(order_value|currency|order_id): "):
        EventTracker(GATEWAY).generate_purchase_tracking_call(*values)


def test_a_call_stands_between_single_quotes() -> None:
    call = EventTracker(GATEWAY).generate_purchase_tracking_call(1, "USD", "'&<>\"")
    assert not set("'&<") & set(call)


@pytest.mark.parametrize("name", ["landing", "pixel", "tag_manager"])
def test_built_scripts_end_no_script(name: str) -> None:
    built = read_built(name)
    assert built.isascii()
    assert not [word for word in ("</script", "<script", "<!--") if word in built.lower()]


HOSTILE = [
    "<!--", "</body ", "<a ", "<p>", "<a x='", "<svg>", "<svg><g>", "</x>", "<div>", "<script>",
    "<script><!--", "<svg></p>", "<![CDATA[", "<template>", "<svg><foreignObject>", "<div></svg>",
    "<title>", "<div><svg></div>", "<!--->", "<a =", "a= ", "<b></i>", "</", "<!", "&", '"',
]  # fmt: skip


@pytest.fixture
def own_heap() -> Iterator[None]:
    """Nothing of the test process counts: collecting its garbage takes longer than a page does."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def seconds_of(text: str, length: int) -> float:
    """The least of three runs, without what the machine does beside."""
    page = "<p>" + text * (length // len(text))
    found = []
    for _ in range(3):
        started = time.process_time()
        find_places(page)
        found.append(time.process_time() - started)
    return min(found)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.usefixtures("own_heap")
def test_time_is_proportional_to_the_page(text: str) -> None:
    """Eight times the page: 64 times the time, were it quadratic."""
    short = max(seconds_of(text, 25_000), 0.002)
    assert seconds_of(text, 200_000) < 30 * short


@pytest.mark.long
@pytest.mark.parametrize("text", HOSTILE)
def test_five_megabytes_take_as_long_as_they_are(text: str) -> None:
    """Twenty times the page: 400 times the time, were it quadratic. Measured: 18 to 36 times, and
    at most 7.5 s of a slow core."""
    short = max(min(seconds_of(text, 250_000) for _ in range(2)), 0.002)
    long = seconds_of(text, 5_000_000)
    assert long < 80 * short
    assert long < 30
