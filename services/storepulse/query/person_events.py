"""One person's events: their kinds and answers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, field_validator
from pydantic_core import PydanticCustomError

from storepulse.query.periods import PagedPeriod
from storepulse.query.store_days import StorePeriod
from storepulse.query.wire import Json, Money, Text, Utc

Kind = Literal["message", "image", "command", "page", "cart", "order", "search", "other"]
KINDS: tuple[Kind, ...] = (
    "message", "image", "command", "page", "cart", "order", "search", "other",
)  # fmt: skip
#: Stream -> event type -> kind. Custom activity is an image or other, depending on its name.
_KIND_OF_TYPE: dict[str, dict[str, Kind]] = {
    "activity": {
        "page_view": "page", "product_view": "page", "add_to_cart": "cart",
        "remove_from_cart": "cart", "checkout_start": "cart", "purchase": "order",
        "search": "search",
    },
    "landing": {
        "PageView": "page", "AddToCart": "cart", "Purchase": "order", "Custom": "other",
    },
    "bot": {
        "user_message": "message", "ai_message": "message", "image_generated": "image",
        "image_refresh": "image", "start_command": "command", "persona_selected": "command",
        "story_selected": "command", "chat_cleared": "command", "chat_continued": "command",
        "premium_action": "command", "custom": "command",
    },
}  # fmt: skip


def kinds_of(names: str | None) -> Collection[Kind]:
    """The kinds in a list separated by commas; all for None."""
    wanted = KINDS if names is None else names.split(",")
    return [kind for kind in KINDS if kind in wanted]


def parameters_of_kinds(kinds: Collection[Kind]) -> Json:
    """Parameters of the statements that read these kinds of events."""

    def types_of(stream: str) -> list[str]:
        return [name for name, kind in _KIND_OF_TYPE[stream].items() if kind in kinds]

    return {
        "activity_types": types_of("activity"),
        "landing_types": types_of("landing"),
        "bot_types": types_of("bot"),
        "with_images": "image" in kinds,
        "with_others": "other" in kinds,
        "with_carts": "cart" in kinds,
        "with_orders": "order" in kinds,
    }


def _kind_of(row: Json) -> Kind:
    if row["stream"] == "order":
        return "order"
    if row["stream"] == "cart":
        return "cart"
    if row["stream"] == "activity" and row["type"] == "custom":
        return "image" if row["name"] == "image_generated" else "other"
    return _KIND_OF_TYPE[row["stream"]].get(row["type"], "other")


class PersonEventFilter(StorePeriod, PagedPeriod):
    """Which events of a person."""

    include_bots: Literal[False] = Field(False, description="Robots are no people")
    order: Literal["asc", "desc"] = Field("desc", description="Oldest or newest first")
    kinds: Text | None = Field(
        None, description="These kinds only, with commas between", examples=["message,image"]
    )

    @field_validator("kinds")
    @classmethod
    def _check_kinds(cls, names: str | None) -> str | None:
        if names is not None and not set(names.split(",")) <= set(KINDS):
            raise PydanticCustomError(
                "range", "must be {kinds}, separated by commas", {"kinds": ", ".join(KINDS)}
            )
        return names


class PersonEvent(BaseModel):
    """An action of a person, or an order of the person."""

    event_id: UUID = Field(description="Of an order made of its number")
    stream: Literal["activity", "landing", "cart", "bot", "order"]
    kind: Kind
    type: str = Field(description="As the stream has it; of an order its status")
    occurred_at: Utc
    session_id: str | None
    name: str | None = Field(description="Of a custom event; of an order what people call it")
    title: str | None = Field(description="Product; of a chat its story")
    product_id: str | None = Field(description="Of a landing page its id")
    page_url: str | None
    text: str | None = Field(description="What was written or searched for; of a cart the variant")
    persona: str | None
    quantity: int | None
    value: Money | None = Field(description="Of an order less refunds")
    currency: str | None
    order_id: str | None
    image_url: str | None = Field(description="Where the event says that the image is")
    archived_url: str | None = Field(description="Where we keep it; null: nowhere")
    is_image_inline: bool = Field(description="Whether the event held the image itself")
    metadata: Json | None
    next_page_at: Utc | None = Field(
        description="When the session's next page was opened; null for the last one"
    )

    @classmethod
    def of(cls, row: Json) -> Self:
        """The model of a row."""
        is_bot = row["stream"] == "bot"
        fields: dict[str, Any] = dict(row)
        metadata = dict(row["metadata"]) if isinstance(row["metadata"], dict) else None
        inline = bool(metadata and is_bot and metadata.pop("is_image_inline", False))
        image = row["image_url"]
        if image is None and not is_bot and metadata:
            image = _image_in(metadata)
        return cls.model_validate(
            fields
            | {
                "kind": _kind_of(row),
                "persona": row["product_id"] if is_bot else None,
                "product_id": None if is_bot else row["product_id"],
                "image_url": image,
                "is_image_inline": inline,
                "metadata": metadata,
            }
        )


def _image_in(metadata: Json) -> str | None:
    """The image URL in an activity's metadata: the first text under one of the known names."""
    names = ("image_url", "imageUrl", "generated_image_url")
    texts = [metadata[name] for name in names if isinstance(metadata.get(name), str)]
    return texts[0] if texts else None


class BoughtInSession(BaseModel):
    """The value of a session's purchases in one currency."""

    currency: str
    value: Money


class PersonSession(BaseModel):
    """A session in the shop that some of the events belong to."""

    session_id: str
    started_at: Utc
    ended_at: Utc
    entry_page: str | None
    exit_page: str | None
    source: str | None = Field(description="utm_source, else the referrer's host; null: directly")
    country: str | None
    user_agent: str | None
    pages: int
    events: int
    steps: list[str] = Field(description="Funnel steps taken")
    bought: list[BoughtInSession]


class PersonEventPage(BaseModel):
    """A page of a person's events."""

    status: Literal["success"] = "success"
    id: UUID = Field(description="Of the person, also where it was asked for by another")
    data: list[PersonEvent]
    sessions: list[PersonSession] = Field(description="Those of the events, newest first")
    next_cursor: str | None = Field(description="Null on the last page")
    cut: bool = Field(
        description="Whether the person has so many identities that events of some are left out"
    )
