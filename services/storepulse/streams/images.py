"""Images: which were generated, as activity and bots tell, and which of them a cart names.

An image is its address without query and fragment, in its store. Of the tellings that it was
generated the one with the smallest word counts: `bot:time:event id`, so that a person's stands
above a robot's. The tellings of all streams meet in one table, in any order, any number of times
and in any slices. The upsert is in `images.sql`.
"""

from __future__ import annotations

from typing import Any

import msgspec
import polars as pl

#: The statement and the staged table of tellings.
IMAGES = "images"
#: Name of the custom activity, and type of the bot's event, that tells of a new image.
GENERATED = "image_generated"
#: Fields of a cart that name images.
CART_ADDRESSES = ("generated_image_url", "person_image_url", "clothing_image_url")

_KEY = ("store_id", "address")
_QUERY = r"(?s)[?#].*"
_SPACE = " \t\r\n"
_NO_PRODUCT = pl.lit(None, pl.String)


class _Metadata(msgspec.Struct, gc=False):
    """Where a client may state the address; the first that is text counts."""

    image_url: Any = None
    imageUrl: Any = None  # noqa: N815  the client's own name
    generated_image_url: Any = None


_metadata = msgspec.json.Decoder(_Metadata)


def generated_images(customs: pl.DataFrame) -> dict[str, pl.LazyFrame]:
    """The images of activity that tells of new ones: one row each, by the statement's name.

    Empty where no event of the slice does. `customs`: custom activity alone.
    """
    told = customs.filter(pl.col("name") == GENERATED)
    if not told.height:
        return {}
    addresses = [_address_of(metadata) for metadata in told["metadata"].to_list()]
    return {IMAGES: _tellings(told.with_columns(address=pl.Series(addresses, dtype=pl.String)))}


def bot_images(fresh: pl.DataFrame) -> dict[str, pl.LazyFrame]:
    """The images that bots' events tell of as generated: one row each, by the statement's name.

    An image that the event holds itself has no address, and no cart can name it.
    """
    is_told = fresh["event_type"].cast(pl.String) == GENERATED
    if not is_told.any():
        return {}
    told = fresh.filter(is_told & fresh["image_url"].str.contains("(?i)^https?:"))
    return {
        IMAGES: _tellings(
            told.with_columns(pl.col("image_url").alias("address"), product_id=_NO_PRODUCT)
        )
    }


def _tellings(told: pl.DataFrame) -> pl.LazyFrame:
    """One row for each image of a frame that has the columns `address` and `product_id`."""
    by_word = pl.col("word")
    return (
        told.lazy()
        .with_columns(_without_query(pl.col("address")), _word())
        .filter(pl.col("address") != "")
        .group_by(_KEY)
        .agg(
            by_word.min().alias("generated_word"),
            *(
                pl.col(name).sort_by(by_word).first().alias(column)
                for name, column in (
                    ("occurred_at", "generated_at"),
                    ("day", "day"),
                    ("product_id", "product_id"),
                    ("is_bot", "is_bot"),
                )
            ),
        )
        .with_columns(is_carted=pl.lit(value=False), is_carted_by_bot=pl.lit(value=False))
    )


def carted_images(fresh: pl.DataFrame) -> dict[str, pl.LazyFrame]:
    """The images that carts name: one row each, by the statement's name."""
    named = [column for column in CART_ADDRESSES if fresh[column].null_count() < fresh.height]
    if not named:
        return {}
    parts = [
        fresh.lazy()
        .filter(pl.col(column).is_not_null())
        .select("store_id", "is_bot", _without_query(pl.col(column)))
        for column in named
    ]
    return {
        IMAGES: pl.concat(parts)
        .filter(pl.col("address") != "")
        .group_by(_KEY)
        .agg(
            (~pl.col("is_bot")).any().alias("is_carted"),
            pl.col("is_bot").any().alias("is_carted_by_bot"),
        )
    }


def _word() -> pl.Expr:
    bot = pl.col("is_bot").cast(pl.Int8)
    time = pl.col("occurred_at").dt.epoch("ms").cast(pl.String).str.zfill(15)
    event = pl.col("event_id").cast(pl.String)
    return pl.concat_str(bot, time, event, separator=":").alias("word")


def _without_query(address: pl.Expr) -> pl.Expr:
    return address.str.replace(_QUERY, "").str.strip_chars(_SPACE).alias("address")


def _address_of(metadata: str | None) -> str:
    """The address in an event's free-form fields; empty where there is none that can be kept."""
    if metadata is None:
        return ""
    try:
        said = _metadata.decode(metadata)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return ""
    for address in (said.image_url, said.imageUrl, said.generated_image_url):
        if isinstance(address, str) and address.strip(_SPACE) and "\x00" not in address:
            return address
    return ""
