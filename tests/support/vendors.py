"""Servers that answer as the vendors document it, their refusals included.

Google Analytics: the Measurement Protocol's reference, limits and validation server. Meta: the
Conversions API and the Graph API's errors. Cloudflare: Images, API v1. Each is called with a
request and keeps what the vendor would have kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import HTTP
from typing import Any

from tests.support.http_messages import Reply, Request

_is_hash = re.compile(r"[0-9a-f]{64}").fullmatch
_is_name = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}").fullmatch


@dataclass
class Google:
    """Answers 204 whatever it gets and quietly keeps what it can use."""

    now: datetime
    secret: str = "secret"
    fail_next: list[int] = field(default_factory=list)
    kept: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        if self.fail_next and (status := self.fail_next.pop(0)) != 204:
            return Reply(status, b"failing")
        if request.path not in ("/mp/collect", "/debug/mp/collect") or request.method != "POST":
            return Reply(404, b"<!DOCTYPE html>")
        body = request.json
        if request.path.startswith("/debug"):
            return Reply(200, {"validationMessages": self._faults(body)})
        self.requests.append(body)
        if request.query.get("api_secret") == self.secret and not self._faults(body):
            oldest = self.now - timedelta(hours=72)
            self.kept += [
                (body["client_id"], event)
                for event in body["events"]
                if event["timestamp_micros"] >= oldest.timestamp() * 1e6
            ]
        return Reply(204)

    @staticmethod
    def _faults(body: dict[str, Any]) -> list[dict[str, str]]:
        def fault(path: str, description: str, code: str) -> dict[str, str]:
            return {"fieldPath": path, "description": description, "validationCode": code}

        faults = []
        if not body.get("client_id"):
            faults.append(fault("client_id", "Measurement requires a client_id.", "VALUE_REQUIRED"))
        if not 0 < len(body.get("events", [])) <= 25:
            faults.append(fault("events", "Too many events.", "EXCEEDED_MAX_ENTITIES"))
        faults += [
            fault("consent", f"{name} has no such value.", "VALUE_INVALID")
            for name in ("ad_user_data", "ad_personalization")
            if body.get("consent", {}).get(name, "DENIED") not in ("GRANTED", "DENIED")
        ]
        for index, event in enumerate(body.get("events", [])):
            if _is_name(event.get("name", "")) is None:
                text = f"Event at index: [{index}] has invalid name [{event.get('name')}]."
                faults.append(fault("events", text, "NAME_INVALID"))
            params = event.get("params", {})
            if "value" in params and "currency" not in params:
                faults.append(fault("events.params", "value wants currency", "VALUE_REQUIRED"))
            if event.get("name") == "purchase" and not params.get("transaction_id"):
                faults.append(fault("events.params", "transaction_id", "VALUE_REQUIRED"))
        return faults


@dataclass
class Meta:
    """Takes a request as a whole or not at all; one event of a name and id counts once."""

    now: datetime
    token: str = "token"
    pixel: str = "1234567890"
    fault: tuple[int, dict[str, Any]] | None = None
    kept: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        if self.fault is not None:
            return Reply(self.fault[0], {"error": self.fault[1]})
        body = request.json
        self.requests.append(body)
        if body.get("access_token") != self.token:
            return self._error(190, "Invalid OAuth access token data.", "OAuthException")
        if request.path != f"/v23.0/{self.pixel}/events":
            text = "Unsupported post request. Object does not exist or lacks permissions."
            return self._error(100, text, subcode=33)
        for event in body["data"]:
            if error := self._refusal(event):
                title, told, subcode = error
                return self._error(
                    100, "Invalid parameter", title=title, told=told, subcode=subcode
                )
        for event in body["data"]:
            self.kept.setdefault((event["event_name"], event["event_id"]), event)
        answer = {"events_received": len(body["data"]), "messages": [], "fbtrace_id": "A1b2"}
        return Reply(200, answer)

    def _refusal(self, event: dict[str, Any]) -> tuple[str, str, int] | None:
        if event["event_time"] < (self.now - timedelta(days=7)).timestamp():
            return (
                "Event Timestamp Too Old",
                "The timestamp is more than 7 days in the past.",
                2804003,
            )
        user = event.get("user_data", {})
        if not user:
            return "Not Enough Customer Data", "There is not sufficient customer data.", 2804050
        for name in ("em", "ph", "fn", "ln", "external_id", "country"):
            if any(_is_hash(text) is None for text in user.get(name, [])):
                return "Unhashed Customer Data", f"{name} is not hashed.", 2804010
        custom = event.get("custom_data", {})
        if event["event_name"] == "Purchase" and not {"value", "currency"} <= set(custom):
            return "Missing Purchase Parameter", "value and currency are required.", 2804008
        if custom.get("content_name") == "forbidden":
            return "Refused", "Meta dislikes this event.", 2804999
        return None

    @staticmethod
    def _error(
        code: int,
        message: str,
        kind: str = "GraphMethodException",
        *,
        title: str = "",
        told: str = "",
        subcode: int = 0,
    ) -> Reply:
        error: dict[str, Any] = {"message": message, "type": kind, "code": code, "fbtrace_id": "A"}
        if subcode:
            error["error_subcode"] = subcode
        if told:
            error |= {"is_transient": False, "error_user_title": title, "error_user_msg": told}
        return Reply(400, {"error": error})


@dataclass
class Cloudflare:
    """Keeps images by the id that the client chose; a second one of that id is refused."""

    account: str = "0123456789abcdef0123456789abcdef"
    token: str = "token"
    fail_next: list[Reply] = field(default_factory=list)
    kept: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    uploads: int = 0

    def __call__(self, request: Request) -> Reply:
        if self.fail_next:
            return self.fail_next.pop(0)
        base = f"/client/v4/accounts/{self.account}/images/v1"
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return self._errors(403, 10000, "Authentication error")
        if request.method == "GET":
            name = request.path.removeprefix(f"{base}/")
            return self._found(name) if name in self.kept else self._errors(404, 5404, "Not found")
        if request.path != base:
            return self._errors(404, 7003, "Could not route to the object identifier")
        self.uploads += 1
        head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
        form = message_from_bytes(head + request.body, policy=HTTP)
        parts = {
            part.get_param("name", header="content-disposition"): part for part in form.iter_parts()
        }
        content: bytes = parts["file"].get_payload(decode=True)
        name = parts["id"].get_payload(decode=True).decode()
        media_type = parts["file"].get_content_type()
        if name in self.kept:
            return self._errors(409, 5409, "Resource already exists")
        if media_type not in ("image/jpeg", "image/png", "image/webp", "image/gif"):
            return self._errors(415, 5455, "Uploaded image must have a supported content-type")
        if b"corrupt" in content:
            return self._errors(400, 9412, "Uploaded image could not be decoded")
        self.kept[name] = (media_type, content)
        return self._found(name)

    @staticmethod
    def _found(name: str) -> Reply:
        variants = [f"https://imagedelivery.net/hash/{name}/{v}" for v in ("thumb", "public")]
        result = {"id": name, "filename": "x", "requireSignedURLs": False, "variants": variants}
        return Reply(200, {"success": True, "errors": [], "messages": [], "result": result})

    @staticmethod
    def _errors(status: int, code: int, message: str) -> Reply:
        errors = [{"code": code, "message": message}]
        return Reply(status, {"success": False, "errors": errors, "messages": [], "result": None})
