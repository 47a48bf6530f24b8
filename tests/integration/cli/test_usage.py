"""`storepulse usage` against a database with a closed month."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from tests.support.inline_commands import run, run_json
from tests.support.world import World

STORE = "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"
ASKED = ("--store", STORE, "--period", "2026-02")
_EVENT = """
INSERT INTO usage_events (event_id, store_id, correlation_id, occurred_at, received_at, meter,
       quantity, source, consent_analytics, consent_marketing, is_bot, period, billed_period)
SELECT gen_random_uuid(), %(store)s, 'c', at, at, meter, quantity, 'server', 'unknown', 'unknown',
       false, date_trunc('month', at AT TIME ZONE 'UTC'), date_trunc('month', at AT TIME ZONE 'UTC')
  FROM (VALUES ('2026-02-02T10:00Z'::timestamptz, 'sms', 5.25), ('2026-02-03T10:00Z', 'sms', 7),
               ('2026-02-28T23:59Z', 'seats', 3)) AS e (at, meter, quantity)
"""


@pytest.fixture(scope="module")
def closed(module_world: World) -> World:
    with module_world.connect() as connection:
        connection.execute(
            "INSERT INTO usage_stores (store_id, open_period) VALUES (%s, '2026-02-01')", [STORE]
        )
        connection.execute(_EVENT.encode(), {"store": STORE})
    code, out, err = run(module_world.settings_of("operator"), "usage", "close", *ASKED)
    assert (code, out) == (0, "closed 1 month\n"), err
    return module_world


def test_a_statement_is_made_again_from_its_events(
    closed: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = closed.settings_of("operator")
    told = run_json(settings, "usage", "verify", *ASKED)
    assert told["agrees"] is True
    (listed,) = run_json(settings, "usage", "statements", "--store", STORE)
    assert (listed["period"], listed["events"], listed["hash"]) == ("2026-02", 3, told["computed"])
    monkeypatch.setenv("COLUMNS", "40")
    _, shown, _ = run(settings, "usage", "statements", "--store", STORE)
    head, hash_line = shown.splitlines()
    assert (head[:16], head[-8:]) == ("2026-02, closed ", "3 events")
    assert hash_line == f"hash {listed['hash']}"
    _, text, _ = run(settings, "usage", "text", *ASKED)
    assert hashlib.sha256(text.encode()).hexdigest() == listed["hash"]
    file = tmp_path / "usage.jsonl"
    assert run(settings, "usage", "export", *ASKED, "--to", str(file))[0] == 0
    assert run(settings, "usage", "verify", "--from", str(file), "--hash", listed["hash"])[0] == 0
    lines = file.read_text().splitlines()
    assert [json.loads(line).get("meter") for line in lines[1:]].count("sms") == 2
    file.write_text("\n".join(lines[:-1]))
    code, out, _ = run(settings, "usage", "verify", "--from", str(file))
    assert (code, out.splitlines()[-1]) == (1, "not the same")


def test_what_was_changed_behind_a_statement_is_named(closed: World) -> None:
    settings = closed.settings_of("operator")
    with closed.connect() as connection:
        connection.execute("UPDATE usage_events SET quantity = quantity + 1 WHERE meter = 'seats'")
    try:
        told = run_json(settings, "usage", "verify", *ASKED, code=1)
        assert "-line seats 1 3.0000 3.0000 3.0000" in told["differences"]
        assert "+line seats 1 4.0000 4.0000 4.0000" in told["differences"]
        # Lines that were changed to fit do not help.
        with closed.connect() as connection:
            connection.execute(
                "UPDATE usage_lines SET sum = sum + 1, max = max + 1, last = last + 1,"
                " max_change = max_change + 1, last_change = last_change + 1 WHERE meter = 'seats'"
            )
        assert run_json(settings, "usage", "verify", *ASKED, code=1)["agrees"] is False
    finally:
        with closed.connect() as connection:
            for table, columns in (
                ("usage_events", "quantity"),
                ("usage_lines", "sum max last max_change last_change"),
            ):
                changes = ", ".join(f"{name} = 3" for name in columns.split())
                connection.execute(f"UPDATE {table} SET {changes} WHERE meter = 'seats'".encode())
    assert run_json(settings, "usage", "verify", *ASKED)["agrees"] is True


def test_months_that_are_open_have_no_statement(closed: World) -> None:
    settings = closed.settings_of("operator")
    open_month = ("--store", STORE, "--period", "2026-03")
    code, _, err = run(settings, "usage", "verify", *open_month)
    assert (code, "2026-03 is not closed" in err) == (1, True)
    code, _, err = run(settings, "usage", "close", *ASKED)
    assert (code, "is closed" in err) == (1, True)
    assert run(settings, "usage", "verify")[0] == 2
    assert run(settings, "usage", "show", "--store", STORE, "--period", "2026-13")[0] == 2
    shown = run_json(settings, "usage", "show", *open_month)
    assert (shown["state"], shown["meters"]) == ("open", [])
