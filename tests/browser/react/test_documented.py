"""The code of docs/react.md compiles, runs on a server, and takes over its page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route
from tests.browser.react.shop import TEST, TRACKER, assigned, bundle, run, shop_folder
from tests.browser.react.test_package import config
from tests.support.browser import AGENT, Answer, Request, Site, page
from tests.support.node_packages import installed_packages

# A busy machine takes minutes to compile.
pytestmark = pytest.mark.timeout(400)

PAGE = Path(__file__).parents[3] / "docs" / "react.md"
FILE = re.compile(r"```tsx\n// (\w+\.tsx)\n(.*?)```", re.DOTALL)
ANSWER = {"status": "success", "data": assigned("green")}
#: The server's own requests end here.
RENDER = """
import { productPage } from "./server";
globalThis.fetch = async (address) => {
  if (!String(address).startsWith("https://events.shop.example/api/ab-testing/variant/")) throw 0;
  return Response.json(ANSWER);
};
const headers = { cookie: "sp_id=v1" };
console.log(await productPage(new Request("https://shop.example/", { headers })));
"""


def written(folder: Path) -> list[str]:
    """Writes the page's files; their names."""
    files = dict(FILE.findall(PAGE.read_text("utf-8")))
    for name, text in files.items():
        (folder / name).write_text(text)
    return sorted(files)


def test_the_pages_code(archive: Path, tmp_path: Path, browser: Browser) -> None:
    folder = shop_folder(tmp_path, archive, "19")
    names = written(folder)
    assert names == ["browser.tsx", "server.tsx", "shop.tsx"]
    (folder / "tsconfig.json").write_text(json.dumps(config("bundler") | {"files": names}))
    run(installed_packages(TRACKER) / "node_modules" / ".bin" / "tsc", "-p", ".", cwd=folder)
    (folder / "render.tsx").write_text(RENDER.replace("ANSWER", json.dumps(ANSWER)))
    require = "import { createRequire } from 'node:module';"
    banner = f"--banner:js={require}const require = createRequire(import.meta.url);"
    program = bundle(folder, "render.tsx", "--platform=node", "--target=node20", banner)
    html = run("node", program, cwd=folder)
    assert "Fresh shoes" in html
    assert "Free returns" in html
    script = bundle(folder, "browser.tsx").read_bytes()
    errors: list[str] = []
    told: list[dict[str, Any]] = []

    def answer(route: Route) -> None:
        told.extend(json.loads(route.request.post_data or "[]"))
        route.fulfill(status=202, json={}, headers={"access-control-allow-origin": "*"})

    def serve(request: Request) -> Answer | None:
        if request.path == "/browser.js":
            return Answer(200, script, {"content-type": "text/javascript"})
        return page(html) if request.path == "/page" else None

    context = browser.new_context(user_agent=AGENT)
    with Site(serve) as site:
        visit = context.new_page()
        visit.route("https://events.shop.example/**", answer)
        visit.on("console", lambda one: one.type == "error" and errors.append(one.text))
        with visit.expect_response("**/api/ab-testing/events**"):
            visit.goto(f"{site.url}/page")
        with visit.expect_response("**/api/ab-testing/events**"):
            visit.click("text=Buy now")
    context.close()
    assert [one["event_type"] for one in told] == ["Exposure", "Conversion"]
    assert {one["test_id"] for one in told} == {TEST}
    assert [one for one in errors if "404" not in one] == []  # of the page's icon
