"""Images: which were generated, according to activity and bots, and which of them carts name.

An image is its address without query and fragment, in its store. Of several events that report its
generation, the one with the smallest word counts: `bot:time:event id`, so that a person's beats a
robot's. All streams write to one table, so the events may arrive in any order, repeatedly and in
any slices. The upsert is in `images.sql`.
"""

from __future__ import annotations

from typing import Any

import msgspec
import polars as pl

#: The statement and the staged table.
IMAGES = "images"
#: The name of the custom activity, and the type of the bot's event, that report a new image.
GENERATED = "image_generated"
#: Fields of a cart that contain images' addresses.
CART_ADDRESSES = ("generated_image_url", "person_image_url", "clothing_image_url")

_KEY = ("store_id", "address")
_QUERY = r"(?s)[?#].*"
_SPACE = " \t\r\n"
_NO_PRODUCT = pl.lit(None, pl.String)


class _Metadata(msgspec.Struct, gc=False):
    """Fields that may contain the address; the first with text counts."""

    image_url: Any = None
    imageUrl: Any = None  # noqa: N815  the client's own name
    generated_image_url: Any = None


_metadata = msgspec.json.Decoder(_Metadata)


def generated_images(customs: pl.DataFrame) -> dict[str, pl.LazyFrame]:
    """Return the generated images in custom activity, one row each, by the statement's name.

    Empty if the slice has none. `customs`: only custom activity.
    """
    told = customs.filter(pl.col("name") == GENERATED)
    if not told.height:
        return {}
    addresses = [_address_of(metadata) for metadata in told["metadata"].to_list()]
    return {IMAGES: _tellings(told.with_columns(address=pl.Series(addresses, dtype=pl.String)))}


def bot_images(fresh: pl.DataFrame) -> dict[str, pl.LazyFrame]:
    """Return the generated images in bots' events, one row each, by the statement's name.

    An inline image has no address, so no cart can name it.
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
    """Return one row per image of a frame with the columns `address` and `product_id`."""
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
    """Return the images that carts name, one row each, by the statement's name."""
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
    """Return the address in an event's free-form fields, or "" if there is no valid one."""
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
