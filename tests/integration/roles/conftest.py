"""Worlds of PostgreSQL alone: rights are the database's."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def has_topics() -> bool:
    """Of PostgreSQL alone."""
    return False
