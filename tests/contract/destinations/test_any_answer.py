"""Whatever a receiver's body says, a kind makes words of it that can be stored; it never raises."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable

import pytest
from tests.support.delivered_events import NOW

from storepulse.destinations.http.answers import Answer
from storepulse.destinations.kinds.ga4 import faults_of
from storepulse.destinations.kinds.image_store import errors_of, public_url
from storepulse.destinations.kinds.kind import outcome_of
from storepulse.destinations.kinds.meta_capi import outcome_of_answer

TOLD: dict[str, Callable[[Answer], str]] = {
    "status": lambda answer: outcome_of(answer, NOW).error,
    "meta": lambda answer: outcome_of_answer(answer, 2, NOW).error,
    "ga4": faults_of,
    "image": lambda answer: public_url(answer) or "",
    "cloudflare": errors_of,
}
#: Where the vendors' answers have something else; all of them meet in each place.
ODD = [
    None, True, 0, -1, 2.5, "", "text", "nul \x00 half \ud800 \x1b[31m", "x" * 9000, [], [[]],
    {}, [{}], [None], {"a": [1]}, 10**30,
]  # fmt: skip
FRAMES: list[Callable[[object], object]] = [
    lambda odd: odd,
    lambda odd: {"error": odd},
    *(
        lambda odd, name=name: {"error": {"code": 100, name: odd}}  # type: ignore[misc]
        for name in ("code", "error_subcode", "message", "error_user_msg", "is_transient")
    ),
    lambda odd: {"events_received": odd, "messages": odd},
    lambda odd: {"events_received": 1, "messages": odd},
    lambda odd: {"validationMessages": odd},
    lambda odd: {"validationMessages": [{"validationCode": odd, "description": odd}]},
    lambda odd: {"result": odd},
    lambda odd: {"result": {"variants": odd}},
    lambda odd: {"result": {"variants": [odd]}},
    lambda odd: {"result": {"variants": [f"https://{odd}"]}},
    lambda odd: {"errors": odd},
    lambda odd: {"errors": [{"code": odd, "message": odd}]},
]
BODIES = [
    b"", b"\x00", b"\xff\xfe{}", b"{", b"null", b"[" * 400, b"NaN", b'{"error": Infinity}',
    *(json.dumps(frame(odd)).encode() for frame, odd in itertools.product(FRAMES, ODD)),
]  # fmt: skip


@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
def test_any_answer(told: Callable[[Answer], str]) -> None:
    for body, status in itertools.product(BODIES, (200, 400, 410, 500)):
        words = told(Answer(status, {"retry-after": "9" * 30}, body, 0.1))
        assert "\x00" not in words
        assert len(words.encode()) <= 5000


def test_a_body_that_is_nested_too_deep_is_no_json() -> None:
    deep = b"[" * 60_000
    for told in TOLD.values():
        told(Answer(400, {}, deep, 0.1))
