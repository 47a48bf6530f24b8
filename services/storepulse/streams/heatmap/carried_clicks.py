"""Clicks in the carry between slices: numbers that every slice compares, and texts that a slice
needs only if an earlier click becomes a rage click.

The texts stay encoded, in blocks of one slice or of a few small ones: decoding and encoding all of
them with each slice would cost more than the rest of the slice's work.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from io import BytesIO
from typing import Self

import msgspec
import numpy as np
import polars as pl

#: The columns of a click: its session and page as one number, its event's id as two.
NUMBERS = {
    "group": pl.UInt64, "id_high": pl.UInt64, "id_low": pl.UInt64, "occurred": pl.Int64,
    "arrived": pl.Int64, "x": pl.Int32, "y": pl.Int32, "before": pl.UInt8,
}  # fmt: skip
TEXTS = ["store_id", "page", "selector", "device", "is_bot", "occurred_at"]
#: Blocks with fewer clicks in total are joined.
SMALL = 1_000

_GROUP = pl.concat_str("store_id", "session_id", "page", separator="\n", ignore_nulls=True)
_ID = pl.col("event_id").str.replace_all("-", "", literal=True).str.decode("hex")
_MS = pl.col("occurred_at", "received_at").dt.timestamp("ms")


class _Written(msgspec.Struct, array_like=True):
    numbers: bytes
    blocks: list[tuple[int, bytes]]


@dataclass
class CarriedClicks:
    """`numbers`: by click, in partition order. `blocks`: number of clicks and their encoded texts.

    The first block may start with clicks that are no longer in `numbers`.
    """

    numbers: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=NUMBERS))
    blocks: list[tuple[int, bytes]] = field(default_factory=list)

    @classmethod
    def read(cls, carry: bytes | None) -> Self:
        """Decode the clicks of earlier slices."""
        if carry is None:
            return cls()
        written = msgspec.msgpack.decode(carry, type=_Written)
        return cls(pl.read_ipc_stream(BytesIO(written.numbers)), written.blocks)

    def write(self) -> bytes:
        """Encode the clicks for the next slice."""
        # The numbers are mostly random, so a slower compression would save little.
        return msgspec.msgpack.encode(_Written(_bytes_of(self.numbers, "lz4"), self.blocks))

    def select(self, chosen: pl.Series) -> pl.DataFrame:
        """Return the texts of the clicks chosen by a mask over the first ones."""
        rows = chosen.arg_true() + self._skip_count
        found, start = [], 0
        for count, block in self.blocks:
            inside = rows.filter((rows >= start) & (rows < start + count)) - start
            if len(inside):
                found.append(pl.read_ipc_stream(BytesIO(block))[inside])
            start += count
        return pl.concat(found)

    def extend(self, numbers: pl.DataFrame, texts: pl.DataFrame) -> Self:
        """Return the clicks together with those of a slice; `numbers` are those of all clicks."""
        blocks, count = list(self.blocks), texts.height
        if blocks and blocks[-1][0] + count <= SMALL:
            texts = pl.concat([pl.read_ipc_stream(BytesIO(blocks.pop()[1])), texts])
        return type(self)(numbers, [*blocks, (texts.height, _bytes_of(texts, "zstd"))])

    def keep_last(self, count: int) -> Self:
        """Return only the last `count` clicks."""
        numbers, blocks = self.numbers.tail(count), list(self.blocks)
        rows = sum(count for count, _ in blocks)
        while blocks and rows - blocks[0][0] >= numbers.height:
            rows -= blocks.pop(0)[0]
        return type(self)(numbers, blocks)

    @property
    def _skip_count(self) -> int:
        return sum(count for count, _ in self.blocks) - self.numbers.height


def numbers_of(clicks: pl.DataFrame) -> pl.DataFrame:
    """Return the numbers of clicks, with `before` still 0."""
    named = clicks.select(_MS, group=_GROUP, event=_ID)
    ids = np.frombuffer(b"".join(named["event"].to_list()), dtype=">u8").reshape(-1, 2)
    groups = named["group"].unique()
    # A hash that is the same in every process and version.
    hashes = [
        int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
        for text in groups.to_list()
    ]
    return pl.DataFrame(
        {
            "group": named["group"].replace_strict(groups, pl.Series(hashes, dtype=pl.UInt64)),
            "id_high": ids[:, 0].astype(np.uint64),
            "id_low": ids[:, 1].astype(np.uint64),
            "occurred": named["occurred_at"],
            "arrived": named["received_at"],
            "x": clicks["x"],
            "y": clicks["y"],
            "before": np.zeros(clicks.height, dtype=np.uint8),
        },
        schema=NUMBERS,
    )


def _bytes_of(frame: pl.DataFrame, compression: str) -> bytes:
    out = BytesIO()
    frame.write_ipc_stream(out, compression="lz4" if compression == "lz4" else "zstd")
    return out.getvalue()
