"""Bot: chats of people and groups, with images."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.fault.maker import BodyAndFields, Maker, stated

KINDS = ("start_command", "user_message", "ai_message", "image_generated", "persona_selected",
         "premium_action")  # fmt: skip


def make(rng: Random, fields: dict[str, Any]) -> BodyAndFields:
    kind = rng.choice(KINDS)
    client = str(rng.choice((1, -1)) * (700 + rng.randrange(6)))
    del fields["session_id"], fields["visitor_id"]
    fields |= {
        "event_type": kind, "client_id": client, "persona": rng.choice(("Anna", "Stylist", None)),
    }  # fmt: skip
    if kind in ("user_message", "ai_message"):
        fields["text"] = rng.choice(("Hello", "\u00dcber", "<b>"))
    if kind == "image_generated":
        # Some of them are named by carts.
        name = rng.choice(("generated", "look", "data"))
        fields["image_url"] = f"https://cdn.example/{name}.png"
    body = stated(fields)
    return body, fields | {"session_id": f"chat-{client}", "visitor_id": client}


MAKER = Maker(
    make=make,
    conflict=("text", "text", "Conflict"),
    mistakes=(("client_id", "007"), ("event_type", "dance"), ("image_url", "ftp://x")),
    path="/api/analytics/events",
    has_user_agent=False,
    text_field="text",
)
