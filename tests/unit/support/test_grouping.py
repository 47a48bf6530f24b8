"""pytest-xdist keeps the tests of a group in one worker, by a mark that it puts on their ids."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def shared() -> str:
    return "made once"


@pytest.mark.xdist_group("grouping")
def test_groups_are_seen(request: pytest.FixtureRequest) -> None:
    """Where they are not, the tests spread over all workers, and nothing else tells."""
    if not request.config.getoption("loadgroup", default=False):
        pytest.skip("not distributed")
    assert request.node.nodeid.endswith("@grouping")


def test_tests_that_share_a_fixture_of_their_module_are_a_group(
    request: pytest.FixtureRequest, shared: str
) -> None:
    assert shared
    assert request.node.get_closest_marker("xdist_group").args == (
        "tests/unit/support/test_grouping.py",
    )


def test_others_of_the_module_go_where_there_is_room(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("xdist_group") is None
