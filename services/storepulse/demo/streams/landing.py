"""Landing: visits of landing pages, and what is bought on them."""

from __future__ import annotations

from typing import Any

from storepulse.demo.beacons import PATHS
from storepulse.demo.part import Mistake, Part
from storepulse.demo.visit import Visit, text_of


def land(
    visit: Visit,
    name: str,
    page: str,
    campaign: str | int | None,
    data: dict[str, Any] | None = None,
) -> None:
    """The beacon of something that happens on a landing page."""
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
    )  # fmt: skip
    visit.add(
        PATHS["landing"],
        [visit.entry("landing", kind, sent, event)],
    )


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

PART = Part(mistakes=MISTAKES, conflict={"screen_resolution": "1x1"}, orders={"Purchase": "paid"})
