"""pytest-xdist keeps the tests of a group in one worker, by a mark that it puts on their ids."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("grouping")
def test_groups_are_seen(request: pytest.FixtureRequest) -> None:
    """Where they are not, the tests spread over all workers, and nothing else tells."""
    if not request.config.getoption("loadgroup", default=False):
        pytest.skip("not distributed")
    assert request.node.nodeid.endswith("@grouping")
