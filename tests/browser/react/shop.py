"""A shop built with React: its packages, its pages, what a visitor was shown, and its gateway."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page
from tests.support.browser import AGENT, Answer, Request, Site, built_file, page
from tests.support.node_packages import installed_packages

HERE = Path(__file__).parent
TRACKER = HERE.parents[2] / "services" / "tracker"
#: By the version of React: what pins it.
REACTS = {"18": HERE / "react18", "19": TRACKER}
STORE = "455ab1b8-00f7-5739-9f25-da83c77c9263"
TEST = "0f7a4c52-3b1d-4e6f-8a90-b1c2d3e4f506"
VISITOR = "v-81c1"
#: Tests are for people: a browser that says a program drives it is a robot.
AS_PEOPLE = "--disable-blink-features=AutomationControlled"


def run(*command: str | Path, cwd: Path, text: str | None = None) -> str:
    """What a command prints."""
    done = subprocess.run(
        command, cwd=cwd, input=text, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
    return done.stdout


def packed(folder: Path) -> Path:
    """The package as npm publishes it, built from its source; the archive."""
    source = folder / "source"
    source.mkdir()
    for file in TRACKER.glob("*.*"):
        if file.is_file():
            shutil.copy(file, source)
    shutil.copytree(TRACKER / "src", source / "src")
    (source / "node_modules").symlink_to(installed_packages(TRACKER) / "node_modules")
    run("node", "build_package.mjs", cwd=source)
    run("npm", "pack", "--ignore-scripts", "--pack-destination", folder, cwd=source)
    return next(folder.glob("*.tgz"))


def shop_folder(folder: Path, archive: Path, react: str) -> Path:
    """A shop's folder, whose modules are the package and one version of React."""
    modules = folder / "node_modules"
    package = modules / "@storepulse" / "tracker"
    package.mkdir(parents=True)
    run("tar", "xzf", archive, "-C", package, "--strip-components=1", cwd=folder)
    found = installed_packages(REACTS[react]) / "node_modules"
    for name in ("react", "react-dom", "scheduler", "@types", "csstype"):
        (modules / name).symlink_to(found / name)
    shutil.copytree(HERE / "app", folder / "app")
    (folder / "package.json").write_text('{"type": "module"}')
    return folder


def bundle(folder: Path, entry: str, *options: str) -> Path:
    """A program of the shop, with React's warnings."""
    out = folder / f"{Path(entry).stem}.built.mjs"
    esbuild = installed_packages(TRACKER) / "node_modules" / ".bin" / "esbuild"
    run(
        esbuild, entry, "--bundle", f"--outfile={out}", "--format=esm", "--jsx=automatic",
        '--define:process.env.NODE_ENV="development"', "--log-level=error", *options, cwd=folder,
    )  # fmt: skip
    return out


#: Runs before the page: keeps what a visitor can read, at each frame and each change.
RECORDER = """
window.frames_seen = [];
const visible = () => [...document.querySelectorAll("[data-shown]")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .map((one) => one.dataset.shown).join();
const record = () => {
  const last = frames_seen[frames_seen.length - 1];
  if (last !== visible()) frames_seen.push(visible());
};
const each = () => { record(); requestAnimationFrame(each); };
requestAnimationFrame(each);
"""

#: A page that is to be in time, however busy the machine is: its clock is twenty times slower, and
#: the animation that hides a server's page stands still.
PATIENCE = """
const { now } = performance, { setTimeout } = window;
performance.now = () => now.call(performance) / 20;
window.setTimeout = (run, wait, ...values) => setTimeout(run, (wait ?? 0) * 20, ...values);
"""
PATIENT_STYLE = "<style>* { animation-play-state: paused !important }</style>"


@dataclass
class Gateway:
    """What a stand-in answers; `wait` runs before an answer about a variant."""

    variant: dict[str, Any] | None = None
    status: int = 200
    wait: Callable[[], object] | None = None
    active: Any = None
    #: Statuses of the first answers to events; 202 after them.
    event_statuses: list[int] = field(default_factory=list)
    raw: bytes | None = None

    def answer(self, request: Request) -> Answer | None:
        """The answer to a request of the page."""
        path = request.path.partition("?")[0]
        allow = {"access-control-allow-origin": "*", "content-type": "application/json"}
        if path.startswith("/api/ab-testing/variant/"):
            body = self.raw or json.dumps({"status": "success", "data": self.variant}).encode()
            return Answer(self.status, body, allow, self.wait)
        if path.startswith("/api/ab-testing/active/"):
            data = {"store_id": STORE, "tests": self.active, "winners": []}
            return Answer(self.status, json.dumps({"data": data}).encode(), allow)
        if path == "/api/ab-testing/events":
            status = self.event_statuses.pop(0) if self.event_statuses else 202
            return Answer(status, b"{}", allow)
        return None


def assigned(variant: str = "blue", phase: int = 1) -> dict[str, Any]:
    """The answer about somebody who takes part."""
    is_control = variant == "control"
    return {
        "test_id": TEST, "phase": phase, "variant_id": variant, "variant_name": variant,
        "is_control": is_control, "assigned": True, "reason": None, "exposed": False,
        "payload": {},
    }  # fmt: skip


class Shop:
    """A shop in one version of React, its pages and its gateway on one site."""

    def __init__(self, folder: Path) -> None:
        self.program = bundle(folder, "app/browser.tsx").read_bytes()
        self._server = bundle(
            folder, "app/server.tsx", "--platform=node", "--target=node20",
            "--banner:js=import { createRequire } from 'node:module';"
            "const require = createRequire(import.meta.url);",
        )  # fmt: skip
        self.gateway = Gateway()
        self.html = ""
        self.script_wait: Callable[[], object] | None = None
        self.site = Site(self._serve)

    def _serve(self, request: Request) -> Answer | None:
        if request.path == "/shop.mjs":
            kind = {"content-type": "text/javascript"}
            return Answer(200, self.program, kind, self.script_wait)
        if request.path.startswith("/page"):
            return page(self.html)
        return built_file(request.path) or self.gateway.answer(request)

    def reset(self) -> None:
        """A gateway that works, and no request yet."""
        self.gateway = Gateway(variant=assigned())
        self.script_wait = None
        self.site.requests.clear()

    def said(self, *parts: str, provider: dict[str, Any] | None = None, **more: Any) -> Any:
        """A page with these parts; its provider knows the gateway unless it is said otherwise."""
        known = {"host": self.site.url, "storeId": STORE, "publishableKey": "spk_x"}
        known["visitorId"] = VISITOR
        return {"testId": TEST, "parts": parts, "provider": known | (provider or {})} | more

    def set_page(
        self, said: Any, rendered: str = "", head: str = "", *, is_patient: bool = True
    ) -> None:
        """What the next visitor gets."""
        if is_patient:
            head += f"{PATIENT_STYLE}<script>{{ {PATIENCE} }}</script>"
        self.html = (
            f"<!doctype html><head><link rel=icon href='data:,'>{head}<script>{RECORDER}"
            f"window.shop = {{said: {json.dumps(said)}}};</script></head>"
            f"<body><div id=root>{rendered}</div>"
            "<script type=module src=/shop.mjs></script></body>"
        )

    def render(self, said: Any, ask: dict[str, Any] | None = None) -> tuple[str, Any]:
        """A page as the server makes it, and what it hands to the browser."""
        text = json.dumps({"said": said, "ask": ask})
        made = json.loads(run("node", self._server, cwd=self._server.parent, text=text))
        return made["html"], made["said"]

    def told(self) -> list[dict[str, Any]]:
        """All events that came, in their order."""
        return [
            event
            for request in list(self.site.requests)
            if request.method == "POST" and request.path.startswith("/api/ab-testing/events")
            for event in events_of(request.json)
        ]

    def asked(self) -> list[str]:
        """The requests about variants."""
        return [one.path for one in list(self.site.requests) if "/variant/" in one.path]


def events_of(body: Any) -> list[dict[str, Any]]:
    """The events of a body: ours is a list, that of the tracker's queue says whose they are."""
    return list(body["events"] if isinstance(body, dict) else body)


class Visit:
    """A visitor's browser, and what it reported."""

    def __init__(self, context: BrowserContext, shop: Shop) -> None:
        self.context, self.shop = context, shop
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.page.on("console", self._keep)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _keep(self, message: Any) -> None:
        is_network = message.text.startswith("Failed to load resource")
        if message.type in ("error", "warning") and not is_network:
            self.errors.append(message.text)

    def open(self) -> None:
        self.page.goto(f"{self.shop.site.url}/page", wait_until="commit")

    def wait_shown(self, name: str) -> None:
        """Until the visitor can read something."""
        self.page.wait_for_function("name => window.frames_seen?.at(-1) === name", arg=name)

    def seen(self) -> list[str]:
        """What could be read, in its order, but the empty page before."""
        frames: list[str] = self.page.evaluate("frames_seen")
        return [frame for frame in frames if frame]

    def wait_told(self, count: int) -> list[dict[str, Any]]:
        """The events, when so many have come and the page is idle."""
        self.page.wait_for_function("() => document.readyState === 'complete'")
        for _ in range(200):
            if len(self.shop.told()) >= count:
                break
            self.page.wait_for_timeout(20)
        # Whatever is told twice is told in the same tasks, so it comes before a later request.
        self.page.evaluate("() => new Promise((done) => requestIdleCallback(done))")
        self.page.evaluate("() => fetch('/page?later').then((answer) => answer.text())")
        told = self.shop.told()
        assert len(told) == count, told
        return told


@contextmanager
def visiting(browser: Browser, shop: Shop, **options: Any) -> Iterator[Visit]:
    """A new visitor, whose console must stay empty."""
    context = browser.new_context(**({"user_agent": AGENT} | options))
    try:
        visit = Visit(context, shop)
        yield visit
        assert not visit.errors, visit.errors
    finally:
        context.close()
