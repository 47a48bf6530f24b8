"""Pieces of sessions: what the events of one slice tell of each session."""

from __future__ import annotations

#: Most characters of a source and of a value from a UTM parameter. They are the key of an index,
#: whose entries take at most 2,704 bytes.
SOURCE_LENGTH = 200
UTM_LENGTH = 200
