"""Worlds of PostgreSQL alone: slices are handed to its statements."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def has_topics() -> bool:
    """Of PostgreSQL alone."""
    return False
