"""Which codings of a body a client takes (RFC 9110, 12.5.3)."""

from __future__ import annotations


def coding_weights(accept_encoding: str) -> dict[str, float]:
    """How much a client likes each coding that its header names, from 0 (not at all) to 1. What
    cannot be read is not accepted."""
    weights: dict[str, float] = {}
    for part in accept_encoding.split(","):
        coding, _, parameter = part.partition(";")
        name, _, value = parameter.partition("=")
        weight = 1.0
        if parameter.strip():
            try:
                weight = float(value) if name.strip().lower() == "q" else 0.0
            except ValueError:
                weight = 0.0
        weights[coding.strip().lower()] = weight if 0 <= weight <= 1 else 0.0
    return weights
