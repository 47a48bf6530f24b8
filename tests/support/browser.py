"""Real pages in Chromium: a shop that serves them, and a gateway that can be made to fail."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Browser, sync_playwright
from tests.support.chromium import AGENT, find_chromium

BUILT = Path(__file__).parents[2] / "services" / "storepulse" / "gateway" / "tracker" / "built"
_TYPES = {".js": "text/javascript", ".map": "application/json", ".html": "text/html"}


@dataclass(frozen=True)
class Request:
    """A request as it came. `path` holds the query; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """An answer to a request. `wait`, where it is given, is called before it is sent."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: Callable[[], object] | None = None


#: What a server answers to a request; None: as if there were nothing.
Serve = Callable[[Request], Answer | None]


class Site:
    """A server on a loopback port of its own. It keeps all requests, in the order of arrival."""

    def __init__(self, serve: Serve, host: str = "127.0.0.1") -> None:
        self.requests: list[Request] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("content-length", 0))
                names = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, names, self.rfile.read(length))
                site.requests.append(request)
                answer = serve(request) or Answer(404)
                if answer.wait is not None:
                    answer.wait()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = do_OPTIONS = do_HEAD = answer  # noqa: N815 - the library's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Says nothing."""

        self._server = ThreadingHTTPServer((host, 0), Handler)
        self.url = f"http://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def page(html: str, headers: Mapping[str, str] | None = None) -> Answer:
    """A page of a shop."""
    kinds = {"content-type": "text/html; charset=utf-8"}
    return Answer(200, html.encode(), kinds | dict(headers or {}))


def built_file(path: str) -> Answer | None:
    """A file of the tracker by its path, as the gateway serves it; None where there is none."""
    name = path.partition("?")[0].removeprefix("/").removeprefix("tracker/")
    file = BUILT / name
    if "/" in name or not file.is_file():
        return None
    headers = {
        "content-type": _TYPES.get(file.suffix, "application/octet-stream"),
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
    }
    return Answer(200, file.read_bytes(), headers)


@contextmanager
def chromium(*arguments: str, **options: Any) -> Iterator[Browser]:
    """A headless browser without pages; `arguments` are its program's own."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=find_chromium(),
            args=["--no-sandbox", "--disable-dev-shm-usage", *arguments],
            **options,
        )
        try:
            yield browser
        finally:
            browser.close()


__all__ = ["AGENT", "BUILT", "Answer", "Request", "Serve", "Site", "built_file", "chromium", "page"]
