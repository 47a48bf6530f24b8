"""Bot: chats of many people and some groups, with an image in one of ten events."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from bench.streams.visits import envelopes

#: Types and how common they are.
TYPES = {
    "user_message": 38, "ai_message": 38, "image_generated": 8, "image_refresh": 2,
    "start_command": 5, "persona_selected": 4, "story_selected": 2, "chat_cleared": 1,
    "chat_continued": 1, "premium_action": 1,
}  # fmt: skip
PERSONAS = ("Stylist", "Anna", "Mentor", "Critic")


def beacons(rnd: Random, since_ms: int, until_ms: int, count: int) -> Iterator[dict[str, Any]]:
    """`count` different beacons."""
    kinds = rnd.choices(list(TYPES), list(TYPES.values()), k=count)
    source = envelopes(rnd, since_ms, until_ms, count)
    for kind, (person, envelope) in zip(kinds, source, strict=True):
        del envelope["session_id"], envelope["visitor_id"]
        client = 700_000_000 + person
        beacon = envelope | {
            "event_type": kind,
            "client_id": -client if person % 20 == 0 else client,
            "persona": PERSONAS[person % len(PERSONAS)],
        }
        if kind in ("user_message", "ai_message"):
            beacon["text"] = f"What goes with item {rnd.randrange(500)}, and in which colour?"
        if kind in ("image_generated", "image_refresh"):
            beacon["image_url"] = f"https://cdn.example/{rnd.getrandbits(48):x}/look.png"
        yield beacon
