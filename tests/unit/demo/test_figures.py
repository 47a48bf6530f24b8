"""The demo's own figures: by hand, and over a whole run against the plain model."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import pytest

from storepulse.demo.figures import RunFigures
from storepulse.demo.traffic import Plan, visitors
from storepulse.exactness.model.tables import expected

START = 1_795_219_200_000
NOON = START - 43_200_000


def act(kind: str, after: int, **own: Any) -> dict[str, Any]:
    return {
        "stream": "activity", "store_id": "S", "session_id": "s", "activity_type": kind,
        "occurred_at": NOON + after, "is_bot": False, "order_id": None, "value": None,
        "currency": None, "source": "tracker",
    } | own  # fmt: skip


def scroll(view: str, depth: int) -> dict[str, Any]:
    return {
        "stream": "heatmap", "store_id": "S", "session_id": "s", "occurred_at": NOON,
        "is_bot": False, "kind": "scroll", "view_id": view, "scroll_depth": depth,
    }  # fmt: skip


def test_a_visit_an_order_and_a_view() -> None:
    figures = RunFigures()
    paid = {"order_id": "1", "value": "49.90", "currency": "EUR"}
    figures.count(
        [
            act("purchase", 1_800_001, value="1.10", currency="EUR"),
            act("page_view", 0),
            act("product_view", 1_800_000),
            act("purchase", 5_400_002, **paid),
            act("purchase", 5_400_003, **paid),
            act("purchase", 5_400_003, is_bot=True, **(paid | {"order_id": "2"})),
            scroll("a", 10),
            scroll("a", 54),
            scroll("b", 0),
        ]
    )
    document = figures.stores["S"].document()
    assert document["sessions"] == 2
    assert document["funnel"] == [1, 1, 0, 0, 0]
    assert (document["orders"], document["purchases"]) == (1, 2)
    assert document["revenue"] == {"EUR": "51.00"}
    assert document["scroll_reach"] == [2] + [1] * 10 + [0] * 10


@pytest.mark.parametrize("trusted", [False, True], ids=["without a key", "with a secret key"])
def test_a_run_by_its_own_count_is_what_the_model_makes_of_it(trusted: bool) -> None:
    figures, events = RunFigures(), []
    for visitor in visitors(Plan(7, START, trusted=trusted, has_secrets=trusted), 8_000):
        for request in visitor.requests:
            events += [e.event for e in request.entries if e.outcome == "fresh" and e.event]
    for number, event in enumerate(events):
        event["event_id"] = event["event_id"] or f"derived-{number}"
    figures.count(events)
    tables = expected(events)
    wanted: dict[str, Counter[str]] = defaultdict(Counter)
    funnel: dict[str, Counter[int]] = defaultdict(Counter)
    for (store, *_, is_bot), counts in tables["heatmap_elements"].items():
        if not is_bot:
            names = ("clicks", "rage_clicks", "dead_clicks", "hovers")
            wanted[store].update(dict(zip(names, counts, strict=False)))
    for (store, _, is_bot, *_), counts in tables["sessions_daily"].items():
        wanted[store]["sessions"] += 0 if is_bot else counts[0]
    for (store, _, step, is_bot), (sessions,) in tables["funnel_daily"].items():
        funnel[store][step] += 0 if is_bot else sessions
    by_persons = {(e["store_id"], e.get("order_id")) for e in events if not e["is_bot"]}
    for (store, number), told in tables["orders"].items():
        is_sold = told[4] in ("paid", "refunded")
        wanted[store]["orders"] += is_sold and (store, number) in by_persons
    assert len(figures.stores) == 3
    for store, counted in figures.stores.items():
        document = counted.document()
        assert {name: document[name] for name in wanted[store]} == wanted[store]
        assert document["funnel"] == [funnel[store][step] for step in range(5)]
        assert all(document[name] for name in ("rage_clicks", "dead_clicks", "orders", "carts"))
        assert sum(map(Decimal, document["revenue"].values())) > 0
