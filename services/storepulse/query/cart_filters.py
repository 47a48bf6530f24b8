"""The filters of all cart paths, in camelCase or in snake_case."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from storepulse.domain.emails import normalised_email
from storepulse.domain.stores import normalised_domain, store_id_of_domain
from storepulse.query.access import Reader
from storepulse.query.periods import LimitedPeriod, Period
from storepulse.query.wire import Json, Text, to_camel


class CartScope(Period):
    """Which carts."""

    store_id: UUID | None = Field(None, alias="storeId", description="This store only")
    store_name: Text | None = Field(
        None, alias="storeName", description="This store only, by its domain or bare name"
    )
    session_id: Text | None = Field(None, alias="sessionId", description="This session only")
    customer_email: Text | None = Field(
        None,
        alias="customerEmail",
        description="This customer only; space around the address and its case do not count",
    )

    @model_validator(mode="before")
    @classmethod
    def _either_spelling(cls, sent: Any) -> Any:
        asked = {name: field.alias or name for name, field in cls.model_fields.items()}
        names = {**asked, **{to_camel(name): alias for name, alias in asked.items()}}
        for renamed in ("start", "end"):
            del names[renamed]
        taken: dict[str, Any] = {}
        for name, value in dict(sent).items():
            alias = str(names.get(name, name))
            if alias in taken:
                raise PydanticCustomError("range", "was given twice", {"field": alias})
            taken[alias] = value
        return taken

    @field_validator("store_name")
    @classmethod
    def _normalised(cls, name: str | None) -> str | None:
        return None if name is None else normalised_domain(name)

    def parameters(self, reader: Reader) -> Json:
        """Parameters of the statements."""
        store_id = reader.store(self.store_id)
        # With a store id, rows are those of that id. Without one, a name means the store of this
        # name, not rows that another store has written under it.
        own = self.store_name and UUID(store_id_of_domain(self.store_name))
        email = self.customer_email
        return {
            "store_id": store_id,
            "named_store": own if store_id is None else None,
            "own_store": own,
            "store_name": self.store_name,
            "session_id": self.session_id,
            "customer_email": None if email is None else normalised_email(email),
            "include_bots": self.include_bots,
        }


class CartFilter(CartScope, LimitedPeriod):
    """The first of these carts."""
