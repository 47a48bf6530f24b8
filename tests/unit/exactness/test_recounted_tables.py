"""Which tables a recount holds against the model, and what it says of the others."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storepulse.exactness.applied_copies import witness_of
from storepulse.exactness.ingest_records import IngestRecord
from storepulse.exactness.model import comparison
from storepulse.exactness.model.tables import expected, tables_without
from storepulse.exactness.record_counts import Recount, count_stream
from storepulse.exactness.recounted_tables import FreshEvents, ToldStores, findings
from storepulse.exactness.snapshot import TableScope

STORE, OTHER = "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d", "7f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ALL = TableScope(store=None, most_events=10)


def landing(number: int, **own: Any) -> dict[str, Any]:
    return {
        "store_id": STORE, "event_id": f"e{number}", "session_id": "s", "visitor_id": None,
        "occurred_at": NOON, "received_at": NOON, "content_crc": 7, "event_type": "PageView",
        "landing_page_id": "lp", "campaign_id": None, "value": None, "currency": None,
        "is_bot": False, "folded": None,
    } | own  # fmt: skip


def counted(
    *records: tuple[int, dict[str, Any]],
    scope: TableScope = ALL,
    row: dict[str, Any] | None = None,
) -> Recount:
    """Recounted records, each with its partition; `row`: what PostgreSQL has of the event `e1`."""
    result = Recount(fresh=FreshEvents(scope))
    found = [IngestRecord(p, n, 0, event) for n, (p, event) in enumerate(records)]
    witnesses = {} if row is None else {(STORE, "e1"): witness_of("landing")(row)}
    count_stream(result, "landing", iter(found), set(), lambda _: witnesses)
    return result


def told(result: Recount, stored: Any, left_out: set[str]) -> list[str]:
    assert result.fresh is not None
    stores = ToldStores(ambiguous=result.ambiguous.keys())
    return findings(result.fresh, stored, stores, left_out)


def test_what_the_tables_hold_otherwise_is_told() -> None:
    result = counted((0, landing(1)), (0, landing(1, event_type="Purchase")), (1, landing(2)))
    assert result.fresh is not None
    stored = expected(result.fresh.events)
    assert stored["landing_events"].keys() == {(STORE, "e1"), (STORE, "e2")}
    assert told(result, stored, set()) == []
    ((key, values),) = stored["landing_hourly"].items()
    stored["landing_hourly"][key] = (values[0] + 1, *values[1:])
    (line,) = told(result, stored, set())
    assert line.startswith(f"landing_hourly ('{STORE}', 'lp', ''")
    # A stream that cannot be recounted takes all tables out that its events enter.
    assert told(result, stored, {"landing"}) == []
    assert told(result, stored, {"heatmap"}) == [line]


def test_an_exposure_counts_by_all_its_tellings() -> None:
    result = Recount(fresh=FreshEvents(ALL))
    told_at = [NOON, NOON - timedelta(days=1), NOON + timedelta(days=1), NOON]
    copies = [
        landing(1, event_type="Exposure", occurred_at=at, received_at=at, session_id=session)
        for at, session in zip(told_at, ("s", "s", "s", "t"), strict=True)
    ]
    records = [IngestRecord(0, n, 0, event) for n, event in enumerate(copies)]
    count_stream(result, "experiment", iter(records), set())
    assert result.fresh is not None
    (event,) = result.fresh.events
    tellings = result.fresh.told_again(event)["tellings"]
    noon = int(NOON.timestamp()) * 1000
    assert [(t["occurred_at"], t["session_id"]) for t in tellings] == [
        (noon - 86_400_000, "s"),
        (noon, "t"),
    ]
    assert result.fresh.told_again(landing(2) | {"stream": "landing"}) == landing(2) | {
        "stream": "landing"
    }


def test_pages_of_a_store_that_named_them_anew_are_not_compared() -> None:
    result = counted((0, landing(1)))
    assert result.fresh is not None
    stored = expected(result.fresh.events)
    for store in (STORE, OTHER):
        stored["pages_daily"][store, NOON.date(), "/p", False] = (1,)
    changed = ToldStores(changed={STORE})
    (line,) = findings(result.fresh, stored, changed, set())
    assert line.startswith(f"pages_daily ('{OTHER}'")
    stored["landing_events"].clear()
    assert len(findings(result.fresh, stored, changed, set())) == 2


def test_stores_with_events_from_before_a_change_are_known() -> None:
    result = counted((0, landing(1)), (0, landing(2, received_at=NOON + timedelta(minutes=1))))
    assert result.fresh is not None
    later, earlier = NOON + timedelta(seconds=1), NOON - timedelta(seconds=1)
    assert result.fresh.stores_before({STORE: later, OTHER: later}) == {STORE}
    assert result.fresh.stores_before({STORE: earlier}) == set()


def test_copies_in_several_partitions_leave_the_first_one_open() -> None:
    assert counted((0, landing(1)), (0, landing(1))).ambiguous == {}
    copies = (0, landing(1)), (1, landing(1)), (1, landing(2)), (2, landing(1))
    assert counted(*copies).ambiguous == {("landing", STORE): 1}


def test_the_row_tells_which_copy_was_applied() -> None:
    later = NOON + timedelta(hours=2)
    other = landing(1, session_id="t", event_type="Purchase", content_crc=8, received_at=later)
    copies = (
        (0, landing(1)),
        (0, landing(1)),
        (1, other),
        (1, other),
        (2, landing(1, session_id="u")),
    )
    result = counted(*copies, row=other)
    assert (result.ambiguous, result.undecided, result.findings) == ({}, set(), [])
    assert result.fresh is not None
    assert [event["session_id"] for event in result.fresh.events] == ["t"]
    assert {hour: +counts for (_, _, hour), counts in result.cells.items()} == {
        NOON: Counter(accepted=3, duplicate=3, conflict=3),
        later: Counter(accepted=2, applied=1, duplicate=1),
    }
    assert counted(*copies, row=landing(1)).fresh == counted(*copies[:2]).fresh


def test_a_row_of_none_of_the_copies_is_named() -> None:
    copies = (0, landing(1)), (1, landing(1, session_id="t"))
    result = counted(*copies, row=landing(1, session_id="u"))
    assert result.findings == [f"landing {STORE} e1: its row is of none of its copies"]


def test_copies_that_a_row_cannot_tell_apart_leave_it_open() -> None:
    copies = (0, landing(1)), (1, landing(1, event_type="Purchase", content_crc=8))
    result = counted(*copies, row=landing(1))
    assert (result.ambiguous, result.undecided) == (
        {("landing", STORE): 1}, {("landing", STORE)}
    )  # fmt: skip


def test_the_tables_of_other_stores_are_compared_all_the_same() -> None:
    clean = (0, landing(2, store_id=OTHER))
    result = counted((0, landing(1)), (1, landing(1, session_id="t")), clean)
    assert result.fresh is not None
    stored = expected(result.fresh.events)
    for store in (STORE, OTHER):
        # A row of landing's, one of several streams' and one of another stream's.
        stored["landing_hourly"][store, "lp", "", NOON, NOON.date(), True] = (1, 0, 0, 0, 0, 0)
        stored["visitors_daily"][store, NOON.date(), "v"] = ()
        stored["cart_products_weekly"][store, NOON.date(), "p", "s", False] = (1, 0)
    lines = told(result, stored, set())
    assert sorted((line.split()[0], STORE in line) for line in lines) == [
        ("cart_products_weekly", False), ("cart_products_weekly", True),
        ("landing_hourly", False), ("visitors_daily", False),
    ]  # fmt: skip


def test_one_store_alone_is_held() -> None:
    scope = TableScope(store=OTHER, most_events=10)
    result = counted((0, landing(1)), (0, landing(2, store_id=OTHER)), scope=scope)
    assert result.fresh is not None
    assert [event["event_id"] for event in result.fresh.events] == ["e2"]
    # The ledger is recounted for all.
    assert {store for _, store, _ in result.cells} == {STORE, OTHER}


def test_null_fields_are_not_held_and_read_as_null() -> None:
    result = counted((0, landing(1, ip="192.0.2.1")))
    assert result.fresh is not None
    (event,) = result.fresh.events
    assert not {"ip", "campaign_id", "content_crc"} & event.keys()
    assert event["campaign_id"] is None
    assert (event | {"day": 1})["campaign_id"] is None
    assert Counter(type(event[name]) for name in ("occurred_at", "received_at")) == {int: 2}


@pytest.mark.parametrize(
    ("stream", "tables"),
    [
        ("activity", {"sessions", "orders", "visitors_daily", "visitors_hourly", "pages_daily"}),
        ("landing", {"landing_hourly", "orders", "visitors_daily"}),
        ("heatmap", {"heatmap_cells"}),
        ("cart", {"cart_hourly"}),
    ],
)
def test_each_table_depends_on_the_streams_that_write_it(stream: str, tables: set[str]) -> None:
    assert not tables_without({stream}) & tables


def test_every_table_is_recounted() -> None:
    # The ledger's counts are compared hour by hour.
    assert tables_without(()) == comparison.QUERIES.keys() - {"ledger_counts"}
