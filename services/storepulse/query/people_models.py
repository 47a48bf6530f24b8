"""People in requests and answers."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from storepulse.query.customers import OverruledLink, Spent
from storepulse.query.lists import CountedList
from storepulse.query.pages import MAX_LIMIT
from storepulse.query.store_days import StorePeriod
from storepulse.query.wire import Day, Json, Money, Text, Utc

#: Most results of one search by each kind of identity.
MOST_FOUND = 1_000
Column = Literal[
    "name", "last_seen", "first_seen", "events", "messages", "images", "orders", "spent"
]  # fmt: skip
Sort = Literal[
    "-last_seen", "last_seen", "-first_seen", "first_seen", "-name", "name", "-events", "events",
    "-messages", "messages", "-images", "images", "-orders", "orders", "-spent", "spent",
]  # fmt: skip


class PeopleQuery(StorePeriod):
    """Which people, by when they were last seen, and their order."""

    include_bots: Literal[False] = Field(False, description="Robots are not people")
    kind: Literal["all", "bot", "shop"] = Field(
        "all", description="bot: who has a chat with the store's bot; shop: who visited it, or is "
        "its customer without a chat"
    )  # fmt: skip
    bought: bool | None = Field(None, description="With a paid order, or without one")
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = Field(
        None, description="Of the last visit that tells one", examples=["PT"]
    )
    sort: Sort = Field(
        "-last_seen",
        description="Column, with `-` the greatest first. `spent` is what was spent in the "
        "person's own main currency; who has no name comes behind all names",
    )

    @property
    def column(self) -> Column:
        """The column of the order."""
        column: Column = self.sort.removeprefix("-")  # type: ignore[assignment]
        return column

    @property
    def is_descending(self) -> bool:
        """Whether the order is descending."""
        return self.sort.startswith("-")

    def filters(self) -> Json:
        """Parameters of statements, except for the store and the period."""
        return {"kind": self.kind, "bought": self.bought, "country": self.country}


class PeopleFilter(PeopleQuery):
    """One page of people."""

    limit: int = Field(50, ge=1, le=MAX_LIMIT, description="Most entries of the answer")
    cursor: str | None = Field(
        None, max_length=4096, description="`next_cursor` of the page before this one"
    )


SearchText = Annotated[Text, StringConstraints(strip_whitespace=True, max_length=255)]


class PeopleSearch(PeopleFilter):
    """A search for people. It is sent in a body, so that it is in no log."""

    search: SearchText = Field(
        description="Beginning of a name, an e-mail address, a chat, a visitor's, customer's or "
        "tracking id, or an order's number",
        examples=["jane@"],
    )


class PeopleExport(PeopleQuery):
    """The contents of a file; `search` as in a search."""

    search: SearchText | None = None


class Person(BaseModel):
    """A person who visited the shop, talks to its bot or is its customer; each is listed once."""

    id: UUID = Field(description="A customer has the same in `/customers`")
    kind: Literal["visitor", "tracking", "telegram", "email", "customer"] = Field(
        description="The strongest thing that is known of the person, by which it is one"
    )
    name: str | None = Field(description="First and last name as last told")
    email: str | None = Field(description="Null where events told its hash alone")
    telegram_id: str | None = Field(description="The chat", examples=["8123456789"])
    visitor_id: str | None = Field(
        description="The one seen last; of a visit without an id `s:` and its session"
    )
    customer_id: str | None = Field(description="The shop's id")
    country: str | None = Field(description="Of the last visit that tells one", examples=["PT"])
    first_seen: Utc
    last_seen: Utc = Field(description="Last event of any kind of the person")
    events: int = Field(description="Of the shop, its landing pages and its bot")
    messages: int | None = Field(description="Both ways; null for who has no chat")
    images: int = Field(description="Events that told of a generated image")
    orders: int = Field(description="Paid orders, each once, refunded ones included")
    spent: Money | None = Field(description="Less refunds, in `currency`; null without it")
    currency: str | None = Field(description="That of most of the orders")
    spents: list[Spent] = Field(description="The same for each currency")


class PeoplePage(CountedList):
    """People in the requested order."""

    status: Literal["success"] = "success"
    data: list[Person]
    next_cursor: str | None = Field(description="Null on the last page")
    cut: bool = Field(
        False,
        description=f"Whether a search found over {MOST_FOUND} of one kind and left the others out",
    )


class OwnedIdentity(BaseModel):
    """An identity of a person."""

    kind: str = Field(examples=["visitor"])
    value: str
    last_seen: Utc | None


class DayOfPerson(BaseModel):
    """A day on which the person did something."""

    day: Day
    events: int


class AssignedVariant(BaseModel):
    """A test in which one of the person's visitors took part."""

    test_id: UUID
    test: str = Field(description="Its name")
    variants: list[str] = Field(description="All that were shown; more than one spoils the test")
    at: Utc = Field(description="First exposure")


class Device(BaseModel):
    """Device and consent of the last visit."""

    user_agent: str | None
    source: str | None = Field(description="Where the first visit came from; null: directly")
    consent_analytics: str | None
    consent_marketing: str | None


class PersonDetails(Person):
    """A person with the details next to the timeline."""

    tz: str = Field(description="Zone of the days")
    user_messages: int | None
    ai_messages: int | None
    redone_images: int | None = Field(description="Events image_refresh")
    premium_actions: int | None
    persona: str | None
    story: str | None
    sessions: int = Field(description="Of the shop")
    session_seconds: float = Field(description="All of them together")
    page_views: int
    carts: int = Field(description="Products put into a cart")
    carts_from_image: int = Field(description="Those of them that name a generated image")
    device: Device
    days: list[DayOfPerson] = Field(description="Of the last 28 days of the store, those with any")
    experiments: list[AssignedVariant]
    identities: list[OwnedIdentity] = Field(description="Itself first, then who was seen last")
    more_identities: bool
    conflicts: list[OverruledLink] = Field(description="Links that a later one has overruled")


class PersonAnswer(BaseModel):
    """One person."""

    status: Literal["success"] = "success"
    data: PersonDetails
