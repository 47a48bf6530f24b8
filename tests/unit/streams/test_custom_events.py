"""Custom events by name, and web vitals, of each stream that has such."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.unit.streams.frames import frame, rows

from storepulse.domain.web_vitals import METRICS
from storepulse.exactness.model.web_vitals import _read
from storepulse.streams.activity import rollup as activity
from storepulse.streams.bot import rollup as bot
from storepulse.streams.landing import rollup as landing
from storepulse.streams.web_vitals import samples_of

VITALS = {"activity_type": "custom", "name": "web_vitals"}
COLUMNS = ("page", "metric", "is_bot", "samples", "total")
NAMED = ("stream", "name", "is_bot", "events")


def names(*events: dict[str, Any]) -> list[tuple[Any, ...]]:
    return rows(activity.reduce(frame("activity", *events), None), "custom_events_daily", *NAMED)


def test_activity_is_counted_by_its_name() -> None:
    custom = {"activity_type": "custom"}
    assert names(
        custom | {"name": "caf\u00e9"},
        custom | {"name": "cafe\u0301 "},
        custom | {"name": "お気に入り追加"},
        custom | {"name": "お気に入り削除"},
        custom | {"name": "お気に入り削除", "is_bot": True},
        custom,
        custom | {"name": "flood-17", "folded": 8},
        custom | {"name": "flood-18", "folded": 9},
        {"activity_type": "page_view", "name": "caf\u00e9"},
    ) == sorted(
        [
            ("activity", "", False, 1),
            ("activity", "(other)", False, 2),
            ("activity", "caf\u00e9", False, 2),
            ("activity", "お気に入り削除", False, 1),
            ("activity", "お気に入り削除", True, 1),
            ("activity", "お気に入り追加", False, 1),
        ],
        key=repr,
    )
    assert names({"activity_type": "page_view"}) == []


def test_landing_pages_and_bots_have_names_of_their_own() -> None:
    told = frame(
        "landing",
        {"event_type": "Custom", "event_name": " Quiz  1"},
        {"event_type": "Custom", "event_name": "Quiz 1"},
        {"event_type": "PageView", "event_name": "PageView"},
    )
    found = landing.reduce(told, None)
    assert rows(found, "custom_events_daily", *NAMED) == [("landing", "Quiz 1", False, 2)]
    told = frame(
        "bot",
        {"event_type": "custom", "name": "rated"},
        {"event_type": "user_message", "name": "rated"},
    )
    found = bot.reduce(told, None)
    assert rows(found, "custom_events_daily", *NAMED) == [("bot", "rated", False, 1)]


def vitals(*events: dict[str, Any]) -> list[tuple[Any, ...]]:
    reduction = activity.reduce(frame("activity", *(VITALS | event for event in events)), None)
    assert reduction.tables["customer_activity"].height == len(events)
    return rows(reduction, "web_vitals_daily", *COLUMNS)


def test_an_event_may_tell_of_one_metric_or_several() -> None:
    page = {"page_url": "https://shop.example/mug?a"}
    assert vitals(
        page | {"metadata": '{"name":"LCP","value":1834.5,"rating":"good","id":"v5"}'},
        page | {"metadata": '{"lcp":1834.5,"CLS":0.02,"TTFB":3}', "is_bot": True},
        page | {"metadata": '{"LCP":1834.50004}', "folded": 1},
        {"metadata": '{"LCP":1834.5}', "page_url": None},
        {"metadata": '{"LCP":1834.5}', "name": "Web_Vitals"},
        {"metadata": '{"LCP":1834.5}', "activity_type": "page_view"},
    ) == sorted(
        [
            ("", "LCP", False, 1, Decimal("1834.5000")),
            ("(other)", "LCP", False, 1, Decimal("1834.5000")),
            ("/mug", "CLS", True, 1, Decimal("0.0200")),
            ("/mug", "LCP", False, 1, Decimal("1834.5000")),
            ("/mug", "LCP", True, 1, Decimal("1834.5000")),
            ("/mug", "TTFB", True, 1, Decimal("3.0000")),
        ],
        key=repr,
    )


def test_samples_of_one_bucket_are_one_row() -> None:
    told = [{"metadata": f'{{"INP":{value}}}'} for value in (100.5, 101, 102, 900)]
    metric = METRICS["INP"]
    assert metric.bucket_of(100.5) == metric.bucket_of(102) == metric.bucket_of(100) + 1
    assert [row[3:] for row in vitals(*told)] == [
        (1, Decimal("900.0000")),
        (3, Decimal("303.5000")),
    ]


@pytest.mark.parametrize(
    "metadata",
    [
        None, "{}", "[]", "7", "null", "no JSON", '{"LCP":"1834"}', '{"LCP":true}', '{"LCP":null}',
        '{"LCP":-1}', '{"LCP":600001}', '{"CLS":100.1}', '{"LCP":1e400}', '{"LCP":NaN}',
        '{"name":"LCP"}', '{"name":7,"value":9}', '{"name":"FID","value":9}', '{"LCP":{"value":9}}',
        '{"__proto__":{"LCP":9}}', '{"LCP":' + "9" * 5_000 + "}", '{"LCP":' + "[" * 5_000,
        '{"\\ud800":1}', '{"value":9}',
    ],
    ids=range(23),
)  # fmt: skip
def test_what_cannot_be_read_costs_the_vitals_alone(metadata: str | None) -> None:
    assert vitals({"metadata": metadata}) == []


def test_a_landing_page_tells_under_its_id() -> None:
    told = {"event_type": "WebVitals", "event_name": "web_vitals", "landing_page_id": "lp-1"}
    found = landing.reduce(
        frame(
            "landing",
            told | {"event_data": '{"lcp":1834,"note":"x"}'},
            told | {"metadata": '{"LCP":1834}', "folded": 4},
            told | {"event_data": '{"note":1}', "metadata": '{"CLS":0}'},
            told | {"event_type": "Custom", "event_data": '{"LCP":1834}'},
        ),
        None,
    )
    assert rows(found, "web_vitals_daily", *COLUMNS) == [
        ("(other)", "LCP", False, 1, Decimal("1834.0000")),
        ("lp-1", "CLS", False, 1, Decimal("0.0000")),
        ("lp-1", "LCP", False, 1, Decimal("1834.0000")),
    ]


@pytest.mark.parametrize(
    "text",
    [
        '{"LCP":2500,"lcp":9}', '{"lcp":9,"LCP":2500}', '{"LCP":"x","lcp":9}',
        '{"name":"cls","value":0.1,"CLS":9}', '{"name":"CLS","value":"x","CLS":9}',
        '{"LCP":1,"LCP":2}', '{"CLS":1e-9}', '{"TTFB":600000}', '{"INP":200.00005}', "[1]",
    ],
)  # fmt: skip
def test_the_plain_model_reads_the_same(text: str) -> None:
    told = {metric: total for metric, _, total in samples_of(text)}
    assert told == {m: round(Decimal(str(value)), 4) for m, value in _read(text).items()}
