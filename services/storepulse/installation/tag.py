"""The tracker's script tag in a page's HTML, as a browser sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

#: Modules that an attribute of the tag enables.
MODULES = ("pixels", "heatmap", "experiments", "vitals")
#: The parser reads noscript like a browser without scripts. With scripts its content is text, like
#: a style's, so its tags are renamed to style.
_noscript = re.compile(rb"<(/?)noscript(?=[\s/>])", re.IGNORECASE).sub
_RUNS_AS = frozenset(("", "text/javascript", "application/javascript", "text/ecmascript"))


@dataclass(frozen=True)
class ScriptTag:
    """A script tag. `src` is the absolute URL. Attributes without a value are ""."""

    src: str
    attributes: Mapping[str, str]

    @property
    def host(self) -> str:
        """The gateway's URL with a trailing slash, as the tracker computes it."""
        stated = self.attributes.get("data-host", ".")
        return urljoin(self.src, stated.rstrip("/") + "/")

    @property
    def is_classic(self) -> bool:
        """Whether a browser runs it as a classic script."""
        return self.attributes.get("type", "").strip().lower() in _RUNS_AS

    @property
    def modules(self) -> list[str]:
        """The modules that it loads."""
        return [name for name in MODULES if f"data-{name}" in self.attributes]


@dataclass(frozen=True)
class PageTags:
    """The tracker's tags and policies of a page.

    `metas`: policies in `meta` elements. `is_in_text`: the HTML contains the script's name,
    possibly outside of tags.
    """

    tags: list[ScriptTag]
    metas: list[str]
    is_in_text: bool


def tags_of(html: bytes, url: str) -> PageTags:
    """The tracker's tags in a page with this URL, in order."""
    tree = LexborHTMLParser(_noscript(rb"<\1style", html))
    base = tree.css_first("base[href]")
    address = url if base is None else urljoin(url, base.attributes.get("href") or "")
    tags = [tag for node in tree.css("script[src]") if (tag := _tag_of(node, address)) is not None]
    metas = [
        meta.attributes.get("content") or ""
        for meta in tree.css("head meta[http-equiv]")
        if (meta.attributes.get("http-equiv") or "").lower() == "content-security-policy"
    ]
    return PageTags(tags, metas, b"tracker.js" in html)


def _tag_of(node: LexborNode, address: str) -> ScriptTag | None:
    attributes = {name: value or "" for name, value in node.attributes.items()}
    src = urljoin(address, attributes["src"].strip())
    is_ours = urlsplit(src).path.endswith("/tracker.js") or "data-store" in attributes
    return ScriptTag(src, attributes) if is_ours else None
