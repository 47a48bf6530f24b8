"""Lines that repeat are said once, then counted."""

from __future__ import annotations

import json
import logging as stdlib
import subprocess
import sys
import textwrap

import pytest

from storepulse.adapters import logging
from storepulse.adapters.log_repeats import AFTERMATH_SECONDS, WINDOW_SECONDS, Repeats
from storepulse.adapters.settings import Settings


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_line_is_written_once_a_window_and_then_says_how_many_were_not() -> None:
    clock = Clock()
    repeats = Repeats(clock)
    judged = [repeats.judge(f"no answer from 127.0.0.1:{n}", ()) for n in range(40)]
    assert judged == [0] + [None] * 39
    clock.now = WINDOW_SECONDS
    assert repeats.judge("no answer from 127.0.0.1:7", ()) == 39
    assert repeats.judge("no answer from 127.0.0.1:7", ()) is None


def test_of_a_library_a_few_kinds_of_lines_are_written() -> None:
    clock = Clock()
    repeats = Repeats(clock)
    words = ["closed", "closed", "no leader", "no coordinator", "no metadata", "closed"]
    judged = [repeats.judge_library("aiokafka.conn", text) for text in words]
    assert judged == [0, None, 0, 0, None, None]
    assert repeats.judge_library("librdkafka", "closed") == 0
    clock.now = WINDOW_SECONDS
    assert repeats.judge_library("aiokafka", "closed") == 1


def test_an_outage_silences_libraries_until_shortly_after_it() -> None:
    clock = Clock()
    repeats = Repeats(clock)
    repeats.begin_outage("Kafka")
    assert repeats.judge_library("aiokafka", "closed") is None
    assert repeats.end_outage("Kafka") == 1
    assert repeats.judge_library("aiokafka", "rejoining") is None
    clock.now = AFTERMATH_SECONDS
    assert repeats.judge_library("aiokafka", "closed") == 0


def test_the_same_words_about_something_else_are_another_line() -> None:
    repeats = Repeats(Clock())
    assert [repeats.judge("refused", (name,)) for name in "aab"] == [0, None, 0]


def test_in_an_outage_each_kind_of_line_is_written_once_however_long_it_lasts() -> None:
    clock = Clock()
    repeats = Repeats(clock)
    repeats.begin_outage("Kafka")
    judged = []
    for _ in range(5):
        clock.now += WINDOW_SECONDS
        judged += [repeats.judge("waiting", (stream,)) for stream in ("cart", "bot")]
    assert judged == [0] + [None] * 9
    assert repeats.end_outage("Kafka") == 9
    assert repeats.end_outage("Kafka") == 0
    assert repeats.judge("waiting", ("cart",)) == 0


def test_lines_of_libraries_and_our_own_are_counted_and_critical_ones_are_not(
    capfd: pytest.CaptureFixture[str],
) -> None:
    logging.configure(Settings(log_format="json"), "agents", slot=3)
    log = logging.logger()
    for n in range(5):
        stdlib.getLogger("aiokafka.conn").warning("test: connect to %s failed", f"10.0.0.1:{n}")
        log.warning("a test waits", stream="cart", reason=f"{n}")
        log.critical("a test ends")
        log.info("a test goes on")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    events = [line["event"] for line in lines]
    assert events.count("test: connect to 10.0.0.1:0 failed") == 1
    assert events.count("a test waits") == 1
    assert (events.count("a test ends"), events.count("a test goes on")) == (5, 5)
    assert {(line["service"], line["slot"]) for line in lines} == {("agents", 3)}
    assert all({"timestamp", "level", "event"} <= line.keys() for line in lines)


def test_everything_that_a_service_writes_is_a_line_of_json() -> None:
    program = """
        import gc, threading, warnings
        from storepulse.adapters import logging
        from storepulse.adapters.settings import Settings
        from storepulse.adapters.kafka.clients import make_producer

        logging.configure(Settings(), "gateway")
        warnings.warn("an old way")
        class Odd:
            def __del__(self): raise ValueError("at its end")
        Odd(); gc.collect()
        thread = threading.Thread(target=lambda: 1 / 0, name="odd")
        thread.start(); thread.join()
        settings = Settings(kafka_bootstrap_servers="127.0.0.1:1")
        producer = make_producer(settings, "test")
        producer.poll(0.5)
        logging.logger().info("a\\nb", value="c\\nd")
        raise KeyError("nobody catches this")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert {line["service"] for line in lines} == {"gateway"}
    uncaught = [line for line in lines if line["event"] == "uncaught_error"]
    assert ["ZeroDivisionError" in uncaught[0]["exception"], uncaught[0]["thread"]] == [True, "odd"]
    assert "KeyError" in uncaught[1]["exception"]
    assert any("an old way" in line["event"] for line in lines)
    assert any("at its end" in line.get("exception", "") for line in lines)
