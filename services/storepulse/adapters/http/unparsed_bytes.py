"""A buffer of bytes that are not parsed yet."""

from __future__ import annotations


class UnparsedBytes:
    """Bytes that a client sent ahead. They are taken in pieces, and copied once for each piece."""

    def __init__(self) -> None:
        self._bytes = b""
        self._at = 0

    def __len__(self) -> int:
        return len(self._bytes) - self._at

    def add(self, data: bytes) -> None:
        """Append bytes."""
        self._bytes, self._at = self._bytes[self._at :] + data, 0

    def take(self, most: int) -> bytes:
        """Take the first bytes, at most `most`."""
        whole, at = self._bytes, self._at
        if at + most >= len(whole):
            self.clear()
            return whole[at:]
        self._at = at + most
        return whole[at : self._at]

    def put_back(self, data: bytes) -> None:
        """Put back bytes that must be parsed again."""
        self._bytes, self._at = data + self._bytes[self._at :], 0

    def clear(self) -> None:
        """Drop all bytes."""
        self._bytes, self._at = b"", 0
