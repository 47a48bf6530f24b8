"""Visits at the ends of local days, from the agents' transaction to the figures of the audience."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.agents.slices import Bench
from tests.integration.query.conftest import Reads
from tests.support.ingest_records import record

ANALYTICS = "/api/analytics/"
MS, HOUR = timedelta(milliseconds=1), timedelta(hours=1)


@pytest.fixture(scope="module")
def bench(reads: Reads) -> Iterator[Bench]:
    """Writers of the database that is read."""
    bench = Bench(reads.world)
    yield bench
    bench.stopping.set()
    for writer in bench.writers.values():
        writer.close()


def write(bench: Bench, store: str, stream: str, *visits: tuple[datetime, dict[str, Any]]) -> None:
    """One record for each visit, as one slice of a topic of its own."""
    bench.topic = f"ingest.{uuid4().hex[:8]}"
    records = []
    for at, fields in visits:
        when = int(at.timestamp() * 1000)
        told = {"store_id": store, "session_id": str(uuid4()), "visitor_id": None, "is_bot": False}
        told |= {"occurred_at": when, "received_at": when, "event_id": str(uuid4()), **fields}
        records.append(record(stream, **told))
    assert bench.write(stream, records).applied == len(records)


def view(at: datetime, visitor: str | None, **fields: Any) -> tuple[datetime, dict[str, Any]]:
    seen = {"activity_type": "page_view", "page_url": "https://s.example/mug/", "referrer": None}
    return at, {**seen, "visitor_id": visitor, "country": "DE", **fields}


def figures(reads: Reads, store: str, **asked: Any) -> dict[str, Any]:
    """The totals of a period. What two answers tell is the same."""
    visitors = reads.read(ANALYTICS + "visitors", store_id=store, **asked)
    pages = reads.read(ANALYTICS + "pages", store_id=store, **asked)
    lists = [
        reads.read(ANALYTICS + path, store_id=store, **asked, **by)
        for path, by in (("sources", {}), ("sources", {"by": "campaign"}), ("countries", {}))
    ]
    totals = visitors["totals"]
    assert totals["sessions"] == sum(day["sessions"] for day in visitors["series"])
    assert totals["views"] == sum(day["views"] for day in visitors["series"])
    assert totals["views"] == sum(page["views"] for page in pages["data"])
    assert pages["totals"]["entries"] == pages["totals"]["exits"] == totals["sessions"]
    for one in lists:
        assert one["totals"] == lists[0]["totals"]
        assert one["totals"]["sessions"] == totals["sessions"]
        assert sum(entry["sessions"] for entry in one["data"]) == totals["sessions"]
        assert sum(entry["purchases"] for entry in one["data"]) == one["totals"]["purchases"]
    covered = {(one["from"], one["to"], one["tz"]) for one in (visitors, pages, *lists)}
    assert len(covered) == 1
    found: dict[str, Any] = totals | {"period": covered.pop(), "series": visitors["series"]}
    return found


@pytest.mark.parametrize(
    ("zone", "begins", "ends"),
    [
        ("Europe/Berlin", "2026-10-24T22:00", "2026-10-25T23:00"),  # 25 hours
        ("Asia/Kolkata", "2026-10-24T18:30", "2026-10-25T18:30"),
    ],
)
def test_visits_around_midnight_are_on_the_store_s_day(
    reads: Reads, bench: Bench, store: str, zone: str, begins: str, ends: str
) -> None:
    first, after = (datetime.fromisoformat(at).replace(tzinfo=UTC) for at in (begins, ends))
    reads.insert("stores", {"store_id": store})
    reads.insert("store_time_zones", {"store_id": store, "from_day": "2020-01-01", "zone": zone})
    write(
        bench, store, "activity",
        view(first - MS, "v-1"), view(first, "v-1"), view(first + 3 * HOUR, "v-1"),
        view(after - MS, "v-2"), view(after, "v-2"), view(after - HOUR, "v-3", is_bot=True),
    )  # fmt: skip
    write(
        bench, store, "landing",
        (after - MS, {"visitor_id": "v-2"}), (after - MS, {"session_id": "s-9"}),
        (after, {"session_id": "s-9"}), (after, {"visitor_id": "v-4", "is_bot": True}),
    )  # fmt: skip
    day = figures(reads, store, from_="2026-10-25", to="2026-10-26")
    assert day["period"] == (f"{begins}:00.000Z", f"{ends}:00.000Z", zone)
    assert (day["visitors"], day["sessions"], day["views"]) == (3, 3, 3)
    whole = figures(reads, store)
    assert [
        (one["day"], one["visitors"], one["sessions"], one["views"]) for one in whole["series"]
    ] == [("2026-10-24", 1, 1, 1), ("2026-10-25", 3, 3, 3), ("2026-10-26", 2, 1, 1)]
    # Of six visits of days, three were by somebody who came on another day too.
    assert (whole["visitors"], whole["sessions"], whole["views"]) == (3, 5, 5)
    robots = figures(reads, store, include_bots="true")
    assert (robots["visitors"], robots["sessions"], robots["views"]) == (3, 6, 6)


def test_what_a_session_was_told_to_be_is_told_anew(reads: Reads, bench: Bench, store: str) -> None:
    """Late events move a session to another source, and make two sessions one."""
    noon = datetime(2026, 10, 25, 12, tzinfo=UTC)
    landed = "https://s.example/a?utm_source=News&utm_campaign=Sale"
    write(bench, store, "activity", view(noon, "v-1", session_id="s-1"))
    write(bench, store, "activity", view(noon + HOUR, "v-1", session_id="s-1"))
    assert figures(reads, store)["sessions"] == 2
    write(
        bench, store, "activity",
        view(noon - 9 * MS, "v-1", session_id="s-1", page_url=landed),
        view(noon + HOUR / 2, "v-1", session_id="s-1", activity_type="purchase", value="9"),
    )  # fmt: skip
    found = figures(reads, store)
    assert (found["visitors"], found["sessions"], found["views"]) == (1, 1, 3)
    sources = reads.read(ANALYTICS + "sources", store_id=store)["data"]
    assert [(one["source"], one["sessions"], one["conversion"]) for one in sources] == [
        ("news", 1, 1.0)
    ]
    pages = reads.read(ANALYTICS + "pages", store_id=store)["data"]
    assert [(one["page"], one["views"], one["entries"], one["exits"]) for one in pages] == [
        ("/mug", 2, 0, 1), ("/a", 1, 1, 0),
    ]  # fmt: skip
