"""Models of `/api/stores/{store_id}/secrets`. No answer contains a secret that was sent."""

from __future__ import annotations

from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from storepulse.access.store_secrets import LONGEST_OVERLAP, USUAL_OVERLAP, SecretRow
from storepulse.domain.errors import Rejected
from storepulse.domain.store_secrets import SecretKind
from storepulse.query.wire import Utc


class SecretToSet(BaseModel):
    """A secret that replaces the current one."""

    model_config = ConfigDict(extra="forbid", strict=True)

    secret: SecretStr | None = Field(
        None,
        max_length=1_000,
        description="The secret, unless `generate` is set",
    )
    generate: bool = Field(
        False, description="Make a secret, of the kind signing alone, and answer it once"
    )
    overlap: int = Field(
        int(USUAL_OVERLAP.total_seconds()),
        ge=0,
        le=int(LONGEST_OVERLAP.total_seconds()),
        description="Seconds for which the secret before this one still counts",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        """Refuse an empty body: it must not replace a secret by mistake."""
        if self.generate and self.secret is not None:
            raise Rejected("generate", "goes without secret")
        if not self.generate and self.secret is None:
            raise Rejected("secret", "is required, unless generate is true")
        return self


class SecretsToEnd(BaseModel):
    """Which secrets of a kind."""

    model_config = ConfigDict(extra="forbid")

    secret_id: UUID | None = Field(None, description="This one only; left out: all of the kind")


class SecretShown(BaseModel):
    """A valid secret, without its value."""

    secret_id: UUID
    kind: SecretKind
    added_at: Utc
    added_by: str = Field(description="The first characters of a key, or cli")
    retired_at: Utc | None = Field(description="When it stops to count; null: never by itself")

    @classmethod
    def of(cls, row: SecretRow) -> SecretShown:
        """The model of a row."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class SecretList(BaseModel):
    """The valid secrets of a store, the newest of a kind first."""

    status: Literal["success"] = "success"
    data: list[SecretShown]


class SecretSet(SecretList):
    """The same, with the generated secret."""

    secret: str | None = Field(description="The one that was made: nobody can read it again")
