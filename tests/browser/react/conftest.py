"""The package, packed once, in shops of React 18 and 19; one browser for a module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.browser.react.shop import AS_PEOPLE, Shop, packed, shop_folder
from tests.support.browser import chromium


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(AS_PEOPLE) as opened:
        yield opened


#: Of two versions that do the same, `make test` has time for the newer one.
VERSIONS = [pytest.param("18", marks=pytest.mark.long), "19"]


@pytest.fixture(scope="module", params=VERSIONS)
def built_shop(
    request: pytest.FixtureRequest, archive: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    folder = shop_folder(tmp_path_factory.mktemp("shop"), archive, request.param)
    shop = Shop(folder)
    with shop.site:
        yield shop


@pytest.fixture
def shop(built_shop: Shop) -> Shop:
    built_shop.reset()
    return built_shop
