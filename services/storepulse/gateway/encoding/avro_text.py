"""Avro's form of strings, for the parts of a record that the gateway writes by itself."""

from __future__ import annotations

from storepulse.contracts.avro_binary import LENGTHS, SOME_LENGTHS


def avro_of_text(text: str) -> bytes:
    """A string."""
    encoded = text.encode()
    return LENGTHS[len(encoded)] + encoded


def avro_of_some_text(text: str) -> bytes:
    """A string that is one side of a union with null."""
    encoded = text.encode()
    return SOME_LENGTHS[len(encoded)] + encoded
