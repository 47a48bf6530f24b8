"""The scene with a broken button: what its visitors send comes to what the manifest says."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from storepulse.demo import pointer
from storepulse.demo.scenes import broken_button, phone_orders
from storepulse.demo.scenes.stage import LEAST_STORY_EVENTS, Stage, told_of_scenes
from storepulse.demo.shops import story_shop
from storepulse.demo.traffic import Plan
from storepulse.streams.heatmap.selectors import judge

START = 1_795_219_200_000  # 2026-11-21T00:00:00Z
RUN = Plan(7, START, trusted=True, has_secrets=True)
SHOP = story_shop()
TEST_ID = "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506"
DAY = 86_400_000
STEPS = ("page_view", "product_view", "add_to_cart", "checkout_start", "purchase")


def sent_events() -> list[dict[str, Any]]:
    """Every event of the scene, as it must be stored."""
    return [
        entry.event
        for visitor in broken_button.visitors(RUN, TEST_ID)
        for request in visitor.requests
        for entry in request.entries
        if entry.event is not None and entry.outcome == "fresh"
    ]


def story() -> dict[str, Any]:
    figures: dict[str, Any] = broken_button.expected_figures(RUN, TEST_ID)
    told: dict[str, Any] = figures[broken_button.FIGURE]
    return told


def test_both_weeks_come_to_what_the_manifest_says() -> None:
    events = sent_events()
    began = START - broken_button.TEST_DAYS * DAY
    for name, is_in in (("before", lambda at: at < began), ("since", lambda at: at >= began)):
        own = [event for event in events if is_in(event["occurred_at"])]
        acts = Counter(e["activity_type"] for e in own if e["stream"] == "activity")
        assert [acts[step] for step in STEPS] == story()[name]["funnel"]
        assert sum(e["stream"] == "cart" for e in own) == story()[name]["carts"]
    assert story()["before"]["from"] == "2026-11-08"
    assert story()["before"]["to"] == story()["since"]["from"] == "2026-11-15"
    assert story()["since"]["to"] == "2026-11-21"
    # No visit is cut by a midnight: each day of a week is like the others.
    days = Counter((e["session_id"], e["occurred_at"] // DAY) for e in events)
    assert len(days) == len({session for session, _ in days})
    assert len({e["event_id"] for e in events}) == len(events)


def test_half_as_many_carts_by_as_many_visitors() -> None:
    before, since = story()["before"], story()["since"]
    a_day = [
        (before["funnel"][0] / broken_button.DAYS_BEFORE, before["carts"]),
        (since["funnel"][0] / broken_button.TEST_DAYS, since["carts"]),
    ]
    assert a_day[0][0] == a_day[1][0]
    assert since["carts"] * 2 <= before["carts"]
    variants = story()["test"]["variants"]
    (seen, added), (as_many, fewer) = variants["control"], variants["sticky"]
    assert seen == as_many
    assert fewer * 4 < added
    # More than any verdict wants, without those of the last day, whose time is not over.
    assert seen * (broken_button.TEST_DAYS - 1) // broken_button.TEST_DAYS >= 150


def test_the_button_is_dead_and_pressed_in_anger() -> None:
    clicks = [e for e in sent_events() if e["stream"] == "heatmap"]
    broken = [e for e in clicks if e["selector"] == pointer.BROKEN_BUTTON]
    button = story()["button"]
    assert len(broken) == button["clicks"] == sum(e["is_dead"] for e in clicks)
    assert sum(e["is_rage"] for e in broken) == button["rage_clicks"] > 0
    assert not any(e["is_rage"] for e in clicks if e not in broken)
    import polars as pl

    selectors = pl.Series("selector", [pointer.BROKEN_BUTTON, pointer.WORKING_BUTTON])
    assert judge(selectors)["dead"].to_list() == [True, False]


def test_the_story_fits_into_the_smallest_run_that_has_it() -> None:
    assert len(sent_events()) < LEAST_STORY_EVENTS * 0.8


class Api:
    """Answers as the product does; letters are those of the orders that were put."""

    def __init__(self) -> None:
        self.started: list[Any] = []
        self.letters: list[str] = []
        self.put: list[int] = []

    def __call__(
        self, method: str, path: str, body: dict[str, Any] | None
    ) -> tuple[int, dict[str, Any]]:
        if path.startswith("/api/dead-letters"):
            return 200, {"data": [{"event_id": one} for one in self.letters]}
        if path.endswith("/start"):
            self.started.append(body)
            return 200, {}
        if method == "GET":
            return 200, {"data": []}
        return 201, {"data": {"test_id": TEST_ID, "status": "draft"}}

    def write(self, stream: str, events: list[dict[str, Any]]) -> None:
        assert stream == "order"
        self.put.append(len(events))
        self.letters += [event["event_id"] for event in events]


def test_the_test_began_when_its_first_visitor_came() -> None:
    api = Api()
    assert broken_button.prepare(api, RUN) == TEST_ID
    assert api.started == [{"started_at": "2026-11-15T00:00:00.000Z"}]
    seen = [e["occurred_at"] for e in sent_events() if e["stream"] == "experiment"]
    assert min(seen) >= START - broken_button.TEST_DAYS * DAY
    assert max(seen) < START


def test_orders_that_are_letters_already_are_not_written_again() -> None:
    api = Api()
    assert phone_orders.play(api, api.write, RUN)
    assert phone_orders.play(api, api.write, RUN)
    api.letters.pop()
    assert phone_orders.play(api, api.write, RUN)
    assert api.put == [phone_orders.ORDERS, 0, 1]


def test_letters_that_do_not_come_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phone_orders, "_PATIENCE_SECONDS", 0.0)
    assert not phone_orders.play(Api(), lambda *_: None, RUN, pause=0)


def answers(dead: int) -> dict[str, Any]:
    """What the API tells, by the end of the path and, of a period, its first day."""
    told, button = story(), story()["button"]
    element = {"selector": button["selector"], "clicks": button["clicks"], "dead_clicks": dead,
               "rage_clicks": button["rage_clicks"]}  # fmt: skip
    variants = told["test"]["variants"]
    results = {
        "verdict": {"outcome": "worse"},
        "metrics": [
            {
                "variants": [
                    {"variant_id": v, "so_far": {"converters": n}} for v, (_, n) in variants.items()
                ]
            }
        ],
        "variants": [{"variant_id": v, "so_far": n} for v, (n, _) in variants.items()],
    }
    by_period = {period["from"]: period for period in (told["before"], told["since"])}
    return {
        "heatmap": {"data": {"elements": [element]}},
        "results": {"data": {"test_id": TEST_ID, "is_settled": True, "results": results}},
        "letters": {"data": [{"event_id": n} for n in range(phone_orders.ORDERS)]},
        "periods": by_period,
    }


@pytest.mark.parametrize("off", [0, 1])
def test_what_is_told_is_held_against_the_manifest(off: int) -> None:
    stage = Stage(RUN, START, story_test_id=TEST_ID, has_letters=True)
    assert stage.shops == [SHOP]
    stores: dict[str, dict[str, Any]] = {SHOP.store_id: {}}
    stage.enter(stores)
    counted = stores[SHOP.store_id]["figures"]
    told = answers(story()["button"]["dead_clicks"] + off)

    def read(path: str, asked: dict[str, Any]) -> dict[str, Any]:
        if path.endswith("/results"):
            found = told["results"]
        elif path.startswith("/api/heatmap/"):
            found = told["heatmap"]
        elif path == "/api/dead-letters":
            found = told["letters"]
        else:
            period = told["periods"][asked["from"]]
            assert asked["to"] == period["to"]
            found = {"data": [{"sessions": step} for step in period["funnel"]]}
            if path.endswith("analytics") and "cart" in path:
                found = {"data": {"totals": {"carts": period["carts"]}}}
        return dict(found)

    assert (dict(told_of_scenes(read, SHOP.store_id, counted)) == counted) is (off == 0)
