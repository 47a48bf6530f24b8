"""Dead letters: closed ones go in time, with their trails; open ones never."""

from __future__ import annotations

import pytest
from tests.integration.retention.stock import Stock, ago

from storepulse.retention import runs as retention


def test_closed_letters_go_and_open_ones_stay(stock: Stock) -> None:
    gone = {stock.letter(200, 91, "resolved"), stock.letter(200, 91, "discarded")}
    stay = {
        stock.letter(200, 89, "resolved"),
        stock.letter(200, 200, "open"),
        stock.letter(200, 200, "open", quarantined_at=ago(200)),
        stock.letter(200, 200, "reprocessing"),
        stock.letter(10, 10, "resolved"),
    }
    for letter in gone | stay:
        stock.insert("dead_letter_actions", dead_letter_id=letter, action="replayed", actor="me")
    assert stock.count().rows_by_table["dead_letters"] == 2
    assert stock.letters() == gone | stay
    done = stock.run()
    assert (done.rows_by_table["dead_letters"], done.open_kept) == (2, 3)
    assert stock.letters() == stay
    assert stock.rows("SELECT count(*) FROM dead_letter_actions") == [(len(stay),)]
    assert stock.run(dead_letters=0).open_kept == 0


def test_every_record_that_died_stays_counted(
    stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "GROUP_ROWS", 2)
    for n in range(5):
        letter = stock.letter(200 - n, 100, "resolved", stream="cart" if n else "activity")
        for topic in ("ingest.cart.v1",) * n:
            details = f'{{"topic": "{topic}"}}'
            stock.insert(
                "dead_letter_actions", dead_letter_id=letter, action="returned", actor="agents",
                details=details,
            )  # fmt: skip
        # Of a delivery: no record of a topic.
        stock.insert(
            "dead_letter_actions", dead_letter_id=letter, action="returned", actor="delivery",
            details='{"replays": 1}',
        )  # fmt: skip
    groups: list[int] = []
    stock.run(progress=lambda _table, rows: groups.append(rows))
    assert groups == [2, 2, 1]
    counted = stock.rows("SELECT topic, records FROM dead_letters_removed ORDER BY topic")
    assert counted == [("ingest.activity.v1", 1), ("ingest.cart.v1", 4 + 1 + 2 + 3 + 4)]


def test_a_letter_that_a_replay_comes_back_to_is_skipped(stock: Stock) -> None:
    letter = stock.letter(200, 100, "resolved")
    with stock.world.connect() as agents, agents.transaction():
        agents.execute("SELECT FROM dead_letters WHERE dead_letter_id = %s FOR UPDATE", [letter])
        assert stock.run().rows_by_table["dead_letters"] == 0
    assert stock.run().rows_by_table["dead_letters"] == 1
