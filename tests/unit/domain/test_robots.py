"""Robots by their user agents."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path
from time import process_time

import pytest
import re2
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from storepulse.domain.robots import LEFT_OUT, bot_reason

AGENTS = tomllib.loads(
    (Path(__file__).parents[2] / "data" / "user_agents.toml").read_text(encoding="utf-8")
)
NO_ROBOTS = {**AGENTS["people"], **AGENTS["servers"]}
ROBOTS = [(kind, agent) for kind, agents in AGENTS["robots"].items() for agent in agents.values()]


@pytest.mark.parametrize("agent", NO_ROBOTS.values(), ids=NO_ROBOTS.keys())
def test_people_and_servers(agent: str) -> None:
    assert bot_reason(agent) is None


@pytest.mark.parametrize(("kind", "agent"), ROBOTS)
def test_robots(kind: str, agent: str) -> None:
    reason = bot_reason(agent)
    assert reason is not None
    assert reason.startswith(f"{kind}: ")
    assert reason == reason.lower()


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", "crawler: googlebot"),
        ("electron/31.0 HeadlessChrome/131.0.0.0", "headless: headlesschrome"),
        ("CUBOT Googlebot/2.1", "crawler: googlebot"),
        ("robot\u00e9 bot", "crawler: bot"),
        ("x" * 200 + "bot/1.0", "crawler: " + "x" * 64),
        ("GOOGLEBOT/2.1", "crawler: googlebot"),
    ],
)
def test_the_name_of_a_robot(agent: str, reason: str) -> None:
    assert bot_reason(agent) == reason


@pytest.mark.parametrize(
    "agent", ["electron/" * 28_000, " " * 1_024 + "Googlebot/2.1", "", "bot\0"]
)
def test_long_and_odd_texts_of_people(agent: str) -> None:
    assert bot_reason(agent) is None


def test_every_expression_of_the_list_is_one_of_re2() -> None:
    """Those that it cannot take belong into LEFT_OUT."""
    for entry in CRAWLER_USER_AGENTS_DATA:
        re2.compile(entry["pattern"])


def test_what_is_left_out_is_on_the_list() -> None:
    assert LEFT_OUT.keys() <= {entry["pattern"] for entry in CRAWLER_USER_AGENTS_DATA}


def test_the_libraries_that_count_as_crawlers_are_known() -> None:
    """A new version of the list brings none unseen: the others are left out as servers'."""
    taken = {
        entry["pattern"]
        for entry in CRAWLER_USER_AGENTS_DATA
        if "http-library" in entry["tags"] and entry["pattern"] not in LEFT_OUT
    }
    assert taken == {
        *("phpcrawl", "HTTrack", "SimpleCrawler", "crawler4j", "Scrapy", "colly", "larbin"),
        *("newspaper\\/", "python-opengraph", "trafilatura", "Download Ninja", "GoParserBot"),
        "rawweb-bot",
    }


def test_texts_made_of_the_list_cost_little() -> None:
    """Of beginnings of robots' names, so that the automaton meets what it has never seen."""
    source = random.Random(5)
    names = [entry["pattern"].replace("\\", "") for entry in CRAWLER_USER_AGENTS_DATA]
    texts = [
        "".join(name[: source.randint(1, len(name))] for name in source.sample(names, 120))
        for _ in range(300)
    ]
    started = process_time()
    for text in texts:
        bot_reason(text)
    assert (process_time() - started) / len(texts) < 0.002
