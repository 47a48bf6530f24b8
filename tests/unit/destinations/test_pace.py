"""The rate limit, and how far a sender claims ahead."""

from __future__ import annotations

from storepulse.destinations.rules.pace import LONGEST_WAIT, MOST_AHEAD, Tokens, next_ahead


def test_tokens_come_at_their_rate() -> None:
    tokens, now, sent = Tokens(5.0), 100.0, []
    while now < 103:
        wait = tokens.take(now)
        if wait == 0:
            sent.append(now)
        now += max(wait, 0.001)
    assert 15 <= len(sent) <= 16


def test_saved_tokens_are_a_second_s_worth_at_most() -> None:
    tokens = Tokens(10.0)
    assert tokens.take(0.0) == 0
    burst = 0
    while tokens.take(3_600.0) == 0:
        burst += 1
    assert burst == 10


def test_a_rate_below_one_a_second() -> None:
    tokens = Tokens(0.25)
    assert tokens.take(10.0) == 0
    assert tokens.take(10.0) == 4
    assert tokens.take(14.0) == 0


def test_claiming_ahead_grows_while_senders_run_dry_and_shrinks_where_batches_wait() -> None:
    ahead = 0
    for _ in range(20):
        ahead = next_ahead(ahead, ran_dry=True, longest_wait=0.1)
    assert ahead == MOST_AHEAD
    assert next_ahead(ahead, ran_dry=False, longest_wait=0.1) == MOST_AHEAD
    assert next_ahead(ahead, ran_dry=True, longest_wait=LONGEST_WAIT + 0.1) == MOST_AHEAD // 2
    assert next_ahead(1, ran_dry=False, longest_wait=2.0) == 0
