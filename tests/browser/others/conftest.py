"""Firefox and WebKit, driven by their own drivers. `bash deploy/browsers.sh` installs them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webdriver import WebDriver
from tests.browser.others.screens import screen
from tests.support.tracked_shop import Gateway, Shop

BROWSERS = ("firefox", "webkit")
#: WebKit's small browser of Debian lies beside its library, not in PATH.
_MINI_BROWSERS = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"


def find(name: str) -> str:
    """A program, also one that cargo built; fails where it is missing."""
    cargo = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo")) / "bin"
    found = shutil.which(name) or shutil.which(name, path=str(cargo))
    if found is None:
        pytest.fail(f"{name} is missing; install it with: bash deploy/browsers.sh")
    return found


@contextmanager
def firefox() -> Iterator[WebDriver]:
    options = webdriver.FirefoxOptions()
    options.binary_location = find("firefox-esr")
    options.add_argument("-headless")
    service = webdriver.FirefoxService(find("geckodriver"))
    driver = webdriver.Firefox(options=options, service=service)
    try:
        yield driver
    finally:
        driver.quit()


@contextmanager
def webkit() -> Iterator[WebDriver]:
    driver_program = find("WebKitWebDriver")
    found = sorted(Path("/").glob(_MINI_BROWSERS.removeprefix("/")))
    if not found:
        pytest.fail("MiniBrowser is missing; install it with: bash deploy/browsers.sh")
    options = webdriver.WebKitGTKOptions()
    options.binary_location = str(found[-1])
    options.add_argument("--automation")
    with screen(find("Xvfb")) as display:
        environment = os.environ | {"DISPLAY": display, "LIBGL_ALWAYS_SOFTWARE": "1"}
        service = webdriver.WebKitGTKService(driver_program, env=environment)
        service.start()
        try:
            # The library's own class for this browser warns of what it does itself.
            where = RemoteConnection(client_config=ClientConfig(service.service_url))
            driver = webdriver.Remote(where, options=options)
            try:
                yield driver
            finally:
                driver.quit()
        finally:
            service.stop()


@pytest.fixture(scope="module", params=BROWSERS)
def browser(request: pytest.FixtureRequest) -> Iterator[WebDriver]:
    """One program for the tests of a module."""
    with {"firefox": firefox, "webkit": webkit}[request.param]() as driver:
        driver.set_page_load_timeout(60)
        driver.set_script_timeout(60)
        yield driver


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as started:
        yield started


@pytest.fixture
def shop(gateway: Gateway, browser: WebDriver) -> Iterator[Shop]:
    """A shop that the browser has never seen: ports are no part of a cookie's host."""
    with Shop(gateway) as started:
        tag, started.head = started.head, ""
        browser.get(started.url + "/plain")
        browser.delete_all_cookies()
        started.head = tag
        yield started
