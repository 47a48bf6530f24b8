"""The command, killed and run again, two of it at once; and the delivery process's own runs."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from bench.programs import inherited_variables
from tests.integration.delivery.events import Shop
from tests.integration.retention.stock import NOW, Stock
from tests.support.inline_commands import run, run_json
from tests.support.world import open_world

from storepulse.adapters import failpoints
from storepulse.adapters.clock import VARIABLE as CLOCK
from storepulse.adapters.settings import environment
from storepulse.retention import runs as retention
from storepulse.retention.removals import REMOVALS

RUN = ("retention", "run")


@pytest.fixture(autouse=True)
def at_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Commands of a test work at `NOW`."""
    file = tmp_path / "clock"
    file.write_text(str(NOW.timestamp() - time.time()))
    monkeypatch.setenv(CLOCK, str(file))
    return str(file)


@pytest.mark.parametrize(
    ("place", "left"), [("retention.before_commit", 7_000), ("retention.after_group", 2_000)]
)
def test_a_killed_run_is_continued(
    stock: Stock, tmp_path: Path, at_now: str, place: str, left: int
) -> None:
    stock.deliver_many(12_000, 100)
    letter = stock.letter(200, 100, "resolved")
    file = tmp_path / "failpoints"
    # The default partition and two older months come first, each with an empty group.
    empty = 3
    file.write_text(f"{place} kill {empty + 2}\n")
    killed = subprocess.run(
        [sys.executable, "-m", "storepulse", *RUN],
        env=inherited_variables()
        | environment(stock.world.settings)
        | {failpoints.VARIABLE: str(file), CLOCK: at_now},
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert len(stock.deliveries()) == left
    assert stock.letters() == {letter}
    done = run_json(stock.world.settings, *RUN)
    assert done["removed"]["deliveries"] == left
    assert (done["removed"]["dead_letters"], done["complete"]) == (1, True)
    assert stock.deliveries() == []
    assert stock.rows("SELECT records FROM dead_letters_removed") == [(1,)]


def test_a_dry_run_removes_nothing(stock: Stock) -> None:
    stock.deliver(1, 100, 95)
    stock.batch(uuid4(), 145)
    stock.letter(200, 100, "resolved")
    stock.letter(200, 100, "open")
    months = stock.partitions("delivery_attempts")
    dry = run_json(stock.world.settings, *RUN, "--dry-run")
    for name in ("deliveries_before", "dead_letters_before"):
        assert dry.pop(name).startswith("2026-08-28T12:00")
    assert dry == {
        "dry_run": True,
        "under_way_elsewhere": False,
        "complete": True,
        "removed": {
            **{removal.table: 0 for removal in REMOVALS},
            "deliveries": 1, "delivery_attempts": 1, "dead_letters": 1,
        },
        "partitions_dropped": [f"delivery_attempts{p}" for p in ("_202606", "_202607")],
        "partitions_busy": [],
        "open_dead_letters_kept": 1,
    }  # fmt: skip
    assert (stock.deliveries(), len(stock.letters())) == ([1], 2)
    assert stock.partitions("delivery_attempts") == months
    code, out, err = run(stock.world.settings, *RUN, "--dry-run")
    assert (code, "1 deliveries would be removed, finished before 2026-08-28" in out) == (0, True)
    assert "1 dead letters are older and open" in err


def test_a_second_run_says_so_and_does_nothing(stock: Stock) -> None:
    stock.deliver(1, 100, 95)
    with retention.open_connection(stock.world.settings) as first:
        assert retention.try_alone(first)
        code, out, err = run(stock.world.settings, *RUN)
        assert (code, out, err) == (0, "", "another run is under way; nothing was done\n")
        done = run_json(stock.world.settings, *RUN)
        assert (done["under_way_elsewhere"], done["complete"]) == (True, False)
        assert stock.deliveries() == [1]
    # The first one's connection is closed: its lock went with it.
    code, out, _ = run(stock.world.settings, *RUN)
    assert (code, "1 deliveries removed, finished before 2026-08-28" in out) == (0, True)
    assert stock.deliveries() == []


def test_settings_say_how_long(stock: Stock) -> None:
    stock.deliver(1, 100, 95)
    stock.letter(200, 100, "resolved")
    settings = stock.world.settings

    def changed(**days: int) -> Any:
        return settings.model_copy(update=days)

    code, _, err = run(changed(deliveries_keep_days=7), *RUN)
    assert (code, "STOREPULSE_DELIVERIES_KEEP_DAYS: must be 0 or at least 8" in err) == (1, True)
    for_ever = changed(deliveries_keep_days=0, dead_letters_keep_days=0)
    code, out, _ = run(for_ever, *RUN)
    assert (code, "deliveries are kept forever" in out) == (0, True)
    assert run_json(for_ever, *RUN)["deliveries_before"] is None
    done = run_json(changed(deliveries_keep_days=96, dead_letters_keep_days=101), *RUN)
    assert sum(done["removed"].values()) == 0
    done = run_json(changed(deliveries_keep_days=94, dead_letters_keep_days=99), *RUN)
    assert (done["removed"]["deliveries"], done["removed"]["dead_letters"]) == (1, 1)


def test_the_delivery_process_does_it_by_itself(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        shop = Shop(world, home=tmp_path)
        with world.connect() as connection:
            stock = Stock(world, connection, uuid4())
            stock.begin()
            stock.deliver_many(30, 100)
            stock.deliver(50, 100)
            stock.letter(200, 100, "discarded")
            still_open = stock.letter(200, 100, "open")
            # The months of now are this process's own.
            shop.move(max(0.0, NOW.timestamp() - time.time()))
            with shop.delivery().wait_ready() as process:
                shop.wait_until(lambda: stock.deliveries() == [50], "removed")
                shop.wait_until(lambda: stock.letters() == {still_open}, "removed")
                port = process.settings.delivery_port
                shop.wait_until(lambda: counted(port) == {"deliveries": 30, "dead_letters": 1})
                assert process.kill(signal.SIGTERM) == 0, shop.logs()


def counted(port: int) -> dict[str, float]:
    """The metric by table."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    found = re.findall(
        r'^storepulse_retention_deleted_total{table="(\w+)"} (\S+)$', text, re.MULTILINE
    )
    return {table: float(value) for table, value in found}
