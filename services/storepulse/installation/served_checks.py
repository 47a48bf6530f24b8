"""Check the answers of the script's URL and of the gateway to a page of the shop."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from storepulse.installation.fetching import Fetched, Fetcher
from storepulse.installation.finding import SiteFinding, fault, ok, unchecked_part
from storepulse.installation.tag import ScriptTag
from storepulse.installation.tag_checks import BATCH_PATH

#: The tracker has 3 KB, so a file this large is something else.
_LARGEST_SCRIPT = 64 * 1024
_SCRIPT_TYPES = ("text/javascript", "application/javascript", "application/x-javascript")
_HASHES = ("sha512", "sha384", "sha256")
#: An origin that no key names.
_STRANGER = "https://installation-check.invalid"


def check_script(tag: ScriptTag, page: str, fetcher: Fetcher) -> Iterator[SiteFinding]:
    """Check that the script's URL serves the script."""
    answer = fetcher.get(tag.src, {"origin": origin_of(page)})
    if answer.fault:
        yield unchecked_part(
            "script",
            f"Not checked: {tag.src} did not answer ({answer.fault}).",
            "Start the gateway, or check the address, its name and its certificate.",
        )
        return
    if answer.status != 200:
        yield fault(
            "script",
            f"{tag.src} answers {answer.status}.",
            "Correct src: the gateway serves the script at /tracker.js, behind a prefix if it has"
            " one.",
        )
        return
    kind = answer.header("content-type").partition(";")[0].strip().lower()
    if kind not in _SCRIPT_TYPES:
        yield fault(
            "script_type",
            f"{tag.src} is served as {kind or 'nothing'}, which browsers do not run.",
            "Let the proxy in front of the gateway pass on its Content-Type, text/javascript; an"
            " HTML page here is mostly the shop's own error page.",
        )
    elif len(answer.body) > _LARGEST_SCRIPT or not answer.body:
        yield fault(
            "script_size",
            f"{tag.src} has {len(answer.body)} bytes: that is not the tracker.",
            "Correct src.",
        )
    else:
        yield ok("script", f"{tag.src} answers with a script of {len(answer.body)} bytes.")
    yield from _check_integrity(tag, page, answer)
    yield from _check_modules(tag, page, fetcher)


def _check_integrity(tag: ScriptTag, page: str, answer: Fetched) -> Iterator[SiteFinding]:
    stated = tag.attributes.get("integrity", "").split()
    is_foreign = origin_of(tag.src) != origin_of(page)
    if "crossorigin" in tag.attributes and is_foreign:
        allowed = answer.header("access-control-allow-origin")
        if allowed not in ("*", origin_of(page)):
            yield fault(
                "script_cors",
                "The tag has crossorigin, and the script's answer does not allow this origin.",
                "Let the proxy pass on Access-Control-Allow-Origin, or remove crossorigin.",
            )
    if not stated:
        return
    if is_foreign and "crossorigin" not in tag.attributes:
        yield fault(
            "integrity_cors",
            "The tag has integrity without crossorigin: browsers then block the script.",
            'Add crossorigin="anonymous".',
        )
    name = next((name for name in _HASHES if any(s.startswith(f"{name}-") for s in stated)), None)
    if name is None:
        return
    digest = base64.b64encode(hashlib.new(name, answer.body).digest()).decode()
    if not any(part.partition("?")[0] == f"{name}-{digest}" for part in stated):
        yield fault(
            "integrity",
            "The script is not the one that integrity names: browsers block it.",
            f'Set integrity="{name}-{digest}" if this is the version that you want, and use the'
            " address with the version's hash, since /tracker.js changes with each release.",
        )
    else:
        yield ok("integrity", "The script is the one that integrity names.")


def _check_modules(tag: ScriptTag, page: str, fetcher: Fetcher) -> Iterator[SiteFinding]:
    for name in tag.modules:
        url = urljoin(tag.host, f"tracker/{name}.js")
        answer = fetcher.get(url, {"origin": origin_of(page)})
        allowed = answer.header("access-control-allow-origin")
        if answer.fault:
            yield unchecked_part(
                "module", f"Not checked: the module {name} did not answer ({answer.fault})."
            )
        elif answer.status != 200:
            yield fault(
                "module",
                f"The module {name} is not served: {url} answers {answer.status}.",
                "Let the proxy pass on all paths below tracker/.",
            )
        elif origin_of(url) != origin_of(page) and allowed not in ("*", origin_of(page)):
            yield fault(
                "module_cors",
                f"The module {name} is served without Access-Control-Allow-Origin.",
                "Let the proxy pass on the gateway's headers.",
            )


def check_gateway(
    tag: ScriptTag, page: str, fetcher: Fetcher, make_event: Callable[[], dict[str, Any]] | None
) -> Iterator[SiteFinding]:
    """Check that the gateway accepts the page's events.

    `make_event` makes the test event to send; None sends nothing.
    """
    url, key, origin = tag.host + BATCH_PATH, tag.attributes.get("data-key", ""), origin_of(page)
    answer = _ask(fetcher, url, key, origin, [{}])
    if answer.fault:
        yield unchecked_part(
            "key",
            f"Not checked: the gateway did not answer at {url} ({answer.fault}).",
            "Start the gateway, or check the address, its name and its certificate.",
        )
        return
    refusal = _refusal_of(answer, origin, url)
    if refusal is not None:
        yield refusal
        return
    yield ok("key", "The gateway knows the key, and takes events of the page's origin.")
    allowed = answer.header("access-control-allow-origin")
    if origin != origin_of(url) and allowed not in ("*", origin):
        yield fault(
            "answers",
            "The gateway's answers do not allow the page's origin to read them.",
            "Let the proxy pass on Access-Control-Allow-Origin: else the tracker sends every event"
            " again and again.",
        )
    if _code_of(_ask(fetcher, url, key, _STRANGER, [{}])) == "ORIGIN_NOT_ALLOWED":
        yield ok("origins", f"The key is for named origins alone, {origin} among them.")
    else:
        yield ok("origins", "The key may be used by pages of every origin.")
    if make_event is None:
        yield unchecked_part("event", "No test event was sent.", "Add --send to send one.")
    else:
        yield _judge_sent(_ask(fetcher, url, key, origin, [make_event()]))


def trial_event(tag: ScriptTag, page: str, event_id: str, at: datetime) -> dict[str, Any]:
    """A custom event with the name `installation_check`."""
    return {
        "event_id": event_id,
        "store_id": tag.attributes.get("data-store"),
        "session_id": f"check-{event_id}",
        "timestamp": at.astimezone(UTC).isoformat(),
        "activity_type": "custom",
        "name": "installation_check",
        "page_url": page,
        "source": "tracker",
    }


def origin_of(url: str) -> str:
    """The origin of a URL, as browsers send it."""
    parts = urlsplit(url)
    own = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, own) else f":{parts.port}"
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def _ask(
    fetcher: Fetcher, url: str, key: str, origin: str, events: list[dict[str, Any]]
) -> Fetched:
    body = json.dumps({"key": key, "events": events} if key else {"events": events}).encode()
    return fetcher.post(url, body, {"content-type": "text/plain", "origin": origin})


def _code_of(answer: Fetched) -> str:
    return str(_fields_of(answer).get("code", ""))


def _fields_of(answer: Fetched) -> dict[str, Any]:
    try:
        said = json.loads(answer.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _refusal_of(answer: Fetched, origin: str, url: str) -> SiteFinding | None:
    """Why the gateway accepts no events, or None if it does.

    A sender who may send gets 400 for an event without fields, so 400 is a good sign.
    """
    code = _code_of(answer)
    if code == "ORIGIN_NOT_ALLOWED":
        return fault(
            "origin",
            f"The key does not allow the page's origin, {origin}.",
            f"Make a key that does: storepulse keys create --origin {origin}, or change this one's"
            " origins by PATCH /api/keys/{key_id}.",
        )
    match answer.status:
        case 400 | 202 if _fields_of(answer):
            return None
        case 401:
            return fault(
                "key",
                f"The gateway does not know the key (401 {code}).",
                "storepulse keys ls shows which keys there are: this one is misspelt, revoked or"
                " of another installation.",
            )
        case 403:
            return fault(
                "key",
                f"The key may not send events (403 {code}).",
                "Use a publishable key of this store.",
            )
        case 402 | 429 | 503:
            words = {402: "the store's plan is used up", 429: "over the limit", 503: "not ready"}
            after = answer.header("retry-after")
            return unchecked_part(
                "key",
                f"Not checked: the gateway answers {answer.status}, {words[answer.status]}.",
                f"Try again in {after} s." if after else "Try again later.",
            )
    return fault(
        "gateway",
        f"{url} answers {answer.status}, and not as a gateway does.",
        "Correct src or data-host: they must lead to the gateway, with its path prefix.",
    )


def _judge_sent(answer: Fetched) -> SiteFinding:
    said = _fields_of(answer)
    if answer.status == 202 and said.get("accepted") == 1:
        return ok("event", f"A test event was sent and accepted: {said['ids'][0]}.")
    refused = (said.get("rejected") or [said.get("details") or {}])[0]
    why = f"{refused.get('field', '')} {refused.get('reason', '')}".strip() or said.get("message")
    if _code_of(answer) == "OTHER_STORE" or refused.get("code") == "OTHER_STORE":
        return fault(
            "event",
            "The test event was refused: the key is of another store than data-store.",
            "Set the id of the key's own store as data-store: storepulse keys ls shows it.",
        )
    return fault(
        "event",
        f"The test event was refused ({answer.status}): {why}.",
        "Correct what it names, or ask with this text.",
    )
