"""What the gateway does for one stream alone, beside its beacon and its schema."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from storepulse.domain.errors import REQUIRED, Rejected
from storepulse.domain.identity import is_session
from storepulse.domain.stores import store_id_of_domain, store_id_of_landing_page
from storepulse.gateway.encoding.request_context import RequestContext
from storepulse.gateway.names.new_name_limits import KeyNameLimits, Marking
from storepulse.streams.beacon import AnyBeacon
from storepulse.streams.cart.beacon import session_of

#: The stream's own values, in the order of its schema.
Values = tuple[Any, ...]


def _require_store(_context: RequestContext, _values: Values) -> str:
    raise Rejected("store_id", REQUIRED)


def _store_of_cart(_context: RequestContext, values: Values) -> str:
    return store_id_of_domain(values[0])


def _store_of_landing(context: RequestContext, values: Values) -> str:
    if context.page_host is not None:
        return store_id_of_domain(context.page_host)
    return store_id_of_landing_page(values[2])


def _required_session(beacon: AnyBeacon) -> str:
    session = beacon.session_id
    if session is None or is_session(session) is None:
        raise Rejected("session_id", "wants 1 to 128 letters, digits, - or _")
    return session


@dataclass(frozen=True)
class StreamTraits:
    """`store_of` finds the store of an event that names none, `session_of` its session; both may
    raise Rejected.

    `has_optional_session`: the schema allows null for it. `has_public_id`: events are given one
    more id, which the answer tells. `states_user_agent`: the published contract has a field for
    the visitor's user agent. `wants_page_host`: the page that sent an event can name its store.
    `counted_names`: the indexes, among the own values, of the two names that are counted when new;
    `marking_of` says how events are marked by them.
    """

    store_of: Callable[[RequestContext, Values], str] = _require_store
    session_of: Callable[[Any], str | None] = _required_session
    has_optional_session: bool = False
    has_public_id: bool = False
    states_user_agent: bool = False
    wants_page_host: bool = False
    counted_names: tuple[int, int] | None = None
    marking_of: Callable[[KeyNameLimits], Marking] = KeyNameLimits.no_marking


TRAITS: dict[str, StreamTraits] = {
    "activity": StreamTraits(),
    "heatmap": StreamTraits(
        counted_names=(1, 7),  # page_url, selector
        marking_of=KeyNameLimits.heatmap_marking,
    ),
    "cart": StreamTraits(
        store_of=_store_of_cart,
        session_of=session_of,
        has_optional_session=True,
        has_public_id=True,
        states_user_agent=True,
    ),
    "landing": StreamTraits(
        store_of=_store_of_landing,
        states_user_agent=True,
        wants_page_host=True,
        counted_names=(2, 2),  # landing_page_id
        marking_of=KeyNameLimits.landing_marking,
    ),
}
