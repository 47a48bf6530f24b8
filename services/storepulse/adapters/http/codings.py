"""The codings that a client accepts for a body (RFC 9110, 12.5.3)."""

from __future__ import annotations


def coding_weights(accept_encoding: str) -> dict[str, float]:
    """A client's weight of each coding in its header, from 0 (not accepted) to 1.

    Unreadable weights count as 0.
    """
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
