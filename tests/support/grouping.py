"""Which tests one worker of xdist runs: those that share what their module sets up.

Else each worker makes the module's world and starts its services, for every other test of it.
"""

from __future__ import annotations

import pytest

#: Of our own fixtures; pytest's and its plugins' cost nothing.
OURS = "tests"


def group_modules(items: list[pytest.Item]) -> None:
    """Makes a group of the tests of each module that share its fixtures and name no other group."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None and shares_fixtures(item):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))


def shares_fixtures(item: pytest.Item) -> bool:
    """Whether a test uses a fixture that is made once for its module."""
    info = getattr(item, "_fixtureinfo", None)
    if info is None:
        return False
    return any(
        definitions[-1].scope == "module" and definitions[-1].baseid.startswith(OURS)
        for definitions in info.name2fixturedefs.values()
    )
