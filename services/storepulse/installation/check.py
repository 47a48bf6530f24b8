"""The whole check of one page, in the order in which a browser would fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from storepulse.installation.content_policy import policies_of
from storepulse.installation.fetching import Fetched, Fetcher
from storepulse.installation.finding import SiteFinding, fault, ok
from storepulse.installation.served_checks import check_gateway, check_script
from storepulse.installation.tag import ScriptTag, tags_of
from storepulse.installation.tag_checks import (
    check_addresses,
    check_attributes,
    check_nothing,
    check_policies,
    check_tags,
)

#: Makes a test event for the tag and the page's address.
MakeEvent = Callable[[ScriptTag, str], dict[str, Any]]


def check_page(url: str, fetcher: Fetcher, make_event: MakeEvent | None) -> Iterator[SiteFinding]:
    """All findings of a page. No event is sent if `make_event` is None."""
    page = fetcher.get(url)
    problem = _page_fault(url, page)
    if problem is not None:
        yield problem
        yield from check_nothing("there is no page")
        return
    yield ok("page", f"{page.url} answers with {len(page.body)} bytes.")
    found = tags_of(page.body, page.url)
    yield from check_tags(found)
    if not found.tags:
        yield from check_nothing("there is no tag")
        return
    tag = found.tags[0]
    policies = policies_of(page.headers.get_list("content-security-policy"), found.metas)
    yield from check_attributes(tag)
    yield from check_addresses(tag, page.url)
    yield from check_policies(tag, policies, page.url)
    yield from check_script(tag, page.url, fetcher)
    make = None if make_event is None else lambda: make_event(tag, page.url)
    yield from check_gateway(tag, page.url, fetcher, make)


def _page_fault(url: str, page: Fetched) -> SiteFinding | None:
    if page.fault:
        return fault(
            "page", f"{url} could not be read: {page.fault}.", "Check the address in a browser."
        )
    if page.status != 200:
        return fault(
            "page",
            f"{page.url} answers {page.status}.",
            "Give the address of a page that everybody may see.",
        )
    return None
