"""A browser for each module, and a visit for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from tests.support.browser import chromium
from tests.support.tracked_shop import Visit, visited


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One program for all tests of a module; its profiles are theirs."""
    with chromium() as program:
        yield program


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A shop with the plain tag, and a gateway that takes all."""
    with visited(browser) as started:
        yield started
