"""The program in docs/abandoned-carts.md, as it stands there, reminds once, of what is left."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from storepulse.domain.signing import new_secret, signature_header

PAGE = Path(__file__).parents[3] / "docs" / "abandoned-carts.md"
SECRET = new_secret(bytes(32))
AT = "2026-11-21T06:00:00.000Z"
EVENT = json.loads(re.findall(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0])


class Orders(BaseHTTPRequestHandler):
    """Stands for the query API: pages of orders that a test chooses, newest first."""

    pages: ClassVar[list[list[dict[str, Any]]]] = [[]]
    asked: ClassVar[list[dict[str, list[str]]]] = []

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        type(self).asked.append(query)
        place = int(query.get("cursor", ["0"])[0])
        following = str(place + 1) if place + 1 < len(self.pages) else None
        body = json.dumps({"data": self.pages[place], "next_cursor": following}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


def serving(handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The program's names, with its receiver at `url` and what it sends in `reminded`."""
    Orders.pages, Orders.asked = [[]], []
    api = serving(Orders)
    monkeypatch.setenv("API_URL", f"http://127.0.0.1:{api.server_port}")
    monkeypatch.setenv("API_KEY", "ssk_test")
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("REMINDERS", str(tmp_path / "reminders.sqlite"))
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0]
    names: dict[str, Any] = {"__name__": "reminders", "reminded": []}
    exec(compile(code, PAGE, "exec"), names)  # noqa: S102 - our own page
    names["remind"] = names["reminded"].append
    receiver = serving(names["Receiver"])
    names["url"] = f"http://127.0.0.1:{receiver.server_port}/"
    yield names
    for server in (receiver, api):
        server.shutdown()
        server.server_close()


def sent(program: dict[str, Any], message: dict[str, Any], secret: str = SECRET) -> int:
    body, now = json.dumps(message).encode(), int(time.time())
    headers = {
        "webhook-id": "msg_1", "webhook-timestamp": str(now),
        "webhook-signature": signature_header([secret], "msg_1", now, body),
    }  # fmt: skip
    request = urllib.request.Request(program["url"], body, headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_one_reminder_however_often_the_event_comes(program: dict[str, Any]) -> None:
    batch = {"type": "events.batch", "timestamp": AT, "data": {"events": [EVENT, EVENT]}}
    assert [sent(program, EVENT), sent(program, batch), sent(program, EVENT)] == [204] * 3
    program["send_waiting"]()
    assert sent(program, EVENT) == 204
    program["send_waiting"]()
    assert program["reminded"] == [EVENT["data"]]


def test_other_events_and_other_senders_remind_nobody(program: dict[str, Any]) -> None:
    own = {**EVENT, "type": "activity.custom"}
    assert sent(program, own) == 204
    assert sent(program, EVENT, new_secret(bytes([1]) * 32)) == 401
    program["send_waiting"]()
    assert program["reminded"] == []


def order(**fields: Any) -> dict[str, Any]:
    none = dict.fromkeys(("session_id", "visitor_id", "customer_id"))
    return {"counted_at": "2026-11-21T06:30:00.000Z", **none, **fields}


@pytest.mark.parametrize(
    ("pages", "is_reminded"),
    [
        ([[order(session_id="s-01HZX4Q8")]], False),
        ([[order(customer_id="another")], [order(visitor_id="v-7f3a")]], False),
        ([[order(customer_id="c-1042")]], False),
        ([[order(customer_id="c-1042", counted_at="2026-11-21T05:59:59.999Z")]], True),
        ([[order(), order(visitor_id="another")]], True),
    ],
)
def test_who_has_ordered_since_is_not_reminded(
    program: dict[str, Any], pages: list[list[dict[str, Any]]], *, is_reminded: bool
) -> None:
    Orders.pages = pages
    sent(program, EVENT)
    program["send_waiting"]()
    assert bool(program["reminded"]) is is_reminded
    assert Orders.asked[0]["from"] == [AT]
    assert Orders.asked[0]["store_id"] == [EVENT["data"]["store_id"]]


def test_an_event_waits_while_nobody_answers(program: dict[str, Any]) -> None:
    sent(program, EVENT)
    api = program["API"]
    program["API"] = "http://127.0.0.1:1"
    waiting: Callable[[], None] = program["send_waiting"]
    with pytest.raises(OSError, match="refused"):
        waiting()
    program["API"] = api
    waiting()
    assert len(program["reminded"]) == 1
