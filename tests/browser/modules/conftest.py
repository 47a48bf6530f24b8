"""One browser for the tests of a file. It does not say that a program drives it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from tests.support.browser import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium("--disable-blink-features=AutomationControlled") as opened:
        yield opened
