"""Usage as it is read: months, days, adjustments, statements."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.query.conftest import Reads

from storepulse.metering.closing import close_due, make_missing

PATH = "/api/usage/{}"
OPEN_AT = datetime(2026, 3, 20, tzinfo=UTC)
CLOSED_AT = datetime(2026, 4, 2, tzinfo=UTC)


def event(store: str, number: int, at: str, quantity: str, **more: Any) -> dict[str, Any]:
    month = f"{at[:7]}-01"
    return {
        "event_id": str(UUID(int=number)), "store_id": store, "correlation_id": "c",
        "occurred_at": at, "received_at": at, "meter": "sms", "quantity": quantity,
        "source": "server", "consent_analytics": "unknown", "consent_marketing": "unknown",
        "is_bot": False, "period": month, "billed_period": month,
    } | more  # fmt: skip


def figures(store: str, at: str, count: int, total: str, last: str, **more: Any) -> dict[str, Any]:
    return {
        "store_id": store, "meter": "sms", "count": count, "sum": total, "max": total,
        "last": last, "last_at": at, "last_id": str(uuid4()),
    } | more  # fmt: skip


def fill(reads: Reads, store: str) -> None:
    """February is closed; one late event of it and two of March are there."""
    reads.insert("usage_stores", {"store_id": store, "open_period": "2026-02-01"})
    reads.insert(
        "usage_events",
        event(store, 1, "2026-02-02 10:00Z", "5"), event(store, 2, "2026-02-03 10:00Z", "7"),
    )  # fmt: skip
    with reads.world.connect() as connection:
        assert close_due(connection, OPEN_AT, OPEN_AT) >= 1
        make_missing(connection)
    reads.insert(
        "usage_events",
        event(store, 3, "2026-02-20 10:00Z", "6", billed_period="2026-03-01"),
        event(store, 4, "2026-03-02 10:00Z", "1.5"),
    )  # fmt: skip
    reads.insert(
        "usage_current",
        figures(store, "2026-02-20 10:00Z", 3, "18", "6", period="2026-02-01"),
        figures(store, "2026-03-02 10:00Z", 1, "1.5", "1.5", period="2026-03-01"),
    )  # fmt: skip
    reads.insert(
        "usage_hourly",
        figures(store, "2026-03-02 10:00Z", 1, "1.5", "1.5", hour="2026-03-02 10:00Z",
                day="2026-03-02"),
        figures(store, "2026-02-02 10:00Z", 1, "5", "5", hour="2026-02-02 10:00Z",
                day="2026-02-02"),
        figures(store, "2026-02-03 10:00Z", 1, "7", "7", hour="2026-02-03 10:00Z",
                day="2026-02-03"),
        figures(store, "2026-02-20 10:00Z", 1, "6", "6", hour="2026-02-20 10:00Z",
                day="2026-02-20"),
    )  # fmt: skip


def test_an_open_month_with_what_late_events_adjust(reads: Reads, store: str) -> None:
    fill(reads, store)
    found = reads.read(PATH.format(store), period="2026-03")
    assert (found["state"], found["hash"], found["period"]) == ("open", None, "2026-03")
    assert [(m["meter"], m["count"], m["sum"], m["last_at"]) for m in found["meters"]] == [
        ("sms", 1, "1.5", "2026-03-02T10:00:00.000Z")
    ]
    assert found["adjustments"] == [
        {"for_period": "2026-02", "meter": "sms", "count": 1, "sum": "6",
         "max_change": "0", "last_change": "-1"},
    ]  # fmt: skip


def test_a_closed_month_is_as_its_statement_says(reads: Reads, store: str) -> None:
    fill(reads, store)
    found = reads.read(PATH.format(store), period="2026-02")
    assert found["state"] == "closed"
    assert [(m["count"], m["sum"], m["max"], m["last"]) for m in found["meters"]] == [
        (2, "12", "7", "7")
    ]
    listed = reads.read(PATH.format(store) + "/statements")["data"]
    assert [(s["period"], s["events"], s["hash"]) for s in listed] == [
        ("2026-02", 2, found["hash"])
    ]
    told = reads.read(PATH.format(store) + "/statements/2026-02")
    assert hashlib.sha256(told["text"].encode()).hexdigest() == told["hash"] == found["hash"]
    assert told["text"].startswith(f"storepulse usage statement 1\nstore {store}\nperiod 2026-02\n")
    assert (told["zone"], told["from"], told["to"]) == (
        "UTC", "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z",
    )  # fmt: skip
    assert told["meters"] == found["meters"]
    assert reads.read(PATH.format(store) + "/statements", before="2026-02")["data"] == []


def test_days_are_added_up(reads: Reads, store: str) -> None:
    fill(reads, store)
    path = PATH.format(store)
    both = reads.read(path, from_="2026-02-20", to="2026-03-03")
    assert [(m["count"], m["sum"], m["last"]) for m in both["meters"]] == [(2, "7.5", "1.5")]
    assert (both["from"], both["to"], both["period"]) == ("2026-02-20", "2026-03-03", None)
    assert reads.read(path, from_="2026-03-03")["meters"] == []
    assert reads.read(path, to="2026-03-01")["meters"][0]["count"] == 3


def test_a_meter_by_day(reads: Reads, store: str) -> None:
    fill(reads, store)
    path = PATH.format(store) + "/days"
    (day,) = reads.read(path, meter="sms", **{"from": "2026-03-01", "to": "2026-04-01"})["data"]
    assert day == {"day": "2026-03-02", "count": 1, "sum": "1.5", "max": "1.5", "last": "1.5"}
    none = {"from": "2026-03-03", "to": "2026-04-01"}
    assert reads.read(path, meter="sms", **none)["data"] == []
    assert reads.read(path, meter="other", **none)["data"] == []


def test_days_of_a_closed_month_count_what_came_late(reads: Reads, store: str) -> None:
    fill(reads, store)
    path = PATH.format(store)
    (stated,) = reads.read(path, period="2026-02")["meters"]
    (by_day,) = reads.read(path, from_="2026-02-01", to="2026-03-01")["meters"]
    (late,) = reads.read(path, period="2026-03")["adjustments"]
    assert (stated["count"], late["count"], by_day["count"]) == (2, 1, 3)
    assert (stated["sum"], late["sum"], by_day["sum"]) == ("12", "6", "18")


def test_a_store_without_usage_has_none(reads: Reads, store: str) -> None:
    found = reads.read(PATH.format(store))
    assert (found["state"], found["meters"], found["adjustments"]) == ("open", [], [])
    assert reads.read(PATH.format(store) + "/statements")["data"] == []
    assert reads.get(PATH.format(store) + "/statements/2026-02").status_code == 404


@pytest.mark.parametrize(
    ("path", "parameters", "field"),
    [
        ("", {"period": "2026-13"}, "period"),
        ("", {"period": "2026-1"}, "period"),
        ("", {"period": "2026-10", "from_": "2026-10-01"}, "period"),
        ("", {"from_": "2026-10-01T00"}, "from"),
        ("", {"from_": "1700000000"}, "from"),
        ("", {"from_": "2026-10-02", "to": "2026-10-02"}, "to"),
        ("", {"to": "2026-02-30"}, "to"),
        ("", {"colour": "red"}, "colour"),
        ("/statements", {"limit": 0}, "limit"),
        ("/days", {"from_": "2026-10-01", "to": "2026-10-02"}, "meter"),
        ("/days", {"meter": "sms", "from_": "2026-10-02", "to": "2026-10-02"}, "to"),
        ("/days", {"meter": "sms", "from_": "2026-10-02", "to": "2027-10-04"}, "to"),
        ("/days", {"meter": "sms", "from_": "x", "to": "2027-10-04"}, "from"),
        ("/statements", {"before": "x"}, "before"),
        ("/statements/2026", {}, "period"),
    ],
)
def test_bad_questions_are_refused(
    reads: Reads, store: str, path: str, parameters: dict[str, Any], field: str
) -> None:
    answer = reads.get(PATH.format(store) + path, **parameters)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, field), answer.text


def paged(reads: Reads, path: str, **asked: Any) -> list[tuple[str | None, str]]:
    """Meters and adjustments of all pages of two."""
    found: list[tuple[str | None, str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = reads.read(path, limit=2, **asked, **cursor)
        listed = [(None, m["meter"]) for m in page["meters"]]
        listed += [(a["for_period"], a["meter"]) for a in page["adjustments"]]
        found += listed
        if page["next_cursor"] is None:
            assert len(listed) <= 2
            return found
        assert len(listed) == 2
        cursor = {"cursor": page["next_cursor"]}


def test_pages_of_meters_and_adjustments_lose_and_repeat_nothing(reads: Reads, store: str) -> None:
    meters = ["B", "a", "a.b", "c", "é".encode().hex()]
    reads.insert("usage_stores", {"store_id": store, "open_period": "2026-03-01"})
    march, at = {"period": "2026-03-01"}, "2026-03-02 10:00Z"
    day = {"hour": at, "day": "2026-03-02"}
    for meter in meters:
        reads.insert("usage_current", figures(store, at, 1, "1", "1", meter=meter, **march))
        reads.insert("usage_hourly", figures(store, at, 1, "1", "1", meter=meter, **day))
    late = [("2026-01", "z"), ("2026-02", "a"), ("2026-02", "c")]
    for number, (month, meter) in enumerate(late):
        billed = event(store, 100 + number, f"{month}-05 10:00Z", "1", meter=meter)
        reads.insert("usage_events", billed | {"billed_period": "2026-03-01"})
    path, every = PATH.format(store), [*((None, m) for m in sorted(meters)), *late]
    assert paged(reads, path, period="2026-03") == every
    assert paged(reads, path, from_="2026-03-01") == every[: len(meters)]
    reads.insert("usage_events", *(event(store, n, at, "1", meter=m) for n, m in enumerate(meters)))
    with reads.world.connect() as connection:
        assert close_due(connection, CLOSED_AT, CLOSED_AT) >= 1
        make_missing(connection)
    assert reads.read(path, period="2026-03")["state"] == "closed"
    assert paged(reads, path, period="2026-03") == every


def test_a_cursor_is_of_its_store_and_month(reads: Reads, store: str) -> None:
    for meter in ("a", "b"):
        month = {"period": "2026-03-01", "meter": meter}
        reads.insert("usage_current", figures(store, "2026-03-02 10:00Z", 1, "1", "1", **month))
    path = PATH.format(store)
    cursor = reads.read(path, period="2026-03", limit=1)["next_cursor"]
    for other, asked in (
        (path, {"period": "2026-02"}),
        (path, {"from_": "2026-03-01"}),
        (PATH.format(uuid4()), {"period": "2026-03"}),
    ):
        refused = reads.get(other, cursor=cursor, **asked)
        assert refused.status_code == 400
        assert refused.json()["details"]["field"] == "cursor"


def test_a_month_of_the_first_year_has_four_digits(reads: Reads, store: str) -> None:
    assert reads.read(PATH.format(store), period="0001-01")["period"] == "0001-01"
