"""Landing: visits of landing pages, and purchases on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from storepulse.demo.beacons import PATHS
from storepulse.demo.measured import MeasuredFigures, json_of, read_measured
from storepulse.demo.part import Mistake, Part, Read, Told
from storepulse.demo.visit import Visit, text_of


def land(
    visit: Visit,
    name: str,
    page: str,
    campaign: str | int | None,
    data: dict[str, Any] | None = None,
) -> None:
    """Sends the beacon of an event on a landing page."""
    visit.now += visit.rng.randrange(300, 30_000)
    event_id = visit.new_id()
    kind = {"web_vitals": "WebVitals", "Quiz Started": "Custom"}.get(name, name)
    sent = visit.envelope(event_id) | {
        "event_type": name, "landing_page_id": page, "campaign_id": campaign,
        "event_data": data, "screen_resolution": f"{visit.person.width}x{visit.person.height}",
        "user_agent": visit.person.user_agent,
    }  # fmt: skip
    money = data if data is not None and kind == "Purchase" else {}
    event = visit.event(
        "landing", event_id, event_type=kind, landing_page_id=page,
        campaign_id=text_of(campaign) or None, value=text_of(money.get("value")),
        currency=(money.get("currency") or "").upper() or None, order_id=money.get("order_id"),
        event_name=name, event_data=json_of(data) if kind == "WebVitals" else None,
    )  # fmt: skip
    visit.add(
        PATHS["landing"],
        [visit.entry("landing", kind, sent, event)],
    )


@dataclass
class LandingTotals:
    """Custom events and web vitals."""

    measured: MeasuredFigures = field(default_factory=lambda: MeasuredFigures("landing"))

    def count(self, event: dict[str, Any]) -> None:
        """Adds an event."""
        if event["event_type"] == "Custom":
            self.measured.name(event["event_name"])
        elif event["event_type"] == "WebVitals":
            self.measured.measure(event["event_data"])

    def document(self) -> dict[str, Any]:
        """Both for the manifest."""
        return self.measured.document()


def read_told(read: Read, store: str) -> Iterator[tuple[str, Told]]:
    """The same figures from the API."""
    return read_measured(read, store, "landing")


MISTAKES = (
    Mistake("landing", "landing_page_id", ...),
    Mistake("landing", "event_type", "<b>"),
    Mistake("landing", "session_id", "x" * 129),
    Mistake(
        "landing",
        "event_data",
        {"value": "free", "currency": "EUR"},
        "event_data.value",
        also={"event_type": "Purchase"},
    ),
    Mistake(
        "landing",
        "event_data",
        {"value": 1, "currency": "EURO"},
        "event_data.currency",
        also={"event_type": "Purchase"},
    ),
)

PART = Part(
    mistakes=MISTAKES,
    conflict={"screen_resolution": "1x1"},
    orders={"Purchase": "paid"},
    figures=LandingTotals,
    told=read_told,
)
