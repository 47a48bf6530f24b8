"""The shop's pages and files, as services/shop/build.mjs writes them into `built/`."""

from __future__ import annotations

import html
import json
import re
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from storepulse.query.demo_shop.opening import DOMAIN
from storepulse.query.demo_shop.page_slots import AUTHORED, ShopPage, own_slots

BUILT = Path(__file__).with_name("built")
_is_picture = re.compile(r"([a-z]+-[a-z]+)-([a-z]+)-[0-9a-f]{16}\.svg").fullmatch
#: Calls made before the tracker has loaded are queued in order.
STUB = (
    "(function(w,m){w=w.storepulse=w.storepulse||{q:[]};m.forEach(function(n){w[n]=w[n]||"
    "function(){w.q.push([n].concat([].slice.call(arguments)))}})})"
    '(window,["track","page","identify","purchase","consent"]);'
)


@dataclass(frozen=True, slots=True)
class PageSetup:
    """The values that a page is made with. `gateway`: its address for the visitor's browser."""

    store_id: str
    gateway: str
    key: str
    hero_test: str | None
    #: The running tests, as the gateway lists them, so that the page renders without a request.
    tests: list[dict[str, Any]] = field(default_factory=list)
    #: The page at this address as the visitor gets it; None if it has no slots.
    page: ShopPage | None = None


def is_built() -> bool:
    """Whether the shop's files have been built."""
    return (BUILT / "index.html").is_file()


@cache
def file_of(name: str) -> bytes:
    """A file of the shop, read once. Raises FileNotFoundError."""
    return (BUILT / name).read_bytes()


def shop_page(setup: PageSetup, nonce: str) -> str:
    """The page that the shop's script renders."""
    parts = {
        "{nonce}": nonce,
        "{setup}": _script_json(
            {
                "store_id": setup.store_id,
                "store": DOMAIN,
                "gateway": setup.gateway,
                "key": setup.key,
                "hero_test": setup.hero_test,
                "tests": setup.tests,
                "page": None if setup.page is None else asdict(setup.page),
                "slots": {page_type: own_slots(page_type) for page_type in AUTHORED},
            }
        ),
        "{stub}": STUB,
        "{tracker}": tracker_tag(setup, nonce),
    }
    template = file_of("index.html").decode()
    return re.sub("|".join(map(re.escape, parts)), lambda found: parts[found[0]], template)


def preview_page(nonce: str) -> str:
    """The page that renders what the console sends it; it has a script and style, but no setup,
    key or tracker."""
    return file_of("preview.html").decode().replace('nonce="{nonce}"', f'nonce="{nonce}"')


def preview_policy(nonce: str) -> str:
    """The value of Content-Security-Policy of the preview page.

    Only pages of the same origin may frame it. It has an opaque origin without storage, and makes
    no requests.
    """
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}';"
        " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self';"
        " sandbox allow-scripts; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def tracker_tag(setup: PageSetup, nonce: str) -> str:
    """The tag that any shop pastes, with all modules enabled."""
    told = {"src": f"{setup.gateway}/tracker.js", "nonce": nonce, "data-store": setup.store_id}
    told |= {"data-key": setup.key, "data-consent": "required"}
    attributes = " ".join(f'{name}="{html.escape(value)}"' for name, value in told.items())
    return f"<script defer {attributes} data-heatmap data-vitals data-experiments></script>"


def security_policy(setup: PageSetup, nonce: str) -> str:
    """The value of Content-Security-Policy: scripts by nonce only, connections to the gateway
    only."""
    return (
        f"default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic'; img-src 'self' data:;"
        f" style-src 'self' 'unsafe-inline'; connect-src 'self' {setup.gateway}; base-uri 'none';"
        " form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    )


def worn_picture(name: str) -> bytes | None:
    """The picture of a try-on by its name, `<product>-<model>-<16 hex digits>.svg`."""
    match = _is_picture(name)
    try:
        return None if match is None else file_of(f"worn/{match[1]}-{match[2]}.svg")
    except FileNotFoundError:
        return None


def _script_json(document: dict[str, Any]) -> str:
    """JSON that cannot close a script element."""
    return json.dumps(document).replace("<", "\\u003c")
