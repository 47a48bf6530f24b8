"""Answers of the cart paths. JSON names are camelCase, as in their published contract.

Figures count carts, or images that became carts. A list of figures has its first entries; the sum
of all others is a separate field, so that list and rest add up to the totals.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from storepulse.query.activity import share
from storepulse.query.lists import CountedList
from storepulse.query.periods import CoveredPeriod
from storepulse.query.wire import Utc, to_camel

#: Sessions are counted from the events themselves, up to this many additions in a period.
MOST_LOOKED_AT = 50_000


class Camel(BaseModel):
    """An answer with camelCase names."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class CartEvent(Camel):
    """One addition to a cart."""

    id: str = Field(examples=["cart-event-1704067200000-a3f9k2m"])
    event_id: UUID
    store_id: UUID
    store_name: str = Field(examples=["shop.myshopify.com"])
    product_id: str | None
    product_title: str | None
    product_url: str | None
    variant_id: str | None
    customer_email: str | None
    customer_first_name: str | None
    customer_last_name: str | None
    generated_image_url: str | None
    person_image_url: str | None
    clothing_image_url: str | None
    user_agent: str | None
    ip_address: str | None
    session_id: str | None
    visitor_id: str | None
    correlation_id: str
    is_bot: bool
    occurred_at: Utc
    created_at: Utc
    updated_at: Utc


class CartPage(CountedList, Camel):
    """Additions to carts, newest first by default."""

    status: Literal["success"] = "success"
    data: list[CartEvent]
    next_cursor: str | None = Field(description="Null on the last page")


class Figures(Camel):
    """Additions to carts, and those that name a generated image."""

    carts: int
    generated_images: int
    share_from_image: float | None = Field(
        default=None,
        description="generatedImages / carts: the share of carts that name a generated image",
    )

    @model_validator(mode="after")
    def _derive(self) -> Figures:
        self.share_from_image = share(self.generated_images, self.carts)
        return self


class Totals(Figures):
    """Figures of the whole period."""

    person_images: int
    clothing_images: int
    sessions: int | None = Field(
        default=None,
        description="Distinct session ids with an addition, of the events that are kept; null "
        f"without a store, and where the period has more than {MOST_LOOKED_AT} additions",
    )


#: The rest of a list of figures that leaves nothing out.
NO_CARTS = Figures(carts=0, generated_images=0)


class OfStore(Figures):
    """Figures of one store."""

    store_id: UUID
    store_name: str


class OfTime(Figures):
    """Figures of one local day or one hour; those without any event are left out."""

    at: Utc = Field(description="When it begins")
    complete: bool = Field(description="Whether it is over")


class OfProduct(Figures):
    """Figures of one product."""

    product_id: str
    product_title: str | None


class ImageFigures(Camel):
    """Generated images, and how many of them a cart names, at any time.

    An image is its address without the query. It counts at the time it was first generated.
    """

    images_generated: int | None = Field(description="Distinct images; null where none were told")
    images_in_carts: int | None = Field(description="Those of them that at least one cart names")
    conversion: float | None = Field(default=None, description="imagesInCarts / imagesGenerated")

    @model_validator(mode="after")
    def _derive(self) -> ImageFigures:
        self.conversion = share(self.images_in_carts or 0, self.images_generated or 0)
        return self


#: The rest of a list of images that leaves nothing out.
NO_IMAGES = ImageFigures(images_generated=0, images_in_carts=0)


class ImagesOfStore(ImageFigures):
    """Images of one store."""

    store_id: UUID


class ImagesOfTime(ImageFigures):
    """Images of one local day or one hour; those without any image are left out."""

    at: Utc = Field(description="When it begins")
    complete: bool = Field(description="Whether it is over")


class ImagesOfProduct(ImageFigures):
    """Images of one product."""

    product_id: str


class GeneratedImages(ImageFigures):
    """How many generated images became carts, in total and by store, day or hour, and product."""

    reason: str | None = Field(default=None, description="Why there are no figures; else null")
    by_store: list[ImagesOfStore] = []
    other_stores: ImageFigures = NO_IMAGES
    by_time: list[ImagesOfTime] = []
    by_product: list[ImagesOfProduct] = []
    other_products: ImageFigures = Field(
        default=NO_IMAGES, description="Further products, and images without one"
    )


class Step(Camel):
    """One action of a person, in the shop or with a cart."""

    at: Utc
    kind: str = Field(examples=["cart_add"])
    store_id: UUID
    store_name: str | None
    session_id: str | None
    product_id: str | None
    product_title: str | None
    page_url: str | None
    generated_image_url: str | None
    person_image_url: str | None
    clothing_image_url: str | None


class CartAnalytics(Camel):
    """Figures of the days from `from` up to `to`, or of one session or customer in them."""

    totals: Totals
    by_store: list[OfStore]
    other_stores: Figures = Field(description="Stores beyond `limit` together")
    by_time: list[OfTime]
    by_product: list[OfProduct]
    other_products: Figures = Field(
        description="Products beyond `limit`, and carts that name no product, together"
    )
    images: GeneratedImages
    journey: list[Step] | None = Field(
        description="Steps in order of time, where a session or customer was asked for"
    )


class CartComparison(Totals, CoveredPeriod):
    """Totals of an earlier period."""

    images: ImageFigures = Field(description="Of the images that were generated in it")


class CartAnalyticsAnswer(CoveredPeriod):
    """Figures and the period that they cover."""

    status: Literal["success"] = "success"
    data: CartAnalytics
    comparison: CartComparison | None = Field(description="Null unless `compare` asks for it")
