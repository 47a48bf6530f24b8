"""The shop's bot: a few rules, as small shops' bots have. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Saying:
    """An answer of the bot. `product`: a product shown with it."""

    text: str
    product: str | None = None
    buttons: tuple[str, ...] = ()


#: Keywords and answers; the first match counts.
_ANSWERS: tuple[tuple[tuple[str, ...], Saying], ...] = (
    (
        ("warm", "winter", "cold", "jumper", "wool"),
        Saying(
            "This one is warm: lambswool, knitted in one piece.",
            "knit-rust",
            ("Which size?", "Something for outside"),
        ),
    ),
    (
        ("outside", "coat", "jacket", "rain"),
        Saying("Our Harbour coat. Wool and cashmere, half lined.", "coat-camel", ("Which size?",)),
    ),
    (
        ("dress", "wedding", "summer"),
        Saying("The Pine dress goes to work and to the wedding.", "dress-pine", ("Which size?",)),
    ),
    (
        ("size", "fit", "small", "large"),
        Saying(
            "Between two sizes? Take the smaller one for a coat, the larger one for a jumper.",
            buttons=("Something warm", "Where is my parcel?"),
        ),
    ),
    (
        ("parcel", "order", "delivery", "where"),
        Saying("Parcels leave the same day until noon and take two days.", buttons=("Thank you",)),
    ),
    (("thank",), Saying("With pleasure. Come back when it gets colder.")),
    (("/start",), Saying("Welcome. What are you looking for?", buttons=("Something warm",))),
)
_UNKNOWN = Saying(
    "That I do not know yet. Try one of these.",
    buttons=("Something warm", "Which size?", "Where is my parcel?"),
)


def answer_to(text: str) -> Saying:
    """The bot's answer to a message."""
    said = text.lower()
    for words, saying in _ANSWERS:
        if any(word in said for word in words):
            return saying
    return _UNKNOWN
