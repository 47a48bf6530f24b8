"""Models of `/api/stores` and `/api/audit`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, WithJsonSchema

from storepulse.access.audit import AuditEntry
from storepulse.access.store_changes import StoreRow
from storepulse.domain.store_settings import StoreSettings
from storepulse.query import pages
from storepulse.query.wire import Day, Json, Text, Utc


def _schema_of_changes() -> Json:
    """The schema of a change of settings: each may be left out, or null."""
    schema = TypeAdapter(StoreSettings).json_schema()
    properties = {}
    for name, described in schema["properties"].items():
        kinds = described.get("anyOf") or [
            {key: value for key, value in described.items() if key in ("type", "enum", "items")}
        ]
        properties[name] = {
            "title": described["title"],
            "anyOf": [*(kind for kind in kinds if kind["type"] != "null"), {"type": "null"}],
        }
    return {"type": "object", "properties": properties, "additionalProperties": False}


#: Validated by the domain's rules, which know each setting and give each error message.
SettingsChange = Annotated[dict[str, Any], WithJsonSchema(_schema_of_changes())]


class PageFilter(BaseModel):
    """One page of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=pages.MAX_LIMIT, description="Most entries of the answer")
    cursor: str | None = Field(
        None, max_length=1024, description="`next_cursor` of the page before this one"
    )

    def parameters(self, listing: str) -> dict[str, Any]:
        """Where the page begins, and a count of one row more than it has. `listing`: from
        `pages.listing_of`. Raises Rejected."""
        before = pages.position_of(listing, self.cursor, 1) if self.cursor else None
        return {
            "before": before and before.at,
            "before_id": before and before.ids[0],
            "count": self.limit + 1,
        }


class StoreFilter(PageFilter):
    """Which stores."""

    domain: Text | None = Field(None, description="The store with this domain only")


class StoreChanges(BaseModel):
    """Changes to a store. Fields that are left out stay."""

    model_config = ConfigDict(extra="forbid", strict=True)

    domain: str | None = Field(None, max_length=2048, examples=["shop.example"])
    name: str | None = Field(None, max_length=1000, description="A label for people")
    settings: SettingsChange = Field({}, description="What is named changes; null: the default")

    def fields(self) -> dict[str, Any]:
        """The fields that were sent."""
        return self.model_dump(exclude_unset=True)


class NewStore(StoreChanges):
    """A store to declare."""

    store_id: Annotated[UUID, Field(strict=False)] | None = Field(
        None, description="Left out: the id that its domain alone stands for"
    )


class DatedZone(BaseModel):
    """A time zone of a store, and the first local day on which it is in force."""

    zone: str
    from_day: Day

    @classmethod
    def of(cls, zone: str, from_day: date) -> DatedZone:
        """The model of an entry."""
        return cls(zone=zone, from_day=from_day)


class StoreShown(BaseModel):
    """A store with its settings."""

    store_id: UUID
    domain: str | None
    name: str | None
    settings: StoreSettings
    time_zones: list[DatedZone] = Field(
        description="In the order of their first days, the last that was chosen last; UTC before"
        " the first. 1970-01-01 stands for all days"
    )
    created_at: Utc
    created_by: str = Field(description="The first characters of a key, or cli")
    updated_at: Utc

    @classmethod
    def of(cls, row: StoreRow) -> StoreShown:
        """The model of a row."""
        own = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        zones = list(map(DatedZone.of, row.zones, row.days))
        return cls(**{**own, "settings": row.known_settings, "time_zones": zones})


class StoreAnswer(BaseModel):
    """One store."""

    status: Literal["success"] = "success"
    data: StoreShown


class StorePage(BaseModel):
    """Stores, newest first."""

    status: Literal["success"] = "success"
    data: list[StoreShown]
    next_cursor: str | None


class AuditFilter(PageFilter):
    """Which changes."""

    store_id: UUID | None = Field(None, description="Of this store only")
    object: Text | None = Field(None, description="Of the store, key or destination with this id")


class AuditShown(BaseModel):
    """One change."""

    audit_id: UUID
    at: Utc
    who: str = Field(description="The first characters of a key, cli, or start")
    store_id: UUID | None
    action: str = Field(examples=["key.revoked"])
    object: str = Field(description="The id of what was changed")
    change: Json = Field(description="`from` and `to`: the fields that differ, without secrets")

    @classmethod
    def of(cls, entry: AuditEntry) -> AuditShown:
        """The model of a row."""
        return cls(**asdict(entry))


class AuditPage(BaseModel):
    """Changes, newest first."""

    status: Literal["success"] = "success"
    data: list[AuditShown]
    next_cursor: str | None
