"""The independent recomputation against numbers that were worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from storepulse.exactness.model.activity import activity_tables
from storepulse.exactness.model.carts import cart_tables
from storepulse.exactness.model.clicks import reacts
from storepulse.exactness.model.events import moment
from storepulse.exactness.model.heatmap import heatmap_tables
from storepulse.exactness.model.landing import landing_tables
from storepulse.exactness.model.orders import order_tables
from storepulse.exactness.model.pages import page_of
from storepulse.exactness.model.sessions import session_tables
from storepulse.exactness.model.tables import expected

NOON = 1_795_262_400_000  # 2026-11-21T12:00:00Z
MINUTE = 60_000
HOUR = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = date(2026, 11, 21)


def event(stream: str, number: int, after: int = 0, **own: Any) -> dict[str, Any]:
    return {
        "stream": stream, "store_id": "S", "event_id": f"e{number:03}", "session_id": "s",
        "visitor_id": "v", "occurred_at": NOON + after, "is_bot": False,
    } | own  # fmt: skip


def activity(number: int, kind: str, after: int = 0, **own: Any) -> dict[str, Any]:
    empty = dict.fromkeys(
        ("page_url", "referrer", "product_id", "product_name", "search_query", "quantity", "value",
         "currency")
    )  # fmt: skip
    return event("activity", number, after, **empty) | {"activity_type": kind} | own


def click(number: int, after: int, x: int, y: int, **own: Any) -> dict[str, Any]:
    return event(
        "heatmap", number, after, kind="click", page_url="https://h/p?q", x=x, y=y, device="mobile",
        viewport_width=640, selector="p", scroll_depth=None, dwell_ms=None,
    ) | own  # fmt: skip


def test_sessions_end_after_more_than_thirty_minutes() -> None:
    steps = [0, 30 * MINUTE, 60 * MINUTE + 1, 60 * MINUTE + 2]
    events = [
        activity(n, "page_view" if n else "search", after, page_url=f"https://h/{n}")
        for n, after in enumerate(steps)
    ]
    events[0]["referrer"] = "https://User@WWW.Blog.example:8080/x"
    found = session_tables(list(reversed(events)))["sessions"]
    none = (None,) * 6
    assert found == {
        ("S", "s", moment(NOON)): (
            moment(NOON + 30 * MINUTE), DAY, "v", 1, 1, 2, False, "/0", "/1",
            "blog.example", *none,
        ),
        ("S", "s", moment(NOON + steps[2])): (
            moment(NOON + steps[3]), DAY, "v", 1, 2, 2, False, "/2", "/3", None, *none,
        ),
    }  # fmt: skip


def test_a_session_is_never_cut() -> None:
    events = [activity(n, "custom", n * 30 * MINUTE) for n in range(50)]
    found = session_tables(events)["sessions"]
    assert [values[5] for values in found.values()] == [50]


def test_the_funnel_counts_steps_with_all_before_them() -> None:
    events = [
        activity(1, "page_view"),
        activity(2, "add_to_cart"),
        activity(3, "page_view", session_id="t"),
        activity(4, "product_view", 25 * MINUTE, session_id="t"),
        activity(5, "search", session_id="u"),
    ]
    tables = session_tables(events)
    assert tables["funnel_daily"] == {("S", DAY, 0, False): (2,), ("S", DAY, 1, False): (1,)}
    assert sum(found[0] for found in tables["sessions_daily"].values()) == 3


def test_money_products_and_searches() -> None:
    product: dict[str, Any] = {"product_id": "p"}
    tables = activity_tables(
        [
            activity(1, "purchase", value="19.90", currency="EUR", quantity=2, **product),
            activity(2, "purchase", value="0.10", currency="EUR", product_name="Zed", **product),
            activity(3, "purchase", value="5", **product),
            activity(4, "purchase", currency="EUR", product_name="Änd", **product),
            activity(5, "page_view", **product),
            activity(6, "search", search_query="  Red "),
            activity(7, "search", search_query="red"),
            activity(8, "search", search_query=" "),
            activity(9, "product_view", product_name="Änd", **product),
        ]
    )
    assert tables["activity_revenue_hourly"] == {
        ("S", DAY, HOUR, "EUR", False): (2, Decimal("20.00")),
        ("S", DAY, HOUR, "", False): (1, Decimal(5)),
    }
    # "Ä" comes after "Z" by bytes.
    assert tables["activity_products_daily"] == {("S", DAY, "p", False): ("Änd", 1, 0, 0)}
    assert tables["activity_searches_daily"] == {("S", DAY, "red", False): (2,)}
    assert tables["activity_hourly"][("S", HOUR, "purchase", False)] == (4, 2)


ITEMS = (
    '[{"product_id":"p","quantity":2,"price":"20.00"},'
    '{"product_id":"q","quantity":1,"price":"9.90"}]'
)


def test_an_order_is_one_however_often_it_is_told() -> None:
    paid: dict[str, Any] = {"order_id": "1", "value": "49.90", "currency": "EUR", "product_id": "x"}
    landed = event(
        "landing", 4, -5, event_type="Purchase", landing_page_id="lp", campaign_id=None, items=None,
        order_id="1", value="1", currency="USD",
    )  # fmt: skip
    told = [
        activity(1, "purchase", items=ITEMS, source="server", **paid),
        activity(2, "purchase", 9, items=None, **paid | {"value": "48"}, is_bot=True),
        activity(3, "purchase", 9, **paid | {"order_id": None}, quantity=3),
        landed,
    ]
    tables = order_tables(told)
    (order,) = tables["orders"].values()
    assert order[:8] == (moment(NOON - 5), DAY, "lp", None, "paid", Decimal("49.90"), "EUR", 0)
    assert (len(order[8]), order[9], order[14]) == (2, "EUR", False)
    assert tables["order_lines"] == {
        ("S", "1", "p"): (DAY, "EUR", False, None, 2, Decimal("40.00")),
        ("S", "1", "q"): (DAY, "EUR", False, None, 1, Decimal("9.90")),
    }
    assert tables["product_sales_daily"] == {
        ("S", DAY, "x", "EUR", False): (None, 1, 3, Decimal("49.90"))
    }


def test_without_a_list_the_last_word_on_each_product_counts() -> None:
    told = [
        activity(n, "purchase", n, order_id="1", product_id=product, quantity=n, value=None)
        for n, product in enumerate(("p", "q", "p"))
    ]
    lines = order_tables(told)["order_lines"]
    assert {key[2]: values[4] for key, values in lines.items()} == {"p": 2, "q": 1}


@pytest.mark.parametrize(
    ("second", "third", "rage"),
    [
        ((500, 118, 224), (1_000, 118, 224), 1),  # exactly 30 px, exactly 1 s
        ((500, 100, 200), (1_001, 100, 200), 0),
        ((90, 131, 200), (180, 100, 200), 0),
        ((-90, 100, 200), (-180, 100, 200), 1),
        ((-90, 130, 200), (-180, 70, 200), 1),  # the first click is the last one
        ((0, 100, 200), (0, 100, 200), 1),  # at once: by their ids
    ],
)
def test_rage_needs_two_clicks_before_it(
    second: tuple[int, int, int], third: tuple[int, int, int], rage: int
) -> None:
    events = [click(1, 0, 100, 200), click(2, *second), click(3, *third)]
    for found in events:
        found["occurred_at"] += MINUTE
    tables = heatmap_tables(events)
    (values,) = tables["heatmap_elements"].values()
    assert values == (3, rage, 3, 0, 0)


def test_rage_needs_the_same_page_and_arrival() -> None:
    burst = [click(n, n, 10, 10) for n in (1, 2, 3)]
    late = {"e001": 0, "e002": 0, "e003": 60_001}
    assert [v[1] for v in heatmap_tables(burst, late)["heatmap_elements"].values()] == [0]
    late["e003"] = 60_000
    assert [v[1] for v in heatmap_tables(burst, late)["heatmap_elements"].values()] == [1]
    burst[1]["page_url"] = "https://h/other"
    assert {v[1] for v in heatmap_tables(burst)["heatmap_elements"].values()} == {0}


def test_cells_and_scroll() -> None:
    events = [
        click(1, 0, 640, 31),
        click(2, 5_000, 639, 32, kind="hover", dwell_ms=40),
        click(3, 9_000, 640, 16, viewport_width=None),
        click(4, 9_000, 0, 0, kind="scroll", scroll_depth=99),
    ]
    tables = heatmap_tables(events)
    place = ("S", "/p", HOUR, "mobile")
    assert tables["heatmap_cells"] == {
        (*place, "click", 127, 1, False): (1, 0),
        (*place, "hover", 127, 2, False): (1, 40),
        (*place, "click", 64, 1, False): (1, 0),
    }
    assert tables["heatmap_scroll"] == {(*place, 19, False): (1, 1)}


def test_a_view_counts_once_by_its_furthest_scroll_at_its_first_place() -> None:
    scrolls = [
        click(n, after, 0, 0, kind="scroll", scroll_depth=depth, **own)
        for n, (after, depth, own) in enumerate((
            (0, 10, {"view_id": "v"}),
            (3_600_000, 95, {"view_id": "v", "device": "tablet"}),
            (0, 10, {}),
            (9_000, 20, {"device": "tablet"}),
            (3_600_000, 30, {}),
        ))
    ]  # fmt: skip
    first, second = HOUR, HOUR + timedelta(hours=1)
    counted = heatmap_tables(scrolls)["heatmap_scroll"]
    assert {(*key[2:5],): values for key, values in counted.items()} == {
        (first, "mobile", 2): (2, 0),
        (second, "tablet", 19): (1, 0),
        (first, "mobile", 19): (0, 1),
        (first, "tablet", 4): (1, 0),
        (first, "mobile", 4): (0, 1),
        (second, "mobile", 6): (1, 1),
    }


@pytest.mark.parametrize(
    ("selector", "does_react"),
    [
        ("a.nav", True), ("article", False), ("div > BUTTON", True), ("button > svg", True),
        ("div.button-row > p", False), ("span.CTA-Button", True), ("div[role=button]", True),
        ("details>summary", True), ("section.abbr", False), ("p", False), ("#buy.btn-x", True),
    ],
)  # fmt: skip
def test_which_elements_react(selector: str, does_react: bool) -> None:
    assert reacts(selector) is does_react


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://h", "/"), ("https://h?x=/y", "/"), ("http://h/a/b?c#d", "/a/b"),
        ("https://h/#top", "/"), ("https://h:1/ü%20/", "/%C3%BC%20"),
    ],
)  # fmt: skip
def test_pages(url: str, page: str) -> None:
    assert page_of(url) == page


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/products/mug", "/products/*"), ("/products/mug/red", "/products/*"),
        ("/products", "/products"), ("/c/a/products/b", "/c/*/products/b"),
        ("/c/a/products/b/c", "/c/a/products/b/c"), ("/c//products/b", "/c//products/b"),
    ],
)  # fmt: skip
def test_pages_by_patterns(path: str, page: str) -> None:
    assert page_of(f"https://h{path}", ["/products/*", "/c/*/products/b"]) == page


def test_landing_and_cart() -> None:
    def landing(number: int, kind: str, session: str, **own: Any) -> dict[str, Any]:
        return event(
            "landing", number, session_id=session, event_type=kind, landing_page_id="lp",
            campaign_id=None, value=None, currency=None,
        ) | own  # fmt: skip

    tables = landing_tables(
        [
            landing(1, "PageView", "s"),
            landing(2, "WebVitals", "s"),
            landing(3, "Purchase", "t", value="9.5", currency="EUR"),
            landing(4, "Purchase", "t", campaign_id="c"),
        ]
    )
    assert tables["landing_hourly"] == {
        ("S", "lp", "", HOUR, DAY, False): (1, 0, 1, 0, 1, 2),
        ("S", "lp", "c", HOUR, DAY, False): (0, 0, 1, 0, 0, 1),
    }
    assert tables["landing_revenue_hourly"] == {
        ("S", "lp", "", HOUR, DAY, "EUR", False): (1, Decimal("9.5"))
    }
    assert len(tables["landing_sessions"]) == 3
    cart = event(
        "cart", 1, store_name="n", product_id=None, product_title=None, generated_image_url="u",
        person_image_url=None, clothing_image_url="u",
    )  # fmt: skip
    tables = cart_tables([cart])
    assert tables["cart_hourly"] == {("S", HOUR, DAY, "n", False): (1, 1, 0, 1)}
    assert tables["cart_products_daily"] == {("S", DAY, "", "n", False): (None, 1, 1)}


def test_an_event_given_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="once"):
        expected([activity(1, "custom"), activity(1, "custom")])


@pytest.mark.parametrize("changed", [{"x": 0, "y": 0}, {"selector": "button.qty-plus"}])
def test_clicks_in_series_and_from_the_keyboard_are_no_rage(changed: dict[str, Any]) -> None:
    burst = [click(n, n, 10, 10) | changed for n in (1, 2, 3)]
    assert [v[1] for v in heatmap_tables(burst)["heatmap_elements"].values()] == [0]
