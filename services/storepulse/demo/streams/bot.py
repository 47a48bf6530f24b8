"""Bot: chats with a shop's bot, and images that some of them put into a cart."""

from __future__ import annotations

from random import Random
from typing import Any

from storepulse.demo.beacons import PATHS, ManifestEntry
from storepulse.demo.part import Mistake, Part
from storepulse.demo.streams import cart
from storepulse.demo.visit import Visit, text_of
from storepulse.domain.emails import email_hash

_PERSONAS = ("Stylist", "Anna", "Mentor", "Grün & Söhne")
_STORIES = ("summer-wedding", "city-break", None)
_QUESTIONS = ("What goes with linen?", "Zeig mir Mäntel 🧥", "And in blue?", "=1+1", "</b>\u202e")
#: Number of regular chats, which return.
_REGULARS = 60
_LEAST, _GREATEST = -(2**63), 2**63 - 1


def chat(visit: Visit) -> None:
    """A whole chat: a choice, some questions and answers, perhaps an image, and a cart with it."""
    rng = visit.rng
    client = _client(rng)
    chosen = {"persona": rng.choice(_PERSONAS), "story": rng.choice(_STORIES)}
    opening = [_said_text(visit, client, "start_command")]
    opening.append(_said_text(visit, client, "persona_selected", persona=chosen["persona"]))
    if chosen["story"] is not None:
        opening.append(_said_text(visit, client, "story_selected", **chosen))
    # A bot's server sends gathered events as a list.
    visit.add(PATHS["bot"], opening)
    for _ in range(1 + min(6, int(rng.expovariate(0.4)))):
        _say(visit, client, "user_message", text=rng.choice(_QUESTIONS), **chosen)
        _say(visit, client, "ai_message", text="Try the linen shirt.", **chosen)
        if rng.random() < 0.35:
            _show_image(visit, client, chosen)
    if rng.random() < 0.3:
        _say(visit, client, rng.choice(("chat_cleared", "chat_continued", "premium_action")))
    if rng.random() < 0.1:
        _say(visit, client, "custom", name="rated", metadata={"stars": rng.randrange(1, 6)})


def _show_image(visit: Visit, client: str | int, chosen: dict[str, Any]) -> None:
    rng = visit.rng
    if rng.random() < 0.1:
        _say(visit, client, "image_generated", image_url="data:image/png;base64,iVBORw0KGgo=")
        return
    image = f"https://cdn.example/{rng.getrandbits(48):x}/look.png"
    _say(visit, client, "image_generated", image_url=image, **chosen)
    if rng.random() < 0.2:
        _say(visit, client, "image_refresh", image_url=image, **chosen)
    if rng.random() < 0.5:
        product = rng.choice(visit.shop.products)
        cart.put_into_cart(visit, product, product.names[0], image=image)


def _client(rng: Random) -> str | int:
    """A chat id as in Telegram: a person's, a group's, sometimes an extreme value."""
    draw = rng.random()
    if draw < 0.02:
        return rng.choice((_LEAST, _GREATEST, 0))
    client = 700_000_000 + rng.randrange(_REGULARS) if draw < 0.5 else rng.randrange(1, 2**52)
    if rng.random() < 0.2:
        client = -client
    return client if rng.random() < 0.5 else str(client)


def _say(visit: Visit, client: str | int, kind: str, **own: Any) -> None:
    visit.add(PATHS["bot"], [_said_text(visit, client, kind, **own)])


def _said_text(visit: Visit, client: str | int, kind: str, **own: Any) -> ManifestEntry:
    """The entry of one event of a chat."""
    rng, person = visit.rng, visit.person
    visit.now += rng.randrange(300, 40_000)
    event_id = visit.new_id()
    sent = visit.envelope(event_id) | {"event_type": kind, "client_id": client} | own
    del sent["session_id"], sent["source"]
    # The bot's server makes the request, so visitor and user agent are not sent.
    for name in ("visitor_id", "user_agent"):
        sent.pop(name, None)
    if person.email is not None and kind == "start_command":
        sent["customer_email"] = person.email
    address = sent.get("customer_email")
    event = visit.event("bot", event_id, event_type=kind, client_id=str(client)) | {
        "session_id": f"chat-{client}",
        "visitor_id": str(client),
        "is_bot": False,
        "source": "server" if visit.trusted else "bot",
        **{name: own.get(name) for name in ("persona", "story", "text", "image_url", "name")},
        "customer_id": text_of(own.get("customer_id")),
        "email_hash": None if address is None else email_hash(address),
    }
    return visit.entry("bot", kind, sent, event)


MISTAKES = (
    Mistake("bot", "client_id", ...),
    Mistake("bot", "client_id", ""),
    Mistake("bot", "client_id", "007"),
    Mistake("bot", "client_id", str(2**63)),
    Mistake("bot", "client_id", 1.5),
    Mistake("bot", "event_type", "dance"),
    Mistake("bot", "event_type", None),
    Mistake("bot", "image_url", "ftp://cdn.example/a.png"),
    Mistake("bot", "image_url", "data:image/png;base64,<>"),
    Mistake("bot", "text", "a" * 16_385),
    Mistake("bot", "customer_email", "someone at example"),
    Mistake("bot", "timestamp", "yesterday"),
)

PART = Part(mistakes=MISTAKES, conflict={"text": "Another text altogether"}, story=chat, share=12)
