"""A recount takes texts as the product does, whatever the model's own short rules make of them."""

from __future__ import annotations

from typing import Any

import pytest

from storepulse.exactness.model.tables import expected
from storepulse.exactness.text_rules import with_texts

STORE = "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"
COMMON: dict[str, Any] = {
    "store_id": STORE, "event_id": "e", "session_id": "s", "visitor_id": None, "is_bot": False,
    "occurred_at": 1_767_268_800_000, "folded": None,
}  # fmt: skip


def click(selector: str | None, **own: Any) -> dict[str, Any]:
    return COMMON | {
        "stream": "heatmap", "kind": "click", "page_url": "https://a.example/p", "x": 1, "y": 2,
        "viewport_width": 1280, "selector": selector, "device": "desktop", "dwell_ms": None,
        "scroll_depth": None, "view_id": None,
    } | own  # fmt: skip


def view(**own: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("referrer", "product_id", "product_name", "search_query", "quantity", "value", "currency",
         "order_id", "country", "name", "metadata", "items")
    )  # fmt: skip
    plain = {"stream": "activity", "activity_type": "page_view", "page_url": "https://a.example/p"}
    return COMMON | nothing | plain | own


@pytest.mark.parametrize(
    ("selector", "dead"),
    [
        (" ", 0), (None, 0), ("p", 1), ('div[title="a > b"]', 1), ('a[title="x > p"] > p', 0),
        ('div[role="button" i] > p', 0), ("p.btn-group", 1), ("li[tabindex='0'] span", 0),
    ],
)  # fmt: skip
def test_clicks_are_dead_as_the_agents_judge_them(selector: str | None, dead: int) -> None:
    tables = expected(with_texts([click(selector)], {}))
    assert [values[2] for values in tables["heatmap_elements"].values()] == [dead]


def test_a_selector_beyond_the_cap_is_not_judged() -> None:
    tables = expected(with_texts([click("p", folded=2)], {}))
    assert [values[2] for values in tables["heatmap_elements"].values()] == [0]


def test_pages_sources_and_terms_are_the_product_s() -> None:
    url = "https://a.example/m%C3%BCg/?UTM_Source=+News&utm_campaign=X"
    referrer = "android-app://com.google.android.googlequicksearchbox/"
    events = with_texts(
        [
            view(page_url=url, referrer=referrer),
            view(event_id="f", activity_type="search", search_query="\u2003Red\u00a0Mug "),
        ],
        {STORE: ("a.example", ("/*",))},
    )
    tables = expected(events)
    ((_, values),) = tables["sessions"].items()
    assert values[7:11] == ("/*", "/*", "com.google.android.googlequicksearchbox", "news")
    assert [key[2] for key in tables["pages_daily"]] == ["/*"]
    assert [key[2] for key in tables["activity_searches_daily"]] == ["red mug"]
