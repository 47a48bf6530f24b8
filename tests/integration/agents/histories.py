"""Histories of stores, drawn by chance: what happened, and how it reached Kafka.

A history is a function of its seed. Visits lie around what splits days: midnights, the ends of
months and of summer time, in zones of whole, half and quarter hours, some of which change. What
happened reaches Kafka in time, days late or up to a day early, some of it again, and so visits come
in shreds; an order is told several times, in three streams. The clicks of a burst arrive within a
minute of each other, in any order. Usage lies on both sides of a month's end in the store's zone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from storepulse.domain.emails import email_hash

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu",
    "Australia/Lord_Howe", "America/Havana", "Pacific/Kiritimati",
)  # fmt: skip
#: Local midnights: of a Sunday, of the day after it, and of a month.
MIDNIGHTS = (date(2026, 10, 25), date(2026, 10, 26), date(2026, 11, 1), date(2026, 11, 2))
MONTH_END = MIDNIGHTS[2]
#: When summer time ends: in Europe and in North America.
CHANGES = (datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC))
PAGES = (
    "/", "", "/m%C3%BCg", "/m%c3%bcg/", "/müg", "/a?utm_source=News&utm_medium=Mail", "/b/c#d",
    "/x?utm_campaign=Fall&utm_term=red", "/a%2Fb", "/products/1",
)  # fmt: skip
REFERRERS = (
    None, None, "https://www.google.com/search?q=a", "https://shop.example/p", "https://[::1]/x",
    "android-app://com.google.android.googlequicksearchbox/", "https://News.example?x",
)  # fmt: skip
TERMS = ("caf\u00e9", "cafe\u0301", "Red  Dress", "red dress ", "   ", "ÄPFEL")
SELECTORS = (
    None, "a.link > img", "button > span.icon", "p.text", "div.button-row > p", "button.qty-plus",
    "li:nth-child(2) > a", "#hero",
)  # fmt: skip
SCREENS = (
    (390, "mobile"), (800, "tablet"), (1280, "desktop"), (None, "mobile"), (None, "unknown"),
)  # fmt: skip
STEPS = (
    "page_view", "page_view", "page_view", "product_view", "add_to_cart", "remove_from_cart",
    "checkout_start", "search", "custom",
)  # fmt: skip

EVENT_NAMES = (
    "caf\u00e9", "cafe\u0301 ", "Signup", "signup", "お気に入り追加", "お気に入り削除", " ", None,
    "web_vitals", "web_vitals", "web_vitals", "web_vitals", "pixels_called", "pixels_called",
)  # fmt: skip
#: What events say of web vitals: both forms, limits of ratings, and what cannot be read.
MEASURED = (
    '{"LCP":2500,"CLS":0,"INP":200.0001,"TTFB":1}', '{"LCP":4000.1234567,"cls":0.1,"FCP":0.4}',
    '{"name":"LCP","value":1834.5,"lcp":9,"rating":"good"}', '{"name":"cls","value":0.2500001}',
    '{"name":"INP","value":"fast","INP":true,"TTFB":-1}', '{"LCP":600000,"FCP":600001}',
    '{"name":"TTFB","value":null,"TTFB":800}', '{"note":[1,{"LCP":1}]}', None,
    '{"event":"purchase","event_id":"purchase:1001","pixels":["meta","google","x"]}',
    '{"event":"purchase","order_id":"#1001","pixels":["google"]}',
)  # fmt: skip
QUIZZES = ("quiz", " Quiz  1 ")
CHATS = (
    "start_command", "user_message", "user_message", "ai_message", "image_generated",
    "image_refresh", "persona_selected", "story_selected", "chat_cleared", "chat_continued",
    "premium_action", "custom",
)  # fmt: skip
METERS = ("sms_sent", "SMS_sent", "seats", "ai:tokens.in")
QUANTITIES = (0, 1, 1, 12, "0.0001", "2.5000", "99999999999.9999")


@dataclass(frozen=True)
class StoreHistory:
    """A store and its zones, each with the first day on which it holds."""

    store_id: str
    zones: tuple[tuple[date, str], ...]


@dataclass(frozen=True)
class Telling:
    """One record: its stream and fields. `received_at` is among them."""

    stream: str
    fields: dict[str, Any]


@dataclass
class History:
    """All stores, and what was told of them in the order in which it reached Kafka."""

    stores: list[StoreHistory] = field(default_factory=list)
    tellings: list[Telling] = field(default_factory=list)


def history_of(seed: int, stores: int) -> History:
    """The history that the seed means."""
    history = History()
    for number in range(stores):
        # A store is the same one however many there are.
        _Drawn(Random(f"{seed} {number}"), number, history).draw()
    history.tellings.sort(key=lambda t: t.fields["received_at"])
    return history


class _Drawn:
    """Draws one store."""

    def __init__(self, rng: Random, number: int, history: History) -> None:
        self.rng = rng
        self.history = history
        zones = [(date(2026, 1, 1), ZONES[number % len(ZONES)])]
        if rng.random() < 0.15:
            zones.append((date(2026, 10, 26), rng.choice(ZONES)))
        self.store = StoreHistory(self._id(), tuple(zones) if number % len(ZONES) else ())
        self.visitors = [f"v-{rng.getrandbits(40):x}" for _ in range(rng.randrange(1, 4))]
        self.chats = [str(rng.choice((1, -1)) * rng.getrandbits(62)) for _ in range(2)]
        self.people = [f"{rng.getrandbits(40)}" for _ in range(2)]
        self.orders = [f"o-{rng.getrandbits(24):x}" for _ in range(2)]
        history.stores.append(self.store)

    def draw(self) -> None:
        """Some visits, of which one session id may have several."""
        for _ in range(self.rng.randrange(2, 5)):
            self._visit()
        for _ in range(self.rng.randrange(1, 9)):
            self._use()

    def _visit(self) -> None:
        rng = self.rng
        self.session_id = f"s-{rng.getrandbits(48):x}"
        self.visitor_id = rng.choice((*self.visitors, None))
        self.is_bot = rng.random() < 0.08
        self.page = self.view = ""
        self.now = self._moment() + rng.randrange(-2 * HOUR, HOUR)
        for _ in range(rng.randrange(1, 9)):
            draw = rng.random()
            # Both sides of what ends a session.
            self.now += (
                rng.choice((30 * MINUTE, 30 * MINUTE + 1, 29 * MINUTE, 5 * HOUR))
                if draw < 0.15
                else rng.randrange(2 * SECOND, 4 * MINUTE)
            )
            rng.choice(
                (
                    self._act,
                    self._act,
                    self._watch,
                    self._land,
                    self._fill,
                    self._order,
                    self._chat,
                    self._pulse,
                )
            )()

    def _moment(self) -> int:
        """Midnight by the store's zone, or the end of summer time; epoch milliseconds."""
        rng = self.rng
        if rng.random() < 0.3:
            return int(rng.choice(CHANGES).timestamp() * 1000)
        return self._midnight(rng.choice(MIDNIGHTS))

    def _midnight(self, day: date) -> int:
        """The day's start in one of the store's zones; epoch milliseconds."""
        zone = ZoneInfo(self.rng.choice(self.store.zones)[1] if self.store.zones else "UTC")
        return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)

    # ---- what happens -----------------------------------------------------------------------

    def _act(self, **own: Any) -> None:
        rng = self.rng
        kind = own.pop("activity_type", None) or rng.choice(STEPS)
        path = rng.choice(PAGES)
        own = {
            "activity_type": kind,
            "page_url": f"https://shop.example{path}" if rng.random() < 0.85 else None,
            "referrer": rng.choice(REFERRERS) if rng.random() < 0.4 else None,
            "country": rng.choice((None, "DE", "US")),
        } | own
        if kind in ("product_view", "add_to_cart", "remove_from_cart", "purchase"):
            own.setdefault("product_id", rng.choice(("p1", "p2", "p3", None)))
            own["product_name"] = rng.choice(("Mug", "Müg", "mug", None))
            own["quantity"] = rng.choice((None, 1, 2))
        if kind == "search":
            own["search_query"] = rng.choice(TERMS)
        if kind == "custom":
            own |= {
                "name": rng.choice(EVENT_NAMES), "metadata": rng.choice(MEASURED),
                "folded": rng.choice((None, None, 8, 9 if own["page_url"] else 8)),
            }  # fmt: skip
        self._tell("activity", own)

    def _order(self) -> None:
        """A purchase with one of the store's order numbers or with none, told in any stream."""
        rng = self.rng
        money: dict[str, Any] = {
            "order_id": rng.choice((*self.orders, *self.orders, None, "undefined")),
            "value": rng.choice((None, Decimal("49.90"), Decimal(5), Decimal("0.3000"))),
            "currency": rng.choice(("EUR", "EUR", "USD", None)),
            "source": rng.choice(("tracker", "tracker", "server")),
        }
        for _ in range(rng.choice((1, 1, 2))):
            draw = rng.random()
            if draw < 0.35:
                self._act(activity_type="purchase", **money)
            elif draw < 0.55:
                self._land("Purchase", **money)
            elif draw < 0.75:
                self._pulse(rng.choice(("ORDER_CREATED", "ORDER_PAID")), **money)
            else:
                self._shop(**money)
            self.now += rng.randrange(1, MINUTE)

    def _shop(self, **money: Any) -> None:
        """A word of the shop; now and then it says that another number is the order's name."""
        rng = self.rng
        order = money["order_id"]
        if order not in self.orders:
            order = rng.choice(self.orders)
        kind = rng.choice(("created", "paid", "paid", "refunded", "cancelled"))
        own: dict[str, Any] = money | {
            "event_type": kind, "order_id": order, "source": "server",
            "order_name": rng.choice((None, f"#{order}", *self.orders, "#1001")),
            "ordered_at": rng.choice((None, self.now - HOUR)),
            "channel": rng.choice((None, "web", "pos")),
            "campaign_id": rng.choice((None, "fall")),
            "landing_page_id": rng.choice((None, "lp_1")),
        }  # fmt: skip
        if kind == "refunded" and rng.random() < 0.7:
            own |= {
                "refund_id": rng.choice(("r1", "r2")),
                "refund_value": rng.choice((Decimal(1), Decimal("2.5000"))),
            }
        elif kind == "refunded":
            own["refunded"] = rng.choice((Decimal(3), Decimal("49.90")))
        self._tell("order", own)

    def _land(self, kind: str = "", **own: Any) -> None:
        rng = self.rng
        kind = kind or rng.choice(("PageView", "PageView", "AddToCart", "WebVitals", "Custom"))
        own |= {
            "event_type": kind, "event_name": rng.choice(QUIZZES) if kind == "Custom" else kind,
            "event_data": rng.choice(MEASURED) if kind == "WebVitals" else None,
            "landing_page_id": rng.choice(("lp_1", "lp_2")),
            "campaign_id": rng.choice((None, "fall", "1200")),
            "folded": rng.choice((None, None, None, 4, 8)),
        }  # fmt: skip
        self._tell("landing", own)

    def _pulse(self, kind: str = "", **own: Any) -> None:
        """An event of somebody whom a campaign brought."""
        rng = self.rng
        kind = kind or rng.choice(("WEBAPP_OPEN", "WEBAPP_OPEN", "Custom"))
        product = rng.choice(("p1", "p2"))
        lines = f'[{{"product_id":"{product}","name":"Mug","quantity":2,"price":"9.5"}}]'
        own |= {
            "event_type": kind, "event_name": "bonus" if kind == "Custom" else kind,
            "campaign_id": rng.choice(("fall", "1200")), "tracking_id": rng.choice(self.visitors),
            "telegram_id": rng.choice((None, "279058397", "-1001234567890")),
            "session_id": rng.choice((self.session_id, None)),
        }  # fmt: skip
        if kind.startswith("ORDER"):
            own["items"] = rng.choice((None, lines))
        self._tell("campaign", own)

    def _fill(self) -> None:
        rng = self.rng
        image = f"https://cdn.example/{rng.randrange(4)}.png"
        own = {
            "store_name": rng.choice(("shop.example", "shop.myshopify.com")),
            "product_id": rng.choice(("p1", "p2", None)),
            "product_title": rng.choice(("Mug", "Müg", None)),
            "generated_image_url": rng.choice((image, None)),
            "person_image_url": rng.choice((image, None)),
            "clothing_image_url": rng.choice((image, None)),
        }
        if rng.random() < 0.2:
            own["session_id"] = None
        self._tell("cart", own)

    def _chat(self) -> None:
        """What is said and drawn in a chat of the store, of which it has a few."""
        rng = self.rng
        kind = rng.choice(CHATS)
        own: dict[str, Any] = {
            "event_type": kind,
            "client_id": rng.choice(self.chats),
            "persona": rng.choice((None, "Stylist", "Muse")),
            "story": rng.choice((None, None, "autumn")),
            "text": rng.choice((None, "Which one is warmer?")),
            "name": rng.choice(("help", *EVENT_NAMES[:2], None)) if kind == "custom" else None,
            "folded": rng.choice((None, None, 8)) if kind == "custom" else None,
        }
        if kind in ("image_generated", "image_refresh"):
            address = f"https://cdn.example/{rng.randrange(4)}.png?of=bot"
            own["image_url"] = rng.choice((address, "data:image/gif;base64,R0lGODlh", None))
        self._tell("bot", own)

    def _watch(self) -> None:
        """What the pointer does on a page: a scroll, a hover, or clicks at one place."""
        rng = self.rng
        width, device = rng.choice(SCREENS)
        place: dict[str, Any] = {
            "page_url": f"https://shop.example{rng.choice(PAGES)}",
            "viewport_width": width,
            "device": device,
            "view_id": rng.choice((None, f"view-{rng.getrandbits(16)}")),
            "folded": rng.choice((None, None, None, None, 1, 2, 3)),
            "selector": rng.choice(SELECTORS),
        }
        draw = rng.random()
        if draw < 0.35:
            for _ in range(rng.randrange(1, 4)):
                depth = {"kind": "scroll", "scroll_depth": rng.randrange(101), "x": None, "y": None}
                self._tell("heatmap", place | {"selector": None} | depth)
                self.now += rng.randrange(1, 5 * SECOND)
            return
        x, y = rng.randrange(350), rng.randrange(4_000)
        if draw < 0.5:
            dwell = rng.choice((None, rng.randrange(9_000)))
            self._tell("heatmap", place | {"kind": "hover", "x": x, "y": y, "dwell_ms": dwell})
            return
        # Enter on a focused button is a click at (0, 0).
        steps = ((0, 0), (0, 0), (3, 4), (18, 24), (31, 0))
        if rng.random() < 0.2:
            x, y, steps = 0, 0, ((0, 0),)
        delay = self._delay()
        for _ in range(rng.choice((1, 2, 3, 4, 6))):
            dx, dy = rng.choice(steps)
            at = {"kind": "click", "x": x + dx, "y": y + dy}
            self._tell("heatmap", place | at, delay + rng.randrange(50 * SECOND))
            self.now += rng.choice((90, 150, 400, 500, 501))
        # Bursts are told apart by more than a second.
        self.now += 2 * SECOND

    def _use(self) -> None:
        """Usage around the end of a month; of no visit and nobody."""
        rng = self.rng
        around = rng.choice((-1, 0, rng.randrange(-2 * HOUR, 2 * HOUR), rng.randrange(-DAY, DAY)))
        self.now = self._midnight(MONTH_END) + around
        own = {
            "session_id": None, "visitor_id": None, "is_bot": False, "source": "server",
            "meter": rng.choice(METERS), "quantity": Decimal(rng.choice(QUANTITIES)),
        }  # fmt: skip
        self._tell("usage", own)

    def _person(self, stream: str) -> dict[str, Any]:
        """Who does it, as far as the stream can say; the store's people have two addresses."""
        rng = self.rng
        email = f" {rng.choice(self.people)}@Example.com"
        if stream == "cart":
            return {
                "customer_email": email.strip(), "email_hash": email_hash(email),
                "customer_first_name": rng.choice(("Jane", None)),
            }  # fmt: skip
        if stream in ("heatmap", "usage"):
            return {}
        return {
            "customer_id": rng.choice((*self.people, None)),
            "email_hash": rng.choice((email_hash(email), None)) if stream == "activity" else None,
        }

    # ---- how it is told ---------------------------------------------------------------------

    def _delay(self) -> int:
        """Milliseconds from what happened to its receipt."""
        rng, draw = self.rng, self.rng.random()
        if draw < 0.1:
            return rng.randrange(5 * DAY)
        if draw < 0.2:
            return -rng.randrange(DAY)
        return rng.randrange(20 * SECOND)

    def _tell(self, stream: str, own: dict[str, Any], delay: int | None = None) -> None:
        rng = self.rng
        delay = self._delay() if delay is None else delay
        told = {
            "event_id": self._id(), "store_id": self.store.store_id, "session_id": self.session_id,
            "visitor_id": self.visitor_id, "occurred_at": self.now,
            "is_bot": self.is_bot or rng.random() < 0.01, "received_at": self.now + delay,
        } | (self._person(stream) if rng.random() < 0.3 else {}) | own  # fmt: skip
        self.history.tellings.append(Telling(stream, told))
        if rng.random() < 0.12:
            later = told["received_at"] + rng.randrange(1, 2 * DAY)
            again = told | {"received_at": later}
            if rng.random() < 0.3:
                # The same id with other content: the first copy counts.
                other = {"is_bot": not told["is_bot"], "visitor_id": "somebody else"}
                again |= {"quantity": told["quantity"] + 1} if stream == "usage" else other
            self.history.tellings.append(Telling(stream, again))
        if stream == "cart" and rng.random() < 0.1:
            # An id is one event of its stream.
            self._tell("activity", {"activity_type": "add_to_cart", "event_id": told["event_id"]})

    def _id(self) -> str:
        return str(UUID(int=self.rng.getrandbits(128), version=4))
