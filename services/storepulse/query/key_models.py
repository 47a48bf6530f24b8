"""Models of `/api/keys` and `/api/me`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from storepulse.access.key_changes import KeyRow
from storepulse.access.rules.administration import A_YEAR
from storepulse.access.rules.origins import MOST_ORIGINS
from storepulse.domain.store_settings import StoreSettings
from storepulse.query.store_models import PageFilter
from storepulse.query.wire import Utc

Kind = Literal["publishable", "secret"]
Scope = Literal["ingest", "read", "admin", "ops"]
Origins = Annotated[
    list[str],
    Field(
        max_length=MOST_ORIGINS,
        description="Origins of pages that may use it, `scheme://host[:port]`; empty: any page",
        examples=[["https://shop.example"]],
    ),
]
Name = Annotated[str | None, Field(max_length=1000, description="A label for people")]
Seconds = Annotated[
    int | None, Field(ge=1, le=A_YEAR, description="Ends by itself after so many seconds")
]


class KeyFilter(PageFilter):
    """Which keys."""

    store_id: UUID | None = Field(None, description="Tied to this store only")
    include_ended: bool = Field(False, description="Revoked and expired keys too")


class NewKey(BaseModel):
    """A key to create."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Kind = "secret"
    scopes: list[Scope] = Field(
        [], max_length=4, description="What a secret key may do; a publishable key only ingests"
    )
    store_id: Annotated[UUID, Field(strict=False)] | None = Field(
        None, description="Tie it to this store; left out by a store's key: that store"
    )
    origins: Origins = []
    name: Name = None
    expires_in: Seconds = None


class KeyChanges(BaseModel):
    """Changes to a key. Fields that are left out stay."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Name = None
    origins: Origins = []

    def fields(self) -> dict[str, Any]:
        """The fields that were sent."""
        return self.model_dump(exclude_unset=True)


class KeyRotation(BaseModel):
    """How long the old key stays valid."""

    model_config = ConfigDict(extra="forbid", strict=True)

    expires_in: Seconds = Field(
        None, description="The old key ends after so many seconds; null: when it is revoked"
    )


class KeyShown(BaseModel):
    """A key, without its value."""

    key_id: UUID
    line_id: UUID = Field(description="The first of the keys that replaced one another")
    kind: Kind
    hint: str = Field(examples=["ssk_Xq3v…"])
    name: str | None
    store_id: UUID | None = Field(description="Null: every store")
    scopes: list[str]
    origins: list[str] = Field(description="Empty: any page")
    status: Literal["active", "expired", "revoked"]
    created_at: Utc
    created_by: str = Field(description="The first characters of a key, cli, or start")
    expires_at: Utc | None
    revoked_at: Utc | None
    revoked_by: str | None

    @classmethod
    def of(cls, row: KeyRow) -> KeyShown:
        """The model of a row."""
        return cls(**asdict(row))


class KeyAnswer(BaseModel):
    """One key."""

    status: Literal["success"] = "success"
    data: KeyShown


class NewKeyAnswer(KeyAnswer):
    """One key, with its value."""

    key: str = Field(description="Shown this once; only a hash of it is stored")


class KeyPage(BaseModel):
    """Keys, newest first."""

    status: Literal["success"] = "success"
    data: list[KeyShown]
    next_cursor: str | None


class OwnStore(BaseModel):
    """The store that a key is tied to."""

    store_id: UUID
    domain: str | None
    name: str | None
    settings: StoreSettings


class ReadableStore(BaseModel):
    """A store in a list to choose from."""

    store_id: UUID
    name: str = Field(description="Its name, else its domain, else the first of its id")
    domain: str | None
    time_zone: str = Field(description="In which its days begin now")
    currency: str | None = Field(description="Of its settings")
    is_declared: bool = Field(description="False: there are events of it, and no settings")
    is_sample: bool = Field(description="Of the demo or its shop: nobody bought anything there")


class Me(BaseModel):
    """The caller's key, and its rights."""

    key_id: UUID
    hint: str
    name: str | None
    kind: Kind
    scopes: list[str]
    origins: list[str]
    expires_at: Utc | None
    every_store: bool = Field(description="Whether it is tied to no store")
    store: OwnStore | None = Field(description="Null: every store")
    stores: list[ReadableStore] = Field(
        description="That it may read, by name; of very many, those that were declared last"
    )
    has_more_stores: bool = Field(description="Whether there are more than those")
    gateway_url: str | None = Field(
        description="Where shops' pages reach the gateway; null: the installation does not say"
    )
    session_ends_at: Utc | None = Field(
        description="Of a session in the console, which goes on while it is used; null: of a key"
    )


class MeAnswer(BaseModel):
    """The caller's key."""

    status: Literal["success"] = "success"
    data: Me
