"""Avro's encoding of strings, for the parts of a record that the gateway writes itself."""

from __future__ import annotations

from storepulse.contracts.avro_binary import LENGTHS, SOME_LENGTHS


def avro_of_text(text: str) -> bytes:
    """Encode a string."""
    encoded = text.encode()
    return LENGTHS[len(encoded)] + encoded


def avro_of_some_text(text: str) -> bytes:
    """Encode a string in a union with null."""
    encoded = text.encode()
    return SOME_LENGTHS[len(encoded)] + encoded
