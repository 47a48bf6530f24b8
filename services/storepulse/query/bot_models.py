"""Answers of the bot's paths: figures, users, and the events of one user."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, field_validator

from storepulse.query.lists import CountedList
from storepulse.query.periods import CoveredPeriod
from storepulse.query.wire import Json, Utc
from storepulse.streams.bot.beacon import EventType


class BotCounts(BaseModel):
    """Events of some kinds."""

    events: int
    user_messages: int
    ai_messages: int
    images: int = Field(description="Events image_generated")
    premium_actions: int


class BotFigures(BotCounts):
    """Figures of a store's chats."""

    messages: int = Field(description="user_messages and ai_messages")
    users: int = Field(description="Distinct chats with an event, each counted once")
    new_users: int = Field(description="Chats whose first event of all lies in the period")


class EventsOfType(BaseModel):
    """Events of one type."""

    type: EventType = Field(examples=["user_message"])
    events: int


class BotStep(BotCounts):
    """Figures of one local day or one hour; those without any event are left out."""

    at: Utc = Field(description="When it begins")
    complete: bool = Field(description="Whether it is over")
    users: int | None = Field(description="Distinct chats of the day; null by hour")


class BotChoice(BaseModel):
    """A persona or a story."""

    name: str = Field(examples=["Stylist"])
    events: int = Field(description="Events that name it")
    selections: int = Field(description="Events by which it was selected")


class BotStats(BaseModel):
    """Figures of the days from `from` up to `to`."""

    totals: BotFigures
    by_type: list[EventsOfType]
    by_time: list[BotStep]
    personas: list[BotChoice] = Field(description="The most used ones first")
    stories: list[BotChoice] = Field(description="The most used ones first")


class BotComparison(CoveredPeriod):
    """Figures of an earlier period."""

    totals: BotFigures


class BotStatsAnswer(CoveredPeriod):
    """Figures and the period that they cover."""

    status: Literal["success"] = "success"
    data: BotStats
    comparison: BotComparison | None = Field(description="Null unless `compare` asks for it")


class BotUser(BaseModel):
    """One chat, over its whole lifetime."""

    client_id: str = Field(description="A signed 64-bit integer", examples=["8123456789"])
    first_seen: Utc
    last_seen: Utc
    events: int
    messages: int = Field(description="user_messages and ai_messages")
    user_messages: int
    ai_messages: int
    images: int = Field(description="Events image_generated")
    premium_actions: int
    persona: str | None = Field(description="Of the latest event that names one")
    story: str | None = Field(description="Of the latest event that names one")

    @field_validator("persona", "story", mode="before")
    @classmethod
    def _none_for_empty(cls, name: Any) -> Any:
        return name or None


class BotUserPage(CountedList):
    """Users in the requested order."""

    status: Literal["success"] = "success"
    data: list[BotUser]
    next_cursor: str | None = Field(description="Null on the last page")


class ChatEvent(BaseModel):
    """One event of a chat."""

    event_id: UUID
    event_type: EventType
    client_id: str
    session_id: str
    visitor_id: str | None
    correlation_id: str
    persona: str | None
    story: str | None
    text: str | None
    image_url: str | None = Field(description="As sent; null where the event held the image itself")
    is_image_inline: bool = Field(description="Whether the event held the image itself")
    archived_url: str | None = Field(
        description="Where a destination image_archive keeps the image; null until it does"
    )
    metadata: Json | None
    name: str | None = Field(description="Of a custom event")
    customer_id: str | None
    source: str
    occurred_at: Utc
    received_at: Utc
    is_bot: bool = Field(description="Whether a crawler was named as the sender")


class ChatEventPage(BaseModel):
    """Events of one chat, and the chat's figures."""

    status: Literal["success"] = "success"
    user: BotUser | None = Field(description="Null where the store has no such chat")
    data: list[ChatEvent]
    next_cursor: str | None = Field(description="Null on the last page")
