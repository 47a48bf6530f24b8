"""Records gather for a busy broker, and for no other."""

from __future__ import annotations

from storepulse.gateway.publishing.gathering import PROMPT_SECONDS, Gathering

MOST = 0.004


def after(took: float, times: int, gathering: Gathering | None = None) -> Gathering:
    gathering = gathering or Gathering(MOST)
    for _ in range(times):
        gathering.note_acknowledgement(took)
    return gathering


def test_nothing_gathers_before_anything_is_known() -> None:
    assert Gathering(MOST).seconds == 0


def test_a_prompt_broker_is_sent_to_at_once() -> None:
    assert after(PROMPT_SECONDS, 1_000).seconds == 0


def test_the_slower_it_is_the_longer_records_gather() -> None:
    seconds = [after(took, 1_000).seconds for took in (0.004, 0.005, 0.006)]
    assert seconds == sorted(seconds)
    assert 0 < seconds[0] < seconds[-1] < MOST


def test_they_never_gather_longer_than_they_may() -> None:
    assert after(2.0, 1_000).seconds == MOST
    assert after(2.0, 1_000, Gathering(0.0)).seconds == 0


def test_one_slow_answer_does_not_matter_and_a_slow_time_is_forgotten() -> None:
    assert after(0.05, 1).seconds == 0
    assert after(0.001, 100, after(0.1, 100)).seconds == 0
