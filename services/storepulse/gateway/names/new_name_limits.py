"""Limit how many new names a key may add to the figures each hour.

Names are pages, selectors, landing pages, custom events, and stores if no key is required. Figures
have a row for each name, and a page's script can name anything. New names are therefore counted by
key and hour (senders without a key share one count). Events beyond the cap are marked
(`domain/folding.py`); a new store beyond it is refused. A name is new if this process has not seen
it. Names are remembered as 64-bit hashes with a random key for each process, so that nobody can
construct two names with one hash.

A name is not new either if the event's store has it in the database (`database_names.py`). Until
those are read, after a start or while PostgreSQL is away, that is unknown: `WHILE_UNREAD` names of
each kind and key, and `STORES_WHILE_UNREAD` stores, are then accepted without being counted. An
accepted name is known for all stores of its key.

Memory: for each kind and key at most two generations of `REMEMBERED` names of 100 bytes each; for
the last `KEYS` keys.
"""

from __future__ import annotations

from storepulse.adapters import metrics
from storepulse.adapters.settings import Settings
from storepulse.domain.event_names import event_name_of
from storepulse.domain.folding import EVENT_NAME, LANDING_PAGE, PAGE, SELECTOR, NameKind
from storepulse.domain.pages import page_of
from storepulse.gateway.names.database_names import ANY, OF_STORE, DatabaseNames, NamesOfKind

REMEMBERED = 25_000
#: Page addresses with host, query and fragment; the pages themselves are their paths.
_ADDRESSES = 10_000
KEYS = 256
HOUR_MS = 3_600_000
#: As many as may be known of one store.
WHILE_UNREAD = OF_STORE
#: Fewer than other names, because each store has rows in all streams. A refused sender may retry
#: soon.
STORES_WHILE_UNREAD = 1_000
RETRY_WHILE_UNREAD_SECONDS = 5

# Created at startup: an increase is invisible if a counter's first sample already includes it.
_FOLDED_PAGES, _FOLDED_SELECTORS, _FOLDED_LANDING_PAGES, _FOLDED_EVENT_NAMES = (
    metrics.INGEST_FOLDED.labels(kind)
    for kind in ("page", "selector", "landing_page", "event_name")
)

#: The hash of a missing name, which is never new.
NO_NAME = hash(None)


class NewNameLimit:
    """The names of one kind, by their hashes. The hot path looks for known ones in `current`
    itself."""

    __slots__ = ("_hour", "_previous", "_room", "_stored", "_unread_room", "cap", "current")

    def __init__(self, cap: int, stored: NamesOfKind, while_unread: int = WHILE_UNREAD) -> None:
        self.cap = cap
        self.current = {NO_NAME}
        self._previous: set[int] = set()
        self._hour, self._room = -1, 0
        self._stored = stored
        self._unread_room = while_unread

    def accept(self, name: str, store_id: str, now_ms: int) -> bool:
        """Whether a store's name gets figures of its own: it is known, or there was room for it."""
        number = hash(name)
        if number in self.current:
            return True
        if (
            number not in self._previous
            and not self._stored.has(store_id, name)
            and not self._take_room(now_ms)
        ):
            return False
        if len(self.current) >= REMEMBERED:
            self._previous, self.current = self.current, {NO_NAME}
        self.current.add(number)
        return True

    def _take_room(self, now_ms: int) -> bool:
        """Count one more name; False if no room is left."""
        if not self._stored.is_read and self._unread_room:
            self._unread_room -= 1
            return True
        hour = now_ms // HOUR_MS
        # Clocks may be set back: an hour that is over does not start again.
        if hour > self._hour:
            self._hour, self._room = hour, self.cap
        if not self._room:
            return False
        self._room -= 1
        return True

    def retry_seconds(self, now_ms: int) -> int:
        """After how many seconds a refused name may be accepted."""
        if not self._stored.is_read:
            return RETRY_WHILE_UNREAD_SECONDS
        return -((now_ms % HOUR_MS - HOUR_MS) // 1000)


class KeyNameLimits:
    """The limits of one key.

    `addresses` holds the hashes of full addresses whose page is accepted, because most of them
    repeat unchanged. An event with known names only needs no mark and no call.
    """

    __slots__ = ("addresses", "event_names", "landing_pages", "pages", "selectors")

    def __init__(self, settings: Settings, names: DatabaseNames) -> None:
        stored = names.of_kind
        self.addresses = {NO_NAME}
        self.pages = NewNameLimit(settings.new_pages_per_hour, stored["page"])
        self.selectors = NewNameLimit(settings.new_selectors_per_hour, stored["selector"])
        self.landing_pages = NewNameLimit(
            settings.new_landing_pages_per_hour, stored["landing_page"]
        )
        self.event_names = NewNameLimit(settings.new_event_names_per_hour, stored["event_name"])

    def known_hashes(self, kind: NameKind) -> set[int]:
        """The hashes of a kind's known names; for pages, those of their addresses."""
        match kind:
            case "page":
                return self.addresses
            case "selector":
                return self.selectors.current
            case "landing_page":
                return self.landing_pages.current
            case "event_name":
                return self.event_names.current

    def mark_of(self, kind: NameKind, name: str | None, store_id: str, now_ms: int) -> int:
        """The mark of one name, 0 if it gets none. For a page, `name` is its address."""
        if name is None:
            return 0
        match kind:
            case "page":
                return self._mark_of_address(name, store_id, now_ms)
            case "selector":
                if not self.selectors.accept(name, store_id, now_ms):
                    _FOLDED_SELECTORS.inc()
                    return SELECTOR
            case "landing_page":
                # Landing pages count for all stores together.
                if not self.landing_pages.accept(name, ANY, now_ms):
                    _FOLDED_LANDING_PAGES.inc()
                    return LANDING_PAGE
            case "event_name":
                if not self.event_names.accept(event_name_of(name), store_id, now_ms):
                    _FOLDED_EVENT_NAMES.inc()
                    return EVENT_NAME
        return 0

    def _mark_of_address(self, address: str, store_id: str, now_ms: int) -> int:
        if hash(address) in self.addresses:
            return 0
        if not self.pages.accept(page_of(address), store_id, now_ms):
            _FOLDED_PAGES.inc()
            return PAGE
        if len(self.addresses) >= _ADDRESSES:
            self.addresses.clear()
            self.addresses.add(NO_NAME)
        self.addresses.add(hash(address))
        return 0


class NewNameLimits:
    """The limits of all keys, and of stores named without a key."""

    def __init__(self, settings: Settings, names: DatabaseNames) -> None:
        self._settings = settings
        self._names = names
        self._by_key: dict[object, KeyNameLimits] = {}
        self.stores = NewNameLimit(
            settings.new_stores_per_hour, names.of_kind["store"], STORES_WHILE_UNREAD
        )

    def limits_of(self, key_id: object) -> KeyNameLimits:
        """The limits of a key; None stands for all senders without one."""
        limits = self._by_key.get(key_id)
        if limits is None:
            if len(self._by_key) >= KEYS:
                del self._by_key[next(iter(self._by_key))]
            limits = self._by_key[key_id] = KeyNameLimits(self._settings, self._names)
        return limits
