"""The long campaigns: fresh seeds with every fault, at least a thousand kills, and every planted
bug against its directed campaign."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from tests.fault import campaign, directed
from tests.fault.churn_campaign import rebalances_over_a_backlog
from tests.fault.stack import Breakable, breakable_servers, open_stack

from storepulse.local.servers import temporary_home

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("fault")]

SEEDS = [random.SystemRandom().randrange(2**32) for _ in range(3)]
KILLS = 340
MOST_SECONDS = 1_800.0


@pytest.fixture(scope="module")
def servers() -> Iterator[Breakable]:
    """Servers that may be broken, behind links that may fail."""
    with breakable_servers(temporary_home(), links=True) as broken:
        yield broken


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints what a test saw although it passes: its seed and its kills are the proof."""

    def told(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}", flush=True)

    return told


def test_every_fault_can_happen_here(servers: Breakable) -> None:
    """None is left out without a word: tools can be installed, the right to mount cannot."""
    with open_stack(servers, query=False) as stack:
        reasons = {fault.__name__: fault.impossible(stack) for fault in campaign.ALL}
    disks = reasons.pop("DiskFull")
    missing = {name: reason for name, reason in reasons.items() if reason is not None}
    assert not missing, f"{missing}; `bash deploy/fault_tools.sh .venv` installs what they need"
    if disks is not None:
        pytest.skip(f"DiskFull is left out: {disks}")


@pytest.mark.timeout(MOST_SECONDS + 300)
@pytest.mark.parametrize("seed", SEEDS, ids=["first", "second", "third"])
def test_nothing_is_lost_or_doubled(
    servers: Breakable, seed: int, tell: Callable[[str], None]
) -> None:
    report = campaign.run(servers, seed, seconds=MOST_SECONDS, kills=KILLS)
    tell(f"seed {seed}: {report}")
    assert not report.differences, f"seed {seed}: {report}"
    assert report.kills >= KILLS, f"seed {seed}: {report}"


@pytest.mark.timeout(900)
def test_rebalances_over_a_backlog(servers: Breakable, tell: Callable[[str], None]) -> None:
    report, rebalances = rebalances_over_a_backlog(servers, seed=SEEDS[0], at_least=60)
    tell(f"seed {SEEDS[0]}: {rebalances} rebalances, {report}")
    assert not report.differences, f"seed {SEEDS[0]}: {report}"
    assert rebalances >= 60


@pytest.mark.timeout(240)
@pytest.mark.parametrize("scenario", sorted(directed.SCENARIOS))
def test_a_directed_campaign_is_exact(servers: Breakable, scenario: str) -> None:
    report = directed.run(servers, scenario)
    assert not report.differences, str(report)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("bug", sorted(directed.BUGS))
def test_a_planted_bug_is_found(servers: Breakable, bug: str, tell: Callable[[str], None]) -> None:
    tell(directed.find_planted(servers, bug))
