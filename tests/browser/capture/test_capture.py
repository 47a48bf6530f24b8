"""`storepulse capture`: a page is shown as a visitor's first view, and the visit is none."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import sync_playwright
from tests.support.browser import Answer, Request, Site, page
from tests.support.chromium import find_chromium

from storepulse.access.heatmap_pictures import Device, NewPicture
from storepulse.adapters.chromium import program
from storepulse.adapters.chromium.capture import TALLEST
from storepulse.adapters.chromium.program import open_chromium
from storepulse.cli.captured_pages import capture_all, pictures_of_file
from storepulse.domain.errors import Misconfigured, Rejected
from storepulse.domain.picture_files import read_picture

SELECTORS = ["#buy", "img.late", "p", "#gone", "<<", "div.hidden"]
SHOP = """<!doctype html><title>Mug</title>
<meta name=viewport content="width=device-width">
<style>body { margin: 0 } section { height: 1500px; background: rgb(0, 120, 0) }</style>
<script defer src="/tracker.js" data-store="s" data-key="k"></script>
<button id=buy style="position: absolute; left: 40px; top: 60px; width: 200px; height: 30px">
  <b>Buy</b>
  it</button>
<div class=hidden style="display: none">x</div>
<section></section>
<img class=late loading=lazy alt="The coat" src="/late.svg" width=300 height=200>
<script>
  document.querySelector = document.querySelectorAll = () => { throw Error("the page's own") };
</script>"""
SQUARE = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


def shop(request: Request) -> Answer | None:
    match request.path:
        case "/products/mug" | "/login":
            return page(SHOP)
        case "/tall":
            return page("<!doctype html><p style='height: 30000px'>down")
        case "/account":
            return Answer(302, headers={"location": "/login"})
        case "/late.svg":
            return Answer(200, SQUARE, {"content-type": "image/svg+xml"})
    return None


def browsers() -> list[psutil.Process]:
    """Chromiums of this process that run."""
    return [one for one in psutil.Process().children(recursive=True) if "chrom" in one.name()]


def take(url: str, *devices: Device) -> list[NewPicture]:
    program = find_chromium()
    return capture_all(url, "/products/mug", devices, SELECTORS, program, sandbox=False)


def test_a_page_is_taken_as_each_device_shows_it(tmp_path: Path) -> None:
    with Site(shop) as site:
        desktop, mobile = take(f"{site.url}/products/mug", "desktop", "mobile")
        asked = [request.path for request in site.requests]
    assert "/late.svg" in asked, "what loads late is there"
    assert not [path for path in asked if "tracker" in path], "no visit is told"
    for taken, width in ((desktop, 1440), (mobile, 390)):
        file = read_picture(taken.data)
        assert (file.media_type, file.width, taken.width) == ("image/webp", width, width)
        assert 1700 <= file.height < 1750
        boxes = {one.selector: one for one in taken.elements}
        assert set(boxes) == {"#buy", "img.late"}
        buy = boxes["#buy"]
        assert (buy.name, buy.x, buy.y, buy.width, buy.height) == ("Buy it", 40, 60, 200, 30)
        assert (boxes["img.late"].name, boxes["img.late"].y) == ("The coat", 1500)
    # The picture is the page from its top: green below the button.
    (tmp_path / "page.webp").write_bytes(desktop.data)
    assert colour_at(tmp_path / "page.webp", 700, 900) == pytest.approx([0, 120, 0], abs=6)
    assert browsers() == []


def colour_at(path: Path, x: int, y: int) -> list[int]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        tab = browser.new_page()
        tab.goto("about:blank")
        colour = tab.evaluate(
            """async ([bytes, x, y]) => {
              const blob = new Blob([new Uint8Array(bytes)], { type: "image/webp" });
              const canvas = new OffscreenCanvas(1, 1);
              const pen = canvas.getContext("2d");
              pen.drawImage(await createImageBitmap(blob), -x, -y);
              return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
            }""",
            [list(path.read_bytes()), x, y],
        )
        browser.close()
    return list(colour)


def test_a_page_is_taken_down_to_where_heatmaps_count() -> None:
    with Site(shop) as site:
        (taken,) = take(f"{site.url}/tall", "desktop")
    assert read_picture(taken.data).height == TALLEST


@pytest.mark.parametrize(
    ("path", "why"),
    [("/none", "answers 404"), ("/account", "leads to .*/login: capture that one")],
)
def test_what_is_not_the_page_is_refused(path: str, why: str) -> None:
    with Site(shop) as site, pytest.raises(Rejected, match=why):
        take(site.url + path, "desktop")
    assert browsers() == []


def test_a_site_that_is_away_is_said() -> None:
    with Site(shop) as site:
        url = site.url
    with pytest.raises(Rejected, match="cannot be opened: net::ERR_CONNECTION_REFUSED"):
        take(url, "desktop")


def descriptors() -> set[Path]:
    return set(Path("/proc/self/fd").iterdir())


def break_off() -> None:
    with open_chromium(find_chromium(), os.environ, sandbox=False) as tools:
        assert tools.ask("Browser.getVersion")["product"]
        assert browsers()
        raise ZeroDivisionError


def test_the_browser_ends_with_the_block_whatever_happens() -> None:
    before = len(descriptors())
    with pytest.raises(ZeroDivisionError):
        break_off()
    assert browsers() == []
    assert len(descriptors()) == before


def test_a_machine_without_chromium_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Misconfigured, match="nobody is not a program"):
        program.find_program("nobody")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Misconfigured, match="apt-get install chromium"):
        program.find_program()


def test_a_file_is_kept_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "page.png"
    file.write_bytes(b"whatever")
    taken = pictures_of_file("/a", ("tablet", "tablet"), file)
    assert [(one.device, one.width, one.source) for one in taken] == [("tablet", 820, "uploaded")]
    assert taken[0].data == b"whatever"
