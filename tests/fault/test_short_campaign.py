"""A short campaign on every run, with a new seed, and two planted bugs, so that the checker is
known to find something.

All on servers of its own, in one process: nobody else's tests are disturbed.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.fault import campaign, directed
from tests.fault.faults import Kill, KillAtFailpoint
from tests.fault.plans import is_reachable
from tests.fault.poison import Poison
from tests.fault.server_faults import PostgresCrash, TerminatedBackends
from tests.fault.stack import Breakable, breakable_servers

from storepulse.local.servers import temporary_home

pytestmark = [pytest.mark.xdist_group("fault"), pytest.mark.timeout(150)]

SEED = random.SystemRandom().randrange(2**32)
SECONDS = 9.0
KILLS = 3
FAULTS = (Kill, KillAtFailpoint, Poison, PostgresCrash, TerminatedBackends)
PLANTED = ("no_dedupe", "early_answer")


@pytest.fixture(scope="module")
def servers() -> Iterator[Breakable]:
    """Servers that may be broken."""
    with breakable_servers(temporary_home(), links=False) as broken:
        yield broken


def test_nothing_is_lost_or_doubled(servers: Breakable) -> None:
    report = campaign.run(
        servers,
        SEED,
        seconds=SECONDS,
        least_kills=KILLS,
        faults=FAULTS,
        gateways=1,
        workers=2,
        events_per_second=120,
    )
    assert not report.differences, f"seed {SEED}: {report}"
    assert report.kills >= KILLS, f"seed {SEED}: {report}"
    assert report.applied > 100, f"seed {SEED}: {report}"
    assert report.derived > 0, f"seed {SEED}: {report}"
    assert report.units > 0, f"seed {SEED}: {report}"
    assert report.limited > 0 or not is_reachable(datetime.now(UTC)), f"seed {SEED}: {report}"


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found(servers: Breakable, bug: str) -> None:
    assert directed.find_planted(servers, bug)


@pytest.mark.parametrize("bug", sorted(directed.BUGS))
def test_a_planted_bug_finds_what_it_breaks(bug: str) -> None:
    """All but a few are run by the long tests alone: a name that is gone is noticed here."""
    importlib.import_module(f"tests.fault.planted.{bug}")


@pytest.mark.parametrize("bug", sorted(directed.BUGS))
def test_a_planted_bug_replaces_what_is_there(bug: str) -> None:
    """A function that is patched under a name which is gone is a bug that nobody planted."""
    module = importlib.import_module(f"tests.fault.planted.{bug}")
    replaced = [
        (node.value.id, node.attr)
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id in vars(module)
    ]
    assert replaced or "plant()" in inspect.getsource(module)
    for owner, name in replaced:
        assert hasattr(vars(module)[owner], name), f"{owner} has no {name}"


def test_all_planted_bugs_have_a_campaign() -> None:
    files = {path.stem for path in Path(__file__).with_name("planted").glob("[a-z]*.py")}
    assert files == set(directed.BUGS)
    assert {scenario for scenario, _ in directed.BUGS.values()} == set(directed.SCENARIOS)
