"""Health is asked for with the home folder's key, and only where a key is asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from storepulse.adapters.settings import Settings
from storepulse.cli.gateway_key import key_for
from storepulse.local.health import ask


class Service(HTTPServer):
    """Wants `key`, where that is not empty; `sent` holds the keys that it was sent."""

    key = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sent: list[str | None] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/readyz"


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        sent = self.headers["X-Api-Key"]
        self.server.sent.append(sent)
        self.send_response(200 if self.server.key in ("", sent) else 401)
        self.end_headers()
        self.wfile.write(b"a word\nmore")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is there
        return


@pytest.fixture
def service() -> Iterator[Service]:
    opened = Service()
    thread = threading.Thread(target=opened.serve_forever, args=(0.01,))
    thread.start()
    yield opened
    opened.shutdown()
    thread.join()
    opened.server_close()


def test_the_key_is_not_sent_where_none_is_asked_for(service: Service, tmp_path: Path) -> None:
    (tmp_path / "admin.key").write_text("ssk_home\n")
    assert ask(service.url, home=tmp_path).is_healthy
    assert service.sent == [None]


def test_the_key_is_sent_where_one_is_asked_for(service: Service, tmp_path: Path) -> None:
    service.key = "ssk_home"
    assert ask(service.url, home=tmp_path).detail == "answers 401 a word"
    (tmp_path / "admin.key").write_text("ssk_home\n")
    assert ask(service.url, home=tmp_path).is_healthy
    assert not ask(service.url).is_healthy
    (tmp_path / "admin.key").write_text("ssk_other\n")
    assert not ask(service.url, home=tmp_path).is_healthy


def test_nobody_listens(tmp_path: Path) -> None:
    assert ask("http://127.0.0.1:1/readyz", home=tmp_path).detail == "does not listen"


@pytest.mark.parametrize(
    ("url", "given", "key"),
    [
        (None, "", "ssk_home"),
        (None, "spk_given", "spk_given"),
        ("http://localhost:8080", "", "ssk_home"),
        ("http://[::1]:8080/", "", "ssk_home"),
        ("https://shop.example", "", ""),
        ("https://localhost.evil.example", "", ""),
        ("http://localhost@evil.example", "", ""),
        ("http://[", "", ""),
        ("https://shop.example", "spk_given", "spk_given"),
    ],
)
def test_the_home_folders_key_goes_to_this_machine_alone(
    tmp_path: Path, url: str | None, given: str, key: str
) -> None:
    (tmp_path / "admin.key").write_text("ssk_home\n")
    assert key_for(Settings(home=tmp_path), url, given) == key
    assert key_for(Settings(home=tmp_path / "none"), url, given) == given
