"""The client's public interface."""

from __future__ import annotations

import functools
import os
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, Unpack

from storepulse.client.backlog import EventBacklog, MemoryBacklog
from storepulse.client.batches import PATHS
from storepulse.client.bot_events import BotEvents
from storepulse.client.calls import never_raises
from storepulse.client.encoding import (
    QueuedEvent,
    encoded_event,
    milliseconds_of,
    new_event_id,
    now_milliseconds,
)
from storepulse.client.fields import (
    ActivityFields,
    Amount,
    CampaignFields,
    CartFields,
    OrderEventFields,
    OrderFields,
    UsageFields,
)
from storepulse.client.outbox import Outbox
from storepulse.client.problems import OnError, Problem, ProblemTeller
from storepulse.client.segments import can_lock
from storepulse.client.sender import MOST_TAKEN
from storepulse.client.settings import ClientSettings, fault_of, spool_path, trimmed_text
from storepulse.client.spool import SpoolBacklog
from storepulse.client.transport import HttpTransport

#: Types of activity; every other name is a custom event.
ACTIVITY_TYPES = frozenset(
    {
        "page_view", "product_view", "add_to_cart", "remove_from_cart", "checkout_start",
        "purchase", "search", "custom",
    }
)  # fmt: skip
_CAMEL = {
    "store_name": "storeName", "product_id": "productId", "variant_id": "variantId",
    "product_title": "productTitle", "product_url": "productUrl",
    "generated_image_url": "generatedImageUrl", "person_image_url": "personImageUrl",
    "clothing_image_url": "clothingImageUrl", "customer_email": "customerEmail",
    "customer_first_name": "customerFirstName", "customer_last_name": "customerLastName",
    "session_id": "sessionId", "event_id": "eventId", "idempotency_key": "idempotencyKey",
    "visitor_id": "visitorId", "store_id": "storeId", "user_agent": "userAgent",
    "view_id": "viewId", "timestamp": "timestamp", "consent": "consent",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClientStats:
    """Counts of this process's events since it started.

    `accepted`: the gateway has them. `refused`: the gateway will never accept them. `dropped`:
    there was no room or no time. `bad_calls`: calls that queued nothing because they failed.
    `waiting`: in memory.
    """

    accepted: int
    refused: int
    dropped: int
    bad_calls: int
    waiting: int


class Storepulse(BotEvents):
    """Queues events and sends them in the background. It is thread-safe.

    `url` is the gateway's address, `key` a secret key with the scope `ingest` (or a publishable
    one). `store_id` and `store_name` are defaults for events that state none. `on_error` is called
    with a Problem, in the client's thread. `spool` is a folder for events that cannot be sent yet.

    No method raises an Exception. A client with a wrong address or key reports that to `on_error`
    and the logger `storepulse.client`, and drops all events.
    """

    def __init__(
        self,
        url: str | None,
        key: str | None,
        *,
        store_id: str | None = None,
        store_name: str | None = None,
        on_error: OnError | None = None,
        spool: str | os.PathLike[str] | None = None,
        **more: Any,
    ) -> None:
        """`more`: fields of ClientSettings.

        They include `most_events`, `batch_events`, `interval`, `request_seconds`, `exit_seconds`,
        `spool_bytes` and `proxy`.
        """
        self._store_id, self._store_name = trimmed_text(store_id), trimmed_text(store_name)
        self._teller = ProblemTeller(on_error)
        self._settings, fault = _settings_of(url, key, spool, more)
        self._is_disabled = fault is not None
        if fault is not None:
            self._teller.tell(Problem("misconfigured", f"{fault}; nothing is sent"))
        self._outbox = Outbox(
            self._settings,
            self._teller,
            _BacklogMaker(self._settings, self._teller).make,
            functools.partial(HttpTransport, self._settings),
        )
        # Queued events are still sent after the client itself was garbage-collected.
        self._at_end = weakref.finalize(self, _end, self._outbox)
        self._at_end.atexit = False

    @never_raises
    def track(self, name: str, **fields: Unpack[ActivityFields]) -> str | None:
        """Queue a visitor's activity: one of the known types, or a custom name.

        Returns the event's id at once; None if the event is lost, which `on_error` reports.
        """
        if not isinstance(name, str) or not name:
            raise TypeError("track requires the name of an activity")
        what = {"activity_type": name}
        if name not in ACTIVITY_TYPES:
            what = {"activity_type": "custom", "name": name}
        return self._activity(what, fields)

    @never_raises
    def purchase(self, order_id: str | int, **fields: Unpack[OrderFields]) -> str | None:
        """Queue a placed order. Returns `purchase:<order_id>`.

        It counts once, however often this call or the shop's pages report it.
        """
        number = str(order_id).strip()
        if not number:
            raise ValueError("order_id is missing")
        fields.setdefault("idempotency_key", f"purchase:{number}")
        return self._activity({"activity_type": "purchase", "order_id": number}, fields)

    @never_raises
    def cart_add(self, product_id: str | int, **fields: Unpack[CartFields]) -> str | None:
        """Queue an addition to a cart. Requires `store_name`, here or as the client's default."""
        if self._store_name:
            fields.setdefault("store_name", self._store_name)
        if not fields.get("store_name"):
            raise ValueError("store_name is missing")
        unknown = sorted(set(fields) - set(_CAMEL))
        if unknown:
            raise TypeError(f"cart_add knows no {unknown[0]}")
        return self._queue_event("cart", {"product_id": product_id}, dict(fields))

    @never_raises
    def order_event(
        self, event_type: str, order_id: str | int, **fields: Unpack[OrderEventFields]
    ) -> str | None:
        """Queue a change of an order: `created`, `paid`, `refunded` or `cancelled`.

        The latest amount counts; a refund counts once by its `refund_id`.
        """
        number = str(order_id).strip()
        if not number:
            raise ValueError("order_id is missing")
        what = {"event_type": event_type, "order_id": number}
        return self._queue_event("order", what, dict(fields))

    @never_raises
    def usage(self, meter: str, quantity: Amount, **fields: Unpack[UsageFields]) -> str | None:
        """Queue usage: the quantity of a meter that the store used."""
        return self._queue_event("usage", {"meter": meter, "quantity": quantity}, dict(fields))

    @never_raises
    def campaign_event(
        self, event: str, campaign_id: str | int, tracking_id: str, **fields: Unpack[CampaignFields]
    ) -> str | None:
        """Queue an event of a campaign's visitor, such as `WEBAPP_OPEN`."""
        what = {"event": event, "campaign_id": campaign_id, "tracking_id": tracking_id}
        return self._queue_event("campaign", what, dict(fields))

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until everything queued so far is sent or refused, at most `timeout` seconds."""
        return self._outbox.flush(float(timeout))

    def close(self, timeout: float = 2.0) -> bool:
        """Flush and end the client; later calls are dropped and counted."""
        self._at_end.detach()
        return self._outbox.close(float(timeout))

    def stats(self) -> ClientStats:
        """Counts of this process's events so far."""
        accepted, refused, dropped, waiting, lost = self._outbox.stats()
        bad = lost.pop("bad_arguments", 0)
        return ClientStats(accepted, refused, dropped + lost.total(), bad, waiting)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _activity(self, what: dict[str, Any], fields: OrderFields) -> str | None:
        if not fields.get("session_id"):
            raise ValueError("session_id is missing")
        return self._queue_event("activity", what, dict(fields))

    @never_raises
    def queue_event(self, stream: str, fields: dict[str, Any], given: dict[str, Any]) -> str | None:
        """Queue an event of any stream that the client knows, with fields by name."""
        return self._queue_event(stream, fields, dict(given))

    def _queue_event(
        self, stream: str, fields: dict[str, Any], given: dict[str, Any]
    ) -> str | None:
        """Queue an event; return its id, or None if it is lost.

        Raises ValueError or TypeError for fields that cannot be sent.
        """
        if stream not in PATHS:
            raise ValueError(f"there is no stream {stream}")
        now = now_milliseconds()
        stated = given.pop("timestamp", None)
        body: dict[str, Any] = {}
        key = given.get("idempotency_key")
        if key is None:
            event_id = given.pop("event_id", None)
            key = body["event_id"] = new_event_id(now) if event_id is None else str(event_id)
        body["timestamp"] = now if stated is None else milliseconds_of(stated)
        if self._store_id:
            body["store_id"] = self._store_id
        body.update(fields)
        body.update({name: value for name, value in given.items() if value is not None})
        if stream == "cart":
            body = {_CAMEL[name]: value for name, value in body.items()}
        if self._is_disabled:
            self._outbox.count_quietly("misconfigured")
            return None
        # Tabs and line ends would break the spool's line format.
        event = QueuedEvent(
            stream, str(key).replace("\t", " ").replace("\n", " "), encoded_event(body)
        )
        return event.id if self._outbox.put(event) else None

    def count_bad_call(self, name: str, error: Exception) -> None:
        """Count a failed call; the client's thread reports it."""
        self._outbox.count("bad_arguments", f"{name}: {type(error).__name__}: {error}"[:500])


class _BacklogMaker:
    """Makes a backlog in each process: on disk if possible, else in memory."""

    def __init__(self, settings: ClientSettings, teller: ProblemTeller) -> None:
        self._settings, self._teller = settings, teller

    def make(self) -> EventBacklog:
        settings = self._settings
        if settings.spool is not None:
            try:
                if not can_lock():
                    raise OSError("this system has no locks for it")
                return SpoolBacklog(
                    settings.spool,
                    f"{settings.url}\0{settings.key}",
                    settings.spool_bytes,
                    MOST_TAKEN,
                )
            except OSError as error:
                reason = f"the spool cannot be used, memory is: {error}"
                self._teller.tell(Problem("spool", reason))
        return MemoryBacklog(MOST_TAKEN)


def _settings_of(
    url: object, key: object, spool: str | os.PathLike[str] | None, more: Mapping[str, Any]
) -> tuple[ClientSettings, str | None]:
    address, secret = trimmed_text(url).rstrip("/"), trimmed_text(key)
    try:
        settings = ClientSettings(address, secret, spool=spool_path(spool), **more)
    except TypeError as error:
        return ClientSettings(address, secret), str(error)
    return settings, fault_of(settings)


def _end(outbox: Outbox) -> None:
    outbox.end_in_background()
