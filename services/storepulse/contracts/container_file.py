"""Avro object container files in memory, from which polars reads a slice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import polars as pl

from storepulse.contracts.avro_binary import zigzag
from storepulse.contracts.schemas import HEADER_BYTES, Schema

SYNC = b"storepulse-slice"


def container(schema: Schema, bodies: Sequence[bytes]) -> bytes:
    """An Avro object container file of one uncompressed block."""
    return file_of(head_of(schema.document), bodies)


def head_of(document: dict[str, Any]) -> bytes:
    """The start of a file of records with this schema."""
    text = json.dumps(document).encode()
    begin = b"Obj\x01\x04\x14avro.codec\x08null\x16avro.schema"
    return b"".join((begin, zigzag(len(text)), text, b"\x00", SYNC))


def file_of(head: bytes, bodies: Sequence[bytes]) -> bytes:
    """A file of one block with these records, after a head."""
    size = sum(map(len, bodies))
    return b"".join((head, zigzag(len(bodies)), zigzag(size), *bodies, SYNC))


def frame_of(schema: Schema, values: Sequence[bytes]) -> pl.DataFrame:
    """The frame of values (header included) that were all written with `schema`."""
    return pl.read_avro(BytesIO(container(schema, [v[HEADER_BYTES:] for v in values])))


def empty_frame(schema: Schema) -> pl.DataFrame:
    """A frame with the schema's columns and no rows."""
    return pl.read_avro(BytesIO(container(schema, [])))
