"""How texts of events are counted, by the product's own rules: pages, sources, search terms, names
of custom events, selectors.

The model's own rules are short ones, for the texts of tests. A recount meets arbitrary texts, for
which only the product's own rules give the same result: it checks counting, not the meaning of
texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import polars as pl

from storepulse.domain.event_names import event_name_of
from storepulse.domain.folding import SELECTOR
from storepulse.domain.pages import page_of
from storepulse.domain.search_terms import term_of
from storepulse.domain.sources import source_of, utm_of
from storepulse.exactness.model.events import Event
from storepulse.exactness.model.sites import Sites
from storepulse.streams.activity.sessions import SOURCE_LENGTH, UTM_LENGTH
from storepulse.streams.heatmap.selectors import judge

_NO_SITE: tuple[str | None, tuple[str, ...]] = (None, ())


def with_texts(events: list[Event], sites: Sites) -> list[Event]:
    """The events with `page`, `origin`, `term`, `custom_name`, `is_dead` and `is_in_series`, if
    they apply.

    The model uses these in place of its own rules.
    """
    page, origin, term = cache(page_of), cache(_origin_of), cache(term_of)
    custom_name = cache(event_name_of)
    judged = _judgements_of(events)
    result = []
    for event in events:
        domain, patterns = sites.get(event["store_id"], _NO_SITE)
        url, referrer = event.get("page_url"), event.get("referrer")
        told: dict[str, Any] = {}
        if url:
            told["page"] = page(url, tuple(patterns))
        if event["stream"] == "activity" and (url or referrer):
            told["origin"] = origin(referrer, url, domain)
        if event.get("search_query"):
            told["term"] = term(event["search_query"])
        named = event.get("event_name") if event["stream"] == "landing" else event.get("name")
        if named:
            told["custom_name"] = custom_name(named)
        if event.get("kind") == "click":
            told["is_dead"], told["is_in_series"] = judged[_selector_of(event)]
        result.append(event | told)
    return result


def _origin_of(referrer: str | None, url: str | None, domain: str | None) -> tuple[str | None, ...]:
    """Source and the five UTM values, as stored with a session."""
    source = source_of(referrer, url, [domain])
    utm_source, utm_medium, *rest = utm_of(url)
    return (
        source and source[:SOURCE_LENGTH],
        *(value and value.lower()[:UTM_LENGTH] for value in (utm_source, utm_medium)),
        *(value and value[:UTM_LENGTH] for value in rest),
    )


def _judgements_of(events: Iterable[Event]) -> dict[str, tuple[bool, bool]]:
    """By selector: whether clicks on it are dead, and whether it is clicked in series."""
    selectors = {_selector_of(event) for event in events if event.get("kind") == "click"}
    listed = pl.Series("selector", sorted(selectors), dtype=pl.String)
    return dict(zip(listed, judge(listed).rows(), strict=True))


def _selector_of(click: Event) -> str:
    """A folded selector counts as empty."""
    return "" if (click.get("folded") or 0) & SELECTOR else click.get("selector") or ""
