"""Usage: a shop server's reports of usage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from storepulse.demo.beacons import PATHS, ManifestEntry
from storepulse.demo.part import Mistake, Part, Read, Told
from storepulse.demo.visit import Visit

#: Meters of the demo, different from those that the product counts. The last is a scene's.
_REPORTED = ("try_ons", "sms_sent", "seats")
_METERS = (*_REPORTED, "photo_credits")
_FROM = "2020-01-01"


def report(visit: Visit) -> None:
    """A few reports, one by one or as a list."""
    rng = visit.rng
    reports = [_report(visit) for _ in range(rng.randrange(1, 5))]
    is_signed = rng.random() < 0.7
    if rng.random() < 0.5:
        visit.add(PATHS["usage"], reports, signed=is_signed)
        return
    for one in reports:
        visit.add(PATHS["usage"], [one], signed=is_signed)


def _report(visit: Visit) -> ManifestEntry:
    rng = visit.rng
    visit.now += rng.randrange(1_000, 300_000)
    event_id, meter = visit.new_id(), rng.choice(_REPORTED)
    quantity = Decimal(rng.randrange(1, 5_000)) / rng.choice((1, 4, 100))
    sent = visit.envelope(event_id)
    sent |= {"meter": meter, "quantity": str(quantity) if rng.random() < 0.5 else float(quantity)}
    for name in ("session_id", "source", "visitor_id", "user_agent"):
        sent.pop(name, None)
    if rng.random() < 0.5:
        sent["at"] = sent.pop("timestamp")
    event = visit.event("usage", event_id, meter=meter, quantity=str(quantity)) | {
        "session_id": None,
        "visitor_id": None,
        "is_bot": False,
        "source": "server",
    }
    return visit.entry("usage", "usage", sent, event)


class UsageFigures:
    """Reports by meter."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._sums: Counter[str] = Counter()

    def count(self, event: dict[str, Any]) -> None:
        """Adds an event, as it is stored."""
        self._counts[event["meter"]] += 1
        self._sums[event["meter"]] += int(Decimal(event["quantity"]) * 10_000)

    def document(self) -> dict[str, Any]:
        """The figures for the manifest: reports and ten-thousandths of each meter."""
        return {
            "usage_reports": [self._counts[meter] for meter in _METERS],
            "usage_quantities": [self._sums[meter] for meter in _METERS],
        }


def read_told(read: Read, store: str) -> Iterator[tuple[str, Told]]:
    """The same figures over all days from the API."""
    told = read(f"/api/usage/{store}", {"from": _FROM})["meters"]
    by_meter = {line["meter"]: line for line in told}
    found = [by_meter.get(meter, {"count": 0, "sum": "0"}) for meter in _METERS]
    yield "usage_reports", [line["count"] for line in found]
    yield "usage_quantities", [int(Decimal(line["sum"]) * 10_000) for line in found]


MISTAKES = (
    Mistake("usage", "meter", ...),
    Mistake("usage", "meter", ""),
    Mistake("usage", "meter", "a b"),
    Mistake("usage", "meter", "m" * 129),
    Mistake("usage", "quantity", ...),
    Mistake("usage", "quantity", -1),
    Mistake("usage", "quantity", "a lot"),
    Mistake("usage", "quantity", "1.23456"),
    Mistake("usage", "color", "red"),
)

PART = Part(
    mistakes=MISTAKES,
    conflict={"quantity": "77777"},
    figures=UsageFigures,
    told=read_told,
    story=report,
    share=3,
    needs_secret=True,
)
