"""Which outcomes are written soon: those that something goes on by."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from storepulse.delivery.attempts import EndedAttempt
from storepulse.delivery.outcomes import is_awaited
from storepulse.delivery.queue import Claim
from storepulse.destinations.rules.model import DeliveryOutcome, Destination
from storepulse.destinations.rules.settlement import Settlement

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLAIN = EndedAttempt(
    Destination("d", "crm", "webhook"),
    Claim("b", 0, NOW, []),
    DeliveryOutcome("delivered", 200),
    Settlement("finished", 1),
    NOW,
)


def test_nobody_waits_for_a_plain_success() -> None:
    assert not is_awaited(PLAIN)


@pytest.mark.parametrize(
    "changes",
    [
        {"destination": replace(PLAIN.destination, ordered=True)},
        {"claim": replace(PLAIN.claim, probe=True)},
        {"settlement": Settlement("again", 1, NOW)},
        {"settlement": Settlement("divided", 1)},
        {"settlement": Settlement("disabled", 0)},
        {"settlement": Settlement("finished", 1, failed={"e": "refused"})},
        {"settlement": Settlement("finished", 1, left_out={"e": "no consent"})},
    ],
)
def test_all_others_are_written_soon(changes: dict[str, Any]) -> None:
    assert is_awaited(replace(PLAIN, **changes))
