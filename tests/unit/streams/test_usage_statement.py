"""Statements of usage: pure text, lines and hashes."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from tests.unit.docs.markdown import ROOT, prose_and_code

from storepulse.domain.errors import Rejected
from storepulse.streams.usage.statement import (
    Before,
    StatementHead,
    UsageEvent,
    digest_line,
    figures_of,
    make_statement,
    month_of,
    month_text,
)

STORE = "6f1f3c1e-8c9b-5d3a-9a52-3c1f6a1b2c3d"
OCTOBER, SEPTEMBER = date(2026, 10, 1), date(2026, 9, 1)
START = datetime(2026, 9, 30, 22, tzinfo=UTC)
HEAD = StatementHead(
    store_id=STORE,
    period=OCTOBER,
    zone="Europe/Berlin",
    starts_at=START,
    ends_at=datetime(2026, 10, 31, 23, tzinfo=UTC),
)


def event(
    number: int, quantity: str, *, meter: str = "sms", hours: int = 0, period: date = OCTOBER
) -> UsageEvent:
    return UsageEvent(
        event_id=str(UUID(int=number)),
        meter=meter,
        quantity=Decimal(quantity),
        occurred_at=START + timedelta(hours=hours),
        period=period,
    )


def test_a_statement_says_what_the_page_says_byte_for_byte() -> None:
    events = [event(1, "2"), event(2, "12.5", hours=5), event(3, "3", meter="A.b", hours=1)]
    statement = make_statement(HEAD, events, {})
    digest = hashlib.sha256("".join(map(digest_line, events)).encode()).hexdigest()
    assert statement.text == (
        "storepulse usage statement 1\n"
        f"store {STORE}\nperiod 2026-10\nzone Europe/Berlin\n"
        "from 2026-09-30T22:00:00.000Z\nto 2026-10-31T23:00:00.000Z\n"
        "line A.b 1 3.0000 3.0000 3.0000\n"
        "line sms 2 14.5000 12.5000 12.5000\n"
        f"events 3\ndigest {digest}\n"
    )
    assert statement.hash == hashlib.sha256(statement.text.encode()).hexdigest()
    assert digest_line(events[1]) == (
        "00000000-0000-0000-0000-000000000002 sms 12.5000 2026-10-01T03:00:00.000Z\n"
    )


def test_late_events_are_signed_changes_against_the_statement_before() -> None:
    closed = event(9, "10", hours=-100, period=SEPTEMBER)
    before: Before = {(SEPTEMBER, "sms"): replace(figures_of(closed), count=7, sum=Decimal(50))}
    late = [
        event(1, "4", hours=-50, period=SEPTEMBER),
        event(2, "12", hours=-200, period=SEPTEMBER),
        event(3, "1", meter="new", hours=-60, period=SEPTEMBER),
    ]
    statement = make_statement(HEAD, [*late, event(4, "1")], before)
    lines = statement.text.splitlines()[6:9]
    assert lines == [
        "line sms 1 1.0000 1.0000 1.0000",
        # The greatest rose from 10 to 12, the last fell from 10 to 4.
        "adjustment 2026-09 new 1 1.0000 1.0000 1.0000",
        "adjustment 2026-09 sms 2 16.0000 2.0000 -6.0000",
    ]


def test_of_two_at_one_moment_the_greater_id_is_last() -> None:
    statement = make_statement(HEAD, [event(1, "9"), event(2, "3")], {})
    assert statement.lines[0].figures.last == Decimal(3)


def test_events_out_of_order_are_refused() -> None:
    for events in ([event(2, "1"), event(1, "1")], [event(1, "1"), event(1, "1")]):
        with pytest.raises(Rejected, match="not in order"):
            make_statement(HEAD, events, {})


def test_a_month_without_events_has_a_statement() -> None:
    statement = make_statement(HEAD, [], {})
    assert statement.lines == ()
    assert statement.text.splitlines()[-2:] == [
        "events 0", f"digest {hashlib.sha256(b'').hexdigest()}",
    ]  # fmt: skip


def test_any_other_content_gives_another_hash() -> None:
    events = [event(1, "2"), event(2, "12.5", hours=5)]
    made = make_statement(HEAD, events, {}).hash
    changed = [
        [event(1, "2")],
        [event(1, "2.0001"), events[1]],
        [events[0], event(2, "12.5", hours=6)],
        [event(1, "2", meter="smt"), events[1]],
        [events[0], event(3, "12.5", hours=5)],
    ]
    assert made not in {make_statement(HEAD, other, {}).hash for other in changed}
    moved = replace(HEAD, zone="UTC")
    assert make_statement(moved, events, {}).hash != made


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "2026-10-01", "202610", "2026-W1", "", "x"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(Rejected, match="is not a month"):
        month_of("period", text)


def test_a_month_is_its_first_day() -> None:
    assert month_of("period", "2026-12") == date(2026, 12, 1)
    assert month_text(month_of("period", "0001-01")) == "0001-01"


def python_of_the_page() -> str:
    page = (ROOT / "docs" / "usage.md").read_text("utf-8")
    (code,) = [text for language, text in prose_and_code(page)[1] if language == "python"]
    return code


@pytest.mark.parametrize("seed", range(3))
def test_the_pages_python_makes_the_same_hash_of_an_export(seed: int, tmp_path: Path) -> None:
    from storepulse.metering.export import lines_of, statement_of_export

    rng = random.Random(seed)
    before: Before = {
        (SEPTEMBER, meter): figures_of(event(900 + n, "5.5", hours=-30, period=SEPTEMBER))
        for n, meter in enumerate(("a", "b"))
    }
    events = [
        event(
            number, f"{rng.randrange(10_000)}.{rng.randrange(10_000):04}",
            meter=rng.choice(("a", "b", "a.b", "Z", "-")), hours=rng.randrange(-60, 40),
            period=rng.choice((OCTOBER, OCTOBER, SEPTEMBER, date(2025, 12, 1))),
        )
        for number in range(1, 200)
    ]  # fmt: skip
    statement = make_statement(HEAD, events, before)
    lines = list(lines_of(statement, before, events))
    made, stated = statement_of_export(lines)
    assert (made.text, stated) == (statement.text, statement.hash)
    file, program = tmp_path / "usage.jsonl", tmp_path / "recompute.py"
    tail = lines[3:]
    rng.shuffle(tail)
    file.write_text("".join(f"{line}\n" for line in [*lines[:3], *tail]))
    program.write_text(python_of_the_page())
    done = subprocess.run(
        [sys.executable, "-I", str(program), str(file)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == statement.hash
