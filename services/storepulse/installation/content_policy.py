"""Whether a page's Content Security Policies allow the tracker to load, send and import modules.

Follows CSP Level 3. A page may have several policies, in headers and `meta` elements; all of them
must allow it. Report-only policies block nothing and are not included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE).fullmatch
_SOURCE = re.compile(
    r"(?:([a-z][a-z0-9+.-]*)://)?(\*|(?:\*\.)?[^/:*]+|\[[0-9a-f:]+\])(?::(\d+|\*))?(/.*)?",
    re.IGNORECASE,
).fullmatch
_SCRIPTS = ("script-src-elem", "script-src", "default-src")
_CONNECTIONS = ("connect-src", "default-src")


@dataclass(frozen=True)
class Block:
    """The directive of a policy that blocks something, as stated there."""

    directive: str
    sources: str


@dataclass(frozen=True)
class ContentPolicy:
    """One policy: its directives by name, with their sources as stated."""

    directives: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, text: str) -> Self:
        """Parse a header or a `meta` element. The first one of repeated directives counts."""
        found: dict[str, tuple[str, ...]] = {}
        for part in text.split(";"):
            name, *sources = part.split() or [""]
            if name:
                found.setdefault(name.lower(), tuple(sources))
        return cls(found)

    def blocked_script(
        self, url: str, page: str, *, nonce: str | None = None, integrity: str = ""
    ) -> Block | None:
        """The directive that blocks a script in the page's HTML, or None."""
        directive = self._directive_of(_SCRIPTS)
        if directive is None:
            return None
        sources = self.directives[directive]
        hashes = {part.partition("?")[0] for part in integrity.split()}
        is_trusted = bool(nonce and f"'nonce-{nonce}'" in sources) or (
            bool(hashes) and all(f"'{one}'" in sources for one in hashes)
        )
        is_strict = _has(sources, "'strict-dynamic'")
        if is_trusted or (not is_strict and _is_listed(sources, url, page)):
            return None
        return Block(directive, " ".join(sources) or "'none'")

    def blocked_module(self, url: str, page: str, *, nonce: str | None = None) -> Block | None:
        """The directive that blocks a module that the script imports, or None.

        An import uses the script's nonce, and `'strict-dynamic'` trusts it because of the script.
        """
        directive = self._directive_of(_SCRIPTS)
        if directive is not None and _has(self.directives[directive], "'strict-dynamic'"):
            return None
        return self.blocked_script(url, page, nonce=nonce)

    def blocked_connection(self, url: str, page: str) -> Block | None:
        """The directive that blocks requests with events, or None."""
        directive = self._directive_of(_CONNECTIONS)
        if directive is None or _is_listed(self.directives[directive], url, page):
            return None
        return Block(directive, " ".join(self.directives[directive]) or "'none'")

    def _directive_of(self, names: Iterable[str]) -> str | None:
        return next((name for name in names if name in self.directives), None)


def policies_of(headers: Iterable[str], metas: Iterable[str]) -> list[ContentPolicy]:
    """All policies of a page; a header may have several, separated by commas."""
    texts = [text for header in headers for text in header.split(",")]
    policies = [ContentPolicy.of(text) for text in (*texts, *metas)]
    return [policy for policy in policies if policy.directives]


def _has(sources: Iterable[str], keyword: str) -> bool:
    return any(source.lower() == keyword for source in sources)


def _is_listed(sources: Iterable[str], url: str, page: str) -> bool:
    target, own = urlsplit(url), urlsplit(page)
    return any(_matches(source, target, own) for source in sources)


def _matches(source: str, target: SplitResult, page: SplitResult) -> bool:
    if source.lower() == "'self'":
        same_port = _port(target) == _port(page) or (_has_own_port(target) and _has_own_port(page))
        return (
            target.hostname == page.hostname
            and _is_scheme(page.scheme, target.scheme)
            and same_port
        )
    if source == "*":
        return target.scheme in ("http", "https") or target.scheme == page.scheme
    if found := _SCHEME(source):
        return _is_scheme(found[1].lower(), target.scheme)
    parts = _SOURCE(source)
    if parts is None:
        return False
    scheme, host, port, path = parts.groups()
    return (
        _is_scheme((scheme or page.scheme).lower(), target.scheme)
        and _is_host(host.lower(), target.hostname or "")
        and _is_port(port, target)
        and _is_path(path, target.path)
    )


def _is_scheme(listed: str, scheme: str) -> bool:
    """Whether a scheme matches; a listed scheme also allows its secure form."""
    return listed == scheme or (listed == "http" and scheme == "https")


def _is_host(listed: str, host: str) -> bool:
    if listed == "*":
        return True
    return host.endswith(listed[1:]) if listed.startswith("*.") else host == listed


def _is_port(listed: str | None, target: SplitResult) -> bool:
    if listed is None:
        return _has_own_port(target)
    if listed == "*" or int(listed) == _port(target):
        return True
    return listed == "80" and _port(target) == _PORTS["https"]


def _is_path(listed: str | None, path: str) -> bool:
    if not listed or listed == "/":
        return True
    wanted, found = unquote(listed.partition("?")[0]), unquote(path or "/")
    return found.startswith(wanted) if wanted.endswith("/") else found == wanted


def _port(url: SplitResult) -> int | None:
    return url.port or _PORTS.get(url.scheme)


def _has_own_port(url: SplitResult) -> bool:
    return _port(url) == _PORTS.get(url.scheme)
