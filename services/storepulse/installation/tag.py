"""The tracker's script tag in a page's HTML, as a browser would see it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

#: Modules that an attribute of the tag asks for.
MODULES = ("pixels", "heatmap", "experiments", "vitals")
#: The parser reads these as a browser without scripts does. To one with scripts they are text, as a
#: style's content is.
_noscript = re.compile(rb"<(/?)noscript(?=[\s/>])", re.IGNORECASE).sub
_RUNS_AS = frozenset(("", "text/javascript", "application/javascript", "text/ecmascript"))


@dataclass(frozen=True)
class ScriptTag:
    """`src` is the whole address. Attributes are by their names, "" where they have no value."""

    src: str
    attributes: Mapping[str, str]

    @property
    def host(self) -> str:
        """The gateway's address, with a slash at the end, as the tracker finds it."""
        stated = self.attributes.get("data-host", ".")
        return urljoin(self.src, stated.rstrip("/") + "/")

    @property
    def is_classic(self) -> bool:
        """Whether a browser runs it as a script that is no module."""
        return self.attributes.get("type", "").strip().lower() in _RUNS_AS

    @property
    def modules(self) -> list[str]:
        """The modules that it loads."""
        return [name for name in MODULES if f"data-{name}" in self.attributes]


@dataclass(frozen=True)
class PageTags:
    """`metas`: policies by `meta`. `is_in_text`: the script's name stands in the HTML, though
    no tag of it is in the page."""

    tags: list[ScriptTag]
    metas: list[str]
    is_in_text: bool


def tags_of(html: bytes, url: str) -> PageTags:
    """The tags of the tracker in a page of this address, in their order."""
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
